//! Reading several attributes in one pass.

use super::Attributes;
use crate::attribute::{Attribute, RawAttribute};
use crate::code_point::AttributeType;
use crate::dialect::Dialect;
use crate::error::AttributeError;

/// A tuple of 1 to 12 attribute types for [`Message::read`](crate::Message::read): `A` for an attribute that
/// is required, `Option<A>` for one that is optional.
///
/// This trait is sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tuple of attribute types",
    note = "`(Username, Option<Priority>)` is one, and `(Username,)` for a single attribute"
)]
pub trait ReadAttributes<'a>: sealed::Read<'a> {}

/// An element of a tuple that implements [`ReadAttributes`]: an attribute type that is required, or an
/// `Option` of one.
///
/// This trait is sealed.
pub trait ReadField<'a>: sealed::Field<'a> {}

impl<'a, T: sealed::Field<'a>> ReadField<'a> for T {}

mod sealed {
    use super::{AttributeError, AttributeType, Attributes, Dialect, RawAttribute};
    #[allow(unnameable_types, reason = "a sealed trait")]
    pub trait Read<'a>: Sized {
        fn read(attributes: Attributes<'a>) -> Result<Self, AttributeError>;
    }
    #[allow(unnameable_types, reason = "a sealed trait")]
    pub trait Field<'a>: Sized {
        const TYPE: AttributeType;
        type Value;

        /// The registered attribute type.
        fn type_in(dialect: Dialect) -> Option<AttributeType>;

        fn decode(raw: RawAttribute<'a>) -> Result<Self::Value, AttributeError>;

        /// `value` is that of the registered type. If that type is absent, the alias is read.
        fn finish(
            value: Option<Self::Value>,
            attributes: Attributes<'a>,
        ) -> Result<Self, AttributeError>;
    }
}

impl<'a, T: Attribute<'a>> sealed::Field<'a> for T {
    const TYPE: AttributeType = T::TYPE;
    type Value = T;

    #[inline(always)]
    fn type_in(dialect: Dialect) -> Option<AttributeType> {
        T::type_in(dialect)
    }

    #[inline(always)]
    fn decode(raw: RawAttribute<'a>) -> Result<T, AttributeError> {
        raw.decode()
    }

    #[inline(always)]
    fn finish(value: Option<T>, attributes: Attributes<'a>) -> Result<Self, AttributeError> {
        let dialect = attributes.dialect();
        match or_alias(value, attributes)? {
            Some(value) => Ok(value),
            None => Err(missing::<T>(dialect)),
        }
    }
}

impl<'a, T: Attribute<'a>> sealed::Field<'a> for Option<T> {
    const TYPE: AttributeType = T::TYPE;
    type Value = T;

    #[inline(always)]
    fn type_in(dialect: Dialect) -> Option<AttributeType> {
        T::type_in(dialect)
    }

    #[inline(always)]
    fn decode(raw: RawAttribute<'a>) -> Result<T, AttributeError> {
        raw.decode()
    }

    #[inline(always)]
    fn finish(value: Option<T>, attributes: Attributes<'a>) -> Result<Self, AttributeError> {
        or_alias(value, attributes)
    }
}

/// The value, or that of the alias if the dialect has one: a second pass, which few messages need.
#[inline(always)]
fn or_alias<'a, T: Attribute<'a>>(
    value: Option<T>,
    attributes: Attributes<'a>,
) -> Result<Option<T>, AttributeError> {
    if value.is_none() && T::alias_in(attributes.dialect()).is_some() {
        return attributes.get();
    }
    Ok(value)
}

/// The error for an attribute that is required and absent.
#[cold]
fn missing<'a, T: Attribute<'a>>(dialect: Dialect) -> AttributeError {
    AttributeError::missing(T::type_in(dialect).unwrap_or(T::TYPE), dialect)
}

/// Whether no type occurs twice.
const fn are_distinct(types: &[AttributeType]) -> bool {
    let mut rest = types;
    while let [first, others @ ..] = rest {
        let mut remaining = others;
        while let [other, more @ ..] = remaining {
            if first.as_u16() == other.as_u16() {
                return false;
            }
            remaining = more;
        }
        rest = others;
    }
    true
}

macro_rules! read_tuple {
    ($($field:ident $slot:ident),+) => {
        impl<'a, $($field: ReadField<'a>),+> ReadAttributes<'a> for ($($field,)+) {}

        impl<'a, $($field: ReadField<'a>),+> sealed::Read<'a> for ($($field,)+) {
            #[inline(always)]
            fn read(attributes: Attributes<'a>) -> Result<Self, AttributeError> {
                const {
                    assert!(
                        are_distinct(&[$($field::TYPE),+]),
                        "an attribute type occurs twice in the tuple"
                    );
                }
                let dialect = attributes.dialect();
                let mut rest = attributes.clone();
                $( let mut $slot = None; )+
                while let Some(tlv) = rest.next_tlv() {
                    let ty = Some(AttributeType::new(tlv.ty()));
                    $(
                        if ty == $field::type_in(dialect) {
                            if $slot.is_none() {
                                $slot = rest.raw(tlv).map($field::decode).transpose()?;
                            }
                            continue;
                        }
                    )+
                }
                Ok(($( $field::finish($slot, attributes.clone())?, )+))
            }
        }
    };
}

read_tuple!(A a);
read_tuple!(A a, B b);
read_tuple!(A a, B b, C c);
read_tuple!(A a, B b, C c, D d);
read_tuple!(A a, B b, C c, D d, E e);
read_tuple!(A a, B b, C c, D d, E e, F f);
read_tuple!(A a, B b, C c, D d, E e, F f, G g);
read_tuple!(A a, B b, C c, D d, E e, F f, G g, H h);
read_tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i);
read_tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j);
read_tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k);
read_tuple!(A a, B b, C c, D d, E e, F f, G g, H h, I i, J j, K k, L l);

impl<'a> Attributes<'a> {
    /// Reads several attributes in one pass.
    #[inline(always)]
    pub(crate) fn read<T: ReadAttributes<'a>>(self) -> Result<T, AttributeError> {
        T::read(self)
    }
}
