//! MS-TURN's multiplexed frames, which name the allocation that a packet belongs to, so that many
//! can share one port of the server (\[MS-TURN\] 2.2.3; from
//! [`Version::MULTIPLEXED_UDP`](crate::attribute::ms::Version::MULTIPLEXED_UDP) on).
//!
//! `ff 10`, 16 bits of length, the 8 bytes of
//! [`MultiplexedTurnSessionId`], and the packet: ICE's checks, media, whatever the peer sent. The
//! length counts what is behind it. Nothing is padded. In the numbering of TURN's channels 0xFF10 is
//! reserved, so no ChannelData can be mistaken for one.

use super::{FrameError, FrameWriter, Next, Shape};
use crate::attribute::ms::MultiplexedTurnSessionId;
use crate::buffer::Buffer;
use crate::error::EncodeError;

/// The first two bytes of every frame.
pub const CHANNEL_ID: u16 = 0xFF10;

/// Length of the head in bytes: channel, length and session id.
pub const HEAD_LEN: usize = 12;

/// A multiplexed frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MultiplexedFrame<'a> {
    /// The allocation: what MULTIPLEXED-TURN-SESSION-ID named it.
    pub session: MultiplexedTurnSessionId,
    /// The packet.
    pub payload: &'a [u8],
}

impl<'a> MultiplexedFrame<'a> {
    /// Reads a datagram that is one frame.
    ///
    /// ```
    /// use stunwire::framing::ms_multiplexed::MultiplexedFrame;
    ///
    /// let frame = MultiplexedFrame::parse(b"\xff\x10\x00\x0dsession!hello")?;
    /// assert_eq!(&frame.session.0, b"session!");
    /// assert_eq!(frame.payload, b"hello");
    /// # Ok::<(), stunwire::framing::FrameError>(())
    /// ```
    ///
    /// # Errors
    /// When it does not begin as a frame does, ends before the frame, or goes on behind it.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, FrameError> {
        let available = crate::num::saturating_u32(datagram.len());
        match next(datagram)? {
            Next::Frame { frame, consumed } if consumed == datagram.len() => Ok(frame),
            Next::Frame { consumed, .. } => Err(FrameError::Trailing {
                offset: u32::try_from(consumed).unwrap_or(u32::MAX),
                available,
            }),
            Next::Incomplete { needed } => Err(FrameError::Truncated {
                declared: available.saturating_add(u32::try_from(needed).unwrap_or(u32::MAX)),
                available,
            }),
        }
    }
}

/// Reads the frame at the front of a stream.
///
/// # Errors
/// When the first two bytes are not `ff 10`, or the length leaves no room for the session id.
#[inline]
pub fn next(bytes: &[u8]) -> Result<Next<MultiplexedFrame<'_>>, FrameError> {
    let [channel, low] = CHANNEL_ID.to_be_bytes();
    match *bytes {
        [first, ..] if first != channel => return Err(FrameError::NoFrame { first }),
        [_, found, ..] if found != low => {
            return Err(FrameError::Unexpected {
                offset: 1,
                found,
                expected: low,
            });
        }
        _ => {}
    }
    let incomplete = Next::Incomplete {
        needed: HEAD_LEN.saturating_sub(bytes.len()),
    };
    let Some(&[_, _, high, low]) = bytes.first_chunk() else {
        return Ok(incomplete);
    };
    let length = u16::from_be_bytes([high, low]);
    if length < 8 {
        return Err(FrameError::Length {
            offset: 2,
            found: length,
            expected: 8,
        });
    }
    let Some((head, _)) = bytes.split_first_chunk::<HEAD_LEN>() else {
        return Ok(incomplete);
    };
    let [_, _, _, _, session @ ..] = *head;
    let end = usize::from(length).wrapping_add(4);
    Ok(Next::whole(bytes, end, end).map(|end| {
        Some(MultiplexedFrame {
            session: MultiplexedTurnSessionId(session),
            payload: bytes.get(HEAD_LEN..end)?,
        })
    }))
}

/// Begins a frame at the end of a buffer, or at the start of a slice. Write the packet through it,
/// then end it.
///
/// ```
/// use stunwire::attribute::ms::MultiplexedTurnSessionId;
/// use stunwire::framing::ms_multiplexed;
///
/// let mut out = [0; 64];
/// let mut frame = ms_multiplexed::begin(&mut out, MultiplexedTurnSessionId(*b"session!"))?;
/// frame.put(b"hello")?;
/// assert_eq!(frame.end()?, b"\xff\x10\x00\x0dsession!hello");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// When a slice has no room for the head.
#[inline]
pub fn begin<B: Buffer + ?Sized>(
    buffer: &mut B,
    session: MultiplexedTurnSessionId,
) -> Result<FrameWriter<'_, B>, EncodeError> {
    let shape = Shape {
        length_at: 2,
        padded: false,
    };
    let [a, b, c, d, e, f, g, h] = session.0;
    let [channel, low] = CHANNEL_ID.to_be_bytes();
    let head = [channel, low, 0, 0, a, b, c, d, e, f, g, h];
    FrameWriter::begin(buffer, head, shape)
}
