//! Messages written straight into a buffer.

use core::fmt;
use core::marker::PhantomData;

use crate::attribute::RawAttribute;
use crate::attribute::{EncodeAttribute, ErrorCode};
use crate::buffer::Buffer;
use crate::code_point::Class;
use crate::dialect::MAGIC_COOKIE_ATTRIBUTE;
use crate::error::EncodeError;
use crate::header::Header;
use crate::integrity::{IntegrityAlgorithm, Key, Verified};

mod payload;
mod raw;

pub use self::payload::{Parts, PayloadWriter};

/// What may come next in a [`MessageWriter`].
pub mod state {
    /// Attributes may follow.
    #[derive(Debug)]
    pub enum Open {}
    /// MESSAGE-INTEGRITY is written: MESSAGE-INTEGRITY-SHA256 or FINGERPRINT may follow.
    #[derive(Debug)]
    pub enum Signed {}
    /// The last integrity attribute is written: FINGERPRINT may follow.
    #[derive(Debug)]
    pub enum Sealed {}
    /// FINGERPRINT is written: nothing may follow.
    #[derive(Debug)]
    pub enum Closed {}
    /// Raw attributes of every type may follow, and nothing else.
    #[derive(Debug)]
    pub enum Replay {}
}

use self::raw::{Draft, is_writers};
use state::{Closed, Open, Replay, Sealed, Signed};

/// Writes one message: header, attributes, integrity, fingerprint, in this order, which the type
/// enforces.
///
/// Nothing is allocated but by a buffer that grows, and nothing is copied but the values. The
/// message counts as one only after [`finish`](Self::finish): until then its first 4 bytes are no
/// header, and a writer that is dropped cuts a growing buffer back to what it was.
///
/// ```
/// use stunwire::attribute::{Priority, UseCandidate, Username};
/// use stunwire::{Header, Key, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), stunwire::EncodeError> {
/// # let id = TransactionId::new(*b"not a secret");
/// let key = Key::short_term("the password of the other side");
/// let mut buffer = [0; 256];
/// let mut check = MessageWriter::new(&mut buffer, Header::request(Method::BINDING, id))?;
/// check
///     .attribute(&Username::joined("their", "ours"))?
///     .attribute(&Priority::from_parts(110, 0xFFFF, 1))?
///     .attribute(&UseCandidate)?;
/// let packet: &mut [u8] = check.integrity(&key)?.fingerprint()?.finish()?;
/// assert_eq!(packet.len(), 20 + 16 + 8 + 4 + 24 + 8);
/// # Ok(())
/// # }
/// ```
///
/// Behind the integrity no attribute can be written:
///
/// ```compile_fail,E0599
/// # use stunwire::attribute::UseCandidate;
/// # use stunwire::{Header, Key, MessageWriter, Method, TransactionId};
/// # fn main() -> Result<(), stunwire::EncodeError> {
/// # let id = TransactionId::new(*b"not a secret");
/// # let key = Key::short_term("secret");
/// # let mut buffer = [0; 256];
/// # let mut check = MessageWriter::new(&mut buffer, Header::request(Method::BINDING, id))?;
/// let mut check = check.integrity(&key)?;
/// check.attribute(&UseCandidate)?;
/// # Ok(())
/// # }
/// ```
pub struct MessageWriter<'b, B: Buffer + ?Sized, S = Open> {
    draft: Draft<'b, B>,
    state: PhantomData<S>,
}

impl<'b, B: Buffer + ?Sized, S> MessageWriter<'b, B, S> {
    fn of(draft: Draft<'b, B>) -> Self {
        Self {
            draft,
            state: PhantomData,
        }
    }

    /// Length of the message so far in bytes, header included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.draft.total()
    }

    /// Never: a message has a header.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Ends the message and gives its bytes, and no others.
    ///
    /// # Errors
    /// When the dialect's integrity asks for a FINGERPRINT that was not written.
    #[inline]
    pub fn finish(self) -> Result<&'b mut [u8], EncodeError> {
        self.draft.finish()
    }
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B> {
    /// Begins a message at the end of `buffer`, or at the start of a slice. MS-TURN's MAGIC-COOKIE
    /// is written along.
    ///
    /// # Errors
    /// When the buffer is too small, or the header cannot be in its dialect.
    #[inline]
    pub fn new(buffer: &'b mut B, header: Header) -> Result<Self, EncodeError> {
        let mut draft = Draft::new(buffer, header)?;
        if header.dialect().rules().magic_cookie_attribute {
            draft
                .extend(MAGIC_COOKIE_ATTRIBUTE.len())?
                .copy_from_slice(&MAGIC_COOKIE_ATTRIBUTE);
        }
        Ok(Self::of(draft))
    }

    /// Begins the success response to a request, in its dialect.
    ///
    /// # Errors
    /// When `request` is none, or as [`new`](Self::new).
    #[inline]
    pub fn success_to(buffer: &'b mut B, request: impl Into<Header>) -> Result<Self, EncodeError> {
        match request.into().reply(Class::SuccessResponse) {
            Some(header) => Self::new(buffer, header),
            None => Err(EncodeError::NotARequest),
        }
    }

    /// Begins the error response to a request, in its dialect, with its ERROR-CODE.
    ///
    /// # Errors
    /// When `request` is none, or as [`new`](Self::new).
    #[inline]
    pub fn error_to(
        buffer: &'b mut B,
        request: impl Into<Header>,
        code: ErrorCode<'_>,
    ) -> Result<Self, EncodeError> {
        match request.into().reply(Class::ErrorResponse) {
            Some(header) => {
                let mut writer = Self::new(buffer, header)?;
                writer.attribute(&code)?;
                Ok(writer)
            }
            None => Err(EncodeError::NotARequest),
        }
    }

    /// Appends an attribute.
    ///
    /// # Errors
    /// When the buffer is too small, the message would be too long, the dialect has no such
    /// attribute, or it is one that only the writer makes. Nothing of it is written then, and the
    /// writer can go on: "as many peers as fit" is a loop.
    #[inline]
    pub fn attribute<A: EncodeAttribute + ?Sized>(
        &mut self,
        attribute: &A,
    ) -> Result<&mut Self, EncodeError> {
        self.draft.attribute(attribute)?;
        Ok(self)
    }

    /// Appends an attribute as it was read, value and padding. XOR-ed addresses are right only under
    /// the transaction id that they were read with.
    ///
    /// # Errors
    /// As [`attribute`](Self::attribute).
    pub fn raw(&mut self, attribute: &RawAttribute<'_>) -> Result<&mut Self, EncodeError> {
        let ty = attribute.ty();
        if is_writers(ty, self.draft.dialect()) {
            return Err(EncodeError::WriterOnly { attribute: ty });
        }
        self.draft.raw(attribute)?;
        Ok(self)
    }

    /// Appends MESSAGE-INTEGRITY
    /// ([RFC 8489 §14.5](https://www.rfc-editor.org/rfc/rfc8489#section-14.5)), in MS-TURN with the
    /// hash that the key was derived for.
    ///
    /// # Errors
    /// When it does not fit.
    #[inline]
    pub fn integrity(mut self, key: &Key) -> Result<MessageWriter<'b, B, Signed>, EncodeError> {
        self.draft.integrity(key)?;
        Ok(MessageWriter::of(self.draft))
    }

    /// Appends MESSAGE-INTEGRITY-SHA256, 32 bytes
    /// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)).
    ///
    /// # Errors
    /// When it does not fit, or the dialect does not have it.
    #[inline]
    pub fn integrity_sha256(
        mut self,
        key: &Key,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        let algorithm = IntegrityAlgorithm::Sha256 { len: 32 };
        self.draft.sign(key, algorithm)?;
        Ok(MessageWriter::of(self.draft))
    }

    /// Appends MESSAGE-INTEGRITY-SHA256 cut down to `len` bytes: 16 to 32, a multiple of 4, and only
    /// where the usage allows it
    /// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)).
    ///
    /// # Errors
    /// When it does not fit, or `len` is none of these.
    pub fn integrity_sha256_truncated(
        self,
        key: &Key,
        len: u8,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.integrity_by(IntegrityAlgorithm::Sha256 { len }, key)
    }

    /// Appends GOOG-MESSAGE-INTEGRITY-32, 4 bytes: what libwebrtc's GOOG-PING carries, and nothing
    /// else.
    ///
    /// # Errors
    /// When it does not fit, or the dialect does not have it.
    pub fn goog_integrity_32(
        mut self,
        key: &Key,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.draft.sign(key, IntegrityAlgorithm::Goog32)?;
        Ok(MessageWriter::of(self.draft))
    }

    /// Appends the integrity attribute that a reply to `request` carries: the one that the request
    /// was verified by ([RFC 8489 §9.1.3](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.3)), or
    /// MESSAGE-INTEGRITY-SHA256 where the request chose a PASSWORD-ALGORITHM
    /// ([§9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)).
    ///
    /// # Errors
    /// When it does not fit, or this message's dialect does not have it.
    #[inline]
    pub fn integrity_like(
        self,
        request: &Verified<'_>,
        key: &Key,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.integrity_by(request.reply_algorithm(), key)
    }

    /// Appends the integrity attribute of this algorithm: where the reply is written when the request
    /// is gone, as the answer to a Connect
    /// ([RFC 6062 §5.2](https://www.rfc-editor.org/rfc/rfc6062#section-5.2)), with what
    /// [`Verified::reply_algorithm`] said.
    ///
    /// # Errors
    /// When it does not fit, the dialect does not have it, or its length is none that
    /// [`integrity_sha256_truncated`](Self::integrity_sha256_truncated) takes.
    #[inline]
    pub fn integrity_by(
        mut self,
        algorithm: IntegrityAlgorithm,
        key: &Key,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.draft.sign(key, algorithm)?;
        Ok(MessageWriter::of(self.draft))
    }

    /// Appends FINGERPRINT
    /// ([RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7)).
    ///
    /// # Errors
    /// When it does not fit, or the dialect does not have it.
    #[inline]
    pub fn fingerprint(mut self) -> Result<MessageWriter<'b, B, Closed>, EncodeError> {
        self.draft.fingerprint()?;
        Ok(MessageWriter::of(self.draft))
    }
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B, Signed> {
    /// Appends MESSAGE-INTEGRITY-SHA256 behind MESSAGE-INTEGRITY, for a first request to a server
    /// that may know only one
    /// ([RFC 8489 §9.1.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.2)).
    ///
    /// # Errors
    /// When it does not fit, or the dialect does not have it.
    #[inline]
    pub fn integrity_sha256(
        mut self,
        key: &Key,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        let algorithm = IntegrityAlgorithm::Sha256 { len: 32 };
        self.draft.sign(key, algorithm)?;
        Ok(MessageWriter::of(self.draft))
    }

    /// Appends FINGERPRINT
    /// ([RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7)).
    ///
    /// # Errors
    /// When it does not fit, or the dialect does not have it.
    #[inline]
    pub fn fingerprint(mut self) -> Result<MessageWriter<'b, B, Closed>, EncodeError> {
        self.draft.fingerprint()?;
        Ok(MessageWriter::of(self.draft))
    }
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B, Sealed> {
    /// Appends FINGERPRINT
    /// ([RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7)).
    ///
    /// # Errors
    /// When it does not fit, or the dialect does not have it.
    #[inline]
    pub fn fingerprint(mut self) -> Result<MessageWriter<'b, B, Closed>, EncodeError> {
        self.draft.fingerprint()?;
        Ok(MessageWriter::of(self.draft))
    }
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B, Replay> {
    /// Begins a message of raw attributes, of every type and in any order: what a proxy re-emits,
    /// byte for byte, or less some of it. Nothing is added, not even MS-TURN's MAGIC-COOKIE.
    ///
    /// # Errors
    /// When the buffer is too small, or the header cannot be in its dialect.
    pub fn replay(buffer: &'b mut B, header: Header) -> Result<Self, EncodeError> {
        Draft::new(buffer, header).map(Self::of)
    }

    /// Appends an attribute as it was read, value and padding.
    ///
    /// # Errors
    /// When it does not fit. Nothing of it is written then, and the writer can go on.
    pub fn raw(&mut self, attribute: &RawAttribute<'_>) -> Result<&mut Self, EncodeError> {
        self.draft.raw(attribute)?;
        Ok(self)
    }
}

impl<B: Buffer + ?Sized, S> fmt::Debug for MessageWriter<'_, B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageWriter")
            .field("header", &self.draft.header)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
