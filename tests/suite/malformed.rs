//! The corpus of malformed messages: `tests/malformed`, whose verdicts are written from the RFCs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use stunwire::attribute::{AnyAttribute, AttributeType};
use stunwire::framing::FrameError;
use stunwire::{
    ChannelData, Dialect, FingerprintStatus, HeaderError, IntegrityError, Key, Message, ParseError,
    RawAttribute, ValueError,
};

struct Entry {
    file: String,
    format: String,
    check: String,
    attribute: Option<u16>,
    password: Option<String>,
    verdict: String,
    error: Option<String>,
    reason: String,
    section: String,
}

impl Entry {
    fn new(entry: &Value) -> Self {
        let optional = |key: &str| entry.get(key)?.as_str().map(String::from);
        let text = |key: &str| optional(key).unwrap_or_else(|| panic!("{entry} has no {key}"));
        let attribute = entry.get("attribute").and_then(Value::as_u64);
        Self {
            file: text("file"),
            format: text("format"),
            check: text("check"),
            attribute: attribute.map(|code| code.try_into().unwrap()),
            password: optional("password"),
            verdict: text("verdict"),
            error: optional("error"),
            reason: text("reason"),
            section: text("section"),
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../malformed")
}

fn index() -> Vec<Entry> {
    let text = fs::read_to_string(folder().join("index.json")).unwrap();
    let entries: Vec<Value> = serde_json::from_str(&text).unwrap();
    entries.iter().map(Entry::new).collect()
}

#[test]
fn every_verdict_and_error() {
    let entries = index();
    let rejected = entries.iter().filter(|entry| entry.verdict == "reject");
    assert!(rejected.count() >= 150);
    let mut wrong = Vec::new();
    for entry in &entries {
        let bytes = fs::read(folder().join("messages").join(&entry.file)).unwrap();
        let found = check(entry, &bytes).err();
        let expected = entry.error.as_deref();
        assert_eq!(expected.is_none(), entry.verdict == "accept");
        let agrees = match (expected, &found) {
            (None, None) => true,
            (Some(expected), Some(found)) => found.contains(&expected),
            _ => false,
        };
        if !agrees {
            wrong.push(format!(
                "{}: {found:?} instead of {expected:?}; {} ({})",
                entry.file, entry.reason, entry.section
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_is_in_the_index() {
    let mut listed: Vec<String> = index().into_iter().map(|entry| entry.file).collect();
    let mut files: Vec<String> = fs::read_dir(folder().join("messages"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    listed.sort();
    files.sort();
    assert_eq!(listed, files);
}

/// The kinds of the corpus that an error of the library may stand for.
type Kinds = &'static [&'static str];

fn check(entry: &Entry, bytes: &[u8]) -> Result<(), Kinds> {
    if entry.format == "channel-data" {
        return ChannelData::parse_datagram_in(stunwire::attribute::ChannelRange::RFC8656, bytes)
            .map(|_| ())
            .map_err(frame_error);
    }
    let dialect = match &entry.format[..] {
        "rfc8489" => Dialect::RFC8489,
        "rfc3489" => Dialect::RFC3489,
        format => panic!("{format}"),
    };
    let message = dialect.parse(bytes).map_err(parse_error);
    if entry.check == "message" {
        return message.map(|_| ());
    }
    let message = message.expect("the message is well-formed");
    let ty = entry.attribute.map(AttributeType::new);
    match &entry.check[..] {
        "attribute" => attribute(&message, ty.unwrap()),
        "fingerprint" => match message.fingerprint() {
            FingerprintStatus::Valid => Ok(()),
            FingerprintStatus::NotLast => Err(&["fingerprint-not-last"]),
            _ => Err(&["fingerprint"]),
        },
        "integrity" => {
            let key = Key::short_term(entry.password.as_deref().unwrap());
            let verified = message.verify(&key);
            verified.map(|_| ()).map_err(|error| match error {
                // After FINGERPRINT it is ignored.
                IntegrityError::Missing => &["integrity-missing", "fingerprint-not-last"][..],
                IntegrityError::TagLength { .. } => &["tag-length"],
                IntegrityError::Mismatch { .. } | IntegrityError::NotLast { .. } => &["integrity"],
                error => panic!("{error:?}"),
            })
        }
        "visible" => match message.contains(ty.unwrap()) {
            true => Ok(()),
            false => Err(&["ignored"]),
        },
        check => panic!("{check}"),
    }
}

fn attribute(message: &Message<'_>, ty: AttributeType) -> Result<(), Kinds> {
    let raw = message.attributes().find(|raw| raw.ty() == ty).unwrap();
    match raw.to_any() {
        Ok(any) => text(&raw, any),
        Err(error) => Err(match error.value_error().unwrap() {
            ValueError::Field { .. } => &["value-field"],
            _ => &["value-length"],
        }),
    }
}

/// A value that is a text is UTF-8; the library checks it only if the text is asked for.
fn text(raw: &RawAttribute<'_>, any: AnyAttribute<'_>) -> Result<(), Kinds> {
    let text = match any {
        AnyAttribute::Username(text) => text.as_str().map(|_| ()),
        AnyAttribute::Realm(text) => text.as_str().map(|_| ()),
        AnyAttribute::Software(text) => text.as_str().map(|_| ()),
        AnyAttribute::ErrorCode(error) => error.reason_str().map(|_| ()),
        _ => return Ok(()),
    };
    text.map_err(|error| {
        assert_eq!(error.attribute, raw.ty());
        &["not-utf-8"][..]
    })
}

fn parse_error(error: ParseError) -> Kinds {
    match error {
        ParseError::Header(HeaderError::Short { .. }) => &["short-header"],
        ParseError::Header(HeaderError::NotStun { .. }) => &["first-two-bits"],
        ParseError::Header(HeaderError::NoCookie { .. }) => &["magic-cookie"],
        ParseError::Truncated { .. } => &["truncated"],
        ParseError::Trailing { .. } => &["trailing"],
        // The last attribute of a message whose length is not a multiple of 4 is truncated.
        ParseError::Attribute { .. } => &["attribute-overrun", "not-multiple-of-4"],
        error => panic!("{error:?}"),
    }
}

fn frame_error(error: FrameError) -> Kinds {
    match error {
        FrameError::Truncated { .. } => &["truncated", "short-header"],
        _ => &["channel-number"],
    }
}
