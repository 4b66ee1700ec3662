//! The registered attribute types: each number is written once, in the tables of this folder.
//!
//! From the rows come the constants of [`AttributeType`], the names, the implementations of [`Attribute`]
//! and [`EncodeAttribute`](super::EncodeAttribute), [`AnyAttribute`](super::AnyAttribute) and
//! [`registered`]. A type says how its value is read and written (`Decode` and `Encode` in `shape`), its
//! row says under which codes.

use crate::attribute;
use crate::attribute::Attribute;
use crate::code_point::AttributeType;
use crate::dialect::{Context, Dialect, PadInLength};
use crate::error::ValueError;

#[macro_use]
mod stun;
#[macro_use]
mod turn;
#[macro_use]
mod ice;
#[macro_use]
mod microsoft;

/// Passes the rows of every table to `$callback`, in the order of the tables.
macro_rules! attributes {
    ($callback:ident) => {
        stun_attributes![then_turn, $callback, []];
    };
}

macro_rules! then_turn {
    ($callback:ident, $before:tt, [$(Row $row:tt),+ $(,)?]) => {
        turn_attributes![then_ice, $callback, [$(Row $row,)+]];
    };
}

macro_rules! then_ice {
    ($callback:ident, [$(Row $before:tt,)+], [$(Row $row:tt),+ $(,)?]) => {
        ice_attributes![then_microsoft, $callback, [$(Row $before,)+ $(Row $row,)+]];
    };
}

macro_rules! then_microsoft {
    ($callback:ident, [$(Row $before:tt,)+], [$(Row $row:tt),+ $(,)?]) => {
        microsoft_attributes![then_call, $callback, [$(Row $before,)+ $(Row $row,)+]];
    };
}

macro_rules! then_call {
    ($callback:ident, [$(Row $before:tt,)+], [$(Row $row:tt),+ $(,)?]) => {
        $callback![$(Row $before,)+ $(Row $row,)+];
    };
}

/// The dialects in which a code has the meaning of its row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DialectSet(u8);

impl DialectSet {
    pub(crate) const ALL: Self = Self(u8::MAX);
    pub(crate) const MS_TURN: Self = Self(Dialect::MS_TURN.bit());
    /// MS-TURN and both forms of MS-ICE2.
    pub(crate) const MICROSOFT: Self =
        Self(Dialect::MS_TURN.bit() | Dialect::MS_ICE2.bit() | Dialect::MS_ICE2_LEGACY.bit());
    /// All but MS-TURN: the codes of the RFCs.
    pub(crate) const STUN: Self = Self(!Dialect::MS_TURN.bit());

    #[inline(always)]
    pub(crate) const fn contains(self, dialect: Dialect) -> bool {
        self.0 == u8::MAX || self.0 & dialect.bit() != 0
    }
}

/// Implements `EncodeAttribute` for a type that implements `Encode`, under the attribute types of itself
/// or of `$attribute`. Types that only the writer makes (`support: Read`) have no implementation.
macro_rules! encode_attribute {
    ($ty:ty, Read) => {};
    ($ty:ty) => {
        encode_attribute!($ty, as $ty);
    };
    ($ty:ty, as $attribute:ty) => {
        impl<'a> $crate::attribute::EncodeAttribute for $ty {
            #[inline(always)]
            fn wire_type(
                &self,
                dialect: $crate::Dialect,
            ) -> Option<$crate::attribute::AttributeType> {
                <$attribute as $crate::attribute::Attribute>::type_in(dialect)
            }

            #[inline(always)]
            fn value_len(&self, context: $crate::Context) -> usize {
                $crate::attribute::shape::Encode::value_len(self, context)
            }

            #[inline(always)]
            fn encode(&self, out: &mut [u8], context: $crate::Context) {
                $crate::attribute::shape::encode(self, out, context);
            }

            #[inline(always)]
            fn validate(&self, context: $crate::Context) -> Result<(), $crate::EncodeError> {
                $crate::attribute::shape::Encode::validate(self, context)
            }
        }
    };
}

macro_rules! support {
    () => {
        Support::ReadWrite
    };
    ($support:ident) => {
        Support::$support
    };
}

macro_rules! alias {
    ($dialect:ident;) => {
        None
    };
    ($dialect:ident; $in:ident $code:literal) => {
        DialectSet::$in
            .contains($dialect)
            .then_some(AttributeType::new($code))
    };
}

macro_rules! registry {
    ($(Row {
        constant: $constant:ident,
        name: $name:literal,
        codes: [$first_in:ident($first:literal) $(, $in:ident($code:literal))*],
        $(alias: $alias_in:ident($alias:literal),)?
        value: $variant:ident($ty:ty),
        $(support: $support:ident,)?
        $(padding: $padding:ident,)?
        reference: $reference:tt $(,)?
    },)+) => {
        impl AttributeType {
            $(
                #[doc = concat!("`", $name, "`, ", stringify!($first), ": ", reference_doc!($reference), ".")]
                pub const $constant: Self = Self::new($first);
            )+
        }

        $(
            impl<'a> Attribute<'a> for $ty {
                const TYPE: AttributeType = AttributeType::$constant;

                #[inline(always)]
                fn type_in(dialect: Dialect) -> Option<AttributeType> {
                    if DialectSet::$first_in.contains(dialect) {
                        return Some(AttributeType::new($first));
                    }
                    $(
                        if DialectSet::$in.contains(dialect) {
                            return Some(AttributeType::new($code));
                        }
                    )*
                    None
                }

                #[inline(always)]
                fn alias_in(_dialect: Dialect) -> Option<AttributeType> {
                    alias!(_dialect; $($alias_in $alias)?)
                }

                #[inline(always)]
                fn decode(value: &'a [u8], context: Context) -> Result<Self, ValueError> {
                    attribute::shape::Decode::decode(value, context)
                }
            }

            encode_attribute!($ty $(, $support)?);
        )+

        const ROWS: &[Registered] = &[
            $( Registered {
                ty: AttributeType::$constant,
                name: $name,
                reference: reference!($reference),
                support: support!($($support)?),
                other_types: &[
                    $( AttributeType::new($code), )*
                    $( AttributeType::new($alias), )?
                ],
            }, )+
        ];

        /// The name of an attribute type in a dialect, if it is in one of the tables.
        fn name_in_tables(ty: AttributeType, dialect: Dialect) -> Option<&'static str> {
            match ty.as_u16() {
                $(
                    $first if DialectSet::$first_in.contains(dialect) => Some($name),
                    $( $code if DialectSet::$in.contains(dialect) => Some($name), )*
                    $( $alias if DialectSet::$alias_in.contains(dialect) => Some($name), )?
                )+
                _ => None,
            }
        }

        /// The padding of a value of this type in dialects that include padding in the length.
        fn padding_byte(ty: AttributeType) -> Option<PaddingByte> {
            match ty {
                $( $( AttributeType::$constant => Some(PaddingByte::$padding), )? )+
                _ => None,
            }
        }
    };
}

attributes!(registry);

// After the macros that they use.
mod names;
mod other;

/// The padding of a value to a multiple of 4 bytes in the dialects that include padding in the length
/// (RFC 3489 §11.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaddingByte {
    /// Zero bytes.
    Nul,
    /// Spaces (RFC 3489 §11.2.9).
    Space,
    /// The last two bytes again (RFC 3489 §11.2.10).
    Repeat,
}

/// The padding of a value of this type inside its length, in this dialect. `None` if there is no such padding.
pub(crate) fn padding_in_length(ty: AttributeType, dialect: Dialect) -> Option<PaddingByte> {
    match dialect.rules().pad_in_length {
        PadInLength::Never => None,
        PadInLength::Always => padding_byte(ty),
        // libnice pads the two texts that its checks have carried since the old format, and no other.
        PadInLength::UnlessUnpadded => match ty {
            AttributeType::USERNAME | AttributeType::MS_CANDIDATE_IDENTIFIER => padding_byte(ty),
            _ if dialect.is_padded() => padding_byte(ty),
            _ => None,
        },
    }
}

/// An entry of the registry: an attribute that this crate knows, yielded by [`registered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Registered {
    /// The attribute type, in RFC 8489 if it depends on the dialect.
    pub ty: AttributeType,
    /// The name.
    pub name: &'static str,
    /// The document that defines the attribute.
    pub reference: &'static str,
    /// How far the crate supports the attribute.
    pub support: Support,
    /// The attribute types that it has in other dialects, or had in drafts of its document.
    other_types: &'static [AttributeType],
}

impl Registered {
    /// The attribute types that the attribute has in other dialects, and those of drafts that peers still
    /// send and the crate still reads.
    ///
    /// ```
    /// use stunwire::attribute::{AttributeType, registered};
    ///
    /// let mapped = registered().find(|row| row.name == "XOR-MAPPED-ADDRESS");
    /// let others: Vec<_> = mapped.into_iter().flat_map(|row| row.other_types()).collect();
    /// assert_eq!(others, [AttributeType::new(0x8020)]);
    /// ```
    pub fn other_types(&self) -> impl Iterator<Item = AttributeType> + Clone + use<> {
        let types = self.other_types;
        // XOR-MAPPED-ADDRESS has one type both in another dialect and from drafts.
        types
            .iter()
            .enumerate()
            .filter(move |(index, ty)| !types.iter().take(*index).any(|other| other == *ty))
            .map(|(_, ty)| *ty)
    }
}

/// How far the crate supports an attribute.
///
/// ```
/// use stunwire::attribute::{AttributeType, Support, registered};
///
/// let row = registered().find(|row| row.ty == AttributeType::MESSAGE_INTEGRITY);
/// assert_eq!(row.map(|row| row.support), Some(Support::Read));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Support {
    /// The crate has a type that reads and writes it.
    ReadWrite,
    /// The crate has a type that reads it. Only the writer itself writes it.
    Read,
    /// The crate knows its name; its layout is not published.
    Bytes,
    /// IANA has reserved the type.
    Reserved,
}

/// Returns every attribute that the crate knows, sorted by attribute type. A type that two protocols use is
/// yielded twice.
///
/// Example program: [`registry`](https://docs.rs/crate/stunwire/latest/source/examples/registry.rs).
///
/// ```
/// use stunwire::attribute::{AttributeType, registered};
///
/// let priority = registered().find(|row| row.ty == AttributeType::PRIORITY);
/// assert_eq!(priority.map(|row| row.reference), Some("RFC 8445 §7.1.1"));
/// ```
pub fn registered() -> impl Iterator<Item = Registered> + Clone {
    // Selects the rows of the next greater code each time: the tables are short and sorted by subject.
    let all = || {
        [ROWS, other::ROWS, other::SECOND_ROWS]
            .into_iter()
            .flatten()
    };
    let mut next = all().map(|row| row.ty).min();
    core::iter::from_fn(move || {
        let ty = next?;
        next = all().map(|row| row.ty).filter(|other| *other > ty).min();
        Some(all().filter(move |row| row.ty == ty).copied())
    })
    .flatten()
}
