//! Attributes: the two traits, and a type for each registered one.
//!
//! One file for each family: [`address`](MappedAddress), [`text`](Username), the rest of STUN's,
//! TURN's and ICE's, and Microsoft's in [`ms`]. The numbers stand in the registry alone.

use core::fmt;

use crate::dialect::{Context, Dialect};
use crate::error::ValueError;

#[macro_use]
pub(crate) mod shape;
#[macro_use]
pub(crate) mod address;
#[macro_use]
pub(crate) mod text;
mod discovery;
mod google;
mod ice;
pub mod ms;
mod oauth;
mod stun;
mod turn;

pub use self::address::{
    AlternateServer, ChangedAddress, MappedAddress, MsnMappedAddress, OtherAddress, ReflectedFrom,
    ResponseAddress, ResponseOrigin, SecondaryAddress, SourceAddress, XorMappedAddress,
    XorPeerAddress, XorReflectedFrom, XorRelayedAddress,
};
pub use self::discovery::{
    CacheTimeout, ChangeRequest, EcnCheck, Padding, Password, ResponsePort,
    TransactionTransmitCounter, XorOnly,
};
pub use self::google::{
    DtlsAcknowledgementList, GoogLastIceCheckReceived, GoogMessageIntegrity32, GoogMiscInfo,
    GoogMiscInfoList, GoogNetworkInfo, GoogOptions, MetaDtlsInStun, MetaDtlsInStunAcknowledgement,
    Nomination, RetransmitCount,
};
pub use self::ice::{IceControlled, IceControlling, Priority, UseCandidate};
pub use self::oauth::{AccessToken, MobilityTicket, TokenBlock};
pub use self::stun::{
    Fingerprint, MessageIntegrity, MessageIntegritySha256, PasswordAlgorithm,
    PasswordAlgorithmList, PasswordAlgorithms, TypeList, UnknownAttributes, UserHash,
};
pub use self::text::{
    AlternateDomain, JoinedUsername, Nonce, Origin, Realm, Software, ThirdPartyAuthorization,
    TurnLoggingId, Username,
};
pub use self::turn::{
    AdditionalAddressFamily, AddressErrorCode, AddressFamily, ConnectionId, Data, DontFragment,
    EvenPort, Icmp, Lifetime, Protocol, RequestedAddressFamily, RequestedTransport,
    ReservationToken, TimerVal,
};
pub use crate::channel::ChannelNumber;
pub use crate::error_code::ErrorCode;
pub use crate::registry::{AnyAttribute, Registered, Support, registered};

/// The 16-bit type of an attribute
/// ([RFC 8489 §14](https://www.rfc-editor.org/rfc/rfc8489#section-14)).
///
/// Which attribute a type is depends on the dialect: MS-TURN gives REALM the code of NONCE. The
/// constants are the RFC's codes, and Microsoft's where only Microsoft has one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeType(u16);

impl AttributeType {
    /// The type with this code.
    #[must_use]
    #[inline(always)]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The code, 16 bits.
    #[must_use]
    #[inline(always)]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Whether a receiver that does not know the type must refuse the message: codes up to 0x7FFF
    /// ([RFC 8489 §14](https://www.rfc-editor.org/rfc/rfc8489#section-14)).
    #[must_use]
    pub const fn is_comprehension_required(self) -> bool {
        self.0 < 0x8000
    }

    /// The name in RFC 8489's dialect, `None` if it has none. For another:
    /// [`Dialect::name_of`].
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Dialect::RFC8489.name_of(self)
    }

    /// The name that a second owner gave to the code, where IANA's owner is not the only one who
    /// uses it: NOMINATION for ENF-FLOW-DESCRIPTION.
    #[must_use]
    pub fn second_name(self) -> Option<&'static str> {
        crate::registry::second_name(self)
    }
}

/// The name, or the code as `0x8abc`.
impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "{:#06x}", self.0),
        }
    }
}

impl fmt::Debug for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What can be written as an attribute. Object-safe, so that an application can keep a list of its
/// own: `&[&dyn EncodeAttribute]`.
pub trait EncodeAttribute {
    /// The type to write in this dialect, `None` if the dialect has no such attribute.
    fn wire_type(&self, dialect: Dialect) -> Option<AttributeType>;

    /// Length of the value in bytes, without padding.
    fn value_len(&self, context: Context) -> usize;

    /// Writes the value into `out`, which is exactly [`value_len`](Self::value_len) bytes long and
    /// may hold anything: every byte of it must be written.
    fn encode(&self, out: &mut [u8], context: Context);
}

/// What can be read from an attribute by its type. `'a` is the lifetime of the packet.
///
/// Implement it, and [`EncodeAttribute`], to define an attribute of one's own: it then works in
/// [`Message::get`](crate::Message::get) and in the writer like those of this crate.
///
/// ```
/// use stunwire::{Context, Message, ValueError};
/// use stunwire::attribute::{Attribute, AttributeType};
///
/// /// A load figure, one byte, in the range for experts' review.
/// struct Load(u8);
///
/// impl<'a> Attribute<'a> for Load {
///     const TYPE: AttributeType = AttributeType::new(0xC123);
///
///     fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
///         match value {
///             [load] => Ok(Self(*load)),
///             _ => Err(ValueError::length(value.len(), 1, 1)),
///         }
///     }
/// }
///
/// let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\xc1\x23\x00\x01\x2a\x00\x00\x00";
/// let load = Message::parse(packet)?.get::<Load>()?;
/// assert_eq!(load.map(|load| load.0), Some(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Attribute<'a>: Sized {
    /// The type.
    const TYPE: AttributeType;

    /// The type in this dialect, `None` if the dialect has no such attribute: it then reads as
    /// absent.
    #[must_use]
    #[inline(always)]
    fn type_in(_dialect: Dialect) -> Option<AttributeType> {
        Some(Self::TYPE)
    }

    /// Whether an attribute of type `ty` is to be read as this. More than one type may be, where an
    /// attribute has an older code that peers still send.
    #[must_use]
    #[inline(always)]
    fn is_type(ty: AttributeType, dialect: Dialect) -> bool {
        Self::type_in(dialect) == Some(ty)
    }

    /// Reads the value, without padding.
    ///
    /// # Errors
    /// When the bytes are no value of this type.
    fn decode(value: &'a [u8], context: Context) -> Result<Self, ValueError>;
}
