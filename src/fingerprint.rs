//! FINGERPRINT: whether a packet is a STUN message.

use crate::attribute::{Attribute, Fingerprint};
use crate::buffer::Buffer;
use crate::dialect::Context;
use crate::error::EncodeError;
use crate::message::{Entry, Message};
use crate::num::saturating_u32;

/// XORed with the CRC, so that a packet of another protocol that ends in its own CRC-32 does not pass for
/// STUN (RFC 8489 §14.7).
const XOR: u32 = 0x5354_554E;

impl Message<'_> {
    /// Checks FINGERPRINT ([RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7)), a checksum
    /// that distinguishes STUN from other protocols on the same port. It authenticates nothing: anyone can
    /// compute it.
    ///
    /// [`parse`](Message::parse) does not check it.
    ///
    /// ```
    /// use stunwire::{FingerprintStatus, Message, MessageWriter, Method, TransactionId};
    ///
    /// let id = TransactionId::new(*b"not a secret");
    /// let mut buffer = [0; 28];
    /// let request = MessageWriter::request(&mut buffer, Method::BINDING, id)?;
    /// let packet = request.fingerprint()?.finish()?;
    /// assert_eq!(Message::parse(packet)?.fingerprint(), FingerprintStatus::Valid);
    ///
    /// packet[8] ^= 1;
    /// assert_eq!(Message::parse(packet)?.fingerprint(), FingerprintStatus::Invalid);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn fingerprint(&self) -> FingerprintStatus {
        let Some(offset) = self.trailer().offset(Entry::Fingerprint) else {
            return FingerprintStatus::Absent;
        };
        let Some((text, tlv)) = self.tlv_at(offset) else {
            debug_assert!(false, "parsing has found the attribute");
            return FingerprintStatus::Invalid;
        };
        let context = Context::new(self.transaction_id(), self.dialect());
        let found = match tlv.value().map(|value| Fingerprint::decode(value, context)) {
            Some(Ok(found)) => found,
            _ => return FingerprintStatus::Invalid,
        };
        if tlv.next(false).offset() != self.as_bytes().len() {
            return FingerprintStatus::NotLast;
        }
        // It is the last attribute, so the header's length counts it, as §14.7 wants.
        if found == Fingerprint::of(text) {
            FingerprintStatus::Valid
        } else if self.dialect().rules().alternate_crc && found.0 == alternate_crc(text) ^ XOR {
            FingerprintStatus::ValidAlternateCrc
        } else {
            FingerprintStatus::Invalid
        }
    }

    /// Copies the message with a FINGERPRINT by the alternate CRC of MS-ICE2: the second packet that
    /// \[MS-ICE2\] 3.1.4.8.2 sends for each connectivity check and response.
    ///
    /// The two CRC tables differ in one entry, which two messages in three do not use: their copies are equal
    /// to the original. A peer that has sent IMPLEMENTATION-VERSION needs no second packet.
    ///
    /// ```
    /// use stunwire::attribute::ms::ImplementationVersion;
    /// use stunwire::{Dialect, FingerprintStatus, Header, Key, MessageWriter, Method, TransactionId};
    ///
    /// // A transaction id for which the two copies differ.
    /// let id = TransactionId::new(*b"not a secre0");
    /// let key = Key::short_term("the password of the other side");
    /// let header = Header::request(Method::BINDING, id).in_dialect(Dialect::MS_ICE2_LEGACY);
    /// let mut buffer = [0; 128];
    /// let mut check = MessageWriter::new(&mut buffer, header)?;
    /// check.attribute(&ImplementationVersion(2))?;
    /// let check = check.integrity(&key)?.fingerprint()?.finish()?;
    /// let check = Dialect::MS_ICE2_LEGACY.parse(check)?;
    /// assert_eq!(check.fingerprint(), FingerprintStatus::Valid);
    ///
    /// let mut buffer = [0; 128];
    /// let copy = check.copy_with_alternate_crc(&mut buffer)?;
    /// let copy = Dialect::MS_ICE2_LEGACY.parse(copy)?;
    /// assert_eq!(copy.fingerprint(), FingerprintStatus::ValidAlternateCrc);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// - If the dialect is not one of MS-ICE2,
    /// - if [`fingerprint`](Self::fingerprint) is not [`FingerprintStatus::Valid`],
    /// - if the buffer is too small.
    pub fn copy_with_alternate_crc<'b, B: Buffer + ?Sized>(
        &self,
        buffer: &'b mut B,
    ) -> Result<&'b mut [u8], EncodeError> {
        if !self.dialect().rules().alternate_crc {
            return Err(EncodeError::NotInDialect);
        }
        if self.fingerprint() != FingerprintStatus::Valid {
            return Err(EncodeError::FingerprintMissing);
        }
        let bytes = self.as_bytes();
        // FINGERPRINT is the last attribute and 8 bytes long: it has just been checked.
        let Some((text, [t0, t1, l0, l1, ..])) = bytes.split_last_chunk::<8>() else {
            debug_assert!(false, "a message with FINGERPRINT has 28 bytes or more");
            return Err(EncodeError::FingerprintMissing);
        };
        let [c0, c1, c2, c3] = (alternate_crc(text) ^ XOR).to_be_bytes();
        let fingerprint = [*t0, *t1, *l0, *l1, c0, c1, c2, c3];
        let start = buffer.start();
        let available = buffer.limit().saturating_sub(start);
        match buffer.extend(start, bytes.len()) {
            Some(copy) => {
                for (to, from) in copy.iter_mut().zip(text.iter().chain(&fingerprint)) {
                    *to = *from;
                }
                Ok(copy)
            }
            None => Err(EncodeError::BufferFull {
                needed: saturating_u32(bytes.len()),
                available: saturating_u32(available),
            }),
        }
    }
}

/// The status of the FINGERPRINT of a message, returned by [`Message::fingerprint`].
///
/// ```
/// use stunwire::{FingerprintStatus, Message, MessageWriter, Method, TransactionId};
///
/// let mut buffer = [0; 28];
/// let id = TransactionId::new(*b"unpredictabl");
/// let packet = MessageWriter::indication(&mut buffer, Method::BINDING, id)?.fingerprint()?.finish()?;
/// assert_eq!(Message::parse(packet)?.fingerprint(), FingerprintStatus::Valid);
/// packet[27] ^= 1;
/// assert_eq!(Message::parse(packet)?.fingerprint(), FingerprintStatus::Invalid);
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FingerprintStatus {
    /// The message has no FINGERPRINT.
    Absent,
    /// FINGERPRINT is correct.
    Valid,
    /// FINGERPRINT is correct by the alternate CRC table of \[MS-ICE2\] 3.1.4.8.2, but not by the standard
    /// one. Only the dialects of MS-ICE2 accept it.
    ValidAlternateCrc,
    /// FINGERPRINT is not the CRC of the message, or not 4 bytes long.
    Invalid,
    /// An attribute follows FINGERPRINT, which
    /// [RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7) does not allow.
    NotLast,
}

impl FingerprintStatus {
    /// Whether FINGERPRINT is present and correct by either CRC table.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        matches!(self, Self::Valid | Self::ValidAlternateCrc)
    }
}

impl Fingerprint {
    /// Computes FINGERPRINT for the bytes of a message that precede it, in a header whose length counts the
    /// 8 bytes of FINGERPRINT
    /// ([RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7)).
    ///
    /// [`MessageWriter::fingerprint`](crate::MessageWriter::fingerprint) and
    /// [`Message::fingerprint`](crate::Message::fingerprint) call it. It is public for code that builds packets
    /// without the writer.
    ///
    /// ```
    /// use stunwire::Message;
    /// use stunwire::attribute::Fingerprint;
    ///
    /// let mut packet = *b"\x00\x11\x00\x08\x21\x12\xa4\x42abcdefghijkl\x80\x28\x00\x04....";
    /// let fingerprint = Fingerprint::of(&packet[..20]);
    /// packet[24..].copy_from_slice(&fingerprint.0.to_be_bytes());
    /// assert!(Message::parse(&packet)?.fingerprint().is_valid());
    /// # Ok::<(), stunwire::ParseError>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn of(text: &[u8]) -> Self {
        Self(crc32fast::hash(text) ^ XOR)
    }
}

/// The value of FINGERPRINT for a message whose first 4 bytes are `start`, and the others up to FINGERPRINT
/// the segments in `rest`.
#[inline(always)]
pub(crate) fn compute(start: [u8; 4], rest: [&[u8]; 3]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&start);
    for segment in rest {
        if !segment.is_empty() {
            crc.update(segment);
        }
    }
    crc.finalize() ^ XOR
}

/// The CRC-32 by the table printed in \[MS-ICE2\] 3.1.4.8.2, whose entry 90 is 08bbe8ea instead of 8bbeb8ea.
pub(crate) fn alternate_crc(bytes: &[u8]) -> u32 {
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

    // The check value of CRC-32/ISO-HDLC: the digits 1 to 9, none of which uses entry 90.
    #[test]
    fn check_value() {
        assert_eq!(crc32fast::hash(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc_entry(0x5A), 0x8BBE_B8EA);
        assert_eq!(compute(*b"1234", [b"56", b"789", b""]), 0xCBF4_3926 ^ XOR);
    }

    #[test]
    fn tables_differ_in_one_entry() {
        // The first byte uses entry 0xFF ^ byte.
        for byte in 0..=u8::MAX {
            let same = alternate_crc(&[byte]) == crc32fast::hash(&[byte]);
            assert_eq!(same, byte != 0xFF ^ 0x5A);
        }
    }
}
