//! Frames in a stream, and ChannelData in datagrams.
//!
//! | framing | reader | header |
//! |---|---|---|
//! | STUN messages and ChannelData: TURN over TCP and TLS | [`StunTcp`] | none; 4 bytes |
//! | packets with their length before them: ICE over TCP | [`Rfc4571`] | 2 bytes |
//! | messages and data of MS-TURN over TCP | [`MsTcp`] | 4 bytes |
//! | the same after a pseudo-TLS handshake | [`PseudoTls`](pseudo_tls::PseudoTls) | 50 and 83 bytes, once |
//! | packets of many MS-TURN allocations | [`MsMultiplexed`] | 12 bytes |
//!
//! [`ChannelData`](crate::ChannelData) reads and writes datagrams of a channel. [`sniff`] tells which
//! framing a stream has.
//!
//! # Reading
//!
//! A reader is a function of the bytes that have arrived and have not been consumed. It returns
//! [`Next`], which is the frame at their start or the number of bytes that are missing, or a
//! [`FrameError`]. It keeps no state, so the bytes may arrive in segments of any length, and the bytes after
//! a frame still belong to the caller: after a ConnectionBind
//! ([RFC 6062 §4.3](https://www.rfc-editor.org/rfc/rfc6062#section-4.3)) they come from the peer,
//! without framing.
//!
//! ```
//! use std::io::Read;
//! use stunwire::framing::{Frame, Next, StunTcp};
//!
//! fn receive(mut stream: impl Read) -> std::io::Result<usize> {
//!     let framing = StunTcp::default();
//!     let (mut buffer, mut frames) = (Vec::new(), 0);
//!     loop {
//!         match framing.next(&buffer).map_err(std::io::Error::other)? {
//!             Next::Frame { frame, consumed } => {
//!                 match frame {
//!                     Frame::Stun(message) => assert_eq!(message.len(), 20),
//!                     Frame::ChannelData { payload, .. } => assert_eq!(payload, b"hello"),
//!                 }
//!                 frames += 1;
//!                 buffer.drain(..consumed);
//!             }
//!             Next::Incomplete { needed } => {
//!                 let mut chunk = vec![0; needed.min(4096)];
//!                 match stream.read(&mut chunk)? {
//!                     0 => return Ok(frames), // inside a frame, unless `buffer` is empty
//!                     read => buffer.extend_from_slice(&chunk[..read]),
//!                 }
//!             }
//!         }
//!     }
//! }
//!
//! let stream = b"\x00\x11\x00\x00\x21\x12\xa4\x42abcdefghijkl\x40\x00\x00\x05hello\0\0\0";
//! assert_eq!(receive(&stream[..])?, 2);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # Memory
//!
//! A header can announce a frame of up to 65,552 bytes, which is the default limit of each reader
//! (`MAX_FRAME`). Make room for the bytes that arrive rather than for those that are announced, as the
//! example and the codecs do: otherwise a peer that sends only headers takes 64 KiB for each connection. If
//! longer frames are not expected, lower the limit with `max_frame`: 2,048 bytes are enough for audio, video
//! and the messages of TURN.
//!
//! # Writing
//!
//! `begin` writes the header of a frame into a buffer, its content is written through the [`FrameWriter`],
//! and [`end`](FrameWriter::end) completes the header. `header` returns the header alone, for a vectored
//! write.
//!
//! # Codecs
//!
//! With feature `codec` [`StunTcp`], [`Rfc4571`] and [`MsTcp`] are tokio-util `Decoder`s and `Encoder`s.

pub(crate) mod channel_data;
#[cfg(feature = "codec")]
mod codec;
mod error;
mod frame_writer;
mod length_prefixed;
mod ms_multiplexed;
mod ms_tcp;
mod next;
pub mod pseudo_tls;
mod rfc4571;
mod sniff;
mod stun_tcp;

#[cfg(feature = "codec")]
pub use self::codec::StreamError;
pub use self::error::FrameError;
pub use self::frame_writer::FrameWriter;
pub use self::ms_multiplexed::{MsMultiplexed, MultiplexedFrame};
pub use self::ms_tcp::{MsFrame, MsFrameKind, MsTcp};
pub use self::next::Next;
pub use self::rfc4571::Rfc4571;
pub use self::sniff::{Framing, Sniffed, Sniffer, sniff};
pub use self::stun_tcp::{Frame, StunTcp};
<<<<<<< HEAD
#[cfg(feature = "codec")]
pub use self::tokio::StreamError;

/// What stands at the front of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next<F> {
    /// A whole frame.
    Frame {
        /// What is in it.
        frame: F,
        /// How many bytes of the stream it takes, head and padding included.
        consumed: usize,
    },
    /// No whole frame yet, and nothing wrong so far.
    Incomplete {
        /// How many more bytes are needed, at least one: up to the end of the frame once its head is
        /// there and stands, before that up to the end of the head. With fewer there is no frame.
        needed: usize,
    },
}

impl<F> Next<F> {
    /// The same around another view of the frame.
    #[inline(always)]
    pub(crate) fn map<G>(self, view: impl FnOnce(F) -> Option<G>) -> Next<G> {
        match self {
            Self::Frame { frame, consumed } => match view(frame) {
                Some(frame) => Next::Frame { frame, consumed },
                // Never: the frame was found in the same bytes.
                None => Next::Incomplete { needed: 1 },
            },
            Self::Incomplete { needed } => Next::Incomplete { needed },
        }
    }

    /// The frame if `bytes` hold all `total` of it, else what is missing.
    #[inline(always)]
    pub(crate) fn whole(bytes: &[u8], total: usize, frame: F) -> Self {
        match total.checked_sub(bytes.len()) {
            None | Some(0) => Self::Frame {
                frame,
                consumed: total,
            },
            Some(needed) => Self::Incomplete { needed },
        }
    }
}

/// Why bytes are not a frame.
///
/// In a stream there is no way on: where the next frame begins, only this one could have told. Close
/// the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The first byte begins neither a STUN message (0x00 to 0x3F) nor ChannelData (0x40 to 0x7F), or
    /// not the one that was asked for.
    #[error("a frame cannot begin with {first:#04x}")]
    NoFrame {
        /// The first byte.
        first: u8,
    },
    /// The number of a ChannelData is outside the range that the caller accepts: 0x4000 to 0x7FFF,
    /// or 0x4FFF where channels are strict (RFC 8656 §12).
    #[error("{number:#06x} is not the number of a channel")]
    Channel {
        /// What stands in the number's place.
        number: u16,
    },
    /// A STUN message in a stream has a length that is no multiple of 4 (RFC 8489 §5), so nobody
    /// knows where it ends.
    #[error("a STUN message of length {length}, which is not a multiple of 4, in a stream")]
    Unaligned {
        /// The length, as the message's header has it.
        length: u16,
    },
    /// Bytes 4 to 7 of a STUN message are not the magic cookie 0x2112A442 (RFC 8489 §5).
    #[error("byte {offset} of the frame is {found:#04x}, and the magic cookie is 2112a442")]
    NoCookie {
        /// The first byte that differs, 4 to 7.
        offset: u8,
        /// What stands there.
        found: u8,
    },
    /// A byte that is fixed is another (\[MS-TURN\] 2.1.1, 2.1.4, 2.2.3).
    #[error("byte {offset} of the frame is {found:#04x}, not {expected:#04x}")]
    Unexpected {
        /// Where it stands.
        offset: u8,
        /// What stands there.
        found: u8,
        /// What has to.
        expected: u8,
    },
    /// A length is not the only one that there is, or less than the least (\[MS-TURN\] 2.1.1, 2.2.3).
    #[error("the length at offset {offset} of the frame is {found}, expected was {expected}")]
    Length {
        /// Where it stands.
        offset: u8,
        /// What stands there.
        found: u16,
        /// What has to, at least in a multiplexed frame.
        expected: u16,
    },
    /// Google's hello of a TLS that is none, which begins like SSLv2, or its answer: not MS-TURN's.
    #[error("the hello is Google's, not MS-TURN's")]
    GoogleHello,
    /// The frame is longer than the caller accepts.
    #[error("a frame of {length} bytes, at most {max} are accepted")]
    TooLong {
        /// Length of the whole frame in bytes.
        length: u32,
        /// The caller's limit.
        max: u32,
    },
    /// A datagram ends before the frame in it.
    #[error("the frame takes {declared} bytes, the datagram ends after {available}")]
    Truncated {
        /// Length of the whole frame in bytes.
        declared: u32,
        /// Bytes that were there.
        available: u32,
    },
    /// A datagram goes on behind the frame and its padding.
    #[error("the frame ends at offset {offset}, the datagram after {available} bytes")]
    Trailing {
        /// Where the frame ends, without padding.
        offset: u32,
        /// Length of the datagram in bytes.
        available: u32,
    },
}

impl FrameError {
    /// Offset in bytes from the start of the frame of the field that breaks the rule.
    #[must_use]
    pub fn offset(&self) -> usize {
        let offset = match *self {
            Self::NoFrame { .. } | Self::Channel { .. } | Self::GoogleHello => 0,
            Self::Unaligned { .. } | Self::TooLong { .. } => 2,
            Self::NoCookie { offset, .. }
            | Self::Unexpected { offset, .. }
            | Self::Length { offset, .. } => u32::from(offset),
            Self::Truncated { available, .. } => available,
            Self::Trailing { offset, .. } => offset,
        };
        usize::try_from(offset).unwrap_or(usize::MAX)
    }
}

/// A frame whose head is filled in last: from `begin` of a framing to [`end`](Self::end).
///
/// It is itself a [`Buffer`], so a [`MessageWriter`](crate::MessageWriter) writes through it, behind
/// the head; [`put`](Self::put) appends bytes. Dropped without `end` it cuts a growing buffer back to
/// what it was.
#[must_use = "the head is written by `end`"]
pub struct FrameWriter<'b, B: Buffer + ?Sized> {
    /// Taken when the frame is ended.
    buffer: Option<&'b mut B>,
    from: usize,
    to: usize,
    shape: Shape,
}

/// How the head of a frame tells what is behind it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Where in the head the length stands, 2 bytes, which counts what follows it.
    pub(crate) length_at: usize,
    /// Whether zeros follow up to a multiple of 4, uncounted.
    pub(crate) padded: bool,
}

impl<'b, B: Buffer + ?Sized> FrameWriter<'b, B> {
    /// Writes a head whose length is still missing.
    #[inline]
    pub(crate) fn begin<const N: usize>(
        buffer: &'b mut B,
        head: [u8; N],
        shape: Shape,
    ) -> Result<Self, EncodeError> {
        let from = buffer.start();
        let mut frame = Self {
            buffer: Some(buffer),
            from,
            to: from,
            shape,
        };
        frame.put(&head)?;
        Ok(frame)
    }

    /// Appends bytes to what the frame holds.
    ///
    /// # Errors
    /// When they do not fit. Nothing of them is written then.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) -> Result<&mut Self, EncodeError> {
        let to = self.to;
        match self.extend(to, bytes.len()) {
            Some(out) => {
                out.copy_from_slice(bytes);
                Ok(self)
            }
            None => Err(self.full(bytes.len())),
        }
    }

    /// Writes the length and the padding, and gives the whole frame.
    ///
    /// # Errors
    /// When more than 65,535 bytes are behind the length, or the padding does not fit. A growing
    /// buffer is then cut back.
    #[inline]
    pub fn end(mut self) -> Result<&'b mut [u8], EncodeError> {
        let len = self.to.wrapping_sub(self.from);
        let counted = len.saturating_sub(self.shape.length_at.saturating_add(2));
        let Ok(length) = u16::try_from(counted) else {
            return Err(EncodeError::TooLong {
                length: u32::try_from(counted).unwrap_or(u32::MAX),
            });
        };
        if self.shape.padded {
            let zeros = [0; 3];
            self.put(zeros.get(..len.wrapping_neg() & 3).unwrap_or_default())?;
        }
        let (from, to) = (self.from, self.to);
        let frame = self
            .buffer
            .take()
            .and_then(|buffer| buffer.bytes().get_mut(from..to));
        let Some(frame) = frame else {
            return Err(self.full(0));
        };
        if let Some(field) = frame
            .get_mut(self.shape.length_at..)
            .and_then(<[u8]>::first_chunk_mut)
        {
            *field = length.to_be_bytes();
        }
        Ok(frame)
    }

    #[cold]
    fn full(&self, by: usize) -> EncodeError {
        let short = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let len = self.to.wrapping_sub(self.from);
        EncodeError::BufferFull {
            needed: short(len.saturating_add(by)),
            available: short(self.limit().saturating_sub(self.from)),
        }
    }
}

impl<B: Buffer + ?Sized> Drop for FrameWriter<'_, B> {
    fn drop(&mut self) {
        if let Some(buffer) = &mut self.buffer {
            // In a slice the head stays, and must not pass for a frame of nothing.
            if let Some(head) = buffer.bytes().get_mut(self.from..self.to) {
                head.iter_mut().take(4).for_each(|byte| *byte = 0xFF);
            }
            buffer.truncate(self.from);
        }
    }
}

impl<B: Buffer + ?Sized> Buffer for FrameWriter<'_, B> {}

impl<B: Buffer + ?Sized> Raw for FrameWriter<'_, B> {
    #[inline(always)]
    fn start(&self) -> usize {
        self.to
    }

    #[inline(always)]
    fn extend(&mut self, at: usize, by: usize) -> Option<&mut [u8]> {
        let out = self.buffer.as_deref_mut()?.extend(at, by)?;
        self.to = at.wrapping_add(by);
        Some(out)
    }

    #[inline(always)]
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
        self.to = at;
        if let Some(buffer) = self.buffer.as_deref_mut() {
            buffer.truncate(at);
        }
    }
}

impl<B: Buffer + ?Sized> fmt::Debug for FrameWriter<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameWriter")
            .field("len", &self.to.wrapping_sub(self.from))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small() {
        assert!(size_of::<FrameError>() <= 16);
        assert!(size_of::<Next<Frame<&[u8]>>>() <= 40);
    }
}
=======
>>>>>>> 1ad0072 (Rework the framings, demux and relay: plain terms, one channel range, MS-TURN relay)
