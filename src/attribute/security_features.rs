//! The security features that a server announces in its nonce (RFC 8489 §9.2).

use core::fmt;

use super::shape::{Encode, put_all, put_slice};
use super::text::Nonce;
use crate::code_point::AttributeType;
use crate::dialect::Context;
use crate::error::EncodeError;

/// What a nonce begins with that carries features.
const COOKIE: [u8; 9] = *b"obMatJos2";

/// The digits of base64 (RFC 4648 §4), each at its value.
const BASE64: [u8; 64] = *b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// What a server can do, as its nonce says: 24 bits
/// ([RFC 8489 §9.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2)). The nonce is covered by the
/// integrity of the client's next request, so who takes a feature away is found out.
///
/// The RFC's text numbers the bits from the most significant, its test vector B.1 and some
/// implementations from the least. The features that exist are bits 0 and 1, so the two readings
/// never collide: both are read, and which is written is the caller's choice.
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
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// PASSWORD-ALGORITHMS, bit 0.
    pub const PASSWORD_ALGORITHMS: Self = Self(1);
    /// USERHASH instead of USERNAME, bit 1.
    pub const USERNAME_ANONYMITY: Self = Self(2);

    /// The features that a nonce names. `None` if it does not begin with the cookie: the server is
    /// older than RFC 8489.
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

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The 13 bytes that a nonce with these features begins with, bit 0 the most significant, as the
    /// RFC's text has it. What makes the nonce fresh follows.
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

    /// The same with bit 0 the least significant, as the RFC's test vector and libjuice have it.
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
    /// A NONCE of the features' cookie and of what makes it fresh, joined while it is written.
    ///
    /// # Errors
    /// When `fresh` is longer than 114 characters, or 496 bytes.
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

/// A [`Nonce`] with the cookie of RFC 8489 in front: [`Nonce::with_features`].
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

/// Whether a nonce says that its server offers password algorithms.
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
        let both = algorithms.and(anonymity);
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
