//! One attribute, as it stands.

use core::ops::Range;

use super::registry;
use super::{AnyAttribute, Attribute, AttributeType};
use crate::dialect::{Context, Dialect};
use crate::error::AttributeError;
use crate::num::saturating_u32;
use crate::transaction_id::TransactionId;
use crate::wire::{TLV_HEADER_LEN, Tlv};

/// One attribute as it stands on the wire
/// ([RFC 8489 §14](https://www.rfc-editor.org/rfc/rfc8489#section-14)).
#[derive(Clone, Copy)]
pub struct RawAttribute<'a> {
    value: &'a [u8],
    padding: &'a [u8],
    id: &'a [u8; 16],
    offset: u32,
    ty: u16,
    dialect: Dialect,
}

impl<'a> RawAttribute<'a> {
    /// `None` if it ends behind the message, which parsing has ruled out.
    #[inline(always)]
    pub(crate) fn new(tlv: Tlv<'a>, id: &'a [u8; 16], dialect: Dialect) -> Option<Self> {
        Some(Self {
            value: tlv.value()?,
            padding: tlv.padding(dialect.is_padded()),
            id,
            offset: saturating_u32(tlv.offset()),
            ty: tlv.ty(),
            dialect,
        })
    }

    /// The type.
    #[must_use]
    #[inline]
    pub const fn ty(&self) -> AttributeType {
        AttributeType::new(self.ty)
    }

    /// The value, without padding.
    #[must_use]
    #[inline]
    pub const fn value(&self) -> &'a [u8] {
        self.value
    }

    /// The 0 to 3 bytes that pad the value, as they were sent. They are zero only by RFC 8489.
    #[must_use]
    #[inline]
    pub const fn padding(&self) -> &'a [u8] {
        self.padding
    }

    /// Where the attribute begins, in bytes from the start of the message.
    #[must_use]
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub const fn offset(&self) -> usize {
        // At most 65,551, and `usize` has at least 32 bits: see `lib.rs`.
        self.offset as usize
    }

    /// Where the value stands in the message: for who wants to keep the place and not the borrow.
    #[must_use]
    #[inline]
    pub const fn range(&self) -> Range<usize> {
        let start = self.offset().wrapping_add(TLV_HEADER_LEN);
        start..start.wrapping_add(self.value.len())
    }

    /// The dialect and transaction id of the message.
    #[must_use]
    #[inline]
    pub const fn context(&self) -> Context {
        Context::new(TransactionId::classic(*self.id), self.dialect)
    }

    /// The name in the message's dialect, `None` if it has none.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.dialect.name_of(self.ty())
    }

    /// Reads the value as a `T`, whatever the type says.
    ///
    /// # Errors
    /// When the value is none of `T`.
    #[inline(always)]
    pub fn decode<T: Attribute<'a>>(&self) -> Result<T, AttributeError> {
        match T::decode(self.value, self.context()) {
            Ok(value) => Ok(value),
            Err(source) => Err(AttributeError::malformed(
                self.ty(),
                self.offset,
                source,
                self.dialect,
            )),
        }
    }

    /// Reads the value as what its type says; an unknown type stays as it is.
    ///
    /// # Errors
    /// When the value is malformed.
    #[inline(always)]
    pub fn to_any(&self) -> Result<AnyAttribute<'a>, AttributeError> {
        registry::to_any(*self)
    }
}
