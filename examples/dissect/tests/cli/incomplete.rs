//! What is missing from a capture proves nothing: calls without a fault have no findings if parts of their
//! packets, one direction or nothing but copies are added or missing.

use std::collections::BTreeSet;

use crate::messages::rfc5769_request;
use crate::scenarios::Call;
use crate::scenarios::calls::{FAULTS, SOUND};
use crate::support::{CLIENT, Capture, File, SERVER, of_kind, run, text};

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

/// The findings about calls without a fault after a change of their packets: rules and texts.
fn findings(change: impl Fn(Vec<Packet>) -> Vec<Packet>) -> BTreeSet<(String, String)> {
    let calls = SOUND.iter().map(|sound| (sound.name, (sound.call)()));
    let found = findings_of(calls, change).into_iter();
    found.map(|[_, rule, text]| (rule, text)).collect()
}

/// The findings about calls after a change of their packets: names of calls, rules and texts.
fn findings_of(
    calls: impl Iterator<Item = (&'static str, Call)>,
    change: impl Fn(Vec<Packet>) -> Vec<Packet>,
) -> BTreeSet<[String; 3]> {
    let files: Vec<(String, Vec<u8>)> = calls
        .map(|(name, call)| {
            let (mut file, packets) = parse(call.file());
            for ([seconds, micros, length], bytes) in change(packets) {
                for number in [seconds, micros, bytes.len() as u32, length] {
                    file.extend(number.to_be_bytes());
                }
                file.extend(bytes);
            }
            (format!("{}.pcap", name.replace('/', " ")), file)
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
        .map(|finding| {
            let file = text(finding, "file");
            let name = file.rsplit('/').next().unwrap().trim_end_matches(".pcap");
            [
                name.to_owned(),
                text(finding, "rule"),
                text(finding, "text"),
            ]
        })
        .collect()
}

const SNAP_LENGTHS: [usize; 13] = [56, 60, 64, 68, 76, 82, 90, 96, 100, 114, 120, 128, 140];

fn snap(length: usize) -> impl Fn(Vec<Packet>) -> Vec<Packet> {
    move |mut packets| {
        for (_, bytes) in &mut packets {
            bytes.truncate(length);
        }
        packets
    }
}

/// Also where the login, the channel or the lifetime is not captured.
#[test]
fn calls_truncated_by_the_snap_length() {
    let mut all = BTreeSet::new();
    for length in SNAP_LENGTHS {
        let found = findings(snap(length));
        all.extend(found.into_iter().map(|found| (length, found)));
    }
    assert!(all.is_empty(), "{all:#?}");
}

/// A fault may not be found any more, but no other one is found.
#[test]
fn faults_truncated_by_the_snap_length() {
    // One of each rule: the files have the names of the rules.
    let calls = || FAULTS.iter().map(|fault| (fault.rule, (fault.call)()));
    let rules = |found: BTreeSet<[String; 3]>| -> BTreeSet<[String; 2]> {
        found
            .into_iter()
            .map(|[name, rule, _]| [name, rule])
            .collect()
    };
    let expected = rules(findings_of(calls(), |packets| packets));
    for length in SNAP_LENGTHS {
        let mut found = rules(findings_of(calls(), snap(length)));
        // That the server answers over TCP is not captured.
        found.remove(&["udp-blocked".to_owned(), "server-silent".to_owned()]);
        let more: Vec<_> = found.difference(&expected).collect();
        assert!(more.is_empty(), "{length}: {more:?}");
    }
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

/// A TCP segment is decoded once, whatever it repeats.
#[test]
fn requests_repeated_in_one_segment() {
    let mut capture = Capture::new();
    capture.segment(CLIENT, SERVER, 1, &rfc5769_request().repeat(3));
    let text = text(&run(&[capture.file().path()]));
    assert!(text.contains("2 retransmissions"), "{text}");
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
        "server-silent" | "ice-failed" => {
            !text.contains("unless the capture has one direction only")
        }
        _ => true,
    });
    assert!(found.is_empty(), "{found:#?}");
}

/// The server's SYN ACK shows that both directions are captured, also if the capture begins with it.
#[test]
fn a_silent_server_without_the_syn() {
    let silent = FAULTS.iter().filter(|fault| {
        let (_, packets) = parse((fault.call)().file());
        // Protocol 6 is TCP.
        fault.rule == "server-silent" && packets[0].1[9] == 6
    });
    let calls = silent.map(|fault| (fault.rule, (fault.call)()));
    let found = findings_of(calls, |packets| packets[1..].to_vec());
    let rules: Vec<&str> = found.iter().map(|[_, rule, _]| rule.as_str()).collect();
    assert_eq!(rules, ["server-silent"]);
}
