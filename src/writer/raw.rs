//! The unfinished message: the common part of all states of a [`MessageWriter`](super::MessageWriter).

use crate::attribute::registry::{self, PaddingByte};
use crate::attribute::shape::put_all;
use crate::attribute::{EncodeAttribute, RawAttribute};
use crate::buffer::Buffer;
use crate::code_point::AttributeType;
use crate::dialect::{Context, Dialect, FingerprintRule, PadInLength};
use crate::error::{EncodeError, Quantity};
use crate::fingerprint;
use crate::header::Header;
use crate::integrity::{
    Coverage, HmacAlgorithm, HmacKey, HmacTag, IntegrityAlgorithm, length_with_tag,
};
use crate::num::saturating_u32;
use crate::wire::{self, HEADER_LEN, TLV_HEADER_LEN};

/// The longest message: a header and as many bytes as its length can hold.
const MAX_MESSAGE_LEN: usize = HEADER_LEN + 0xFFFF;

/// An unfinished message in a buffer. If it is dropped unfinished, a growing buffer is truncated to its old
/// length.
#[repr(C)]
pub(super) struct RawWriter<'b, B: Buffer + ?Sized> {
    /// Room for the error of a `Result`, which would otherwise share memory with the fields below and be
    /// moved in parts with them: without it a message with an external payload takes 130 instructions
    /// instead of 98.
    _error: [u32; 4],
    /// Bytes written: 32 bits, so that the compiler sees that sums do not overflow.
    len: u32,
    /// The length that MESSAGE-INTEGRITY covers includes a FINGERPRINT that is not written yet.
    fingerprint_required: bool,
    /// Taken when the message is finished.
    buffer: Option<&'b mut B>,
    start: usize,
    pub(super) external: External<'b>,
    pub(super) header: Header,
}

/// A part of the message that is not in the buffer, and its offset from the start of the message.
#[derive(Clone, Copy)]
pub(super) struct External<'b> {
    pub(super) payload: &'b [u8],
    pub(super) offset: usize,
}

impl<'b> External<'b> {
    const NONE: Self = Self {
        payload: &[],
        offset: usize::MAX,
    };

    /// The message without its first 4 bytes, as segments in the order in which they are sent.
    #[inline(always)]
    pub(super) fn segments<'t>(self, written: &'t [u8]) -> Option<[&'t [u8]; 3]>
    where
        'b: 't,
    {
        let (leading, trailing) = match written.split_at_checked(self.offset) {
            Some(split) => split,
            None => (written, [].as_slice()),
        };
        Some([leading.get(4..)?, self.payload, trailing])
    }
}

impl<B: Buffer + ?Sized> Drop for RawWriter<'_, B> {
    fn drop(&mut self) {
        if let Some(buffer) = &mut self.buffer {
            buffer.truncate(self.start);
        }
    }
}

impl<'b, B: Buffer + ?Sized> RawWriter<'b, B> {
    /// Writes a header whose first 4 bytes are invalid.
    #[inline(always)]
    pub(super) fn new(buffer: &'b mut B, header: Header) -> Result<Self, EncodeError> {
        if header.type_bits() & 0xC000 != 0 {
            return Err(EncodeError::NoSuchMessage);
        }
        let id = header.transaction_id();
        if header.dialect().rules().cookie && !id.has_cookie() {
            return Err(EncodeError::NoCookie);
        }
        let start = buffer.start();
        let mut writer = Self {
            _error: [0; 4],
            len: 0,
            fingerprint_required: false,
            buffer: Some(buffer),
            start,
            external: External::NONE,
            header,
        };
        let Some(out) = writer.extend(HEADER_LEN) else {
            return Err(writer.refusal(HEADER_LEN));
        };
        match out.split_first_chunk_mut::<4>() {
            Some((first, rest)) => {
                *first = [0xFF; 4];
                rest.copy_from_slice(id.as_bytes());
                Ok(writer)
            }
            None => Err(impossible(HEADER_LEN)),
        }
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.header.dialect()
    }

    #[inline(always)]
    pub(super) fn context(&self) -> Context {
        Context::new(self.header.transaction_id(), self.header.dialect())
    }

    /// Bytes written into the buffer.
    #[inline(always)]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "`usize` has at least 32 bits: see lib.rs"
    )]
    pub(super) fn len(&self) -> usize {
        self.len as usize
    }

    /// Offset of the end of the message in the buffer.
    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "the buffer holds all of the message"
    )]
    fn end(&self) -> usize {
        self.start + self.len()
    }

    /// Bytes of the message, its external payload included.
    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "the payload is at most 65,535 + 3 bytes long, the rest is in memory"
    )]
    pub(super) fn total(&self) -> usize {
        self.len() + self.external.payload.len()
    }

    /// Length of the attributes as the header will have it.
    #[inline(always)]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "`extend` keeps it in 16 bits"
    )]
    #[allow(clippy::arithmetic_side_effects, reason = "`new` has written a header")]
    pub(super) fn length(&self) -> u16 {
        (self.total() - HEADER_LEN) as u16
    }

    /// The next `by` bytes, at most 4 + 65,535 + 3. `None` if they are refused: [`refusal`](Self::refusal) is the
    /// error. In a `Result` the slice and the error would share memory, and be moved in parts.
    #[inline(always)]
    #[allow(
        clippy::cast_possible_truncation,
        reason = "at most 20 + 65,535 + 65,542"
    )]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "at most 20 + 65,535 + 65,542"
    )]
    pub(super) fn extend(&mut self, by: usize) -> Option<&mut [u8]> {
        let len = self.len();
        if self.total() + by > MAX_MESSAGE_LEN {
            return None;
        }
        let out = self.buffer.as_deref_mut()?.extend(self.start + len, by)?;
        self.len = (len + by) as u32;
        Some(out)
    }

    /// Why [`extend`](Self::extend) refused `by` bytes.
    #[inline(always)]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "at most 20 + 65,535 + 65,542"
    )]
    pub(super) fn refusal(&self, by: usize) -> EncodeError {
        match self.buffer.as_deref() {
            Some(buffer) => refusal(
                self.total() + by,
                self.len() + by,
                buffer.limit().saturating_sub(self.start),
            ),
            None => impossible(self.len()),
        }
    }

    /// Writes type and length of an attribute and returns the bytes of its value, `len` of them, and of
    /// its padding, which is zero. `None` if it is refused: [`tlv_refusal`](Self::tlv_refusal) is the error.
    #[inline(always)]
    pub(super) fn tlv(&mut self, ty: AttributeType, len: usize) -> Option<(&mut [u8], &mut [u8])> {
        let length = u16::try_from(len).ok()?;
        let out = self.extend(self.tlv_len(len))?;
        // The padding, and up to 4 bytes before it that are overwritten: one word instead of a loop.
        if let Some(last) = out.last_chunk_mut::<4>() {
            *last = [0; 4];
        }
        let (header, value_and_padding) = out.split_first_chunk_mut::<4>()?;
        let [t0, t1] = ty.as_u16().to_be_bytes();
        let [l0, l1] = length.to_be_bytes();
        *header = [t0, t1, l0, l1];
        value_and_padding.split_at_mut_checked(len)
    }

    /// Why [`tlv`](Self::tlv) refused a value of `len` bytes.
    #[inline(always)]
    pub(super) fn tlv_refusal(&self, len: usize) -> EncodeError {
        if len > 0xFFFF {
            let padded_len = len.saturating_add(self.dialect().padding_len(len));
            let before = usize::from(self.length()).saturating_add(TLV_HEADER_LEN);
            return too_long(before.saturating_add(padded_len));
        }
        self.refusal(self.tlv_len(len))
    }

    /// Length of an attribute with a value of `len` bytes, which is at most 65,535.
    #[inline(always)]
    #[allow(clippy::arithmetic_side_effects, reason = "at most 4 + 65,535 + 3")]
    fn tlv_len(&self, len: usize) -> usize {
        if self.dialect().is_padded() {
            TLV_HEADER_LEN + len + wire::padding_len(len)
        } else {
            TLV_HEADER_LEN + len
        }
    }

    #[inline(always)]
    pub(super) fn attribute<A: EncodeAttribute + ?Sized>(
        &mut self,
        attribute: &A,
    ) -> Result<(), EncodeError> {
        let context = self.context();
        let dialect = context.dialect;
        let Some(ty) = attribute.wire_type(dialect) else {
            return Err(EncodeError::NotInDialect);
        };
        if is_writer_only(ty, dialect) {
            return Err(EncodeError::WriterOnly { attribute: ty });
        }
        attribute.validate(context)?;
        let len = attribute.value_len(context);
        if dialect.rules().pad_in_length == PadInLength::Never {
            let Some((value, _)) = self.tlv(ty, len) else {
                return Err(self.tlv_refusal(len));
            };
            attribute.encode(value, context);
            return Ok(());
        }
        let padding_byte = registry::padding_in_length(ty, dialect);
        let padded_len = padded_in_length(len, padding_byte)?;
        let Some((value, _)) = self.tlv(ty, padded_len) else {
            return Err(self.tlv_refusal(padded_len));
        };
        let Some((value, padding)) = value.split_at_mut_checked(len) else {
            return Err(impossible(len));
        };
        attribute.encode(value, context);
        put_padding_in_length(padding_byte, value, padding);
        Ok(())
    }

    /// Writes an attribute as it was read, padding included, unless this dialect pads otherwise.
    pub(super) fn raw(&mut self, attribute: &RawAttribute<'_>) -> Result<(), EncodeError> {
        let len = attribute.value().len();
        let Some((value, padding)) = self.tlv(attribute.ty(), len) else {
            return Err(self.tlv_refusal(len));
        };
        if put_all(value, attribute.value()).is_none() {
            return Err(impossible(len));
        }
        if padding.len() == attribute.padding().len() {
            padding.copy_from_slice(attribute.padding());
        }
        Ok(())
    }

    /// The bytes written so far.
    #[inline(always)]
    fn written(&mut self) -> Option<&mut [u8]> {
        let (start, end) = (self.start, self.end());
        self.buffer.as_deref_mut()?.bytes().get_mut(start..end)
    }

    /// Appends MESSAGE-INTEGRITY, in MS-TURN with the hash for which the key was derived.
    pub(super) fn integrity<K: HmacKey + ?Sized>(&mut self, key: &K) -> Result<(), EncodeError> {
        let algorithm = if self.dialect().rules().ms_turn_sha256 && key.ms_turn_sha256() {
            IntegrityAlgorithm::MsTurnSha256
        } else {
            IntegrityAlgorithm::Sha1
        };
        self.sign(key, algorithm)
    }

    /// Appends the tag of `algorithm` over what is written so far.
    pub(super) fn sign<K: HmacKey + ?Sized>(
        &mut self,
        key: &K,
        algorithm: IntegrityAlgorithm,
    ) -> Result<(), EncodeError> {
        self.sign_by(algorithm, |hash, segments| key.hmac(hash, segments))
    }

    /// Appends the tag of `algorithm` that `hmac` returns.
    #[inline(always)]
    pub(super) fn sign_by<T: Into<HmacTag>>(
        &mut self,
        algorithm: IntegrityAlgorithm,
        hmac: impl FnOnce(HmacAlgorithm, &[&[u8]]) -> T,
    ) -> Result<(), EncodeError> {
        let dialect = self.dialect();
        let rules = dialect.rules();
        let (ty, len) = match algorithm {
            IntegrityAlgorithm::Sha1 => (AttributeType::MESSAGE_INTEGRITY, 20),
            IntegrityAlgorithm::MsTurnSha256 if rules.ms_turn_sha256 => {
                (AttributeType::MESSAGE_INTEGRITY, 32)
            }
            IntegrityAlgorithm::MsTurnSha256 => return Err(EncodeError::NotInDialect),
            IntegrityAlgorithm::Sha256 {
                len: len @ (16 | 20 | 24 | 28 | 32),
            } => (AttributeType::MESSAGE_INTEGRITY_SHA256, usize::from(len)),
            IntegrityAlgorithm::Sha256 { len } => {
                return Err(EncodeError::OutOfRange {
                    quantity: Quantity::TagLength,
                    value: u32::from(len),
                    min: 16,
                    max: 32,
                });
            }
            IntegrityAlgorithm::Goog32 => (AttributeType::GOOG_MESSAGE_INTEGRITY_32, 4),
        };
        if ty != AttributeType::MESSAGE_INTEGRITY && !rules.sha256_attribute {
            return Err(EncodeError::NotInDialect);
        }
        let Some(mut length) = length_with_tag(self.total(), len) else {
            let attributes = usize::from(self.length());
            return Err(too_long(
                attributes
                    .saturating_add(TLV_HEADER_LEN)
                    .saturating_add(len),
            ));
        };
        if rules.fingerprint == FingerprintRule::Required {
            let with_fingerprint = usize::from(length).saturating_add(8);
            length = u16::try_from(with_fingerprint).map_err(|_| too_long(with_fingerprint))?;
            self.fingerprint_required = true;
        }
        let type_bits = self.header.type_bits();
        let (external, end) = (self.external, self.len());
        if self.tlv(ty, len).is_none() {
            return Err(self.tlv_refusal(len));
        }
        let split = self
            .written()
            .and_then(|written| written.split_at_mut_checked(end))
            .and_then(|(text, attribute)| {
                let tag = attribute.get_mut(TLV_HEADER_LEN..)?;
                Some((external.segments(text)?, tag))
            });
        let Some((segments, tag)) = split else {
            return Err(impossible(end));
        };
        let Some(coverage) = Coverage::new(segments, type_bits, length, dialect) else {
            return Err(impossible(end));
        };
        let hash = algorithm.hmac();
        let hmac: HmacTag = coverage
            .with_segments(|segments| hmac(hash, segments))
            .into();
        hmac.write(tag, hash)
    }

    /// Appends FINGERPRINT. `is_signed`: the message has MESSAGE-INTEGRITY.
    pub(super) fn fingerprint(&mut self, is_signed: bool) -> Result<(), EncodeError> {
        match self.dialect().rules().fingerprint {
            FingerprintRule::Optional | FingerprintRule::Required => {}
            FingerprintRule::Unsigned if !is_signed => {}
            FingerprintRule::Unsigned | FingerprintRule::Never => {
                return Err(EncodeError::NotInDialect);
            }
        }
        let end = self.len();
        if self.tlv(AttributeType::FINGERPRINT, 4).is_none() {
            return Err(self.tlv_refusal(4));
        }
        let (first, external) = (self.first_bytes(), self.external);
        let split = self
            .written()
            .and_then(|written| written.split_at_mut_checked(end))
            .and_then(|(text, attribute)| {
                Some((external.segments(text)?, attribute.last_chunk_mut::<4>()?))
            });
        let Some((segments, value)) = split else {
            return Err(impossible(end));
        };
        *value = fingerprint::compute(first, segments).to_be_bytes();
        self.fingerprint_required = false;
        Ok(())
    }

    /// The first 4 bytes of the header for what is written so far.
    #[inline(always)]
    fn first_bytes(&self) -> [u8; 4] {
        let [t0, t1] = self.header.type_bits().to_be_bytes();
        let [l0, l1] = self.length().to_be_bytes();
        [t0, t1, l0, l1]
    }

    #[inline(always)]
    pub(super) fn finish(mut self) -> Result<&'b mut [u8], EncodeError> {
        if self.fingerprint_required {
            return Err(EncodeError::FingerprintMissing);
        }
        let first_bytes = self.first_bytes();
        let (start, end) = (self.start, self.end());
        let message = self
            .buffer
            .take()
            .and_then(|buffer| buffer.bytes().get_mut(start..end));
        let Some(message) = message else {
            return Err(impossible(end));
        };
        match message.first_chunk_mut::<4>() {
            Some(first) => *first = first_bytes,
            None => return Err(impossible(end)),
        }
        Ok(message)
    }
}

/// Whether the attribute is reserved for the writer.
#[inline(always)]
pub(super) fn is_writer_only(ty: AttributeType, dialect: Dialect) -> bool {
    let rules = dialect.rules();
    dialect.is_trailer(ty)
        || (ty == AttributeType::GOOG_MESSAGE_INTEGRITY_32 && rules.sha256_attribute)
        || (ty == AttributeType::MAGIC_COOKIE && rules.magic_cookie_attribute)
}

// Free functions: a writer that is not passed to a call stays in registers.

/// Length of a value of `len` bytes with the padding inside its length (RFC 3489 §11.2).
#[cold]
pub(super) fn padded_in_length(
    len: usize,
    padding: Option<PaddingByte>,
) -> Result<usize, EncodeError> {
    let padding = match padding {
        None => 0,
        Some(_) => wire::padding_len(len),
    };
    len.checked_add(padding).ok_or(too_long(len))
}

#[cold]
pub(super) fn put_padding_in_length(byte: Option<PaddingByte>, value: &[u8], padding: &mut [u8]) {
    match (byte, value.last_chunk::<2>()) {
        (Some(PaddingByte::Space), _) => padding.fill(b' '),
        // A list of 16-bit values: at most its last one is missing.
        (Some(PaddingByte::Repeat), Some(last)) => {
            for (byte, repeated) in padding.iter_mut().zip(last) {
                *byte = *repeated;
            }
        }
        (None | Some(PaddingByte::Nul | PaddingByte::Repeat), _) => padding.fill(0),
    }
}

#[cold]
pub(super) fn full(needed: usize, available: usize) -> EncodeError {
    EncodeError::BufferFull {
        needed: saturating_u32(needed),
        available: saturating_u32(available),
    }
}

/// Why a message of `total` bytes, of which `needed` are in the buffer, is refused.
#[cold]
#[allow(clippy::arithmetic_side_effects, reason = "a message has a header")]
fn refusal(total: usize, needed: usize, available: usize) -> EncodeError {
    if total > MAX_MESSAGE_LEN {
        return too_long(total - HEADER_LEN);
    }
    debug_assert!(needed > available, "a buffer with room is extended");
    full(needed, available)
}

#[cold]
pub(super) fn too_long(length: usize) -> EncodeError {
    EncodeError::TooLong {
        length: saturating_u32(length),
    }
}

/// The error for the impossible case that written bytes are not in the buffer.
#[cold]
pub(super) fn impossible(needed: usize) -> EncodeError {
    debug_assert!(false, "what was written to the buffer is in it");
    full(needed, 0)
}
