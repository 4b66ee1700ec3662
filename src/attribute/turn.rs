//! The attributes of TURN (RFC 8656) and of TURN over TCP (RFC 6062).

use core::fmt;
use core::time::Duration;

use super::shape::{array, put, put_slice};
use super::{Attribute, EncodeAttribute, ErrorCode};
use crate::format::Hex;

/// LIFETIME: how long the server keeps the allocation, in seconds
/// ([RFC 8656 §18.2](https://www.rfc-editor.org/rfc/rfc8656#section-18.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(u32);

impl Lifetime {
    /// This many seconds. Zero asks for the end of the allocation.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        Self(secs)
    }

    /// In seconds.
    #[must_use]
    pub const fn as_secs(self) -> u32 {
        self.0
    }

    /// As a duration, whole seconds.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::new(self.0 as u64, 0)
    }
}

reads!(Lifetime, |value, context| {
    array(value).map(|bytes| Self(u32::from_be_bytes(bytes)))
});
writes!(Lifetime, as Lifetime, |this, context| 4, |out| put(out, this.0.to_be_bytes()));

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

/// DATA: the payload of a Send or Data indication
/// ([RFC 8656 §18.4](https://www.rfc-editor.org/rfc/rfc8656#section-18.4)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Data<'a>(
    /// The payload, any length.
    pub &'a [u8],
);

reads!(Data<'a>, |value, context| Ok(Self(value)));
writes!(Data<'_>, as Data<'_>, |this, context| this.0.len(), |out| { put_slice(out, this.0); });

/// The length and the first bytes.
impl fmt::Display for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.get(..16).unwrap_or(self.0);
        let more = if shown.len() < self.0.len() {
            "…"
        } else {
            ""
        };
        write!(f, "{} bytes: {}{more}", self.0.len(), Hex(shown))
    }
}

/// A family of addresses: 1 for IPv4, 2 for IPv6
/// ([RFC 8656 §18.6](https://www.rfc-editor.org/rfc/rfc8656#section-18.6)). Others can be read, so
/// that a server can answer 440.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressFamily(
    /// The number.
    pub u8,
);

impl AddressFamily {
    /// IPv4, 0x01.
    pub const IPV4: Self = Self(1);
    /// IPv6, 0x02.
    pub const IPV6: Self = Self(2);
}

impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IPV4 => f.write_str("IPv4"),
            Self::IPV6 => f.write_str("IPv6"),
            Self(number) => write!(f, "address family {number:#04x}"),
        }
    }
}

/// A byte and three that are zero when written and not looked at when read.
macro_rules! first_byte {
    ($name:ident, $field:ident) => {
        reads!($name, |value, context| {
            array(value).map(|[first, _, _, _]| Self($field(first)))
        });
        writes!($name, as $name, |this, context| 4, |out| put(out, [this.0.0, 0, 0, 0]));

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

/// REQUESTED-ADDRESS-FAMILY: the family that the relayed address shall have
/// ([RFC 8656 §18.6](https://www.rfc-editor.org/rfc/rfc8656#section-18.6)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestedAddressFamily(
    /// The family.
    pub AddressFamily,
);

first_byte!(RequestedAddressFamily, AddressFamily);

/// ADDITIONAL-ADDRESS-FAMILY: a second relayed address, of this family, beside the IPv4 one
/// ([RFC 8656 §18.11](https://www.rfc-editor.org/rfc/rfc8656#section-18.11)). Only IPv6 is allowed in
/// an Allocate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AdditionalAddressFamily(
    /// The family.
    pub AddressFamily,
);

first_byte!(AdditionalAddressFamily, AddressFamily);

/// ADDRESS-ERROR-CODE: why one family of a dual allocation was refused
/// ([RFC 8656 §18.12](https://www.rfc-editor.org/rfc/rfc8656#section-18.12)). The codes are 440 and
/// 508.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressErrorCode<'a> {
    /// The family.
    pub family: AddressFamily,
    /// Why.
    pub error: ErrorCode<'a>,
}

reads!(AddressErrorCode<'a>, |value, context| {
    // An ERROR-CODE with the family in its first reserved byte.
    let error = <ErrorCode<'_> as Attribute<'_>>::decode(value, context)?;
    let family = AddressFamily(value.first().copied().unwrap_or_default());
    Ok(Self { family, error })
});
writes!(AddressErrorCode<'_>, as AddressErrorCode<'_>, |this, context| EncodeAttribute::value_len(&this.error, context), |out| {
    EncodeAttribute::encode(&this.error, out, context);
    if let Some(first) = out.first_mut() {
        *first = this.family.0;
    }
});

impl fmt::Display for AddressErrorCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.family, self.error)
    }
}

/// ICMP: an ICMP message that came back from the peer's side, in a Data indication
/// ([RFC 8656 §18.13](https://www.rfc-editor.org/rfc/rfc8656#section-18.13)).
///
/// The RFC's figure draws the type 7 bits wide and the code 9, where ICMP itself has 8 and 8; the 16
/// bits are kept as they are, and both readings are offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Icmp {
    /// Type and code, 16 bits.
    pub type_and_code: u16,
    /// The MTU of the next hop where ICMP reports one, else zero.
    pub error_data: u32,
}

impl Icmp {
    /// An ICMP message of 8 bits of type and 8 of code.
    #[must_use]
    pub const fn new(icmp_type: u8, icmp_code: u8, error_data: u32) -> Self {
        Self {
            type_and_code: u16::from_be_bytes([icmp_type, icmp_code]),
            error_data,
        }
    }

    /// Type and code, 8 bits each, as ICMP has them.
    #[must_use]
    pub const fn type_code(&self) -> (u8, u8) {
        let [icmp_type, icmp_code] = self.type_and_code.to_be_bytes();
        (icmp_type, icmp_code)
    }

    /// Type of 7 bits and code of 9, as the RFC's figure draws them.
    #[must_use]
    pub const fn type_code_as_drawn(&self) -> (u16, u16) {
        (self.type_and_code >> 9, self.type_and_code & 0x01FF)
    }
}

reads!(Icmp, |value, context| {
    array(value).map(|[_, _, t, c, d0, d1, d2, d3]| Self {
        type_and_code: u16::from_be_bytes([t, c]),
        error_data: u32::from_be_bytes([d0, d1, d2, d3]),
    })
});
writes!(Icmp, as Icmp, |this, context| 8, |out| {
    let [t, c] = this.type_and_code.to_be_bytes();
    let [d0, d1, d2, d3] = this.error_data.to_be_bytes();
    put(out, [0, 0, t, c, d0, d1, d2, d3]);
});

impl fmt::Display for Icmp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (icmp_type, icmp_code) = self.type_code();
        write!(f, "type {icmp_type}, code {icmp_code}")?;
        if self.error_data == 0 {
            Ok(())
        } else {
            write!(f, ", data {}", self.error_data)
        }
    }
}

number! {
    /// TIMER-VAL: of the drafts of TURN, reserved since
    /// ([RFC 5766 §14](https://www.rfc-editor.org/rfc/rfc5766#section-14)).
    TimerVal(
        /// In seconds.
        u32
    )
}

impl fmt::Display for TimerVal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

/// A transport protocol by its IP protocol number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocol(
    /// The number.
    pub u8,
);

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            17 => f.write_str("UDP"),
            6 => f.write_str("TCP"),
            number => write!(f, "protocol {number}"),
        }
    }
}

/// REQUESTED-TRANSPORT: the protocol between the server and the peers
/// ([RFC 8656 §18.8](https://www.rfc-editor.org/rfc/rfc8656#section-18.8)). Others than UDP and TCP
/// can be read, so that a server can answer 442.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestedTransport(
    /// The protocol.
    pub Protocol,
);

impl RequestedTransport {
    /// UDP, 17.
    pub const UDP: Self = Self(Protocol(17));
    /// TCP, 6 ([RFC 6062 §4.1](https://www.rfc-editor.org/rfc/rfc6062#section-4.1)).
    pub const TCP: Self = Self(Protocol(6));
}

first_byte!(RequestedTransport, Protocol);

/// EVEN-PORT: the relayed address shall have an even port
/// ([RFC 8656 §18.7](https://www.rfc-editor.org/rfc/rfc8656#section-18.7)). One byte, of which the
/// first bit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvenPort {
    /// Whether the server shall also keep the port above for a later allocation: the R bit.
    pub reserve_next: bool,
}

reads!(EvenPort, |value, context| {
    array(value).map(|[flags]| Self {
        reserve_next: flags & 0x80 != 0,
    })
});
writes!(EvenPort, as EvenPort, |this, context| 1, |out| {
    put(out, [if this.reserve_next { 0x80 } else { 0 }]);
});

impl fmt::Display for EvenPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.reserve_next {
            "even, the next reserved"
        } else {
            "even"
        })
    }
}

flag! {
    /// DONT-FRAGMENT: the server shall set the DF bit towards the peer
    /// ([RFC 8656 §18.9](https://www.rfc-editor.org/rfc/rfc8656#section-18.9)).
    DontFragment
}

token! {
    /// RESERVATION-TOKEN: names the port that EVEN-PORT reserved
    /// ([RFC 8656 §18.10](https://www.rfc-editor.org/rfc/rfc8656#section-18.10)).
    ReservationToken(
        /// The token, 8 bytes.
        8
    )
}

number! {
    /// CONNECTION-ID: names a peer's TCP connection at the server
    /// ([RFC 6062 §6.2.1](https://www.rfc-editor.org/rfc/rfc6062#section-6.2.1)).
    ConnectionId(
        /// The id, 32 bits.
        u32
    )
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}
