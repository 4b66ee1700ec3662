//! Usernames, realms and passwords made comparable before they are hashed (feature `precis`).
//!
//! RFC 8489 asks for OpaqueString, RFC 5389 asked for SASLprep. Printable ASCII needs neither: both
//! leave it as it is. Without this feature [`Key`](crate::Key) takes the bytes it is given, so a text
//! outside ASCII that the other side prepares gives another key.

use alloc::borrow::Cow;

use precis_profiles::OpaqueString;
use precis_profiles::precis_core::profile::PrecisFastInvocation as _;

/// The text has a character that the profile does not allow, or nothing is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text has a character that its profile does not allow, or is empty")]
#[non_exhaustive]
pub struct PrepareError;

/// Username, realm or password by OpaqueString
/// ([RFC 8265 §4.2](https://www.rfc-editor.org/rfc/rfc8265#section-4.2), as
/// [RFC 8489 §9.1.1](https://www.rfc-editor.org/rfc/rfc8489#section-9.1.1) wants).
///
/// # Errors
/// When a character is not allowed, or the text is empty.
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

/// Username, realm or password by SASLprep ([RFC 4013](https://www.rfc-editor.org/rfc/rfc4013)), for
/// peers of RFC 5389.
///
/// # Errors
/// When a character is not allowed.
///
/// ```
/// use stunwire::prepare;
///
/// // The password of RFC 5769 §2.4.
/// let password = prepare::saslprep("The\u{AD}M\u{AA}tr\u{2168}")?;
/// assert_eq!(password, "TheMatrIX");
/// # Ok::<(), prepare::PrepareError>(())
/// ```
pub fn saslprep(text: &str) -> Result<Cow<'_, str>, PrepareError> {
    stringprep::saslprep(text).map_err(|_| PrepareError)
}
