//! MESSAGE-INTEGRITY: keys, the HMAC, and verification.

mod algorithm;
mod coverage;
mod credentials;
mod goog_ping;
mod hmac;
#[cfg(feature = "crypto")]
mod key;
#[cfg(feature = "crypto")]
mod key_bytes;
mod policy;
mod protection;
#[cfg(feature = "crypto")]
mod state;
#[cfg(all(test, feature = "crypto"))]
mod tests;
mod verified;
mod verify;

pub use self::algorithm::IntegrityAlgorithm;
pub(crate) use self::coverage::{Coverage, length_with_tag};
pub use self::credentials::Credentials;
pub use self::goog_ping::VerifiedGoogPing;
pub use self::hmac::{HmacAlgorithm, HmacFn, HmacKey, HmacTag};
#[cfg(feature = "crypto")]
pub use self::key::Key;
#[cfg(feature = "crypto")]
pub use self::key_bytes::KeyBytes;
pub use self::policy::Policy;
pub use self::protection::Protection;
pub use self::verified::Verified;
pub use self::verify::IntegrityCheck;
