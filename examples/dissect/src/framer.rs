//! Cuts one direction of a TCP connection into frames.
//!
//! Which framing it is shows from where the cookie stands (STUN alone has it at offset 4, behind an
//! RFC 4571 length at 6; MS-TURN's frames have MAGIC-COOKIE in their first message, and a hello before
//! them leaves no doubt), and stays so until a frame does not stand. From there, as behind a gap,
//! the next message that stands up is looked for, whatever is around it.

use std::time::Duration;

use stunwire::{Class, Dialect, Header, MAGIC_COOKIE, Method};

use stunwire::framing::{FrameError, MsTcp, Next, pseudo_tls};

use crate::unit::{Framing, Hello};

/// The length of the prefix of RFC 4571.
const PREFIX: usize = 2;

/// And of the head of MS-TURN's frames.
const MS_HEAD: usize = 4;

/// MAGIC-COOKIE, the first attribute of MS-TURN's messages.
const MAGIC: [u8; 8] = [0x00, 0x0F, 0x00, 0x04, 0x72, 0xC6, 0x4B, 0xC6];

/// The lengths of Google's hellos.
const GOOGLE_CLIENT_LEN: usize = 72;
const GOOGLE_SERVER_LEN: usize = 79;

/// A packet of the capture, as far as frames want to know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    pub frame: u64,
    pub time: Duration,
}

/// A part of the stream. All parts and gaps together are the whole of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    pub offset: u64,
    pub stamp: Stamp,
    pub content: PartContent,
}

#[derive(Debug, PartialEq, Eq)]
pub enum PartContent {
    /// A packet, without what frames it.
    Packet { framing: Framing, bytes: Vec<u8> },
    /// The hello in front of MS-TURN's frames.
    Hello { hello: Hello, length: u64 },
    /// As many bytes in which no frame stands.
    Raw { length: u64 },
}

/// One direction of a connection. Holds at most one frame and what came with its end.
pub struct Framer {
    state: State,
    /// What is not cut yet begins at `start`; what is before it has been.
    buffer: Vec<u8>,
    start: usize,
    /// Where in the stream `start` is.
    offset: u64,
    /// The packet that came last.
    stamp: Stamp,
    /// The bytes before `start` in which nothing stood.
    raw: Option<Raw>,
    /// ChannelData is to be expected: a TURN server's port, or a ChannelBind. Elsewhere a letter
    /// would do for the head of a frame, and hide what comes behind it.
    channels: bool,
}

#[derive(Clone, Copy)]
enum State {
    /// At the beginning, or where a frame is as likely as there.
    Begin,
    In(Framing),
    /// Amid bytes that mean nothing.
    Lost,
}

struct Raw {
    offset: u64,
    stamp: Stamp,
    length: u64,
}

/// What the bytes at hand are.
enum Sight {
    /// A frame, its prefix and its packet and what pads it; all of it may not be there yet.
    Frame {
        prefix: usize,
        packet: usize,
        pad: usize,
    },
    TooShort,
    Nothing,
}

impl Framer {
    /// `channels` says whether one of the ports is a TURN server's.
    pub fn new(channels: bool) -> Self {
        Self {
            state: State::Begin,
            buffer: Vec::new(),
            start: 0,
            offset: 0,
            stamp: Stamp::default(),
            raw: None,
            channels,
        }
    }

    /// Takes the bytes that come next; then [`next`](Self::next) gives what they complete.
    pub fn extend(&mut self, offset: u64, bytes: &[u8], stamp: Stamp) {
        self.buffer.drain(..self.start.min(self.buffer.len()));
        self.start = 0;
        if self.buffer.is_empty() {
            self.offset = offset;
        }
        self.buffer.extend_from_slice(bytes);
        self.stamp = stamp;
    }

    /// The next part, if the bytes so far hold a whole one.
    pub fn next(&mut self) -> Option<Part> {
        loop {
            let bytes = self.rest();
            match self.state {
                State::Begin => {
                    match hello(bytes) {
                        Sight::Nothing => {}
                        Sight::TooShort => return None,
                        Sight::Frame { packet, .. } => return Some(self.cut_hello(packet)),
                    }
                    self.state = match sniff(bytes, self.channels) {
                        Some(Some(framing)) => State::In(framing),
                        Some(None) => State::Lost,
                        None => return None,
                    }
                }
                State::In(framing) => match self.look(framing) {
                    Sight::Frame {
                        prefix,
                        packet,
                        pad,
                    } => {
                        let whole = bytes.get(prefix..prefix + packet + pad)?.to_vec();
                        let framing = kind(framing, bytes);
                        return Some(self.cut(framing, prefix, whole));
                    }
                    Sight::TooShort => return None,
                    Sight::Nothing => self.state = State::Lost,
                },
                State::Lost => match find(bytes) {
                    Ok((position, framing)) => {
                        self.skip(position);
                        self.state = State::In(framing);
                        if let Some(raw) = self.take_raw() {
                            return Some(raw);
                        }
                    }
                    Err(known) => {
                        self.skip(known);
                        return None;
                    }
                },
            }
        }
    }

    /// Gives up waiting: what is left of the stream, or of what stands before a gap. Frames are
    /// looked for anew in what comes behind it.
    pub fn close(&mut self) -> Vec<Part> {
        let bytes = self.rest();
        let mut parts = Vec::new();
        let unfinished = match self.state {
            State::In(framing) if !bytes.is_empty() => match self.look(framing) {
                Sight::Frame { prefix, .. } if bytes.len() > prefix => bytes
                    .get(prefix..)
                    .map(|packet| (kind(framing, bytes), prefix, packet.to_vec())),
                _ => None,
            },
            _ => None,
        };
        match unfinished {
            Some((framing, prefix, packet)) => parts.push(self.cut(framing, prefix, packet)),
            None => {
                self.skip(bytes.len());
                parts.extend(self.take_raw());
            }
        }
        self.state = State::Lost;
        parts
    }

    fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// What stands at the start of the bytes, if it is a frame.
    fn look(&self, framing: Framing) -> Sight {
        let bytes = self.rest();
        match (framing, bytes) {
            (Framing::Rfc4571, [l0, l1, ..]) => Sight::Frame {
                prefix: PREFIX,
                packet: number(*l0, *l1),
                pad: 0,
            },
            (Framing::MsControl | Framing::MsData, _) => match MsTcp::new().next(bytes) {
                Ok(Next::Frame { consumed, .. }) => Sight::Frame {
                    prefix: MS_HEAD,
                    packet: consumed - MS_HEAD,
                    pad: 0,
                },
                Ok(Next::Incomplete { needed }) if bytes.len() >= MS_HEAD => Sight::Frame {
                    prefix: MS_HEAD,
                    packet: bytes.len() + needed - MS_HEAD,
                    pad: 0,
                },
                Ok(Next::Incomplete { .. }) => Sight::TooShort,
                Err(_) => Sight::Nothing,
            },
            // Microsoft's multiplexed frames, back to back.
            (Framing::None, [0xFF, 0x10, l0, l1, ..]) => Sight::Frame {
                prefix: 0,
                packet: 4 + number(*l0, *l1),
                pad: 0,
            },
            (Framing::None, [0xFF] | [0xFF, 0x10] | [0xFF, 0x10, _]) => Sight::TooShort,
            // ChannelData, on streams padded to 4 (RFC 8656 §12.5).
            (Framing::None, [0x40..=0x7F, _, l0, l1, ..]) if self.channels => {
                let length = number(*l0, *l1);
                Sight::Frame {
                    prefix: 0,
                    packet: 4 + length,
                    pad: length.next_multiple_of(4) - length,
                }
            }
            (Framing::None, [0x00..=0x3F, _, l0, l1, _, _, _, _, ..])
                if stun_at(bytes, 0) || ms_turn_at(bytes, 0) =>
            {
                Sight::Frame {
                    prefix: 0,
                    packet: 20 + number(*l0, *l1),
                    pad: 0,
                }
            }
            (Framing::None, [0x00..=0x7F, ..] | []) | (Framing::Rfc4571, _) if bytes.len() < 8 => {
                Sight::TooShort
            }
            _ => Sight::Nothing,
        }
    }

    fn advance(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
    }

    fn cut(&mut self, framing: Framing, prefix: usize, bytes: Vec<u8>) -> Part {
        let offset = self.offset;
        self.advance(prefix + bytes.len());
        match asked_or_granted(&bytes) {
            Some(Method::CHANNEL_BIND) => self.channels = true,
            // Behind it both sides send what they like (RFC 6062 §4.4). If it was not granted, it
            // is asked for again, and that is a message.
            Some(Method::CONNECTION_BIND) if framing == Framing::None => {
                self.state = State::Begin;
                self.channels = false;
            }
            _ => {}
        }
        Part {
            offset,
            stamp: self.stamp,
            content: PartContent::Packet { framing, bytes },
        }
    }

    fn cut_hello(&mut self, length: usize) -> Part {
        let (offset, content) = (self.offset, self.rest().get(..length).map(whose));
        self.advance(length);
        // Behind Google's come whatever frames the two have agreed on.
        self.state = match content {
            Some(Hello::Client | Hello::Server) => State::In(Framing::MsControl),
            _ => State::Lost,
        };
        Part {
            offset,
            stamp: self.stamp,
            content: PartContent::Hello {
                hello: content.unwrap_or(Hello::Google),
                length: length as u64,
            },
        }
    }

    fn skip(&mut self, count: usize) {
        if count > 0 {
            let raw = self.raw.get_or_insert(Raw {
                offset: self.offset,
                stamp: self.stamp,
                length: 0,
            });
            raw.length += count as u64;
            self.advance(count);
        }
    }

    fn take_raw(&mut self) -> Option<Part> {
        let raw = self.raw.take()?;
        Some(Part {
            offset: raw.offset,
            stamp: raw.stamp,
            content: PartContent::Raw { length: raw.length },
        })
    }
}

/// A hello at the start.
fn hello(bytes: &[u8]) -> Sight {
    let client = pseudo_tls::read_client_hello(bytes).map(next_len);
    let server = pseudo_tls::read_server_hello(bytes).map(next_len);
    match (bytes, client, server) {
        ([], ..) => Sight::Nothing,
        (_, Ok(Some(packet)), _) | (_, _, Ok(Some(packet))) => Sight::Frame {
            prefix: 0,
            packet,
            pad: 0,
        },
        (_, Err(FrameError::GoogleHello), _) => whole(bytes, GOOGLE_CLIENT_LEN),
        (_, _, Err(FrameError::GoogleHello)) => whole(bytes, GOOGLE_SERVER_LEN),
        (_, Ok(None), _) | (_, _, Ok(None)) => Sight::TooShort,
        _ => Sight::Nothing,
    }
}

fn next_len<F>(next: Next<F>) -> Option<usize> {
    match next {
        Next::Frame { consumed, .. } => Some(consumed),
        Next::Incomplete { .. } => None,
    }
}

fn whole(bytes: &[u8], packet: usize) -> Sight {
    if bytes.len() < packet {
        Sight::TooShort
    } else {
        Sight::Frame {
            prefix: 0,
            packet,
            pad: 0,
        }
    }
}

/// Whose hello it is that stands here.
fn whose(hello: &[u8]) -> Hello {
    match hello.len() {
        pseudo_tls::CLIENT_HELLO_LEN => Hello::Client,
        pseudo_tls::SERVER_HELLO_LEN => Hello::Server,
        _ => Hello::Google,
    }
}

/// Which of MS-TURN's frames stands here.
fn kind(framing: Framing, bytes: &[u8]) -> Framing {
    match (framing, bytes) {
        (Framing::MsControl | Framing::MsData, [0x03, ..]) => Framing::MsData,
        (Framing::MsControl | Framing::MsData, _) => Framing::MsControl,
        _ => framing,
    }
}

/// The framing of a stream that begins so; `Some(None)` if it is none that is known, and `None` if
/// more bytes are needed.
fn sniff(bytes: &[u8], channels: bool) -> Option<Option<Framing>> {
    match (channels, bytes) {
        (_, []) => None,
        (true, [0x40..=0x7F, ..]) => Some(Some(Framing::None)),
        _ if stun_at(bytes, 0) => Some(Some(Framing::None)),
        _ if stun_at(bytes, PREFIX) => Some(Some(Framing::Rfc4571)),
        (_, [0xFF, 0x10, ..]) => Some(Some(Framing::None)),
        // Only what is in it tells MS-TURN's frame from a length of 512 to 1,023.
        (_, [0x02 | 0x03, 0, ..]) if ms_turn_at(bytes, MS_HEAD) => Some(Some(Framing::MsControl)),
        (_, [0x02 | 0x03, 0, ..]) if bytes.len() < MS_HEAD + 20 + MAGIC.len() => None,
        _ if bytes.len() < PREFIX + 8 => None,
        _ => Some(None),
    }
}

/// Looks for a message that stands, or that may stand when more of it is there. If there is none,
/// gives how many bytes are certainly not part of one.
fn find(bytes: &[u8]) -> Result<(usize, Framing), usize> {
    let cookie = MAGIC_COOKIE.to_be_bytes();
    let starts = bytes.windows(4).enumerate().filter_map(|(at, window)| {
        if window == cookie {
            at.checked_sub(4)
        } else if bytes.get(at..at + MAGIC.len()) == Some(&MAGIC) {
            at.checked_sub(20)
        } else {
            None
        }
    });
    for message in starts {
        let candidate = bytes.get(message..).unwrap_or_default();
        let [0x00..=0x3F, _, l0, l1, ..] = candidate else {
            continue;
        };
        let length = 20 + number(*l0, *l1);
        let (position, framing) = head_of(bytes, message, length);
        match candidate.get(..length) {
            Some(whole) if stands(whole) => return Ok((position, framing)),
            Some(_) => {}
            None => return Err(position),
        }
    }
    // The cookie of a message behind a head may be about to come, MS-TURN's 20 bytes on.
    Err(bytes.len().saturating_sub(MS_HEAD + 20 + MAGIC.len() - 1))
}

/// What frames the message of this length, and where that begins.
fn head_of(bytes: &[u8], message: usize, length: usize) -> (usize, Framing) {
    let [l0, l1] = u16::try_from(length).unwrap_or(0).to_be_bytes();
    let before = bytes.get(..message).unwrap_or_default();
    if before.ends_with(&[0x02, 0, l0, l1]) {
        (message - MS_HEAD, Framing::MsControl)
    } else if before.ends_with(&[l0, l1]) {
        (message - PREFIX, Framing::Rfc4571)
    } else {
        (message, Framing::None)
    }
}

fn stands(message: &[u8]) -> bool {
    Dialect::detect(message).is_some_and(|dialect| dialect.parse(message).is_ok())
}

fn stun_at(bytes: &[u8], start: usize) -> bool {
    bytes.get(start..).is_some_and(crate::classify::claims_stun)
}

/// The method of a request or a success response.
fn asked_or_granted(packet: &[u8]) -> Option<Method> {
    let header = Header::parse(packet).ok()?;
    (header.class() != Class::ErrorResponse).then(|| header.method())
}

/// Whether a message of MS-TURN begins there, as far as its first attribute tells.
fn ms_turn_at(bytes: &[u8], start: usize) -> bool {
    let message = bytes.get(start..).unwrap_or_default();
    matches!(message.first(), Some(0x00..=0x3F)) && message.get(20..28) == Some(&MAGIC)
}

fn number(high: u8, low: u8) -> usize {
    usize::from(u16::from_be_bytes([high, low]))
}

#[cfg(test)]
mod tests;
