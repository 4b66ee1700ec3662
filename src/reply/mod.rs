//! Writes complete error responses: 300, 400, 401, 420, 438, 487 and any other code.
//!
//! Each function returns a [`Reply`], which is written with [`Reply::write`]. A reply mirrors its request: it
//! is written in the same dialect, has FINGERPRINT if the request has it, and is signed if the request comes
//! with its key, with the integrity attribute that RFC 8489 prescribes. [`ReplyTo`] lists what a request can
//! be.
//!
//! ```
//! use stunwire::{Key, Message, MessageWriter, Method, TransactionId, reply};
//!
//! let id = TransactionId::new(*b"not a secret");
//! let key = Key::short_term("password");
//! let mut buffer = [0; 64];
//! let request = MessageWriter::request(&mut buffer, Method::BINDING, id)?
//!     .integrity(&key)?
//!     .fingerprint()?
//!     .finish()?;
//! let mut out = Vec::new();
//! let request = Message::parse(request)?;
//! // Not signed: the request was not verified.
//! let packet = reply::bad_request(&request).write(&mut out)?;
//! # let _ = packet;
//!
//! // Signed with the key of the verified request.
//! let verified = request.verify(&key)?;
//! let packet = reply::role_conflict((&verified, &key)).write(&mut out)?;
//! assert!(Message::parse(packet)?.verify(&key).is_ok());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Size and amplification
//!
//! A server sends unsigned replies before it knows whether the sender's address is real, so an attacker that
//! forges the address can direct them at a victim. A reply consists of
//!
//! - 20 bytes, and 8 for MAGIC-COOKIE in MS-TURN,
//! - ERROR-CODE: 8 bytes and the reason phrase,
//! - for 401 and 438: REALM and NONCE, 4 bytes and the text each; PASSWORD-ALGORITHMS, 4 bytes and 4 for
//!   each algorithm,
//! - for 420: UNKNOWN-ATTRIBUTES, 4 bytes and 2 for each type,
//! - FINGERPRINT if the request has it: 8 bytes.
//!
//! Each attribute is padded to a multiple of 4 bytes if the dialect requires it. The table has the lengths of
//! the replies in bytes, with the default reason phrases, and their ratio to the smallest request that causes
//! them:
//!
//! | reply | RFC 8489 | MS-TURN | smallest request | ratio in RFC 8489 |
//! |---|---|---|---|---|
//! | [`bad_request`] | 40 | 47 | 20, a header alone | 2.0 |
//! | [`unknown_attributes`], one type | 56 | 59 | 24, one attribute | 2.3 |
//! | [`unknown_attributes`], [`MAX_UNKNOWN`] types | 84 | 89 | 84, 16 attributes | 1.0 |
//! | [`Challenge::unauthenticated`] with empty REALM and NONCE | 52 | 59 | 20 | 2.6 |
//! | [`Challenge::unauthenticated`] with empty REALM and NONCE and two algorithms | 64 | – | 20 | 3.2 |
//! | 401 of [`LongTermServer`](crate::auth::LongTermServer), realm of 11 bytes, two algorithms | 120 | – | 20 | 6.0 |
//!
//! The nonces of [`NonceMint`](crate::auth::NonceMint) are 41 bytes long. Keep REALM short, and limit the rate of
//! replies to an address that has not been authenticated.

mod challenge;
mod request;

pub use self::challenge::Challenge;
pub use self::request::{ReplyTo, Request};

use crate::attribute::{
    AlternateDomain, AlternateServer, AttributeType, Code, EncodeAttribute, ErrorCode,
    UnknownAttributes,
};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::integrity::{HmacKey, Verified};
use crate::writer::MessageWriter;

/// An error response to be written by [`write`](Self::write).
///
/// It borrows the key and the texts from which it was created, but not the request.
#[derive(Clone, Copy, Debug)]
#[must_use = "a reply is sent only after `write`"]
pub struct Reply<'k> {
    to: ReplyTo<'k>,
    error: ErrorCode<'k>,
    content: Content<'k>,
}

/// The attributes after ERROR-CODE.
#[derive(Clone, Copy, Debug)]
enum Content<'k> {
    Nothing,
    Challenge(Challenge<'k>),
    Unknown(UnknownTypes),
    Alternate(AlternateServer, Option<AlternateDomain<'k>>),
}

impl<'k> Reply<'k> {
    /// Creates an error response with any code, for example one that has no function in this module.
    ///
    /// ```
    /// use stunwire::reply::Reply;
    /// use stunwire::{Code, ErrorCode, Header, Message, Method, TransactionId};
    ///
    /// let request = Header::request(Method::ALLOCATE, TransactionId::new(*b"not a secret"));
    /// let mut out = Vec::new();
    /// let packet = Reply::new(request, Code::ALLOCATION_QUOTA_REACHED).write(&mut out)?;
    /// let error = Message::parse(packet)?.get::<ErrorCode>()?;
    /// assert_eq!(error.map(|error| error.to_string()), Some("486 Allocation Quota Reached".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(to: impl Into<ReplyTo<'k>>, error: impl Into<ErrorCode<'k>>) -> Self {
        Self {
            to: to.into(),
            error: error.into(),
            content: Content::Nothing,
        }
    }

    /// The error code of the response.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.error.code()
    }

    /// The request that this response answers.
    #[must_use]
    pub const fn to(&self) -> ReplyTo<'k> {
        self.to
    }

    /// Writes the response and returns its bytes.
    ///
    /// # Errors
    /// If the message that is answered is not a request, the buffer is too small, the key returns no HMAC, or the
    /// dialect has no such error code or attribute.
    pub fn write<'b, B: Buffer + ?Sized>(
        &self,
        buffer: &'b mut B,
    ) -> Result<&'b mut [u8], EncodeError> {
        self.write_with(buffer, &[])
    }

    /// Writes the response with more attributes, such as SOFTWARE or a second ALTERNATE-SERVER, and
    /// returns its bytes.
    ///
    /// ```
    /// use stunwire::attribute::Software;
    /// use stunwire::{Header, Method, TransactionId, reply};
    ///
    /// let request = Header::request(Method::BINDING, TransactionId::new(*b"not a secret"));
    /// let mut buffer = [0; 64];
    /// let packet = reply::bad_request(request).write_with(&mut buffer, &[&Software::new("example")?])?;
    /// assert_eq!(packet.len(), 40 + 12);
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    ///
    /// # Errors
    /// For the reasons given in [`write`](Self::write), or if an attribute is reserved for the writer.
    pub fn write_with<'b, B: Buffer + ?Sized>(
        &self,
        buffer: &'b mut B,
        attributes: &[&dyn EncodeAttribute],
    ) -> Result<&'b mut [u8], EncodeError> {
        let mut reply = MessageWriter::error_to(buffer, self.to, self.error)?;
        match &self.content {
            Content::Nothing => {}
            Content::Challenge(challenge) => challenge.append(&mut reply)?,
            Content::Unknown(types) => {
                reply.attribute(&UnknownAttributes::from_types(types.iter()))?;
            }
            Content::Alternate(server, domain) => {
                reply.attribute(server)?;
                if let Some(domain) = domain {
                    reply.attribute(domain)?;
                }
            }
        }
        reply.with_all(attributes)?.finish_like(self.to)
    }
}

/// Creates a 400 (Bad Request) for a malformed request
/// ([RFC 8489 §6.3.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.3.1)).
///
/// ```
/// use stunwire::attribute::RequestedTransport;
/// use stunwire::{EncodeError, Message, reply};
///
/// fn transport(request: &Message<'_>, out: &mut Vec<u8>) -> Result<Option<RequestedTransport>, EncodeError> {
///     match request.read::<(RequestedTransport,)>() {
///         Ok((transport,)) => Ok(Some(transport)),
///         Err(_) => reply::bad_request(request).write(out).map(|_| None),
///     }
/// }
/// ```
pub fn bad_request<'k>(to: impl Into<ReplyTo<'k>>) -> Reply<'k> {
    Reply::new(to, Code::BAD_REQUEST)
}

/// Creates a 401 (Unauthenticated) for a request with wrong short-term credentials, without REALM and NONCE
/// ([RFC 8489 §9.1.3](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.3)).
///
/// For long-term credentials use [`Challenge`].
///
/// ```
/// use stunwire::{EncodeError, Key, Message, Verified, reply};
///
/// fn verified<'a>(
///     check: &Message<'a>,
///     key: &Key,
///     out: &mut Vec<u8>,
/// ) -> Result<Option<Verified<'a>>, EncodeError> {
///     match check.verify(key) {
///         Ok(verified) => Ok(Some(verified)),
///         Err(_) => reply::unauthenticated(check).write(out).map(|_| None),
///     }
/// }
/// ```
pub fn unauthenticated<'k>(to: impl Into<ReplyTo<'k>>) -> Reply<'k> {
    Reply::new(to, Code::UNAUTHENTICATED)
}

/// Creates a 487 (Role Conflict) for an ICE connectivity check whose sender has the role of this agent
/// ([RFC 8445 §7.3.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-7.3.1.1)).
///
/// ```
/// use stunwire::{EncodeError, Key, Verified, reply};
///
/// fn keep_role(check: &Verified<'_>, key: &Key, out: &mut Vec<u8>) -> Result<(), EncodeError> {
///     reply::role_conflict((check, key)).write(out)?;
///     Ok(())
/// }
/// ```
pub fn role_conflict<'k>(to: impl Into<ReplyTo<'k>>) -> Reply<'k> {
    Reply::new(to, Code::ROLE_CONFLICT)
}

/// Creates a 420 (Unknown Attribute) if the request has comprehension-required attributes that are not in
/// `known`, and returns `None` otherwise
/// ([RFC 8489 §6.3.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.3.1)).
///
/// Each type is listed once, at most [`MAX_UNKNOWN`] of them. The integrity attributes are always known. Of a request
/// that is [`Authenticated`](crate::auth::Authenticated) so are USERNAME, USERHASH, REALM, NONCE and
/// PASSWORD-ALGORITHM, if its dialect has them; of another signed request `known` must include them. A server that
/// accepts ACCESS-TOKEN always includes it.
///
/// ```
/// use stunwire::attribute::{AttributeType, UnknownAttributes};
/// use stunwire::{Message, reply};
///
/// const KNOWN: &[AttributeType] = &[AttributeType::USERNAME, AttributeType::PRIORITY];
///
/// let request = b"\x00\x01\x00\x04\x21\x12\xa4\x42abcdefghijkl\x7f\xff\x00\x00";
/// let mut out = Vec::new();
/// let request = Message::parse(request)?;
/// if let Some(reply) = reply::unknown_attributes(&request, KNOWN) {
///     let packet = reply.write(&mut out)?;
///     let list = Message::parse(packet)?.get::<UnknownAttributes>()?;
///     assert!(list.is_some_and(|list| list.iter().eq([AttributeType::new(0x7fff)])));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn unknown_attributes<'k>(
    request: impl Request<'k>,
    known: &[AttributeType],
) -> Option<Reply<'k>> {
    let unknown = request
        .attributes()
        .unknown_required(|ty| known.contains(&ty) || request.is_processed(ty));
    let types = UnknownTypes::new(unknown);
    (types.count > 0).then(|| Reply {
        to: request.into(),
        error: Code::UNKNOWN_ATTRIBUTE.into(),
        content: Content::Unknown(types),
    })
}

/// The largest number of types that [`unknown_attributes`] lists: 16.
///
/// A request can have thousands of unknown types. The limit prevents an attacker from directing long replies
/// at a forged address. The reply to an authenticated request may have a longer list:
///
/// ```
/// use stunwire::attribute::UnknownAttributes;
/// use stunwire::{Code, EncodeError, Key, MessageWriter, Verified};
///
/// fn unknown_attributes<'b>(
///     request: &Verified<'_>,
///     key: &Key,
///     out: &'b mut Vec<u8>,
/// ) -> Result<&'b mut [u8], EncodeError> {
///     let unknown = request.unknown_required(|_| false);
///     MessageWriter::error_to(out, request, Code::UNKNOWN_ATTRIBUTE)?
///         .with(&UnknownAttributes::from_types(unknown))?
///         .finish_like((request, key))
/// }
/// ```
pub const MAX_UNKNOWN: usize = 16;

/// The types that a 420 lists, each once.
#[derive(Clone, Copy, Debug)]
struct UnknownTypes {
    types: [AttributeType; MAX_UNKNOWN],
    count: usize,
}

impl UnknownTypes {
    fn new(unknown: impl Iterator<Item = AttributeType>) -> Self {
        let mut list = Self {
            types: [AttributeType::new(0); MAX_UNKNOWN],
            count: 0,
        };
        for ty in unknown {
            if list.iter().any(|other| other == ty) {
                continue;
            }
            let Some(slot) = list.types.get_mut(list.count) else {
                break;
            };
            *slot = ty;
            list.count = list.count.saturating_add(1);
        }
        list
    }

    fn iter(&self) -> impl Iterator<Item = AttributeType> + Clone + '_ {
        self.types.iter().take(self.count).copied()
    }
}

/// Creates a 300 (Try Alternate) with the server to use instead and, for TLS, the name in its certificate
/// ([RFC 8489 §10](https://www.rfc-editor.org/rfc/rfc8489#section-10)).
///
/// The response is signed, because with an unsigned one an attacker could redirect the client. Returns `None`
/// if the request has neither USERNAME nor USERHASH: a 300 must not be sent then, and the RFC suggests a 400
/// ([§14.8](https://www.rfc-editor.org/rfc/rfc8489#section-14.8)). `server` must be of the address family
/// from which the request came; add a second ALTERNATE-SERVER of the other family with [`Reply::write_with`].
///
/// ```
/// use stunwire::attribute::{AlternateDomain, AlternateServer};
/// use stunwire::{EncodeError, Key, Verified, reply};
///
/// fn redirect(request: &Verified<'_>, key: &Key, out: &mut Vec<u8>) -> Result<(), EncodeError> {
///     let server = AlternateServer(([192, 0, 2, 7], 3478).into());
///     let domain = AlternateDomain::new("turn2.example.org")?;
///     if let Some(reply) = reply::try_alternate(request, key, server, Some(domain)) {
///         reply.write(out)?;
///     }
///     Ok(())
/// }
/// ```
pub fn try_alternate<'k, K: HmacKey>(
    request: &Verified<'_>,
    key: &'k K,
    server: AlternateServer,
    domain: Option<AlternateDomain<'k>>,
) -> Option<Reply<'k>> {
    let dialect = request.header().dialect();
    let names_user = request.attributes().any(|attribute| {
        let ty = attribute.ty();
        ty == AttributeType::USERNAME
            || (ty == AttributeType::USERHASH && dialect.rules().sha256_attribute)
    });
    names_user.then(|| Reply {
        to: (request, key).into(),
        error: Code::TRY_ALTERNATE.into(),
        content: Content::Alternate(server, domain),
    })
}
