//! Errors, one small type for each activity: reading a header, a message or a value, writing, and
//! verifying.
//!
//! Each is `Copy` and at most 16 bytes long. Each says where the bytes are wrong and which limit was
//! exceeded. `Display` of those that name an attribute is beside the names, in `attribute::registry`.

mod encode;
mod integrity;
mod parse;
mod value;

pub use self::encode::{EncodeError, Quantity, Unit};
pub use self::integrity::IntegrityError;
pub use self::parse::{HeaderError, ParseError};
pub use self::value::{AttributeError, TextError, ValueError};

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;
    use crate::code_point::AttributeType;

    #[test]
    fn at_most_16_bytes() {
        assert!(size_of::<HeaderError>() <= 16);
        assert!(size_of::<ParseError>() <= 16);
        assert!(size_of::<ValueError>() <= 16);
        assert!(size_of::<AttributeError>() <= 16);
        assert!(size_of::<TextError>() <= 16);
        assert!(size_of::<EncodeError>() <= 16);
        assert!(size_of::<IntegrityError>() <= 16);
    }

    #[test]
    fn messages_name_field_and_unit() {
        let too_long = EncodeError::ValueTooLong {
            attribute: AttributeType::USERNAME,
            length: 600,
            max: 508,
            unit: Unit::Bytes,
        };
        assert_eq!(
            too_long.to_string(),
            "the value of USERNAME is 600 bytes long; at most 508 are allowed"
        );
        let channel = EncodeError::OutOfRange {
            quantity: Quantity::ChannelNumber,
            value: 0x112,
            min: 0x4000,
            max: 0x4FFF,
        };
        assert_eq!(
            channel.to_string(),
            "channel number 0x0112 is outside 0x4000 to 0x4fff"
        );
        let text = TextError {
            attribute: AttributeType::REALM,
            offset: 3,
        };
        assert_eq!(
            text.to_string(),
            "the text of REALM is not UTF-8 at byte 3; use its bytes"
        );
    }
}
