//! The evaluation of a response by the client that sent the request.

use core::fmt;

use crate::attribute::ErrorCode;
use crate::code_point::{Class, Method};
use crate::header::Header;
use crate::integrity::Verified;
use crate::message::Message;
use crate::transaction_id::TransactionId;

/// The result of evaluating a response with a [`LongTermClient`](super::LongTermClient) or a
/// [`ShortTermClient`](super::ShortTermClient).
///
/// ```
/// use stunwire::auth::Response;
///
/// /// What a client does next.
/// fn next_step(response: &Response<'_>) -> &'static str {
///     match response {
///         Response::Verified(_) => "read the attributes",
///         Response::Retry => "sign the request again with a new transaction id, and send it",
///         Response::Refused(..) | Response::Failed(_) => "give up",
///         Response::Unauthenticated => "give up, and release what the server has allocated",
///         Response::Violation => "over UDP go on waiting, over TCP give up",
///         Response::Ignore => "go on waiting",
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub enum Response<'a> {
    /// A verified success response.
    Verified(Verified<'a>),
    /// The server has sent a challenge, which the client has stored: write the request again with a new
    /// transaction id, sign it and send it. Four challenges in succession are answered; a fifth without a verified
    /// response before it is [`Failure::NonceLoop`].
    Retry,
    /// An error response. It is authenticated if there is a [`Verified`], which is absent if the request was sent
    /// without credentials, because the server then has no key with which to sign the response.
    ///
    /// A 300 (Try Alternate) is always authenticated: pass its [`Verified`] to
    /// [`Redirects::follow`](super::Redirects::follow).
    Refused(ErrorCode<'a>, Option<Verified<'a>>),
    /// A success response to a request that was sent without credentials: the server requires none, and the
    /// response is not authenticated.
    ///
    /// A client that accepts this reads the attributes from the [`Message`]. Any other client gives up. If the
    /// request was an Allocate, the server has made an allocation: a Refresh with a LIFETIME of 0, also without
    /// credentials, releases it.
    Unauthenticated,
    /// The response is not trustworthy: its tag is missing or invalid, or it would weaken the authentication.
    /// Over UDP and DTLS, discard it, continue to wait, and report an integrity violation instead of a
    /// timeout if no other response arrives. Over TCP and TLS, end the transaction at once and report the
    /// violation ([RFC 8489 §9.2.5](https://www.rfc-editor.org/rfc/rfc8489#section-9.2.5)).
    ///
    /// Some servers do not sign every error response: see [`docs::interop`](crate::docs::interop). To show the
    /// probable reason, keep the error code of the last violation, `message.get::<ErrorCode>()`, and report it with
    /// the violation. It is not authenticated, so make no other use of it.
    Violation,
    /// The request cannot succeed with these credentials: do not retry it.
    Failed(Failure),
    /// The message is not a response to this request, or is a response that must be ignored, such as an
    /// unsigned 400 (Bad Request). Continue to wait.
    Ignore,
}

/// The reason why a request cannot succeed with the credentials of the client.
///
/// ```
/// use stunwire::auth::{Failure, Response};
///
/// /// Whether to ask for the password again.
/// fn is_wrong_password(response: &Response<'_>) -> bool {
///     matches!(response, Response::Failed(Failure::WrongCredentials))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The server answered 401 (Unauthenticated) to a request that was signed with these credentials.
    #[error("the server refuses the user name or the password")]
    WrongCredentials,
    /// The challenge lacks REALM or NONCE.
    #[error("the challenge has no REALM or no NONCE")]
    Incomplete,
    /// The client has no key for any of the algorithms that the server offers.
    #[error("the server offers no password algorithm that the client accepts")]
    NoAlgorithm,
    /// The server asks for USERHASH, and the credentials have none.
    #[error("the server asks for USERHASH and the credentials have none")]
    NoUserHash,
    /// REALM, NONCE and PASSWORD-ALGORITHMS are longer than the client can store.
    #[error("the challenge has {length} bytes and the client stores {max}")]
    TooLong {
        /// Length of the three values in bytes.
        length: u32,
        /// Bytes that the client can store.
        max: u32,
    },
    /// The server answered 438 (Stale Nonce) with the same nonce that it refused, or sent more than four
    /// challenges in succession without a verified response between them.
    #[error("the server refuses the nonces that it has issued")]
    NonceLoop,
}

/// Identifies a request that was sent, so that its response can be recognized.
///
/// It is returned by `sign` of [`LongTermClient`](super::LongTermClient) and
/// [`ShortTermClient`](super::ShortTermClient). Store it with the transaction.
///
/// ```
/// use std::collections::HashMap;
/// use stunwire::auth::Sent;
/// use stunwire::{Message, TransactionId};
///
/// /// The requests that wait for a response.
/// struct Pending(HashMap<TransactionId, Sent>);
///
/// impl Pending {
///     fn answered_by(&self, message: &Message<'_>) -> Option<&Sent> {
///         let sent = self.0.get(&message.transaction_id())?;
///         sent.is_answered_by(message).then_some(sent)
///     }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    pub(super) transaction_id: TransactionId,
    pub(super) method: Method,
    pub(super) state: SentState,
}

/// The credentials with which a request was sent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SentState {
    /// No credentials.
    Unsigned,
    /// Long-term credentials for the challenge with this number and the key with this number.
    LongTerm { challenge: u32, key: u32 },
    /// Short-term credentials with these tags.
    ShortTerm(Tags),
}

/// The integrity attributes of a request with short-term credentials.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tags {
    Both,
    Sha1,
    Sha256,
}

impl Sent {
    pub(super) fn new(header: Header, state: SentState) -> Self {
        Self {
            transaction_id: header.transaction_id(),
            method: header.method(),
            state,
        }
    }

    /// The transaction id of the request.
    #[must_use]
    pub const fn transaction_id(&self) -> TransactionId {
        self.transaction_id
    }

    /// The method of the request.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Whether the message is a response with the transaction id and the method of the request
    /// ([RFC 8489 §6.3](https://www.rfc-editor.org/rfc/rfc8489#section-6.3)).
    #[must_use]
    pub fn is_answered_by(&self, message: &Message<'_>) -> bool {
        matches!(
            message.class(),
            Class::SuccessResponse | Class::ErrorResponse
        ) && message.transaction_id() == self.transaction_id
            && message.method() == self.method
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent")
            .field("transaction_id", &self.transaction_id)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}
