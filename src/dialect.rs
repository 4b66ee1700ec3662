//! What differs between the RFCs and Microsoft's protocols, in one table.

use core::fmt;
use core::str::FromStr;

use crate::attribute::AttributeType;
use crate::error::{HeaderError, ParseError, UnknownDialect};
use crate::header::{Class, Header, MessageType, Method, TransactionId};
use crate::message::{Message, Walk};
use crate::registry;
use crate::wire;

/// A family of rules by which bytes are read, written and signed.
///
/// [`Message::parse`] and [`Header`]'s constructors speak [`Dialect::RFC8489`]; the others begin
/// here. A reply is written in the dialect of its request.
///
/// ```
/// use stunwire::{Dialect, Method, ParseError, Message};
///
/// // An Allocate of MS-TURN: MAGIC-COOKIE first, then LIFETIME.
/// let packet = b"\0\x03\0\x10abcdefghijklmnop\0\x0f\0\x04\x72\xc6\x4b\xc6\0\x0d\0\x04\0\0\x02\x58";
/// assert_eq!(Dialect::detect(packet), Some(Dialect::MS_TURN));
/// assert_eq!(Dialect::MS_TURN.parse(packet)?.method(), Method::ALLOCATE);
/// # Ok::<(), ParseError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    family: Family,
    padded: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
enum Family {
    Rfc8489,
    Rfc3489,
    MsTurn,
    MsIce2,
    MsIce2Legacy,
}

/// One row of the table. The page `docs/microsoft.md` shows it with what stands elsewhere: code
/// points, in the registry, and addresses, which are XOR-ed with bytes 4 to 19 of the header in every
/// dialect.
#[allow(clippy::struct_excessive_bools)]
pub(crate) struct Rules {
    /// Bytes 4 to 7 of the header are the magic cookie (RFC 8489 §5). Without, all of bytes 4 to 19
    /// are transaction id.
    pub(crate) cookie: bool,
    /// The first attribute is MAGIC-COOKIE ([MS-TURN] 2.2.2.8).
    pub(crate) magic: bool,
    /// Attributes are padded to a multiple of 4 behind their value (RFC 8489 §14).
    padded: bool,
    /// Values of texts and lists are stretched to a multiple of 4, inside their length
    /// (RFC 3489 §11.2).
    pub(crate) fill: bool,
    /// How the integrity tag is computed.
    pub(crate) tag: Tag,
    /// MESSAGE-INTEGRITY may be an HMAC-SHA256 of 32 bytes ([MS-TURN] 2.2.2.17).
    pub(crate) wide: bool,
    /// FINGERPRINT may have been computed with the odd CRC table of [MS-ICE2] 3.1.4.8.2.
    pub(crate) ms_crc: bool,
}

/// Which bytes the integrity tag covers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// What stands before it, with the header's length set to end at the tag (RFC 8489 §14.5).
    Adjusted,
    /// What stands before it, zero-padded to a multiple of 64, with the header's length as it is.
    /// Nothing follows the tag (RFC 3489 §11.2.8).
    Last,
    /// As `Last`, but FINGERPRINT follows and its 8 bytes are counted in the length.
    BeforeFingerprint,
}

impl Dialect {
    /// STUN, TURN and ICE as they are today: RFC 8489, which reads RFC 5389 too.
    pub const RFC8489: Self = Self::of(Family::Rfc8489);

    /// Classic STUN, before the magic cookie: RFC 3489. Values are stretched to a multiple of 4.
    pub const RFC3489: Self = Self::of(Family::Rfc3489);

    /// \[MS-TURN\], the relay protocol of Lync, Skype for Business and Teams: MAGIC-COOKIE as the
    /// first attribute, NONCE and REALM with each other's codes, no padding, the tag last.
    pub const MS_TURN: Self = Self::of(Family::MsTurn);

    /// \[MS-ICE2\] from IMPLEMENTATION-VERSION 3 on: the rules of RFC 5389.
    pub const MS_ICE2: Self = Self::of(Family::MsIce2);

    /// \[MS-ICE2\] up to IMPLEMENTATION-VERSION 2: texts are NUL-filled inside their length, the tag
    /// is over zero-padded text and counts the FINGERPRINT behind it.
    pub const MS_ICE2_LEGACY: Self = Self::of(Family::MsIce2Legacy);

    const fn of(family: Family) -> Self {
        Self {
            family,
            padded: Self::rules_of(family).padded,
        }
    }

    /// The same without padding behind attributes, under a header that is otherwise the dialect's:
    ///
    /// - `RFC8489.unpadded()` for WhatsApp's own messages and libnice's OC2007R2 mode,
    /// - `MS_ICE2_LEGACY.unpadded()` for the checks of that mode.
    #[must_use]
    pub const fn unpadded(self) -> Self {
        Self {
            padded: false,
            ..self
        }
    }

    /// The same with attributes padded to 4 bytes behind their value:
    ///
    /// - `MS_TURN.padded()` for the one implementation that is not Microsoft's and writes so,
    /// - `RFC3489.padded()` for servers that leave the cookie out and otherwise speak RFC 5389.
    #[must_use]
    pub const fn padded(self) -> Self {
        Self {
            padded: true,
            ..self
        }
    }

    #[inline(always)]
    const fn rules_of(family: Family) -> Rules {
        #[rustfmt::skip]
        let rules = match family {
            Family::Rfc8489 =>      Rules { cookie: true,  magic: false, padded: true,  fill: false, tag: Tag::Adjusted,          wide: false, ms_crc: false },
            Family::Rfc3489 =>      Rules { cookie: false, magic: false, padded: false, fill: true,  tag: Tag::Last,              wide: false, ms_crc: false },
            Family::MsTurn =>       Rules { cookie: false, magic: true,  padded: false, fill: false, tag: Tag::Last,              wide: true,  ms_crc: false },
            Family::MsIce2 =>       Rules { cookie: true,  magic: false, padded: true,  fill: false, tag: Tag::Adjusted,          wide: false, ms_crc: true },
            Family::MsIce2Legacy => Rules { cookie: true,  magic: false, padded: true,  fill: true,  tag: Tag::BeforeFingerprint, wide: false, ms_crc: true },
        };
        rules
    }

    #[inline(always)]
    pub(crate) const fn rules(self) -> Rules {
        Self::rules_of(self.family)
    }

    /// Whether attributes are padded to a multiple of 4 behind their value.
    #[inline(always)]
    #[must_use]
    pub const fn is_padded(self) -> bool {
        self.padded
    }

    /// This dialect's bit in a set of dialects.
    #[inline(always)]
    pub(crate) const fn bit(self) -> u8 {
        match self.family {
            Family::Rfc8489 => 0x01,
            Family::Rfc3489 => 0x02,
            Family::MsTurn => 0x04,
            Family::MsIce2 => 0x08,
            Family::MsIce2Legacy => 0x10,
        }
    }

    /// Reads a whole message: header and attributes, nothing behind.
    ///
    /// # Errors
    /// As [`Message::parse`].
    #[inline]
    pub fn parse(self, bytes: &[u8]) -> Result<Message<'_>, ParseError> {
        Message::parse_exact(bytes, self)
    }

    /// Reads the message at the start and gives the bytes behind it.
    ///
    /// # Errors
    /// As [`Message::parse_prefix`].
    #[inline]
    pub fn parse_prefix(self, bytes: &[u8]) -> Result<(Message<'_>, &[u8]), ParseError> {
        Message::parse_first(bytes, self)
    }

    /// Reads the header alone.
    ///
    /// # Errors
    /// As [`Header::parse`]; the magic cookie is asked for where the dialect has it.
    #[inline]
    pub fn header(self, bytes: &[u8]) -> Result<Header, HeaderError> {
        self.head(bytes)
            .map(|(head, _)| Header::from_wire(head, self))
    }

    /// Reads the header, then attribute by attribute: what a dissector uses, because what stands
    /// before an error stays usable.
    ///
    /// # Errors
    /// When the header does not stand.
    #[inline]
    pub fn walk(self, bytes: &[u8]) -> Result<(Header, Walk<'_>), ParseError> {
        let (head, rest) = self.head(bytes)?;
        Ok((Header::from_wire(head, self), Walk::new(head, rest, self)))
    }

    /// Whether a message of this dialect begins so.
    #[inline(always)]
    pub(crate) fn begins(self, head: wire::Head<'_>) -> bool {
        head.type_bits & 0xC000 == 0
            && (!self.rules().cookie || TransactionId::classic(*head.id).has_cookie())
    }

    #[inline(always)]
    pub(crate) fn head(self, bytes: &[u8]) -> Result<(wire::Head<'_>, &[u8]), HeaderError> {
        match wire::head(bytes) {
            Ok((head, rest)) if self.begins(head) => Ok((head, rest)),
            Ok((head, _)) => Err(refused(head)),
            Err(wire::Cut) => Err(short(bytes)),
        }
    }

    /// The dialect of a datagram, as far as its bytes tell.
    ///
    /// - MAGIC-COOKIE as the first attribute is MS-TURN, whatever stands in the header: Teams puts
    ///   the RFC's cookie there as well.
    /// - With the RFC's cookie, IMPLEMENTATION-VERSION tells MS-ICE2 (3 and above) from its legacy
    ///   form; everything else is RFC 8489, without padding if the attributes stand only so.
    /// - `None` without either. Classic STUN has no mark of its own; ask for
    ///   [`Dialect::RFC3489`] where the port or the peer says so.
    #[must_use]
    pub fn detect(datagram: &[u8]) -> Option<Self> {
        let (_, rest) = Self::MS_TURN.head(datagram).ok()?;
        if rest.first_chunk() == Some(&registry::MS_TURN_MAGIC) {
            let unpadded = Self::MS_TURN;
            let stands = |dialect: Self| dialect.parse_prefix(datagram).is_ok();
            return Some(if !stands(unpadded) && stands(unpadded.padded()) {
                unpadded.padded()
            } else {
                unpadded
            });
        }
        Self::RFC8489.header(datagram).ok()?;
        let message = Self::RFC8489.parse_prefix(datagram);
        let unpadded = Self::RFC8489.unpadded();
        let (message, dialect) = match message {
            Ok((message, _)) => (message, Self::RFC8489),
            Err(_) => match unpadded.parse_prefix(datagram) {
                Ok((message, _)) => (message, unpadded),
                Err(_) => return Some(Self::RFC8489),
            },
        };
        let version = message
            .get::<crate::attribute::ms::ImplementationVersion>()
            .ok()
            .flatten();
        let family = match version {
            Some(version) if version.is_legacy() => Family::MsIce2Legacy,
            Some(_) => Family::MsIce2,
            None => dialect.family,
        };
        Some(Self { family, ..dialect })
    }

    /// The name of an attribute in this dialect, `None` if it has none.
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
        registry::name_of(ty, self)
    }

    /// Class and method that the 16 type bits mean in this dialect.
    #[must_use]
    #[inline]
    pub fn message_type(self, bits: u16) -> MessageType {
        let own = match self.family {
            Family::MsTurn => MS_TURN_TYPES.iter().find(|row| row.0 == bits),
            _ => None,
        };
        match own {
            Some(&(_, class, method)) => MessageType::new(class, method),
            None => MessageType::from_bits(bits),
        }
    }

    /// Whether these type bits mean this: for a known type a comparison, where
    /// [`message_type`](Self::message_type) has to sort bits.
    #[inline(always)]
    pub(crate) fn has_bits(self, ty: MessageType, bits: u16) -> bool {
        match self.family {
            Family::MsTurn => self.message_type(bits) == ty,
            _ => bits == ty.to_bits(),
        }
    }

    /// The 16 type bits of a message of this dialect. Where the dialect has no such message, because it
    /// gave the bits to another, the topmost bit is set, which the writer refuses.
    pub(crate) fn type_bits(self, ty: MessageType) -> u16 {
        let bits = ty.to_bits();
        if self.family != Family::MsTurn {
            return bits;
        }
        match MS_TURN_TYPES
            .iter()
            .find(|row| (row.1, row.2) == (ty.class, ty.method))
        {
            Some(&(own, _, _)) => own,
            None if MS_TURN_TYPES.iter().any(|row| row.0 == bits) => bits | 0x8000,
            None => bits,
        }
    }

    /// Whether a message of this dialect stands under `other` without another walk: the same cookie
    /// and the same padding.
    pub(crate) fn same_grammar(self, other: Self) -> bool {
        let (mine, others) = (self.rules(), other.rules());
        self.padded == other.padded && mine.cookie == others.cookie && mine.magic == others.magic
    }
}

/// The error of bytes that are fewer than a header's.
#[cold]
pub(crate) fn short(bytes: &[u8]) -> HeaderError {
    HeaderError::Short {
        // Fewer than 20, so it fits.
        available: u8::try_from(bytes.len()).unwrap_or(u8::MAX),
    }
}

/// The error of a header with which no message begins. Out of the way, so that the cookie is compared as one
/// word.
#[cold]
#[inline(never)]
fn refused(head: wire::Head<'_>) -> HeaderError {
    let [first, _] = head.type_bits.to_be_bytes();
    if head.type_bits & 0xC000 != 0 {
        return HeaderError::NotStun { first };
    }
    let found = TransactionId::classic(*head.id).cookie();
    HeaderError::NoCookie { found }
}

/// MS-TURN's message types that the RFCs read otherwise (\[MS-TURN\] 2.2.1). The responses to Send are
/// of its midcom relatives; Microsoft's servers never send them.
const MS_TURN_TYPES: [(u16, Class, Method); 7] = [
    (0x0004, Class::Request, Method::SEND),
    (0x0104, Class::SuccessResponse, Method::SEND),
    (0x0114, Class::ErrorResponse, Method::SEND),
    (0x0115, Class::Indication, Method::DATA),
    (0x0006, Class::Request, Method::SET_ACTIVE_DESTINATION),
    (
        0x0106,
        Class::SuccessResponse,
        Method::SET_ACTIVE_DESTINATION,
    ),
    (0x0116, Class::ErrorResponse, Method::SET_ACTIVE_DESTINATION),
];

/// What a dialect is called, padded as it mostly is.
const NAMES: [(Family, &str); 5] = [
    (Family::Rfc8489, "rfc8489"),
    (Family::Rfc3489, "rfc3489"),
    (Family::MsTurn, "ms-turn"),
    (Family::MsIce2, "ms-ice2"),
    (Family::MsIce2Legacy, "ms-ice2-legacy"),
];

/// `rfc8489`, `rfc8489-unpadded`, `ms-turn`, `ms-turn-padded`, `ms-ice2-legacy`, and so on.
impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = NAMES.iter().find(|row| row.0 == self.family);
        f.write_str(named.map_or("", |row| row.1))?;
        match (self.rules().padded, self.padded) {
            (true, false) => f.write_str("-unpadded"),
            (false, true) => f.write_str("-padded"),
            _ => Ok(()),
        }
    }
}

/// Reads the name that [`Display`](fmt::Display) gives, for the arguments of a program and its
/// configuration.
///
/// ```
/// use stunwire::Dialect;
///
/// assert_eq!("ms-turn-padded".parse(), Ok(Dialect::MS_TURN.padded()));
/// assert_eq!(Dialect::MS_TURN.padded().to_string(), "ms-turn-padded");
/// assert!("turn".parse::<Dialect>().is_err());
/// ```
impl FromStr for Dialect {
    type Err = UnknownDialect;

    /// # Errors
    /// When no dialect is called so: one that is padded as it mostly is has no suffix.
    fn from_str(name: &str) -> Result<Self, UnknownDialect> {
        let (base, padded) = match (name.strip_suffix("-unpadded"), name.strip_suffix("-padded")) {
            (Some(base), _) => (base, Some(false)),
            (None, Some(base)) => (base, Some(true)),
            (None, None) => (name, None),
        };
        let named = NAMES.iter().find(|row| row.1 == base);
        let usual = Self::of(named.ok_or(UnknownDialect)?.0);
        match padded {
            None => Ok(usual),
            Some(padded) if padded != usual.padded => Ok(Self { padded, ..usual }),
            Some(_) => Err(UnknownDialect),
        }
    }
}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dialect({self})")
    }
}

/// What an attribute's value may depend on beyond its own bytes.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Context {
    /// The transaction id of the message: the mask of XOR-ed addresses (RFC 8489 §14.2).
    pub transaction_id: TransactionId,
    /// The dialect of the message.
    pub dialect: Dialect,
}

impl Context {
    /// A context outside a message, to decode or encode a value alone.
    #[must_use]
    pub const fn new(transaction_id: TransactionId, dialect: Dialect) -> Self {
        Self {
            transaction_id,
            dialect,
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for (family, _) in NAMES {
            let usual = Dialect::of(family);
            for dialect in [usual.padded(), usual.unpadded()] {
                assert_eq!(dialect.to_string().parse(), Ok(dialect));
            }
        }
        for name in [
            "",
            "RFC8489",
            "rfc8489-padded",
            "ms-turn-unpadded",
            "ms-ice2-padded-unpadded",
            "-padded",
        ] {
            assert_eq!(name.parse::<Dialect>(), Err(UnknownDialect), "{name}");
        }
    }
}
