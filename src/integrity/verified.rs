//! A message whose integrity has been verified.

use core::fmt;

use super::algorithm::IntegrityAlgorithm;
use super::protection::Protection;
use crate::attribute::{Attribute, RawAttribute, announces_algorithms};
use crate::code_point::{AttributeType, Class, Method};
use crate::error::AttributeError;
use crate::header::Header;
use crate::message::{Attributes, Message, ReadAttributes};
use crate::transaction_id::TransactionId;

/// A message whose integrity has been verified, which exposes only the attributes that the tag covers.
///
/// The tag is the HMAC in MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256. Only [`Message::verify`] and its
/// variants create a `Verified`: a function that takes a `Verified` cannot be called with an unauthenticated
/// message, and attributes that an attacker appended after the tag are excluded. The tag covers neither
/// itself nor FINGERPRINT.
///
/// A `Verified` proves that the sender had the key. It does not prove that the nonce is fresh or that the
/// request is permitted: the application must check both.
///
/// ```
/// use stunwire::attribute::Username;
/// use stunwire::{AttributeError, Verified};
///
/// // Nothing that is not authenticated reaches this function.
/// fn user<'a>(request: &Verified<'a>) -> Result<Option<Username<'a>>, AttributeError> {
///     request.get()
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Verified<'a> {
    message: Message<'a>,
    algorithm: IntegrityAlgorithm,
    /// Offset of the tag's attribute: what precedes it is covered.
    covered: usize,
}

impl<'a> Verified<'a> {
    pub(super) const fn new(
        message: Message<'a>,
        algorithm: IntegrityAlgorithm,
        covered: usize,
    ) -> Self {
        Self {
            message,
            algorithm,
            covered,
        }
    }

    /// The covered attributes in wire order, ignored attributes excluded.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        self.message.attributes().limited(self.covered)
    }

    /// The first covered attribute of type `T`.
    ///
    /// # Errors
    /// If the attribute is present and its value is malformed.
    #[inline]
    pub fn get<T: Attribute<'a>>(&self) -> Result<Option<T>, AttributeError> {
        self.attributes().get()
    }

    /// Reads several covered attributes in one pass: see [`Message::read`].
    ///
    /// ```
    /// use stunwire::attribute::{Priority, UseCandidate, Username};
    /// use stunwire::{Error, Key, Message};
    ///
    /// fn check(packet: &[u8], key: &Key) -> Result<bool, Error> {
    ///     let check = Message::parse(packet)?.verify(key)?;
    ///     let (username, priority, nominated) =
    ///         check.read::<(Username, Priority, Option<UseCandidate>)>()?;
    ///     println!("{username} {priority}");
    ///     Ok(nominated.is_some())
    /// }
    /// ```
    ///
    /// # Errors
    /// If a required attribute is absent, or the value of one of these attributes is malformed.
    #[inline]
    pub fn read<T: ReadAttributes<'a>>(&self) -> Result<T, AttributeError> {
        self.attributes().read()
    }

    /// Whether a covered attribute of this type is present.
    ///
    /// Unlike [`get`](Self::get), it looks for this type only, not for other codes of the same attribute, such as
    /// 0x8020 for XOR-MAPPED-ADDRESS.
    ///
    /// ```
    /// use stunwire::Verified;
    /// use stunwire::attribute::AttributeType;
    ///
    /// fn nominates(check: &Verified<'_>) -> bool {
    ///     check.contains(AttributeType::USE_CANDIDATE)
    /// }
    /// ```
    #[must_use]
    #[inline]
    pub fn contains(&self, ty: AttributeType) -> bool {
        self.attributes().next_of(|other| other == ty).is_some()
    }

    /// All covered attributes of type `T`.
    #[inline]
    pub fn get_all<T: Attribute<'a>>(
        &self,
    ) -> impl Iterator<Item = Result<T, AttributeError>> + Clone + use<'a, T> {
        self.attributes().get_all()
    }

    /// Covered comprehension-required attribute types for which `known` returns `false`: see
    /// [`Message::unknown_required`].
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
    ///
    /// ```
    /// use stunwire::Verified;
    ///
    /// /// Prints every attribute of the message, and marks those that anyone may have appended.
    /// fn print(verified: &Verified<'_>) {
    ///     for attribute in verified.message().all_attributes() {
    ///         let mark = if verified.covers(&attribute) { ' ' } else { '!' };
    ///         println!("{mark} {attribute}");
    ///     }
    /// }
    /// ```
    #[must_use]
    pub fn covers(&self, attribute: &RawAttribute<'_>) -> bool {
        attribute.offset() < self.covered
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

    /// The whole message, including unauthenticated attributes, to store, forward or print it.
    #[must_use]
    pub const fn message(&self) -> Message<'a> {
        self.message
    }

    /// The integrity attribute that was verified.
    #[must_use]
    pub const fn algorithm(&self) -> IntegrityAlgorithm {
        self.algorithm
    }

    /// The integrity attribute in [`reply_protection`](Self::reply_protection), without which a reply to this
    /// request is not accepted.
    #[must_use]
    pub fn reply_algorithm(&self) -> IntegrityAlgorithm {
        if !self.message.dialect().rules().sha256_attribute {
            return self.algorithm;
        }
        let has = |wanted| self.attributes().any(|raw| raw.ty() == wanted);
        if !has(AttributeType::NONCE) {
            // Short-term credentials: RFC 8489 §9.1.3.
            return self.algorithm;
        }
        // Long-term credentials: §9.2.4. Without the nonce's bit the two attributes have no meaning.
        let chosen = (has(AttributeType::PASSWORD_ALGORITHM)
            || has(AttributeType::PASSWORD_ALGORITHMS))
            && announces_algorithms(self.get().ok().flatten());
        match self.algorithm {
            _ if !chosen => IntegrityAlgorithm::Sha1,
            IntegrityAlgorithm::Sha1 => IntegrityAlgorithm::SHA256,
            sha256 => sha256,
        }
    }

    /// The integrity attributes and FINGERPRINT of the message: [`Message::protection`].
    ///
    /// It says which of them are present. Only [`algorithm`](Self::algorithm) was verified: another integrity
    /// attribute beside it was not, and FINGERPRINT is checked by [`Message::fingerprint`].
    #[must_use]
    pub fn protection(&self) -> Protection {
        self.message.protection()
    }

    /// The protection that a reply to this request must have: one integrity attribute, and FINGERPRINT if the
    /// request has it.
    ///
    /// - With short-term credentials, that is, without NONCE: the attribute that was verified
    ///   ([RFC 8489 §9.1.3](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.3)).
    /// - With long-term credentials: MESSAGE-INTEGRITY-SHA256 if the nonce announces PASSWORD-ALGORITHMS and the
    ///   request has it or PASSWORD-ALGORITHM, and MESSAGE-INTEGRITY otherwise, even if the request was verified by
    ///   MESSAGE-INTEGRITY-SHA256
    ///   ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4), last paragraph).
    ///
    /// ```
    /// use stunwire::attribute::{Nonce, Realm, Username};
    /// use stunwire::{
    ///     Credentials, Header, IntegrityAlgorithm, Key, Message, MessageWriter, Method, TransactionId,
    /// };
    ///
    /// let id = TransactionId::new(*b"not a secret");
    /// let credentials = Credentials { username: "user", password: "password" };
    /// let key = Key::long_term(&credentials, "example.org");
    /// let mut buffer = [0; 256];
    /// let mut request = MessageWriter::new(&mut buffer, Header::request(Method::REFRESH, id))?;
    /// request
    ///     .attribute(&Username::new("user")?)?
    ///     .attribute(&Realm::new("example.org")?)?
    ///     .attribute(&Nonce::new("a nonce without security features")?)?;
    /// let request = request.integrity_sha256(&key)?.fingerprint()?.finish()?;
    ///
    /// let reply = Message::parse(request)?.verify(&key)?.reply_protection();
    /// assert!(reply.integrity().eq([IntegrityAlgorithm::Sha1]));
    /// assert!(reply.has_fingerprint());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn reply_protection(&self) -> Protection {
        Protection::NONE
            .with_integrity(self.reply_algorithm())
            .with_fingerprint(self.protection().has_fingerprint())
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
