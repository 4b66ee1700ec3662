//! The integrity attributes by which a message is authenticated.

use super::hmac::HmacAlgorithm;

/// An integrity attribute with the hash function and the length of its HMAC.
///
/// ```
/// use stunwire::{IntegrityAlgorithm, Key, Message, MessageWriter, Method, TransactionId};
///
/// let key = Key::short_term("password");
/// let mut buffer = [0; 64];
/// let id = TransactionId::new(*b"unpredictabl");
/// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?.integrity_sha256(&key)?.finish()?;
/// let verified = Message::parse(packet)?.verify(&key)?;
/// assert_eq!(verified.algorithm(), IntegrityAlgorithm::SHA256);
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IntegrityAlgorithm {
    /// MESSAGE-INTEGRITY, HMAC-SHA1
    /// ([RFC 8489 §14.5](https://www.rfc-editor.org/rfc/rfc8489#section-14.5)).
    Sha1,
    /// MESSAGE-INTEGRITY-SHA256, the first `len` bytes of HMAC-SHA256
    /// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)).
    Sha256 {
        /// Length of the tag in bytes: 16 to 32, a multiple of 4.
        len: u8,
    },
    /// MS-TURN's MESSAGE-INTEGRITY as HMAC-SHA256, 32 bytes (\[MS-TURN\] 2.2.2.17).
    MsTurnSha256,
    /// GOOG-MESSAGE-INTEGRITY-32, the first 4 bytes of HMAC-SHA1. Only
    /// [`Message::verify_goog_ping`](crate::Message::verify_goog_ping) accepts it.
    Goog32,
}

impl IntegrityAlgorithm {
    /// MESSAGE-INTEGRITY-SHA256 with its full 32 bytes.
    pub const SHA256: Self = Self::Sha256 { len: 32 };

    /// The hash function of the HMAC.
    #[must_use]
    #[inline]
    pub const fn hmac(self) -> HmacAlgorithm {
        match self {
            Self::Sha1 | Self::Goog32 => HmacAlgorithm::Sha1,
            Self::Sha256 { .. } | Self::MsTurnSha256 => HmacAlgorithm::Sha256,
        }
    }

    /// Length of the attribute's value in bytes.
    #[must_use]
    #[inline]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 { len } => len as usize,
            Self::MsTurnSha256 => 32,
            Self::Goog32 => 4,
        }
    }
}

/// Length of a MESSAGE-INTEGRITY-SHA256 in bytes, if it is one that RFC 8489 §14.6 allows.
#[inline(always)]
pub(super) fn sha256_tag_len(len: usize) -> Option<u8> {
    match len {
        16 => Some(16),
        20 => Some(20),
        24 => Some(24),
        28 => Some(28),
        32 => Some(32),
        _ => None,
    }
}
