//! From packets to units: reads a packet, checks it, hands it to the output, and goes on with what
//! it carries.

use std::io;

use stunwire::Dialect;

use crate::classify::{self, Hints, Reading};
use crate::credentials::Credentials;
use crate::unit::{Content, Inside, Output, Place, Totals, Unit};

/// How deep packets are looked for in packets. TURN in TURN in TURN is not a use that anybody has.
const DEEPEST: usize = 4;

pub struct Dissector<'o> {
    output: Box<dyn Output + 'o>,
    credentials: Credentials,
    dialect: Option<Dialect>,
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
            totals: Totals::default(),
        }
    }

    /// Takes one packet of whatever kind.
    pub fn packet(&mut self, place: Place, bytes: &[u8], hints: Hints) -> io::Result<Found> {
        // Whoever asks for classic STUN gets it on every port.
        let classic = hints.classic || self.dialect == Some(Dialect::RFC3489);
        let hints = Hints { classic, ..hints };
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
                let content = Content::Stun {
                    message,
                    integrity: self.credentials.check(&message),
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
            Reading::Other(protocol) => {
                let length = bytes.len() as u64;
                (Content::Other { protocol, length }, None, Found::Other)
            }
        };
        let outer = self.content(place, content)?;
        let depth = place.inside.map_or(1, |inside| inside.depth + 1);
        if let Some(payload) = carried.filter(|payload| !payload.is_empty() && depth <= DEEPEST) {
            let place = Place {
                framing: crate::unit::Framing::None,
                stream_offset: None,
                inside: Some(Inside { outer, depth }),
                ..place
            };
            // The peer is not a server, whatever port the outer packet came from.
            self.packet(place, payload, Hints::default())?;
        }
        Ok(found)
    }
}
