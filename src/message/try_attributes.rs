//! Iteration over the attributes of bytes that need not be a valid message.

use super::trailer::starts_with_magic_cookie;
use crate::attribute::RawAttribute;
use crate::dialect::Dialect;
use crate::error::ParseError;
use crate::num::saturating_u32;
use crate::wire::{self, Cursor, HEADER_LEN, Incomplete, RawHeader, TLV_HEADER_LEN, Tlv};

/// An iterator over the attributes in bytes that may be an invalid message, returned by [`Dialect::walk`].
///
/// Yields every attribute before the first error, then that error. [`rest`](Self::rest) returns the bytes
/// that were not read.
///
/// ```
/// use stunwire::Dialect;
///
/// // A complete attribute, and one that extends past the end.
/// let bytes = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x25\x00\x00\x80\x22\x00\x05";
/// let (_, mut attributes) = Dialect::RFC8489.walk(bytes)?;
/// assert!(attributes.next().is_some_and(|attribute| attribute.is_ok()));
/// assert!(attributes.next().is_some_and(|attribute| attribute.is_err()));
/// assert!(attributes.next().is_none());
/// assert_eq!(attributes.rest(), b"\x80\x22\x00\x05");
/// # Ok::<(), stunwire::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TryAttributes<'a> {
    bytes: &'a [u8],
    /// In the bytes that the header announces, as far as they are there.
    cursor: Cursor<'a>,
    id: &'a [u8; 16],
    dialect: Dialect,
    /// The error to return after the last complete attribute.
    last: Option<ParseError>,
    done: bool,
}

impl<'a> TryAttributes<'a> {
    /// `header` is the header of `bytes`.
    #[inline]
    #[allow(clippy::arithmetic_side_effects, reason = "20 + 65,535 at most")]
    pub(super) fn new(header: RawHeader<'a>, bytes: &'a [u8], dialect: Dialect) -> Self {
        let end = HEADER_LEN + usize::from(header.length);
        let (message, last) = match bytes.get(..end) {
            Some(message) => {
                let found = message
                    .get(HEADER_LEN..)
                    .is_some_and(starts_with_magic_cookie);
                match (found, dialect.rules().magic_cookie_attribute) {
                    (true, false) => (message, Some(ParseError::MsTurn)),
                    (false, true) => (message, Some(ParseError::NotMsTurn)),
                    _ => (message, None),
                }
            }
            None => {
                let truncated = ParseError::Truncated {
                    declared: saturating_u32(end),
                    available: saturating_u32(bytes.len()),
                };
                (bytes, Some(truncated))
            }
        };
        Self {
            bytes,
            cursor: Cursor::new(message, HEADER_LEN),
            id: header.id,
            dialect,
            last,
            done: false,
        }
    }

    /// The bytes after the last attribute that was yielded, up to the end of the buffer. At the end of the
    /// iteration these are the bytes after the message, or those from the invalid attribute on.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        match self.bytes.get(self.offset()..) {
            Some(rest) => rest,
            None => {
                debug_assert!(false, "only complete attributes advance the cursor");
                &[]
            }
        }
    }

    /// Offset of the next attribute from the start of the message, in bytes.
    pub(super) fn offset(&self) -> usize {
        self.cursor.offset()
    }

    /// Whether the last attribute that the header announces has been read.
    pub(super) fn is_at_end(&self) -> bool {
        self.cursor.is_at_end()
    }

    #[inline(always)]
    pub(super) fn next_tlv(&mut self) -> Option<Result<Tlv<'a>, ParseError>> {
        if self.done {
            return None;
        }
        if !self.cursor.is_at_end() {
            let dialect = self.dialect;
            if let Ok((tlv, next)) = wire::complete_tlv(self.cursor, dialect.is_padded()) {
                self.cursor = next;
                return Some(Ok(tlv));
            }
            // If the buffer is shorter than the header says, that is the error.
            if self.last.is_none() {
                self.last = Some(truncated_attribute(self.cursor, dialect));
            }
        }
        self.done = true;
        self.last.take().map(Err)
    }
}

impl<'a> Iterator for TryAttributes<'a> {
    type Item = Result<RawAttribute<'a>, ParseError>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        match self.next_tlv()? {
            Ok(tlv) => RawAttribute::new(tlv, self.id, self.dialect).map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

impl core::iter::FusedIterator for TryAttributes<'_> {}

/// The error for the attribute at `cursor`, which ends after the message does.
#[cold]
#[allow(clippy::arithmetic_side_effects, reason = "4 + 65,535 + 3 at most")]
fn truncated_attribute(cursor: Cursor<'_>, dialect: Dialect) -> ParseError {
    let value = match wire::tlv(cursor) {
        Ok(tlv) if dialect.is_padded() => tlv.len() + wire::padding_len(tlv.len()),
        Ok(tlv) => tlv.len(),
        Err(Incomplete) => 0,
    };
    ParseError::Attribute {
        offset: saturating_u32(cursor.offset()),
        needed: saturating_u32(TLV_HEADER_LEN + value),
        left: saturating_u32(cursor.remaining().map_or(0, <[u8]>::len)),
    }
}
