//! Who said it: the HMAC of a message, checked and made.

use core::fmt;

use super::hmac::{BLOCK, Hash, Hmac, Output};
use super::key::Key;
use crate::attribute::{Attribute, RawAttribute, announces_algorithms};
use crate::code_point::{AttributeType, Class, Method};
use crate::dialect::{Dialect, HmacInput};
use crate::error::{AttributeError, IntegrityError};
use crate::header::Header;
use crate::message::{Attributes, Entry, Message};
use crate::num::saturating_u32;
use crate::transaction_id::TransactionId;
use crate::wire::{TLV_HEADER_LEN, Tlv};

/// How a message was authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IntegrityAlgorithm {
    /// MESSAGE-INTEGRITY, HMAC-SHA1
    /// ([RFC 8489 §14.5](https://www.rfc-editor.org/rfc/rfc8489#section-14.5)).
    Sha1,
    /// MESSAGE-INTEGRITY-SHA256, the first `len` bytes of HMAC-SHA256
    /// ([RFC 8489 §14.6](https://www.rfc-editor.org/rfc/rfc8489#section-14.6)).
    Sha256 {
        /// Length of the tag: 16 to 32, a multiple of 4.
        len: u8,
    },
    /// MS-TURN's MESSAGE-INTEGRITY as HMAC-SHA256, 32 bytes (\[MS-TURN\] 2.2.2.17).
    MsTurnSha256,
    /// GOOG-MESSAGE-INTEGRITY-32, the first 4 bytes of HMAC-SHA1.
    Goog32,
}

/// What counts as authenticated. The default is RFC 8489's: if MESSAGE-INTEGRITY-SHA256 is there it
/// must hold at its full 32 bytes and nothing else is consulted; else MESSAGE-INTEGRITY must hold.
///
/// ```
/// use stunwire::Policy;
///
/// // A usage that allows tags of 16 bytes, and no SHA-1.
/// let policy = Policy::default().sha256_only().sha256_min_len(16);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    sha1: bool,
    sha256_min_len: u8,
    goog: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            sha1: true,
            sha256_min_len: 32,
            goog: false,
        }
    }
}

impl Policy {
    /// MESSAGE-INTEGRITY, which is HMAC-SHA1, does not count.
    #[must_use]
    pub const fn sha256_only(self) -> Self {
        Self {
            sha1: false,
            ..self
        }
    }

    /// MESSAGE-INTEGRITY-SHA256 may be cut down to `len` bytes; under 16 is taken as 16, the least
    /// that RFC 8489 §14.6 has, and above 32 as 32, the most.
    #[must_use]
    pub const fn sha256_min_len(self, len: u8) -> Self {
        Self {
            sha256_min_len: match len {
                0..=16 => 16,
                17..=31 => len,
                _ => 32,
            },
            ..self
        }
    }

    /// Where there is no other tag, GOOG-MESSAGE-INTEGRITY-32 counts: 4 bytes, which one guess in
    /// four thousand million meets. For GOOG-PING and nothing else.
    #[must_use]
    pub const fn goog_integrity_32(self) -> Self {
        Self { goog: true, ..self }
    }
}

const ZEROS: [u8; BLOCK] = [0; BLOCK];

/// What the HMAC runs over: the header with its length as the dialect counts it, what stands before
/// the tag, and zeros up to a block.
pub(crate) struct Coverage<'a> {
    /// As long as the lanes in which the hash reads, so that no lane is put together from two.
    front: [u8; 16],
    behind: [&'a [u8]; 3],
    zeros: usize,
}

impl<'a> Coverage<'a> {
    /// `text` is the message up to the tag. `type_bits` and `length` stand for its first 4 bytes.
    #[inline(always)]
    pub(crate) fn new(text: &'a [u8], type_bits: u16, length: u16, dialect: Dialect) -> Self {
        let behind = text.get(4..).unwrap_or_default();
        Self::of([behind, &[], &[]], type_bits, length, dialect)
    }

    /// The same of a message in pieces, without its first 4 bytes.
    #[inline(always)]
    pub(crate) fn of(behind: [&'a [u8]; 3], type_bits: u16, length: u16, dialect: Dialect) -> Self {
        let [t0, t1] = type_bits.to_be_bytes();
        let [l0, l1] = length.to_be_bytes();
        let zeros = match dialect.rules().hmac_input {
            HmacInput::AdjustedLength => 0,
            HmacInput::ZeroPadded => {
                let len = behind
                    .iter()
                    .fold(4_usize, |len, piece| len.wrapping_add(piece.len()));
                len.wrapping_neg() & 63
            }
        };
        let [first, second, third] = behind;
        // A header is longer.
        let (id, first) = first.split_first_chunk().unwrap_or((&[0; 12], &[]));
        let mut front = [0; 16];
        if let Some((bits, rest)) = front.split_first_chunk_mut() {
            *bits = [t0, t1, l0, l1];
            rest.copy_from_slice(id);
        }
        Self {
            front,
            behind: [first, second, third],
            zeros,
        }
    }

    /// The HMAC under this key.
    #[inline(always)]
    pub(crate) fn tag<H: Hash<W>, const W: usize>(&self, key: &Hmac<H, W>) -> Output<W> {
        let [first, second, third] = self.behind;
        let zeros: &[u8] = ZEROS.get(..self.zeros).unwrap_or_default();
        key.compute([&self.front, first, second, third, zeros])
    }
}

impl<'a> Message<'a> {
    /// Checks the integrity under `key` and, if it holds, gives what it covers.
    ///
    /// # Errors
    /// When there is no tag, its length is not allowed, or it does not hold.
    ///
    /// ```
    /// use stunwire::attribute::{Software, Username};
    /// use stunwire::{Header, IntegrityError, Key, Message, MessageWriter, Method, TransactionId};
    ///
    /// let key = Key::short_term("VOkJxbRl1RmTxUk/WvJxBt");
    /// let mut buffer = [0; 128];
    /// let id = TransactionId::new(*b"not a secret");
    /// let mut request = MessageWriter::new(&mut buffer, Header::request(Method::BINDING, id))?;
    /// request.attribute(&Username::new("evtj:h6vY")?)?;
    /// let packet: &[u8] = request.integrity(&key)?.finish()?;
    ///
    /// let message = Message::parse(packet)?;
    /// let verified = message.verify(&key)?;
    /// assert!(verified.get::<Username>()?.is_some());
    ///
    /// let other = Key::short_term("guess");
    /// assert!(matches!(message.verify(&other), Err(IntegrityError::Mismatch { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn verify(&self, key: &Key) -> Result<Verified<'a>, IntegrityError> {
        self.verify_with(key, &Policy::default())
    }

    /// The same under a policy of one's own.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    #[inline]
    pub fn verify_with(&self, key: &Key, policy: &Policy) -> Result<Verified<'a>, IntegrityError> {
        let marks = self.trailer();
        let dialect = self.dialect();
        // RFC 8489 §9.1.3 and §9.2.4: with both there, only the SHA-256 one is looked at.
        let sha1 = marks.offset(Entry::Integrity);
        let sha256 = marks.offset(Entry::Sha256);
        let goog = sha1.is_none() && sha256.is_none() && policy.goog;
        let goog_place = if goog { self.goog_place() } else { None };
        let place = sha256.or(sha1).or(goog_place);
        let place = place.ok_or(IntegrityError::Missing)?;
        let (text, tag) = self.tlv_at(place).ok_or(IntegrityError::Missing)?;
        let tag = tag.value().unwrap_or_default();
        let algorithm = match (sha256.is_some(), tag.len()) {
            (true, len @ (16 | 20 | 24 | 28 | 32)) => {
                let len = u8::try_from(len).unwrap_or(0);
                (len >= policy.sha256_min_len).then_some(IntegrityAlgorithm::Sha256 { len })
            }
            (false, 4) if goog => Some(IntegrityAlgorithm::Goog32),
            (false, _) if goog => None,
            (false, 20) if policy.sha1 => Some(IntegrityAlgorithm::Sha1),
            (false, 20) => return Err(IntegrityError::Missing),
            (false, 32) if dialect.rules().ms_turn_sha256 => Some(IntegrityAlgorithm::MsTurnSha256),
            _ => None,
        };
        let offset = saturating_u32(place);
        let Some(algorithm) = algorithm else {
            return Err(IntegrityError::TagLength {
                offset,
                length: u16::try_from(tag.len()).unwrap_or(u16::MAX),
            });
        };
        let header = self.header();
        let length = match dialect.rules().hmac_input {
            HmacInput::AdjustedLength => end_of_tag(place as u16 - 20, tag.len()),
            HmacInput::ZeroPadded => header.length(),
        };
        let coverage = Coverage::new(text, header.type_bits(), length, dialect);
        let holds = match algorithm {
            IntegrityAlgorithm::Sha1 => coverage.tag(key.sha1()).begins_with(tag),
            IntegrityAlgorithm::Goog32 => coverage.tag(key.sha1()).begins_with(tag),
            IntegrityAlgorithm::Sha256 { .. } | IntegrityAlgorithm::MsTurnSha256 => {
                coverage.tag(key.sha256()).begins_with(tag)
            }
        };
        if !holds {
            return Err(IntegrityError::Mismatch { offset });
        }
        Ok(Verified {
            message: *self,
            algorithm,
            covered: place,
        })
    }

    /// Where the first GOOG-MESSAGE-INTEGRITY-32 stands that an agent may look at.
    #[cold]
    fn goog_place(&self) -> Option<usize> {
        let goog = AttributeType::GOOG_MESSAGE_INTEGRITY_32;
        if !self.dialect().rules().sha256_attribute {
            return None;
        }
        self.attributes().next_of(|ty| ty == goog).map(Tlv::offset)
    }
}

/// The header's length when the message ends with a tag of `len` bytes at `place`.
#[inline(always)]
pub(crate) fn end_of_tag(place: u16, len: usize) -> u16 {
    // Inside a message whose length is 16 bits.
    let len = u16::try_from(len.wrapping_add(TLV_HEADER_LEN)).unwrap_or(u16::MAX);
    place.wrapping_add(len)
}

/// A message whose integrity holds, showing only what the tag covers.
///
/// Made by [`Message::verify`] alone: a function that takes one cannot be given a message that
/// nobody authenticated, and an attribute that somebody appended behind the tag is not in it.
/// FINGERPRINT and the tag itself are not covered.
///
/// That the credentials were right is all that it says: whether the nonce is fresh, or the user may
/// do what is asked, is the caller's to check.
#[derive(Clone, Copy)]
pub struct Verified<'a> {
    message: Message<'a>,
    algorithm: IntegrityAlgorithm,
    covered: usize,
}

impl<'a> Verified<'a> {
    /// Which integrity attribute held.
    #[must_use]
    pub const fn algorithm(&self) -> IntegrityAlgorithm {
        self.algorithm
    }

    /// What a reply is signed with
    /// ([RFC 8489 §9.1.3](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.3)): as the request, or
    /// with SHA-256 where the request chose a password algorithm
    /// ([§9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)). To be kept where the reply
    /// is written later than the request can be: see
    /// [`MessageWriter::integrity_by`](crate::MessageWriter::integrity_by).
    #[must_use]
    pub fn reply_algorithm(&self) -> IntegrityAlgorithm {
        let chosen = AttributeType::PASSWORD_ALGORITHM;
        let upgrades = self.algorithm == IntegrityAlgorithm::Sha1
            && self.message.dialect().rules().sha256_attribute
            && self.attributes().any(|raw| raw.ty() == chosen)
            // Without the nonce's bit the attribute means nothing.
            && announces_algorithms(self.get().ok().flatten());
        if upgrades {
            IntegrityAlgorithm::Sha256 { len: 32 }
        } else {
            self.algorithm
        }
    }

    /// The whole message, authenticated or not: to keep it, forward it or print it.
    #[must_use]
    pub const fn message(&self) -> Message<'a> {
        self.message
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> Header {
        self.message.header()
    }

    /// The class.
    #[must_use]
    pub fn class(&self) -> Class {
        self.message.class()
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.message.method()
    }

    /// The transaction id.
    #[must_use]
    pub fn transaction_id(&self) -> TransactionId {
        self.message.transaction_id()
    }

    /// The attributes that the tag covers and an agent may look at, in wire order.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        self.message.attributes().limited(self.covered)
    }

    /// The first covered attribute of type `T`.
    ///
    /// # Errors
    /// When it is there and its value is malformed.
    #[inline]
    pub fn get<T: Attribute<'a>>(&self) -> Result<Option<T>, AttributeError> {
        self.attributes().get()
    }

    /// All covered attributes of type `T`.
    #[inline]
    pub fn get_all<T: Attribute<'a>>(
        &self,
    ) -> impl Iterator<Item = Result<T, AttributeError>> + Clone + use<'a, T> {
        self.attributes().get_all()
    }

    /// The types of the covered attributes that must be understood and that `known` does not know:
    /// see [`Message::unknown_required`].
    #[inline]
    pub fn unknown_required<F>(
        &self,
        known: F,
    ) -> impl Iterator<Item = AttributeType> + Clone + use<'a, F>
    where
        F: FnMut(AttributeType) -> bool + Clone,
    {
        self.attributes().unknown_required(known)
    }

    /// Whether the tag covers this attribute of the same message.
    #[must_use]
    pub fn covers(&self, attribute: &RawAttribute<'_>) -> bool {
        attribute.offset() < self.covered
    }
}

impl fmt::Debug for Verified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verified({:?}, {:?})", self.algorithm, self.message)
    }
}

impl From<&Verified<'_>> for Header {
    fn from(verified: &Verified<'_>) -> Self {
        verified.header()
    }
}
