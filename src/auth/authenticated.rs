//! A request that was authenticated, with the key of its sender.

use core::fmt;
use core::ops::Deref;

use super::reply::{AuthReply, Rejected};
use crate::attribute::{
    Attribute as _, AttributeType, Nonce, PasswordAlgorithm, Realm, UserHash, Username,
};
use crate::format::Quoted;
use crate::header::Header;
use crate::integrity::{HmacKey, Protection, Verified};
use crate::message::Attributes;
use crate::reply::{ReplyTo, Request};

/// The user of a request, as a name or as a hash.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum UserId<'a> {
    /// USERNAME, without trailing NULs.
    Name(&'a [u8]),
    /// USERHASH: SHA-256 of `username:realm`
    /// ([RFC 8489 §14.4](https://www.rfc-editor.org/rfc/rfc8489#section-14.4)).
    Hash(UserHash),
}

impl UserId<'_> {
    /// Whether this is the user with the name `username` in `realm`.
    ///
    /// ```
    /// use stunwire::attribute::UserHash;
    /// use stunwire::auth::UserId;
    ///
    /// assert!(UserId::Name(b"alice").is("alice", "example.org"));
    /// let hash = UserHash::of("alice", "example.org");
    /// assert!(UserId::Hash(hash).is("alice", "example.org"));
    /// assert!(!UserId::Hash(hash).is("bob", "example.org"));
    /// ```
    #[cfg(feature = "crypto")]
    #[must_use]
    pub fn is<U, R>(&self, username: &U, realm: &R) -> bool
    where
        U: AsRef<[u8]> + ?Sized,
        R: AsRef<[u8]> + ?Sized,
    {
        match self {
            Self::Name(name) => *name == username.as_ref(),
            Self::Hash(hash) => hash.is(username, realm),
        }
    }
}

/// The name in quotes and escaped, or the hash in hexadecimal.
///
/// ```
/// use stunwire::auth::UserId;
///
/// assert_eq!(UserId::Name(b"alice").to_string(), "\"alice\"");
/// ```
impl fmt::Display for UserId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => Quoted(name).fmt(f),
            Self::Hash(hash) => hash.fmt(f),
        }
    }
}

impl fmt::Debug for UserId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "Name({})", Quoted(name)),
            Self::Hash(hash) => write!(f, "Hash({hash})"),
        }
    }
}

/// An authenticated request, with the key that signs its reply.
///
/// It dereferences to [`Verified`], which exposes only the attributes that the tag covers. To answer it, pass
/// a reference to it to [`MessageWriter::success_to`](crate::MessageWriter::success_to) and
/// [`finish_like`](crate::MessageWriter::finish_like), or to the functions of [`reply`](crate::reply).
///
/// ```
/// use stunwire::attribute::Lifetime;
/// use stunwire::auth::Authenticated;
/// use stunwire::{Code, Error, Key, MessageWriter, reply::Reply};
///
/// /// Answers a Refresh of the allocation of this user.
/// fn refresh(request: &Authenticated<'_, Key>, user: &str, out: &mut Vec<u8>) -> Result<(), Error> {
///     if !request.user().is(user, "example.org") {
///         Reply::new(request, Code::WRONG_CREDENTIALS).write(out)?;
///         return Ok(());
///     }
///     // Of `Verified`.
///     let lifetime = request.get::<Lifetime>()?.unwrap_or(Lifetime(600));
///     MessageWriter::success_to(out, request)?.with(&lifetime)?.finish_like(request)?;
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Authenticated<'a, K> {
    verified: Verified<'a>,
    user: UserId<'a>,
    key: K,
    mechanism: Mechanism,
}

/// The credential mechanism, which determines the integrity attribute of the reply.
#[derive(Clone, Copy)]
pub(super) enum Mechanism {
    ShortTerm,
    LongTerm,
}

impl<'a, K> Authenticated<'a, K> {
    pub(super) const fn new(
        verified: Verified<'a>,
        user: UserId<'a>,
        key: K,
        mechanism: Mechanism,
    ) -> Self {
        Self {
            verified,
            user,
            key,
            mechanism,
        }
    }

    /// The authenticated user. A TURN server compares it with the user of the allocation, and answers 441
    /// (Wrong Credentials) to a request other than Allocate if they differ
    /// ([RFC 8656 §5](https://www.rfc-editor.org/rfc/rfc8656#section-5)).
    #[must_use]
    pub const fn user(&self) -> UserId<'a> {
        self.user
    }

    /// The key that the look-up returned.
    #[must_use]
    pub const fn key(&self) -> &K {
        &self.key
    }

    /// A copy of the verified message, which is a view of the packet.
    #[must_use]
    pub const fn verified(&self) -> Verified<'a> {
        self.verified
    }

    /// Returns the key and drops the request.
    #[must_use]
    pub fn into_key(self) -> K {
        self.key
    }
}

impl<'a, K> Deref for Authenticated<'a, K> {
    type Target = Verified<'a>;

    fn deref(&self) -> &Verified<'a> {
        &self.verified
    }
}

/// Signs the reply with the key of the request and the algorithm that RFC 8489 prescribes.
impl<'k, K: HmacKey> From<&'k Authenticated<'_, K>> for ReplyTo<'k> {
    fn from(request: &'k Authenticated<'_, K>) -> Self {
        let verified = &request.verified;
        let protection = match request.mechanism {
            // RFC 8489 §9.1.3. A NONCE in the request means nothing.
            Mechanism::ShortTerm => Protection::NONE
                .with_integrity(verified.algorithm())
                .with_fingerprint(verified.protection().has_fingerprint()),
            Mechanism::LongTerm => verified.reply_protection(),
        };
        Self::new(verified.header(), protection, &request.key)
    }
}

impl<'k, K: HmacKey> Request<'k> for &'k Authenticated<'_, K> {
    fn attributes(&self) -> Attributes<'_> {
        self.verified.attributes()
    }

    /// Those of the authentication, in the dialect of the request.
    fn is_processed(&self, ty: AttributeType) -> bool {
        let dialect = self.verified.header().dialect();
        let types = [
            Username::type_in(dialect),
            UserHash::type_in(dialect),
            Realm::type_in(dialect),
            Nonce::type_in(dialect),
            PasswordAlgorithm::type_in(dialect),
        ];
        types.contains(&Some(ty))
    }
}

impl<K> From<&Authenticated<'_, K>> for Header {
    fn from(request: &Authenticated<'_, K>) -> Self {
        request.verified.header()
    }
}

/// The key is not printed.
impl<K> fmt::Debug for Authenticated<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticated")
            .field("verified", &self.verified)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// The result of [`LongTermServer::check`](super::LongTermServer::check) and
/// [`ShortTermServer::check`](super::ShortTermServer::check).
///
/// ```
/// use stunwire::auth::{Authenticated, Check};
/// use stunwire::{EncodeError, Key};
///
/// /// The authenticated request, or nothing after its error response was written.
/// fn accepted<'a>(
///     check: Check<'a, '_, Key>,
///     out: &mut Vec<u8>,
/// ) -> Result<Option<Authenticated<'a, Key>>, EncodeError> {
///     match check {
///         Check::Verified(request) => Ok(Some(request)),
///         Check::Reply(reply) => reply.write(out).map(|_| None),
///         Check::Ignore => Ok(None),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub enum Check<'a, 's, K> {
    /// The request is authenticated.
    Verified(Authenticated<'a, K>),
    /// Answer the request with this error response.
    Reply(AuthReply<'s>),
    /// Not a request for this check, and not to be answered: see [`Rejected::Ignore`]. A TURN server handles
    /// indications itself and discards the rest.
    Ignore,
}

impl<'a, 's, K> From<Result<Authenticated<'a, K>, Rejected<'s>>> for Check<'a, 's, K> {
    fn from(result: Result<Authenticated<'a, K>, Rejected<'s>>) -> Self {
        match result {
            Ok(request) => Self::Verified(request),
            Err(Rejected::Reply(reply)) => Self::Reply(reply),
            Err(Rejected::Ignore) => Self::Ignore,
        }
    }
}

#[cfg(all(test, feature = "crypto", feature = "alloc"))]
mod tests {
    use super::*;
    use crate::auth::{Claim, LongTermClient, Response};
    use crate::integrity::Credentials;

    #[test]
    fn small() {
        assert!(size_of::<Rejected<'_>>() < 128);
        assert!(size_of::<AuthReply<'_>>() < 128);
        assert!(size_of::<Claim<'_, '_>>() <= 256);
    }

    #[test]
    fn usable_from_threads() {
        fn send<T: Send + Sync>() {}
        send::<Claim<'_, '_>>();
        send::<Rejected<'_>>();
        send::<Authenticated<'_, alloc::sync::Arc<crate::Key>>>();
        send::<LongTermClient<Credentials<&str, &str>>>();
        send::<Response<'_>>();
    }
}
