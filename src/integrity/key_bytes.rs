//! Derived keys as bytes, and their derivations.

use core::fmt;

use sha2::{Digest, Sha256};
use zeroize::zeroize_stack;

use super::state::{Block, finish};
use crate::format::trim_nuls;

/// The bytes of a derived key, 16 or 32, returned by
/// [`Credentials::key_bytes`](crate::Credentials::key_bytes).
///
/// They are wiped when dropped and are not printed.
///
/// ```
/// use stunwire::attribute::PasswordAlgorithm;
/// use stunwire::Credentials;
///
/// // What a table of users stores instead of passwords.
/// let credentials = Credentials { username: "alice", password: "secret" };
/// let bytes = credentials.key_bytes("example.org", PasswordAlgorithm::SHA256);
/// assert_eq!(bytes.map(|bytes| bytes.as_bytes().len()), Some(32));
/// ```
pub struct KeyBytes {
    bytes: [u8; 32],
    len: usize,
}

impl KeyBytes {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self.bytes.get(..self.len) {
            Some(bytes) => bytes,
            None => {
                debug_assert!(false, "a key has at most 32 bytes");
                &[]
            }
        }
    }

    fn new(hash: &[u8]) -> Self {
        let mut key = Self {
            bytes: [0; 32],
            len: hash.len(),
        };
        for (byte, hashed) in key.bytes.iter_mut().zip(hash) {
            *byte = *hashed;
        }
        key
    }
}

impl Drop for KeyBytes {
    fn drop(&mut self) {
        self.bytes = [0; 32];
        zeroize::optimization_barrier(&self.bytes);
    }
}

impl fmt::Debug for KeyBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyBytes({} bytes)", self.len)
    }
}

/// Wipes the stack below the caller, where a derivation that was not inlined left its temporaries.
pub(super) fn wipe_stack() {
    zeroize_stack::<2048>();
}

/// Wipes the stack below its owner when the owner returns, after the returned value has been written.
pub(super) struct WipeStack;

impl Drop for WipeStack {
    #[inline(always)]
    fn drop(&mut self) {
        wipe_stack();
    }
}

/// The hash of `username:realm:password`.
pub(super) fn long_term<D: Digest>(username: &[u8], realm: &[u8], password: &[u8]) -> KeyBytes {
    #[inline(never)]
    fn derive<D: Digest>(texts: [&[u8]; 3]) -> KeyBytes {
        let [username, realm, password] = texts;
        let mut hash = D::new();
        for text in [username, b":", realm, b":", password] {
            hash.update(text);
        }
        KeyBytes::new(&hash.finalize())
    }
    let key = derive::<D>([username, realm, password]);
    wipe_stack();
    key
}

/// MS-TURN's key from version 3 on: one block of the counter mode of NIST SP 800-108 after an extraction
/// with the nonce as salt.
pub(super) fn ms_turn(username: &[u8], realm: &[u8], password: &[u8], nonce: &[u8]) -> KeyBytes {
    #[inline(never)]
    fn derive(key: &[u8], segments: &[&[u8]]) -> KeyBytes {
        let mut block = Block::ZEROS;
        if !block.fill(key) {
            block = Block::hashed::<Sha256>(key);
        }
        KeyBytes::new(&finish::<Sha256>(&mut block.prepare(), segments))
    }
    let extracted = derive(nonce, &[password]);
    let length = 256_u32.to_be_bytes();
    let label: &[u8] = b"\x01TURN\0";
    let key = derive(extracted.as_bytes(), &[label, username, realm, &length]);
    wipe_stack();
    key
}

/// Without trailing NULs, and without quotes at both ends (RFC 8489 §9.2.2).
pub(super) fn unquoted(text: &[u8]) -> &[u8] {
    let text = trim_nuls(text);
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    text.strip_suffix(b"\"").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use md5::Md5;

    use super::*;

    // RFC 8489 §9.2.2, RFC 5769 §2.4 and the hashes of the same texts by Python's hashlib.
    #[test]
    fn derivations() {
        let md5 = long_term::<Md5>(b"user", b"realm", b"pass");
        assert_eq!(
            md5.as_bytes(),
            0x8493_fbc5_3ba5_82fb_4c04_4c45_6bdc_40eb_u128.to_be_bytes()
        );
        let user = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";
        let md5 = long_term::<Md5>(user.as_bytes(), b"example.org", b"TheMatrIX");
        assert_eq!(
            md5.as_bytes(),
            0xe8ca_7ad5_9d5e_b051_8e31_2911_d2da_b2a9_u128.to_be_bytes()
        );
        let sha256 = long_term::<Sha256>(user.as_bytes(), b"example.org", b"TheMatrIX");
        assert_eq!(
            sha256.as_bytes(),
            *b"\xdd\x29\x5a\x61\x3b\x90\x58\xc3\xc2\x3d\x6d\xc7\x16\x5b\xda\x07\
               \x23\x04\xd9\x89\xc9\xd0\xaf\x3a\x8c\x7e\x18\x4b\x4f\x9b\xb4\xa1"
        );
    }

    #[test]
    fn quotes_and_nuls() {
        assert_eq!(unquoted(b"\"realm\"\0\0"), b"realm");
        assert_eq!(unquoted(b"realm"), b"realm");
        assert_eq!(unquoted(b"\"\""), b"");
        assert_eq!(unquoted(b"\""), b"");
        assert_eq!(unquoted(b"a\"b"), b"a\"b");
    }
}
