//! The authentication mechanisms of RFC 8489 §9.

mod algorithm;
mod authenticated;
mod challenge;
mod client;
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
pub use self::client::{ClientCredentials, LongTermClient};
pub use self::mint::{MintedNonce, NonceMint, NonceStatus};
pub use self::redirect::{Redirect, Redirects};
pub use self::reply::{AuthReply, Rejected};
pub use self::response::{Failure, Response, Sent};
pub use self::server::{Claim, LongTermServer};
pub use self::short_term::{ShortTermClaim, ShortTermClient, ShortTermServer};
pub use self::time::UnixTime;
