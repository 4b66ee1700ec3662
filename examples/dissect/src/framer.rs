//! Splits one direction of a TCP connection into frames.
//!
//! The first bytes tell the framing ([`stunwire::framing::sniff`]). From then on it is a hypothesis:
//! a frame whose content proves nothing is accepted if the next frame header fits, and where the
//! hypothesis fails, or after a gap in the capture, the stream is searched for the next frame
//! (`search`). Bytes that no hypothesis explains are reported with their number.

mod search;
mod step;

use std::collections::VecDeque;
use std::time::Duration;

use stunwire::attribute::ChannelNumber;
use stunwire::framing::{Framing as Sniffed, Next, Sniffed as Sniff, pseudo_tls, sniff};
use stunwire::{Class, Dialect, Header, Method};

use crate::unit::{Framing, PseudoTls};
use search::{Hypothesis, score, search};
pub use step::Channels;
use step::{Frame, Known, Proof, Step, step};

/// Number of bytes that may wait for the start of a stream to become clear.
const MAX_START: usize = 16 * 1024;

/// The ClientHello that Google's clients send before TURN over TCP on port 443: a fixed record of
/// SSLv2.
pub const GOOGLE_CLIENT_HELLO: [u8; 72] = *b"\x80\x46\x01\x03\x01\x00\x2d\x00\x00\x00\x10\
    \x01\x00\x80\x03\x00\x80\x07\x00\xc0\x06\x00\x40\x02\x00\x80\x04\x00\x80\
    \x00\x00\x04\x00\xfe\xff\x00\x00\x0a\x00\xfe\xfe\x00\x00\x09\x00\x00\x64\
    \x00\x00\x62\x00\x00\x03\x00\x00\x06\
    \x1f\x17\x0c\xa6\x2f\x00\x78\xfc\x46\x55\x2e\xb1\x83\x39\xf1\xea";

/// The ServerHello that answers it, fixed as well.
pub const GOOGLE_SERVER_HELLO: [u8; 79] = *b"\x16\x03\x01\x00\x4a\x02\x00\x00\x46\x03\x01\
    \x42\x85\x45\xa7\x27\xa9\x5d\xa0\xb3\xc5\xe7\x53\xda\x48\x2b\x3f\
    \xc6\x5a\xca\x89\xc1\x58\x52\xa1\x78\x3c\x5b\x17\x46\x00\x85\x3f\x20\
    \x0e\xd3\x06\x72\x5b\x5b\x1b\x5f\x15\xac\x13\xf9\x88\x53\x9d\x9b\
    \xe8\x3d\x7b\x0c\x30\x32\x6e\x38\x4d\xa2\x75\x57\x41\x6c\x34\x5c\
    \x00\x04\x00";

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
    /// So many bytes of TLS.
    Tls {
        length: u64,
    },
    /// So many bytes of a stream in which no frame was found.
    Raw {
        length: u64,
    },
    /// So many bytes between frames that no framing explains.
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
    /// Under a hypothesis. `proven` is the number of frames whose content speaks for it.
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
                    return Some(self.cut(framing, proven, frame));
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

    /// Tells the framing of a stream from its first bytes. `None` if more bytes are needed.
    fn begin(&mut self, is_final: bool) -> Option<Option<Part>> {
        let bytes = self.rest();
        let framing = match sniff(bytes) {
            Sniff::Is(Sniffed::StunTcp | Sniffed::MsMultiplexed) => Framing::None,
            Sniff::Is(Sniffed::Rfc4571) => Framing::Rfc4571,
            Sniff::Is(Sniffed::MsTcp) => Framing::MsControl,
            Sniff::Is(Sniffed::PseudoTls) => return self.pseudo_tls(is_final),
            Sniff::Is(Sniffed::GoogleHello) => return self.google(is_final),
            Sniff::Is(Sniffed::Tls) => {
                self.state = State::Tls;
                return Some(None);
            }
            Sniff::NeedsMore { .. } if !is_final && bytes.len() < MAX_START => {
                // A capture that starts in the middle of a message looks like a long frame.
                let found = self.search(None, false)?;
                if found.score.strong < 2 {
                    return None;
                }
                self.state = State::Lost { previous: None };
                self.searched = 0;
                return Some(None);
            }
            _ => {
                self.state = State::Lost { previous: None };
                return Some(None);
            }
        };
        self.state = State::Framed { framing, proven: 0 };
        Some(None)
    }

    /// The pseudo-TLS handshake of MS-TURN.
    fn pseudo_tls(&mut self, is_final: bool) -> Option<Option<Part>> {
        let bytes = self.rest();
        let client = pseudo_tls::read_client_hello(bytes).map(consumed);
        let server = pseudo_tls::read_server_hello(bytes).map(consumed);
        let (length, content) = match (client, server) {
            (Ok(Some(length)), _) => (length, PseudoTls::Client),
            (_, Ok(Some(length))) => (length, PseudoTls::Server),
            (Ok(None), _) | (_, Ok(None)) if !is_final => return None,
            _ => {
                self.state = State::Tls;
                return Some(None);
            }
        };
        self.state = State::Framed {
            framing: Framing::MsControl,
            proven: 1,
        };
        Some(Some(self.handshake(length, content)))
    }

    /// Google's handshake, all of whose bytes are fixed. Anything else that starts like it is SSL.
    fn google(&mut self, is_final: bool) -> Option<Option<Part>> {
        let bytes = self.rest();
        let known = [
            (&GOOGLE_CLIENT_HELLO[..], PseudoTls::GoogleClient),
            (&GOOGLE_SERVER_HELLO[..], PseudoTls::GoogleServer),
        ];
        for (hello, content) in known {
            if bytes.starts_with(hello) {
                // The framing that follows is whatever both sides agreed on.
                self.state = State::Begin;
                return Some(Some(self.handshake(hello.len(), content)));
            }
            if hello.starts_with(bytes) && !is_final {
                return None;
            }
        }
        self.state = State::Tls;
        Some(None)
    }

    fn handshake(&mut self, length: usize, content: PseudoTls) -> Part {
        let offset = self.offset;
        self.advance(length);
        self.framed = true;
        Part {
            offset,
            stamp: self.stamp,
            content: PartContent::PseudoTls(content),
        }
    }

    /// The next frame under the hypothesis. `Some(None)` if it fails, `None` if more bytes are
    /// needed.
    fn framed(&mut self, framing: Framing, proven: u32, is_final: bool) -> Option<Option<Frame>> {
        let bytes = self.rest();
        let frame = match step(framing, bytes, &self.known) {
            Step::Frame(frame) => frame,
            Step::Short if !is_final => return None,
            Step::Short | Step::No => return Some(None),
        };
        let Some(following) = bytes.get(frame.len()..) else {
            return self.incomplete(framing, proven, frame, is_final);
        };
        if frame.proof == Proof::Strong || following.is_empty() && frame.proof >= Proof::Plausible {
            return Some(Some(frame));
        }
        match step(framing, following, &self.known) {
            Step::Short if !is_final && frame.proof < Proof::Good => return None,
            Step::Frame(next) if next.proof > Proof::Doubtful => return Some(Some(frame)),
            _ => {}
        }
        // What follows does not fit, so that the frame itself is in doubt.
        let own = score(framing, bytes, &self.known);
        match search(bytes, None, &self.known) {
            Ok(other)
                if other.start < frame.len()
                    && (other.start > 0 || other.framing != framing)
                    && is_better(other, own.points) =>
            {
                Some(None)
            }
            _ if frame.proof == Proof::Doubtful => Some(None),
            _ if proven == 0 && frame.proof == Proof::Plausible => Some(None),
            _ => Some(Some(frame)),
        }
    }

    /// A frame of which not all bytes are there. Its declared length may be wrong, so that the frames
    /// in the bytes that it would swallow decide.
    fn incomplete(
        &mut self,
        framing: Framing,
        proven: u32,
        frame: Frame,
        is_final: bool,
    ) -> Option<Option<Frame>> {
        if is_final {
            let is_expected =
                frame.proof >= Proof::Good || frame.proof == Proof::Plausible && proven > 0;
            let own = if is_expected { Proof::Good.score() } else { 0 };
            return match search(self.rest(), None, &self.known) {
                Ok(other) if is_better(other, own) && other.score.strong > 1 => Some(None),
                Ok(_) if !is_expected => Some(None),
                _ => Some(is_expected.then_some(frame)),
            };
        }
        if frame.proof >= Proof::Good {
            return None;
        }
        let found = self.search(Some(framing), false)?;
        let is_other = found.start > 0 || found.framing != framing;
        (is_other && found.score.strong > 1).then_some(None)
    }

    /// Searches the buffer, unless there are too few new bytes since the last time.
    fn search(&mut self, previous: Option<Framing>, is_final: bool) -> Option<Hypothesis> {
        let bytes = self.rest();
        let worthwhile = bytes.len() > self.searched + self.searched / 16;
        if !is_final && !worthwhile {
            return None;
        }
        // After a gap the next segment usually starts with a frame of the same framing.
        if let (State::Lost { .. }, Some(framing)) = (self.state, previous) {
            let aligned = score(framing, bytes, &self.known);
            let first = step(framing, bytes, &self.known);
            let is_good = matches!(first, Step::Frame(frame) if frame.proof >= Proof::Good);
            let fits = is_good || aligned.frames > 0 && aligned.points >= 3;
            if fits && self.skipped.is_none() && self.lost_at != Some(self.offset) {
                self.searched = 0;
                return Some(Hypothesis {
                    start: 0,
                    framing,
                    score: aligned,
                });
            }
        }
        match search(bytes, previous, &self.known) {
            Ok(found) => {
                self.searched = 0;
                Some(found)
            }
            Err(useless) => {
                let length = bytes.len();
                if let State::Lost { .. } = self.state {
                    self.skip(useless);
                    self.searched = length - useless;
                } else {
                    self.searched = length;
                }
                None
            }
        }
    }

    fn lose(&mut self, framing: Framing) {
        // A hypothesis that fails again where it was made would be made for ever.
        if self.lost_at == Some(self.offset) {
            self.skip(1);
        }
        self.lost_at = Some(self.offset);
        self.state = State::Lost {
            previous: Some(framing),
        };
        self.searched = 0;
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
    fn cut(&mut self, framing: Framing, proven: u32, frame: Frame) -> Part {
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

    /// Takes from a message what it tells about the stream.
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

fn is_better(other: Hypothesis, points: i32) -> bool {
    other.score.is_convincing() && other.score.points > points
}

fn consumed<F>(next: Next<F>) -> Option<usize> {
    match next {
        Next::Frame { consumed, .. } => Some(consumed),
        Next::Incomplete { .. } => None,
    }
}

#[cfg(test)]
mod tests;
