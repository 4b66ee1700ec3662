//! Errors of reading values of attributes.

use core::fmt;

use crate::code_point::AttributeType;
use crate::dialect::Dialect;

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
    ///
    /// ```
    /// use stunwire::attribute::AttributeType;
    /// use stunwire::{AttributeError, Dialect, ValueError};
    ///
    /// // Of an attribute that is decoded outside a message.
    /// let error = AttributeError::malformed(
    ///     AttributeType::LIFETIME,
    ///     20,
    ///     ValueError::length(3, 4, 4),
    ///     Dialect::RFC8489,
    /// );
    /// assert!(error.to_string().starts_with("LIFETIME"));
    /// ```
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
