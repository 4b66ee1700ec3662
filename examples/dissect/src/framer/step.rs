//! The next frame of a stream under one framing, and how much its content proves.

use std::sync::{Arc, Mutex, PoisonError};

use stunwire::framing::{MultiplexedFrame, Next, Rfc4571};
use stunwire::{Dialect, MAGIC_COOKIE};

use crate::classify::claims_stun;
use crate::unit::Framing;

/// MAGIC-COOKIE, the first attribute of MS-TURN's messages.
pub const MS_TURN_MAGIC: [u8; 8] = [0x00, 0x0F, 0x00, 0x04, 0x72, 0xC6, 0x4B, 0xC6];

/// Length in bytes of a STUN header.
const HEADER_LEN: usize = 20;

/// What the bytes at some offset are under a framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A frame, of which not all bytes need to be there.
    Frame(Frame),
    /// More bytes are needed to tell.
    Short,
    /// The framing does not explain the bytes.
    No,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Length in bytes of what precedes the packet.
    pub prefix: usize,
    /// Length in bytes of the packet.
    pub packet: usize,
    /// Number of padding bytes.
    pub padding: usize,
    pub proof: Proof,
}

impl Frame {
    pub fn len(self) -> usize {
        self.prefix + self.packet + self.padding
    }
}

/// How strongly the content of a frame confirms its framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    /// Unexpected in this framing, but not excluded.
    Doubtful,
    /// It may be anything: the application data of a channel, RTP.
    Plausible,
    /// A magic cookie, the header of a DTLS record, or the number of a bound channel.
    Good,
    /// A whole and valid message.
    Strong,
}

impl Proof {
    pub fn score(self) -> i32 {
        match self {
            Self::Doubtful => -2,
            Self::Plausible => 1,
            Self::Good => 4,
            Self::Strong => 8,
        }
    }
}

/// Greatest number of remembered channels of a connection.
const MAX_CHANNELS: usize = 64;

/// The channels that ChannelBind requests named. Both directions of a connection share them, because the
/// client binds the channels on which the server sends.
#[derive(Clone, Debug, Default)]
pub struct Channels(Arc<Mutex<Vec<u16>>>);

impl Channels {
    /// Adds a channel, up to the limit of a connection.
    pub fn bind(&self, number: u16) {
        let mut bound = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if bound.len() < MAX_CHANNELS {
            bound.push(number);
        }
    }

    /// Whether a framer has them.
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    fn contains(&self, number: u16) -> bool {
        let bound = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bound.contains(&number)
    }
}

/// What is known about a connection besides its framing.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The channels of the connection.
    pub channels: Channels,
    /// A message of MS-TURN without framing was seen.
    pub bare_ms_turn: bool,
}

/// Reads the frame at the start of `bytes`.
pub fn step(framing: Framing, bytes: &[u8], known: &Known) -> Step {
    match framing {
        Framing::None => bare(bytes, known),
        Framing::Rfc4571 => length_prefixed(bytes),
        Framing::MsControl | Framing::MsData => ms_frame(bytes),
    }
}

fn frame(prefix: usize, packet: usize, proof: Proof) -> Step {
    Step::Frame(Frame {
        prefix,
        packet,
        padding: 0,
        proof,
    })
}

/// STUN messages, ChannelData and Microsoft's multiplexed frames, one after the other.
fn bare(bytes: &[u8], known: &Known) -> Step {
    match *bytes {
        [] => Step::Short,
        [0x00..=0x3F, ..] => match message(bytes) {
            Step::No if known.bare_ms_turn && bytes.len() < HEADER_LEN + MS_TURN_MAGIC.len() => {
                Step::Short
            }
            step => step,
        },
        [0x40..=0x7F, _, _] | [0x40..=0x7F, _] | [0x40..=0x7F] => Step::Short,
        [n0 @ 0x40..=0x7F, n1, l0, l1, ref rest @ ..] => {
            let number = u16::from_be_bytes([n0, n1]);
            let length = number_at(l0, l1);
            let payload = rest.get(..length).unwrap_or(rest);
            let mut proof = application_data(payload, length);
            if known.channels.contains(number) {
                proof = proof.max(Proof::Good);
            } else if n0 > 0x4F && proof < Proof::Good {
                // RFC 8656 §12 reserves these numbers; clients of RFC 5766 bind them.
                return Step::No;
            }
            Step::Frame(Frame {
                prefix: 0,
                packet: 4 + length,
                // RFC 8656 §12.5.
                padding: length.next_multiple_of(4) - length,
                proof,
            })
        }
        [0xFF] | [0xFF, 0x10] | [0xFF, 0x10, _] => Step::Short,
        [0xFF, 0x10, l0, l1, ..] => {
            let length = 4 + number_at(l0, l1);
            let proof = match bytes.get(..length).map(MultiplexedFrame::parse_datagram) {
                Some(Ok(inner)) if claims_stun(inner.payload) => Proof::Strong,
                Some(Ok(_)) | None => Proof::Plausible,
                Some(Err(_)) => return Step::No,
            };
            frame(0, length, proof)
        }
        _ => Step::No,
    }
}

/// A STUN message, also of MS-TURN.
fn message(bytes: &[u8]) -> Step {
    let [0x00..=0x3F, _, l0, l1, rest @ ..] = bytes else {
        let is_start = matches!(bytes, [] | [0x00..=0x3F, ..]);
        return if is_start { Step::Short } else { Step::No };
    };
    let cookie = MAGIC_COOKIE.to_be_bytes();
    let id = rest.get(..4).unwrap_or(rest);
    if !cookie.starts_with(id) && !ms_turn_at(bytes, 0) {
        return Step::No;
    }
    if rest.len() < 4 {
        return Step::Short;
    }
    let length = HEADER_LEN + number_at(*l0, *l1);
    let proof = match bytes.get(..length) {
        Some(whole) if is_valid(whole) => Proof::Strong,
        _ => Proof::Good,
    };
    frame(0, length, proof)
}

/// A packet after its length of 2 bytes (RFC 4571). ICE over TCP has STUN, DTLS, RTP and RTCP in it
/// (RFC 6544 §10.1, RFC 7983).
fn length_prefixed(bytes: &[u8]) -> Step {
    let [l0, l1, rest @ ..] = bytes else {
        return Step::Short;
    };
    let length = number_at(*l0, *l1);
    let packet = rest.get(..length).unwrap_or(rest);
    let proof = match *packet {
        [] if length == 0 => Proof::Plausible,
        [] => return Step::Short,
        [0x00..=0x3F, ..] => match message(packet) {
            Step::Frame(inner) if inner.packet <= length => inner.proof,
            Step::Frame(_) => return Step::No,
            Step::Short if packet.len() < length => return Step::Short,
            Step::Short | Step::No => match dtls(packet) {
                Some(proof) => proof,
                None => return Step::No,
            },
        },
        [0x80..=0xBF, ..] => Proof::Plausible,
        _ => Proof::Doubtful,
    };
    frame(2, length, proof)
}

/// Type, a zero, a length (\[MS-TURN\] 2.1.4).
fn ms_frame(bytes: &[u8]) -> Step {
    match *bytes {
        [] | [0x02 | 0x03] | [0x02 | 0x03, 0] | [0x02 | 0x03, 0, _] => Step::Short,
        [kind @ (0x02 | 0x03), 0, l0, l1, ref rest @ ..] => {
            let length = number_at(l0, l1);
            let payload = rest.get(..length).unwrap_or(rest);
            let proof = match (kind, message(payload)) {
                (_, Step::Frame(inner)) => inner.proof,
                (0x02, _) => Proof::Doubtful,
                _ => application_data(payload, length),
            };
            frame(4, length, proof)
        }
        _ => Step::No,
    }
}

/// The payload of a channel or of an MS-TURN data frame, as far as it is there.
fn application_data(payload: &[u8], length: usize) -> Proof {
    let packet = match Rfc4571::new().next(payload) {
        Ok(Next::Frame { frame, consumed }) if consumed == length => frame,
        _ => payload,
    };
    match *packet {
        [0x00..=0x3F, ..] if claims_stun(packet) => match message(packet) {
            Step::Frame(inner) if inner.packet <= length => inner.proof,
            _ => Proof::Doubtful,
        },
        [0x00..=0x3F, ..] => dtls(packet).unwrap_or(Proof::Plausible),
        _ => Proof::Plausible,
    }
}

/// A DTLS record: of version 1.0 or 1.2 (RFC 6347 §4.1), or with the unified header of version 1.3
/// (RFC 9147 §4).
fn dtls(packet: &[u8]) -> Option<Proof> {
    match packet {
        [20..=26, 0xFE, 0xFD | 0xFF, ..] => Some(Proof::Good),
        [20..=26] | [20..=26, 0xFE] | [16..=19 | 32..=63, ..] => Some(Proof::Plausible),
        _ => None,
    }
}

/// Whether the bytes are a valid message.
pub fn is_valid(message: &[u8]) -> bool {
    Dialect::detect(message).is_some_and(|dialect| dialect.parse(message).is_ok())
}

/// Whether a message of MS-TURN starts there, by its first attribute.
pub fn ms_turn_at(bytes: &[u8], start: usize) -> bool {
    let message = bytes.get(start..).unwrap_or_default();
    matches!(message.first(), Some(0x00..=0x3F))
        && message.get(HEADER_LEN..HEADER_LEN + MS_TURN_MAGIC.len()) == Some(&MS_TURN_MAGIC)
}

pub fn number_at(high: u8, low: u8) -> usize {
    usize::from(u16::from_be_bytes([high, low]))
}
