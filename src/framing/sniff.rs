//! Which framing a stream has, from its first bytes.

use super::pseudo_tls::{GOOGLE_CLIENT, GOOGLE_SERVER};
use super::rfc4571::PREFIX_LEN;
use super::stun_tcp::Extent;
use super::{Next, StunTcp};
use crate::demux::Demux;
use crate::dialect::MAGIC_COOKIE_ATTRIBUTE;
use crate::transaction_id::MAGIC_COOKIE;
use crate::wire::HEADER_LEN;

/// How packets stand in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Framing {
    /// STUN messages and ChannelData, bare: [`stun_tcp`](super::stun_tcp).
    StunTcp,
    /// Packets behind their length: [`rfc4571`](super::rfc4571).
    Rfc4571,
    /// MS-TURN's frames of 4 bytes, type 02 or 03 (\[MS-TURN\] 2.1.4).
    MsFrame,
    /// Microsoft's multiplexed frames, ff10 (\[MS-TURN\] 2.2.3).
    MsMultiplexed,
    /// The hello that MS-TURN imitates of TLS, once, before its frames (\[MS-TURN\] 2.1.1).
    PseudoTls,
    /// Google's hello of the same purpose, 72 bytes that begin like SSLv2, or its answer of 79: not
    /// MS-TURN's, and not read by this crate.
    GoogleHello,
    /// TLS: the framing is inside.
    Tls,
}

/// What the first bytes of a stream tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sniffed {
    /// It is this.
    Is(Framing),
    /// It can be told from more bytes, this many at least.
    NeedsMore {
        /// How many more bytes are needed before there is anything new to tell.
        needed: usize,
    },
    /// It cannot be told: none of the framings, or one that only its configuration tells.
    Unknown,
}

/// As many bytes are waited for, at most: two of the longest frames and what proves the third.
const MOST_BYTES: usize = 2 * 65_555 + 64;

/// As many frames are stepped over, at most.
const MOST_FRAMES: usize = 64;

/// As many ChannelData in a row, each in front of the next, are no accident.
const CHANNEL_DATA_IN_A_ROW: usize = 4;

/// Tells which framing a stream has from its first bytes, in one direction.
///
/// - A frame proves its framing by what is in it: the magic cookie behind the head that this framing
///   has, MS-TURN's MAGIC-COOKIE, a DTLS record. Frames that prove nothing are stepped over.
/// - Pseudo-TLS has TLS's head, the length of the one hello there is and its cipher; other records
///   that begin with 16 03 are TLS.
/// - ChannelData and an RFC 4571 length of 16,384 and above look alike. Several in a row decide it,
///   or a STUN message before or behind them.
/// - MS-TURN's data frames (03) carry arbitrary bytes and look like an RFC 4571 length of 768 and
///   above. Without a message in one of them it cannot be told.
///
/// ```
/// use stunwire::framing::{Framing, Sniffed, sniff};
///
/// let message = b"\x00\x11\x00\x00\x21\x12\xa4\x42abcdefghijkl";
/// let framed = [b"\x00\x14", &message[..]].concat();
/// assert_eq!(sniff(message), Sniffed::Is(Framing::StunTcp));
/// assert_eq!(sniff(&framed), Sniffed::Is(Framing::Rfc4571));
/// assert_eq!(sniff(&message[..5]), Sniffed::NeedsMore { needed: 3 });
/// assert_eq!(sniff(b"\xFFSMB\x72\0\0\0"), Sniffed::Unknown);
/// ```
#[must_use]
pub fn sniff(bytes: &[u8]) -> Sniffed {
    type Prove = fn(&[u8]) -> Proof;
    const CANDIDATES: [(Framing, Prove); 7] = [
        (Framing::StunTcp, stun_tcp),
        (Framing::Rfc4571, rfc4571),
        (Framing::MsFrame, ms_frame),
        (Framing::MsMultiplexed, ms_multiplexed),
        (Framing::PseudoTls, pseudo_tls),
        (Framing::GoogleHello, google_hello),
        (Framing::Tls, tls),
    ];
    let mut least = None;
    for (framing, prove) in CANDIDATES {
        match prove(bytes) {
            Proof::Yes => return Sniffed::Is(framing),
            Proof::No => {}
            Proof::Missing(needed) => {
                least = Some(least.map_or(needed, |least: usize| least.min(needed)));
            }
        }
    }
    match least {
        Some(needed) if bytes.len() < MOST_BYTES => Sniffed::NeedsMore { needed },
        _ => Sniffed::Unknown,
    }
}

/// Whether bytes are of a framing.
enum Proof {
    Yes,
    No,
    /// So far they may be, and this many more would tell more.
    Missing(usize),
}

use Proof::{Missing, No, Yes};

/// Compares the bytes at `at` once all of them are there.
fn at(bytes: &[u8], at: usize, expected: &[u8]) -> Proof {
    let end = at.saturating_add(expected.len());
    match bytes.get(at..end) {
        Some(found) if found == expected => Yes,
        Some(_) => No,
        None => Missing(end.saturating_sub(bytes.len())),
    }
}

impl Proof {
    /// This and the other.
    fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Yes => other(),
            no_or_missing => no_or_missing,
        }
    }

    /// This or the other; what is missing is the lesser.
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match (self, other()) {
            (Yes, _) | (_, Yes) => Yes,
            (Missing(one), Missing(other)) => Missing(one.min(other)),
            (Missing(one), No) | (No, Missing(one)) => Missing(one),
            (No, No) => No,
        }
    }
}

/// A message at `start`, in a frame that has `length` bytes for it, up to the magic cookie.
fn message(bytes: &[u8], start: usize, length: usize) -> Proof {
    match bytes.get(start) {
        Some(0x40..=0xFF) => No,
        _ if length < HEADER_LEN => No,
        _ => at(bytes, start.saturating_add(4), &MAGIC_COOKIE.to_be_bytes()),
    }
}

/// The same of MS-TURN, whose cookie is the first attribute.
fn ms_turn(bytes: &[u8], start: usize, length: usize) -> Proof {
    match bytes.get(start) {
        Some(0x40..=0xFF) => No,
        _ if length < HEADER_LEN.saturating_add(MAGIC_COOKIE_ATTRIBUTE.len()) => No,
        _ => at(
            bytes,
            start.saturating_add(HEADER_LEN),
            &MAGIC_COOKIE_ATTRIBUTE,
        ),
    }
}

fn stun_tcp(mut bytes: &[u8]) -> Proof {
    let mut in_a_row = 0_usize;
    for _ in 0..MOST_FRAMES {
        if in_a_row == CHANNEL_DATA_IN_A_ROW {
            return Yes;
        }
        match bytes {
            [0x00..=0x3F, _, _, low, ..] if low & 3 != 0 => return No,
            [0x00..=0x3F, ..] => return message(bytes, 0, usize::MAX),
            _ => {}
        }
        match StunTcp::new().measure(bytes) {
            Ok(Next::Frame { frame, consumed }) => {
                // Those above, of RFC 5766, are stepped over and prove nothing.
                if matches!(frame, Extent::ChannelData { number, .. } if number.is_bindable()) {
                    in_a_row = in_a_row.saturating_add(1);
                }
                bytes = bytes.get(consumed..).unwrap_or_default();
            }
            Ok(Next::Incomplete { needed }) => return Missing(needed),
            Err(_) => return No,
        }
    }
    No
}

fn rfc4571(mut bytes: &[u8]) -> Proof {
    for _ in 0..MOST_FRAMES {
        let Some((&prefix, packet)) = bytes.split_first_chunk::<PREFIX_LEN>() else {
            return Missing(PREFIX_LEN.saturating_sub(bytes.len()));
        };
        let length = usize::from(u16::from_be_bytes(prefix));
        let behind = packet.get(length..);
        let whole = packet.get(..length).unwrap_or(packet);
        match (
            message(bytes, PREFIX_LEN, length).or(|| dtls(whole)),
            behind,
        ) {
            (Yes, _) => return Yes,
            (Missing(needed), None) => return Missing(needed),
            // None of those that share a stream with STUN, so this is no packet.
            _ if !whole.is_empty() && Demux::new().no_channels().protocol(whole).is_none() => {
                return No;
            }
            (_, None) => return Missing(length.saturating_sub(packet.len())),
            (_, Some(behind)) => bytes = behind,
        }
    }
    No
}

/// A record of DTLS 1.0 or 1.2, up to its version.
fn dtls(packet: &[u8]) -> Proof {
    match packet.first() {
        None | Some(20..=23) => at(packet, 1, &[0xFE, 0xFD]).or(|| at(packet, 1, &[0xFE, 0xFF])),
        _ => No,
    }
}

/// A type, a zero and a length, and in one of the frames a message: of RFC 8489, or of MS-TURN.
fn ms_frame(mut bytes: &[u8]) -> Proof {
    const HEAD_LEN: usize = 4;
    for _ in 0..MOST_FRAMES {
        let Some((&head, payload)) = bytes.split_first_chunk::<HEAD_LEN>() else {
            return match bytes {
                [] | [0x02 | 0x03] | [0x02 | 0x03, 0, ..] => {
                    Missing(HEAD_LEN.saturating_sub(bytes.len()))
                }
                _ => No,
            };
        };
        let [0x02 | 0x03, 0, high, low] = head else {
            return No;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let proof = message(bytes, HEAD_LEN, length).or(|| ms_turn(bytes, HEAD_LEN, length));
        match (proof, payload.get(length..)) {
            (Yes, _) => return Yes,
            (Missing(needed), None) => return Missing(needed),
            (_, None) => return Missing(length.saturating_sub(payload.len())),
            (_, Some(behind)) => bytes = behind,
        }
    }
    No
}

/// ff10, a length that counts the 8 bytes of the session id, and behind the id a message, or the
/// next frame.
fn ms_multiplexed(bytes: &[u8]) -> Proof {
    const HEAD: [u8; 2] = [0xFF, 0x10];
    at(bytes, 0, &HEAD).and(|| {
        let Some(&[_, _, high, low]) = bytes.first_chunk() else {
            return Missing(4_usize.saturating_sub(bytes.len()));
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        match length.checked_sub(8) {
            None => No,
            Some(inner) => message(bytes, 12, inner)
                .or(|| ms_turn(bytes, 12, inner))
                .or(|| at(bytes, length.saturating_add(4), &HEAD)),
        }
    })
}

/// The hello of a client, 50 bytes, or of a server, 83, with the one cipher that they have.
fn pseudo_tls(bytes: &[u8]) -> Proof {
    let client = || at(bytes, 0, &[0x16, 3, 1, 0, 0x2D, 1]).and(|| at(bytes, 46, &[0, 0x18]));
    let server = || at(bytes, 0, &[0x16, 3, 1, 0, 0x4E, 2]).and(|| at(bytes, 76, &[0, 0x18]));
    at(bytes, 0, &[0x16, 3]).and(|| client().or(server))
}

/// What does not begin so is not waited for: the server's has TLS's head and its own length.
fn google_hello(bytes: &[u8]) -> Proof {
    let client = at(bytes, 0, &[0x80, 0x46]).and(|| at(bytes, 0, &GOOGLE_CLIENT));
    client.or(|| {
        at(bytes, 0, &[0x16, 3])
            .and(|| at(bytes, 3, &[0x00, 0x4A]))
            .and(|| at(bytes, 0, &GOOGLE_SERVER))
    })
}

/// A handshake record. By its tenth byte an RFC 4571 length of 5,635 would have shown its message.
fn tls(bytes: &[u8]) -> Proof {
    at(bytes, 0, &[0x16, 3]).and(|| {
        match (
            pseudo_tls(bytes).or(|| google_hello(bytes)),
            bytes.len().checked_sub(10),
        ) {
            (Missing(needed), _) => Missing(needed),
            (_, None) => Missing(10_usize.saturating_sub(bytes.len())),
            _ => Yes,
        }
    })
}
