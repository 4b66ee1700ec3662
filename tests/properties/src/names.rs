//! Names and numbers as text, and as serde's data.

use stunwire::Dialect;

use crate::{DIALECTS, printable};

/// A text is the name of one dialect or of none, and numbers and names survive serialization.
///
/// The first two bytes are a number; the rest is a name.
pub(crate) fn names(bytes: &[u8]) {
    let Some((number, name)) = bytes.split_first_chunk() else {
        return;
    };
    let number = u16::from_be_bytes(*number);
    if let Ok(name) = std::str::from_utf8(name) {
        let found = DIALECTS
            .into_iter()
            .find(|dialect| dialect.to_string() == name);
        assert_eq!(name.parse::<Dialect>().ok(), found, "{name:?}");
        #[cfg(feature = "serde")]
        serialized::name(name, found);
    }
    numbers(number);
    #[cfg(feature = "serde")]
    serialized::numbers(number, name);
}

/// The ranges of attribute types (RFC 8489 §14), error codes (RFC 3489 §11.2.9) and methods (RFC 8489 §5).
fn numbers(number: u16) {
    use stunwire::attribute::AttributeType;
    use stunwire::{Code, Method};

    let ty = AttributeType::new(number);
    assert_eq!(ty.as_u16(), number);
    assert_eq!(ty.is_comprehension_required(), number < 0x8000);
    printable(&ty.to_string());
    assert_eq!(Code::new(number).is_some(), (100..=699).contains(&number));
    if let Some(code) = Code::new(number) {
        assert_eq!(code.as_u16(), number);
        printable(&code.to_string());
    }
    assert_eq!(Method::new(number).is_some(), number <= 0xFFF);
    if let Some(method) = Method::new(number) {
        assert_eq!(method.as_u16(), number);
        printable(&method.to_string());
    }
}

#[cfg(feature = "serde")]
mod serialized {
    use std::fmt;

    use serde_core::de::IntoDeserializer;
    use serde_core::de::value::{Error, SeqDeserializer, StrDeserializer};
    use serde_core::{Deserialize, Serialize};
    use stunwire::attribute::AttributeType;
    use stunwire::{Class, Code, Dialect, Method, TransactionId};

    /// The text to which a value serializes.
    struct Serialized<T>(T);

    impl<T: Serialize> fmt::Display for Serialized<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.serialize(f)
        }
    }

    fn of_name<T: for<'de> Deserialize<'de>>(name: &str) -> Option<T> {
        let deserializer: StrDeserializer<'_, Error> = name.into_deserializer();
        T::deserialize(deserializer).ok()
    }

    pub(super) fn name(name: &str, dialect: Option<Dialect>) {
        let read = of_name::<Dialect>(name);
        assert_eq!(read, dialect);
        if let Some(dialect) = read {
            assert_eq!(Serialized(dialect).to_string(), name);
        }
        let class = match name {
            "request" => Some(Class::Request),
            "indication" => Some(Class::Indication),
            "success_response" => Some(Class::SuccessResponse),
            "error_response" => Some(Class::ErrorResponse),
            _ => None,
        };
        assert_eq!(of_name::<Class>(name), class);
        if let Some(class) = class {
            assert_eq!(Serialized(class).to_string(), name);
        }
    }

    fn of_number<T: for<'de> Deserialize<'de>>(number: u16) -> Option<T> {
        let read: Result<T, Error> = T::deserialize(number.into_deserializer());
        read.ok()
    }

    pub(super) fn numbers(number: u16, bytes: &[u8]) {
        let text = |value: &dyn fmt::Display| assert_eq!(value.to_string(), number.to_string());
        text(&Serialized(
            of_number::<AttributeType>(number).expect("any number"),
        ));
        let code = of_number::<Code>(number);
        assert_eq!(code, Code::new(number));
        let method = of_number::<Method>(number);
        // The number of SetActiveDestination is not one of a header.
        assert_eq!(method.is_some(), number <= 0xFFF || number == 0x1006);
        if let Some(code) = code {
            text(&Serialized(code));
        }
        if let Some(method) = method {
            text(&Serialized(method));
        }
        let read: Result<TransactionId, Error> =
            TransactionId::deserialize(SeqDeserializer::<_, Error>::new(bytes.iter().copied()));
        // Sixteen bytes, no fewer and no more.
        let found = read.ok().map(|id| id.as_bytes().to_vec());
        assert_eq!(found.as_deref(), (bytes.len() == 16).then_some(bytes));
    }
}
