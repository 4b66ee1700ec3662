//! Anonymized messages: each attribute by its kind.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use stunwire::attribute::Fingerprint;
use stunwire::framing::pseudo_tls;
use stunwire::{Dialect, FingerprintStatus, RawAttribute};

use super::addresses::Addresses;
use super::names::{Kind, Names};
use crate::classify::{self, Hints, Packet, Reading};
use crate::unit::{Protocol, PseudoTls};

/// Greatest nesting depth of packets in packets.
const MAX_DEPTH: usize = 4;

/// Length in bytes of a STUN header.
const HEADER_LEN: usize = 20;

#[derive(Default)]
pub struct Messages {
    names: Names,
}

/// What happens to the value of an attribute.
enum Rule {
    Keep,
    Address,
    User,
    Name(Kind),
    Nonce,
    /// Replaced by opaque bytes.
    Opaque,
    /// The packet of a peer.
    Packet,
    Fingerprint,
    /// Replaced by zeros: the value may identify someone.
    Zero,
}

fn rule(attribute: &RawAttribute<'_>) -> Rule {
    let Some(name) = attribute.name() else {
        return Rule::Zero;
    };
    match name {
        "USERNAME" => Rule::User,
        "REALM" => Rule::Name(Kind::Realm),
        "NONCE" => Rule::Nonce,
        "ORIGIN" | "ALTERNATE-DOMAIN" | "MS-ALTERNATE-HOST-NAME" | "THIRD-PARTY-AUTHORIZATION" => {
            Rule::Name(Kind::Text)
        }
        "MESSAGE-INTEGRITY"
        | "MESSAGE-INTEGRITY-SHA256"
        | "GOOG-MESSAGE-INTEGRITY-32"
        | "USERHASH"
        | "PASSWORD"
        | "RESERVATION-TOKEN"
        | "MOBILITY-TICKET"
        | "MULTIPLEXED-TURN-SESSION-ID"
        | "MS-SECURE-TAG" => Rule::Opaque,
        "DATA" => Rule::Packet,
        "FINGERPRINT" => Rule::Fingerprint,
        "ADDITIONAL-ADDRESS-FAMILY"
        | "ADDRESS-ERROR-CODE"
        | "BANDWIDTH"
        | "BANDWIDTH-ADMISSION-CONTROL-MESSAGE"
        | "BANDWIDTH-RESERVATION-AMOUNT"
        | "CACHE-TIMEOUT"
        | "CANDIDATE-IDENTIFIER"
        | "CHANGE-REQUEST"
        | "CHANNEL-NUMBER"
        | "CONNECTION-ID"
        | "DONT-FRAGMENT"
        | "ERROR-CODE"
        | "EVEN-PORT"
        | "GOOG-MISC-INFO"
        | "GOOG-NETWORK-INFO"
        | "ICE-CONTROLLED"
        | "ICE-CONTROLLING"
        | "ICMP"
        | "IMPLEMENTATION-VERSION"
        | "LIFETIME"
        | "MAGIC-COOKIE"
        | "MS-SEQUENCE-NUMBER"
        | "MS-SERVICE-QUALITY"
        | "MS-VERSION"
        | "NEW-BANDWIDTH"
        | "NOMINATION"
        | "OPTIONS"
        | "PASSWORD-ALGORITHM"
        | "PASSWORD-ALGORITHMS"
        | "PRIORITY"
        | "REQUESTED-ADDRESS-FAMILY"
        | "REQUESTED-TRANSPORT"
        | "RESPONSE-PORT"
        | "RETRANSMIT-COUNT"
        | "SOFTWARE"
        | "TIMER-VAL"
        | "UNKNOWN-ATTRIBUTES"
        | "USE-CANDIDATE"
        | "XOR-ONLY" => Rule::Keep,
        _ => Rule::Address,
    }
}

impl Messages {
    /// The captured bytes of a datagram, anonymized.
    pub fn datagram(
        &mut self,
        bytes: &[u8],
        wire_len: usize,
        addresses: &mut Addresses,
    ) -> Vec<u8> {
        self.nested(Packet { bytes, wire_len }, addresses, 0)
    }

    /// The packet in a frame of a stream, anonymized.
    pub fn packet(&mut self, bytes: &[u8], addresses: &mut Addresses) -> Vec<u8> {
        self.nested(Packet::whole(bytes), addresses, 0)
    }

    fn nested(&mut self, packet: Packet<'_>, addresses: &mut Addresses, depth: usize) -> Vec<u8> {
        let bytes = packet.bytes;
        let mut copy = vec![0; bytes.len()];
        if depth > MAX_DEPTH {
            return copy;
        }
        if depth > 0
            && let Some(message) = classify::in_rfc4571_frame(bytes)
        {
            keep(&mut copy, bytes, 2);
            let inner = self.nested(Packet::whole(message), addresses, depth + 1);
            put(&mut copy, 2, &inner);
            return copy;
        }
        let hints = Hints {
            classic: true,
            channels: true,
        };
        match classify::read(packet, hints, None) {
            Reading::Stun { message, .. } => {
                let dialect = message.dialect();
                let attributes: Vec<_> = message.all_attributes().collect();
                self.message(&mut copy, bytes, &attributes, addresses, depth);
                fingerprint(&mut copy, bytes, dialect, message.fingerprint());
            }
            Reading::Malformed { partial, .. } | Reading::Truncated(partial) => {
                self.message(&mut copy, bytes, &partial.attributes, addresses, depth);
            }
            Reading::ChannelData { payload, .. } => {
                keep(&mut copy, bytes, 4);
                put(&mut copy, 4, &self.nested(payload, addresses, depth + 1));
            }
            Reading::Multiplexed(frame) => {
                keep(&mut copy, bytes, 12);
                let inner = self.nested(Packet::whole(frame.payload), addresses, depth + 1);
                put(&mut copy, 4, &self.names.bytes(&frame.session.0));
                put(&mut copy, 12, &inner);
            }
            // The headers that tell sequence and time of media; no content.
            Reading::Other(Protocol::Rtp) => keep(&mut copy, bytes, 12),
            Reading::Other(Protocol::Rtcp) => keep(&mut copy, bytes, 8),
            Reading::Other(Protocol::Dtls) => keep(&mut copy, bytes, 13),
            Reading::Other(_) => {}
        }
        copy
    }

    fn message(
        &mut self,
        copy: &mut [u8],
        bytes: &[u8],
        attributes: &[RawAttribute<'_>],
        addresses: &mut Addresses,
        depth: usize,
    ) {
        keep(copy, bytes, HEADER_LEN);
        for attribute in attributes {
            let (start, value) = (attribute.offset(), attribute.value());
            if let Some(header) = bytes.get(start..start + 4) {
                put(copy, start, header);
            }
            let replaced = match rule(attribute) {
                Rule::Keep => value.to_vec(),
                Rule::Address => address(attribute, bytes, addresses),
                Rule::User => self.names.user(value),
                Rule::Name(kind) => self.names.trimmed(kind, value),
                Rule::Nonce => self.names.nonce(value),
                Rule::Opaque => self.names.bytes(value),
                Rule::Packet => self.nested(Packet::whole(value), addresses, depth + 1),
                Rule::Fingerprint | Rule::Zero => vec![0; value.len()],
            };
            put(copy, start + 4, &replaced);
        }
    }
}

/// The value of an attribute with an address, which may be combined with the transaction id by XOR.
/// Zeros if it is not an address.
fn address(attribute: &RawAttribute<'_>, message: &[u8], addresses: &mut Addresses) -> Vec<u8> {
    let value = attribute.value();
    let mut replaced = vec![0; value.len()];
    let Some((header, raw)) = value.split_at_checked(4) else {
        return replaced;
    };
    let key = message.get(4..HEADER_LEN).unwrap_or_default();
    let xored: Vec<u8> = raw.iter().zip(key).map(|(byte, key)| byte ^ key).collect();
    // The encoding of the attribute is known from its decoded value.
    let Ok(text) = attribute.to_any().map(|value| value.to_string()) else {
        return replaced;
    };
    let shows =
        |address: &[u8]| of_bytes(address).filter(|address| text.contains(&address.to_string()));
    let (original, is_xored) = match (shows(raw), shows(&xored)) {
        (Some(address), _) => (address, false),
        (None, Some(address)) => (address, true),
        (None, None) => return replaced,
    };
    let mut octets = match addresses.of(original) {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    };
    if is_xored {
        for (byte, key) in octets.iter_mut().zip(key) {
            *byte ^= key;
        }
    }
    put(&mut replaced, 0, header);
    put(&mut replaced, 4, &octets);
    replaced
}

fn of_bytes(bytes: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(v4).into());
    }
    let v6 = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(v6).into())
}

/// Writes the value of FINGERPRINT, which is the last attribute: valid if it was, and wrong by the
/// same bits if it was not.
fn fingerprint(copy: &mut [u8], bytes: &[u8], dialect: Dialect, status: FingerprintStatus) {
    if matches!(
        status,
        FingerprintStatus::Absent | FingerprintStatus::NotLast
    ) {
        return;
    }
    let Some(end) = dialect
        .parse_prefix(bytes)
        .ok()
        .map(|(message, _)| message.as_bytes().len())
    else {
        return;
    };
    let crc = |bytes: &[u8]| Some(Fingerprint::of(bytes.get(..end - 8)?).0);
    let stored = bytes
        .get(end - 4..end)
        .and_then(|value| value.first_chunk());
    let (Some(before), Some(after), Some(&stored)) = (crc(bytes), crc(copy), stored) else {
        return;
    };
    let error = match status {
        FingerprintStatus::Valid | FingerprintStatus::ValidAlternateCrc => 0,
        _ => before ^ u32::from_be_bytes(stored),
    };
    put(copy, end - 4, &(after ^ error).to_be_bytes());
    if status == FingerprintStatus::ValidAlternateCrc {
        let mut second = vec![0; end];
        let written = copy
            .get(..end)
            .and_then(|copy| dialect.parse(copy).ok())
            .and_then(|message| {
                message
                    .copy_with_alternate_crc(second.as_mut_slice())
                    .ok()
                    .map(|_| ())
            });
        if written.is_some() {
            put(copy, 0, &second);
        }
    }
}

/// A pseudo-TLS handshake message without its time and random bytes, which nothing reads.
pub fn handshake(handshake: PseudoTls) -> Vec<u8> {
    match handshake {
        PseudoTls::Client => pseudo_tls::client_hello(&[0; 32]).to_vec(),
        PseudoTls::Server => pseudo_tls::server_hello(&[0; 32], &[0; 32]).to_vec(),
        PseudoTls::GoogleClient => pseudo_tls::GOOGLE_CLIENT_HELLO.to_vec(),
        PseudoTls::GoogleServer => pseudo_tls::GOOGLE_SERVER_HELLO.to_vec(),
    }
}

/// Copies the first bytes.
fn keep(copy: &mut [u8], bytes: &[u8], count: usize) {
    for (target, byte) in copy.iter_mut().zip(bytes).take(count) {
        *target = *byte;
    }
}

fn put(copy: &mut [u8], at: usize, value: &[u8]) {
    if let Some(target) = copy.get_mut(at..at + value.len()) {
        target.copy_from_slice(value);
    }
}
