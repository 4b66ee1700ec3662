//! From packets to units: reads a packet, checks it, hands it to the output, and goes on with what
//! it carries.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use stunwire::{Dialect, FingerprintStatus, Message};

use crate::classify::{self, Hints, Reading};
use crate::credentials::{Credentials, Integrity};
use crate::unit::{Content, Framing, Inside, Output, Place, Totals, Transport, Unit};

/// How deep packets are looked for in packets. TURN in TURN in TURN is not a use that anybody has.
const DEEPEST: usize = 4;

pub struct Dissector<'o> {
    output: Box<dyn Output + 'o>,
    credentials: Credentials,
    dialect: Option<Dialect>,
    /// The form of MS-ICE2 that two ends speak, at each depth: only some of their messages say it.
    forms: HashMap<([SocketAddr; 2], usize), Dialect>,
    totals: Totals,
}

/// What became of a packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A message, or what passes for one apart from an error.
    Stun,
    Other,
}

impl<'o> Dissector<'o> {
    /// Reads everything as `dialect` that can be read so, or finds the dialects out.
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
        }
    }

    /// Takes one packet of whatever kind.
    pub fn packet(&mut self, place: Place, bytes: &[u8], hints: Hints) -> io::Result<Found> {
        // Whoever asks for classic STUN gets it on every port.
        let classic = hints.classic || self.dialect == Some(Dialect::RFC3489);
        let hints = Hints { classic, ..hints };
        let inside = place.inside.is_some() || place.framing == Framing::MsData;
        if place.transport == Transport::Tcp
            && inside
            && let Some(packet) = classify::behind_its_length(bytes)
        {
            let framing = match place.framing {
                Framing::MsData => Framing::MsData,
                _ => Framing::Rfc4571,
            };
            let place = Place { framing, ..place };
            return self.reading(place, classify::read(packet, hints, self.dialect), packet);
        }
        self.reading(place, classify::read(bytes, hints, self.dialect), bytes)
    }

    /// Takes one message that the user says is one.
    pub fn message(&mut self, place: Place, bytes: &[u8]) -> io::Result<()> {
        let hints = Hints {
            classic: true,
            channels: true,
        };
        let reading = match classify::read(bytes, hints, self.dialect) {
            Reading::Other(_) => {
                classify::read_stun(bytes, self.dialect.unwrap_or(Dialect::RFC8489))
            }
            reading => reading,
        };
        self.reading(place, reading, bytes).map(drop)
    }

    /// Takes what is no packet.
    pub fn content(&mut self, place: Place, content: Content<'_>) -> io::Result<u64> {
        self.totals.count(&content);
        self.output.unit(&Unit { place, content })
    }

    pub fn finish(&mut self, packets: u64, skipped: u64) -> io::Result<()> {
        self.output.finish(&self.totals, packets, skipped)
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    fn reading(&mut self, place: Place, reading: Reading<'_>, bytes: &[u8]) -> io::Result<Found> {
        let (content, carried, found) = match reading {
            Reading::Stun { message, trailing } => {
                let (message, integrity) = self.in_its_form(&place, message);
                let content = Content::Stun {
                    message,
                    integrity,
                    trailing,
                };
                (content, classify::carried(&message), Found::Stun)
            }
            Reading::Broken(broken) => (Content::Broken(broken), None, Found::Stun),
            Reading::ChannelData {
                number,
                payload,
                spare,
            } => {
                let content = Content::ChannelData {
                    number,
                    payload,
                    spare,
                };
                (content, Some(payload), Found::Other)
            }
            Reading::Multiplexed(frame) => {
                let content = Content::Multiplexed {
                    session: frame.session.0,
                    payload: frame.payload,
                };
                (content, Some(frame.payload), Found::Other)
            }
            Reading::Other(protocol) => {
                let length = bytes.len() as u64;
                (Content::Other { protocol, length }, None, Found::Other)
            }
        };
        let outer = self.content(place, content)?;
        let depth = place.inside.map_or(1, |inside| inside.depth + 1);
        if let Some(payload) = carried.filter(|payload| !payload.is_empty() && depth <= DEEPEST) {
            let place = Place {
                framing: Framing::None,
                stream_offset: None,
                inside: Some(Inside { outer, depth }),
                ..place
            };
            // The peer is not a server, whatever port the outer packet came from.
            self.packet(place, payload, Hints::default())?;
        }
        Ok(found)
    }

    /// A message of RFC 8489, or of MS-ICE2 that does not say so: its answers need not carry
    /// IMPLEMENTATION-VERSION. What the same ends have said before, the tag and the table of the
    /// FINGERPRINT tell.
    fn in_its_form<'a>(&mut self, place: &Place, message: Message<'a>) -> (Message<'a>, Integrity) {
        let dialect = message.dialect();
        let depth = place.inside.map_or(0, |inside| inside.depth);
        let ends = place.path.map(|path| {
            let mut ends = [path.source, path.destination];
            ends.sort_unstable();
            (ends, depth)
        });
        if is_ms_ice2(dialect) {
            if let Some(ends) = ends {
                self.forms.insert(ends, dialect.padded());
            }
        } else if self.dialect.is_none() && dialect.padded() == Dialect::RFC8489 {
            let spoken = ends.and_then(|ends| self.forms.get(&ends)).copied();
            let legacy = in_form(message, Dialect::MS_ICE2_LEGACY);
            let other = match (spoken, legacy) {
                (Some(form), _) => in_form(message, form),
                (None, Some(legacy)) if self.proves(message, legacy) => Some(legacy),
                _ => None,
            };
            if let Some(message) = other {
                return (message, self.credentials.check(&message));
            }
        }
        (message, self.credentials.check(&message))
    }

    /// Whether something about the message holds in the other dialect alone.
    fn proves(&mut self, message: Message<'_>, other: Message<'_>) -> bool {
        other.fingerprint() == FingerprintStatus::ValidMsTable
            || (self.credentials.check(&message) == Integrity::Invalid
                && self.credentials.check(&other) == Integrity::Valid)
    }
}

fn is_ms_ice2(dialect: Dialect) -> bool {
    matches!(dialect.padded(), Dialect::MS_ICE2 | Dialect::MS_ICE2_LEGACY)
}

/// The same message in another dialect, padded or not as it is.
fn in_form(message: Message<'_>, form: Dialect) -> Option<Message<'_>> {
    let form = if message.dialect().is_padded() {
        form.padded()
    } else {
        form.unpadded()
    };
    message.with_dialect(form)
}
