//! The reference reader of `stunwire_properties` on the messages where its rules matter: integrity attributes
//! and FINGERPRINT at any position, in every dialect, and relayed messages.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use stunwire_properties::{ALTERNATE_CRC_ENTRY, MS_TURN_MAGIC_COOKIE, arbiter, crc32};

use crate::properties::config;
use crate::support::vectors;

/// Attributes after which a dialect ignores the rest of the message, and some ordinary ones.
fn attribute() -> impl Strategy<Value = (u16, Vec<u8>)> {
    let text = vec(any::<u8>(), 0..9);
    prop_oneof![
        2 => vec(any::<u8>(), 20).prop_map(|tag| (0x0008, tag)),
        2 => vec(any::<u8>(), 32).prop_map(|tag| (0x001C, tag)),
        2 => vec(any::<u8>(), 4).prop_map(|crc| (0x8028, crc)),
        1 => vec(any::<u8>(), 4).prop_map(|tag| (0xC060, tag)),
        1 => (select(vec![0x0008, 0x001C, 0x8028]), text.clone()),
        2 => (select(vec![0x0006, 0x0014, 0x0015, 0x8022]), text.clone()),
        2 => address().prop_map(|value| (0x0012, value)),
        2 => address().prop_map(|value| (0x0011, value)),
        3 => text.prop_map(|value| (0x0013, value)),
        1 => (any::<u16>(), vec(any::<u8>(), 0..9)),
    ]
}

/// An address, usually of the right length.
fn address() -> impl Strategy<Value = Vec<u8>> {
    let rest = |len| vec(any::<u8>(), len);
    let of = |family: u8, rest: Vec<u8>| [&[0, family], &rest[..]].concat();
    prop_oneof![
        4 => rest(6).prop_map(move |rest| of(1, rest)),
        2 => rest(18).prop_map(move |rest| of(2, rest)),
        1 => (any::<u8>(), vec(any::<u8>(), 0..20)).prop_map(move |(family, rest)| of(family, rest)),
    ]
}

/// A message of these attributes; a FINGERPRINT at the end usually holds the right CRC.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let bits = select(vec![
        0x0001_u16, 0x0101, 0x0003, 0x0004, 0x0006, 0x0016, 0x0017, 0x0115,
    ]);
    let id = prop_oneof![Just(*b"\x21\x12\xa4\x42abcdefghijkl"), any::<[u8; 16]>(),];
    let shape = (any::<bool>(), any::<bool>(), 0..4_u8);
    (bits, id, vec(attribute(), 0..7), shape).prop_map(|(bits, id, attributes, shape)| {
        let (ms_turn, padded, ending) = shape;
        let mut bytes = [&bits.to_be_bytes()[..], &[0, 0], &id].concat();
        if ms_turn {
            bytes.extend_from_slice(&MS_TURN_MAGIC_COOKIE);
        }
        for (ty, value) in attributes {
            bytes.extend_from_slice(&ty.to_be_bytes());
            bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
            bytes.extend_from_slice(&value);
            if padded {
                bytes.resize(bytes.len().next_multiple_of(4), 0x20);
            }
        }
        let fingerprint = match ending {
            0 => 0,
            _ => 8,
        };
        let length = (bytes.len() - 20 + fingerprint) as u16;
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        if fingerprint > 0 {
            let alternate = (ending == 2).then_some(ALTERNATE_CRC_ENTRY);
            let crc = crc32(&bytes, alternate) ^ 0x5354_554E;
            bytes.extend_from_slice(&[0x80, 0x28, 0, 4]);
            bytes.extend_from_slice(&crc.to_be_bytes());
        }
        bytes
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_arbiter_agrees(bytes in message()) {
        arbiter(&bytes);
    }
}

#[test]
fn the_arbiter_agrees_on_the_published_messages() {
    for vector in vectors() {
        arbiter(&vector.bytes);
    }
}
