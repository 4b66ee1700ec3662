//! CHANNEL-NUMBER and the ranges of channel numbers.

use core::fmt;

use super::shape::{Decode, Encode, array, put};
use crate::dialect::Context;
use crate::error::{EncodeError, Quantity, ValueError};

/// CHANNEL-NUMBER: the number of a TURN channel, which is also the first field of
/// [ChannelData](crate::ChannelData)
/// ([RFC 8656 §18.1](https://www.rfc-editor.org/rfc/rfc8656#section-18.1)).
///
/// Type 0x000C. Value: the number (2 bytes) and 2 reserved bytes, which are written as zero and ignored when
/// read.
///
/// Any number can be read, so that a server can answer 400 (Bad Request) to a ChannelBind outside its
/// [`ChannelRange`]. Only numbers that a client may bind can be created.
///
/// ```
/// use stunwire::attribute::{ChannelNumber, ChannelRange};
///
/// let number = ChannelNumber::new(0x4001)?;
/// assert_eq!(number.as_u16(), 0x4001);
///
/// // Reserved by RFC 8656, valid in RFC 5766.
/// assert!(ChannelNumber::new(0x5000).is_err());
/// let number = ChannelNumber::new_in(ChannelRange::RFC5766, 0x5000)?;
/// assert!(!ChannelRange::RFC8656.contains(number));
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelNumber(u16);

impl ChannelNumber {
    /// The first number of both ranges, 0x4000.
    pub const MIN: Self = Self(0x4000);

    /// The last number of RFC 8656, 0x4FFF.
    pub const MAX: Self = Self(0x4FFF);

    /// Creates a number in the range of RFC 8656, 0x4000 to 0x4FFF, which every server accepts.
    ///
    /// # Errors
    /// If the number is outside this range
    /// ([RFC 8656 §12](https://www.rfc-editor.org/rfc/rfc8656#section-12)).
    pub const fn new(number: u16) -> Result<Self, EncodeError> {
        Self::new_in(ChannelRange::RFC8656, number)
    }

    /// Creates a number that a client may bind under the rules of `range`.
    ///
    /// # Errors
    /// If the number is [not bindable](ChannelRange::is_bindable) in this range.
    pub const fn new_in(range: ChannelRange, number: u16) -> Result<Self, EncodeError> {
        if range.is_bindable(Self(number)) {
            Ok(Self(number))
        } else {
            let last = if range.last == 0x7FFF {
                0x7FFE
            } else {
                range.last
            };
            Err(out_of_range(number, last))
        }
    }

    /// A number as it was received.
    #[inline]
    pub(crate) const fn from_wire(number: u16) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    #[inline]
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

impl<'a> Decode<'a> for ChannelNumber {
    #[inline]
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[high, low, _, _]| Self(u16::from_be_bytes([high, low])))
    }
}

impl Encode for ChannelNumber {
    #[inline]
    fn value_len(&self, _: Context) -> usize {
        4
    }

    #[inline]
    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let [high, low] = self.0.to_be_bytes();
        put(out, [high, low, 0, 0])
    }
}

impl fmt::Display for ChannelNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}

/// A range of channel numbers that a reader accepts, or that a server allows clients to bind.
///
/// The readers of this crate ([`ChannelData`](crate::ChannelData), [`StunTcp`](crate::framing::StunTcp),
/// [`Demux`](crate::demux::Demux)) accept [`RFC5766`](Self::RFC5766) by default, because clients of that RFC
/// are still in use: coturn's client, for example, binds numbers above 0x4FFF. A reader that is limited to
/// [`RFC8656`](Self::RFC8656) reports numbers outside it.
///
/// ```
/// use stunwire::attribute::{ChannelNumber, ChannelRange};
///
/// let number = ChannelNumber::new_in(ChannelRange::RFC5766, 0x5000)?;
/// assert!(ChannelRange::RFC5766.contains(number));
/// assert!(!ChannelRange::RFC8656.contains(number));
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChannelRange {
    last: u16,
}

impl ChannelRange {
    /// 0x4000 to 0x4FFF: the channel numbers of
    /// [RFC 8656 §12](https://www.rfc-editor.org/rfc/rfc8656#section-12), which reserves the others.
    pub const RFC8656: Self = Self { last: 0x4FFF };

    /// 0x4000 to 0x7FFF: the channel numbers of
    /// [RFC 5766 §11](https://www.rfc-editor.org/rfc/rfc5766#section-11). The default of all readers.
    pub const RFC5766: Self = Self { last: 0x7FFF };

    /// The last number of the range. The first is [`ChannelNumber::MIN`], 0x4000.
    #[must_use]
    pub const fn last(self) -> u16 {
        self.last
    }

    /// Whether the number is in the range.
    #[must_use]
    #[inline]
    pub const fn contains(self, number: ChannelNumber) -> bool {
        number.0 >= ChannelNumber::MIN.0 && number.0 <= self.last
    }

    /// Whether a client may bind the number. In the range of RFC 5766 it must not bind 0x7FFF, although
    /// readers accept it ([RFC 5766 §11.1](https://www.rfc-editor.org/rfc/rfc5766#section-11.1)).
    ///
    /// A server answers 400 to a ChannelBind for which this is `false`
    /// ([RFC 8656 §12.2](https://www.rfc-editor.org/rfc/rfc8656#section-12.2)).
    ///
    /// ```
    /// use stunwire::attribute::ChannelRange;
    /// use stunwire::{ChannelData, Code};
    ///
    /// let data = ChannelData::parse_datagram(b"\x50\x00\x00\x00")?;
    /// let refused = (!ChannelRange::RFC8656.is_bindable(data.number)).then_some(Code::BAD_REQUEST);
    /// assert_eq!(refused, Some(Code::BAD_REQUEST));
    /// # Ok::<(), stunwire::framing::FrameError>(())
    /// ```
    #[must_use]
    #[inline]
    pub const fn is_bindable(self, number: ChannelNumber) -> bool {
        self.contains(number) && number.0 != 0x7FFF
    }

    /// The first two bytes of ChannelData with this number, if a reader of this range accepts it. A number
    /// that comes from a packet may be outside: its bytes would begin a packet of another protocol.
    #[inline]
    pub(crate) fn to_bytes(self, number: ChannelNumber) -> Result<[u8; 2], EncodeError> {
        if self.contains(number) {
            Ok(number.0.to_be_bytes())
        } else {
            Err(out_of_range(number.0, self.last))
        }
    }

    /// Whether numbers of the range begin with this byte.
    #[inline]
    pub(crate) const fn contains_first_byte(self, byte: u8) -> bool {
        self.contains(ChannelNumber(u16::from_be_bytes([byte, 0])))
    }
}

/// [`ChannelRange::RFC5766`].
impl Default for ChannelRange {
    fn default() -> Self {
        Self::RFC5766
    }
}

#[cold]
const fn out_of_range(number: u16, last: u16) -> EncodeError {
    EncodeError::OutOfRange {
        quantity: Quantity::ChannelNumber,
        value: number as u32,
        min: ChannelNumber::MIN.0 as u32,
        max: last as u32,
    }
}
