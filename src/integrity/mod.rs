//! MESSAGE-INTEGRITY: keys, the HMAC, and verification.

mod algorithm;
mod coverage;
mod hmac;
#[cfg(feature = "crypto")]
mod key;
mod policy;
mod protection;
mod verified;
mod verify;

pub use self::algorithm::IntegrityAlgorithm;
pub(crate) use self::coverage::{Coverage, length_with_tag};
pub use self::hmac::{HmacAlgorithm, HmacFn, HmacKey, HmacTag};
#[cfg(feature = "crypto")]
pub use self::key::Key;
pub use self::policy::Policy;
pub use self::protection::Protection;
pub use self::verified::Verified;
