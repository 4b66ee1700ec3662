//! Third-party authorization (RFC 7635) and mobility (RFC 8016).

use core::fmt;
use core::time::Duration;

use super::AttributeType;
use super::shape::{Decode, Encode, put_all, put_slice};
use crate::dialect::Context;
use crate::error::{EncodeError, Unit, ValueError};
use crate::format::Bytes;
use crate::num::{saturating_u16, saturating_u32};
use crate::wire;

/// ACCESS-TOKEN: a token that an authorization server created for the TURN server
/// ([RFC 7635 §6.2](https://www.rfc-editor.org/rfc/rfc7635#section-6.2)).
///
/// Type 0x001B. Value: the length of the nonce (2 bytes), the nonce, and the encrypted block with its
/// authentication tag. The block is a [`TokenBlock`], encrypted with a key that both servers share. coturn
/// uses AES-GCM with the nonce, the server's name as additional data, and the tag at the end.
///
/// ```
/// use stunwire::attribute::AccessToken;
///
/// let token = AccessToken::new(b"unique nonce", b"encrypted block and tag")?;
/// assert_eq!(token.nonce(), b"unique nonce");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessToken<'a> {
    nonce: &'a [u8],
    encrypted: &'a [u8],
}

impl<'a> AccessToken<'a> {
    /// Creates a token from its nonce and its encrypted block.
    ///
    /// # Errors
    /// If the nonce is longer than 65,535 bytes.
    pub fn new<N, E>(nonce: &'a N, encrypted: &'a E) -> Result<Self, EncodeError>
    where
        N: AsRef<[u8]> + ?Sized,
        E: AsRef<[u8]> + ?Sized,
    {
        let (nonce, encrypted) = (nonce.as_ref(), encrypted.as_ref());
        if u16::try_from(nonce.len()).is_ok() {
            Ok(Self { nonce, encrypted })
        } else {
            Err(EncodeError::ValueTooLong {
                attribute: AttributeType::ACCESS_TOKEN,
                length: saturating_u32(nonce.len()),
                max: u16::MAX,
                unit: Unit::Bytes,
            })
        }
    }

    /// The nonce of the encryption: 12 bytes for AES-GCM.
    #[must_use]
    pub const fn nonce(&self) -> &'a [u8] {
        self.nonce
    }

    /// The encrypted block and its authentication tag.
    #[must_use]
    pub const fn encrypted(&self) -> &'a [u8] {
        self.encrypted
    }
}

/// Reads a field after its 16-bit length, and returns it with the bytes that follow. The length is the
/// first field of the value.
fn length_prefixed(value: &[u8]) -> Result<(&[u8], &[u8]), ValueError> {
    wire::length_prefixed(value).map_err(|_| match *value {
        [l0, l1, ..] => ValueError::Inner {
            offset: 0,
            needed: u16::from_be_bytes([l0, l1]).saturating_add(2),
            left: saturating_u16(value.len()),
        },
        _ => ValueError::length(value.len(), 2, u16::MAX),
    })
}

impl<'a> Decode<'a> for AccessToken<'a> {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        length_prefixed(value).map(|(nonce, encrypted)| Self { nonce, encrypted })
    }
}

impl Encode for AccessToken<'_> {
    fn value_len(&self, _: Context) -> usize {
        self.encrypted
            .len()
            .saturating_add(self.nonce.len())
            .saturating_add(2)
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let length = u16::try_from(self.nonce.len()).ok()?;
        let out = put_slice(out, &length.to_be_bytes())?;
        let out = put_slice(out, self.nonce)?;
        put_all(out, self.encrypted)
    }
}

/// Prints the nonce, and the length of the encrypted block.
impl fmt::Display for AccessToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nonce ")?;
        fmt::Display::fmt(&Bytes(self.nonce), f)?;
        write!(f, ", {} bytes encrypted", self.encrypted.len())
    }
}

/// The decrypted block of an [`AccessToken`]
/// ([RFC 7635 §6.2](https://www.rfc-editor.org/rfc/rfc7635#section-6.2)).
///
/// The block holds the length of the key in bytes (2 bytes), the key, the time at which the token was created
/// (8 bytes) and its lifetime in seconds (4 bytes).
///
/// ```
/// use core::time::Duration;
/// use stunwire::attribute::TokenBlock;
///
/// // The block of the token in coturn's examples.
/// let plain = b"\x00\x14ZksjpweoixXmvn67534m\x00\x00\x0e\xda\xf8\xf0\x00\x00\x00\x00\x0e\x10";
/// let block = TokenBlock::parse(plain)?;
/// assert_eq!(block.mac_key(), b"ZksjpweoixXmvn67534m");
/// assert_eq!(block.timestamp().as_secs(), 249_231_600);
/// assert_eq!(block.lifetime(), Duration::from_secs(3600));
/// # Ok::<(), stunwire::ValueError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenBlock<'a> {
    mac_key: &'a [u8],
    timestamp: u64,
    lifetime: u32,
}

impl<'a> TokenBlock<'a> {
    /// Reads a decrypted block. Bytes after the lifetime are ignored.
    ///
    /// # Errors
    /// If the block is too short for its key and the 12 bytes that follow it.
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "the key is at most 65,535 bytes long"
    )]
    pub fn parse(plain: &'a [u8]) -> Result<Self, ValueError> {
        let (mac_key, times) = length_prefixed(plain)?;
        let Some(times) = times.first_chunk::<12>() else {
            let min = saturating_u16(2 + mac_key.len() + 12);
            return Err(ValueError::length(plain.len(), min, u16::MAX));
        };
        let [t0, t1, t2, t3, t4, t5, t6, t7, l0, l1, l2, l3] = *times;
        Ok(Self {
            mac_key,
            timestamp: u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            lifetime: u32::from_be_bytes([l0, l1, l2, l3]),
        })
    }

    /// The session key: create the [`Key`](crate::Key) that verifies the message from it with
    /// [`Key::from_bytes`](crate::Key::from_bytes). coturn uses the first 16 of its 20 bytes.
    #[must_use]
    pub const fn mac_key(&self) -> &'a [u8] {
        self.mac_key
    }

    /// The time at which the token was created, since the start of 1970. The block holds 48 bits of
    /// seconds and 16 bits of 1/64,000 seconds.
    #[must_use]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "0xFFFF times 15,625 ns are 1.03 s, and 48 bits of seconds are far from the maximum"
    )]
    pub fn timestamp(&self) -> Duration {
        // 1/64,000 s is 15,625 ns.
        let fraction = (self.timestamp & 0xFFFF) * 15_625;
        Duration::from_secs(self.timestamp >> 16) + Duration::from_nanos(fraction)
    }

    /// The time for which the token is valid.
    #[must_use]
    pub fn lifetime(&self) -> Duration {
        Duration::from_secs(u64::from(self.lifetime))
    }
}

/// Prints the times. The key is never printed.
impl fmt::Debug for TokenBlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBlock")
            .field("timestamp", &self.timestamp())
            .field("lifetime", &self.lifetime())
            .finish_non_exhaustive()
    }
}

opaque! {
    /// MOBILITY-TICKET: lets a client keep its allocation when its address changes
    /// ([RFC 8016 §3.3](https://www.rfc-editor.org/rfc/rfc8016#section-3.3)).
    ///
    /// Type 0x8030. Value: a ticket that only the server can read; empty in the first Allocate request,
    /// to ask for one.
    ///
    /// ```
    /// use stunwire::attribute::MobilityTicket;
    ///
    /// let ask = MobilityTicket(b"");
    /// assert!(ask.0.is_empty());
    /// ```
    #[derive(Debug)]
    pub struct MobilityTicket<'a>(
        /// The ticket.
        pub &'a [u8],
    );
}

/// Prints the length and the first bytes; all bytes with `{:#}`.
impl fmt::Display for MobilityTicket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::turn::length_and_bytes(self.0, f)
    }
}
