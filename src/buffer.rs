//! The buffers into which a message can be written.

/// A buffer into which a message can be written: a slice or an array, and with the features `alloc` and
/// `bytes` a `Vec<u8>` and a `BytesMut`.
///
/// A message is appended to a growing buffer (`Vec<u8>`, `BytesMut`), and written to the start of a slice.
/// The bytes before it are never changed.
///
/// This trait is sealed.
///
/// ```
/// use stunwire::{Buffer, EncodeError, MessageWriter, Method, TransactionId};
///
/// /// Writes a keepalive into any buffer.
/// fn keepalive<B: Buffer + ?Sized>(buffer: &mut B, id: TransactionId) -> Result<&mut [u8], EncodeError> {
///     MessageWriter::indication(buffer, Method::BINDING, id)?.finish()
/// }
///
/// let id = TransactionId::new(*b"unpredictabl");
/// assert_eq!(keepalive(&mut [0; 20], id)?.len(), 20);
/// let mut stream = b"before".to_vec();
/// keepalive(&mut stream, id)?;
/// assert_eq!(stream.len(), 6 + 20);
/// # Ok::<(), EncodeError>(())
/// ```
pub trait Buffer: sealed::Raw {}

pub(crate) mod sealed {
    /// The operations of a buffer. Offsets count from its start.
    #[allow(unnameable_types, reason = "a sealed trait")]
    pub trait Raw {
        /// Offset at which a message begins.
        fn start(&self) -> usize;

        /// Makes `by` bytes from `offset` on writable, whatever they contain, and returns them. `None`
        /// if the buffer is too small. `offset` is at most the end of what was written.
        fn extend(&mut self, offset: usize, by: usize) -> Option<&mut [u8]>;

        /// Writes `first` and then `second` from `offset` on. `None` if the buffer is too small. A buffer
        /// that grows overrides this, in order not to fill its new part with zeros first.
        #[inline]
        fn append(&mut self, offset: usize, first: &[u8], second: &[u8]) -> Option<()> {
            let by = first.len().checked_add(second.len())?;
            let out = self.extend(offset, by)?;
            let (start, rest) = out.split_at_mut_checked(first.len())?;
            start.copy_from_slice(first);
            rest.copy_from_slice(second);
            Some(())
        }

        /// All bytes.
        fn bytes(&mut self) -> &mut [u8];

        /// The largest number of bytes that the buffer can hold.
        fn limit(&self) -> usize;

        /// Removes what was written from `offset` on, if the buffer grows.
        fn truncate(&mut self, offset: usize);
    }
}

use sealed::Raw;

impl Buffer for [u8] {}

impl Raw for [u8] {
    #[inline]
    fn start(&self) -> usize {
        0
    }

    #[inline]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "an offset in a slice and at most 65,555 more"
    )]
    fn extend(&mut self, offset: usize, by: usize) -> Option<&mut [u8]> {
        self.get_mut(..offset + by)?.get_mut(offset..)
    }

    #[inline]
    fn bytes(&mut self) -> &mut [u8] {
        self
    }

    #[inline]
    fn limit(&self) -> usize {
        self.len()
    }

    #[inline]
    fn truncate(&mut self, _offset: usize) {}
}

impl<const N: usize> Buffer for [u8; N] {}

impl<const N: usize> Raw for [u8; N] {
    #[inline]
    fn start(&self) -> usize {
        0
    }

    #[inline]
    fn extend(&mut self, offset: usize, by: usize) -> Option<&mut [u8]> {
        self.as_mut_slice().extend(offset, by)
    }

    #[inline]
    fn bytes(&mut self) -> &mut [u8] {
        self
    }

    #[inline]
    fn limit(&self) -> usize {
        N
    }

    #[inline]
    fn truncate(&mut self, _offset: usize) {}
}

/// Implements [`Buffer`] for a type that grows at its end.
#[cfg(feature = "alloc")]
macro_rules! impl_buffer_for_growing {
    ($ty:ty) => {
        impl Buffer for $ty {}

        impl Raw for $ty {
            #[inline]
            fn start(&self) -> usize {
                self.len()
            }

            #[inline]
            fn extend(&mut self, offset: usize, by: usize) -> Option<&mut [u8]> {
                self.resize(offset.checked_add(by)?, 0);
                self.get_mut(offset..)
            }

            #[inline]
            fn append(&mut self, offset: usize, first: &[u8], second: &[u8]) -> Option<()> {
                self.reserve(first.len().checked_add(second.len())?);
                <$ty>::truncate(self, offset);
                self.extend_from_slice(first);
                self.extend_from_slice(second);
                Some(())
            }

            #[inline]
            fn bytes(&mut self) -> &mut [u8] {
                self
            }

            #[inline]
            fn limit(&self) -> usize {
                usize::MAX
            }

            fn truncate(&mut self, offset: usize) {
                // The inherent method.
                <$ty>::truncate(self, offset);
            }
        }
    };
}

#[cfg(feature = "alloc")]
impl_buffer_for_growing!(alloc::vec::Vec<u8>);

#[cfg(feature = "bytes")]
impl_buffer_for_growing!(bytes::BytesMut);
