//! Keys: how each is derived, and the HMAC states made from it once.

use core::fmt;

use ::hmac::digest::common::KeySizeUser;
use ::hmac::digest::consts::U64;
use ::hmac::digest::{FixedOutput, Output};
use ::hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::hmac::{HmacAlgorithm, HmacKey, HmacTag};
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
    /// The key as HMAC takes it. Not used for a key longer than a block, whose both states are prepared.
    block: Block,
    sha1: Option<Hmac<Sha1>>,
    sha256: Option<Hmac<Sha256>>,
    ms_turn_sha256: bool,
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
        .prepare_sha256()
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
        *bytes = hmac_sha256(nonce.as_ref(), &[password.as_ref()]);
        let (username, realm) = (username.as_ref(), realm.as_ref());
        let length = 256_u32.to_be_bytes();
        *bytes = hmac_sha256(&*bytes, &[b"\x01TURN\0", username, realm, &length]);
        let mut key = Self::from_bytes(&*bytes).prepare_sha256();
        key.ms_turn_sha256 = true;
        key
    }

    /// A key that was derived elsewhere: coturn's stored keys, 16 bytes of MD5, or an OAuth token's.
    #[must_use]
    pub fn from_bytes(key: &[u8]) -> Self {
        match Block::padded(key) {
            Some(block) => Self {
                sha1: Some(block.prepare()),
                sha256: None,
                block,
                ms_turn_sha256: false,
            },
            None => Self {
                block: Block([0; BLOCK]),
                sha1: Some(Block::hashed::<Sha1>(key).prepare()),
                sha256: Some(Block::hashed::<Sha256>(key).prepare()),
                ms_turn_sha256: false,
            },
        }
    }

    /// This key with HMAC-SHA256 prepared too. The keys of
    /// [`long_term_sha256`](Self::long_term_sha256) are made so.
    ///
    /// Any key signs and verifies MESSAGE-INTEGRITY-SHA256. Unless it is prepared, that takes two blocks of
    /// SHA-256 more each time.
    #[must_use]
    pub fn prepare_sha256(mut self) -> Self {
        if self.sha256.is_none() {
            self.sha256 = Some(self.block.prepare());
        }
        self
    }
}

impl HmacKey for Key {
    #[inline]
    fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag {
        match algorithm {
            HmacAlgorithm::Sha1 => {
                let state = match &self.sha1 {
                    Some(state) => state.clone(),
                    None => self.block.prepare(),
                };
                HmacTag::from(<[u8; 20]>::from(finalize(state, segments)))
            }
            HmacAlgorithm::Sha256 => {
                let state = match &self.sha256 {
                    Some(state) => state.clone(),
                    None => self.block.prepare(),
                };
                HmacTag::from(<[u8; 32]>::from(finalize(state, segments)))
            }
        }
    }

    #[inline]
    fn ms_turn_sha256(&self) -> bool {
        self.ms_turn_sha256
    }
}

#[inline(always)]
fn finalize<H: Mac + FixedOutput>(mut state: H, segments: &[&[u8]]) -> Output<H> {
    for segment in segments {
        Mac::update(&mut state, segment);
    }
    state.finalize_fixed()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// HMAC-SHA256 of the segments under a key that is used once.
fn hmac_sha256(key: &[u8], segments: &[&[u8]]) -> [u8; 32] {
    let block = match Block::padded(key) {
        Some(block) => block,
        None => Block::hashed::<Sha256>(key),
    };
    finalize(block.prepare::<Hmac<Sha256>>(), segments).into()
}

/// Length of a block of SHA-1 and SHA-256 in bytes.
const BLOCK: usize = 64;

/// A key as the block that HMAC takes: zero-padded, and hashed if it is longer (RFC 2104 §2).
#[derive(Clone)]
struct Block([u8; BLOCK]);

impl Block {
    /// `None` if the key is longer than a block.
    #[inline]
    fn padded(key: &[u8]) -> Option<Self> {
        let mut block = Self([0; BLOCK]);
        block.0.get_mut(..key.len())?.copy_from_slice(key);
        Some(block)
    }

    #[cold]
    fn hashed<D: Digest>(key: &[u8]) -> Self {
        let mut block = Self([0; BLOCK]);
        for (byte, hashed) in block.0.iter_mut().zip(D::digest(key)) {
            *byte = hashed;
        }
        block
    }

    #[inline]
    fn prepare<H: KeyInit + KeySizeUser<KeySize = U64>>(&self) -> H {
        H::new((&self.0).into())
    }
}

impl Drop for Block {
    #[inline]
    fn drop(&mut self) {
        self.0 = [0; BLOCK];
        zeroize::optimization_barrier(&self.0);
    }
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

    fn tag(key: &Key, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> std::string::String {
        let tag = key.hmac(algorithm, segments);
        let bytes = tag.as_bytes().unwrap();
        bytes
            .iter()
            .map(|byte| std::format!("{byte:02x}"))
            .collect()
    }

    // RFC 2202 §3, all seven cases, and RFC 4231 §4.2 to §4.8 without §4.6, which is truncated. A key is
    // tried with SHA-256 prepared and not, and a text in one segment and in several.
    #[test]
    fn published_hmacs() {
        let counted: [u8; 25] = core::array::from_fn(|at| at as u8 + 1);
        let long_key = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let longer = b"Test Using Larger Than Block-Size Key and Larger Than One Block-Size Data";
        let cases: [(HmacAlgorithm, &[u8], &[u8], &str); 13] = [
            (HmacAlgorithm::Sha1, &[0x0B; 20], b"Hi There", "b617318655057264e28bc0b6fb378c8ef146be00"),
            (HmacAlgorithm::Sha1, b"Jefe", b"what do ya want for nothing?", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
            (HmacAlgorithm::Sha1, &[0xAA; 20], &[0xDD; 50], "125d7342b9ac11cd91a39af48aa17b4f63f175d3"),
            (HmacAlgorithm::Sha1, &counted, &[0xCD; 50], "4c9007f4026250c6bc8414f9bf50c86c2d7235da"),
            (HmacAlgorithm::Sha1, &[0x0C; 20], b"Test With Truncation", "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04"),
            (HmacAlgorithm::Sha1, &[0xAA; 80], long_key, "aa4ae5e15272d00e95705637ce8a3b55ed402112"),
            (HmacAlgorithm::Sha1, &[0xAA; 80], longer, "e8e99d0f45237d786d6bbaa7965c7808bbff1a91"),
            (HmacAlgorithm::Sha256, &[0x0B; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (HmacAlgorithm::Sha256, b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            (HmacAlgorithm::Sha256, &[0xAA; 20], &[0xDD; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (HmacAlgorithm::Sha256, &counted, &[0xCD; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (HmacAlgorithm::Sha256, &[0xAA; 131], long_key, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
            (
                HmacAlgorithm::Sha256,
                &[0xAA; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (algorithm, bytes, text, expected) in cases {
            let key = Key::from_bytes(bytes);
            let (start, end) = text.split_at(text.len() / 3);
            for key in [key.clone(), key.prepare_sha256()] {
                assert_eq!(tag(&key, algorithm, &[text]), expected);
                assert_eq!(tag(&key, algorithm, &[start, end]), expected);
            }
        }
    }

    #[test]
    fn usable_from_threads() {
        fn shared<T: Send + Sync>() {}
        shared::<Key>();
    }
}
