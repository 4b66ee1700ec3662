//! One JSON object per unit, one per line. The keys and their order are a contract with other
//! tools, so they are written out here as they come.

use std::io::{self, Write};

use serde_json::{Value, json};
use stunwire::{Class, FingerprintStatus, RawAttribute};

use crate::unit::{Content, Output, Place, Totals, Transport, Unit};

pub struct Json<W> {
    out: W,
    lines: u64,
}

impl<W: Write> Json<W> {
    pub fn new(out: W) -> Self {
        Self { out, lines: 0 }
    }
}

impl<W: Write> Output for Json<W> {
    /// The number of a unit is that of its line, counted from 1.
    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64> {
        serde_json::to_writer(&mut self.out, &line(unit))?;
        self.out.write_all(b"\n")?;
        self.lines += 1;
        Ok(self.lines)
    }

    fn finish(&mut self, _: &Totals, _: u64, _: u64) -> io::Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn line(unit: &Unit<'_>) -> Value {
    let Place {
        frame,
        stream_offset,
        inside,
        ..
    } = unit.place;
    let transport = match unit.place.transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
    };
    let framing = unit.place.framing.name();
    let mut behind = 0;
    let mut line = match &unit.content {
        Content::Stun {
            message,
            integrity,
            trailing,
        } => {
            behind = *trailing;
            let header = message.header();
            json!({
                "kind": "stun",
                "frame": frame,
                "transport": transport,
                "framing": framing,
                "dialect": message.dialect().to_string(),
                "type": format!("{:#06x}", header.type_bits()),
                "class": class(header.class()),
                "method": header.method().to_string(),
                "transaction_id": hex(header.transaction_id().as_bytes()),
                "length": header.length(),
                "attributes": attributes(message.all_attributes()),
                "fingerprint": fingerprint(message.fingerprint()),
                "integrity": integrity.name(),
            })
        }
        Content::Broken(broken) => json!({
            "kind": "error",
            "frame": frame,
            "transport": transport,
            "error": broken.error.to_string(),
            "offset": broken.error.offset(),
            "attributes": attributes(broken.attributes.iter().copied()),
        }),
        Content::ChannelData {
            number,
            payload,
            spare,
        } => {
            behind = *spare;
            json!({
                "kind": "channel-data",
                "frame": frame,
                "transport": transport,
                "framing": framing,
                "channel": format!("{number:#06x}"),
                "length": payload.len(),
            })
        }
        Content::Multiplexed { session, payload } => json!({
            "kind": "ms-multiplexed",
            "frame": frame,
            "transport": transport,
            "framing": framing,
            "session": hex(session),
            "length": payload.len(),
        }),
        Content::Hello(hello) => json!({
            "kind": "pseudo-tls",
            "frame": frame,
            "transport": transport,
            "hello": hello.name(),
        }),
        Content::Other { protocol, length } => json!({
            "kind": "other",
            "frame": frame,
            "transport": transport,
            "framing": framing,
            "protocol": protocol.name(),
            "length": length,
        }),
        Content::Gap { length } => json!({
            "kind": "gap",
            "frame": frame,
            "transport": transport,
            "length": length,
        }),
    };
    if let Value::Object(keys) = &mut line {
        if behind > 0 {
            keys.insert("trailing".into(), behind.into());
        }
        if let Some(offset) = stream_offset {
            keys.insert("stream_offset".into(), offset.into());
        }
        if let Some(inside) = inside {
            keys.insert("in".into(), inside.outer.into());
        }
    }
    line
}

fn attributes<'a>(attributes: impl Iterator<Item = RawAttribute<'a>>) -> Vec<Value> {
    attributes.map(|raw| attribute(&raw)).collect()
}

fn attribute(raw: &RawAttribute<'_>) -> Value {
    let mut attribute = json!({
        "type": format!("{:#06x}", raw.ty().code()),
        "name": raw.name(),
        "length": raw.value().len(),
        "value": hex(raw.value()),
    });
    if let Value::Object(keys) = &mut attribute {
        if raw.padding().iter().any(|&byte| byte != 0) {
            keys.insert("padding".into(), hex(raw.padding()).into());
        }
        let text = match raw.to_any() {
            Ok(value) => value.to_string(),
            Err(error) => match error.value_error() {
                Some(error) => format!("malformed: {error}"),
                None => error.to_string(),
            },
        };
        keys.insert("text".into(), text.into());
    }
    attribute
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
        FingerprintStatus::ValidMsTable => "valid-ms-table",
        // `NotLast`, and what a later version may find wrong with it.
        _ => "invalid",
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes everything.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
