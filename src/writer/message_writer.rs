//! The writer of messages.

use core::fmt;
use core::marker::PhantomData;

use super::raw::{RawWriter, is_writer_only};
use super::state::{BeforeFingerprint, BeforeSha256, Closed, Open, Sealed, Signed, Verbatim};
use crate::attribute::{EncodeAttribute, ErrorCode, RawAttribute};
use crate::buffer::Buffer;
use crate::code_point::{Class, Method};
use crate::dialect::MAGIC_COOKIE_ATTRIBUTE;
use crate::error::EncodeError;
use crate::header::Header;
use crate::integrity::{HmacAlgorithm, HmacKey, HmacTag, IntegrityAlgorithm, Verified};
use crate::transaction_id::TransactionId;

/// Writes one message: header, attributes, integrity attributes and FINGERPRINT. The type parameter `S`
/// enforces this order.
///
/// Only a growing buffer (`Vec<u8>`, `BytesMut`) allocates. The message is valid only after
/// [`finish`](Self::finish): until then its first 4 bytes are 0xFF, which is not a valid header. A writer
/// that is dropped unfinished truncates a growing buffer to its old length.
///
/// Attributes are appended in a chain with [`with`](Self::with), or one at a time with
/// [`attribute`](Self::attribute), for loops and conditions.
///
/// ```
/// use stunwire::attribute::{Priority, UseCandidate, Username};
/// use stunwire::{Key, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), stunwire::EncodeError> {
/// let id = TransactionId::new(*b"not a secret");
/// let nominate = true;
/// let key = Key::short_term("the password of the other side");
/// let mut buffer = [0; 256];
/// let mut check = MessageWriter::request(&mut buffer, Method::BINDING, id)?
///     .with(&Username::new("their:ours")?)?
///     .with(&Priority(0x6e00_01ff))?;
/// if nominate {
///     check.attribute(&UseCandidate)?;
/// }
/// let packet: &mut [u8] = check.integrity(&key)?.fingerprint()?.finish()?;
/// assert_eq!(packet.len(), 20 + 16 + 8 + 4 + 24 + 8);
/// # Ok(())
/// # }
/// ```
///
/// After MESSAGE-INTEGRITY only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT can be appended:
///
/// ```compile_fail,E0599
/// # use stunwire::attribute::UseCandidate;
/// # use stunwire::{Key, MessageWriter, Method, TransactionId};
/// # fn main() -> Result<(), stunwire::EncodeError> {
/// # let id = TransactionId::new(*b"not a secret");
/// # let key = Key::short_term("secret");
/// # let mut buffer = [0; 256];
/// # let check = MessageWriter::request(&mut buffer, Method::BINDING, id)?;
/// let mut check = check.integrity(&key)?;
/// check.attribute(&UseCandidate)?;
/// # Ok(())
/// # }
/// ```
///
/// # In a struct
///
/// A writer borrows its buffer until it is finished or dropped, so a struct cannot hold both. Store the
/// buffer in the struct, and create the writer in the function that writes a message:
///
/// ```
/// use stunwire::attribute::Software;
/// use stunwire::{EncodeError, MessageWriter, Method, TransactionId};
///
/// struct Connection {
///     out: Vec<u8>,
/// }
///
/// impl Connection {
///     fn ping(&mut self, id: TransactionId) -> Result<(), EncodeError> {
///         MessageWriter::indication(&mut self.out, Method::BINDING, id)?
///             .with(&Software::new("example")?)?
///             .finish()?;
///         self.flush();
///         Ok(())
///     }
///
///     fn flush(&mut self) {
///         // … send the bytes of `self.out`
///         self.out.clear();
///     }
/// }
/// ```
#[must_use = "a message is valid only after `finish`"]
pub struct MessageWriter<'b, B: Buffer + ?Sized, S = Open> {
    pub(super) raw: RawWriter<'b, B>,
    state: PhantomData<S>,
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B> {
    /// Begins a message at the end of `buffer`, or at the start of a slice. In MS-TURN this also writes
    /// MAGIC-COOKIE.
    ///
    /// # Errors
    /// If the buffer is too small, or the dialect has no such message or transaction id.
    #[inline]
    pub fn new(buffer: &'b mut B, header: impl Into<Header>) -> Result<Self, EncodeError> {
        let header = header.into();
        let mut raw = RawWriter::new(buffer, header)?;
        if header.dialect().rules().magic_cookie_attribute {
            let Some(out) = raw.extend(MAGIC_COOKIE_ATTRIBUTE.len()) else {
                return Err(raw.refusal(MAGIC_COOKIE_ATTRIBUTE.len()));
            };
            out.copy_from_slice(&MAGIC_COOKIE_ATTRIBUTE);
        }
        Ok(Self::of(raw))
    }

    /// Begins a request of RFC 8489. For another dialect, use [`new`](Self::new) with
    /// [`Header::in_dialect`].
    ///
    /// # Errors
    /// If the buffer is too small, the transaction id does not begin with the magic cookie, or the method exists in
    /// MS-TURN alone.
    #[inline]
    pub fn request(
        buffer: &'b mut B,
        method: Method,
        transaction_id: TransactionId,
    ) -> Result<Self, EncodeError> {
        Self::new(buffer, Header::request(method, transaction_id))
    }

    /// Begins an indication of RFC 8489.
    ///
    /// # Errors
    /// If the buffer is too small, the transaction id does not begin with the magic cookie, or the method exists in
    /// MS-TURN alone.
    #[inline]
    pub fn indication(
        buffer: &'b mut B,
        method: Method,
        transaction_id: TransactionId,
    ) -> Result<Self, EncodeError> {
        Self::new(buffer, Header::indication(method, transaction_id))
    }

    /// Begins the success response to a request, in the dialect of the request. `request` is its [`Header`],
    /// or a reference to it in any form, such as `&Message`, `&Verified` and `&Authenticated`.
    ///
    /// # Errors
    /// If `request` is not a request, or for the reasons given in [`new`](Self::new).
    #[inline]
    pub fn success_to(buffer: &'b mut B, request: impl Into<Header>) -> Result<Self, EncodeError> {
        match request.into().reply(Class::SuccessResponse) {
            Some(header) => Self::new(buffer, header),
            None => Err(EncodeError::NotARequest),
        }
    }

    /// Begins the error response to a request, in the dialect of the request, with its ERROR-CODE.
    ///
    /// # Errors
    /// If `request` is not a request, the dialect has no such error code, or for the reasons given in
    /// [`new`](Self::new).
    #[inline]
    pub fn error_to<'c>(
        buffer: &'b mut B,
        request: impl Into<Header>,
        code: impl Into<ErrorCode<'c>>,
    ) -> Result<Self, EncodeError> {
        match request.into().reply(Class::ErrorResponse) {
            Some(header) => Self::new(buffer, header)?.with(&code.into()),
            None => Err(EncodeError::NotARequest),
        }
    }

    /// Appends an attribute and returns the writer, so that calls can be chained.
    ///
    /// After an error the message is dropped: a growing buffer is truncated to its old length. To continue after
    /// an error, use [`attribute`](Self::attribute).
    ///
    /// # Errors
    /// As in [`attribute`](Self::attribute).
    #[inline]
    pub fn with<A: EncodeAttribute + ?Sized>(mut self, attribute: &A) -> Result<Self, EncodeError> {
        self.raw.attribute(attribute)?;
        Ok(self)
    }

    /// Appends an attribute if it is `Some`, and returns the writer.
    ///
    /// ```
    /// use stunwire::attribute::{Priority, UseCandidate};
    /// use stunwire::{MessageWriter, Method, TransactionId};
    ///
    /// let id = TransactionId::new(*b"not a secret");
    /// let nominate = false;
    /// let mut buffer = [0; 64];
    /// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .with_some(Some(Priority(0x6e00_01ff)))?
    ///     .with_some(nominate.then_some(UseCandidate))?
    ///     .finish()?;
    /// assert_eq!(packet.len(), 20 + 8);
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// As in [`attribute`](Self::attribute).
    #[inline]
    pub fn with_some<A: EncodeAttribute>(
        mut self,
        attribute: Option<A>,
    ) -> Result<Self, EncodeError> {
        if let Some(attribute) = attribute {
            self.raw.attribute(&attribute)?;
        }
        Ok(self)
    }

    /// Appends several attributes and returns the writer, for example for a list that the caller passes.
    ///
    /// ```
    /// use stunwire::attribute::{EncodeAttribute, Priority, Software};
    /// use stunwire::{MessageWriter, Method, TransactionId};
    ///
    /// let id = TransactionId::new(*b"not a secret");
    /// let software = Software::new("example")?;
    /// let extra: [&dyn EncodeAttribute; 2] = [&software, &Priority(1)];
    /// let mut buffer = [0; 64];
    /// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .with_all(&extra)?
    ///     .finish()?;
    /// assert_eq!(packet.len(), 20 + 12 + 8);
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// As in [`attribute`](Self::attribute).
    pub fn with_all(mut self, attributes: &[&dyn EncodeAttribute]) -> Result<Self, EncodeError> {
        for attribute in attributes {
            self.raw.attribute(*attribute)?;
        }
        Ok(self)
    }

    /// Appends an attribute.
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, the dialect has no such attribute or does not allow
    /// its value, or the attribute is reserved for the writer. The message then remains as it was, and the writer can
    /// continue, for example to write as many peers as fit.
    #[inline]
    pub fn attribute<A: EncodeAttribute + ?Sized>(
        &mut self,
        attribute: &A,
    ) -> Result<&mut Self, EncodeError> {
        self.raw.attribute(attribute)?;
        Ok(self)
    }

    /// Appends a copy of an attribute that was read, with its value and padding. An XORed address has the
    /// same meaning only if both messages have the same transaction id.
    ///
    /// # Errors
    /// As in [`attribute`](Self::attribute).
    pub fn raw(&mut self, attribute: &RawAttribute<'_>) -> Result<&mut Self, EncodeError> {
        let ty = attribute.ty();
        if is_writer_only(ty, self.raw.dialect()) {
            return Err(EncodeError::WriterOnly { attribute: ty });
        }
        self.raw.raw(attribute)?;
        Ok(self)
    }

    /// Appends MESSAGE-INTEGRITY ([RFC 8489 §14.5](https://www.rfc-editor.org/rfc/rfc8489#section-14.5)), in
    /// MS-TURN with the hash function for which the key was derived.
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, or the key returns no HMAC.
    #[inline(always)]
    pub fn integrity<K: HmacKey + ?Sized>(
        mut self,
        key: &K,
    ) -> Result<MessageWriter<'b, B, Signed>, EncodeError> {
        self.raw.integrity(key)?;
        Ok(MessageWriter::of(self.raw))
    }

    /// Appends MESSAGE-INTEGRITY-SHA256 truncated to `len` bytes: 16 to 32, a multiple of 4, if the usage of STUN
    /// allows truncation
    /// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)).
    ///
    /// ```
    /// use stunwire::{Key, Message, MessageWriter, Method, Policy, TransactionId};
    ///
    /// let key = Key::short_term("password");
    /// let id = TransactionId::new(*b"unpredictabl");
    /// let mut buffer = [0; 64];
    /// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .integrity_sha256_truncated(&key, 16)?
    ///     .finish()?;
    /// assert_eq!(packet.len(), 20 + 4 + 16);
    /// // The receiver must allow it too.
    /// let message = Message::parse(packet)?;
    /// assert!(message.verify(&key).is_err());
    /// assert!(message.verify_with(&key, &Policy::default().sha256_min_len(16)).is_ok());
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, the key returns no HMAC, the dialect has no
    /// such attribute, or `len` is another length.
    pub fn integrity_sha256_truncated<K: HmacKey + ?Sized>(
        self,
        key: &K,
        len: u8,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.integrity_with(IntegrityAlgorithm::Sha256 { len }, key)
    }

    /// Appends GOOG-MESSAGE-INTEGRITY-32, 4 bytes, which only libwebrtc's GOOG-PING carries.
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, the key returns no HMAC, or the dialect has
    /// no such attribute.
    pub fn goog_integrity_32<K: HmacKey + ?Sized>(
        self,
        key: &K,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.integrity_with(IntegrityAlgorithm::Goog32, key)
    }

    /// Appends the integrity attribute of a reply to `request`: see [`Verified::reply_algorithm`].
    ///
    /// ```
    /// use stunwire::{EncodeError, Key, MessageWriter, Verified};
    ///
    /// fn answer(request: &Verified<'_>, key: &Key, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    ///     // With FINGERPRINT, whatever the request has.
    ///     MessageWriter::success_to(out, request)?.integrity_like(request, key)?.fingerprint()?.finish()?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, the key returns no HMAC, or the dialect of
    /// this message has no such attribute.
    #[inline(always)]
    pub fn integrity_like<K: HmacKey + ?Sized>(
        self,
        request: &Verified<'_>,
        key: &K,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.integrity_with(request.reply_algorithm(), key)
    }

    /// Appends the integrity attribute of `algorithm`, for a reply that is written after its request has been
    /// dropped, such as the response to a Connect
    /// ([RFC 6062 §5.2](https://www.rfc-editor.org/rfc/rfc6062#section-5.2)). `algorithm` is the result of
    /// [`Verified::reply_algorithm`].
    ///
    /// ```
    /// use stunwire::{EncodeError, Header, IntegrityAlgorithm, Key, MessageWriter, Verified};
    ///
    /// /// The parts of a Connect request that its response needs.
    /// struct Pending {
    ///     header: Header,
    ///     algorithm: IntegrityAlgorithm,
    /// }
    ///
    /// impl Pending {
    ///     fn new(request: &Verified<'_>) -> Self {
    ///         Self { header: request.header(), algorithm: request.reply_algorithm() }
    ///     }
    ///
    ///     fn connected(&self, key: &Key, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    ///         MessageWriter::success_to(out, self.header)?.integrity_with(self.algorithm, key)?.finish()?;
    ///         Ok(())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, the key returns no HMAC, the dialect has no
    /// such attribute, or its length is invalid.
    #[inline(always)]
    pub fn integrity_with<K: HmacKey + ?Sized>(
        mut self,
        algorithm: IntegrityAlgorithm,
        key: &K,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.raw.sign(key, algorithm)?;
        Ok(MessageWriter::of(self.raw))
    }

    /// Appends the integrity attribute of `algorithm` with the HMAC that a closure returns. The closure takes the
    /// hash function and the covered bytes, in segments. Unlike an [`HmacKey`] it need not be `Send` or `Sync`.
    ///
    /// With `cargo add hmac@0.13 sha1@0.11`:
    ///
    /// ```
    /// use hmac::{Hmac, KeyInit, Mac};
    /// use stunwire::{IntegrityAlgorithm, Key, Message, MessageWriter, Method, TransactionId};
    ///
    /// let id = TransactionId::new(*b"not a secret");
    /// let mut buffer = [0; 64];
    /// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .integrity_by(IntegrityAlgorithm::Sha1, |_, segments| {
    ///         let mut hmac = Hmac::<sha1::Sha1>::new_from_slice(b"password").expect("any length");
    ///         segments.iter().for_each(|segment| hmac.update(segment));
    ///         <[u8; 20]>::from(hmac.finalize().into_bytes())
    ///     })?
    ///     .finish()?;
    /// assert!(Message::parse(packet)?.verify(&Key::short_term("password")).is_ok());
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    ///
    /// # Errors
    /// As in [`integrity_with`](Self::integrity_with).
    #[inline(always)]
    pub fn integrity_by<T: Into<HmacTag>>(
        mut self,
        algorithm: IntegrityAlgorithm,
        hmac: impl FnOnce(HmacAlgorithm, &[&[u8]]) -> T,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.raw.sign_by(algorithm, hmac)?;
        Ok(MessageWriter::of(self.raw))
    }
}

impl<'b, B: Buffer + ?Sized, S: BeforeSha256> MessageWriter<'b, B, S> {
    /// Appends MESSAGE-INTEGRITY-SHA256, 32 bytes
    /// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)): alone, or after
    /// MESSAGE-INTEGRITY in the first request to a server with short-term credentials, which may support only
    /// one of the two ([§9.1.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.2)).
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, the key returns no HMAC, or the dialect has
    /// no such attribute.
    #[inline(always)]
    pub fn integrity_sha256<K: HmacKey + ?Sized>(
        mut self,
        key: &K,
    ) -> Result<MessageWriter<'b, B, Sealed>, EncodeError> {
        self.raw.sign(key, IntegrityAlgorithm::Sha256 { len: 32 })?;
        Ok(MessageWriter::of(self.raw))
    }
}

impl<'b, B: Buffer + ?Sized, S: BeforeFingerprint> MessageWriter<'b, B, S> {
    /// Appends FINGERPRINT
    /// ([RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7)).
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, or the dialect has no FINGERPRINT; in RFC 3489, if the
    /// message is signed.
    #[inline(always)]
    pub fn fingerprint(mut self) -> Result<MessageWriter<'b, B, Closed>, EncodeError> {
        self.raw.fingerprint(S::IS_SIGNED)?;
        Ok(MessageWriter::of(self.raw))
    }
}

impl<'b, B: Buffer + ?Sized> MessageWriter<'b, B, Verbatim> {
    /// Begins a message of raw attributes of any type and in any order, to send a received message again byte
    /// for byte or without some of its attributes. The writer adds nothing, not even MS-TURN's MAGIC-COOKIE.
    ///
    /// ```
    /// use stunwire::{Message, MessageWriter};
    ///
    /// let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x80\x22\x00\x03abc ";
    /// let message = Message::parse(packet)?;
    /// let mut copy = [0; 64];
    /// let mut writer = MessageWriter::verbatim(&mut copy, &message)?;
    /// for attribute in message.all_attributes() {
    ///     writer.raw(&attribute)?;
    /// }
    /// assert_eq!(writer.finish()?, packet);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the buffer is too small, or the dialect has no such message or transaction id.
    pub fn verbatim(buffer: &'b mut B, header: impl Into<Header>) -> Result<Self, EncodeError> {
        RawWriter::new(buffer, header.into()).map(Self::of)
    }

    /// Appends a copy of an attribute that was read, with its value and padding.
    ///
    /// # Errors
    /// If the buffer is too small or the message would be too long. The message then remains as it was, and
    /// the writer can continue.
    pub fn raw(&mut self, attribute: &RawAttribute<'_>) -> Result<&mut Self, EncodeError> {
        self.raw.raw(attribute)?;
        Ok(self)
    }
}

impl<'b, B: Buffer + ?Sized, S> MessageWriter<'b, B, S> {
    pub(super) fn of(raw: RawWriter<'b, B>) -> Self {
        Self {
            raw,
            state: PhantomData,
        }
    }

    /// Completes the message and returns its bytes.
    ///
    /// # Errors
    /// If the dialect is [`MS_ICE2_LEGACY`](crate::Dialect::MS_ICE2_LEGACY) and the message has an integrity
    /// attribute but no FINGERPRINT.
    #[inline]
    pub fn finish(self) -> Result<&'b mut [u8], EncodeError> {
        self.raw.finish()
    }

    /// The header of the message. Its length is 0 until the message is finished.
    #[must_use]
    pub const fn header(&self) -> Header {
        self.raw.header
    }

    /// Length of the message so far in bytes, header included.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "a message is never empty")]
    pub fn len(&self) -> usize {
        self.raw.total()
    }
}

impl<B: Buffer + ?Sized, S> fmt::Debug for MessageWriter<'_, B, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageWriter")
            .field("header", &self.raw.header)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
