//! The 20 bytes in front of every message (RFC 8489 §5).

use core::fmt;

use crate::dialect::Dialect;
use crate::error::HeaderError;
use crate::wire;

/// The magic cookie that stands in bytes 4 to 7 since RFC 5389
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
pub const MAGIC_COOKIE: u32 = 0x2112_A442;

/// What a message is for: the 12 bits of its type that are not the class
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// The constants come from the registry; any other number is as good.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(pub(crate) u16);

impl Method {
    /// The method with this number, 0 to 0xFFF; `None` above.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number <= 0xFFF {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The method's number, 12 bits. Microsoft's `SET_ACTIVE_DESTINATION`, which shares its number
    /// with Send, is 0x1006.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "Method {:#05x}", self.0),
        }
    }
}

/// Who speaks: the two bits C1 and C0 of the type
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Wants a response.
    Request,
    /// Wants none.
    Indication,
    /// Says that the request was done.
    SuccessResponse,
    /// Says that it was not, and why.
    ErrorResponse,
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Request => "Request",
            Self::Indication => "Indication",
            Self::SuccessResponse => "Success Response",
            Self::ErrorResponse => "Error Response",
        })
    }
}

/// Class and method of a message.
///
/// ```
/// use stunwire::{Class, MessageType, Method};
///
/// // The class bits stand inside the method's: RFC 8489 §5, figure 3.
/// let ty = MessageType::new(Class::SuccessResponse, Method::ALLOCATE);
/// assert_eq!(ty.to_bits(), 0x0103);
/// assert_eq!(MessageType::from_bits(0x0103), ty);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageType {
    /// The class.
    pub class: Class,
    /// The method.
    pub method: Method,
}

impl MessageType {
    /// A type of this class and method.
    #[must_use]
    pub const fn new(class: Class, method: Method) -> Self {
        Self { class, method }
    }

    /// The type's 14 bits as RFC 8489 §5 packs them: M11 to M7, C1, M6 to M4, C0, M3 to M0.
    ///
    /// A method beyond 12 bits, which only MS-TURN has, sets one of the two bits in front, which
    /// are zero in every message: it cannot be mistaken for another.
    #[must_use]
    #[inline]
    pub const fn to_bits(self) -> u16 {
        let method = self.method.0;
        let class = match self.class {
            Class::Request => 0x0000,
            Class::Indication => 0x0010,
            Class::SuccessResponse => 0x0100,
            Class::ErrorResponse => 0x0110,
        };
        (method & 0x000F) | (method & 0x0070) << 1 | (method & 0x1F80) << 2 | class
    }

    /// The type that these bits are under RFC 8489 §5. The topmost bit is ignored.
    #[must_use]
    #[inline]
    pub const fn from_bits(bits: u16) -> Self {
        let class = match bits & 0x0110 {
            0x0000 => Class::Request,
            0x0010 => Class::Indication,
            0x0100 => Class::SuccessResponse,
            _ => Class::ErrorResponse,
        };
        let method = (bits & 0x000F) | (bits & 0x00E0) >> 1 | (bits & 0x7E00) >> 2;
        Self::new(class, Method(method))
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.class)
    }
}

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

/// The header of a message: read alone, so that a server can answer 400 to a message whose
/// attributes are broken, or made to begin one
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// ```
/// use stunwire::{Class, Header, Method};
///
/// let packet = *b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x06";
/// let header = Header::parse(&packet)?;
/// assert_eq!(header.class(), Class::Request);
/// assert_eq!(header.method(), Method::BINDING);
/// assert_eq!(header.length(), 8); // more than the packet has: that is the message's matter
/// assert_eq!(&header.transaction_id().id(), b"abcdefghijkl");
/// # Ok::<(), stunwire::HeaderError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    type_bits: u16,
    length: u16,
    transaction_id: TransactionId,
    dialect: Dialect,
}

impl Header {
    /// Reads the first 20 bytes as RFC 8489 has them; what follows is not looked at.
    ///
    /// For another dialect: [`Dialect::header`].
    ///
    /// # Errors
    /// When there are fewer bytes, the first two bits are not zero, or the magic cookie is missing.
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        Dialect::RFC8489.header(bytes)
    }

    /// A request of RFC 8489.
    #[must_use]
    pub const fn request(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::Request, method, transaction_id)
    }

    /// An indication of RFC 8489.
    #[must_use]
    pub const fn indication(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::Indication, method, transaction_id)
    }

    /// A success response of RFC 8489.
    #[must_use]
    pub const fn success(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::SuccessResponse, method, transaction_id)
    }

    /// An error response of RFC 8489.
    #[must_use]
    pub const fn error(method: Method, transaction_id: TransactionId) -> Self {
        Self::new(Class::ErrorResponse, method, transaction_id)
    }

    const fn new(class: Class, method: Method, transaction_id: TransactionId) -> Self {
        Self {
            type_bits: MessageType::new(class, method).to_bits(),
            length: 0,
            transaction_id,
            dialect: Dialect::RFC8489,
        }
    }

    #[inline(always)]
    pub(crate) fn from_wire(head: wire::Head<'_>, dialect: Dialect) -> Self {
        Self {
            type_bits: head.type_bits,
            length: head.length,
            transaction_id: TransactionId(*head.id),
            dialect,
        }
    }

    /// The same class, method and transaction id in another dialect.
    #[must_use]
    pub fn in_dialect(self, dialect: Dialect) -> Self {
        Self {
            type_bits: dialect.type_bits(self.message_type()),
            dialect,
            ..self
        }
    }

    /// The header of a response to this one, if it is a request.
    pub(crate) fn reply(self, class: Class) -> Option<Self> {
        let MessageType {
            class: Class::Request,
            method,
        } = self.message_type()
        else {
            return None;
        };
        Some(Self {
            type_bits: self.dialect.type_bits(MessageType::new(class, method)),
            length: 0,
            ..self
        })
    }

    /// The class, as the dialect reads it.
    #[must_use]
    #[inline]
    pub fn class(&self) -> Class {
        self.message_type().class
    }

    /// The method, as the dialect reads it.
    #[must_use]
    #[inline]
    pub fn method(&self) -> Method {
        self.message_type().method
    }

    /// Class and method, as the dialect reads them.
    #[must_use]
    #[inline]
    pub fn message_type(&self) -> MessageType {
        self.dialect.message_type(self.type_bits)
    }

    /// The first 16 bits, as they stand on the wire.
    #[must_use]
    pub const fn type_bits(&self) -> u16 {
        self.type_bits
    }

    /// Length of the attributes in bytes, as the header has it: the message is 20 bytes longer.
    /// Zero in a header that was made to be written; the writer fills it in.
    #[must_use]
    pub const fn length(&self) -> u16 {
        self.length
    }

    /// The transaction id.
    #[must_use]
    #[inline]
    pub const fn transaction_id(&self) -> TransactionId {
        self.transaction_id
    }

    /// The dialect that it was read in, or is to be written in.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }
}

impl From<&Header> for Header {
    fn from(header: &Header) -> Self {
        *header
    }
}

/// `Binding Request`.
impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.message_type(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The types that RFC 8489, RFC 8656 and libwebrtc's `stun.h` print.
    #[test]
    fn packing() {
        for (class, method, bits) in [
            (Class::Request, 0x001, 0x0001),
            (Class::Indication, 0x001, 0x0011),
            (Class::SuccessResponse, 0x001, 0x0101),
            (Class::ErrorResponse, 0x001, 0x0111),
            (Class::Request, 0x003, 0x0003),
            (Class::ErrorResponse, 0x003, 0x0113),
            (Class::Indication, 0x007, 0x0017),
            (Class::SuccessResponse, 0x009, 0x0109),
            (Class::Request, 0x080, 0x0200),
            (Class::SuccessResponse, 0x080, 0x0300),
            (Class::ErrorResponse, 0x080, 0x0310),
        ] {
            let ty = MessageType::new(class, Method(method));
            assert_eq!(ty.to_bits(), bits);
            assert_eq!(MessageType::from_bits(bits), ty);
        }
    }

    // RFC 8489 §5, figure 3, drawn bit by bit: M11 M10 M9 M8 M7 C1 M6 M5 M4 C0 M3 M2 M1 M0.
    #[test]
    fn packing_is_the_figure() {
        let class_bits = [0b00, 0b01, 0b10, 0b11];
        let classes = [
            Class::Request,
            Class::Indication,
            Class::SuccessResponse,
            Class::ErrorResponse,
        ];
        for number in 0..=0xFFF {
            for (class, bits) in classes.into_iter().zip(class_bits) {
                let text = std::format!("{number:012b}");
                let class_text = std::format!("{bits:02b}");
                let figure = std::format!(
                    "{}{}{}{}{}",
                    &text[..5],
                    &class_text[..1],
                    &text[5..8],
                    &class_text[1..],
                    &text[8..]
                );
                let expected = u16::from_str_radix(&figure, 2).unwrap();
                let ty = MessageType::new(class, Method::new(number).unwrap());
                assert_eq!(ty.to_bits(), expected);
                assert_eq!(MessageType::from_bits(expected), ty);
            }
        }
    }

    #[test]
    fn refusals() {
        let good = *b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
        assert!(Header::parse(&good).is_ok());
        for end in 0..20 {
            let available = u8::try_from(end).unwrap();
            assert_eq!(
                Header::parse(&good[..end]),
                Err(HeaderError::Short { available })
            );
        }
        for first in [0x40, 0x80, 0xC0, 0xFF] {
            let mut bad = good;
            bad[0] = first;
            assert_eq!(Header::parse(&bad), Err(HeaderError::NotStun { first }));
        }
        for at in 4..8 {
            let mut bad = good;
            bad[at] ^= 1;
            assert!(matches!(
                Header::parse(&bad),
                Err(HeaderError::NoCookie { .. })
            ));
        }
    }
}
