//! Channels: their number, and the data that it stands in front of.

use core::ops::Range;

use super::FrameError;
use crate::attribute::ChannelNumber;
use crate::error::{EncodeError, Quantity};
use crate::num::saturating_u32;
use crate::wire;

/// Length of the number and the length in front of the data (RFC 8656 §12.4).
pub(crate) const HEAD_LEN: usize = 4;

/// Number and length in front of `len` bytes of data.
#[inline(always)]
pub(crate) fn head(number: ChannelNumber, len: usize) -> Result<[u8; HEAD_LEN], EncodeError> {
    let [n0, n1] = writable(number)?;
    let Ok(length) = u16::try_from(len) else {
        return Err(EncodeError::TooLong {
            length: u32::try_from(len).unwrap_or(u32::MAX),
        });
    };
    let [l0, l1] = length.to_be_bytes();
    Ok([n0, n1, l0, l1])
}

/// The number's bytes, for the front of a ChannelData. One that was read from an attribute may be
/// none: in front of data its bytes would pass for something else.
#[inline(always)]
pub(crate) fn writable(number: ChannelNumber) -> Result<[u8; 2], EncodeError> {
    match number.get() {
        0x4000..=0x7FFF => Ok(number.get().to_be_bytes()),
        other => Err(EncodeError::OutOfRange {
            quantity: Quantity::ChannelNumber,
            value: u32::from(other),
            min: 0x4000,
            max: 0x7FFF,
        }),
    }
}

/// Data of a channel, as a client and its TURN server send it to each other
/// ([RFC 8656 §12.4](https://www.rfc-editor.org/rfc/rfc8656#section-12.4)).
///
/// Nothing in it proves that it is ChannelData: take it only from an address with which there is an
/// allocation. In a stream it is padded, and [`StunTcp`](crate::framing::StunTcp) reads it.
///
/// ```
/// use stunwire::ChannelData;
///
/// // 5 bytes, and the padding that some clients send in datagrams too.
/// let data = ChannelData::parse_datagram(b"\x40\x01\x00\x05hello\0\0\0")?;
/// assert_eq!(data.number.get(), 0x4001);
/// assert_eq!(data.payload, b"hello");
/// assert_eq!(data.range(), 4..9);
/// # Ok::<(), stunwire::framing::FrameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelData<'a> {
    /// The channel. Whether it is bound, and to which peer, the caller knows.
    pub number: ChannelNumber,
    /// The data, which may be empty, without padding.
    pub payload: &'a [u8],
}

impl<'a> ChannelData<'a> {
    /// Reads a datagram. Numbers up to 0x7FFF are accepted, since clients of RFC 5766 bind them;
    /// where only those of RFC 8656 may be, ask [`ChannelNumber::is_bindable`]. Up to 3 bytes of
    /// padding may follow, whatever they hold
    /// ([RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)).
    ///
    /// # Errors
    /// When the number is outside 0x4000 to 0x7FFF, or the datagram is shorter than the length says
    /// or more than 3 bytes longer. A server drops such datagrams silently
    /// ([RFC 8656 §12.6](https://www.rfc-editor.org/rfc/rfc8656#section-12.6)).
    pub fn parse_datagram(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let truncated = |declared: u32| FrameError::Truncated {
            declared,
            available: saturating_u32(bytes.len()),
        };
        if let Some(&first @ (0x00..=0x3F | 0x80..=0xFF)) = bytes.first() {
            return Err(FrameError::NoFrame { first });
        }
        let Some((&[n0, n1, l0, l1], behind)) = bytes.split_first_chunk() else {
            return Err(truncated(4));
        };
        let length = u16::from_be_bytes([l0, l1]);
        let declared = u32::from(length).wrapping_add(4);
        let Some((payload, spare)) = behind.split_at_checked(usize::from(length)) else {
            return Err(truncated(declared));
        };
        if spare.len() > 3 {
            return Err(FrameError::Trailing {
                offset: declared,
                available: saturating_u32(bytes.len()),
            });
        }
        Ok(Self {
            number: ChannelNumber::read(u16::from_be_bytes([n0, n1])),
            payload,
        })
    }

    /// Where the data stands in the datagram: for who wants to keep the place and not the borrow.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        HEAD_LEN..HEAD_LEN.wrapping_add(self.payload.len())
    }

    /// The 4 bytes in front of the data. For a vectored write; in place it is
    /// [`relay::channel_data_in_place`](crate::relay::channel_data_in_place).
    ///
    /// # Errors
    /// When the data is longer than 65,535 bytes, or the number none of a channel.
    #[inline]
    pub fn head(&self) -> Result<[u8; HEAD_LEN], EncodeError> {
        head(self.number, self.payload.len())
    }

    /// The 0 to 3 zeros that follow the data in a stream
    /// ([RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)).
    #[must_use]
    pub fn padding(&self) -> &'static [u8] {
        let zeros: &[u8; 3] = &[0; 3];
        zeros
            .get(..wire::padding_len(self.payload.len()))
            .unwrap_or_default()
    }
}
