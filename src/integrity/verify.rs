//! Verification of a message's integrity attribute, in one step or in two.

use core::fmt;

use super::algorithm::{IntegrityAlgorithm, sha256_tag_len};
use super::coverage::{Coverage, length_with_tag};
use super::hmac::{HmacAlgorithm, HmacKey, HmacTag};
use super::policy::Policy;
use super::verified::Verified;
use crate::dialect::{FingerprintRule, HmacInput};
use crate::error::IntegrityError;
use crate::message::{Entry, Message};
use crate::num::{saturating_u16, saturating_u32};
use crate::wire::Tlv;

impl<'a> Message<'a> {
    /// Verifies the message's integrity with `key`, and returns the authenticated part of the message.
    ///
    /// If the message has MESSAGE-INTEGRITY-SHA256, that attribute must be valid; otherwise
    /// MESSAGE-INTEGRITY must be
    /// ([RFC 8489 §9.1.3](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.3)). Tags are compared in
    /// constant time.
    ///
    /// ```
    /// use stunwire::attribute::Username;
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
    /// - if something follows it, in the dialects in which it must be last,
    /// - if the tag is not that of the message under `key`,
    /// - if `key` is empty, or the application's [`HmacKey`] returns no HMAC or one of the wrong length.
    #[inline]
    pub fn verify<K: HmacKey + ?Sized>(&self, key: &K) -> Result<Verified<'a>, IntegrityError> {
        self.verify_with(key, &Policy::default())
    }

    /// Verifies the message's integrity with `key`, and accepts only the integrity attributes that `policy`
    /// allows.
    ///
    /// ```
    /// use stunwire::{IntegrityError, Key, Message, Policy, Verified};
    ///
    /// // A server that offers only the password algorithm SHA-256.
    /// fn check<'a>(message: &Message<'a>, key: &Key) -> Result<Verified<'a>, IntegrityError> {
    ///     message.verify_with(key, &Policy::default().sha256_only())
    /// }
    /// ```
    ///
    /// # Errors
    /// If [`verify`](Self::verify) fails, or if the policy does not accept the integrity attribute.
    #[inline]
    pub fn verify_with<K: HmacKey + ?Sized>(
        &self,
        key: &K,
        policy: &Policy,
    ) -> Result<Verified<'a>, IntegrityError> {
        let check = self.check_by(policy)?;
        let algorithm = check.hmac_algorithm();
        let hmac = check
            .coverage
            .with_segments(|segments| key.hmac(algorithm, segments));
        check.finish(&hmac)
    }

    /// Begins a verification with an HMAC that the caller computes, for example asynchronously: returns the
    /// bytes that it covers. For synchronous cryptography implement [`HmacKey`].
    ///
    /// ```
    /// use stunwire::{IntegrityError, Message, Policy, Verified};
    ///
    /// /// `hmac_sha1` asks a key store for the HMAC-SHA1 of these bytes under the key of the user.
    /// async fn verify<'a>(
    ///     message: &Message<'a>,
    ///     hmac_sha1: impl AsyncFn(Vec<u8>) -> [u8; 20],
    /// ) -> Result<Verified<'a>, IntegrityError> {
    ///     let check = message.integrity_check(&Policy::default().sha1_only())?;
    ///     let hmac = hmac_sha1(check.segments().concat()).await;
    ///     check.verify(hmac)
    /// }
    /// ```
    ///
    /// # Errors
    /// As in [`verify_with`](Self::verify_with), except for errors of the key.
    pub fn integrity_check(&self, policy: &Policy) -> Result<IntegrityCheck<'a>, IntegrityError> {
        self.check_by(policy)
    }

    #[inline(always)]
    fn check_by(&self, policy: &Policy) -> Result<IntegrityCheck<'a>, IntegrityError> {
        let trailer = self.trailer();
        let rules = self.dialect().rules();
        let sha256 = match trailer.offset(Entry::Sha256) {
            Some(offset) if policy.sha256 => Some(offset),
            _ => None,
        };
        let offset = sha256.or(trailer.offset(Entry::Integrity));
        let offset = offset.ok_or(IntegrityError::Missing)?;
        let (_, tlv) = self.tlv_at(offset).ok_or(IntegrityError::Missing)?;
        let algorithm = match (sha256.is_some(), tlv.len()) {
            (true, len) => sha256_tag_len(len)
                .filter(|len| *len >= policy.sha256_min_len)
                .map(|len| IntegrityAlgorithm::Sha256 { len }),
            (false, 20) if policy.sha1 => Some(IntegrityAlgorithm::Sha1),
            (false, 20) => return Err(IntegrityError::Missing),
            (false, 32) if rules.ms_turn_sha256 && policy.sha256 => {
                Some(IntegrityAlgorithm::MsTurnSha256)
            }
            _ => None,
        };
        match algorithm {
            Some(algorithm) => self.check_of(tlv, algorithm),
            None => Err(tag_length(tlv)),
        }
    }

    /// The check of the integrity attribute `tlv`.
    #[inline(always)]
    pub(super) fn check_of(
        &self,
        tlv: Tlv<'a>,
        algorithm: IntegrityAlgorithm,
    ) -> Result<IntegrityCheck<'a>, IntegrityError> {
        let offset = tlv.offset();
        let dialect = self.dialect();
        let header = self.header();
        let length = match dialect.rules().hmac_input {
            HmacInput::AdjustedLength => length_with_tag(offset, tlv.len()),
            HmacInput::ZeroPadded if self.is_followed_by_nothing_else(tlv) => Some(header.length()),
            HmacInput::ZeroPadded => {
                return Err(IntegrityError::NotLast {
                    offset: saturating_u32(offset),
                });
            }
        };
        let text = self.as_bytes().get(4..offset);
        let coverage = match (text, length) {
            (Some(text), Some(length)) => {
                Coverage::new([text, &[], &[]], header.type_bits(), length, dialect)
            }
            _ => None,
        };
        match (coverage, tlv.value()) {
            (Some(coverage), Some(tag)) => Ok(IntegrityCheck {
                message: *self,
                algorithm,
                offset,
                tag,
                coverage,
            }),
            _ => {
                debug_assert!(false, "a parsed message has a header and all of the tag");
                Err(IntegrityError::Missing)
            }
        }
    }

    /// Whether the integrity attribute is last or, in dialects that require it, followed by FINGERPRINT only.
    /// Otherwise an attacker could insert zeros before the tag, which the HMAC covers as its padding, and remove the
    /// same number of bytes after the tag.
    #[inline(always)]
    pub(crate) fn is_followed_by_nothing_else(&self, tlv: Tlv<'a>) -> bool {
        let end = tlv.next(false);
        let end = match self.dialect().rules().fingerprint {
            FingerprintRule::Required => match self.trailer().offset(Entry::Fingerprint) {
                Some(fingerprint) if fingerprint == end.offset() => end.offset().checked_add(8),
                _ => None,
            },
            _ => Some(end.offset()),
        };
        end == Some(self.as_bytes().len())
    }
}

#[cold]
pub(super) fn tag_length(tlv: Tlv<'_>) -> IntegrityError {
    IntegrityError::TagLength {
        offset: saturating_u32(tlv.offset()),
        length: saturating_u16(tlv.len()),
    }
}

/// A verification for which the caller computes the HMAC, returned by [`Message::integrity_check`].
///
/// ```
/// use stunwire::{HmacAlgorithm, IntegrityCheck, IntegrityError, Verified};
///
/// /// Lets a remote key store compute the HMAC.
/// async fn verify<'a>(
///     check: IntegrityCheck<'a>,
///     sign: impl AsyncFn(HmacAlgorithm, Vec<u8>) -> Vec<u8>,
/// ) -> Result<Verified<'a>, IntegrityError> {
///     let hmac = sign(check.hmac_algorithm(), check.segments().concat()).await;
///     check.verify(hmac)
/// }
/// ```
#[must_use = "nothing is verified before `verify` is called"]
#[derive(Clone, Copy)]
pub struct IntegrityCheck<'a> {
    message: Message<'a>,
    algorithm: IntegrityAlgorithm,
    /// Offset of the integrity attribute.
    offset: usize,
    tag: &'a [u8],
    pub(super) coverage: Coverage<'a>,
}

impl<'a> IntegrityCheck<'a> {
    /// Completes the verification. `hmac` is the full HMAC by [`hmac_algorithm`](Self::hmac_algorithm) of the
    /// concatenated [`segments`](Self::segments); this function truncates it and compares it in constant
    /// time.
    ///
    /// # Errors
    /// If the HMAC is not that of the message, or has the wrong length.
    pub fn verify(self, hmac: impl Into<HmacTag>) -> Result<Verified<'a>, IntegrityError> {
        self.finish(&hmac.into())
    }

    #[inline(always)]
    fn finish(self, hmac: &HmacTag) -> Result<Verified<'a>, IntegrityError> {
        self.compare(hmac)?;
        Ok(Verified::new(self.message, self.algorithm, self.offset))
    }

    #[inline(always)]
    pub(super) fn compare(&self, hmac: &HmacTag) -> Result<(), IntegrityError> {
        if hmac.begins_with(self.tag, self.hmac_algorithm())? {
            Ok(())
        } else {
            Err(IntegrityError::Mismatch {
                offset: saturating_u32(self.offset),
            })
        }
    }

    /// The hash function of the HMAC to compute.
    #[must_use]
    #[inline]
    pub const fn hmac_algorithm(&self) -> HmacAlgorithm {
        self.algorithm.hmac()
    }

    /// The bytes that the HMAC covers, in order: the start of the header with the length that the HMAC requires, the
    /// rest of the message before the integrity attribute and, in some dialects, zeros.
    #[must_use]
    pub fn segments(&self) -> [&[u8]; 3] {
        self.coverage.of_message()
    }

    /// The integrity attribute that is verified.
    #[must_use]
    pub const fn algorithm(&self) -> IntegrityAlgorithm {
        self.algorithm
    }

    /// The message, which is not authenticated yet.
    #[must_use]
    pub const fn message(&self) -> Message<'a> {
        self.message
    }
}

impl fmt::Debug for IntegrityCheck<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntegrityCheck")
            .field("algorithm", &self.algorithm)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
