//! Classifies one packet: a datagram, or the content of a frame of a stream.

use stunwire::attribute::Data;
use stunwire::framing::{MultiplexedFrame, Next, Rfc4571};
use stunwire::{Dialect, MAGIC_COOKIE, Message, ParseError};

use crate::unit::{Partial, Protocol};

/// Ports of STUN and TURN servers: the registered ones, their neighbors that Microsoft and Zoom
/// use, and Google's.
const STUN_PORTS: [std::ops::RangeInclusive<u16>; 3] = [3478..=3481, 5349..=5350, 19302..=19309];

pub fn is_stun_port(port: u16) -> bool {
    STUN_PORTS.iter().any(|ports| ports.contains(&port))
}

/// Context of a packet.
#[derive(Clone, Copy, Default)]
pub struct Hints {
    /// STUN without the magic cookie is expected.
    pub classic: bool,
    /// ChannelData is expected: the packet travels to or from a TURN server.
    pub channels: bool,
}

/// The captured bytes of a packet and its length on the wire.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    pub bytes: &'a [u8],
    /// Length in bytes on the wire; greater than the length of `bytes` if the snap length of the
    /// capture truncated the packet.
    pub wire_len: usize,
}

impl<'a> Packet<'a> {
    /// A packet that was captured as a whole.
    pub fn whole(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            wire_len: bytes.len(),
        }
    }

    pub fn is_truncated(self) -> bool {
        self.wire_len > self.bytes.len()
    }

    /// The part of the packet that starts at `from` and has `len` bytes on the wire.
    fn part(self, from: usize, len: usize) -> Self {
        let rest = self.bytes.get(from..).unwrap_or_default();
        Self {
            bytes: rest.get(..len).unwrap_or(rest),
            wire_len: len,
        }
    }
}

pub enum Reading<'a> {
    Stun {
        message: Message<'a>,
        trailing: usize,
    },
    Malformed {
        partial: Partial<'a>,
        error: ParseError,
    },
    Truncated(Partial<'a>),
    ChannelData {
        number: u16,
        payload: Packet<'a>,
        padding: usize,
    },
    Multiplexed(MultiplexedFrame<'a>),
    Other(Protocol),
}

/// Decodes a packet, in the requested dialect if that is possible.
pub fn read(packet: Packet<'_>, hints: Hints, requested: Option<Dialect>) -> Reading<'_> {
    let bytes = packet.bytes;
    if let Some(dialect) = dialect_of(bytes, requested) {
        return read_stun(packet, dialect);
    }
    if claims_stun(bytes) {
        // The magic cookie is there, but not the whole header.
        return read_stun(packet, Dialect::RFC8489);
    }
    if hints.classic
        && let Some(message) = classic(bytes)
    {
        return message;
    }
    if hints.channels
        && let Some(channel_data) = channel_data(packet)
    {
        return channel_data;
    }
    match MultiplexedFrame::parse_datagram(bytes) {
        Ok(frame) => Reading::Multiplexed(frame),
        Err(_) => Reading::Other(protocol(bytes)),
    }
}

/// Decodes bytes that are known to be a message; what is wrong with them is an error.
pub fn read_stun(packet: Packet<'_>, dialect: Dialect) -> Reading<'_> {
    match dialect.parse_prefix(packet.bytes) {
        Ok((message, rest)) => Reading::Stun {
            message,
            trailing: rest.len(),
        },
        Err(error) => {
            let partial = partial(packet.bytes, dialect);
            let is_end_missing = match error {
                ParseError::Truncated { declared, .. } => {
                    usize::try_from(declared).is_ok_and(|declared| declared <= packet.wire_len)
                }
                ParseError::Header(_) => partial.header.is_none(),
                _ => false,
            };
            if packet.is_truncated() && is_end_missing {
                Reading::Truncated(partial)
            } else {
                Reading::Malformed { partial, error }
            }
        }
    }
}

/// The dialect of a message: the one that its bytes show, unless the user requested another. `None`
/// if the bytes do not show that they are a message.
///
/// A request for MS-TURN does not change how the ICE messages inside it are read, nor does a request
/// for a form of RFC 8489 or MS-ICE2 change the MS-TURN around it: MAGIC-COOKIE is unambiguous.
pub fn dialect_of(bytes: &[u8], requested: Option<Dialect>) -> Option<Dialect> {
    let found = Dialect::detect(bytes);
    let applies = |requested: &Dialect| {
        is_ms_turn(*requested) == found.is_some_and(is_ms_turn)
            && requested.header(bytes).is_ok()
            && (found.is_some() || requested.parse_prefix(bytes).is_ok())
    };
    requested.filter(applies).or(found)
}

/// The STUN message in an RFC 4571 frame that fills the bytes: what peers over TCP send each other
/// through a relay.
pub fn in_rfc4571_frame(bytes: &[u8]) -> Option<&[u8]> {
    match Rfc4571::new().next(bytes) {
        Ok(Next::Frame { frame, consumed }) if consumed == bytes.len() => {
            claims_stun(frame).then_some(frame)
        }
        _ => None,
    }
}

/// Whether it is MS-TURN, padded or not.
pub fn is_ms_turn(dialect: Dialect) -> bool {
    dialect.padded() == Dialect::MS_TURN.padded()
}

/// Whether the first two bits and the magic cookie are those of STUN.
pub fn claims_stun(bytes: &[u8]) -> bool {
    matches!(bytes, [0x00..=0x3F, _, _, _, a, b, c, d, ..]
        if u32::from_be_bytes([*a, *b, *c, *d]) == MAGIC_COOKIE)
}

/// A message of RFC 3489. It has no magic cookie, so everything else must be right: a first byte that
/// RFC 7983 assigns to STUN, a known method, and valid attributes.
fn classic(bytes: &[u8]) -> Option<Reading<'_>> {
    let (message, rest) = Dialect::RFC3489.parse_prefix(bytes).ok()?;
    let plausible = bytes.first().is_some_and(|&first| first <= 3);
    (plausible && message.method().name().is_some()).then_some(Reading::Stun {
        message,
        trailing: rest.len(),
    })
}

/// The readable part of a message that does not parse.
fn partial(bytes: &[u8], dialect: Dialect) -> Partial<'_> {
    match dialect.walk(bytes) {
        Ok((header, attributes)) => Partial {
            header: Some(header),
            attributes: attributes.map_while(Result::ok).collect(),
        },
        Err(_) => Partial {
            header: None,
            attributes: Vec::new(),
        },
    }
}

/// ChannelData that fills the datagram except for at most 3 bytes: padding is allowed on datagrams and
/// not required (RFC 8656 §12.5).
fn channel_data(packet: Packet<'_>) -> Option<Reading<'_>> {
    let [n0 @ 0x40..=0x7F, n1, l0, l1, ..] = packet.bytes else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    let padding = packet.wire_len.checked_sub(4 + length)?;
    (padding <= 3).then_some(Reading::ChannelData {
        number: u16::from_be_bytes([*n0, *n1]),
        payload: packet.part(4, length),
        padding,
    })
}

/// The protocol by the first byte (RFC 7983 §7); RTP and RTCP differ in the second (RFC 5761 §4).
pub fn protocol(bytes: &[u8]) -> Protocol {
    match bytes {
        [16..=19, ..] => Protocol::Zrtp,
        [20..=63, ..] => Protocol::Dtls,
        [128..=191, 192..=223, ..] => Protocol::Rtcp,
        [128..=191, ..] => Protocol::Rtp,
        _ => Protocol::Unknown,
    }
}

/// The packet of the peer that a Send or Data indication carries.
pub fn carried<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    message.get::<Data<'_>>().ok().flatten().map(|data| data.0)
}
