//! Edges of the detection of a framing. Streams that are detected are in `streams.rs`.

use stunwire::framing::{Framing, Sniffed, sniff};

use crate::support::hex;

/// RFC 8489 §5: a message has 20 bytes at least, so a shorter frame does not hold one.
#[test]
fn frames_that_are_too_short_for_a_message() {
    // 20 bytes of a message, in a frame whose length is 19 to 21.
    let message = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
    for (header, framing) in [
        (&b""[..], Framing::Rfc4571),
        (b"\x02\x00", Framing::MsTcp),
        (b"\x03\x00", Framing::MsTcp),
    ] {
        for length in [19_u8, 20, 21] {
            let stream = [header, &[0, length], message, b"\0\0\0\0"].concat();
            let is_detected = sniff(&stream) == Sniffed::Is(framing);
            assert_eq!(is_detected, length >= 20, "{framing:?} {length}");
        }
    }
    // \[MS-TURN\] 2.2: 20 bytes and MAGIC-COOKIE, in a frame of 20 to 29 bytes.
    let message = b"\x00\x03\x00\x08 16 bytes as id \x00\x0f\x00\x04\x72\xc6\x4b\xc6";
    for length in 20..30 {
        let stream = [&b"\x02\x00"[..], &[0, length], message, b"\0\0\0\0"].concat();
        let is_detected = sniff(&stream) == Sniffed::Is(Framing::MsTcp);
        assert_eq!(is_detected, length >= 28, "{length}");
    }
}

/// The two topmost bits of a message are zero, in MS-TURN too.
#[test]
fn frames_that_hold_no_message() {
    for first in [0x00_u8, 0x3F, 0x40, 0x80, 0xFF] {
        let id = b"\x03\x00\x08 16 bytes as id \x00\x0f\x00\x04\x72\xc6\x4b\xc6";
        let stream = [&b"\x02\x00\x00\x1c"[..], &[first], id].concat();
        let is_detected = sniff(&stream) == Sniffed::Is(Framing::MsTcp);
        assert_eq!(is_detected, first < 0x40, "{first:#04x}");
    }
}

/// RFC 8489 §14: attributes are padded to a multiple of 4, so the length of a message is one.
#[test]
fn an_unaligned_message() {
    for length in 0..8 {
        let stream = [
            b"\x00\x01\x00",
            &[length][..],
            b"\x21\x12\xa4\x42abcdefghijkl........",
        ]
        .concat();
        let is_detected = sniff(&stream) == Sniffed::Is(Framing::StunTcp);
        assert_eq!(is_detected, length % 4 == 0, "{length}");
    }
}

/// No more bytes are asked for than the nearest decision takes.
#[test]
fn bytes_that_are_needed() {
    for (stream, needed) in [
        // The shortest header, that of RFC 4571, has 2 bytes.
        (&b""[..], 2),
        (b"\x02", 1),
        // The header of a frame of MS-TURN has 4 bytes.
        (b"\x02\x00", 2),
        (b"\x03\x00\x01", 1),
        // A record of TLS is decided after 10 bytes.
        (b"\x16\x03\x01\x02\x00\x01\x00\x00\x00", 1),
    ] {
        assert_eq!(sniff(stream), Sniffed::NeedsMore { needed }, "{stream:x?}");
    }
    let decided = sniff(b"\x16\x03\x01\x02\x00\x01\x00\x00\x00\x00");
    assert_eq!(decided, Sniffed::Is(Framing::Tls));
    // What begins like the ClientHello of the pseudo-TLS handshake is not TLS before its cipher suites.
    let hello = hex("16 0301 002d 01 000029 0301 c1fcd5a3
         6d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb 00 0002");
    assert_eq!(sniff(&hello), Sniffed::NeedsMore { needed: 2 });
}

/// Two of the longest packets of RFC 4571 and the start of a third: after 2 messages of the largest size and 64 bytes
/// the search ends.
#[test]
fn the_last_undecided_byte() {
    let longest = [&b"\xff\xff\x80"[..], &[0; 65_534]].concat();
    let stream = longest.repeat(3);
    let end = 2 * (20 + 65_535) + 64;
    let needed = 3 * (2 + 65_535) - (end - 1);
    assert_eq!(
        sniff(&stream[..end - 1]),
        Sniffed::NeedsMore { needed },
        "one byte before the end"
    );
    assert_eq!(sniff(&stream[..end]), Sniffed::Unknown);
}
