//! ERROR-CODE.

use core::fmt;
use core::str::Utf8Error;

use crate::attribute::shape::put_slice;
use crate::attribute::text;
use crate::error::{EncodeError, ValueError};
use crate::format::{Text, trim_nuls};

/// ERROR-CODE: why a request was refused, as a number and a phrase
/// ([RFC 8489 §14.8](https://www.rfc-editor.org/rfc/rfc8489#section-14.8)).
///
/// The constants come from the registry and carry its phrase. Two values are equal when code and
/// phrase are; to tell what a server said, compare [`code`](Self::code).
///
/// ```
/// use stunwire::ErrorCode;
///
/// let code = ErrorCode::STALE_NONCE.with_reason("Nonce was for another port")?;
/// assert_eq!(code.code(), 438);
/// assert_eq!(code.name(), Some("Stale Nonce"));
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ErrorCode<'a> {
    code: u16,
    reason: &'a [u8],
}

impl<'a> ErrorCode<'a> {
    /// A code of 300 to 699 with a phrase of at most 127 characters and 509 bytes.
    ///
    /// # Errors
    /// When either is outside.
    pub fn new(code: u16, reason: &'a str) -> Result<Self, EncodeError> {
        if !(300..=699).contains(&code) {
            return Err(EncodeError::OutOfRange {
                value: u32::from(code),
            });
        }
        Self { code, reason: &[] }.with_reason(reason)
    }

    /// A code of 0 to 799, for the few that stand outside the RFC's range on purpose.
    ///
    /// # Errors
    /// When code or phrase do not fit.
    pub fn nonstandard(code: u16, reason: &'a str) -> Result<Self, EncodeError> {
        if code > 799 {
            return Err(EncodeError::OutOfRange {
                value: u32::from(code),
            });
        }
        Self { code, reason: &[] }.with_reason(reason)
    }

    /// The same code with another phrase of at most 127 characters and 509 bytes.
    ///
    /// # Errors
    /// When it is longer.
    pub fn with_reason<'r>(self, reason: &'r str) -> Result<ErrorCode<'r>, EncodeError> {
        text::check(reason.as_bytes(), 509, 127).map(|reason| ErrorCode {
            code: self.code,
            reason,
        })
    }

    /// The code: class times 100 plus number.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// The hundreds digit, 0 to 7: 3 to 6 by RFC 8489.
    #[must_use]
    pub const fn class(&self) -> u16 {
        self.code / 100
    }

    /// The phrase as it stands on the wire. It is for people, and need not be UTF-8.
    #[must_use]
    pub const fn reason(&self) -> &'a [u8] {
        self.reason
    }

    /// The phrase as text.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub fn reason_str(&self) -> Result<&'a str, Utf8Error> {
        core::str::from_utf8(self.reason)
    }

    /// The phrase without the NULs at its end that old servers count in the length.
    #[must_use]
    pub fn reason_trimmed(&self) -> &'a [u8] {
        trim_nuls(self.reason)
    }
}

impl ErrorCode<'static> {
    pub(crate) const fn registered(code: u16, reason: &'static str) -> Self {
        Self {
            code,
            reason: reason.as_bytes(),
        }
    }
}

reads!(ErrorCode<'a>, |value, context| {
    match *value {
        // The 21 bits in front are reserved and not looked at.
        [_, _, class, number, ref reason @ ..] => {
            if number > 99 {
                return Err(ValueError::Field {
                    offset: 3,
                    found: u16::from(number),
                });
            }
            let code = u16::from(class & 0x07)
                .wrapping_mul(100)
                .wrapping_add(u16::from(number));
            Ok(Self { code, reason })
        }
        _ => Err(ValueError::length(value.len(), 4, u16::MAX)),
    }
});
writes!(ErrorCode<'_>, as ErrorCode<'_>, |this, context| this.reason.len().saturating_add(4), |out| {
    // 0 to 7 and 0 to 99, so both fit into a byte.
    let [_, class] = (this.code / 100).to_be_bytes();
    let [_, number] = (this.code % 100).to_be_bytes();
    let out = put_slice(out, &[0, 0, class, number]);
    put_slice(out, this.reason);
});

/// `401 Unauthenticated`, the phrase as it was sent but for NULs at its end.
impl fmt::Display for ErrorCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        let reason = self.reason_trimmed();
        if reason.is_empty() {
            Ok(())
        } else {
            write!(f, " {}", Text(reason))
        }
    }
}
