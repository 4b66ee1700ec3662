//! serde for code points, transaction ids and dialects: numbers for codes, names for classes and dialects.

use core::fmt;

use serde_core::de::{Error, Unexpected, Visitor};
use serde_core::{Deserialize, Deserializer, Serialize, Serializer};

use crate::attribute::{AttributeType, Code};
use crate::code_point::{Class, Method};
use crate::dialect::Dialect;
use crate::transaction_id::TransactionId;

/// Serializes a code as a number and deserializes it with a function that returns `None` for numbers
/// without a meaning.
macro_rules! code {
    ($ty:ident, $expected:literal, $from:expr) => {
        impl Serialize for $ty {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u16(self.as_u16())
            }
        }

        impl<'de> Deserialize<'de> for $ty {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let number = u16::deserialize(deserializer)?;
                let from: fn(u16) -> Option<Self> = $from;
                from(number).ok_or_else(|| {
                    D::Error::invalid_value(Unexpected::Unsigned(number.into()), &$expected)
                })
            }
        }
    };
}

code!(AttributeType, "an attribute type", |number| Some(
    AttributeType::new(number)
));
code!(Code, "an error code of 100 to 699", Code::new);
code!(Method, "a method of 0 to 0xfff", |number| {
    let ms_turn = Method::SET_ACTIVE_DESTINATION;
    Method::new(number).or((number == ms_turn.as_u16()).then_some(ms_turn))
});

const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Request => "request",
        Class::Indication => "indication",
        Class::SuccessResponse => "success_response",
        Class::ErrorResponse => "error_response",
    }
}

const CLASSES: [Class; 4] = [
    Class::Request,
    Class::Indication,
    Class::SuccessResponse,
    Class::ErrorResponse,
];

impl Serialize for Class {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(class_name(*self))
    }
}

impl<'de> Deserialize<'de> for Class {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Name {
            expected: "request, indication, success_response or error_response",
            find: |name| {
                let mut classes = CLASSES.into_iter();
                classes.find(|class| class_name(*class) == name)
            },
        })
    }
}

impl Serialize for Dialect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Dialect {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Name {
            expected: "the name of a dialect",
            find: |name| name.parse().ok(),
        })
    }
}

impl Serialize for TransactionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_bytes().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for TransactionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <[u8; 16]>::deserialize(deserializer).map(Self::classic)
    }
}

/// Deserializes a value from its name.
struct Name<T> {
    expected: &'static str,
    find: fn(&str) -> Option<T>,
}

impl<T> Visitor<'_> for Name<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<T, E> {
        (self.find)(name).ok_or_else(|| E::invalid_value(Unexpected::Str(name), &self))
    }
}

#[cfg(test)]
mod tests {
    use serde_core::de::IntoDeserializer;
    use serde_core::de::value::Error as ValueError;
    use std::string::{String, ToString};

    use super::*;

    /// The text to which a value serializes.
    struct Serialized<T>(T);

    impl<T: Serialize> fmt::Display for Serialized<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }

    fn number<T: for<'de> Deserialize<'de>>(number: u16) -> Result<T, ValueError> {
        T::deserialize(number.into_deserializer())
    }

    fn name<T: for<'de> Deserialize<'de>>(name: &str) -> Result<T, ValueError> {
        let deserializer: serde_core::de::value::StrDeserializer<'_, ValueError> =
            name.into_deserializer();
        T::deserialize(deserializer)
    }

    #[test]
    fn codes_are_numbers() {
        assert_eq!(Serialized(AttributeType::PRIORITY).to_string(), "36");
        assert_eq!(number(36), Ok(AttributeType::PRIORITY));
        assert_eq!(Serialized(Code::STALE_NONCE).to_string(), "438");
        assert_eq!(number(438), Ok(Code::STALE_NONCE));
        assert_eq!(Serialized(Method::ALLOCATE).to_string(), "3");
        assert_eq!(number(3), Ok(Method::ALLOCATE));
        assert_eq!(number(0x1006), Ok(Method::SET_ACTIVE_DESTINATION));
        assert!(number::<Method>(0x1000).is_err());
        assert_eq!(
            number::<Code>(700).unwrap_err().to_string(),
            "invalid value: integer `700`, expected an error code of 100 to 699"
        );
    }

    #[test]
    fn names_round_trip() {
        for class in CLASSES {
            let text = class_name(class);
            assert_eq!(Serialized(class).to_string(), text);
            assert_eq!(name(text), Ok(class));
        }
        let dialect = Dialect::MS_TURN.padded();
        assert_eq!(Serialized(dialect).to_string(), "ms-turn-padded");
        assert_eq!(name("ms-turn-padded"), Ok(dialect));
        let error: String = name::<Dialect>("turn").unwrap_err().to_string();
        assert_eq!(
            error,
            "invalid value: string \"turn\", expected the name of a dialect"
        );
    }

    #[test]
    fn transaction_ids_are_bytes() {
        let bytes = *b"0123456789abcdef";
        let deserializer =
            serde_core::de::value::SeqDeserializer::<_, ValueError>::new(bytes.into_iter());
        let id = TransactionId::deserialize(deserializer);
        assert_eq!(id, Ok(TransactionId::classic(bytes)));
    }
}
