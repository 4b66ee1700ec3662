//! Keys: how each is derived, and the HMAC states made from it once.

use core::fmt;

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::hmac::{BLOCK, HmacSha1, HmacSha256};
use crate::attribute::PasswordAlgorithm;
use crate::format::trim_nuls;

/// A key of a message's integrity, ready to use.
///
/// The HMAC's states are computed once, here, and copied for each message, without a lock: keep the
/// key, not the password. It is wiped when dropped, prints as nothing, and cannot be compared.
///
/// How the key is derived and which HMAC is computed with it are two choices: any key signs
/// MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 alike.
///
/// ```
/// use stunwire::Key;
///
/// let ice = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
/// let turn = Key::long_term("turn", "example.org", "correct horse");
/// assert_eq!(format!("{ice:?} {turn:?}"), "Key(..) Key(..)");
/// ```
#[derive(Clone)]
pub struct Key {
    sha1: HmacSha1,
    sha256: HmacSha256,
    wide: bool,
}

impl Key {
    /// The key of short-term credentials: the password itself
    /// ([RFC 8489 §9.1.1](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.1)). ICE's is the
    /// password of the side that receives the request.
    ///
    /// A password that is not ASCII has to be prepared with OpaqueString (RFC 8265) before.
    #[must_use]
    pub fn short_term<P: AsRef<[u8]> + ?Sized>(password: &P) -> Self {
        Self::from_bytes(password.as_ref())
    }

    /// The key of long-term credentials by MD5 of `username:realm:password`
    /// ([RFC 8489 §9.2.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.2)).
    ///
    /// Quotes at either end of username and realm, and NULs behind all three, are removed, as the RFC
    /// says.
    #[must_use]
    pub fn long_term<U, R, P>(username: &U, realm: &R, password: &P) -> Self
    where
        U: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
        P: AsRef<[u8]> + ?Sized,
    {
        Self::long_term_verbatim(
            unquoted(username.as_ref()),
            unquoted(realm.as_ref()),
            trim_nuls(password.as_ref()),
        )
    }

    /// The same by SHA-256, for PASSWORD-ALGORITHM 2
    /// ([RFC 8489 §18.5.1.2](https://www.rfc-editor.org/rfc/rfc8489#section-18.5.1.2)).
    #[must_use]
    pub fn long_term_sha256<U, R, P>(username: &U, realm: &R, password: &P) -> Self
    where
        U: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
        P: AsRef<[u8]> + ?Sized,
    {
        Self::from_bytes(
            Zeroizing::new(triple::<Sha256, 32>(
                unquoted(username.as_ref()),
                unquoted(realm.as_ref()),
                trim_nuls(password.as_ref()),
            ))
            .as_slice(),
        )
    }

    /// The key of long-term credentials by the algorithm that PASSWORD-ALGORITHM names. `None` if it
    /// is neither of the two that are registered.
    #[must_use]
    pub fn long_term_by<U, R, P>(
        algorithm: PasswordAlgorithm<'_>,
        username: &U,
        realm: &R,
        password: &P,
    ) -> Option<Self>
    where
        U: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
        P: AsRef<[u8]> + ?Sized,
    {
        match algorithm.number() {
            1 => Some(Self::long_term(username, realm, password)),
            2 => Some(Self::long_term_sha256(username, realm, password)),
            _ => None,
        }
    }

    /// The key by MD5 of the bytes as they are, quotes and NULs included.
    #[must_use]
    pub fn long_term_verbatim<U, R, P>(username: &U, realm: &R, password: &P) -> Self
    where
        U: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
        P: AsRef<[u8]> + ?Sized,
    {
        Self::from_bytes(
            Zeroizing::new(triple::<Md5, 16>(
                username.as_ref(),
                realm.as_ref(),
                password.as_ref(),
            ))
            .as_slice(),
        )
    }

    /// MS-TURN's key: by MD5 as [`long_term`](Self::long_term) up to version 2, and from version 3
    /// on by HMAC-SHA256 with the server's nonce in it (\[MS-TURN\] 2.2.2.17), with a tag of 32 bytes.
    /// `version` is the smaller of both sides' MS-VERSION.
    ///
    /// Username and password are the bytes that base64 decodes to. The SHA-256 derivation rests on
    /// one public implementation.
    #[must_use]
    pub fn ms_turn<U, R, P, N>(
        username: &U,
        realm: &R,
        password: &P,
        nonce: &N,
        version: u32,
    ) -> Self
    where
        U: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
        P: AsRef<[u8]> + ?Sized,
        N: AsRef<[u8]> + ?Sized,
    {
        if version < 3 {
            return Self::long_term(username, realm, password);
        }
        // One block of the counter KDF of NIST SP 800-108, the nonce as salt of the extraction.
        let mut bytes = Zeroizing::new([0; 32]);
        let extract = prepare_sha256(nonce.as_ref());
        extract.compute([password.as_ref()]).write(&mut *bytes);
        let expand = prepare_sha256(&*bytes);
        let (username, realm) = (username.as_ref(), realm.as_ref());
        let length = 256_u32.to_be_bytes();
        expand
            .compute([b"\x01TURN\0", username, realm, &length])
            .write(&mut *bytes);
        let mut key = Self::from_bytes(&*bytes);
        key.wide = true;
        key
    }

    /// A key that was derived elsewhere: coturn's stored keys, 16 bytes of MD5, or an OAuth token's.
    #[must_use]
    pub fn from_bytes(key: &[u8]) -> Self {
        Self {
            sha1: prepare_sha1(key),
            sha256: prepare_sha256(key),
            wide: false,
        }
    }

    #[inline]
    pub(crate) fn sha1(&self) -> &HmacSha1 {
        &self.sha1
    }

    #[inline]
    pub(crate) fn sha256(&self) -> &HmacSha256 {
        &self.sha256
    }

    /// Whether MS-TURN's tag under this key is an HMAC-SHA256.
    pub(crate) fn is_wide(&self) -> bool {
        self.wide
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// A key of any length as the block that HMAC takes: hashed if it is longer (RFC 2104 §2).
fn block<D: Digest>(key: &[u8]) -> Zeroizing<[u8; BLOCK]> {
    let mut block = Zeroizing::new([0; BLOCK]);
    match block.get_mut(..key.len()) {
        Some(front) => front.copy_from_slice(key),
        None => {
            for (byte, hashed) in block.iter_mut().zip(D::digest(key)) {
                *byte = hashed;
            }
        }
    }
    block
}

fn prepare_sha1(key: &[u8]) -> HmacSha1 {
    HmacSha1::new(&block::<Sha1>(key))
}

fn prepare_sha256(key: &[u8]) -> HmacSha256 {
    HmacSha256::new(&block::<Sha256>(key))
}

/// The hash of `username:realm:password`.
fn triple<D: Digest, const N: usize>(username: &[u8], realm: &[u8], password: &[u8]) -> [u8; N] {
    let mut hash = D::new();
    hash.update(username);
    hash.update(b":");
    hash.update(realm);
    hash.update(b":");
    hash.update(password);
    let mut out = [0; N];
    for (byte, hashed) in out.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    out
}

/// Without NULs at the end and quotes at both ends (RFC 8489 §9.2.2).
fn unquoted(text: &[u8]) -> &[u8] {
    let text = trim_nuls(text);
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    text.strip_suffix(b"\"").unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8489 §9.2.2, RFC 5769 §2.4 and the hashes of the same texts by Python's hashlib.
    #[test]
    fn derivations() {
        let md5 = triple::<Md5, 16>(b"user", b"realm", b"pass");
        assert_eq!(
            md5,
            0x8493_fbc5_3ba5_82fb_4c04_4c45_6bdc_40eb_u128.to_be_bytes()
        );
        let user = "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}";
        let md5 = triple::<Md5, 16>(user.as_bytes(), b"example.org", b"TheMatrIX");
        assert_eq!(
            md5,
            0xe8ca_7ad5_9d5e_b051_8e31_2911_d2da_b2a9_u128.to_be_bytes()
        );
        let sha = triple::<Sha256, 32>(user.as_bytes(), b"example.org", b"TheMatrIX");
        assert_eq!(
            sha,
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

    // RFC 4231 §4.7 (131 bytes of 0xAA) and RFC 2202 §3, case 6 (80 bytes): keys longer than a block.
    #[test]
    fn long_keys() {
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let tag = Key::from_bytes(&[0xAA; 131]).sha256().compute([text]);
        assert!(tag.begins_with(&[0x60, 0xe4, 0x31, 0x59]));
        let tag = Key::from_bytes(&[0xAA; 80]).sha1().compute([text]);
        assert!(tag.begins_with(&[0xaa, 0x4a, 0xe5, 0xe1]));
    }

    #[test]
    fn usable_from_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Key>();
    }
}
