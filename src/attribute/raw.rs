//! An attribute as it is in a message.

use core::ops::Range;

use super::{Attribute, AttributeType};
use crate::dialect::{Context, Dialect};
use crate::error::AttributeError;
use crate::num::saturating_u32;
use crate::transaction_id::TransactionId;
use crate::wire::{TLV_HEADER_LEN, Tlv};

/// An attribute as it is in a message: its type, its value, its padding and its offset
/// ([RFC 8489 §14](https://www.rfc-editor.org/rfc/rfc8489#section-14)).
///
/// ```
/// use stunwire::Message;
/// use stunwire::attribute::{AttributeType, Priority};
///
/// let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24\x00\x04\x6e\x00\x01\xff";
/// for attribute in Message::parse(packet)?.attributes() {
///     assert_eq!(attribute.ty(), AttributeType::PRIORITY);
///     assert_eq!(attribute.value(), b"\x6e\x00\x01\xff");
///     assert_eq!(attribute.offset(), 20);
///     assert_eq!(attribute.decode::<Priority>()?, Priority(0x6E00_01FF));
/// }
/// # Ok::<(), stunwire::Error>(())
/// ```
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
    /// Returns `None` if the attribute extends past the message, which parsing excludes.
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

    /// The attribute type.
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

    /// The 0 to 3 bytes of padding after the value, as they were sent. Not all senders pad with zeros.
    #[must_use]
    #[inline]
    pub const fn padding(&self) -> &'a [u8] {
        self.padding
    }

    /// Offset of the attribute from the start of the message, in bytes.
    #[must_use]
    #[inline]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "at most 65,551; lib.rs requires a usize of at least 32 bits"
    )]
    pub const fn offset(&self) -> usize {
        self.offset as usize
    }

    /// The range of the value in the message, in bytes, for a caller that stores offsets instead of a borrow.
    #[must_use]
    #[inline]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "at most 65,551 + 4 + 65,535"
    )]
    pub const fn range(&self) -> Range<usize> {
        let start = self.offset() + TLV_HEADER_LEN;
        start..start + self.value.len()
    }

    /// The transaction id and the dialect of the message.
    #[must_use]
    #[inline]
    pub const fn context(&self) -> Context {
        Context::new(TransactionId::classic(*self.id), self.dialect)
    }

    /// The name of the attribute type in the dialect of the message. `None` if it has none.
    #[must_use]
    pub fn name(&self) -> Option<&'static str> {
        self.dialect.name_of(self.ty())
    }

    /// Reads the value as a `T`, whatever the attribute type is.
    ///
    /// # Errors
    /// If the value is not a value of `T`.
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
}
