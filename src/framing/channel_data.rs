//! ChannelData in datagrams and its writers.

use core::ops::Range;

use super::FrameError;
use super::length_prefixed::too_long;
use crate::attribute::{ChannelNumber, ChannelRange};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::num::saturating_u32;
use crate::wire;

/// Length of the header in bytes: channel number and length field.
const HEADER_LEN: usize = 4;

/// A ChannelData message: data of a TURN channel, with the channel number and the length of the data
/// ([RFC 8656 §12.4](https://www.rfc-editor.org/rfc/rfc8656#section-12.4)).
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 2 | channel number, 0x4000 to 0x7FFF |
/// | 2 | 2 | length of the data in bytes, without padding |
/// | 4 | length | data |
/// | | 0 to 3 | padding: required in a stream, optional in a datagram |
///
/// This type reads and writes datagrams; in a stream, [`StunTcp`](crate::framing::StunTcp) reads ChannelData.
/// To send a payload from the buffer into which it was received, without a copy, see [`relay`](crate::relay).
///
/// ChannelData has neither a magic cookie nor a checksum: accept it only from an address with an allocation.
///
/// ```
/// use stunwire::ChannelData;
/// use stunwire::attribute::ChannelNumber;
///
/// // 5 bytes of data, and padding, which some clients send in datagrams too.
/// let data = ChannelData::parse_datagram(b"\x40\x01\x00\x05hello\0\0\0")?;
/// assert_eq!(data.number, ChannelNumber::new(0x4001)?);
/// assert_eq!(data.payload, b"hello");
///
/// let mut out = Vec::new();
/// assert_eq!(data.write(&mut out)?, b"\x40\x01\x00\x05hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelData<'a> {
    /// The channel. The allocation determines whether it is bound, and to which peer.
    pub number: ChannelNumber,
    /// The data without padding. It may be empty.
    pub payload: &'a [u8],
}

impl<'a> ChannelData<'a> {
    /// Length of the header in bytes: channel number and length field.
    pub const HEADER_LEN: usize = HEADER_LEN;

    /// Reads a datagram with a channel number from 0x4000 to 0x7FFF, the range of
    /// [RFC 5766](ChannelRange::RFC5766).
    ///
    /// Up to 3 bytes of padding may follow the data, with any content
    /// ([RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)).
    ///
    /// # Errors
    /// If the channel number is outside the range, or the datagram is shorter than its length field says
    /// or more than 3 bytes longer. A server discards such a datagram without an answer
    /// ([RFC 8656 §12.6](https://www.rfc-editor.org/rfc/rfc8656#section-12.6)).
    #[inline]
    pub fn parse_datagram(bytes: &'a [u8]) -> Result<Self, FrameError> {
        Self::parse_datagram_in(ChannelRange::RFC5766, bytes)
    }

    /// Reads a datagram with a channel number in `range`.
    ///
    /// ```
    /// use stunwire::ChannelData;
    /// use stunwire::attribute::ChannelRange;
    /// use stunwire::framing::FrameError;
    ///
    /// let datagram = b"\x50\x00\x00\x05hello";
    /// assert!(ChannelData::parse_datagram(datagram).is_ok());
    /// assert_eq!(
    ///     ChannelData::parse_datagram_in(ChannelRange::RFC8656, datagram),
    ///     Err(FrameError::Channel { number: 0x5000, last: 0x4FFF }),
    /// );
    /// ```
    ///
    /// # Errors
    /// As in [`parse_datagram`](Self::parse_datagram).
    #[inline]
    pub fn parse_datagram_in(range: ChannelRange, bytes: &'a [u8]) -> Result<Self, FrameError> {
        if let Some((&[high, low, length_high, length_low], rest)) = bytes.split_first_chunk() {
            let number = ChannelNumber::from_wire(u16::from_be_bytes([high, low]));
            let length = usize::from(u16::from_be_bytes([length_high, length_low]));
            if let Some((payload, spare)) = rest.split_at_checked(length) {
                if range.contains(number) && spare.len() <= 3 {
                    return Ok(Self { number, payload });
                }
            }
        }
        Err(refuse(range, bytes))
    }

    /// The range of the data in the datagram, in bytes, for a caller that stores offsets instead of a borrow.
    #[must_use]
    #[inline]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "4 more than the length of a slice that follows 4 bytes"
    )]
    pub const fn range(&self) -> Range<usize> {
        Self::HEADER_LEN..Self::HEADER_LEN + self.payload.len()
    }

    /// Writes a datagram: appends the header and a copy of the data, without padding, to a growing buffer,
    /// or writes it at the start of a slice.
    ///
    /// # Errors
    /// If the buffer is too small, the data is longer than 65,535 bytes, or a channel number that was read
    /// is outside 0x4000 to 0x7FFF.
    #[inline]
    pub fn write<'b, B: Buffer + ?Sized>(
        &self,
        buffer: &'b mut B,
    ) -> Result<&'b mut [u8], EncodeError> {
        self.write_with(buffer, 0)
    }

    /// Writes a frame of a stream: like [`write`](Self::write), and pads the data with zeros to a multiple of
    /// 4 bytes ([RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)).
    ///
    /// ```
    /// use stunwire::ChannelData;
    /// use stunwire::attribute::ChannelNumber;
    ///
    /// let data = ChannelData { number: ChannelNumber::MIN, payload: b"hello" };
    /// let mut stream = [0; 64];
    /// assert_eq!(data.write_padded(&mut stream)?, b"\x40\x00\x00\x05hello\0\0\0");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// As in [`write`](Self::write).
    #[inline]
    pub fn write_padded<'b, B: Buffer + ?Sized>(
        &self,
        buffer: &'b mut B,
    ) -> Result<&'b mut [u8], EncodeError> {
        self.write_with(buffer, wire::padding_len(self.payload.len()))
    }

    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "at most 65,542 more than the length of a buffer, because `header` limits the data"
    )]
    fn write_with<'b, B: Buffer + ?Sized>(
        &self,
        buffer: &'b mut B,
        padding_len: usize,
    ) -> Result<&'b mut [u8], EncodeError> {
        let header = self.header()?;
        let unpadded_len = Self::HEADER_LEN + self.payload.len();
        let len = unpadded_len + padding_len;
        let start = buffer.start();
        let available = buffer.limit().saturating_sub(start);
        let full = move || EncodeError::buffer_full(len, available);
        if available < len {
            return Err(full());
        }
        let end = start + unpadded_len;
        buffer
            .append(start, &header, self.payload)
            .ok_or_else(full)?;
        wire::zero(buffer.extend(end, padding_len).ok_or_else(full)?);
        buffer
            .bytes()
            .get_mut(start..end + padding_len)
            .ok_or_else(full)
    }

    /// Returns the 4 bytes of the header, for a vectored write of header, [`payload`](Self::payload) and, in
    /// a stream, [`padding`](Self::padding).
    ///
    /// ```
    /// use std::io::{IoSlice, Write};
    /// use stunwire::ChannelData;
    /// use stunwire::attribute::ChannelNumber;
    ///
    /// let mut stream = Vec::new(); // in a program a `TcpStream`
    /// let data = ChannelData { number: ChannelNumber::MIN, payload: b"hello" };
    /// let header = data.header()?;
    /// stream.write_vectored(&[&header, data.payload, data.padding()].map(IoSlice::new))?;
    /// # assert_eq!(stream, b"\x40\x00\x00\x05hello\0\0\0");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the data is longer than 65,535 bytes, or a channel number that was read is outside 0x4000 to
    /// 0x7FFF.
    #[inline]
    pub fn header(&self) -> Result<[u8; HEADER_LEN], EncodeError> {
        header(self.number, self.payload.len())
    }

    /// The 0 to 3 zeros that follow the data in a stream
    /// ([RFC 8656 §12.5](https://www.rfc-editor.org/rfc/rfc8656#section-12.5)).
    #[must_use]
    pub fn padding(&self) -> &'static [u8] {
        wire::zero_padding(self.payload.len())
    }
}

/// The header of ChannelData with `len` bytes of data.
#[inline(always)]
pub(crate) fn header(number: ChannelNumber, len: usize) -> Result<[u8; HEADER_LEN], EncodeError> {
    let [n0, n1] = ChannelRange::RFC5766.to_bytes(number)?;
    let Ok(length) = u16::try_from(len) else {
        return Err(too_long(len));
    };
    let [l0, l1] = length.to_be_bytes();
    Ok([n0, n1, l0, l1])
}

/// The error for a datagram that is not ChannelData.
#[cold]
fn refuse(range: ChannelRange, bytes: &[u8]) -> FrameError {
    let available = saturating_u32(bytes.len());
    let (number, length) = match *bytes {
        [first @ (0x00..=0x3F | 0x80..=0xFF), ..] => return FrameError::NoFrame { first },
        [high, low, length_high, length_low, ..] => (
            u16::from_be_bytes([high, low]),
            u16::from_be_bytes([length_high, length_low]),
        ),
        _ => {
            return FrameError::Truncated {
                declared: 4,
                available,
            };
        }
    };
    if number > range.last() {
        let last = range.last();
        return FrameError::Channel { number, last };
    }
    let declared = u32::from(length).saturating_add(4);
    if available < declared {
        FrameError::Truncated {
            declared,
            available,
        }
    } else {
        FrameError::Trailing {
            offset: declared,
            available,
        }
    }
}
