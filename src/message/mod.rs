//! A message in a buffer: parsing walks over its attributes once, and access is then infallible.

use core::fmt;
use core::iter::FusedIterator;

use crate::attribute::Attribute;
use crate::code_point::{AttributeType, Class, MessageType, Method};
use crate::dialect::Dialect;
use crate::error::{AttributeError, ParseError};
use crate::header::Header;
use crate::transaction_id::TransactionId;
use crate::wire::{self, Cursor, HEADER_LEN, RawHeader, Tlv};

mod attributes;
mod detect;
mod display;
#[cfg(feature = "bytes")]
mod owned;
mod read;
mod trailer;
mod try_attributes;

pub use self::attributes::{AllAttributes, Attributes};
#[cfg(feature = "bytes")]
pub use self::owned::OwnedMessage;
pub use self::read::{ReadAttributes, ReadField};
pub(crate) use self::trailer::{Entry, Trailer};
pub use self::try_attributes::TryAttributes;

/// A STUN message, borrowed from the bytes from which it was parsed.
///
/// A `Copy` view of at most 40 bytes. The values it returns borrow from the packet, not from the view,
/// so a function can return them. Nothing in it is authenticated: see [`verify`](Self::verify).
///
/// ```
/// use stunwire::{Message, Method};
/// use stunwire::attribute::XorMappedAddress;
///
/// // RFC 5769 §2.2 without its SOFTWARE, MESSAGE-INTEGRITY and FINGERPRINT.
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
    id: &'a [u8; 16],
    trailer: Trailer,
    type_bits: u16,
    dialect: Dialect,
}

impl<'a> Message<'a> {
    /// Parses a message of RFC 8489 that fills `bytes`.
    ///
    /// The values of attributes are not checked: an attribute with an invalid value is an error only
    /// when it is read, and only of that attribute. Unknown attributes are not an error.
    ///
    /// # Errors
    /// If the header is invalid, `bytes` is shorter or longer than the header says, an attribute extends
    /// past the end, or the message is one of MS-TURN
    /// ([RFC 8489 §6.3](https://www.rfc-editor.org/rfc/rfc8489#section-6.3)).
    #[inline]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        Self::parse_in(bytes, Dialect::RFC8489)
    }

    /// Parses the message of RFC 8489 at the start of `bytes` and returns it with the bytes that follow.
    ///
    /// # Errors
    /// As in [`parse`](Self::parse), except that trailing bytes are allowed.
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
        Self::parse_prefix_in(bytes, Dialect::RFC8489)
    }

    #[inline(always)]
    pub(crate) fn parse_in(bytes: &'a [u8], dialect: Dialect) -> Result<Self, ParseError> {
        let Ok((header, attributes)) = wire::header(bytes) else {
            return Err(detect::short(bytes).into());
        };
        let complete = (usize::from(header.length) == attributes.len()).then_some(attributes);
        let fast =
            complete.and_then(|attributes| trailer::fast_path(header, bytes, attributes, dialect));
        let trailer = match fast {
            Some(trailer) => trailer,
            None => trailer::slow_path(bytes, dialect, false)?,
        };
        Ok(Self::new(bytes, header, trailer, dialect))
    }

    #[inline(always)]
    #[allow(clippy::arithmetic_side_effects, reason = "20 + 65,535 at most")]
    pub(crate) fn parse_prefix_in(
        bytes: &'a [u8],
        dialect: Dialect,
    ) -> Result<(Self, &'a [u8]), ParseError> {
        let Ok((header, rest)) = wire::header(bytes) else {
            return Err(detect::short(bytes).into());
        };
        let length = usize::from(header.length);
        let split = bytes.split_at_checked(HEADER_LEN + length);
        let fast = split.and_then(|(message, _)| {
            trailer::fast_path(header, message, rest.get(..length)?, dialect)
        });
        let trailer = match fast {
            Some(trailer) => trailer,
            None => trailer::slow_path(bytes, dialect, true)?,
        };
        match split {
            Some((message, rest)) => Ok((Self::new(message, header, trailer, dialect), rest)),
            None => {
                debug_assert!(false, "the slow path refuses truncated messages");
                Err(detect::short(bytes).into())
            }
        }
    }

    #[inline(always)]
    const fn new(
        bytes: &'a [u8],
        header: RawHeader<'a>,
        trailer: Trailer,
        dialect: Dialect,
    ) -> Self {
        Self {
            bytes,
            id: header.id,
            trailer,
            type_bits: header.type_bits,
            dialect,
        }
    }

    /// The bytes of the message, from the header to the padding of the last attribute.
    #[must_use]
    #[inline]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The header.
    #[must_use]
    #[inline]
    pub fn header(&self) -> Header {
        // A message is at most 65,535 bytes longer than its header.
        #[allow(clippy::cast_possible_truncation)]
        let length = self.bytes.len().saturating_sub(HEADER_LEN) as u16;
        let header = RawHeader {
            type_bits: self.type_bits,
            length,
            id: self.id,
        };
        Header::from_wire(header, self.dialect)
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

    /// Class and method.
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

    /// Whether the class is [`Class::Indication`].
    #[must_use]
    #[inline]
    pub fn is_indication(&self) -> bool {
        self.class() == Class::Indication
    }

    /// Whether the class is [`Class::SuccessResponse`].
    #[must_use]
    #[inline]
    pub fn is_success_response(&self) -> bool {
        self.class() == Class::SuccessResponse
    }

    /// Whether the class is [`Class::ErrorResponse`].
    #[must_use]
    #[inline]
    pub fn is_error_response(&self) -> bool {
        self.class() == Class::ErrorResponse
    }

    /// The transaction id.
    #[must_use]
    #[inline]
    pub fn transaction_id(&self) -> TransactionId {
        TransactionId::classic(*self.id)
    }

    /// The dialect in which the message was parsed.
    #[must_use]
    #[inline]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Parses the same bytes in another dialect, for example in the legacy form of MS-ICE2, which an attribute of
    /// the message announces. Returns `None` if they are not a message of that dialect.
    ///
    /// ```
    /// use stunwire::attribute::ms::ImplementationVersion;
    /// use stunwire::{Dialect, Message};
    ///
    /// /// MS-ICE2 in the form that the message announces.
    /// fn microsoft(message: Message<'_>) -> Option<Message<'_>> {
    ///     let message = message.with_dialect(Dialect::MS_ICE2)?;
    ///     match message.get::<ImplementationVersion>() {
    ///         Ok(Some(version)) if version.0 >= 3 => Some(message),
    ///         _ => message.with_dialect(Dialect::MS_ICE2_LEGACY),
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn with_dialect(self, dialect: Dialect) -> Option<Self> {
        Self::parse_in(self.bytes, dialect).ok()
    }

    /// The attributes that an agent may use, in wire order: those before the first MESSAGE-INTEGRITY,
    /// MESSAGE-INTEGRITY-SHA256 or FINGERPRINT, and these three. Attributes after them are ignored
    /// ([RFC 8489 §14.5](https://www.rfc-editor.org/rfc/rfc8489#section-14.5)), because anyone on the
    /// path can append them.
    #[must_use]
    #[inline]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes::new(self.all_attributes(), self.trailer)
    }

    /// Every attribute in wire order, including those that an agent ignores: for dissectors and proxies.
    #[must_use]
    #[inline]
    pub fn all_attributes(&self) -> AllAttributes<'a> {
        AllAttributes::new(Cursor::new(self.bytes, HEADER_LEN), self.id, self.dialect)
    }

    /// The first attribute of type `T`, ignored attributes excluded. `None` if there is none or if the
    /// dialect has no such attribute.
    ///
    /// # Errors
    /// If the attribute is present and its value is malformed.
    #[inline]
    pub fn get<T: Attribute<'a>>(&self) -> Result<Option<T>, AttributeError> {
        self.attributes().get()
    }

    /// Reads several attributes in one pass over the message. `T` is a tuple of 1 to 12 attribute types: `A`
    /// for an attribute that is required, `Option<A>` for one that is optional. Ignored attributes are
    /// excluded, and of each type the first attribute is read.
    ///
    /// This is the fastest way to read two or more attributes. Unlike a `match` on
    /// [`RawAttribute::ty`](crate::RawAttribute::ty) it also finds attributes by the other codes that
    /// peers send, such as XOR-MAPPED-ADDRESS under 0x8020.
    ///
    /// ```
    /// use stunwire::Message;
    /// use stunwire::attribute::{Nonce, Priority, Username};
    ///
    /// let packet = b"\x00\x01\x00\x10\x21\x12\xa4\x42abcdefghijkl\
    ///                \x00\x24\x00\x04\x6e\x00\x01\xff\x00\x06\x00\x03a:b\0";
    /// let message = Message::parse(packet)?;
    /// let (username, priority, nonce) = message.read::<(Username, Priority, Option<Nonce>)>()?;
    /// assert_eq!(username.as_bytes(), b"a:b");
    /// assert_eq!(priority, Priority(0x6e00_01ff));
    /// assert_eq!(nonce, None);
    ///
    /// let error = message.read::<(Username, Nonce)>().unwrap_err();
    /// assert_eq!(error.to_string(), "NONCE is missing");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A tuple that names a type twice does not compile:
    ///
    /// ```compile_fail,E0080
    /// # use stunwire::Message;
    /// # use stunwire::attribute::Username;
    /// # let message = Message::parse(&[])?;
    /// let (a, b) = message.read::<(Username, Username)>()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If a required attribute is absent, or the value of one of these attributes is malformed.
    #[inline]
    pub fn read<T: ReadAttributes<'a>>(&self) -> Result<T, AttributeError> {
        self.attributes().read()
    }

    /// Whether an attribute of this type is present, ignored attributes excluded.
    ///
    /// Unlike [`get`](Self::get), it looks for this type only, not for other codes of the same attribute, such as
    /// 0x8020 for XOR-MAPPED-ADDRESS.
    ///
    /// ```
    /// use stunwire::Message;
    /// use stunwire::attribute::AttributeType;
    ///
    /// let packet = b"\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijkl\x00\x25\x00\x00";
    /// let message = Message::parse(packet)?;
    /// assert!(message.contains(AttributeType::USE_CANDIDATE));
    /// assert!(!message.has_integrity());
    /// # Ok::<(), stunwire::ParseError>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn contains(&self, ty: AttributeType) -> bool {
        self.attributes().next_of(|other| other == ty).is_some()
    }

    /// Whether MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 is present. [`verify`](Self::verify) checks whether it
    /// is valid.
    #[must_use]
    #[inline]
    pub fn has_integrity(&self) -> bool {
        [Entry::Integrity, Entry::Sha256]
            .into_iter()
            .any(|entry| self.trailer.offset(entry).is_some())
    }

    /// All attributes of type `T`, ignored attributes excluded: for example the peers of a
    /// CreatePermission request.
    #[inline]
    pub fn get_all<T: Attribute<'a>>(
        &self,
    ) -> impl FusedIterator<Item = Result<T, AttributeError>> + Clone + use<'a, T> {
        self.attributes().get_all()
    }

    /// The comprehension-required attribute types for which `known` returns `false`, in wire order: a 420
    /// (Unknown Attribute) response lists them
    /// ([RFC 8489 §6.3.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.3.1)).
    ///
    /// A type that occurs twice is yielded twice. The integrity attributes of the dialect, which this
    /// crate handles itself, are never yielded.
    #[inline]
    pub fn unknown_required<F>(
        &self,
        known: F,
    ) -> impl FusedIterator<Item = AttributeType> + Clone + use<'a, F>
    where
        F: FnMut(AttributeType) -> bool + Clone,
    {
        self.attributes().unknown_required(known)
    }

    pub(crate) const fn trailer(&self) -> Trailer {
        self.trailer
    }

    /// The first 16 bits of the header.
    pub(crate) const fn type_bits(&self) -> u16 {
        self.type_bits
    }

    /// The attribute at `offset` from the start of the message, and the bytes before it.
    #[inline(always)]
    pub(crate) fn tlv_at(&self, offset: usize) -> Option<(&'a [u8], Tlv<'a>)> {
        let tlv = wire::tlv(Cursor::new(self.bytes, offset)).ok()?;
        Some((self.bytes.get(..offset)?, tlv))
    }
}

/// Prints one line: see the `Display` implementation.
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

impl From<Message<'_>> for Header {
    fn from(message: Message<'_>) -> Self {
        message.header()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn size() {
        assert!(size_of::<Message<'_>>() <= 40);
        assert!(size_of::<crate::RawAttribute<'_>>() <= 48);
    }
}
