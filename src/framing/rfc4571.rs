//! Packets behind their length: 16 bits, then the packet
//! ([RFC 4571 §2](https://www.rfc-editor.org/rfc/rfc4571#section-2)). ICE uses it over TCP
//! ([RFC 6544 §3](https://www.rfc-editor.org/rfc/rfc6544#section-3)), and so do Lync and Skype for
//! Business.

use crate::buffer::Buffer;
use crate::error::EncodeError;

/// Length of the prefix in bytes.
pub const PREFIX_LEN: usize = 2;

/// Where a frame begins in a buffer: from [`begin`] to [`end`].
#[derive(Debug)]
#[must_use = "the prefix is written by `end`"]
pub struct Frame {
    start: usize,
}

/// Begins a frame at the end of a buffer that grows: leaves room for the prefix. Write the packet
/// behind it, then call [`end`].
///
/// ```
/// use stunwire::framing::rfc4571;
/// use stunwire::{Header, MessageWriter, Method, TransactionId};
///
/// # let id = TransactionId::new(*b"not a secret");
/// let mut out = Vec::new();
/// let frame = rfc4571::begin(&mut out)?;
/// MessageWriter::new(&mut out, Header::indication(Method::BINDING, id))?.finish()?;
/// rfc4571::end(&mut out, frame)?;
/// assert_eq!(out[..4], [0, 20, 0x00, 0x11]);
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// When the buffer does not grow: a slice, in front of which the two bytes are the caller's.
pub fn begin<B: Buffer + ?Sized>(buffer: &mut B) -> Result<Frame, EncodeError> {
    let start = buffer.start();
    if buffer.limit() != usize::MAX {
        return Err(EncodeError::BufferFull {
            needed: 0,
            available: 0,
        });
    }
    let room = buffer.extend(start, PREFIX_LEN);
    room.map(|_| Frame { start })
        .ok_or(EncodeError::BufferFull {
            needed: 2,
            available: 0,
        })
}

/// Ends a frame: writes the length of what stands behind the prefix.
///
/// # Errors
/// When the packet is longer than 65,535 bytes; the frame is then cut off.
pub fn end<B: Buffer + ?Sized>(buffer: &mut B, frame: Frame) -> Result<(), EncodeError> {
    let len = buffer
        .bytes()
        .len()
        .saturating_sub(frame.start)
        .saturating_sub(PREFIX_LEN);
    let Ok(length) = u16::try_from(len) else {
        buffer.cut(frame.start);
        return Err(EncodeError::TooLong {
            length: u32::try_from(len).unwrap_or(u32::MAX),
        });
    };
    if let Some(prefix) = buffer
        .bytes()
        .get_mut(frame.start..)
        .and_then(<[u8]>::first_chunk_mut)
    {
        *prefix = length.to_be_bytes();
    }
    Ok(())
}
