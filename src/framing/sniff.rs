//! Detection of the framing of a stream from its first bytes.

use super::pseudo_tls::{GOOGLE_CLIENT_HELLO, GOOGLE_SERVER_HELLO};
use super::{Frame, MsMultiplexed, MsTcp, Next, Rfc4571, StunTcp};
use crate::attribute::ChannelRange;
use crate::demux::Demux;
use crate::dialect::MAGIC_COOKIE_ATTRIBUTE;
use crate::transaction_id::MAGIC_COOKIE;
use crate::wire::HEADER_LEN;

/// Detects the framing of a stream from its first bytes, in one direction, with the default settings of
/// [`Sniffer`].
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
    Sniffer::new().sniff(bytes)
}

/// Detects the framing of a stream from its first bytes, in one direction.
///
/// - A framing is recognized by the content of its frames: the magic cookie at the right offset after the
///   header, MAGIC-COOKIE of MS-TURN, or a DTLS record. Frames with other content are skipped.
/// - A pseudo-TLS handshake has a length and a cipher suite that no real handshake has, and Google's always has the
///   same bytes; other records that begin with 16 03, and ClientHellos in records of SSLv2, are TLS.
/// - ChannelData looks like an RFC 4571 length of 16,384 and above. It is recognized by four consecutive
///   ChannelData, by a STUN message before or after it, or at once with
///   [`expect_channels`](Self::expect_channels).
/// - Data frames of MS-TURN (type 03) may have any content and look like an RFC 4571 length of 768 and above.
///   Unless a frame contains a message, the framing remains unknown.
///
/// ```
/// use stunwire::framing::{Framing, Sniffed, Sniffer};
///
/// let stream = b"\x40\x00\x00\x05hello\0\0\0";
/// assert!(matches!(Sniffer::new().sniff(stream), Sniffed::NeedsMore { .. }));
/// let turn = Sniffer::new().expect_channels();
/// assert_eq!(turn.sniff(stream), Sniffed::Is(Framing::StunTcp));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sniffer {
    channels: bool,
}

impl Sniffer {
    /// Creates a sniffer without knowledge of the stream.
    #[must_use]
    pub const fn new() -> Self {
        Self { channels: false }
    }

    /// Expects ChannelData, because one end of the stream is a TURN server. A stream whose first byte is 0x40
    /// to 0x7F is then [`Framing::StunTcp`].
    #[must_use]
    pub const fn expect_channels(self) -> Self {
        Self { channels: true }
    }

    /// Detects the framing of a stream that begins with `bytes`. When more bytes have arrived, call it again with
    /// all bytes from the beginning.
    #[must_use]
    pub fn sniff(&self, bytes: &[u8]) -> Sniffed {
        type Prove = fn(&[u8]) -> Proof;
        const CANDIDATES: [(Framing, Prove); 7] = [
            (Framing::StunTcp, stun_tcp),
            (Framing::Rfc4571, rfc4571),
            (Framing::MsTcp, ms_tcp),
            (Framing::MsMultiplexed, ms_multiplexed),
            (Framing::PseudoTls, pseudo_tls),
            (Framing::GoogleHello, google_hello),
            (Framing::Tls, tls),
        ];
        if self.channels && matches!(bytes.first(), Some(0x40..=0x7F)) {
            return Sniffed::Is(Framing::StunTcp);
        }
        let mut least: Option<usize> = None;
        for (framing, prove) in CANDIDATES {
            match prove(bytes) {
                Proof::Yes => return Sniffed::Is(framing),
                Proof::No => {}
                Proof::Missing(needed) => {
                    least = Some(least.map_or(needed, |least| least.min(needed)));
                }
            }
        }
        match least {
            Some(needed) if bytes.len() < MAX_BYTES => Sniffed::NeedsMore { needed },
            _ => Sniffed::Unknown,
        }
    }
}

/// The way in which a stream is divided into frames.
///
/// ```
/// use stunwire::framing::{Framing, Sniffed, sniff};
///
/// // A frame of MS-TURN over TCP with the start of an Allocate request.
/// let stream = b"\x02\x00\x00\x1c\x00\x03\x00\x08 16 bytes as id \x00\x0f\x00\x04\x72\xc6\x4b\xc6";
/// assert_eq!(sniff(stream), Sniffed::Is(Framing::MsTcp));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Framing {
    /// STUN messages and ChannelData: read with [`StunTcp`].
    StunTcp,
    /// Length-prefixed packets: read with [`Rfc4571`].
    Rfc4571,
    /// Frames of MS-TURN, type 02 or 03 (\[MS-TURN\] 2.1.4): read with [`MsTcp`].
    MsTcp,
    /// Multiplexed frames of MS-TURN, ff10 (\[MS-TURN\] 2.2.3): read with [`MsMultiplexed`].
    MsMultiplexed,
    /// The pseudo-TLS handshake of MS-TURN, once, before its frames (\[MS-TURN\] 2.1.1): read with
    /// [`PseudoTls`](super::pseudo_tls::PseudoTls).
    PseudoTls,
    /// Google's pseudo-TLS handshake: a ClientHello of 72 bytes that begins like SSLv2, or a ServerHello of
    /// 79 bytes. This crate does not read it.
    GoogleHello,
    /// TLS: the framing is that of the decrypted stream.
    Tls,
}

/// The framing of a stream, as far as its first bytes determine it.
///
/// ```
/// use stunwire::framing::{Sniffed, sniff};
///
/// fn is_decided(received: &[u8]) -> bool {
///     !matches!(sniff(received), Sniffed::NeedsMore { .. })
/// }
///
/// assert!(!is_decided(b"\x00"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sniffed {
    /// The stream has this framing.
    Is(Framing),
    /// The bytes that have arrived do not determine the framing, but more bytes may.
    NeedsMore {
        /// The smallest number of further bytes that can change the result.
        needed: usize,
    },
    /// The framing is unknown, and more bytes will not change that: it is another framing, or one that cannot
    /// be recognized by its bytes.
    Unknown,
}

/// Bytes that are waited for, at most: two of the longest frames and what proves the third.
const MAX_BYTES: usize = 2 * 65_555 + 64;

/// Frames without proof that are skipped, at most.
const MAX_FRAMES: usize = 64;

/// This many consecutive ChannelData prove the framing.
const CHANNEL_DATA_IN_A_ROW: usize = 4;

/// Whether a stream has a framing.
enum Proof {
    Yes,
    No,
    /// Undecided; this many more bytes may decide.
    Missing(usize),
}

use Proof::{Missing, No, Yes};

impl Proof {
    /// Proof that requires both this and the other.
    fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Yes => other(),
            no_or_missing => no_or_missing,
        }
    }

    /// Proof that requires this or the other. If both are undecided, the smaller number of bytes is missing.
    fn or(self, other: impl FnOnce() -> Self) -> Self {
        match (self, other()) {
            (Yes, _) | (_, Yes) => Yes,
            (Missing(one), Missing(other)) => Missing(one.min(other)),
            (Missing(one), No) | (No, Missing(one)) => Missing(one),
            (No, No) => No,
        }
    }
}

/// Whether the bytes at `offset` are `expected`, once all of them have arrived.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "an offset in the first frame, of at most 65,539 bytes, and at most 79 bytes"
)]
fn equal(bytes: &[u8], offset: usize, expected: &[u8]) -> Proof {
    let end = offset + expected.len();
    match bytes.get(offset..end) {
        Some(found) if found == expected => Yes,
        Some(_) => No,
        None => missing(end, bytes),
    }
}

/// `total` bytes are needed, and fewer have arrived.
fn missing(total: usize, bytes: &[u8]) -> Proof {
    match total.checked_sub(bytes.len()) {
        Some(needed @ 1..) => Missing(needed),
        _ => {
            debug_assert!(false, "enough bytes have arrived");
            No
        }
    }
}

/// Whether a message of RFC 8489 begins at `start`, in a frame with `length` bytes for it.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "a message starts at most 12 bytes after the start of its frame"
)]
fn message(bytes: &[u8], start: usize, length: usize) -> Proof {
    match bytes.get(start) {
        Some(0x40..=0xFF) => No,
        _ if length < HEADER_LEN => No,
        _ => equal(bytes, start + 4, &MAGIC_COOKIE.to_be_bytes()),
    }
}

/// Whether a message of MS-TURN, whose first attribute is MAGIC-COOKIE, begins at `start`.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "a message starts at most 12 bytes after the start of its frame"
)]
fn ms_turn(bytes: &[u8], start: usize, length: usize) -> Proof {
    match bytes.get(start) {
        Some(0x40..=0xFF) => No,
        _ if length < HEADER_LEN + MAGIC_COOKIE_ATTRIBUTE.len() => No,
        _ => equal(bytes, start + HEADER_LEN, &MAGIC_COOKIE_ATTRIBUTE),
    }
}

/// A message, or several ChannelData in a row.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "counts at most as many frames as are skipped"
)]
fn stun_tcp(mut bytes: &[u8]) -> Proof {
    let mut in_a_row = 0_usize;
    for _ in 0..MAX_FRAMES {
        if in_a_row == CHANNEL_DATA_IN_A_ROW {
            return Yes;
        }
        match bytes {
            [0x00..=0x3F, _, _, low, ..] if low & 3 != 0 => return No,
            [0x00..=0x3F, ..] => return message(bytes, 0, usize::MAX),
            _ => {}
        }
        match StunTcp::new().next(bytes) {
            Ok(Next::Frame { frame, consumed }) => {
                // Numbers that RFC 8656 reserves are skipped and prove nothing.
                let counts = matches!(frame, Frame::ChannelData { number, .. }
                    if ChannelRange::RFC8656.contains(number));
                in_a_row += usize::from(counts);
                match bytes.get(consumed..) {
                    Some(rest) => bytes = rest,
                    None => {
                        debug_assert!(false, "the frame is in these bytes");
                        return No;
                    }
                }
            }
            Ok(Next::Incomplete { needed }) => return Missing(needed),
            Err(_) => return No,
        }
    }
    No
}

/// A STUN message or a DTLS record in a packet, after packets that may share a stream with STUN.
fn rfc4571(mut bytes: &[u8]) -> Proof {
    for _ in 0..MAX_FRAMES {
        let Some((&header, after)) = bytes.split_first_chunk::<{ Rfc4571::HEADER_LEN }>() else {
            return missing(Rfc4571::HEADER_LEN, bytes);
        };
        let length = usize::from(u16::from_be_bytes(header));
        let (packet, rest) = match after.split_at_checked(length) {
            Some((packet, rest)) => (packet, Some(rest)),
            None => (after, None),
        };
        let proof = message(bytes, Rfc4571::HEADER_LEN, length).or(|| dtls(packet));
        match (proof, rest) {
            (Yes, _) => return Yes,
            (Missing(needed), None) => return Missing(needed),
            // No packet of those that share a stream with STUN begins like this.
            _ if !packet.is_empty() && Demux::new().no_channels().protocol(packet).is_none() => {
                return No;
            }
            (_, None) => return missing(length, after),
            (_, Some(rest)) => bytes = rest,
        }
    }
    No
}

/// A record of DTLS 1.0 or 1.2, up to its version.
fn dtls(packet: &[u8]) -> Proof {
    match packet.first() {
        None | Some(20..=23) => {
            equal(packet, 1, &[0xFE, 0xFD]).or(|| equal(packet, 1, &[0xFE, 0xFF]))
        }
        _ => No,
    }
}

/// A message of RFC 8489 or of MS-TURN in a frame of MS-TURN.
fn ms_tcp(mut bytes: &[u8]) -> Proof {
    for _ in 0..MAX_FRAMES {
        let Some((&header, after)) = bytes.split_first_chunk::<{ MsTcp::HEADER_LEN }>() else {
            return match bytes {
                [] | [0x02 | 0x03] | [0x02 | 0x03, 0, ..] => missing(MsTcp::HEADER_LEN, bytes),
                _ => No,
            };
        };
        let [0x02 | 0x03, 0, high, low] = header else {
            return No;
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        let start = MsTcp::HEADER_LEN;
        let proof = message(bytes, start, length).or(|| ms_turn(bytes, start, length));
        match (proof, after.get(length..)) {
            (Yes, _) => return Yes,
            (Missing(needed), None) => return Missing(needed),
            (_, None) => return missing(length, after),
            (_, Some(rest)) => bytes = rest,
        }
    }
    No
}

/// A multiplexed frame that holds a message, or that another one follows.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "a header and at most 65,535 bytes"
)]
fn ms_multiplexed(bytes: &[u8]) -> Proof {
    let channel = MsMultiplexed::CHANNEL_ID.to_be_bytes();
    let start = MsMultiplexed::HEADER_LEN;
    equal(bytes, 0, &channel).and(|| {
        let Some(&[_, _, high, low]) = bytes.first_chunk() else {
            return missing(4, bytes);
        };
        let length = usize::from(u16::from_be_bytes([high, low]));
        match length.checked_sub(8) {
            None => No,
            Some(packet) => message(bytes, start, packet)
                .or(|| ms_turn(bytes, start, packet))
                .or(|| equal(bytes, 4 + length, &channel)),
        }
    })
}

/// The ClientHello of 50 bytes or the ServerHello of 83, with the only cipher suite that they have.
fn pseudo_tls(bytes: &[u8]) -> Proof {
    let client = || equal(bytes, 0, &[0x16, 3, 1, 0, 0x2D, 1]).and(|| equal(bytes, 46, &[0, 0x18]));
    let server = || equal(bytes, 0, &[0x16, 3, 1, 0, 0x4E, 2]).and(|| equal(bytes, 76, &[0, 0x18]));
    equal(bytes, 0, &[0x16, 3]).and(|| client().or(server))
}

/// All bytes are fixed. SSLv2 hellos begin like the client's, and TLS without extensions has ServerHellos
/// of the same length, so the first bytes only decide whether the rest is waited for.
fn google_hello(bytes: &[u8]) -> Proof {
    let client = equal(bytes, 0, &[0x80, 0x46]).and(|| equal(bytes, 0, &GOOGLE_CLIENT_HELLO));
    client.or(|| {
        equal(bytes, 0, &[0x16, 3])
            .and(|| equal(bytes, 3, &[0x00, 0x4A]))
            // A time in 2005, which a real server would not send.
            .and(|| equal(bytes, 11, &[0x42, 0x85, 0x45, 0xA7]))
            .and(|| equal(bytes, 0, &GOOGLE_SERVER_HELLO))
    })
}

/// A handshake record of TLS, or a ClientHello of TLS in a record of SSLv2 (RFC 5246, appendix E.2). With 10
/// bytes an RFC 4571 length of 5,635, or of 32,768 and above, would have shown its message.
fn tls(bytes: &[u8]) -> Proof {
    let record = equal(bytes, 0, &[0x16, 3]).or(|| match bytes.first() {
        None | Some(0x80..=0xFF) => equal(bytes, 2, &[1, 3]),
        _ => No,
    });
    record.and(|| match pseudo_tls(bytes).or(|| google_hello(bytes)) {
        Missing(needed) => Missing(needed),
        _ if bytes.len() < 10 => missing(10, bytes),
        _ => Yes,
    })
}
