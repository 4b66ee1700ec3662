//! What a message can be written into.

/// A buffer of the writer: a slice or an array, and, with their features, a `Vec<u8>` or a
/// `BytesMut`.
///
/// Into those that grow the message is appended; of a slice it takes the front. What stood before
/// it is never touched. The trait is sealed.
pub trait Buffer: sealed::Raw {}

pub(crate) mod sealed {
    /// The operations. `at` is always inside what was written.
    pub trait Raw {
        /// Where the message begins.
        fn start(&self) -> usize;

        /// Makes `by` bytes behind `at` writable, whatever they hold.
        fn extend(&mut self, at: usize, by: usize) -> Option<&mut [u8]>;

        /// All bytes.
        fn bytes(&mut self) -> &mut [u8];

        /// How many bytes there can be.
        fn limit(&self) -> usize;

        /// Ends the buffer at `at`, where it can end.
        fn cut(&mut self, at: usize);
    }
}

use sealed::Raw;

impl Buffer for [u8] {}

impl Raw for [u8] {
    #[inline(always)]
    fn start(&self) -> usize {
        0
    }

    #[inline(always)]
    fn extend(&mut self, at: usize, by: usize) -> Option<&mut [u8]> {
        self.get_mut(..at.wrapping_add(by))?.get_mut(at..)
    }

    #[inline(always)]
    fn bytes(&mut self) -> &mut [u8] {
        self
    }

    #[inline(always)]
    fn limit(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn cut(&mut self, _at: usize) {}
}

impl<const N: usize> Buffer for [u8; N] {}

impl<const N: usize> Raw for [u8; N] {
    #[inline(always)]
    fn start(&self) -> usize {
        0
    }

    #[inline(always)]
    fn extend(&mut self, at: usize, by: usize) -> Option<&mut [u8]> {
        self.as_mut_slice().extend(at, by)
    }

    #[inline(always)]
    fn bytes(&mut self) -> &mut [u8] {
        self
    }

    #[inline(always)]
    fn limit(&self) -> usize {
        N
    }

    #[inline(always)]
    fn cut(&mut self, _at: usize) {}
}

/// A buffer that grows at its end.
#[cfg(feature = "alloc")]
macro_rules! growing {
    ($ty:ty) => {
        impl Buffer for $ty {}

        impl Raw for $ty {
            #[inline(always)]
            fn start(&self) -> usize {
                self.len()
            }

            #[inline(always)]
            fn extend(&mut self, at: usize, by: usize) -> Option<&mut [u8]> {
                self.resize(at.checked_add(by)?, 0);
                self.get_mut(at..)
            }

            #[inline(always)]
            fn bytes(&mut self) -> &mut [u8] {
                self
            }

            #[inline(always)]
            fn limit(&self) -> usize {
                usize::MAX
            }

            fn cut(&mut self, at: usize) {
                self.truncate(at);
            }
        }
    };
}

#[cfg(feature = "alloc")]
growing!(alloc::vec::Vec<u8>);

#[cfg(feature = "bytes")]
growing!(bytes::BytesMut);
