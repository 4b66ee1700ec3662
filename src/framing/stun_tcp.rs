//! STUN messages and ChannelData in a stream.

use super::frame_writer::Layout;
use super::length_prefixed::MaxFrame;
use super::{FrameError, FrameWriter, Next};
use crate::ChannelData;
use crate::attribute::{ChannelNumber, ChannelRange};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::transaction_id::MAGIC_COOKIE;
use crate::wire::HEADER_LEN;

/// Reads and writes STUN messages and ChannelData without an additional framing header, as a client and a TURN
/// server exchange them over TCP and TLS
/// ([RFC 8489 §6.2.2](https://www.rfc-editor.org/rfc/rfc8489#section-6.2.2),
/// [RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)).
///
/// The first two bits of a frame distinguish the two. The header of a STUN message has its length, which is a
/// multiple of 4. [`ChannelData`] is padded to a multiple of 4 bytes; its length field excludes the padding,
/// which may have any content.
///
/// With the feature `codec` it implements `Decoder` and `Encoder` of tokio-util.
///
/// Example program: [`turn_server`](https://docs.rs/crate/stunwire/latest/source/examples/turn_server/main.rs).
///
/// ```
/// use stunwire::framing::{Frame, FrameError, Next, StunTcp};
///
/// let framing = StunTcp::new();
/// // Three bytes of data and one of padding, then the beginning of the next frame.
/// let stream = b"\x40\x01\x00\x03abc\x00\x40\x01\x00";
/// let Next::Frame { frame: Frame::ChannelData { number, payload }, consumed } =
///     framing.next(stream)?
/// else {
///     unreachable!("the frame is complete")
/// };
/// assert_eq!((number.as_u16(), payload, consumed), (0x4001, &b"abc"[..], 8));
/// assert_eq!(framing.next(&stream[8..])?, Next::Incomplete { needed: 1 });
///
/// assert_eq!(framing.next(b"\x80"), Err(FrameError::NoFrame { first: 0x80 }));
/// # Ok::<(), FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StunTcp {
    max_frame: MaxFrame,
    channels: ChannelRange,
    classic: bool,
}

impl Default for StunTcp {
    fn default() -> Self {
        Self::new()
    }
}

impl StunTcp {
    /// Length of the longest frame in bytes, header and padding included: the default of
    /// [`max_frame`](Self::max_frame).
    pub const MAX_FRAME: u32 = 65_552;

    /// Creates a reader that accepts frames of any length and channel numbers from 0x4000 to 0x7FFF
    /// ([RFC 5766](ChannelRange::RFC5766)), and requires the magic cookie in every message.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_frame: MaxFrame(Self::MAX_FRAME),
            channels: ChannelRange::RFC5766,
            classic: false,
        }
    }

    /// Refuses frames longer than `bytes`, header and padding included, as soon as their header has been
    /// read.
    #[must_use]
    pub const fn max_frame(self, bytes: u32) -> Self {
        Self {
            max_frame: MaxFrame(bytes),
            ..self
        }
    }

    /// Refuses ChannelData whose channel number is outside `range`, with [`FrameError::Channel`].
    ///
    /// ```
    /// use stunwire::attribute::ChannelRange;
    /// use stunwire::framing::{FrameError, StunTcp};
    ///
    /// let framing = StunTcp::new().channels(ChannelRange::RFC8656);
    /// assert!(matches!(framing.next(b"\x50\x00"), Err(FrameError::Channel { number: 0x5000, .. })));
    /// ```
    #[must_use]
    pub const fn channels(self, range: ChannelRange) -> Self {
        Self {
            channels: range,
            ..self
        }
    }

    /// Accepts messages without the magic cookie, as in RFC 3489. Whatever begins with two zero bits is then
    /// read as a message.
    ///
    /// ```
    /// use stunwire::framing::{FrameError, Next, StunTcp};
    ///
    /// // A Binding request of RFC 3489.
    /// let request = b"\x00\x01\x00\x00 16 bytes as id ";
    /// assert!(matches!(StunTcp::new().next(request), Err(FrameError::NoCookie { .. })));
    /// assert!(matches!(StunTcp::new().classic().next(request)?, Next::Frame { consumed: 20, .. }));
    /// # Ok::<(), FrameError>(())
    /// ```
    #[must_use]
    pub const fn classic(self) -> Self {
        Self {
            classic: true,
            ..self
        }
    }

    /// Reads the frame at the start of `bytes`.
    ///
    /// An invalid frame is refused at its first invalid byte, a channel number or a length when both of its bytes have
    /// arrived: the reader does not wait for a frame whose header is invalid.
    ///
    /// # Errors
    /// If the bytes do not begin with a frame, the frame is longer than [`max_frame`](Self::max_frame), or
    /// its channel number is outside [`channels`](Self::channels).
    #[inline]
    pub fn next<'a>(&self, bytes: &'a [u8]) -> Result<Next<Frame<&'a [u8]>>, FrameError> {
        let Some(&[first, second, high, low]) = bytes.first_chunk() else {
            return self.incomplete_header(bytes);
        };
        let length = u16::from_be_bytes([high, low]);
        match first {
            0x00..=0x3F => self.message(bytes, length),
            0x40..=0x7F => {
                let number = u16::from_be_bytes([first, second]);
                self.channel_data(bytes, number, usize::from(length))
            }
            _ => Err(FrameError::NoFrame { first }),
        }
    }

    /// The result for fewer than 4 bytes.
    #[cold]
    fn incomplete_header<'a>(&self, bytes: &'a [u8]) -> Result<Next<Frame<&'a [u8]>>, FrameError> {
        let header_len = match *bytes {
            [0x00..=0x3F, ..] => HEADER_LEN,
            [high @ 0x40..=0x7F, low, ..] => {
                self.channel(u16::from_be_bytes([high, low]))?;
                ChannelData::HEADER_LEN
            }
            [] | [0x40..=0x7F] => ChannelData::HEADER_LEN,
            [first, ..] => return Err(FrameError::NoFrame { first }),
        };
        Ok(Next::missing(header_len, bytes.len()))
    }

    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "20 bytes and at most 65,535"
    )]
    fn message<'a>(
        &self,
        bytes: &'a [u8],
        length: u16,
    ) -> Result<Next<Frame<&'a [u8]>>, FrameError> {
        if length & 3 != 0 {
            return Err(FrameError::Unaligned { length });
        }
        let total = self.max_frame.check(HEADER_LEN + usize::from(length))?;
        if !self.classic {
            check_cookie(bytes)?;
        }
        match bytes.split_at_checked(total) {
            Some((message, _)) => Ok(Next::Frame {
                frame: Frame::Stun(message),
                consumed: total,
            }),
            None if bytes.len() < HEADER_LEN => Ok(Next::missing(HEADER_LEN, bytes.len())),
            None => Ok(Next::missing(total, bytes.len())),
        }
    }

    /// ChannelData with `length` bytes of data.
    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "4 bytes, at most 65,535 and at most 3"
    )]
    fn channel_data<'a>(
        &self,
        bytes: &'a [u8],
        number: u16,
        length: usize,
    ) -> Result<Next<Frame<&'a [u8]>>, FrameError> {
        let number = self.channel(number)?;
        let end = ChannelData::HEADER_LEN + length;
        let total = self.max_frame.check((end + 3) & !3)?;
        match bytes.get(ChannelData::HEADER_LEN..end) {
            Some(payload) if total <= bytes.len() => Ok(Next::Frame {
                frame: Frame::ChannelData { number, payload },
                consumed: total,
            }),
            // Without the data the padding is missing too.
            _ => Ok(Next::missing(total, bytes.len())),
        }
    }

    /// The channel with this number, if the reader accepts it.
    #[inline(always)]
    fn channel(&self, number: u16) -> Result<ChannelNumber, FrameError> {
        let last = self.channels.last();
        if number > last {
            return Err(FrameError::Channel { number, last });
        }
        Ok(ChannelNumber::from_wire(number))
    }

    /// Begins ChannelData at the end of a growing buffer, or at the start of a slice. Write the data into the
    /// [`FrameWriter`], then call [`end`](FrameWriter::end), which pads the data with zeros.
    ///
    /// STUN messages need no frame: write them as they are. [`ChannelData::write_padded`] writes data that is
    /// already contiguous.
    ///
    /// ```
    /// use stunwire::attribute::ChannelNumber;
    /// use stunwire::framing::StunTcp;
    ///
    /// let mut out = Vec::new();
    /// let mut data = StunTcp::begin(&mut out, ChannelNumber::MIN)?;
    /// data.put(b"hello")?;
    /// data.end()?;
    /// assert_eq!(out, b"\x40\x00\x00\x05hello\0\0\0");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// If a slice is too small for the header, or a channel number that was read is outside 0x4000 to
    /// 0x7FFF.
    #[inline]
    pub fn begin<B: Buffer + ?Sized>(
        buffer: &mut B,
        number: ChannelNumber,
    ) -> Result<FrameWriter<'_, B>, EncodeError> {
        let [n0, n1] = ChannelRange::RFC5766.to_bytes(number)?;
        let layout = Layout {
            length_offset: 2,
            padded: true,
        };
        FrameWriter::begin(buffer, [n0, n1, 0, 0], layout)
    }

    /// The range of channel numbers that the reader accepts.
    #[cfg(feature = "codec")]
    pub(super) const fn accepted_channels(&self) -> ChannelRange {
        self.channels
    }
}

/// A frame of [`StunTcp`]: its content is `&[u8]` when read in place, `Bytes` from the codec.
///
/// ```
/// use stunwire::Message;
/// use stunwire::framing::Frame;
///
/// fn receive(frame: Frame<&[u8]>) {
///     match frame {
///         Frame::Stun(packet) => println!("{:?}", Message::parse(packet)),
///         Frame::ChannelData { number, payload } => println!("{} bytes in {number}", payload.len()),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame<T> {
    /// A complete STUN message. Its header is valid; its attributes are checked by
    /// [`Message::parse`](crate::Message::parse).
    Stun(T),
    /// Data of a channel.
    ChannelData {
        /// The channel.
        number: ChannelNumber,
        /// The data, without padding.
        payload: T,
    },
}

/// Compares the bytes at offset 4 with the magic cookie, as far as they are there.
#[inline(always)]
fn check_cookie(bytes: &[u8]) -> Result<(), FrameError> {
    match *bytes {
        [_, _, _, _, a, b, c, d, ..] if [a, b, c, d] == MAGIC_COOKIE.to_be_bytes() => Ok(()),
        _ => check_cookie_bytes(bytes),
    }
}

#[cold]
fn check_cookie_bytes(bytes: &[u8]) -> Result<(), FrameError> {
    let arrived = (0_u8..).zip(bytes).skip(4);
    for ((offset, &found), expected) in arrived.zip(MAGIC_COOKIE.to_be_bytes()) {
        if found != expected {
            return Err(FrameError::NoCookie { offset, found });
        }
    }
    Ok(())
}
