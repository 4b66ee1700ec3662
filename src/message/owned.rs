//! A message that owns its bytes.

use core::fmt;

use bytes::Bytes;

use super::{Attributes, Message, ReadAttributes, Trailer};
use crate::attribute::Attribute;
use crate::code_point::{Class, Method};
use crate::dialect::Dialect;
use crate::error::{AttributeError, ParseError};
use crate::header::Header;
use crate::transaction_id::TransactionId;

/// A message that owns its bytes, so that it can be stored or sent to another task. Clones share the bytes.
///
/// ```
/// use bytes::Bytes;
/// use stunwire::{Method, OwnedMessage};
///
/// let packet = Bytes::from_static(b"\x00\x11\x00\x00\x21\x12\xa4\x42abcdefghijkl");
/// let owned = OwnedMessage::parse(packet)?;
/// let task = std::thread::spawn(move || owned.as_message().method());
/// assert_eq!(task.join().ok(), Some(Method::BINDING));
/// # Ok::<(), stunwire::ParseError>(())
/// ```
#[derive(Clone)]
pub struct OwnedMessage {
    bytes: Bytes,
    id: TransactionId,
    trailer: Trailer,
    type_bits: u16,
    dialect: Dialect,
}

impl OwnedMessage {
    /// Parses a message of RFC 8489 that fills `bytes`, and stores the bytes.
    ///
    /// # Errors
    /// As in [`Message::parse`].
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> {
        Self::parse_in(bytes, Dialect::RFC8489)
    }

    /// Parses a message of `dialect` that fills `bytes`, and stores the bytes.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use stunwire::{Dialect, OwnedMessage};
    ///
    /// let packet = Bytes::from_static(b"\x00\x01\x00\x00 16 bytes as id ");
    /// assert!(OwnedMessage::parse_in(packet, Dialect::RFC3489).is_ok());
    /// ```
    ///
    /// # Errors
    /// As in [`Dialect::parse`].
    pub fn parse_in(bytes: Bytes, dialect: Dialect) -> Result<Self, ParseError> {
        let message = dialect.parse(&bytes)?;
        let (id, trailer, type_bits) =
            (message.transaction_id(), message.trailer, message.type_bits);
        Ok(Self {
            bytes,
            id,
            trailer,
            type_bits,
            dialect,
        })
    }

    /// Returns a view of the message, without parsing it again.
    #[must_use]
    pub fn as_message(&self) -> Message<'_> {
        Message {
            bytes: &self.bytes,
            id: self.id.as_bytes(),
            trailer: self.trailer,
            type_bits: self.type_bits,
            dialect: self.dialect,
        }
    }

    /// The first attribute of type `T`: see [`Message::get`].
    ///
    /// ```
    /// use stunwire::attribute::XorMappedAddress;
    /// use stunwire::{AttributeError, OwnedMessage};
    ///
    /// fn mapped(response: &OwnedMessage) -> Result<Option<std::net::SocketAddr>, AttributeError> {
    ///     Ok(response.get::<XorMappedAddress>()?.map(|mapped| mapped.0))
    /// }
    /// ```
    ///
    /// # Errors
    /// If the attribute is present and its value is malformed.
    pub fn get<'a, T: Attribute<'a>>(&'a self) -> Result<Option<T>, AttributeError> {
        self.as_message().get()
    }

    /// Reads several attributes in one pass: see [`Message::read`].
    ///
    /// ```
    /// use stunwire::attribute::{Lifetime, XorRelayedAddress};
    /// use stunwire::{AttributeError, OwnedMessage};
    ///
    /// fn allocation(response: &OwnedMessage) -> Result<(XorRelayedAddress, Lifetime), AttributeError> {
    ///     response.read()
    /// }
    /// ```
    ///
    /// # Errors
    /// If a required attribute is absent, or the value of one of these attributes is malformed.
    pub fn read<'a, T: ReadAttributes<'a>>(&'a self) -> Result<T, AttributeError> {
        self.as_message().read()
    }

    /// The attributes that an agent may use: see [`Message::attributes`].
    #[must_use]
    pub fn attributes(&self) -> Attributes<'_> {
        self.as_message().attributes()
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> Header {
        self.as_message().header()
    }

    /// The class.
    #[must_use]
    pub fn class(&self) -> Class {
        self.as_message().class()
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.as_message().method()
    }

    /// The transaction id.
    #[must_use]
    pub fn transaction_id(&self) -> TransactionId {
        self.id
    }

    /// The bytes of the message.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Returns the bytes of the message.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

/// Copies the bytes of the message.
impl From<Message<'_>> for OwnedMessage {
    fn from(message: Message<'_>) -> Self {
        Self {
            bytes: Bytes::copy_from_slice(message.bytes),
            id: message.transaction_id(),
            trailer: message.trailer,
            type_bits: message.type_bits,
            dialect: message.dialect,
        }
    }
}

impl From<&OwnedMessage> for Header {
    fn from(message: &OwnedMessage) -> Self {
        message.as_message().header()
    }
}

impl fmt::Debug for OwnedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owned{:?}", self.as_message())
    }
}
