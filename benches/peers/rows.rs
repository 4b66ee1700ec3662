//! The rows: each is a job with the crates that can do it.

use hmac::{Hmac, KeyInit};
use sha1::Sha1;
use std::hint::black_box;
use std::net::SocketAddr;
use stunwire::Key;
use stunwire::attribute::ChannelNumber;
use stunwire_benches::baseline::*;
use stunwire_benches::least::*;
use stunwire_benches::messages::{self, ID, LONG_TERM_KEY, PASSWORD};
use stunwire_benches::ops::*;

use crate::harness::{Result, Way, buffer, measure};
use crate::peers::{
    self, ezk, is, rtc, stun_bytes, stun_codec, stun_coder, stun_format, stun_rs, stun_types,
    turn_server, webrtc,
};

type Row = (&'static str, fn() -> Vec<Result>);

pub const ROWS: &[Row] = &[
    ("a1-parse", parse),
    ("a2-parse-and-iterate", iterate),
    ("a3-walk", walk),
    ("b-read-check", typed_check),
    ("b-match-check", match_check),
    ("b-match-check-walk", match_check_walk),
    ("b-get-check", get_check),
    ("b-read-allocate", typed_allocate),
    ("b-match-allocate", match_allocate),
    ("b-get-allocate", get_allocate),
    ("b-typed-ms-send", typed_ms_send),
    ("c-fingerprint", fingerprint),
    ("d-verify-check", verify_check),
    ("d-verify-allocate", verify_allocate),
    ("d-key-and-verify", key_and_verify),
    ("e-sign-check", sign_check),
    ("e-sign-allocate", sign_allocate),
    ("f-decode", relay_decode),
    ("f-encode-copy", relay_copy),
    ("f-in-place", relay_in_place),
    ("f-vectored", relay_vectored),
    ("f-payload", relay_payload),
    ("f-channel-in-place", channel_in_place),
    ("f-channel-decode", channel_decode),
    ("f-channel-copy", channel_copy),
    ("g-frames", frames),
];

/// Returns a peer's way to do a row's job on these bytes.
type Peer = for<'a> fn(&'a [u8]) -> Way<'a>;

fn beside<'a>(mut ways: Vec<Way<'a>>, bytes: &'a [u8], peers: &[Peer]) -> Vec<Result> {
    ways.extend(peers.iter().map(|peer| peer(bytes)));
    measure(ways)
}

/// The baselines, the crate and peers read the same bytes.
fn read<'a>(
    bytes: &'a [u8],
    baseline: impl FnMut(&[u8]) -> bool + 'a,
    least: impl FnMut(&[u8]) -> bool + 'a,
    stunwire: impl FnMut(&[u8]) -> bool + 'a,
    peers: &[Peer],
) -> Vec<Result> {
    let ways = vec![
        Way::on("baseline", bytes, baseline),
        Way::on("least", bytes, least),
        Way::on("stunwire", bytes, stunwire),
    ];
    beside(ways, bytes, peers)
}

fn parse() -> Vec<Result> {
    read(
        &messages::plain_check(),
        |bytes| baseline_parse(bytes).is_some(),
        |bytes| least_walk(bytes).is_some(),
        |bytes| op_parse(bytes).is_ok(),
        &[
            stun_types::parse,
            stun_codec::parse,
            webrtc::parse,
            rtc::parse,
            stun_rs::parse,
            ezk::parse,
            turn_server::parse,
            stun_coder::parse,
        ],
    )
}

fn iterate() -> Vec<Result> {
    let bytes = &messages::plain_check();
    let sum = least_iterate(bytes);
    read(
        bytes,
        |bytes| baseline_iterate(bytes) == sum,
        |bytes| least_iterate(bytes) == sum,
        |bytes| op_parse_iterate(bytes) == sum,
        &[
            stun_bytes::iterate,
            stun_types::iterate,
            stun_codec::iterate,
            webrtc::iterate,
            rtc::iterate,
            stun_rs::iterate,
            stun_coder::iterate,
        ],
    )
}

fn walk() -> Vec<Result> {
    let bytes = &messages::plain_check();
    let sum = least_iterate(bytes);
    read(
        bytes,
        |bytes| baseline_iterate(bytes) == sum,
        |bytes| least_iterate(bytes) == sum,
        |bytes| op_walk(bytes) == sum,
        &[stun_bytes::iterate],
    )
}

/// Compares the attributes of an unsigned check, as the peers do.
fn says(view: Option<CheckView<'_>>) -> bool {
    view.is_some_and(|view| {
        peers::is_check(
            view.username,
            view.priority,
            view.controlling,
            view.nominated,
        )
    })
}

fn check(op: fn(&[u8]) -> Option<CheckView<'_>>, peers: &[Peer]) -> Vec<Result> {
    read(
        &messages::plain_check(),
        |bytes| says(baseline_check(bytes)),
        |bytes| says(least_check(bytes)),
        |bytes| says(op(bytes)),
        peers,
    )
}

fn typed_check() -> Vec<Result> {
    check(
        op_check_read,
        &[
            stun_format::typed_check,
            stun_types::typed_check,
            stun_codec::typed_check,
            webrtc::typed_check,
            rtc::typed_check,
            stun_rs::typed_check,
            ezk::typed_check,
            turn_server::typed_check,
            stun_coder::typed_check,
        ],
    )
}

fn match_check() -> Vec<Result> {
    check(op_check, &[])
}

fn match_check_walk() -> Vec<Result> {
    check(op_check_walk, &[])
}

fn get_check() -> Vec<Result> {
    check(op_check_get, &[])
}

fn asks(view: Option<AllocateView<'_>>) -> bool {
    view.is_some_and(|view| {
        let texts = [view.username, view.realm, view.nonce, view.software];
        peers::is_allocate(texts, view.transport, view.lifetime)
    })
}

fn allocate(op: fn(&[u8]) -> Option<AllocateView<'_>>, peers: &[Peer]) -> Vec<Result> {
    read(
        &messages::plain_allocate(),
        |bytes| asks(baseline_allocate(bytes)),
        |bytes| asks(least_allocate(bytes)),
        |bytes| asks(op(bytes)),
        peers,
    )
}

fn typed_allocate() -> Vec<Result> {
    allocate(
        op_allocate_read,
        &[
            stun_format::typed_allocate,
            stun_types::typed_allocate,
            stun_codec::typed_allocate,
            webrtc::typed_allocate,
            rtc::typed_allocate,
            stun_rs::typed_allocate,
            ezk::typed_allocate,
            turn_server::typed_allocate,
        ],
    )
}

fn match_allocate() -> Vec<Result> {
    allocate(op_allocate, &[])
}

fn get_allocate() -> Vec<Result> {
    allocate(op_allocate_get, &[])
}

/// The data is located, but not read.
fn sends(view: Option<MsSendView<'_>>) -> Option<(u32, Option<SocketAddr>, usize)> {
    view.map(|view| (view.version, view.destination, view.data.len()))
}

/// No peer implements MS-TURN.
fn typed_ms_send() -> Vec<Result> {
    let bytes = &messages::ms_turn_send(&messages::payload(peers::PAYLOAD));
    let sent = sends(baseline_ms_send(bytes));
    read(
        bytes,
        |bytes| sends(baseline_ms_send(bytes)) == sent,
        |bytes| sends(baseline_ms_send(bytes)) == sent,
        |bytes| sends(op_ms_send(bytes)) == sent,
        &[],
    )
}

fn fingerprint() -> Vec<Result> {
    read(
        &messages::ice_check(),
        baseline_fingerprint,
        least_fingerprint,
        op_fingerprint,
        &[
            stun_types::fingerprint,
            stun_codec::fingerprint,
            webrtc::fingerprint,
            rtc::fingerprint,
            stun_rs::fingerprint,
            ezk::fingerprint,
            turn_server::fingerprint,
            stun_coder::fingerprint,
        ],
    )
}

/// The baseline is the HMAC without a walk; `baseline-compress` is the compression function alone.
fn verify(bytes: &[u8], key: &[u8], peers: &[Peer]) -> Vec<Result> {
    let prepared = Key::from_bytes(key);
    let by_hand = &Hmac::<Sha1>::new_from_slice(key).unwrap();
    let (text, rest) = bytes.split_at(bytes.len() - 32);
    let (text, tag) = (&messages::covered(text, 20), &rest[4..24]);
    let blocks = &messages::blocks(text);
    let compressed = baseline_compress([0; 5], blocks);
    let ways = vec![
        Way::new("baseline", || {
            baseline_verify(black_box(text), by_hand, tag)
        }),
        Way::new("baseline-compress", || {
            baseline_compress([0; 5], black_box(blocks)) == compressed
        }),
        Way::on("stunwire", bytes, |bytes| op_verify(bytes, &prepared)),
    ];
    beside(ways, bytes, peers)
}

fn verify_check() -> Vec<Result> {
    verify(
        &messages::ice_check(),
        PASSWORD.as_bytes(),
        &[
            stun_types::verify_check,
            stun_codec::verify_check,
            webrtc::verify_check,
            rtc::verify_check,
            stun_rs::verify_check,
            ezk::verify_check,
            is::verify_check,
            stun_coder::verify_check,
        ],
    )
}

fn verify_allocate() -> Vec<Result> {
    verify(
        &messages::allocate(),
        &LONG_TERM_KEY,
        &[
            stun_types::verify_allocate,
            stun_codec::verify_allocate,
            webrtc::verify_allocate,
            rtc::verify_allocate,
            stun_rs::verify_allocate,
            ezk::verify_allocate,
            turn_server::verify_allocate,
            is::verify_allocate,
        ],
    )
}

/// A key for one message, as an agent needs it that does not keep keys. The baseline is the same with `hmac`.
fn key_and_verify() -> Vec<Result> {
    let bytes = &messages::ice_check();
    let (text, trailer) = bytes.split_at(bytes.len() - 32);
    let (text, tag) = (&messages::covered(text, 20), &trailer[4..24]);
    let ways = vec![
        Way::new("baseline", || {
            let key = Hmac::<Sha1>::new_from_slice(black_box(PASSWORD).as_bytes()).unwrap();
            baseline_verify(black_box(text), &key, tag)
        }),
        Way::on("stunwire", bytes, |bytes| {
            op_key_and_verify(bytes, black_box(PASSWORD))
        }),
    ];
    beside(ways, bytes, &[is::verify_check, stun_types::key_and_verify])
}

fn sign_check() -> Vec<Result> {
    let check = messages::check();
    let whole = &messages::ice_check();
    let key = Key::short_term(PASSWORD);
    let by_hand = Hmac::<Sha1>::new_from_slice(PASSWORD.as_bytes()).unwrap();
    let (out, baseline_out) = (buffer::<256>(), buffer::<256>());
    let ways = vec![
        Way::new("baseline", || {
            baseline_encode_signed(baseline_out, black_box(&check), &by_hand) == Some(whole)
        }),
        Way::new("stunwire", || {
            op_encode_signed(out, black_box(&check), &key) == Some(whole)
        }),
    ];
    let peers: &[Peer] = &[
        stun_types::sign_check,
        stun_codec::sign_check,
        webrtc::sign_check,
        rtc::sign_check,
        stun_rs::sign_check,
        ezk::sign_check,
        is::sign_check,
        stun_coder::sign_check,
    ];
    beside(ways, whole, peers)
}

fn sign_allocate() -> Vec<Result> {
    let allocate = messages::allocate_request();
    let whole = &messages::allocate();
    let key = Key::from_bytes(&LONG_TERM_KEY);
    let by_hand = Hmac::<Sha1>::new_from_slice(&LONG_TERM_KEY).unwrap();
    let (out, baseline_out) = (buffer::<256>(), buffer::<256>());
    let ways = vec![
        Way::new("baseline", || {
            baseline_encode_allocate_signed(baseline_out, black_box(&allocate), &by_hand)
                == Some(whole)
        }),
        Way::new("stunwire", || {
            op_encode_allocate_signed(out, black_box(&allocate), &key) == Some(whole)
        }),
    ];
    let peers: &[Peer] = &[
        stun_types::sign_allocate,
        stun_codec::sign_allocate,
        webrtc::sign_allocate,
        rtc::sign_allocate,
        stun_rs::sign_allocate,
        ezk::sign_allocate,
        turn_server::sign_allocate,
    ];
    beside(ways, whole, peers)
}

fn relay_decode() -> Vec<Result> {
    let send = &messages::indication(0x0016, &messages::payload(peers::PAYLOAD));
    let decoded = baseline_send_decode(send);
    read(
        send,
        |send| baseline_send_decode(send) == decoded,
        |send| least_send_decode(send) == decoded,
        |send| op_send_decode(send) == decoded,
        &[
            stun_format::relay_decode,
            stun_types::relay_decode,
            stun_codec::relay_decode,
            webrtc::relay_decode,
            rtc::relay_decode,
            stun_rs::relay_decode,
            ezk::relay_decode,
            turn_server::relay_decode,
            is::relay_decode,
        ],
    )
}

fn relay_copy() -> Vec<Result> {
    let payload = &messages::payload(1200);
    let peer = peers::PEER;
    let len = messages::indication(0x0017, payload).len();
    let (out, baseline_out, copy) = (buffer::<1300>(), buffer::<1300>(), buffer::<1200>());
    let ways = vec![
        Way::on("baseline", payload, |payload| {
            baseline_data_copy(baseline_out, peer, ID, payload)
                .is_some_and(|data| data.len() == len)
        }),
        Way::on("baseline-memcpy", payload, |payload| {
            copy.copy_from_slice(payload);
            black_box(&copy).len() == payload.len()
        }),
        Way::on("stunwire", payload, |payload| {
            op_data_copy(out, peer, ID, payload).is_some_and(|data| data.len() == len)
        }),
    ];
    let peers: &[Peer] = &[
        stun_format::relay_encode,
        stun_types::relay_encode,
        stun_codec::relay_encode,
        webrtc::relay_encode,
        rtc::relay_encode,
        stun_rs::relay_encode,
        ezk::relay_encode,
        turn_server::relay_encode,
    ];
    beside(ways, payload, peers)
}

fn relay_in_place() -> Vec<Result> {
    let peer = peers::PEER;
    let (out, baseline_out) = (buffer::<1300>(), buffer::<1300>());
    let payload_range = 48..1248;
    measure(vec![
        Way::new("baseline", || {
            baseline_data_in_place(baseline_out, black_box(payload_range.clone()), peer, ID)
                == Ok(12..1248)
        }),
        Way::new("stunwire", || {
            op_data_in_place(out, black_box(payload_range.clone()), peer, ID) == Some(12..1248)
        }),
    ])
}

fn relay_vectored() -> Vec<Result> {
    relay_segments(op_data_vectored)
}

fn relay_payload() -> Vec<Result> {
    relay_segments(op_data_payload)
}

/// A Data indication around a payload in another buffer, which `stunwire` writes.
fn relay_segments(
    stunwire: impl for<'b> Fn(&'b mut [u8], &'b [u8], SocketAddr, [u8; 12]) -> Option<[&'b [u8]; 3]>,
) -> Vec<Result> {
    let payload = messages::payload(1200);
    let peer = peers::PEER;
    let (out, baseline_out) = (buffer::<64>(), buffer::<64>());
    measure(vec![
        Way::new("baseline", || {
            baseline_data_vectored(baseline_out, black_box(&payload), peer, ID)
                .is_ok_and(|parts| parts[0].len() == 36)
        }),
        Way::new("stunwire", || {
            stunwire(out, black_box(&payload), peer, ID).is_some_and(|parts| parts[0].len() == 36)
        }),
    ])
}

fn channel_in_place() -> Vec<Result> {
    let number = ChannelNumber::new(0x4001).unwrap();
    let (out, baseline_out) = (buffer::<1300>(), buffer::<1300>());
    let payload_range = 48..1248;
    measure(vec![
        Way::new("baseline", || {
            baseline_channel_in_place(baseline_out, black_box(payload_range.clone()), 0x4001)
                == Some(44..1248)
        }),
        Way::new("stunwire", || {
            op_channel_in_place(out, black_box(payload_range.clone()), number) == Some(44..1248)
        }),
    ])
}

fn channel_decode() -> Vec<Result> {
    let payload = &messages::payload(peers::PAYLOAD);
    let datagram = &messages::channel_data(0x4001, payload);
    let decoded = Some((0x4001, payload.len()));
    let is_decoded = move |data: Option<(u16, &[u8])>| {
        data.map(|(number, data)| (number, data.len())) == decoded
    };
    let ways = vec![
        Way::on("baseline", datagram, move |bytes| {
            is_decoded(baseline_channel_decode(bytes))
        }),
        Way::on("stunwire", datagram, move |bytes| {
            is_decoded(op_channel_decode(bytes))
        }),
    ];
    beside(
        ways,
        datagram,
        &[turn_server::channel_decode, stun_types::channel_decode],
    )
}

fn channel_copy() -> Vec<Result> {
    let payload = &messages::payload(peers::PAYLOAD);
    let number = ChannelNumber::new(0x4001).unwrap();
    let (out, baseline_out) = (buffer::<1300>(), buffer::<1300>());
    let len = payload.len() + 4;
    let ways = vec![
        Way::on("baseline", payload, |payload| {
            baseline_channel_copy(baseline_out, black_box(0x4001), payload)
                .is_some_and(|data| data.len() == len)
        }),
        Way::on("stunwire", payload, |payload| {
            op_channel_copy(out, black_box(number), payload).is_some_and(|data| data.len() == len)
        }),
    ];
    beside(
        ways,
        payload,
        &[turn_server::channel_copy, stun_types::channel_copy],
    )
}

fn frames() -> Vec<Result> {
    let stream = &messages::stream();
    let found = baseline_frames(stream);
    read(
        stream,
        |stream| baseline_frames(stream) == found,
        |stream| baseline_frames(stream) == found,
        |stream| op_frames(stream) == found,
        &[turn_server::frames],
    )
}
