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
