//! The reply to a request that a server does not accept.

use core::fmt;
use core::net::SocketAddr;

use super::mint::MintedNonce;
use super::time::UnixTime;
use crate::attribute::{
    Code, EncodeAttribute, PasswordAlgorithm, PasswordAlgorithms, Realm, SecurityFeatures,
    ThirdPartyAuthorization,
};
use crate::buffer::Buffer;
use crate::error::EncodeError;
use crate::header::Header;
use crate::message::Message;
use crate::writer::MessageWriter;

/// The part of a long-term server that challenges need, whatever its type parameters are.
pub(super) trait Challenger: Sync {
    fn realm(&self) -> &[u8];
    fn offered(&self) -> &'static [PasswordAlgorithm<'static>];
    fn features(&self) -> SecurityFeatures;
    fn third_party(&self) -> Option<&[u8]>;
    fn mint(&self, now: UnixTime, client: SocketAddr) -> Result<MintedNonce, EncodeError>;
}

/// The result for a message that a server does not accept.
///
/// ```
/// use stunwire::auth::Rejected;
/// use stunwire::EncodeError;
///
/// fn answer(rejected: Rejected<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
///     match rejected {
///         Rejected::Reply(reply) => reply.write(out).map(drop),
///         Rejected::Ignore => Ok(()),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub enum Rejected<'s> {
    /// Answer the request with this error response.
    Reply(AuthReply<'s>),
    /// The message is not for this check, and must not be answered: a response, or
    /// - with [`LongTermServer`](super::LongTermServer), an indication, or a request in a dialect without
    ///   MESSAGE-INTEGRITY-SHA256 (MS-TURN, RFC 3489),
    /// - with [`ShortTermServer`](super::ShortTermServer), an indication that is not authenticated.
    Ignore,
}

impl<'s> Rejected<'s> {
    /// 400, 401 or 438, unsigned: a request that failed the check has no key to sign the reply with.
    pub(super) fn plain(message: &Message<'_>, code: Code) -> Self {
        if message.is_request() {
            Self::Reply(AuthReply {
                header: message.header(),
                code,
                fingerprint: message.protection().has_fingerprint(),
                challenge: None,
            })
        } else {
            Self::Ignore
        }
    }

    /// 401 or 438 with REALM, a new NONCE and the password algorithms that the server offers.
    pub(super) fn challenge(
        message: &Message<'_>,
        code: Code,
        server: &'s (dyn Challenger + 's),
        now: UnixTime,
        client: SocketAddr,
    ) -> Self {
        Self::Reply(AuthReply {
            header: message.header(),
            code,
            fingerprint: message.protection().has_fingerprint(),
            challenge: Some((server, server.mint(now, client))),
        })
    }
}

/// The error response to a request that is not authenticated: 400 (Bad Request), 401 (Unauthenticated) or 438
/// (Stale Nonce), with all attributes that it must carry.
///
/// A 401 or 438 of a [`LongTermServer`](super::LongTermServer) carries REALM, NONCE and, if the server offers
/// algorithms, PASSWORD-ALGORITHMS. If the server accepts tokens, a 401 also carries
/// THIRD-PARTY-AUTHORIZATION. FINGERPRINT is appended if the request has it. The reply borrows from the
/// server, not from the request.
///
/// ```
/// use stunwire::attribute::Software;
/// use stunwire::auth::AuthReply;
/// use stunwire::{Code, EncodeError};
///
/// fn answer(reply: &AuthReply<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
///     if reply.code() == Code::STALE_NONCE {
///         reply.write(out)?;
///     } else {
///         reply.write_with(out, &[&Software::new("example")?])?;
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone, Copy)]
#[must_use = "a reply is sent only after `write`"]
pub struct AuthReply<'s> {
    header: Header,
    code: Code,
    fingerprint: bool,
    challenge: Option<(&'s (dyn Challenger + 's), Result<MintedNonce, EncodeError>)>,
}

impl AuthReply<'_> {
    /// The error code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// Writes the response and returns its bytes.
    ///
    /// # Errors
    /// If the buffer is too small, or the secret of the [`NonceMint`](super::NonceMint) returned no HMAC.
    pub fn write<'o, B: Buffer + ?Sized>(
        &self,
        out: &'o mut B,
    ) -> Result<&'o mut [u8], EncodeError> {
        self.write_with(out, &[])
    }

    /// Writes the response with more attributes, such as SOFTWARE, and returns its bytes.
    ///
    /// # Errors
    /// For the reasons given in [`write`](Self::write), or if the dialect has no such attribute or the attribute is
    /// reserved for the writer.
    pub fn write_with<'o, B: Buffer + ?Sized>(
        &self,
        out: &'o mut B,
        extra: &[&dyn EncodeAttribute],
    ) -> Result<&'o mut [u8], EncodeError> {
        // An error from the provider comes before anything is written.
        let challenge = match self.challenge {
            Some((server, nonce)) => Some((server, nonce?)),
            None => None,
        };
        let mut reply = MessageWriter::error_to(out, self.header, self.code)?;
        if let Some((server, nonce)) = challenge {
            reply
                .attribute(&Realm::new(server.realm())?)?
                .attribute(&nonce)?;
            if !server.offered().is_empty() {
                reply.attribute(&PasswordAlgorithms::of(server.offered()))?;
            }
            // RFC 7635 §4: only 401 asks for a token.
            if let (Some(name), Code::UNAUTHENTICATED) = (server.third_party(), self.code) {
                reply.attribute(&ThirdPartyAuthorization::new(name)?)?;
            }
        }
        let reply = reply.with_all(extra)?;
        if self.fingerprint {
            reply.fingerprint()?.finish()
        } else {
            reply.finish()
        }
    }
}

impl fmt::Debug for AuthReply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthReply")
            .field("header", &self.header)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}
