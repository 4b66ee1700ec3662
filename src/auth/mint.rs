//! Nonces that a server recognizes without a table.

use core::fmt;
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;

use base64ct::{Base64, Encoding};
use ctutils::CtEq;

use super::time::UnixTime;
use crate::attribute::shape::{Encode, put_all};
use crate::attribute::{Nonce, SecurityFeatures};
use crate::dialect::Context;
use crate::error::EncodeError;
use crate::format::Quoted;
use crate::integrity::{HmacAlgorithm, HmacKey};

/// Length of the prefix that names the security features, in bytes.
const PREFIX: usize = 13;
/// Length of the issue time in bytes: seconds since 1970 until the year 36,812.
const TIME: usize = 5;
/// Length of what the tag follows: the issue time and the port.
const BODY: usize = TIME + 2;
/// Length of the truncated HMAC in bytes.
const TAG: usize = 14;
/// Length of body and tag in base64: they are a multiple of 3 bytes, so there is no padding.
const CODED: usize = (BODY + TAG) / 3 * 4;
/// Length of a nonce in bytes.
const NONCE: usize = PREFIX + CODED;

/// Creates the nonces of a server, and recognizes them in requests without storing them
/// ([RFC 8489 §9.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2)).
///
/// A nonce is 41 characters long: the nonce cookie with the security features, then in base64 the time of
/// issue, the client's port and the first 14 bytes of an HMAC-SHA256 under the server's secret. The HMAC
/// covers the features, the time of issue, the client's address and port, and the realm. So a nonce is valid
/// for one client and a limited time, and changing its feature bits makes it invalid.
///
/// No two ports get the same nonce, as [RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)
/// requires. A nonce that comes back from another port of the same address is reported as
/// [`NonceStatus::OtherPort`], because RFC 6062 requires clients to send ConnectionBind on a separate connection.
///
/// Servers that share a secret recognize each other's nonces. The secret must have at least 128 bits of
/// randomness; [`rotate`](Self::rotate) replaces it while nonces under the previous one stay valid.
///
/// ```
/// use std::time::Duration;
/// use stunwire::auth::{NonceMint, NonceStatus, UnixTime};
/// use stunwire::{Key, SecurityFeatures};
///
/// let secret = Key::from_bytes(b"32 random bytes of the server   ");
/// let nonces = NonceMint::new(secret).lifetime(Duration::from_secs(600));
///
/// let (now, client) = (UnixTime::from_secs(1_700_000_000), "192.0.2.1:50000".parse()?);
/// let nonce = nonces.mint(now, client, "example.org", SecurityFeatures::PASSWORD_ALGORITHMS)?;
/// assert!(nonce.as_ref().starts_with(b"obMatJos2gAAA"));
///
/// let later = now + Duration::from_secs(599);
/// assert_eq!(nonces.status(&nonce, later, client, "example.org"), NonceStatus::Valid);
/// let later = now + Duration::from_secs(600);
/// assert_eq!(nonces.status(&nonce, later, client, "example.org"), NonceStatus::Expired);
/// let other = "192.0.2.2:50000".parse()?;
/// assert_eq!(nonces.status(&nonce, now, other, "example.org"), NonceStatus::Unknown);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct NonceMint<S> {
    secret: S,
    previous: Option<S>,
    lifetime: Duration,
}

#[cfg(all(feature = "getrandom", feature = "crypto"))]
impl NonceMint<crate::Key> {
    /// Creates a mint with a secret of 32 random bytes, whose nonces are valid for 10 minutes. Needs the features
    /// `crypto` and `getrandom`.
    ///
    /// The nonces of a server that was started again are not valid: clients get a 438 (Stale Nonce) and repeat their
    /// request. Servers that share their nonces need a secret of their own: see [`new`](Self::new).
    ///
    /// ```
    /// use stunwire::auth::{LongTermServer, NonceMint};
    ///
    /// let server = LongTermServer::new("example.org", NonceMint::random()?)?;
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the operating system's random number generator fails.
    pub fn random() -> Result<Self, crate::RandomError> {
        random_secret().map(Self::new)
    }

    /// Replaces the secret by 32 random bytes: see [`rotate`](Self::rotate). Needs the features `crypto` and
    /// `getrandom`.
    ///
    /// ```
    /// use stunwire::auth::NonceMint;
    ///
    /// let mut nonces = NonceMint::random()?;
    /// // Once an hour:
    /// nonces.rotate_random()?;
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the operating system's random number generator fails. The secret stays as it was.
    pub fn rotate_random(&mut self) -> Result<(), crate::RandomError> {
        self.rotate(random_secret()?);
        Ok(())
    }
}

#[cfg(all(feature = "getrandom", feature = "crypto"))]
fn random_secret() -> Result<crate::Key, crate::RandomError> {
    let secret = zeroize::Zeroizing::new(crate::random::bytes::<32>()?);
    let mut key = crate::Key::from_bytes(secret.as_slice());
    // The nonces have an HMAC-SHA256.
    key.prepare_all();
    Ok(key)
}

impl<S: HmacKey> NonceMint<S> {
    /// Creates a mint with this secret, whose nonces are valid for 10 minutes.
    #[must_use]
    pub const fn new(secret: S) -> Self {
        Self {
            secret,
            previous: None,
            lifetime: Duration::from_secs(600),
        }
    }

    /// Sets the lifetime of the nonces, in whole seconds. RFC 8656 recommends at most an hour
    /// ([§5](https://www.rfc-editor.org/rfc/rfc8656#section-5)).
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        Self { lifetime, ..self }
    }

    /// Replaces the secret. Nonces created with the previous secret stay valid until they expire or the
    /// secret is replaced again: replace it at intervals longer than the lifetime.
    ///
    /// ```
    /// use stunwire::auth::{NonceMint, NonceStatus, UnixTime};
    /// use stunwire::{Key, SecurityFeatures};
    ///
    /// let (now, client) = (UnixTime::from_secs(1_700_000_000), "192.0.2.1:50000".parse()?);
    /// let mut nonces = NonceMint::new(Key::from_bytes(b"the first secret"));
    /// let nonce = nonces.mint(now, client, "example.org", SecurityFeatures::NONE)?;
    /// nonces.rotate(Key::from_bytes(b"the second secret"));
    /// assert_eq!(nonces.status(&nonce, now, client, "example.org"), NonceStatus::Valid);
    /// nonces.rotate(Key::from_bytes(b"the third secret"));
    /// assert_eq!(nonces.status(&nonce, now, client, "example.org"), NonceStatus::Unknown);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rotate(&mut self, secret: S) {
        self.previous = Some(core::mem::replace(&mut self.secret, secret));
    }

    /// Creates a nonce for this client. Within one second, the same client gets the same nonce.
    ///
    /// # Errors
    /// If the secret returns no HMAC-SHA256.
    pub fn mint<R: AsRef<[u8]> + ?Sized>(
        &self,
        now: UnixTime,
        client: SocketAddr,
        realm: &R,
        features: SecurityFeatures,
    ) -> Result<MintedNonce, EncodeError> {
        let prefix = features.cookie();
        let body = body(now, client.port());
        let tag = tag(&self.secret, &prefix, &body, client.ip(), realm.as_ref())?;
        let mut coded = [0; CODED];
        let plain = join(body, tag);
        if Base64::encode(&plain, &mut coded).is_err() {
            debug_assert!(false, "21 bytes are 28 characters");
            return Err(EncodeError::HmacLength {
                found: 0,
                expected: 32,
            });
        }
        let mut nonce = [0; NONCE];
        for (out, byte) in nonce.iter_mut().zip(prefix.into_iter().chain(coded)) {
            *out = byte;
        }
        Ok(MintedNonce(nonce))
    }

    /// Checks whether this mint created a nonce for this client and realm, and whether it has expired. The
    /// comparison takes constant time.
    pub fn status<N, R>(
        &self,
        nonce: &N,
        now: UnixTime,
        client: SocketAddr,
        realm: &R,
    ) -> NonceStatus
    where
        N: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
    {
        let Some((prefix, body, found)) = split(nonce.as_ref()) else {
            return NonceStatus::Unknown;
        };
        let made_by = |secret: &S| match tag(secret, prefix, &body, client.ip(), realm.as_ref()) {
            Ok(expected) => expected.ct_eq(&found).to_bool(),
            Err(_) => false,
        };
        if !made_by(&self.secret) && !self.previous.as_ref().is_some_and(made_by) {
            return NonceStatus::Unknown;
        }
        let [a, b, c, d, e, p0, p1] = body;
        let issued = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
        // A clock that is set back, or that of another server, may show a time before the issue.
        if now.as_secs().abs_diff(issued) >= self.lifetime.as_secs() {
            NonceStatus::Expired
        } else if u16::from_be_bytes([p0, p1]) == client.port() {
            NonceStatus::Valid
        } else {
            NonceStatus::OtherPort
        }
    }
}

/// Secrets are not printed.
impl<S> fmt::Debug for NonceMint<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonceMint")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// The result of [`NonceMint::status`].
///
/// Answer 438 (Stale Nonce) to a request with a valid tag whose nonce is not `Valid`, except for `OtherPort`
/// in a ConnectionBind. A server may also use the status to avoid looking up keys for nonces that it did not
/// create.
///
/// ```
/// use stunwire::auth::{Claim, NonceStatus};
///
/// /// Whether a server under attack looks up the key.
/// fn is_worth_a_lookup(claim: &Claim<'_, '_>) -> bool {
///     !matches!(claim.nonce_status(), NonceStatus::Unknown)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum NonceStatus {
    /// The nonce was created for this client and has not expired.
    Valid,
    /// The nonce was created for another port of this client's address and has not expired. Only
    /// ConnectionBind, which is sent on a separate connection, may use it
    /// ([RFC 6062 §4.3](https://www.rfc-editor.org/rfc/rfc6062#section-4.3)).
    OtherPort,
    /// The nonce was created for this client's address and has expired.
    Expired,
    /// The nonce was not created by this mint, was created for another client or realm, or was changed.
    Unknown,
}

/// A nonce from [`NonceMint::mint`]: 41 bytes, to be written as NONCE.
///
/// ```
/// use stunwire::attribute::Nonce;
/// use stunwire::auth::{MintedNonce, NonceMint, UnixTime};
/// use stunwire::{Key, SecurityFeatures};
///
/// let mint = NonceMint::new(Key::from_bytes(b"32 random bytes of this server  "));
/// let client = std::net::SocketAddr::from(([192, 0, 2, 1], 50_000));
/// let now = UnixTime::from_secs(1_800_000_000);
/// let nonce: MintedNonce = mint.mint(now, client, "example.org", SecurityFeatures::NONE)?;
/// assert_eq!(Nonce::new(&nonce)?.as_bytes().len(), 41);
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MintedNonce([u8; NONCE]);

impl AsRef<[u8]> for MintedNonce {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

encode_attribute!(MintedNonce, as Nonce<'_>);

impl Encode for MintedNonce {
    fn value_len(&self, _: Context) -> usize {
        NONCE
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        put_all(out, &self.0)
    }
}

/// Prints the nonce as text.
impl fmt::Debug for MintedNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MintedNonce({})", Quoted(&self.0))
    }
}

fn body(now: UnixTime, port: u16) -> [u8; BODY] {
    let [_, _, _, a, b, c, d, e] = now.as_secs().to_be_bytes();
    let [p0, p1] = port.to_be_bytes();
    [a, b, c, d, e, p0, p1]
}

fn join(body: [u8; BODY], tag: [u8; TAG]) -> [u8; BODY + TAG] {
    let mut plain = [0; BODY + TAG];
    for (out, byte) in plain.iter_mut().zip(body.into_iter().chain(tag)) {
        *out = byte;
    }
    plain
}

/// Prefix, body and tag of a nonce. `None` if it does not have the form of this mint's nonces.
fn split(nonce: &[u8]) -> Option<(&[u8; PREFIX], [u8; BODY], [u8; TAG])> {
    let (prefix, coded) = nonce.split_first_chunk()?;
    let mut plain = [0; BODY + TAG];
    let coded: &[u8; CODED] = coded.try_into().ok()?;
    // With a padding character, which no nonce has, it is shorter.
    let plain: &[u8; BODY + TAG] = Base64::decode(coded, &mut plain).ok()?.try_into().ok()?;
    let (body, tag) = plain.split_first_chunk()?;
    Some((prefix, *body, *tag.first_chunk()?))
}

/// The truncated HMAC of a nonce. The prefix is covered as it is, before anything in it is read.
fn tag<S: HmacKey>(
    secret: &S,
    prefix: &[u8; PREFIX],
    body: &[u8; BODY],
    client: IpAddr,
    realm: &[u8],
) -> Result<[u8; TAG], EncodeError> {
    // A dual-stack socket reports IPv4 clients as IPv4-mapped addresses.
    let (family, ip) = match client.to_canonical() {
        IpAddr::V4(ip) => (4, ip.to_ipv6_mapped().octets()),
        IpAddr::V6(ip) => (6, ip.octets()),
    };
    // All but the last have a fixed length, so no two inputs are the same text.
    let segments: [&[u8]; 5] = [prefix, body, &[family], &ip, realm];
    let segments = if realm.is_empty() {
        &segments[..4]
    } else {
        &segments
    };
    let hmac = secret.hmac(HmacAlgorithm::Sha256, segments);
    match hmac.as_bytes() {
        Some(bytes) if bytes.len() == 32 => {
            let mut tag = [0; TAG];
            for (out, byte) in tag.iter_mut().zip(bytes) {
                *out = *byte;
            }
            Ok(tag)
        }
        other => Err(EncodeError::HmacLength {
            found: other.map_or(0, |bytes| if bytes.len() == 20 { 20 } else { 0 }),
            expected: 32,
        }),
    }
}

#[cfg(all(test, feature = "crypto"))]
mod tests {
    use super::*;
    use crate::integrity::{HmacFn, HmacTag};
    use crate::{Key, MessageWriter, Method, TransactionId};
    use std::string::ToString;
    use std::vec::Vec;

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
    const BOTH: SecurityFeatures =
        SecurityFeatures::PASSWORD_ALGORITHMS.union(SecurityFeatures::USERNAME_ANONYMITY);

    fn mint() -> NonceMint<Key> {
        NonceMint::new(Key::from_bytes(b"server secret"))
    }

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    // Computed by Python's hmac, hashlib and base64.
    #[test]
    fn as_computed_elsewhere() {
        let client = address("192.0.2.1:50000");
        let nonce = mint().mint(NOW, client, "example.org", BOTH).unwrap();
        assert_eq!(nonce.as_ref(), b"obMatJos2wAAAAGVT8QDDUDMNCz05vGAsNlKRYXuo");
        let client = address("[2001:db8::1]:3478");
        let nonce = mint()
            .mint(NOW, client, "", SecurityFeatures::NONE)
            .unwrap();
        assert_eq!(nonce.as_ref(), b"obMatJos2AAAAAGVT8QANluchjYg5E+ChZTZPUw13");
    }

    #[test]
    fn bound_to_client_realm_and_features() {
        let client = address("192.0.2.1:50000");
        let nonce = mint().mint(NOW, client, "example.org", BOTH).unwrap();
        let status = |client: &str, realm: &str| mint().status(&nonce, NOW, address(client), realm);
        assert_eq!(status("192.0.2.1:50000", "example.org"), NonceStatus::Valid);
        assert_eq!(
            status("[::ffff:192.0.2.1]:50000", "example.org"),
            NonceStatus::Valid
        );
        assert_eq!(
            status("192.0.2.1:50001", "example.org"),
            NonceStatus::OtherPort
        );
        assert_eq!(
            status("192.0.2.2:50000", "example.org"),
            NonceStatus::Unknown
        );
        assert_eq!(
            status("[2001:db8::1]:50000", "example.org"),
            NonceStatus::Unknown
        );
        assert_eq!(
            status("192.0.2.1:50000", "example.com"),
            NonceStatus::Unknown
        );
        assert_eq!(status("192.0.2.1:50000", ""), NonceStatus::Unknown);
        // Every other byte in every position, the feature bits included. Fewer under Miri, which is slow.
        for at in 0..nonce.as_ref().len() {
            for byte in (0..=u8::MAX).step_by(if cfg!(miri) { 85 } else { 1 }) {
                let mut changed = nonce.as_ref().to_vec();
                if core::mem::replace(&mut changed[at], byte) != byte {
                    let status = mint().status(&changed, NOW, client, "example.org");
                    assert_eq!(status, NonceStatus::Unknown, "{at} {byte:#04x}");
                }
            }
        }
        // Shorter and longer.
        let mut longer = nonce.as_ref().to_vec();
        longer.push(b'A');
        assert_eq!(
            mint().status(&longer, NOW, client, "example.org"),
            NonceStatus::Unknown
        );
        for end in 0..nonce.as_ref().len() {
            let shorter = &nonce.as_ref()[..end];
            assert_eq!(
                mint().status(shorter, NOW, client, "example.org"),
                NonceStatus::Unknown
            );
        }
    }

    // RFC 8489 §9.2.4: no two clients get the same nonce.
    #[test]
    fn different_for_every_client() {
        let count = if cfg!(miri) { 20 } else { 2000 };
        let clients = (1..=count).map(|port| SocketAddr::new([192, 0, 2, 1].into(), port));
        let mut nonces: Vec<_> = clients
            .map(|client| {
                mint()
                    .mint(NOW, client, "r", BOTH)
                    .unwrap()
                    .as_ref()
                    .to_vec()
            })
            .collect();
        nonces.sort();
        nonces.dedup();
        assert_eq!(nonces.len(), usize::from(count));
    }

    #[test]
    fn lifetime() {
        let client = address("192.0.2.1:50000");
        let nonce = mint().mint(NOW, client, "r", BOTH).unwrap();
        for (secs, now, expected) in [
            (600, 1_700_000_000, NonceStatus::Valid),
            (600, 1_700_000_599, NonceStatus::Valid),
            (600, 1_700_000_600, NonceStatus::Expired),
            (600, u64::MAX, NonceStatus::Expired),
            (0, 1_700_000_000, NonceStatus::Expired),
            // The clock was set back.
            (600, 1_699_999_401, NonceStatus::Valid),
            (600, 1_699_999_400, NonceStatus::Expired),
            (600, 0, NonceStatus::Expired),
        ] {
            let mint = mint().lifetime(Duration::from_secs(secs));
            let status = mint.status(&nonce, UnixTime::from_secs(now), client, "r");
            assert_eq!(status, expected, "{secs} {now}");
        }
    }

    #[test]
    fn not_of_this_mint() {
        let client = address("192.0.2.1:50000");
        let other = NonceMint::new(Key::from_bytes(b"another secret"));
        let foreign = other.mint(NOW, client, "r", BOTH).unwrap();
        assert_eq!(
            mint().status(&foreign, NOW, client, "r"),
            NonceStatus::Unknown
        );
        // RFC 8489 B.1's nonce, and texts of the right length that are not base64.
        for text in [
            "obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA",
            &"*".repeat(NONCE),
            "",
        ] {
            assert_eq!(mint().status(text, NOW, client, "r"), NonceStatus::Unknown);
        }
    }

    // A nonce whose last byte is zero has no second form with a padding character.
    #[test]
    fn one_form() {
        let client = address("192.0.2.1:50000");
        // Under Miri, which is slow, from a second shortly before it.
        let first = if cfg!(miri) { 150 } else { 0 };
        let (now, nonce) = (first..100_000)
            .map(|secs| NOW + Duration::from_secs(secs))
            .map(|now| (now, mint().mint(now, client, "r", BOTH).unwrap()))
            .find(|(_, nonce)| {
                // The last 8 of their 12 bits are zero.
                matches!(nonce.as_ref(), [.., digit, b'A'] if b"AEIMQUYcgkosw048".contains(digit))
            })
            .unwrap();
        assert_eq!(mint().status(&nonce, now, client, "r"), NonceStatus::Valid);
        let mut padded = nonce.as_ref().to_vec();
        padded[NONCE - 1] = b'=';
        assert_eq!(
            mint().status(&padded, now, client, "r"),
            NonceStatus::Unknown
        );
    }

    // A provider that fails makes no nonce and recognizes none.
    #[test]
    fn without_a_provider() {
        let client = address("192.0.2.1:50000");
        for (hmac, found) in [(&[0_u8; 0][..], 0), (&[1; 20], 20), (&[1; 31], 0)] {
            let broken = NonceMint::new(HmacFn::new(|_, _: &[&[u8]]| HmacTag::from(hmac)));
            assert_eq!(
                broken.mint(NOW, client, "r", BOTH),
                Err(EncodeError::HmacLength {
                    found,
                    expected: 32
                })
            );
            let nonce = mint().mint(NOW, client, "r", BOTH).unwrap();
            assert_eq!(
                broken.status(&nonce, NOW, client, "r"),
                NonceStatus::Unknown
            );
        }
    }

    #[test]
    fn written_as_nonce() {
        let client = address("192.0.2.1:50000");
        let nonce = mint().mint(NOW, client, "example.org", BOTH).unwrap();
        let mut buffer = [0; 72];
        let id = TransactionId::new(*b"not a secret");
        let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)
            .unwrap()
            .with(&nonce)
            .unwrap()
            .finish()
            .unwrap();
        let message = crate::Message::parse(packet).unwrap();
        let read = message.get::<Nonce<'_>>().unwrap().unwrap();
        assert_eq!(read.as_bytes(), nonce.as_ref());
        assert_eq!(SecurityFeatures::of(&read), Some(BOTH));
        assert!(std::format!("{nonce:?}").starts_with("MintedNonce(\"obMatJos2wAAA"));
        assert!(
            !std::format!("{:?}", mint())
                .to_string()
                .contains("secret\"")
        );
    }
}
