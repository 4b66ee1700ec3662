//! The authentication mechanisms of RFC 8489 §9.

mod mint;
pub mod nonce;
#[cfg(feature = "precis")]
pub mod prepare;
mod time;

pub use self::mint::{MintedNonce, NonceMint, NonceStatus};
pub use self::time::UnixTime;
