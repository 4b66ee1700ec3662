//! Short-term credentials, both sides (RFC 8489 §9.1).

use core::fmt;

use super::authenticated::{Authenticated, Check, Mechanism, UserId};
use super::reply::Rejected;
use super::response::{Response, Sent, SentState, Tags};
use super::server::has_integrity;
use crate::attribute::{Code, ErrorCode, Username};
use crate::buffer::Buffer;
use crate::code_point::Class;
use crate::error::EncodeError;
use crate::format::Quoted;
use crate::integrity::{HmacKey, IntegrityAlgorithm, Policy};
use crate::message::Message;
use crate::writer::MessageWriter;

/// A receiver of requests and indications with short-term credentials, such as an ICE agent
/// ([RFC 8489 §9.1.3](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.3)).
///
/// As with [`LongTermServer`](super::LongTermServer), the check has two steps, and [`check`](Self::check)
/// performs both. Answer a request that fails the check with the unsigned 400 or 401 in the result; discard
/// an indication that fails it.
///
/// ```
/// use stunwire::attribute::Username;
/// use stunwire::auth::{Check, ShortTermServer, UserId};
/// use stunwire::{Key, Message, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = TransactionId::new(*b"not a secret");
/// let key = Key::short_term("our password");
/// let mut buffer = [0; 128];
/// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
///     .with(&Username::new("ours:theirs")?)?
///     .integrity(&key)?
///     .finish()?;
/// let message = Message::parse(packet)?;
/// let check = ShortTermServer::new().check(&message, |claim| match claim.user() {
///     UserId::Name(name) if name.starts_with(b"ours:") => Some(&key),
///     _ => None,
/// });
/// assert!(matches!(check, Check::Verified(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ShortTermServer {
    policy: Policy,
}

impl ShortTermServer {
    /// Creates a receiver that accepts MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a receiver with this policy, such as [`Policy::sha256_only`].
    ///
    /// ```
    /// use stunwire::Policy;
    /// use stunwire::auth::ShortTermServer;
    ///
    /// // Both agents are known to support SHA-256.
    /// let agent = ShortTermServer::with_policy(Policy::default().sha256_only());
    /// ```
    #[must_use]
    pub const fn with_policy(policy: Policy) -> Self {
        Self { policy }
    }

    /// Checks a message completely: [`claim`](Self::claim), the look-up of the key by `key`, and
    /// [`ShortTermClaim::verify`]. `key` returns `None` if there is no such user.
    pub fn check<'a, K: HmacKey>(
        &self,
        message: &Message<'a>,
        key: impl FnOnce(&ShortTermClaim<'a>) -> Option<K>,
    ) -> Check<'a, 'static, K> {
        let checked = self.claim(message).and_then(|claim| {
            let key = key(&claim);
            claim.verify(key)
        });
        checked.into()
    }

    /// Checks that the message has an integrity attribute and USERNAME.
    ///
    /// # Errors
    /// - [`Rejected::Ignore`] if the message is a response, or an indication that lacks one of them.
    /// - 400 (Bad Request) if it is a request that lacks one of them.
    pub fn claim<'a>(
        &self,
        message: &Message<'a>,
    ) -> Result<ShortTermClaim<'a>, Rejected<'static>> {
        if !matches!(message.class(), Class::Request | Class::Indication) {
            return Err(Rejected::Ignore);
        }
        match message.get::<Username<'_>>() {
            Ok(Some(username)) if has_integrity(message) => Ok(ShortTermClaim {
                message: *message,
                username,
                policy: self.policy,
            }),
            _ => Err(Rejected::plain(message, Code::BAD_REQUEST)),
        }
    }
}

/// A message that claims to be from a user, returned by [`ShortTermServer::claim`].
///
/// ```
/// use stunwire::auth::{Authenticated, Rejected, ShortTermServer};
/// use stunwire::{Key, Message};
///
/// /// Checks a request for one of several ICE sessions on a port.
/// fn check<'a>(
///     message: &Message<'a>,
///     session: impl Fn(&[u8]) -> Option<Key>,
/// ) -> Result<Authenticated<'a, Key>, Rejected<'static>> {
///     let claim = ShortTermServer::new().claim(message)?;
///     let key = claim.username().fragments().and_then(|(ours, _)| session(ours));
///     claim.verify(key)
/// }
/// ```
#[derive(Clone, Copy)]
pub struct ShortTermClaim<'a> {
    message: Message<'a>,
    username: Username<'a>,
    policy: Policy,
}

impl<'a> ShortTermClaim<'a> {
    /// Checks the integrity with the key of the user. `key` is `None` if there is no such user.
    ///
    /// # Errors
    /// - 401 (Unauthenticated) if `key` is `None` or the tag is not valid under the key.
    /// - [`Rejected::Ignore`] in these cases if the message is an indication.
    pub fn verify<K: HmacKey>(
        self,
        key: Option<K>,
    ) -> Result<Authenticated<'a, K>, Rejected<'static>> {
        let verified = key.and_then(|key| {
            let verified = self.message.verify_with(&key, &self.policy).ok()?;
            Some((verified, key))
        });
        match verified {
            Some((verified, key)) => {
                let user = self.user();
                Ok(Authenticated::new(
                    verified,
                    user,
                    key,
                    Mechanism::ShortTerm,
                ))
            }
            None => Err(Rejected::plain(&self.message, Code::UNAUTHENTICATED)),
        }
    }

    /// The user that the message claims to be from: always a name.
    #[must_use]
    pub fn user(&self) -> UserId<'a> {
        UserId::Name(self.username.trimmed())
    }

    /// USERNAME. In ICE, [`Username::fragments`] splits it.
    #[must_use]
    pub const fn username(&self) -> Username<'a> {
        self.username
    }
}

impl fmt::Debug for ShortTermClaim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShortTermClaim")
            .field("message", &self.message)
            .field("user", &self.user())
            .finish_non_exhaustive()
    }
}

/// A client with short-term credentials for one server
/// ([RFC 8489 §9.1.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.2)).
///
/// Its first request carries both integrity attributes; after an authenticated response, requests carry only
/// the one that the server used. If it is known which one both sides support, as between ICE agents, set it
/// with [`algorithm`](Self::algorithm).
///
/// ```
/// use stunwire::auth::{Response, ShortTermClient};
/// use stunwire::{IntegrityAlgorithm, Key, Message, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = TransactionId::new(*b"not a secret");
/// let key = Key::short_term("their password");
/// let mut client = ShortTermClient::new("theirs:ours", &key).algorithm(IntegrityAlgorithm::Sha1);
/// let mut buffer = [0; 128];
/// let check = MessageWriter::request(&mut buffer, Method::BINDING, id)?;
/// let (packet, sent) = client.sign(check)?;
/// // … send it, receive a message
/// let mut answer = [0; 64];
/// let received = MessageWriter::success_to(&mut answer, &Message::parse(packet)?)?
///     .integrity(&key)?
///     .finish()?;
/// let message = Message::parse(received)?;
/// assert!(matches!(client.response(&sent, &message), Response::Verified(_)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ShortTermClient<U, K> {
    username: U,
    key: K,
    tags: Tags,
    fingerprint: bool,
}

impl<U: AsRef<[u8]>, K: HmacKey> ShortTermClient<U, K> {
    /// Creates a client that does not yet know which integrity attribute the server supports.
    #[must_use]
    pub const fn new(username: U, key: K) -> Self {
        Self {
            username,
            key,
            tags: Tags::Both,
            fingerprint: false,
        }
    }

    /// Sets the integrity attribute that both sides are known to support: SHA-256 for
    /// [`IntegrityAlgorithm::Sha256`], and SHA-1 for any other.
    #[must_use]
    pub fn algorithm(self, algorithm: IntegrityAlgorithm) -> Self {
        Self {
            tags: tags(algorithm),
            ..self
        }
    }

    /// Appends FINGERPRINT to every request, as ICE requires.
    #[must_use]
    pub fn fingerprint(self) -> Self {
        Self {
            fingerprint: true,
            ..self
        }
    }

    /// Completes a request or an indication: appends USERNAME, the integrity attributes and, with
    /// [`fingerprint`](Self::fingerprint), FINGERPRINT.
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, it is a response, the username is longer than 508
    /// bytes, the key returns no HMAC, or the dialect lacks one of the attributes: before the algorithm is known, it
    /// must have MESSAGE-INTEGRITY-SHA256.
    pub fn sign<'b, B: Buffer + ?Sized>(
        &self,
        mut writer: MessageWriter<'b, B>,
    ) -> Result<(&'b mut [u8], Sent), EncodeError> {
        let header = writer.header();
        if !matches!(header.class(), Class::Request | Class::Indication) {
            return Err(EncodeError::NotARequest);
        }
        writer.attribute(&Username::new(self.username.as_ref())?)?;
        let packet = match self.tags {
            Tags::Both => {
                let writer = writer.integrity(&self.key)?.integrity_sha256(&self.key)?;
                self.finish(writer)?
            }
            Tags::Sha1 => {
                self.finish(writer.integrity_with(IntegrityAlgorithm::Sha1, &self.key)?)?
            }
            Tags::Sha256 => self.finish(writer.integrity_sha256(&self.key)?)?,
        };
        let sent = Sent::new(header, SentState::ShortTerm(self.tags));
        Ok((packet, sent))
    }

    fn finish<'b, B: Buffer + ?Sized>(
        &self,
        writer: MessageWriter<'b, B, crate::writer::state::Sealed>,
    ) -> Result<&'b mut [u8], EncodeError> {
        if self.fingerprint {
            writer.fingerprint()?.finish()
        } else {
            writer.finish()
        }
    }

    /// Evaluates a received message as the response to the request `sent`. The result is
    /// [`Verified`](Response::Verified), [`Refused`](Response::Refused) with an authenticated error,
    /// [`Violation`](Response::Violation) or [`Ignore`](Response::Ignore).
    ///
    /// The 401 of a server that has another password is not authenticated, so it is a `Violation`: over UDP, wait for
    /// another response until the timeout, and then report the wrong password instead of the timeout.
    pub fn response<'a>(&mut self, sent: &Sent, message: &Message<'a>) -> Response<'a> {
        let SentState::ShortTerm(sent_tags) = sent.state else {
            return Response::Ignore;
        };
        if !sent.is_answered_by(message) {
            return Response::Ignore;
        }
        let Ok(verified) = message.verify(&self.key) else {
            return Response::Violation;
        };
        let found = tags(verified.algorithm());
        // §9.1.4: the algorithm must match if only one was sent.
        if sent_tags != Tags::Both && sent_tags != found {
            return Response::Violation;
        }
        let response = if message.class() == Class::SuccessResponse {
            Response::Verified(verified)
        } else {
            match verified.get::<ErrorCode<'_>>() {
                Ok(Some(error)) => Response::Refused(error, Some(verified)),
                _ => return Response::Ignore,
            }
        };
        // §9.1.5.
        if self.tags == Tags::Both {
            self.tags = found;
        }
        response
    }
}

const fn tags(algorithm: IntegrityAlgorithm) -> Tags {
    match algorithm {
        IntegrityAlgorithm::Sha256 { .. } => Tags::Sha256,
        _ => Tags::Sha1,
    }
}

/// The key is not printed.
impl<U: AsRef<[u8]>, K> fmt::Debug for ShortTermClient<U, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShortTermClient")
            .field(
                "username",
                &format_args!("{}", Quoted(self.username.as_ref())),
            )
            .finish_non_exhaustive()
    }
}
