//! A message in a buffer: one walk over its attributes, then views that cannot fail.

use core::fmt;
use core::ops::Range;

use crate::attribute::{AnyAttribute, Attribute, AttributeType};
use crate::dialect::{Context, Dialect};
use crate::error::{AttributeError, HeaderError, ParseError};
use crate::header::{Class, Header, MessageType, Method, TransactionId};
use crate::registry;
use crate::wire::{self, Cursor, HEADER_LEN, TLV_HEAD_LEN, Tlv};

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
/// each, and none behind one that must follow it. In one word, so that a message stays in registers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marks(u64);

/// What has a place in [`Marks`], by the position of its 16 bits.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Integrity = 0,
    Sha256 = 16,
    Fingerprint = 32,
    /// The first attribute that an agent must not look at.
    Hidden = 48,
}

/// Whether this is one of the three. First one test for what most attributes are not: the bits that all
/// three have in common.
#[inline(always)]
fn is_mark(tlv: Tlv<'_>) -> bool {
    const ONES: u32 = 0x0008 & 0x001C & 0x8028;
    const EITHER: u32 = (0x0008 | 0x001C | 0x8028) & !ONES;
    tlv.head() & (!EITHER << 16) == ONES << 16
        && matches!(
            AttributeType::new(tlv.ty()),
            AttributeType::MESSAGE_INTEGRITY
                | AttributeType::MESSAGE_INTEGRITY_SHA256
                | AttributeType::FINGERPRINT
        )
}

impl Marks {
    const NONE: Self = Self(0);

    /// Where the attribute stands, if there is one. Kept is the place of its value, which is never 0.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn place(self, mark: Mark) -> Option<u16> {
        ((self.0 >> mark as u32) as u16).checked_sub(TLV_HEAD_LEN as u16)
    }

    /// The same with the place of an attribute that had none.
    #[inline(always)]
    const fn with(self, mark: Mark, tlv: Tlv<'_>) -> Self {
        Self(self.0 | (tlv.value_place() as u64) << mark as u32)
    }

    /// The same with another place for the first hidden attribute.
    #[inline(always)]
    const fn hiding(self, tlv: Tlv<'_>) -> Self {
        Self(self.0 & !(0xFFFF << Mark::Hidden as u32)).with(Mark::Hidden, tlv)
    }

    /// Takes note of the first of the three, or of an attribute behind it. MESSAGE-INTEGRITY-SHA256
    /// may follow MESSAGE-INTEGRITY, FINGERPRINT both, and nothing else anything
    /// (RFC 8489 §14.5 to §14.7).
    fn note(self, tlv: Tlv<'_>) -> Self {
        let [integrity, sha256, fingerprint] = [Mark::Integrity, Mark::Sha256, Mark::Fingerprint]
            .map(|mark| self.place(mark).is_some());
        let mark = match AttributeType::new(tlv.ty()) {
            AttributeType::MESSAGE_INTEGRITY if !(integrity || sha256 || fingerprint) => {
                Mark::Integrity
            }
            AttributeType::MESSAGE_INTEGRITY_SHA256 if !(sha256 || fingerprint) => Mark::Sha256,
            AttributeType::FINGERPRINT if !fingerprint => Mark::Fingerprint,
            _ if (integrity || sha256 || fingerprint) && self.place(Mark::Hidden).is_none() => {
                Mark::Hidden
            }
            _ => return self,
        };
        self.with(mark, tlv)
    }

    /// The first of the three that stands behind the first hidden attribute.
    #[inline(always)]
    fn behind_hidden(self) -> Option<u16> {
        let hidden = self.place(Mark::Hidden);
        [Mark::Sha256, Mark::Fingerprint]
            .into_iter()
            .filter_map(|mark| self.place(mark))
            .filter(|place| Some(*place) > hidden)
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
        let Ok((head, body)) = wire::head(bytes) else {
            return Err(short(bytes));
        };
        let is_whole = usize::from(head.length) == body.len();
        let marks = match paved(head, body, dialect) {
            Some(marks) if is_whole => marks,
            _ => careful(bytes, dialect, true)?,
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
            return Err(short(bytes));
        };
        let length = usize::from(head.length);
        let body = behind.get(..length);
        let marks = match body.and_then(|body| paved(head, body, dialect)) {
            Some(marks) => marks,
            None => careful(bytes, dialect, false)?,
        };
        // It stands, so it is there.
        let Some((bytes, rest)) = bytes.split_at_checked(HEADER_LEN.wrapping_add(length)) else {
            return Err(short(bytes));
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

/// Reads the attributes as they mostly are: all of them stand, and nothing is hidden. `None` says nothing
/// but that they have to be read with more care.
#[inline(always)]
fn paved(head: wire::Head<'_>, body: &[u8], dialect: Dialect) -> Option<Marks> {
    if !dialect.begins(head) || has_magic(body) != dialect.rules().magic {
        return None;
    }
    let mut cursor = Cursor::new(body);
    while let Ok(tlv) = wire::tlv(cursor) {
        if is_mark(tlv) {
            break;
        }
        cursor = tlv.behind(dialect.is_padded());
    }
    let mut marks = Marks::NONE;
    for (mark, ty) in [
        (Mark::Integrity, AttributeType::MESSAGE_INTEGRITY),
        (Mark::Sha256, AttributeType::MESSAGE_INTEGRITY_SHA256),
        (Mark::Fingerprint, AttributeType::FINGERPRINT),
    ] {
        match wire::tlv(cursor) {
            Ok(tlv) if tlv.ty() == ty.code() => {
                marks = marks.with(mark, tlv);
                cursor = tlv.behind(dialect.is_padded());
            }
            _ => {}
        }
    }
    cursor.is_at_end().then_some(marks)
}

/// Reads any message: what is hidden is noted, and what is wrong has a reason. Out of the way, so that a
/// caller of [`Message::parse`] has but one call in it.
#[cold]
#[inline(never)]
fn careful(bytes: &[u8], dialect: Dialect, to_end: bool) -> Result<Marks, ParseError> {
    let (_, mut walk) = dialect.walk(bytes)?;
    let mut marks = Marks::NONE;
    while let Some(tlv) = walk.next_tlv() {
        marks = marks.note(tlv?);
    }
    let rest = walk.rest();
    if to_end && !rest.is_empty() {
        return Err(ParseError::Trailing {
            offset: length32(bytes).saturating_sub(length32(rest)),
            available: length32(bytes),
        });
    }
    Ok(marks)
}

#[cold]
fn short(bytes: &[u8]) -> ParseError {
    ParseError::Header(HeaderError::Short {
        // Fewer than 20, so it fits.
        available: u8::try_from(bytes.len()).unwrap_or(u8::MAX),
    })
}

/// The error of the attribute at `cursor`, which does not fit.
#[cold]
fn cut(cursor: Cursor<'_>, dialect: Dialect) -> ParseError {
    let needed = match wire::tlv(cursor) {
        Ok(tlv) if dialect.is_padded() => tlv.len().wrapping_add(wire::padding(tlv.len())),
        Ok(tlv) => tlv.len(),
        Err(wire::Cut) => 0,
    };
    ParseError::Attribute {
        offset: offset32(cursor.place()),
        needed: u32::try_from(needed.wrapping_add(TLV_HEAD_LEN)).unwrap_or(u32::MAX),
        left: length32(cursor.left()),
    }
}

/// Whether MS-TURN's MAGIC-COOKIE comes first. A third of the MS-TURN messages of a real call parse cleanly
/// under RFC 8489 and would then lie, so neither reading is given the other's message.
#[inline(always)]
fn has_magic(body: &[u8]) -> bool {
    body.first_chunk() == Some(&registry::MS_TURN_MAGIC)
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
    /// `None` if it ends behind the message, which parsing has ruled out.
    #[inline(always)]
    fn new(tlv: Tlv<'a>, id: &'a [u8; 16], dialect: Dialect) -> Option<Self> {
        Some(Self {
            value: tlv.value()?,
            padding: tlv.padding(dialect.is_padded()),
            id,
            offset: offset32(tlv.place()),
            ty: tlv.ty(),
            dialect,
        })
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
