//! Splits one direction of a TCP connection into frames.
//!
//! The first bytes tell the framing ([`stunwire::framing::sniff`]). From then on it is a hypothesis:
//! a frame whose content proves nothing is accepted if the next frame header fits, and where the
//! hypothesis fails, or after a gap in the capture, the stream is searched for the next frame
//! (`search`). Bytes that no hypothesis explains are reported with their number.

mod connections;
mod hypothesis;
mod search;
mod start;
mod step;

use std::collections::VecDeque;
use std::time::Duration;

use stunwire::attribute::ChannelNumber;
use stunwire::{Class, Dialect, Header, Method};

use crate::unit::{Framing, PseudoTls};
pub use connections::Framers;
pub use step::Channels;
use step::{Frame, Known, Proof};

/// The packet of the capture that carried bytes of the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    pub frame: u64,
    pub time: Duration,
}

/// A part of the stream. All parts and gaps together are the whole stream.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// Offset in bytes of its first byte in the stream.
    pub offset: u64,
    /// The packet that completed it.
    pub stamp: Stamp,
    pub content: PartContent,
}

#[derive(Debug, PartialEq, Eq)]
pub enum PartContent {
    /// A packet without its framing.
    Packet {
        framing: Framing,
        bytes: Vec<u8>,
        /// Length in bytes that the framing declares; greater than that of `bytes` if the end is
        /// missing in the capture.
        wire_len: usize,
    },
    PseudoTls(PseudoTls),
    /// TLS.
    Tls {
        length: u64,
    },
    /// A stream in which no frame was found.
    Raw {
        length: u64,
    },
    /// Bytes between frames that no framing explains.
    Unframed {
        length: u64,
    },
}

/// One direction of a connection. Holds back at most one frame and the start of the next one.
pub struct Framer {
    state: State,
    /// The bytes before `start` were split already.
    buffer: Vec<u8>,
    start: usize,
    /// Offset of `start` in the stream.
    offset: u64,
    /// The packets that carried the bytes of the buffer, each with the offset in the stream after
    /// its last byte.
    stamps: VecDeque<(u64, Stamp)>,
    /// The packet that carried the last byte that was split.
    stamp: Stamp,
    /// The bytes before `start` that are not reported yet.
    skipped: Option<Skipped>,
    known: Known,
    /// Whether a frame was found before.
    framed: bool,
    /// Number of bytes that were searched without result.
    searched: usize,
    /// Where the last hypothesis failed.
    lost_at: Option<u64>,
}

#[derive(Clone, Copy)]
enum State {
    /// At the beginning of the stream, or where the application protocol starts anew.
    Begin,
    /// Under a hypothesis. `proven` is the number of frames whose content confirms it.
    Framed { framing: Framing, proven: u32 },
    /// The framing is not known; `previous` is the one before.
    Lost { previous: Option<Framing> },
    /// All the rest is TLS.
    Tls,
}

struct Skipped {
    offset: u64,
    length: u64,
}

impl Framer {
    /// A framer of a direction whose connection has these channels.
    pub fn new(channels: Channels) -> Self {
        Self {
            state: State::Begin,
            buffer: Vec::new(),
            start: 0,
            offset: 0,
            stamps: VecDeque::new(),
            stamp: Stamp::default(),
            skipped: None,
            known: Known {
                channels,
                bare_ms_turn: false,
            },
            framed: false,
            searched: 0,
            lost_at: None,
        }
    }

    /// Appends the next bytes; then [`next`](Self::next) returns what they complete.
    pub fn extend(&mut self, offset: u64, bytes: &[u8], stamp: Stamp) {
        self.buffer.drain(..self.start.min(self.buffer.len()));
        self.start = 0;
        if self.buffer.is_empty() {
            self.offset = offset;
            self.stamps.clear();
        }
        self.buffer.extend_from_slice(bytes);
        self.stamps.push_back((offset + bytes.len() as u64, stamp));
    }

    /// The next part, if the bytes so far have a whole one.
    pub fn next(&mut self) -> Option<Part> {
        self.part(false)
    }

    /// Offset up to which the stream was split into parts, including bytes that no part returned yet,
    /// because they are in no frame.
    pub fn settled(&self) -> u64 {
        self.offset
    }

    /// Ends the stream, or the part of it before a gap, and returns what is left. After a gap the
    /// next bytes are searched for frames.
    pub fn close(&mut self) -> Vec<Part> {
        let mut parts = Vec::new();
        while let Some(part) = self.part(true) {
            parts.push(part);
        }
        self.skip(self.rest().len());
        parts.extend(self.take_skipped());
        self.state = match self.state {
            State::Begin => State::Lost { previous: None },
            State::Framed { framing, .. } => State::Lost {
                previous: Some(framing),
            },
            state => state,
        };
        self.searched = 0;
        parts
    }

    /// `is_final` means that no bytes follow.
    fn part(&mut self, is_final: bool) -> Option<Part> {
        loop {
            if self.rest().is_empty() {
                return None;
            }
            match self.state {
                State::Begin => {
                    if let Some(part) = self.begin(is_final)? {
                        return Some(part);
                    }
                }
                State::Framed { framing, proven } => {
                    let frame = self.framed(framing, proven, is_final)?;
                    let Some(frame) = frame else {
                        self.lose(framing);
                        continue;
                    };
                    if let Some(skipped) = self.take_skipped() {
                        return Some(skipped);
                    }
                    return Some(self.truncated(framing, proven, frame));
                }
                State::Lost { previous } => {
                    let found = self.search(previous, is_final)?;
                    self.skip(found.start);
                    self.state = State::Framed {
                        framing: found.framing,
                        proven: 0,
                    };
                }
                State::Tls => {
                    self.skip(self.rest().len());
                    return None;
                }
            }
        }
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    fn advance(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
        while let Some(&(end, stamp)) = self.stamps.front() {
            self.stamp = stamp;
            if end >= self.offset {
                break;
            }
            self.stamps.pop_front();
        }
    }

    /// Removes a frame from the buffer, whole or not.
    fn truncated(&mut self, framing: Framing, proven: u32, frame: Frame) -> Part {
        let offset = self.offset;
        let rest = self.rest();
        let kind = match (framing, rest.first()) {
            (Framing::MsControl | Framing::MsData, Some(0x03)) => Framing::MsData,
            (Framing::MsControl | Framing::MsData, _) => Framing::MsControl,
            _ => framing,
        };
        let available = rest.get(..frame.len()).unwrap_or(rest);
        let bytes = available.get(frame.prefix..).unwrap_or_default().to_vec();
        let length = available.len();
        self.advance(length);
        self.framed = true;
        self.state = State::Framed {
            framing,
            proven: proven.saturating_add(u32::from(frame.proof >= Proof::Good)),
        };
        self.learn(framing, &bytes);
        Part {
            offset,
            stamp: self.stamp,
            content: PartContent::Packet {
                framing: kind,
                bytes,
                wire_len: frame.packet + frame.padding,
            },
        }
    }

    /// Learns from a message about the stream: bound channels, ConnectionBind.
    fn learn(&mut self, framing: Framing, packet: &[u8]) {
        if framing != Framing::None {
            return;
        }
        self.known.bare_ms_turn |= step::ms_turn_at(packet, 0);
        let Ok(header) = Header::parse(packet) else {
            return;
        };
        match (header.class(), header.method()) {
            (Class::Request, Method::CHANNEL_BIND) => {
                let message = Dialect::RFC8489.parse_prefix(packet).ok();
                let number =
                    message.and_then(|(message, _)| message.get::<ChannelNumber>().ok()?);
                if let Some(number) = number {
                    self.known.channels.bind(number.as_u16());
                }
            }
            // Then both sides send what they like (RFC 6062 §4.4). If the server refuses, the next
            // request is a message again.
            (Class::Request | Class::SuccessResponse, Method::CONNECTION_BIND) => {
                self.state = State::Begin;
                self.known.channels = Channels::default();
                self.framed = false;
            }
            _ => {}
        }
    }

    fn skip(&mut self, count: usize) {
        if count > 0 {
            let skipped = self.skipped.get_or_insert(Skipped {
                offset: self.offset,
                length: 0,
            });
            skipped.length += count as u64;
            self.advance(count);
        }
    }

    fn take_skipped(&mut self) -> Option<Part> {
        let Skipped { offset, length } = self.skipped.take()?;
        let found_next = matches!(self.state, State::Framed { .. });
        let content = match self.state {
            State::Tls => PartContent::Tls { length },
            _ if found_next || self.framed => PartContent::Unframed { length },
            _ => PartContent::Raw { length },
        };
        Some(Part {
            offset,
            stamp: self.stamp,
            content,
        })
    }
}

#[cfg(test)]
mod tests;
