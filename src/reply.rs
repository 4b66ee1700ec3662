//! The replies that every server gives, whole.
//!
//! None adds a SOFTWARE that nobody asked for. Asked of an indication or a response each is
//! [`EncodeError::NotARequest`].
//!
//! # How much larger than the request
//!
//! A server answers these before it knows whether the sender's address is real, so who forges one
//! gets the reply sent to somebody else. In bytes, with the default phrases:
//!
//! | reply | to the smallest request that gets it | ratio |
//! |---|---|---|
//! | [`bad_request`] 40 | 20, a header alone | 2.0 |
//! | [`unknown_attributes`] 56 | 24, one attribute | 2.3 |
//! | the same, 84 with all of [`MAX_UNKNOWN`] | 84, sixteen attributes | 1.0 |
//! | [`unauthenticated`] and [`stale_nonce`] 52 and realm and nonce, each padded | 20 | 2.6 and more |
//! | the same with two algorithms offered, 12 more | 20 | 3.2 and more |
//!
//! A slice holds the reply at its start, as long as the reply's header says.
//!
//! Keep realm and nonce short, and the rate of replies to an unknown address low.

use crate::attribute::SecurityFeatures;
use crate::attribute::{
    AlternateDomain, AlternateServer, AttributeType, Code, Nonce, PasswordAlgorithm,
    PasswordAlgorithms, Realm, UnknownAttributes,
};
use crate::buffer::Buffer;
use crate::dialect::FingerprintRule;
use crate::error::EncodeError;
use crate::header::Header;
use crate::integrity::{HmacKey, Verified};
use crate::writer::MessageWriter;

/// 400 to a request that cannot be read, from its header alone, unsigned
/// ([RFC 8489 §6.3.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.3.1)).
///
/// # Errors
/// When `request` is none, or the reply does not fit.
pub fn bad_request<B: Buffer + ?Sized>(
    buffer: &mut B,
    request: impl Into<Header>,
) -> Result<(), EncodeError> {
    MessageWriter::error_to(buffer, request, Code::BAD_REQUEST)?.finish()?;
    Ok(())
}

/// 401 with the realm and a nonce, unsigned, to a request without credentials or with wrong ones
/// ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)). To offer password
/// algorithms: [`Challenge`].
///
/// # Errors
/// When `request` is none, a text is too long, or the reply does not fit.
pub fn unauthenticated<B, R, N>(
    buffer: &mut B,
    request: impl Into<Header>,
    realm: &R,
    nonce: &N,
) -> Result<(), EncodeError>
where
    B: Buffer + ?Sized,
    R: AsRef<[u8]> + ?Sized,
    N: AsRef<[u8]> + ?Sized,
{
    Challenge::new(realm, nonce)?.unauthenticated(buffer, request)
}

/// 438 with the realm and a new nonce, unsigned, to a request whose nonce is no longer good
/// ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)). To offer password
/// algorithms: [`Challenge`].
///
/// # Errors
/// When `request` is none, a text is too long, or the reply does not fit.
pub fn stale_nonce<B, R, N>(
    buffer: &mut B,
    request: impl Into<Header>,
    realm: &R,
    nonce: &N,
) -> Result<(), EncodeError>
where
    B: Buffer + ?Sized,
    R: AsRef<[u8]> + ?Sized,
    N: AsRef<[u8]> + ?Sized,
{
    Challenge::new(realm, nonce)?.stale_nonce(buffer, request)
}

/// What a server asks of a client that has not shown its credentials: realm, nonce and, if it offers
/// any, password algorithms
/// ([RFC 8489 §9.2.4](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.4)).
///
/// ```
/// use stunwire::attribute::PasswordAlgorithm;
/// use stunwire::reply::Challenge;
/// use stunwire::{EncodeError, Header, Method, SecurityFeatures, TransactionId};
///
/// # let id = TransactionId::new(*b"not a secret");
/// let request = Header::request(Method::ALLOCATE, id);
/// let mut nonce = SecurityFeatures::PASSWORD_ALGORITHMS.cookie().to_vec();
/// nonce.extend_from_slice(b"what makes it fresh");
/// let mut reply = Vec::new();
/// Challenge::new("example.org", &nonce)?
///     .offer(&[PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5])?
///     .unauthenticated(&mut reply, request)?;
/// # Ok::<(), EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Challenge<'a> {
    realm: Realm<'a>,
    nonce: Nonce<'a>,
    algorithms: &'a [PasswordAlgorithm<'a>],
}

impl<'a> Challenge<'a> {
    /// A challenge that offers no password algorithms, as before RFC 8489.
    ///
    /// # Errors
    /// When a text is too long.
    pub fn new<R, N>(realm: &'a R, nonce: &'a N) -> Result<Self, EncodeError>
    where
        R: AsRef<[u8]> + ?Sized,
        N: AsRef<[u8]> + ?Sized,
    {
        Ok(Self {
            realm: Realm::new(realm)?,
            nonce: Nonce::new(nonce)?,
            algorithms: &[],
        })
    }

    /// The same with PASSWORD-ALGORITHMS.
    ///
    /// # Errors
    /// When the nonce does not say so
    /// ([`SecurityFeatures::PASSWORD_ALGORITHMS`]): a client could then not notice that somebody took
    /// the list away.
    pub fn offer(self, algorithms: &'a [PasswordAlgorithm<'a>]) -> Result<Self, EncodeError> {
        match SecurityFeatures::of(&self.nonce) {
            Some(features) if features.contains(SecurityFeatures::PASSWORD_ALGORITHMS) => {
                Ok(Self { algorithms, ..self })
            }
            _ => Err(EncodeError::NonceWithoutFeature),
        }
    }

    /// Writes a 401.
    ///
    /// # Errors
    /// When `request` is none, or the reply does not fit.
    pub fn unauthenticated<B: Buffer + ?Sized>(
        &self,
        buffer: &mut B,
        request: impl Into<Header>,
    ) -> Result<(), EncodeError> {
        self.write(buffer, request, Code::UNAUTHENTICATED)
    }

    /// Writes a 438.
    ///
    /// # Errors
    /// When `request` is none, or the reply does not fit.
    pub fn stale_nonce<B: Buffer + ?Sized>(
        &self,
        buffer: &mut B,
        request: impl Into<Header>,
    ) -> Result<(), EncodeError> {
        self.write(buffer, request, Code::STALE_NONCE)
    }

    fn write<B: Buffer + ?Sized>(
        &self,
        buffer: &mut B,
        request: impl Into<Header>,
        code: Code,
    ) -> Result<(), EncodeError> {
        let mut reply = MessageWriter::error_to(buffer, request, code)?;
        reply.attribute(&self.realm)?.attribute(&self.nonce)?;
        if !self.algorithms.is_empty() {
            reply.attribute(&PasswordAlgorithms::of(self.algorithms))?;
        }
        reply.finish()?;
        Ok(())
    }
}

/// How many types a 420 lists at most. A request can name thousands in 4 bytes each, and a reply that
/// goes to an address which nobody has checked must not serve to flood it.
pub const MAX_UNKNOWN: usize = 16;

/// 420 with the list of what the caller does not understand, each type once, at most
/// [`MAX_UNKNOWN`] and no more than the request can have, unsigned
/// ([RFC 8489 §6.3.1](https://www.rfc-editor.org/rfc/rfc8489#section-6.3.1)).
///
/// # Errors
/// When `request` is none, or the reply does not fit.
pub fn unknown_attributes<B, I>(
    buffer: &mut B,
    request: impl Into<Header>,
    unknown: I,
) -> Result<(), EncodeError>
where
    B: Buffer + ?Sized,
    I: IntoIterator<Item = AttributeType>,
{
    unknown_list(buffer, request.into(), unknown)?.finish()?;
    Ok(())
}

/// The same, signed as the request was: what a server answers that has checked the credentials first,
/// as [RFC 8489 §6.3](https://www.rfc-editor.org/rfc/rfc8489#section-6.3) has it.
///
/// # Errors
/// When `request` is none, or the reply does not fit.
pub fn unknown_attributes_signed<B, K, I>(
    buffer: &mut B,
    request: &Verified<'_>,
    key: &K,
    unknown: I,
) -> Result<(), EncodeError>
where
    B: Buffer + ?Sized,
    K: HmacKey + ?Sized,
    I: IntoIterator<Item = AttributeType>,
{
    let reply = unknown_list(buffer, request.header(), unknown)?;
    reply.integrity_like(request, key)?.finish()?;
    Ok(())
}

/// A 420 with its list.
fn unknown_list<B: Buffer + ?Sized>(
    buffer: &mut B,
    request: Header,
    unknown: impl IntoIterator<Item = AttributeType>,
) -> Result<MessageWriter<'_, B>, EncodeError> {
    let mut listed = [AttributeType::new(0); MAX_UNKNOWN];
    let mut count = 0_usize;
    // An attribute takes 4 bytes, so a request has no more of them than this.
    let most = usize::from(request.length() / 4);
    for ty in unknown {
        if count >= most {
            break;
        }
        if listed.iter().take(count).any(|other| *other == ty) {
            continue;
        }
        let Some(slot) = listed.get_mut(count) else {
            break;
        };
        *slot = ty;
        count = count.saturating_add(1);
    }
    let list = UnknownAttributes::from_types(listed.into_iter().take(count));
    let mut reply = MessageWriter::error_to(buffer, request, Code::UNKNOWN_ATTRIBUTE)?;
    reply.attribute(&list)?;
    Ok(reply)
}

/// 487 to an ICE check whose sender takes itself for what this agent is, signed, with FINGERPRINT
/// ([RFC 8445 §7.3.1.1](https://www.rfc-editor.org/rfc/rfc8445#section-7.3.1.1)).
///
/// # Errors
/// When `request` is none, the reply does not fit, or the dialect has no FINGERPRINT.
pub fn role_conflict<B: Buffer + ?Sized, K: HmacKey + ?Sized>(
    buffer: &mut B,
    request: &Verified<'_>,
    key: &K,
) -> Result<(), EncodeError> {
    MessageWriter::error_to(buffer, request, Code::ROLE_CONFLICT)?
        .integrity_like(request, key)?
        .fingerprint()?
        .finish()?;
    Ok(())
}

/// 300 with the server to ask instead and, for TLS, the name that its certificate has; signed, since a
/// client that believes an unsigned one goes where an attacker likes
/// ([RFC 8489 §10](https://www.rfc-editor.org/rfc/rfc8489#section-10)).
///
/// # Errors
/// When `request` is none, or the reply does not fit.
pub fn try_alternate<B: Buffer + ?Sized, K: HmacKey + ?Sized>(
    buffer: &mut B,
    request: &Verified<'_>,
    key: &K,
    server: AlternateServer,
    domain: Option<AlternateDomain<'_>>,
) -> Result<(), EncodeError> {
    let mut reply = MessageWriter::error_to(buffer, request, Code::TRY_ALTERNATE)?;
    reply.attribute(&server)?;
    if let Some(domain) = domain {
        reply.attribute(&domain)?;
    }
    let reply = reply.integrity_like(request, key)?;
    // Where the tag has counted a FINGERPRINT, there must be one.
    if request.header().dialect().rules().fingerprint == FingerprintRule::Required {
        reply.fingerprint()?.finish()?;
    } else {
        reply.finish()?;
    }
    Ok(())
}
