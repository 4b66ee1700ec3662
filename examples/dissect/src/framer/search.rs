//! Searches a stream for frames where the framing is not known.
//!
//! Every magic cookie suggests hypotheses: the message without framing, after an RFC 4571 length,
//! inside ChannelData, a multiplexed frame or a frame of MS-TURN. Each is scored by the frames that
//! follow under it, because any two bytes are a valid RFC 4571 length.

use memchr::memmem;
use stunwire::MAGIC_COOKIE;

use super::step::{Known, MS_TURN_MAGIC, Proof, Step, ms_turn_at, number_at, step};
use crate::classify::claims_stun;
use crate::unit::Framing;

/// Number of frames that are followed under one hypothesis.
const MAX_FRAMES: usize = 8;

/// Number of suggestions that are examined in one search.
const MAX_SUGGESTIONS: usize = 32;

/// Length in bytes of a STUN header.
const HEADER_LEN: usize = 20;

/// The greatest number of bytes from the start of a frame to the end of what suggests it: a
/// multiplexed frame before a message of MS-TURN.
const LONGEST_SUGGESTION: usize = 12 + HEADER_LEN + MS_TURN_MAGIC.len();

/// The framing of a stream from some offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hypothesis {
    /// Offset of the first frame in the searched bytes.
    pub start: usize,
    pub framing: Framing,
    pub score: Score,
}

/// How well the frames from some offset fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    pub points: i32,
    /// Number of whole frames.
    pub frames: usize,
    /// Number of whole and valid messages among them.
    pub strong: usize,
}

impl Score {
    /// Whether it is sufficient: a valid message, or several frames that fit.
    pub fn is_convincing(self) -> bool {
        self.strong > 0 || self.points >= 10
    }
}

/// Follows the frames from the start of `bytes`.
pub fn score(framing: Framing, bytes: &[u8], known: &Known) -> Score {
    let mut score = Score::default();
    let mut rest = bytes;
    for _ in 0..MAX_FRAMES {
        if rest.is_empty() {
            // A segment usually ends with a frame.
            score.points += 2;
            break;
        }
        match step(framing, rest, known) {
            Step::Frame(frame) => match rest.get(frame.len()..) {
                Some(following) => {
                    score.points += frame.proof.score();
                    score.frames += 1;
                    score.strong += usize::from(frame.proof == Proof::Strong);
                    rest = following;
                }
                None if frame.proof >= Proof::Good => {
                    score.points += 1;
                    break;
                }
                None => break,
            },
            Step::Short => break,
            Step::No => {
                score.points -= 6;
                break;
            }
        }
    }
    score
}

/// The best hypothesis for the first message that a hypothesis explains. Otherwise the number of bytes
/// that are certainly not part of a frame.
pub fn search(bytes: &[u8], previous: Option<Framing>, known: &Known) -> Result<Hypothesis, usize> {
    let mut keep = None;
    for message in suggestions(bytes).take(MAX_SUGGESTIONS) {
        let Some([0x00..=0x3F, _, l0, l1]) = bytes.get(message..message + 4) else {
            continue;
        };
        let length = HEADER_LEN + number_at(*l0, *l1);
        let best = hypotheses(bytes, message, length)
            .map(|(start, framing, bonus)| {
                let following = bytes.get(start..).unwrap_or_default();
                let mut score = score(framing, following, known);
                score.points += bonus + if previous == Some(framing) { 3 } else { 0 };
                Hypothesis {
                    start,
                    framing,
                    score,
                }
            })
            .max_by_key(|hypothesis| hypothesis.score.points);
        let Some(best) = best else { continue };
        let is_whole = bytes.len() >= message + length;
        if best.score.is_convincing() && (keep.is_none() || best.score.strong > 1) {
            return Ok(best);
        }
        if !is_whole && keep.is_none() {
            // The rest of the message may follow.
            keep = Some(best.start);
        }
    }
    Err(keep.unwrap_or(bytes.len().saturating_sub(LONGEST_SUGGESTION - 1)))
}

/// The offsets at which a magic cookie suggests a message.
fn suggestions(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let cookie = MAGIC_COOKIE.to_be_bytes();
    let rfc: Vec<usize> = memmem::find_iter(bytes, &cookie)
        .filter_map(|at| at.checked_sub(4))
        .take(MAX_SUGGESTIONS)
        .collect();
    let ms_turn = memmem::find_iter(bytes, &MS_TURN_MAGIC)
        .filter_map(|at| at.checked_sub(HEADER_LEN))
        .take(MAX_SUGGESTIONS);
    let mut all = rfc;
    all.extend(ms_turn);
    all.sort_unstable();
    all.dedup();
    all.into_iter()
}

/// The ways in which a message of `length` bytes at `message` can be framed: offset of the frame,
/// framing, and points for the bytes of the frame's header that agree with it.
fn hypotheses(
    bytes: &[u8],
    message: usize,
    length: usize,
) -> impl Iterator<Item = (usize, Framing, i32)> {
    let before = bytes.get(..message).unwrap_or_default();
    let declared = u16::try_from(length).ok().map(u16::to_be_bytes);
    let is_ms_turn = ms_turn_at(bytes, message);
    let rfc = claims_stun(bytes.get(message..).unwrap_or_default());
    let bare = Some((message, Framing::None, 0));
    let mut found = vec![bare];
    if let Some(declared) = declared {
        if let [.., kind @ (0x02 | 0x03), 0, l0, l1] = *before
            && [l0, l1] == declared
        {
            let framing = if kind == 0x02 {
                Framing::MsControl
            } else {
                Framing::MsData
            };
            found.push(Some((message - 4, framing, if is_ms_turn { 6 } else { 4 })));
        }
        if rfc
            && let [.., 0x40..=0x7F, _, l0, l1] = *before
            && [l0, l1] == declared
        {
            found.push(Some((message - 4, Framing::None, 4)));
        }
        if rfc && before.ends_with(&declared) {
            found.push(Some((message - 2, Framing::Rfc4571, 2)));
        }
    }
    if let [.., 0xFF, 0x10, l0, l1, _, _, _, _, _, _, _, _] = *before
        && number_at(l0, l1) == length + 8
    {
        found.push(Some((message - 12, Framing::None, 4)));
    }
    found.into_iter().flatten()
}
