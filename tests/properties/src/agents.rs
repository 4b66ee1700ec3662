//! What agents use besides messages: demultiplexing, ICE, redirections, URIs, names and the checks of TURN.

use std::net::{Ipv6Addr, SocketAddr};

use stunwire::attribute::{
    AlternateServer, AttributeType, ChannelRange, Priority, UntypedAttribute,
};
use stunwire::auth::{Redirects, UnixTime};
use stunwire::demux::{Demux, Protocol};
use stunwire::ice::{self, Role, RoleConflict};
use stunwire::{Code, Header, Key, Message, MessageWriter, Method, TransactionId};

use crate::{names, turn, uri};

/// The first byte selects one of the properties, which reads the rest.
pub fn agents(bytes: &[u8]) {
    let Some((choice, bytes)) = bytes.split_first() else {
        return;
    };
    match choice % 8 {
        0 | 1 => uri::uri(bytes),
        2 | 3 => turn::turn(bytes),
        4 => conflict(bytes),
        5 => redirects(bytes),
        6 => {
            demux(bytes);
            priorities(bytes);
        }
        _ => names::names(bytes),
    }
}

/// The protocol of a packet is that of its first byte in RFC 7983 §7 and RFC 9443 §3.
///
/// The first byte selects what is expected; the rest is the packet.
fn demux(bytes: &[u8]) {
    let Some((choice, packet)) = bytes.split_first() else {
        return;
    };
    let (last_channel, mut demux) = match choice & 3 {
        0 => (None, Demux::new().no_channels()),
        1 => (Some(79), Demux::new().channels(ChannelRange::RFC8656)),
        2 => (Some(127), Demux::new().channels(ChannelRange::RFC5766)),
        _ => (Some(127), Demux::default()),
    };
    let (quic, classic) = (choice & 4 != 0, choice & 8 != 0);
    if quic {
        demux = demux.quic();
    }
    if classic {
        demux = demux.classic();
    }
    // First byte, last byte, protocol. Of two rows for a byte the first applies.
    let is_stun = packet.len() >= 20 && (classic || packet[4..8] == [0x21, 0x12, 0xA4, 0x42]);
    let rows = [
        (0, 3, is_stun, Protocol::Stun),
        (16, 19, true, Protocol::Zrtp),
        (20, 63, true, Protocol::Dtls),
        // RFC 9443 §3: "(64-79) TURN Channel" only of a TURN server, the rest is QUIC.
        (
            64,
            last_channel.unwrap_or(0).min(79),
            true,
            Protocol::ChannelData,
        ),
        (64, 127, quic, Protocol::Quic),
        (80, last_channel.unwrap_or(0), true, Protocol::ChannelData),
        (80, 127, last_channel.is_some(), Protocol::ReservedChannel),
        (128, 191, true, Protocol::Rtp),
        (192, 255, quic, Protocol::Quic),
    ];
    let row = packet.first().and_then(|byte| {
        rows.into_iter()
            .find(|(first, last, applies, _)| (first..=last).contains(&byte) && *applies)
    });
    assert_eq!(demux.protocol(packet), row.map(|row| row.3), "{demux:?}");
}

/// The formulas of RFC 8445 §5.1.2.1 and §6.1.2.3, in wider integers.
fn priorities(bytes: &[u8]) {
    let Some(([preference, l0, l1, c0, c1], rest)) = bytes.split_first_chunk() else {
        return;
    };
    let (local, component) = (
        u16::from_be_bytes([*l0, *l1]),
        u16::from_be_bytes([*c0, *c1]),
    );
    for component in [component, component % 258] {
        let formula = (1_i64 << 24) * i64::from(*preference)
            + (1_i64 << 8) * i64::from(local)
            + (256 - i64::from(component));
        let is_valid = *preference <= 126 && (1..=256).contains(&component) && formula > 0;
        match ice::candidate_priority(*preference, local, component) {
            Ok(priority) => {
                assert!(is_valid);
                assert_eq!(i64::from(priority.0), formula);
                assert_eq!(priority.type_preference(), *preference);
                assert_eq!(priority.local_preference(), local);
                assert_eq!(priority.component(), component);
            }
            Err(_) => assert!(!is_valid),
        }
    }
    let Some((g, rest)) = rest.split_first_chunk() else {
        return;
    };
    let Some((d, _)) = rest.split_first_chunk() else {
        return;
    };
    let (g, d) = (u32::from_be_bytes(*g), u32::from_be_bytes(*d));
    let formula = |g: u32, d: u32| {
        let (g, d) = (u128::from(g), u128::from(d));
        (1_u128 << 32) * g.min(d) + 2 * g.max(d) + u128::from(g > d)
    };
    let is_valid = |priority| (1..1_u32 << 31).contains(&priority);
    let expected = (is_valid(g) && is_valid(d)).then(|| formula(g, d));
    let found = ice::pair_priority(Priority(g), Priority(d));
    assert_eq!(found.map(u128::from), expected);
    // Both agents compute the same number, and different pairs differ in it.
    if let (Some(one), Some(other)) = (found, ice::pair_priority(Priority(d), Priority(g))) {
        assert_eq!(one == other, g == d);
    }
}

const KEY: &[u8] = b"a key of the properties";

/// A signed Binding request, or the error response to an Allocate, with these attributes.
fn signed(key: &Key, redirect: Option<Code>, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut packet = Vec::new();
    let id = TransactionId::new(*b"abcdefghijkl");
    let mut writer = match redirect {
        Some(code) => {
            MessageWriter::error_to(&mut packet, Header::request(Method::ALLOCATE, id), code)
        }
        None => MessageWriter::request(&mut packet, Method::BINDING, id),
    }
    .expect("a vector grows");
    for (ty, value) in attributes {
        writer
            .attribute(&UntypedAttribute::new(AttributeType::new(*ty), *value))
            .expect("short");
    }
    let signed = writer.integrity(key).expect("it has room").finish();
    signed.expect("it is complete");
    packet
}

/// RFC 8445 §7.3.1.1: of two agents with the same role, the one with the larger tie-breaker controls, and of equal
/// ones the one that received the check.
///
/// The first byte selects the role and which attributes the check has, the next 8 are the tie-breaker. The rest is the
/// value of the first attribute; the second has one of 8 bytes.
fn conflict(bytes: &[u8]) {
    let Some(([choice, ours @ ..], value)) = bytes.split_first_chunk::<9>() else {
        return;
    };
    let key = Key::from_bytes(KEY);
    let value = &value[..value.len().min(20)];
    // ICE-CONTROLLING has the type 0x802A, ICE-CONTROLLED 0x8029.
    let (one, other, claimed) = if choice & 1 == 0 {
        (0x802A, 0x8029, Role::Controlling)
    } else {
        (0x8029, 0x802A, Role::Controlled)
    };
    let attributes = [(one, value), (0x0024, b"1234"), (other, b"12345678")];
    let count = usize::from(choice >> 1) % 4;
    let packet = signed(&key, None, &attributes[..count]);
    let check = Message::parse(&packet).expect("written");
    let check = check.verify(&key).expect("signed");
    let role = if choice & 8 == 0 {
        Role::Controlling
    } else {
        Role::Controlled
    };
    let ours = u64::from_be_bytes(*ours);
    let found = |ours| ice::role_conflict(&check, role, ours);
    let Ok(theirs) = <[u8; 8]>::try_from(value).map(u64::from_be_bytes) else {
        assert_eq!(found(ours).is_err(), count > 0);
        return;
    };
    let expected = |ours| match count {
        0 => RoleConflict::None,
        3 => RoleConflict::BothRoles,
        _ if claimed != role => RoleConflict::None,
        _ => {
            let winner = if ours >= theirs {
                Role::Controlling
            } else {
                Role::Controlled
            };
            if winner == role {
                RoleConflict::Reply487
            } else {
                RoleConflict::Switch(winner)
            }
        }
    };
    // Equal tie-breakers are unlikely in an input.
    for ours in [ours, theirs] {
        assert_eq!(found(ours), Ok(expected(ours)));
    }
}

/// The number of servers that the list under test remembers.
const REMEMBERED: usize = 3;

/// A server with an IPv4 address, or one with an IPv6 address.
fn server(number: u8) -> SocketAddr {
    if number & 8 == 0 {
        ([192, 0, 2, number & 7], 3478).into()
    } else {
        (
            Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, 0, (number & 7).into()),
            3478,
        )
            .into()
    }
}

/// The value of ALTERNATE-SERVER with this server (RFC 8489 §14.15), or one that cannot be read.
fn alternate(number: u8) -> Vec<u8> {
    match server(number) {
        _ if number & 0x80 != 0 => vec![0, number & 3, 1, 2, 3],
        SocketAddr::V4(address) => {
            [&[0, 1], &3478_u16.to_be_bytes()[..], &address.ip().octets()].concat()
        }
        SocketAddr::V6(address) => {
            [&[0, 2], &3478_u16.to_be_bytes()[..], &address.ip().octets()].concat()
        }
    }
}

/// RFC 8489 §10: a client is not redirected to a server that it asked within the last five minutes, nor without end.
///
/// Of each four bytes the first is the server that answers, with a 300 or another error, the second the time that has
/// passed, and the others are the alternatives.
fn redirects(bytes: &[u8]) {
    let key = Key::from_bytes(KEY);
    let mut redirects = Redirects::<REMEMBERED>::new();
    // The servers that the client remembers, the one asked last at the end.
    let mut asked: Vec<(SocketAddr, u64)> = Vec::new();
    let remember = |asked: &mut Vec<(SocketAddr, u64)>, server, now| {
        asked.retain(|entry| entry.0 != server);
        asked.push((server, now));
        if asked.len() > REMEMBERED {
            asked.remove(0);
        }
    };
    let mut now = 1_700_000_000;
    for step in bytes.chunks_exact(4).take(6) {
        let [from, passed, one, other] = *step else {
            return;
        };
        now += 1 + 2 * u64::from(passed);
        let time = UnixTime::from_secs(now);
        if from & 0x40 != 0 {
            redirects.asked(server(from), time);
            remember(&mut asked, server(from), now);
            continue;
        }
        let (alternatives, from) = ([one, other], server(from));
        let is_redirect = step[0] & 0xB0 != 0xB0;
        let code = if is_redirect {
            Code::TRY_ALTERNATE
        } else {
            Code::FORBIDDEN
        };
        let values = alternatives.map(alternate);
        let packet = signed(
            &key,
            Some(code),
            &[(0x8023, &values[0]), (0x8023, &values[1])],
        );
        let response = Message::parse(&packet).expect("written");
        let response = response.verify(&key).expect("signed");
        assert_eq!(
            response.get::<AlternateServer>().is_ok(),
            one & 0x80 == 0,
            "{response:?}"
        );

        let readable: Vec<_> = alternatives
            .into_iter()
            .filter(|number| number & 0x80 == 0)
            .map(server)
            .collect();
        let same_family = readable
            .iter()
            .find(|server| server.is_ipv4() == from.is_ipv4());
        let recent: Vec<_> = asked.iter().filter(|entry| now - entry.1 < 300).collect();
        let next = same_family.or(readable.first()).filter(|server| {
            is_redirect
                && recent.len() < REMEMBERED
                && recent.iter().all(|entry| entry.0 != **server)
        });
        let found = redirects.follow(&response, from, time);
        assert_eq!(found.map(|redirect| redirect.server).as_ref(), next);
        if let Some(next) = next {
            remember(&mut asked, *next, now);
        }
    }
}
