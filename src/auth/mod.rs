//! Authentication by the mechanisms of RFC 8489 §9, for servers and clients. It does no I/O and has no clock
//! and no random number generator.
//!
//! | | server | client |
//! |---|---|---|
//! | long-term credentials, as in TURN ([§9.2](https://www.rfc-editor.org/rfc/rfc8489#section-9.2)) | [`LongTermServer`], [`NonceMint`] | [`LongTermClient`] |
//! | short-term credentials, as in ICE ([§9.1](https://www.rfc-editor.org/rfc/rfc8489#section-9.1)) | [`ShortTermServer`] | [`ShortTermClient`] |
//! | redirection ([§10](https://www.rfc-editor.org/rfc/rfc8489#section-10)) | [`reply::try_alternate`](crate::reply::try_alternate) | [`Redirects`] |
//! | time-limited credentials of a web service | `rest::key` | `rest::credentials`, feature `alloc` |
//! | OAuth tokens (RFC 7635) | `oauth::TokenKey`, feature `oauth` | [`AccessToken`](crate::attribute::AccessToken) |
//!
//! A server checks a request in two steps. The application looks up the key between them, which can be
//! asynchronous. The result is either the authenticated request with its key, which signs the reply, or the
//! error response to send. A client signs requests and evaluates responses. Keys can be any
//! [`HmacKey`](crate::HmacKey), so only [`Key`](crate::Key) needs the feature `crypto`.
//!
//! [`docs::conformance::authentication`](crate::docs::conformance::authentication) names the test of every
//! clause.

mod algorithm;
mod authenticated;
mod challenge;
mod client;
mod client_credentials;
mod mint;
#[cfg(feature = "oauth")]
pub mod oauth;
#[cfg(feature = "precis")]
pub mod prepare;
mod redirect;
mod reply;
mod response;
pub mod rest;
mod server;
mod short_term;
mod time;

pub use self::algorithm::{AlgorithmError, choose_algorithm, password_algorithm};
pub use self::authenticated::{Authenticated, Check, UserId};
pub use self::client::LongTermClient;
pub use self::client_credentials::ClientCredentials;
pub use self::mint::{MintedNonce, NonceMint, NonceStatus};
pub use self::redirect::{Redirect, Redirects};
pub use self::reply::{AuthReply, Rejected};
pub use self::response::{Failure, Response, Sent};
pub use self::server::{Claim, LongTermServer};
pub use self::short_term::{ShortTermClaim, ShortTermClient, ShortTermServer};
pub use self::time::UnixTime;
