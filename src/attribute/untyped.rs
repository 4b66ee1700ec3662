//! An attribute whose type is known only at run time.

use super::{AttributeType, EncodeAttribute};
use crate::dialect::{Context, Dialect};

/// An attribute to be written whose type is known only at run time: its type and the bytes of its value.
///
/// The writer refuses the attribute types that it writes itself, such as MESSAGE-INTEGRITY and FINGERPRINT.
/// To copy an attribute from another message with its padding, use
/// [`MessageWriter::raw`](crate::MessageWriter::raw).
///
/// ```
/// use stunwire::attribute::{AttributeType, UntypedAttribute};
/// use stunwire::{MessageWriter, Method, TransactionId};
///
/// let mut buffer = [0; 64];
/// let id = TransactionId::new(*b"unpredictabl");
/// let packet = MessageWriter::indication(&mut buffer, Method::BINDING, id)?
///     .with(&UntypedAttribute::new(AttributeType::new(0xC123), b"value"))?
///     .finish()?;
/// assert_eq!(packet[20..], *b"\xc1\x23\x00\x05value\0\0\0");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UntypedAttribute<'a> {
    ty: AttributeType,
    value: &'a [u8],
}

impl<'a> UntypedAttribute<'a> {
    /// Creates an attribute from its type and its value without padding.
    #[must_use]
    pub fn new<V: AsRef<[u8]> + ?Sized>(ty: AttributeType, value: &'a V) -> Self {
        Self {
            ty,
            value: value.as_ref(),
        }
    }

    /// The attribute type.
    #[must_use]
    pub const fn ty(&self) -> AttributeType {
        self.ty
    }

    /// The value without padding.
    #[must_use]
    pub const fn value(&self) -> &'a [u8] {
        self.value
    }
}

impl EncodeAttribute for UntypedAttribute<'_> {
    /// The attribute type, in every dialect.
    fn wire_type(&self, _: Dialect) -> Option<AttributeType> {
        Some(self.ty)
    }

    fn value_len(&self, _: Context) -> usize {
        self.value.len()
    }

    fn encode(&self, out: &mut [u8], _: Context) {
        if super::shape::put_all(out, self.value).is_none() {
            out.fill(0);
        }
    }
}
