//! The message while it is written: what the states of a [`MessageWriter`](super::MessageWriter) share.

use crate::attribute::RawAttribute;
use crate::attribute::registry::{self, Fill};
use crate::attribute::{AttributeType, EncodeAttribute};
use crate::buffer::Buffer;
use crate::dialect::{Context, Dialect, FingerprintRule};
use crate::error::EncodeError;
use crate::fingerprint;
use crate::header::Header;
use crate::integrity::Key;
use crate::integrity::{Coverage, IntegrityAlgorithm, end_of_tag};
use crate::wire::{self, HEADER_LEN, TLV_HEADER_LEN};

/// The unfinished message. Cuts the buffer back unless the message was finished.
///
/// In a `Result` an error takes the place of the first bytes, and the compiler then moves what stands
/// there in the error's pieces, halves of pointers among them. So nothing stands there.
#[repr(C)]
pub(super) struct Draft<'b, B: Buffer + ?Sized> {
    _error: [u32; 3],
    /// Bytes written. Narrow, so that sums of it are seen not to overflow.
    len: u32,
    /// The dialect's integrity has counted a FINGERPRINT that is not written yet.
    owes_fingerprint: bool,
    /// Taken when the message is finished.
    buffer: Option<&'b mut B>,
    start: usize,
    pub(super) apart: Apart<'b>,
    pub(super) header: Header,
}

/// The bytes of the message that stand elsewhere, and where in the buffer, counted from the
/// message's start, they belong.
#[derive(Clone, Copy)]
pub(super) struct Apart<'b> {
    pub(super) payload: &'b [u8],
    pub(super) at: usize,
}

impl<'b> Apart<'b> {
    const NONE: Self = Self {
        payload: &[],
        at: usize::MAX,
    };

    /// The message's first bytes, from the fifth on, in the order in which they go out.
    #[inline(always)]
    pub(super) fn pieces<'t>(self, text: &'t [u8]) -> [&'t [u8]; 3]
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
    pub(super) fn new(buffer: &'b mut B, header: Header) -> Result<Self, EncodeError> {
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

    pub(super) fn dialect(&self) -> Dialect {
        self.header.dialect()
    }

    #[inline(always)]
    pub(super) fn context(&self) -> Context {
        Context::new(self.header.transaction_id(), self.header.dialect())
    }

    /// Bytes written into the buffer.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn len(&self) -> usize {
        // `usize` has at least 32 bits: see `lib.rs`.
        self.len as usize
    }

    /// Where the message ends in the buffer.
    #[inline(always)]
    pub(super) fn end(&self) -> usize {
        self.start.wrapping_add(self.len())
    }

    /// Bytes of the message, those that stand elsewhere included.
    #[inline(always)]
    pub(super) fn total(&self) -> usize {
        self.len().wrapping_add(self.apart.payload.len())
    }

    /// Length of the attributes, as the header will have it; `extend` keeps it in 16 bits.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn length(&self) -> u16 {
        self.total().wrapping_sub(HEADER_LEN) as u16
    }

    /// The next `by` bytes.
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn extend(&mut self, by: usize) -> Result<&mut [u8], EncodeError> {
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
    pub(super) fn tlv(
        &mut self,
        ty: AttributeType,
        len: usize,
    ) -> Result<(&mut [u8], &mut [u8]), EncodeError> {
        let Ok(length) = u16::try_from(len) else {
            return Err(too_long(len));
        };
        let pad = if self.dialect().is_padded() {
            wire::padding_len(len)
        } else {
            0
        };
        let total = TLV_HEADER_LEN.wrapping_add(len).wrapping_add(pad);
        let out = self.extend(total)?;
        // The padding, and up to 4 bytes in front of it that are written over: one word, no loop.
        if let Some(last) = out.last_chunk_mut::<4>() {
            *last = [0; 4];
        }
        let Some((head, out)) = out.split_first_chunk_mut::<4>() else {
            return Err(full(total, 0));
        };
        let [t0, t1] = ty.as_u16().to_be_bytes();
        let [l0, l1] = length.to_be_bytes();
        *head = [t0, t1, l0, l1];
        let Some((value, padding)) = out.split_at_mut_checked(len) else {
            return Err(full(total, 0));
        };
        Ok((value, padding))
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
        if is_writers(ty, dialect) {
            return Err(EncodeError::WriterOnly { attribute: ty });
        }
        let len = attribute.value_len(context);
        if !dialect.rules().pad_in_length {
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
    pub(super) fn raw(&mut self, attribute: &RawAttribute<'_>) -> Result<(), EncodeError> {
        let (value, padding) = self.tlv(attribute.ty(), attribute.value().len())?;
        value.copy_from_slice(attribute.value());
        if padding.len() == attribute.padding().len() {
            padding.copy_from_slice(attribute.padding());
        }
        Ok(())
    }

    /// What is written of the message.
    #[inline(always)]
    pub(super) fn written(&mut self) -> Option<&mut [u8]> {
        let (start, end) = (self.start, self.end());
        self.buffer.as_deref_mut()?.bytes().get_mut(start..end)
    }

    /// MESSAGE-INTEGRITY, with the hash that the key was derived for where that counts.
    pub(super) fn integrity(&mut self, key: &Key) -> Result<(), EncodeError> {
        let wide = key.is_wide() && self.dialect().rules().ms_turn_sha256;
        let algorithm = if wide {
            IntegrityAlgorithm::MsTurnSha256
        } else {
            IntegrityAlgorithm::Sha1
        };
        self.sign(key, algorithm)
    }

    /// Appends the tag of `algorithm` over what is written up to here.
    pub(super) fn sign(
        &mut self,
        key: &Key,
        algorithm: IntegrityAlgorithm,
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
                    value: u32::from(len),
                });
            }
            IntegrityAlgorithm::Goog32 => (AttributeType::GOOG_MESSAGE_INTEGRITY_32, 4),
        };
        if ty != AttributeType::MESSAGE_INTEGRITY && !rules.sha256_attribute {
            return Err(EncodeError::NotInDialect);
        }
        let place = self.length();
        let mut length = end_of_tag(place, len);
        if rules.fingerprint == FingerprintRule::Required {
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
        let Some(tag) = tag.get_mut(TLV_HEADER_LEN..) else {
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

    pub(super) fn fingerprint(&mut self) -> Result<(), EncodeError> {
        if self.dialect().rules().fingerprint == FingerprintRule::Never {
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
    pub(super) fn front(&self) -> [u8; 4] {
        let [t0, t1] = self.header.type_bits().to_be_bytes();
        let [l0, l1] = self.length().to_be_bytes();
        [t0, t1, l0, l1]
    }

    #[inline(always)]
    pub(super) fn finish(mut self) -> Result<&'b mut [u8], EncodeError> {
        if self.owes_fingerprint {
            return Err(EncodeError::FingerprintMissing);
        }
        let front = self.front();
        let (start, end) = (self.start, self.end());
        // All of it has been written to before, so it is never empty.
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
pub(super) fn is_writers(ty: AttributeType, dialect: Dialect) -> bool {
    matches!(
        ty,
        AttributeType::MESSAGE_INTEGRITY
            | AttributeType::MESSAGE_INTEGRITY_SHA256
            | AttributeType::FINGERPRINT
            | AttributeType::GOOG_MESSAGE_INTEGRITY_32
    ) || (ty == AttributeType::MAGIC_COOKIE && dialect.rules().magic_cookie_attribute)
}

// Here, and not in methods of `Draft`: a draft that no call sees stays in registers.

/// Length of a value of `len` bytes with what fills it.
#[cold]
fn stretched(len: usize, fill: Fill) -> Result<usize, EncodeError> {
    let extra = match fill {
        Fill::Nothing => 0,
        Fill::Nul | Fill::Space | Fill::Repeat => wire::padding_len(len),
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
pub(super) fn full(needed: usize, available: usize) -> EncodeError {
    let short = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    EncodeError::BufferFull {
        needed: short(needed),
        available: short(available),
    }
}

#[cold]
pub(super) fn too_long(length: usize) -> EncodeError {
    EncodeError::TooLong {
        length: u32::try_from(length).unwrap_or(u32::MAX),
    }
}
