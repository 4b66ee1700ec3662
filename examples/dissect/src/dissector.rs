//! From packets to units: decodes a packet, checks its integrity, hands it to the output, and
//! continues with the packet that it carries.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use stunwire::{Dialect, FingerprintStatus, Message};

use crate::classify::{self, Hints, Packet, Reading};
use crate::credentials::{Credentials, Integrity};
use crate::unit::{
    Carrier, Content, Framing, Origin, Output, Summary, TcpEvent, Totals, Transport, Unit,
};

/// Greatest nesting depth. TURN inside TURN inside TURN is not in use.
const MAX_DEPTH: usize = 4;

/// Number of pairs of addresses whose form of MS-ICE2 is remembered.
const MAX_FORMS: usize = 64 * 1024;

pub struct Dissector<'o> {
    output: Box<dyn Output + 'o>,
    credentials: Credentials,
    dialect: Option<Dialect>,
    /// The form of MS-ICE2 between two addresses, by nesting depth: only some messages declare it.
    forms: HashMap<([SocketAddr; 2], usize), Dialect>,
    totals: Totals,
    is_capture: bool,
}

/// What a packet was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A message, valid or not.
    Stun,
    Other,
}

impl<'o> Dissector<'o> {
    /// Reads every message as `dialect` where that is possible, or detects the dialects if `None`.
    pub fn new(
        output: Box<dyn Output + 'o>,
        credentials: Credentials,
        dialect: Option<Dialect>,
    ) -> Self {
        Self {
            output,
            credentials,
            dialect,
            forms: HashMap::new(),
            totals: Totals::default(),
            is_capture: false,
        }
    }

    pub fn start(&mut self, file: usize, name: Option<&str>) -> io::Result<()> {
        self.output.start(file, name)
    }

    /// Decodes one packet of any kind.
    pub fn packet(
        &mut self,
        origin: Origin,
        packet: Packet<'_>,
        hints: Hints,
    ) -> io::Result<Found> {
        // A request for classic STUN applies to every port.
        let classic = hints.classic || self.dialect == Some(Dialect::RFC3489);
        let hints = Hints { classic, ..hints };
        let carried = origin.carrier.is_some() || origin.framing == Framing::MsData;
        if origin.transport == Transport::Tcp
            && carried
            && let Some(message) = classify::in_rfc4571_frame(packet.bytes)
        {
            let framing = match origin.framing {
                Framing::MsData => Framing::MsData,
                _ => Framing::Rfc4571,
            };
            let origin = Origin { framing, ..origin };
            let packet = Packet::whole(message);
            return self.reading(origin, classify::read(packet, hints, self.dialect), packet);
        }
        self.reading(origin, classify::read(packet, hints, self.dialect), packet)
    }

    /// Decodes the one message of an input that is known to hold a message.
    pub fn message(&mut self, origin: Origin, bytes: &[u8]) -> io::Result<()> {
        let hints = Hints {
            classic: true,
            channels: true,
        };
        let packet = Packet::whole(bytes);
        let reading = match classify::read(packet, hints, self.dialect) {
            Reading::Other(_) => {
                classify::read_stun(packet, self.dialect.unwrap_or(Dialect::RFC8489))
            }
            reading => reading,
        };
        self.credentials.expect_match();
        self.reading(origin, reading, packet).map(drop)
    }

    /// Hands over content that is not a packet.
    pub fn content(&mut self, origin: Origin, content: Content<'_>) -> io::Result<u64> {
        self.totals.count(&content);
        self.output.unit(&Unit { origin, content })
    }

    pub fn tcp(&mut self, origin: &Origin, event: TcpEvent) -> io::Result<()> {
        self.output.tcp(origin, event)
    }

    /// Ends a capture; the totals of `summary` are filled in here.
    pub fn finish(&mut self, summary: Summary) -> io::Result<()> {
        self.is_capture = true;
        let totals = self.totals;
        self.output.finish(&Summary { totals, ..summary })
    }

    /// Whether a capture was read to its end, rather than single messages.
    pub fn is_capture(&self) -> bool {
        self.is_capture
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    fn reading(
        &mut self,
        origin: Origin,
        reading: Reading<'_>,
        packet: Packet<'_>,
    ) -> io::Result<Found> {
        let mut found = Found::Other;
        let mut carried = None;
        let content = match reading {
            Reading::Stun { message, trailing } => {
                found = Found::Stun;
                carried = classify::carried(&message).map(Packet::whole);
                let (message, integrity) = self.in_ms_ice2_form(&origin, message);
                Content::Stun {
                    message,
                    integrity,
                    trailing,
                }
            }
            Reading::Malformed { partial, error } => {
                found = Found::Stun;
                Content::Malformed { partial, error }
            }
            Reading::Truncated(partial) => {
                found = Found::Stun;
                Content::Truncated {
                    partial,
                    captured: packet.bytes.len(),
                    length: packet.wire_len,
                }
            }
            Reading::ChannelData {
                number,
                payload,
                padding,
            } => {
                carried = Some(payload);
                Content::ChannelData {
                    number,
                    payload: payload.bytes,
                    length: payload.wire_len,
                    padding,
                }
            }
            Reading::Multiplexed(frame) => {
                carried = Some(Packet::whole(frame.payload));
                Content::Multiplexed {
                    session: frame.session.0,
                    payload: frame.payload,
                }
            }
            Reading::Other(protocol) => {
                let length = packet.wire_len as u64;
                Content::Other { protocol, length }
            }
        };
        let unit = self.content(origin, content)?;
        let depth = origin.carrier.map_or(1, |carrier| carrier.depth + 1);
        if let Some(payload) = carried.filter(|inner| inner.wire_len > 0 && depth <= MAX_DEPTH) {
            let origin = Origin {
                framing: Framing::None,
                stream_offset: None,
                carrier: Some(Carrier { unit, depth }),
                truncated: payload.is_truncated(),
                ..origin
            };
            // The peer is not a server, whatever the port of the outer packet.
            self.packet(origin, payload, Hints::default())?;
        }
        Ok(found)
    }

    /// Reads a message of RFC 8489 as MS-ICE2 if it is that without declaring it: responses need not
    /// carry IMPLEMENTATION-VERSION. Earlier messages between the same addresses, the integrity tag
    /// and the CRC table of FINGERPRINT tell.
    fn in_ms_ice2_form<'a>(
        &mut self,
        origin: &Origin,
        message: Message<'a>,
    ) -> (Message<'a>, Integrity) {
        let dialect = message.dialect();
        let depth = origin.carrier.map_or(0, |carrier| carrier.depth);
        let key = origin
            .endpoints
            .map(|endpoints| (endpoints.sorted(), depth));
        if is_ms_ice2(dialect) {
            if self.forms.len() >= MAX_FORMS {
                self.forms.clear();
            }
            if let Some(key) = key {
                self.forms.insert(key, dialect.padded());
            }
        } else if self.dialect.is_none() && dialect.padded() == Dialect::RFC8489 {
            let known = key.and_then(|key| self.forms.get(&key)).copied();
            let legacy = with_form(message, Dialect::MS_ICE2_LEGACY);
            let other = match (known, legacy) {
                (Some(form), _) => with_form(message, form),
                (None, Some(legacy)) if self.proves(origin, message, legacy) => Some(legacy),
                _ => None,
            };
            if let Some(message) = other {
                return (message, self.credentials.check(&message, origin));
            }
        }
        (message, self.credentials.check(&message, origin))
    }

    /// Whether FINGERPRINT or the integrity attribute is valid in the other dialect only.
    fn proves(&mut self, origin: &Origin, message: Message<'_>, other: Message<'_>) -> bool {
        other.fingerprint() == FingerprintStatus::ValidAlternateCrc
            || (!matches!(
                self.credentials.check(&message, origin),
                Integrity::Valid | Integrity::Absent
            ) && self.credentials.check(&other, origin) == Integrity::Valid)
    }
}

fn is_ms_ice2(dialect: Dialect) -> bool {
    matches!(dialect.padded(), Dialect::MS_ICE2 | Dialect::MS_ICE2_LEGACY)
}

/// The message in another dialect, with padding as it has it.
fn with_form(message: Message<'_>, form: Dialect) -> Option<Message<'_>> {
    let form = if message.dialect().is_padded() {
        form.padded()
    } else {
        form.unpadded()
    };
    message.with_dialect(form)
}
