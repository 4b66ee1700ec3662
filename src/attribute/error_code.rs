//! ERROR-CODE.

use core::fmt;

use super::AttributeType;
use super::code::Code;
use super::shape::{Decode, Encode, put_all, put_slice};
use super::text;
use crate::dialect::{Context, Dialect};
use crate::error::{EncodeError, Quantity, TextError, ValueError};
use crate::format::{Quoted, trim_nuls};
use crate::wire;

/// ERROR-CODE: why a request was refused, as a code and a reason phrase
/// ([RFC 8489 §14.8](https://www.rfc-editor.org/rfc/rfc8489#section-14.8)).
///
/// Type 0x0009. Value: 21 reserved bits, which are ignored, 3 bits of class, 8 bits of number, and a
/// UTF-8 reason phrase of at most 127 characters and 509 bytes.
///
/// Decide by the [`code`](Self::code): servers may choose any phrase.
///
/// ```
/// use stunwire::{Code, ErrorCode};
///
/// let error = ErrorCode::new(Code::STALE_NONCE, "Nonce was for another port")?;
/// assert_eq!(error.code(), Code::STALE_NONCE);
/// assert_eq!(error.code().name(), Some("Stale Nonce"));
/// assert_eq!(error.reason(), b"Nonce was for another port");
///
/// // The default reason phrase.
/// let error = ErrorCode::from(Code::STALE_NONCE);
/// assert_eq!(error.to_string(), "438 Stale Nonce");
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
///
/// `==` compares code and phrase, so two errors with the same code can differ; comparison with a [`Code`]
/// ignores the phrase. An `ErrorCode` cannot be used as a pattern, so this does not compile; match on
/// `code()` instead:
///
/// ```compile_fail,E0158
/// # use stunwire::{Code, ErrorCode};
/// const STALE: ErrorCode<'static> = ErrorCode::with_default_reason(Code::STALE_NONCE);
/// fn is_stale(error: ErrorCode<'_>) -> bool {
///     matches!(error, STALE)
/// }
/// ```
#[derive(Clone, Copy, Eq)]
pub struct ErrorCode<'a> {
    code: Code,
    reason: &'a [u8],
}

impl<'a> ErrorCode<'a> {
    /// Creates an ERROR-CODE with a reason phrase.
    ///
    /// # Errors
    /// If the phrase is longer than 127 characters.
    pub fn new(code: Code, reason: &'a str) -> Result<Self, EncodeError> {
        let reason = text::check(reason.as_bytes(), AttributeType::ERROR_CODE, 509, 127)?;
        Ok(Self { code, reason })
    }

    /// The code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The reason phrase as it is in the message. Some servers send phrases that are not UTF-8.
    #[must_use]
    pub const fn reason(&self) -> &'a [u8] {
        self.reason
    }

    /// The reason phrase without trailing NULs, as text.
    ///
    /// ```
    /// use stunwire::{Code, ErrorCode};
    ///
    /// let error = ErrorCode::new(Code::STALE_NONCE, "Stale Nonce")?;
    /// assert_eq!(error.reason_str()?, "Stale Nonce");
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the phrase is not UTF-8.
    pub fn reason_str(&self) -> Result<&'a str, TextError> {
        TextError::check(self.reason_trimmed(), AttributeType::ERROR_CODE)
    }

    /// The reason phrase without trailing NULs, which some servers send as padding inside the length.
    #[must_use]
    pub fn reason_trimmed(&self) -> &'a [u8] {
        trim_nuls(self.reason)
    }
}

impl ErrorCode<'static> {
    /// Creates an ERROR-CODE whose reason phrase is the registered name of the code, or empty if the
    /// code is not registered.
    #[must_use]
    pub const fn with_default_reason(code: Code) -> Self {
        let reason = match code.name() {
            Some(name) => name.as_bytes(),
            None => &[],
        };
        Self { code, reason }
    }
}

impl From<Code> for ErrorCode<'_> {
    fn from(code: Code) -> Self {
        ErrorCode::with_default_reason(code)
    }
}

/// The reason phrase as a string, escaped.
impl fmt::Debug for ErrorCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason.escape_ascii();
        f.debug_struct("ErrorCode")
            .field("code", &self.code)
            .field("reason", &format_args!("\"{reason}\""))
            .finish()
    }
}

// Written by hand: a derived implementation would allow constants of this type as patterns, which
// would compare the reason phrase too.
impl PartialEq for ErrorCode<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code && self.reason == other.reason
    }
}

/// Compares the code and ignores the reason phrase.
impl PartialEq<Code> for ErrorCode<'_> {
    fn eq(&self, other: &Code) -> bool {
        self.code == *other
    }
}

impl core::hash::Hash for ErrorCode<'_> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.code.hash(state);
        self.reason.hash(state);
    }
}

/// Whether messages of the dialect may carry codes of this class: 3 to 6 in RFC 8489 (§14.8), 1 to 6 in
/// RFC 3489 (§11.2.9), which Microsoft's protocols follow (codes 274 and 275 of \[MS-ICE2BWM\]).
#[inline]
fn has_class(dialect: Dialect, class: u8) -> bool {
    class >= dialect.rules().min_error_class && class <= 6
}

impl<'a> Decode<'a> for ErrorCode<'a> {
    #[inline]
    fn decode(value: &'a [u8], context: Context) -> Result<Self, ValueError> {
        Self::decode_with_first(value, context).map(|(_, error)| error)
    }
}

impl<'a> ErrorCode<'a> {
    /// Reads the value, and returns it with its first byte, which is the address family in
    /// ADDRESS-ERROR-CODE.
    #[inline]
    pub(super) fn decode_with_first(
        value: &'a [u8],
        context: Context,
    ) -> Result<(u8, Self), ValueError> {
        let Ok((raw, reason)) = wire::error_code(value) else {
            return Err(ValueError::length(value.len(), 4, u16::MAX));
        };
        let not_allowed = |offset, found| ValueError::Field {
            offset,
            found: u16::from(found),
        };
        if !has_class(context.dialect, raw.class) {
            return Err(not_allowed(2, raw.class));
        }
        if raw.number > 99 {
            return Err(not_allowed(3, raw.number));
        }
        let code = Code::from_parts(raw.class, raw.number);
        Ok((raw.first, Self { code, reason }))
    }
}

impl Encode for ErrorCode<'_> {
    #[inline]
    #[allow(
        clippy::arithmetic_side_effects,
        reason = "no slice ends within 4 bytes of usize::MAX"
    )]
    fn value_len(&self, _: Context) -> usize {
        4 + self.reason.len()
    }

    #[inline]
    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let out = put_slice(out, &[0, 0, self.code.class(), self.code.number()])?;
        put_all(out, self.reason)
    }

    #[inline]
    fn validate(&self, context: Context) -> Result<(), EncodeError> {
        if has_class(context.dialect, self.code.class()) {
            return Ok(());
        }
        Err(EncodeError::OutOfRange {
            quantity: Quantity::ErrorCode,
            value: u32::from(self.code.as_u16()),
            min: u32::from(context.dialect.rules().min_error_class).saturating_mul(100),
            max: 699,
        })
    }
}

/// Prints `401 Unauthenticated`: the code and its registered name; if the reason phrase is another one, the
/// code and the phrase in quotes and escaped, without trailing NULs.
impl fmt::Display for ErrorCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason_trimmed();
        let name = self.code.name();
        if name.is_some_and(|name| name.as_bytes() == reason) {
            return fmt::Display::fmt(&self.code, f);
        }
        write!(f, "{}", self.code.as_u16())?;
        if reason.is_empty() {
            return Ok(());
        }
        f.write_str(" ")?;
        fmt::Display::fmt(&Quoted(reason), f)
    }
}
