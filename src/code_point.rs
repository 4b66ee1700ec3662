//! Code points: attribute types, methods, classes and message types.

use core::fmt;

/// The 16-bit type of an attribute
/// ([RFC 8489 §14](https://www.rfc-editor.org/rfc/rfc8489#section-14)).
///
/// The meaning of a type depends on the dialect: MS-TURN exchanges the types of REALM and NONCE.
/// The constants have the codes of the RFCs; Microsoft's attributes have Microsoft's codes.
///
/// ```
/// use stunwire::attribute::AttributeType;
///
/// let ty = AttributeType::new(0x0024);
/// assert_eq!(ty, AttributeType::PRIORITY);
/// assert_eq!(ty.name(), Some("PRIORITY"));
/// assert!(ty.is_comprehension_required());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeType(u16);

impl AttributeType {
    /// Creates the attribute type with this code.
    #[must_use]
    #[inline]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The code.
    #[must_use]
    #[inline]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// Whether a receiver that does not know the type must refuse a request: the codes 0x0000 to 0x7FFF
    /// ([RFC 8489 §14](https://www.rfc-editor.org/rfc/rfc8489#section-14)).
    #[must_use]
    pub const fn is_comprehension_required(self) -> bool {
        self.0 < 0x8000
    }
}

/// The method of a message: the 12 bits of the message type that do not hold the class
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// The constants are the registered methods; every other number can be created with [`new`](Self::new).
///
/// ```
/// use stunwire::Method;
///
/// assert_eq!(Method::new(0x003), Some(Method::ALLOCATE));
/// assert_eq!(Method::ALLOCATE.as_u16(), 0x003);
/// assert_eq!(Method::new(0x1000), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(pub(crate) u16);

impl Method {
    /// Creates the method with this number, 0 to 0xFFF. Returns `None` for a larger number.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number <= 0xFFF {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The number, 0 to 0xFFF. The exception is `SET_ACTIVE_DESTINATION` of MS-TURN: in a message it has the
    /// number of Send, 0x006, and here 0x1006.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

macro_rules! methods {
    ($(Row { constant: $constant:ident, number: $number:literal, name: $name:literal, reference: $reference:tt $(,)? }),+ $(,)?) => {
        impl Method {
            $(
                #[doc = concat!("`", $name, "`, ", stringify!($number), ": ", reference_doc!($reference), ".")]
                pub const $constant: Self = Self($number);
            )+

            /// Every method that has a name, in ascending order.
            pub const REGISTERED: &'static [Self] = &[$( Self::$constant ),+];

            /// The name. `None` if the method has none.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $( $number => Some($name), )+
                    _ => None,
                }
            }
        }
    };
}

// Numbers above 0xFFF exist in one dialect only.
methods![
    Row {
        constant: BINDING,
        number: 0x0001,
        name: "Binding",
        reference: (8489, "18.2"),
    },
    Row {
        constant: SHARED_SECRET,
        number: 0x0002,
        name: "Shared Secret",
        reference: (3489, "11.1"),
    },
    Row {
        constant: ALLOCATE,
        number: 0x0003,
        name: "Allocate",
        reference: (8656, "17"),
    },
    Row {
        constant: REFRESH,
        number: 0x0004,
        name: "Refresh",
        reference: (8656, "17"),
    },
    Row {
        constant: SEND,
        number: 0x0006,
        name: "Send",
        reference: (8656, "17"),
    },
    Row {
        constant: DATA,
        number: 0x0007,
        name: "Data",
        reference: (8656, "17"),
    },
    Row {
        constant: CREATE_PERMISSION,
        number: 0x0008,
        name: "CreatePermission",
        reference: (8656, "17"),
    },
    Row {
        constant: CHANNEL_BIND,
        number: 0x0009,
        name: "ChannelBind",
        reference: (8656, "17"),
    },
    Row {
        constant: CONNECT,
        number: 0x000A,
        name: "Connect",
        reference: (6062, "6.1"),
    },
    Row {
        constant: CONNECTION_BIND,
        number: 0x000B,
        name: "ConnectionBind",
        reference: (6062, "6.1"),
    },
    Row {
        constant: CONNECTION_ATTEMPT,
        number: 0x000C,
        name: "ConnectionAttempt",
        reference: (6062, "6.1"),
    },
    Row {
        constant: GOOG_PING,
        number: 0x0080,
        name: "GOOG-PING",
        reference: "IANA, libwebrtc",
    },
    Row {
        constant: SET_ACTIVE_DESTINATION,
        number: 0x1006,
        name: "Set Active Destination",
        reference: "[MS-TURN] 2.2.1, 0x006 in the message",
    },
];

/// Prints the name, or `Method 0x0ab`.
impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.pad(name),
            None => write!(f, "Method {:#05x}", self.0),
        }
    }
}

/// Prints `Binding (0x001)`, or the number alone.
impl fmt::Debug for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name} ({:#05x})", self.0),
            None => write!(f, "{:#05x}", self.0),
        }
    }
}

/// The class of a message: the bits C1 and C0 of the message type
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// ```
/// use stunwire::{Class, Message};
///
/// let message = Message::parse(b"\x01\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl")?;
/// assert_eq!(message.class(), Class::SuccessResponse);
/// # Ok::<(), stunwire::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A request, which is answered with a response.
    Request,
    /// An indication, which is not answered.
    Indication,
    /// The response to a request that succeeded.
    SuccessResponse,
    /// The response to a request that failed. Its ERROR-CODE says why.
    ErrorResponse,
}

/// Prints `Request`, `Indication`, `Success Response` or `Error Response`.
impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Request => "Request",
            Self::Indication => "Indication",
            Self::SuccessResponse => "Success Response",
            Self::ErrorResponse => "Error Response",
        })
    }
}

/// The class and the method of a message
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// ```
/// use stunwire::{Class, MessageType, Method};
///
/// // The class bits are between the bits of the method: RFC 8489 §5, figure 3.
/// let ty = MessageType::new(Class::SuccessResponse, Method::ALLOCATE);
/// assert_eq!(ty.to_bits(), 0x0103);
/// assert_eq!(MessageType::from_bits(0x0103), ty);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageType {
    /// The class.
    pub class: Class,
    /// The method.
    pub method: Method,
}

impl MessageType {
    /// Creates the type of this class and method.
    #[must_use]
    pub const fn new(class: Class, method: Method) -> Self {
        Self { class, method }
    }

    /// The type as 14 bits in the order of [RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5):
    /// M11 to M7, C1, M6 to M4, C0, M3 to M0.
    ///
    /// [`SET_ACTIVE_DESTINATION`](Method::SET_ACTIVE_DESTINATION), whose number is above 0xFFF, sets one of
    /// the two leading bits. They are zero in every message, so the result cannot be mistaken for another
    /// type.
    #[must_use]
    #[inline]
    pub const fn to_bits(self) -> u16 {
        let method = self.method.0;
        let class = match self.class {
            Class::Request => 0x0000,
            Class::Indication => 0x0010,
            Class::SuccessResponse => 0x0100,
            Class::ErrorResponse => 0x0110,
        };
        (method & 0x000F) | (method & 0x0070) << 1 | (method & 0x1F80) << 2 | class
    }

    /// The type with these bits in the order of
    /// [RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5). The topmost bit is ignored.
    #[must_use]
    #[inline]
    pub const fn from_bits(bits: u16) -> Self {
        let class = match bits & 0x0110 {
            0x0000 => Class::Request,
            0x0010 => Class::Indication,
            0x0100 => Class::SuccessResponse,
            _ => Class::ErrorResponse,
        };
        let method = (bits & 0x000F) | (bits & 0x00E0) >> 1 | (bits & 0x7E00) >> 2;
        Self::new(class, Method(method))
    }
}

/// Prints for example `Binding Request`.
impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The types that RFC 8489, RFC 8656 and libwebrtc's `stun.h` print.
    #[test]
    fn packing() {
        for (class, method, bits) in [
            (Class::Request, 0x001, 0x0001),
            (Class::Indication, 0x001, 0x0011),
            (Class::SuccessResponse, 0x001, 0x0101),
            (Class::ErrorResponse, 0x001, 0x0111),
            (Class::Request, 0x003, 0x0003),
            (Class::ErrorResponse, 0x003, 0x0113),
            (Class::Indication, 0x007, 0x0017),
            (Class::SuccessResponse, 0x009, 0x0109),
            (Class::Request, 0x080, 0x0200),
            (Class::SuccessResponse, 0x080, 0x0300),
            (Class::ErrorResponse, 0x080, 0x0310),
        ] {
            let ty = MessageType::new(class, Method(method));
            assert_eq!(ty.to_bits(), bits);
            assert_eq!(MessageType::from_bits(bits), ty);
        }
    }

    // RFC 8489 §5, figure 3, drawn bit by bit: M11 M10 M9 M8 M7 C1 M6 M5 M4 C0 M3 M2 M1 M0.
    #[test]
    fn packing_is_the_figure() {
        let class_bits = [0b00, 0b01, 0b10, 0b11];
        let classes = [
            Class::Request,
            Class::Indication,
            Class::SuccessResponse,
            Class::ErrorResponse,
        ];
        // Fewer under Miri, which is slow.
        for number in (0..=0xFFF).step_by(if cfg!(miri) { 61 } else { 1 }) {
            for (class, bits) in classes.into_iter().zip(class_bits) {
                let text = std::format!("{number:012b}");
                let class_text = std::format!("{bits:02b}");
                let figure = std::format!(
                    "{}{}{}{}{}",
                    &text[..5],
                    &class_text[..1],
                    &text[5..8],
                    &class_text[1..],
                    &text[8..]
                );
                let expected = u16::from_str_radix(&figure, 2).unwrap();
                let ty = MessageType::new(class, Method::new(number).unwrap());
                assert_eq!(ty.to_bits(), expected);
                assert_eq!(MessageType::from_bits(expected), ty);
            }
        }
    }
}
