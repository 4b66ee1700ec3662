//! Reading several attributes in one pass.

use super::Attributes;
use crate::attribute::{Attribute, RawAttribute};
use crate::code_point::AttributeType;
use crate::dialect::Dialect;
use crate::error::AttributeError;
use crate::wire::Tlv;

/// What [`Message::read`](crate::Message::read) can read: a tuple of 1 to 12 attribute types, each as
/// itself if it is required or as `Option<T>` if it is optional.
///
/// This trait is sealed.
pub trait ReadAttributes<'a>: sealed::Read<'a> {}

/// An element of a tuple that implements [`ReadAttributes`]: an attribute type that is required, or an
/// `Option` of one.
///
/// This trait is sealed.
pub trait ReadField<'a>: sealed::Field<'a> {}

impl<'a, T: sealed::Field<'a>> ReadField<'a> for T {}

mod sealed {
    use super::{AttributeError, AttributeType, Attributes, Dialect, RawAttribute};

    pub trait Read<'a>: Sized {
        fn read(attributes: Attributes<'a>) -> Result<Self, AttributeError>;
    }

    pub trait Field<'a>: Sized {
        const TYPE: AttributeType;

        fn is_type(ty: AttributeType, dialect: Dialect) -> bool;

        fn is_alias(ty: AttributeType, dialect: Dialect) -> bool;

        fn decode(raw: Option<RawAttribute<'a>>, dialect: Dialect) -> Result<Self, AttributeError>;
    }
}

impl<'a, T: Attribute<'a>> sealed::Field<'a> for T {
    const TYPE: AttributeType = T::TYPE;

    #[inline(always)]
    fn is_type(ty: AttributeType, dialect: Dialect) -> bool {
        T::is_type(ty, dialect)
    }

    #[inline(always)]
    fn is_alias(ty: AttributeType, dialect: Dialect) -> bool {
        T::alias_in(dialect) == Some(ty)
    }

    #[inline(always)]
    fn decode(raw: Option<RawAttribute<'a>>, dialect: Dialect) -> Result<Self, AttributeError> {
        match raw {
            Some(raw) => raw.decode(),
            None => Err(missing::<T>(dialect)),
        }
    }
}

impl<'a, T: Attribute<'a>> sealed::Field<'a> for Option<T> {
    const TYPE: AttributeType = T::TYPE;

    #[inline(always)]
    fn is_type(ty: AttributeType, dialect: Dialect) -> bool {
        T::is_type(ty, dialect)
    }

    #[inline(always)]
    fn is_alias(ty: AttributeType, dialect: Dialect) -> bool {
        T::alias_in(dialect) == Some(ty)
    }

    #[inline(always)]
    fn decode(raw: Option<RawAttribute<'a>>, _: Dialect) -> Result<Self, AttributeError> {
        raw.map(|raw| raw.decode()).transpose()
    }
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
            fn read(mut attributes: Attributes<'a>) -> Result<Self, AttributeError> {
                const {
                    assert!(
                        are_distinct(&[$($field::TYPE),+]),
                        "an attribute type occurs twice in the tuple"
                    );
                }
                let dialect = attributes.dialect();
                $( let mut $slot = None; )+
                while let Some(tlv) = attributes.next_tlv() {
                    let ty = AttributeType::new(tlv.ty());
                    $(
                        if $field::is_type(ty, dialect) {
                            // An attribute of the registered type replaces an alias before it.
                            let replaces = $slot.is_none_or(|old: Tlv<'_>| {
                                $field::is_alias(AttributeType::new(old.ty()), dialect)
                                    && !$field::is_alias(ty, dialect)
                            });
                            if replaces {
                                $slot = Some(tlv);
                            }
                            continue;
                        }
                    )+
                }
                Ok(($(
                    $field::decode($slot.and_then(|tlv| attributes.raw(tlv)), dialect)?,
                )+))
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
