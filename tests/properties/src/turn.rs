//! What a TURN server checks before it acts on a message, stated a second time.

use stunwire::attribute::{AttributeType, ChannelRange};
use stunwire::turn::{self, Capabilities, Families, Refusal};
use stunwire::{Message, RawAttribute};

/// The attributes of TURN requests: type, and the lengths of the values that can be read (RFC 8656 §18, RFC 6062
/// §6.2, RFC 8489 §14.2).
const VALUES: [(u16, &[usize]); 11] = [
    (0x000C, &[4]),
    (0x000D, &[4]),
    (0x0012, &[8, 20]),
    (0x0013, &[]),
    (0x0017, &[4]),
    (0x0018, &[1]),
    (0x0019, &[4]),
    (0x001A, &[0]),
    (0x0022, &[8]),
    (0x002A, &[4]),
    (0x8000, &[4]),
];

/// The methods whose requests or indications reach a server, and Data, which does not.
const METHODS: [u16; 10] = [3, 4, 8, 9, 10, 11, 1, 6, 7, 12];

/// The server's answer to a message is that of the rules in RFC 8656 and RFC 6062.
///
/// The first byte selects what the server supports, the second the allocation and whether a message follows. If not,
/// the third selects a method and class, and pairs of bytes an attribute and its value.
pub(crate) fn turn(bytes: &[u8]) {
    let Some(([server, allocation, kind], attributes)) = bytes.split_first_chunk() else {
        return;
    };
    let server = Server {
        families: families(*server),
        has_tcp_relays: server & 12 != 0,
        is_over_tcp: server & 8 != 0,
        rfc5766: server & 16 != 0,
    };
    let relayed = (allocation & 4 != 0).then(|| families(*allocation));
    if allocation & 8 != 0 {
        if let Ok((message, _)) = Message::parse_prefix(&bytes[2..]) {
            server.judge(&message, relayed);
        }
    } else {
        let packet = packet(*kind, attributes);
        let message = Message::parse(&packet).expect("its lengths are right");
        server.judge(&message, relayed);
    }
}

/// A message with the attributes that the bytes select.
fn packet(kind: u8, bytes: &[u8]) -> Vec<u8> {
    let method = METHODS[usize::from(kind) % METHODS.len()];
    // Most messages are requests; the class has bits 4 and 8.
    let class = match kind / 10 {
        0..=15 => 0,
        16..=19 => 0x0010,
        20..=22 => 0x0100,
        _ => 0x0110,
    };
    let ty: u16 = if kind % 10 == 7 && class == 0 {
        0x0016
    } else {
        method | class
    };
    let mut packet = ty.to_be_bytes().to_vec();
    packet.extend_from_slice(b"\0\0\x21\x12\xA4\x42abcdefghijkl");
    for pair in bytes.chunks_exact(2).take(24) {
        let (ty, lengths) = VALUES[usize::from(pair[0] & 15) % VALUES.len()];
        // One value in eight has a length that cannot be read.
        let length = match (pair[0] >> 5, lengths) {
            (7, _) => usize::from(pair[1] % 9),
            (_, []) => usize::from(pair[1] % 8),
            (at, lengths) => lengths[usize::from(at) % lengths.len()],
        };
        // The first byte is a family, a protocol or flags; the second the family of an address, right in most.
        let mut value = vec![pair[1]; length];
        if let (0x0012, [_, family, ..]) = (ty, &mut value[..]) {
            *family = if pair[1] == 0 {
                3
            } else {
                1 + u8::from(length == 20)
            };
        }
        packet.extend_from_slice(&ty.to_be_bytes());
        packet.extend_from_slice(&(length as u16).to_be_bytes());
        packet.extend_from_slice(&value);
        packet.resize(packet.len().next_multiple_of(4), 0);
    }
    let length = (packet.len() - 20) as u16;
    packet[2..4].copy_from_slice(&length.to_be_bytes());
    packet
}

fn families(bits: u8) -> Families {
    Families {
        ipv4: bits & 1 != 0,
        ipv6: bits & 2 != 0,
    }
}

struct Server {
    families: Families,
    has_tcp_relays: bool,
    /// Whether the message arrived over TCP.
    is_over_tcp: bool,
    rfc5766: bool,
}

/// An attribute that a server reads: absent, valid, or not readable.
#[derive(Clone, Copy)]
enum Read<'a> {
    Absent,
    Valid(&'a [u8]),
    Malformed,
}

impl<'a> Read<'a> {
    fn of(raw: RawAttribute<'a>) -> Self {
        let value = raw.value();
        let row = VALUES.iter().find(|row| row.0 == raw.ty().as_u16());
        let lengths = row.expect("in the table").1;
        let is_valid = match (raw.ty().as_u16(), value) {
            (0x0012, [_, 1, ..]) => value.len() == 8,
            (0x0012, [_, 2, ..]) => value.len() == 20,
            (0x0012, _) => false,
            _ => lengths.is_empty() || lengths.contains(&value.len()),
        };
        if is_valid {
            Self::Valid(value)
        } else {
            Self::Malformed
        }
    }

    fn is_valid(self) -> bool {
        matches!(self, Self::Valid(_))
    }

    fn is_malformed(self) -> bool {
        matches!(self, Self::Malformed)
    }

    /// The first byte of the value.
    fn first(self) -> Option<u8> {
        match self {
            Self::Valid(value) => value.first().copied(),
            _ => None,
        }
    }
}

/// The first attribute of a type that is not ignored.
fn first<'a>(message: &Message<'a>, code: u16) -> Read<'a> {
    let mut all = message.attributes();
    all.find(|raw| raw.ty() == AttributeType::new(code))
        .map_or(Read::Absent, Read::of)
}

impl Server {
    fn judge(&self, message: &Message<'_>, relayed: Option<Families>) {
        let mut support = Capabilities::udp(self.families);
        if self.has_tcp_relays {
            support = support.with_tcp(self.is_over_tcp);
        }
        if self.rfc5766 {
            support = support.with_channels(ChannelRange::RFC5766);
        }
        let found = match turn::check(message, support, relayed) {
            Ok(()) => Some(0),
            Err(Refusal::Reply(code)) => Some(code.as_u16()),
            Err(Refusal::Discard) => None,
        };
        assert_eq!(found, self.answer(message, relayed), "{message:#}");
    }

    /// The error code with which the server answers, 0 if it acts on the message, `None` if it discards it.
    fn answer(&self, message: &Message<'_>, relayed: Option<Families>) -> Option<u16> {
        let bits = u16::from_be_bytes([message.as_bytes()[0], message.as_bytes()[1]]);
        let reasons: Vec<(bool, u16)> = match bits {
            0x0001 | 0x0011 => vec![],
            0x0016 => {
                let is_complete =
                    first(message, 0x0012).is_valid() && first(message, 0x0013).is_valid();
                return (relayed.is_some() && is_complete).then_some(0);
            }
            0x0003 => self.allocate(message, relayed.is_some()),
            0x0004 => self.refresh(message, relayed),
            0x0008 => self.permission(message, relayed),
            0x0009 => self.channel(message, relayed),
            0x000A if self.has_tcp_relays => self.connect(message, relayed),
            // RFC 6062 §5.4.
            0x000B if self.has_tcp_relays => {
                vec![(!self.is_over_tcp || !first(message, 0x002A).is_valid(), 400)]
            }
            _ => return None,
        };
        let first = reasons.into_iter().find(|reason| reason.0);
        Some(first.map_or(0, |reason| reason.1))
    }

    /// RFC 8656 §7.2 and RFC 6062 §5.1: each reason for an error, in the order of the steps. An attribute that cannot
    /// be read is a 400 before all but the mismatch.
    fn allocate(&self, message: &Message<'_>, has_allocation: bool) -> Vec<(bool, u16)> {
        let read = |code| first(message, code);
        let (lifetime, family, even, transport, fragment, token, additional) = (
            read(0x000D),
            read(0x0017),
            read(0x0018),
            read(0x0019),
            read(0x001A),
            read(0x0022),
            read(0x8000),
        );
        let is_malformed = [lifetime, family, even, fragment, token, additional]
            .into_iter()
            .any(Read::is_malformed);
        let is_tcp = transport.first() == Some(6);
        let lacks = match family.first() {
            None | Some(1) => !self.families.ipv4,
            Some(2) => !self.families.ipv6,
            _ => true,
        };
        let reserves = even.first().is_some_and(|flags| flags & 0x80 != 0);
        vec![
            (has_allocation, 437),
            (!transport.is_valid() || is_malformed, 400),
            (
                transport.first() != Some(17) && !(is_tcp && self.has_tcp_relays),
                442,
            ),
            (is_tcp && !self.is_over_tcp, 400),
            (
                is_tcp && (fragment.is_valid() || even.is_valid() || token.is_valid()),
                400,
            ),
            (
                token.is_valid() && (even.is_valid() || family.is_valid() || additional.is_valid()),
                400,
            ),
            (family.is_valid() && additional.is_valid(), 400),
            (lacks, 440),
            (reserves && additional.is_valid(), 400),
            (additional.is_valid() && additional.first() != Some(2), 400),
        ]
    }

    /// RFC 8656 §8.2.
    fn refresh(&self, message: &Message<'_>, relayed: Option<Families>) -> Vec<(bool, u16)> {
        let (family, lifetime) = (first(message, 0x0017), first(message, 0x000D));
        let differs = relayed
            .zip(family.first())
            .is_some_and(|(relayed, family)| match family {
                1 => !relayed.ipv4,
                2 => !relayed.ipv6,
                _ => true,
            });
        vec![
            (relayed.is_none(), 437),
            (family.is_malformed() || lifetime.is_malformed(), 400),
            (differs, 443),
        ]
    }

    /// RFC 8656 §10.2.
    fn permission(&self, message: &Message<'_>, relayed: Option<Families>) -> Vec<(bool, u16)> {
        let is_peer = |raw: &RawAttribute<'_>| raw.ty() == AttributeType::new(0x0012);
        let peers: Vec<_> = message.attributes().filter(is_peer).map(Read::of).collect();
        vec![
            (relayed.is_none(), 437),
            (
                !peers.iter().all(|peer| peer.is_valid()) || peers.is_empty(),
                400,
            ),
            (peers.iter().any(|peer| is_foreign(*peer, relayed)), 443),
        ]
    }

    /// RFC 8656 §12.2, RFC 5766 §11.2.
    fn channel(&self, message: &Message<'_>, relayed: Option<Families>) -> Vec<(bool, u16)> {
        let (number, peer) = (first(message, 0x000C), first(message, 0x0012));
        let last = if self.rfc5766 { 0x7FFE } else { 0x4FFF };
        let is_bindable = match number {
            Read::Valid([high, low, ..]) => {
                (0x4000..=last).contains(&u16::from_be_bytes([*high, *low]))
            }
            _ => false,
        };
        vec![
            (relayed.is_none(), 437),
            (!is_bindable || !peer.is_valid(), 400),
            (is_foreign(peer, relayed), 443),
        ]
    }

    /// RFC 6062 §5.2.
    fn connect(&self, message: &Message<'_>, relayed: Option<Families>) -> Vec<(bool, u16)> {
        let peer = first(message, 0x0012);
        vec![
            (relayed.is_none(), 437),
            (!peer.is_valid(), 400),
            (is_foreign(peer, relayed), 443),
        ]
    }
}

/// Whether the allocation has no address of the peer's family.
fn is_foreign(peer: Read<'_>, relayed: Option<Families>) -> bool {
    match (peer, relayed) {
        (Read::Valid([_, 1, ..]), Some(relayed)) => !relayed.ipv4,
        (Read::Valid([_, 2, ..]), Some(relayed)) => !relayed.ipv6,
        _ => false,
    }
}
