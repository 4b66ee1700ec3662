//! The attributes of RFC 8489 that are not addresses, texts, errors or password algorithms.

use core::fmt;

use ctutils::CtEq;
#[cfg(feature = "crypto")]
use sha2::{Digest, Sha256};

use super::AttributeType;
use super::shape::{Decode, Encode, array, arrays, elements, put, put_all};
use crate::dialect::{Context, Dialect};
use crate::error::ValueError;
use crate::format::{Hex, List};
use crate::num::saturating_u16;

/// Returns the value if it is `min` to `max` bytes long and its length is a multiple of 4.
#[inline]
fn tag(value: &[u8], min: u16, max: u16) -> Result<&[u8], ValueError> {
    let length = saturating_u16(value.len());
    if length < min || length > max {
        Err(ValueError::length(value.len(), min, max))
    } else {
        elements::<4>(value)
    }
}

/// MESSAGE-INTEGRITY: an HMAC of the part of the message before it
/// ([RFC 8489 §14.5](https://www.rfc-editor.org/rfc/rfc8489#section-14.5)).
///
/// Type 0x0008. Value: an HMAC-SHA1 of 20 bytes; in MS-TURN from MS-VERSION 3 on an HMAC-SHA256 of 32
/// bytes (\[MS-TURN\] 2.2.2.17).
///
/// [`Message::verify`](crate::Message::verify) checks it, and only the writer creates it.
///
/// ```
/// use stunwire::attribute::MessageIntegrity;
/// use stunwire::{Key, Message, MessageWriter, Method, TransactionId};
///
/// let mut buffer = [0; 64];
/// let id = TransactionId::new(*b"unpredictabl");
/// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
///     .integrity(&Key::short_term("password"))?
///     .finish()?;
/// let (integrity,) = Message::parse(packet)?.read::<(MessageIntegrity,)>()?;
/// assert_eq!(integrity.0.len(), 20);
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageIntegrity<'a>(
    /// The HMAC. Do not compare it with `==`, which is not constant-time.
    pub &'a [u8],
);

impl<'a> Decode<'a> for MessageIntegrity<'a> {
    #[inline]
    fn decode(value: &'a [u8], context: Context) -> Result<Self, ValueError> {
        let is_sha256 = context.dialect.rules().ms_turn_sha256 && value.len() == 32;
        tag(value, 20, if is_sha256 { 32 } else { 20 }).map(Self)
    }
}

impl fmt::Display for MessageIntegrity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(self.0), f)
    }
}

/// MESSAGE-INTEGRITY-SHA256: an HMAC-SHA256 of the part of the message before it
/// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)).
///
/// Type 0x001C. Value: an HMAC of 32 bytes, or its first 16, 20, 24 or 28 bytes if the usage of STUN
/// allows truncation.
///
/// [`Message::verify`](crate::Message::verify) checks it, and only the writer creates it.
///
/// ```
/// use stunwire::attribute::MessageIntegritySha256;
/// use stunwire::{Key, Message, MessageWriter, Method, TransactionId};
///
/// let mut buffer = [0; 64];
/// let id = TransactionId::new(*b"unpredictabl");
/// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
///     .integrity_sha256(&Key::short_term("password"))?
///     .finish()?;
/// let (integrity,) = Message::parse(packet)?.read::<(MessageIntegritySha256,)>()?;
/// assert_eq!(integrity.0.len(), 32);
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageIntegritySha256<'a>(
    /// The HMAC. Do not compare it with `==`, which is not constant-time.
    pub &'a [u8],
);

impl<'a> Decode<'a> for MessageIntegritySha256<'a> {
    #[inline]
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        tag(value, 16, 32).map(Self)
    }
}

impl fmt::Display for MessageIntegritySha256<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(self.0), f)
    }
}

/// FINGERPRINT: a checksum that distinguishes STUN from other protocols on the same port
/// ([RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7)).
///
/// Type 0x8028. Value: the CRC-32 of the part of the message before it, XORed with 0x5354554E, 4 bytes.
///
/// [`Message::fingerprint`](crate::Message::fingerprint) checks it, and only the writer creates it.
///
/// ```
/// use stunwire::attribute::Fingerprint;
/// use stunwire::{Message, MessageWriter, Method, TransactionId};
///
/// let mut buffer = [0; 64];
/// let id = TransactionId::new(*b"unpredictabl");
/// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
///     .fingerprint()?
///     .finish()?;
/// let message = Message::parse(packet)?;
/// assert!(message.get::<Fingerprint>()?.is_some());
/// assert!(message.fingerprint().is_valid());
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(
    /// The value as it is in the message.
    pub u32,
);

impl<'a> Decode<'a> for Fingerprint {
    #[inline]
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|bytes| Self(u32::from_be_bytes(bytes)))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// UNKNOWN-ATTRIBUTES: the attribute types that a server did not understand, in a response with error
/// code 420 ([RFC 8489 §14.13](https://www.rfc-editor.org/rfc/rfc8489#section-14.13)).
///
/// Type 0x000A. Value: a list of attribute types, 2 bytes each.
///
/// ```
/// use stunwire::Message;
/// use stunwire::attribute::{AttributeType, UnknownAttributes};
///
/// // The 420 to an Allocate, without ERROR-CODE for brevity.
/// let response = b"\x01\x13\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x0a\x00\x02\x00\x1a\0\0";
/// let (unknown,) = Message::parse(response)?.read::<(UnknownAttributes,)>()?;
/// assert!(unknown.iter().eq([AttributeType::DONT_FRAGMENT]));
/// # Ok::<(), stunwire::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownAttributes<'a>(&'a [u8]);

impl<'a> UnknownAttributes<'a> {
    /// Creates the attribute from an iterator, which is run twice: for the length and for the list.
    ///
    /// ```
    /// use stunwire::attribute::{AttributeType, UnknownAttributes};
    /// use stunwire::{Code, Message, MessageWriter};
    ///
    /// // A request with the unknown attribute type 0x7FFF.
    /// let request = b"\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijkl\x7f\xff\x00\x00";
    /// let request = Message::parse(request)?;
    /// let unknown = request.unknown_required(|ty| ty == AttributeType::USERNAME);
    ///
    /// let mut buffer = [0; 64];
    /// let mut reply = MessageWriter::error_to(&mut buffer, request, Code::UNKNOWN_ATTRIBUTE)?;
    /// reply.attribute(&UnknownAttributes::from_types(unknown))?;
    /// let reply = Message::parse(reply.finish()?)?;
    ///
    /// let (list,) = reply.read::<(UnknownAttributes,)>()?;
    /// assert!(list.iter().eq([AttributeType::new(0x7FFF)]));
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    pub fn from_types<I>(types: I) -> TypeList<I::IntoIter>
    where
        I: IntoIterator<Item = AttributeType>,
        I::IntoIter: Clone + Send + Sync,
    {
        TypeList(types.into_iter())
    }

    /// The attribute types in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = AttributeType> + Clone + 'a {
        arrays(self.0).map(|code| AttributeType::new(u16::from_be_bytes(code)))
    }
}

impl<'a> Decode<'a> for UnknownAttributes<'a> {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        elements::<2>(value).map(Self)
    }
}

impl Encode for UnknownAttributes<'_> {
    fn value_len(&self, _: Context) -> usize {
        self.0.len()
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        put_all(out, self.0)
    }
}

/// Prints the types by their names. A long list is abbreviated, and printed in full with `{:#}`.
impl fmt::Display for UnknownAttributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&List(self.iter()), f)
    }
}

/// An [`UnknownAttributes`] that is written from an iterator, created by
/// [`UnknownAttributes::from_types`].
///
/// ```
/// use stunwire::attribute::{AttributeType, TypeList, UnknownAttributes};
/// use stunwire::{Code, EncodeError, Header, Method, MessageWriter, TransactionId};
///
/// fn refuse<I>(request: Header, types: TypeList<I>) -> Result<Vec<u8>, EncodeError>
/// where
///     I: Iterator<Item = AttributeType> + Clone + Send + Sync,
/// {
///     let mut reply = Vec::new();
///     MessageWriter::error_to(&mut reply, request, Code::UNKNOWN_ATTRIBUTE)?.with(&types)?.finish()?;
///     Ok(reply)
/// }
///
/// let request = Header::request(Method::ALLOCATE, TransactionId::new(*b"unpredictabl"));
/// let reply = refuse(request, UnknownAttributes::from_types([AttributeType::EVEN_PORT]))?;
/// assert_eq!(reply[reply.len() - 8..], *b"\x00\x0a\x00\x02\x00\x18\0\0");
/// # Ok::<(), EncodeError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TypeList<I>(I);

impl<I> super::EncodeAttribute for TypeList<I>
where
    I: Iterator<Item = AttributeType> + Clone + Send + Sync,
{
    fn wire_type(&self, dialect: Dialect) -> Option<AttributeType> {
        <UnknownAttributes<'_> as super::Attribute>::type_in(dialect)
    }

    fn value_len(&self, _: Context) -> usize {
        self.0.clone().count().saturating_mul(2)
    }

    fn encode(&self, out: &mut [u8], _: Context) {
        // If the second run yields fewer types than the first, the rest is zero.
        let mut types = self.0.clone();
        for element in out.chunks_mut(2) {
            let code = types.next().map_or(0, AttributeType::as_u16);
            if put(element, code.to_be_bytes()).is_none() {
                element.fill(0);
            }
        }
    }
}

/// USERHASH: a hash of username and realm that is sent instead of USERNAME
/// ([RFC 8489 §14.4](https://www.rfc-editor.org/rfc/rfc8489#section-14.4)).
///
/// Type 0x001E. Value: the SHA-256 of `username:realm`, 32 bytes. `==` compares in constant time.
#[derive(Clone, Copy, Debug)]
pub struct UserHash(
    /// The hash.
    pub [u8; 32],
);

#[cfg(feature = "crypto")]
impl UserHash {
    /// Computes the hash of a user in a realm. Both are hashed as they are; prepare them as for the key,
    /// and remove the quotes and NULs that [`Key::long_term`](crate::Key::long_term) removes itself.
    ///
    /// ```
    /// use stunwire::attribute::UserHash;
    ///
    /// // The user of RFC 8489 B.1.
    /// let hash = UserHash::of("\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}", "example.org");
    /// assert_eq!(hash.0[..4], [0x4a, 0x3c, 0xf3, 0x8f]);
    /// ```
    #[must_use]
    pub fn of<U, R>(username: &U, realm: &R) -> Self
    where
        U: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
    {
        let hash = Sha256::new()
            .chain_update(username)
            .chain_update(b":")
            .chain_update(realm);
        Self(hash.finalize().into())
    }

    /// Whether this is the hash of this user in this realm, compared in constant time.
    #[must_use]
    pub fn is<U, R>(&self, username: &U, realm: &R) -> bool
    where
        U: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
    {
        *self == Self::of(username, realm)
    }
}

impl PartialEq for UserHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).to_bool()
    }
}

impl Eq for UserHash {}

impl<'a> Decode<'a> for UserHash {
    #[inline]
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(Self)
    }
}

impl Encode for UserHash {
    #[inline]
    fn value_len(&self, _: Context) -> usize {
        32
    }

    #[inline]
    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        put(out, self.0)
    }
}

impl fmt::Display for UserHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}
