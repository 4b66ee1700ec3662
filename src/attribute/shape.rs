//! The few shapes that most attributes have.

use crate::error::ValueError;

/// The value as an array, if it has that length.
#[inline(always)]
pub(crate) fn array<const N: usize>(value: &[u8]) -> Result<[u8; N], ValueError> {
    match value.as_array_of::<N>() {
        Some(array) => Ok(*array),
        None => {
            let length = u16::try_from(N).unwrap_or(u16::MAX);
            Err(ValueError::length(value.len(), length, length))
        }
    }
}

trait AsArray {
    fn as_array_of<const N: usize>(&self) -> Option<&[u8; N]>;
}

impl AsArray for [u8] {
    #[inline(always)]
    fn as_array_of<const N: usize>(&self) -> Option<&[u8; N]> {
        match self.split_first_chunk::<N>() {
            Some((chunk, [])) => Some(chunk),
            _ => None,
        }
    }
}

/// Writes `bytes` to the front of `out`, which the caller has made long enough.
#[inline(always)]
pub(crate) fn put<const N: usize>(out: &mut [u8], bytes: [u8; N]) {
    if let Some(front) = out.first_chunk_mut::<N>() {
        *front = bytes;
    }
}

/// Writes `bytes` to the front of `out` and gives what is behind.
#[inline(always)]
pub(crate) fn put_slice<'o>(out: &'o mut [u8], bytes: &[u8]) -> &'o mut [u8] {
    match out.split_at_mut_checked(bytes.len()) {
        Some((front, behind)) => {
            front.copy_from_slice(bytes);
            behind
        }
        None => &mut [],
    }
}

/// `Attribute` from the registry's row and a function that reads the value.
macro_rules! reads {
    ($ty:ident $(<$lifetime:lifetime>)?, |$value:ident, $context:ident| $decode:expr) => {
        impl<'a> $crate::attribute::Attribute<'a> for $ty $(<$lifetime>)? {
            const TYPE: $crate::attribute::AttributeType =
                <Self as $crate::attribute::registry::Entry>::TYPE;

            #[inline(always)]
            fn type_in(
                dialect: $crate::Dialect,
            ) -> Option<$crate::attribute::AttributeType> {
                <Self as $crate::attribute::registry::Entry>::type_in(dialect)
            }

            #[inline(always)]
            fn is_type(ty: $crate::attribute::AttributeType, dialect: $crate::Dialect) -> bool {
                <Self as $crate::attribute::registry::Entry>::is_type(ty, dialect)
            }

            #[inline(always)]
            #[allow(unused_variables)]
            fn decode(
                $value: &'a [u8],
                $context: $crate::Context,
            ) -> Result<Self, $crate::ValueError> {
                $decode
            }
        }
    };
}

/// `EncodeAttribute` from the registry's row, a length and a function that writes the value.
macro_rules! writes {
    ($ty:ty, as $entry:ty, |$this:ident, $context:ident| $len:expr, |$out:ident| $encode:expr) => {
        impl $crate::attribute::EncodeAttribute for $ty {
            #[inline(always)]
            fn wire_type(
                &self,
                dialect: $crate::Dialect,
            ) -> Option<$crate::attribute::AttributeType> {
                <$entry as $crate::attribute::registry::Entry>::type_in(dialect)
            }

            #[inline(always)]
            #[allow(unused_variables)]
            fn value_len(&self, $context: $crate::Context) -> usize {
                let $this = self;
                $len
            }

            #[inline(always)]
            #[allow(unused_variables)]
            fn encode(&self, $out: &mut [u8], $context: $crate::Context) {
                let $this = self;
                $encode
            }
        }
    };
}

/// An unsigned integer in network order.
macro_rules! number {
    ($(#[$doc:meta])* $name:ident($(#[$field:meta])* $int:ident)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($(#[$field])* pub $int);

        reads!($name, |value, context| {
            $crate::attribute::shape::array(value).map(|bytes| Self($int::from_be_bytes(bytes)))
        });
        writes!($name, as $name, |this, context| size_of::<$int>(), |out| {
            $crate::attribute::shape::put(out, this.0.to_be_bytes());
        });
    };
}

/// An attribute that says all by being there.
macro_rules! flag {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name;

        reads!($name, |value, context| {
            $crate::attribute::shape::array::<0>(value).map(|_| Self)
        });
        writes!($name, as $name, |this, context| 0, |out| {});

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("present")
            }
        }
    };
}

/// Bytes of a fixed length.
macro_rules! token {
    ($(#[$doc:meta])* $name:ident($(#[$field:meta])* $len:literal)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name($(#[$field])* pub [u8; $len]);

        reads!($name, |value, context| $crate::attribute::shape::array(value).map(Self));
        writes!($name, as $name, |this, context| $len, |out| {
            $crate::attribute::shape::put(out, this.0);
        });

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::format::Hex(&self.0), f)
            }
        }
    };
}
