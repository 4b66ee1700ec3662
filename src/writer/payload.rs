//! A message around a payload outside the buffer, for a vectored write.

use core::fmt;
use core::marker::PhantomData;

use super::MessageWriter;
use super::raw::{External, RawWriter, impossible};
use super::state::{BeforeFingerprint, Closed, Open, Sealed};
use crate::attribute::{Data, EncodeAttribute};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::integrity::{HmacKey, IntegrityAlgorithm};
use crate::wire::TLV_HEADER_LEN;

/// The three segments of a message with an external payload, to be sent one after the other.
///
/// The first and the last segment are in the buffer of the writer.
///
/// ```
/// use std::io::{IoSlice, Write};
/// use stunwire::writer::Segments;
///
/// fn send(segments: &Segments<'_>, mut stream: impl Write) -> std::io::Result<usize> {
///     stream.write_vectored(&segments.as_slices().map(IoSlice::new))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segments<'b> {
    /// The bytes before the payload: from the header to the type and length of DATA.
    pub leading: &'b [u8],
    /// The payload, which is the value of DATA.
    pub payload: &'b [u8],
    /// The bytes after the payload: the padding of DATA, then the integrity attribute and FINGERPRINT if they
    /// were appended.
    pub trailing: &'b [u8],
}

impl<'b> Segments<'b> {
    /// The three segments in their order. Their `.map(IoSlice::new)` is the argument of a vectored write.
    #[must_use]
    pub const fn as_slices(&self) -> [&'b [u8]; 3] {
        [self.leading, self.payload, self.trailing]
    }

    /// Length of the message in bytes.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a message is never empty")]
    #[allow(clippy::arithmetic_side_effects, reason = "at most 20 + 65,535")]
    pub const fn len(&self) -> usize {
        self.leading.len() + self.payload.len() + self.trailing.len()
    }
}

/// Completes a message that ends with an external payload, returned by [`MessageWriter::payload`].
///
/// ```
/// use stunwire::attribute::ms::DestinationAddress;
/// use stunwire::{Dialect, EncodeError, Header, Key, MessageWriter, Method, TransactionId};
///
/// /// A Send request of MS-TURN, which is signed over header and payload. Returns its length.
/// fn send(payload: &[u8], key: &Key, id: TransactionId) -> Result<usize, EncodeError> {
///     let header = Header::request(Method::SEND, id).in_dialect(Dialect::MS_TURN);
///     let mut buffer = [0; 128];
///     let segments = MessageWriter::new(&mut buffer, header)?
///         .with(&DestinationAddress(([192, 0, 2, 1], 7).into()))?
///         .payload(payload)?
///         .integrity(key)?
///         .finish()?;
///     Ok(segments.len())
/// }
/// # assert_eq!(send(b"hello", &Key::short_term("password"), TransactionId::classic([7; 16]))?, 20 + 8 + 12 + 4 + 5 + 24);
///
/// // A Data indication with SHA-256 and FINGERPRINT, which few peers expect.
/// let id = TransactionId::new(*b"unpredictabl");
/// let mut buffer = [0; 128];
/// let segments = MessageWriter::indication(&mut buffer, Method::DATA, id)?
///     .payload(b"hello")?
///     .integrity_sha256(&Key::short_term("password"))?
///     .fingerprint()?
///     .finish()?;
/// assert_eq!(segments.payload, b"hello");
/// # Ok::<(), EncodeError>(())
/// ```
#[must_use = "a message is valid only after `finish`"]
pub struct PayloadWriter<'b, B: Buffer + ?Sized, S = Open> {
    raw: RawWriter<'b, B>,
    state: PhantomData<S>,
}

impl<'b, B: Buffer + ?Sized> PayloadWriter<'b, B> {
    /// Appends MESSAGE-INTEGRITY: see [`MessageWriter::integrity`].
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, or the key returns no HMAC.
    pub fn integrity<K: HmacKey + ?Sized>(
        mut self,
        key: &K,
    ) -> Result<PayloadWriter<'b, B, Sealed>, EncodeError> {
        self.raw.integrity(key)?;
        Ok(PayloadWriter::of(self.raw))
    }

    /// Appends MESSAGE-INTEGRITY-SHA256, 32 bytes: see [`MessageWriter::integrity_sha256`].
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, the key returns no HMAC, or the dialect has
    /// no such attribute.
    pub fn integrity_sha256<K: HmacKey + ?Sized>(
        mut self,
        key: &K,
    ) -> Result<PayloadWriter<'b, B, Sealed>, EncodeError> {
        self.raw.sign(key, IntegrityAlgorithm::Sha256 { len: 32 })?;
        Ok(PayloadWriter::of(self.raw))
    }
}

impl<'b, B: Buffer + ?Sized, S: BeforeFingerprint> PayloadWriter<'b, B, S> {
    /// Appends FINGERPRINT: see [`MessageWriter::fingerprint`].
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, or the dialect has no FINGERPRINT.
    pub fn fingerprint(mut self) -> Result<PayloadWriter<'b, B, Closed>, EncodeError> {
        self.raw.fingerprint(S::IS_SIGNED)?;
        Ok(PayloadWriter::of(self.raw))
    }
}

impl<'b, B: Buffer + ?Sized, S> PayloadWriter<'b, B, S> {
    fn of(raw: RawWriter<'b, B>) -> Self {
        Self {
            raw,
            state: PhantomData,
        }
    }

    /// Completes the message and returns its segments.
    ///
    /// # Errors
    /// If the dialect is [`MS_ICE2_LEGACY`](crate::Dialect::MS_ICE2_LEGACY) and the message has an integrity
    /// attribute but no FINGERPRINT.
    #[inline]
    pub fn finish(self) -> Result<Segments<'b>, EncodeError> {
        let External { payload, offset } = self.raw.external;
        let written: &'b [u8] = self.raw.finish()?;
        match written.split_at_checked(offset) {
            Some((leading, trailing)) => Ok(Segments {
                leading,
                payload,
                trailing,
            }),
            None => Err(impossible(offset)),
        }
    }
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B> {
    /// Appends DATA as the last attribute, without copying its value. The payload remains where it is; the
    /// bytes of the message before and after it are in the buffer of the writer.
    ///
    /// An integrity attribute and FINGERPRINT can follow; computing them reads the payload. Without them the
    /// cost does not depend on the length of the payload.
    ///
    /// ```
    /// use stunwire::attribute::XorPeerAddress;
    /// use stunwire::{MessageWriter, Method, TransactionId};
    ///
    /// use std::io::{IoSlice, Write};
    /// let id = TransactionId::new(*b"not a secret");
    /// let peer = "192.0.2.1:7".parse()?;
    /// let mut socket = Vec::new();
    /// let payload = b"received from the peer";
    /// let mut buffer = [0; 64];
    /// let segments = MessageWriter::indication(&mut buffer, Method::DATA, id)?
    ///     .with(&XorPeerAddress(peer))?
    ///     .payload(payload)?
    ///     .finish()?;
    /// assert_eq!(segments.leading.len(), 36);
    /// socket.write_vectored(&segments.as_slices().map(IoSlice::new))?;
    /// # assert_eq!(socket.len(), segments.len());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the buffer is too small for the type and length of DATA, the message would be too long, or the
    /// dialect has no DATA.
    #[inline]
    pub fn payload(mut self, payload: &'b [u8]) -> Result<PayloadWriter<'b, B>, EncodeError> {
        self.raw.payload(payload.len(), payload)?;
        Ok(PayloadWriter::of(self.raw))
    }
}

impl<'b, B: Buffer + ?Sized> RawWriter<'b, B> {
    /// Writes type and length of a DATA of `len` bytes, and the padding that `payload` does not include.
    #[inline]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "at most 20 + 65,535 + 4 + 65,535 + 3"
    )]
    fn payload(&mut self, len: usize, payload: &'b [u8]) -> Result<(), EncodeError> {
        let dialect = self.dialect();
        let Some(ty) = Data(payload).wire_type(dialect) else {
            return Err(EncodeError::NotInDialect);
        };
        let Ok(length) = u16::try_from(len) else {
            return Err(self.tlv_refusal(len));
        };
        let padded_len = len + dialect.padding_len(len);
        let offset = self.len() + TLV_HEADER_LEN;
        self.external = External { payload, offset };
        let padding = padded_len.saturating_sub(payload.len());
        let Some(out) = self.extend(TLV_HEADER_LEN + padding) else {
            return Err(self.refusal(TLV_HEADER_LEN + padding));
        };
        // The padding, and what of type and length is overwritten.
        if let Some(last) = out.last_chunk_mut::<4>() {
            *last = [0; 4];
        }
        let Some((header, _)) = out.split_first_chunk_mut::<4>() else {
            return Err(impossible(offset));
        };
        let [t0, t1] = ty.as_u16().to_be_bytes();
        let [l0, l1] = length.to_be_bytes();
        *header = [t0, t1, l0, l1];
        Ok(())
    }
}

impl<B: Buffer + ?Sized, S> fmt::Debug for PayloadWriter<'_, B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PayloadWriter")
            .field("header", &self.raw.header)
            .field("len", &self.raw.total())
            .finish_non_exhaustive()
    }
}
