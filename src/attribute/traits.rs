//! The two traits of attributes: reading and writing.

use crate::code_point::AttributeType;
use crate::dialect::{Context, Dialect};
use crate::error::ValueError;

/// What can be written as an attribute. Object-safe, so that an application can keep a list of its
/// own: `&[&dyn EncodeAttribute]`.
pub trait EncodeAttribute {
    /// The type to write in this dialect, `None` if the dialect has no such attribute.
    fn wire_type(&self, dialect: Dialect) -> Option<AttributeType>;

    /// Length of the value in bytes, without padding.
    fn value_len(&self, context: Context) -> usize;

    /// Writes the value into `out`, which is exactly [`value_len`](Self::value_len) bytes long and
    /// may hold anything: every byte of it must be written.
    fn encode(&self, out: &mut [u8], context: Context);
}

/// What can be read from an attribute by its type. `'a` is the lifetime of the packet.
///
/// Implement it, and [`EncodeAttribute`], to define an attribute of one's own: it then works in
/// [`Message::get`](crate::Message::get) and in the writer like those of this crate.
///
/// ```
/// use stunwire::{Context, Message, ValueError};
/// use stunwire::attribute::{Attribute, AttributeType};
///
/// /// A load figure, one byte, in the range for experts' review.
/// struct Load(u8);
///
/// impl<'a> Attribute<'a> for Load {
///     const TYPE: AttributeType = AttributeType::new(0xC123);
///
///     fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
///         match value {
///             [load] => Ok(Self(*load)),
///             _ => Err(ValueError::length(value.len(), 1, 1)),
///         }
///     }
/// }
///
/// let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\xc1\x23\x00\x01\x2a\x00\x00\x00";
/// let load = Message::parse(packet)?.get::<Load>()?;
/// assert_eq!(load.map(|load| load.0), Some(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Attribute<'a>: Sized {
    /// The type.
    const TYPE: AttributeType;

    /// The type in this dialect, `None` if the dialect has no such attribute: it then reads as
    /// absent.
    #[must_use]
    #[inline(always)]
    fn type_in(_dialect: Dialect) -> Option<AttributeType> {
        Some(Self::TYPE)
    }

    /// Whether an attribute of type `ty` is to be read as this. More than one type may be, where an
    /// attribute has an older code that peers still send.
    #[must_use]
    #[inline(always)]
    fn is_type(ty: AttributeType, dialect: Dialect) -> bool {
        Self::type_in(dialect) == Some(ty)
    }

    /// Reads the value, without padding.
    ///
    /// # Errors
    /// When the bytes are no value of this type.
    fn decode(value: &'a [u8], context: Context) -> Result<Self, ValueError>;
}
