//! Iterators over the attributes of a message: all of them, those that an agent may look at, those of
//! one type, and those of bytes that may not stand.

use core::fmt;

use super::{ABSENT, Marks, RawAttribute, check_magic, cut, length32, offset32};
use crate::attribute::{Attribute, AttributeType};
use crate::dialect::Dialect;
use crate::error::{AttributeError, ParseError};
use crate::wire;

/// Walks over bytes that may not stand: see [`Dialect::walk`].
///
/// Yields every attribute that stands, then at most one error; [`rest`](Self::rest) is what is left.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    /// What stands behind the header.
    all: &'a [u8],
    /// What is left of it up to the end that the header announces.
    left: &'a [u8],
    id: &'a [u8; 16],
    place: u16,
    dialect: Dialect,
    /// What to say when the attributes are through.
    last: Option<ParseError>,
    done: bool,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(head: wire::Head<'a>, rest: &'a [u8], dialect: Dialect) -> Self {
        let length = usize::from(head.length);
        let (left, last) = match rest.get(..length) {
            Some(body) => (body, check_magic(body, dialect).err()),
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
            left,
            id: head.id,
            place: 0,
            dialect,
            last,
            done: false,
        }
    }

    /// The bytes behind the last attribute that was yielded, up to the end of the buffer: in the end
    /// those behind the message, or those from the attribute that does not stand.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.all.get(usize::from(self.place)..).unwrap_or_default()
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<RawAttribute<'a>, ParseError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        if !self.left.is_empty() {
            if let Ok((tlv, behind)) = wire::tlv(self.left, self.dialect.is_padded()) {
                let place = self.place;
                self.place = place.wrapping_add(super::place(self.left, behind));
                self.left = behind;
                return Some(Ok(RawAttribute::new(tlv, place, self.id, self.dialect)));
            }
            // Where the buffer ends first, that is the error, and not the attribute.
            if self.last.is_none() {
                self.last = Some(cut(self.place, self.left, self.dialect));
            }
        }
        self.done = true;
        self.last.take().map(Err)
    }
}

/// Every attribute of a message in wire order: [`Message::all_attributes`](crate::Message::all_attributes).
#[derive(Clone, Debug)]
pub struct AllAttributes<'a> {
    pub(super) body: &'a [u8],
    pub(super) left: &'a [u8],
    pub(super) id: &'a [u8; 16],
    pub(super) dialect: Dialect,
}

impl<'a> Iterator for AllAttributes<'a> {
    type Item = RawAttribute<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // Parsing has walked here before, so an attribute that does not stand is the end.
        let (tlv, behind) = wire::tlv(self.left, self.dialect.is_padded()).ok()?;
        let place = super::place(self.body, self.left);
        self.left = behind;
        Some(RawAttribute::new(tlv, place, self.id, self.dialect))
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
        let body = all.body;
        let plain = body.get(..usize::from(marks.hidden)).unwrap_or(body);
        Self {
            plain: AllAttributes {
                body: plain,
                left: plain,
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
            body,
            left: body,
            ..self.plain
        };
        Self::new(all, self.marks)
    }

    #[inline(always)]
    pub(crate) fn get<T: Attribute<'a>>(mut self) -> Result<Option<T>, AttributeError> {
        let dialect = self.plain.dialect;
        self.find(|attribute| T::is_type(attribute.ty(), dialect))
            .map(|attribute| attribute.decode())
            .transpose()
    }
}

/// What is visible behind the first hidden attribute, one of the three: the body up to its end, and
/// its place. Out of the way, and given values instead of the iterator, so that a loop over the
/// attributes keeps the iterator in registers.
#[cold]
#[inline(never)]
fn behind_hidden(body: &[u8], marks: Marks, padded: bool) -> Option<(&[u8], u16)> {
    let place = marks.behind(marks.hidden)?;
    let (_, behind) = wire::tlv(body.get(usize::from(place)..)?, padded).ok()?;
    let body = body.get(..body.len().wrapping_sub(behind.len()))?;
    Some((body, place))
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(attribute) = self.plain.next() {
                return Some(attribute);
            }
            if self.marks.hidden == ABSENT {
                return None;
            }
            let padded = self.plain.dialect.is_padded();
            let (body, place) = behind_hidden(self.body, self.marks, padded)?;
            self.plain.body = body;
            self.plain.left = body.get(usize::from(place)..)?;
            self.marks.hidden = place;
        }
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

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let dialect = self.attributes.plain.dialect;
        self.attributes
            .find(|attribute| T::is_type(attribute.ty(), dialect))
            .map(|attribute| attribute.decode())
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
        let known = &mut self.known;
        self.attributes
            .by_ref()
            .map(|attribute| attribute.ty())
            .find(|&ty| {
                ty.is_comprehension_required()
                    && ty != AttributeType::MESSAGE_INTEGRITY
                    && ty != AttributeType::MESSAGE_INTEGRITY_SHA256
                    && !known(ty)
            })
    }
}
