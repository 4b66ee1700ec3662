//! The bytes that an integrity tag covers.

use crate::dialect::{Dialect, HmacInput};
use crate::wire::{HEADER_LEN, TLV_HEADER_LEN};

/// Length of a block of SHA-1 and SHA-256 in bytes.
const BLOCK: usize = 64;

const ZEROS: [u8; BLOCK] = [0; BLOCK];

/// The bytes that an HMAC covers: the header with the length that the dialect prescribes, the attributes
/// before the tag and, in some dialects, zeros up to a multiple of 64 bytes.
#[derive(Clone, Copy)]
pub(crate) struct Coverage<'a> {
    /// The header up to byte 16.
    start: [u8; 16],
    /// The rest, in order. Some are empty.
    rest: [&'a [u8]; 4],
}

impl<'a> Coverage<'a> {
    /// `text` is the message before the tag without its first 4 bytes, for which `type_bits` and `length`
    /// are taken. It is in up to three segments, the first of which has the transaction id. `None` if it
    /// has not.
    #[inline(always)]
    pub(crate) fn new(
        text: [&'a [u8]; 3],
        type_bits: u16,
        length: u16,
        dialect: Dialect,
    ) -> Option<Self> {
        let [first, second, third] = text;
        let zeros = match dialect.rules().hmac_input {
            HmacInput::AdjustedLength => &[],
            HmacInput::ZeroPadded => {
                // The bits of the sum that count are right even if it wraps.
                let len = 4_usize
                    .wrapping_add(first.len())
                    .wrapping_add(second.len())
                    .wrapping_add(third.len());
                ZEROS.get(..len.wrapping_neg() % BLOCK)?
            }
        };
        let (id, first) = first.split_first_chunk::<12>()?;
        let [t0, t1] = type_bits.to_be_bytes();
        let [l0, l1] = length.to_be_bytes();
        let [i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11] = *id;
        Some(Self {
            start: [
                t0, t1, l0, l1, i0, i1, i2, i3, i4, i5, i6, i7, i8, i9, i10, i11,
            ],
            rest: [first, second, third, zeros],
        })
    }

    /// The segments of a contiguous message.
    pub(super) fn of_message(&self) -> [&[u8]; 3] {
        let [first, second, third, zeros] = self.rest;
        debug_assert!(second.is_empty() && third.is_empty());
        [&self.start, first, zeros]
    }

    /// Calls `f` with the segments, none of which is empty: two for a contiguous message without zeros.
    #[inline(always)]
    #[allow(clippy::arithmetic_side_effects, reason = "2 and at most 3")]
    pub(crate) fn with_segments<T>(&self, f: impl FnOnce(&[&[u8]]) -> T) -> T {
        let [first, second, third, zeros] = self.rest;
        if second.is_empty() && third.is_empty() && zeros.is_empty() {
            return f(&[&self.start, first]);
        }
        let mut segments: [&[u8]; 5] = [&self.start, first, &[], &[], &[]];
        let present = [second, third, zeros]
            .into_iter()
            .filter(|segment| !segment.is_empty());
        let count = present.clone().count();
        for (slot, segment) in segments.iter_mut().skip(2).zip(present) {
            *slot = segment;
        }
        // Empty segments at the end would not change the HMAC.
        f(segments.get(..2 + count).unwrap_or(&segments))
    }
}

/// The header's length if the message ends with a tag of `len` bytes whose attribute begins at `offset`
/// from the start of the message. `None` if it does not fit into 16 bits.
#[inline(always)]
pub(crate) fn length_with_tag(offset: usize, len: usize) -> Option<u16> {
    let end = offset.checked_add(TLV_HEADER_LEN)?.checked_add(len)?;
    u16::try_from(end.checked_sub(HEADER_LEN)?).ok()
}
