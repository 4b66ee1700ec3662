//! The rows: what is done, by whom.

use hmac::{Hmac, KeyInit};
use sha1::Sha1;
use std::hint::black_box;
use stunwire::{ChannelNumber, Key};

use crate::common::floor::*;
use crate::common::messages::{self, ID, LONG_TERM_KEY, PASSWORD};
use crate::common::ops::*;
use crate::harness::{Result, Way, measure};
use crate::peers::{self, ezk, stun_bytes, stun_codec, stun_format, stun_rs, stun_types, webrtc};
use webrtc_stun::message::Message as WebrtcMessage;

type Row = (&'static str, fn() -> Vec<Result>);

pub const ROWS: &[Row] = &[
    ("a1-parse", parse),
    ("a2-parse-and-iterate", iterate),
    ("a3-walk", walk),
    ("b-typed-check", typed),
    ("b-typed-check-walk", typed_walk),
    ("b-typed-allocate", typed_allocate),
    ("c-fingerprint", fingerprint),
    ("d-verify-check", verify_check),
    ("d-verify-allocate", verify_allocate),
    ("e-sign-check", sign_check),
    ("e-sign-allocate", sign_allocate),
    ("f-decode", relay_decode),
    ("f-encode-copy", relay_copy),
    ("f-in-place", relay_in_place),
    ("f-vectored", relay_vectored),
    ("f-channel-in-place", channel_in_place),
    ("g-frames", frames),
];

fn parse() -> Vec<Result> {
    let bytes = messages::plain_check();
    measure(vec![
        Way::new("floor", || floor_walk(black_box(&bytes)).is_some()),
        Way::new("stunwire", || op_parse(black_box(&bytes)).is_ok()),
        Way::new("ezk-stun-types", || ezk::parse(black_box(&bytes))),
    ])
}

fn iterate() -> Vec<Result> {
    let bytes = messages::plain_check();
    let sum = floor_walk(&bytes);
    let mut message = WebrtcMessage::new();
    let decoder = stun_rs::decoder();
    measure(vec![
        Way::new("floor", || floor_walk(black_box(&bytes)) == sum),
        Way::new("stunwire", || op_parse_iterate(black_box(&bytes)) == sum),
        Way::new("stun-bytes", || {
            stun_bytes::iterate(black_box(&bytes)) == 24
        }),
        Way::new("stun-types", || {
            stun_types::iterate(black_box(&bytes)) == 21
        }),
        Way::new("stun_codec", || stun_codec::iterate(black_box(&bytes)) == 4),
        Way::new("stun", || {
            webrtc::iterate(&mut message, black_box(&bytes)) == 21
        }),
        Way::new("stun-rs", || {
            stun_rs::iterate(&decoder, black_box(&bytes)) == 4
        }),
    ])
}

fn walk() -> Vec<Result> {
    let bytes = messages::plain_check();
    let sum = floor_walk(&bytes);
    measure(vec![
        Way::new("floor", || floor_walk(black_box(&bytes)) == sum),
        Way::new("stunwire", || op_walk(black_box(&bytes)) == sum),
    ])
}

/// Only what is there is compared, as the peers' answers are.
fn says(view: Option<CheckView<'_>>) -> bool {
    view.is_some_and(|view| {
        view.username == peers::USERNAME.as_bytes()
            && view.priority == peers::PRIORITY
            && view.controlling == peers::TIE_BREAKER
            && view.nominated
    })
}

fn typed() -> Vec<Result> {
    let bytes = messages::plain_check();
    let decoder = stun_rs::decoder();
    measure(vec![
        Way::new("floor", || says(floor_check(black_box(&bytes)))),
        Way::new("stunwire", || says(op_check(black_box(&bytes)))),
        Way::new("stun-format", || stun_format::typed(black_box(&bytes))),
        Way::new("stun_codec", || stun_codec::typed(black_box(&bytes))),
        Way::new("stun-rs", || stun_rs::typed(&decoder, black_box(&bytes))),
        Way::new("ezk-stun-types", || ezk::typed(black_box(&bytes))),
    ])
}

fn typed_walk() -> Vec<Result> {
    let bytes = messages::plain_check();
    measure(vec![
        Way::new("floor", || says(floor_check(black_box(&bytes)))),
        Way::new("stunwire", || says(op_check_walk(black_box(&bytes)))),
    ])
}

fn typed_allocate() -> Vec<Result> {
    let bytes = messages::allocate();
    let view = floor_allocate(&bytes);
    measure(vec![
        Way::new("floor", || floor_allocate(black_box(&bytes)) == view),
        Way::new("stunwire", || op_allocate(black_box(&bytes)) == view),
    ])
}

fn fingerprint() -> Vec<Result> {
    let bytes = messages::ice_check();
    let mut message = WebrtcMessage::new();
    let decoder = stun_rs::decoder();
    measure(vec![
        Way::new("floor", || floor_fingerprint(black_box(&bytes))),
        Way::new("stunwire", || op_fingerprint(black_box(&bytes))),
        Way::new("stun-types", || stun_types::fingerprint(black_box(&bytes))),
        Way::new("stun_codec", || stun_codec::fingerprint(black_box(&bytes))),
        Way::new("stun", || {
            webrtc::fingerprint(&mut message, black_box(&bytes))
        }),
        Way::new("stun-rs", || {
            stun_rs::fingerprint(&decoder, black_box(&bytes))
        }),
        Way::new("ezk-stun-types", || ezk::fingerprint(black_box(&bytes))),
    ])
}

/// The floor is the bare HMAC, without a walk; beside it the compression function alone.
fn verify<'a>(bytes: &'a [u8], key: &[u8], peers: Vec<Way<'a>>) -> Vec<Result> {
    let prepared = Key::from_bytes(key);
    let by_hand = Hmac::<Sha1>::new_from_slice(key).unwrap();
    let (text, behind) = bytes.split_at(bytes.len() - 32);
    let (text, tag) = (messages::covered(text, 20), &behind[4..24]);
    let blocks = messages::blocks(&text);
    let compressed = floor_compress([0; 5], &blocks);
    let (text, blocks, by_hand) = (&text, &blocks, &by_hand);
    let mut ways = vec![
        Way::new("floor", move || floor_verify(black_box(text), by_hand, tag)),
        Way::new("floor-compress", move || {
            floor_compress([0; 5], black_box(blocks)) == compressed
        }),
        Way::new("stunwire", || op_verify(black_box(bytes), &prepared)),
    ];
    ways.extend(peers);
    measure(ways)
}

fn verify_check() -> Vec<Result> {
    let bytes = &messages::ice_check();
    let mut message = WebrtcMessage::new();
    let (types_key, webrtc_key) = (stun_types::key(), webrtc::key());
    let decoder = stun_rs::verifier();
    let peers = vec![
        Way::new("stun-types", || {
            stun_types::verify(black_box(bytes), &types_key)
        }),
        Way::new("stun_codec", || stun_codec::verify(black_box(bytes))),
        Way::new("stun", || {
            webrtc::verify(&mut message, black_box(bytes), &webrtc_key)
        }),
        Way::new("stun-rs", || stun_rs::verify(&decoder, black_box(bytes))),
        Way::new("ezk-stun-types", || ezk::verify(black_box(bytes))),
    ];
    verify(bytes, PASSWORD.as_bytes(), peers)
}

fn verify_allocate() -> Vec<Result> {
    verify(&messages::allocate(), &LONG_TERM_KEY, Vec::new())
}

fn sign_check() -> Vec<Result> {
    let check = messages::check();
    let whole = messages::ice_check();
    let key = Key::short_term(PASSWORD);
    let (types_key, webrtc_key, rs_key) = (stun_types::key(), webrtc::key(), stun_rs::key());
    let (mut types_out, mut rs_out) = ([0; 256], [0; 256]);
    let mut message = WebrtcMessage::new();
    let by_hand = Hmac::<Sha1>::new_from_slice(PASSWORD.as_bytes()).unwrap();
    let (mut out, mut floor_out) = ([0; 256], [0; 256]);
    measure(vec![
        Way::new("floor", || {
            floor_encode_signed(&mut floor_out, black_box(&check), &by_hand) == Some(&whole[..])
        }),
        Way::new("stunwire", || {
            op_encode_signed(&mut out, black_box(&check), &key) == Some(&whole[..])
        }),
        Way::new("stun-types", || {
            let len = stun_types::sign(&mut types_out, &types_key);
            types_out[..len] == whole
        }),
        Way::new("stun_codec", || stun_codec::sign() == whole.len()),
        Way::new("stun", || {
            webrtc::sign(&mut message, &webrtc_key) == whole.len()
        }),
        Way::new("stun-rs", || {
            stun_rs::sign(&mut rs_out, &rs_key) == whole.len()
        }),
        Way::new("ezk-stun-types", || ezk::sign() == whole.len()),
    ])
}

fn sign_allocate() -> Vec<Result> {
    let allocate = messages::allocate_request();
    let whole = messages::allocate();
    let key = Key::from_bytes(&LONG_TERM_KEY);
    let by_hand = Hmac::<Sha1>::new_from_slice(&LONG_TERM_KEY).unwrap();
    let (mut out, mut floor_out) = ([0; 256], [0; 256]);
    measure(vec![
        Way::new("floor", || {
            floor_encode_allocate_signed(&mut floor_out, black_box(&allocate), &by_hand)
                == Some(&whole[..])
        }),
        Way::new("stunwire", || {
            op_encode_allocate_signed(&mut out, black_box(&allocate), &key) == Some(&whole[..])
        }),
    ])
}

fn relay_decode() -> Vec<Result> {
    let send = messages::indication(0x0016, &messages::payload(1200));
    let decoded = floor_send_decode(&send);
    let found = decoded
        .clone()
        .map(|(peer, range)| (peer, range.len()))
        .unwrap();
    let mut message = WebrtcMessage::new();
    let decoder = stun_rs::decoder();
    measure(vec![
        Way::new("floor", || floor_send_decode(black_box(&send)) == decoded),
        Way::new("stunwire", || op_send_decode(black_box(&send)) == decoded),
        Way::new("stun-types", || {
            stun_types::relay_decode(black_box(&send)) == found
        }),
        Way::new("stun_codec", || {
            stun_codec::relay_decode(black_box(&send)) == found
        }),
        Way::new("stun", || {
            webrtc::relay_decode(&mut message, black_box(&send)) == found
        }),
        Way::new("stun-rs", || {
            stun_rs::relay_decode(&decoder, black_box(&send)) == found
        }),
        Way::new("ezk-stun-types", || {
            ezk::relay_decode(black_box(&send)) == found
        }),
    ])
}

fn relay_copy() -> Vec<Result> {
    let payload = messages::payload(1200);
    let peer = "192.0.2.1:32853".parse().unwrap();
    let len = messages::indication(0x0017, &payload).len();
    let (mut out, mut floor_out, mut copy) = ([0; 1300], [0; 1300], [0; 1200]);
    let (mut types_out, mut rs_out) = ([0; 1300], [0; 1300]);
    let mut message = WebrtcMessage::new();
    measure(vec![
        Way::new("floor", || {
            floor_data_copy(&mut floor_out, peer, ID, black_box(&payload))
                .is_some_and(|data| data.len() == len)
        }),
        Way::new("floor-memcpy", || {
            copy.copy_from_slice(black_box(&payload));
            black_box(&copy).len() == payload.len()
        }),
        Way::new("stunwire", || {
            op_data_copy(&mut out, peer, ID, black_box(&payload))
                .is_some_and(|data| data.len() == len)
        }),
        Way::new("stun-types", || {
            stun_types::relay_encode(&mut types_out, peer, black_box(&payload)) == len
        }),
        Way::new("stun_codec", || {
            stun_codec::relay_encode(peer, black_box(&payload)) == len
        }),
        Way::new("stun", || {
            webrtc::relay_encode(&mut message, peer, black_box(&payload)) == len
        }),
        Way::new("stun-rs", || {
            stun_rs::relay_encode(&mut rs_out, peer, black_box(&payload)) == len
        }),
        Way::new("ezk-stun-types", || {
            ezk::relay_encode(peer, black_box(&payload)) == len
        }),
    ])
}

fn relay_in_place() -> Vec<Result> {
    let peer = "192.0.2.1:32853".parse().unwrap();
    let (mut out, mut floor_out) = ([0; 1300], [0; 1300]);
    let place = 48..1248;
    measure(vec![
        Way::new("floor", || {
            floor_data_in_place(&mut floor_out, black_box(place.clone()), peer, ID)
                == Some(12..1248)
        }),
        Way::new("stunwire", || {
            op_data_in_place(&mut out, black_box(place.clone()), peer, ID) == Some(12..1248)
        }),
    ])
}

fn relay_vectored() -> Vec<Result> {
    let payload = messages::payload(1200);
    let peer = "192.0.2.1:32853".parse().unwrap();
    let (mut out, mut floor_out) = ([0; 64], [0; 64]);
    measure(vec![
        Way::new("floor", || {
            floor_data_vectored(&mut floor_out, black_box(&payload), peer, ID)
                .is_some_and(|parts| parts[0].len() == 36)
        }),
        Way::new("stunwire", || {
            op_data_vectored(&mut out, black_box(&payload), peer, ID)
                .is_some_and(|parts| parts[0].len() == 36)
        }),
    ])
}

fn channel_in_place() -> Vec<Result> {
    let number = ChannelNumber::new(0x4001).unwrap();
    let (mut out, mut floor_out) = ([0; 1300], [0; 1300]);
    let place = 48..1248;
    measure(vec![
        Way::new("floor", || {
            floor_channel_in_place(&mut floor_out, black_box(place.clone()), 0x4001)
                == Some(44..1248)
        }),
        Way::new("stunwire", || {
            op_channel_in_place(&mut out, black_box(place.clone()), number) == Some(44..1248)
        }),
    ])
}

fn frames() -> Vec<Result> {
    let stream = messages::stream();
    let found = floor_frames(&stream);
    measure(vec![
        Way::new("floor", || floor_frames(black_box(&stream)) == found),
        Way::new("stunwire", || op_frames(black_box(&stream)) == found),
    ])
}
