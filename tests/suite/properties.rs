//! The properties of `stunwire_properties` for random bytes, messages and values.
//!
//! 256 cases each; `STUNWIRE_CASES` sets another number.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use stunwire::framing::pseudo_tls;
use stunwire_properties::{self as properties, ATTRIBUTES};

use crate::support::vectors;

pub fn config() -> Config {
    let cases = std::env::var("STUNWIRE_CASES").map_or(256, |cases| {
        cases.parse().expect("STUNWIRE_CASES is a number")
    });
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}

/// A registered attribute type, or any type.
fn ty() -> impl Strategy<Value = u16> {
    prop_oneof![
        8 => (0..ATTRIBUTES.len()).prop_map(|at| ATTRIBUTES[at].code.as_u16()),
        2 => select(vec![0x0008, 0x001C, 0x8028, 0x000F]),
        1 => any::<u16>(),
    ]
}

/// A value whose length is common among the attributes, or any value.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let length = prop_oneof![
        4 => select(vec![0_usize, 1, 4, 8, 16, 20, 32]),
        2 => 0..40_usize,
        1 => 0..600_usize,
    ];
    let byte = prop_oneof![2 => any::<u8>(), 1 => select(vec![0, 1, 2, b'a', b'"', 0xFF, 0x1B])];
    length.prop_flat_map(move |length| vec(byte.clone(), length))
}

/// Bytes that may be a user name, a number or a nonce.
fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        2 => vec(any::<u8>(), 0..100),
        1 => vec(select(b"0123456789:\"\0".to_vec()), 0..24),
        1 => vec(select(b"AaZz09+/".to_vec()), 32).prop_map(|text| [&b"obMatJos2"[..], &text].concat()),
    ]
}

/// A message that is usually valid, with padding of any bytes.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let attributes = vec((ty(), value(), any::<[u8; 3]>()), 0..12);
    let kind = select(vec![
        0x0001_u16, 0x0101, 0x0111, 0x0011, 0x0003, 0x0115, 0x0004, 0x0200,
    ]);
    let shape = (any::<bool>(), any::<bool>(), any::<bool>());
    let damage = prop_oneof![9 => Just(0_i32), 1 => -9..9_i32];
    let tail = prop_oneof![9 => Just(vec![]), 1 => vec(any::<u8>(), 1..9)];
    (kind, any::<[u8; 12]>(), attributes, shape, damage, tail).prop_map(
        |(kind, id, attributes, (cookie, magic, padded), damage, tail)| {
            let mut bytes = kind.to_be_bytes().to_vec();
            bytes.extend_from_slice(&[0, 0]);
            let first = if cookie { 0x2112_A442_u32 } else { 0x1234_5678 };
            bytes.extend_from_slice(&first.to_be_bytes());
            bytes.extend_from_slice(&id);
            if magic {
                bytes.extend_from_slice(&[0, 0x0F, 0, 4, 0x72, 0xC6, 0x4B, 0xC6]);
            }
            for (ty, value, padding) in attributes {
                bytes.extend_from_slice(&ty.to_be_bytes());
                bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
                bytes.extend_from_slice(&value);
                let pad = if padded {
                    value.len().wrapping_neg() % 4
                } else {
                    0
                };
                bytes.extend_from_slice(&padding[..pad]);
            }
            let length = (bytes.len() as i32 - 20 + damage).max(0) as u16;
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(&tail);
            bytes
        },
    )
}

/// A published message with some bytes changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let vectors: Vec<Vec<u8>> = vectors().into_iter().map(|vector| vector.bytes).collect();
    let changes = vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4);
    (select(vectors), changes).prop_map(|(mut bytes, changes)| {
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

/// A message of a relay: Send and Data in RFC 8656 and in MS-TURN, addresses of both families, DATA, and
/// attributes after which the rest of the message is ignored.
fn relayed() -> impl Strategy<Value = Vec<u8>> {
    let ty = select(vec![0x0016_u16, 0x0017, 0x0004, 0x0115, 0x0006]);
    let code = select(vec![0x0011_u16, 0x0012, 0x0013, 0x8022, 0x0008, 0x8028]);
    let value = (
        select(vec![0_usize, 1, 4, 8, 8, 20, 20]),
        0..4_u8,
        any::<u8>(),
    )
        .prop_map(|(length, family, fill)| {
            let mut value = vec![fill; length];
            if let [_, second, ..] = &mut value[..] {
                *second = family;
            }
            value
        });
    let attributes = vec((code, value), 0..6);
    let shape = (any::<bool>(), any::<bool>(), any::<bool>());
    (ty, attributes, shape).prop_map(|(ty, attributes, (cookie, magic, padded))| {
        let mut bytes = ty.to_be_bytes().to_vec();
        bytes.extend_from_slice(&[0, 0]);
        bytes.extend_from_slice(if cookie { b"\x21\x12\xa4\x42" } else { b"0123" });
        bytes.extend_from_slice(b"abcdefghijkl");
        if magic {
            bytes.extend_from_slice(&properties::MS_TURN_MAGIC_COOKIE);
        }
        for (code, value) in attributes {
            bytes.extend_from_slice(&code.to_be_bytes());
            bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
            bytes.extend_from_slice(&value);
            if padded {
                bytes.resize(bytes.len().next_multiple_of(4), 0);
            }
        }
        let length = (bytes.len() - 20) as u16;
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        bytes
    })
}

/// The bytes of an MS-TURN connection: hellos and frames, some of them damaged.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let hello = |hello: Vec<u8>| Just(hello);
    let framed = |header: [u8; 2]| {
        vec(any::<u8>(), 0..40).prop_map(move |payload| {
            let length = (payload.len() as u16).to_be_bytes();
            [&header[..], &length, &payload].concat()
        })
    };
    let part = prop_oneof![
        1 => hello(pseudo_tls::client_hello(&[7; 32]).to_vec()),
        1 => hello(pseudo_tls::server_hello(&[8; 32], &[9; 32]).to_vec()),
        4 => framed([2, 0]),
        4 => framed([3, 0]),
        4 => framed([0xFF, 0x10]),
        1 => vec(any::<u8>(), 0..9),
    ];
    let damage = prop_oneof![3 => Just(None), 1 => any::<proptest::sample::Index>().prop_map(Some)];
    (vec(part, 0..6), damage).prop_map(|(parts, damage)| {
        let mut bytes = parts.concat();
        if let (Some(at), false) = (damage, bytes.is_empty()) {
            let at = at.index(bytes.len());
            bytes[at] ^= 0x41;
        }
        bytes
    })
}

// `.ci/run` runs these properties optimized, and requires that this test was not ignored.
#[test]
#[cfg_attr(not(debug_assertions), ignore = "needs overflow checks")]
fn an_overflow_panics() {
    assert!(properties::checks_are_on());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        properties::message(&bytes);
    }

    #[test]
    fn messages(bytes in message()) {
        properties::message(&bytes);
    }

    #[test]
    fn mutations(bytes in mutated()) {
        properties::message(&bytes);
    }

    #[test]
    fn values(id in any::<[u8; 16]>(), value in value()) {
        let mut bytes = id.to_vec();
        bytes.extend_from_slice(&value);
        properties::roundtrip(&bytes);
    }

    #[test]
    fn authentication(choice in any::<[u8; 3]>(), edits in vec(any::<[u8; 6]>(), 0..5),
                      message in prop_oneof![message(), mutated()]) {
        let mut bytes = choice.to_vec();
        bytes.push(edits.len() as u8);
        bytes.extend_from_slice(&edits.concat());
        bytes.extend_from_slice(&message);
        properties::verify_in_every_dialect(&bytes);
    }

    #[test]
    fn writer(start in any::<[u8; 23]>(), calls in vec((any::<u8>(), ty(), value()), 0..12)) {
        let mut bytes = start.to_vec();
        for (how, ty, value) in calls {
            bytes.push(how);
            bytes.extend_from_slice(&ty.to_be_bytes());
            bytes.push(255);
            bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
            bytes.extend_from_slice(&value);
        }
        properties::writer(&bytes);
    }

    #[test]
    fn keys(way in any::<[u8; 2]>(), texts in [text(), text(), text(), text()]) {
        let mut bytes = vec![way[0]];
        bytes.extend(texts[..3].iter().map(|text| text.len() as u8));
        bytes.push(way[1]);
        bytes.extend_from_slice(&texts.concat());
        properties::keys(&bytes);
    }

    #[test]
    fn login(choice in any::<[u8; 5]>(), message in prop_oneof![message(), mutated()]) {
        let mut bytes = choice.to_vec();
        bytes.extend_from_slice(&message);
        properties::login(&bytes);
    }

    #[test]
    fn attributes(header in any::<[u8; 17]>(), rest in vec((any::<u8>(), value()), 0..10)) {
        let mut bytes = header.to_vec();
        for (index, value) in rest {
            bytes.push(index);
            bytes.push(value.len().min(255) as u8);
            bytes.extend_from_slice(&value[..value.len().min(255)]);
        }
        properties::attributes(&bytes);
    }

    #[test]
    fn replies(choice in any::<[u8; 3]>(), kind in select(vec![1_u16, 3, 0x11, 0x101, 6]),
               id in any::<[u8; 12]>(), cookie in any::<bool>(), rest in value(), offers in any::<bool>()) {
        let mut bytes = choice.to_vec();
        bytes.extend_from_slice(&kind.to_be_bytes());
        bytes.extend_from_slice(&[0, 0]);
        let first = if cookie { 0x2112_A442_u32 } else { 7 };
        bytes.extend_from_slice(&first.to_be_bytes());
        bytes.extend_from_slice(&id);
        if offers {
            // A nonce that may offer password algorithms, after an empty realm.
            bytes[1] = 0;
            bytes.extend_from_slice(b"obMatJos2gAAA");
        }
        bytes.extend_from_slice(&rest);
        properties::replies(&bytes);
    }

    #[test]
    fn relay(bytes in prop_oneof![4 => relayed(), 1 => message(), 1 => mutated(), 1 => vec(any::<u8>(), 0..300)]) {
        properties::relay(&bytes);
    }

    #[test]
    fn agents(choice in any::<u8>(), rest in prop_oneof![
        2 => vec(any::<u8>(), 0..60),
        2 => r"(stun|TURN)s?:(\[[v0-9a-f:.]{1,20}\]|[a-z0-9.%=-]{0,12})(:[0-9]{0,6})?(\?transport=[a-zA-Z~]{0,4})?"
            .prop_map(String::into_bytes),
        1 => message().prop_map(|message| [&[3, 13][..], &message].concat()),
    ]) {
        properties::agents(&[&[choice][..], &rest].concat());
    }

    #[test]
    fn microsoft(split in any::<u8>(), stream in prop_oneof![stream(), message(), mutated()]) {
        let mut bytes = vec![split];
        bytes.extend_from_slice(&stream);
        properties::microsoft(&bytes);
    }
}
