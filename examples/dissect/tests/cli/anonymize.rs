//! Copies for public tickets. The packets and the checksums come from etherparse.

use etherparse::{Ipv4Header, Ipv6Header, PacketBuilder, TcpHeader, UdpHeader};
use serde_json::Value;

use crate::messages::{self, hex};
use crate::support::{Capture, File, complaint, lines, run, table};

const CLIENT: [u8; 4] = [203, 0, 113, 7];
const SERVER: [u8; 4] = [203, 0, 113, 99];

fn udp(payload: &[u8]) -> Vec<u8> {
    let builder =
        PacketBuilder::ethernet2([0xA4, 0x5E, 0x60, 1, 2, 3], [0xA4, 0x5E, 0x60, 4, 5, 6])
            .ipv4(CLIENT, SERVER, 64)
            .udp(40_000, 3478);
    let mut packet = Vec::new();
    builder.write(&mut packet, payload).unwrap();
    packet
}

fn udp6(payload: &[u8]) -> Vec<u8> {
    let (mut source, mut destination) = ([0x2A; 16], [0x2A; 16]);
    (source[15], destination[15]) = (1, 2);
    let builder =
        PacketBuilder::ethernet2([0xA4, 0x5E, 0x60, 1, 2, 3], [0xA4, 0x5E, 0x60, 4, 5, 6])
            .ipv6(source, destination, 64)
            .udp(40_000, 3478);
    let mut packet = Vec::new();
    builder.write(&mut packet, payload).unwrap();
    packet
}

fn tcp(sequence: u32, payload: &[u8]) -> Vec<u8> {
    tcp_from(40_000, sequence, payload)
}

fn tcp_from(port: u16, sequence: u32, payload: &[u8]) -> Vec<u8> {
    let builder =
        PacketBuilder::ethernet2([0xA4, 0x5E, 0x60, 1, 2, 3], [0xA4, 0x5E, 0x60, 4, 5, 6])
            .ipv4(CLIENT, SERVER, 64)
            .tcp(port, 3478, sequence, 65_535)
            .ack(1);
    let mut packet = Vec::new();
    builder.write(&mut packet, payload).unwrap();
    packet
}

/// An answer with the client's address, plain and by XOR (RFC 8489 §14.2: 21 12 a4 42), and a peer's
/// check inside a Data indication.
fn answer() -> Vec<u8> {
    hex("01010018 2112a442 b7e7a701bc34d686fa87dfae
         00010008 00019c40 cb007107
         00200008 0001bd52 ea12d545")
}

/// A check inside ChannelData, then one after another in segments that do not end with a message.
fn stream() -> Vec<u8> {
    let check = messages::rfc5769_request();
    let channel = [&[0x40, 0x01, 0, 108][..], &check].concat();
    [&channel[..], &check, &messages::rfc5769_long_term(), &check].concat()
}

fn capture() -> Capture {
    let mut capture = Capture::of_link(1);
    let icmp = [
        &[3, 3, 0, 0, 0, 0, 0, 0][..],
        &udp(&messages::rfc5769_request())[14..],
    ]
    .concat();
    let mut quoted = Vec::new();
    PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4(SERVER, CLIENT, 64)
        .icmpv4_raw(3, 3, [0; 4])
        .write(&mut quoted, &icmp[8..])
        .unwrap();
    capture
        .raw(&udp(&messages::rfc5769_request()))
        .raw(&udp(&messages::rfc5769_long_term()))
        .raw(&udp(&answer()))
        .raw(&udp6(&messages::rfc5769_ipv6()))
        .raw(&udp(&[
            &[0x80, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3][..],
            b"a secret",
        ]
        .concat()))
        .raw(&udp(b"DNS asks for secret.example"))
        .raw(
            &[
                &[0xFF; 12][..],
                &[0x08, 0x06],
                b"an ARP packet with a secret",
            ]
            .concat(),
        )
        .raw(&quoted);
    for (number, bytes) in stream().chunks(50).enumerate() {
        capture.raw(&tcp(1 + 50 * number as u32, bytes));
    }
    // A retransmission.
    capture.raw(&tcp(1 + 50, &stream()[50..130]));
    capture
}

/// The copy, and its records.
fn copy(capture: &Capture) -> (Vec<u8>, Vec<Value>) {
    let (file, target) = (capture.file(), File::missing("copy.pcapng"));
    let output = run(&[file.path(), "--anonymize", target.path()]);
    assert!(lines(&output).is_empty());
    let bytes = std::fs::read(target.path()).unwrap();
    let records = lines(&run(&["--json", target.path()]));
    (bytes, records)
}

#[test]
fn nothing_that_identifies_remains() {
    let (bytes, _) = copy(&capture());
    let secrets: [&[u8]; 13] = [
        &CLIENT,
        &SERVER,
        &[0x2A; 15],
        &[0xA4, 0x5E, 0x60],
        // The client's address after XOR.
        &[0xEA, 0x12, 0xD5, 0x45],
        b"evtj",
        b"h6vY",
        "マトリックス".as_bytes(),
        b"example.org",
        b"f//499k954d6OL34oL9FSTvy64sA",
        b"secret",
        // The first bytes of the tags.
        &[0x9A, 0xEA, 0xA7, 0x0C],
        &[0xF6, 0x70, 0x24, 0x65],
    ];
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|window| window == secret);
        assert!(!found, "{secret:02x?}");
    }
}

#[test]
fn the_copy_decodes_as_the_capture_does() {
    let capture = capture();
    let originals = lines(&run(&["--json", capture.file().path()]));
    let (_, copies) = copy(&capture);
    let keys = [
        "frame",
        "content",
        "framing",
        "class",
        "method",
        "transaction_id",
        "length",
        "stream_offset",
        "in",
        "transport",
        "source_port",
        "elapsed",
        "fingerprint",
        "protocol",
        "channel",
        "error",
    ];
    // What has no content remains as a datagram of nothing.
    assert_eq!(table(&copies, &keys), table(&originals, &keys));
    assert_eq!(
        copies
            .iter()
            .filter(|record| record["fingerprint"] == "valid")
            .count(),
        6
    );
    // The same values in every record: the address on the packet, in plain and by XOR.
    let client = &copies[0]["source"];
    assert_eq!(client, "198.18.0.1");
    let text = |record: &Value, attribute: usize| record["attributes"][attribute]["text"].clone();
    assert_eq!(text(&copies[2], 0), "198.18.0.1:40000");
    assert_eq!(text(&copies[2], 1), "198.18.0.1:40000");
    // A user name of ICE in a datagram and in a stream.
    let users: Vec<Value> = copies
        .iter()
        .flat_map(|record| record["attributes"].as_array().into_iter().flatten())
        .filter(|attribute| attribute["name"] == "USERNAME" && attribute["length"] == 9)
        .map(|attribute| attribute["text"].clone())
        .collect();
    assert_eq!(users.len(), 5);
    assert!(users.iter().all(|user| *user == users[0]));
    // What diagnosis needs remains.
    assert_eq!(text(&copies[0], 1), text(&originals[0], 1));
}

/// etherparse computes the expected checksums.
#[test]
fn checksums_are_valid() {
    let (bytes, _) = copy(&capture());
    let mut checked = 0;
    for packet in packets(&bytes) {
        let packet = &packet[14..];
        match packet.first().map(|byte| byte >> 4) {
            Some(4) => {
                let (ip, payload) = Ipv4Header::from_slice(packet).unwrap();
                assert_eq!(ip.header_checksum, ip.calc_header_checksum());
                if ip.protocol == etherparse::IpNumber::UDP {
                    let (udp, payload) = UdpHeader::from_slice(payload).unwrap();
                    assert_eq!(udp.checksum, udp.calc_checksum_ipv4(&ip, payload).unwrap());
                } else if ip.protocol == etherparse::IpNumber::TCP {
                    let (tcp, payload) = TcpHeader::from_slice(payload).unwrap();
                    assert_eq!(tcp.checksum, tcp.calc_checksum_ipv4(&ip, payload).unwrap());
                }
                checked += 1;
            }
            Some(6) => {
                let (ip, payload) = Ipv6Header::from_slice(packet).unwrap();
                let (udp, payload) = UdpHeader::from_slice(payload).unwrap();
                assert_eq!(udp.checksum, udp.calc_checksum_ipv6(&ip, payload).unwrap());
                checked += 1;
            }
            _ => {}
        }
    }
    assert_eq!(checked, 7 + stream().len().div_ceil(50) + 1);
}

/// Only a frame is copied, and a reserved channel number is no frame on a connection that did not bind
/// it, whatever another connection did.
#[test]
fn channels_belong_to_a_connection() {
    let check = messages::rfc5769_request();
    let bind = hex("00090008 2112a442 b7e7a701bc34d686fa87dfae 000c0004 50010000");
    let data = [&[0x50, 0x01, 0, 16][..], b"not channel data"].concat();
    let mut capture = Capture::of_link(1);
    capture
        .raw(&tcp_from(40_000, 1, &[&bind[..], &data].concat()))
        .raw(&tcp_from(40_001, 1, &[&check[..], &data].concat()));
    let (bytes, _) = copy(&capture);
    let packets = packets(&bytes);
    let frame = [&[0x50, 0x01, 0, 16][..], &[0; 16]].concat();
    assert!(packets[0].ends_with(&frame), "{:02x?}", packets[0]);
    assert!(packets[1].ends_with(&[0; 20]), "{:02x?}", packets[1]);
}

/// The first half of a message waits for the second one while more of other packets is written than is kept in
/// memory; a later retransmission of the message equals it.
#[test]
fn frames_that_end_much_later() {
    let check = messages::rfc5769_request();
    let mut capture = Capture::of_link(1);
    capture.raw(&tcp(1, &check[..50]));
    for _ in 0..4500 {
        capture.raw(&udp(&[0; 1000]));
    }
    capture
        .raw(&tcp(51, &check[50..]))
        .raw(&tcp(1, &check))
        .raw(&tcp_from(40_001, 1, &check));
    let (bytes, _) = copy(&capture);
    let payloads: Vec<&[u8]> = packets(&bytes).iter().map(|packet| &packet[54..]).collect();
    let (again, other) = (payloads[4502], payloads[4503]);
    assert_eq!([payloads[0], payloads[4501]].concat(), again);
    assert_eq!(again, other);
    for packet in packets(&bytes) {
        let (ip, payload) = Ipv4Header::from_slice(&packet[14..]).unwrap();
        if ip.protocol == etherparse::IpNumber::TCP {
            let (tcp, payload) = TcpHeader::from_slice(payload).unwrap();
            assert_eq!(tcp.checksum, tcp.calc_checksum_ipv4(&ip, payload).unwrap());
        }
    }
}

/// The packets of a little-endian pcapng file.
fn packets(file: &[u8]) -> Vec<&[u8]> {
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, mut packets) = (0, Vec::new());
    while at < file.len() {
        if number(at) == 6 {
            packets.push(&file[at + 28..at + 28 + number(at + 20)]);
        }
        at += number(at + 4);
    }
    packets
}

#[test]
fn wrong_usage() {
    let file = capture().file();
    let same = complaint(&run(&[file.path(), "--anonymize", file.path()]), 2);
    assert!(same.contains("must not replace"), "{same}");
    let target = File::missing("copy");
    let text = File::new("text", b"not a capture");
    complaint(&run(&[text.path(), "--anonymize", target.path()]), 1);
    assert!(!std::path::Path::new(target.path()).exists());
    complaint(&run(&["--anonymize", target.path()]), 2);
}

/// A copy that is not complete is removed, but not what is no file: here a device that is always full.
#[test]
#[cfg(target_os = "linux")]
fn devices_are_not_removed() {
    let file = capture().file();
    let target = File::missing("full");
    std::os::unix::fs::symlink("/dev/full", target.path()).unwrap();
    let error = complaint(&run(&[file.path(), "--anonymize", target.path()]), 1);
    assert!(error.contains(target.path()), "{error}");
    assert!(std::fs::symlink_metadata(target.path()).is_ok());
}
