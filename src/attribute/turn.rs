//! The attributes of TURN (RFC 8656) and of TURN over TCP (RFC 6062).

use core::fmt;
use core::time::Duration;

use super::ErrorCode;
use super::shape::{Decode, Encode, array, put};
use crate::dialect::Context;
use crate::error::{EncodeError, ValueError};
use crate::format::Bytes;

number! {
    /// LIFETIME: the time for which the server keeps the allocation
    /// ([RFC 8656 §18.2](https://www.rfc-editor.org/rfc/rfc8656#section-18.2)).
    ///
    /// Type 0x000D. Value: seconds, an unsigned integer of 4 bytes, big-endian. Zero in a Refresh request deletes the
    /// allocation.
    ///
    /// ```
    /// use stunwire::attribute::Lifetime;
    ///
    /// let lifetime = Lifetime::from_secs(600);
    /// assert_eq!(lifetime.duration().as_secs(), 600);
    /// ```
    pub struct Lifetime(
        /// Seconds.
        pub u32,
    );
}

impl Lifetime {
    /// Creates a lifetime of this many seconds.
    #[must_use]
    pub const fn from_secs(secs: u32) -> Self {
        Self(secs)
    }

    /// The lifetime as a [`Duration`].
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

/// Prints for example `600 s`.
impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

opaque! {
    /// DATA: the payload of a Send or Data indication
    /// ([RFC 8656 §18.4](https://www.rfc-editor.org/rfc/rfc8656#section-18.4)).
    ///
    /// Type 0x0013. Value: the payload of the UDP datagram, any length.
    ///
    /// [`relay`](crate::relay) reads and writes whole indications.
    ///
    /// ```
    /// use stunwire::attribute::Data;
    ///
    /// assert_eq!(Data(b"\x01\x02").to_string(), "2 bytes: 0102");
    /// ```
    #[derive(Debug)]
    pub struct Data<'a>(
        /// The payload.
        pub &'a [u8],
    );
}

/// Prints the length and the first bytes; all bytes with `{:#}`.
impl fmt::Display for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        length_and_bytes(self.0, f)
    }
}

/// Prints for example `2 bytes: 0102`.
pub(super) fn length_and_bytes(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let shown = match bytes.get(..16) {
        Some(start) if !f.alternate() => start,
        _ => bytes,
    };
    write!(f, "{} bytes", bytes.len())?;
    if bytes.is_empty() {
        return Ok(());
    }
    let rest = if shown.len() < bytes.len() { "…" } else { "" };
    write!(f, ": {:#}{rest}", Bytes(shown))
}

/// An address family: 0x01 is IPv4, 0x02 is IPv6
/// ([RFC 8656 §18.6](https://www.rfc-editor.org/rfc/rfc8656#section-18.6)).
///
/// Every number can be read, so that a server can answer 440 (Address Family not Supported).
///
/// ```
/// use stunwire::attribute::AddressFamily;
///
/// assert_eq!(AddressFamily::IPV6, AddressFamily(2));
/// assert_eq!(AddressFamily::IPV6.to_string(), "IPv6");
/// ```
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

/// Prints `IPv4`, `IPv6`, or the number.
impl fmt::Display for AddressFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::IPV4 => f.write_str("IPv4"),
            Self::IPV6 => f.write_str("IPv6"),
            Self(number) => write!(f, "address family {number:#04x}"),
        }
    }
}

/// Reads and writes a byte that is followed by three reserved bytes: zero when written, ignored when read.
macro_rules! first_byte {
    ($name:ident($field:ident)) => {
        impl<'a> Decode<'a> for $name {
            #[inline]
            fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
                array(value).map(|[first, _, _, _]| Self($field(first)))
            }
        }

        impl Encode for $name {
            #[inline]
            fn value_len(&self, _: Context) -> usize {
                4
            }

            #[inline]
            fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
                put(out, [self.0.0, 0, 0, 0])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

/// REQUESTED-ADDRESS-FAMILY: the address family of the relayed address that the client asks for
/// ([RFC 8656 §18.6](https://www.rfc-editor.org/rfc/rfc8656#section-18.6)).
///
/// Type 0x0017. Value: the family (1 byte) and 3 reserved bytes.
///
/// ```
/// use stunwire::attribute::{AddressFamily, RequestedAddressFamily};
///
/// let family = RequestedAddressFamily(AddressFamily::IPV6);
/// assert_eq!(family.to_string(), "IPv6");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestedAddressFamily(
    /// The family.
    pub AddressFamily,
);

first_byte!(RequestedAddressFamily(AddressFamily));

/// ADDITIONAL-ADDRESS-FAMILY: asks for a relayed address of this family in addition to the IPv4 one
/// ([RFC 8656 §18.11](https://www.rfc-editor.org/rfc/rfc8656#section-18.11)).
///
/// Type 0x8000. Value: the family (1 byte) and 3 reserved bytes. In an Allocate request only IPv6 is
/// allowed.
///
/// ```
/// use stunwire::attribute::{AdditionalAddressFamily, AddressFamily};
///
/// let family = AdditionalAddressFamily(AddressFamily::IPV6);
/// assert_eq!(family.to_string(), "IPv6");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AdditionalAddressFamily(
    /// The family.
    pub AddressFamily,
);

first_byte!(AdditionalAddressFamily(AddressFamily));

/// ADDRESS-ERROR-CODE: why the server allocated no address of one of the families that the client asked
/// for ([RFC 8656 §18.12](https://www.rfc-editor.org/rfc/rfc8656#section-18.12)).
///
/// Type 0x8001. Value: the family (1 byte), and the rest as in [`ErrorCode`]. The codes are 440 and 508.
///
/// ```
/// use stunwire::attribute::{AddressErrorCode, AddressFamily};
/// use stunwire::Code;
///
/// let refused = AddressErrorCode {
///     family: AddressFamily::IPV6,
///     error: Code::ADDRESS_FAMILY_NOT_SUPPORTED.into(),
/// };
/// assert_eq!(refused.error.code().as_u16(), 440);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressErrorCode<'a> {
    /// The family that was refused.
    pub family: AddressFamily,
    /// The reason.
    pub error: ErrorCode<'a>,
}

impl<'a> Decode<'a> for AddressErrorCode<'a> {
    fn decode(value: &'a [u8], context: Context) -> Result<Self, ValueError> {
        let (family, error) = ErrorCode::decode_with_first(value, context)?;
        Ok(Self {
            family: AddressFamily(family),
            error,
        })
    }
}

impl Encode for AddressErrorCode<'_> {
    fn value_len(&self, context: Context) -> usize {
        Encode::value_len(&self.error, context)
    }

    fn encode(&self, out: &mut [u8], context: Context) -> Option<()> {
        Encode::encode(&self.error, out, context)?;
        put(out, [self.family.0])
    }

    fn validate(&self, context: Context) -> Result<(), EncodeError> {
        Encode::validate(&self.error, context)
    }
}

/// Prints the family, the code and the reason phrase.
impl fmt::Display for AddressErrorCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.family)?;
        fmt::Display::fmt(&self.error, f)
    }
}

/// ICMP: the ICMP message with which a packet to the peer was rejected, in a Data indication
/// ([RFC 8656 §18.13](https://www.rfc-editor.org/rfc/rfc8656#section-18.13)).
///
/// Type 0x8004. Value: 2 reserved bytes, type and code (2 bytes) and error data (4 bytes).
///
/// The figure in the RFC has 7 bits for the type and 9 for the code; ICMP has 8 and 8. The 16 bits are
/// kept as they are, and there is an accessor for either reading.
///
/// ```
/// use stunwire::attribute::Icmp;
///
/// // Destination unreachable, fragmentation needed; the next hop has an MTU of 1280 bytes.
/// let icmp = Icmp::new(3, 4, 1280);
/// assert_eq!(icmp.type_code(), (3, 4));
/// assert_eq!(icmp.error_data, 1280);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Icmp {
    /// Type and code together.
    pub type_and_code: u16,
    /// The MTU of the next hop in bytes if ICMP reports one, otherwise zero.
    pub error_data: u32,
}

impl Icmp {
    /// Creates the attribute from the type and the code of ICMP, 8 bits each.
    #[must_use]
    pub const fn new(icmp_type: u8, icmp_code: u8, error_data: u32) -> Self {
        Self {
            type_and_code: u16::from_be_bytes([icmp_type, icmp_code]),
            error_data,
        }
    }

    /// Type and code, 8 bits each as in ICMP.
    #[must_use]
    pub const fn type_code(&self) -> (u8, u8) {
        let [icmp_type, icmp_code] = self.type_and_code.to_be_bytes();
        (icmp_type, icmp_code)
    }

    /// A type of 7 bits and a code of 9 bits, as in the figure of RFC 8656.
    #[must_use]
    pub const fn type_code_as_drawn(&self) -> (u16, u16) {
        (self.type_and_code >> 9, self.type_and_code & 0x01FF)
    }
}

impl<'a> Decode<'a> for Icmp {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[_, _, t, c, d0, d1, d2, d3]| Self {
            type_and_code: u16::from_be_bytes([t, c]),
            error_data: u32::from_be_bytes([d0, d1, d2, d3]),
        })
    }
}

impl Encode for Icmp {
    fn value_len(&self, _: Context) -> usize {
        8
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let [t, c] = self.type_and_code.to_be_bytes();
        let [d0, d1, d2, d3] = self.error_data.to_be_bytes();
        put(out, [0, 0, t, c, d0, d1, d2, d3])
    }
}

/// Prints for example `type 3, code 4, data 1280`.
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
    /// TIMER-VAL: a time in seconds, from drafts of TURN
    /// ([RFC 5766 §14](https://www.rfc-editor.org/rfc/rfc5766#section-14)).
    ///
    /// Type 0x0021, reserved since. Value: seconds, 4 bytes.
    ///
    /// ```
    /// use stunwire::attribute::TimerVal;
    ///
    /// assert_eq!(TimerVal(30).to_string(), "30 s");
    /// ```
    pub struct TimerVal(
        /// Seconds.
        pub u32,
    );
}

/// Prints for example `30 s`.
impl fmt::Display for TimerVal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

/// A transport protocol, as its IP protocol number, in [`RequestedTransport`].
///
/// ```
/// use stunwire::attribute::{RequestedTransport, TransportProtocol};
///
/// assert_eq!(RequestedTransport(TransportProtocol::TCP), RequestedTransport::TCP);
/// assert_eq!(TransportProtocol(132).to_string(), "protocol 132");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransportProtocol(
    /// The IP protocol number.
    pub u8,
);

impl TransportProtocol {
    /// TCP, 6.
    pub const TCP: Self = Self(6);
    /// UDP, 17.
    pub const UDP: Self = Self(17);
}

/// Prints `UDP`, `TCP`, or the number.
impl fmt::Display for TransportProtocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::UDP => f.write_str("UDP"),
            Self::TCP => f.write_str("TCP"),
            Self(number) => write!(f, "protocol {number}"),
        }
    }
}

/// REQUESTED-TRANSPORT: the transport protocol between the server and the peers
/// ([RFC 8656 §18.8](https://www.rfc-editor.org/rfc/rfc8656#section-18.8)).
///
/// Type 0x0019. Value: the IP protocol number (1 byte) and 3 reserved bytes. Every number can be read, so
/// that a server can answer 442 (Unsupported Transport Protocol).
///
/// ```
/// use stunwire::attribute::RequestedTransport;
///
/// assert_eq!(RequestedTransport::UDP.0.0, 17);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestedTransport(
    /// The protocol.
    pub TransportProtocol,
);

impl RequestedTransport {
    /// UDP, 17.
    pub const UDP: Self = Self(TransportProtocol::UDP);
    /// TCP, 6 ([RFC 6062 §4.1](https://www.rfc-editor.org/rfc/rfc6062#section-4.1)).
    pub const TCP: Self = Self(TransportProtocol::TCP);
}

first_byte!(RequestedTransport(TransportProtocol));

/// EVEN-PORT: asks for a relayed address with an even port
/// ([RFC 8656 §18.7](https://www.rfc-editor.org/rfc/rfc8656#section-18.7)).
///
/// Type 0x0018. Value: 1 byte, whose most significant bit is the R bit; the others are reserved.
///
/// ```
/// use stunwire::attribute::EvenPort;
///
/// let even_port = EvenPort { reserve_next: true };
/// assert_eq!(even_port.to_string(), "even, the next reserved");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EvenPort {
    /// Whether the server must also reserve the next higher port for a later allocation: the R bit.
    pub reserve_next: bool,
}

impl<'a> Decode<'a> for EvenPort {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[flags]| Self {
            reserve_next: flags & 0x80 != 0,
        })
    }
}

impl Encode for EvenPort {
    fn value_len(&self, _: Context) -> usize {
        1
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        put(out, [if self.reserve_next { 0x80 } else { 0 }])
    }
}

/// Prints `even`, or `even, the next reserved`.
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
    /// DONT-FRAGMENT: asks the server to set the DF bit in the datagrams that it sends to the peer
    /// ([RFC 8656 §18.9](https://www.rfc-editor.org/rfc/rfc8656#section-18.9)).
    ///
    /// Type 0x001A. No value.
    ///
    /// ```
    /// use stunwire::attribute::DontFragment;
    /// use stunwire::{MessageWriter, Method, TransactionId};
    ///
    /// let mut buffer = [0; 64];
    /// let id = TransactionId::new(*b"unpredictabl");
    /// let packet = MessageWriter::indication(&mut buffer, Method::SEND, id)?
    ///     .with(&DontFragment)?
    ///     .finish()?;
    /// assert_eq!(packet[20..], *b"\x00\x1a\x00\x00");
    /// # Ok::<(), stunwire::EncodeError>(())
    /// ```
    pub struct DontFragment;
}

token! {
    /// RESERVATION-TOKEN: identifies the port that the server reserved because of EVEN-PORT
    /// ([RFC 8656 §18.10](https://www.rfc-editor.org/rfc/rfc8656#section-18.10)).
    ///
    /// Type 0x0022. Value: 8 opaque bytes.
    ///
    /// ```
    /// use stunwire::attribute::ReservationToken;
    ///
    /// let token = ReservationToken(*b"\x01\x02\x03\x04\x05\x06\x07\x08");
    /// assert_eq!(token.to_string(), "0102030405060708");
    /// ```
    pub struct ReservationToken(
        /// The token.
        pub [u8; 8],
    );
}

number! {
    /// CONNECTION-ID: identifies a TCP connection between the server and a peer
    /// ([RFC 6062 §6.2.1](https://www.rfc-editor.org/rfc/rfc6062#section-6.2.1)).
    ///
    /// Type 0x002A. Value: an unsigned integer of 4 bytes, big-endian.
    ///
    /// ```
    /// use stunwire::attribute::ConnectionId;
    ///
    /// assert_eq!(ConnectionId(0x12AB).to_string(), "0x000012ab");
    /// ```
    pub struct ConnectionId(
        /// The identifier.
        pub u32,
    );
}

/// Prints the identifier in hexadecimal.
impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}
