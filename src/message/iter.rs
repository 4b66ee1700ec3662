//! Iterators over the attributes of a message: all of them, those that an agent may look at, those of
//! one type, and those of bytes that may not stand.

use core::fmt;

use super::marks::has_magic;
use super::{Mark, Marks, RawAttribute, length32, offset32};
use crate::attribute::{Attribute, AttributeType};
use crate::dialect::Dialect;
use crate::error::{AttributeError, ParseError};
use crate::wire::{self, Cursor, TLV_HEAD_LEN, Tlv};

/// Walks over bytes that may not stand: see [`Dialect::walk`].
///
/// Yields every attribute that stands, then at most one error; [`rest`](Self::rest) is what is left.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    /// What stands behind the header.
    all: &'a [u8],
    /// In what the header announces, as far as it is there.
    cursor: Cursor<'a>,
    id: &'a [u8; 16],
    dialect: Dialect,
    /// What to say when the attributes are through.
    last: Option<ParseError>,
    done: bool,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(head: wire::Head<'a>, rest: &'a [u8], dialect: Dialect) -> Self {
        let length = usize::from(head.length);
        let (body, last) = match rest.get(..length) {
            Some(body) => match (has_magic(body), dialect.rules().magic) {
                (true, false) => (body, Some(ParseError::MsTurn)),
                (false, true) => (body, Some(ParseError::NotMsTurn)),
                _ => (body, None),
            },
            None => {
                let truncated = ParseError::Truncated {
                    declared: offset32(head.length),
                    available: length32(rest).saturating_add(20),
                };
                (rest, Some(truncated))
            }
        };
        Self {
            all: rest,
            cursor: Cursor::new(body),
            id: head.id,
            dialect,
            last,
            done: false,
        }
    }

    /// The bytes behind the last attribute that was yielded, up to the end of the buffer: in the end
    /// those behind the message, or those from the attribute that does not stand.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.all
            .get(usize::from(self.cursor.place())..)
            .unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn next_tlv(&mut self) -> Option<Result<Tlv<'a>, ParseError>> {
        if self.done {
            return None;
        }
        if !self.cursor.is_at_end() {
            let dialect = self.dialect;
            if let Ok((tlv, behind)) = wire::whole_tlv(self.cursor, dialect.is_padded()) {
                self.cursor = behind;
                return Some(Ok(tlv));
            }
            // Where the buffer ends first, that is the error, and not the attribute.
            if self.last.is_none() {
                self.last = Some(cut(self.cursor, dialect));
            }
        }
        self.done = true;
        self.last.take().map(Err)
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<RawAttribute<'a>, ParseError>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        match self.next_tlv()? {
            Ok(tlv) => RawAttribute::new(tlv, self.id, self.dialect).map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Every attribute of a message in wire order: [`Message::all_attributes`](crate::Message::all_attributes).
#[derive(Clone, Debug)]
pub struct AllAttributes<'a> {
    pub(super) cursor: Cursor<'a>,
    pub(super) id: &'a [u8; 16],
    pub(super) dialect: Dialect,
}

impl<'a> AllAttributes<'a> {
    /// The next, of which nothing has been read but its head.
    #[inline(always)]
    fn next_tlv(&mut self) -> Option<Tlv<'a>> {
        let tlv = wire::tlv(self.cursor).ok()?;
        self.cursor = tlv.behind(self.dialect.is_padded());
        Some(tlv)
    }

    #[inline(always)]
    fn raw(&self, tlv: Tlv<'a>) -> Option<RawAttribute<'a>> {
        RawAttribute::new(tlv, self.id, self.dialect)
    }
}

impl<'a> Iterator for AllAttributes<'a> {
    type Item = RawAttribute<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        // Parsing has walked here before, so an attribute that does not stand is the end.
        let tlv = self.next_tlv()?;
        self.raw(tlv)
    }
}

/// The attributes that an agent may look at: [`Message::attributes`](crate::Message::attributes),
/// [`Verified::attributes`](crate::Verified::attributes).
#[derive(Clone)]
pub struct Attributes<'a> {
    /// Those before the first that is hidden, of which nothing has to be asked: mostly all.
    plain: AllAttributes<'a>,
    body: &'a [u8],
    marks: Marks,
}

impl<'a> Attributes<'a> {
    #[inline]
    pub(super) fn new(all: AllAttributes<'a>, marks: Marks) -> Self {
        let body = all.cursor.body();
        let hidden = marks.place(Mark::Hidden).map(usize::from);
        let plain = hidden.and_then(|end| body.get(..end)).unwrap_or(body);
        Self {
            plain: AllAttributes {
                cursor: Cursor::new(plain),
                ..all
            },
            body,
            marks,
        }
    }

    /// The same up to `end`, in bytes from the end of the header.
    pub(crate) fn before(self, end: u16) -> Self {
        let body = self.body.get(..usize::from(end)).unwrap_or_default();
        let all = AllAttributes {
            cursor: Cursor::new(body),
            ..self.plain
        };
        Self::new(all, self.marks)
    }

    #[inline(always)]
    fn next_tlv(&mut self) -> Option<Tlv<'a>> {
        if let Some(tlv) = self.plain.next_tlv() {
            return Some(tlv);
        }
        self.pass_hidden()?;
        self.plain.next_tlv()
    }

    /// Goes on behind what is hidden, if there is anything to see: one of the three, and the body up to
    /// its end.
    #[inline(always)]
    fn pass_hidden(&mut self) -> Option<()> {
        let place = self.marks.behind_hidden()?;
        let tlv = wire::tlv(Cursor::at(self.body, place)).ok()?;
        let end = tlv.behind(self.plain.dialect.is_padded()).place();
        self.plain.cursor = Cursor::at(self.body.get(..usize::from(end))?, place);
        self.marks = self.marks.hiding(tlv);
        Some(())
    }

    /// The next of these types. Only heads are read on the way.
    #[inline(always)]
    pub(crate) fn next_of(&mut self, is_type: impl Fn(AttributeType) -> bool) -> Option<Tlv<'a>> {
        loop {
            let tlv = self.next_tlv()?;
            if is_type(AttributeType::new(tlv.ty())) {
                return Some(tlv);
            }
        }
    }

    #[inline(always)]
    fn next_typed<T: Attribute<'a>>(&mut self) -> Option<Result<T, AttributeError>> {
        let dialect = self.plain.dialect;
        let tlv = self.next_of(|ty| T::is_type(ty, dialect))?;
        Some(self.plain.raw(tlv)?.decode())
    }

    #[inline(always)]
    pub(crate) fn get<T: Attribute<'a>>(mut self) -> Result<Option<T>, AttributeError> {
        self.next_typed().transpose()
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(attribute) = self.plain.next() {
            return Some(attribute);
        }
        self.pass_hidden()?;
        self.plain.next()
    }
}

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

/// All attributes of one type: [`Message::get_all`](crate::Message::get_all).
pub struct GetAll<'a, T> {
    attributes: Attributes<'a>,
    ty: core::marker::PhantomData<fn() -> T>,
}

impl<'a, T> GetAll<'a, T> {
    pub(crate) fn new(attributes: Attributes<'a>) -> Self {
        Self {
            attributes,
            ty: core::marker::PhantomData,
        }
    }
}

impl<T> Clone for GetAll<'_, T> {
    fn clone(&self) -> Self {
        Self::new(self.attributes.clone())
    }
}

impl<T> fmt::Debug for GetAll<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetAll").finish_non_exhaustive()
    }
}

impl<'a, T: Attribute<'a>> Iterator for GetAll<'a, T> {
    type Item = Result<T, AttributeError>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        self.attributes.next_typed()
    }
}

/// The types that a 420 lists: [`Message::unknown_required`](crate::Message::unknown_required).
#[derive(Clone)]
pub struct UnknownRequired<'a, F> {
    attributes: Attributes<'a>,
    known: F,
}

impl<'a, F> UnknownRequired<'a, F> {
    pub(crate) fn new(attributes: Attributes<'a>, known: F) -> Self {
        Self { attributes, known }
    }
}

impl<F> fmt::Debug for UnknownRequired<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnknownRequired").finish_non_exhaustive()
    }
}

impl<F: FnMut(AttributeType) -> bool> Iterator for UnknownRequired<'_, F> {
    type Item = AttributeType;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let ty = AttributeType::new(self.attributes.next_tlv()?.ty());
            if ty.is_comprehension_required()
                && ty != AttributeType::MESSAGE_INTEGRITY
                && ty != AttributeType::MESSAGE_INTEGRITY_SHA256
                && !(self.known)(ty)
            {
                return Some(ty);
            }
        }
    }
}

/// The error of the attribute at `cursor`, which does not fit.
#[cold]
fn cut(cursor: Cursor<'_>, dialect: Dialect) -> ParseError {
    let needed = match wire::tlv(cursor) {
        Ok(tlv) if dialect.is_padded() => tlv.len().wrapping_add(wire::padding(tlv.len())),
        Ok(tlv) => tlv.len(),
        Err(wire::Cut) => 0,
    };
    ParseError::Attribute {
        offset: offset32(cursor.place()),
        needed: u32::try_from(needed.wrapping_add(TLV_HEAD_LEN)).unwrap_or(u32::MAX),
        left: length32(cursor.left()),
    }
}
