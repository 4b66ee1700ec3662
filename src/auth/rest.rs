//! Time-limited credentials that a web service creates and a TURN server checks without a table of users: the
//! "TURN REST API".
//!
//! The username is the time at which the credentials expire, a colon and a name that only the web service
//! uses. The password is the HMAC-SHA1 of the username under a secret that the web service and the TURN
//! server share, in base64. Clients use them as long-term credentials. Browsers request them from the web
//! service; coturn calls the mechanism `use-auth-secret`.
//!
//! The mechanism is described in draft-uberti-behave-turn-rest-00, which did not become an RFC.

use core::fmt;

use base64ct::{Base64, Encoding};

use super::time::UnixTime;
use crate::error::EncodeError;
#[cfg(any(feature = "alloc", feature = "crypto"))]
use crate::integrity::Credentials;
use crate::integrity::{HmacAlgorithm, HmacKey};

/// Creates the username of time-limited credentials, without allocation.
///
/// ```
/// use stunwire::auth::{UnixTime, rest};
///
/// let username = rest::username(UnixTime::from_secs(1_700_000_000), "alice");
/// assert_eq!(username.to_string(), "1700000000:alice");
/// ```
#[must_use]
pub const fn username(expires: UnixTime, user: &str) -> RestUsername<'_> {
    RestUsername { expires, user }
}

/// The username of time-limited credentials, created by [`username`]. `Display` prints it.
///
/// ```
/// use stunwire::auth::{UnixTime, rest};
///
/// let username = rest::username(UnixTime::from_secs(1_800_000_000), "alice");
/// assert_eq!(username.to_string(), "1800000000:alice");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestUsername<'u> {
    expires: UnixTime,
    user: &'u str,
}

/// Prints `expires:user`, or the time alone if the name is empty.
impl fmt::Display for RestUsername<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.user.is_empty() {
            write!(f, "{}", self.expires)
        } else {
            write!(f, "{}:{}", self.expires, self.user)
        }
    }
}

/// Returns the time at which the credentials with this username expire: the number before the first colon or,
/// if there is no colon, the whole username. Returns `None` if that is not a number.
///
/// ```
/// use stunwire::auth::{UnixTime, rest};
///
/// assert_eq!(rest::expires("1700000000:alice"), Some(UnixTime::from_secs(1_700_000_000)));
/// assert_eq!(rest::expires("alice"), None);
/// ```
#[must_use]
pub fn expires<U: AsRef<[u8]> + ?Sized>(username: &U) -> Option<UnixTime> {
    let digits = username.as_ref().split(|byte| *byte == b':').next()?;
    if digits.is_empty() {
        return None;
    }
    let mut secs = 0_u64;
    for byte in digits {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        secs = secs.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    Some(UnixTime::from_secs(secs))
}

/// Computes the password for a username, without allocation.
///
/// ```
/// use stunwire::Key;
/// use stunwire::auth::rest;
///
/// let secret = Key::from_bytes(b"north");
/// let password = rest::password(&secret, "1433895918:ninefingers")?;
/// assert_eq!(password.as_str(), "jy8hTxmOO7UtEKXqSkSlvakPVYA=");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// If `secret` returns no HMAC-SHA1.
pub fn password<S, U>(secret: &S, username: &U) -> Result<RestPassword, EncodeError>
where
    S: HmacKey + ?Sized,
    U: AsRef<[u8]> + ?Sized,
{
    let username = username.as_ref();
    let segments = [username];
    let hmac = secret.hmac(
        HmacAlgorithm::Sha1,
        if username.is_empty() { &[] } else { &segments },
    );
    let mut password = RestPassword([0; 28]);
    let coded = match hmac.as_bytes() {
        Some(hmac) if hmac.len() == 20 => Base64::encode(hmac, &mut password.0).is_ok(),
        _ => false,
    };
    if coded {
        Ok(password)
    } else {
        Err(EncodeError::HmacLength {
            found: 0,
            expected: 20,
        })
    }
}

/// The password of time-limited credentials, 28 characters, computed by [`password`].
///
/// `Debug` does not print it, and it is wiped when dropped.
///
/// ```
/// use stunwire::Key;
/// use stunwire::auth::rest;
///
/// let secret = Key::from_bytes(b"the secret of web service and TURN server");
/// let password = rest::password(&secret, "1800000000:alice")?;
/// assert_eq!(password.as_str().len(), 28);
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone)]
pub struct RestPassword([u8; 28]);

impl RestPassword {
    /// The password.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match core::str::from_utf8(&self.0) {
            Ok(text) => text,
            Err(_) => {
                debug_assert!(false, "base64 is ASCII");
                ""
            }
        }
    }
}

impl AsRef<[u8]> for RestPassword {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for RestPassword {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

impl fmt::Debug for RestPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RestPassword(..)")
    }
}

/// Computes the key of a user with time-limited credentials, for the key look-up of a server.
///
/// `username` is the text in USERNAME: the time of expiry, a colon and a name, such as `1800000000:alice`, or the time
/// alone. Returns `None` if the username does not begin with a time, the time is not after `now`, the algorithm is
/// neither MD5 nor SHA-256, or the secret returns no HMAC. The server then answers 401, as for an unknown user.
///
/// ```
/// use stunwire::Key;
/// use stunwire::auth::{Claim, UnixTime, UserId, rest};
///
/// /// The key look-up of a server.
/// fn key(claim: &Claim<'_, '_>, secret: &Key, now: UnixTime) -> Option<Key> {
///     match claim.user() {
///         UserId::Name(name) => rest::key(secret, name, claim.realm(), claim.algorithm(), now),
///         // The name cannot be found from its hash: do not offer username anonymity.
///         UserId::Hash(_) => None,
///     }
/// }
/// ```
#[cfg(feature = "crypto")]
#[must_use]
pub fn key<S, U, R>(
    secret: &S,
    username: &U,
    realm: &R,
    algorithm: crate::attribute::PasswordAlgorithm<'_>,
    now: UnixTime,
) -> Option<crate::Key>
where
    S: HmacKey + ?Sized,
    U: AsRef<[u8]> + ?Sized,
    R: AsRef<[u8]> + ?Sized,
{
    if expires(username)? <= now {
        return None;
    }
    let password = password(secret, username).ok()?;
    crate::Key::long_term_by(algorithm, &Credentials { username, password }, realm)
}

/// Creates time-limited credentials, for a web service that issues them.
///
/// ```
/// use stunwire::Key;
/// use stunwire::auth::{UnixTime, rest};
///
/// let secret = Key::from_bytes(b"shared with the TURN server");
/// let credentials = rest::credentials(&secret, "alice", UnixTime::from_secs(1_700_000_000))?;
/// assert_eq!(credentials.username, "1700000000:alice");
/// let json = format!(r#"{{"username":"{}","password":"{}"}}"#, credentials.username, credentials.password.as_str());
/// # let _ = json;
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// # Errors
/// If `secret` returns no HMAC-SHA1.
#[cfg(feature = "alloc")]
pub fn credentials<S: HmacKey + ?Sized>(
    secret: &S,
    user: &str,
    expires: UnixTime,
) -> Result<Credentials<alloc::string::String, RestPassword>, EncodeError> {
    let username = alloc::format!("{}", username(expires, user));
    let password = password(secret, &username)?;
    Ok(Credentials { username, password })
}

#[cfg(all(test, feature = "crypto"))]
mod tests {
    use super::*;
    use crate::Key;
    use crate::attribute::PasswordAlgorithm;
    use crate::integrity::{HmacFn, HmacTag};
    use std::string::ToString;

    // Computed by Python's hmac and base64.
    #[test]
    fn passwords() {
        for (secret, username, expected) in [
            (
                "north",
                "1433895918:ninefingers",
                "jy8hTxmOO7UtEKXqSkSlvakPVYA=",
            ),
            ("secret", "1700000000:alice", "d8soP47RbdIKLDUOpnJPVQyq5Ts="),
        ] {
            let secret = Key::from_bytes(secret.as_bytes());
            assert_eq!(password(&secret, username).unwrap().as_str(), expected);
        }
        assert_eq!(
            std::format!("{:?}", password(&Key::from_bytes(b"s"), "").unwrap()),
            "RestPassword(..)"
        );
    }

    #[test]
    fn times() {
        for (username, expected) in [
            ("1700000000:alice", Some(1_700_000_000)),
            ("1700000000", Some(1_700_000_000)),
            ("1700000000:", Some(1_700_000_000)),
            ("1700000000:a:b", Some(1_700_000_000)),
            ("18446744073709551615:a", Some(u64::MAX)),
            ("18446744073709551616:a", None),
            ("alice:1700000000", None),
            ("-1:alice", None),
            ("+1:alice", None),
            (" 1:alice", None),
            (":alice", None),
            ("", None),
        ] {
            assert_eq!(
                expires(username),
                expected.map(UnixTime::from_secs),
                "{username}"
            );
        }
        let user = |user| username(UnixTime::from_secs(7), user).to_string();
        assert_eq!([user("bob"), user("")], ["7:bob", "7"]);
    }

    #[test]
    fn servers_key() {
        let secret = Key::from_bytes(b"secret");
        let key = |username: &str, now| {
            let now = UnixTime::from_secs(now);
            super::key(&secret, username, "r", PasswordAlgorithm::MD5, now).is_some()
        };
        assert!(key("1700000000:alice", 1_699_999_999));
        assert!(!key("1700000000:alice", 1_700_000_000));
        assert!(!key("alice", 0));
        let other = PasswordAlgorithm::new(3, &[]);
        let now = UnixTime::from_secs(0);
        assert!(super::key(&secret, "1:alice", "r", other, now).is_none());
        let broken = HmacFn::new(|_, _: &[&[u8]]| HmacTag::from([0; 32]));
        assert!(super::key(&broken, "1:alice", "r", PasswordAlgorithm::MD5, now).is_none());
        assert!(password(&broken, "1:alice").is_err());
    }
}
