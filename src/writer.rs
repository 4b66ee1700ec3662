//! Messages written straight into a buffer.

use core::fmt;
use core::marker::PhantomData;

use crate::attribute::{AttributeType, EncodeAttribute, ErrorCode};
use crate::buffer::Buffer;
use crate::dialect::{Context, Dialect, Tag};
use crate::error::EncodeError;
use crate::fingerprint;
use crate::header::{Class, Header};
use crate::integrity::{Coverage, IntegrityAlgorithm, Verified, end_of_tag};
use crate::key::Key;
use crate::message::RawAttribute;
use crate::registry::{self, Fill};
use crate::wire::{self, HEADER_LEN, TLV_HEAD_LEN};

mod parts;

pub use self::parts::{Parts, PayloadWriter};

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

/// The unfinished message. Cuts the buffer back unless the message was finished.
///
/// In a `Result` an error takes the place of the first bytes, and the compiler then moves what stands
/// there in the error's pieces, halves of pointers among them. So nothing stands there.
#[repr(C)]
struct Draft<'b, B: Buffer + ?Sized> {
    _error: [u32; 3],
    /// Bytes written. Narrow, so that sums of it are seen not to overflow.
    len: u32,
    /// The dialect's integrity has counted a FINGERPRINT that is not written yet.
    owes_fingerprint: bool,
    /// Taken when the message is finished.
    buffer: Option<&'b mut B>,
    start: usize,
    apart: Apart<'b>,
    header: Header,
}

/// The bytes of the message that stand elsewhere, and where in the buffer, counted from the
/// message's start, they belong.
#[derive(Clone, Copy)]
struct Apart<'b> {
    payload: &'b [u8],
    at: usize,
}

impl<'b> Apart<'b> {
    const NONE: Self = Self {
        payload: &[],
        at: usize::MAX,
    };

    /// The message's first bytes, from the fifth on, in the order in which they go out.
    #[inline(always)]
    fn pieces<'t>(self, text: &'t [u8]) -> [&'t [u8]; 3]
    where
        'b: 't,
    {
        let (head, tail) = text.split_at_checked(self.at).unwrap_or((text, &[]));
        [head.get(4..).unwrap_or_default(), self.payload, tail]
    }
}

impl<B: Buffer + ?Sized> Drop for Draft<'_, B> {
    fn drop(&mut self) {
        if let Some(buffer) = &mut self.buffer {
            buffer.cut(self.start);
        }
    }
}

impl<'b, B: Buffer + ?Sized> Draft<'b, B> {
    /// Writes a header whose first 4 bytes make it none.
    #[inline(always)]
    fn new(buffer: &'b mut B, header: Header) -> Result<Self, EncodeError> {
        if header.type_bits() & 0xC000 != 0 {
            return Err(EncodeError::NoSuchMessage);
        }
        let id = header.transaction_id();
        if header.dialect().rules().cookie && !id.has_cookie() {
            return Err(EncodeError::NoCookie);
        }
        let start = buffer.start();
        let mut draft = Self {
            _error: [0; 3],
            len: 0,
            owes_fingerprint: false,
            buffer: Some(buffer),
            start,
            apart: Apart::NONE,
            header,
        };
        let out = draft.extend(HEADER_LEN)?;
        if let Some((front, behind)) = out.split_first_chunk_mut::<4>() {
            *front = [0xFF; 4];
            behind.copy_from_slice(id.as_bytes());
        }
        Ok(draft)
    }

    fn dialect(&self) -> Dialect {
        self.header.dialect()
    }

    #[inline(always)]
    fn context(&self) -> Context {
        Context::new(self.header.transaction_id(), self.header.dialect())
    }

    /// Bytes written into the buffer.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    fn len(&self) -> usize {
        // `usize` has at least 32 bits: see `lib.rs`.
        self.len as usize
    }

    /// Where the message ends in the buffer.
    #[inline(always)]
    fn end(&self) -> usize {
        self.start.wrapping_add(self.len())
    }

    /// Bytes of the message, those that stand elsewhere included.
    #[inline(always)]
    fn total(&self) -> usize {
        self.len().wrapping_add(self.apart.payload.len())
    }

    /// Length of the attributes, as the header will have it; `extend` keeps it in 16 bits.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    fn length(&self) -> u16 {
        self.total().wrapping_sub(HEADER_LEN) as u16
    }

    /// The next `by` bytes.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    fn extend(&mut self, by: usize) -> Result<&mut [u8], EncodeError> {
        let (len, total) = (self.len(), self.total());
        // `by` is at most 4 + 65,535 + 3, and `total` at most 20 + 65,535.
        if total.wrapping_add(by) > HEADER_LEN.wrapping_add(0xFFFF) {
            return Err(too_long(total.wrapping_add(by).wrapping_sub(HEADER_LEN)));
        }
        let Some(buffer) = self.buffer.as_deref_mut() else {
            return Err(full(len.wrapping_add(by), 0));
        };
        let limit = buffer.limit();
        match buffer.extend(self.start.wrapping_add(len), by) {
            Some(out) => {
                self.len = len.wrapping_add(by) as u32;
                Ok(out)
            }
            None => {
                let available = limit.saturating_sub(self.start);
                Err(full(len.wrapping_add(by), available))
            }
        }
    }

    /// Writes type and length of an attribute and gives the places of its value, `len` bytes, and of
    /// its padding, which is zero.
    #[inline(always)]
    fn tlv(
        &mut self,
        ty: AttributeType,
        len: usize,
    ) -> Result<(&mut [u8], &mut [u8]), EncodeError> {
        let Ok(length) = u16::try_from(len) else {
            return Err(too_long(len));
        };
        let pad = if self.dialect().is_padded() {
            wire::padding(len)
        } else {
            0
        };
        let total = TLV_HEAD_LEN.wrapping_add(len).wrapping_add(pad);
        let out = self.extend(total)?;
        // The padding, and up to 4 bytes in front of it that are written over: one word, no loop.
        if let Some(last) = out.last_chunk_mut::<4>() {
            *last = [0; 4];
        }
        let Some((head, out)) = out.split_first_chunk_mut::<4>() else {
            return Err(full(total, 0));
        };
        let [t0, t1] = ty.code().to_be_bytes();
        let [l0, l1] = length.to_be_bytes();
        *head = [t0, t1, l0, l1];
        let Some((value, padding)) = out.split_at_mut_checked(len) else {
            return Err(full(total, 0));
        };
        Ok((value, padding))
    }

    #[inline(always)]
    fn attribute<A: EncodeAttribute + ?Sized>(&mut self, attribute: &A) -> Result<(), EncodeError> {
        let context = self.context();
        let dialect = context.dialect;
        let Some(ty) = attribute.wire_type(dialect) else {
            return Err(EncodeError::NotInDialect);
        };
        if is_writers(ty, dialect) {
            return Err(EncodeError::WriterOnly { attribute: ty });
        }
        let len = attribute.value_len(context);
        if !dialect.rules().fill {
            attribute.encode(self.tlv(ty, len)?.0, context);
            return Ok(());
        }
        // The value is stretched to a multiple of 4 inside its length.
        let fill = registry::fill_of(ty, dialect);
        let (value, _) = self.tlv(ty, stretched(len, fill)?)?;
        let Some((value, filling)) = value.split_at_mut_checked(len) else {
            return Err(full(len, 0));
        };
        attribute.encode(value, context);
        put_filling(fill, value, filling);
        Ok(())
    }

    /// An attribute as it was read. Its padding too, unless this dialect pads otherwise.
    fn raw(&mut self, attribute: &RawAttribute<'_>) -> Result<(), EncodeError> {
        let (value, padding) = self.tlv(attribute.ty(), attribute.value().len())?;
        value.copy_from_slice(attribute.value());
        if padding.len() == attribute.padding().len() {
            padding.copy_from_slice(attribute.padding());
        }
        Ok(())
    }

    /// What is written of the message.
    #[inline(always)]
    fn written(&mut self) -> Option<&mut [u8]> {
        let (start, end) = (self.start, self.end());
        self.buffer.as_deref_mut()?.bytes().get_mut(start..end)
    }

    /// MESSAGE-INTEGRITY, with the hash that the key was derived for where that counts.
    fn integrity(&mut self, key: &Key) -> Result<(), EncodeError> {
        let wide = key.is_wide() && self.dialect().rules().wide;
        let algorithm = if wide {
            IntegrityAlgorithm::MsTurnSha256
        } else {
            IntegrityAlgorithm::Sha1
        };
        self.sign(key, algorithm)
    }

    /// The message up to here, as the tag of `algorithm` covers it, and the tag's place.
    fn sign(&mut self, key: &Key, algorithm: IntegrityAlgorithm) -> Result<(), EncodeError> {
        let dialect = self.dialect();
        let rules = dialect.rules();
        let (ty, len) = match algorithm {
            IntegrityAlgorithm::Sha1 => (AttributeType::MESSAGE_INTEGRITY, 20),
            IntegrityAlgorithm::MsTurnSha256 if rules.magic => {
                (AttributeType::MESSAGE_INTEGRITY, 32)
            }
            IntegrityAlgorithm::MsTurnSha256 => return Err(EncodeError::NotInDialect),
            IntegrityAlgorithm::Sha256 {
                len: len @ (16 | 20 | 24 | 28 | 32),
            } => (AttributeType::MESSAGE_INTEGRITY_SHA256, usize::from(len)),
            IntegrityAlgorithm::Sha256 { len } => {
                return Err(EncodeError::OutOfRange {
                    value: u32::from(len),
                });
            }
            IntegrityAlgorithm::Goog32 => (AttributeType::GOOG_MESSAGE_INTEGRITY_32, 4),
        };
        if ty != AttributeType::MESSAGE_INTEGRITY && rules.tag != Tag::Adjusted {
            return Err(EncodeError::NotInDialect);
        }
        let place = self.length();
        let mut length = end_of_tag(place, len);
        if rules.tag == Tag::BeforeFingerprint {
            length = length.checked_add(8).ok_or(too_long(usize::from(length)))?;
            self.owes_fingerprint = true;
        }
        let type_bits = self.header.type_bits();
        let (apart, text_len) = (self.apart, self.len());
        self.tlv(ty, len)?;
        let Some((text, tag)) = self
            .written()
            .and_then(|all| all.split_at_mut_checked(text_len))
        else {
            return Err(full(text_len, 0));
        };
        let Some(tag) = tag.get_mut(TLV_HEAD_LEN..) else {
            return Err(full(text_len, 0));
        };
        let coverage = Coverage::of(apart.pieces(text), type_bits, length, dialect);
        match algorithm {
            IntegrityAlgorithm::Sha1 | IntegrityAlgorithm::Goog32 => {
                coverage.tag(key.sha1()).write(tag);
            }
            IntegrityAlgorithm::Sha256 { .. } | IntegrityAlgorithm::MsTurnSha256 => {
                coverage.tag(key.sha256()).write(tag);
            }
        }
        Ok(())
    }

    fn fingerprint(&mut self) -> Result<(), EncodeError> {
        if self.dialect().rules().tag == Tag::Last {
            return Err(EncodeError::NotInDialect);
        }
        let end = self.len();
        self.tlv(AttributeType::FINGERPRINT, 4)?;
        let (front, apart) = (self.front(), self.apart);
        let Some(all) = self.written() else {
            return Err(full(end, 0));
        };
        let Some((text, attribute)) = all.split_at_mut_checked(end) else {
            return Err(full(end, 0));
        };
        let crc = fingerprint::compute(front, apart.pieces(text));
        if let Some(value) = attribute.last_chunk_mut::<4>() {
            *value = crc.to_be_bytes();
        }
        self.owes_fingerprint = false;
        Ok(())
    }

    /// The header's first 4 bytes, for what is written up to here.
    #[inline(always)]
    fn front(&self) -> [u8; 4] {
        let [t0, t1] = self.header.type_bits().to_be_bytes();
        let [l0, l1] = self.length().to_be_bytes();
        [t0, t1, l0, l1]
    }

    #[inline(always)]
    fn finish(mut self) -> Result<&'b mut [u8], EncodeError> {
        if self.owes_fingerprint {
            return Err(EncodeError::FingerprintMissing);
        }
        let front = self.front();
        let (start, end) = (self.start, self.end());
        // All of it has been written to before.
        let buffer = self.buffer.take().map(B::bytes);
        let message = buffer.and_then(|bytes| bytes.get_mut(start..end));
        let message = message.unwrap_or_default();
        if let Some(first) = message.first_chunk_mut::<4>() {
            *first = front;
        }
        Ok(message)
    }
}

/// The attributes that the writer makes itself.
#[inline(always)]
fn is_writers(ty: AttributeType, dialect: Dialect) -> bool {
    matches!(
        ty,
        AttributeType::MESSAGE_INTEGRITY
            | AttributeType::MESSAGE_INTEGRITY_SHA256
            | AttributeType::FINGERPRINT
            | AttributeType::GOOG_MESSAGE_INTEGRITY_32
    ) || (ty == AttributeType::MAGIC_COOKIE && dialect.rules().magic)
}

// Here, and not in methods of `Draft`: a draft that no call sees stays in registers.

/// Length of a value of `len` bytes with what fills it.
#[cold]
fn stretched(len: usize, fill: Fill) -> Result<usize, EncodeError> {
    let extra = match fill {
        Fill::Nothing => 0,
        Fill::Nul | Fill::Space | Fill::Repeat => wire::padding(len),
    };
    len.checked_add(extra).ok_or(too_long(len))
}

#[cold]
fn put_filling(fill: Fill, value: &[u8], filling: &mut [u8]) {
    match fill {
        Fill::Space => filling.fill(b' '),
        Fill::Nothing | Fill::Nul => filling.fill(0),
        Fill::Repeat => {
            let last = value.last_chunk::<2>().copied().unwrap_or_default();
            for (byte, again) in filling.iter_mut().zip(last) {
                *byte = again;
            }
        }
    }
}

#[cold]
fn full(needed: usize, available: usize) -> EncodeError {
    let short = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    EncodeError::BufferFull {
        needed: short(needed),
        available: short(available),
    }
}

#[cold]
fn too_long(length: usize) -> EncodeError {
    EncodeError::TooLong {
        length: u32::try_from(length).unwrap_or(u32::MAX),
    }
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
        if header.dialect().rules().magic {
            draft
                .extend(registry::MS_TURN_MAGIC.len())?
                .copy_from_slice(&registry::MS_TURN_MAGIC);
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
