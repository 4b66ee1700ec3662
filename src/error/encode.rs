//! Errors of writing.

use core::fmt;

use crate::code_point::AttributeType;
use crate::num::saturating_u32;

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
        /// Length in bytes of the message, including the part that was refused.
        needed: u32,
        /// Length of the buffer in bytes.
        available: u32,
    },
    /// The attributes would be longer than the 16-bit length in the header can express.
    #[error("the attributes are {length} bytes long; a message has at most 65535")]
    TooLong {
        /// Length in bytes of all attributes, including the one that was refused.
        length: u32,
    },
    /// The content of a frame is longer than the 16-bit length in its header can express.
    #[error(
        "the length of the frame's content is {length} bytes; its length field counts at most 65535"
    )]
    FrameTooLong {
        /// The value that the length field would need, in bytes.
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
    /// A reply was begun for a message that is not a request.
    #[error("only a request has a reply; the message is an indication or a response")]
    NotARequest,
    /// The attribute is reserved for the writer: MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256,
    /// GOOG-MESSAGE-INTEGRITY-32, FINGERPRINT and, in MS-TURN, MAGIC-COOKIE.
    #[error("{attribute} is written only by the methods of the writer that compute it")]
    WriterOnly {
        /// The attribute type.
        attribute: AttributeType,
    },
    /// The message does not end with a valid FINGERPRINT.
    /// [`Dialect::MS_ICE2_LEGACY`](crate::Dialect::MS_ICE2_LEGACY) requires it in signed messages, and
    /// [`Message::copy_with_alternate_crc`](crate::Message::copy_with_alternate_crc) in every message.
    #[error("the message must end with a valid FINGERPRINT; add one with fingerprint()")]
    FingerprintMissing,
    /// PASSWORD-ALGORITHMS is offered with a nonce that does not announce it
    /// ([RFC 8489 §9.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2)).
    #[error("the nonce does not announce password algorithms; begin it with their feature cookie")]
    NonceWithoutFeature,
    /// The nonce announces PASSWORD-ALGORITHMS and no algorithm is offered: a client would treat the response as
    /// forged ([RFC 8489 §9.2.5](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.5)).
    #[error("the nonce announces PASSWORD-ALGORITHMS: offer at least one algorithm")]
    AlgorithmsMissing,
    /// A value is longer than its definition allows.
    #[error("the value of {attribute} is {length} {unit} long; at most {max} are allowed")]
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
        /// Length of the returned HMAC in bytes, at most 255.
        found: u8,
        /// Length of the full HMAC in bytes.
        expected: u8,
    },
    /// A reason that is defined by the attribute type of an application, returned by its
    /// [`validate`](crate::attribute::EncodeAttribute::validate).
    #[error("the value of {attribute} is not allowed (application-defined reason {code})")]
    Custom {
        /// The attribute type.
        attribute: AttributeType,
        /// The reason; its meaning is up to the application.
        code: u16,
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
///
/// ```
/// use stunwire::attribute::Realm;
/// use stunwire::{EncodeError, Unit};
///
/// let realm = "r".repeat(128);
/// let error = Realm::new(&realm);
/// assert!(matches!(error, Err(EncodeError::ValueTooLong { unit: Unit::Characters, .. })));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Bytes.
    Bytes,
    /// Unicode characters.
    Characters,
}

/// Prints `bytes` or `characters`.
impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Characters => "characters",
        })
    }
}

/// The kind of number in [`EncodeError::OutOfRange`].
///
/// ```
/// use stunwire::attribute::ChannelNumber;
/// use stunwire::{EncodeError, Quantity};
///
/// let error = ChannelNumber::new(0x3FFF);
/// assert!(matches!(error, Err(EncodeError::OutOfRange { quantity: Quantity::ChannelNumber, .. })));
/// ```
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

/// Prints `channel number`, `error code`, and so on.
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
