//! A message in a buffer: a walk over its attributes, then views that cannot fail.

use core::fmt;

use crate::attribute::{Attribute, AttributeType};
use crate::dialect::{Dialect, short};
use crate::error::{AttributeError, ParseError};
use crate::header::{Class, Header, MessageType, Method, TransactionId};
use crate::wire::{self, Cursor, HEADER_LEN, Tlv};

mod iter;
mod marks;
mod raw;

pub use self::iter::{AllAttributes, Attributes, GetAll, UnknownRequired, Walk};
pub(crate) use self::marks::{Mark, Marks};
use self::marks::{careful, paved};
pub use self::raw::RawAttribute;

/// A message, borrowed from the bytes it was read from.
///
/// A `Copy` view of at most 32 bytes. What it hands out borrows from the packet, not from the view,
/// so a helper can return it. Nothing in it is authenticated: see [`verify`](Self::verify).
///
/// ```
/// use stunwire::{Message, Method};
/// use stunwire::attribute::XorMappedAddress;
///
/// // RFC 5769 §2.2 without its SOFTWARE, integrity and fingerprint.
/// let packet = b"\x01\x01\x00\x0c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
///                \x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43";
/// let message = Message::parse(packet)?;
/// assert_eq!(message.method(), Method::BINDING);
/// let mapped = message.get::<XorMappedAddress>()?.expect("a Binding response has one");
/// assert_eq!(mapped.0, "192.0.2.1:32853".parse()?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Message<'a> {
    bytes: &'a [u8],
    marks: Marks,
    dialect: Dialect,
}

impl<'a> Message<'a> {
    /// Reads a whole message of RFC 8489: header and attributes, nothing behind.
    ///
    /// Values are not looked at: an attribute with a broken value fails when it is asked for, alone.
    /// Unknown attributes are no error.
    ///
    /// # Errors
    /// When the header does not stand, the buffer is shorter or longer than the header says, an
    /// attribute runs past the end, or the message is MS-TURN's
    /// ([RFC 8489 §6.3](https://www.rfc-editor.org/rfc/rfc8489#section-6.3)).
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::parse_exact(bytes, Dialect::RFC8489)
    }

    /// Reads the message of RFC 8489 at the start of `bytes` and gives what stands behind it.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), except that bytes behind the message are none.
    ///
    /// ```
    /// use stunwire::Message;
    ///
    /// let bytes = b"\x00\x11\x00\x00\x21\x12\xa4\x42abcdefghijkl, and more";
    /// let (message, rest) = Message::parse_prefix(bytes)?;
    /// assert_eq!(message.as_bytes().len(), 20);
    /// assert_eq!(rest, b", and more");
    /// # Ok::<(), stunwire::ParseError>(())
    /// ```
    #[inline]
    pub fn parse_prefix(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), ParseError> {
        Self::parse_first(bytes, Dialect::RFC8489)
    }

    #[inline(always)]
    pub(crate) fn parse_exact(bytes: &'a [u8], dialect: Dialect) -> Result<Self, ParseError> {
        let Ok((head, body)) = wire::head(bytes) else {
            return Err(short(bytes).into());
        };
        let whole = (usize::from(head.length) == body.len()).then_some(body);
        let marks = match whole.and_then(|body| paved(head, body, dialect)) {
            Some(marks) => marks,
            None => careful(bytes, dialect, true)?,
        };
        Ok(Self {
            bytes,
            marks,
            dialect,
        })
    }

    #[inline(always)]
    pub(crate) fn parse_first(
        bytes: &'a [u8],
        dialect: Dialect,
    ) -> Result<(Self, &'a [u8]), ParseError> {
        let Ok((head, behind)) = wire::head(bytes) else {
            return Err(short(bytes).into());
        };
        let length = usize::from(head.length);
        let body = behind.get(..length);
        let marks = match body.and_then(|body| paved(head, body, dialect)) {
            Some(marks) => marks,
            None => careful(bytes, dialect, false)?,
        };
        // It stands, so it is there.
        let Some((bytes, rest)) = bytes.split_at_checked(HEADER_LEN.wrapping_add(length)) else {
            return Err(short(bytes).into());
        };
        let message = Self {
            bytes,
            marks,
            dialect,
        };
        Ok((message, rest))
    }

    /// Puts a message together that was read before: `bytes` and `marks` belong together.
    #[cfg(feature = "bytes")]
    pub(crate) fn from_parts(bytes: &'a [u8], marks: Marks, dialect: Dialect) -> Self {
        Self {
            bytes,
            marks,
            dialect,
        }
    }

    /// The message's bytes, from the header to the last attribute's padding.
    #[must_use]
    #[inline]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Header and attributes. Parsing has seen the 20 bytes, so the second arm is never taken.
    #[inline(always)]
    fn split(&self) -> (wire::Head<'a>, &'a [u8]) {
        match wire::head(self.bytes) {
            Ok(split) => split,
            Err(wire::Cut) => (
                wire::Head {
                    type_bits: 0,
                    length: 0,
                    id: &[0; 16],
                },
                &[],
            ),
        }
    }

    pub(crate) fn marks(&self) -> Marks {
        self.marks
    }

    /// The attribute at `place` behind the header, and the bytes before it.
    #[inline(always)]
    pub(crate) fn tlv_at(&self, place: u16) -> Option<(&'a [u8], Tlv<'a>)> {
        let tlv = wire::tlv(Cursor::at(self.split().1, place)).ok()?;
        let end = HEADER_LEN.wrapping_add(usize::from(place));
        Some((self.bytes.get(..end)?, tlv))
    }

    /// The header.
    #[must_use]
    #[inline]
    pub fn header(&self) -> Header {
        Header::from_wire(self.split().0, self.dialect)
    }

    /// The class.
    #[must_use]
    #[inline]
    pub fn class(&self) -> Class {
        self.header().class()
    }

    /// The method.
    #[must_use]
    #[inline]
    pub fn method(&self) -> Method {
        self.header().method()
    }

    /// Class and method.
    #[must_use]
    #[inline]
    pub fn message_type(&self) -> MessageType {
        self.header().message_type()
    }

    /// The transaction id.
    #[must_use]
    #[inline]
    pub fn transaction_id(&self) -> TransactionId {
        TransactionId::classic(*self.split().0.id)
    }

    /// The dialect that it was read in.
    #[must_use]
    #[inline]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The same message in another dialect of the same grammar: MS-ICE2 and its legacy form, for
    /// example, which an attribute inside the message tells apart. `None` where the bytes would have
    /// to be read again.
    #[must_use]
    pub fn with_dialect(self, dialect: Dialect) -> Option<Self> {
        self.dialect
            .same_grammar(dialect)
            .then_some(Self { dialect, ..self })
    }

    /// The attributes that an agent may look at, in wire order: those before the first
    /// MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 or FINGERPRINT, and these three
    /// ([RFC 8489 §14.5](https://www.rfc-editor.org/rfc/rfc8489#section-14.5) lets none see what an
    /// attacker may have added behind).
    #[must_use]
    #[inline]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.all_attributes(), self.marks)
    }

    /// Every attribute in wire order, also behind the integrity attributes: for dissectors and
    /// proxies.
    #[must_use]
    #[inline]
    pub fn all_attributes(&self) -> AllAttributes<'a> {
        let (head, body) = self.split();
        AllAttributes {
            cursor: Cursor::new(body),
            id: head.id,
            dialect: self.dialect,
        }
    }

    /// The first attribute of type `T` that an agent may look at. `None` if there is none, or if the
    /// dialect has no such attribute.
    ///
    /// # Errors
    /// When it is there and its value is malformed.
    #[inline]
    pub fn get<T: Attribute<'a>>(&self) -> Result<Option<T>, AttributeError> {
        self.attributes().get()
    }

    /// All attributes of type `T` that an agent may look at: the peers of a CreatePermission.
    #[inline]
    pub fn get_all<T: Attribute<'a>>(&self) -> GetAll<'a, T> {
        GetAll::new(self.attributes())
    }

    /// The types of the attributes that must be understood and that `known` does not know, in wire
    /// order: what a 420 lists
    /// ([RFC 8489 §6.3.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.3.1)).
    ///
    /// A type that occurs twice is listed twice. The integrity attributes, which this crate itself
    /// understands, are never listed.
    #[inline]
    pub fn unknown_required<F>(&self, known: F) -> UnknownRequired<'a, F>
    where
        F: FnMut(AttributeType) -> bool,
    {
        UnknownRequired::new(self.attributes(), known)
    }
}

/// What dissectors and logs want of a message in one line; see [`crate::display`].
impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({self})")
    }
}

impl From<&Message<'_>> for Header {
    fn from(message: &Message<'_>) -> Self {
        message.header()
    }
}

/// Offset from the start of the message of what stands at `place` behind the header.
#[inline(always)]
pub(crate) fn offset32(place: u16) -> u32 {
    // 20 + 65,535 at most.
    u32::from(place).wrapping_add(20)
}

pub(crate) fn length32(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small() {
        assert!(size_of::<Message<'_>>() <= 32);
        assert!(size_of::<RawAttribute<'_>>() <= 48);
    }
}
