//! Is it STUN: the CRC-32 behind a message.

use crate::attribute::{Attribute, Fingerprint};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::message::{Entry, Message};
use crate::num::saturating_u32;
use crate::wire::TLV_HEADER_LEN;

/// XOR-ed onto the CRC, so that a packet of another protocol that ends in a CRC-32 of itself does
/// not pass for STUN (RFC 8489 §14.7).
const XOR: u32 = 0x5354_554E;

/// What a message's FINGERPRINT says: [`Message::fingerprint`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FingerprintStatus {
    /// There is none.
    Absent,
    /// It is the CRC of the message.
    Valid,
    /// It is the CRC by the odd table of \[MS-ICE2\] 3.1.4.8.2 and not the usual one. Said only in
    /// the dialects of MS-ICE2.
    ValidMsTable,
    /// It is not the CRC of the message, or not 4 bytes long.
    Invalid,
    /// Something follows it, which
    /// [RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7) does not allow.
    NotLast,
}

impl FingerprintStatus {
    /// Whether it is there and holds.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid | Self::ValidMsTable)
    }
}

impl Message<'_> {
    /// Checks FINGERPRINT: whether the bytes are a STUN message, and not whether anybody vouches for
    /// them ([RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7)).
    ///
    /// Computed when asked, never by [`parse`](Message::parse).
    #[must_use]
    #[inline]
    pub fn fingerprint(&self) -> FingerprintStatus {
        let Some(place) = self.trailer().offset(Entry::Fingerprint) else {
            return FingerprintStatus::Absent;
        };
        let Some((text, fingerprint)) = self.tlv_at(place) else {
            return FingerprintStatus::Invalid;
        };
        let value = fingerprint.value().unwrap_or_default();
        let context = crate::Context::new(self.transaction_id(), self.dialect());
        let Ok(found) = Fingerprint::decode(value, context) else {
            return FingerprintStatus::Invalid;
        };
        let end = text
            .len()
            .wrapping_add(TLV_HEADER_LEN)
            .wrapping_add(value.len());
        if end != self.as_bytes().len() {
            return FingerprintStatus::NotLast;
        }
        // It is last, so the header's length counts it, as §14.7 wants.
        if found.value() == crc32fast::hash(text) ^ XOR {
            FingerprintStatus::Valid
        } else if self.dialect().rules().alternate_crc && found.value() == ms_crc(text) ^ XOR {
            FingerprintStatus::ValidMsTable
        } else {
            FingerprintStatus::Invalid
        }
    }

    /// Writes the second copy that \[MS-ICE2\] 3.1.4.8.2 wants sent of every check and answer: the
    /// same bytes, FINGERPRINT by Microsoft's table.
    ///
    /// The tables differ in one entry, so for about two messages in three the copy is the message
    /// itself. Once the peer has sent IMPLEMENTATION-VERSION, it needs no second copy.
    ///
    /// ```
    /// use stunwire::attribute::ms::ImplementationVersion;
    /// use stunwire::{Dialect, FingerprintStatus, Header, Key, MessageWriter, Method, TransactionId};
    ///
    /// # // One of those ids that make a difference.
    /// # let id = TransactionId::new(*b"not a secre0");
    /// # let key = Key::short_term("the password of the other side");
    /// let header = Header::request(Method::BINDING, id).in_dialect(Dialect::MS_ICE2_LEGACY);
    /// let mut buffer = [0; 128];
    /// let mut check = MessageWriter::new(&mut buffer, header)?;
    /// check.attribute(&ImplementationVersion(2))?;
    /// let check = check.integrity(&key)?.fingerprint()?.finish()?;
    /// let check = Dialect::MS_ICE2_LEGACY.parse(check)?;
    ///
    /// let mut second = [0; 128];
    /// let second = check.twin(&mut second)?;
    /// let twin = Dialect::MS_ICE2_LEGACY.parse(second)?;
    /// assert_eq!(check.fingerprint(), FingerprintStatus::Valid);
    /// assert!(twin.fingerprint().is_valid());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the dialect is none of MS-ICE2's, the message has no FINGERPRINT that holds by the usual
    /// table, or the copy does not fit.
    pub fn twin<'b, B: Buffer + ?Sized>(
        &self,
        buffer: &'b mut B,
    ) -> Result<&'b mut [u8], EncodeError> {
        if !self.dialect().rules().alternate_crc {
            return Err(EncodeError::NotInDialect);
        }
        if self.fingerprint() != FingerprintStatus::Valid {
            return Err(EncodeError::FingerprintMissing);
        }
        let (bytes, start) = (self.as_bytes(), buffer.start());
        let available = buffer.limit().saturating_sub(start);
        let Some(copy) = buffer.extend(start, bytes.len()) else {
            return Err(EncodeError::BufferFull {
                needed: saturating_u32(bytes.len()),
                available: u32::try_from(available).unwrap_or(u32::MAX),
            });
        };
        copy.copy_from_slice(bytes);
        // FINGERPRINT is last and 8 bytes long: it has just been checked.
        if let Some((text, fingerprint)) = copy.split_last_chunk_mut::<8>() {
            let [_, _, _, _, crc @ ..] = fingerprint;
            *crc = (ms_crc(text) ^ XOR).to_be_bytes();
        }
        Ok(copy)
    }
}

/// The value of FINGERPRINT for a message whose first 4 bytes are `front` and the others up to
/// FINGERPRINT `behind`, in pieces.
#[inline(always)]
pub(crate) fn compute(front: [u8; 4], behind: [&[u8]; 3]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&front);
    for piece in behind {
        if !piece.is_empty() {
            crc.update(piece);
        }
    }
    crc.finalize() ^ XOR
}

/// The CRC-32 by Microsoft's table: entry 90 of the usual one, 8bbeb8ea, lost a digit in print and
/// became 08bbe8ea, and that is what their programs compute (\[MS-ICE2\] 3.1.4.8.2).
pub(crate) fn ms_crc(bytes: &[u8]) -> u32 {
    let crc = bytes.iter().fold(u32::MAX, |crc, byte| {
        let [low, ..] = crc.to_le_bytes();
        let entry = match low ^ byte {
            0x5A => 0x08BB_E8EA,
            index => crc_entry(index),
        };
        entry ^ (crc >> 8)
    });
    !crc
}

/// An entry of the table of the reflected CRC-32, polynomial 0xEDB88320.
fn crc_entry(index: u8) -> u32 {
    (0..8).fold(u32::from(index), |entry, _| {
        (entry >> 1) ^ if entry & 1 == 1 { 0xEDB8_8320 } else { 0 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The check value of CRC-32/ISO-HDLC: the digits 1 to 9. No byte of it meets entry 90.
    #[test]
    fn check_value() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc_entry(0x5A), 0x8BBE_B8EA);
        assert_eq!(compute(*b"1234", [b"56", b"789", b""]), 0xCBF4_3926 ^ XOR);
    }

    #[test]
    fn tables_differ_in_one_entry() {
        // The first byte meets entry 0xFF ^ byte.
        for byte in 0..=u8::MAX {
            let same = ms_crc(&[byte]) == crc32fast::hash(&[byte]);
            assert_eq!(same, byte != 0xFF ^ 0x5A);
        }
    }
}
