//! Keys: how each is derived, and its prepared HMAC states.

use core::fmt;

use ::hmac::block_api::HmacCore;
use ::hmac::digest::Output;
use ::hmac::digest::common::KeySizeUser;
use ::hmac::digest::consts::U64;
use ::hmac::{EagerHash, KeyInit};
use sha1::Sha1;
use sha2::Sha256;

use super::credentials::Credentials;
use super::hmac::{HmacAlgorithm, HmacKey, HmacTag};
use super::key_bytes::{KeyBytes, WipeStack, ms_turn, wipe_stack};
use super::state::{Block, finish};
use crate::attribute::{Nonce, PasswordAlgorithm, Realm};

/// A key that signs and verifies messages, with the state of the HMAC computed in advance.
///
/// Store the key instead of the password: the work that depends only on the key is done once, when the key is
/// created. It is wiped when dropped, is printed without its bytes, and cannot be compared. It can be shared
/// between threads. As with any value, a move can leave a copy at the old address, so store a long-lived key
/// in an `Arc` or a `Box`.
///
/// Every key signs and verifies both MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256, but the state of only
/// one of the two HMACs is computed in advance: HMAC-SHA256 in the keys of
/// [`long_term_sha256`](Self::long_term_sha256) and of MS-TURN from version 3 on, HMAC-SHA1 in all others.
/// The state of the other one is computed for each message, unless [`prepare_all`](Self::prepare_all) has
/// been called.
///
/// An empty key is not secret, so signing and verifying with it fail with
/// [`IntegrityError::NoHmac`](crate::IntegrityError::NoHmac) or
/// [`EncodeError::NoHmac`](crate::EncodeError::NoHmac).
///
/// ```
/// use stunwire::{Credentials, Key};
///
/// let ice = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
/// let credentials = Credentials { username: "turn", password: "correct horse" };
/// let turn = Key::long_term(&credentials, "example.org");
/// assert_eq!(format!("{ice:?} {turn:?}"), "Key(..) Key(..)");
/// ```
#[derive(Clone)]
pub struct Key {
    /// The key as a block of the hash, to prepare the other HMAC. Zero if the key is longer than a block: both
    /// HMACs are then prepared at once.
    block: Block,
    sha1: Option<HmacCore<Sha1>>,
    sha256: Option<HmacCore<Sha256>>,
    is_empty: bool,
    ms_turn_sha256: bool,
}

impl Key {
    /// Creates the key of short-term credentials, which is the password itself
    /// ([RFC 8489 §9.1.1](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.1)). In ICE it is the password
    /// of the agent that receives the request.
    ///
    /// If the password is not printable ASCII, prepare it with OpaqueString
    /// ([RFC 8265 §4.2](https://www.rfc-editor.org/rfc/rfc8265#section-4.2)) first.
    #[must_use]
    pub fn short_term<P: AsRef<[u8]> + ?Sized>(password: &P) -> Self {
        Self::from_bytes(password.as_ref())
    }

    /// Creates the key of long-term credentials in a realm: the MD5 of `username:realm:password`
    /// ([RFC 8489 §9.2.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.2)).
    ///
    /// The RFC removes quotes from username and realm, and trailing NULs from all three texts. Of the quotes,
    /// this function removes one at the start and one at the end of the text. To keep them, use
    /// [`long_term_verbatim`](Self::long_term_verbatim).
    ///
    /// ```
    /// use stunwire::{Credentials, Key};
    ///
    /// let credentials = Credentials { username: "alice", password: "correct horse" };
    /// let key = Key::long_term(&credentials, "example.org");
    /// ```
    #[must_use]
    pub fn long_term<U, P>(credentials: &Credentials<U, P>, realm: impl AsRef<[u8]>) -> Self
    where
        U: AsRef<[u8]>,
        P: AsRef<[u8]>,
    {
        Self::derived(HmacAlgorithm::Sha1, false, || {
            credentials.md5(realm.as_ref())
        })
    }

    /// Creates the key of long-term credentials in a realm as the MD5 of the unchanged texts, for peers that
    /// do not remove quotes and NULs.
    ///
    /// ```
    /// use stunwire::{Credentials, Key};
    ///
    /// let credentials = Credentials { username: "alice", password: "secret" };
    /// // The quotes are hashed.
    /// let key = Key::long_term_verbatim(&credentials, "\"example.org\"");
    /// ```
    #[must_use]
    pub fn long_term_verbatim<U, P>(
        credentials: &Credentials<U, P>,
        realm: impl AsRef<[u8]>,
    ) -> Self
    where
        U: AsRef<[u8]>,
        P: AsRef<[u8]>,
    {
        Self::derived(HmacAlgorithm::Sha1, false, || {
            credentials.md5_verbatim(realm.as_ref())
        })
    }

    /// Creates the key of long-term credentials in a realm by password algorithm 2: the SHA-256 of
    /// `username:realm:password`
    /// ([RFC 8489 §18.5.1.2](https://www.rfc-editor.org/rfc/rfc8489#section-18.5.1.2)). Quotes and NULs are
    /// not removed.
    #[must_use]
    pub fn long_term_sha256<U, P>(credentials: &Credentials<U, P>, realm: impl AsRef<[u8]>) -> Self
    where
        U: AsRef<[u8]>,
        P: AsRef<[u8]>,
    {
        Self::derived(HmacAlgorithm::Sha256, false, || {
            credentials.sha256(realm.as_ref())
        })
    }

    /// Creates the key of long-term credentials in a realm by the algorithm of a PASSWORD-ALGORITHM: as
    /// [`long_term`](Self::long_term) or [`long_term_sha256`](Self::long_term_sha256). Returns `None` for
    /// other algorithms.
    ///
    /// ```
    /// use stunwire::attribute::PasswordAlgorithm;
    /// use stunwire::{Credentials, Key};
    ///
    /// let credentials = Credentials { username: "alice", password: "secret" };
    /// assert!(Key::long_term_by(PasswordAlgorithm::SHA256, &credentials, "example.org").is_some());
    /// ```
    #[must_use]
    pub fn long_term_by<U, P>(
        algorithm: PasswordAlgorithm<'_>,
        credentials: &Credentials<U, P>,
        realm: impl AsRef<[u8]>,
    ) -> Option<Self>
    where
        U: AsRef<[u8]>,
        P: AsRef<[u8]>,
    {
        match algorithm.number() {
            1 => Some(Self::long_term(credentials, realm)),
            2 => Some(Self::long_term_sha256(credentials, realm)),
            _ => None,
        }
    }

    /// Creates the key of MS-TURN: up to version 2 as [`long_term`](Self::long_term) does, from version 3 on
    /// by HMAC-SHA256 from the server's nonce (\[MS-TURN\] 2.2.2.17), for tags of 32 bytes.
    ///
    /// `version` is the smaller of both sides' MS-VERSION. Username and password are the decoded bytes of the
    /// base64 texts with which the client was provisioned. The derivation of version 3 follows one public
    /// implementation.
    ///
    /// ```
    /// use stunwire::attribute::{Nonce, Realm};
    /// use stunwire::{Credentials, EncodeError, Key};
    ///
    /// let credentials = Credentials { username: b"\x01user", password: b"\x02password" };
    /// let (realm, nonce) = (Realm::new("rtcmedia")?, Nonce::new("fresh")?);
    /// let key = Key::ms_turn(&credentials, realm, nonce, 3);
    /// # Ok::<(), EncodeError>(())
    /// ```
    #[must_use]
    pub fn ms_turn<U, P>(
        credentials: &Credentials<U, P>,
        realm: Realm<'_>,
        nonce: Nonce<'_>,
        version: u32,
    ) -> Self
    where
        U: AsRef<[u8]>,
        P: AsRef<[u8]>,
    {
        if version < 3 {
            return Self::long_term(credentials, realm);
        }
        Self::derived(HmacAlgorithm::Sha256, true, || {
            ms_turn(
                credentials.username.as_ref(),
                realm.as_bytes(),
                credentials.password.as_ref(),
                nonce.as_bytes(),
            )
        })
    }

    /// Creates a key from bytes that were derived elsewhere: by [`Credentials::key_bytes`], by coturn, which
    /// stores the 16 bytes of the MD5, or by an OAuth server.
    #[must_use]
    pub fn from_bytes(key: &[u8]) -> Self {
        Self::of(key, HmacAlgorithm::Sha1)
    }

    /// Computes the state of both HMAC-SHA1 and HMAC-SHA256 in advance, for a key that is used for many
    /// messages of both kinds. Otherwise one of the two hashes two more blocks for each message.
    ///
    /// ```
    /// use stunwire::{Credentials, Key};
    ///
    /// let credentials = Credentials { username: "alice", password: "secret" };
    /// // Its user has clients of RFC 5389 and of RFC 8489.
    /// let mut key = Key::long_term(&credentials, "example.org");
    /// key.prepare_all();
    /// ```
    pub fn prepare_all(&mut self) {
        #[inline(never)]
        fn prepare(key: &mut Key) {
            if key.sha1.is_none() {
                key.sha1 = Some(key.block.prepare());
            }
            if key.sha256.is_none() {
                key.sha256 = Some(key.block.prepare());
            }
        }
        prepare(self);
        wipe_stack();
    }

    /// A key with one of the HMACs prepared. The stack is wiped after the key has been moved to where it is
    /// returned: the move leaves a copy.
    #[inline(always)]
    fn of(key: &[u8], prepared: HmacAlgorithm) -> Self {
        let _wipe = WipeStack;
        Self::build(key, prepared, false)
    }

    /// As `of`, with a key that is derived first, and wiped with the stack.
    #[inline(always)]
    fn derived(
        prepared: HmacAlgorithm,
        ms_turn_sha256: bool,
        derive: impl FnOnce() -> KeyBytes,
    ) -> Self {
        #[inline(never)]
        fn build(
            prepared: HmacAlgorithm,
            ms_turn_sha256: bool,
            derive: impl FnOnce() -> KeyBytes,
        ) -> Key {
            let bytes = derive();
            Key::build(bytes.as_bytes(), prepared, ms_turn_sha256)
        }
        let _wipe = WipeStack;
        build(prepared, ms_turn_sha256, derive)
    }

    #[inline(never)]
    fn build(key: &[u8], prepared: HmacAlgorithm, ms_turn_sha256: bool) -> Self {
        let mut built = Self {
            block: Block::ZEROS,
            sha1: None,
            sha256: None,
            is_empty: key.is_empty(),
            ms_turn_sha256,
        };
        built.prepare(key, prepared);
        built
    }

    #[inline(never)]
    fn prepare(&mut self, key: &[u8], prepared: HmacAlgorithm) {
        if !self.block.fill(key) {
            self.sha1 = Some(Block::hashed::<Sha1>(key).prepare());
            self.sha256 = Some(Block::hashed::<Sha256>(key).prepare());
        } else if prepared == HmacAlgorithm::Sha1 {
            self.sha1 = Some(self.block.prepare());
        } else {
            self.sha256 = Some(self.block.prepare());
        }
    }
}

impl HmacKey for Key {
    #[inline]
    fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag {
        if self.is_empty {
            return HmacTag::UNAVAILABLE;
        }
        match algorithm {
            HmacAlgorithm::Sha1 => match &self.sha1 {
                Some(state) => {
                    HmacTag::from(<[u8; 20]>::from(finish(&mut state.clone(), segments)))
                }
                None => HmacTag::from(<[u8; 20]>::from(once::<Sha1>(&self.block, segments))),
            },
            HmacAlgorithm::Sha256 => match &self.sha256 {
                Some(state) => {
                    HmacTag::from(<[u8; 32]>::from(finish(&mut state.clone(), segments)))
                }
                None => HmacTag::from(<[u8; 32]>::from(once::<Sha256>(&self.block, segments))),
            },
        }
    }

    #[inline]
    fn ms_turn_sha256(&self) -> bool {
        self.ms_turn_sha256
    }
}

/// The HMAC under a key that is not prepared.
fn once<D>(block: &Block, segments: &[&[u8]]) -> Output<HmacCore<D>>
where
    D: EagerHash,
    HmacCore<D>: KeyInit + KeySizeUser<KeySize = U64>,
{
    #[inline(never)]
    fn compute<D>(block: &Block, segments: &[&[u8]], out: &mut Output<HmacCore<D>>)
    where
        D: EagerHash,
        HmacCore<D>: KeyInit + KeySizeUser<KeySize = U64>,
    {
        *out = finish(&mut block.prepare::<D>(), segments);
    }
    let mut out = Output::<HmacCore<D>>::default();
    compute::<D>(block, segments, &mut out);
    wipe_stack();
    out
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &Key, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> std::string::String {
        let tag = key.hmac(algorithm, segments);
        let bytes = tag.as_bytes().unwrap();
        bytes
            .iter()
            .map(|byte| std::format!("{byte:02x}"))
            .collect()
    }

    // RFC 2202 §3, all seven cases, and RFC 4231 §4.2 to §4.8 without §4.6, which is truncated. A key is
    // tried with both HMACs prepared and one, and a text in one segment and in several.
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
            let mut prepared = key.clone();
            prepared.prepare_all();
            for key in [key, prepared] {
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
