//! Finding the next frame in a stream whose frame boundaries are unknown.

use super::{Framing, MsMultiplexed, MsTcp, Rfc4571};
use crate::dialect::{Dialect, MAGIC_COOKIE_ATTRIBUTE};
use crate::transaction_id::MAGIC_COOKIE;
use crate::wire::HEADER_LEN;

/// Finds the next frame with a STUN message in a stream whose frame boundaries are unknown: in a capture
/// that begins in the middle of a connection or has a gap.
///
/// A message is recognized by its magic cookie, or by MAGIC-COOKIE of MS-TURN, and must be valid as a whole.
/// Its framing follows from the bytes before it. Frames without a message are not found.
///
/// Messages of more than 100 attributes are not found either, so that the cost is linear in the number of bytes:
/// every magic cookie may be the start of a message, and the attributes of each are read.
///
/// Other bytes may contain a magic cookie by chance. If the message that would begin there is not complete, the frames
/// after it are not found until as many bytes have arrived as its length says. At the end of a capture, search again from
/// the byte after [`skip`](Resync::NotFound::skip).
///
/// This is for tools that read captures. An endpoint whose peer sends an invalid frame closes the connection.
///
/// ```
/// use stunwire::framing::{Framing, Resync, resync};
///
/// // A Binding request with SOFTWARE, after its length of 48 bytes.
/// let stream = b"lost\x00\x30\x00\x01\x00\x1c\x21\x12\xa4\x42abcdefghijkl\x80\x22\x00\x18a program of a test, 1.0.";
/// assert_eq!(resync(stream), Resync::Found { offset: 4, framing: Framing::Rfc4571 });
/// // Not before the rest of the message has arrived.
/// assert_eq!(resync(&stream[..40]), Resync::NotFound { skip: 4 });
/// ```
#[must_use]
pub fn resync(bytes: &[u8]) -> Resync {
    for (cookie, message) in cookies(bytes) {
        let Some((before, candidate @ [0x00..=0x3F, _, high, low, ..])) =
            bytes.split_at_checked(message)
        else {
            continue;
        };
        let len = message_len(u16::from_be_bytes([*high, *low]));
        let (offset, framing) = frame_start(before, len);
        match candidate.get(..len) {
            None => {
                let later = first_later_frame(bytes, cookie).unwrap_or(offset);
                return Resync::NotFound {
                    skip: offset.min(later),
                };
            }
            Some(whole) if is_valid(whole) => return Resync::Found { offset, framing },
            Some(_) => {}
        }
    }
    Resync::NotFound {
        skip: bytes.len().saturating_sub(MAX_BEFORE_COOKIE),
    }
}

/// The result of [`resync`].
///
/// ```
/// use stunwire::framing::{Resync, resync};
///
/// /// The number of bytes to skip before frames can be read again.
/// fn lost(bytes: &[u8]) -> usize {
///     match resync(bytes) {
///         Resync::Found { offset, .. } => offset,
///         Resync::NotFound { skip } => skip,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resync {
    /// A frame with a valid message was found.
    Found {
        /// Offset of the frame in bytes: skip the bytes before it.
        offset: usize,
        /// The framing of the stream.
        framing: Framing,
    },
    /// No frame with a complete message was found.
    NotFound {
        /// The number of bytes to skip: no frame that is found when more bytes arrive begins in them.
        skip: usize,
    },
}

/// Bytes of a frame with a message that can have arrived without its cookie being complete: the longest
/// header of a frame, the header of an MS-TURN message and all but one byte of MAGIC-COOKIE.
const MAX_BEFORE_COOKIE: usize =
    MsMultiplexed::HEADER_LEN + HEADER_LEN + MAGIC_COOKIE_ATTRIBUTE.len() - 1;

const MAGIC_COOKIE_BYTES: [u8; 4] = MAGIC_COOKIE.to_be_bytes();

/// Offset of the magic cookie in a message.
const MAGIC_COOKIE_OFFSET: usize = 4;

/// The offsets of the cookies, and those at which their messages begin.
fn cookies(bytes: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    bytes
        .windows(MAGIC_COOKIE_BYTES.len())
        .enumerate()
        .filter_map(move |(cookie, window)| {
            let message = if window == MAGIC_COOKIE_BYTES {
                cookie.checked_sub(MAGIC_COOKIE_OFFSET)
            } else if bytes.get(cookie..)?.starts_with(&MAGIC_COOKIE_ATTRIBUTE) {
                cookie.checked_sub(HEADER_LEN)
            } else {
                None
            };
            Some((cookie, message?))
        })
}

/// The number of offsets at which a message with a later cookie can begin, from 20 bytes before the cookie on, so that its
/// frame begins before the message with this cookie.
const MAX_LATER_STARTS: usize = HEADER_LEN + MsMultiplexed::HEADER_LEN;

/// The first offset at which a frame can begin whose cookie is after `cookie`. It may be before the message with that one:
/// MAGIC-COOKIE is further from the start of its message than the magic cookie, and the headers of frames have
/// different lengths.
#[allow(
    clippy::arithmetic_side_effects,
    reason = "offsets in `bytes` and small constants"
)]
fn first_later_frame(bytes: &[u8], cookie: usize) -> Option<usize> {
    let can_be = |at: usize, expected: &[u8]| {
        let arrived = bytes.get(at..).unwrap_or(&[]);
        at > cookie && arrived.iter().zip(expected).all(|(a, b)| a == b)
    };
    (cookie.saturating_sub(HEADER_LEN)..)
        .take(MAX_LATER_STARTS)
        .filter(|start| {
            can_be(start + MAGIC_COOKIE_OFFSET, &MAGIC_COOKIE_BYTES)
                || can_be(start + HEADER_LEN, &MAGIC_COOKIE_ATTRIBUTE)
        })
        .filter_map(|start| match bytes.split_at_checked(start)? {
            (before, [_, _, high, low, ..]) => {
                let len = message_len(u16::from_be_bytes([*high, *low]));
                Some(frame_start(before, len).0)
            }
            // Its frame begins after that of a message whose MAGIC-COOKIE would be the next 8 bytes to arrive.
            _ => None,
        })
        .min()
}

#[allow(clippy::arithmetic_side_effects, reason = "20 + 65,535 at most")]
fn message_len(length: u16) -> usize {
    HEADER_LEN + usize::from(length)
}

/// The number of attributes that are read after each cookie. An attacker can send a cookie in every 8 bytes, each with
/// a message of 16,383 attributes after it.
const MAX_ATTRIBUTES: usize = 100;

/// Whether the message is valid in a dialect that [`Dialect::detect`] returns. The rules of MS-ICE2 differ from those
/// of RFC 8489 only inside the values.
fn is_valid(message: &[u8]) -> bool {
    [
        Dialect::RFC8489,
        Dialect::RFC8489.unpadded(),
        Dialect::MS_TURN,
        Dialect::MS_TURN.padded(),
    ]
    .into_iter()
    .any(|dialect| is_valid_in(dialect, message))
}

fn is_valid_in(dialect: Dialect, message: &[u8]) -> bool {
    let Ok((_, mut attributes)) = dialect.walk(message) else {
        return false;
    };
    let are_valid = attributes
        .by_ref()
        .take(MAX_ATTRIBUTES)
        .all(|attribute| attribute.is_ok());
    are_valid && attributes.rest().is_empty()
}

/// The offset and the framing of the frame that holds a message of `len` bytes after the bytes `before`.
fn frame_start(before: &[u8], len: usize) -> (usize, Framing) {
    let header = |header_len: usize| {
        let offset = before.len().checked_sub(header_len)?;
        Some((offset, before.get(offset..)?))
    };
    let is_len = |high: u8, low: u8| usize::from(u16::from_be_bytes([high, low])) == len;
    let in_session = |high: u8, low: u8| {
        usize::from(u16::from_be_bytes([high, low])).checked_sub(8) == Some(len)
    };
    match (
        header(MsMultiplexed::HEADER_LEN),
        header(MsTcp::HEADER_LEN),
        header(Rfc4571::HEADER_LEN),
    ) {
        (Some((offset, [0xFF, 0x10, high, low, ..])), ..) if in_session(*high, *low) => {
            (offset, Framing::MsMultiplexed)
        }
        (_, Some((offset, [0x02 | 0x03, 0, high, low])), _) if is_len(*high, *low) => {
            (offset, Framing::MsTcp)
        }
        (_, _, Some((offset, [high, low]))) if is_len(*high, *low) => (offset, Framing::Rfc4571),
        _ => (before.len(), Framing::StunTcp),
    }
}
