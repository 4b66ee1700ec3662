//! One JSON object per unit, one per line.
//!
//! The keys, their order and their meaning are documented in the README of this package. They are a
//! contract with other programs: a change that is not an addition needs a new [`SCHEMA`].

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use stunwire::{Class, FingerprintStatus, Header, RawAttribute};

use crate::unit::{Content, Origin, Output, Partial, Summary, Unit};

/// Version of the records, in the key `schema` of each.
pub const SCHEMA: u32 = 1;

pub struct Json<W> {
    out: W,
    file: Option<String>,
    records: u64,
    line: Record,
}

impl<W: Write> Json<W> {
    pub fn new(out: W) -> Self {
        Self {
            out,
            file: None,
            records: 0,
            line: Record::default(),
        }
    }

    /// Writes a record that is not about a packet; `fields` writes its keys.
    pub fn record(&mut self, kind: &str, fields: impl FnOnce(&mut Record)) -> io::Result<()> {
        self.line.begin(kind);
        if let Some(file) = &self.file {
            self.line.text("file", file);
        }
        fields(&mut self.line);
        self.out.write_all(self.line.end())
    }
}

impl<W: Write + Send> Output for Json<W> {
    fn start(&mut self, _: usize, name: Option<&str>) -> io::Result<()> {
        self.file = name.map(str::to_owned);
        Ok(())
    }

    /// The number of a unit is that of its record, counted from 1 in each file.
    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64> {
        self.records += 1;
        self.line.begin("packet");
        self.line.number("record", self.records);
        if let Some(file) = &self.file {
            self.line.text("file", file);
        }
        packet(&mut self.line, unit);
        self.out.write_all(self.line.end())?;
        Ok(self.records)
    }

    fn finish(&mut self, _: &Summary) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A JSON object under construction. Also for the records of other kinds.
#[derive(Default)]
pub struct Record(String);

impl Record {
    /// Begins a record of a kind; its first key is the schema.
    pub fn begin(&mut self, kind: &str) {
        self.0.clear();
        // A string accepts everything, here and below.
        let _ = write!(self.0, "{{\"schema\":{SCHEMA},\"kind\":\"{kind}\"");
    }

    /// Ends the record and returns it as a line.
    pub fn end(&mut self) -> &[u8] {
        self.0.push_str("}\n");
        self.0.as_bytes()
    }

    pub fn key(&mut self, key: &str) {
        if !self.0.ends_with(['{', '[']) {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
    }

    pub fn number(&mut self, key: &str, value: impl Into<u64>) {
        self.key(key);
        let _ = write!(self.0, "{}", value.into());
    }

    pub fn length(&mut self, key: &str, value: usize) {
        self.number(key, value as u64);
    }

    pub fn bool(&mut self, key: &str, value: bool) {
        self.key(key);
        self.0.push_str(if value { "true" } else { "false" });
    }

    pub fn null(&mut self, key: &str) {
        self.key(key);
        self.0.push_str("null");
    }

    /// Seconds with nine decimals.
    pub fn seconds(&mut self, key: &str, value: Duration) {
        self.key(key);
        let _ = write!(self.0, "{}.{:09}", value.as_secs(), value.subsec_nanos());
    }

    /// A string that needs no escapes.
    pub fn name(&mut self, key: &str, value: &str) {
        self.key(key);
        self.0.push('"');
        self.0.push_str(value);
        self.0.push('"');
    }

    pub fn text(&mut self, key: &str, value: &str) {
        self.display(key, value);
    }

    /// A string made from any value that can be printed.
    pub fn display(&mut self, key: &str, value: impl std::fmt::Display) {
        self.key(key);
        self.0.push('"');
        let _ = write!(Escaped(&mut self.0), "{value}");
        self.0.push('"');
    }

    /// A code as four hexadecimal digits.
    pub fn code(&mut self, key: &str, value: u16) {
        self.key(key);
        let _ = write!(self.0, "\"{value:#06x}\"");
    }

    pub fn hex(&mut self, key: &str, bytes: &[u8]) {
        const DIGITS: [u8; 16] = *b"0123456789abcdef";
        let digit = |value: u8| char::from(DIGITS.get(usize::from(value)).copied().unwrap_or(b'?'));
        self.key(key);
        self.0.push('"');
        self.0.reserve(2 * bytes.len());
        for byte in bytes {
            self.0.push(digit(byte >> 4));
            self.0.push(digit(byte & 0xF));
        }
        self.0.push('"');
    }

    /// An array of objects; `item` writes the keys of one.
    pub fn objects<T>(
        &mut self,
        key: &str,
        items: impl Iterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) {
        self.key(key);
        self.0.push('[');
        for value in items {
            if !self.0.ends_with('[') {
                self.0.push(',');
            }
            self.0.push('{');
            item(self, value);
            self.0.push('}');
        }
        self.0.push(']');
    }

    /// An array of numbers.
    pub fn array(&mut self, key: &str, items: impl Iterator<Item = u64>) {
        self.key(key);
        self.0.push('[');
        for value in items {
            if !self.0.ends_with('[') {
                self.0.push(',');
            }
            let _ = write!(self.0, "{value}");
        }
        self.0.push(']');
    }

    /// An object; `fields` writes its keys.
    pub fn object(&mut self, key: &str, fields: impl FnOnce(&mut Self)) {
        self.key(key);
        self.0.push('{');
        fields(self);
        self.0.push('}');
    }
}

/// Escapes what RFC 8259 §7 does not allow in a string.
struct Escaped<'s>(&'s mut String);

impl std::fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let mut rest = text;
        let special = |c: char| matches!(c, '"' | '\\' | '\0'..='\x1F');
        while let Some(at) = rest.find(special) {
            let (plain, tail) = rest.split_at(at);
            self.0.push_str(plain);
            let mut characters = tail.chars();
            match characters.next() {
                Some('\n') => self.0.push_str("\\n"),
                Some(c @ ('"' | '\\')) => {
                    self.0.push('\\');
                    self.0.push(c);
                }
                Some(c) => write!(self.0, "\\u{:04x}", u32::from(c))?,
                None => {}
            }
            rest = characters.as_str();
        }
        self.0.push_str(rest);
        Ok(())
    }
}

fn packet(line: &mut Record, unit: &Unit<'_>) {
    origin(line, &unit.origin);
    match &unit.content {
        Content::Stun {
            message,
            integrity,
            trailing,
        } => {
            line.name("content", "stun");
            line.name("framing", unit.origin.framing.name());
            line.display("dialect", message.dialect());
            header(line, &message.header());
            attributes(line, message.all_attributes());
            line.name("fingerprint", fingerprint(message.fingerprint()));
            line.name("integrity", integrity.name());
            if *trailing > 0 {
                line.length("trailing", *trailing);
            }
        }
        Content::Malformed { partial, error } => {
            line.name("content", "error");
            line.name("framing", unit.origin.framing.name());
            self::partial(line, partial);
            line.display("error", error);
            line.length("offset", error.offset());
        }
        Content::Truncated {
            partial,
            captured,
            length,
        } => {
            line.name("content", "truncated");
            line.name("framing", unit.origin.framing.name());
            self::partial(line, partial);
            line.length("captured", *captured);
            line.length("wire_length", *length);
        }
        Content::ChannelData {
            number,
            payload: _,
            length,
            padding,
        } => {
            line.name("content", "channel-data");
            line.name("framing", unit.origin.framing.name());
            line.code("channel", *number);
            line.length("length", *length);
            if *padding > 0 {
                line.length("trailing", *padding);
            }
        }
        Content::Multiplexed { session, payload } => {
            line.name("content", "ms-multiplexed");
            line.name("framing", unit.origin.framing.name());
            line.hex("session", session);
            line.length("length", payload.len());
        }
        Content::PseudoTls(handshake) => {
            line.name("content", "pseudo-tls");
            line.name("handshake", handshake.name());
        }
        Content::Other { protocol, length } => {
            line.name("content", "other");
            line.name("framing", unit.origin.framing.name());
            line.name("protocol", protocol.name());
            line.number("length", *length);
        }
        Content::Gap { length, cause } => {
            line.name("content", "gap");
            line.name("cause", cause.name());
            line.number("length", *length);
        }
    }
}

/// Where and when. Also for the records of other kinds.
fn origin(line: &mut Record, origin: &Origin) {
    line.number("frame", origin.frame);
    if let Some(time) = origin.time {
        line.seconds("time", time);
    }
    if let Some(elapsed) = origin.elapsed {
        line.seconds("elapsed", elapsed);
    }
    if let Some(endpoints) = origin.endpoints {
        line.display("source", endpoints.source.ip());
        line.number("source_port", endpoints.source.port());
        line.display("destination", endpoints.destination.ip());
        line.number("destination_port", endpoints.destination.port());
    }
    line.name("transport", origin.transport.name());
    if let Some(offset) = origin.stream_offset {
        line.number("stream_offset", offset);
    }
    if let Some(carrier) = origin.carrier {
        line.number("in", carrier.unit);
    }
    if let Some(icmp) = origin.icmp {
        line.object("icmp", |line| {
            line.display("reporter", icmp.reporter);
            line.number("type", icmp.kind);
            line.number("code", icmp.code);
            line.name("text", icmp.name());
        });
    }
    if origin.truncated {
        line.bool("truncated", true);
    }
}

fn header(line: &mut Record, header: &Header) {
    line.code("type", header.type_bits());
    line.name("class", class(header.class()));
    line.display("method", header.method());
    line.hex("transaction_id", header.transaction_id().as_bytes());
    line.length("length", usize::from(header.length()));
}

fn partial(line: &mut Record, partial: &Partial<'_>) {
    if let Some(header) = &partial.header {
        self::header(line, header);
    }
    attributes(line, partial.attributes.iter().copied());
}

fn attributes<'a>(line: &mut Record, attributes: impl Iterator<Item = RawAttribute<'a>>) {
    line.objects("attributes", attributes, |line, raw| attribute(line, &raw));
}

fn attribute(line: &mut Record, raw: &RawAttribute<'_>) {
    line.code("type", raw.ty().as_u16());
    match raw.name() {
        Some(name) => line.name("name", name),
        None => line.null("name"),
    }
    line.length("length", raw.value().len());
    line.hex("value", raw.value());
    if raw.padding().iter().any(|&byte| byte != 0) {
        line.hex("padding", raw.padding());
    }
    match raw.to_any() {
        Ok(value) => line.display("text", value),
        Err(error) => match error.value_error() {
            Some(error) => line.display("text", format_args!("malformed: {error}")),
            None => line.display("text", error),
        },
    }
}

fn class(class: Class) -> &'static str {
    match class {
        Class::Request => "request",
        Class::Indication => "indication",
        Class::SuccessResponse => "success-response",
        Class::ErrorResponse => "error-response",
    }
}

fn fingerprint(status: FingerprintStatus) -> &'static str {
    match status {
        FingerprintStatus::Absent => "absent",
        FingerprintStatus::Valid => "valid",
        FingerprintStatus::ValidAlternateCrc => "valid-ms-table",
        // `NotLast`, and the reasons that a later version adds.
        _ => "invalid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// serde_json parses what was written.
    #[test]
    fn every_character_is_escaped_as_json_requires() {
        let text: String = (0..0x180)
            .filter_map(char::from_u32)
            .chain("𝄞".chars())
            .collect();
        let mut record = Record::default();
        record.begin("test");
        record.text("text", &text);
        let parsed: serde_json::Value = serde_json::from_slice(record.end()).unwrap();
        assert_eq!(parsed["text"], text);
    }
}
