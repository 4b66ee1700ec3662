//! Prepares usernames, realms and passwords outside ASCII (feature `precis`).
//!
//! RFC 8489 requires OpaqueString, RFC 5389 SASLprep. Both leave printable ASCII unchanged. The constructors
//! of `Key` do not prepare texts: prepare a text outside ASCII first, as the other side does.

use alloc::borrow::Cow;

use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;

/// The error for a text that has a character its profile does not allow, or that is empty.
///
/// ```
/// use stunwire::auth::prepare::{PrepareError, opaque_string};
///
/// // A control character.
/// let error: PrepareError = opaque_string("alice\u{7}").unwrap_err();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text has a character that its profile does not allow, or is empty")]
#[non_exhaustive]
pub struct PrepareError;

/// Prepares a username, realm or password with OpaqueString
/// ([RFC 8265 §4.2](https://www.rfc-editor.org/rfc/rfc8265#section-4.2), as
/// [RFC 8489 §9.1.1](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.1) requires).
///
/// # Errors
/// If a character is not allowed, or the text is empty.
///
/// ```
/// use stunwire::auth::prepare;
/// use stunwire::{Credentials, Key};
///
/// let password = prepare::opaque_string("correct\u{3000}horse")?;
/// assert_eq!(password, "correct horse");
/// let credentials = Credentials { username: "turn", password: &*password };
/// let key = Key::long_term(&credentials, "example.org");
/// # Ok::<(), prepare::PrepareError>(())
/// ```
pub fn opaque_string(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    OpaqueString::enforce(text).map_err(|_| PrepareError)
}

/// Prepares a username, realm or password with SASLprep ([RFC 4013](https://www.rfc-editor.org/rfc/rfc4013)), for
/// peers of RFC 5389.
///
/// # Errors
/// If a character is not allowed.
///
/// ```
/// use stunwire::auth::prepare;
///
/// // The password of RFC 5769 §2.4.
/// let password = prepare::saslprep("The\u{AD}M\u{AA}tr\u{2168}")?;
/// assert_eq!(password, "TheMatrIX");
/// # Ok::<(), prepare::PrepareError>(())
/// ```
pub fn saslprep(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    stringprep::saslprep(text).map_err(|_| PrepareError)
}
