//! The 20 bytes in front of every message (RFC 8489 §5).

use core::fmt;

use crate::code_point::{Class, MessageType, Method};
use crate::dialect::Dialect;
use crate::transaction_id::TransactionId;
use crate::wire::RawHeader;

/// The header of a message: read alone, so that a server can answer 400 to a message whose
/// attributes are broken, or made to begin one
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// ```
/// use stunwire::{Class, Header, Method};
///
/// let packet = *b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x06";
/// let header = Header::parse(&packet)?;
/// assert_eq!(header.class(), Class::Request);
/// assert_eq!(header.method(), Method::BINDING);
/// assert_eq!(header.length(), 8); // more than the packet has: that is the message's matter
/// assert_eq!(&header.transaction_id().id(), b"abcdefghijkl");
/// # Ok::<(), stunwire::HeaderError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    type_bits: u16,
    length: u16,
    transaction_id: TransactionId,
    dialect: Dialect,
}

impl Header {
    /// A request of RFC 8489.
    #[must_use]
    pub const fn request(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::Request, method, transaction_id)
    }

    /// An indication of RFC 8489.
    #[must_use]
    pub const fn indication(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::Indication, method, transaction_id)
    }

    /// A success response of RFC 8489.
    #[must_use]
    pub const fn success(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::SuccessResponse, method, transaction_id)
    }

    /// An error response of RFC 8489.
    #[must_use]
    pub const fn error(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::ErrorResponse, method, transaction_id)
    }

    const fn new(class: Class, method: Method, transaction_id: TransactionId) -> Self {
        Self {
            type_bits: MessageType::new(class, method).to_bits(),
            length: 0,
            transaction_id,
            dialect: Dialect::RFC8489,
        }
    }

    #[inline(always)]
    pub(crate) fn from_wire(header: RawHeader<'_>, dialect: Dialect) -> Self {
        Self {
            type_bits: header.type_bits,
            length: header.length,
            transaction_id: TransactionId::classic(*header.id),
            dialect,
        }
    }

    /// The same class, method and transaction id in another dialect.
    #[must_use]
    pub fn in_dialect(self, dialect: Dialect) -> Self {
        Self {
            type_bits: dialect.type_bits(self.message_type()),
            dialect,
            ..self
        }
    }

    /// The header of a response to this one, if it is a request.
    pub(crate) fn reply(self, class: Class) -> Option<Self> {
        let MessageType {
            class: Class::Request,
            method,
        } = self.message_type()
        else {
            return None;
        };
        Some(Self {
            type_bits: self.dialect.type_bits(MessageType::new(class, method)),
            length: 0,
            ..self
        })
    }

    /// The class, as the dialect reads it.
    #[must_use]
    #[inline]
    pub fn class(&self) -> Class {
        self.message_type().class
    }

    /// The method, as the dialect reads it.
    #[must_use]
    #[inline]
    pub fn method(&self) -> Method {
        self.message_type().method
    }

    /// Class and method, as the dialect reads them.
    #[must_use]
    #[inline]
    pub fn message_type(&self) -> MessageType {
        self.dialect.message_type(self.type_bits)
    }

    /// The first 16 bits, as they stand on the wire.
    #[must_use]
    pub const fn type_bits(&self) -> u16 {
        self.type_bits
    }

    /// Length of the attributes in bytes, as the header has it: the message is 20 bytes longer.
    /// Zero in a header that was made to be written; the writer fills it in.
    #[must_use]
    pub const fn length(&self) -> u16 {
        self.length
    }

    /// The transaction id.
    #[must_use]
    #[inline]
    pub const fn transaction_id(&self) -> TransactionId {
        self.transaction_id
    }

    /// The dialect that it was read in, or is to be written in.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl From<&Header> for Header {
    fn from(header: &Header) -> Self {
        *header
    }
}

/// `Binding Request`.
impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.message_type(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals() {
        let good = *b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
        assert!(Header::parse(&good).is_ok());
        for end in 0..20 {
            let available = u8::try_from(end).unwrap();
            assert_eq!(
                Header::parse(&good[..end]),
                Err(HeaderError::Short { available })
            );
        }
        for first in [0x40, 0x80, 0xC0, 0xFF] {
            let mut bad = good;
            bad[0] = first;
            assert_eq!(Header::parse(&bad), Err(HeaderError::NotStun { first }));
        }
        for at in 4..8 {
            let mut bad = good;
            bad[at] ^= 1;
            assert!(matches!(
                Header::parse(&bad),
                Err(HeaderError::NoCookie { .. })
            ));
        }
    }
}
