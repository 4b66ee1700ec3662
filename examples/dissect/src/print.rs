//! Units as text for people: a line that says where, a summary, then attribute by attribute.

use std::fmt::Display;
use std::io::{self, Write};

use stunwire::{FingerprintStatus, Header, Message, RawAttribute};

use crate::credentials::Integrity;
use crate::pairs::Pairs;
use crate::unit::{
    Broken, Content, Framing, Hello, Output, Place, Protocol, Totals, Transport, Unit,
};

pub struct Print<W> {
    out: W,
    /// Show other protocols too.
    all: bool,
    units: u64,
    pairs: Pairs,
    /// Something was printed, so an empty line comes before what is next.
    begun: bool,
}

impl<W: Write> Print<W> {
    pub fn new(out: W, all: bool) -> Self {
        Self {
            out,
            all,
            units: 0,
            pairs: Pairs::default(),
            begun: false,
        }
    }

    fn separate(&mut self) -> io::Result<()> {
        if self.begun {
            writeln!(self.out)?;
        }
        self.begun = true;
        Ok(())
    }
}

impl<W: Write> Output for Print<W> {
    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64> {
        if self.all || is_of_interest(unit) {
            if unit.place.inside.is_none() {
                self.separate()?;
            }
            Block {
                indent: unit.place.inside.map_or(0, |inside| 4 * inside.depth),
                out: &mut self.out,
            }
            .unit(unit)?;
        }
        self.pairs.note(unit);
        self.units += 1;
        Ok(self.units)
    }

    fn finish(&mut self, totals: &Totals, packets: u64, skipped: u64) -> io::Result<()> {
        let Totals {
            stun,
            channel_data,
            multiplexed,
            hellos,
            errors,
            other,
            gaps,
        } = totals;
        self.separate()?;
        for line in self.pairs.lines() {
            writeln!(self.out, "{line}")?;
        }
        let mut ms = String::new();
        for (count, what) in [(multiplexed, "multiplexed frames"), (hellos, "hellos")] {
            if *count > 0 {
                ms += &format!("{count} {what}, ");
            }
        }
        writeln!(
            self.out,
            "{packets} packets: {stun} STUN messages, {channel_data} ChannelData, {ms}{errors} errors, \
             {gaps} gaps, {other} of other protocols, {skipped} packets skipped"
        )
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Other protocols are traffic, not news, unless TURN carries them: there they say what for.
fn is_of_interest(unit: &Unit<'_>) -> bool {
    match unit.content {
        Content::Other { .. } => unit.place.inside.is_some(),
        _ => true,
    }
}

/// The lines of one unit, with one indent.
struct Block<'o, W> {
    indent: usize,
    out: &'o mut W,
}

impl<W: Write> Block<'_, W> {
    fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{:indent$}{text}", "", indent = self.indent)
    }

    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<()> {
        let place = &unit.place;
        match &unit.content {
            Content::Stun {
                message,
                integrity,
                trailing,
            } => {
                self.head(place, &message.dialect().to_string())?;
                self.message(message, *integrity)?;
                self.behind(*trailing, "after the message")
            }
            Content::Broken(broken) => {
                self.head(place, "error")?;
                self.broken(broken)
            }
            Content::ChannelData {
                number,
                payload,
                spare,
            } => {
                let length = payload.len();
                self.head(place, "ChannelData")?;
                self.line(format_args!(
                    "  ChannelNumber={number:#06x}, {length} bytes"
                ))?;
                self.behind(*spare, "of padding")
            }
            Content::Multiplexed { session, payload } => {
                self.head(place, "multiplexed frame")?;
                let session = session.map(|byte| format!("{byte:02x}")).concat();
                self.line(format_args!("  session {session}, {} bytes", payload.len()))
            }
            Content::Hello(hello) => self.head(
                place,
                match hello {
                    Hello::Client => "pseudo-TLS ClientHello of MS-TURN",
                    Hello::Server => "pseudo-TLS ServerHello and ServerHelloDone of MS-TURN",
                    Hello::Google => "pseudo-TLS hello of Google, not MS-TURN",
                },
            ),
            Content::Other { protocol, length } => {
                self.head(place, label(*protocol))?;
                self.line(format_args!("  {length} bytes"))
            }
            Content::Gap { length } => {
                self.head(place, "gap")?;
                self.line(format_args!("  {length} bytes are not in the capture"))
            }
        }
    }

    /// Where it is, as far as it is anywhere, and what.
    fn head(&mut self, place: &Place, label: &str) -> io::Result<()> {
        let mut head = Vec::new();
        if place.inside.is_some() {
            head.push("carries".to_owned());
        } else if let Some(path) = place.path {
            head.push(format!("frame {}", place.frame));
            if let Some(time) = place.time {
                head.push(format!("{}.{:06}", time.as_secs(), time.subsec_micros()));
            }
            head.push(format!("{} → {}", path.source, path.destination));
            head.push(match place.transport {
                Transport::Udp => "UDP".to_owned(),
                Transport::Tcp => "TCP".to_owned(),
            });
        }
        if let Some(offset) = place.stream_offset {
            head.push(format!("offset {offset}"));
        }
        match place.framing {
            Framing::None => {}
            Framing::Rfc4571 => head.push("RFC 4571 frame".to_owned()),
            Framing::MsControl => head.push("MS-TURN control frame".to_owned()),
            Framing::MsData => head.push("MS-TURN data frame".to_owned()),
        }
        head.push(label.to_owned());
        self.line(head.join("  "))
    }

    fn message(&mut self, message: &Message<'_>, integrity: Integrity) -> io::Result<()> {
        self.line(format_args!("  {message}"))?;
        self.header(&message.header())?;
        for attribute in message.all_attributes() {
            self.attribute(&attribute)?;
        }
        let fingerprint = match message.fingerprint() {
            FingerprintStatus::Absent => None,
            FingerprintStatus::Valid => Some("FINGERPRINT valid"),
            FingerprintStatus::ValidMsTable => Some("FINGERPRINT valid by Microsoft's table"),
            FingerprintStatus::NotLast => Some("FINGERPRINT invalid: something follows it"),
            _ => Some("FINGERPRINT invalid"),
        };
        let integrity = match integrity {
            Integrity::Absent => None,
            Integrity::Unchecked => Some("MESSAGE-INTEGRITY unchecked: no key for it"),
            Integrity::Valid => Some("MESSAGE-INTEGRITY valid"),
            Integrity::Invalid => Some("MESSAGE-INTEGRITY invalid"),
        };
        for status in [fingerprint, integrity].into_iter().flatten() {
            self.line(format_args!("  {status}"))?;
        }
        Ok(())
    }

    fn broken(&mut self, broken: &Broken<'_>) -> io::Result<()> {
        if let Some(header) = &broken.header {
            self.line(format_args!("  {header}"))?;
            self.header(header)?;
        }
        for attribute in &broken.attributes {
            self.attribute(attribute)?;
        }
        let offset = broken.error.offset();
        self.line(format_args!("  {offset:>5}  error: {}", broken.error))
    }

    fn header(&mut self, header: &Header) -> io::Result<()> {
        self.line(format_args!(
            "  type {:#06x}, length {}, transaction id {}",
            header.type_bits(),
            header.length(),
            header.transaction_id()
        ))
    }

    fn attribute(&mut self, attribute: &RawAttribute<'_>) -> io::Result<()> {
        let padding = attribute.padding();
        if padding.iter().all(|&byte| byte == 0) {
            self.line(format_args!("  {:>5}  {attribute:#}", attribute.offset()))
        } else {
            self.line(format_args!(
                "  {:>5}  {attribute:#}, padded with {padding:02x?}",
                attribute.offset()
            ))
        }
    }

    fn behind(&mut self, count: usize, what: &str) -> io::Result<()> {
        match count {
            0 => Ok(()),
            1 => self.line(format_args!("  1 byte {what}")),
            _ => self.line(format_args!("  {count} bytes {what}")),
        }
    }
}

fn label(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Zrtp => "ZRTP",
        Protocol::Dtls => "DTLS",
        Protocol::Rtp => "RTP",
        Protocol::Rtcp => "RTCP",
        Protocol::Unknown => "other",
        Protocol::Raw => "raw",
    }
}
