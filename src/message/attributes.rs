//! Iterators over the attributes of a parsed message.

use core::fmt;
use core::iter::FusedIterator;

use super::trailer::{Entry, Trailer};
use crate::attribute::{Attribute, RawAttribute};
use crate::code_point::AttributeType;
use crate::dialect::Dialect;
use crate::error::AttributeError;
use crate::wire::{self, Cursor, Tlv};

/// An iterator over every attribute of a message in wire order, returned by
/// [`Message::all_attributes`](crate::Message::all_attributes).
///
/// ```
/// use stunwire::{AllAttributes, Message};
///
/// let message = Message::parse(b"\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijkl\x00\x25\x00\x00")?;
/// let attributes: AllAttributes<'_> = message.all_attributes();
/// assert_eq!(attributes.count(), 1);
/// # Ok::<(), stunwire::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct AllAttributes<'a> {
    cursor: Cursor<'a>,
    id: &'a [u8; 16],
    dialect: Dialect,
}

impl<'a> AllAttributes<'a> {
    #[inline(always)]
    pub(super) const fn new(cursor: Cursor<'a>, id: &'a [u8; 16], dialect: Dialect) -> Self {
        Self {
            cursor,
            id,
            dialect,
        }
    }

    /// The next attribute, of which only type and length are read. Parsing has checked that all attributes are
    /// complete, so an incomplete one means the end.
    #[inline(always)]
    fn next_tlv(&mut self) -> Option<Tlv<'a>> {
        let tlv = wire::tlv(self.cursor).ok()?;
        self.cursor = tlv.next(self.dialect.is_padded());
        Some(tlv)
    }

    #[inline(always)]
    fn raw(&self, tlv: Tlv<'a>) -> Option<RawAttribute<'a>> {
        RawAttribute::new(tlv, self.id, self.dialect)
    }

    /// The attributes in the first `end` bytes of the message.
    #[inline(always)]
    fn limited(self, end: usize) -> Self {
        match self.cursor.limited(end) {
            Some(cursor) => Self { cursor, ..self },
            None => {
                debug_assert!(
                    false,
                    "an attribute that was parsed begins inside the message"
                );
                let cursor = Cursor::new(&[], 0);
                Self { cursor, ..self }
            }
        }
    }
}

impl<'a> Iterator for AllAttributes<'a> {
    type Item = RawAttribute<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let tlv = self.next_tlv()?;
        self.raw(tlv)
    }
}

impl FusedIterator for AllAttributes<'_> {}

/// An iterator over the attributes that are not ignored, returned by
/// [`Message::attributes`](crate::Message::attributes) and
/// [`Verified::attributes`](crate::Verified::attributes).
///
/// ```
/// use stunwire::attribute::AttributeType;
/// use stunwire::{Attributes, Message};
///
/// fn types<'a>(attributes: Attributes<'a>) -> impl Iterator<Item = AttributeType> + 'a {
///     attributes.map(|attribute| attribute.ty())
/// }
///
/// let message = Message::parse(b"\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijkl\x00\x25\x00\x00")?;
/// assert!(types(message.attributes()).eq([AttributeType::USE_CANDIDATE]));
/// # Ok::<(), stunwire::ParseError>(())
/// ```
#[derive(Clone)]
pub struct Attributes<'a> {
    /// Those before the first that must be ignored: in most messages all.
    visible: AllAttributes<'a>,
    message: &'a [u8],
    trailer: Trailer,
}

impl<'a> Attributes<'a> {
    #[inline]
    pub(super) fn new(all: AllAttributes<'a>, trailer: Trailer) -> Self {
        Self {
            message: all.cursor.bytes(),
            visible: match trailer.offset(Entry::Ignored) {
                Some(ignored) => all.limited(ignored),
                None => all,
            },
            trailer,
        }
    }

    /// Those in the first `end` bytes of the message.
    pub(crate) fn limited(self, end: usize) -> Self {
        let visible = AllAttributes {
            cursor: Cursor::new(self.message, self.visible.cursor.offset()),
            ..self.visible
        };
        let all = visible.limited(end);
        match self.trailer.offset(Entry::Ignored) {
            Some(ignored) if ignored < end => Self::new(all, self.trailer),
            _ => Self {
                message: all.cursor.bytes(),
                visible: all,
                trailer: self.trailer,
            },
        }
    }

    #[inline(always)]
    pub(super) const fn dialect(&self) -> Dialect {
        self.visible.dialect
    }

    #[inline(always)]
    pub(super) fn raw(&self, tlv: Tlv<'a>) -> Option<RawAttribute<'a>> {
        self.visible.raw(tlv)
    }

    #[inline(always)]
    pub(super) fn next_tlv(&mut self) -> Option<Tlv<'a>> {
        if let Some(tlv) = self.visible.next_tlv() {
            return Some(tlv);
        }
        self.skip_ignored()?;
        self.visible.next_tlv()
    }

    /// Continues with the next trailer attribute after those that must be ignored, if there is one.
    #[inline(always)]
    fn skip_ignored(&mut self) -> Option<()> {
        let offset = self.trailer.after_ignored()?;
        let tlv = wire::tlv(Cursor::new(self.message, offset)).ok()?;
        let end = tlv.next(self.visible.dialect.is_padded()).offset();
        self.visible.cursor = Cursor::new(self.message.get(..end)?, offset);
        self.trailer = self.trailer.with_ignored(tlv);
        Some(())
    }

    /// The next attribute of which `is_type` returns `true`. Only types and lengths are read.
    #[inline(always)]
    pub(crate) fn next_of(&mut self, is_type: impl Fn(AttributeType) -> bool) -> Option<Tlv<'a>> {
        loop {
            let tlv = self.next_tlv()?;
            if is_type(AttributeType::new(tlv.ty())) {
                return Some(tlv);
            }
        }
    }

    /// The first attribute of type `T`: under the registered attribute type, or under the alias if there is
    /// none.
    #[inline(always)]
    pub(crate) fn get<T: Attribute<'a>>(mut self) -> Result<Option<T>, AttributeError> {
        let dialect = self.visible.dialect;
        let mut found = None;
        while let Some(tlv) = self.next_tlv() {
            let ty = Some(AttributeType::new(tlv.ty()));
            if ty == T::type_in(dialect) {
                found = Some(tlv);
                break;
            }
            if found.is_none() && ty == T::alias_in(dialect) {
                found = Some(tlv);
            }
        }
        found
            .and_then(|tlv| self.raw(tlv))
            .map(|raw| raw.decode())
            .transpose()
    }

    /// All attributes of type `T`: under the registered attribute type, or under the alias if there is none.
    pub(crate) fn get_all<T: Attribute<'a>>(
        self,
    ) -> impl FusedIterator<Item = Result<T, AttributeError>> + Clone + use<'a, T> {
        let dialect = self.visible.dialect;
        let (mut registered, mut aliases) = (self.clone(), self);
        let mut has_registered = false;
        core::iter::from_fn(move || {
            let tlv = registered.next_of(|ty| T::type_in(dialect) == Some(ty));
            has_registered |= tlv.is_some();
            let tlv = match tlv {
                None if !has_registered => {
                    aliases.next_of(|ty| T::alias_in(dialect) == Some(ty))?
                }
                tlv => tlv?,
            };
            Some(aliases.raw(tlv)?.decode())
        })
        .fuse()
    }

    /// The comprehension-required attribute types for which `known` returns `false`, except the integrity
    /// attributes of the dialect.
    pub(crate) fn unknown_required<F>(
        mut self,
        mut known: F,
    ) -> impl FusedIterator<Item = AttributeType> + Clone + use<'a, F>
    where
        F: FnMut(AttributeType) -> bool + Clone,
    {
        let dialect = self.visible.dialect;
        core::iter::from_fn(move || {
            loop {
                let ty = AttributeType::new(self.next_tlv()?.ty());
                if ty.is_comprehension_required() && !dialect.is_trailer(ty) && !known(ty) {
                    return Some(ty);
                }
            }
        })
        .fuse()
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = RawAttribute<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some(attribute) = self.visible.next() {
            return Some(attribute);
        }
        self.skip_ignored()?;
        self.visible.next()
    }
}

impl FusedIterator for Attributes<'_> {}

impl fmt::Debug for Attributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
