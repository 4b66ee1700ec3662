//! Frames whose content is written after their header.

use core::fmt;

use super::length_prefixed::too_long;
use crate::buffer::Buffer;
use crate::buffer::sealed::Raw;
use crate::error::EncodeError;
use crate::wire;

/// A frame that is being written into a buffer. `begin` of a framing returns it, and [`end`](Self::end)
/// completes it.
///
/// The content of the frame is written into it: it is itself a [`Buffer`] for a
/// [`MessageWriter`](crate::MessageWriter) or another frame, and [`put`](Self::put) appends bytes. If it is
/// dropped without `end`, a growing buffer is truncated to what it held before; in a slice the first 4 bytes of the
/// frame become 0xFF, which is not a valid header, except in [`Rfc4571`](super::Rfc4571), where it announces 65,535
/// bytes.
///
/// ```
/// use stunwire::framing::Rfc4571;
/// use stunwire::{Header, MessageWriter, Method, TransactionId};
///
/// let id = TransactionId::new(*b"not a secret");
/// let mut out = Vec::new();
/// let mut frame = Rfc4571::begin(&mut out)?;
/// MessageWriter::new(&mut frame, Header::indication(Method::BINDING, id))?.finish()?;
/// frame.end()?;
/// assert_eq!(out[..4], [0, 20, 0x00, 0x11]);
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[must_use = "`end` completes the frame"]
pub struct FrameWriter<'b, B: Buffer + ?Sized> {
    /// `None` once the frame has been ended.
    buffer: Option<&'b mut B>,
    /// Offset of the frame in the buffer, in bytes.
    frame_start: usize,
    /// Offset of the end of what has been written, at least `start`.
    frame_end: usize,
    layout: Layout,
}

/// The position and the meaning of the length in the header of a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Offset in the header of the 16-bit length, which counts the bytes after it.
    pub(super) length_offset: usize,
    /// Whether zeros follow up to a multiple of 4 bytes, which the length does not count.
    pub(super) padded: bool,
}

impl<'b, B: Buffer + ?Sized> FrameWriter<'b, B> {
    /// Writes a header without its length.
    #[inline]
    pub(super) fn begin<const N: usize>(
        buffer: &'b mut B,
        header: [u8; N],
        layout: Layout,
    ) -> Result<Self, EncodeError> {
        let start = buffer.start();
        let mut frame = Self {
            buffer: Some(buffer),
            frame_start: start,
            frame_end: start,
            layout,
        };
        frame.put(&header)?;
        Ok(frame)
    }

    /// Appends bytes to the content of the frame.
    ///
    /// ```
    /// use stunwire::framing::Rfc4571;
    ///
    /// let mut stream = Vec::new();
    /// let mut frame = Rfc4571::begin(&mut stream)?;
    /// frame.put(b"RTP ")?.put(b"packet")?;
    /// frame.end()?;
    /// assert_eq!(stream, b"\x00\x0aRTP packet");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// If the buffer is too small. Nothing is appended then.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> Result<&mut Self, EncodeError> {
        let end = self.frame_end;
        match self.append(end, &[], bytes) {
            Some(()) => Ok(self),
            None => Err(self.full(bytes.len())),
        }
    }

    /// Completes the frame with its length and its padding, and returns its bytes.
    ///
    /// # Errors
    /// If more than 65,535 bytes follow the length field, or the buffer has no room for the padding. A
    /// growing buffer is then truncated to what it held before.
    #[inline]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "`begin` has written the header, in which the length is"
    )]
    pub fn end(mut self) -> Result<&'b mut [u8], EncodeError> {
        let written = self.len();
        let counted = written - (self.layout.length_offset + 2);
        let Ok(length) = u16::try_from(counted) else {
            return Err(too_long(counted));
        };
        if self.layout.padded {
            let end = self.frame_end;
            match self.extend(end, wire::padding_len(written)) {
                Some(padding) => wire::zero(padding),
                None => return Err(self.full(wire::padding_len(written))),
            }
        }
        let (start, end, offset) = (self.frame_start, self.frame_end, self.layout.length_offset);
        let frame = self
            .buffer
            .take()
            .and_then(|buffer| buffer.bytes().get_mut(start..end));
        let Some(frame) = frame else {
            debug_assert!(false, "the frame has been written into the buffer");
            return Err(self.full(0));
        };
        match frame.get_mut(offset..).and_then(<[u8]>::first_chunk_mut) {
            Some(field) => *field = length.to_be_bytes(),
            None => debug_assert!(false, "the frame begins with its header"),
        }
        Ok(frame)
    }

    /// Length in bytes of what has been written, header included.
    #[inline]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "the end is at least the start"
    )]
    fn len(&self) -> usize {
        self.frame_end - self.frame_start
    }

    #[cold]
    fn full(&self, more: usize) -> EncodeError {
        let available = self.limit().saturating_sub(self.frame_start);
        EncodeError::buffer_full(self.len().saturating_add(more), available)
    }
}

impl<B: Buffer + ?Sized> Drop for FrameWriter<'_, B> {
    fn drop(&mut self) {
        if let Some(buffer) = &mut self.buffer {
            // A slice keeps what was written, which must not be taken for an empty frame.
            if let Some(written) = buffer.bytes().get_mut(self.frame_start..self.frame_end) {
                written.iter_mut().take(4).for_each(|byte| *byte = 0xFF);
            }
            buffer.truncate(self.frame_start);
        }
    }
}

impl<B: Buffer + ?Sized> Buffer for FrameWriter<'_, B> {}

impl<B: Buffer + ?Sized> Raw for FrameWriter<'_, B> {
    #[inline]
    fn start(&self) -> usize {
        self.frame_end
    }

    #[inline]
    fn extend(&mut self, at: usize, by: usize) -> Option<&mut [u8]> {
        let end = at.checked_add(by)?;
        let out = self.buffer.as_deref_mut()?.extend(at, by)?;
        self.frame_end = end;
        Some(out)
    }

    #[inline]
    fn append(&mut self, at: usize, first: &[u8], second: &[u8]) -> Option<()> {
        let len = first.len().checked_add(second.len())?;
        let end = at.checked_add(len)?;
        self.buffer.as_deref_mut()?.append(at, first, second)?;
        self.frame_end = end;
        Some(())
    }

    #[inline]
    fn bytes(&mut self) -> &mut [u8] {
        match self.buffer.as_deref_mut() {
            Some(buffer) => buffer.bytes(),
            None => &mut [],
        }
    }

    fn limit(&self) -> usize {
        self.buffer.as_deref().map_or(0, Raw::limit)
    }

    fn truncate(&mut self, at: usize) {
        self.frame_end = at;
        if let Some(buffer) = self.buffer.as_deref_mut() {
            buffer.truncate(at);
        }
    }
}

impl<B: Buffer + ?Sized> fmt::Debug for FrameWriter<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameWriter")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
