//! The security features that a server announces in its nonce (RFC 8489 §9.2).

use core::fmt;

use super::shape::{Encode, put_all, put_slice};
use super::text::Nonce;
use crate::code_point::AttributeType;
use crate::dialect::Context;
use crate::error::EncodeError;

/// The start of a nonce that carries features.
const COOKIE: [u8; 9] = *b"obMatJos2";

/// The digits of base64 (RFC 4648 §4), in the order of their values.
const BASE64: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The security features that a server announces in the nonce cookie, the first 13 characters of its nonces:
/// the string `obMatJos2` and 24 bits in base64
/// ([RFC 8489 §9.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2),
/// [§18.1](https://www.rfc-editor.org/rfc/rfc8489#section-18.1)).
///
/// The client sends the nonce back in a signed request, so the server detects that an attacker removed a
/// feature.
///
/// The text of the RFC numbers the bits from the most significant one; its test vector B.1 and some
/// implementations number them from the least significant one. Both orders are read, which is unambiguous
/// because only bits 0 and 1 are assigned. The caller chooses the order to write.
///
/// ```
/// use stunwire::SecurityFeatures;
/// use stunwire::attribute::Nonce;
///
/// let features = SecurityFeatures::PASSWORD_ALGORITHMS;
/// assert_eq!(&features.cookie(), b"obMatJos2gAAA");
///
/// // RFC 8489 B.1.
/// let nonce = Nonce::new("obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA")?;
/// let features = SecurityFeatures::of(&nonce).expect("it has the cookie");
/// assert!(features.contains(SecurityFeatures::USERNAME_ANONYMITY));
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecurityFeatures(u8);

impl SecurityFeatures {
    /// No features: the nonce of a server that implements RFC 8489 and neither feature.
    pub const NONE: Self = Self(0);
    /// Bit 0: the server sends PASSWORD-ALGORITHMS.
    pub const PASSWORD_ALGORITHMS: Self = Self(1);
    /// Bit 1: the client sends USERHASH instead of USERNAME.
    pub const USERNAME_ANONYMITY: Self = Self(2);

    /// The features that a nonce announces. `None` if the nonce does not begin with a nonce cookie: the
    /// server is older than RFC 8489.
    #[must_use]
    pub fn of(nonce: &Nonce<'_>) -> Option<Self> {
        let digits = nonce.as_bytes().strip_prefix(&COOKIE)?.first_chunk::<4>()?;
        let mut bits = 0_u32;
        for digit in digits {
            let value = BASE64.iter().position(|other| other == digit)?;
            bits = bits << 6 | u32::try_from(value).ok()?;
        }
        let at = |most: u32, least: u32| bits & (most | least) != 0;
        let algorithms = u8::from(at(0x80_0000, 0x00_0001));
        let anonymity = u8::from(at(0x40_0000, 0x00_0002));
        Some(Self(algorithms | anonymity << 1))
    }

    /// The union of both sets.
    ///
    /// ```
    /// use stunwire::SecurityFeatures;
    ///
    /// let both = SecurityFeatures::PASSWORD_ALGORITHMS.union(SecurityFeatures::USERNAME_ANONYMITY);
    /// assert_eq!(&both.cookie(), b"obMatJos2wAAA");
    /// ```
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the set has all features of `other`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The nonce cookie that announces these features, with bit 0 as the most significant one, as in the text
    /// of the RFC. In a nonce it is followed by the part that makes the nonce unique: see
    /// [`NonceMint`](crate::auth::NonceMint).
    #[must_use]
    pub const fn cookie(self) -> [u8; 13] {
        // The first digit holds bits 0 to 5.
        let first = match self.0 & 3 {
            1 => b'g',
            2 => b'Q',
            3 => b'w',
            _ => b'A',
        };
        Self::join([first, b'A', b'A', b'A'])
    }

    /// The nonce cookie that announces these features, with bit 0 as the least significant one, as in the
    /// RFC's test vector and in libjuice.
    #[must_use]
    pub const fn cookie_least_significant_first(self) -> [u8; 13] {
        let last = match self.0 & 3 {
            1 => b'B',
            2 => b'C',
            3 => b'D',
            _ => b'A',
        };
        Self::join([b'A', b'A', b'A', last])
    }

    const fn join(digits: [u8; 4]) -> [u8; 13] {
        let [a, b, c, d, e, f, g, h, i] = COOKIE;
        let [w, x, y, z] = digits;
        [a, b, c, d, e, f, g, h, i, w, x, y, z]
    }
}

/// Prints the names of the features.
impl fmt::Debug for SecurityFeatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 & 3 {
            1 => "SecurityFeatures(password algorithms)",
            2 => "SecurityFeatures(username anonymity)",
            3 => "SecurityFeatures(password algorithms, username anonymity)",
            _ => "SecurityFeatures()",
        })
    }
}

impl<'a> Nonce<'a> {
    /// Creates a NONCE of the nonce cookie with these features, followed by `fresh`. The two parts are joined
    /// when the attribute is written, without allocation.
    ///
    /// ```
    /// use stunwire::attribute::Nonce;
    /// use stunwire::{Message, MessageWriter, Method, SecurityFeatures, TransactionId};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let id = TransactionId::new(*b"not a secret");
    /// let nonce = Nonce::with_features(SecurityFeatures::NONE, "f//499k954d6OL34oL9FSTvy64sA")?;
    /// let mut buffer = [0; 80];
    /// let packet = MessageWriter::request(&mut buffer, Method::REFRESH, id)?.with(&nonce)?.finish()?;
    /// let nonce = Message::parse(packet)?.get::<Nonce>()?.ok_or("just written")?;
    /// assert!(nonce.as_bytes().starts_with(b"obMatJos2AAAAf//"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If `fresh` is longer than 114 characters or 496 bytes.
    pub fn with_features<T: AsRef<[u8]> + ?Sized>(
        features: SecurityFeatures,
        fresh: &'a T,
    ) -> Result<FeatureNonce<'a>, EncodeError> {
        crate::attribute::text::check(fresh.as_ref(), AttributeType::NONCE, 496, 114).map(|fresh| {
            FeatureNonce {
                cookie: features.cookie(),
                fresh,
            }
        })
    }
}

/// A [`Nonce`] to be written that announces security features, created by [`Nonce::with_features`].
///
/// ```
/// use stunwire::SecurityFeatures;
/// use stunwire::attribute::{FeatureNonce, Nonce};
///
/// let nonce: FeatureNonce<'_> =
///     Nonce::with_features(SecurityFeatures::PASSWORD_ALGORITHMS, "fresh and unpredictable")?;
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeatureNonce<'a> {
    cookie: [u8; 13],
    fresh: &'a [u8],
}

encode_attribute!(FeatureNonce<'_>, as Nonce<'_>);

impl Encode for FeatureNonce<'_> {
    #[inline]
    #[allow(clippy::arithmetic_side_effects, reason = "13 and 496 bytes at most")]
    fn value_len(&self, _: Context) -> usize {
        self.cookie.len() + self.fresh.len()
    }

    #[inline]
    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let out = put_slice(out, &self.cookie)?;
        put_all(out, self.fresh)
    }
}

/// Whether a nonce announces PASSWORD-ALGORITHMS.
pub(crate) fn announces_algorithms(nonce: Option<Nonce<'_>>) -> bool {
    nonce
        .and_then(|nonce| SecurityFeatures::of(&nonce))
        .is_some_and(|features| features.contains(SecurityFeatures::PASSWORD_ALGORITHMS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(text: &str) -> Option<SecurityFeatures> {
        SecurityFeatures::of(&Nonce::new(text).unwrap())
    }

    // RFC 8489 §9.2 and §18.1 (gAAA, QAAA, wAAA), B.1 (AAAC), RFC 8656 §20 (gAAA), libjuice (AAAB,
    // AAAD).
    #[test]
    fn both_orders() {
        let algorithms = SecurityFeatures::PASSWORD_ALGORITHMS;
        let anonymity = SecurityFeatures::USERNAME_ANONYMITY;
        let both = algorithms.union(anonymity);
        for (digits, expected) in [
            ("AAAA", SecurityFeatures::NONE),
            ("gAAA", algorithms),
            ("AAAB", algorithms),
            ("QAAA", anonymity),
            ("AAAC", anonymity),
            ("wAAA", both),
            ("AAAD", both),
        ] {
            let text = std::format!("obMatJos2{digits}dl7W7PeDU4hKE72jda");
            assert_eq!(features(&text), Some(expected), "{digits}");
        }
        for set in [SecurityFeatures::NONE, algorithms, anonymity, both] {
            for cookie in [set.cookie(), set.cookie_least_significant_first()] {
                assert_eq!(
                    SecurityFeatures::of(&Nonce::new(&cookie).unwrap()),
                    Some(set)
                );
            }
        }
    }

    #[test]
    fn no_cookie() {
        for text in [
            "",
            "f//499k954d6OL34oL9FSTvy64sA",
            "obMatJos2",
            "obMatJos2AAA",
            "obMatJos2A-AA",
        ] {
            assert_eq!(features(text), None, "{text}");
        }
    }
}
