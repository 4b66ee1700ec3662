//! `dissect` reads the capture in `STUNWIRE_CAPTURE=FILE`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use stunwire::{Dialect, MAGIC_COOKIE, Message};
use stunwire_properties::DIALECTS;

use crate::harness::tests;
use crate::programs::{CAPTURE, own};
use crate::support::{run, text};

tests! {
    [CAPTURE] => [every_byte_belongs_to_a_field],
}

const LIMIT: Duration = Duration::from_secs(600);

/// The bytes of a text of hexadecimal digits.
fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

/// Each byte of each message belongs to a header, or to an attribute's type, length, value or padding,
/// and RFC 8489 refuses the messages of MS-TURN. Prints how many messages of each kind there are.
fn every_byte_belongs_to_a_field() {
    let file = std::env::var("STUNWIRE_CAPTURE").unwrap();
    let output = run(own("dissect").args(["--json", &file]), LIMIT);
    assert!(output.status.success(), "{}", text(&output));
    let mut figures = BTreeMap::<String, usize>::new();
    let mut count = |what: String| *figures.entry(what).or_default() += 1;
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let unit: Value = serde_json::from_str(line).unwrap();
        let inside = if unit["in"].is_null() {
            ""
        } else {
            ", inside another message"
        };
        if unit["kind"] != "packet" {
            continue;
        }
        let kind = unit["content"].as_str().unwrap();
        if kind != "stun" {
            count(format!("{kind}{inside}"));
            continue;
        }
        let name = unit["dialect"].as_str().unwrap();
        let of = |key: &str| hex(unit[key].as_str().unwrap().trim_start_matches("0x"));
        let mut bytes = of("type");
        let length = unit["length"].as_u64().unwrap() as u16;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&of("transaction_id"));
        let dialect = DIALECTS
            .into_iter()
            .find(|dialect| dialect.to_string() == name)
            .unwrap();
        for attribute in unit["attributes"].as_array().unwrap() {
            let of = |key: &str| hex(attribute[key].as_str().unwrap().trim_start_matches("0x"));
            let value = of("value");
            bytes.extend_from_slice(&of("type"));
            bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
            bytes.extend_from_slice(&value);
            if attribute["padding"].is_string() {
                bytes.extend_from_slice(&of("padding"));
            } else if dialect.is_padded() {
                bytes.resize(bytes.len() + value.len().wrapping_neg() % 4, 0);
            }
            if attribute["name"].is_null() {
                count(format!("{name}: unnamed {}", attribute["type"]));
            }
        }
        assert_eq!(bytes.len(), 20 + usize::from(length), "{line}");
        assert!(dialect.parse(&bytes).is_ok());
        if dialect.padded() == Dialect::MS_TURN.padded() {
            assert!(Message::parse(&bytes).is_err());
            let cookie = bytes[4..8] == MAGIC_COOKIE.to_be_bytes();
            count(format!("{name}, with the RFC's cookie: {cookie}"));
        }
        count(format!("{name}{inside}"));
    }
    for (what, count) in figures {
        println!("{count:>6} {what}");
    }
}
