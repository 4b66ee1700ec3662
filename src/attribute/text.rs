//! Attributes that hold text.
//!
//! On the wire they are bytes, and some peers send bytes that are not UTF-8: `as_bytes` works for every
//! value, `as_str` for UTF-8 only.

use super::AttributeType;
use super::shape::{Encode, put_all, put_slice};
use crate::dialect::{Context, Dialect};
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
    if text.len() > usize::from(max_bytes) {
        Err(too_long(attribute, text.len(), max_bytes, Unit::Bytes))
    } else if chars > usize::from(max_chars) {
        Err(too_long(attribute, chars, max_chars, Unit::Characters))
    } else {
        Ok(text)
    }
}

#[cold]
fn too_long(attribute: AttributeType, length: usize, max: u16, unit: Unit) -> EncodeError {
    EncodeError::ValueTooLong {
        attribute,
        length: saturating_u32(length),
        max,
        unit,
    }
}

/// Returns `text` if all of it is ASCII.
fn check_ascii(text: &[u8], attribute: AttributeType) -> Result<&[u8], EncodeError> {
    match text.iter().position(|byte| !byte.is_ascii()) {
        Some(offset) => Err(EncodeError::NotAscii {
            attribute,
            offset: crate::num::saturating_u16(offset),
        }),
        None => Ok(text),
    }
}

/// Realm and nonce of MS-TURN have at most 128 bytes (\[MS-TURN\] 2.2.2.13, 2.2.2.14).
const MS_TURN_MAX: u16 = 128;

/// Defines an attribute that holds text. Without `limits` the constructor is written by hand.
macro_rules! text {
    (
        $(#[$doc:meta])*
        pub struct $name:ident<'a>;
        $(limits: $max_bytes:literal bytes, $max_chars:literal characters;)?
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name<'a>(&'a [u8]);

        /// The bytes as a string, escaped.
        impl core::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let text = self.0.escape_ascii();
                f.debug_tuple(stringify!($name)).field(&format_args!("\"{text}\"")).finish()
            }
        }

        impl<'a> $name<'a> {
            $(
                /// Creates the attribute. The bytes are written as they are.
                ///
                /// # Errors
                #[doc = concat!(
                    "If the text is longer than ", $max_bytes, " bytes, or has more than ", $max_chars,
                    " characters. In a text that is not UTF-8, every byte counts as a character."
                )]
                #[inline]
                pub fn new<T: AsRef<[u8]> + ?Sized>(
                    text: &'a T,
                ) -> Result<Self, $crate::EncodeError> {
                    let ty = <Self as $crate::attribute::Attribute>::TYPE;
                    $crate::attribute::text::check(text.as_ref(), ty, $max_bytes, $max_chars)
                        .map(Self)
                }
            )?

            /// The text as it is in the message, as bytes.
            #[must_use]
            #[inline]
            pub const fn as_bytes(&self) -> &'a [u8] {
                self.0
            }

            /// The text without trailing NULs, which some peers send as padding inside the length.
            ///
            /// ```
            /// use stunwire::attribute::{*, ms::*};
            ///
            #[doc = concat!("fn print(text: ", stringify!($name), "<'_>) {")]
            ///     match text.as_str() {
            ///         Ok(text) => println!("{text}"),
            ///         Err(error) => println!("{error}: {text}"), // escaped
            ///     }
            /// }
            /// ```
            ///
            /// # Errors
            /// If it is not UTF-8.
            pub fn as_str(&self) -> Result<&'a str, $crate::TextError> {
                let ty = <Self as $crate::attribute::Attribute>::TYPE;
                $crate::error::TextError::check(self.trimmed(), ty)
            }

            /// The text without trailing NULs, as bytes.
            #[must_use]
            pub fn trimmed(&self) -> &'a [u8] {
                $crate::format::trim_nuls(self.0)
            }
        }

        impl<'a> $crate::attribute::shape::Decode<'a> for $name<'a> {
            #[inline(always)]
            fn decode(value: &'a [u8], _: $crate::Context) -> Result<Self, $crate::ValueError> {
                Ok(Self(value))
            }
        }

        impl AsRef<[u8]> for $name<'_> {
            fn as_ref(&self) -> &[u8] {
                self.0
            }
        }

        /// Prints the text in quotes and escaped. A long text is abbreviated, and printed in full with
        /// `{:#}`. Bytes that are mostly not text are printed in hexadecimal without quotes.
        impl core::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&$crate::format::Quoted(self.0), f)
            }
        }
    };
}

/// Writes an attribute that holds text.
macro_rules! encode_text {
    ($name:ident $(, $validate:ident)?) => {
        impl $crate::attribute::shape::Encode for $name<'_> {
            #[inline(always)]
            fn value_len(&self, _: $crate::Context) -> usize {
                self.0.len()
            }

            #[inline(always)]
            fn encode(&self, out: &mut [u8], _: $crate::Context) -> Option<()> {
                $crate::attribute::shape::put_all(out, self.0)
            }

            $(
                #[inline(always)]
                fn validate(&self, context: $crate::Context) -> Result<(), $crate::EncodeError> {
                    $validate(self.0, <Self as $crate::attribute::Attribute>::TYPE, context.dialect)
                }
            )?
        }
    };
}

text! {
    /// USERNAME: the user in a message with integrity
    /// ([RFC 8489 §14.3](https://www.rfc-editor.org/rfc/rfc8489#section-14.3)).
    ///
    /// Type 0x0006. Value: UTF-8 text of at most 508 bytes; in MS-TURN bytes of any value.
    ///
    /// ```
    /// use stunwire::attribute::Username;
    ///
    /// let username = Username::new("alice")?;
    /// assert_eq!(username.as_str()?, "alice");
    ///
    /// // In an ICE check: the fragments of the receiver and of the sender.
    /// let username = Username::new("evtj:h6vY")?;
    /// assert_eq!(username.fragments(), Some((&b"evtj"[..], &b"h6vY"[..])));
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    pub struct Username<'a>;
    limits: 508 bytes, 508 characters;
}

encode_text!(Username);

text! {
    /// REALM: the realm to which the credentials belong
    /// ([RFC 8489 §14.9](https://www.rfc-editor.org/rfc/rfc8489#section-14.9)).
    ///
    /// Type 0x0014; in MS-TURN 0x0015. Value: UTF-8 text of at most 127 characters and 509 bytes; in
    /// MS-TURN at most 128 bytes. Microsoft's servers send it in quotes, which are part of the text; a client
    /// sends the attribute back unchanged.
    ///
    /// ```
    /// use stunwire::attribute::Realm;
    ///
    /// let realm = Realm::new("example.org")?;
    /// assert_eq!(realm.as_bytes(), b"example.org");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    pub struct Realm<'a>;
    limits: 509 bytes, 127 characters;
}

encode_text!(Realm, validate_ms_turn);

text! {
    /// NONCE: a value that the server chooses and the client sends back
    /// ([RFC 8489 §14.10](https://www.rfc-editor.org/rfc/rfc8489#section-14.10)).
    ///
    /// Type 0x0015; in MS-TURN 0x0014. Value: UTF-8 text of at most 127 characters and 509 bytes; in
    /// MS-TURN at most 128 bytes of any value.
    ///
    /// A client that sends it back appends the attribute that it read: `as_str` omits NULs at the end.
    ///
    /// ```
    /// use stunwire::attribute::Nonce;
    ///
    /// let nonce = Nonce::new("f//499k954d6OL34oL9FSTvy64sA")?;
    /// assert_eq!(nonce.as_bytes().len(), 28);
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    pub struct Nonce<'a>;
    limits: 509 bytes, 127 characters;
}

encode_text!(Nonce, validate_ms_turn);

/// Checks the limit of MS-TURN, which the constructors cannot know.
#[inline(always)]
fn validate_ms_turn(
    text: &[u8],
    attribute: AttributeType,
    dialect: Dialect,
) -> Result<(), EncodeError> {
    if dialect.rules().magic_cookie_attribute && text.len() > usize::from(MS_TURN_MAX) {
        return Err(too_long(attribute, text.len(), MS_TURN_MAX, Unit::Bytes));
    }
    Ok(())
}

text! {
    /// SOFTWARE: a description of the program that sends the message, for logs
    /// ([RFC 8489 §14.14](https://www.rfc-editor.org/rfc/rfc8489#section-14.14)).
    ///
    /// Type 0x8022. Value: UTF-8 text of at most 127 characters and 509 bytes. It must not be used for
    /// decisions.
    ///
    /// ```
    /// use stunwire::attribute::Software;
    ///
    /// let software = Software::new("example server 1.2")?;
    /// assert_eq!(software.as_str()?, "example server 1.2");
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    pub struct Software<'a>;
    limits: 509 bytes, 127 characters;
}

encode_text!(Software);

text! {
    /// ALTERNATE-DOMAIN: the name that the certificate of the server in ALTERNATE-SERVER must have
    /// ([RFC 8489 §14.16](https://www.rfc-editor.org/rfc/rfc8489#section-14.16)).
    ///
    /// Type 0x8003. Value: a domain name in ASCII, with A-labels for international names, of at most 255
    /// bytes.
    ///
    /// ```
    /// use stunwire::attribute::AlternateDomain;
    ///
    /// assert!(AlternateDomain::new("turn.example.org").is_ok());
    /// assert!(AlternateDomain::new("turn.exämple.org").is_err());
    /// ```
    pub struct AlternateDomain<'a>;
}

encode_text!(AlternateDomain);

impl<'a> AlternateDomain<'a> {
    /// Creates the attribute. An international name must be converted to A-labels
    /// ([RFC 5890 §2.3.2.1](https://www.rfc-editor.org/rfc/rfc5890#section-2.3.2.1)) before.
    ///
    /// # Errors
    /// If the name is longer than 255 bytes or is not ASCII.
    pub fn new<T: AsRef<[u8]> + ?Sized>(name: &'a T) -> Result<Self, EncodeError> {
        let name = check_ascii(name.as_ref(), AttributeType::ALTERNATE_DOMAIN)?;
        check(name, AttributeType::ALTERNATE_DOMAIN, 255, 255).map(Self)
    }
}

text! {
    /// THIRD-PARTY-AUTHORIZATION: the name under which the authorization server knows this TURN server
    /// ([RFC 7635 §6.1](https://www.rfc-editor.org/rfc/rfc7635#section-6.1)).
    ///
    /// Type 0x802E. Value: UTF-8 text of at most 763 bytes.
    ///
    /// ```
    /// use stunwire::attribute::ThirdPartyAuthorization;
    ///
    /// let server = ThirdPartyAuthorization::new("turn1.example.org")?;
    /// assert_eq!(server.as_bytes(), b"turn1.example.org");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    pub struct ThirdPartyAuthorization<'a>;
    limits: 763 bytes, 763 characters;
}

encode_text!(ThirdPartyAuthorization);

text! {
    /// ORIGIN: the origin of the web page that uses the client, for servers with several realms
    /// ([draft-ietf-tram-stun-origin](https://datatracker.ietf.org/doc/draft-ietf-tram-stun-origin/)).
    ///
    /// Type 0x802F, not registered; coturn reads it. Value: UTF-8 text of at most 508 bytes.
    ///
    /// ```
    /// use stunwire::attribute::Origin;
    ///
    /// let origin = Origin::new("https://example.org")?;
    /// assert_eq!(origin.as_bytes(), b"https://example.org");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    pub struct Origin<'a>;
    limits: 508 bytes, 508 characters;
}

encode_text!(Origin);

text! {
    /// TURN-LOGGING-ID: a text that identifies the requests of a client in the server's log.
    ///
    /// Type 0xFF05, not registered; libwebrtc sends it. Value: UTF-8 text of at most 508 bytes.
    ///
    /// ```
    /// use stunwire::attribute::TurnLoggingId;
    ///
    /// let id = TurnLoggingId::new("call 4711")?;
    /// assert_eq!(id.as_bytes(), b"call 4711");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    pub struct TurnLoggingId<'a>;
    limits: 508 bytes, 508 characters;
}

encode_text!(TurnLoggingId);

impl<'a> Username<'a> {
    /// Creates the USERNAME of an ICE check: the fragment of the remote side, a colon, and the fragment
    /// of the local side ([RFC 8445 §7.2.2](https://www.rfc-editor.org/rfc/rfc8445#section-7.2.2)).
    ///
    /// The parts are joined while they are written, without an allocation.
    ///
    /// ```
    /// use stunwire::attribute::Username;
    /// use stunwire::{Message, MessageWriter, Method, TransactionId};
    ///
    /// let mut buffer = [0; 64];
    /// let id = TransactionId::new(*b"unpredictabl");
    /// let check = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .with(&Username::joined("theirs", "ours")?)?
    ///     .finish()?;
    /// let username = Message::parse(check)?.get::<Username>()?;
    /// assert_eq!(username, Some(Username::new("theirs:ours")?));
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the fragments and the colon are together longer than 508 bytes.
    #[inline]
    pub fn joined<R, L>(remote: &'a R, local: &'a L) -> Result<JoinedUsername<'a>, EncodeError>
    where
        R: AsRef<[u8]> + ?Sized,
        L: AsRef<[u8]> + ?Sized,
    {
        JoinedUsername::new(remote.as_ref(), true, local.as_ref())
    }

    /// Creates the USERNAME of a check in Google's ICE, which preceded RFC 5245: the fragment of the
    /// remote side and the fragment of the local side, without a colon.
    ///
    /// To read one, remove the fragment that is known with `strip_prefix`.
    ///
    /// ```
    /// use stunwire::attribute::Username;
    /// use stunwire::{Message, MessageWriter, Method, TransactionId};
    ///
    /// let mut buffer = [0; 64];
    /// let id = TransactionId::new(*b"unpredictabl");
    /// let check = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .with(&Username::concatenated("theirs", "ours")?)?
    ///     .finish()?;
    /// let (username,) = Message::parse(check)?.read::<(Username,)>()?;
    /// assert_eq!(username.as_bytes().strip_prefix(b"theirs"), Some(&b"ours"[..]));
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the fragments are together longer than 508 bytes.
    #[inline]
    pub fn concatenated<R, L>(
        remote: &'a R,
        local: &'a L,
    ) -> Result<JoinedUsername<'a>, EncodeError>
    where
        R: AsRef<[u8]> + ?Sized,
        L: AsRef<[u8]> + ?Sized,
    {
        JoinedUsername::new(remote.as_ref(), false, local.as_ref())
    }

    /// The two fragments in the USERNAME of an ICE check: that of the receiver, which comes first, and
    /// that of the sender. `None` if there is no colon.
    ///
    /// Trailing NULs, which the old format of \[MS-ICE2\] counts in the length, are removed.
    #[must_use]
    pub fn fragments(&self) -> Option<(&'a [u8], &'a [u8])> {
        let text = self.trimmed();
        let colon = text.iter().position(|byte| *byte == b':')?;
        let (receiver, rest) = text.split_at_checked(colon)?;
        Some((receiver, rest.strip_prefix(b":")?))
    }
}

/// A [`Username`] of two fragments that are joined while they are written, created by
/// [`Username::joined`] and [`Username::concatenated`].
///
/// ```
/// use stunwire::attribute::{JoinedUsername, Username};
///
/// struct Peer {
///     ufrag: String,
/// }
///
/// impl Peer {
///     fn username<'a>(&'a self, ours: &'a str) -> Result<JoinedUsername<'a>, stunwire::EncodeError> {
///         Username::joined(&self.ufrag, ours)
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct JoinedUsername<'a> {
    remote: &'a [u8],
    local: &'a [u8],
    has_colon: bool,
}

impl<'a> JoinedUsername<'a> {
    #[inline(always)]
    fn new(remote: &'a [u8], has_colon: bool, local: &'a [u8]) -> Result<Self, EncodeError> {
        const MAX: u16 = 508;
        let length = remote
            .len()
            .saturating_add(local.len())
            .saturating_add(usize::from(has_colon));
        if length > usize::from(MAX) {
            return Err(too_long(AttributeType::USERNAME, length, MAX, Unit::Bytes));
        }
        Ok(Self {
            remote,
            local,
            has_colon,
        })
    }
}

encode_attribute!(JoinedUsername<'_>, as Username<'_>);

impl Encode for JoinedUsername<'_> {
    #[inline(always)]
    #[allow(clippy::arithmetic_side_effects, reason = "508 at most: see `new`")]
    fn value_len(&self, _: Context) -> usize {
        self.remote.len() + self.local.len() + usize::from(self.has_colon)
    }

    #[inline(always)]
    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let mut out = put_slice(out, self.remote)?;
        if self.has_colon {
            let (colon, rest) = out.split_first_mut()?;
            *colon = b':';
            out = rest;
        }
        put_all(out, self.local)
    }
}
