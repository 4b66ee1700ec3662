//! The authentication mechanisms of RFC 8489 §9.

pub mod nonce;
#[cfg(feature = "precis")]
pub mod prepare;
