//! A message around a payload that stays where it is, for a vectored write.

use core::fmt;
use core::marker::PhantomData;

use super::MessageWriter;
use super::raw::{Apart, Draft, full, too_long};
use crate::attribute::{Data, EncodeAttribute};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::integrity::IntegrityAlgorithm;
use crate::integrity::Key;
use crate::wire::{self, TLV_HEADER_LEN};

use super::state::{Closed, Open, Sealed};

/// A message in three parts, to be sent one behind the other. The first and the last stand in the
/// writer's buffer, the payload where it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'b> {
    /// From the header to the head of DATA.
    pub head: &'b [u8],
    /// The value of DATA.
    pub payload: &'b [u8],
    /// Its padding, and the integrity and FINGERPRINT that were asked for.
    pub tail: &'b [u8],
}

impl<'b> Parts<'b> {
    /// Length of the message in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        // At most 20 + 65,535.
        self.head
            .len()
            .wrapping_add(self.payload.len())
            .wrapping_add(self.tail.len())
    }

    /// Never: a message has a header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The three in their order: `.map(IoSlice::new)` is what a vectored write takes.
    #[must_use]
    pub const fn slices(&self) -> [&'b [u8]; 3] {
        [self.head, self.payload, self.tail]
    }
}

/// Ends a message whose last attribute is a DATA that stays where it is: [`MessageWriter::payload`].
pub struct PayloadWriter<'b, B: Buffer + ?Sized, S = Open> {
    draft: Draft<'b, B>,
    state: PhantomData<S>,
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B> {
    /// Ends the attributes with a DATA whose value is not copied. What follows it is written behind
    /// the rest in the same buffer, and integrity and FINGERPRINT are computed over all of it;
    /// without them the cost does not depend on the payload.
    ///
    /// ```
    /// use stunwire::attribute::XorPeerAddress;
    /// use stunwire::{Header, MessageWriter, Method, TransactionId};
    ///
    /// # let id = TransactionId::new(*b"not a secret");
    /// # let peer = "192.0.2.1:7".parse()?;
    /// let payload = b"as it came from the peer";
    /// let mut buffer = [0; 64];
    /// let mut data = MessageWriter::new(&mut buffer, Header::indication(Method::DATA, id))?;
    /// data.attribute(&XorPeerAddress(peer))?;
    /// let parts = data.payload(payload)?.finish()?;
    /// assert_eq!(parts.head.len(), 36);
    ///
    /// # use std::io::{IoSlice, Write};
    /// # let mut socket = Vec::new();
    /// socket.write_vectored(&parts.slices().map(IoSlice::new))?;
    /// assert_eq!(socket.len(), parts.len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the head does not fit, the message would be too long, or the dialect has no DATA.
    #[inline]
    pub fn payload(mut self, payload: &'b [u8]) -> Result<PayloadWriter<'b, B>, EncodeError> {
        self.draft.payload(payload.len(), payload)?;
        Ok(PayloadWriter::of(self.draft))
    }

    /// The same where the padding, too, stands elsewhere: `padded` is the payload of `len` bytes and
    /// what pads it.
    #[inline(always)]
    pub(crate) fn payload_in_place(
        mut self,
        len: usize,
        padded: &'b [u8],
    ) -> Result<PayloadWriter<'b, B>, EncodeError> {
        self.draft.payload(len, padded)?;
        Ok(PayloadWriter::of(self.draft))
    }
}

impl<'b, B: Buffer + ?Sized> Draft<'b, B> {
    /// Type and length of a DATA of `len` bytes, of which `payload` stands elsewhere, and the padding
    /// that does not.
    #[inline(always)]
    fn payload(&mut self, len: usize, payload: &'b [u8]) -> Result<(), EncodeError> {
        let dialect = self.dialect();
        let Some(ty) = Data(payload).wire_type(dialect) else {
            return Err(EncodeError::NotInDialect);
        };
        let Ok(length) = u16::try_from(len) else {
            return Err(too_long(len));
        };
        let padded = if dialect.is_padded() {
            len.wrapping_add(wire::padding_len(len))
        } else {
            len
        };
        let at = self.len().wrapping_add(TLV_HEADER_LEN);
        self.apart = Apart { payload, at };
        let pad = padded.saturating_sub(payload.len());
        let out = self.extend(TLV_HEADER_LEN.wrapping_add(pad))?;
        // The padding, and what of the head is written over.
        if let Some(last) = out.last_chunk_mut::<4>() {
            *last = [0; 4];
        }
        let Some((head, _)) = out.split_first_chunk_mut::<4>() else {
            return Err(full(TLV_HEADER_LEN, 0));
        };
        let [t0, t1] = ty.as_u16().to_be_bytes();
        let [l0, l1] = length.to_be_bytes();
        *head = [t0, t1, l0, l1];
        Ok(())
    }
}

impl<'b, B: Buffer + ?Sized, S> PayloadWriter<'b, B, S> {
    fn of(draft: Draft<'b, B>) -> Self {
        Self {
            draft,
            state: PhantomData,
        }
    }

    /// Ends the message and gives its parts.
    ///
    /// # Errors
    /// When the dialect's integrity asks for a FINGERPRINT that was not written.
    #[inline]
    pub fn finish(self) -> Result<Parts<'b>, EncodeError> {
        let Apart { payload, at } = self.draft.apart;
        let written: &'b [u8] = self.draft.finish()?;
        let (head, tail) = written.split_at_checked(at).unwrap_or((written, &[]));
        Ok(Parts {
            head,
            payload,
            tail,
        })
    }
}

impl<'b, B: Buffer + ?Sized> PayloadWriter<'b, B> {
    /// Appends MESSAGE-INTEGRITY: [`MessageWriter::integrity`].
    ///
    /// # Errors
    /// When it does not fit.
    pub fn integrity(mut self, key: &Key) -> Result<PayloadWriter<'b, B, Sealed>, EncodeError> {
        self.draft.integrity(key)?;
        Ok(PayloadWriter::of(self.draft))
    }

    /// Appends MESSAGE-INTEGRITY-SHA256, 32 bytes: [`MessageWriter::integrity_sha256`].
    ///
    /// # Errors
    /// When it does not fit, or the dialect does not have it.
    pub fn integrity_sha256(
        mut self,
        key: &Key,
    ) -> Result<PayloadWriter<'b, B, Sealed>, EncodeError> {
        let algorithm = IntegrityAlgorithm::Sha256 { len: 32 };
        self.draft.sign(key, algorithm)?;
        Ok(PayloadWriter::of(self.draft))
    }

    /// Appends FINGERPRINT: [`MessageWriter::fingerprint`].
    ///
    /// # Errors
    /// When it does not fit, or the dialect does not have it.
    pub fn fingerprint(mut self) -> Result<PayloadWriter<'b, B, Closed>, EncodeError> {
        self.draft.fingerprint()?;
        Ok(PayloadWriter::of(self.draft))
    }
}

impl<'b, B: Buffer + ?Sized> PayloadWriter<'b, B, Sealed> {
    /// Appends FINGERPRINT: [`MessageWriter::fingerprint`].
    ///
    /// # Errors
    /// When it does not fit, or the dialect does not have it.
    pub fn fingerprint(mut self) -> Result<PayloadWriter<'b, B, Closed>, EncodeError> {
        self.draft.fingerprint()?;
        Ok(PayloadWriter::of(self.draft))
    }
}

impl<B: Buffer + ?Sized, S> fmt::Debug for PayloadWriter<'_, B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayloadWriter")
            .field("header", &self.draft.header)
            .field("len", &self.draft.total())
            .finish_non_exhaustive()
    }
}
