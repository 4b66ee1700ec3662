//! The numbers, each once: methods, attributes, error codes.
//!
//! Constants, names, [`AnyAttribute`](crate::attribute::AnyAttribute), the tests' grids and the
//! table in the documentation all come from the rows below.

use core::fmt;

use super::raw::RawAttribute;
use crate::attribute;
use crate::attribute::ErrorCode;
use crate::code_point::{AttributeType, Method};
use crate::dialect::Dialect;
use crate::error::{AttributeError, TextError};
use crate::format::Hex;

/// The dialects in which a row holds, by [`Dialect::bit`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct In(u8);

impl In {
    pub(crate) const ALL: Self = Self(u8::MAX);
    pub(crate) const MS_TURN: Self = Self(Dialect::MS_TURN.bit());
    /// MS-TURN and both forms of MS-ICE2.
    pub(crate) const MICROSOFT: Self =
        Self(Dialect::MS_TURN.bit() | Dialect::MS_ICE2.bit() | Dialect::MS_ICE2_LEGACY.bit());
    /// All but MS-TURN: the code points of the RFCs.
    pub(crate) const STUN: Self = Self(!Dialect::MS_TURN.bit());

    #[inline(always)]
    pub(crate) const fn has(self, dialect: Dialect) -> bool {
        self.0 == u8::MAX || self.0 & dialect.bit() != 0
    }
}

/// What stretches a value to a multiple of 4 in the dialects that count padding inside the length
/// (RFC 3489 §11.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fill {
    /// It is a multiple already, or may end anywhere.
    Nothing,
    /// Zero bytes.
    Nul,
    /// Spaces (RFC 3489 §11.2.9).
    Space,
    /// The last two bytes again (RFC 3489 §11.2.10).
    Repeat,
}

/// The registered codes of a type that this crate defines.
pub(crate) trait Entry {
    /// The codes and where they hold. The first that holds is written, all that hold are read.
    const CODES: &'static [(AttributeType, In)];
    /// The first code.
    const TYPE: AttributeType;

    #[inline(always)]
    fn type_in(dialect: Dialect) -> Option<AttributeType> {
        Self::CODES
            .iter()
            .find(|(_, holds)| holds.has(dialect))
            .map(|(ty, _)| *ty)
    }

    #[inline(always)]
    fn is_type(ty: AttributeType, dialect: Dialect) -> bool {
        Self::CODES
            .iter()
            .any(|(code, holds)| *code == ty && holds.has(dialect))
    }
}

/// The attributes: codes and the dialects they hold in, direction (`read` is what the writer alone
/// makes), constant, name, type, fill, source.
///
/// Where two protocols share a code, each has its row, and no two rows of one code hold in the same
/// dialect.
macro_rules! attributes {
    ($callback:ident) => {
        $callback! {
            [0x0001 ALL] both MAPPED_ADDRESS "MAPPED-ADDRESS" MappedAddress(attribute::MappedAddress) Nothing "RFC 8489 §14.1";
            [0x0002 STUN] both RESPONSE_ADDRESS "RESPONSE-ADDRESS" ResponseAddress(attribute::ResponseAddress) Nothing "RFC 3489 §11.2.2";
            [0x0003 STUN] both CHANGE_REQUEST "CHANGE-REQUEST" ChangeRequest(attribute::ChangeRequest) Nothing "RFC 5780 §7.2";
            [0x0004 STUN] both SOURCE_ADDRESS "SOURCE-ADDRESS" SourceAddress(attribute::SourceAddress) Nothing "RFC 3489 §11.2.5";
            [0x0005 STUN] both CHANGED_ADDRESS "CHANGED-ADDRESS" ChangedAddress(attribute::ChangedAddress) Nothing "RFC 3489 §11.2.3";
            [0x0006 ALL] both USERNAME "USERNAME" Username(attribute::Username<'a>) Nul "RFC 8489 §14.3";
            [0x0007 STUN] both PASSWORD "PASSWORD" Password(attribute::Password<'a>) Nul "RFC 3489 §11.2.7";
            [0x0008 ALL] read MESSAGE_INTEGRITY "MESSAGE-INTEGRITY" MessageIntegrity(attribute::MessageIntegrity<'a>) Nothing "RFC 8489 §14.5";
            [0x0009 ALL] both ERROR_CODE "ERROR-CODE" ErrorCode(ErrorCode<'a>) Space "RFC 8489 §14.8";
            [0x000A ALL] both UNKNOWN_ATTRIBUTES "UNKNOWN-ATTRIBUTES" UnknownAttributes(attribute::UnknownAttributes<'a>) Repeat "RFC 8489 §14.13";
            [0x000B STUN] both REFLECTED_FROM "REFLECTED-FROM" ReflectedFrom(attribute::ReflectedFrom) Nothing "RFC 3489 §11.2.11";
            [0x000C STUN] both CHANNEL_NUMBER "CHANNEL-NUMBER" ChannelNumber(attribute::ChannelNumber) Nothing "RFC 8656 §18.1";
            [0x000D ALL] both LIFETIME "LIFETIME" Lifetime(attribute::Lifetime) Nothing "RFC 8656 §18.2";
            [0x000F MS_TURN] read MAGIC_COOKIE "MAGIC-COOKIE" MsMagicCookie(attribute::ms::MagicCookie) Nothing "[MS-TURN] 2.2.2.8";
            [0x0010 ALL] both BANDWIDTH "BANDWIDTH" MsBandwidth(attribute::ms::Bandwidth) Nothing "[MS-TURN] 2.2.2.9";
            [0x0011 MS_TURN] both DESTINATION_ADDRESS "DESTINATION-ADDRESS" MsDestinationAddress(attribute::ms::DestinationAddress) Nothing "[MS-TURN] 2.2.2";
            [0x0012 MS_TURN] both REMOTE_ADDRESS "REMOTE-ADDRESS" MsRemoteAddress(attribute::ms::RemoteAddress) Nothing "[MS-TURN] 2.2.2";
            [0x0012 STUN] both XOR_PEER_ADDRESS "XOR-PEER-ADDRESS" XorPeerAddress(attribute::XorPeerAddress) Nothing "RFC 8656 §18.3";
            [0x0013 ALL] both DATA "DATA" Data(attribute::Data<'a>) Nothing "RFC 8656 §18.4";
            [0x0014 STUN, 0x0015 MS_TURN] both REALM "REALM" Realm(attribute::Realm<'a>) Nul "RFC 8489 §14.9";
            [0x0015 STUN, 0x0014 MS_TURN] both NONCE "NONCE" Nonce(attribute::Nonce<'a>) Nul "RFC 8489 §14.10";
            [0x0016 STUN] both XOR_RELAYED_ADDRESS "XOR-RELAYED-ADDRESS" XorRelayedAddress(attribute::XorRelayedAddress) Nothing "RFC 8656 §18.5";
            [0x0017 ALL] both REQUESTED_ADDRESS_FAMILY "REQUESTED-ADDRESS-FAMILY" RequestedAddressFamily(attribute::RequestedAddressFamily) Nothing "RFC 8656 §18.6";
            [0x0018 STUN] both EVEN_PORT "EVEN-PORT" EvenPort(attribute::EvenPort) Nothing "RFC 8656 §18.7";
            [0x0019 STUN] both REQUESTED_TRANSPORT "REQUESTED-TRANSPORT" RequestedTransport(attribute::RequestedTransport) Nothing "RFC 8656 §18.8";
            [0x001A STUN] both DONT_FRAGMENT "DONT-FRAGMENT" DontFragment(attribute::DontFragment) Nothing "RFC 8656 §18.9";
            [0x001B STUN] both ACCESS_TOKEN "ACCESS-TOKEN" AccessToken(attribute::AccessToken<'a>) Nothing "RFC 7635 §6.2";
            [0x001C STUN] read MESSAGE_INTEGRITY_SHA256 "MESSAGE-INTEGRITY-SHA256" MessageIntegritySha256(attribute::MessageIntegritySha256<'a>) Nothing "RFC 8489 §14.6";
            [0x001D STUN] both PASSWORD_ALGORITHM "PASSWORD-ALGORITHM" PasswordAlgorithm(attribute::PasswordAlgorithm<'a>) Nothing "RFC 8489 §14.12";
            [0x001E STUN] both USERHASH "USERHASH" UserHash(attribute::UserHash) Nothing "RFC 8489 §14.4";
            [0x0020 STUN, 0x8020 ALL] both XOR_MAPPED_ADDRESS "XOR-MAPPED-ADDRESS" XorMappedAddress(attribute::XorMappedAddress) Nothing "RFC 8489 §14.2";
            [0x0021 STUN] both TIMER_VAL "TIMER-VAL" TimerVal(attribute::TimerVal) Nothing "RFC 5766 §14, reserved";
            [0x0022 STUN] both RESERVATION_TOKEN "RESERVATION-TOKEN" ReservationToken(attribute::ReservationToken) Nothing "RFC 8656 §18.10";
            [0x0024 STUN] both PRIORITY "PRIORITY" Priority(attribute::Priority) Nothing "RFC 8445 §7.1.1";
            [0x0025 STUN] both USE_CANDIDATE "USE-CANDIDATE" UseCandidate(attribute::UseCandidate) Nothing "RFC 8445 §7.1.2";
            [0x0026 STUN] both PADDING "PADDING" Padding(attribute::Padding<'a>) Nothing "RFC 5780 §7.6";
            [0x0027 STUN] both RESPONSE_PORT "RESPONSE-PORT" ResponsePort(attribute::ResponsePort) Nothing "RFC 5780 §7.5";
            [0x0028 STUN] both XOR_REFLECTED_FROM "XOR-REFLECTED-FROM" XorReflectedFrom(attribute::XorReflectedFrom) Nothing "draft-ietf-behave-nat-behavior-discovery-03, reserved";
            [0x002A STUN] both CONNECTION_ID "CONNECTION-ID" ConnectionId(attribute::ConnectionId) Nothing "RFC 6062 §6.2.1";
            [0x8000 STUN] both ADDITIONAL_ADDRESS_FAMILY "ADDITIONAL-ADDRESS-FAMILY" AdditionalAddressFamily(attribute::AdditionalAddressFamily) Nothing "RFC 8656 §18.11";
            [0x8001 STUN] both ADDRESS_ERROR_CODE "ADDRESS-ERROR-CODE" AddressErrorCode(attribute::AddressErrorCode<'a>) Space "RFC 8656 §18.12";
            [0x8002 STUN] both PASSWORD_ALGORITHMS "PASSWORD-ALGORITHMS" PasswordAlgorithms(attribute::PasswordAlgorithms<'a>) Nothing "RFC 8489 §14.11";
            [0x8003 STUN] both ALTERNATE_DOMAIN "ALTERNATE-DOMAIN" AlternateDomain(attribute::AlternateDomain<'a>) Nul "RFC 8489 §14.16";
            [0x8004 STUN] both ICMP "ICMP" Icmp(attribute::Icmp) Nothing "RFC 8656 §18.13";
            [0x8008 MS_TURN] both MS_VERSION "MS-VERSION" MsVersion(attribute::ms::Version) Nothing "[MS-TURN] 2.2.2.17";
            [0x8021 STUN] both XOR_ONLY "XOR-ONLY" XorOnly(attribute::XorOnly) Nothing "Vovida's STUN server";
            [0x8022 ALL] both SOFTWARE "SOFTWARE" Software(attribute::Software<'a>) Nul "RFC 8489 §14.14";
            [0x8023 STUN, 0x000E MS_TURN] both ALTERNATE_SERVER "ALTERNATE-SERVER" AlternateServer(attribute::AlternateServer) Nothing "RFC 8489 §14.15";
            [0x8025 STUN] both TRANSACTION_TRANSMIT_COUNTER "TRANSACTION_TRANSMIT_COUNTER" TransactionTransmitCounter(attribute::TransactionTransmitCounter) Nothing "RFC 7982 §3.1";
            [0x8027 STUN] both CACHE_TIMEOUT "CACHE-TIMEOUT" CacheTimeout(attribute::CacheTimeout) Nothing "RFC 5780 §9.1";
            [0x8028 ALL] read FINGERPRINT "FINGERPRINT" Fingerprint(attribute::Fingerprint) Nothing "RFC 8489 §14.7";
            [0x8029 STUN] both ICE_CONTROLLED "ICE-CONTROLLED" IceControlled(attribute::IceControlled) Nothing "RFC 8445 §7.1.3";
            [0x802A STUN] both ICE_CONTROLLING "ICE-CONTROLLING" IceControlling(attribute::IceControlling) Nothing "RFC 8445 §7.1.3";
            [0x802B STUN] both RESPONSE_ORIGIN "RESPONSE-ORIGIN" ResponseOrigin(attribute::ResponseOrigin) Nothing "RFC 5780 §7.3";
            [0x802C STUN] both OTHER_ADDRESS "OTHER-ADDRESS" OtherAddress(attribute::OtherAddress) Nothing "RFC 5780 §7.4";
            [0x802D STUN] both ECN_CHECK_STUN "ECN-CHECK STUN" EcnCheck(attribute::EcnCheck) Nothing "RFC 6679 §7.2.2";
            [0x802E STUN] both THIRD_PARTY_AUTHORIZATION "THIRD-PARTY-AUTHORIZATION" ThirdPartyAuthorization(attribute::ThirdPartyAuthorization<'a>) Nul "RFC 7635 §6.1";
            [0x802F STUN] both ORIGIN "ORIGIN" Origin(attribute::Origin<'a>) Nul "draft-ietf-tram-stun-origin";
            [0x8030 STUN] both MOBILITY_TICKET "MOBILITY-TICKET" MobilityTicket(attribute::MobilityTicket<'a>) Nothing "RFC 8016 §3.3";
            [0x8032 MS_TURN] both MS_ALTERNATE_HOST_NAME "MS-ALTERNATE-HOST-NAME" MsAlternateHostName(attribute::ms::AlternateHostName<'a>) Nothing "[MS-TURN] 2.2.2";
            [0x8037 MICROSOFT] both MS_APP_ID "MS-APP-ID" MsAppId(attribute::ms::AppId) Nothing "[MS-TURN] 2.2.2";
            [0x8039 MS_TURN] both MS_SECURE_TAG "MS-SECURE-TAG" MsSecureTag(attribute::ms::SecureTag<'a>) Nothing "[MS-TURN] 2.2.2";
            [0x8050 STUN] both SECONDARY_ADDRESS "SECONDARY-ADDRESS" SecondaryAddress(attribute::SecondaryAddress) Nothing "Vovida's STUN server";
            [0x8050 MS_TURN] both MS_SEQUENCE_NUMBER "MS-SEQUENCE-NUMBER" MsSequenceNumber(attribute::ms::SequenceNumber) Nothing "[MS-TURN] 2.2.2";
            [0x8054 ALL] both MS_CANDIDATE_IDENTIFIER "CANDIDATE-IDENTIFIER" MsCandidateIdentifier(attribute::ms::CandidateIdentifier<'a>) Nul "[MS-ICE2] 2.2.2.1";
            [0x8055 MS_TURN] both MS_SERVICE_QUALITY "MS-SERVICE-QUALITY" MsServiceQuality(attribute::ms::ServiceQuality) Nothing "[MS-TURN] 2.2.2.22";
            [0x8056 ALL] both MS_BANDWIDTH_ADMISSION_CONTROL_MESSAGE "BANDWIDTH-ADMISSION-CONTROL-MESSAGE" MsBandwidthAdmissionControlMessage(attribute::ms::BandwidthAdmissionControlMessage) Nothing "[MS-TURNBWM] 2.2.1";
            [0x8057 ALL] both MS_BANDWIDTH_RESERVATION_IDENTIFIER "BANDWIDTH-RESERVATION-IDENTIFIER" MsBandwidthReservationIdentifier(attribute::ms::BandwidthReservationIdentifier) Nothing "[MS-TURNBWM] 2.2.2";
            [0x8058 ALL] both MS_BANDWIDTH_RESERVATION_AMOUNT "BANDWIDTH-RESERVATION-AMOUNT" MsBandwidthReservationAmount(attribute::ms::BandwidthReservationAmount) Nothing "[MS-TURNBWM] 2.2.3";
            [0x8059 ALL] both MS_REMOTE_SITE_ADDRESS "REMOTE-SITE-ADDRESS" MsRemoteSiteAddress(attribute::ms::RemoteSiteAddress) Nothing "[MS-TURNBWM] 2.2.4";
            [0x805A ALL] both MS_REMOTE_RELAY_SITE_ADDRESS "REMOTE-RELAY-SITE-ADDRESS" MsRemoteRelaySiteAddress(attribute::ms::RemoteRelaySiteAddress) Nothing "[MS-TURNBWM] 2.2.5";
            [0x805B ALL] both MS_LOCAL_SITE_ADDRESS "LOCAL-SITE-ADDRESS" MsLocalSiteAddress(attribute::ms::LocalSiteAddress) Nothing "[MS-TURNBWM] 2.2.6";
            [0x805C ALL] both MS_LOCAL_RELAY_SITE_ADDRESS "LOCAL-RELAY-SITE-ADDRESS" MsLocalRelaySiteAddress(attribute::ms::LocalRelaySiteAddress) Nothing "[MS-TURNBWM] 2.2.7";
            [0x805D ALL] both MS_REMOTE_SITE_ADDRESS_RESPONSE "REMOTE-SITE-ADDRESS-RESPONSE" MsRemoteSiteAddressResponse(attribute::ms::RemoteSiteAddressResponse) Nothing "[MS-TURNBWM] 2.2.8";
            [0x805E ALL] both MS_REMOTE_RELAY_SITE_ADDRESS_RESPONSE "REMOTE-RELAY-SITE-ADDRESS-RESPONSE" MsRemoteRelaySiteAddressResponse(attribute::ms::RemoteRelaySiteAddressResponse) Nothing "[MS-TURNBWM] 2.2.9";
            [0x805F ALL] both MS_LOCAL_SITE_ADDRESS_RESPONSE "LOCAL-SITE-ADDRESS-RESPONSE" MsLocalSiteAddressResponse(attribute::ms::LocalSiteAddressResponse) Nothing "[MS-TURNBWM] 2.2.10";
            [0x8060 ALL] both MS_LOCAL_RELAY_SITE_ADDRESS_RESPONSE "LOCAL-RELAY-SITE-ADDRESS-RESPONSE" MsLocalRelaySiteAddressResponse(attribute::ms::LocalRelaySiteAddressResponse) Nothing "[MS-TURNBWM] 2.2.11";
            [0x8061 ALL] both MS_SIP_DIALOG_IDENTIFIER "SIP-DIALOG-IDENTIFIER" MsSipDialogIdentifier(attribute::ms::SipDialogIdentifier<'a>) Nul "[MS-TURNBWM] 2.2.12";
            [0x8062 ALL] both MS_SIP_CALL_IDENTIFIER "SIP-CALL-IDENTIFIER" MsSipCallIdentifier(attribute::ms::SipCallIdentifier<'a>) Nul "[MS-TURNBWM] 2.2.13";
            [0x8068 ALL] both MS_LOCATION_PROFILE "LOCATION-PROFILE" MsLocationProfile(attribute::ms::LocationProfile) Nothing "[MS-TURNBWM] 2.2.14";
            [0x8070 ALL] both MS_IMPLEMENTATION_VERSION "IMPLEMENTATION-VERSION" MsImplementationVersion(attribute::ms::ImplementationVersion) Nothing "[MS-ICE2] 2.2.2.2";
            [0x8090 MS_TURN] both MS_ALTERNATE_MAPPED_ADDRESS "MS-ALTERNATE-MAPPED-ADDRESS" MsAlternateMappedAddress(attribute::ms::AlternateMappedAddress) Nothing "[MS-TURN] 2.2.2.23";
            [0x8095 MICROSOFT] both MULTIPLEXED_TURN_SESSION_ID "MULTIPLEXED-TURN-SESSION-ID" MsMultiplexedTurnSessionId(attribute::ms::MultiplexedTurnSessionId) Nothing "[MS-TURN] 2.2.2";
            [0xC057 STUN] both GOOG_NETWORK_INFO "GOOG-NETWORK-INFO" GoogNetworkInfo(attribute::GoogNetworkInfo) Nothing "IANA, layout of libwebrtc";
            [0xC058 STUN] both GOOG_LAST_ICE_CHECK_RECEIVED "GOOG-LAST-ICE-CHECK-RECEIVED" GoogLastIceCheckReceived(attribute::GoogLastIceCheckReceived) Nothing "IANA, layout of libwebrtc";
            [0xC059 STUN] both GOOG_MISC_INFO "GOOG-MISC-INFO" GoogMiscInfo(attribute::GoogMiscInfo<'a>) Nothing "IANA, layout of libwebrtc";
            [0xC060 STUN] read GOOG_MESSAGE_INTEGRITY_32 "GOOG-MESSAGE-INTEGRITY-32" GoogMessageIntegrity32(attribute::GoogMessageIntegrity32) Nothing "IANA, layout of libwebrtc";
            [0xC070 STUN] both META_DTLS_IN_STUN "META-DTLS-IN-STUN" MetaDtlsInStun(attribute::MetaDtlsInStun<'a>) Nothing "IANA, layout of draft-hancke-webrtc-sped";
            [0xC071 STUN] both META_DTLS_IN_STUN_ACKNOWLEDGEMENT "META-DTLS-IN-STUN-ACKNOWLEDGEMENT" MetaDtlsInStunAcknowledgement(attribute::MetaDtlsInStunAcknowledgement<'a>) Nothing "IANA, layout of draft-hancke-webrtc-sped";
            [0xFF00 STUN] both RETRANSMIT_COUNT "RETRANSMIT-COUNT" RetransmitCount(attribute::RetransmitCount) Nothing "libwebrtc";
            [0xFF05 STUN] both TURN_LOGGING_ID "TURN-LOGGING-ID" TurnLoggingId(attribute::TurnLoggingId<'a>) Nul "libwebrtc";
        }
    };
}

/// Code points that have a name and whose layout nobody has published: they stay bytes.
macro_rules! named {
    ($callback:ident) => {
        $callback! {
            0x0000 RESERVED_0000 "RESERVED" "RFC 8489 §18.3";
            0x000E RESERVED_000E "RESERVED" "IANA";
            0x000F RESERVED_000F "RESERVED" "IANA";
            0x0011 RESERVED_0011 "RESERVED" "IANA";
            0x0023 CONNECT_STAT "CONNECT-STAT" "draft-ietf-behave-turn-04, reserved";
            0x0029 RESERVED_0029 "RESERVED" "IANA";
            0x0030 ICMP_DRAFT "ICMP (draft)" "drafts of RFC 8656, reserved";
            0x8010 NEW_BANDWIDTH "NEW-BANDWIDTH" "coturn";
            0x8024 RESERVED_8024 "RESERVED" "IANA";
            0x8026 RESERVED_8026 "RESERVED" "IANA";
            0xC000 CISCO_STUN_FLOWDATA "CISCO-STUN-FLOWDATA" "IANA";
            0xC001 ENF_FLOW_DESCRIPTION "ENF-FLOW-DESCRIPTION" "IANA";
            0xC002 ENF_NETWORK_STATUS "ENF-NETWORK-STATUS" "IANA";
            0xC003 CISCO_WEBEX_FLOW_INFO "CISCO-WEBEX-FLOW-INFO" "IANA";
            0xC056 CITRIX_TRANSACTION_ID "CITRIX-TRANSACTION-ID" "IANA";
            0xC05A GOOG_OBSOLETE_1 "GOOG-OBSOLETE-1" "IANA";
            0xC05B GOOG_CONNECTION_ID "GOOG-CONNECTION-ID" "IANA";
            0xC05C GOOG_DELTA "GOOG-DELTA" "IANA";
            0xC05D GOOG_DELTA_ACK "GOOG-DELTA-ACK" "IANA";
            0xC05E GOOG_DELTA_SYNC_REQ "GOOG-DELTA-SYNC-REQ" "IANA";
            0xFF04 GOOG_MULTI_MAPPING "GOOG-MULTI-MAPPING" "libwebrtc";
        }
    };
}

/// Code points that a second owner uses besides the one that has the row above. The first owner has
/// the name, in [`AnyAttribute`] and in texts; who knows that the peer is the other asks for the
/// other's type.
macro_rules! second_owners {
    ($callback:ident) => {
        $callback! {
            0x8000 MSN_MAPPED_ADDRESS "MSN-MAPPED-ADDRESS" attribute::MsnMappedAddress, "MSN, as libnice has it";
            0x8001 GOOG_OPTIONS "OPTIONS" attribute::GoogOptions, "Google Talk, as libnice has it";
            0xC001 NOMINATION "NOMINATION" attribute::Nomination, "draft-thatcher-ice-renomination, libwebrtc, libnice";
        }
    };
}

macro_rules! expand_attributes {
    ($(
        [$first:literal $first_in:ident $(, $code:literal $in:ident)*]
        $direction:ident $constant:ident $name:literal $variant:ident($ty:ty) $fill:ident $source:literal;
    )+) => {
        impl AttributeType {
            $(
                #[doc = concat!("`", $name, "`, ", stringify!($first), ": ", $source, ".")]
                pub const $constant: Self = Self::new($first);
            )+
        }

        $(
            impl<'a> Entry for $ty {
                const CODES: &'static [(AttributeType, In)] = &[
                    (AttributeType::new($first), In::$first_in)
                    $(, (AttributeType::new($code), In::$in))*
                ];
                const TYPE: AttributeType = AttributeType::new($first);
            }
        )+

        /// An attribute of any registered type, or an unknown one as it stands: what
        /// [`RawAttribute::to_any`] gives, for a `match` over a whole message.
        ///
        /// ```
        /// use stunwire::Message;
        /// use stunwire::attribute::AnyAttribute;
        ///
        /// # let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24\x00\x04\x6e\x00\x01\xff";
        /// for attribute in Message::parse(packet)?.attributes() {
        ///     match attribute.to_any()? {
        ///         AnyAttribute::Priority(priority) => assert_eq!(priority.type_preference(), 110),
        ///         AnyAttribute::Unknown(raw) => println!("{}: {:02x?}", raw.ty(), raw.value()),
        ///         other => println!("{other}"),
        ///     }
        /// }
        /// # Ok::<(), Box<dyn std::error::Error>>(())
        /// ```
        #[derive(Clone, Copy, Debug)]
        #[non_exhaustive]
        pub enum AnyAttribute<'a> {
            $(
                #[doc = concat!("`", $name, "`, ", $source, ".")]
                $variant($ty),
            )+
            /// An attribute whose type the registry does not have, as it stands.
            Unknown(RawAttribute<'a>),
        }

        /// The decoded value as text, without the attribute's name.
        impl fmt::Display for AnyAttribute<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $( Self::$variant(value) => fmt::Display::fmt(value, f), )+
                    Self::Unknown(raw) => fmt::Display::fmt(&Hex(raw.value()), f),
                }
            }
        }

        #[inline(always)]
        pub(crate) fn to_any(raw: RawAttribute<'_>) -> Result<AnyAttribute<'_>, AttributeError> {
            let dialect = raw.context().dialect;
            match raw.ty().as_u16() {
                $(
                    $first if In::$first_in.has(dialect) => raw.decode().map(AnyAttribute::$variant),
                    $( $code if In::$in.has(dialect) => raw.decode().map(AnyAttribute::$variant), )*
                )+
                _ => Ok(AnyAttribute::Unknown(raw)),
            }
        }

        pub(crate) fn name_of(ty: AttributeType, dialect: Dialect) -> Option<&'static str> {
            match ty.as_u16() {
                $(
                    $first if In::$first_in.has(dialect) => Some($name),
                    $( $code if In::$in.has(dialect) => Some($name), )*
                )+
                code if In::STUN.has(dialect) => name_only(code),
                _ => None,
            }
        }

        /// The registered attributes, in the order of their codes.
        const TYPED: &[Registered] = &[
            $( Registered {
                ty: AttributeType::new($first),
                name: $name,
                reference: $source,
                support: Support::$direction,
            }, )+
        ];

        /// What fills the value of this type where padding counts inside the length.
        pub(crate) fn fill_of(ty: AttributeType, dialect: Dialect) -> Fill {
            match ty.as_u16() {
                $( $first if In::$first_in.has(dialect) => Fill::$fill, )+
                _ => Fill::Nothing,
            }
        }
    };
}

attributes!(expand_attributes);
#[cfg(feature = "laws")]
pub(crate) use attributes;

macro_rules! expand_named {
    ($($code:literal $constant:ident $name:literal $source:literal;)+) => {
        impl AttributeType {
            $(
                #[doc = concat!("`", $name, "`, ", stringify!($code), ": ", $source, ". Stays bytes.")]
                pub const $constant: Self = Self::new($code);
            )+
        }

        fn name_only(code: u16) -> Option<&'static str> {
            match code {
                $( $code => Some($name), )+
                _ => None,
            }
        }

        const NAMED: &[Registered] = &[
            $( Registered {
                ty: AttributeType::new($code),
                name: $name,
                reference: $source,
                support: Support::Bytes,
            }, )+
        ];
    };
}

named!(expand_named);

macro_rules! expand_second_owners {
    ($($code:literal $constant:ident $name:literal $ty:ty, $source:literal;)+) => {
        impl AttributeType {
            $(
                #[doc = concat!("`", $name, "`, ", stringify!($code), ": ", $source, ". The code has another owner.")]
                pub const $constant: Self = Self::new($code);
            )+
        }

        $(
            impl Entry for $ty {
                const CODES: &'static [(AttributeType, In)] =
                    &[(AttributeType::new($code), In::STUN)];
                const TYPE: AttributeType = AttributeType::new($code);
            }
        )+

        /// The name that a second owner gave to a code, where there is one.
        pub(crate) fn second_name(ty: AttributeType) -> Option<&'static str> {
            match ty.as_u16() {
                $( $code => Some($name), )+
                _ => None,
            }
        }

        const SECOND: &[Registered] = &[
            $( Registered {
                ty: AttributeType::new($code),
                name: $name,
                reference: $source,
                support: Support::ReadWrite,
            }, )+
        ];
    };
}

second_owners!(expand_second_owners);
#[cfg(feature = "laws")]
pub(crate) use second_owners;

/// An attribute that this crate knows: [`registered`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Registered {
    /// The type; the first, where dialects differ.
    pub ty: AttributeType,
    /// The name.
    pub name: &'static str,
    /// Where it is defined.
    pub reference: &'static str,
    /// What the crate does with it.
    pub support: Support,
}

/// What the crate does with an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Support {
    /// Reads and writes it by its type.
    ReadWrite,
    /// Reads it by its type; the writer makes it.
    Read,
    /// Knows its name: its layout is not public.
    Bytes,
}

impl Support {
    #[allow(non_upper_case_globals)]
    const both: Self = Self::ReadWrite;
    #[allow(non_upper_case_globals)]
    const read: Self = Self::Read;
}

/// Every attribute that the crate knows. A code that two protocols use comes twice.
///
/// ```
/// use stunwire::attribute::{AttributeType, registered};
///
/// let priority = registered().find(|row| row.ty == AttributeType::PRIORITY);
/// assert_eq!(priority.map(|row| row.reference), Some("RFC 8445 §7.1.1"));
/// ```
pub fn registered() -> impl Iterator<Item = Registered> {
    [TYPED, NAMED, SECOND].into_iter().flatten().copied()
}

/// The methods: number, constant, name, source. Numbers above 0xFFF belong to one dialect alone.
macro_rules! methods {
    ($callback:ident) => {
        $callback! {
            0x0001 BINDING "Binding" "RFC 8489 §18.2";
            0x0002 SHARED_SECRET "Shared Secret" "RFC 3489 §11.1";
            0x0003 ALLOCATE "Allocate" "RFC 8656 §17";
            0x0004 REFRESH "Refresh" "RFC 8656 §17";
            0x0006 SEND "Send" "RFC 8656 §17";
            0x0007 DATA "Data" "RFC 8656 §17";
            0x0008 CREATE_PERMISSION "CreatePermission" "RFC 8656 §17";
            0x0009 CHANNEL_BIND "ChannelBind" "RFC 8656 §17";
            0x000A CONNECT "Connect" "RFC 6062 §6.1";
            0x000B CONNECTION_BIND "ConnectionBind" "RFC 6062 §6.1";
            0x000C CONNECTION_ATTEMPT "ConnectionAttempt" "RFC 6062 §6.1";
            0x0080 GOOG_PING "GOOG-PING" "IANA, libwebrtc";
            0x1006 SET_ACTIVE_DESTINATION "Set Active Destination" "[MS-TURN] 2.2.1, 0x006 on the wire";
        }
    };
}

macro_rules! expand_methods {
    ($($number:literal $constant:ident $name:literal $source:literal;)+) => {
        impl Method {
            $(
                #[doc = concat!("`", $name, "`, ", stringify!($number), ": ", $source, ".")]
                pub const $constant: Self = Self($number);
            )+

            /// Every method that has a name.
            pub const REGISTERED: &'static [Self] = &[$( Self::$constant ),+];

            /// The registered name, `None` if there is none.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( $number => Some($name), )+
                    _ => None,
                }
            }
        }
    };
}

methods!(expand_methods);

impl AttributeType {
    /// The name in RFC 8489 and its extensions, or the name in another dialect if those do not use the
    /// code. `None` if no dialect has a name for it. For the name in a certain dialect use
    /// [`Dialect::name_of`].
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Dialect::RFC8489
            .name_of(self)
            .or_else(|| Dialect::MS_TURN.name_of(self))
            .or_else(|| Dialect::MS_ICE2.name_of(self))
    }

    /// The name that a second owner gave to the code, where IANA's owner is not the only one who
    /// uses it: NOMINATION for ENF-FLOW-DESCRIPTION.
    #[must_use]
    pub fn second_name(self) -> Option<&'static str> {
        second_name(self)
    }
}

/// The name, or the code as `0x8abc`.
impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "{:#06x}", self.as_u16()),
        }
    }
}

impl fmt::Debug for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "Method {:#05x}", self.0),
        }
    }
}

impl Dialect {
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
        name_of(ty, self)
    }
}

/// The name that an attribute has in a dialect, or its code.
struct Named(AttributeType, Dialect);

impl core::fmt::Display for Named {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.1.name_of(self.0) {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#06x}", self.0.as_u16()),
        }
    }
}

impl core::error::Error for AttributeError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Missing { .. } => None,
            Self::Malformed { source, .. } => Some(source),
        }
    }
}

impl core::error::Error for TextError {}

/// `the text of USERNAME is not UTF-8 at byte 3; use its bytes`.
impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { attribute, offset } = *self;
        write!(
            f,
            "the text of {attribute} is not UTF-8 at byte {offset}; use its bytes"
        )
    }
}

/// `USERNAME is missing`, or `PRIORITY at offset 20: …`.
impl fmt::Display for AttributeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Missing { attribute, dialect } => {
                write!(f, "{} is missing", Named(attribute, dialect))
            }
            Self::Malformed {
                attribute,
                offset,
                source,
                dialect,
            } => {
                let name = Named(attribute, dialect);
                write!(f, "{name} at offset {offset}: {source}")
            }
        }
    }
}
