//! The trailer of a message: its integrity attributes and FINGERPRINT, found while parsing.

use crate::code_point::AttributeType;
use crate::dialect::{Dialect, FingerprintRule, MAGIC_COOKIE_ATTRIBUTE};
use crate::error::ParseError;
use crate::num::saturating_u32;
use crate::wire::{self, Cursor, HEADER_LEN, RawHeader, TLV_HEADER_LEN, Tlv};

/// The offsets of the trailer attributes that are valid, and of the first attribute that must be ignored
/// (RFC 8489 §14.5 to §14.7): 4 times 16 bits in one word, so that a message stays in registers.
///
/// Of each type only the first counts, and only if nothing precedes it that must follow it.
#[derive(Clone, Copy)]
pub(crate) struct Trailer(u64);

/// An offset in [`Trailer`]; the value is the shift of its 16 bits.
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    Integrity = 0,
    Sha256 = 16,
    Fingerprint = 32,
    /// The first attribute that an agent must ignore.
    Ignored = 48,
}

/// The number that is subtracted from an attribute's offset in the message: the result fits into 16 bits and is never
/// zero.
const BIAS: usize = HEADER_LEN - TLV_HEADER_LEN;

/// Whether this may be a trailer attribute of any dialect. The first test, of the bits that the three
/// codes have in common, is false for most attributes.
#[inline(always)]
pub(super) fn is_trailer_code(tlv: Tlv<'_>) -> bool {
    const ONES: u32 = 0x0008 & 0x001C & 0x8028;
    const EITHER: u32 = (0x0008 | 0x001C | 0x8028) & !ONES;
    tlv.type_and_length() & (!EITHER << 16) == ONES << 16
        && matches!(
            AttributeType::new(tlv.ty()),
            AttributeType::MESSAGE_INTEGRITY
                | AttributeType::MESSAGE_INTEGRITY_SHA256
                | AttributeType::FINGERPRINT
        )
}

impl Trailer {
    const EMPTY: Self = Self(0);

    /// The offset of the attribute from the start of the message, in bytes.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "16 bits are kept")]
    #[allow(clippy::arithmetic_side_effects, reason = "at most 65,535 + 16")]
    pub(crate) const fn offset(self, entry: Entry) -> Option<usize> {
        match (self.0 >> entry as u32) as u16 {
            0 => None,
            biased => Some(biased as usize + BIAS),
        }
    }

    /// Adds an attribute that has no offset yet.
    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "an attribute begins at offset 20 or later, and at 65,551 or earlier"
    )]
    const fn with(self, entry: Entry, tlv: Tlv<'_>) -> Self {
        Self(self.0 | ((tlv.offset() - BIAS) as u64) << entry as u32)
    }

    /// Replaces the first attribute to ignore.
    #[inline(always)]
    pub(super) const fn with_ignored(self, tlv: Tlv<'_>) -> Self {
        Self(self.0 & !(0xFFFF << Entry::Ignored as u32)).with(Entry::Ignored, tlv)
    }

    /// Stores a trailer attribute, or the first attribute after one. MESSAGE-INTEGRITY-SHA256 may follow
    /// MESSAGE-INTEGRITY, FINGERPRINT may follow both, and nothing else may follow any of them.
    fn note(self, tlv: Tlv<'_>, dialect: Dialect, is_last: bool) -> Self {
        let ty = AttributeType::new(tlv.ty());
        let has = |entry| self.offset(entry).is_some();
        let (integrity, sha256, fingerprint) = (
            has(Entry::Integrity),
            has(Entry::Sha256),
            has(Entry::Fingerprint),
        );
        let is_trailer = dialect.is_trailer(ty)
            && match dialect.rules().fingerprint {
                FingerprintRule::Unsigned if ty == AttributeType::FINGERPRINT => {
                    is_last && !integrity
                }
                _ => true,
            };
        if self.0 == 0 && !is_trailer {
            return self;
        }
        let entry = match ty {
            _ if !is_trailer => Entry::Ignored,
            AttributeType::MESSAGE_INTEGRITY if !(integrity || sha256 || fingerprint) => {
                Entry::Integrity
            }
            AttributeType::MESSAGE_INTEGRITY_SHA256 if !(sha256 || fingerprint) => Entry::Sha256,
            AttributeType::FINGERPRINT if !fingerprint => Entry::Fingerprint,
            _ => Entry::Ignored,
        };
        match entry {
            Entry::Ignored if has(Entry::Ignored) => self,
            entry => self.with(entry, tlv),
        }
    }

    /// The offset of the first trailer attribute after the first attribute to ignore.
    /// MESSAGE-INTEGRITY, which comes first, cannot be one.
    #[inline(always)]
    pub(super) fn after_ignored(self) -> Option<usize> {
        let ignored = self.offset(Entry::Ignored)?;
        [Entry::Sha256, Entry::Fingerprint]
            .into_iter()
            .filter_map(|entry| self.offset(entry))
            .filter(|offset| *offset > ignored)
            .min()
    }
}

/// Fast path: every attribute is valid and none is ignored. `None` means that the slow path must
/// decide. `message` ends where the header says, and so do `attributes`, its bytes after the header.
#[inline(always)]
pub(super) fn fast_path(
    header: RawHeader<'_>,
    message: &[u8],
    attributes: &[u8],
    dialect: Dialect,
) -> Option<Trailer> {
    let rules = dialect.rules();
    if !dialect.accepts(header)
        || starts_with_magic_cookie(attributes) != rules.magic_cookie_attribute
    {
        return None;
    }
    let mut cursor = Cursor::new(message, HEADER_LEN);
    while let Ok(tlv) = wire::tlv(cursor) {
        if is_trailer_code(tlv) {
            break;
        }
        cursor = tlv.next(dialect.is_padded());
    }
    let mut trailer = Trailer::EMPTY;
    let fingerprint = match rules.fingerprint {
        FingerprintRule::Optional | FingerprintRule::Required => true,
        FingerprintRule::Never | FingerprintRule::Unsigned => false,
    };
    for (entry, ty, exists) in [
        (Entry::Integrity, AttributeType::MESSAGE_INTEGRITY, true),
        (
            Entry::Sha256,
            AttributeType::MESSAGE_INTEGRITY_SHA256,
            rules.sha256_attribute,
        ),
        (Entry::Fingerprint, AttributeType::FINGERPRINT, fingerprint),
    ] {
        match wire::tlv(cursor) {
            Ok(tlv) if exists && tlv.ty() == ty.as_u16() => {
                trailer = trailer.with(entry, tlv);
                cursor = tlv.next(dialect.is_padded());
            }
            _ => {}
        }
    }
    cursor.is_at_end().then_some(trailer)
}

/// Slow path: handles every message, finds the attributes that must be ignored, and reports errors. Not inlined,
/// so that a caller of `Message::parse` contains one call.
#[cold]
#[inline(never)]
pub(super) fn slow_path(
    bytes: &[u8],
    dialect: Dialect,
    allow_trailing: bool,
) -> Result<Trailer, ParseError> {
    let (_, mut attributes) = dialect.walk(bytes)?;
    let mut trailer = Trailer::EMPTY;
    while let Some(tlv) = attributes.next_tlv() {
        trailer = trailer.note(tlv?, dialect, attributes.is_at_end());
    }
    let end = attributes.offset();
    if !allow_trailing && end != bytes.len() {
        return Err(ParseError::Trailing {
            offset: saturating_u32(end),
            available: saturating_u32(bytes.len()),
        });
    }
    Ok(trailer)
}

/// Whether MAGIC-COOKIE is the first attribute. A third of the MS-TURN messages of a real call parse
/// cleanly as RFC 8489, with REALM and NONCE swapped, so neither dialect accepts messages of the other.
#[inline(always)]
pub(super) fn starts_with_magic_cookie(attributes: &[u8]) -> bool {
    attributes.first_chunk() == Some(&MAGIC_COOKIE_ATTRIBUTE)
}
