//! The names of attribute types, and the error messages that contain them.

use core::fmt;

use super::{DialectSet, name_in_tables, other};
use crate::code_point::AttributeType;
use crate::dialect::Dialect;
use crate::error::{AttributeError, TextError};

impl AttributeType {
    /// The name in RFC 8489 and its extensions, or the name in another dialect if those do not use the
    /// code. `None` if no dialect has a name for it.
    ///
    /// [`Dialect::name_of`] returns the name in a given dialect.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        [Dialect::RFC8489, Dialect::MS_ICE2, Dialect::MS_TURN]
            .into_iter()
            .find_map(|dialect| dialect.name_of(self))
    }

    /// The name that a second owner gave to the code: NOMINATION for the code that IANA registered for
    /// ENF-FLOW-DESCRIPTION.
    #[must_use]
    pub fn second_name(self) -> Option<&'static str> {
        other::second_name(self)
    }
}

/// Prints the name, or the code as `0x8abc`.
impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "{:#06x}", self.as_u16()),
        }
    }
}

/// Prints `PRIORITY (0x0024)`, or the code alone.
impl fmt::Debug for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({:#06x})", self.as_u16()),
            None => write!(f, "{:#06x}", self.as_u16()),
        }
    }
}

impl Dialect {
    /// The name of an attribute type in this dialect, `None` if it has none.
    ///
    /// ```
    /// use stunwire::Dialect;
    /// use stunwire::attribute::AttributeType;
    ///
    /// let ty = AttributeType::new(0x0015);
    /// assert_eq!(Dialect::RFC8489.name_of(ty), Some("NONCE"));
    /// assert_eq!(Dialect::MS_TURN.name_of(ty), Some("REALM"));
    /// ```
    #[must_use]
    pub fn name_of(self, ty: AttributeType) -> Option<&'static str> {
        name_in_tables(ty, self).or_else(|| {
            DialectSet::STUN
                .contains(self)
                .then(|| other::name(ty))
                .flatten()
        })
    }
}

/// The name that an attribute type has in a dialect, or its code.
struct Named(AttributeType, Dialect);

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1.name_of(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#06x}", self.0.as_u16()),
        }
    }
}

impl core::error::Error for TextError {}

/// Prints for example `the text of USERNAME is not UTF-8 at byte 3; use its bytes`.
impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attribute, offset } = *self;
        write!(
            f,
            "the text of {attribute} is not UTF-8 at byte {offset}; use its bytes"
        )
    }
}

impl core::error::Error for AttributeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Missing { .. } => None,
            Self::Malformed { source, .. } => Some(source),
        }
    }
}

/// Prints `USERNAME is missing`, or `PRIORITY at offset 20: …`.
impl fmt::Display for AttributeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Missing { attribute, dialect } => {
                write!(f, "{} is missing", Named(attribute, dialect))
            }
            Self::Malformed {
                attribute,
                offset,
                source,
                dialect,
            } => {
                let name = Named(attribute, dialect);
                write!(f, "{name} at offset {offset}: {source}")
            }
        }
    }
}
