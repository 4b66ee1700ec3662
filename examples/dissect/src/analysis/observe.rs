//! The fields of one message as plain values: the only part of the analysis that reads attributes.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;

use stunwire::attribute::AnyAttribute;
use stunwire::{
    Class, FingerprintStatus, Header, Message, Method, RawAttribute, SecurityFeatures,
    TransactionId,
};

use super::turn::DEFAULT_LIFETIME;
use crate::classify;
use crate::credentials::Integrity;
use crate::unit::Partial;

/// Maximum number of peer addresses of one message.
const MOST_PEERS: usize = 16;

/// The code of an error response whose ERROR-CODE is malformed, missing or not captured. No error has it:
/// codes are 300 to 699 (RFC 8489 §14.8).
pub const UNKNOWN_CODE: u16 = 0;

/// The role of an ICE agent (RFC 8445 §6.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Controlling,
    Controlled,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Self::Controlling => "controlling",
            Self::Controlled => "controlled",
        }
    }
}

/// How a message is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    Sha1,
    Sha256,
}

impl Signed {
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "HMAC-SHA1",
            Self::Sha256 => "HMAC-SHA256",
        }
    }
}

/// The fields of one message.
#[derive(Debug)]
pub struct Facts<'a> {
    pub class: Class,
    pub method: Method,
    pub id: TransactionId,
    pub is_ms_turn: bool,
    /// The capture has only the beginning of the message, so attributes may be missing.
    pub is_partial: bool,
    pub signed: Option<Signed>,
    /// The user's credentials apply to the message, and the integrity attribute is wrong.
    pub is_forged: bool,
    pub has_bad_fingerprint: bool,
    pub username: Option<&'a [u8]>,
    pub has_userhash: bool,
    pub realm: Option<&'a [u8]>,
    /// A hash of NONCE: only equality matters.
    pub nonce: Option<u64>,
    /// NONCE announces PASSWORD-ALGORITHMS (RFC 8489 §9.2).
    pub nonce_offers_algorithms: bool,
    pub has_password_algorithms: bool,
    pub error: Option<u16>,
    /// The reason phrase of the error.
    pub reason: Option<&'a [u8]>,
    pub mapped: Option<SocketAddr>,
    pub xor_mapped: Option<SocketAddr>,
    pub relayed: Option<SocketAddr>,
    pub peers: Vec<SocketAddr>,
    pub alternate: Option<SocketAddr>,
    pub lifetime: Option<u32>,
    pub channel: Option<u16>,
    pub connection: Option<u32>,
    /// REQUESTED-TRANSPORT, an IP protocol number.
    pub transport: Option<u8>,
    pub role: Option<Role>,
    pub is_nominating: bool,
    pub has_priority: bool,
    pub has_goog_attributes: bool,
    pub software: Option<&'a [u8]>,
    /// The length of DATA.
    pub data: Option<usize>,
    /// The ICMP type and code that a server reports in a Data indication (RFC 8656 §11.5).
    pub icmp: Option<(u8, u8)>,
}

impl<'a> Facts<'a> {
    pub fn of(message: &Message<'a>, integrity: Integrity) -> Self {
        let mut facts = Self::read(message.header(), message.all_attributes());
        facts.is_forged = integrity == Integrity::Invalid;
        facts.has_bad_fingerprint = !matches!(
            message.fingerprint(),
            FingerprintStatus::Absent
                | FingerprintStatus::Valid
                | FingerprintStatus::ValidAlternateCrc
        );
        facts
    }

    /// The fields of a message of which the capture has only the beginning. `None` if the header is
    /// incomplete.
    pub fn of_partial(partial: &Partial<'a>) -> Option<Self> {
        let mut facts = Self::read(partial.header?, partial.attributes.iter().copied());
        facts.is_partial = true;
        if facts.class == Class::Request && facts.nonce.is_some() {
            // The integrity attribute comes after NONCE.
            facts.signed.get_or_insert(Signed::Sha1);
        }
        Some(facts)
    }

    fn read(header: Header, attributes: impl Iterator<Item = RawAttribute<'a>>) -> Self {
        let mut facts = Self {
            class: header.class(),
            method: header.method(),
            id: header.transaction_id(),
            is_ms_turn: classify::is_ms_turn(header.dialect()),
            is_partial: false,
            signed: None,
            is_forged: false,
            has_bad_fingerprint: false,
            username: None,
            has_userhash: false,
            realm: None,
            nonce: None,
            nonce_offers_algorithms: false,
            has_password_algorithms: false,
            error: None,
            reason: None,
            mapped: None,
            xor_mapped: None,
            relayed: None,
            peers: Vec::new(),
            alternate: None,
            lifetime: None,
            channel: None,
            connection: None,
            transport: None,
            role: None,
            is_nominating: false,
            has_priority: false,
            has_goog_attributes: false,
            software: None,
            data: None,
            icmp: None,
        };
        for attribute in attributes {
            // A malformed value is ignored here; `--packets` shows it.
            if let Ok(value) = attribute.to_any() {
                facts.note(value);
            }
        }
        if facts.class == Class::ErrorResponse {
            facts.error.get_or_insert(UNKNOWN_CODE);
        }
        if facts.is_ms_turn && facts.class != Class::Request {
            // MS-TURN has the relayed address in MAPPED-ADDRESS.
            facts.relayed = facts.mapped.take();
        }
        facts
    }

    fn note(&mut self, value: AnyAttribute<'a>) {
        match value {
            // The first of a type counts (RFC 8489 §14).
            AnyAttribute::Username(user) => {
                self.username.get_or_insert(user.trimmed());
            }
            AnyAttribute::UserHash(_) => self.has_userhash = true,
            AnyAttribute::Realm(realm) => {
                self.realm.get_or_insert(realm.trimmed());
            }
            AnyAttribute::Nonce(nonce) => {
                let mut hasher = DefaultHasher::new();
                nonce.as_bytes().hash(&mut hasher);
                self.nonce.get_or_insert(hasher.finish());
                self.nonce_offers_algorithms = SecurityFeatures::of(&nonce)
                    .is_some_and(|found| found.contains(SecurityFeatures::PASSWORD_ALGORITHMS));
            }
            AnyAttribute::MessageIntegrity(tag) => {
                let is_sha256 = tag.0.len() > 20;
                let signed = if is_sha256 {
                    Signed::Sha256
                } else {
                    Signed::Sha1
                };
                self.signed.get_or_insert(signed);
            }
            AnyAttribute::MessageIntegritySha256(_) => self.signed = Some(Signed::Sha256),
            AnyAttribute::PasswordAlgorithms(_) => self.has_password_algorithms = true,
            AnyAttribute::ErrorCode(error) => {
                self.error.get_or_insert(error.code().as_u16());
                self.reason.get_or_insert(error.reason_trimmed());
            }
            AnyAttribute::MappedAddress(address) => {
                self.mapped.get_or_insert(address.0);
            }
            AnyAttribute::XorMappedAddress(address) => {
                self.xor_mapped.get_or_insert(address.0);
            }
            AnyAttribute::XorRelayedAddress(address) => {
                self.relayed.get_or_insert(address.0);
            }
            AnyAttribute::XorPeerAddress(peer) => self.peer(peer.0),
            AnyAttribute::MsDestinationAddress(peer) => self.peer(peer.0),
            AnyAttribute::MsRemoteAddress(peer) => self.peer(peer.0),
            AnyAttribute::AlternateServer(server) => {
                self.alternate.get_or_insert(server.0);
            }
            AnyAttribute::Lifetime(lifetime) => {
                self.lifetime.get_or_insert(lifetime.0);
            }
            AnyAttribute::ChannelNumber(number) => {
                self.channel.get_or_insert(number.as_u16());
            }
            AnyAttribute::ConnectionId(id) => {
                self.connection.get_or_insert(id.0);
            }
            AnyAttribute::RequestedTransport(transport) => {
                self.transport.get_or_insert(transport.0.0);
            }
            AnyAttribute::IceControlling(_) => self.role = Some(Role::Controlling),
            AnyAttribute::IceControlled(_) => self.role = Some(Role::Controlled),
            AnyAttribute::UseCandidate(_) => self.is_nominating = true,
            AnyAttribute::Priority(_) => self.has_priority = true,
            AnyAttribute::Software(software) => {
                self.software.get_or_insert(software.trimmed());
            }
            AnyAttribute::Data(data) => {
                self.data.get_or_insert(data.0.len());
            }
            AnyAttribute::Icmp(icmp) => {
                self.icmp.get_or_insert(icmp.type_code());
            }
            AnyAttribute::GoogNetworkInfo(_) | AnyAttribute::GoogMiscInfo(_) => {
                self.has_goog_attributes = true;
            }
            _ => {}
        }
    }

    fn peer(&mut self, peer: SocketAddr) {
        if self.peers.len() < MOST_PEERS {
            self.peers.push(peer);
        }
    }

    /// The lifetime in seconds that a success response grants, if the request asked for `asked`. `None` if
    /// the response may name another one after the end of what was captured.
    pub fn granted_lifetime(&self, asked: Option<u32>) -> Option<u32> {
        match (self.lifetime, asked) {
            (Some(lifetime), _) => Some(lifetime),
            // The end of the allocation.
            (None, Some(0)) => Some(0),
            (None, _) if self.is_partial => None,
            (None, _) => asked.or(Some(DEFAULT_LIFETIME)),
        }
    }

    /// Whether the request may name a peer, or a channel, after the end of what was captured.
    pub fn lacks_peers(&self) -> bool {
        self.is_partial
            && self.class == Class::Request
            && match self.method {
                Method::CREATE_PERMISSION => true,
                Method::CHANNEL_BIND => self.channel.is_none() || self.peers.is_empty(),
                _ => false,
            }
    }

    pub fn is_response(&self) -> bool {
        matches!(self.class, Class::SuccessResponse | Class::ErrorResponse)
    }

    /// Whether a client sends such a message: requests, and indications other than Data and
    /// ConnectionAttempt.
    pub fn is_from_client(&self) -> bool {
        match self.class {
            Class::Request => true,
            Class::Indication => !matches!(self.method, Method::DATA | Method::CONNECTION_ATTEMPT),
            Class::SuccessResponse | Class::ErrorResponse => false,
        }
    }

    /// The mapped address, from XOR-MAPPED-ADDRESS or else MAPPED-ADDRESS.
    pub fn reflexive(&self) -> Option<SocketAddr> {
        self.xor_mapped.or(self.mapped)
    }

    /// Whether the message is an ICE check, by its attributes (RFC 8445 §7.1).
    pub fn is_check(&self) -> bool {
        self.method == Method::BINDING
            && self.class == Class::Request
            && (self.role.is_some()
                || self.has_priority
                || self.is_nominating
                || (self.username.is_some() && self.realm.is_none()))
    }
}
