//! The client's side of long-term credentials (RFC 8489 §9.2.3 and §9.2.5).

use core::fmt;

use super::challenge::{self, Challenge, Offer};
use super::client_credentials::ClientCredentials;
use super::response::{Failure, Response, Sent, SentState};
use crate::attribute::{
    Code, ErrorCode, Nonce, PasswordAlgorithm, PasswordAlgorithms, Realm, SecurityFeatures,
    Username, announces_algorithms,
};
use crate::buffer::Buffer;
use crate::code_point::Class;
use crate::error::EncodeError;
use crate::format::Quoted;
#[cfg(feature = "crypto")]
use crate::integrity::Credentials;
use crate::integrity::{IntegrityAlgorithm, Policy};
use crate::message::Message;
use crate::writer::MessageWriter;

/// The number of challenges in succession that a client answers before the server accepts a request.
const MAX_CHALLENGES: u8 = 4;

/// A client that authenticates to one server with long-term credentials
/// ([RFC 8489 §9.2.3](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.3),
/// [§9.2.5](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.5)).
///
/// [`sign`](Self::sign) completes a request with the attributes that the server requires, and
/// [`response`](Self::response) evaluates a response. The first request is sent without
/// credentials; the server answers with a challenge, which the client stores inline, in at most `N` bytes
/// of realm, nonce and algorithms. The client has no timers and does no I/O.
///
/// "Server" means one address and port: use one client for each, and a new one after a redirection, with
/// the same credentials.
///
/// The client remembers what the challenge of the last verified response offered. A later challenge that offers
/// less is a [`Violation`](Response::Violation): one without PASSWORD-ALGORITHMS, one without username anonymity, and a
/// list from which the client would choose MD5 instead of another algorithm, or another one instead of SHA-256.
///
/// Example programs: [`turn_status`](https://docs.rs/crate/stunwire/latest/source/examples/turn_status.rs),
/// [`turn_udp`](https://docs.rs/crate/stunwire/latest/source/examples/turn_udp.rs).
///
/// ```no_run
/// use std::net::UdpSocket;
///
/// use stunwire::attribute::{Lifetime, RequestedTransport, XorRelayedAddress};
/// use stunwire::auth::{LongTermClient, Response};
/// use stunwire::{Message, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let socket = UdpSocket::bind("0.0.0.0:0")?;
/// socket.connect("turn.example.org:3478")?;
/// let mut received = [0; 1500];
/// let mut login = LongTermClient::new("user", "password");
/// let (relayed, lifetime) = 'request: loop {
///     let id = TransactionId::random()?;
///     let mut buffer = Vec::new();
///     let request = MessageWriter::request(&mut buffer, Method::ALLOCATE, id)?
///         .with(&RequestedTransport::UDP)?;
///     let (packet, sent) = login.sign(request)?;
///     socket.send(packet)?; // and again after each timeout
///     loop {
///         let len = socket.recv(&mut received)?;
///         let Ok(message) = Message::parse(&received[..len]) else { continue };
///         match login.response(&sent, &message) {
///             Response::Verified(response) => {
///                 break 'request response.read::<(XorRelayedAddress, Lifetime)>()?;
///             }
///             Response::Retry => continue 'request,
///             Response::Refused(error, _) => return Err(error.to_string().into()),
///             Response::Failed(failure) => return Err(failure.into()),
///             Response::Unauthenticated => return Err("the server asks for no credentials".into()),
///             // Wait for another response. Over TCP a violation ends the transaction.
///             Response::Violation | Response::Ignore => {}
///         }
///     }
/// };
/// # let _ = (relayed, lifetime);
/// # Ok(())
/// # }
/// ```
pub struct LongTermClient<C: ClientCredentials, const N: usize = 512> {
    credentials: C,
    stored: Option<(Challenge<N>, C::Key)>,
    /// Number of the stored challenge.
    challenges: u32,
    /// Number of the key.
    keys: u32,
    /// Challenges since the last verified response.
    unanswered: u8,
    /// `None` before the first verified response.
    proven: Option<Proven>,
    /// Whether the server has signed with MESSAGE-INTEGRITY-SHA256.
    sha256: bool,
    accepted: Accepted,
    fingerprint: bool,
}

/// The password algorithms that the client uses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Accepted {
    /// Those that the server offers.
    Offered,
    Sha256,
    /// MD5, whatever the server offers.
    Rfc5389,
}

/// What the server offered when it last sent a verified response. The stored challenge may be a later one, and
/// forged.
#[derive(Clone, Copy)]
struct Proven {
    /// The number of the algorithm that the client chose. `None` if there was no list.
    choice: Option<u16>,
    anonymous: bool,
}

#[cfg(feature = "crypto")]
impl<U: AsRef<[u8]>, P: AsRef<[u8]>> LongTermClient<Credentials<U, P>> {
    /// Creates a client with this username and password.
    pub const fn new(username: U, password: P) -> Self {
        Self::with_credentials(Credentials { username, password })
    }
}

impl<C: ClientCredentials, const N: usize> LongTermClient<C, N> {
    /// Creates a client with these credentials. The client can store a challenge of `N` bytes: REALM, NONCE
    /// and PASSWORD-ALGORITHMS. 512 bytes are enough for the servers in use, 3,000 bytes for the longest
    /// REALM and NONCE that RFC 8489 allows.
    #[must_use]
    pub const fn with_credentials(credentials: C) -> Self {
        Self {
            credentials,
            stored: None,
            challenges: 0,
            keys: 0,
            unanswered: 0,
            proven: None,
            sha256: false,
            accepted: Accepted::Offered,
            fingerprint: false,
        }
    }

    /// Appends FINGERPRINT to every request.
    #[must_use]
    pub fn fingerprint(self) -> Self {
        Self {
            fingerprint: true,
            ..self
        }
    }

    /// Refuses keys that are derived by MD5: if the server does not offer SHA-256, authentication fails with
    /// [`Failure::NoAlgorithm`]. Replaces [`rfc5389`](Self::rfc5389). A stored challenge is dropped.
    #[must_use]
    pub fn require_sha256(self) -> Self {
        Self {
            accepted: Accepted::Sha256,
            stored: None,
            ..self
        }
    }

    /// Behaves as a client of RFC 5389: it sends USERNAME and signs with MESSAGE-INTEGRITY and a key derived by
    /// MD5, whatever the nonce announces and the server offers. A response may have either integrity attribute.
    /// Replaces [`require_sha256`](Self::require_sha256). A stored challenge is dropped.
    ///
    /// It is meant for servers that announce the features of RFC 8489 and whose responses do not follow its
    /// [§9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4): by default the client treats them as
    /// forged. There is no protection against downgrades, so use it only for servers that need it. Do not use it
    /// because a response was a [`Violation`](Response::Violation): an attacker can cause one.
    ///
    /// ```
    /// use stunwire::auth::LongTermClient;
    ///
    /// let login = LongTermClient::new("user", "password").rfc5389();
    /// # let _ = login;
    /// ```
    #[must_use]
    pub fn rfc5389(self) -> Self {
        Self {
            accepted: Accepted::Rfc5389,
            stored: None,
            proven: None,
            sha256: false,
            ..self
        }
    }

    /// The credentials.
    #[must_use]
    pub const fn credentials(&self) -> &C {
        &self.credentials
    }

    /// The realm of the server. `None` before its first challenge.
    #[must_use]
    pub fn realm(&self) -> Option<&[u8]> {
        self.stored.as_ref().map(|(challenge, _)| challenge.realm())
    }

    /// The key for the realm and the algorithm of the stored challenge, to sign messages without this client.
    /// `None` before the first challenge.
    #[must_use]
    pub const fn key(&self) -> Option<&C::Key> {
        match &self.stored {
            Some((_, key)) => Some(key),
            None => None,
        }
    }

    /// Completes a request: appends USERNAME or USERHASH, REALM, NONCE, PASSWORD-ALGORITHMS and
    /// PASSWORD-ALGORITHM as the server requires them, then the integrity attribute and, with
    /// [`fingerprint`](Self::fingerprint), FINGERPRINT. Before the first challenge only FINGERPRINT is
    /// appended.
    ///
    /// To retransmit a request over UDP, send the same bytes again.
    ///
    /// # Errors
    /// If the buffer is too small, the message would be too long, it is not a request, the username is longer than 508
    /// bytes, the key returns no HMAC, or the dialect lacks one of the attributes.
    pub fn sign<'b, B: Buffer + ?Sized>(
        &self,
        mut writer: MessageWriter<'b, B>,
    ) -> Result<(&'b mut [u8], Sent), EncodeError> {
        let Some((challenge, key)) = &self.stored else {
            let sent = sent(&writer, SentState::Unsigned)?;
            let packet = if self.fingerprint {
                writer.fingerprint()?.finish()?
            } else {
                writer.finish()?
            };
            return Ok((packet, sent));
        };
        let state = SentState::LongTerm {
            challenge: self.challenges,
            key: self.keys,
        };
        let sent = sent(&writer, state)?;
        match &challenge.user_hash {
            Some(hash) => writer.attribute(hash)?,
            None => writer.attribute(&Username::new(self.credentials.username())?)?,
        };
        challenge.append(&mut writer)?;
        let algorithm = if self.sha256 || challenge.choice().is_some() {
            IntegrityAlgorithm::SHA256
        } else {
            IntegrityAlgorithm::Sha1
        };
        let writer = writer.integrity_with(algorithm, key)?;
        let packet = if self.fingerprint {
            writer.fingerprint()?.finish()?
        } else {
            writer.finish()?
        };
        Ok((packet, sent))
    }

    /// Evaluates a received message as the response to the request `sent`.
    ///
    /// A forged message changes nothing in the client, unless it is a 401 or 438, which RFC 8489 does not require
    /// to be signed: a forged one can cause a retry or a failure, but no downgrade.
    pub fn response<'a>(&mut self, sent: &Sent, message: &Message<'a>) -> Response<'a> {
        if !sent.is_answered_by(message) {
            return Response::Ignore;
        }
        let error = match (message.class(), message.get::<ErrorCode<'_>>()) {
            (Class::SuccessResponse, _) => None,
            (_, Ok(Some(error))) => Some(error),
            // §6.3.4: an error response without a valid ERROR-CODE is malformed.
            _ => return Response::Ignore,
        };
        if let Some(Code::UNAUTHENTICATED | Code::STALE_NONCE) = error.map(|error| error.code()) {
            return self.challenged(sent, message);
        }
        let nonce = message.get::<Nonce<'_>>().ok().flatten();
        if self.accepted != Accepted::Rfc5389
            && announces_algorithms(nonce)
            && !matches!(challenge::list(message), Ok(Some(_)))
        {
            return Response::Ignore;
        }
        if error.is_some_and(|error| error.code() == Code::BAD_REQUEST) && !message.has_integrity()
        {
            return Response::Ignore;
        }
        match sent.state {
            SentState::Unsigned => match error {
                None => Response::Unauthenticated,
                // §14.8: the integrity of a redirection must be validated.
                Some(error) if error.code() == Code::TRY_ALTERNATE => Response::Violation,
                Some(error) => Response::Refused(error, None),
            },
            SentState::LongTerm { challenge, key } if key == self.keys => {
                self.verify(challenge == self.challenges, message)
            }
            // Sent with a key that a later challenge has replaced, or by another client.
            SentState::LongTerm { .. } | SentState::ShortTerm(_) => Response::Ignore,
        }
    }

    /// `is_current`: the request answered the stored challenge, not an earlier one with the same key.
    fn verify<'a>(&mut self, is_current: bool, message: &Message<'a>) -> Response<'a> {
        let Some((challenge, key)) = &self.stored else {
            return Response::Ignore;
        };
        // §9.2.4: to a request with PASSWORD-ALGORITHM the server answers with SHA-256.
        let policy = if challenge.choice().is_some() {
            Policy::default().sha256_only()
        } else {
            Policy::default()
        };
        let Ok(verified) = message.verify_with(key, &policy) else {
            return Response::Violation;
        };
        let response = if message.class() == Class::SuccessResponse {
            Response::Verified(verified)
        } else {
            match verified.get::<ErrorCode<'_>>() {
                Ok(Some(error)) => Response::Refused(error, Some(verified)),
                _ => return Response::Violation,
            }
        };
        self.proven = Some(Proven {
            choice: challenge.choice(),
            anonymous: if is_current {
                challenge.user_hash.is_some()
            } else {
                self.proven.is_some_and(|proven| proven.anonymous)
            },
        });
        self.unanswered = 0;
        // §9.2.3.2, and the last paragraph of §9.2.5.
        if self.accepted != Accepted::Rfc5389
            && (verified.algorithm() == IntegrityAlgorithm::SHA256
                || matches!(challenge::list(message), Ok(Some(_))))
        {
            self.sha256 = true;
        }
        response
    }

    /// 401 or 438.
    fn challenged(&mut self, sent: &Sent, message: &Message<'_>) -> Response<'static> {
        let current = match (sent.state, &self.stored) {
            (SentState::ShortTerm(_), _) | (SentState::LongTerm { .. }, None) => {
                return Response::Ignore;
            }
            (SentState::Unsigned, None) => None,
            // The answer to a request that was sent before the stored challenge came.
            (SentState::Unsigned, Some(_)) => return Response::Retry,
            (SentState::LongTerm { challenge, .. }, Some(_)) if challenge != self.challenges => {
                return Response::Retry;
            }
            (SentState::LongTerm { .. }, Some((challenge, _))) => Some(challenge),
        };
        let stale = matches!(message.get::<ErrorCode<'_>>(), Ok(Some(error)) if error.code() == Code::STALE_NONCE);
        let Ok((realm, nonce)) = message.read::<(Option<Realm<'_>>, Option<Nonce<'_>>)>() else {
            return Response::Violation;
        };
        let (list, features) = match self.accepted {
            Accepted::Rfc5389 => (None, SecurityFeatures::NONE),
            Accepted::Offered | Accepted::Sha256 => match challenge::list(message) {
                Ok(list) => (
                    list,
                    nonce
                        .as_ref()
                        .map_or(SecurityFeatures::NONE, challenge::features),
                ),
                Err(_) => return Response::Violation,
            },
        };
        let stored_realm = current.filter(|_| stale).map(Challenge::realm);
        let realm = realm.map(|realm| realm.as_bytes()).or(stored_realm);
        let (Some(realm), Some(nonce)) = (realm, nonce) else {
            return Response::Failed(Failure::Incomplete);
        };
        // The list was removed on the way: the request must not be sent again.
        if features.contains(SecurityFeatures::PASSWORD_ALGORITHMS) && list.is_none() {
            return Response::Violation;
        }
        let anonymous = features.contains(SecurityFeatures::USERNAME_ANONYMITY);
        if let Some(current) = current {
            let other = realm != current.realm() || anonymous != current.user_hash.is_some();
            if !stale && !other {
                return Response::Failed(Failure::WrongCredentials);
            }
            // A 401 refuses the credentials, so its nonce may be the same.
            if stale && nonce.as_bytes() == current.nonce() {
                return Response::Failed(Failure::NonceLoop);
            }
        }
        if self.proven.is_some_and(|proven| proven.anonymous) && !anonymous {
            return Response::Violation;
        }
        if self.unanswered >= MAX_CHALLENGES {
            return Response::Failed(Failure::NonceLoop);
        }
        let (choice, key) = match self.choose(realm, list.map(|(_, list)| list)) {
            Some(chosen) => chosen,
            None => return Response::Failed(Failure::NoAlgorithm),
        };
        let weaker = |proven: Proven| match (proven.choice, choice) {
            (Some(_), None) => true,
            (Some(before), Some((_, now))) => match now.number() {
                MD5 => before != MD5,
                // The strength of other algorithms is not known.
                now => before == SHA256 && now != SHA256,
            },
            (None, _) => false,
        };
        if self.proven.is_some_and(weaker) {
            return Response::Violation;
        }
        let user_hash = if anonymous {
            match self.credentials.user_hash(realm) {
                Some(hash) => Some(hash),
                None => return Response::Failed(Failure::NoUserHash),
            }
        } else {
            None
        };
        let algorithms = match (list, choice) {
            (Some((value, _)), Some((index, choice))) => Some((value, index, choice)),
            _ => None,
        };
        let offer = Offer {
            realm,
            nonce: nonce.as_bytes(),
            algorithms,
            user_hash,
        };
        let challenge = match Challenge::new(&offer) {
            Ok(challenge) => challenge,
            Err(failure) => return Response::Failed(failure),
        };
        let same_key = current.is_some_and(|current| {
            current.realm() == realm
                && current.choice() == choice.map(|(_, choice)| choice.number())
        });
        if !same_key {
            self.keys = self.keys.wrapping_add(1);
        }
        self.challenges = self.challenges.wrapping_add(1);
        self.unanswered = self.unanswered.saturating_add(1);
        self.stored = Some((challenge, key));
        Response::Retry
    }

    /// The first algorithm of the list that the credentials have a key for, with its index, and the key.
    /// Without a list, MD5.
    fn choose<'a>(
        &self,
        realm: &[u8],
        list: Option<PasswordAlgorithms<'a>>,
    ) -> Option<(Option<Choice<'a>>, C::Key)> {
        let accepted = |algorithm: &PasswordAlgorithm<'_>| {
            self.accepted != Accepted::Sha256 || algorithm.number() == SHA256
        };
        match list {
            None => {
                let md5 = Some(PasswordAlgorithm::MD5).filter(accepted)?;
                Some((None, self.credentials.key(md5, realm)?))
            }
            Some(list) => list.iter().enumerate().find_map(|(index, algorithm)| {
                let algorithm = Some(algorithm).filter(accepted)?;
                let key = self.credentials.key(algorithm, realm)?;
                Some((Some((index, algorithm)), key))
            }),
        }
    }
}

/// An entry of PASSWORD-ALGORITHMS, with its index.
type Choice<'a> = (usize, PasswordAlgorithm<'a>);

/// The long-term mechanism protects requests only (§9.2).
fn sent<B: Buffer + ?Sized>(
    writer: &MessageWriter<'_, B>,
    state: SentState,
) -> Result<Sent, EncodeError> {
    let header = writer.header();
    if header.is_request() {
        Ok(Sent::new(header, state))
    } else {
        Err(EncodeError::NotARequest)
    }
}

/// The numbers of [`PasswordAlgorithm::MD5`] and [`PasswordAlgorithm::SHA256`].
const MD5: u16 = 1;
const SHA256: u16 = 2;

/// Keys and passwords are not printed.
impl<C: ClientCredentials, const N: usize> fmt::Debug for LongTermClient<C, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongTermClient")
            .field(
                "username",
                &format_args!("{}", Quoted(self.credentials.username())),
            )
            .field("is_challenged", &self.stored.is_some())
            .finish_non_exhaustive()
    }
}
