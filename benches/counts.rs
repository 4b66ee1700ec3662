//! Counts instructions with callgrind: see `.ci/counts`.
//!
//! Each `op_*` does one job with the crate, and a `baseline_*` does the same job by hand, with only the work that
//! it requires. Each is called [`REPEAT`] times, and both must have the same result. The argument is the length of
//! the relayed payload, 1200 by default.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used
)]

use core::hint::black_box;
use core::net::SocketAddr;

use stunwire::attribute::ChannelNumber;

mod common;

use common::baseline::*;
use common::messages::{self, ID};
use common::ops::*;

/// `.ci/counts` divides by this, so that one-time costs do not count.
const REPEAT: usize = 1000;

/// An authenticated Allocate with twelve attributes. Parsing does not read their values.
fn twelve() -> Vec<u8> {
    let attributes: [(u16, usize); 12] = [
        (0x8022, 16), // SOFTWARE
        (0x000D, 4),  // LIFETIME
        (0x0019, 4),  // REQUESTED-TRANSPORT
        (0x001A, 0),  // DONT-FRAGMENT
        (0x0018, 1),  // EVEN-PORT
        (0x0017, 4),  // REQUESTED-ADDRESS-FAMILY
        (0x0006, 9),  // USERNAME
        (0x0014, 11), // REALM
        (0x0015, 41), // NONCE
        (0x001D, 4),  // PASSWORD-ALGORITHM
        (0x0008, 20), // MESSAGE-INTEGRITY
        (0x8028, 4),  // FINGERPRINT
    ];
    let filled = attributes.map(|(ty, len)| (ty, &[b'x'; 41][..len]));
    messages::message(0x0003, &filled)
}

fn parse(bytes: &[u8]) {
    let parsed = black_box(op_parse(bytes)).map(|message| message.as_bytes());
    assert_eq!(parsed.ok(), black_box(baseline_valid(bytes)));
    let found = black_box(baseline_parse(bytes));
    assert_eq!(found.map(|found| found.0), Some(bytes));

    let walked = black_box(baseline_walk(bytes));
    assert_eq!(black_box(op_parse_iterate(bytes)), walked);
    assert_eq!(black_box(op_walk(bytes)), walked);
}

fn typed(check: &[u8], allocate: &[u8], ms_send: &[u8]) {
    let by_hand = black_box(baseline_check(check));
    assert!(by_hand.is_some());
    assert_eq!(black_box(op_check(check)), by_hand);
    assert_eq!(black_box(op_check_walk(check)), by_hand);
    assert_eq!(black_box(op_check_any(check)), by_hand);
    assert_eq!(black_box(op_check_read(check)), by_hand);

    let by_hand = black_box(baseline_allocate(allocate));
    assert!(by_hand.is_some());
    assert_eq!(black_box(op_allocate(allocate)), by_hand);
    assert_eq!(black_box(op_allocate_walk(allocate)), by_hand);
    assert_eq!(black_box(op_allocate_read(allocate)), by_hand);

    let by_hand = black_box(baseline_ms_send(ms_send));
    assert!(by_hand.is_some_and(|view| view.destination.is_some()));
    assert_eq!(black_box(op_ms_send(ms_send)), by_hand);
}

fn encode(out: &mut [u8], baseline_out: &mut [u8]) {
    let check = black_box(messages::check());
    let by_hand = black_box(baseline_encode(baseline_out, &check));
    assert!(by_hand.is_some());
    assert_eq!(black_box(op_encode(out, &check)), by_hand);

    let allocate = black_box(messages::allocate_request());
    let by_hand = black_box(baseline_encode_allocate(baseline_out, &allocate));
    assert!(by_hand.is_some());
    assert_eq!(black_box(op_encode_allocate(out, &allocate)), by_hand);
}

fn relay(len: usize, send: &[u8], out: &mut [u8], baseline_out: &mut [u8]) {
    let by_hand = black_box(baseline_send_decode(send));
    assert!(by_hand.is_some());
    assert_eq!(black_box(op_send_decode(send)), by_hand);

    let (peer, payload_range) = by_hand.unwrap();
    let payload_range = 48..48 + payload_range.len();
    assert_eq!(payload_range.len(), len);
    let range = black_box(baseline_data_in_place(
        baseline_out,
        payload_range.clone(),
        peer,
        ID,
    ));
    assert_eq!(
        black_box(op_data_in_place(out, payload_range.clone(), peer, ID)),
        range
    );
    let range = range.unwrap();
    assert_eq!(out[range.start..48], baseline_out[range.start..48]);

    let number = ChannelNumber::new(0x4001).unwrap();
    let range = black_box(baseline_channel_in_place(
        baseline_out,
        payload_range.clone(),
        0x4001,
    ));
    assert_eq!(
        black_box(op_channel_in_place(out, payload_range.clone(), number)),
        range
    );
    let range = range.unwrap();
    assert_eq!(out[range.start..48], baseline_out[range.start..48]);

    let payload = send.get(36..).unwrap();
    vectored(payload, peer, out, baseline_out);
}

fn vectored(payload: &[u8], peer: SocketAddr, out: &mut [u8], baseline_out: &mut [u8]) {
    let by_hand = black_box(baseline_data_vectored(baseline_out, payload, peer, ID));
    let parts = black_box(op_data_vectored(out, payload, peer, ID)).unwrap();
    let by_hand = by_hand.unwrap();
    assert_eq!(parts[0], by_hand[0]);
    assert_eq!(parts[1].as_ptr(), by_hand[1].as_ptr());
    assert_eq!(parts.map(<[u8]>::len), by_hand.map(<[u8]>::len));
}

fn main() {
    let len = std::env::args().find_map(|argument| argument.parse().ok());
    let len = len.unwrap_or(1200);
    let message = twelve();
    let trailing = [&message[..], &[0; 60_000]].concat();
    let (check, allocate) = (messages::ice_check(), messages::allocate());
    let ms_send = messages::ms_turn_send(&messages::payload(1200));
    let send = messages::indication(0x0016, &messages::payload(len));
    let stream = messages::stream();
    let (mut out, mut baseline_out) = (vec![0xEE; 65_600], vec![0xEE; 65_600]);

    for _ in 0..REPEAT {
        parse(black_box(&message));
        assert!(black_box(op_parse_trailing(black_box(&trailing))));
        typed(black_box(&check), black_box(&allocate), black_box(&ms_send));
        encode(&mut out, &mut baseline_out);
        relay(len, black_box(&send), &mut out, &mut baseline_out);
        let stream = black_box(stream.as_slice());
        assert_eq!(
            black_box(op_frames(stream)),
            black_box(baseline_frames(stream))
        );
    }
}
