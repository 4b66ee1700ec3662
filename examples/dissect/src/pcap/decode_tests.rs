#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use super::build::*;
use super::*;

const HELLO: &[u8] = b"hello";

fn whole(bytes: &[u8]) -> Frame<'_> {
    Frame {
        bytes,
        wire_len: bytes.len(),
    }
}

fn decode(link: i32, frame: &[u8]) -> Result<Decoded, Skip> {
    Decoder::default().decode(Linktype(link), whole(frame), Duration::ZERO)
}

#[track_caller]
fn assert_hello(link: i32, frame: &[u8], source: &str, destination: &str) {
    let decoded = decode(link, frame).unwrap();
    assert_eq!(decoded.source, source.parse().unwrap());
    assert_eq!(decoded.destination, destination.parse().unwrap());
    assert_eq!(decoded.transport, Transport::Udp);
    assert_eq!(decoded.payload, HELLO);
    assert_eq!(decoded.wire_len, HELLO.len());
}

#[track_caller]
fn assert_hello_4(link: i32, header: &[u8]) {
    let frame = [header, &ipv4(17, &udp(HELLO))].concat();
    assert_hello(link, &frame, SOURCE, DESTINATION);
}

#[track_caller]
fn assert_hello_6(link: i32, header: &[u8]) {
    let frame = [header, &ipv6(17, &udp(HELLO))].concat();
    assert_hello(link, &frame, SOURCE_6, DESTINATION_6);
}

#[test]
fn ethernet_with_and_without_vlan_tags() {
    assert_hello_4(1, &ethernet(&[0x08, 0x00], &[]));
    assert_hello_6(1, &ethernet(&[0x86, 0xDD], &[]));
    assert_hello_4(1, &ethernet(&[0x81, 0, 0, 7, 0x08, 0x00], &[]));
    assert_hello_6(
        1,
        &ethernet(&[0x88, 0xA8, 0, 7, 0x81, 0, 0, 8, 0x86, 0xDD], &[]),
    );
}

#[test]
fn linux_cooked() {
    let v1 = [0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0];
    assert_hello_4(113, &[&v1[..], &[0x08, 0x00]].concat());
    assert_hello_6(113, &[&v1[..], &[0x86, 0xDD]].concat());
    assert_hello_4(113, &[&v1[..], &[0x81, 0, 0, 7, 0x08, 0x00]].concat());
    let v2 = [0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0];
    assert_hello_4(276, &[&[0x08, 0x00], &v2[..]].concat());
    assert_hello_6(276, &[&[0x86, 0xDD], &v2[..]].concat());
}

#[test]
fn raw_ip() {
    for link in [101, 12, 14, 228] {
        assert_hello_4(link, &[]);
    }
    for link in [101, 12, 14, 229] {
        assert_hello_6(link, &[]);
    }
}

#[test]
fn loopback_in_either_byte_order() {
    for link in [0, 108] {
        assert_hello_4(link, &[0, 0, 0, 2]);
        assert_hello_4(link, &[2, 0, 0, 0]);
        for family in [10, 24, 28, 30] {
            assert_hello_6(link, &[0, 0, 0, family]);
            assert_hello_6(link, &[family, 0, 0, 0]);
        }
        assert_eq!(
            decode(link, &[0, 0, 0, 7, 0x45]).unwrap_err(),
            Skip::Foreign
        );
    }
}

#[test]
fn trailer_is_not_payload() {
    let padded = [
        ethernet(&[0x08, 0x00], &ipv4(17, &udp(HELLO))),
        vec![0xAA; 13],
    ]
    .concat();
    assert_hello(1, &padded, SOURCE, DESTINATION);
    let padded = [
        ethernet(&[0x86, 0xDD], &ipv6(17, &udp(HELLO))),
        vec![0xAA; 13],
    ]
    .concat();
    assert_hello(1, &padded, SOURCE_6, DESTINATION_6);
    // A pure acknowledgment, padded to the minimum length of a frame.
    let padded = [
        ethernet(&[0x08, 0x00], &ipv4(6, &tcp(9, 0x10, &[]))),
        vec![0; 6],
    ]
    .concat();
    assert!(decode(1, &padded).unwrap().payload.is_empty());
}

#[test]
fn ipv6_extension_headers() {
    let options = |next: u8| [next, 0, 1, 4, 0, 0, 0, 0];
    let packet = [
        &options(60)[..],
        &options(43),
        &[17, 0, 0, 0, 0, 0, 0, 0],
        &udp(HELLO),
    ];
    assert_hello(101, &ipv6(0, &packet.concat()), SOURCE_6, DESTINATION_6);
    // A fragment header on a packet that is whole.
    let atomic = [&[17, 0, 0, 0, 1, 2, 3, 4][..], &udp(HELLO)].concat();
    assert_hello(101, &ipv6(44, &atomic), SOURCE_6, DESTINATION_6);
}

#[test]
fn tcp_header() {
    let decoded = decode(101, &ipv4(6, &tcp(0x0102_0304, 0x13, HELLO))).unwrap();
    let segment = Segment {
        sequence: 0x0102_0304,
        syn: true,
        ack: true,
        fin: true,
        rst: false,
        acknowledgment: 0,
    };
    assert_eq!(decoded.transport, Transport::Tcp(segment));
    assert_eq!(decoded.payload, HELLO);
    let decoded = decode(101, &ipv6(6, &tcp(7, 0x04, &[]))).unwrap();
    let segment = Segment {
        sequence: 7,
        rst: true,
        ..Segment::default()
    };
    assert_eq!(decoded.transport, Transport::Tcp(segment));
}

#[test]
fn length_on_the_wire_of_a_packet_that_the_snap_length_truncated() {
    let packet = ipv4(17, &udp(HELLO));
    for captured in 28..packet.len() {
        let decoded = decode(101, &packet[..captured]).unwrap();
        assert_eq!(decoded.payload, HELLO[..captured - 28]);
        assert_eq!(decoded.wire_len, HELLO.len());
    }
    for captured in 1..28 {
        let frame = Frame {
            bytes: &packet[..captured],
            wire_len: packet.len(),
        };
        let error = Decoder::default().decode(Linktype::RAW, frame, Duration::ZERO);
        assert_eq!(error.unwrap_err(), Skip::Truncated, "{captured}");
    }
    // The length of the UDP header is limited by that of the IP packet.
    let mut long = udp(HELLO);
    long[5] += 1;
    assert_eq!(decode(101, &ipv4(17, &long)).unwrap().wire_len, HELLO.len());
}

#[test]
fn what_cannot_be_decoded() {
    assert_eq!(decode(147, &[0; 60]).unwrap_err(), Skip::Link);
    assert_eq!(
        decode(1, &ethernet(&[0x88, 0xCC], &[0; 40])).unwrap_err(),
        Skip::Foreign
    );
    assert_eq!(decode(101, &ipv4(1, &[0; 8])).unwrap_err(), Skip::Foreign);
    assert_eq!(decode(101, &ipv4(132, &[0; 8])).unwrap_err(), Skip::Foreign);
    assert_eq!(
        decode(101, &ipv4(17, &[0; 7])).unwrap_err(),
        Skip::Malformed
    );
    assert_eq!(
        decode(101, &ipv4(6, &[0; 20])).unwrap_err(),
        Skip::Malformed
    );
    assert_eq!(
        decode(1, &ethernet(&[0x08, 0x00], &[0x45])).unwrap_err(),
        Skip::Malformed
    );
    for link in [0, 1, 12, 101, 113, 276] {
        assert_eq!(decode(link, &[]).unwrap_err(), Skip::Malformed);
    }
}

#[test]
fn fragments_in_any_order() {
    let payload: Vec<u8> = (0..100).collect();
    let whole = udp(&payload);
    let v4 = [
        ipv4_fragment(17, 0x2000, &whole[..40]),
        ipv4_fragment(17, 0x2000 | 5, &whole[40..80]),
        ipv4_fragment(17, 10, &whole[80..]),
    ];
    let v6 = [(1, 0..40), (40 | 1, 40..80), (80, 80..108)].map(|(field, range)| {
        let header = [17, 0, 0, field, 9, 9, 9, 9];
        ipv6(44, &[&header, &whole[range]].concat())
    });
    for fragments in [v4, v6] {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut decoder = Decoder::default();
            let [first, second, third] = order
                .map(|i| decoder.decode(Linktype::RAW, self::whole(&fragments[i]), Duration::ZERO));
            assert_eq!(first.unwrap_err(), Skip::Fragment);
            assert_eq!(second.unwrap_err(), Skip::Fragment);
            let decoded = third.unwrap();
            assert_eq!(decoded.payload, payload);
            assert_eq!(decoded.fragments, 2);
            assert!(decoder.waiting.is_empty());
        }
    }
}

#[test]
fn fragments_wait_for_a_limited_time() {
    let whole = udp(&[1; 100]);
    let (first, last) = whole.split_at(40);
    let mut decoder = Decoder::default();
    let mut decode = |fragment, payload, seconds| {
        let packet = ipv4_fragment(17, fragment, payload);
        decoder.decode(
            Linktype::RAW,
            self::whole(&packet),
            Duration::from_secs(seconds),
        )
    };
    assert!(decode(0x2000, first, 0).is_err());
    assert!(decode(5, last, 31).is_err());
    assert!(decode(0x2000, first, 32).is_ok());
}

#[test]
fn fragments_take_limited_memory() {
    let mut decoder = Decoder::default();
    for number in 0..2000u16 {
        let mut packet = ipv4_fragment(17, 0x2000, &[0; 8]);
        packet[4..6].copy_from_slice(&number.to_be_bytes());
        let time = Duration::from_millis(u64::from(number));
        assert_eq!(
            decoder
                .decode(Linktype::RAW, self::whole(&packet), time)
                .unwrap_err(),
            Skip::Fragment
        );
        assert!(decoder.waiting.len() <= MAX_WAITING);
    }
}
