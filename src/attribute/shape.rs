//! The internal traits for reading and writing values, and macros for frequent layouts.

use crate::dialect::Context;
use crate::error::{EncodeError, ValueError};

/// A type that can read its value. The registry implements `Attribute` for it, with its attribute types.
pub(crate) trait Decode<'a>: Sized {
    fn decode(value: &'a [u8], context: Context) -> Result<Self, ValueError>;
}

/// A type that can write its value. The registry implements `EncodeAttribute` for it, with its attribute types.
pub(crate) trait Encode {
    /// Length of the value in bytes, without padding. Saturates: more than 65,535 is refused anyway.
    fn value_len(&self, context: Context) -> usize;

    /// Writes the value. `None` if `out` is not `value_len` bytes long.
    fn encode(&self, out: &mut [u8], context: Context) -> Option<()>;

    #[inline]
    fn validate(&self, _: Context) -> Result<(), EncodeError> {
        Ok(())
    }
}

/// Writes the value into `out`, which a caller of the public trait may have made too short: then no
/// stale byte is left in it.
#[inline]
pub(crate) fn encode<T: Encode + ?Sized>(value: &T, out: &mut [u8], context: Context) {
    if value.encode(out, context).is_none() {
        clear(out);
    }
}

#[cold]
fn clear(out: &mut [u8]) {
    out.fill(0);
}

/// The value as an array, if it has that length.
#[inline]
pub(crate) fn array<const N: usize>(value: &[u8]) -> Result<[u8; N], ValueError> {
    match value.split_first_chunk::<N>() {
        Some((chunk, [])) => Ok(*chunk),
        _ => {
            let length = crate::num::saturating_u16(N);
            Err(ValueError::length(value.len(), length, length))
        }
    }
}

/// The elements of a list, if it consists of whole elements of `N` bytes.
#[inline]
pub(crate) fn elements<const N: usize>(value: &[u8]) -> Result<&[u8], ValueError> {
    if value.chunks_exact(N).remainder().is_empty() {
        Ok(value)
    } else {
        Err(ValueError::Multiple {
            found: crate::num::saturating_u16(value.len()),
            of: crate::num::saturating_u16(N),
        })
    }
}

/// Iterates over the elements of a list, each as an array of `N` bytes.
pub(crate) fn arrays<const N: usize>(list: &[u8]) -> impl Iterator<Item = [u8; N]> + Clone + '_ {
    list.chunks_exact(N)
        .filter_map(|element| element.first_chunk().copied())
}

/// Writes `bytes` at the start of `out`.
#[inline]
pub(crate) fn put<const N: usize>(out: &mut [u8], bytes: [u8; N]) -> Option<()> {
    *out.first_chunk_mut::<N>()? = bytes;
    Some(())
}

/// Writes `bytes` at the start of `out` and returns the rest.
#[inline]
pub(crate) fn put_slice<'o>(out: &'o mut [u8], bytes: &[u8]) -> Option<&'o mut [u8]> {
    let (start, rest) = out.split_at_mut_checked(bytes.len())?;
    start.copy_from_slice(bytes);
    Some(rest)
}

/// Writes `bytes`, which fill all of `out`.
#[inline]
pub(crate) fn put_all(out: &mut [u8], bytes: &[u8]) -> Option<()> {
    put_slice(out, bytes).map(|_| ())
}

/// Defines an attribute whose value is an unsigned integer in network byte order.
macro_rules! number {
    (
        $(#[$doc:meta])*
        pub struct $name:ident(
            $(#[$field:meta])*
            pub $int:ident $(,)?
        );
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(
            $(#[$field])*
            pub $int,
        );

        impl<'a> $crate::attribute::shape::Decode<'a> for $name {
            #[inline]
            fn decode(value: &'a [u8], _: $crate::Context) -> Result<Self, $crate::ValueError> {
                $crate::attribute::shape::array(value).map(|bytes| Self($int::from_be_bytes(bytes)))
            }
        }

        impl $crate::attribute::shape::Encode for $name {
            #[inline]
            fn value_len(&self, _: $crate::Context) -> usize {
                size_of::<$int>()
            }

            #[inline]
            fn encode(&self, out: &mut [u8], _: $crate::Context) -> Option<()> {
                $crate::attribute::shape::put(out, self.0.to_be_bytes())
            }
        }
    };
}

/// Defines an attribute without a value: its presence is the information.
macro_rules! flag {
    (
        $(#[$doc:meta])*
        pub struct $name:ident;
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name;

        impl<'a> $crate::attribute::shape::Decode<'a> for $name {
            #[inline]
            fn decode(value: &'a [u8], _: $crate::Context) -> Result<Self, $crate::ValueError> {
                $crate::attribute::shape::array::<0>(value).map(|_| Self)
            }
        }

        impl $crate::attribute::shape::Encode for $name {
            #[inline]
            fn value_len(&self, _: $crate::Context) -> usize {
                0
            }

            #[inline]
            fn encode(&self, _: &mut [u8], _: $crate::Context) -> Option<()> {
                Some(())
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str("present")
            }
        }
    };
}

/// Defines an attribute whose value is opaque and has a fixed length in bytes.
macro_rules! token {
    (
        $(#[$doc:meta])*
        pub struct $name:ident(
            $(#[$field:meta])*
            pub [u8; $len:literal] $(,)?
        );
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(
            $(#[$field])*
            pub [u8; $len],
        );

        impl<'a> $crate::attribute::shape::Decode<'a> for $name {
            #[inline]
            fn decode(value: &'a [u8], _: $crate::Context) -> Result<Self, $crate::ValueError> {
                $crate::attribute::shape::array(value).map(Self)
            }
        }

        impl $crate::attribute::shape::Encode for $name {
            #[inline]
            fn value_len(&self, _: $crate::Context) -> usize {
                $len
            }

            #[inline]
            fn encode(&self, out: &mut [u8], _: $crate::Context) -> Option<()> {
                $crate::attribute::shape::put(out, self.0)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::format::Hex(&self.0), f)
            }
        }
    };
}

/// Defines an attribute whose value is opaque and has any length.
macro_rules! opaque {
    (
        $(#[$doc:meta])*
        pub struct $name:ident<'a>(
            $(#[$field:meta])*
            pub &'a [u8] $(,)?
        );
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name<'a>(
            $(#[$field])*
            pub &'a [u8],
        );

        impl<'a> $crate::attribute::shape::Decode<'a> for $name<'a> {
            #[inline]
            fn decode(value: &'a [u8], _: $crate::Context) -> Result<Self, $crate::ValueError> {
                Ok(Self(value))
            }
        }

        impl $crate::attribute::shape::Encode for $name<'_> {
            #[inline]
            fn value_len(&self, _: $crate::Context) -> usize {
                self.0.len()
            }

            #[inline]
            fn encode(&self, out: &mut [u8], _: $crate::Context) -> Option<()> {
                $crate::attribute::shape::put_all(out, self.0)
            }
        }
    };
}
