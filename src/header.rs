//! The header of a message (RFC 8489 §5).

use core::fmt;

use crate::code_point::{Class, MessageType, Method};
use crate::dialect::Dialect;
use crate::transaction_id::TransactionId;
use crate::wire::RawHeader;

/// The header of a message: type, length and transaction id, 20 bytes
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// [`Header::parse`] also accepts a message whose attributes are invalid, so that a server can answer it with
/// 400 (Bad Request). To write a message with a created header, use
/// [`MessageWriter::new`](crate::MessageWriter::new).
///
/// ```
/// use stunwire::{Class, Header, Method};
///
/// let packet = *b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x06";
/// let header = Header::parse(&packet)?;
/// assert_eq!(header.class(), Class::Request);
/// assert_eq!(header.method(), Method::BINDING);
/// assert_eq!(header.length(), 8); // more than the packet has, which `Message::parse` refuses
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
    /// Creates the header of a message of RFC 8489.
    ///
    /// ```
    /// use stunwire::{Class, Dialect, Header, Method, TransactionId};
    ///
    /// let id = TransactionId::new(*b"not a secret");
    /// let header = Header::new(Class::Request, Method::BINDING, id);
    /// assert_eq!(header, Header::request(Method::BINDING, id));
    /// assert_eq!(header.in_dialect(Dialect::MS_ICE2).dialect(), Dialect::MS_ICE2);
    /// ```
    #[must_use]
    pub const fn new(class: Class, method: Method, transaction_id: TransactionId) -> Self {
        Self {
            type_bits: MessageType::new(class, method).to_bits(),
            length: 0,
            transaction_id,
            dialect: Dialect::RFC8489,
        }
    }

    /// Creates the header of a request of RFC 8489.
    #[must_use]
    pub const fn request(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::Request, method, transaction_id)
    }

    /// Creates the header of an indication of RFC 8489.
    #[must_use]
    pub const fn indication(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::Indication, method, transaction_id)
    }

    /// Creates the header of a success response of RFC 8489.
    ///
    /// ```
    /// use stunwire::{Class, Header, Method, TransactionId};
    ///
    /// let header = Header::success(Method::BINDING, TransactionId::new(*b"unpredictabl"));
    /// assert_eq!(header.class(), Class::SuccessResponse);
    /// ```
    #[must_use]
    pub const fn success(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::SuccessResponse, method, transaction_id)
    }

    /// Creates the header of an error response of RFC 8489.
    #[must_use]
    pub const fn error(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::ErrorResponse, method, transaction_id)
    }

    #[inline]
    pub(crate) fn from_wire(header: RawHeader<'_>, dialect: Dialect) -> Self {
        Self {
            type_bits: header.type_bits,
            length: header.length,
            transaction_id: TransactionId::classic(*header.id),
            dialect,
        }
    }

    /// Returns a header with the same class, method and transaction id in another dialect.
    #[must_use]
    pub fn in_dialect(self, dialect: Dialect) -> Self {
        Self {
            type_bits: dialect.type_bits(self.message_type()),
            dialect,
            ..self
        }
    }

    /// The header of a response; `None` if this is not the header of a request.
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

    /// The class.
    #[must_use]
    #[inline]
    pub fn class(&self) -> Class {
        self.message_type().class
    }

    /// The method.
    #[must_use]
    #[inline]
    pub fn method(&self) -> Method {
        self.message_type().method
    }

    /// Class and method. The same type bits can mean different methods in different dialects.
    #[must_use]
    #[inline]
    pub fn message_type(&self) -> MessageType {
        self.dialect.message_type(self.type_bits)
    }

    /// Whether the class is [`Class::Request`].
    #[must_use]
    #[inline]
    pub fn is_request(&self) -> bool {
        self.class() == Class::Request
    }

    /// The first 16 bits of the header.
    #[must_use]
    pub const fn type_bits(&self) -> u16 {
        self.type_bits
    }

    /// Length of the attributes in bytes, without the 20 bytes of the header. Zero in a created header; the
    /// writer sets it in the message.
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

    /// The dialect in which the header was parsed, or in which the message will be written.
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

/// Prints class and method, for example `Binding Request`.
impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.message_type(), f)
    }
}
