//! Attributes that hold text. On the wire they are bytes, and peers send bytes that are not UTF-8,
//! so `as_bytes` always works and `as_str` may not.

use super::shape::put_slice;
use crate::code_point::AttributeType;
use crate::error::{EncodeError, Unit};
use crate::num::saturating_u32;

/// Returns `text` if it has at most `max_bytes` bytes and `max_chars` characters. In a text that is not
/// UTF-8 every byte counts as a character.
#[inline(always)]
pub(crate) fn check(
    text: &[u8],
    attribute: AttributeType,
    max_bytes: u16,
    max_chars: u16,
) -> Result<&[u8], EncodeError> {
    // No text has more characters than bytes.
    if text.len() <= usize::from(max_bytes.min(max_chars)) {
        Ok(text)
    } else {
        check_long(text, attribute, max_bytes, max_chars)
    }
}

#[cold]
fn check_long(
    text: &[u8],
    attribute: AttributeType,
    max_bytes: u16,
    max_chars: u16,
) -> Result<&[u8], EncodeError> {
    let chars = core::str::from_utf8(text).map_or(text.len(), |text| text.chars().count());
    let (length, max, unit) = if text.len() > usize::from(max_bytes) {
        (text.len(), max_bytes, Unit::Bytes)
    } else if chars > usize::from(max_chars) {
        (chars, max_chars, Unit::Characters)
    } else {
        return Ok(text);
    };
    Err(EncodeError::ValueTooLong {
        attribute,
        length: saturating_u32(length),
        max,
        unit,
    })
}

/// Bytes with limits, made to be read as text.
macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $bytes:literal, $chars:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name<'a>(&'a [u8]);

        impl<'a> $name<'a> {
            #[doc = concat!(
                "A text of at most ", $bytes, " bytes and, if it is UTF-8, ", $chars,
                " characters. The bytes are taken as they are."
            )]
            ///
            /// # Errors
            /// When it is longer.
            #[inline]
            pub fn new<T: AsRef<[u8]> + ?Sized>(text: &'a T) -> Result<Self, $crate::EncodeError> {
                let ty = <Self as $crate::attribute::Attribute>::TYPE;
                $crate::attribute::text::check(text.as_ref(), ty, $bytes, $chars).map(Self)
            }

            /// The bytes, as they stand on the wire.
            #[must_use]
            pub const fn as_bytes(&self) -> &'a [u8] {
                self.0
            }

            /// The bytes as text.
            ///
            /// # Errors
            /// If they are not UTF-8.
            pub fn as_str(&self) -> Result<&'a str, $crate::TextError> {
                let ty = <Self as $crate::attribute::Attribute>::TYPE;
                $crate::error::TextError::check(self.0, ty)
            }

            /// The bytes without the NULs at their end: old peers count padding inside the length.
            #[must_use]
            pub fn trimmed(&self) -> &'a [u8] {
                $crate::format::trim_nuls(self.0)
            }
        }

        reads!($name<'a>, |value, context| Ok(Self(value)));
        writes!($name<'_>, as $name<'_>, |this, context| this.0.len(), |out| {
            $crate::attribute::shape::put_slice(out, this.0);
        });

        impl AsRef<[u8]> for $name<'_> {
            fn as_ref(&self) -> &[u8] {
                self.0
            }
        }

        /// In quotes; what is not printable is escaped.
        impl core::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::format::Quoted(self.0), f)
            }
        }
    };
}

text! {
    /// USERNAME: who asks
    /// ([RFC 8489 §14.3](https://www.rfc-editor.org/rfc/rfc8489#section-14.3)). UTF-8 by the RFC,
    /// bytes of any kind in MS-TURN.
    Username, 508, 508
}

text! {
    /// REALM: what the credentials are for
    /// ([RFC 8489 §14.9](https://www.rfc-editor.org/rfc/rfc8489#section-14.9)), without the quotes
    /// that Microsoft's servers make part of it.
    Realm, 509, 127
}

text! {
    /// NONCE: the server's, to be sent back
    /// ([RFC 8489 §14.10](https://www.rfc-editor.org/rfc/rfc8489#section-14.10)). MS-TURN's is
    /// binary.
    Nonce, 509, 127
}

text! {
    /// SOFTWARE: who made the sender
    /// ([RFC 8489 §14.14](https://www.rfc-editor.org/rfc/rfc8489#section-14.14)). For people, not
    /// for decisions.
    Software, 509, 127
}

text! {
    /// ALTERNATE-DOMAIN: the name to expect in the certificate of the server that ALTERNATE-SERVER
    /// names ([RFC 8489 §14.16](https://www.rfc-editor.org/rfc/rfc8489#section-14.16)).
    AlternateDomain, 255, 255
}

text! {
    /// THIRD-PARTY-AUTHORIZATION: the name under which the authorization server knows this server
    /// ([RFC 7635 §6.1](https://www.rfc-editor.org/rfc/rfc7635#section-6.1)).
    ThirdPartyAuthorization, 763, 763
}

text! {
    /// ORIGIN: the page that asks, for servers of several realms (draft-ietf-tram-stun-origin; coturn
    /// reads it).
    Origin, 508, 508
}

text! {
    /// TURN-LOGGING-ID: to find a client's requests in the server's log. Of libwebrtc, not registered.
    TurnLoggingId, 508, 508
}

impl<'a> Username<'a> {
    /// The USERNAME of an ICE check: `remote:local`, each the fragment of that side
    /// ([RFC 8445 §7.2.2](https://www.rfc-editor.org/rfc/rfc8445#section-7.2.2)). Joined while it is
    /// written, without an allocation. Fragments have at most 256 characters
    /// ([RFC 8839 §5.4](https://www.rfc-editor.org/rfc/rfc8839#section-5.4)); their lengths are not
    /// checked.
    #[must_use]
    pub fn joined<R, L>(remote: &'a R, local: &'a L) -> JoinedUsername<'a>
    where
        R: AsRef<[u8]> + ?Sized,
        L: AsRef<[u8]> + ?Sized,
    {
        JoinedUsername {
            remote: remote.as_ref(),
            colon: b":",
            local: local.as_ref(),
        }
    }

    /// The USERNAME of a check in Google's ICE before RFC 5245: both fragments and nothing between
    /// them. To read one, strip the fragment that is known.
    #[must_use]
    pub fn concatenated<R, L>(remote: &'a R, local: &'a L) -> JoinedUsername<'a>
    where
        R: AsRef<[u8]> + ?Sized,
        L: AsRef<[u8]> + ?Sized,
    {
        JoinedUsername {
            remote: remote.as_ref(),
            colon: b"",
            local: local.as_ref(),
        }
    }

    /// The two fragments of an ICE check's USERNAME, as its receiver names them: its own and that of
    /// the sender. `None` without a colon. NULs at the end, which \[MS-ICE2\] counts in the length,
    /// are no part of them.
    #[must_use]
    pub fn fragments(&self) -> Option<(&'a [u8], &'a [u8])> {
        let text = self.trimmed();
        let colon = text.iter().position(|byte| *byte == b':')?;
        let (own, rest) = text.split_at_checked(colon)?;
        Some((own, rest.strip_prefix(b":")?))
    }
}

/// A [`Username`] of two fragments: [`Username::joined`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JoinedUsername<'a> {
    remote: &'a [u8],
    colon: &'static [u8],
    local: &'a [u8],
}

writes!(JoinedUsername<'_>, as Username<'_>,
    |this, context| {
        let front = this.remote.len().saturating_add(this.colon.len());
        front.saturating_add(this.local.len())
    },
    |out| {
        let out = put_slice(out, this.remote);
        let out = put_slice(out, this.colon);
        put_slice(out, this.local);
    }
);
