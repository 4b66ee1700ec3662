//! Counts instructions with callgrind: see `.ci/counts`.
//!
//! Each `op_*` is an operation of the crate; `baseline_*` is the same operation by hand with the same checks, and
//! `least_*` with only the checks that every correct program requires. Each is called [`REPEAT`] times, and all
//! must have the same result. The argument is the length of the relayed payload, 1200 by default.
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

use stunwire_benches::baseline::*;
use stunwire_benches::least::*;
use stunwire_benches::messages::{self, ID};
use stunwire_benches::ops::*;

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
    assert_eq!(parsed.ok(), black_box(least_walk(bytes)));
    let found = black_box(baseline_parse(bytes));
    assert_eq!(found.map(|found| found.bytes), Some(bytes));

    let sum = black_box(least_iterate(bytes));
    assert_eq!(black_box(baseline_iterate(bytes)), sum);
    assert_eq!(black_box(op_parse_iterate(bytes)), sum);
    assert_eq!(black_box(op_walk(bytes)), sum);
}

fn typed(check: &[u8], allocate: &[u8], ms_send: &[u8]) {
    let view = black_box(least_check(check));
    assert!(view.is_some());
    for op in [
        baseline_check,
        op_check,
        op_check_walk,
        op_check_any,
        op_check_read,
        op_check_get,
    ] {
        assert_eq!(black_box(op)(check), view);
    }

    let view = black_box(least_allocate(allocate));
    assert!(view.is_some());
    for op in [
        baseline_allocate,
        op_allocate,
        op_allocate_walk,
        op_allocate_read,
        op_allocate_get,
    ] {
        assert_eq!(black_box(op)(allocate), view);
    }

    let view = black_box(baseline_ms_send(ms_send));
    assert!(view.is_some_and(|view| view.destination.is_some()));
    assert_eq!(black_box(op_ms_send(ms_send)), view);
}

fn encode(out: &mut [u8], baseline_out: &mut [u8]) {
    let check = black_box(messages::check());
    let bytes = black_box(least_encode(baseline_out, &check));
    assert!(bytes.is_some());
    assert_eq!(black_box(op_encode(out, &check)), bytes);
    assert_eq!(black_box(baseline_encode(out, &check)), bytes);

    let allocate = black_box(messages::allocate_request());
    let bytes = black_box(least_encode_allocate(baseline_out, &allocate));
    assert!(bytes.is_some());
    assert_eq!(black_box(op_encode_allocate(out, &allocate)), bytes);
    assert_eq!(black_box(baseline_encode_allocate(out, &allocate)), bytes);
}

fn relay(len: usize, send: &[u8], out: &mut [u8], baseline_out: &mut [u8]) {
    let decoded = black_box(least_send_decode(send));
    assert_eq!(black_box(op_send_decode(send)), decoded);
    assert_eq!(black_box(baseline_send_decode(send)), decoded);

    let (peer, payload) = black_box(decoded).unwrap();
    // Opaque, so that no function is specialized for these arguments.
    let payload = black_box(48)..black_box(48 + payload.len());
    assert_eq!(payload.len(), len);
    let id = black_box(ID);
    let range = black_box(least_data_in_place(baseline_out, payload.clone(), peer, id));
    assert_eq!(
        black_box(op_data_in_place(out, payload.clone(), peer, id)),
        range
    );
    let from = range.clone().unwrap().start;
    assert_eq!(out[from..48], baseline_out[from..48]);
    let checked = black_box(baseline_data_in_place(
        baseline_out,
        payload.clone(),
        peer,
        ID,
    ));
    assert_eq!(checked.ok(), range);

    let number = black_box(ChannelNumber::new(0x4001).unwrap());
    let range = black_box(baseline_channel_in_place(
        baseline_out,
        payload.clone(),
        black_box(0x4001),
    ));
    assert_eq!(
        black_box(op_channel_in_place(out, payload.clone(), number)),
        range
    );
    let range = range.unwrap();
    let datagram = &baseline_out[range.clone()];
    assert_eq!(out[range.start..48], datagram[..4]);
    let data = black_box(baseline_channel_decode(datagram));
    assert!(data.is_some());
    assert_eq!(black_box(op_channel_decode(datagram)), data);

    let payload = send.get(36..).unwrap();
    vectored(payload, peer, out, baseline_out);
}

fn vectored(payload: &[u8], peer: SocketAddr, out: &mut [u8], baseline_out: &mut [u8]) {
    let id = black_box(ID);
    let expected = black_box(least_data_vectored(baseline_out, payload, peer, id)).unwrap();
    let segments = black_box(op_data_vectored(out, payload, peer, id)).unwrap();
    assert_eq!(segments[0], expected[0]);
    assert_eq!(segments[1].as_ptr(), expected[1].as_ptr());
    assert_eq!(segments.map(<[u8]>::len), expected.map(<[u8]>::len));
    let lengths = segments.map(<[u8]>::len);
    let checked = black_box(baseline_data_vectored(baseline_out, payload, peer, id)).unwrap();
    assert_eq!(checked.map(<[u8]>::len), lengths);
    let segments = black_box(op_data_payload(out, payload, peer, id)).unwrap();
    assert_eq!(segments[0], baseline_out.get(..36).unwrap());
    assert_eq!(segments.map(<[u8]>::len), lengths);
}

/// A message of `count` attributes of 4 bytes, which are of an unknown type and have no value.
fn empty_attributes(count: usize) -> Vec<u8> {
    messages::message(0x0001, &vec![(0xC123, &b""[..]); count])
}

/// Once each, on a message of so many attributes: whether the cost is linear.
fn scale(count: usize) {
    let message = empty_attributes(count);
    let message = black_box(message.as_slice());
    assert!(black_box(op_parse(message)).is_ok());
    assert_eq!(
        black_box(op_parse_iterate(message)),
        black_box(op_walk(message))
    );
}

fn main() {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--attributes");
    if let Some(count) = arguments.nth(1) {
        return scale(count.parse().unwrap());
    }
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
