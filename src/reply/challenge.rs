//! The challenge of the long-term mechanism.

use super::{Content, Reply, ReplyTo};
use crate::attribute::{
    Code, Nonce, PasswordAlgorithm, PasswordAlgorithms, Realm, announces_algorithms,
};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::writer::MessageWriter;

/// The challenge to a client without valid long-term credentials: REALM, NONCE and, if the server offers them,
/// PASSWORD-ALGORITHMS
/// ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)).
///
/// A server that uses [`LongTermServer`](crate::auth::LongTermServer) does not need it, because that type
/// creates the challenges and their nonces.
///
/// ```
/// use stunwire::attribute::PasswordAlgorithm;
/// use stunwire::reply::Challenge;
/// use stunwire::{EncodeError, Header, Method, SecurityFeatures, TransactionId};
///
/// let id = TransactionId::new(*b"not a secret");
/// let request = Header::request(Method::ALLOCATE, id);
/// let mut nonce = SecurityFeatures::PASSWORD_ALGORITHMS.cookie().to_vec();
/// nonce.extend_from_slice(b"what makes it fresh");
/// let offered = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
/// let mut out = Vec::new();
/// Challenge::with_algorithms("example.org", &nonce, &offered)?
///     .unauthenticated(request)
///     .write(&mut out)?;
/// # Ok::<(), EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    realm: Realm<'a>,
    nonce: Nonce<'a>,
    algorithms: &'a [PasswordAlgorithm<'a>],
}

impl<'a> Challenge<'a> {
    /// Creates a challenge without PASSWORD-ALGORITHMS, as servers before RFC 8489 send it.
    ///
    /// # Errors
    /// If the realm or the nonce is longer than 127 characters or 509 bytes, or the nonce announces
    /// PASSWORD-ALGORITHMS.
    pub fn new<R, N>(realm: &'a R, nonce: &'a N) -> Result<Self, EncodeError>
    where
        R: AsRef<[u8]> + ?Sized,
        N: AsRef<[u8]> + ?Sized,
    {
        let nonce = Nonce::new(nonce)?;
        if announces_algorithms(Some(nonce)) {
            return Err(EncodeError::AlgorithmsMissing);
        }
        Ok(Self {
            realm: Realm::new(realm)?,
            nonce,
            algorithms: &[],
        })
    }

    /// Creates a challenge with PASSWORD-ALGORITHMS.
    ///
    /// # Errors
    /// If the realm or the nonce is longer than 127 characters or 509 bytes, the list is empty, or the nonce
    /// does not announce [`PASSWORD_ALGORITHMS`](crate::SecurityFeatures::PASSWORD_ALGORITHMS): a client could
    /// then not detect that an attacker removed the list.
    pub fn with_algorithms<R, N>(
        realm: &'a R,
        nonce: &'a N,
        algorithms: &'a [PasswordAlgorithm<'a>],
    ) -> Result<Self, EncodeError>
    where
        R: AsRef<[u8]> + ?Sized,
        N: AsRef<[u8]> + ?Sized,
    {
        let nonce = Nonce::new(nonce)?;
        if !announces_algorithms(Some(nonce)) {
            return Err(EncodeError::NonceWithoutFeature);
        }
        if algorithms.is_empty() {
            return Err(EncodeError::AlgorithmsMissing);
        }
        Ok(Self {
            realm: Realm::new(realm)?,
            nonce,
            algorithms,
        })
    }

    /// Creates a 401 (Unauthenticated) for a request without credentials or with wrong ones.
    pub fn unauthenticated(&self, to: impl Into<ReplyTo<'a>>) -> Reply<'a> {
        self.reply(to.into(), Code::UNAUTHENTICATED)
    }

    /// Creates a 438 (Stale Nonce) for a request whose nonce is no longer valid.
    ///
    /// ```
    /// use stunwire::reply::Challenge;
    /// use stunwire::{EncodeError, Message};
    ///
    /// fn stale(request: &Message<'_>, fresh: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    ///     Challenge::new("example.org", fresh)?.stale_nonce(request).write(out)?;
    ///     Ok(())
    /// }
    /// ```
    pub fn stale_nonce(&self, to: impl Into<ReplyTo<'a>>) -> Reply<'a> {
        self.reply(to.into(), Code::STALE_NONCE)
    }

    /// A challenge is never signed, because the client has not proved its credentials.
    fn reply(&self, to: ReplyTo<'a>, code: Code) -> Reply<'a> {
        Reply {
            to: ReplyTo { key: None, ..to },
            error: code.into(),
            content: Content::Challenge(*self),
        }
    }

    pub(super) fn append<B: Buffer + ?Sized>(
        &self,
        reply: &mut MessageWriter<'_, B>,
    ) -> Result<(), EncodeError> {
        reply.attribute(&self.realm)?.attribute(&self.nonce)?;
        if !self.algorithms.is_empty() {
            reply.attribute(&PasswordAlgorithms::of(self.algorithms))?;
        }
        Ok(())
    }
}
