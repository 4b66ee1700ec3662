//! Multiplexed frames of MS-TURN.

use super::frame_writer::Layout;
use super::length_prefixed::{self, MaxFrame};
use super::{FrameError, FrameWriter, Next};
use crate::attribute::ms::MultiplexedTurnSessionId;
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::num::saturating_u32;

/// Reads and writes the multiplexed frames of MS-TURN, with which many allocations share one port of the
/// server (\[MS-TURN\] 2.2.3).
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 2 | 0xFF10 |
/// | 2 | 2 | length of the rest in bytes, at least 8 |
/// | 4 | 8 | session id: the value of [`MultiplexedTurnSessionId`] |
/// | 12 | length - 8 | packet, without padding |
///
/// Both sides support them over UDP from
/// [`Version::MULTIPLEXED_UDP`](crate::attribute::ms::Version::MULTIPLEXED_UDP) on. 0xFF10 is not in the
/// range of channel numbers, so such a frame cannot be mistaken for ChannelData.
///
/// ```
/// use stunwire::framing::{MsMultiplexed, MultiplexedFrame, Next};
///
/// let stream = b"\xff\x10\x00\x0dsession!hello\xff\x10";
/// let Next::Frame { frame, consumed } = MsMultiplexed::new().next(stream)? else {
///     unreachable!("the frame is complete")
/// };
/// assert_eq!((&frame.session.0, frame.payload, consumed), (b"session!", &b"hello"[..], 17));
/// # Ok::<(), stunwire::framing::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MsMultiplexed {
    max_frame: MaxFrame,
}

impl Default for MsMultiplexed {
    fn default() -> Self {
        Self::new()
    }
}

impl MsMultiplexed {
    /// The first two bytes of every frame.
    pub const CHANNEL_ID: u16 = 0xFF10;

    /// Length of the header in bytes: channel id, length field and session id.
    pub const HEADER_LEN: usize = 12;

    /// Length of the longest frame in bytes, header included: the default of
    /// [`max_frame`](Self::max_frame).
    pub const MAX_FRAME: u32 = 65_539;

    /// Creates a reader that accepts frames of any length.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame: MaxFrame(Self::MAX_FRAME),
        }
    }

    /// Refuses frames longer than `bytes`, header included, as soon as their length has been read.
    ///
    /// ```
    /// use stunwire::framing::MsMultiplexed;
    ///
    /// // Packets of at most 1,500 bytes.
    /// let framing = MsMultiplexed::new().max_frame(1512);
    /// ```
    #[must_use]
    pub const fn max_frame(self, bytes: u32) -> Self {
        Self {
            max_frame: MaxFrame(bytes),
        }
    }

    /// Reads the frame at the start of `bytes`. An invalid header is refused at its first invalid byte.
    ///
    /// # Errors
    /// If the first two bytes are not 0xFF10, the length is less than 8, or the frame is longer than
    /// [`max_frame`](Self::max_frame).
    #[inline]
    pub fn next<'a>(&self, bytes: &'a [u8]) -> Result<Next<MultiplexedFrame<'a>>, FrameError> {
        let [high, low] = Self::CHANNEL_ID.to_be_bytes();
        match *bytes {
            [first, ..] if first != high => return Err(FrameError::NoFrame { first }),
            [_, found, ..] if found != low => {
                return Err(FrameError::Unexpected {
                    offset: 1,
                    found,
                    expected: low,
                });
            }
            [_, _, 0, length @ 0..8, ..] => return Err(too_short(length)),
            _ => {}
        }
        match length_prefixed::next::<2>(bytes, self.max_frame)? {
            Next::Frame { frame, consumed } => match frame.split_first_chunk() {
                Some((session, payload)) => {
                    let session = MultiplexedTurnSessionId(*session);
                    let frame = MultiplexedFrame { session, payload };
                    Ok(Next::Frame { frame, consumed })
                }
                None => {
                    debug_assert!(false, "lengths of less than 8 have been refused");
                    Err(too_short(0))
                }
            },
            Next::Incomplete { needed } => Ok(Next::Incomplete { needed }),
        }
    }

    /// Begins a frame at the end of a growing buffer, or at the start of a slice. Write the packet through
    /// the [`FrameWriter`], then [`end`](FrameWriter::end) the frame.
    ///
    /// ```
    /// use stunwire::attribute::ms::MultiplexedTurnSessionId;
    /// use stunwire::framing::MsMultiplexed;
    ///
    /// let mut out = [0; 64];
    /// let mut frame = MsMultiplexed::begin(&mut out, MultiplexedTurnSessionId(*b"session!"))?;
    /// frame.put(b"hello")?;
    /// assert_eq!(frame.end()?, b"\xff\x10\x00\x0dsession!hello");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// If a slice is too small for the header.
    #[inline]
    pub fn begin<B: Buffer + ?Sized>(
        buffer: &mut B,
        session: MultiplexedTurnSessionId,
    ) -> Result<FrameWriter<'_, B>, EncodeError> {
        let layout = Layout {
            length_offset: 2,
            padded: false,
        };
        FrameWriter::begin(buffer, header(session, [0; 2]), layout)
    }

    /// Returns the header of a frame with a packet of `len` bytes, for a vectored write.
    ///
    /// ```
    /// use stunwire::attribute::ms::MultiplexedTurnSessionId;
    /// use stunwire::framing::MsMultiplexed;
    ///
    /// let header = MsMultiplexed::header(MultiplexedTurnSessionId([7; 8]), 5)?;
    /// assert_eq!(header, *b"\xff\x10\x00\x0d\x07\x07\x07\x07\x07\x07\x07\x07");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// If the packet is longer than 65,527 bytes.
    #[inline]
    pub fn header(
        session: MultiplexedTurnSessionId,
        len: usize,
    ) -> Result<[u8; Self::HEADER_LEN], EncodeError> {
        // Saturated, the length is refused.
        let length = length_prefixed::length(len.saturating_add(8))?;
        Ok(header(session, length))
    }
}

/// A multiplexed frame of MS-TURN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiplexedFrame<'a> {
    /// The allocation, identified by its MULTIPLEXED-TURN-SESSION-ID.
    pub session: MultiplexedTurnSessionId,
    /// The packet.
    pub payload: &'a [u8],
}

impl<'a> MultiplexedFrame<'a> {
    /// Reads a datagram that consists of one frame.
    ///
    /// ```
    /// use stunwire::framing::MultiplexedFrame;
    ///
    /// let frame = MultiplexedFrame::parse_datagram(b"\xff\x10\x00\x0dsession!hello")?;
    /// assert_eq!(&frame.session.0, b"session!");
    /// assert_eq!(frame.payload, b"hello");
    /// # Ok::<(), stunwire::framing::FrameError>(())
    /// ```
    ///
    /// # Errors
    /// If the datagram does not begin with a valid header, or is shorter or longer than the frame.
    pub fn parse_datagram(datagram: &'a [u8]) -> Result<Self, FrameError> {
        let available = saturating_u32(datagram.len());
        match MsMultiplexed::new().next(datagram)? {
            Next::Frame { frame, consumed } if consumed == datagram.len() => Ok(frame),
            Next::Frame { consumed, .. } => Err(FrameError::Trailing {
                offset: saturating_u32(consumed),
                available,
            }),
            Next::Incomplete { needed } => Err(FrameError::Truncated {
                declared: available.saturating_add(saturating_u32(needed)),
                available,
            }),
        }
    }
}

#[inline]
fn header(session: MultiplexedTurnSessionId, [l0, l1]: [u8; 2]) -> [u8; MsMultiplexed::HEADER_LEN] {
    let [c0, c1] = MsMultiplexed::CHANNEL_ID.to_be_bytes();
    let [a, b, c, d, e, f, g, h] = session.0;
    [c0, c1, l0, l1, a, b, c, d, e, f, g, h]
}

#[cold]
fn too_short(length: u8) -> FrameError {
    FrameError::Length {
        offset: 2,
        found: u16::from(length),
        min: 8,
        max: 65_535,
    }
}
