//! The server's side of long-term credentials (RFC 8489 §9.2.4).

use core::fmt;
use core::net::SocketAddr;

use super::algorithm::{AlgorithmError, negotiated};
use super::authenticated::{Authenticated, Check, Mechanism, UserId};
use super::mint::{MintedNonce, NonceMint, NonceStatus};
use super::reply::{Challenger, Rejected};
use super::time::UnixTime;
use crate::attribute::{
    AccessToken, Code, Nonce, PasswordAlgorithm, Realm, SecurityFeatures, UserHash, Username,
};
use crate::code_point::Method;
use crate::error::EncodeError;
use crate::format::Quoted;
use crate::integrity::{HmacKey, IntegrityAlgorithm, Policy};
use crate::message::Message;

/// A server that authenticates requests with long-term credentials
/// ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)).
///
/// It has no table and no clock and does no I/O: the application looks up the keys and passes the time. The
/// check has two steps, so that the look-up between them can be asynchronous:
///
/// 1. [`claim`](Self::claim) performs the checks that need no key, and returns the user that the request
///    claims to be from.
/// 2. [`Claim::verify`] checks the integrity with the key of that user, and then the nonce.
///
/// [`check`](Self::check) performs both. Each step returns the reply to send if the request is not accepted.
///
/// # What the server offers
/// By default it offers SHA-256 and MD5 for deriving keys, in this order, so the application needs the
/// password of a user, or both keys: one by SHA-256, one by MD5. [`offer`](Self::offer) changes that:
///
/// - `&[PasswordAlgorithm::MD5]`: for stored MD5 keys.
/// - `&[PasswordAlgorithm::SHA256]`: only SHA-256. Clients older than RFC 8489 cannot log in, and
///   MESSAGE-INTEGRITY, which is HMAC-SHA1, is refused.
/// - `&[]`: no PASSWORD-ALGORITHMS, as before RFC 8489.
///
/// If the list changes, a client that has stored an older challenge sends the old list. The answer is an
/// unsigned 400 (Bad Request), which the client must ignore
/// ([RFC 8489 §9.2.5](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.5)): its transaction times out, and
/// it must begin again without credentials.
///
/// Example program: [`turn_server`](https://docs.rs/crate/stunwire/latest/source/examples/turn_server/main.rs).
///
/// ```
/// use stunwire::auth::{Check, LongTermServer, NonceMint, UnixTime, UserId};
/// use stunwire::{Code, EncodeError, Key, Message, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = TransactionId::new(*b"not a secret");
/// let secret = Key::from_bytes(b"32 random bytes of the server   ");
/// let server = LongTermServer::new("example.org", NonceMint::new(secret))?;
///
/// let mut packet = [0; 64];
/// let packet = MessageWriter::request(&mut packet, Method::ALLOCATE, id)?.finish()?;
/// let (client, now) = ("192.0.2.1:50000".parse()?, UnixTime::from_secs(1_700_000_000));
/// let message = Message::parse(packet)?;
/// let check = server.check(&message, client, now, |claim| match claim.user() {
///     UserId::Name(b"alice") => claim.derive_key("alice", "password of alice"),
///     _ => None,
/// });
/// let mut out = Vec::new();
/// match check {
///     Check::Verified(request) => { /* … */ }
///     Check::Reply(reply) => {
///         assert_eq!(reply.code(), Code::UNAUTHENTICATED);
///         let packet = reply.write(&mut out)?;
///         // … send it
///     }
///     Check::Ignore => {}
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct LongTermServer<R, S> {
    realm: R,
    nonces: NonceMint<S>,
    offered: &'static [PasswordAlgorithm<'static>],
    username_anonymity: bool,
    third_party: Option<R>,
}

impl<R: AsRef<[u8]>, S: HmacKey> LongTermServer<R, S> {
    /// Creates a server for this realm, usually the provider's domain name.
    ///
    /// # Errors
    /// If the realm is longer than 127 characters.
    pub fn new(realm: R, nonces: NonceMint<S>) -> Result<Self, EncodeError> {
        Realm::new(realm.as_ref())?;
        Ok(Self {
            realm,
            nonces,
            offered: &[PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5],
            username_anonymity: false,
            third_party: None,
        })
    }

    /// Sets the list of password algorithms, the preferred one first: see [above](Self#what-the-server-offers).
    ///
    /// ```
    /// use stunwire::attribute::PasswordAlgorithm;
    /// use stunwire::auth::{LongTermServer, NonceMint};
    /// use stunwire::Key;
    ///
    /// let nonces = NonceMint::new(Key::from_bytes(b"32 random bytes of this server  "));
    /// let server = LongTermServer::new("example.org", nonces)?
    ///     .offer(&[PasswordAlgorithm::SHA256])
    ///     .username_anonymity();
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    #[must_use]
    pub fn offer(self, algorithms: &'static [PasswordAlgorithm<'static>]) -> Self {
        Self {
            offered: algorithms,
            ..self
        }
    }

    /// Enables username anonymity: the nonces ask clients of RFC 8489 to send USERHASH instead of USERNAME, so
    /// the application needs a table of [`UserHash`]es. USERNAME is also accepted, from older clients.
    #[must_use]
    pub fn username_anonymity(self) -> Self {
        Self {
            username_anonymity: true,
            ..self
        }
    }

    /// Enables third-party authorization: a 401 carries THIRD-PARTY-AUTHORIZATION with the name under which
    /// the authorization server knows this server, and [`Claim::access_token`] returns the token of a request
    /// ([RFC 7635 §4](https://www.rfc-editor.org/rfc/rfc7635#section-4)).
    ///
    /// ```
    /// use stunwire::auth::{LongTermServer, NonceMint};
    /// use stunwire::Key;
    ///
    /// let nonces = NonceMint::new(Key::from_bytes(b"32 random bytes of this server  "));
    /// let server = LongTermServer::new("example.org", nonces)?.third_party_authorization("turn.example.org")?;
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// If the name is longer than 763 bytes.
    pub fn third_party_authorization(self, name: R) -> Result<Self, EncodeError> {
        crate::attribute::ThirdPartyAuthorization::new(name.as_ref())?;
        Ok(Self {
            third_party: Some(name),
            ..self
        })
    }

    /// The realm.
    #[must_use]
    pub fn realm(&self) -> &[u8] {
        self.realm.as_ref()
    }

    /// The nonces of the server, to [`rotate`](NonceMint::rotate) their secret.
    pub fn nonces_mut(&mut self) -> &mut NonceMint<S> {
        &mut self.nonces
    }

    /// Checks a request completely: [`claim`](Self::claim), the look-up of the key by `key`, and
    /// [`Claim::verify`].
    ///
    /// `key` returns `None` if there is no such user. Otherwise it returns the key, alone or in a
    /// [pair](crate::HmacKey#impl-HmacKey-for-(K,+T)) with the user's account.
    pub fn check<'a, 's, K: HmacKey>(
        &'s self,
        message: &Message<'a>,
        client: SocketAddr,
        now: UnixTime,
        key: impl FnOnce(&Claim<'a, 's>) -> Option<K>,
    ) -> Check<'a, 's, K>
    where
        R: Sync,
    {
        let checked = self.claim(message, client, now).and_then(|claim| {
            let key = key(&claim);
            claim.verify(key)
        });
        checked.into()
    }

    /// Performs the checks that need no key: the first three steps of
    /// [RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4), and the check of the realm.
    ///
    /// `client` is the address from which the request came.
    ///
    /// # Errors
    /// - [`Rejected::Ignore`] if the message is not a request, or its dialect has no MESSAGE-INTEGRITY-SHA256
    ///   (MS-TURN, RFC 3489).
    /// - 401 (Unauthenticated) with a challenge if it has no integrity attribute, its REALM is not that of
    ///   the server, or it names no password algorithm, which means MD5, and the server does not offer MD5.
    /// - 400 (Bad Request) if it has an integrity attribute and no USERNAME or USERHASH, REALM or NONCE,
    ///   one of them or ACCESS-TOKEN is malformed, or its PASSWORD-ALGORITHMS or PASSWORD-ALGORITHM are not what
    ///   the server offered.
    pub fn claim<'a, 's>(
        &'s self,
        message: &Message<'a>,
        client: SocketAddr,
        now: UnixTime,
    ) -> Result<Claim<'a, 's>, Rejected<'s>>
    where
        R: Sync,
    {
        if !message.is_request() || !message.dialect().rules().sha256_attribute {
            return Err(Rejected::Ignore);
        }
        let unauthenticated =
            || Rejected::challenge(message, Code::UNAUTHENTICATED, self, now, client);
        let bad_request = || Rejected::plain(message, Code::BAD_REQUEST);
        // Step 1.
        if !has_integrity(message) {
            return Err(unauthenticated());
        }
        // Step 2.
        let (name, hash, realm, nonce, token) = message
            .read::<(
                Option<Username<'_>>,
                Option<UserHash>,
                Realm<'_>,
                Nonce<'_>,
                Option<AccessToken<'_>>,
            )>()
            .map_err(|_| bad_request())?;
        let user = match (name, hash) {
            (Some(name), _) => UserId::Name(name.trimmed()),
            (None, Some(hash)) => UserId::Hash(hash),
            (None, None) => return Err(bad_request()),
        };
        // Step 3.
        let algorithm = match negotiated(message, Some(nonce), self.offered) {
            Ok(Some(algorithm)) => algorithm,
            // There is no key of this user by MD5: step 4.
            Ok(None) => return Err(unauthenticated()),
            Err(
                AlgorithmError::OneMissing
                | AlgorithmError::ListChanged
                | AlgorithmError::NotOffered
                | AlgorithmError::Malformed(_)
                | AlgorithmError::ListMissing
                | AlgorithmError::NoneSupported,
            ) => return Err(bad_request()),
        };
        // Step 4: a user of another realm is unknown in this one.
        if realm.trimmed() != self.realm() {
            return Err(unauthenticated());
        }
        Ok(Claim {
            message: *message,
            server: self,
            user,
            algorithm,
            token,
            nonce: self.nonces.status(&nonce, now, client, self.realm()),
            client,
            now,
        })
    }
}

impl<R: AsRef<[u8]> + Sync, S: HmacKey> Challenger for LongTermServer<R, S> {
    fn realm(&self) -> &[u8] {
        self.realm.as_ref()
    }

    fn offered(&self) -> &'static [PasswordAlgorithm<'static>] {
        self.offered
    }

    fn features(&self) -> SecurityFeatures {
        let mut features = SecurityFeatures::NONE;
        if !self.offered.is_empty() {
            features = features.union(SecurityFeatures::PASSWORD_ALGORITHMS);
        }
        if self.username_anonymity {
            features = features.union(SecurityFeatures::USERNAME_ANONYMITY);
        }
        features
    }

    fn third_party(&self) -> Option<&[u8]> {
        self.third_party.as_ref().map(AsRef::as_ref)
    }

    fn mint(&self, now: UnixTime, client: SocketAddr) -> Result<MintedNonce, EncodeError> {
        let features = Challenger::features(self);
        self.nonces.mint(now, client, self.realm.as_ref(), features)
    }
}

/// Secrets are not printed.
impl<R: AsRef<[u8]>, S> fmt::Debug for LongTermServer<R, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LongTermServer")
            .field("realm", &format_args!("{}", Quoted(self.realm.as_ref())))
            .field("offered", &self.offered)
            .field("username_anonymity", &self.username_anonymity)
            .finish_non_exhaustive()
    }
}

/// Whether the message has MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256.
pub(super) fn has_integrity(message: &Message<'_>) -> bool {
    let mut tags = message.protection().integrity();
    tags.any(|algorithm| algorithm != IntegrityAlgorithm::Goog32)
}

/// A request that claims to be from a user, returned by [`LongTermServer::claim`].
///
/// The application looks up the key with it. Nothing in it is authenticated.
///
/// ```
/// use std::collections::HashMap;
/// use stunwire::Key;
/// use stunwire::auth::{Claim, UserId};
///
/// /// The key of the user, for `LongTermServer::check`.
/// fn key(claim: &Claim<'_, '_>, passwords: &HashMap<Vec<u8>, String>) -> Option<Key> {
///     match claim.user() {
///         UserId::Name(name) => claim.derive_key(name, passwords.get(name)?),
///         // With username anonymity: look the hash up in a table of `UserHash`es.
///         UserId::Hash(_) => None,
///     }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Claim<'a, 's> {
    message: Message<'a>,
    server: &'s (dyn Challenger + 's),
    user: UserId<'a>,
    algorithm: PasswordAlgorithm<'static>,
    token: Option<AccessToken<'a>>,
    nonce: NonceStatus,
    client: SocketAddr,
    now: UnixTime,
}

impl<'a, 's> Claim<'a, 's> {
    /// Checks the integrity with the key of the user and then the nonce: the last three steps of RFC 8489
    /// §9.2.4. `key` is `None` if there is no such user or the token is invalid.
    ///
    /// If the server does not offer MD5, only MESSAGE-INTEGRITY-SHA256 is accepted.
    ///
    /// ```
    /// use stunwire::Key;
    /// use stunwire::auth::{Authenticated, Claim, Rejected, UserId};
    ///
    /// /// `password` asks a database for the password of a user.
    /// async fn authenticate<'a, 's>(
    ///     claim: Claim<'a, 's>,
    ///     password: impl AsyncFn(&[u8]) -> Option<String>,
    /// ) -> Result<Authenticated<'a, Key>, Rejected<'s>> {
    ///     let key = match claim.user() {
    ///         UserId::Name(name) => password(name).await.and_then(|password| claim.derive_key(name, &password)),
    ///         UserId::Hash(_) => None,
    ///     };
    ///     claim.verify(key)
    /// }
    /// ```
    ///
    /// # Errors
    /// - 401 (Unauthenticated) with a challenge if `key` is `None` or the tag is not valid under the key.
    /// - 438 (Stale Nonce) with a challenge if the nonce is not valid. In a ConnectionBind, a nonce that was
    ///   created for another port of the same address is valid.
    pub fn verify<K: HmacKey>(self, key: Option<K>) -> Result<Authenticated<'a, K>, Rejected<'s>> {
        let Some(key) = key else {
            return Err(self.reject(Code::UNAUTHENTICATED));
        };
        let offered = self.server.offered();
        let policy = if offered.is_empty() || offered.contains(&PasswordAlgorithm::MD5) {
            Policy::default()
        } else {
            Policy::default().sha256_only()
        };
        let Ok(verified) = self.message.verify_with(&key, &policy) else {
            return Err(self.reject(Code::UNAUTHENTICATED));
        };
        let is_valid = match self.nonce {
            NonceStatus::Valid => true,
            NonceStatus::OtherPort => self.message.method() == Method::CONNECTION_BIND,
            NonceStatus::Expired | NonceStatus::Unknown => false,
        };
        if is_valid {
            Ok(Authenticated::new(
                verified,
                self.user,
                key,
                Mechanism::LongTerm,
            ))
        } else {
            Err(self.stale())
        }
    }

    /// The user that the request claims to be from. With an access token it is the id of the token's key.
    #[must_use]
    pub const fn user(&self) -> UserId<'a> {
        self.user
    }

    /// The realm of the server.
    #[must_use]
    pub fn realm(&self) -> &'s [u8] {
        self.server.realm()
    }

    /// The algorithm by which the user's key is derived from the password.
    #[must_use]
    pub const fn algorithm(&self) -> PasswordAlgorithm<'static> {
        self.algorithm
    }

    /// ACCESS-TOKEN, if the request has one. It contains the key of the request
    /// ([RFC 7635 §6.2](https://www.rfc-editor.org/rfc/rfc7635#section-6.2)).
    #[must_use]
    pub const fn access_token(&self) -> Option<AccessToken<'a>> {
        self.token
    }

    /// The method of the request.
    #[must_use]
    pub fn method(&self) -> Method {
        self.message.method()
    }

    /// The address from which the request came.
    #[must_use]
    pub const fn client(&self) -> SocketAddr {
        self.client
    }

    /// The status of the nonce.
    ///
    /// [RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4) requires that the nonce is checked
    /// last, so wrong credentials get a 401 even if the nonce is invalid, too. A server under attack can deviate from
    /// this order and answer an invalid nonce with [`stale`](Self::stale) before it looks up a key.
    pub const fn nonce_status(&self) -> NonceStatus {
        self.nonce
    }

    /// Returns the reply 438 (Stale Nonce).
    pub fn stale(self) -> Rejected<'s> {
        self.reject(Code::STALE_NONCE)
    }

    /// Derives the key of a user with this name and password by the algorithm of the request. Returns `None`
    /// if the algorithm is neither MD5 nor SHA-256.
    #[cfg(feature = "crypto")]
    #[must_use]
    pub fn derive_key<U, P>(&self, username: &U, password: &P) -> Option<crate::Key>
    where
        U: AsRef<[u8]> + ?Sized,
        P: AsRef<[u8]> + ?Sized,
    {
        let credentials = crate::Credentials { username, password };
        crate::Key::long_term_by(self.algorithm, &credentials, self.realm())
    }

    fn reject(&self, code: Code) -> Rejected<'s> {
        Rejected::challenge(&self.message, code, self.server, self.now, self.client)
    }
}

impl fmt::Debug for Claim<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("message", &self.message)
            .field("user", &self.user)
            .field("algorithm", &self.algorithm)
            .field("nonce", &self.nonce)
            .finish_non_exhaustive()
    }
}
