//! Errors, one small type for each activity: reading a header, a message or a value, writing, and
//! verifying.
//!
//! Each is `Copy` and at most 16 bytes long. Each says where the bytes are wrong and which limit was
//! exceeded. `Display` of those that name an attribute is beside the names, in `attribute::registry`.

use core::fmt;

use crate::code_point::AttributeType;
use crate::dialect::Dialect;
use crate::num::saturating_u32;

/// The error for bytes that do not begin with the header of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// There are fewer than the 20 bytes of a header
    /// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
    #[error("a STUN header is 20 bytes long, the input has {available}")]
    Short {
        /// Length of the input in bytes.
        available: u8,
    },
    /// The first two bits are not zero: the bytes are RTP, DTLS, ChannelData or another protocol that
    /// shares the port ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
    #[error("the first two bits are not zero (first byte {first:#04x}): not a STUN message")]
    NotStun {
        /// The first byte.
        first: u8,
    },
    /// The dialect requires the magic cookie 0x2112A442 in bytes 4 to 7 and they have another value
    /// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
    #[error("bytes 4 to 7 are {found:02x?} instead of the magic cookie 2112a442")]
    NoCookie {
        /// Bytes 4 to 7.
        found: [u8; 4],
    },
}

/// The error for bytes that are not a valid message.
///
/// ```
/// use stunwire::{Dialect, Message, ParseError};
///
/// /// Parses a message of the RFCs or of MS-TURN.
/// fn parse(packet: &[u8]) -> Result<Message<'_>, ParseError> {
///     match Message::parse(packet) {
///         Err(ParseError::MsTurn) => Dialect::MS_TURN.parse(packet),
///         other => other,
///     }
/// }
///
/// let error = parse(b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24").unwrap_err();
/// assert_eq!(error.to_string(), "the header announces a message of 28 bytes, the buffer has 22");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The header is invalid.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The buffer ends before the message does.
    #[error("the header announces a message of {declared} bytes, the buffer has {available}")]
    Truncated {
        /// Length of the whole message in bytes according to its header, header included.
        declared: u32,
        /// Length of the buffer in bytes.
        available: u32,
    },
    /// Bytes follow the message. [`Message::parse_prefix`](crate::Message::parse_prefix) allows them.
    #[error("the message ends at byte {offset}, the buffer has {available} bytes")]
    Trailing {
        /// Offset of the first byte after the message.
        offset: u32,
        /// Length of the buffer in bytes.
        available: u32,
    },
    /// An attribute extends past the end that the header announces.
    #[error(
        "the attribute at offset {offset} needs {needed} bytes, the message has {left} bytes left"
    )]
    Attribute {
        /// Offset of the attribute from the start of the message, in bytes.
        offset: u32,
        /// Length of the attribute in bytes: 4 for type and length, the value, and its padding.
        needed: u32,
        /// Bytes between `offset` and the end of the message.
        left: u32,
    },
    /// The first attribute is MAGIC-COOKIE, so this is a message of MS-TURN, in which some attribute
    /// types have other meanings: parse it with [`Dialect::MS_TURN`](crate::Dialect::MS_TURN).
    #[error("the first attribute is MAGIC-COOKIE 72c64bc6: parse with Dialect::MS_TURN")]
    MsTurn,
    /// The first attribute is not MAGIC-COOKIE, which every message of MS-TURN begins with
    /// (\[MS-TURN\] 2.2.2.8).
    #[error("the first attribute is not MAGIC-COOKIE 72c64bc6: not a message of MS-TURN")]
    NotMsTurn,
}

impl ParseError {
    /// Offset from the start of the message at which parsing failed, in bytes.
    #[must_use]
    pub fn offset(&self) -> usize {
        let offset = match *self {
            Self::Header(HeaderError::Short { available }) => u32::from(available),
            Self::Header(HeaderError::NotStun { .. }) => 0,
            Self::Header(HeaderError::NoCookie { .. }) => 4,
            Self::Truncated { available, .. } => available,
            Self::Trailing { offset, .. } | Self::Attribute { offset, .. } => offset,
            Self::MsTurn | Self::NotMsTurn => 20,
        };
        usize::try_from(offset).unwrap_or(usize::MAX)
    }
}

/// The error for a value that cannot be read as the type of its attribute.
///
/// The variants can be constructed, so that an attribute type defined by an application reports the
/// same errors. Offsets are in bytes from the start of the value.
///
/// ```
/// use stunwire::ValueError;
///
/// let error = ValueError::length(5, 4, 4);
/// assert_eq!(error.to_string(), "the value is 5 bytes long instead of 4");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The value has the wrong length.
    #[error("the value is {found} bytes long instead of {}", Range(*min, *max))]
    Length {
        /// Length of the value in bytes.
        found: u16,
        /// Smallest allowed length in bytes.
        min: u16,
        /// Largest allowed length in bytes.
        max: u16,
    },
    /// The length of the value is not a multiple of the length of its elements.
    #[error("the value is {found} bytes long, which is not a multiple of {of} bytes")]
    Multiple {
        /// Length of the value in bytes.
        found: u16,
        /// Length of an element in bytes.
        of: u16,
    },
    /// A field inside the value extends past the end of the value.
    #[error("the field at offset {offset} of the value needs {needed} bytes, {left} are left")]
    Inner {
        /// Offset of the field in bytes.
        offset: u16,
        /// Length of the field in bytes.
        needed: u16,
        /// Bytes between `offset` and the end of the value.
        left: u16,
    },
    /// A field has a value that its definition excludes.
    #[error("the field at offset {offset} of the value is {found:#x}, which is not allowed")]
    Field {
        /// Offset of the field in bytes.
        offset: u16,
        /// The value of the field.
        found: u16,
    },
    /// A reason that is defined by the attribute type of an application.
    #[error("the value is invalid (application-defined reason {code})")]
    Custom {
        /// The reason; its meaning is up to the application.
        code: u16,
    },
}

impl ValueError {
    /// Creates the error for a value of `found` bytes that must have `min` to `max` bytes. Lengths
    /// above 65,535, which no attribute has, are reported as 65,535.
    #[must_use]
    pub fn length(found: usize, min: u16, max: u16) -> Self {
        Self::Length {
            found: crate::num::saturating_u16(found),
            min,
            max,
        }
    }
}

/// `4`, `16 to 32`, or `at least 4`.
struct Range(u16, u16);

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self(min, max) if min == max => write!(f, "{min}"),
            Self(min, u16::MAX) => write!(f, "at least {min}"),
            Self(min, max) => write!(f, "{min} to {max}"),
        }
    }
}

/// The error for an attribute of a message that is missing or malformed.
///
/// The other attributes are not affected: they can still be read.
///
/// ```
/// use stunwire::attribute::{AttributeType, Username};
/// use stunwire::{AttributeError, Dialect, Message};
///
/// let packet = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
/// let message = Message::parse(packet)?;
/// let missing = AttributeError::missing(AttributeType::USERNAME, message.dialect());
/// let result = message.get::<Username>()?.ok_or(missing);
/// assert_eq!(result.unwrap_err().to_string(), "USERNAME is missing");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttributeError {
    /// The message has no attribute of a type that is required.
    #[non_exhaustive]
    Missing {
        /// The attribute type that was requested.
        attribute: AttributeType,
        /// The dialect of the message, which determines the attribute's name.
        dialect: Dialect,
    },
    /// The attribute is present and its value is malformed.
    #[non_exhaustive]
    Malformed {
        /// The attribute type.
        attribute: AttributeType,
        /// Offset of the attribute from the start of the message, in bytes.
        offset: u32,
        /// The error of the value.
        source: ValueError,
        /// The dialect of the message, which determines the attribute's name.
        dialect: Dialect,
    },
}

impl AttributeError {
    /// Creates the error for a required attribute that a message of `dialect` does not have.
    #[must_use]
    pub const fn missing(attribute: AttributeType, dialect: Dialect) -> Self {
        Self::Missing { attribute, dialect }
    }

    /// Creates the error for an attribute whose value is malformed. `offset` is the offset of the
    /// attribute from the start of the message, in bytes.
    #[must_use]
    pub const fn malformed(
        attribute: AttributeType,
        offset: u32,
        source: ValueError,
        dialect: Dialect,
    ) -> Self {
        Self::Malformed {
            attribute,
            offset,
            source,
            dialect,
        }
    }

    /// The attribute type that is missing or malformed.
    #[must_use]
    pub const fn attribute(&self) -> AttributeType {
        match *self {
            Self::Missing { attribute, .. } | Self::Malformed { attribute, .. } => attribute,
        }
    }

    /// Offset of the malformed attribute from the start of the message, in bytes. `None` if the
    /// attribute is missing.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        match *self {
            Self::Missing { .. } => None,
            Self::Malformed { offset, .. } => usize::try_from(offset).ok(),
        }
    }

    /// The error of the value of the malformed attribute. `None` if the attribute is missing.
    #[must_use]
    pub const fn value_error(&self) -> Option<ValueError> {
        match *self {
            Self::Missing { .. } => None,
            Self::Malformed { source, .. } => Some(source),
        }
    }
}

/// The error for the text of an attribute that is not UTF-8.
///
/// Returned by `as_str` of the attributes that hold text. `as_bytes` of the same attribute works for
/// every value.
///
/// ```
/// use stunwire::Message;
/// use stunwire::attribute::Software;
///
/// let packet = b"\x00\x11\x00\x08\x21\x12\xa4\x42abcdefghijkl\x80\x22\x00\x04caf\xe9";
/// let (software,) = Message::parse(packet)?.read::<(Software,)>()?;
/// let error = software.as_str().unwrap_err();
/// assert_eq!(error.to_string(), "the text of SOFTWARE is not UTF-8 at byte 3; use its bytes");
/// assert_eq!(software.as_bytes(), b"caf\xe9");
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TextError {
    /// The attribute type, with its code in RFC 8489 where dialects differ.
    pub attribute: AttributeType,
    /// Offset of the first byte that is not UTF-8, in bytes from the start of the text.
    pub offset: u16,
}

impl TextError {
    /// Returns `text` as `str`.
    pub(crate) fn check(text: &[u8], attribute: AttributeType) -> Result<&str, Self> {
        core::str::from_utf8(text).map_err(|error| Self {
            attribute,
            offset: crate::num::saturating_u16(error.valid_up_to()),
        })
    }
}

/// The error for a message, or a part of one, that cannot be written.
///
/// The part that was refused leaves no bytes in the buffer.
///
/// ```
/// use stunwire::attribute::Data;
/// use stunwire::{EncodeError, MessageWriter, Method, TransactionId};
///
/// let mut buffer = [0; 32];
/// let id = TransactionId::new(*b"unpredictabl");
/// let mut writer = MessageWriter::indication(&mut buffer, Method::SEND, id)?;
/// let refused = writer.attribute(&Data(&[0; 100])).map(|_| ()).unwrap_err();
/// assert_eq!(refused, EncodeError::BufferFull { needed: 124, available: 32 });
/// // The writer is still usable.
/// assert_eq!(writer.finish()?.len(), 20);
/// # Ok::<(), EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The buffer is too small.
    #[error("the message needs {needed} bytes, the buffer has {available}")]
    BufferFull {
        /// Length in bytes of the message with the part that was refused.
        needed: u32,
        /// Length of the buffer in bytes.
        available: u32,
    },
    /// The attributes would be longer than the 16-bit length in the header can express.
    #[error("the attributes are {length} bytes long; a message has at most 65535")]
    TooLong {
        /// Length in bytes of all attributes with the one that was refused.
        length: u32,
    },
    /// The content of a frame is longer than the 16-bit length in its header can express.
    #[error(
        "the length of the frame's content is {length} bytes; its length field counts at most 65535"
    )]
    FrameTooLong {
        /// The number of bytes that the length field would have to count.
        length: u32,
    },
    /// The dialect has no such attribute.
    #[error("the dialect has no such attribute")]
    NotInDialect,
    /// The dialect has no such message type.
    #[error("the dialect has no such message type")]
    NoSuchMessage,
    /// The dialect requires a transaction id that begins with the magic cookie, and this one does not:
    /// create it with [`TransactionId::new`](crate::TransactionId::new).
    #[error("the transaction id does not begin with the magic cookie; use TransactionId::new")]
    NoCookie,
    /// A reply to a message that is not a request was requested.
    #[error("only a request has a reply; the message is an indication or a response")]
    NotARequest,
    /// The attribute is reserved for the writer: MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256,
    /// GOOG-MESSAGE-INTEGRITY-32, FINGERPRINT and, in MS-TURN, MAGIC-COOKIE.
    #[error("{attribute} is written only by the methods of the writer that compute it")]
    WriterOnly {
        /// The attribute type.
        attribute: AttributeType,
    },
    /// The message does not end with a valid FINGERPRINT, although the integrity tag of the dialect covers it
    /// or a copy with the alternate CRC was requested.
    #[error("the message must end with a valid FINGERPRINT; add one with fingerprint()")]
    FingerprintMissing,
    /// Password algorithms are offered with a nonce that does not announce them
    /// ([RFC 8489 §9.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2)).
    #[error("the nonce does not announce password algorithms; begin it with their feature cookie")]
    NonceWithoutFeature,
    /// The nonce announces PASSWORD-ALGORITHMS and no algorithm is offered: a client would treat the response as
    /// forged (RFC 8489 §9.2.5).
    #[error("the nonce announces PASSWORD-ALGORITHMS: offer at least one algorithm")]
    AlgorithmsMissing,
    /// A value is longer than its definition allows.
    #[error("the text of {attribute} is {length} {unit} long; at most {max} are allowed")]
    ValueTooLong {
        /// The attribute type, with its code in RFC 8489 where dialects differ.
        attribute: AttributeType,
        /// Length of the value in `unit`.
        length: u32,
        /// Largest allowed length in `unit`.
        max: u16,
        /// The unit of `length` and `max`.
        unit: Unit,
    },
    /// A text has a byte that is not ASCII where only ASCII is allowed.
    #[error("the text of {attribute} is not ASCII at byte {offset}")]
    NotAscii {
        /// The attribute type.
        attribute: AttributeType,
        /// Offset of the first byte that is not ASCII, in bytes from the start of the text.
        offset: u16,
    },
    /// A list has no elements where at least one is required.
    #[error("{attribute} lists nothing; at least one element is required")]
    EmptyList {
        /// The attribute type.
        attribute: AttributeType,
    },
    /// A number is outside its allowed range.
    #[error("{}", OutOfRange { quantity: *quantity, value: *value, min: *min, max: *max })]
    OutOfRange {
        /// The kind of number.
        quantity: Quantity,
        /// The number.
        value: u32,
        /// Smallest allowed number.
        min: u32,
        /// Largest allowed number.
        max: u32,
    },
    /// The key computed no HMAC: it is empty, or the application's [`HmacKey`](crate::HmacKey) failed.
    #[error("the key computed no HMAC: it is empty, or the application's provider failed")]
    NoHmac,
    /// The application's [`HmacKey`](crate::HmacKey) returned an HMAC of the wrong length.
    #[error("the application's key returned an HMAC of {found} bytes, not of {expected}")]
    HmacLength {
        /// Length of what was returned in bytes, at most 255.
        found: u8,
        /// Length of the full HMAC in bytes.
        expected: u8,
    },
}

impl EncodeError {
    /// [`BufferFull`](Self::BufferFull) from lengths in bytes.
    #[cold]
    pub(crate) fn buffer_full(needed: usize, available: usize) -> Self {
        Self::BufferFull {
            needed: saturating_u32(needed),
            available: saturating_u32(available),
        }
    }
}

/// The unit of the lengths in [`EncodeError::ValueTooLong`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Unicode characters.
    Characters,
}

/// `bytes` or `characters`.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Characters => "characters",
        })
    }
}

/// The kind of number in [`EncodeError::OutOfRange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quantity {
    /// A channel number ([RFC 8656 §12](https://www.rfc-editor.org/rfc/rfc8656#section-12)).
    ChannelNumber,
    /// The code of ERROR-CODE
    /// ([RFC 8489 §14.8](https://www.rfc-editor.org/rfc/rfc8489#section-14.8)).
    ErrorCode,
    /// The length of a truncated integrity tag in bytes
    /// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)).
    TagLength,
    /// The type preference in PRIORITY
    /// ([RFC 8445 §5.1.2.1](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2.1)).
    TypePreference,
    /// The component in PRIORITY
    /// ([RFC 8445 §5.1.2.1](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2.1)).
    Component,
    /// The value of PRIORITY
    /// ([RFC 8445 §5.1.2](https://www.rfc-editor.org/rfc/rfc8445#section-5.1.2)).
    Priority,
}

/// `channel number`, `error code`, and so on.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ChannelNumber => "channel number",
            Self::ErrorCode => "error code",
            Self::TagLength => "tag length in bytes",
            Self::TypePreference => "type preference",
            Self::Component => "component",
            Self::Priority => "priority",
        })
    }
}

/// `channel number 0x5000 is outside 0x4000 to 0x4fff`.
struct OutOfRange {
    quantity: Quantity,
    value: u32,
    min: u32,
    max: u32,
}

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            quantity,
            value,
            min,
            max,
        } = self;
        match quantity {
            Quantity::ChannelNumber => {
                write!(
                    f,
                    "{quantity} {value:#06x} is outside {min:#06x} to {max:#06x}"
                )
            }
            Quantity::TagLength => write!(
                f,
                "{quantity} {value} is not a multiple of 4 in {min} to {max}"
            ),
            _ => write!(f, "{quantity} {value} is outside {min} to {max}"),
        }
    }
}

/// The error for a message whose integrity cannot be verified.
///
/// ```
/// use stunwire::{IntegrityError, Key, Message};
///
/// // A message without an integrity attribute.
/// let message = Message::parse(b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl")?;
/// let result = message.verify(&Key::short_term("password"));
/// assert_eq!(result.unwrap_err(), IntegrityError::Missing);
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntegrityError {
    /// The message has no integrity attribute that the policy accepts.
    #[error("the message has no integrity attribute that the policy accepts")]
    Missing,
    /// The policy does not accept the length of the tag.
    #[error("the policy does not accept the tag of {length} bytes at offset {offset}")]
    TagLength {
        /// Offset of the integrity attribute from the start of the message, in bytes.
        offset: u32,
        /// Length of the tag in bytes.
        length: u16,
    },
    /// The integrity attribute is followed by attributes that the dialect does not allow there. This error
    /// occurs only in the dialects whose HMAC covers zeros up to a multiple of 64 bytes.
    #[error("the dialect does not allow what follows the integrity attribute at offset {offset}")]
    NotLast {
        /// Offset of the integrity attribute from the start of the message, in bytes.
        offset: u32,
    },
    /// The tag is not the HMAC of the message under this key: the key is wrong or the message was
    /// changed.
    #[error("the tag at offset {offset} does not match: wrong key, or the message was changed")]
    Mismatch {
        /// Offset of the integrity attribute from the start of the message, in bytes.
        offset: u32,
    },
    /// The key computed no HMAC: it is empty, or the application's [`HmacKey`](crate::HmacKey) failed.
    #[error("the key computed no HMAC: it is empty, or the application's provider failed")]
    NoHmac,
    /// The application's [`HmacKey`](crate::HmacKey) returned an HMAC of the wrong length.
    #[error("the application's key returned an HMAC of {found} bytes, not of {expected}")]
    HmacLength {
        /// Length of what was returned in bytes, at most 255.
        found: u8,
        /// Length of the full HMAC in bytes.
        expected: u8,
    },
}

/// The error for a text that is not the name of a [`Dialect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no dialect has this name; an example of a name is ms-turn")]
#[non_exhaustive]
pub struct UnknownDialect;

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

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
            "the text of USERNAME is 600 bytes long; at most 508 are allowed"
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
