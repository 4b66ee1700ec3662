//! The rules in which the RFCs and Microsoft's protocols differ, as one table.

use core::fmt;
use core::str::FromStr;

use crate::code_point::{AttributeType, Class, MessageType, Method};
use crate::transaction_id::TransactionId;
use crate::wire::{self, RawHeader};

/// MAGIC-COOKIE with type, length and value: the first attribute of every MS-TURN message
/// (\[MS-TURN\] 2.2.2.8).
pub(crate) const MAGIC_COOKIE_ATTRIBUTE: [u8; 8] = [0x00, 0x0F, 0x00, 0x04, 0x72, 0xC6, 0x4B, 0xC6];

/// The rules by which messages are read, written and signed: those of the RFCs or of one of Microsoft's
/// protocols.
///
/// [`Message::parse`](crate::Message::parse) and the constructors of [`Header`](crate::Header) use
/// [`Dialect::RFC8489`]; for another dialect use [`Dialect::parse`] and
/// [`Header::in_dialect`](crate::Header::in_dialect). A reply is written in the dialect of its request.
///
/// ```
/// use stunwire::{Dialect, Method, ParseError, Message};
///
/// // An Allocate request of MS-TURN: MAGIC-COOKIE first, then LIFETIME.
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

/// One row of the table. The page `docs/microsoft.md` shows it together with what is defined elsewhere:
/// the code points, in the registry, and addresses, which every dialect XORs with bytes 4 to 19 of the
/// header.
#[derive(Clone, Copy)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a column of the table"
)]
pub(crate) struct Rules {
    /// Bytes 4 to 7 of the header are the magic cookie (RFC 8489 §5). Otherwise bytes 4 to 19 are the
    /// transaction id.
    pub(crate) cookie: bool,
    /// The first attribute is MAGIC-COOKIE ([MS-TURN] 2.2.2.8).
    pub(crate) magic_cookie_attribute: bool,
    /// Attributes are padded to a multiple of 4 after their value (RFC 8489 §14).
    padded: bool,
    /// Whether texts and lists are padded to a multiple of 4 inside their length (RFC 3489 §11.2).
    pub(crate) pad_in_length: PadInLength,
    /// What the HMAC of MESSAGE-INTEGRITY covers.
    pub(crate) hmac_input: HmacInput,
    /// MESSAGE-INTEGRITY-SHA256 and GOOG-MESSAGE-INTEGRITY-32 exist. Otherwise their codes have no
    /// special meaning.
    pub(crate) sha256_attribute: bool,
    /// Where FINGERPRINT is allowed.
    pub(crate) fingerprint: FingerprintRule,
    /// MESSAGE-INTEGRITY may be an HMAC-SHA256 of 32 bytes ([MS-TURN] 2.2.2.17).
    pub(crate) ms_turn_sha256: bool,
    /// The smallest class of an error code: 3 (RFC 8489 §14.8), or 1 (RFC 3489 §11.2.9). Microsoft's
    /// bandwidth management has codes of class 2.
    pub(crate) min_error_class: u8,
    /// FINGERPRINT may have been computed with the CRC table printed in [MS-ICE2] 3.1.4.8.2.
    pub(crate) alternate_crc: bool,
}

/// Whether texts and lists are padded to a multiple of 4 inside their length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PadInLength {
    /// None is.
    Never,
    /// All are.
    Always,
    /// All are; if attributes are not padded, only USERNAME and CANDIDATE-IDENTIFIER. libnice in its
    /// OC2007R2 mode pads these two itself and writes SOFTWARE with its exact length.
    UnlessUnpadded,
}

/// What the HMAC of MESSAGE-INTEGRITY covers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum HmacInput {
    /// The message up to the attribute, with the header's length set as if the message ended with it
    /// (RFC 8489 §14.5).
    AdjustedLength,
    /// The message up to the attribute, zero-padded to a multiple of 64 bytes, with the header's length
    /// as sent: the attribute is the last one (RFC 3489 §11.2.8), or the one before a FINGERPRINT.
    ZeroPadded,
}

/// Where FINGERPRINT is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum FingerprintRule {
    /// Nowhere: its code has no special meaning.
    Never,
    /// As the last attribute of a message without MESSAGE-INTEGRITY.
    Unsigned,
    /// After the integrity attributes, where it is optional (RFC 8489 §14.7).
    Optional,
    /// After MESSAGE-INTEGRITY, which counts it in the header's length.
    Required,
}

impl Dialect {
    /// STUN, TURN and ICE by the rules of RFC 8489. Messages of RFC 5389 follow them, too.
    pub const RFC8489: Self = Self::of(Family::Rfc8489);

    /// Classic STUN of RFC 3489: no magic cookie, and values padded inside their length.
    pub const RFC3489: Self = Self::of(Family::Rfc3489);

    /// \[MS-TURN\], the relay protocol of Lync, Skype for Business and Teams: MAGIC-COOKIE as the first
    /// attribute, the types of NONCE and REALM exchanged, no padding, MESSAGE-INTEGRITY last.
    pub const MS_TURN: Self = Self::of(Family::MsTurn);

    /// \[MS-ICE2\] from IMPLEMENTATION-VERSION 3 on: the rules of RFC 8489, with either CRC table in
    /// FINGERPRINT.
    pub const MS_ICE2: Self = Self::of(Family::MsIce2);

    /// \[MS-ICE2\] up to IMPLEMENTATION-VERSION 2: texts are padded with NULs inside their length; the HMAC
    /// covers the message padded with zeros to a multiple of 64 bytes, and a header whose length counts the
    /// FINGERPRINT that follows.
    pub const MS_ICE2_LEGACY: Self = Self::of(Family::MsIce2Legacy);

    const fn of(family: Family) -> Self {
        Self {
            family,
            padded: Self::rules_of(family).padded,
        }
    }

    /// Returns this dialect without padding after attributes:
    ///
    /// - `RFC8489.unpadded()` for messages of WhatsApp and for libnice's OC2007R2 mode,
    /// - `MS_ICE2_LEGACY.unpadded()` for the connectivity checks of that mode.
    ///
    /// ```
    /// use stunwire::Dialect;
    ///
    /// // SOFTWARE of 3 bytes, without padding.
    /// let packet = b"\x00\x11\x00\x07\x21\x12\xa4\x42abcdefghijkl\x80\x22\x00\x03abc";
    /// assert!(Dialect::RFC8489.parse(packet).is_err());
    /// assert!(Dialect::RFC8489.unpadded().parse(packet).is_ok());
    /// ```
    #[must_use]
    pub const fn unpadded(self) -> Self {
        Self {
            padded: false,
            ..self
        }
    }

    /// Returns this dialect with attributes padded to a multiple of 4 bytes:
    ///
    /// - `MS_TURN.padded()` for an implementation of MS-TURN that pads as the RFCs do,
    /// - `RFC3489.padded()` for servers that omit the magic cookie and otherwise follow RFC 5389.
    #[must_use]
    pub const fn padded(self) -> Self {
        Self {
            padded: true,
            ..self
        }
    }

    #[inline]
    const fn rules_of(family: Family) -> Rules {
        const RFC8489: Rules = Rules {
            cookie: true,
            magic_cookie_attribute: false,
            padded: true,
            pad_in_length: PadInLength::Never,
            hmac_input: HmacInput::AdjustedLength,
            sha256_attribute: true,
            fingerprint: FingerprintRule::Optional,
            ms_turn_sha256: false,
            min_error_class: 3,
            alternate_crc: false,
        };
        match family {
            Family::Rfc8489 => RFC8489,
            Family::Rfc3489 => Rules {
                cookie: false,
                padded: false,
                pad_in_length: PadInLength::Always,
                hmac_input: HmacInput::ZeroPadded,
                sha256_attribute: false,
                fingerprint: FingerprintRule::Unsigned,
                min_error_class: 1,
                ..RFC8489
            },
            Family::MsTurn => Rules {
                cookie: false,
                magic_cookie_attribute: true,
                padded: false,
                hmac_input: HmacInput::ZeroPadded,
                sha256_attribute: false,
                fingerprint: FingerprintRule::Never,
                ms_turn_sha256: true,
                min_error_class: 1,
                ..RFC8489
            },
            Family::MsIce2 => Rules {
                min_error_class: 1,
                alternate_crc: true,
                ..RFC8489
            },
            Family::MsIce2Legacy => Rules {
                pad_in_length: PadInLength::UnlessUnpadded,
                hmac_input: HmacInput::ZeroPadded,
                sha256_attribute: false,
                fingerprint: FingerprintRule::Required,
                min_error_class: 1,
                alternate_crc: true,
                ..RFC8489
            },
        }
    }

    #[inline]
    pub(crate) const fn rules(self) -> Rules {
        Self::rules_of(self.family)
    }

    /// Whether attributes are padded to a multiple of 4 bytes after their value.
    #[inline]
    #[must_use]
    pub const fn is_padded(self) -> bool {
        self.padded
    }

    /// Length of the padding after a value of `len` bytes.
    #[inline(always)]
    pub(crate) const fn padding_len(self, len: usize) -> usize {
        if self.padded {
            wire::padding_len(len)
        } else {
            0
        }
    }

    /// This dialect's bit in a set of dialects.
    #[inline]
    pub(crate) const fn bit(self) -> u8 {
        match self.family {
            Family::Rfc8489 => 0x01,
            Family::Rfc3489 => 0x02,
            Family::MsTurn => 0x04,
            Family::MsIce2 => 0x08,
            Family::MsIce2Legacy => 0x10,
        }
    }

    /// `other` with the padding of this dialect.
    pub(crate) const fn with_rules_of(self, other: Self) -> Self {
        Self {
            padded: self.padded,
            ..other
        }
    }

    /// Whether a message of this dialect can have this header.
    #[inline]
    pub(crate) fn accepts(self, header: RawHeader<'_>) -> bool {
        header.type_bits & 0xC000 == 0
            && (!self.rules().cookie || TransactionId::classic(*header.id).has_cookie())
    }

    /// Whether the attribute is one that may end a message: an integrity attribute or FINGERPRINT.
    #[inline]
    pub(crate) fn is_trailer(self, ty: AttributeType) -> bool {
        let rules = self.rules();
        match ty {
            AttributeType::MESSAGE_INTEGRITY => true,
            AttributeType::MESSAGE_INTEGRITY_SHA256 => rules.sha256_attribute,
            AttributeType::FINGERPRINT => !matches!(rules.fingerprint, FingerprintRule::Never),
            _ => false,
        }
    }

    /// The class and the method that the first 16 bits of a header denote in this dialect.
    ///
    /// ```
    /// use stunwire::{Class, Dialect, Method};
    ///
    /// let ty = Dialect::RFC8489.message_type(0x0113);
    /// assert_eq!((ty.class, ty.method), (Class::ErrorResponse, Method::ALLOCATE));
    /// ```
    #[must_use]
    #[inline]
    pub fn message_type(self, bits: u16) -> MessageType {
        let exception = match self.family {
            Family::MsTurn => MS_TURN_TYPES.iter().find(|row| row.0 == bits),
            _ => None,
        };
        match exception {
            Some(&(_, class, method)) => MessageType::new(class, method),
            None => MessageType::from_bits(bits),
        }
    }

    /// Whether these are the type bits of a message of this type: a comparison, where
    /// [`message_type`](Self::message_type) has to rearrange bits. If the dialect gave the message other bits
    /// than the RFCs, the RFCs' bits are not those of the message.
    #[inline]
    pub(crate) fn has_bits(self, ty: MessageType, bits: u16) -> bool {
        match self.family {
            Family::MsTurn => bits == self.type_bits(ty),
            _ => bits == ty.to_bits(),
        }
    }

    /// The 16 type bits of a message of this dialect. If the dialect uses the bits for another message
    /// type, the topmost bit is set, which the writer refuses.
    pub(crate) fn type_bits(self, ty: MessageType) -> u16 {
        let bits = ty.to_bits();
        if self.family != Family::MsTurn {
            return bits;
        }
        match MS_TURN_TYPES
            .iter()
            .find(|row| (row.1, row.2) == (ty.class, ty.method))
        {
            Some(&(bits, _, _)) => bits,
            None if MS_TURN_TYPES.iter().any(|row| row.0 == bits) => bits | 0x8000,
            None => bits,
        }
    }
}

/// The message types of MS-TURN that differ from the RFCs (\[MS-TURN\] 2.2.1). The responses to Send are
/// those of the midcom-turn drafts; Microsoft's servers do not send them.
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

/// The names of the dialects with their usual padding.
const NAMES: [(Family, &str); 5] = [
    (Family::Rfc8489, "rfc8489"),
    (Family::Rfc3489, "rfc3489"),
    (Family::MsTurn, "ms-turn"),
    (Family::MsIce2, "ms-ice2"),
    (Family::MsIce2Legacy, "ms-ice2-legacy"),
];

/// Prints the name of the dialect: `rfc8489`, `rfc8489-unpadded`, `ms-turn`, `ms-turn-padded`,
/// `ms-ice2-legacy`, and so on.
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

/// The error for a text that is not the name of a [`Dialect`].
///
/// ```
/// use stunwire::{Dialect, UnknownDialect};
///
/// let error: UnknownDialect = "RFC 9999".parse::<Dialect>().unwrap_err();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no dialect has this name; an example of a name is ms-turn")]
#[non_exhaustive]
pub struct UnknownDialect;

/// Parses the name that [`Display`](fmt::Display) prints, for command line arguments and configuration
/// files.
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
    /// If no dialect has this name. The name of a dialect with its usual padding has no suffix.
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

/// The transaction id and the dialect of a message, on which the values of its attributes may depend.
///
/// ```
/// use stunwire::attribute::{Attribute, XorMappedAddress};
/// use stunwire::{Context, Dialect, TransactionId};
///
/// // A value without its message, such as one from a log.
/// let context = Context::new(TransactionId::new(*b"abcdefghijkl"), Dialect::RFC8489);
/// let value = b"\x00\x01\xa1\x47\xe1\x12\xa6\x43";
/// assert_eq!(XorMappedAddress::decode(value, context)?.to_string(), "192.0.2.1:32853");
/// # Ok::<(), stunwire::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Context {
    /// The transaction id of the message, with which addresses are XORed
    /// ([RFC 8489 §14.2](https://www.rfc-editor.org/rfc/rfc8489#section-14.2)).
    pub transaction_id: TransactionId,
    /// The dialect of the message.
    pub dialect: Dialect,
}

impl Context {
    /// Creates a context for decoding or encoding a value that is not in a message.
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
    fn names_round_trip() {
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
