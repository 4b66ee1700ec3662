//! The integrity attributes and FINGERPRINT of a message.

use super::algorithm::{IntegrityAlgorithm, sha256_tag_len};
use crate::message::{Entry, Message};

/// The integrity attributes of a message, and whether it has FINGERPRINT.
///
/// Store it for a reply that is written long after its request, such as the response to a Connect
/// ([RFC 6062 §5.2](https://www.rfc-editor.org/rfc/rfc6062#section-5.2)), which needs the header,
/// [`Verified::reply_protection`](crate::Verified::reply_protection) and the key of the request, but not the
/// request itself.
///
/// ```
/// use stunwire::{IntegrityAlgorithm, Protection};
///
/// // What an ICE agent's check carries.
/// let check = Protection::NONE
///     .with_integrity(IntegrityAlgorithm::Sha1)
///     .with_fingerprint(true);
/// assert!(check.has_integrity() && check.has_fingerprint());
/// assert!(check.integrity().eq([IntegrityAlgorithm::Sha1]));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Protection {
    /// MESSAGE-INTEGRITY, or GOOG-MESSAGE-INTEGRITY-32, which replaces it.
    first: Option<IntegrityAlgorithm>,
    /// MESSAGE-INTEGRITY-SHA256.
    sha256: Option<IntegrityAlgorithm>,
    fingerprint: bool,
}

impl Protection {
    /// No integrity attribute and no FINGERPRINT.
    pub const NONE: Self = Self {
        first: None,
        sha256: None,
        fingerprint: false,
    };

    /// Adds an integrity attribute. MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 can be combined, as in the
    /// first request to an agent that may support only one of them
    /// ([RFC 8489 §9.1.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.2)).
    #[must_use]
    pub const fn with_integrity(self, algorithm: IntegrityAlgorithm) -> Self {
        match algorithm {
            IntegrityAlgorithm::Sha256 { .. } => Self {
                sha256: Some(algorithm),
                ..self
            },
            _ => Self {
                first: Some(algorithm),
                ..self
            },
        }
    }

    /// Sets whether there is FINGERPRINT.
    #[must_use]
    pub const fn with_fingerprint(self, fingerprint: bool) -> Self {
        Self {
            fingerprint,
            ..self
        }
    }

    /// Removes the integrity attributes, for the reply to a request that was not verified.
    ///
    /// ```
    /// use stunwire::{IntegrityAlgorithm, Protection};
    ///
    /// let check = Protection::NONE.with_integrity(IntegrityAlgorithm::Sha1).with_fingerprint(true);
    /// assert_eq!(check.without_integrity(), Protection::NONE.with_fingerprint(true));
    /// ```
    #[must_use]
    pub const fn without_integrity(self) -> Self {
        Self {
            fingerprint: self.fingerprint,
            ..Self::NONE
        }
    }

    /// The integrity attributes in the order in which they are written.
    pub fn integrity(self) -> impl Iterator<Item = IntegrityAlgorithm> + Clone {
        [self.first, self.sha256].into_iter().flatten()
    }

    /// Whether there is an integrity attribute.
    #[must_use]
    pub const fn has_integrity(self) -> bool {
        self.first.is_some() || self.sha256.is_some()
    }

    /// Whether there is FINGERPRINT.
    #[must_use]
    pub const fn has_fingerprint(self) -> bool {
        self.fingerprint
    }
}

impl Message<'_> {
    /// The integrity attributes and FINGERPRINT of the message, valid or not, for signing it again after a
    /// change.
    ///
    /// An attribute with an invalid length is reported as if it had its full length. GOOG-MESSAGE-INTEGRITY-32 is
    /// reported only if there is no other integrity attribute.
    #[must_use]
    pub fn protection(&self) -> Protection {
        let trailer = self.trailer();
        let length = |entry| {
            let (_, tlv) = self.tlv_at(trailer.offset(entry)?)?;
            Some(tlv.len())
        };
        let rules = self.dialect().rules();
        let integrity = length(Entry::Integrity).map(|length| match length {
            32 if rules.ms_turn_sha256 => IntegrityAlgorithm::MsTurnSha256,
            _ => IntegrityAlgorithm::Sha1,
        });
        let sha256 = length(Entry::Sha256).map(|length| IntegrityAlgorithm::Sha256 {
            len: sha256_tag_len(length).unwrap_or(32),
        });
        let goog = match (integrity, sha256) {
            (None, None) => self.goog_integrity().map(|_| IntegrityAlgorithm::Goog32),
            _ => None,
        };
        Protection {
            first: integrity.or(goog),
            sha256,
            fingerprint: trailer.offset(Entry::Fingerprint).is_some(),
        }
    }
}
