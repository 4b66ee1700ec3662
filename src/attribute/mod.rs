//! Attributes: the traits for reading and writing them, and a type for each registered attribute.
//!
//! | to | use |
//! |---|---|
//! | read certain attributes of a message | [`Message::read`](crate::Message::read), [`Message::get`](crate::Message::get) |
//! | read all attributes of a message | [`Message::attributes`](crate::Message::attributes), [`RawAttribute::to_any`](crate::RawAttribute::to_any) |
//! | write an attribute into a message | [`MessageWriter::with`](crate::MessageWriter::with), [`MessageWriter::attribute`](crate::MessageWriter::attribute) |
//! | write an attribute whose type is known only at run time | [`UntypedAttribute`] |
//! | write or read an attribute outside a message | [`writer::encode_attribute`](crate::writer::encode_attribute), [`Attribute::decode`] |
//!
//! The page of each type has its code, the layout of its value and the document that defines it.
//! [`registered`] returns a list of all attributes that the crate knows. Microsoft's attributes are in
//! [`ms`].
//!
//! # Attributes of an application
//!
//! A type that implements [`Attribute`] and [`EncodeAttribute`] is read and written like those of the crate. IANA
//! assigns the codes; the range says how a peer that does not know the attribute reacts
//! ([RFC 8489 §18.3](https://www.rfc-editor.org/rfc/rfc8489#section-18.3)):
//!
//! | codes | a receiver that does not know it | assigned by |
//! |---|---|---|
//! | 0x0000 to 0x3FFF | answers a request with 420 (Unknown Attribute), discards other messages | IETF Review |
//! | 0x4000 to 0x7FFF | the same | Expert Review |
//! | 0x8000 to 0xBFFF | ignores it | IETF Review |
//! | 0xC000 to 0xFFFF | ignores it | Expert Review |
//!
//! An application that reads an attribute below 0x8000 adds its type to those that it passes to
//! [`reply::unknown_attributes`](crate::reply::unknown_attributes) or
//! [`Message::unknown_required`](crate::Message::unknown_required).
//!
//! ```
//! use stunwire::attribute::{Attribute, AttributeType, EncodeAttribute};
//! use stunwire::{Context, Dialect, EncodeError, Message, MessageWriter, Method, TransactionId, ValueError};
//!
//! /// SERVER-LOAD: the load in percent (1 byte) and the name of the region (the rest, UTF-8).
//! #[derive(Debug, PartialEq)]
//! struct ServerLoad<'a> {
//!     percent: u8,
//!     region: &'a str,
//! }
//!
//! /// The reasons in `ValueError::Custom` and `EncodeError::Custom`.
//! const ABOVE_100: u16 = 1;
//! const NOT_UTF8: u16 = 2;
//!
//! impl<'a> Attribute<'a> for ServerLoad<'a> {
//!     const TYPE: AttributeType = AttributeType::new(0xC0DE);
//!
//!     fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
//!         match value {
//!             [] => Err(ValueError::length(0, 1, u16::MAX)),
//!             [101..=255, ..] => Err(ValueError::Custom { code: ABOVE_100 }),
//!             [percent, region @ ..] => Ok(Self {
//!                 percent: *percent,
//!                 region: core::str::from_utf8(region).map_err(|_| ValueError::Custom { code: NOT_UTF8 })?,
//!             }),
//!         }
//!     }
//! }
//!
//! impl EncodeAttribute for ServerLoad<'_> {
//!     fn wire_type(&self, _: Dialect) -> Option<AttributeType> {
//!         Some(Self::TYPE)
//!     }
//!
//!     fn validate(&self, _: Context) -> Result<(), EncodeError> {
//!         match self.percent {
//!             0..=100 => Ok(()),
//!             101.. => Err(EncodeError::Custom { attribute: Self::TYPE, code: ABOVE_100 }),
//!         }
//!     }
//!
//!     fn value_len(&self, _: Context) -> usize {
//!         self.region.len().saturating_add(1)
//!     }
//!
//!     fn encode(&self, out: &mut [u8], _: Context) {
//!         if let Some((percent, region)) = out.split_first_mut() {
//!             *percent = self.percent;
//!             region.copy_from_slice(self.region.as_bytes());
//!         }
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let load = ServerLoad { percent: 42, region: "eu" };
//! let mut buffer = [0; 64];
//! let packet = MessageWriter::request(&mut buffer, Method::BINDING, TransactionId::random()?)?
//!     .with(&load)?
//!     .finish()?;
//! assert_eq!(packet[20..], *b"\xc0\xde\x00\x03\x2aeu\x00");
//! assert_eq!(Message::parse(packet)?.get::<ServerLoad>()?, Some(load));
//!
//! let load = ServerLoad { percent: 101, region: "eu" };
//! let writer = MessageWriter::request(&mut buffer, Method::BINDING, TransactionId::random()?)?;
//! let error = EncodeError::Custom { attribute: ServerLoad::TYPE, code: ABOVE_100 };
//! assert_eq!(writer.with(&load).err(), Some(error));
//! # Ok(())
//! # }
//! ```
//!
//! Without a type of its own, an attribute is written with [`UntypedAttribute`] and read with
//! [`Message::attributes`](crate::Message::attributes). Example program:
//! [`custom_attribute`](https://docs.rs/crate/stunwire/latest/source/examples/custom_attribute.rs).

#[macro_use]
pub(crate) mod shape;
#[macro_use]
pub(crate) mod registry;
#[macro_use]
pub(crate) mod address;
#[macro_use]
pub(crate) mod text;
mod any;
mod channel_number;
pub(crate) mod code;
mod discovery;
pub(crate) mod error_code;
mod google;
mod ice;
pub mod ms;
mod oauth;
mod password_algorithm;
pub(crate) mod raw;
pub(crate) mod security_features;
mod stun;
#[cfg(all(test, feature = "alloc"))]
mod tests;
mod traits;
mod turn;
mod untyped;

pub use self::address::{
    AlternateServer, ChangedAddress, MappedAddress, MsnMappedAddress, OtherAddress, ReflectedFrom,
    ResponseAddress, ResponseOrigin, SecondaryAddress, SourceAddress, XorMappedAddress,
    XorPeerAddress, XorReflectedFrom, XorRelayedAddress,
};
pub use self::any::AnyAttribute;
pub use self::channel_number::{ChannelNumber, ChannelRange};
pub(crate) use self::code::Code;
pub use self::discovery::{
    CacheTimeout, ChangeRequest, EcnCheck, Padding, Password, ResponsePort,
    TransactionTransmitCounter, XorOnly,
};
pub(crate) use self::error_code::ErrorCode;
pub use self::google::{
    DtlsAcknowledgementList, GoogLastIceCheckReceived, GoogMessageIntegrity32, GoogMiscInfo,
    GoogMiscInfoList, GoogNetworkInfo, GoogOptions, MetaDtlsInStun, MetaDtlsInStunAcknowledgement,
    Nomination, RetransmitCount,
};
pub use self::ice::{IceControlled, IceControlling, Priority, UseCandidate};
pub use self::oauth::{AccessToken, MobilityTicket, TokenBlock};
pub use self::password_algorithm::{PasswordAlgorithm, PasswordAlgorithmList, PasswordAlgorithms};
pub(crate) use self::raw::RawAttribute;
pub use self::registry::{Registered, Support, registered};
pub use self::security_features::FeatureNonce;
pub(crate) use self::security_features::SecurityFeatures;
pub(crate) use self::security_features::announces_algorithms;
pub use self::stun::{
    Fingerprint, MessageIntegrity, MessageIntegritySha256, TypeList, UnknownAttributes, UserHash,
};
pub use self::text::{
    AlternateDomain, JoinedUsername, Nonce, Origin, Realm, Software, ThirdPartyAuthorization,
    TurnLoggingId, Username,
};
pub use self::traits::{Attribute, EncodeAttribute};
pub use self::turn::{
    AdditionalAddressFamily, AddressErrorCode, AddressFamily, ConnectionId, Data, DontFragment,
    EvenPort, Icmp, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken,
    TimerVal, TransportProtocol,
};
pub use self::untyped::UntypedAttribute;
pub use crate::code_point::AttributeType;
