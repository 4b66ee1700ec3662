//! TCP: the framing of a stream, gaps, and finding frames again.

use serde_json::{Value, json};

use crate::messages::{self, hex};
use crate::support::{CLIENT, Capture, SERVER, records, table};

#[test]
fn streams() {
    let check = messages::rfc5769_request();
    let frame = [&[0, 108][..], &check].concat();
    let dtls = hex("0003 16fefd");
    let stream = [&frame[..], &dtls, &frame].concat();
    // Out of order, split inside a prefix, and with a gap of 10 bytes before the last frame.
    let after_gap = stream.len() as u32 + 10;
    let mut capture = Capture::new();
    capture
        .tcp(1000, &stream[..111])
        .tcp(1150, &stream[150..])
        .tcp(1111, &stream[111..150])
        .tcp(1000 + after_gap, &frame);
    let units = records(&capture);
    let keys = ["content", "frame", "framing", "stream_offset", "length"];
    assert_eq!(
        table(&units, &keys),
        [
            json!(["stun", 1, "rfc4571", 0, 88]),
            json!(["other", 3, "rfc4571", 110, 3]),
            json!(["stun", 2, "rfc4571", 115, 88]),
            json!(["gap", 4, null, 225, 10]),
            json!(["stun", 4, "rfc4571", 235, 88]),
        ]
    );
    assert!(units.iter().all(|unit| unit["transport"] == "tcp"));

    // Bare messages, two in a segment, and half a message at the end.
    let bare = [&check[..], &check, &check[..50]].concat();
    let mut capture = Capture::new();
    capture.tcp(0, &bare);
    let units = records(&capture);
    assert_eq!(
        table(&units, &["content", "framing", "stream_offset"]),
        [
            json!(["stun", "none", 0]),
            json!(["stun", "none", 108]),
            json!(["truncated", "none", 216]),
        ]
    );
}

fn channel_data(payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u16).to_be_bytes();
    let mut frame = [&[0x40, 0x01][..], &length, payload].concat();
    frame.resize(frame.len().next_multiple_of(4), 0);
    frame
}

/// The transaction ids of the messages of a stream that no other unit carries, and the gaps.
fn summary(records: &[Value]) -> Vec<Value> {
    table(records, &["content", "channel", "length", "cause"])
}

/// STUN in ChannelData looks like STUN after an RFC 4571 length, where the header of the ChannelData
/// is missing or its channel was bound before the capture.
#[test]
fn stun_in_channel_data_is_not_rfc_4571() {
    let inner = hex("00010000 2112a442 b7e7a701bc34d686fa87dfae");
    let with_stun = channel_data(&inner);
    assert_eq!(with_stun[..12], hex("40010014 00010000 2112a442"));
    let media = channel_data(&[0x80; 33]);
    let request = messages::rfc5769_request();
    let stream = [&with_stun[..], &media, &with_stun, &request, &media].concat();
    for port in [SERVER, 5000] {
        let mut capture = Capture::new();
        capture.segment(CLIENT, port, 1000, &stream);
        let records = records(&capture);
        let outer: Vec<Value> = records
            .iter()
            .filter(|record| record["in"].is_null())
            .cloned()
            .collect();
        assert_eq!(
            table(&outer, &["content", "framing", "stream_offset"]),
            [
                json!(["channel-data", "none", 0]),
                json!(["channel-data", "none", 24]),
                json!(["channel-data", "none", 64]),
                json!(["stun", "none", 88]),
                json!(["channel-data", "none", 196]),
            ],
            "port {port}"
        );
    }
}

/// A lost segment: whatever it held, the frames after the gap are found, and what cannot be decoded
/// is counted to the byte.
#[test]
fn frames_after_a_lost_segment() {
    let inner = hex("00010000 2112a442 b7e7a701bc34d686fa87dfae");
    let unit = [
        channel_data(&inner),
        channel_data(&[0x80; 33]),
        messages::rfc5769_ipv4(),
    ]
    .concat();
    let stream = unit.repeat(6);
    for port in [SERVER, 5000] {
        for lost in 4..unit.len() {
            let (start, after) = (unit.len() + 7, unit.len() + 7 + lost);
            let mut capture = Capture::new();
            capture.segment(CLIENT, port, 1, &stream[..start]).segment(
                CLIENT,
                port,
                1 + after as u32,
                &stream[after..],
            );
            let records = records(&capture);
            // At most the unit with the gap and the one after it are not decoded.
            let messages = records
                .iter()
                .filter(|record| record["method"] == "Binding" && record["in"].is_null());
            let messages = messages
                .filter(|record| record["content"] == "stun")
                .count();
            assert!(
                messages >= 4,
                "{messages} messages, port {port}, {lost} bytes lost"
            );
            let gap = records
                .iter()
                .find(|record| record["cause"] == "not-captured")
                .unwrap();
            assert_eq!(gap["length"], lost);
            // Every byte is in a record.
            let mut sum = 0;
            for record in records.iter().filter(|record| record["in"].is_null()) {
                let length = record["length"].as_u64().unwrap();
                sum += match record["content"].as_str().unwrap() {
                    "stun" => 20 + length,
                    "channel-data" => 4 + length + record["trailing"].as_u64().unwrap_or(0),
                    "truncated" => record["captured"].as_u64().unwrap(),
                    _ => length,
                };
            }
            let bogus = records
                .iter()
                .filter(|record| record["truncated"] == true)
                .count();
            assert!(
                sum == stream.len() as u64 || bogus > 0,
                "{sum}, port {port}, {lost} bytes lost"
            );
        }
    }
}

/// Captures that start in the middle of a message find the same messages on a TURN port as on any
/// other: text in an attribute is not ChannelData.
#[test]
fn captures_that_start_in_the_middle_of_a_message() {
    let request = messages::rfc5769_long_term();
    let count = 40;
    let stream = request.repeat(count);
    for port in [SERVER, 5000] {
        for start in 1..request.len() {
            let mut capture = Capture::new();
            for (number, bytes) in stream[start..].chunks(500).enumerate() {
                capture.segment(CLIENT, port, 1 + 500 * number as u32, bytes);
            }
            let records = records(&capture);
            let found = records
                .iter()
                .filter(|record| record["content"] == "stun")
                .count();
            assert_eq!(found, count - 1, "port {port}, from offset {start}");
            let skipped = &records[0];
            assert_eq!(
                (&skipped["content"], &skipped["cause"], &skipped["length"]),
                (
                    &json!("gap"),
                    &json!("unframed"),
                    &json!(request.len() - start)
                ),
                "port {port}, from offset {start}"
            );
        }
    }
}

/// Other protocols on a TURN port, whose first letters are in the range of channel numbers.
#[test]
fn http_and_ssh_on_a_turn_port() {
    let http = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>text</p>";
    let ssh = b"SSH-2.0-OpenSSH_9.2\r\n";
    let get = b"GET / HTTP/1.1\r\nHost: turn.example.org\r\n\r\n";
    for bytes in [&http[..], ssh, get] {
        let mut capture = Capture::new();
        capture.segment(CLIENT, SERVER, 1, bytes);
        let records = records(&capture);
        assert_eq!(
            table(&records, &["content", "protocol", "length"]),
            [json!(["other", "raw", bytes.len()])]
        );
    }
    // And before a message.
    let stream = [&get[..], &messages::rfc5769_request()].concat();
    let mut capture = Capture::new();
    capture.segment(CLIENT, SERVER, 1, &stream);
    assert_eq!(
        summary(&records(&capture)),
        [
            json!(["gap", null, get.len(), "unframed"]),
            json!(["stun", null, 88, null]),
        ]
    );
}

/// The ClientHello of SSLv2 with 15 ciphers starts with the same 7 bytes as Google's handshake.
#[test]
fn google_handshake_and_sslv2() {
    let google = hex(
        "80460103 01002d00 00001001 00800300 800700c0 06004002 00800400 80000004 00feff00
         000a00fe fe000009 00006400 00620000 03000006 1f170ca6 2f0078fc 46552eb1 8339f1ea",
    );
    let mut sslv2 = google.clone();
    sslv2[71] ^= 1;
    for (hello, expected) in [
        (google, json!(["pseudo-tls", "google-client", null])),
        (sslv2, json!(["other", null, "tls"])),
    ] {
        let mut capture = Capture::new();
        for (number, byte) in hello.iter().enumerate() {
            capture.tcp(1 + number as u32, &[*byte]);
        }
        let records = records(&capture);
        assert_eq!(
            table(&records, &["content", "handshake", "protocol"]),
            [expected]
        );
    }
}

/// A TLS connection is one unit, whatever it contains.
#[test]
fn tls() {
    let mut hello = hex("1603010100 010000fc 0303");
    hello.resize(261, 0x5A);
    hello.extend(messages::rfc5769_request());
    let mut capture = Capture::new();
    capture.tcp(1, &hello);
    assert_eq!(
        table(&records(&capture), &["content", "protocol", "length"]),
        [json!(["other", "tls", 369])]
    );
}
