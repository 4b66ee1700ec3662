//! What one packet is: a datagram, or what a frame of a stream holds.

use stunwire::attribute::Data;
use stunwire::framing::{MultiplexedFrame, Next, rfc4571};
use stunwire::{Dialect, MAGIC_COOKIE, Message, ParseError};

use crate::unit::{Broken, Protocol};

/// Where STUN and TURN servers listen: the registered ports, those beside them that Microsoft and
/// Zoom use, and Google's.
const STUN_PORTS: [std::ops::RangeInclusive<u16>; 3] = [3478..=3481, 5349..=5350, 19302..=19309];

pub fn is_stun_port(port: u16) -> bool {
    STUN_PORTS.iter().any(|ports| ports.contains(&port))
}

/// What the surroundings of a packet say that its bytes cannot.
#[derive(Clone, Copy, Default)]
pub struct Hints {
    /// STUN without a cookie is to be expected.
    pub classic: bool,
    /// ChannelData is: the packet travels to or from a TURN server.
    pub channels: bool,
}

pub enum Reading<'a> {
    Stun {
        message: Message<'a>,
        trailing: usize,
    },
    Broken(Broken<'a>),
    ChannelData {
        number: u16,
        payload: &'a [u8],
        spare: usize,
    },
    Multiplexed(MultiplexedFrame<'a>),
    Other(Protocol),
}

/// Reads a packet, in the dialect that was asked for if it can be.
pub fn read(bytes: &[u8], hints: Hints, asked: Option<Dialect>) -> Reading<'_> {
    if let Some(dialect) = dialect_of(bytes, asked) {
        return read_stun(bytes, dialect);
    }
    if claims_stun(bytes) {
        // The cookie is there, and not a whole header.
        return read_stun(bytes, Dialect::RFC8489);
    }
    if hints.classic
        && let Some(message) = classic(bytes)
    {
        return message;
    }
    if hints.channels
        && let Some(channel_data) = channel_data(bytes)
    {
        return channel_data;
    }
    match MultiplexedFrame::parse_datagram(bytes) {
        Ok(frame) => Reading::Multiplexed(frame),
        Err(_) => Reading::Other(protocol(bytes)),
    }
}

/// Reads what is known to be a message, so that the worst is an error that says why it is not.
pub fn read_stun(bytes: &[u8], dialect: Dialect) -> Reading<'_> {
    match dialect.parse_prefix(bytes) {
        Ok((message, rest)) => Reading::Stun {
            message,
            trailing: rest.len(),
        },
        Err(error) => broken(bytes, dialect, error),
    }
}

/// The dialect of a message: what its bytes tell, unless the user knows better. `None` if they do
/// not tell that they are a message.
///
/// Whoever asks for MS-TURN wants the ICE inside it read as what it is, and whoever asks for a form
/// of RFC 8489 or MS-ICE2 the MS-TURN around it: MAGIC-COOKIE leaves no doubt, and stays in force.
pub fn dialect_of(bytes: &[u8], asked: Option<Dialect>) -> Option<Dialect> {
    let found = Dialect::detect(bytes);
    let suits = |asked: &Dialect| {
        is_ms_turn(*asked) == found.is_some_and(is_ms_turn)
            && asked.header(bytes).is_ok()
            && (found.is_some() || asked.parse_prefix(bytes).is_ok())
    };
    asked.filter(suits).or(found)
}

/// The packet behind a length of RFC 4571 that fits and is STUN: what peers over TCP send each other
/// through a relay.
pub fn behind_its_length(bytes: &[u8]) -> Option<&[u8]> {
    match Rfc4571::new().next(bytes) {
        Ok(Next::Frame { frame, consumed }) if consumed == bytes.len() => {
            claims_stun(frame).then_some(frame)
        }
        _ => None,
    }
}

/// Padded or not.
pub fn is_ms_turn(dialect: Dialect) -> bool {
    dialect.padded() == Dialect::MS_TURN.padded()
}

/// Whether the first two bits and the cookie are those of STUN.
pub fn claims_stun(bytes: &[u8]) -> bool {
    matches!(bytes, [0x00..=0x3F, _, _, _, a, b, c, d, ..]
        if u32::from_be_bytes([*a, *b, *c, *d]) == MAGIC_COOKIE)
}

/// A message of RFC 3489. Nothing marks one, so everything about it must be right: a first byte
/// that RFC 7983 leaves to STUN, a known method, and attributes that stand.
fn classic(bytes: &[u8]) -> Option<Reading<'_>> {
    let (message, rest) = Dialect::RFC3489.parse_prefix(bytes).ok()?;
    let plausible = bytes.first().is_some_and(|&first| first <= 3);
    (plausible && message.method().name().is_some()).then_some(Reading::Stun {
        message,
        trailing: rest.len(),
    })
}

/// What stands of a message that does not parse, because of `error`.
fn broken(bytes: &[u8], dialect: Dialect, error: ParseError) -> Reading<'_> {
    let (header, attributes) = match dialect.walk(bytes) {
        Ok((header, walk)) => (Some(header), walk.map_while(Result::ok).collect()),
        Err(_) => (None, Vec::new()),
    };
    Reading::Broken(Broken {
        header,
        attributes,
        error,
    })
}

/// ChannelData that fills the bytes up to 3: padding is not asked for on datagrams, and allowed
/// (RFC 8656 §12.5).
fn channel_data(bytes: &[u8]) -> Option<Reading<'_>> {
    let [n0 @ 0x40..=0x7F, n1, l0, l1, rest @ ..] = bytes else {
        return None;
    };
    let length = usize::from(u16::from_be_bytes([*l0, *l1]));
    let (payload, spare) = rest.split_at_checked(length)?;
    (spare.len() <= 3).then_some(Reading::ChannelData {
        number: u16::from_be_bytes([*n0, *n1]),
        payload,
        spare: spare.len(),
    })
}

/// The class of the first byte; RTP and RTCP are told apart by the second (RFC 5761 §4).
pub fn protocol(bytes: &[u8]) -> Protocol {
    match bytes {
        [16..=19, ..] => Protocol::Zrtp,
        [20..=63, ..] => Protocol::Dtls,
        [128..=191, 192..=223, ..] => Protocol::Rtcp,
        [128..=191, ..] => Protocol::Rtp,
        _ => Protocol::Unknown,
    }
}

/// What a message carries for somebody behind the TURN server.
pub fn carried<'a>(message: &Message<'a>) -> Option<&'a [u8]> {
    message.get::<Data<'_>>().ok().flatten().map(|data| data.0)
}
