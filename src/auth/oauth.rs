//! Tokens of third-party authorization (RFC 7635, feature `oauth`): the authorization server seals them, the
//! TURN server opens them. Sealing is authenticated encryption with AES-GCM.
//!
//! The client gets a token and a session key from the authorization server, sends the token as ACCESS-TOKEN
//! and signs with the session key; its USERNAME is the id of the key that the two servers share. The TURN
//! server opens the token and finds the session key in it:
//!
//! ```
//! use stunwire::Key;
//! use stunwire::auth::oauth::{Token, TokenKey};
//! use stunwire::auth::{Claim, UnixTime};
//!
//! /// The key look-up of a TURN server.
//! fn key(claim: &Claim<'_, '_>, shared: &TokenKey, now: UnixTime) -> Option<Key> {
//!     let mut buffer = [0; 256];
//!     let token = shared.open("turn.example.org", &claim.access_token()?, now, &mut buffer).ok()?;
//!     Some(Key::from_bytes(token.mac_key))
//! }
//! ```
//!
//! coturn signs with only the first 16 bytes of a 20-byte session key.

use core::fmt;
use core::time::Duration;

use aes_gcm::{AeadInOut, Aes128Gcm, Aes256Gcm, KeyInit};

use super::time::UnixTime;
use crate::attribute::{AccessToken, TokenBlock};
use crate::error::{EncodeError, ValueError};
use crate::num::saturating_u32;

/// Length of the nonce of a token in bytes, as AES-GCM requires.
pub const NONCE_LEN: usize = 12;
/// Length of the tag that follows the encrypted block, in bytes.
const TAG_LEN: usize = 16;
/// Length in bytes of the fields of a block without the session key.
const BLOCK_LEN: usize = 2 + 8 + 4;
/// The difference that the clocks of the two servers may have, as RFC 7635 §7 recommends.
const DELTA: Duration = Duration::from_secs(5);

/// The key that the authorization server and the TURN server share, for AES-GCM with 128 or 256 bits.
///
/// ```
/// use std::time::Duration;
/// use stunwire::auth::UnixTime;
/// use stunwire::auth::oauth::{Token, TokenKey};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let shared = TokenKey::new(b"the 32 bytes of a long-term key!").ok_or("16 or 32 bytes")?;
/// let now = UnixTime::from_secs(1_700_000_000);
///
/// // The authorization server. A nonce must not be used twice with the same key.
/// let token = Token {
///     mac_key: b"20 random bytes here",
///     issued: now,
///     lifetime: Duration::from_secs(3600),
/// };
/// let mut sealed = [0; 128];
/// let access_token = shared.seal("turn.example.org", b"12 byte once", &token, &mut sealed)?;
///
/// // The TURN server.
/// let mut buffer = [0; 128];
/// assert_eq!(shared.open("turn.example.org", &access_token, now, &mut buffer)?, token);
/// let late = now + Duration::from_secs(4000);
/// assert!(shared.open("turn.example.org", &access_token, late, &mut buffer).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TokenKey(Cipher);

// One is made for a server, not for a message.
#[derive(Clone)]
#[allow(clippy::large_enum_variant)]
enum Cipher {
    A128(Aes128Gcm),
    A256(Aes256Gcm),
}

impl TokenKey {
    /// Creates a key from 16 bytes for A128GCM or 32 bytes for A256GCM. Returns `None` for another length.
    #[must_use]
    pub fn new(key: &[u8]) -> Option<Self> {
        match key.len() {
            16 => Some(Self(Cipher::A128(Aes128Gcm::new_from_slice(key).ok()?))),
            32 => Some(Self(Cipher::A256(Aes256Gcm::new_from_slice(key).ok()?))),
            _ => None,
        }
    }

    /// Seals a token, writes it to `out` and returns it as an attribute. `server` is the name of the TURN
    /// server, as in THIRD-PARTY-AUTHORIZATION. `nonce` must be unique for each token under this key.
    ///
    /// # Errors
    /// If `out` is shorter than the session key plus 30 bytes, or the session key is longer than 65,535
    /// bytes.
    pub fn seal<'o, N: AsRef<[u8]> + ?Sized>(
        &self,
        server: &N,
        nonce: &'o [u8; NONCE_LEN],
        token: &Token<'_>,
        out: &'o mut [u8],
    ) -> Result<AccessToken<'o>, EncodeError> {
        let available = out.len();
        let needed = token
            .mac_key
            .len()
            .saturating_add(BLOCK_LEN)
            .saturating_add(TAG_LEN);
        let full = EncodeError::BufferFull {
            needed: saturating_u32(needed),
            available: saturating_u32(available),
        };
        let Ok(key_len) = u16::try_from(token.mac_key.len()) else {
            return Err(full);
        };
        let out = out.get_mut(..needed).ok_or(full)?;
        let (block, tag) = out.split_last_chunk_mut::<TAG_LEN>().ok_or(full)?;
        // 48 bits of seconds and 16 of 1/64,000 s.
        let timestamp = token.issued.as_secs() << 16;
        let lifetime = u32::try_from(token.lifetime.as_secs()).unwrap_or(u32::MAX);
        let values = key_len
            .to_be_bytes()
            .into_iter()
            .chain(token.mac_key.iter().copied())
            .chain(timestamp.to_be_bytes())
            .chain(lifetime.to_be_bytes());
        for (byte, value) in block.iter_mut().zip(values) {
            *byte = value;
        }
        let (nonce_array, server) = (nonce.into(), server.as_ref());
        let sealed = match &self.0 {
            Cipher::A128(key) => key.encrypt_inout_detached(nonce_array, server, block.into()),
            Cipher::A256(key) => key.encrypt_inout_detached(nonce_array, server, block.into()),
        };
        match sealed {
            Ok(value) => *tag = value.into(),
            Err(_) => {
                debug_assert!(false, "AES-GCM encrypts up to 64 GiB");
                return Err(full);
            }
        }
        AccessToken::new(nonce, out)
    }

    /// Decrypts a token into `buffer`, which must be at least as long as the encrypted block without its tag,
    /// and checks it.
    ///
    /// # Errors
    /// If the nonce is not 12 bytes long, the buffer is too small, the token was not sealed with this key
    /// for this server, its block is malformed, or at `now` it has expired or is not valid yet. The clocks
    /// may differ by 5 seconds.
    pub fn open<'b, N: AsRef<[u8]> + ?Sized>(
        &self,
        server: &N,
        token: &AccessToken<'_>,
        now: UnixTime,
        buffer: &'b mut [u8],
    ) -> Result<Token<'b>, TokenError> {
        let nonce: &[u8; NONCE_LEN] = token.nonce().try_into().map_err(|_| TokenError::Nonce)?;
        let (block, tag) = token
            .encrypted()
            .split_last_chunk::<TAG_LEN>()
            .ok_or(TokenError::Invalid)?;
        let buffer = buffer.get_mut(..block.len()).ok_or(TokenError::Buffer {
            needed: saturating_u32(block.len()),
        })?;
        buffer.copy_from_slice(block);
        let (nonce, server, tag) = (nonce.into(), server.as_ref(), tag.into());
        let opened = match &self.0 {
            Cipher::A128(key) => {
                key.decrypt_inout_detached(nonce, server, (&mut *buffer).into(), tag)
            }
            Cipher::A256(key) => {
                key.decrypt_inout_detached(nonce, server, (&mut *buffer).into(), tag)
            }
        };
        opened.map_err(|_| TokenError::Invalid)?;
        let block = TokenBlock::parse(buffer)?;
        let token = Token {
            mac_key: block.mac_key(),
            issued: UnixTime::from_secs(block.timestamp().as_secs()),
            lifetime: block.lifetime(),
        };
        // RFC 7635 §7: lifetime + delta > |now - issued|.
        let distance = now.as_secs().abs_diff(token.issued.as_secs());
        let limit = token.lifetime.as_secs().saturating_add(DELTA.as_secs());
        if distance < limit {
            Ok(token)
        } else {
            Err(TokenError::Expired)
        }
    }
}

/// The key is not printed.
impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(..)")
    }
}

/// The contents of a token ([RFC 7635 §6.2](https://www.rfc-editor.org/rfc/rfc7635#section-6.2)).
///
/// ```
/// use std::time::Duration;
/// use stunwire::auth::UnixTime;
/// use stunwire::auth::oauth::Token;
///
/// let token = Token {
///     mac_key: b"20 random bytes here",
///     issued: UnixTime::from_secs(1_800_000_000),
///     lifetime: Duration::from_secs(3600),
/// };
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token<'k> {
    /// The session key, with which the client signs.
    pub mac_key: &'k [u8],
    /// The time at which the token was created, in whole seconds.
    pub issued: UnixTime,
    /// The time for which the token is valid.
    pub lifetime: Duration,
}

/// The session key is not printed.
impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("issued", &self.issued)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// The error for a token that cannot be opened.
///
/// Whatever the error, the TURN server answers 401 (Unauthenticated).
///
/// ```
/// use stunwire::attribute::AccessToken;
/// use stunwire::auth::UnixTime;
/// use stunwire::auth::oauth::{TokenError, TokenKey};
///
/// /// Logs why a token is refused. The client learns only that it is: 401.
/// fn log(shared: &TokenKey, token: &AccessToken<'_>, now: UnixTime) {
///     match shared.open("turn.example.org", token, now, &mut [0; 256]) {
///         Ok(_) => {}
///         Err(TokenError::Expired) => eprintln!("a client must get a new token"),
///         Err(error) => eprintln!("refused: {error}"),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The nonce of the token is not 12 bytes long.
    #[error("the token's nonce is not 12 bytes long")]
    Nonce,
    /// The buffer is too small.
    #[error("{needed} bytes are needed to open the token")]
    Buffer {
        /// Smallest length of the buffer in bytes.
        needed: u32,
    },
    /// The token was not sealed with this key for this server, or was changed.
    #[error("the token was not sealed with this key for this server")]
    Invalid,
    /// The decrypted block is malformed.
    #[error("the token's block is malformed")]
    Block(#[from] ValueError),
    /// The token has expired, or is not valid yet.
    #[error("the token is not valid at this time")]
    Expired,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
    const NONCE: &[u8; 12] = b"h4j3k2l2n4b5";
    const SERVER: &str = "blackdow.carleon.gov";
    const SHORT: &[u8] = b"carleon carleon!";
    const LONG: &[u8] = b"the 32 bytes of a long-term key!";

    const TOKEN: Token<'static> = Token {
        mac_key: b"ZksjpweoixXmvn67534m",
        issued: NOW,
        lifetime: Duration::from_secs(3600),
    };

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect()
    }

    // Sealed by Python's cryptography, with half a second in the time stamp.
    #[test]
    fn sealed_elsewhere() {
        for (key, sealed) in [
            (
                SHORT,
                "f61bb358119ceddf890855196b1617f5f6183edb739c0dc2d5\
                 1698db28e0ea98df2ffc4d124216fe03c2bd5131a9c535d803",
            ),
            (
                LONG,
                "90edcf83a0c5457793cfcc9133cff87d647e5993b3420f64b7\
                 c88ec445e2e48c595d458a466109fe0fac84b6fc6a74c5689a",
            ),
        ] {
            let sealed = bytes(sealed);
            let token = AccessToken::new(NONCE, &sealed).unwrap();
            let key = TokenKey::new(key).unwrap();
            let mut buffer = [0; 64];
            assert_eq!(key.open(SERVER, &token, NOW, &mut buffer), Ok(TOKEN));
        }
    }

    #[test]
    fn round_trip() {
        for key in [SHORT, LONG] {
            let key = TokenKey::new(key).unwrap();
            let mut sealed = [0; 50];
            let token = key.seal(SERVER, NONCE, &TOKEN, &mut sealed).unwrap();
            assert_eq!(token.encrypted().len(), 50);
            let mut buffer = [0; 34];
            assert_eq!(key.open(SERVER, &token, NOW, &mut buffer), Ok(TOKEN));
            assert_eq!(
                key.open(SERVER, &token, NOW, &mut [0; 33]),
                Err(TokenError::Buffer { needed: 34 })
            );
        }
        let mut short = [0; 49];
        assert_eq!(
            TokenKey::new(LONG)
                .unwrap()
                .seal(SERVER, NONCE, &TOKEN, &mut short),
            Err(EncodeError::BufferFull {
                needed: 50,
                available: 49
            })
        );
        for len in (0..64).filter(|len| ![16, 32].contains(len)) {
            assert!(TokenKey::new(&[0; 64][..len]).is_none());
        }
    }

    #[test]
    fn changed() {
        let key = TokenKey::new(LONG).unwrap();
        let mut sealed = [0; 50];
        key.seal(SERVER, NONCE, &TOKEN, &mut sealed).unwrap();
        let open = |nonce: &[u8], sealed: &[u8], server: &str| {
            let token = AccessToken::new(nonce, sealed).unwrap();
            key.open(server, &token, NOW, &mut [0; 64])
                .map(|token| token.issued)
        };
        assert_eq!(open(NONCE, &sealed, SERVER), Ok(NOW));
        assert_eq!(
            open(NONCE, &sealed, "other.example"),
            Err(TokenError::Invalid)
        );
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(NONCE, &changed, SERVER), Err(TokenError::Invalid));
        }
        for len in 0..sealed.len() {
            assert_eq!(
                open(NONCE, &sealed[..len], SERVER),
                Err(TokenError::Invalid)
            );
        }
        assert_eq!(
            open(b"h4j3k2l2n4b6", &sealed, SERVER),
            Err(TokenError::Invalid)
        );
        assert_eq!(open(b"short", &sealed, SERVER), Err(TokenError::Nonce));
        let other = TokenKey::new(b"THE 32 bytes of a long-term key!").unwrap();
        let token = AccessToken::new(NONCE, &sealed).unwrap();
        assert_eq!(
            other.open(SERVER, &token, NOW, &mut [0; 64]),
            Err(TokenError::Invalid)
        );
    }

    // RFC 7635 §7: the lifetime and five seconds, on either side.
    #[test]
    fn times() {
        let key = TokenKey::new(LONG).unwrap();
        let mut sealed = [0; 50];
        let token = key.seal(SERVER, NONCE, &TOKEN, &mut sealed).unwrap();
        for (now, valid) in [
            (1_700_000_000, true),
            (1_700_003_604, true),
            (1_700_003_605, false),
            (1_699_996_396, true),
            (1_699_996_395, false),
            (0, false),
            (u64::MAX, false),
        ] {
            let found = key
                .open(SERVER, &token, UnixTime::from_secs(now), &mut [0; 64])
                .is_ok();
            assert_eq!(found, valid, "{now}");
        }
    }
}
