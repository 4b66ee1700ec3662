//! The transaction id and the magic cookie (RFC 8489 §5).

use core::fmt;

#[cfg(feature = "getrandom")]
use crate::random::{self, RandomError};

/// The magic cookie: bytes 4 to 7 of every message since RFC 5389
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// The attribute MAGIC-COOKIE of MS-TURN has another value: see
/// [`MagicCookie`](crate::attribute::ms::MagicCookie).
pub const MAGIC_COOKIE: u32 = 0x2112_A442;

/// The transaction id, by which a response is matched to its request
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// It holds bytes 4 to 19 of the header: since RFC 5389 the magic cookie and 12 bytes, in RFC 3489 and
/// MS-TURN 16 bytes. Addresses are XORed with all of them.
///
/// The id must be unpredictable, because it prevents an attacker that does not see the request from forging the
/// response. So there is neither a default nor a counter. Create ids with
///
/// - `TransactionId::random` from the operating system's generator; this needs the feature `getrandom`
///   (`cargo add stunwire --features getrandom`),
/// - [`from_rng`](Self::from_rng) from a generator of the application.
///
/// ```
/// use stunwire::TransactionId;
///
/// // Bytes from a generator; here from RFC 5769 §2.1.
/// let id = TransactionId::new(*b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae");
/// assert!(id.has_cookie());
/// assert_eq!(id.to_string(), "b7e7a701bc34d686fa87dfae");
/// assert_eq!(id.as_bytes()[..4], [0x21, 0x12, 0xA4, 0x42]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId([u8; 16]);

impl TransactionId {
    /// Creates an id of RFC 5389 and later: the magic cookie and these 12 bytes.
    #[must_use]
    pub const fn new(id: [u8; 12]) -> Self {
        // Copied as words; an array of 16 named bytes compiles to 16 moves.
        let mut all = [0; 16];
        if let Some((cookie, rest)) = all.split_first_chunk_mut::<4>() {
            *cookie = MAGIC_COOKIE.to_be_bytes();
            if let Some(rest) = rest.first_chunk_mut::<12>() {
                *rest = id;
            }
        }
        Self(all)
    }

    /// Creates an id of RFC 3489 or MS-TURN: these 16 bytes, without a magic cookie.
    #[must_use]
    pub const fn classic(id: [u8; 16]) -> Self {
        Self(id)
    }

    /// Creates an id of RFC 5389 and later from a random number generator. `fill` gets a slice of 12 bytes
    /// and must fill it with unpredictable bytes.
    ///
    /// ```
    /// use stunwire::TransactionId;
    ///
    /// /// `fill` is for example `|bytes| rand::rngs::OsRng.fill_bytes(bytes)`.
    /// fn next_id(fill: impl FnOnce(&mut [u8])) -> TransactionId {
    ///     TransactionId::from_rng(fill)
    /// }
    ///
    /// assert!(next_id(|bytes| bytes.fill(7)).has_cookie());
    /// ```
    #[must_use]
    pub fn from_rng(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut id = [0; 12];
        fill(&mut id);
        Self::new(id)
    }

    /// Creates an id of RFC 5389 and later from the operating system's random number generator. Needs the
    /// feature `getrandom`.
    ///
    /// ```
    /// use stunwire::TransactionId;
    ///
    /// let id = TransactionId::random()?;
    /// assert!(id.has_cookie());
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the operating system's random number generator fails.
    #[cfg(feature = "getrandom")]
    pub fn random() -> Result<Self, RandomError> {
        random::bytes().map(Self::new)
    }

    /// Creates an id of RFC 3489 or MS-TURN from the operating system's random number generator. Needs the
    /// feature `getrandom`.
    ///
    /// ```
    /// use stunwire::{Dialect, Header, Method, TransactionId};
    ///
    /// let header = Header::request(Method::BINDING, TransactionId::random_classic()?).in_dialect(Dialect::RFC3489);
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the operating system's random number generator fails.
    #[cfg(feature = "getrandom")]
    pub fn random_classic() -> Result<Self, RandomError> {
        random::bytes().map(Self::classic)
    }

    /// Bytes 4 to 19 of the header.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The last 12 bytes: what RFC 5389 and later call the transaction id.
    #[must_use]
    pub const fn id(&self) -> [u8; 12] {
        let [_, _, _, _, a, b, c, d, e, f, g, h, i, j, k, l] = self.0;
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }

    /// The first 4 bytes: the magic cookie, or the first bytes of an id without one.
    #[must_use]
    pub const fn cookie(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = self.0;
        [a, b, c, d]
    }

    /// Whether the first 4 bytes are the magic cookie.
    #[must_use]
    #[inline]
    pub const fn has_cookie(&self) -> bool {
        u32::from_be_bytes(self.cookie()) == MAGIC_COOKIE
    }
}

/// Prints hexadecimal digits, without the magic cookie if the id has one.
impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = if self.has_cookie() { 4 } else { 0 };
        self.0
            .iter()
            .skip(skipped)
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Prints for example `TransactionId(b7e7a701bc34d686fa87dfae)`.
impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransactionId({self})")
    }
}
