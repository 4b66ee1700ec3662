//! HMAC with a key of the application: the trait, its arguments and its results.

use core::fmt;

use ctutils::CtEq;

use crate::error::{EncodeError, IntegrityError};

/// The hash function of an HMAC: SHA-1 or SHA-256.
///
/// ```
/// use stunwire::HmacAlgorithm;
///
/// assert_eq!(HmacAlgorithm::Sha1.tag_len(), 20);
/// assert_eq!(HmacAlgorithm::Sha256.tag_len(), 32);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HmacAlgorithm {
    /// HMAC-SHA1, 20 bytes.
    Sha1,
    /// HMAC-SHA256, 32 bytes.
    Sha256,
}

impl HmacAlgorithm {
    /// Length of the full HMAC in bytes.
    #[must_use]
    #[inline]
    pub const fn tag_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// The full HMAC of a message, as an [`HmacKey`] returns it: 20 or 32 bytes.
///
/// It is wiped when dropped, though a move before may have left a copy. It is printed without its bytes, and cannot
/// be compared, because a comparison that is not in constant time would reveal it.
///
/// ```
/// use stunwire::HmacTag;
///
/// let tag = HmacTag::from([0x55; 20]);
/// assert_eq!(tag.as_bytes(), Some([0x55; 20].as_slice()));
/// // What a library returns as a slice or a vector:
/// let tag = HmacTag::from(vec![0x55; 32].as_slice());
/// assert_eq!(format!("{tag:?}"), "HmacTag(32 bytes)");
/// ```
#[must_use]
pub struct HmacTag {
    bytes: [u8; 32],
    len: u8,
}

impl HmacTag {
    /// An HMAC that could not be computed: verification fails with
    /// [`IntegrityError::NoHmac`](crate::IntegrityError::NoHmac), and signing with
    /// [`EncodeError::NoHmac`](crate::EncodeError::NoHmac).
    pub const UNAVAILABLE: Self = Self {
        bytes: [0; 32],
        len: 0,
    };

    /// The bytes of the HMAC. `None` if it was created from a slice whose length is neither 20 nor 32.
    #[must_use]
    #[inline]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self.len {
            20 | 32 => self.bytes.get(..usize::from(self.len)),
            _ => None,
        }
    }

    /// The first `len` bytes of this HMAC. `Err` if it does not have the length of `algorithm`.
    #[inline(always)]
    fn start(&self, len: usize, algorithm: HmacAlgorithm) -> Result<&[u8], WrongLength> {
        let error = WrongLength {
            found: self.len,
            expected: algorithm.tag_len(),
        };
        if usize::from(self.len) != error.expected {
            return Err(error);
        }
        match self.bytes.get(..len) {
            Some(bytes) if len != 0 && len <= error.expected => Ok(bytes),
            _ => {
                debug_assert!(false, "an attribute's length is checked before its HMAC");
                Err(error)
            }
        }
    }

    /// Whether this HMAC of `algorithm` begins with `tag`, in constant time.
    #[inline(always)]
    pub(super) fn begins_with(
        &self,
        tag: &[u8],
        algorithm: HmacAlgorithm,
    ) -> Result<bool, IntegrityError> {
        let start = self.start(tag.len(), algorithm)?;
        Ok(start.ct_eq(tag).to_bool())
    }

    /// Fills `out` with the start of this HMAC of `algorithm`.
    #[inline(always)]
    pub(crate) fn write(
        &self,
        out: &mut [u8],
        algorithm: HmacAlgorithm,
    ) -> Result<(), EncodeError> {
        let start = self.start(out.len(), algorithm)?;
        out.copy_from_slice(start);
        Ok(())
    }
}

/// An HMAC does not have the length of its algorithm.
struct WrongLength {
    found: u8,
    expected: usize,
}

#[allow(clippy::cast_possible_truncation, reason = "20 or 32")]
impl From<WrongLength> for IntegrityError {
    fn from(error: WrongLength) -> Self {
        match error {
            WrongLength { found: 0, .. } => Self::NoHmac,
            WrongLength { found, expected } => Self::HmacLength {
                found,
                expected: expected as u8,
            },
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "20 or 32")]
impl From<WrongLength> for EncodeError {
    fn from(error: WrongLength) -> Self {
        match error {
            WrongLength { found: 0, .. } => Self::NoHmac,
            WrongLength { found, expected } => Self::HmacLength {
                found,
                expected: expected as u8,
            },
        }
    }
}

impl Drop for HmacTag {
    #[inline(always)]
    fn drop(&mut self) {
        self.bytes = [0; 32];
        zeroize::optimization_barrier(&self.bytes);
    }
}

/// Creates the tag from an HMAC-SHA1.
impl From<[u8; 20]> for HmacTag {
    #[inline]
    fn from(hmac: [u8; 20]) -> Self {
        let mut bytes = [0; 32];
        let (start, _) = bytes.split_at_mut(20);
        start.copy_from_slice(&hmac);
        Self { bytes, len: 20 }
    }
}

/// Creates the tag from an HMAC-SHA256.
impl From<[u8; 32]> for HmacTag {
    #[inline]
    fn from(bytes: [u8; 32]) -> Self {
        Self { bytes, len: 32 }
    }
}

/// Creates the tag from an HMAC of 20 or 32 bytes. With any other length, verifying and signing fail.
impl From<&[u8]> for HmacTag {
    #[inline]
    fn from(hmac: &[u8]) -> Self {
        if let Ok(hmac) = <[u8; 20]>::try_from(hmac) {
            Self::from(hmac)
        } else if let Ok(hmac) = <[u8; 32]>::try_from(hmac) {
            Self::from(hmac)
        } else {
            Self {
                bytes: [0; 32],
                len: u8::try_from(hmac.len()).unwrap_or(u8::MAX),
            }
        }
    }
}

/// Creates the tag from an HMAC of 20 or 32 bytes. With any other length, verifying and signing fail. The
/// vector is not wiped.
#[cfg(feature = "alloc")]
impl From<alloc::vec::Vec<u8>> for HmacTag {
    #[inline]
    fn from(hmac: alloc::vec::Vec<u8>) -> Self {
        Self::from(hmac.as_slice())
    }
}

impl fmt::Debug for HmacTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HmacTag({} bytes)", self.len)
    }
}

/// A key that computes HMACs: implemented by [`Key`](crate::Key), by references, `Arc` and `Box`, by [`HmacFn`]
/// for a closure, and by a pair of a key and what the application knows of its user.
///
/// Implement it for a key type of the application to use other cryptography, such as a validated module, a
/// hardware key store or another provider. The feature `crypto` is then not needed. This crate truncates the
/// HMAC, checks its length and compares it in constant time. For an asynchronous provider see
/// [`Message::integrity_check`](crate::Message::integrity_check).
///
/// ```
/// use stunwire::{HmacAlgorithm, HmacKey, HmacTag};
///
/// /// The interface of the cryptographic module.
/// trait Module: Send + Sync {
///     fn hmac(&self, handle: u32, digest: &str, segments: &[&[u8]]) -> Option<Vec<u8>>;
/// }
///
/// struct ModuleKey<M> {
///     module: M,
///     handle: u32,
/// }
///
/// impl<M: Module> HmacKey for ModuleKey<M> {
///     fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag {
///         let digest = match algorithm {
///             HmacAlgorithm::Sha1 => "SHA1",
///             HmacAlgorithm::Sha256 => "SHA2-256",
///             _ => return HmacTag::UNAVAILABLE,
///         };
///         match self.module.hmac(self.handle, digest, segments) {
///             Some(hmac) => HmacTag::from(hmac),
///             None => HmacTag::UNAVAILABLE,
///         }
///     }
/// }
/// ```
pub trait HmacKey: Send + Sync {
    /// Computes the full HMAC of the concatenated segments. If it cannot be computed, return
    /// [`HmacTag::UNAVAILABLE`].
    ///
    /// There are at most five segments, none of them empty. Their boundaries have no meaning.
    fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag;

    /// Whether MS-TURN's MESSAGE-INTEGRITY under this key is an HMAC-SHA256 of 32 bytes (\[MS-TURN\]
    /// 2.2.2.17), as both sides negotiated with MS-VERSION. Other dialects ignore the result.
    fn ms_turn_sha256(&self) -> bool {
        false
    }
}

impl<K: HmacKey + ?Sized> HmacKey for &K {
    #[inline]
    fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag {
        (**self).hmac(algorithm, segments)
    }

    #[inline]
    fn ms_turn_sha256(&self) -> bool {
        (**self).ms_turn_sha256()
    }
}

#[cfg(feature = "alloc")]
impl<K: HmacKey + ?Sized> HmacKey for alloc::boxed::Box<K> {
    #[inline]
    fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag {
        (**self).hmac(algorithm, segments)
    }

    #[inline]
    fn ms_turn_sha256(&self) -> bool {
        (**self).ms_turn_sha256()
    }
}

#[cfg(all(feature = "alloc", target_has_atomic = "ptr"))]
impl<K: HmacKey + ?Sized> HmacKey for alloc::sync::Arc<K> {
    #[inline]
    fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag {
        (**self).hmac(algorithm, segments)
    }

    #[inline]
    fn ms_turn_sha256(&self) -> bool {
        (**self).ms_turn_sha256()
    }
}

/// The key `.0`, with what the application looked up beside it. `.1` is never used as a key.
///
/// [`LongTermServer::check`](crate::auth::LongTermServer::check) returns it with the request, so that the account is
/// looked up once.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
/// use stunwire::auth::{Authenticated, Claim, UserId};
/// use stunwire::{HmacKey, Key};
///
/// struct Account {
///     password: String,
///     max_allocations: u32,
/// }
///
/// /// The look-up for `LongTermServer::check`.
/// fn account(
///     claim: &Claim<'_, '_>,
///     accounts: &HashMap<Vec<u8>, Arc<Account>>,
/// ) -> Option<(Key, Arc<Account>)> {
///     let UserId::Name(name) = claim.user() else { return None };
///     let account = accounts.get(name)?;
///     Some((claim.derive_key(name, &account.password)?, account.clone()))
/// }
///
/// fn quota(request: &Authenticated<'_, (Key, Arc<Account>)>) -> u32 {
///     let (_, account) = request.key();
///     account.max_allocations
/// }
/// ```
impl<K: HmacKey, T: Send + Sync> HmacKey for (K, T) {
    #[inline]
    fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag {
        self.0.hmac(algorithm, segments)
    }

    #[inline]
    fn ms_turn_sha256(&self) -> bool {
        self.0.ms_turn_sha256()
    }
}

/// An [`HmacKey`] that calls a closure.
///
/// The closure takes the algorithm and the segments, and returns anything that converts into an [`HmacTag`],
/// such as `[u8; 20]`, `[u8; 32]`, `&[u8]` and `Vec<u8>`. A closure for one hash function may ignore the algorithm: an
/// HMAC of another length is refused. If the application has HMAC-SHA1 alone, verify with
/// [`Policy::sha1_only`](crate::Policy::sha1_only): by default a message that has MESSAGE-INTEGRITY-SHA256 is verified
/// with it.
///
/// With `cargo add hmac@0.13 sha1@0.11`:
///
/// ```
/// use hmac::{Hmac, KeyInit, Mac};
/// use stunwire::{Header, HmacAlgorithm, HmacFn, HmacTag, Message, MessageWriter, Method, TransactionId};
///
/// let secret = b"VOkJxbRl1RmTxUk/WvJxBt";
/// let key = HmacFn::new(|algorithm, segments: &[&[u8]]| match algorithm {
///     HmacAlgorithm::Sha1 => {
///         let mut hmac = Hmac::<sha1::Sha1>::new_from_slice(secret).expect("any length");
///         segments.iter().for_each(|segment| hmac.update(segment));
///         HmacTag::from(<[u8; 20]>::from(hmac.finalize().into_bytes()))
///     }
///     _ => HmacTag::UNAVAILABLE,
/// });
///
/// let id = TransactionId::new(*b"not a secret");
/// let mut buffer = [0; 128];
/// let packet = MessageWriter::new(&mut buffer, Header::request(Method::BINDING, id))?
///     .integrity(&key)?
///     .finish()?;
/// assert!(Message::parse(packet)?.verify(&key).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct HmacFn<F>(F);

impl<F, T> HmacFn<F>
where
    F: Fn(HmacAlgorithm, &[&[u8]]) -> T + Send + Sync,
    T: Into<HmacTag>,
{
    /// Creates a key from a closure.
    #[must_use]
    pub const fn new(hmac: F) -> Self {
        Self(hmac)
    }
}

impl<F, T> HmacKey for HmacFn<F>
where
    F: Fn(HmacAlgorithm, &[&[u8]]) -> T + Send + Sync,
    T: Into<HmacTag>,
{
    #[inline]
    fn hmac(&self, algorithm: HmacAlgorithm, segments: &[&[u8]]) -> HmacTag {
        (self.0)(algorithm, segments).into()
    }
}

impl<F> fmt::Debug for HmacFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacFn(..)")
    }
}
