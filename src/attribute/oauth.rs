//! Third-party authorization (RFC 7635): the token and what it holds.

use core::fmt;

use super::shape::put_slice;
use crate::code_point::AttributeType;
use crate::error::{EncodeError, Unit, ValueError};
use crate::format::Hex;
use crate::num::saturating_u32;

/// ACCESS-TOKEN: a token that an authorization server made for the TURN server
/// ([RFC 7635 §6.2](https://www.rfc-editor.org/rfc/rfc7635#section-6.2)). The nonce is in the clear,
/// the rest encrypted with a key that the two servers share; this crate does not decrypt.
///
/// coturn uses AES-GCM with the nonce, the server's name as additional data and the tag at the end;
/// what comes out is a [`TokenBlock`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessToken<'a> {
    nonce: &'a [u8],
    encrypted: &'a [u8],
}

impl<'a> AccessToken<'a> {
    /// A token of these parts.
    ///
    /// # Errors
    /// When the nonce is longer than 65,535 bytes.
    pub fn new(nonce: &'a [u8], encrypted: &'a [u8]) -> Result<Self, EncodeError> {
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

    /// The encrypted block, with the authentication tag behind.
    #[must_use]
    pub const fn encrypted(&self) -> &'a [u8] {
        self.encrypted
    }
}

/// A part behind its 16-bit length, and what follows it. `offset` is where the length stands.
fn counted(bytes: &[u8], offset: u16) -> Result<(&[u8], &[u8]), ValueError> {
    let Some((length, behind)) = bytes.split_first_chunk::<2>() else {
        return Err(ValueError::length(bytes.len(), 2, u16::MAX));
    };
    let length = u16::from_be_bytes(*length);
    behind
        .split_at_checked(usize::from(length))
        .ok_or(ValueError::Inner {
            offset,
            needed: length.saturating_add(2),
            left: u16::try_from(bytes.len()).unwrap_or(u16::MAX),
        })
}

reads!(AccessToken<'a>, |value, context| {
    counted(value, 0).map(|(nonce, encrypted)| Self { nonce, encrypted })
});
writes!(AccessToken<'_>, as AccessToken<'_>,
    |this, context| this.nonce.len().saturating_add(2).saturating_add(this.encrypted.len()),
    |out| {
        let length = u16::try_from(this.nonce.len()).unwrap_or(u16::MAX);
        let out = put_slice(out, &length.to_be_bytes());
        let out = put_slice(out, this.nonce);
        put_slice(out, this.encrypted);
    }
);

impl fmt::Display for AccessToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encrypted = self.encrypted.len();
        write!(f, "nonce {}, {encrypted} bytes encrypted", Hex(self.nonce))
    }
}

/// What an [`AccessToken`] holds once it is decrypted
/// ([RFC 7635 §6.2](https://www.rfc-editor.org/rfc/rfc7635#section-6.2)).
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
    /// Reads a decrypted block. Bytes behind the lifetime are not looked at.
    ///
    /// # Errors
    /// When the parts do not fit into the block.
    pub fn parse(plain: &'a [u8]) -> Result<Self, ValueError> {
        let (mac_key, behind) = counted(plain, 0)?;
        let Some(times) = behind.first_chunk::<12>() else {
            return Err(ValueError::length(
                plain.len(),
                u16::try_from(mac_key.len())
                    .unwrap_or(u16::MAX)
                    .saturating_add(14),
                u16::MAX,
            ));
        };
        let [t0, t1, t2, t3, t4, t5, t6, t7, l0, l1, l2, l3] = *times;
        Ok(Self {
            mac_key,
            timestamp: u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            lifetime: u32::from_be_bytes([l0, l1, l2, l3]),
        })
    }

    /// The key of the message's integrity: make a [`Key`](crate::Key) of it with
    /// [`Key::from_bytes`](crate::Key::from_bytes). coturn takes the first 16 bytes of the 20.
    #[must_use]
    pub const fn mac_key(&self) -> &'a [u8] {
        self.mac_key
    }

    /// When the token was made, since 1970: 48 bits of seconds and 16 of 1/64,000 s.
    #[must_use]
    pub fn timestamp(&self) -> core::time::Duration {
        let fraction = self.timestamp & 0xFFFF;
        // 1/64,000 s are 15,625 ns, and 0xFFFF of them a little more than a second.
        core::time::Duration::from_secs(self.timestamp >> 16).saturating_add(
            core::time::Duration::from_nanos(fraction.saturating_mul(15_625)),
        )
    }

    /// How long it is good.
    #[must_use]
    pub fn lifetime(&self) -> core::time::Duration {
        core::time::Duration::from_secs(u64::from(self.lifetime))
    }
}

impl fmt::Debug for TokenBlock<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenBlock")
            .field("timestamp", &self.timestamp())
            .field("lifetime", &self.lifetime())
            .finish_non_exhaustive()
    }
}

/// MOBILITY-TICKET: lets an allocation follow the client to another address
/// ([RFC 8016 §3.3](https://www.rfc-editor.org/rfc/rfc8016#section-3.3)). Opaque to the client; empty
/// in the first Allocate, to ask for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MobilityTicket<'a>(
    /// The ticket, any length.
    pub &'a [u8],
);

reads!(MobilityTicket<'a>, |value, context| Ok(Self(value)));
writes!(MobilityTicket<'_>, as MobilityTicket<'_>, |this, context| this.0.len(), |out| {
    put_slice(out, this.0);
});

impl fmt::Display for MobilityTicket<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&super::Data(self.0), f)
    }
}
