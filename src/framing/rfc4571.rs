//! Packets behind their length: 16 bits, then the packet
//! ([RFC 4571 §2](https://www.rfc-editor.org/rfc/rfc4571#section-2)). ICE uses it over TCP
//! ([RFC 6544 §3](https://www.rfc-editor.org/rfc/rfc6544#section-3)), and so do Lync and Skype for
//! Business. STUN, DTLS and RTP share such a stream: [`demux`](crate::demux) tells them apart.
//!
//! A length of zero is allowed: it is RFC 4571's null packet, handed out as a packet without bytes,
//! which is to be ignored.

use super::{FrameError, FrameWriter, Next, Shape};
use crate::buffer::Buffer;
use crate::error::EncodeError;

/// Length of the prefix in bytes.
pub const PREFIX_LEN: usize = 2;

/// Reads frames of RFC 4571, and, with feature `codec`, is their `Decoder` and `Encoder`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rfc4571 {
    max_frame: u32,
}

impl Default for Rfc4571 {
    fn default() -> Self {
        Self::new()
    }
}

impl Rfc4571 {
    /// Any length.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame: u32::MAX,
        }
    }

    /// Refuses frames longer than `bytes`, prefix included, from their prefix.
    #[must_use]
    pub const fn max_frame(self, bytes: u32) -> Self {
        Self { max_frame: bytes }
    }

    /// Reads the frame at the front: the packet behind the prefix.
    ///
    /// ```
    /// use stunwire::framing::{Next, Rfc4571};
    ///
    /// let framing = Rfc4571::new();
    /// let stream = b"\x00\x05hello\x00\x05wor";
    /// let (frame, consumed) = (&b"hello"[..], 7);
    /// assert_eq!(framing.next(stream), Ok(Next::Frame { frame, consumed }));
    /// assert_eq!(framing.next(&stream[7..]), Ok(Next::Incomplete { needed: 2 }));
    /// ```
    ///
    /// # Errors
    /// When the frame is longer than [`max_frame`](Self::max_frame).
    #[inline]
    pub fn next<'a>(&self, bytes: &'a [u8]) -> Result<Next<&'a [u8]>, FrameError> {
        let next = self.measure(bytes)?;
        Ok(next.map(|end| bytes.get(PREFIX_LEN..end)))
    }

    /// Where the frame at the front ends.
    #[inline(always)]
    pub(crate) fn measure(&self, bytes: &[u8]) -> Result<Next<usize>, FrameError> {
        let Some(prefix) = bytes.first_chunk::<PREFIX_LEN>() else {
            return Ok(Next::Incomplete {
                needed: PREFIX_LEN.saturating_sub(bytes.len()),
            });
        };
        let length = u16::from_be_bytes(*prefix);
        let total = u32::from(length).wrapping_add(2);
        if total > self.max_frame {
            return Err(FrameError::TooLong {
                length: total,
                max: self.max_frame,
            });
        }
        let end = usize::from(length).wrapping_add(PREFIX_LEN);
        Ok(Next::whole(bytes, end, end))
    }
}

/// Reads the frame at the front, of any length: [`Rfc4571::next`].
///
/// # Errors
/// Never.
pub fn next(bytes: &[u8]) -> Result<Next<&[u8]>, FrameError> {
    Rfc4571::new().next(bytes)
}

/// Begins a frame at the end of a buffer, or at the start of a slice. Write the packet through it,
/// then end it.
///
/// ```
/// use stunwire::framing::rfc4571;
/// use stunwire::{Header, MessageWriter, Method, TransactionId};
///
/// # let id = TransactionId::new(*b"not a secret");
/// let mut out = Vec::new();
/// let mut frame = rfc4571::begin(&mut out)?;
/// MessageWriter::new(&mut frame, Header::indication(Method::BINDING, id))?.finish()?;
/// frame.end()?;
/// assert_eq!(out[..4], [0, 20, 0x00, 0x11]);
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// When a slice has no room for the prefix.
#[inline]
pub fn begin<B: Buffer + ?Sized>(buffer: &mut B) -> Result<FrameWriter<'_, B>, EncodeError> {
    let shape = Shape {
        length_at: 0,
        padded: false,
    };
    FrameWriter::begin(buffer, [0; PREFIX_LEN], shape)
}

/// The prefix of a packet of `len` bytes, for a vectored write.
///
/// # Errors
/// When the packet is longer than 65,535 bytes.
pub fn prefix(len: usize) -> Result<[u8; PREFIX_LEN], EncodeError> {
    match u16::try_from(len) {
        Ok(length) => Ok(length.to_be_bytes()),
        Err(_) => Err(EncodeError::TooLong {
            length: u32::try_from(len).unwrap_or(u32::MAX),
        }),
    }
}
