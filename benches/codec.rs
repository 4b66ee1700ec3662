//! Times of the crate and of its baselines, in one run. Every bench asserts its result.
//!
//! `cargo bench -p stunwire-benches --bench codec` measures; with `-- --test` each bench runs once. `benches/peers`
//! measures the same jobs with other crates.
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

use stunwire_benches::baseline::*;
use stunwire_benches::least::least_iterate;
use stunwire_benches::messages::{self, ID, LONG_TERM_KEY, PASSWORD};
use stunwire_benches::ops::*;

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
        let sum = least_iterate(bytes);
        assert!(sum.is_some());
        bench(&mut group, "parse", &true, || op_parse(bytes).is_ok());
        bench(&mut group, "iterate", &sum, || op_parse_iterate(bytes));
        bench(&mut group, "walk", &sum, || op_walk(bytes));
        bench(&mut group, "least-iterate", &sum, || least_iterate(bytes));
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
    let (text, trailer) = bytes.split_at(bytes.len() - 32);
    let (covered, tag) = (messages::covered(text, 20), &trailer[4..24]);
    let covered = black_box(covered.as_slice());
    let crc_of = &bytes[..bytes.len() - 8];
    let crc = crc32fast::hash(crc_of);

    bench(group, "fingerprint", &true, || op_fingerprint(bytes));
    bench(group, "baseline", &true, || baseline_fingerprint(bytes));
    bench(group, "baseline-crc", &crc, || {
        crc32fast::hash(black_box(crc_of))
    });
    bench(group, "verify", &true, || op_verify(bytes, &prepared));
    bench(group, "baseline-hmac", &true, || {
        baseline_verify(covered, &by_hand, tag)
    });
    let blocks = messages::blocks(covered);
    let compressed = baseline_compress([0; 5], &blocks);
    bench(group, "baseline-compress", &compressed, || {
        baseline_compress(black_box([0; 5]), black_box(&blocks))
    });
}

/// Reads every attribute as a type.
fn typed(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("typed");
    let bytes = &black_box(messages::ice_check())[..];
    let view = baseline_check(bytes);
    assert!(view.is_some());
    bench(&mut group, "check", &view, || op_check(bytes));
    bench(&mut group, "check-walk", &view, || op_check_walk(bytes));
    bench(&mut group, "check-read", &view, || op_check_read(bytes));
    bench(&mut group, "check-get", &view, || op_check_get(bytes));
    bench(&mut group, "check-any", &view, || op_check_any(bytes));
    bench(&mut group, "check-baseline", &view, || {
        baseline_check(bytes)
    });

    let bytes = &black_box(messages::allocate())[..];
    let view = baseline_allocate(bytes);
    assert!(view.is_some());
    bench(&mut group, "allocate", &view, || op_allocate(bytes));
    bench(&mut group, "allocate-walk", &view, || {
        op_allocate_walk(bytes)
    });
    bench(&mut group, "allocate-read", &view, || {
        op_allocate_read(bytes)
    });
    bench(&mut group, "allocate-baseline", &view, || {
        baseline_allocate(bytes)
    });

    let bytes = &black_box(messages::ms_turn_send(&messages::payload(1200)))[..];
    assert!(Dialect::MS_TURN.parse(bytes).is_ok());
    let view = baseline_ms_send(bytes);
    assert!(view.is_some());
    bench(&mut group, "ms-turn-send", &view, || op_ms_send(bytes));
    bench(&mut group, "ms-turn-send-baseline", &view, || {
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
    bench(&mut group, "check-signed", &signed, || {
        op_encode_signed(&mut out, &check, &key).map(<[u8]>::len)
    });
    bench(&mut group, "check-signed-baseline", &signed, || {
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
    bench(&mut group, "allocate-signed", &signed, || {
        op_encode_allocate_signed(&mut out, &allocate, &key).map(<[u8]>::len)
    });
    bench(&mut group, "allocate-signed-baseline", &signed, || {
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
    bench(&mut group, "decode", &decoded, || op_send_decode(send));
    bench(&mut group, "decode-baseline", &decoded, || {
        baseline_send_decode(send)
    });

    let data = messages::indication(0x0017, &payload);
    let mut out = vec![0xEE; 1300];
    assert_eq!(op_data_copy(&mut out, peer, ID, &payload), Some(&data[..]));
    let whole = Some(data.len());
    bench(&mut group, "copy", &whole, || {
        op_data_copy(&mut out, peer, ID, &payload).map(<[u8]>::len)
    });
    bench(&mut group, "copy-baseline", &whole, || {
        baseline_data_copy(&mut out, peer, ID, &payload).map(<[u8]>::len)
    });
    group.bench_function("memcpy", |bencher| {
        bencher.iter(|| black_box(&mut out[36..1236]).copy_from_slice(black_box(&payload)));
    });

    let inside = 48..1248;
    out[inside.clone()].copy_from_slice(&payload);
    let range = op_data_in_place(&mut out, inside.clone(), peer, ID);
    assert_eq!(out[range.clone().unwrap()], data);
    bench(&mut group, "in-place", &range, || {
        op_data_in_place(&mut out, black_box(inside.clone()), peer, ID)
    });
    bench(&mut group, "in-place-baseline", &range, || {
        baseline_data_in_place(&mut out, black_box(inside.clone()), peer, ID).ok()
    });
    let sizes = Some([36, 1200, 0]);
    bench(&mut group, "vectored", &sizes, || {
        let segments = black_box(op_data_vectored(&mut out, &payload, peer, ID));
        segments.map(|segments| segments.map(<[u8]>::len))
    });
    bench(&mut group, "vectored-baseline", &sizes, || {
        let segments = black_box(baseline_data_vectored(&mut out, &payload, peer, ID)).ok();
        segments.map(|segments| segments.map(<[u8]>::len))
    });

    let number = ChannelNumber::new(0x4001).unwrap();
    let range = op_channel_in_place(&mut out, inside.clone(), number);
    let channel = messages::channel_data(0x4001, &out[inside.clone()]);
    assert_eq!(out[range.clone().unwrap()], channel);
    bench(&mut group, "channel-in-place", &range, || {
        op_channel_in_place(&mut out, black_box(inside.clone()), number)
    });
    bench(&mut group, "channel-in-place-baseline", &range, || {
        baseline_channel_in_place(&mut out, black_box(inside.clone()), 0x4001)
    });
    let channel = black_box(channel.as_slice());
    let payload = Some(1200);
    bench(&mut group, "channel-decode", &payload, || {
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
    bench(&mut group, "frames", &frames, || op_frames(stream));
    bench(&mut group, "frames-baseline", &frames, || {
        baseline_frames(stream)
    });
    group.finish();
}

criterion_group!(benches, reading, typed, writing, relaying, framing);
criterion_main!(benches);
