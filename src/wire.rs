//! The grammar of header and attributes, written with nom's combinators.
//!
//! This is the only file that uses nom. The primitive parsers are written here: nom's number parsers compile to a
//! call for each attribute, these to a comparison and a load.

use nom::error::{ErrorKind, ParseError};
use nom::{Err, IResult, Parser};

/// Length of the message header in bytes (RFC 8489 §5).
pub(crate) const HEADER_LEN: usize = 20;

/// Length of an attribute's type and length in bytes (RFC 8489 §14).
pub(crate) const TLV_HEADER_LEN: usize = 4;

/// The input ended inside the field that was read. The caller knows the offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incomplete;

impl<I> ParseError<I> for Incomplete {
    fn from_error_kind(_: I, _: ErrorKind) -> Self {
        Incomplete
    }

    fn append(_: I, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// A position in a slice that holds type-length-value triples.
///
/// Advancing is unchecked; the next read checks the bound. So the offset may lie after the end of the
/// slice, where nothing can be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    /// At most 20 + 65,535 + 4 + 65,535 + 3: a read checks that the offset is within the slice.
    offset: usize,
}

impl<'a> Cursor<'a> {
    /// `offset` is at most 20 + 65,535.
    #[inline(always)]
    pub(crate) const fn new(bytes: &'a [u8], offset: usize) -> Self {
        Self { bytes, offset }
    }

    #[inline(always)]
    pub(crate) const fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// From the start of the slice, in bytes.
    #[inline(always)]
    pub(crate) const fn offset(self) -> usize {
        self.offset
    }

    /// Whether everything was read, and no more.
    #[inline(always)]
    pub(crate) const fn is_at_end(self) -> bool {
        self.offset == self.bytes.len()
    }

    /// The bytes that have not been read; `None` if the offset lies after the end.
    #[inline(always)]
    pub(crate) fn remaining(self) -> Option<&'a [u8]> {
        self.bytes.get(self.offset..)
    }

    /// A cursor at this position in the first `end` bytes of the slice.
    #[inline(always)]
    pub(crate) fn limited(self, end: usize) -> Option<Self> {
        let bytes = self.bytes.get(..end)?;
        Some(Self { bytes, ..self })
    }
}

/// The 20 bytes before the attributes of every message (RFC 8489 §5).
#[derive(Clone, Copy)]
pub(crate) struct RawHeader<'a> {
    pub(crate) type_bits: u16,
    pub(crate) length: u16,
    pub(crate) id: &'a [u8; 16],
}

/// One attribute of which type and length have been read. The value is taken from the slice on demand.
#[derive(Clone, Copy)]
pub(crate) struct Tlv<'a> {
    start: Cursor<'a>,
    /// The first four bytes.
    type_and_length: u32,
}

impl<'a> Tlv<'a> {
    #[inline(always)]
    pub(crate) const fn type_and_length(self) -> u32 {
        self.type_and_length
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "16 bits are left")]
    pub(crate) const fn ty(self) -> u16 {
        (self.type_and_length >> 16) as u16
    }

    /// Length of the value in bytes, without padding.
    #[inline(always)]
    pub(crate) const fn len(self) -> usize {
        (self.type_and_length & 0xFFFF) as usize
    }

    /// Offset of the attribute from the start of the slice.
    #[inline(always)]
    pub(crate) const fn offset(self) -> usize {
        self.start.offset
    }

    /// Offset of the value from the start of the slice.
    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "the four bytes have been read"
    )]
    pub(crate) const fn value_offset(self) -> usize {
        self.start.offset + TLV_HEADER_LEN
    }

    /// The value; `None` if the slice ends before it does.
    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "at most 65,535 more than an offset in a slice"
    )]
    pub(crate) fn value(self) -> Option<&'a [u8]> {
        let offset = self.value_offset();
        self.start.bytes.get(offset..offset + self.len())
    }

    /// The bytes between the value and the next attribute, none where attributes are not padded.
    #[inline(always)]
    pub(crate) fn padding(self, padded: bool) -> &'a [u8] {
        let end = self.next(false).offset;
        match self.start.bytes.get(end..self.next(padded).offset) {
            Some(padding) => padding,
            None => {
                debug_assert!(false, "parsing has found the attribute complete");
                &[]
            }
        }
    }

    /// The position of the next attribute. Padded attributes begin at multiples of 4, so the offset is
    /// rounded up instead of the length. The mask also tells the compiler that the sum fits into 32 bits.
    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "at most 65,542 more than an offset in a slice"
    )]
    pub(crate) const fn next(self, padded: bool) -> Cursor<'a> {
        let Cursor { bytes, offset } = self.start;
        let (round_up, mask) = if padded {
            (7, 0xFFFF_FFFC)
        } else {
            (4, 0xFFFF_FFFF)
        };
        let offset = (offset + self.len() + round_up) & mask;
        Cursor { bytes, offset }
    }
}

#[inline(always)]
fn array<const N: usize>(input: &[u8]) -> IResult<&[u8], &[u8; N], Incomplete> {
    match input.split_first_chunk::<N>() {
        Some((chunk, rest)) => Ok((rest, chunk)),
        None => Err(Err::Error(Incomplete)),
    }
}

/// Type and length of an attribute as one word: two halves take more instructions.
#[inline(always)]
#[allow(
    clippy::arithmetic_side_effects,
    reason = "4 more than an offset, which `Cursor` bounds"
)]
fn be_u32(input: Cursor<'_>) -> IResult<Cursor<'_>, u32, Incomplete> {
    let offset = input.offset + 4;
    let bytes = input.bytes.get(input.offset..offset);
    match bytes.and_then(|bytes| bytes.first_chunk()) {
        Some(bytes) => Ok((Cursor { offset, ..input }, u32::from_be_bytes(*bytes))),
        None => Err(Err::Error(Incomplete)),
    }
}

/// Bytes that follow a value of `length` bytes up to the next multiple of four.
#[inline(always)]
pub(crate) const fn padding_len(length: usize) -> usize {
    length.wrapping_neg() & 3
}

/// The padding that follows a value of `length` bytes.
#[inline(always)]
pub(crate) const fn zero_padding(length: usize) -> &'static [u8] {
    match padding_len(length) {
        0 => &[],
        1 => &[0; 1],
        2 => &[0; 2],
        _ => &[0; 3],
    }
}

/// Zeros up to 3 bytes of padding. `fill` would be a call.
#[inline(always)]
pub(crate) fn zero(padding: &mut [u8]) {
    match padding {
        [] => {}
        [a] => *a = 0,
        [a, b] => [*a, *b] = [0; 2],
        [a, b, c] => [*a, *b, *c] = [0; 3],
        more => more.fill(0),
    }
}

/// Reads the header (RFC 8489 §5) and returns it with the bytes that follow.
#[inline(always)]
pub(crate) fn header(input: &[u8]) -> Result<(RawHeader<'_>, &[u8]), Incomplete> {
    let header = array::<20>.map(|[t0, t1, l0, l1, id @ ..]| RawHeader {
        type_bits: u16::from_be_bytes([*t0, *t1]),
        length: u16::from_be_bytes([*l0, *l1]),
        id,
    });
    run(header, input)
}

/// Reads type and length of an attribute (RFC 8489 §14). Whether the slice ends before the attribute
/// does is found by [`Cursor::is_at_end`] or by the next read.
#[inline(always)]
pub(crate) fn tlv(input: Cursor<'_>) -> Result<Tlv<'_>, Incomplete> {
    let attribute = be_u32.map(|type_and_length| Tlv {
        start: input,
        type_and_length,
    });
    run(attribute, input).map(|(tlv, _)| tlv)
}

/// Reads an attribute that must be complete, padding included, and the position after it.
#[inline(always)]
pub(crate) fn complete_tlv(
    input: Cursor<'_>,
    padded: bool,
) -> Result<(Tlv<'_>, Cursor<'_>), Incomplete> {
    let tlv = tlv(input)?;
    let next = tlv.next(padded);
    if next.offset > next.bytes.len() {
        return Err(Incomplete);
    }
    Ok((tlv, next))
}

/// The first four bytes of an ERROR-CODE (RFC 8489 §14.8).
#[derive(Clone, Copy)]
pub(crate) struct RawErrorCode {
    /// The first byte: reserved in ERROR-CODE, the address family in ADDRESS-ERROR-CODE (RFC 8656 §18.12).
    pub(crate) first: u8,
    /// Three bits.
    pub(crate) class: u8,
    pub(crate) number: u8,
}

/// Reads class and number of an ERROR-CODE, and returns them with the reason phrase.
#[inline(always)]
pub(crate) fn error_code(input: &[u8]) -> Result<(RawErrorCode, &[u8]), Incomplete> {
    let code = array::<4>.map(|[first, _, class, number]| RawErrorCode {
        first: *first,
        class: class & 0x07,
        number: *number,
    });
    run(code, input)
}

/// Reads a 16-bit length and as many bytes, and returns these with the bytes that follow: the parts of
/// nested formats such as an OAuth token (RFC 7635 §6.2).
#[inline(always)]
pub(crate) fn length_prefixed(input: &[u8]) -> Result<(&[u8], &[u8]), Incomplete> {
    let length = array::<2>.map(|bytes| u16::from_be_bytes(*bytes));
    run(length.flat_map(bytes), input)
}

#[inline(always)]
fn bytes<'a>(length: u16) -> impl Parser<&'a [u8], Output = &'a [u8], Error = Incomplete> {
    move |input: &'a [u8]| match input.split_at_checked(usize::from(length)) {
        Some((bytes, rest)) => Ok((rest, bytes)),
        None => Err(Err::Error(Incomplete)),
    }
}

/// Runs a parser on complete input: nom's plain `parse` is the streaming mode.
#[inline(always)]
fn run<I, T>(
    mut parser: impl Parser<I, Output = T, Error = Incomplete>,
    input: I,
) -> Result<(T, I), Incomplete> {
    match parser.parse_complete(input) {
        Ok((rest, output)) => Ok((output, rest)),
        Err(_) => Err(Incomplete),
    }
}
