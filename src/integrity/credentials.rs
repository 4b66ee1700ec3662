//! Usernames and passwords, and the keys that are derived from them.

use core::fmt;

#[cfg(feature = "crypto")]
use super::key_bytes::{KeyBytes, WipeStack, long_term, unquoted};
#[cfg(feature = "crypto")]
use crate::attribute::PasswordAlgorithm;
#[cfg(feature = "crypto")]
use crate::format::trim_nuls;

/// A username and its password.
///
/// Prepare both as the credential mechanism requires: RFC 8489 uses OpaqueString
/// ([§9.2.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.2)), which leaves printable ASCII unchanged.
/// `Debug` does not print the password.
///
/// ```
/// use stunwire::{Credentials, Key};
///
/// let credentials = Credentials { username: "alice", password: "correct horse" };
/// let key = Key::long_term(&credentials, "example.org");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Credentials<U, P> {
    /// The username.
    pub username: U,
    /// The password.
    pub password: P,
}

impl<U: AsRef<[u8]>, P: AsRef<[u8]>> Credentials<U, P> {
    /// Derives the bytes of the long-term key in a realm by a password algorithm, to store them instead of the
    /// password: 16 bytes for MD5, 32 for SHA-256. Returns `None` for other algorithms.
    ///
    /// [`Key::from_bytes`](crate::Key::from_bytes) creates the key from these bytes; it is the key that
    /// [`Key::long_term`](crate::Key::long_term) or [`Key::long_term_sha256`](crate::Key::long_term_sha256)
    /// creates.
    ///
    /// ```
    /// use stunwire::attribute::PasswordAlgorithm;
    /// use stunwire::{Credentials, Key};
    ///
    /// // The example of RFC 8489 §9.2.2.
    /// let credentials = Credentials { username: "user", password: "pass" };
    /// let bytes = credentials.key_bytes("realm", PasswordAlgorithm::MD5).expect("MD5 is known");
    /// assert_eq!(bytes.as_bytes(), 0x8493fbc53ba582fb4c044c456bdc40eb_u128.to_be_bytes());
    /// let key = Key::from_bytes(bytes.as_bytes());
    /// ```
    #[cfg(feature = "crypto")]
    #[must_use]
    pub fn key_bytes(
        &self,
        realm: impl AsRef<[u8]>,
        algorithm: PasswordAlgorithm<'_>,
    ) -> Option<KeyBytes> {
        let _wipe = WipeStack;
        self.derive(realm.as_ref(), algorithm)
    }

    /// Not inlined, so that its temporaries are on the part of the stack that is wiped.
    #[cfg(feature = "crypto")]
    #[inline(never)]
    fn derive(&self, realm: &[u8], algorithm: PasswordAlgorithm<'_>) -> Option<KeyBytes> {
        match algorithm.number() {
            1 => Some(self.md5(realm)),
            2 => Some(self.sha256(realm)),
            _ => None,
        }
    }

    /// RFC 8489 §9.2.2: without quotes and trailing NULs.
    #[cfg(feature = "crypto")]
    pub(super) fn md5(&self, realm: &[u8]) -> KeyBytes {
        long_term::<md5::Md5>(
            unquoted(self.username.as_ref()),
            unquoted(realm),
            trim_nuls(self.password.as_ref()),
        )
    }

    #[cfg(feature = "crypto")]
    pub(super) fn md5_verbatim(&self, realm: &[u8]) -> KeyBytes {
        long_term::<md5::Md5>(self.username.as_ref(), realm, self.password.as_ref())
    }

    /// RFC 8489 §18.5.1.2: the texts as they are.
    #[cfg(feature = "crypto")]
    pub(super) fn sha256(&self, realm: &[u8]) -> KeyBytes {
        long_term::<sha2::Sha256>(self.username.as_ref(), realm, self.password.as_ref())
    }
}

impl<U: fmt::Debug, P> fmt::Debug for Credentials<U, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}
