//! Code points: attribute types, methods, classes and message types.

use core::fmt;

/// The 16-bit type of an attribute
/// ([RFC 8489 §14](https://www.rfc-editor.org/rfc/rfc8489#section-14)).
///
/// Which attribute a type is depends on the dialect: MS-TURN gives REALM the code of NONCE. The
/// constants are the RFC's codes, and Microsoft's where only Microsoft has one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeType(u16);

impl AttributeType {
    /// The type with this code.
    #[must_use]
    #[inline(always)]
    pub const fn new(code: u16) -> Self {
        Self(code)
    }

    /// The code, 16 bits.
    #[must_use]
    #[inline(always)]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// Whether a receiver that does not know the type must refuse the message: codes up to 0x7FFF
    /// ([RFC 8489 §14](https://www.rfc-editor.org/rfc/rfc8489#section-14)).
    #[must_use]
    pub const fn is_comprehension_required(self) -> bool {
        self.0 < 0x8000
    }
}

/// What a message is for: the 12 bits of its type that are not the class
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
///
/// The constants come from the registry; any other number is as good.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Method(pub(crate) u16);

impl Method {
    /// The method with this number, 0 to 0xFFF; `None` above.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number <= 0xFFF {
            Some(Self(number))
        } else {
            None
        }
    }

    /// The method's number, 12 bits. Microsoft's `SET_ACTIVE_DESTINATION`, which shares its number
    /// with Send, is 0x1006.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }
}

/// Who speaks: the two bits C1 and C0 of the type
/// ([RFC 8489 §5](https://www.rfc-editor.org/rfc/rfc8489#section-5)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Wants a response.
    Request,
    /// Wants none.
    Indication,
    /// Says that the request was done.
    SuccessResponse,
    /// Says that it was not, and why.
    ErrorResponse,
}

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

/// Class and method of a message.
///
/// ```
/// use stunwire::{Class, MessageType, Method};
///
/// // The class bits stand inside the method's: RFC 8489 §5, figure 3.
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
    /// A type of this class and method.
    #[must_use]
    pub const fn new(class: Class, method: Method) -> Self {
        Self { class, method }
    }

    /// The type's 14 bits as RFC 8489 §5 packs them: M11 to M7, C1, M6 to M4, C0, M3 to M0.
    ///
    /// A method beyond 12 bits, which only MS-TURN has, sets one of the two bits in front, which
    /// are zero in every message: it cannot be mistaken for another.
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

    /// The type that these bits are under RFC 8489 §5. The topmost bit is ignored.
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
        for number in 0..=0xFFF {
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
