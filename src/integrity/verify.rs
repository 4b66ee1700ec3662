//! Verification of a message's integrity attribute.

use super::algorithm::{IntegrityAlgorithm, sha256_tag_len};
use super::coverage::{Coverage, length_with_tag};
use super::hmac::HmacKey;
use super::policy::Policy;
use super::verified::Verified;
use crate::code_point::AttributeType;
use crate::dialect::HmacInput;
use crate::error::IntegrityError;
use crate::message::{Entry, Message};
use crate::num::{saturating_u16, saturating_u32};
use crate::wire::Tlv;

impl<'a> Message<'a> {
    /// Verifies the message's integrity under `key` and returns the part of it that is authenticated.
    ///
    /// If the message has MESSAGE-INTEGRITY-SHA256, that attribute must be valid; otherwise
    /// MESSAGE-INTEGRITY must be
    /// ([RFC 8489 §9.1.3](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.3)). Tags are compared in
    /// constant time.
    ///
    /// ```
    /// use stunwire::attribute::{Software, Username};
    /// use stunwire::{Header, IntegrityError, Key, Message, MessageWriter, Method, TransactionId};
    ///
    /// let key = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
    /// let mut buffer = [0; 128];
    /// let id = TransactionId::new(*b"not a secret");
    /// let mut request = MessageWriter::new(&mut buffer, Header::request(Method::BINDING, id))?;
    /// request.attribute(&Username::new("evtj:h6vY")?)?;
    /// let packet: &[u8] = request.integrity(&key)?.finish()?;
    ///
    /// let message = Message::parse(packet)?;
    /// let verified = message.verify(&key)?;
    /// assert!(verified.get::<Username>()?.is_some());
    ///
    /// let other = Key::short_term("guess");
    /// assert!(matches!(message.verify(&other), Err(IntegrityError::Mismatch { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// - If there is no integrity attribute,
    /// - if its length is not one that [`Policy::default`] accepts,
    /// - if the tag is not that of the message under `key`,
    /// - if `key` is the application's own and returns an HMAC of the wrong length.
    #[inline]
    pub fn verify<K: HmacKey + ?Sized>(&self, key: &K) -> Result<Verified<'a>, IntegrityError> {
        self.verify_with(key, &Policy::default())
    }

    /// Verifies the message's integrity under `key` by a policy other than the default.
    ///
    /// # Errors
    /// If [`verify`](Self::verify) fails, or if the integrity attribute is not one that the policy accepts.
    #[inline]
    pub fn verify_with<K: HmacKey + ?Sized>(
        &self,
        key: &K,
        policy: &Policy,
    ) -> Result<Verified<'a>, IntegrityError> {
        let trailer = self.trailer();
        let dialect = self.dialect();
        let sha1 = trailer.offset(Entry::Integrity);
        let sha256 = trailer.offset(Entry::Sha256);
        let goog = sha1.is_none() && sha256.is_none() && policy.goog;
        let goog_offset = if goog { self.goog_offset() } else { None };
        let offset = sha256.or(sha1).or(goog_offset);
        let offset = offset.ok_or(IntegrityError::Missing)?;
        let (text, tlv) = self.tlv_at(offset).ok_or(IntegrityError::Missing)?;
        let tag = tlv.value().ok_or(IntegrityError::Missing)?;
        let algorithm = match (sha256.is_some(), tag.len()) {
            (true, len) => sha256_tag_len(len)
                .filter(|len| *len >= policy.sha256_min_len)
                .map(|len| IntegrityAlgorithm::Sha256 { len }),
            (false, 4) if goog => Some(IntegrityAlgorithm::Goog32),
            (false, _) if goog => None,
            (false, 20) if policy.sha1 => Some(IntegrityAlgorithm::Sha1),
            (false, 20) => return Err(IntegrityError::Missing),
            (false, 32) if dialect.rules().ms_turn_sha256 => Some(IntegrityAlgorithm::MsTurnSha256),
            _ => None,
        };
        let Some(algorithm) = algorithm else {
            return Err(IntegrityError::TagLength {
                offset: saturating_u32(offset),
                length: saturating_u16(tag.len()),
            });
        };
        let header = self.header();
        let length = match dialect.rules().hmac_input {
            HmacInput::AdjustedLength => length_with_tag(offset, tag.len()),
            HmacInput::ZeroPadded => Some(header.length()),
        };
        let coverage = length.and_then(|length| {
            Coverage::new(
                [text.get(4..)?, &[], &[]],
                header.type_bits(),
                length,
                dialect,
            )
        });
        let Some(coverage) = coverage else {
            debug_assert!(false, "a parsed message has a header and all of its tag");
            return Err(IntegrityError::Missing);
        };
        let hmac = coverage.with_segments(|segments| key.hmac(algorithm.hmac(), segments));
        if !hmac.begins_with(tag, algorithm.hmac())? {
            return Err(IntegrityError::Mismatch {
                offset: saturating_u32(offset),
            });
        }
        Ok(Verified::new(*self, algorithm, offset))
    }

    /// The offset of the first GOOG-MESSAGE-INTEGRITY-32 that is not ignored.
    #[cold]
    pub(super) fn goog_offset(&self) -> Option<usize> {
        if !self.dialect().rules().sha256_attribute {
            return None;
        }
        self.attributes()
            .next_of(|ty| ty == AttributeType::GOOG_MESSAGE_INTEGRITY_32)
            .map(Tlv::offset)
    }
}
