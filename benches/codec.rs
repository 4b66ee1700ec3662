//! Times of the crate and of the hand-written baselines, in one run. Every bench asserts its result.
//!
//! `cargo bench --bench codec` measures; with `-- --test` each bench runs once. `benches/peers` measures the same
//! jobs with other crates.
#![allow(
    missing_docs,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::std_instead_of_core,
    clippy::unwrap_used
)]

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit};
use sha1::Sha1;
use stunwire::attribute::ChannelNumber;
use stunwire::{Dialect, Key};

mod common;

use common::baseline::*;
use common::messages::{self, ID, LONG_TERM_KEY, PASSWORD};
use common::ops::*;

/// Asserts the result of `job` once, then measures it.
fn bench<T: PartialEq + std::fmt::Debug>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    answer: &T,
    mut job: impl FnMut() -> T,
) {
    assert_eq!(&job(), answer, "{name}");
    group.bench_function(name, |bencher| bencher.iter(|| black_box(job())));
}

/// A name, a message, and its key if it is signed.
type Named = (&'static str, Vec<u8>, Option<Vec<u8>>);

fn messages() -> Vec<Named> {
    let ice = || Some(PASSWORD.as_bytes().to_vec());
    let payload = messages::payload(1200);
    vec![
        ("rfc5769-request", messages::RFC5769_REQUEST.to_vec(), ice()),
        (
            "rfc5769-response",
            messages::RFC5769_RESPONSE.to_vec(),
            ice(),
        ),
        ("check", messages::ice_check(), ice()),
        (
            "allocate",
            messages::allocate(),
            Some(LONG_TERM_KEY.to_vec()),
        ),
        ("send", messages::indication(0x0016, &payload), None),
        ("data", messages::indication(0x0017, &payload), None),
    ]
}

/// Parse alone, parse and iterate, one fallible pass; then FINGERPRINT and MESSAGE-INTEGRITY.
fn reading(criterion: &mut Criterion) {
    for (name, bytes, key) in messages() {
        let mut group = criterion.benchmark_group(name);
        let bytes = black_box(bytes.as_slice());
        let sum = baseline_walk(bytes);
        assert!(sum.is_some());
        bench(&mut group, "a1-parse", &true, || op_parse(bytes).is_ok());
        bench(&mut group, "a2-iterate", &sum, || op_parse_iterate(bytes));
        bench(&mut group, "a3-walk", &sum, || op_walk(bytes));
        bench(&mut group, "a-baseline-walk", &sum, || baseline_walk(bytes));
        if let Some(key) = key {
            signed(&mut group, bytes, &key);
        }
        group.finish();
    }
}

fn signed(group: &mut BenchmarkGroup<'_, WallTime>, bytes: &[u8], key: &[u8]) {
    let prepared = Key::from_bytes(key);
    let by_hand = Hmac::<Sha1>::new_from_slice(key).unwrap();
    // MESSAGE-INTEGRITY and FINGERPRINT are the last attributes.
    let (text, rest) = bytes.split_at(bytes.len() - 32);
    let (covered, tag) = (messages::covered(text, 20), &rest[4..24]);
    let covered = black_box(covered.as_slice());
    let crc_of = &bytes[..bytes.len() - 8];
    let crc = crc32fast::hash(crc_of);

    bench(group, "c-fingerprint", &true, || op_fingerprint(bytes));
    bench(group, "c-baseline-walk-crc", &true, || {
        baseline_fingerprint(bytes)
    });
    bench(group, "c-baseline-crc", &crc, || {
        crc32fast::hash(black_box(crc_of))
    });
    bench(group, "d-verify", &true, || op_verify(bytes, &prepared));
    bench(group, "d-baseline-hmac", &true, || {
        baseline_verify(covered, &by_hand, tag)
    });
    let blocks = messages::blocks(covered);
    let compressed = baseline_compress([0; 5], &blocks);
    bench(group, "d-baseline-compress", &compressed, || {
        baseline_compress(black_box([0; 5]), black_box(&blocks))
    });
}

/// Reads every attribute as a type.
fn typed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("typed");
    let bytes = &black_box(messages::ice_check())[..];
    let view = baseline_check(bytes);
    assert!(view.is_some());
    bench(&mut group, "b-check", &view, || op_check(bytes));
    bench(&mut group, "b-check-walk", &view, || op_check_walk(bytes));
    bench(&mut group, "b-check-any", &view, || op_check_any(bytes));
    bench(&mut group, "b-check-baseline", &view, || {
        baseline_check(bytes)
    });

    let bytes = &black_box(messages::allocate())[..];
    let view = baseline_allocate(bytes);
    assert!(view.is_some());
    bench(&mut group, "b-allocate", &view, || op_allocate(bytes));
    bench(&mut group, "b-allocate-walk", &view, || {
        op_allocate_walk(bytes)
    });
    bench(&mut group, "b-allocate-baseline", &view, || {
        baseline_allocate(bytes)
    });

    let bytes = &black_box(messages::ms_turn_send(&messages::payload(1200)))[..];
    assert!(Dialect::MS_TURN.parse(bytes).is_ok());
    let view = baseline_ms_send(bytes);
    assert!(view.is_some());
    bench(&mut group, "b-ms-turn-send", &view, || op_ms_send(bytes));
    bench(&mut group, "b-ms-turn-send-baseline", &view, || {
        baseline_ms_send(bytes)
    });
    group.finish();
}

/// Encodes, and encodes and signs, into a reused buffer.
fn writing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode");
    let mut out = [0xEE; 512];
    let check = black_box(messages::check());
    let key = Key::short_term(PASSWORD);
    let by_hand = Hmac::<Sha1>::new_from_slice(PASSWORD.as_bytes()).unwrap();
    let signed = Some(messages::ice_check().len());
    assert_eq!(
        op_encode_signed(&mut out, &check, &key),
        Some(&messages::ice_check()[..])
    );
    assert_eq!(
        baseline_encode_signed(&mut out, &check, &by_hand),
        Some(&messages::ice_check()[..])
    );
    let plain = Some(messages::ice_check().len() - 32);
    bench(&mut group, "check", &plain, || {
        op_encode(&mut out, &check).map(<[u8]>::len)
    });
    bench(&mut group, "check-baseline", &plain, || {
        baseline_encode(&mut out, &check).map(<[u8]>::len)
    });
    bench(&mut group, "e-check-signed", &signed, || {
        op_encode_signed(&mut out, &check, &key).map(<[u8]>::len)
    });
    bench(&mut group, "e-check-signed-baseline", &signed, || {
        baseline_encode_signed(&mut out, &check, &by_hand).map(<[u8]>::len)
    });

    let allocate = black_box(messages::allocate_request());
    let key = Key::from_bytes(&LONG_TERM_KEY);
    let by_hand = Hmac::<Sha1>::new_from_slice(&LONG_TERM_KEY).unwrap();
    let signed = Some(messages::allocate().len());
    assert_eq!(
        op_encode_allocate_signed(&mut out, &allocate, &key),
        Some(&messages::allocate()[..])
    );
    assert_eq!(
        baseline_encode_allocate_signed(&mut out, &allocate, &by_hand),
        Some(&messages::allocate()[..])
    );
    bench(&mut group, "e-allocate-signed", &signed, || {
        op_encode_allocate_signed(&mut out, &allocate, &key).map(<[u8]>::len)
    });
    bench(&mut group, "e-allocate-signed-baseline", &signed, || {
        baseline_encode_allocate_signed(&mut out, &allocate, &by_hand).map(<[u8]>::len)
    });
    group.finish();
}

/// Relays a payload of 1,200 bytes.
fn relaying(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("relay");
    let payload = messages::payload(1200);
    let send = &black_box(messages::indication(0x0016, &payload))[..];
    let decoded = baseline_send_decode(send);
    let peer = decoded.clone().unwrap().0;
    bench(&mut group, "f-decode", &decoded, || op_send_decode(send));
    bench(&mut group, "f-decode-baseline", &decoded, || {
        baseline_send_decode(send)
    });

    let data = messages::indication(0x0017, &payload);
    let mut out = vec![0xEE; 1300];
    assert_eq!(op_data_copy(&mut out, peer, ID, &payload), Some(&data[..]));
    let whole = Some(data.len());
    bench(&mut group, "f-copy", &whole, || {
        op_data_copy(&mut out, peer, ID, &payload).map(<[u8]>::len)
    });
    bench(&mut group, "f-copy-baseline", &whole, || {
        baseline_data_copy(&mut out, peer, ID, &payload).map(<[u8]>::len)
    });
    group.bench_function("f-memcpy", |bencher| {
        bencher.iter(|| black_box(&mut out[36..1236]).copy_from_slice(black_box(&payload)));
    });

    let payload_range = 48..1248;
    out[payload_range.clone()].copy_from_slice(&payload);
    let range = op_data_in_place(&mut out, payload_range.clone(), peer, ID);
    assert_eq!(out[range.clone().unwrap()], data);
    bench(&mut group, "f-in-place", &range, || {
        op_data_in_place(&mut out, black_box(payload_range.clone()), peer, ID)
    });
    bench(&mut group, "f-in-place-baseline", &range, || {
        baseline_data_in_place(&mut out, black_box(payload_range.clone()), peer, ID)
    });
    let sizes = Some([36, 1200, 0]);
    bench(&mut group, "f-vectored", &sizes, || {
        let parts = black_box(op_data_vectored(&mut out, &payload, peer, ID));
        parts.map(|parts| parts.map(<[u8]>::len))
    });
    bench(&mut group, "f-vectored-baseline", &sizes, || {
        let parts = black_box(baseline_data_vectored(&mut out, &payload, peer, ID));
        parts.map(|parts| parts.map(<[u8]>::len))
    });

    let number = ChannelNumber::new(0x4001).unwrap();
    let range = op_channel_in_place(&mut out, payload_range.clone(), number);
    let channel = messages::channel_data(0x4001, &out[payload_range.clone()]);
    assert_eq!(out[range.clone().unwrap()], channel);
    bench(&mut group, "f-channel-in-place", &range, || {
        op_channel_in_place(&mut out, black_box(payload_range.clone()), number)
    });
    bench(&mut group, "f-channel-in-place-baseline", &range, || {
        baseline_channel_in_place(&mut out, black_box(payload_range.clone()), 0x4001)
    });
    let channel = black_box(channel.as_slice());
    let payload = Some(1200);
    bench(&mut group, "f-channel-decode", &payload, || {
        op_channel_decode(channel).map(|data| data.1.len())
    });
    group.finish();
}

/// Reads 64 KiB of mixed frames.
fn framing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("stream");
    let stream = &black_box(messages::stream())[..];
    let frames = baseline_frames(stream);
    assert!(frames.is_some_and(|(used, _)| used > 64_000));
    bench(&mut group, "g-frames", &frames, || op_frames(stream));
    bench(&mut group, "g-frames-baseline", &frames, || {
        baseline_frames(stream)
    });
    group.finish();
}

criterion_group!(benches, reading, typed, writing, relaying, framing);
criterion_main!(benches);
