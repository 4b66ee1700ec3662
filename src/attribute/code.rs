//! The codes of ERROR-CODE.

use core::fmt;

use crate::error::{EncodeError, Quantity};

/// The code of an ERROR-CODE attribute: 100 times the class, 1 to 6, plus the number, 0 to 99
/// ([RFC 8489 §14.8](https://www.rfc-editor.org/rfc/rfc8489#section-14.8)).
///
/// The constants are the registered codes; every other code of 100 to 699 can be created with
/// [`new`](Self::new). The constants can be used as patterns:
///
/// ```
/// use stunwire::{Code, ErrorCode};
///
/// let error = ErrorCode::new(Code::STALE_NONCE, "Nonce expired")?;
/// let retry = match error.code() {
///     Code::UNAUTHENTICATED | Code::STALE_NONCE => true,
///     _ => false,
/// };
/// assert!(retry);
/// # Ok::<(), stunwire::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

impl Code {
    /// Creates a code of 100 to 699. Returns `None` for any other number.
    ///
    /// The dialect limits what a message may carry: 300 to 699 in RFC 8489
    /// ([§14.8](https://www.rfc-editor.org/rfc/rfc8489#section-14.8)), 100 to 699 in RFC 3489
    /// ([§11.2.9](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.9)) and in Microsoft's dialects.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            100..=699 => Some(Self(code)),
            _ => None,
        }
    }

    /// The code of this class and number, which the caller has checked.
    #[inline]
    #[allow(clippy::arithmetic_side_effects, reason = "255 * 100 + 255 at most")]
    pub(super) const fn from_parts(class: u8, number: u8) -> Self {
        Self(class as u16 * 100 + number as u16)
    }

    /// The code as a number, 100 to 699.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// The class: the hundreds digit, 1 to 6. RFC 8489 uses 3 to 6
    /// ([§14.8](https://www.rfc-editor.org/rfc/rfc8489#section-14.8)).
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "6 at most")]
    pub const fn class(self) -> u8 {
        (self.0 / 100) as u8
    }

    /// The number: the code without its class, 0 to 99.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "99 at most")]
    pub const fn number(self) -> u8 {
        (self.0 % 100) as u8
    }
}

/// Prints `438 Stale Nonce`, or the number alone for a code that is not registered.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} {name}", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

/// Prints for example `Code(438 Stale Nonce)`.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code({self})")
    }
}

/// The error for a number outside 100 to 699 is [`EncodeError::OutOfRange`].
impl TryFrom<u16> for Code {
    type Error = EncodeError;

    fn try_from(code: u16) -> Result<Self, EncodeError> {
        Self::new(code).ok_or(EncodeError::OutOfRange {
            quantity: Quantity::ErrorCode,
            value: u32::from(code),
            min: 100,
            max: 699,
        })
    }
}

macro_rules! codes {
    ($(Row { constant: $constant:ident, code: $code:literal, name: $name:literal, reference: $reference:tt, }),+ $(,)?) => {
        impl Code {
            $(
                #[doc = concat!("`", $code, " ", $name, "`: ", reference_doc!($reference), ".")]
                pub const $constant: Self = Self($code);
            )+

            /// Every registered code, in ascending order.
            pub const REGISTERED: &'static [Self] = &[$( Self::$constant ),+];

            /// The name under which the code is registered, which is also its default reason phrase.
            /// `None` if the code is not registered.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( $code => Some($name), )+
                    _ => None,
                }
            }
        }
    };
}

codes![
    Row {
        constant: DISABLE_CANDIDATE,
        code: 274,
        name: "Disable Candidate",
        reference: "[MS-ICE2BWM]",
    },
    Row {
        constant: DISABLE_CANDIDATE_PAIR,
        code: 275,
        name: "Disable Candidate Pair",
        reference: "[MS-ICE2BWM]",
    },
    Row {
        constant: TRY_ALTERNATE,
        code: 300,
        name: "Try Alternate",
        reference: (8489, "14.8"),
    },
    Row {
        constant: BAD_REQUEST,
        code: 400,
        name: "Bad Request",
        reference: (8489, "14.8"),
    },
    Row {
        constant: UNAUTHENTICATED,
        code: 401,
        name: "Unauthenticated",
        reference: (8489, "14.8"),
    },
    Row {
        constant: FORBIDDEN,
        code: 403,
        name: "Forbidden",
        reference: (8656, "19"),
    },
    Row {
        constant: MOBILITY_FORBIDDEN,
        code: 405,
        name: "Mobility Forbidden",
        reference: (8016, "3.4"),
    },
    Row {
        constant: UNKNOWN_ATTRIBUTE,
        code: 420,
        name: "Unknown Attribute",
        reference: (8489, "14.8"),
    },
    Row {
        constant: STALE_CREDENTIALS,
        code: 430,
        name: "Stale Credentials",
        reference: (3489, "11.2.9"),
    },
    Row {
        constant: INTEGRITY_CHECK_FAILURE,
        code: 431,
        name: "Integrity Check Failure",
        reference: (3489, "11.2.9"),
    },
    Row {
        constant: MISSING_USERNAME,
        code: 432,
        name: "Missing Username",
        reference: (3489, "11.2.9"),
    },
    Row {
        constant: USE_TLS,
        code: 433,
        name: "Use TLS",
        reference: (3489, "11.2.9"),
    },
    Row {
        constant: MISSING_REALM,
        code: 434,
        name: "Missing Realm",
        reference: "[MS-TURN]",
    },
    Row {
        constant: MISSING_NONCE,
        code: 435,
        name: "Missing Nonce",
        reference: "[MS-TURN]",
    },
    Row {
        constant: UNKNOWN_USER,
        code: 436,
        name: "Unknown User",
        reference: "[MS-TURN]",
    },
    Row {
        constant: ALLOCATION_MISMATCH,
        code: 437,
        name: "Allocation Mismatch",
        reference: (8656, "19"),
    },
    Row {
        constant: STALE_NONCE,
        code: 438,
        name: "Stale Nonce",
        reference: (8489, "14.8"),
    },
    Row {
        constant: TRANSITIONING,
        code: 439,
        name: "Transitioning",
        reference: "midcom-turn drafts",
    },
    Row {
        constant: ADDRESS_FAMILY_NOT_SUPPORTED,
        code: 440,
        name: "Address Family not Supported",
        reference: (8656, "19"),
    },
    Row {
        constant: WRONG_CREDENTIALS,
        code: 441,
        name: "Wrong Credentials",
        reference: (8656, "19"),
    },
    Row {
        constant: UNSUPPORTED_TRANSPORT_PROTOCOL,
        code: 442,
        name: "Unsupported Transport Protocol",
        reference: (8656, "19"),
    },
    Row {
        constant: PEER_ADDRESS_FAMILY_MISMATCH,
        code: 443,
        name: "Peer Address Family Mismatch",
        reference: (8656, "19"),
    },
    Row {
        constant: INVALID_IP_ADDRESS,
        code: 444,
        name: "Invalid IP Address",
        reference: "drafts of RFC 5766",
    },
    Row {
        constant: INVALID_PORT,
        code: 445,
        name: "Invalid Port",
        reference: "drafts of RFC 5766",
    },
    Row {
        constant: CONNECTION_ALREADY_EXISTS,
        code: 446,
        name: "Connection Already Exists",
        reference: (6062, "6.3"),
    },
    Row {
        constant: CONNECTION_TIMEOUT_OR_FAILURE,
        code: 447,
        name: "Connection Timeout or Failure",
        reference: (6062, "6.3"),
    },
    Row {
        constant: CONNECTION_DOES_NOT_EXIST,
        code: 481,
        name: "Connection Does Not Exist",
        reference: "drafts of RFC 5780",
    },
    Row {
        constant: ALLOCATION_QUOTA_REACHED,
        code: 486,
        name: "Allocation Quota Reached",
        reference: (8656, "19"),
    },
    Row {
        constant: ROLE_CONFLICT,
        code: 487,
        name: "Role Conflict",
        reference: (8445, "16.2"),
    },
    Row {
        constant: SERVER_ERROR,
        code: 500,
        name: "Server Error",
        reference: (8489, "14.8"),
    },
    Row {
        constant: SERVICE_UNAVAILABLE,
        code: 503,
        name: "Service Unavailable",
        reference: "drafts of RFC 5780",
    },
    Row {
        constant: INSUFFICIENT_BANDWIDTH_CAPACITY,
        code: 507,
        name: "Insufficient Bandwidth Capacity",
        reference: "draft-ietf-behave-turn-07",
    },
    Row {
        constant: INSUFFICIENT_CAPACITY,
        code: 508,
        name: "Insufficient Capacity",
        reference: (8656, "19"),
    },
    Row {
        constant: GLOBAL_FAILURE,
        code: 600,
        name: "Global Failure",
        reference: (3489, "11.2.9"),
    },
];
