//! The seeds of the fuzz targets, the malformed messages and changes of both.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use stunwire_differential::{Aspect, RULES, differences, sign};

/// The messages of the seeds and of the corpus, and messages signed with the password.
fn messages() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut messages = Vec::new();
    // The seeds of `parse` have 2 bytes before the message.
    for (folder, start) in [("fuzz/seeds/parse", 2), ("tests/malformed/messages", 0)] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            messages.push(bytes[start.min(bytes.len())..].to_vec());
        }
    }
    messages.extend(relayed());
    messages.sort();
    assert!(messages.len() > 300);
    let signed: Vec<_> = messages.iter().filter_map(|bytes| sign(bytes)).collect();
    messages.extend(signed);
    messages
}

/// A message with every attribute of TURN that is compared (RFC 8656 §18), and ChannelData.
fn relayed() -> [Vec<u8>; 2] {
    let values: [(u16, &[u8]); 12] = [
        (0x000C, b"\x40\x01\0\0"),
        (0x000D, b"\0\0\x02\x58"),
        (0x0012, b"\0\x01\xa1\x47\xe1\x12\xa6\x43"),
        (0x0013, b"hello"),
        (
            0x0016,
            b"\0\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5\xbe\xd2\xb9\xd9",
        ),
        (0x0017, b"\x01\0\0\0"),
        (0x0018, b"\x80"),
        (0x0019, b"\x11\0\0\0"),
        (0x001A, b""),
        (0x0022, b"reserved"),
        (0x002A, b"\0\0\0\x01"),
        (0x8000, b"\x02\0\0\0"),
    ];
    let mut message = b"\x00\x03\0\0\x21\x12\xa4\x42abcdefghijkl".to_vec();
    for (ty, value) in values {
        message.extend_from_slice(&ty.to_be_bytes());
        message.extend_from_slice(&(value.len() as u16).to_be_bytes());
        message.extend_from_slice(value);
        message.resize(message.len().next_multiple_of(4), 0);
    }
    let length = (message.len() - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
    [message, b"\x40\x01\0\x05hello\0\0\0".to_vec()]
}

/// Numbers that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        // xorshift64
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % end.max(1)
    }
}

/// A message after some changes: bytes, lengths, parts of other messages.
fn changed(numbers: &mut Numbers, messages: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = messages[numbers.below(messages.len())].clone();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len());
        match numbers.below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
            1 if !bytes.is_empty() => bytes[at] = numbers.below(256) as u8,
            2 => bytes.truncate(at),
            3 if bytes.len() >= 4 => {
                let length = (bytes.len() as u16).wrapping_sub(20);
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
            }
            4 if bytes.len() >= 20 => {
                let other = &messages[numbers.below(messages.len())];
                bytes.truncate(20 + at.saturating_sub(20) / 4 * 4);
                bytes.extend_from_slice(other.get(20..).unwrap_or(&[]));
                let length = (bytes.len() as u16).wrapping_sub(20);
                bytes[2..4].copy_from_slice(&length.to_be_bytes());
            }
            _ => {
                let at = at / 4 * 4;
                let length = numbers.below(5);
                bytes.splice(at..at, vec![0; length]);
            }
        }
    }
    bytes
}

#[test]
fn every_difference_is_intended() {
    // The panics of other crates are refusals.
    std::panic::set_hook(Box::new(|_| {}));
    let cases = std::env::var("STUNWIRE_CASES").map_or(5000, |cases| cases.parse().unwrap());
    let messages = messages();
    let mut numbers = Numbers(0x5354_554E);
    let inputs = messages.iter().cloned().chain((0..cases).map({
        let messages = messages.clone();
        move |_| changed(&mut numbers, &messages)
    }));
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unexplained: BTreeMap<(&str, Aspect), Vec<Vec<u8>>> = BTreeMap::new();
    let mut compared = 0;
    for bytes in inputs {
        compared += 1;
        for difference in differences(&bytes) {
            match difference.rule {
                Some(rule) => *counts.entry(rule.name).or_default() += 1,
                None => unexplained
                    .entry((difference.peer, difference.aspect))
                    .or_default()
                    .push(bytes.clone()),
            }
        }
    }
    let _ = std::panic::take_hook();
    for (name, count) in &counts {
        println!("{count:6} {name}");
    }
    for (what, inputs) in &mut unexplained {
        inputs.sort_by_key(Vec::len);
        println!("{what:?}: {}", inputs.len());
        for bytes in inputs.iter().take(12) {
            let hex: String = bytes
                .iter()
                .take(160)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            println!("  {hex}");
        }
    }
    assert!(compared > cases);
    assert!(unexplained.is_empty(), "{:?}", unexplained.keys());
    // A rule that explains nothing is not needed; few cases do not meet every rule.
    if cases < 20_000 {
        return;
    }
    let unused: Vec<_> = RULES
        .iter()
        .filter(|rule| !counts.contains_key(rule.name))
        .map(|rule| rule.name)
        .collect();
    assert!(unused.is_empty(), "these rules explain nothing: {unused:?}");
}
