//! What is missing from a capture proves nothing: calls without a fault have no findings if parts of their
//! packets, one direction or nothing but copies are added or missing.

use std::collections::BTreeSet;

use crate::scenarios::calls::SOUND;
use crate::support::{File, of_kind, run};

/// A packet of raw IPv4: seconds, microseconds and length on the wire, then the captured bytes.
type Packet = ([u32; 3], Vec<u8>);

/// The header of a big-endian pcap file, and its packets.
fn parse(file: &[u8]) -> (Vec<u8>, Vec<Packet>) {
    let (header, mut rest) = file.split_at(24);
    let mut packets = Vec::new();
    while !rest.is_empty() {
        let number =
            |index: usize| u32::from_be_bytes(rest[4 * index..4 * index + 4].try_into().unwrap());
        let end = 16 + number(2) as usize;
        packets.push(([number(0), number(1), number(3)], rest[16..end].to_vec()));
        rest = &rest[end..];
    }
    (header.to_vec(), packets)
}

/// The findings about all calls after a change of their packets: rules and texts.
fn findings(change: impl Fn(Vec<Packet>) -> Vec<Packet>) -> BTreeSet<(String, String)> {
    let files: Vec<(String, Vec<u8>)> = SOUND
        .iter()
        .map(|sound| {
            let (mut file, packets) = parse((sound.call)().file());
            for ([seconds, micros, length], bytes) in change(packets) {
                for number in [seconds, micros, bytes.len() as u32, length] {
                    file.extend(number.to_be_bytes());
                }
                file.extend(bytes);
            }
            (format!("{}.pcap", sound.name.replace('/', " ")), file)
        })
        .collect();
    let files: Vec<(&str, &[u8])> = files
        .iter()
        .map(|(name, file)| (name.as_str(), file.as_slice()))
        .collect();
    let folder = File::folder(&files);
    let output = run(&["--json", folder.path()]);
    assert!(output.status.success());
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap().to_owned();
    of_kind(&output, "finding")
        .iter()
        .map(|finding| (text(finding, "rule"), text(finding, "text")))
        .collect()
}

/// Also where the login, the channel or the lifetime is not captured.
#[test]
fn calls_truncated_by_the_snap_length() {
    let mut all = BTreeSet::new();
    for length in [56, 60, 64, 68, 76, 82, 90, 96, 100, 114, 120, 128, 140] {
        let found = findings(|mut packets| {
            for (_, bytes) in &mut packets {
                bytes.truncate(length);
            }
            packets
        });
        all.extend(found.into_iter().map(|found| (length, found)));
    }
    assert!(all.is_empty(), "{all:#?}");
}

/// As on a bridge, all of whose interfaces are captured, or at a switch that mirrors two ports: the second
/// copy of a packet is no retransmission.
#[test]
fn calls_captured_twice() {
    let found = findings(|packets| {
        let twice = packets.into_iter().flat_map(|packet| {
            let mut copy = packet.clone();
            // The times of the scenarios are whole milliseconds.
            copy.0[1] += 40;
            [packet, copy]
        });
        twice.collect()
    });
    assert!(found.is_empty(), "{found:#?}");
}

/// Packets of one party only. Requests without responses do look like those to a server or a peer that is silent,
/// and the finding says so.
#[test]
fn calls_captured_in_one_direction() {
    let mut found = BTreeSet::new();
    for party in [[192, 0, 2, 10], [203, 0, 113, 1], [198, 51, 100, 20]] {
        found.extend(findings(|mut packets| {
            packets.retain(|(_, bytes)| bytes[12..16] == party);
            packets
        }));
    }
    found.retain(|(rule, text)| match rule.as_str() {
        "server-silent" => !text.contains("unless the capture has one direction only"),
        rule => rule != "ice-failed",
    });
    assert!(found.is_empty(), "{found:#?}");
}
