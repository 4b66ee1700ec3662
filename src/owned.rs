//! A message that owns its bytes.

use core::fmt;

use bytes::Bytes;

use crate::dialect::Dialect;
use crate::error::ParseError;
use crate::message::{Marks, Message};

/// A message with its bytes, to be kept or sent to another task. Cloning shares the bytes.
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
    marks: Marks,
    dialect: Dialect,
}

impl OwnedMessage {
    /// Reads a whole message of RFC 8489 and keeps its bytes.
    ///
    /// # Errors
    /// As [`Message::parse`].
    pub fn parse(bytes: Bytes) -> Result<Self, ParseError> {
        Self::parse_as(bytes, Dialect::RFC8489)
    }

    /// Reads a whole message in a dialect and keeps its bytes.
    ///
    /// # Errors
    /// As [`Dialect::parse`].
    pub fn parse_as(bytes: Bytes, dialect: Dialect) -> Result<Self, ParseError> {
        let message = dialect.parse(&bytes)?;
        let marks = message.marks();
        Ok(Self {
            bytes,
            marks,
            dialect,
        })
    }

    /// The message. Nothing is walked again.
    #[must_use]
    pub fn as_message(&self) -> Message<'_> {
        Message::from_parts(&self.bytes, self.marks, self.dialect)
    }

    /// The bytes, shared.
    #[must_use]
    pub fn as_bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The bytes.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.bytes
    }
}

/// Copies the bytes, once.
impl From<Message<'_>> for OwnedMessage {
    fn from(message: Message<'_>) -> Self {
        Self {
            bytes: Bytes::copy_from_slice(message.as_bytes()),
            marks: message.marks(),
            dialect: message.dialect(),
        }
    }
}

impl fmt::Debug for OwnedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Owned{:?}", self.as_message())
    }
}
