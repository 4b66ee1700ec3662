//! Attributes: the two traits, and a type for each registered one.
//!
//! One file for each family: [`address`](MappedAddress), [`text`](Username), the rest of STUN's,
//! TURN's and ICE's, and Microsoft's in [`ms`]. The numbers stand in the registry alone.

#[macro_use]
pub(crate) mod shape;
#[macro_use]
pub(crate) mod address;
#[macro_use]
pub(crate) mod text;
mod channel_number;
mod code;
mod discovery;
mod error_code;
mod google;
mod ice;
pub mod ms;
mod oauth;
mod raw;
pub(crate) mod registry;
mod security_features;
mod stun;
mod traits;
mod turn;

pub use self::address::{
    AlternateServer, ChangedAddress, MappedAddress, MsnMappedAddress, OtherAddress, ReflectedFrom,
    ResponseAddress, ResponseOrigin, SecondaryAddress, SourceAddress, XorMappedAddress,
    XorPeerAddress, XorReflectedFrom, XorRelayedAddress,
};
pub use self::channel_number::{ChannelNumber, ChannelRange};
pub use self::code::Code;
pub use self::discovery::{
    CacheTimeout, ChangeRequest, EcnCheck, Padding, Password, ResponsePort,
    TransactionTransmitCounter, XorOnly,
};
pub use self::error_code::ErrorCode;
pub use self::google::{
    DtlsAcknowledgementList, GoogLastIceCheckReceived, GoogMessageIntegrity32, GoogMiscInfo,
    GoogMiscInfoList, GoogNetworkInfo, GoogOptions, MetaDtlsInStun, MetaDtlsInStunAcknowledgement,
    Nomination, RetransmitCount,
};
pub use self::ice::{IceControlled, IceControlling, Priority, UseCandidate};
pub use self::oauth::{AccessToken, MobilityTicket, TokenBlock};
pub use self::raw::RawAttribute;
pub use self::registry::{AnyAttribute, Registered, Support, registered};
pub(crate) use self::security_features::announces_algorithms;
pub use self::security_features::{FeatureNonce, SecurityFeatures};
pub use self::stun::{
    Fingerprint, MessageIntegrity, MessageIntegritySha256, PasswordAlgorithm,
    PasswordAlgorithmList, PasswordAlgorithms, TypeList, UnknownAttributes, UserHash,
};
pub use self::text::{
    AlternateDomain, JoinedUsername, Nonce, Origin, Realm, Software, ThirdPartyAuthorization,
    TurnLoggingId, Username,
};
pub use self::traits::{Attribute, EncodeAttribute};
pub use self::turn::{
    AdditionalAddressFamily, AddressErrorCode, AddressFamily, ConnectionId, Data, DontFragment,
    EvenPort, Icmp, Lifetime, Protocol, RequestedAddressFamily, RequestedTransport,
    ReservationToken, TimerVal,
};
pub use crate::code_point::AttributeType;
