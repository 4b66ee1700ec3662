//! STUN messages and ChannelData, one behind the other, as they are
//! ([RFC 8489 §6.2.2](https://www.rfc-editor.org/rfc/rfc8489#section-6.2.2),
//! [RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)): what a client and a TURN
//! server speak over TCP and TLS.
//!
//! The first two bits tell the two apart. ChannelData is padded to a multiple of 4 bytes, which its
//! length does not count; what the padding holds is not looked at.

use super::channel_data::{HEAD_LEN, writable};
use super::{FrameError, FrameWriter, Next, Shape};
use crate::attribute::ChannelNumber;
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::transaction_id::MAGIC_COOKIE;
use crate::wire::HEADER_LEN;

/// A frame of the stream: its bytes are `&[u8]` when read in place, `Bytes` from the codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<T> {
    /// A STUN message, whole. Its header stands; its attributes are
    /// [`Message::parse`](crate::Message::parse)'s matter.
    Stun(T),
    /// Data of a channel.
    ChannelData {
        /// The channel.
        number: ChannelNumber,
        /// The data, without padding.
        payload: T,
    },
}

/// Reads STUN messages and ChannelData from a stream, and, with feature `codec`, is their `Decoder`
/// and `Encoder`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StunTcp {
    max_frame: u32,
    last_channel: u16,
    classic: bool,
}

impl Default for StunTcp {
    fn default() -> Self {
        Self::new()
    }
}

impl StunTcp {
    /// Any length, channels from 0x4000 to 0x7FFF as clients of RFC 5766 bind them, and the magic
    /// cookie in every message.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame: u32::MAX,
            last_channel: 0x7FFF,
            classic: false,
        }
    }

    /// Refuses frames longer than `bytes`, head and padding included, from their head. The longest
    /// that there can be has 65,552 bytes.
    #[must_use]
    pub const fn max_frame(self, bytes: u32) -> Self {
        Self {
            max_frame: bytes,
            ..self
        }
    }

    /// Refuses channels above 0x4FFF, which RFC 8656 reserves.
    #[must_use]
    pub const fn strict_channels(self) -> Self {
        Self {
            last_channel: ChannelNumber::MAX.get(),
            ..self
        }
    }

    /// Accepts messages without the magic cookie, of RFC 3489. Garbage that begins with two zero
    /// bits then passes for a message.
    #[must_use]
    pub const fn classic(self) -> Self {
        Self {
            classic: true,
            ..self
        }
    }

    /// Whether this is a channel that the reader accepts.
    #[cfg(feature = "codec")]
    pub(crate) const fn takes(&self, number: ChannelNumber) -> bool {
        number.get() <= self.last_channel
    }

    /// Reads the frame at the front.
    ///
    /// A frame is refused as soon as the byte is there that breaks a rule, and none is waited for
    /// whose head does not stand.
    ///
    /// ```
    /// use stunwire::framing::{Frame, FrameError, Next, StunTcp};
    ///
    /// let framing = StunTcp::new();
    /// // Three bytes of data and one of padding.
    /// let stream = b"\x40\x01\x00\x03abc\x00\x40\x01\x00";
    /// let Next::Frame { frame: Frame::ChannelData { number, payload }, consumed } =
    ///     framing.next(stream)?
    /// else {
    ///     panic!("it is there");
    /// };
    /// assert_eq!((number.get(), payload, consumed), (0x4001, &b"abc"[..], 8));
    /// assert_eq!(framing.next(&stream[8..])?, Next::Incomplete { needed: 1 });
    ///
    /// assert_eq!(framing.next(b"\x80"), Err(FrameError::NoFrame { first: 0x80 }));
    /// # Ok::<(), FrameError>(())
    /// ```
    ///
    /// # Errors
    /// When the bytes are no frame, or one that is longer than [`max_frame`](Self::max_frame).
    #[inline]
    pub fn next<'a>(&self, bytes: &'a [u8]) -> Result<Next<Frame<&'a [u8]>>, FrameError> {
        let next = self.measure(bytes)?;
        Ok(next.map(|extent| extent.frame(|start, end| bytes.get(start..end))))
    }

    /// What the frame at the front is, and where it ends.
    #[inline(always)]
    pub(crate) fn measure(&self, bytes: &[u8]) -> Result<Next<Extent>, FrameError> {
        let Some(&[first, second, high, low]) = bytes.first_chunk() else {
            return self.start(bytes);
        };
        let length = u16::from_be_bytes([high, low]);
        match first {
            0x00..=0x3F => self.message(bytes, length),
            0x40..=0x7F => self.channel_data(bytes, u16::from_be_bytes([first, second]), length),
            _ => Err(FrameError::NoFrame { first }),
        }
    }

    /// What fewer than 4 bytes tell.
    #[cold]
    fn start(&self, bytes: &[u8]) -> Result<Next<Extent>, FrameError> {
        let missing = |len: usize| Next::Incomplete {
            needed: len.saturating_sub(bytes.len()),
        };
        match *bytes {
            [0x00..=0x3F, ..] => Ok(missing(HEADER_LEN)),
            [high @ 0x40..=0x7F, low, ..] => {
                self.channel(u16::from_be_bytes([high, low]))?;
                Ok(missing(HEAD_LEN))
            }
            [] | [0x40..=0x7F] => Ok(missing(HEAD_LEN)),
            [first, ..] => Err(FrameError::NoFrame { first }),
        }
    }

    #[inline(always)]
    fn message(&self, bytes: &[u8], length: u16) -> Result<Next<Extent>, FrameError> {
        if length & 3 != 0 {
            return Err(FrameError::Unaligned { length });
        }
        let total = self.accept(u32::from(length).wrapping_add(20))?;
        if !self.classic {
            cookie(bytes)?;
        }
        if bytes.len() < HEADER_LEN {
            return Ok(Next::Incomplete {
                needed: HEADER_LEN.saturating_sub(bytes.len()),
            });
        }
        Ok(Next::whole(bytes, total, Extent::Stun { end: total }))
    }

    #[inline(always)]
    fn channel_data(
        &self,
        bytes: &[u8],
        number: u16,
        length: u16,
    ) -> Result<Next<Extent>, FrameError> {
        let number = self.channel(number)?;
        // At most 4 + 65,535 + 1.
        let total = self.accept(u32::from(length).wrapping_add(7) & !3)?;
        let end = HEAD_LEN.wrapping_add(usize::from(length));
        Ok(Next::whole(
            bytes,
            total,
            Extent::ChannelData { number, end },
        ))
    }

    /// The channel with this number, if the caller takes it.
    #[inline(always)]
    fn channel(&self, number: u16) -> Result<ChannelNumber, FrameError> {
        if number > self.last_channel {
            return Err(FrameError::Channel { number });
        }
        Ok(ChannelNumber::read(number))
    }

    /// The length of a whole frame, if the caller takes it.
    #[inline(always)]
    fn accept(&self, length: u32) -> Result<usize, FrameError> {
        match usize::try_from(length) {
            Ok(total) if length <= self.max_frame => Ok(total),
            _ => Err(FrameError::TooLong {
                length,
                max: self.max_frame,
            }),
        }
    }
}

/// What a frame is and where, without its bytes: the same for borrowed and shared ones.
#[derive(Clone, Copy)]
pub(crate) enum Extent {
    Stun { end: usize },
    ChannelData { number: ChannelNumber, end: usize },
}

impl Extent {
    /// The frame, from its first and last place in the bytes.
    #[inline(always)]
    pub(crate) fn frame<T>(self, cut: impl FnOnce(usize, usize) -> Option<T>) -> Option<Frame<T>> {
        match self {
            Self::Stun { end } => cut(0, end).map(Frame::Stun),
            Self::ChannelData { number, end } => {
                cut(HEAD_LEN, end).map(|payload| Frame::ChannelData { number, payload })
            }
        }
    }
}

/// The magic cookie, as far as it has arrived.
#[inline(always)]
fn cookie(bytes: &[u8]) -> Result<(), FrameError> {
    let there = bytes.get(4..).unwrap_or_default();
    if there.first_chunk() == Some(&MAGIC_COOKIE.to_be_bytes()) {
        return Ok(());
    }
    cookie_so_far(there)
}

#[cold]
fn cookie_so_far(there: &[u8]) -> Result<(), FrameError> {
    for ((offset, found), expected) in (4..).zip(there).zip(MAGIC_COOKIE.to_be_bytes()) {
        if *found != expected {
            let found = *found;
            return Err(FrameError::NoCookie { offset, found });
        }
    }
    Ok(())
}

/// Reads the frame at the front under the default rules: [`StunTcp::next`].
///
/// # Errors
/// When the bytes are no frame.
pub fn next(bytes: &[u8]) -> Result<Next<Frame<&[u8]>>, FrameError> {
    StunTcp::new().next(bytes)
}

/// Begins a ChannelData at the end of a buffer, or at the start of a slice. Put the data into it,
/// then end it; the padding is zero. A STUN message needs no frame: write it as it is.
///
/// ```
/// use stunwire::attribute::ChannelNumber;
/// use stunwire::framing::stun_tcp;
///
/// let mut out = Vec::new();
/// let mut frame = stun_tcp::begin(&mut out, ChannelNumber::MIN)?;
/// frame.put(b"hello")?;
/// frame.end()?;
/// assert_eq!(out, b"\x40\x00\x00\x05hello\0\0\0");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// When a slice has no room for the head, or a number that was read is none of a channel.
#[inline]
pub fn begin<B: Buffer + ?Sized>(
    buffer: &mut B,
    number: ChannelNumber,
) -> Result<FrameWriter<'_, B>, EncodeError> {
    let [n0, n1] = writable(number)?;
    let shape = Shape {
        length_at: 2,
        padded: true,
    };
    FrameWriter::begin(buffer, [n0, n1, 0, 0], shape)
}
