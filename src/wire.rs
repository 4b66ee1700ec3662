//! The grammar of header and attributes, written with nom's combinators.
//!
//! The only file that names nom. The primitives are our own: nom's `be_u16` and `take` are
//! calls of their own for each attribute, while these inline to a compare and a load, and a walk
//! costs a quarter of the instructions.

use nom::combinator::peek;
use nom::error::{ErrorKind, ParseError};
use nom::{Err, IResult, Parser};

/// Length of the message header (RFC 8489 §5).
pub(crate) const HEADER_LEN: usize = 20;

/// Length of an attribute's type and length (RFC 8489 §14).
pub(crate) const TLV_HEAD_LEN: usize = 4;

/// The input ended inside what was being read. Where, the caller knows from what it passed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut;

impl ParseError<&[u8]> for Cut {
    fn from_error_kind(_: &[u8], _: ErrorKind) -> Self {
        Cut
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// The 20 bytes in front of every message, as they stand on the wire.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) type_bits: u16,
    pub(crate) length: u16,
    pub(crate) id: &'a [u8; 16],
}

/// One attribute: its type, its value and the bytes that pad it.
#[derive(Clone, Copy)]
pub(crate) struct Tlv<'a> {
    pub(crate) ty: u16,
    pub(crate) value: &'a [u8],
    pub(crate) padding: &'a [u8],
}

#[inline(always)]
fn array<const N: usize>(input: &[u8]) -> IResult<&[u8], &[u8; N], Cut> {
    match input.split_first_chunk::<N>() {
        Some((chunk, rest)) => Ok((rest, chunk)),
        None => Err(Err::Error(Cut)),
    }
}

/// Type and length of an attribute, in one word: two halves are more instructions.
#[inline(always)]
fn be_u32(input: &[u8]) -> IResult<&[u8], u32, Cut> {
    array::<4>
        .map(|bytes| u32::from_be_bytes(*bytes))
        .parse_complete(input)
}

#[inline(always)]
fn take(count: usize) -> impl Fn(&[u8]) -> IResult<&[u8], &[u8], Cut> {
    move |input| match input.split_at_checked(count) {
        Some((taken, rest)) => Ok((rest, taken)),
        None => Err(Err::Error(Cut)),
    }
}

/// Bytes that follow a value of `length` bytes up to the next multiple of four.
#[inline(always)]
pub(crate) const fn padding(length: usize) -> usize {
    length.wrapping_neg() & 3
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

/// Reads the header (RFC 8489 §5) and gives the bytes behind it.
#[inline(always)]
pub(crate) fn head(input: &[u8]) -> Result<(Head<'_>, &[u8]), Cut> {
    let header = array::<20>.map(|[t0, t1, l0, l1, id @ ..]| Head {
        type_bits: u16::from_be_bytes([*t0, *t1]),
        length: u16::from_be_bytes([*l0, *l1]),
        id,
    });
    finish(header, input)
}

/// Reads one attribute (RFC 8489 §14) and gives the bytes behind it.
#[inline(always)]
pub(crate) fn tlv(input: &[u8], padded: bool) -> Result<(Tlv<'_>, &[u8]), Cut> {
    let attribute = be_u32.flat_map(|head| {
        let (ty, length) = split(head);
        take(whole(length, padded)).map(move |both: &[u8]| {
            // `whole` is never less, so there is always something to split.
            let (value, padding) = both.split_at_checked(length).unwrap_or((both, &[]));
            Tlv { ty, value, padding }
        })
    });
    finish(attribute, input)
}

/// Length of a value with its padding.
#[inline(always)]
const fn whole(length: usize, padded: bool) -> usize {
    if padded {
        length.wrapping_add(3) & !3
    } else {
        length
    }
}

/// Type and length of the attribute at the front, without moving on.
#[inline(always)]
pub(crate) fn tlv_head(input: &[u8]) -> Result<u32, Cut> {
    finish(peek(be_u32), input).map(|(head, _)| head)
}

/// Passes over the attribute with this head: the bytes behind its padding. Value and padding need not
/// be told apart, so there is one bounds check less than in [`tlv`].
#[inline(always)]
pub(crate) fn skip(input: &[u8], head: u32, padded: bool) -> Result<&[u8], Cut> {
    finish(take(size(head, padded)), input).map(|(_, behind)| behind)
}

/// Length of the attribute with this head, padding included.
#[inline(always)]
pub(crate) const fn size(head: u32, padded: bool) -> usize {
    let (_, length) = split(head);
    // A head is a multiple of 4 long.
    whole(length.wrapping_add(TLV_HEAD_LEN), padded)
}

/// Type and length.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)]
pub(crate) const fn split(head: u32) -> (u16, usize) {
    ((head >> 16) as u16, (head & 0xFFFF) as usize)
}

/// Runs a parser on input that is all there: nom's plain `parse` would be the streaming mode.
#[inline(always)]
fn finish<'a, T>(
    mut parser: impl Parser<&'a [u8], Output = T, Error = Cut>,
    input: &'a [u8],
) -> Result<(T, &'a [u8]), Cut> {
    match parser.parse_complete(input) {
        Ok((rest, output)) => Ok((output, rest)),
        Err(_) => Err(Cut),
    }
}
