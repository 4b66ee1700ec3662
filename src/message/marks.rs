//! What parsing finds out of the attributes: that they stand, and where those are that say what may be
//! believed.

use super::length32;
use crate::attribute::AttributeType;
use crate::dialect::Dialect;
use crate::error::ParseError;
use crate::registry;
use crate::wire::{self, Cursor, TLV_HEAD_LEN, Tlv};

/// Where the attributes stand that say what may be believed, in bytes from the end of the header.
///
/// Of MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT only those that count: the first of
/// each, and none behind one that must follow it. In one word, so that a message stays in registers.
#[derive(Clone, Copy)]
pub(crate) struct Marks(u64);

/// What has a place in [`Marks`]; the value is how far its 16 bits are shifted.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Integrity = 0,
    Sha256 = 16,
    Fingerprint = 32,
    /// The first attribute that an agent must not look at.
    Hidden = 48,
}

/// Whether this is one of the three. First one test for what most attributes are not: the bits that all
/// three have in common.
#[inline(always)]
fn is_mark(tlv: Tlv<'_>) -> bool {
    const ONES: u32 = 0x0008 & 0x001C & 0x8028;
    const EITHER: u32 = (0x0008 | 0x001C | 0x8028) & !ONES;
    tlv.head() & (!EITHER << 16) == ONES << 16
        && matches!(
            AttributeType::new(tlv.ty()),
            AttributeType::MESSAGE_INTEGRITY
                | AttributeType::MESSAGE_INTEGRITY_SHA256
                | AttributeType::FINGERPRINT
        )
}

impl Marks {
    const NONE: Self = Self(0);

    /// Where the attribute stands, if there is one. Kept is the place of its value, which is never 0.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn place(self, mark: Mark) -> Option<u16> {
        ((self.0 >> mark as u32) as u16).checked_sub(TLV_HEAD_LEN as u16)
    }

    /// The same with the place of an attribute that had none.
    #[inline(always)]
    const fn with(self, mark: Mark, tlv: Tlv<'_>) -> Self {
        Self(self.0 | (tlv.value_place() as u64) << mark as u32)
    }

    /// The same with another place for the first hidden attribute.
    #[inline(always)]
    pub(super) const fn hiding(self, tlv: Tlv<'_>) -> Self {
        Self(self.0 & !(0xFFFF << Mark::Hidden as u32)).with(Mark::Hidden, tlv)
    }

    /// Takes note of the first of the three, or of an attribute behind it. MESSAGE-INTEGRITY-SHA256
    /// may follow MESSAGE-INTEGRITY, FINGERPRINT both, and nothing else anything
    /// (RFC 8489 §14.5 to §14.7).
    fn note(self, tlv: Tlv<'_>) -> Self {
        if self.0 == 0 && !is_mark(tlv) {
            return self;
        }
        let [integrity, sha256, fingerprint] = [Mark::Integrity, Mark::Sha256, Mark::Fingerprint]
            .map(|mark| self.place(mark).is_some());
        let mark = match AttributeType::new(tlv.ty()) {
            AttributeType::MESSAGE_INTEGRITY if !(integrity || sha256 || fingerprint) => {
                Mark::Integrity
            }
            AttributeType::MESSAGE_INTEGRITY_SHA256 if !(sha256 || fingerprint) => Mark::Sha256,
            AttributeType::FINGERPRINT if !fingerprint => Mark::Fingerprint,
            _ if self.place(Mark::Hidden).is_none() => Mark::Hidden,
            _ => return self,
        };
        self.with(mark, tlv)
    }

    /// The first of the three behind the first hidden attribute, if one is hidden. MESSAGE-INTEGRITY, which
    /// comes first, cannot stand there.
    #[inline(always)]
    pub(super) fn behind_hidden(self) -> Option<u16> {
        let hidden = self.place(Mark::Hidden)?;
        [Mark::Sha256, Mark::Fingerprint]
            .into_iter()
            .filter_map(|mark| self.place(mark))
            .filter(|place| *place > hidden)
            .min()
    }
}

/// Reads the attributes as they mostly are: all of them stand, and nothing is hidden. `None` says nothing
/// but that they have to be read with more care.
#[inline(always)]
pub(super) fn paved(head: wire::Head<'_>, body: &[u8], dialect: Dialect) -> Option<Marks> {
    debug_assert!(
        body.len() <= usize::from(u16::MAX),
        "more than a header can announce"
    );
    if !dialect.begins(head) || has_magic(body) != dialect.rules().magic {
        return None;
    }
    let mut cursor = Cursor::new(body);
    while let Ok(tlv) = wire::tlv(cursor) {
        if is_mark(tlv) {
            break;
        }
        cursor = tlv.behind(dialect.is_padded());
    }
    let mut marks = Marks::NONE;
    for (mark, ty) in [
        (Mark::Integrity, AttributeType::MESSAGE_INTEGRITY),
        (Mark::Sha256, AttributeType::MESSAGE_INTEGRITY_SHA256),
        (Mark::Fingerprint, AttributeType::FINGERPRINT),
    ] {
        match wire::tlv(cursor) {
            Ok(tlv) if tlv.ty() == ty.code() => {
                marks = marks.with(mark, tlv);
                cursor = tlv.behind(dialect.is_padded());
            }
            _ => {}
        }
    }
    cursor.is_at_end().then_some(marks)
}

/// Reads any message: what is hidden is noted, and what is wrong has a reason. Out of the way, so that a
/// caller of `Message::parse` has but one call in it.
#[cold]
#[inline(never)]
pub(super) fn careful(bytes: &[u8], dialect: Dialect, to_end: bool) -> Result<Marks, ParseError> {
    let (_, mut walk) = dialect.walk(bytes)?;
    let mut marks = Marks::NONE;
    while let Some(tlv) = walk.next_tlv() {
        marks = marks.note(tlv?);
    }
    let rest = walk.rest();
    if to_end && !rest.is_empty() {
        return Err(ParseError::Trailing {
            // A message is 65,555 bytes long at most.
            offset: u32::try_from(bytes.len().saturating_sub(rest.len())).unwrap_or(u32::MAX),
            available: length32(bytes),
        });
    }
    Ok(marks)
}

/// Whether MS-TURN's MAGIC-COOKIE comes first. A third of the MS-TURN messages of a real call parse cleanly
/// under RFC 8489 and would then lie, so neither reading is given the other's message.
#[inline(always)]
pub(super) fn has_magic(body: &[u8]) -> bool {
    body.first_chunk() == Some(&registry::MS_TURN_MAGIC)
}
