//! CHANNEL-NUMBER.

use core::fmt;

use super::shape::{array, put};
use crate::error::{EncodeError, Quantity};

/// CHANNEL-NUMBER, and the number in front of ChannelData
/// ([RFC 8656 §18.1](https://www.rfc-editor.org/rfc/rfc8656#section-18.1)).
///
/// Made from 0x4000 to 0x4FFF, as RFC 8656 allows; read with any value, so that a server can answer
/// 400, and because clients of RFC 5766 bind up to 0x7FFE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelNumber(u16);

impl ChannelNumber {
    /// The first number, 0x4000.
    pub const MIN: Self = Self(0x4000);
    /// The last number of RFC 8656, 0x4FFF.
    pub const MAX: Self = Self(0x4FFF);

    /// A number of 0x4000 to 0x4FFF.
    ///
    /// # Errors
    /// When it is outside ([RFC 8656 §12](https://www.rfc-editor.org/rfc/rfc8656#section-12)).
    pub const fn new(number: u16) -> Result<Self, EncodeError> {
        if number >= Self::MIN.0 && number <= Self::MAX.0 {
            Ok(Self(number))
        } else {
            Err(EncodeError::OutOfRange {
                quantity: Quantity::ChannelNumber,
                value: number as u32,
                min: Self::MIN.0 as u32,
                max: Self::MAX.0 as u32,
            })
        }
    }

    /// A number as it stands on the wire.
    #[inline(always)]
    pub(crate) const fn read(number: u16) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether the number is one that RFC 8656 lets a client bind.
    #[must_use]
    pub const fn is_bindable(self) -> bool {
        self.0 >= Self::MIN.0 && self.0 <= Self::MAX.0
    }
}

// Two reserved bytes follow the number.
reads!(ChannelNumber, |value, context| {
    array(value).map(|[high, low, _, _]| Self(u16::from_be_bytes([high, low])))
});
writes!(ChannelNumber, as ChannelNumber, |this, context| 4, |out| {
    let [high, low] = this.0.to_be_bytes();
    put(out, [high, low, 0, 0]);
});

impl fmt::Display for ChannelNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#06x}", self.0)
    }
}
