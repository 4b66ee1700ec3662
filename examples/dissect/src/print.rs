//! Units as text for people: a line with origin and kind, a summary of the message, then one line per
//! attribute with its offset.

use std::fmt::Display;
use std::io::{self, Write};

use stunwire::{FingerprintStatus, Header, Message, RawAttribute};

use crate::credentials::Integrity;
use crate::style::Style;
use crate::unit::{
    Content, Framing, GapCause, Origin, Output, Partial, Protocol, PseudoTls, Summary, Totals, Unit,
};
use crate::words::Count;

pub struct Print<W> {
    out: W,
    /// Print other protocols too.
    all: bool,
    style: Style,
    units: u64,
    /// Something was printed, so an empty line must come before the next output.
    begun: bool,
}

impl<W: Write> Print<W> {
    pub fn new(out: W, all: bool, style: Style) -> Self {
        Self {
            out,
            all,
            style,
            units: 0,
            begun: false,
        }
    }

    /// The writer, for the output after the packets.
    pub fn out(&mut self) -> &mut W {
        &mut self.out
    }

    /// Writes an empty line, unless nothing was printed.
    pub fn separate(&mut self) -> io::Result<()> {
        if self.begun {
            writeln!(self.out)?;
        }
        self.begun = true;
        Ok(())
    }
}

impl<W: Write + Send> Output for Print<W> {
    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64> {
        if self.all || is_of_interest(unit) {
            if unit.origin.carrier.is_none() {
                self.separate()?;
            }
            Block {
                indent: unit.origin.carrier.map_or(0, |carrier| 4 * carrier.depth),
                style: self.style,
                out: &mut self.out,
            }
            .unit(unit)?;
        }
        self.units += 1;
        Ok(self.units)
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        writeln!(self.out, "{}", Counts(summary))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The last line of a capture.
struct Counts<'s>(&'s Summary);

impl Display for Counts<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Summary {
            totals,
            packets,
            skipped,
            ..
        } = self.0;
        let Totals {
            stun,
            channel_data,
            multiplexed,
            pseudo_tls,
            malformed,
            truncated,
            other,
            gaps,
        } = totals;
        write!(
            f,
            "{}: {}, {channel_data} ChannelData, ",
            Count(*packets, "packet"),
            Count(*stun, "STUN message")
        )?;
        for (count, what) in [
            (*multiplexed, "multiplexed frame"),
            (*pseudo_tls, "pseudo-TLS handshake"),
        ] {
            if count > 0 {
                write!(f, "{}, ", Count(count, what))?;
            }
        }
        if *truncated > 0 {
            let messages = Count(*truncated, "message");
            write!(f, "{messages} truncated by the capture, ")?;
        }
        write!(
            f,
            "{}, {}, {other} of other protocols, {} skipped",
            Count(*malformed, "error"),
            Count(*gaps, "gap"),
            Count(skipped.total(), "packet")
        )?;
        for (count, what) in [
            (skipped.link, "of an unknown link type"),
            (skipped.fragments, "incomplete fragments"),
            (skipped.malformed, "malformed"),
            (
                skipped.truncated,
                "truncated by the capture within their headers",
            ),
        ] {
            if count > 0 {
                write!(f, ", {count} {what}")?;
            }
        }
        Ok(())
    }
}

/// Other protocols are printed only inside TURN, where they show what is relayed.
fn is_of_interest(unit: &Unit<'_>) -> bool {
    match unit.content {
        Content::Other { .. } => unit.origin.carrier.is_some(),
        _ => true,
    }
}

/// The lines of one unit, with one indentation.
struct Block<'o, W> {
    indent: usize,
    style: Style,
    out: &'o mut W,
}

impl<W: Write> Block<'_, W> {
    fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{:indent$}{text}", "", indent = self.indent)
    }

    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<()> {
        let origin = &unit.origin;
        match &unit.content {
            Content::Stun {
                message,
                integrity,
                trailing,
            } => {
                self.title(origin, message.dialect())?;
                self.message(message, *integrity)?;
                self.count(*trailing, "after the message")
            }
            Content::Malformed { partial, error } => {
                self.title(origin, self.style.bad("error"))?;
                self.partial(partial)?;
                let text = format!("  {:>5}  error: {error}", error.offset());
                self.line(self.style.bad(text))
            }
            Content::Truncated {
                partial,
                captured,
                length,
            } => {
                self.title(origin, self.style.warning("truncated by the capture"))?;
                self.partial(partial)?;
                self.line(format_args!(
                    "  {captured:>5}  truncated by the capture: {captured} of {length} bytes"
                ))
            }
            Content::ChannelData {
                number,
                payload,
                length,
                padding,
            } => {
                self.title(origin, "ChannelData")?;
                self.line(format_args!(
                    "  ChannelNumber={number:#06x}, {length} bytes"
                ))?;
                if payload.len() < *length {
                    self.line(format_args!(
                        "  truncated by the capture: {} of {length} bytes",
                        payload.len()
                    ))?;
                }
                self.count(*padding, "of padding")
            }
            Content::Multiplexed { session, payload } => {
                self.title(origin, "multiplexed frame")?;
                let session = session.map(|byte| format!("{byte:02x}")).concat();
                self.line(format_args!("  session {session}, {} bytes", payload.len()))
            }
            Content::PseudoTls(handshake) => self.title(
                origin,
                match handshake {
                    PseudoTls::Client => "pseudo-TLS ClientHello of MS-TURN",
                    PseudoTls::Server => "pseudo-TLS ServerHello and ServerHelloDone of MS-TURN",
                    PseudoTls::GoogleClient => "pseudo-TLS ClientHello of Google",
                    PseudoTls::GoogleServer => "pseudo-TLS ServerHello of Google",
                },
            ),
            Content::Other { protocol, length } => {
                self.title(origin, label(*protocol))?;
                self.line(format_args!("  {length} bytes"))
            }
            Content::Gap { length, cause } => {
                self.title(origin, self.style.warning("gap"))?;
                self.line(match cause {
                    GapCause::NotCaptured => format!("  {length} bytes are not in the capture"),
                    GapCause::Truncated => {
                        format!("  {length} bytes were truncated by the capture")
                    }
                    GapCause::Unframed => {
                        format!("  {length} bytes match no framing; resumed at the next frame")
                    }
                })
            }
        }
    }

    /// The origin of a unit and its kind.
    fn title(&mut self, origin: &Origin, label: impl Display) -> io::Result<()> {
        let mut fields = Vec::new();
        if origin.carrier.is_some() {
            fields.push("carries".to_owned());
        } else if let Some(endpoints) = origin.endpoints {
            fields.push(format!("frame {}", origin.frame));
            if let Some(elapsed) = origin.elapsed {
                fields.push(format!(
                    "{}.{:06}",
                    elapsed.as_secs(),
                    elapsed.subsec_micros()
                ));
            }
            fields.push(format!("{} → {}", endpoints.source, endpoints.destination));
            fields.push(origin.transport.name().to_uppercase());
        }
        if let Some(icmp) = origin.icmp.filter(|_| origin.carrier.is_none()) {
            fields.push(format!(
                "quoted in an ICMP error of {}: {}",
                icmp.reporter,
                icmp.name()
            ));
        }
        if let Some(offset) = origin.stream_offset {
            fields.push(format!("offset {offset}"));
        }
        match origin.framing {
            Framing::None => {}
            Framing::Rfc4571 => fields.push("RFC 4571 frame".to_owned()),
            Framing::MsControl => fields.push("MS-TURN control frame".to_owned()),
            Framing::MsData => fields.push("MS-TURN data frame".to_owned()),
        }
        fields.push(label.to_string());
        self.line(self.style.title(fields.join("  ")))
    }

    fn message(&mut self, message: &Message<'_>, integrity: Integrity) -> io::Result<()> {
        self.line(format_args!("  {}", self.style.strong(message)))?;
        self.header(&message.header())?;
        for attribute in message.all_attributes() {
            self.attribute(&attribute)?;
        }
        match message.fingerprint() {
            FingerprintStatus::Absent => {}
            FingerprintStatus::Valid => self.line(self.style.good("  FINGERPRINT valid"))?,
            FingerprintStatus::ValidAlternateCrc => {
                self.line(self.style.good("  FINGERPRINT valid by Microsoft's table"))?;
            }
            FingerprintStatus::NotLast => {
                self.line(
                    self.style
                        .bad("  FINGERPRINT invalid: attributes follow it"),
                )?;
            }
            _ => self.line(self.style.bad("  FINGERPRINT invalid"))?,
        }
        match integrity {
            Integrity::Absent => Ok(()),
            Integrity::NoKey => self.line("  MESSAGE-INTEGRITY not verified: no key applies"),
            Integrity::Valid => self.line(self.style.good("  MESSAGE-INTEGRITY valid")),
            Integrity::Invalid => self.line(self.style.bad("  MESSAGE-INTEGRITY invalid")),
        }
    }

    fn partial(&mut self, partial: &Partial<'_>) -> io::Result<()> {
        if let Some(header) = &partial.header {
            self.line(format_args!("  {}", self.style.strong(header)))?;
            self.header(header)?;
        }
        for attribute in &partial.attributes {
            self.attribute(attribute)?;
        }
        Ok(())
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

    fn count(&mut self, count: usize, what: &str) -> io::Result<()> {
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
        Protocol::Tls => "TLS",
        Protocol::Unknown => "other",
        Protocol::Raw => "raw",
    }
}
