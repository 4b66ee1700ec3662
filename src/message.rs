//! A message in a buffer: one walk over its attributes, then views that cannot fail.

use core::fmt;
use core::ops::Range;

use crate::attribute::{AnyAttribute, Attribute, AttributeType};
use crate::dialect::{Context, Dialect};
use crate::error::{AttributeError, ParseError};
use crate::header::{Class, Header, MessageType, Method, TransactionId};
use crate::registry;
use crate::wire::{self, HEADER_LEN, TLV_HEAD_LEN};

mod iter;

pub use self::iter::{AllAttributes, Attributes, GetAll, UnknownRequired, Walk};

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

/// Where the attributes stand that say what may be believed, in bytes from the end of the header.
///
/// Of MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT only those that count: the first of
/// each, and none behind one that must follow it. An attribute takes 4 bytes, so 65,535 is the place
/// of none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks {
    pub(crate) integrity: u16,
    pub(crate) sha256: u16,
    pub(crate) fingerprint: u16,
    /// The first attribute that an agent must not look at.
    hidden: u16,
}

/// The place of no attribute.
pub(crate) const ABSENT: u16 = u16::MAX;

impl Marks {
    const NONE: Self = Self {
        integrity: ABSENT,
        sha256: ABSENT,
        fingerprint: ABSENT,
        hidden: ABSENT,
    };

    /// Whether this is the head of one of the three. First one test for what most attributes are
    /// not: the bits that all three have in common.
    #[inline(always)]
    fn begin_with(head: u32) -> bool {
        const ONES: u32 = 0x0008 & 0x001C & 0x8028;
        const EITHER: u32 = (0x0008 | 0x001C | 0x8028) & !ONES;
        head & (!EITHER << 16) == ONES << 16
            && matches!(
                AttributeType::new(wire::split(head).0),
                AttributeType::MESSAGE_INTEGRITY
                    | AttributeType::MESSAGE_INTEGRITY_SHA256
                    | AttributeType::FINGERPRINT
            )
    }

    /// Takes note of the first of the three, or of an attribute behind it. MESSAGE-INTEGRITY-SHA256
    /// may follow MESSAGE-INTEGRITY, FINGERPRINT both, and nothing else anything
    /// (RFC 8489 §14.5 to §14.7).
    #[inline(always)]
    fn note(&mut self, ty: u16, place: u16) {
        let behind_sha256 = self.sha256.min(self.fingerprint);
        match AttributeType::new(ty) {
            AttributeType::MESSAGE_INTEGRITY if self.integrity.min(behind_sha256) == ABSENT => {
                self.integrity = place;
            }
            AttributeType::MESSAGE_INTEGRITY_SHA256 if behind_sha256 == ABSENT => {
                self.sha256 = place;
            }
            AttributeType::FINGERPRINT if self.fingerprint == ABSENT => self.fingerprint = place,
            _ => self.hidden = self.hidden.min(place),
        }
    }

    /// The first of the three that stands behind `place`.
    fn behind(&self, place: u16) -> Option<u16> {
        [self.integrity, self.sha256, self.fingerprint]
            .into_iter()
            .filter(|mark| *mark > place && *mark != ABSENT)
            .min()
    }
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
        let (message, rest) = Self::parse_first(bytes, dialect)?;
        if rest.is_empty() {
            Ok(message)
        } else {
            Err(ParseError::Trailing {
                offset: length32(message.bytes),
                available: length32(bytes),
            })
        }
    }

    #[inline(always)]
    pub(crate) fn parse_first(
        bytes: &'a [u8],
        dialect: Dialect,
    ) -> Result<(Self, &'a [u8]), ParseError> {
        let (head, body) = dialect.head(bytes)?;
        let length = usize::from(head.length);
        let Some((message, rest)) = bytes.split_at_checked(HEADER_LEN.wrapping_add(length)) else {
            return Err(truncated(head.length, bytes));
        };
        let Some(body) = body.get(..length) else {
            return Err(truncated(head.length, bytes));
        };
        check_magic(body, dialect)?;
        let mut marks = Marks::NONE;
        let mut left = body;
        // Mostly there is nothing to note, and what an error has to say is found out afterwards: so the
        // loop that runs most keeps only where it is.
        while let Ok(head) = wire::tlv_head(left) {
            let Ok(behind) = wire::skip(left, head, dialect.is_padded()) else {
                return Err(cut_in(body, dialect));
            };
            left = behind;
            if Marks::begin_with(head) {
                let begin = body.len().wrapping_sub(left.len());
                let size = wire::size(head, dialect.is_padded());
                marks.note(wire::split(head).0, narrow(begin.wrapping_sub(size)));
                break;
            }
        }
        while let Ok(head) = wire::tlv_head(left) {
            let Ok(behind) = wire::skip(left, head, dialect.is_padded()) else {
                return Err(cut_in(body, dialect));
            };
            marks.note(wire::split(head).0, place(body, left));
            left = behind;
        }
        if !left.is_empty() {
            return Err(cut(place(body, left), left, dialect));
        }
        let message = Self {
            bytes: message,
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
            body,
            left: body,
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

/// Where `left`, the end of `body`, begins. A body is at most 65,535 bytes long.
#[inline(always)]
fn place(body: &[u8], left: &[u8]) -> u16 {
    narrow(body.len().wrapping_sub(left.len()))
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation)]
const fn narrow(place: usize) -> u16 {
    place as u16
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

#[cold]
fn truncated(length: u16, bytes: &[u8]) -> ParseError {
    ParseError::Truncated {
        declared: offset32(length),
        available: length32(bytes),
    }
}

/// The error of the first attribute of `body` that does not fit.
#[cold]
#[inline(never)]
fn cut_in(body: &[u8], dialect: Dialect) -> ParseError {
    let mut left = body;
    while let Ok((_, behind)) = wire::tlv(left, dialect.is_padded()) {
        left = behind;
    }
    cut(place(body, left), left, dialect)
}

/// The error of an attribute at `place` that does not fit into `left`.
#[cold]
fn cut(place: u16, left: &[u8], dialect: Dialect) -> ParseError {
    let needed = match left {
        [_, _, l0, l1, ..] => {
            let length = usize::from(u16::from_be_bytes([*l0, *l1]));
            let pad = if dialect.is_padded() {
                wire::padding(length)
            } else {
                0
            };
            TLV_HEAD_LEN.wrapping_add(length).wrapping_add(pad)
        }
        _ => TLV_HEAD_LEN,
    };
    ParseError::Attribute {
        offset: offset32(place),
        needed: u32::try_from(needed).unwrap_or(u32::MAX),
        left: length32(left),
    }
}

/// A third of the MS-TURN messages of a real call parse cleanly under RFC 8489 and would then lie,
/// so neither reading is given the other's message.
#[inline(always)]
fn check_magic(body: &[u8], dialect: Dialect) -> Result<(), ParseError> {
    match (
        body.first_chunk() == Some(&registry::MS_TURN_MAGIC),
        dialect.rules().magic,
    ) {
        (true, false) => Err(ParseError::MsTurn),
        (false, true) => Err(ParseError::NotMsTurn),
        _ => Ok(()),
    }
}

/// One attribute as it stands on the wire
/// ([RFC 8489 §14](https://www.rfc-editor.org/rfc/rfc8489#section-14)).
#[derive(Clone, Copy)]
pub struct RawAttribute<'a> {
    value: &'a [u8],
    padding: &'a [u8],
    id: &'a [u8; 16],
    offset: u32,
    ty: u16,
    dialect: Dialect,
}

impl<'a> RawAttribute<'a> {
    #[inline(always)]
    fn new(tlv: wire::Tlv<'a>, place: u16, id: &'a [u8; 16], dialect: Dialect) -> Self {
        Self {
            value: tlv.value,
            padding: tlv.padding,
            id,
            offset: offset32(place),
            ty: tlv.ty,
            dialect,
        }
    }

    /// The type.
    #[must_use]
    #[inline]
    pub const fn ty(&self) -> AttributeType {
        AttributeType::new(self.ty)
    }

    /// The value, without padding.
    #[must_use]
    #[inline]
    pub const fn value(&self) -> &'a [u8] {
        self.value
    }

    /// The 0 to 3 bytes that pad the value, as they were sent. They are zero only by RFC 8489.
    #[must_use]
    #[inline]
    pub const fn padding(&self) -> &'a [u8] {
        self.padding
    }

    /// Where the attribute begins, in bytes from the start of the message.
    #[must_use]
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub const fn offset(&self) -> usize {
        // At most 65,551, and `usize` has at least 32 bits: see `lib.rs`.
        self.offset as usize
    }

    /// Where the value stands in the message: for who wants to keep the place and not the borrow.
    #[must_use]
    #[inline]
    pub const fn range(&self) -> Range<usize> {
        let start = self.offset().wrapping_add(TLV_HEAD_LEN);
        start..start.wrapping_add(self.value.len())
    }

    /// The dialect and transaction id of the message.
    #[must_use]
    #[inline]
    pub const fn context(&self) -> Context {
        Context::new(TransactionId::classic(*self.id), self.dialect)
    }

    /// The name in the message's dialect, `None` if it has none.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.dialect.name_of(self.ty())
    }

    /// Reads the value as a `T`, whatever the type says.
    ///
    /// # Errors
    /// When the value is none of `T`.
    #[inline(always)]
    pub fn decode<T: Attribute<'a>>(&self) -> Result<T, AttributeError> {
        match T::decode(self.value, self.context()) {
            Ok(value) => Ok(value),
            Err(source) => Err(AttributeError {
                attribute: self.ty(),
                offset: self.offset,
                source,
                dialect: self.dialect,
            }),
        }
    }

    /// Reads the value as what its type says; an unknown type stays as it is.
    ///
    /// # Errors
    /// When the value is malformed.
    #[inline(always)]
    pub fn to_any(&self) -> Result<AnyAttribute<'a>, AttributeError> {
        registry::to_any(*self)
    }
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
