//! The attributes of RFC 8489 that are neither addresses nor texts.

use core::fmt;

use ctutils::CtEq;
#[cfg(feature = "crypto")]
use sha2::{Digest, Sha256};

use super::AttributeType;
use super::shape::{array, put, put_slice};
use crate::error::ValueError;
use crate::format::Hex;
use crate::wire::{self, Cursor};

/// The value as it is, if its length is from `min` to `max` and a multiple of 4.
fn tag(value: &[u8], min: u16, max: u16) -> Result<&[u8], ValueError> {
    let length = u16::try_from(value.len()).unwrap_or(u16::MAX);
    if length < min || length > max {
        Err(ValueError::length(value.len(), min, max))
    } else if length & 3 != 0 {
        Err(ValueError::Multiple {
            found: length,
            of: 4,
        })
    } else {
        Ok(value)
    }
}

/// MESSAGE-INTEGRITY: the HMAC-SHA1 of what stands before it, 20 bytes
/// ([RFC 8489 §14.5](https://www.rfc-editor.org/rfc/rfc8489#section-14.5)); in MS-TURN from version
/// 3 on an HMAC-SHA256 of 32.
///
/// To check it: [`Message::verify`](crate::Message::verify). Only the writer makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageIntegrity<'a>(&'a [u8]);

impl<'a> MessageIntegrity<'a> {
    /// The tag.
    #[must_use]
    pub const fn tag(&self) -> &'a [u8] {
        self.0
    }
}

reads!(MessageIntegrity<'a>, |value, context| {
    let is_sha256 = context.dialect.rules().ms_turn_sha256 && value.len() == 32;
    tag(value, 20, if is_sha256 { 32 } else { 20 }).map(Self)
});

impl fmt::Display for MessageIntegrity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(self.0), f)
    }
}

/// MESSAGE-INTEGRITY-SHA256: the HMAC-SHA256 of what stands before it, 32 bytes, or 16 to 28 where a
/// usage allows a shorter one
/// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)).
///
/// To check it: [`Message::verify`](crate::Message::verify). Only the writer makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageIntegritySha256<'a>(&'a [u8]);

impl<'a> MessageIntegritySha256<'a> {
    /// The tag.
    #[must_use]
    pub const fn tag(&self) -> &'a [u8] {
        self.0
    }
}

reads!(MessageIntegritySha256<'a>, |value, context| tag(
    value, 16, 32
)
.map(Self));

impl fmt::Display for MessageIntegritySha256<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(self.0), f)
    }
}

/// FINGERPRINT: the CRC-32 of what stands before it, XOR-ed with 0x5354554E
/// ([RFC 8489 §14.7](https://www.rfc-editor.org/rfc/rfc8489#section-14.7)).
///
/// To check it: [`Message::fingerprint`](crate::Message::fingerprint). Only the writer makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub(crate) u32);

impl Fingerprint {
    /// The value, XOR-ed as it stands on the wire.
    #[must_use]
    pub const fn value(&self) -> u32 {
        self.0
    }
}

reads!(Fingerprint, |value, context| {
    array(value).map(|bytes| Self(u32::from_be_bytes(bytes)))
});

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

/// UNKNOWN-ATTRIBUTES: the types that a server did not understand, in a 420
/// ([RFC 8489 §14.13](https://www.rfc-editor.org/rfc/rfc8489#section-14.13)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownAttributes<'a>(&'a [u8]);

impl<'a> UnknownAttributes<'a> {
    /// The types, in wire order.
    pub fn iter(&self) -> impl Iterator<Item = AttributeType> + Clone + 'a {
        self.0.chunks_exact(2).filter_map(|pair| {
            let code = u16::from_be_bytes(array(pair).ok()?);
            Some(AttributeType::new(code))
        })
    }

    /// A list of these types, to be written. The iterator is run twice: for the length and for the
    /// list.
    ///
    /// ```
    /// use stunwire::{Header, Message, MessageWriter, Method, TransactionId};
    /// use stunwire::attribute::{AttributeType, UnknownAttributes};
    ///
    /// # let request = b"\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijkl\x7f\xff\x00\x00";
    /// let request = Message::parse(request)?;
    /// let unknown = request.unknown_required(|ty| ty == AttributeType::USERNAME);
    /// let mut buffer = [0; 64];
    /// let header = Header::error(Method::BINDING, request.transaction_id());
    /// let mut reply = MessageWriter::new(&mut buffer, header)?;
    /// reply.attribute(&UnknownAttributes::from_types(unknown))?;
    /// let reply = Message::parse(reply.finish()?)?;
    /// let list = reply.get::<UnknownAttributes>()?.expect("just written");
    /// assert!(list.iter().eq([AttributeType::new(0x7FFF)]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_types<I>(types: I) -> TypeList<I::IntoIter>
    where
        I: IntoIterator<Item = AttributeType>,
        I::IntoIter: Clone,
    {
        TypeList(types.into_iter())
    }
}

reads!(UnknownAttributes<'a>, |value, context| {
    if value.len() & 1 == 0 {
        Ok(Self(value))
    } else {
        Err(ValueError::Multiple {
            found: u16::try_from(value.len()).unwrap_or(u16::MAX),
            of: 2,
        })
    }
});
writes!(UnknownAttributes<'_>, as UnknownAttributes<'_>, |this, context| this.0.len(), |out| {
    put_slice(out, this.0);
});

impl fmt::Display for UnknownAttributes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ty) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{ty}")?;
        }
        Ok(())
    }
}

/// [`UnknownAttributes`] to be written: [`UnknownAttributes::from_types`].
#[derive(Clone, Debug)]
pub struct TypeList<I>(I);

impl<I> super::EncodeAttribute for TypeList<I>
where
    I: Iterator<Item = AttributeType> + Clone,
{
    fn wire_type(&self, dialect: crate::Dialect) -> Option<AttributeType> {
        <UnknownAttributes<'_> as super::Attribute>::type_in(dialect)
    }

    fn value_len(&self, _: crate::Context) -> usize {
        self.0.clone().count().saturating_mul(2)
    }

    fn encode(&self, out: &mut [u8], _: crate::Context) {
        // Should the second run yield fewer, the rest is zero, and no stale byte.
        let mut types = self.0.clone();
        for pair in out.chunks_mut(2) {
            let code = types.next().map_or(0, AttributeType::as_u16);
            put(pair, code.to_be_bytes());
        }
    }
}

/// USERHASH: SHA-256 of `username:realm`, instead of USERNAME
/// ([RFC 8489 §14.4](https://www.rfc-editor.org/rfc/rfc8489#section-14.4)). Compared in constant time.
#[derive(Clone, Copy, Debug)]
pub struct UserHash(
    /// The hash, 32 bytes.
    pub [u8; 32],
);

reads!(UserHash, |value, context| array(value).map(Self));
writes!(UserHash, as UserHash, |this, context| 32, |out| put(out, this.0));

impl PartialEq for UserHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).to_bool()
    }
}

impl Eq for UserHash {}

impl fmt::Display for UserHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Hex(&self.0), f)
    }
}

#[cfg(feature = "crypto")]
impl UserHash {
    /// The hash of a user in a realm, both prepared as the key's are. The bytes are taken as they are:
    /// without the quotes and NULs that [`Key::long_term`](crate::Key::long_term) removes.
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

    /// Whether this is the user, compared in constant time.
    #[must_use]
    pub fn is<U, R>(&self, username: &U, realm: &R) -> bool
    where
        U: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
    {
        *self == Self::of(username, realm)
    }
}

/// PASSWORD-ALGORITHM: how the key is made from the password
/// ([RFC 8489 §14.12](https://www.rfc-editor.org/rfc/rfc8489#section-14.12)); also one entry of
/// [`PasswordAlgorithms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PasswordAlgorithm<'a> {
    number: u16,
    parameters: &'a [u8],
}

impl<'a> PasswordAlgorithm<'a> {
    /// MD5 of `username:realm:password`, 0x0001
    /// ([RFC 8489 §18.5.1](https://www.rfc-editor.org/rfc/rfc8489#section-18.5.1)).
    pub const MD5: PasswordAlgorithm<'static> = PasswordAlgorithm {
        number: 1,
        parameters: &[],
    };

    /// SHA-256 of `username:realm:password`, 0x0002
    /// ([RFC 8489 §18.5.1](https://www.rfc-editor.org/rfc/rfc8489#section-18.5.1)).
    pub const SHA256: PasswordAlgorithm<'static> = PasswordAlgorithm {
        number: 2,
        parameters: &[],
    };

    /// An algorithm by its number. Both that are registered have no parameters.
    #[must_use]
    pub const fn new(number: u16, parameters: &'a [u8]) -> Self {
        Self { number, parameters }
    }

    /// The algorithm's number: 1 is MD5, 2 is SHA-256.
    #[must_use]
    pub const fn number(&self) -> u16 {
        self.number
    }

    /// Its parameters, without padding.
    #[must_use]
    pub const fn parameters(&self) -> &'a [u8] {
        self.parameters
    }

    /// Length of the entry in bytes, parameters padded to 4.
    fn entry_len(&self) -> usize {
        let parameters = self.parameters.len();
        parameters
            .saturating_add(wire::padding_len(parameters))
            .saturating_add(4)
    }

    fn put_entry<'o>(&self, out: &'o mut [u8]) -> &'o mut [u8] {
        let length = u16::try_from(self.parameters.len()).unwrap_or(u16::MAX);
        let out = put_slice(out, &self.number.to_be_bytes());
        let out = put_slice(out, &length.to_be_bytes());
        let out = put_slice(out, self.parameters);
        let pad = wire::padding_len(self.parameters.len());
        put_slice(out, [0; 3].get(..pad).unwrap_or_default())
    }

    /// Reads the entry at the front of `left`, `offset` bytes into the value.
    fn take_entry(left: &'a [u8], offset: usize) -> Result<(Self, &'a [u8]), ValueError> {
        // An entry is built like an attribute. Whether the padding of the last counts in the
        // attribute's length the senders do not agree on, so it may be missing.
        let entry = wire::tlv(Cursor::new(left, 0)).ok();
        match entry.and_then(|entry| Some((entry, entry.value()?))) {
            Some((entry, parameters)) => Ok((
                Self::new(entry.ty(), parameters),
                entry.next(true).remaining().unwrap_or(&[]),
            )),
            None => Err(inner(left, offset)),
        }
    }
}

/// The entry at the front of `left` does not fit.
#[cold]
fn inner(left: &[u8], offset: usize) -> ValueError {
    let length = match left {
        [_, _, l0, l1, ..] => u16::from_be_bytes([*l0, *l1]),
        _ => 0,
    };
    let short = |length: usize| u16::try_from(length).unwrap_or(u16::MAX);
    ValueError::Inner {
        offset: short(offset),
        needed: length.saturating_add(4),
        left: short(left.len()),
    }
}

reads!(PasswordAlgorithm<'a>, |value, context| {
    let (entry, behind) = PasswordAlgorithm::take_entry(value, 0)?;
    if behind.is_empty() {
        Ok(entry)
    } else {
        let length = u16::try_from(entry.entry_len()).unwrap_or(u16::MAX);
        Err(ValueError::length(value.len(), length, length))
    }
});
writes!(PasswordAlgorithm<'_>, as PasswordAlgorithm<'_>, |this, context| this.entry_len(), |out| {
    this.put_entry(out);
});

impl fmt::Display for PasswordAlgorithm<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            1 => f.write_str("MD5")?,
            2 => f.write_str("SHA-256")?,
            number => write!(f, "{number:#06x}")?,
        }
        if self.parameters.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", Hex(self.parameters))
        }
    }
}

/// PASSWORD-ALGORITHMS: what the server offers
/// ([RFC 8489 §14.11](https://www.rfc-editor.org/rfc/rfc8489#section-14.11)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordAlgorithms<'a>(&'a [u8]);

impl<'a> PasswordAlgorithms<'a> {
    /// The algorithms, in the server's order of preference.
    pub fn iter(&self) -> impl Iterator<Item = PasswordAlgorithm<'a>> + Clone + 'a {
        let mut left = self.0;
        core::iter::from_fn(move || {
            let (entry, behind) = PasswordAlgorithm::take_entry(left, 0).ok()?;
            left = behind;
            Some(entry)
        })
    }

    /// The list as it stands on the wire: a client sends it back unchanged.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// A list of these algorithms, to be written.
    #[must_use]
    pub const fn of(algorithms: &'a [PasswordAlgorithm<'a>]) -> PasswordAlgorithmList<'a> {
        PasswordAlgorithmList(algorithms)
    }
}

reads!(PasswordAlgorithms<'a>, |value, context| {
    let mut left = value;
    while !left.is_empty() {
        let offset = value.len().saturating_sub(left.len());
        (_, left) = PasswordAlgorithm::take_entry(left, offset)?;
    }
    Ok(Self(value))
});
writes!(PasswordAlgorithms<'_>, as PasswordAlgorithms<'_>, |this, context| this.0.len(), |out| {
    put_slice(out, this.0);
});

impl fmt::Display for PasswordAlgorithms<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, algorithm) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{algorithm}")?;
        }
        Ok(())
    }
}

/// [`PasswordAlgorithms`] to be written: [`PasswordAlgorithms::of`].
#[derive(Clone, Copy, Debug)]
pub struct PasswordAlgorithmList<'a>(&'a [PasswordAlgorithm<'a>]);

writes!(PasswordAlgorithmList<'_>, as PasswordAlgorithms<'_>,
    |this, context| {
        this.0.iter().fold(0_usize, |sum, entry| sum.saturating_add(entry.entry_len()))
    },
    |out| { this.0.iter().fold(out, |out, entry| entry.put_entry(out)); }
);
