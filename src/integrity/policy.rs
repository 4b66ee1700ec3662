//! The integrity attributes that a receiver accepts.

/// The integrity attributes that [`Message::verify_with`](crate::Message::verify_with) accepts.
///
/// The default is that of
/// [RFC 8489 §9.1.3](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.3): if a message has
/// MESSAGE-INTEGRITY-SHA256, it must be valid at its full length of 32 bytes and no other attribute is
/// consulted; otherwise MESSAGE-INTEGRITY must be valid.
///
/// ```
/// use stunwire::Policy;
///
/// // A usage that allows tags of 16 bytes, and no SHA-1.
/// let policy = Policy::default().sha256_only().sha256_min_len(16);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// MESSAGE-INTEGRITY as an HMAC-SHA1 is accepted.
    pub(super) sha1: bool,
    /// MESSAGE-INTEGRITY-SHA256, or MS-TURN's HMAC-SHA256, is accepted.
    pub(super) sha256: bool,
    pub(super) sha256_min_len: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            sha1: true,
            sha256: true,
            sha256_min_len: 32,
        }
    }
}

impl Policy {
    /// Refuses MESSAGE-INTEGRITY as an HMAC-SHA1, whatever the key: for a server that offers only the password
    /// algorithm SHA-256, so that a client cannot choose the weaker HMAC with the same key.
    #[must_use]
    pub const fn sha256_only(self) -> Self {
        Self {
            sha1: false,
            sha256: true,
            ..self
        }
    }

    /// Accepts only MESSAGE-INTEGRITY as an HMAC-SHA1, and ignores MESSAGE-INTEGRITY-SHA256: for the
    /// responses to a request that was sent with MESSAGE-INTEGRITY alone
    /// ([RFC 8489 §9.1.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.4)).
    #[must_use]
    pub const fn sha1_only(self) -> Self {
        Self {
            sha1: true,
            sha256: false,
            ..self
        }
    }

    /// Accepts MESSAGE-INTEGRITY-SHA256 truncated to `len` bytes or more
    /// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)). A `len` below 16, the least
    /// that the RFC allows, is taken as 16, and one above 32 as 32.
    #[must_use]
    pub const fn sha256_min_len(self, len: u8) -> Self {
        Self {
            sha256_min_len: match len {
                0..=16 => 16,
                17..=31 => len,
                _ => 32,
            },
            ..self
        }
    }
}
