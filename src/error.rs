//! Errors, one small type for each activity: read a header, read a message, read a value, write,
//! verify.
//!
//! Each is `Copy`, at most 16 bytes long, and says where the bytes went wrong (offsets count from
//! the first byte of the message) and what imposed the limit.

use crate::code_point::AttributeType;
use crate::dialect::Dialect;

/// Why bytes are not the header of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// Fewer than the 20 bytes of a header (RFC 8489 §5).
    #[error("{available} bytes where a STUN header takes 20")]
    Short {
        /// Bytes that were there.
        available: u8,
    },
    /// The first two bits are not zero (RFC 8489 §5): this is RTP, DTLS, ChannelData or something
    /// else that shares the port.
    #[error("the first byte is {first:#04x}, and STUN begins with two zero bits")]
    NotStun {
        /// The first byte.
        first: u8,
    },
    /// Bytes 4 to 7 are not the magic cookie 0x2112A442 (RFC 8489 §5), and the dialect asks for it.
    #[error("bytes 4 to 7 are {found:02x?}, not the magic cookie 2112a442")]
    NoCookie {
        /// The four bytes in its place.
        found: [u8; 4],
    },
}

/// Why bytes are not a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseError {
    /// The header does not stand.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The buffer ends before the length in the header says that the message does.
    #[error("the header announces {declared} bytes, the buffer ends after {available}")]
    Truncated {
        /// Length of the whole message in bytes, header included, as the header has it.
        declared: u32,
        /// Bytes that were there.
        available: u32,
    },
    /// Bytes follow the message. [`Message::parse_prefix`](crate::Message::parse_prefix) accepts
    /// them.
    #[error("the message ends at offset {offset}, the buffer after {available} bytes")]
    Trailing {
        /// Where the message ends.
        offset: u32,
        /// Length of the buffer in bytes.
        available: u32,
    },
    /// An attribute runs past the length in the header.
    #[error(
        "the attribute at offset {offset} takes {needed} bytes, the header's length leaves {left}"
    )]
    Attribute {
        /// Where the attribute begins.
        offset: u32,
        /// Bytes that it takes: 4 for type and length, then its value and its padding.
        needed: u32,
        /// Bytes from `offset` to the end that the header announces.
        left: u32,
    },
    /// The first attribute is MS-TURN's MAGIC-COOKIE, so the codes mean something else here than in
    /// the RFCs: read it with [`Dialect::MS_TURN`](crate::Dialect::MS_TURN).
    #[error("the first attribute is MAGIC-COOKIE 72c64bc6: this is MS-TURN")]
    MsTurn,
    /// The first attribute is not MAGIC-COOKIE, and MS-TURN asks for it (\[MS-TURN\] 2.2.2).
    #[error("the first attribute is not MAGIC-COOKIE 72c64bc6: this is not MS-TURN")]
    NotMsTurn,
}

impl ParseError {
    /// Offset in bytes from the start of the message at which reading failed.
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

/// Why the value of an attribute cannot be read as its type.
///
/// The variants are public to be made: an attribute that is defined outside this crate reports
/// with the same type. Offsets count from the first byte of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The value has the wrong length.
    #[error("the value is {found} bytes long, its type takes {}", Range(*min, *max))]
    Length {
        /// Length of the value in bytes.
        found: u16,
        /// The least that the type takes.
        min: u16,
        /// The most that the type takes.
        max: u16,
    },
    /// The value's length is not a multiple of the length of its parts.
    #[error("the value is {found} bytes long, which is not a multiple of {of}")]
    Multiple {
        /// Length of the value in bytes.
        found: u16,
        /// Length of one part in bytes.
        of: u16,
    },
    /// A part inside the value runs past the attribute's length.
    #[error("the part at offset {offset} of the value takes {needed} bytes, {left} are left")]
    Inner {
        /// Where the part begins.
        offset: u16,
        /// Bytes that it takes.
        needed: u16,
        /// Bytes that are left.
        left: u16,
    },
    /// A field has a value that its definition excludes.
    #[error("{found:#x} at offset {offset} of the value is not allowed there")]
    Field {
        /// Where the field begins.
        offset: u16,
        /// What stands there.
        found: u16,
    },
    /// A reason of the attribute's own, for types that are defined outside this crate.
    #[error("reason {code} of the attribute's own")]
    Custom {
        /// What it means, the type's documentation says.
        code: u16,
    },
}

impl ValueError {
    /// The value has `found` bytes where the type takes `min` to `max`. Lengths beyond 65,535, which
    /// no attribute can have, are clamped.
    #[must_use]
    pub fn length(found: usize, min: u16, max: u16) -> Self {
        Self::Length {
            found: u16::try_from(found).unwrap_or(u16::MAX),
            min,
            max,
        }
    }
}

/// `4`, or `16 to 32`.
struct Range(u16, u16);

impl core::fmt::Display for Range {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Self(min, max) if min == max => write!(f, "{min}"),
            Self(min, u16::MAX) => write!(f, "at least {min}"),
            Self(min, max) => write!(f, "{min} to {max}"),
        }
    }
}

/// Why an attribute of a message cannot be read.
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
        /// The attribute type that was asked for.
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
        /// What is wrong with the value.
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

    /// What is wrong with the value of the malformed attribute. `None` if the attribute is missing.
    #[must_use]
    pub const fn value_error(&self) -> Option<ValueError> {
        match *self {
            Self::Missing { .. } => None,
            Self::Malformed { source, .. } => Some(source),
        }
    }
}

/// Why a message, or a part of one, cannot be written. Nothing of the refused part stands in the
/// buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The buffer is too small.
    #[error("{needed} bytes are needed and the buffer has {available}")]
    BufferFull {
        /// Length in bytes that the message would have with what was refused.
        needed: u32,
        /// Bytes that the buffer has for the message.
        available: u32,
    },
    /// The message would be longer than the 16-bit length in its header can say.
    #[error("{length} bytes of attributes are more than a header's length can say")]
    TooLong {
        /// Length of all attributes in bytes with what was refused.
        length: u32,
    },
    /// The dialect has no such attribute.
    #[error("the dialect has no such attribute")]
    NotInDialect,
    /// The dialect has no such message type, or what comes next does not exist in it.
    #[error("the dialect has no such message")]
    NoSuchMessage,
    /// The dialect's transaction id begins with the magic cookie, and this one does not.
    #[error("the transaction id does not begin with the magic cookie")]
    NoCookie,
    /// A reply was asked for to what is not a request.
    #[error("an indication or a response has no reply")]
    NotARequest,
    /// The attribute is made by the writer alone: MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256,
    /// GOOG-MESSAGE-INTEGRITY-32, FINGERPRINT and, in MS-TURN, MAGIC-COOKIE.
    #[error("{attribute} is written by the writer alone")]
    WriterOnly {
        /// Its type.
        attribute: AttributeType,
    },
    /// A FINGERPRINT is needed and not there: the dialect's integrity counts one, or a message
    /// without a valid one was to get a twin.
    #[error("the message needs a valid FINGERPRINT at its end")]
    FingerprintMissing,
    /// Password algorithms are offered with a nonce that does not say so.
    #[error("the nonce lacks the feature bit of PASSWORD-ALGORITHMS")]
    NonceWithoutFeature,
    /// A value is longer than its definition allows.
    #[error("{length} where at most {max} are allowed")]
    ValueTooLong {
        /// Length in bytes, or characters where the definition counts those.
        length: u32,
        /// The most that is allowed.
        max: u32,
    },
    /// A value is outside what its definition allows.
    #[error("{value:#x} is outside what the definition allows")]
    OutOfRange {
        /// The value.
        value: u32,
    },
    /// The caller's [`HmacKey`](crate::HmacKey) returned an HMAC of the wrong length.
    #[error("the HMAC has {found} bytes where {expected} are needed")]
    HmacLength {
        /// Length in bytes of what was returned, at most 255.
        found: u8,
        /// Length of the full HMAC in bytes.
        expected: u8,
    },
}

/// Why a message does not count as authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntegrityError {
    /// No integrity attribute that the policy accepts.
    #[error("no integrity attribute that the policy accepts")]
    Missing,
    /// The integrity attribute at `offset` has a length that the policy does not accept.
    #[error("the tag at offset {offset} is {length} bytes long, which the policy does not accept")]
    TagLength {
        /// Where the attribute begins, in bytes from the start of the message.
        offset: u32,
        /// Length of its value in bytes.
        length: u16,
    },
    /// The tag at `offset` is not the tag of these bytes under this key.
    #[error("the tag at offset {offset} does not hold")]
    Mismatch {
        /// Where the attribute begins, in bytes from the start of the message.
        offset: u32,
    },
    /// The caller's [`HmacKey`](crate::HmacKey) returned an HMAC of the wrong length.
    #[error("the HMAC has {found} bytes where {expected} are needed")]
    HmacLength {
        /// Length in bytes of what was returned, at most 255.
        found: u8,
        /// Length of the full HMAC in bytes.
        expected: u8,
    },
}

/// A text is not the name of a [`Dialect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no dialect has this name")]
#[non_exhaustive]
pub struct UnknownDialect;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small() {
        assert!(size_of::<HeaderError>() <= 16);
        assert!(size_of::<ParseError>() <= 16);
        assert!(size_of::<ValueError>() <= 16);
        assert!(size_of::<AttributeError>() <= 16);
        assert!(size_of::<EncodeError>() <= 16);
        assert!(size_of::<IntegrityError>() <= 16);
    }
}
