//! The grammar of header and attributes, written with nom's combinators.
//!
//! The only file that names nom. The primitives are our own: nom's own number parsers are calls
//! for each attribute, while these inline to a compare and a load, and a walk costs a quarter of the
//! instructions.

use nom::error::{ErrorKind, ParseError};
use nom::{Err, IResult, Parser};

/// Length of the message header (RFC 8489 §5).
pub(crate) const HEADER_LEN: usize = 20;

/// Length of an attribute's type and length (RFC 8489 §14).
pub(crate) const TLV_HEAD_LEN: usize = 4;

/// The input ended inside what was being read. Where, the caller knows from what it passed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut;

impl<I> ParseError<I> for Cut {
    fn from_error_kind(_: I, _: ErrorKind) -> Self {
        Cut
    }

    fn append(_: I, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// A place among the attributes: the bytes that they stand in, and how many of them lie before it.
///
/// Going on does not look at the end, for the next read does. So a cursor may stand behind the end, and then
/// reads nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    body: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// At the first attribute of `body`.
    #[inline(always)]
    pub(crate) const fn new(body: &'a [u8]) -> Self {
        Self::at(body, 0)
    }

    /// At the attribute that begins `place` bytes into `body`.
    #[inline(always)]
    pub(crate) const fn at(body: &'a [u8], place: u16) -> Self {
        let at = place as usize;
        Self { body, at }
    }

    /// The bytes that all attributes stand in.
    #[inline(always)]
    pub(crate) const fn body(self) -> &'a [u8] {
        self.body
    }

    /// How many bytes of the body lie before it. Means nothing behind the end.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) const fn place(self) -> u16 {
        // A body is at most 65,535 bytes long.
        self.at as u16
    }

    /// Whether all was read, and nothing that is not there.
    #[inline(always)]
    pub(crate) const fn is_at_end(self) -> bool {
        self.at == self.body.len()
    }

    /// What has not been read.
    #[inline(always)]
    pub(crate) fn left(self) -> &'a [u8] {
        self.body.get(self.at..).unwrap_or_default()
    }
}

/// The 20 bytes in front of every message, as they stand on the wire.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) type_bits: u16,
    pub(crate) length: u16,
    pub(crate) id: &'a [u8; 16],
}

/// One attribute where it stands: what it holds is cut out when it is asked for.
#[derive(Clone, Copy)]
pub(crate) struct Tlv<'a> {
    begin: Cursor<'a>,
    /// Type and length.
    head: u32,
}

impl<'a> Tlv<'a> {
    #[inline(always)]
    pub(crate) const fn head(self) -> u32 {
        self.head
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) const fn ty(self) -> u16 {
        (self.head >> 16) as u16
    }

    /// Length of the value, without padding.
    #[inline(always)]
    pub(crate) const fn len(self) -> usize {
        (self.head & 0xFFFF) as usize
    }

    /// How many bytes stand before it.
    #[inline(always)]
    pub(crate) const fn place(self) -> u16 {
        self.begin.place()
    }

    /// How many bytes of the body stand before the value, 65,535 at most: the head has been read.
    #[inline(always)]
    pub(crate) const fn value_place(self) -> usize {
        self.begin.at.wrapping_add(TLV_HEAD_LEN)
    }

    /// The value, unless the body ends first.
    #[inline(always)]
    pub(crate) fn value(self) -> Option<&'a [u8]> {
        let begin = self.value_place();
        self.begin.body.get(begin..begin.wrapping_add(self.len()))
    }

    /// The bytes behind the value up to the next attribute, none where attributes are not padded.
    #[inline(always)]
    pub(crate) fn padding(self, padded: bool) -> &'a [u8] {
        let end = self.behind(false).at;
        let padding = self.begin.body.get(end..self.behind(padded).at);
        padding.unwrap_or_default()
    }

    /// The place of the next. Attributes that are padded begin at multiples of 4, so the place is rounded up,
    /// and not the length. That it fits into 32 bits, as it does, is also said by the mask:
    /// the compiler then knows that no sum with it wraps.
    #[inline(always)]
    pub(crate) const fn behind(self, padded: bool) -> Cursor<'a> {
        let Cursor { body, at } = self.begin;
        let (up, mask) = if padded {
            (7, 0xFFFF_FFFC)
        } else {
            (4, 0xFFFF_FFFF)
        };
        let at = at.wrapping_add(self.len()).wrapping_add(up) & mask;
        Cursor { body, at }
    }
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
fn be_u32(input: Cursor<'_>) -> IResult<Cursor<'_>, u32, Cut> {
    let begin = input.at;
    let bytes = input.body.get(begin..begin.wrapping_add(4));
    match bytes.and_then(|bytes| bytes.first_chunk()) {
        Some(bytes) => {
            let at = begin.wrapping_add(4);
            Ok((Cursor { at, ..input }, u32::from_be_bytes(*bytes)))
        }
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

/// Reads the head of an attribute (RFC 8489 §14). That the attribute ends before the body does is for
/// [`Cursor::is_at_end`] or the next read to see.
#[inline(always)]
pub(crate) fn tlv(input: Cursor<'_>) -> Result<Tlv<'_>, Cut> {
    let attribute = be_u32.map(|head| Tlv { begin: input, head });
    finish(attribute, input).map(|(tlv, _)| tlv)
}

/// The same of an attribute that must stand whole, with its padding: also the place behind it.
#[inline(always)]
pub(crate) fn whole_tlv(input: Cursor<'_>, padded: bool) -> Result<(Tlv<'_>, Cursor<'_>), Cut> {
    let tlv = tlv(input)?;
    let behind = tlv.behind(padded);
    if behind.at > behind.body.len() {
        return Err(Cut);
    }
    Ok((tlv, behind))
}

/// Runs a parser on input that is all there: nom's plain `parse` would be the streaming mode.
#[inline(always)]
fn finish<I, T>(
    mut parser: impl Parser<I, Output = T, Error = Cut>,
    input: I,
) -> Result<(T, I), Cut> {
    match parser.parse_complete(input) {
        Ok((rest, output)) => Ok((output, rest)),
        Err(_) => Err(Cut),
    }
}
