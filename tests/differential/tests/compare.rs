//! The seeds of the fuzz targets, the malformed messages and changes of both.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use stunwire_differential::{Aspect, PASSWORD, RULES, differences};

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
    messages.sort();
    assert!(messages.len() > 300);
    let key = stunwire::Key::short_term(PASSWORD);
    let signed: Vec<_> = messages
        .iter()
        .filter_map(|bytes| sign(bytes, &key))
        .collect();
    messages.extend(signed);
    messages
}

fn sign(bytes: &[u8], key: &stunwire::Key) -> Option<Vec<u8>> {
    let message = stunwire::Message::parse(bytes).ok()?;
    let mut out = Vec::new();
    let writer = message
        .rewrite(&mut out, |_, _| Ok(stunwire::Rewrite::Keep))
        .ok()?;
    writer
        .integrity(key)
        .ok()?
        .fingerprint()
        .ok()?
        .finish()
        .ok()?;
    Some(out)
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
