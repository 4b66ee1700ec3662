//! The username and the keys of a client.

use crate::attribute::{PasswordAlgorithm, UserHash};
use crate::integrity::HmacKey;
#[cfg(feature = "crypto")]
use crate::integrity::{Credentials, Key};

/// The username and the keys of a [`LongTermClient`](super::LongTermClient).
///
/// [`Credentials`](crate::Credentials) implements it with keys that are derived from a password. Implement it
/// for keys that are stored, or held by other cryptography; the feature `crypto` is then not needed.
///
/// ```
/// use stunwire::Key;
/// use stunwire::attribute::{PasswordAlgorithm, UserHash};
/// use stunwire::auth::{ClientCredentials, LongTermClient};
///
/// /// A user whose key for one realm was derived earlier, so that the password is not stored.
/// struct StoredKey {
///     realm: &'static str,
///     sha256: [u8; 32],
/// }
///
/// impl ClientCredentials for StoredKey {
///     type Key = Key;
///
///     fn username(&self) -> &[u8] {
///         b"alice"
///     }
///
///     fn key(&self, algorithm: PasswordAlgorithm<'_>, realm: &[u8]) -> Option<Key> {
///         let is_known = algorithm == PasswordAlgorithm::SHA256 && realm == self.realm.as_bytes();
///         is_known.then(|| Key::from_bytes(&self.sha256))
///     }
///
///     fn user_hash(&self, realm: &[u8]) -> Option<UserHash> {
///         Some(UserHash::of("alice", realm))
///     }
/// }
///
/// // It stores challenges of up to 1,024 bytes, and refuses servers that offer only MD5.
/// let stored = StoredKey { realm: "example.org", sha256: [7; 32] };
/// let login = LongTermClient::<_, 1024>::with_credentials(stored).require_sha256().fingerprint();
/// assert_eq!(login.realm(), None);
/// # assert!(login.credentials().key(PasswordAlgorithm::SHA256, b"example.org").is_some());
/// # assert!(login.credentials().user_hash(b"example.org").is_some());
/// ```
pub trait ClientCredentials {
    /// The type of the keys.
    type Key: HmacKey;

    /// The username, prepared with OpaqueString if it is not ASCII.
    fn username(&self) -> &[u8];

    /// The key that `algorithm` derives for `realm`. `None` if the client has no credentials for the realm or
    /// does not support the algorithm.
    fn key(&self, algorithm: PasswordAlgorithm<'_>, realm: &[u8]) -> Option<Self::Key>;

    /// SHA-256 of `username:realm`, for a server with username anonymity
    /// ([RFC 8489 §14.4](https://www.rfc-editor.org/rfc/rfc8489#section-14.4)). `None` if it cannot be
    /// computed.
    fn user_hash(&self, realm: &[u8]) -> Option<UserHash>;
}

#[cfg(feature = "crypto")]
impl<U: AsRef<[u8]>, P: AsRef<[u8]>> ClientCredentials for Credentials<U, P> {
    type Key = Key;

    fn username(&self) -> &[u8] {
        self.username.as_ref()
    }

    fn key(&self, algorithm: PasswordAlgorithm<'_>, realm: &[u8]) -> Option<Key> {
        Key::long_term_by(algorithm, self, realm)
    }

    fn user_hash(&self, realm: &[u8]) -> Option<UserHash> {
        Some(UserHash::of(&self.username, realm))
    }
}
