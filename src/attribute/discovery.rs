//! The attributes of classic STUN (RFC 3489) and of NAT behavior discovery (RFC 5780) that are not
//! addresses, and small extensions of STUN.

use core::fmt;

use super::shape::{Decode, Encode, array, put};
use crate::dialect::Context;
use crate::error::ValueError;

/// CHANGE-REQUEST: asks the server to respond from its other address or port
/// ([RFC 5780 §7.2](https://www.rfc-editor.org/rfc/rfc5780#section-7.2)).
///
/// Type 0x0003, first defined in [RFC 3489 §11.2.4](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.4).
/// Value: 4 bytes, all zero except two bits of the last byte: A is 0x04, B is 0x02.
///
/// Example program: [`stun_server`](https://docs.rs/crate/stunwire/latest/source/examples/stun_server.rs).
///
/// ```
/// use stunwire::attribute::ChangeRequest;
///
/// let change = ChangeRequest { change_ip: true, change_port: true };
/// assert_eq!(change.to_string(), "change IP and port");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChangeRequest {
    /// Respond from the other IP address: bit A.
    pub change_ip: bool,
    /// Respond from the other port: bit B.
    pub change_port: bool,
}

impl<'a> Decode<'a> for ChangeRequest {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[_, _, _, flags]| Self {
            change_ip: flags & 0x04 != 0,
            change_port: flags & 0x02 != 0,
        })
    }
}

impl Encode for ChangeRequest {
    fn value_len(&self, _: Context) -> usize {
        4
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let ip = if self.change_ip { 0x04 } else { 0 };
        let port = if self.change_port { 0x02 } else { 0 };
        put(out, [0, 0, 0, ip | port])
    }
}

/// Prints for example `change IP and port`.
impl fmt::Display for ChangeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.change_ip, self.change_port) {
            (true, true) => "change IP and port",
            (true, false) => "change IP",
            (false, true) => "change port",
            (false, false) => "change nothing",
        })
    }
}

opaque! {
    /// PASSWORD: the password in the response to a Shared Secret request
    /// ([RFC 3489 §11.2.7](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.7)).
    ///
    /// Type 0x0007. Value: bytes, padded to a multiple of 4 inside the length. The password is never
    /// printed.
    ///
    /// ```
    /// use stunwire::attribute::Password;
    ///
    /// let password = Password(b"secret");
    /// assert_eq!(password.to_string(), "6 bytes, not shown");
    /// assert_eq!(format!("{password:?}"), "Password(..)");
    /// ```
    pub struct Password<'a>(
        /// The password.
        pub &'a [u8],
    );
}

/// Prints the length alone.
impl fmt::Display for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, not shown", self.0.len())
    }
}

/// Prints `Password(..)`.
impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

opaque! {
    /// PADDING: makes a request or a response so long that it is fragmented
    /// ([RFC 5780 §7.6](https://www.rfc-editor.org/rfc/rfc5780#section-7.6)).
    ///
    /// Type 0x0026. Value: bytes without meaning.
    ///
    /// ```
    /// use stunwire::attribute::Padding;
    ///
    /// let padding = Padding(&[0; 1280]);
    /// assert_eq!(padding.to_string(), "1280 bytes");
    /// ```
    #[derive(Debug)]
    pub struct Padding<'a>(
        /// The bytes.
        pub &'a [u8],
    );
}

/// Prints the length.
impl fmt::Display for Padding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// RESPONSE-PORT: the port to which the server must send the response
/// ([RFC 5780 §7.5](https://www.rfc-editor.org/rfc/rfc5780#section-7.5)).
///
/// Type 0x0027. Value: the port (2 bytes) and 2 bytes of padding. Some senders do not count the padding
/// in the length, so 2 or 4 bytes are read, and 4 are written.
///
/// ```
/// use stunwire::attribute::ResponsePort;
///
/// let port = ResponsePort(50_000);
/// assert_eq!(port.0, 50_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResponsePort(
    /// The port.
    pub u16,
);

impl<'a> Decode<'a> for ResponsePort {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        match *value {
            [high, low] | [high, low, _, _] => Ok(Self(u16::from_be_bytes([high, low]))),
            _ => Err(ValueError::length(value.len(), 2, 4)),
        }
    }
}

impl Encode for ResponsePort {
    fn value_len(&self, _: Context) -> usize {
        4
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let [high, low] = self.0.to_be_bytes();
        put(out, [high, low, 0, 0])
    }
}

/// Prints the port.
impl fmt::Display for ResponsePort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

number! {
    /// CACHE-TIMEOUT: the time for which the server remembers a padded request
    /// ([RFC 5780 §9.1](https://www.rfc-editor.org/rfc/rfc5780#section-9.1)).
    ///
    /// Type 0x8027. Value: seconds, 4 bytes by convention: RFC 5780 registers the type and does not
    /// describe the value.
    ///
    /// ```
    /// use stunwire::attribute::CacheTimeout;
    ///
    /// assert_eq!(CacheTimeout(30).to_string(), "30 s");
    /// ```
    pub struct CacheTimeout(
        /// Seconds.
        pub u32,
    );
}

/// Prints for example `30 s`.
impl fmt::Display for CacheTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

flag! {
    /// XOR-ONLY: asks the server to omit MAPPED-ADDRESS, in the protocol of Vovida's STUN server.
    ///
    /// Type 0x8021, not registered. No value.
    ///
    /// ```
    /// use stunwire::attribute::XorOnly;
    /// use stunwire::{Message, MessageWriter, Method, TransactionId};
    ///
    /// let mut buffer = [0; 64];
    /// let id = TransactionId::new(*b"unpredictabl");
    /// let packet = MessageWriter::request(&mut buffer, Method::BINDING, id)?
    ///     .with(&XorOnly)?
    ///     .finish()?;
    /// assert!(Message::parse(packet)?.get::<XorOnly>()?.is_some());
    /// # Ok::<(), stunwire::Error>(())
    /// ```
    pub struct XorOnly;
}

/// TRANSACTION_TRANSMIT_COUNTER: how many times request and response were sent, which tells in which
/// direction packets are lost
/// ([RFC 7982 §3.1](https://www.rfc-editor.org/rfc/rfc7982#section-3.1)).
///
/// Type 0x8025. Value: 2 reserved bytes, the counter of the request (1 byte) and the counter of the response
/// (1 byte).
///
/// ```
/// use stunwire::attribute::TransactionTransmitCounter;
///
/// let second_attempt = TransactionTransmitCounter { request: 2, response: 0 };
/// assert_eq!(second_attempt.to_string(), "request 2, response 0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransactionTransmitCounter {
    /// How many times the request was sent, including this time.
    pub request: u8,
    /// How many times the response was sent, zero in requests.
    pub response: u8,
}

impl<'a> Decode<'a> for TransactionTransmitCounter {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[_, _, request, response]| Self { request, response })
    }
}

impl Encode for TransactionTransmitCounter {
    fn value_len(&self, _: Context) -> usize {
        4
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        put(out, [0, 0, self.request, self.response])
    }
}

/// Prints for example `request 2, response 0`.
impl fmt::Display for TransactionTransmitCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}, response {}", self.request, self.response)
    }
}

/// ECN-CHECK STUN: whether ECN marks survive the path
/// ([RFC 6679 §7.2.2](https://www.rfc-editor.org/rfc/rfc6679#section-7.2.2)).
///
/// Type 0x802D. Value: 4 bytes, of which the last three bits are used: 2 bits for the ECN field and the V
/// bit.
///
/// ```
/// use stunwire::attribute::EcnCheck;
///
/// let reported = EcnCheck { ecn: Some(2) };
/// assert_eq!(reported.to_string(), "ECN field 2");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EcnCheck {
    /// The ECN field of the IP packet that carried the request, 0 to 3. `None` if the V bit is zero:
    /// the field is not reported.
    pub ecn: Option<u8>,
}

impl<'a> Decode<'a> for EcnCheck {
    fn decode(value: &'a [u8], _: Context) -> Result<Self, ValueError> {
        array(value).map(|[_, _, _, flags]| Self {
            ecn: (flags & 0x01 != 0).then_some(flags >> 1 & 0x03),
        })
    }
}

impl Encode for EcnCheck {
    fn value_len(&self, _: Context) -> usize {
        4
    }

    fn encode(&self, out: &mut [u8], _: Context) -> Option<()> {
        let flags = self.ecn.map_or(0, |ecn| (ecn & 0x03) << 1 | 0x01);
        put(out, [0, 0, 0, flags])
    }
}

/// Prints `ECN field 2`, or that it is not reported.
impl fmt::Display for EcnCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ecn {
            Some(ecn) => write!(f, "ECN field {ecn}"),
            None => f.write_str("ECN field not reported"),
        }
    }
}
