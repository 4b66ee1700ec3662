//! The transaction id and the magic cookie (RFC 8489 §5).

use core::fmt;

/// The magic cookie that stands in bytes 4 to 7 since RFC 5389
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
pub const MAGIC_COOKIE: u32 = 0x2112_A442;

/// Ties a response to its request: bytes 4 to 19 of the header.
///
/// Since RFC 5389 these are the magic cookie and 96 bits of one's own; for RFC 3489 and MS-TURN all
/// 128 bits are. One type holds both, and it is the mask of every XOR-ed address as it stands.
///
/// The id must be unpredictable: it is what keeps a stranger off the path from answering
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)). So there is no default and no
/// counter; see `TransactionId::random` and `random_classic` (feature `getrandom`) and
/// [`from_rng`](Self::from_rng).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionId([u8; 16]);

impl TransactionId {
    /// An id of RFC 5389 and later: the magic cookie and these 12 bytes.
    #[must_use]
    pub const fn new(id: [u8; 12]) -> Self {
        // Copied as words: named byte by byte it is moved byte by byte.
        let mut all = [0; 16];
        if let Some((cookie, own)) = all.split_first_chunk_mut::<4>() {
            *cookie = MAGIC_COOKIE.to_be_bytes();
            if let Some(own) = own.first_chunk_mut::<12>() {
                *own = id;
            }
        }
        Self(all)
    }

    /// An id of RFC 3489 or MS-TURN: these 16 bytes, without a cookie.
    #[must_use]
    pub const fn classic(id: [u8; 16]) -> Self {
        Self(id)
    }

    /// An id of RFC 5389 and later whose 12 bytes `fill` provides. It must fill all of them from a
    /// generator that cannot be predicted.
    #[must_use]
    pub fn from_rng(fill: impl FnOnce(&mut [u8])) -> Self {
        let mut id = [0; 12];
        fill(&mut id);
        Self::new(id)
    }

    /// An id of RFC 5389 and later from the operating system's generator.
    ///
    /// # Errors
    /// What the generator says when it cannot be had.
    #[cfg(feature = "getrandom")]
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut id = [0; 12];
        getrandom::fill(&mut id)?;
        Ok(Self::new(id))
    }

    /// An id of RFC 3489 or MS-TURN, all 16 bytes from the operating system's generator.
    ///
    /// # Errors
    /// What the generator says when it cannot be had.
    #[cfg(feature = "getrandom")]
    pub fn random_classic() -> Result<Self, getrandom::Error> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        Ok(Self::classic(id))
    }

    /// All 16 bytes, as they stand in the header.
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

    /// The first 4 bytes: the magic cookie, or what a peer without it has there.
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

/// Hexadecimal, without the magic cookie where it is.
impl fmt::Display for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = if self.has_cookie() { 4 } else { 0 };
        self.0
            .iter()
            .skip(skipped)
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TransactionId({self})")
    }
}
