//! MS-TURN over TCP.

use super::frame_writer::Layout;
use super::length_prefixed::{self, MaxFrame};
use super::{FrameError, FrameWriter, Next};
use crate::buffer::Buffer;
use crate::error::EncodeError;

/// Reads and writes the frames of MS-TURN over TCP (\[MS-TURN\] 2.1.4).
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | type: 0x02 for a message of MS-TURN, 0x03 for data |
/// | 1 | 1 | zero |
/// | 2 | 2 | length of the rest in bytes |
/// | 4 | length | message or data, without padding |
///
/// A connection may begin with a handshake: see [`pseudo_tls`](super::pseudo_tls), whose
/// [`PseudoTls`](super::pseudo_tls::PseudoTls) reads both.
///
/// libnice writes some frames over plain TCP without their length. The end of such a frame is unknown, so
/// they cannot be read; over pseudo-TLS it writes complete frames.
///
/// With the feature `codec` it implements `Decoder` and `Encoder` of tokio-util.
///
/// ```
/// use stunwire::framing::{FrameError, MsFrame, MsTcp, Next};
///
/// let framing = MsTcp::new();
/// let stream = b"\x03\x00\x00\x05hello\x02\x00";
/// let (frame, consumed) = (MsFrame::Data(&b"hello"[..]), 9);
/// assert_eq!(framing.next(stream)?, Next::Frame { frame, consumed });
/// assert_eq!(framing.next(&stream[9..])?, Next::Incomplete { needed: 2 });
///
/// let error = framing.next(b"\x02\x01").unwrap_err();
/// assert_eq!(error, FrameError::Unexpected { offset: 1, found: 1, expected: 0 });
/// # Ok::<(), FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MsTcp {
    max_frame: MaxFrame,
}

impl Default for MsTcp {
    fn default() -> Self {
        Self::new()
    }
}

impl MsTcp {
    /// Length of the header in bytes: type, zero byte and length field.
    pub const HEADER_LEN: usize = 4;

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

    /// Refuses frames longer than `bytes`, header included, as soon as their header has been read.
    ///
    /// ```
    /// use stunwire::framing::{FrameError, MsTcp};
    ///
    /// let error = MsTcp::new().max_frame(2048).next(b"\x03\x00\x10\x00");
    /// assert!(matches!(error, Err(FrameError::TooLong { .. })));
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
    /// If the first byte is not a type, the second is not zero, or the frame is longer than
    /// [`max_frame`](Self::max_frame).
    #[inline]
    pub fn next<'a>(&self, bytes: &'a [u8]) -> Result<Next<MsFrame<&'a [u8]>>, FrameError> {
        let kind = match bytes.first() {
            Some(0x02) => MsFrameKind::Control,
            Some(0x03) => MsFrameKind::Data,
            Some(&first) => return Err(FrameError::NoFrame { first }),
            // Incomplete, whatever the type.
            None => MsFrameKind::Control,
        };
        match bytes.get(1) {
            None | Some(0) => {}
            Some(&found) => {
                return Err(FrameError::Unexpected {
                    offset: 1,
                    found,
                    expected: 0,
                });
            }
        }
        let next = length_prefixed::next::<2>(bytes, self.max_frame)?;
        Ok(next.map(|payload| kind.frame(payload)))
    }

    /// Begins a frame at the end of a growing buffer, or at the start of a slice. Write the message or the
    /// data through the [`FrameWriter`], then [`end`](FrameWriter::end) the frame.
    ///
    /// ```
    /// use stunwire::framing::{MsFrameKind, MsTcp};
    /// use stunwire::{Dialect, Header, MessageWriter, Method, TransactionId};
    ///
    /// let id = TransactionId::classic(*b"abcdefghijklmnop");
    /// let header = Header::request(Method::ALLOCATE, id).in_dialect(Dialect::MS_TURN);
    /// let mut out = Vec::new();
    /// let mut frame = MsTcp::begin(&mut out, MsFrameKind::Control)?;
    /// MessageWriter::new(&mut frame, header)?.finish()?;
    /// frame.end()?;
    /// assert_eq!(out[..6], [0x02, 0x00, 0x00, 28, 0x00, 0x03]);
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// If a slice is too small for the header.
    #[inline]
    pub fn begin<B: Buffer + ?Sized>(
        buffer: &mut B,
        kind: MsFrameKind,
    ) -> Result<FrameWriter<'_, B>, EncodeError> {
        let layout = Layout {
            length_offset: 2,
            padded: false,
        };
        FrameWriter::begin(buffer, [kind.as_u8(), 0, 0, 0], layout)
    }

    /// Returns the header of a frame with `len` bytes of content, for a vectored write.
    ///
    /// ```
    /// use stunwire::framing::{MsFrameKind, MsTcp};
    ///
    /// assert_eq!(MsTcp::header(MsFrameKind::Data, 5)?, *b"\x03\x00\x00\x05");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// If the content is longer than 65,535 bytes.
    #[inline]
    pub fn header(kind: MsFrameKind, len: usize) -> Result<[u8; Self::HEADER_LEN], EncodeError> {
        let [high, low] = length_prefixed::length(len)?;
        Ok([kind.as_u8(), 0, high, low])
    }
}

/// A frame of MS-TURN over TCP: its content is `&[u8]` when read in place, `Bytes` from the codec.
///
/// ```
/// use stunwire::Dialect;
/// use stunwire::framing::MsFrame;
///
/// fn receive(frame: MsFrame<&[u8]>) {
///     match frame {
///         MsFrame::Control(packet) => println!("{:?}", Dialect::MS_TURN.parse(packet)),
///         MsFrame::Data(payload) => println!("{} bytes from the active destination", payload.len()),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MsFrame<T> {
    /// Type 0x02: a message of [`Dialect::MS_TURN`](crate::Dialect::MS_TURN).
    Control(T),
    /// Type 0x03: data from or for the active destination, the peer that the client selected with a Set
    /// Active Destination request.
    Data(T),
}

impl<T> MsFrame<T> {
    /// The type of the frame.
    #[must_use]
    #[inline]
    pub const fn kind(&self) -> MsFrameKind {
        match self {
            Self::Control(_) => MsFrameKind::Control,
            Self::Data(_) => MsFrameKind::Data,
        }
    }

    /// The message or the data.
    #[must_use]
    #[inline]
    pub fn into_payload(self) -> T {
        match self {
            Self::Control(payload) | Self::Data(payload) => payload,
        }
    }
}

/// The type of a frame of MS-TURN over TCP.
///
/// ```
/// use stunwire::framing::{MsFrameKind, MsTcp};
///
/// let mut stream = Vec::new();
/// let mut frame = MsTcp::begin(&mut stream, MsFrameKind::Data)?;
/// frame.put(b"hello")?;
/// frame.end()?;
/// assert_eq!(stream, b"\x03\x00\x00\x05hello");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MsFrameKind {
    /// A message of MS-TURN, 0x02.
    Control,
    /// Data from or for the active destination, 0x03: see [`MsFrame::Data`].
    Data,
}

impl MsFrameKind {
    /// The first byte of the frame.
    #[must_use]
    #[inline]
    pub const fn as_u8(self) -> u8 {
        match self {
            Self::Control => 0x02,
            Self::Data => 0x03,
        }
    }

    /// A frame of this type.
    #[inline]
    pub(super) fn frame<T>(self, payload: T) -> MsFrame<T> {
        match self {
            Self::Control => MsFrame::Control(payload),
            Self::Data => MsFrame::Data(payload),
        }
    }
}
