//! MESSAGE-INTEGRITY: keys, the HMAC, and verification.

mod hmac;
mod key;
mod verify;

pub use self::key::Key;
pub(crate) use self::verify::{Coverage, end_of_tag};
pub use self::verify::{IntegrityAlgorithm, Policy, Verified};
