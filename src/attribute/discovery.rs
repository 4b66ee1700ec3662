//! The attributes of classic STUN (RFC 3489) and of NAT behaviour discovery (RFC 5780) that are not
//! addresses.

use core::fmt;

use super::shape::{array, put, put_slice};
use crate::error::ValueError;

/// CHANGE-REQUEST: from where the server shall answer
/// ([RFC 5780 §7.2](https://www.rfc-editor.org/rfc/rfc5780#section-7.2), before in RFC 3489
/// §11.2.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ChangeRequest {
    /// From its other address: bit A, 0x04.
    pub change_ip: bool,
    /// From its other port: bit B, 0x02.
    pub change_port: bool,
}

reads!(ChangeRequest, |value, context| {
    array(value).map(|[_, _, _, flags]| Self {
        change_ip: flags & 0x04 != 0,
        change_port: flags & 0x02 != 0,
    })
});
writes!(ChangeRequest, as ChangeRequest, |this, context| 4, |out| {
    let ip = if this.change_ip { 0x04 } else { 0 };
    let port = if this.change_port { 0x02 } else { 0 };
    put(out, [0, 0, 0, ip | port]);
});

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

/// PASSWORD: of a Shared Secret response
/// ([RFC 3489 §11.2.7](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.7)). It is not printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Password<'a>(
    /// The password; classic STUN stretches it to a multiple of 4.
    pub &'a [u8],
);

reads!(Password<'a>, |value, context| Ok(Self(value)));
writes!(Password<'_>, as Password<'_>, |this, context| this.0.len(), |out| {
    put_slice(out, this.0);
});

impl fmt::Display for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, not shown", self.0.len())
    }
}

impl fmt::Debug for Password<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

/// PADDING: makes a request or its response long enough to be fragmented
/// ([RFC 5780 §7.6](https://www.rfc-editor.org/rfc/rfc5780#section-7.6)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Padding<'a>(
    /// Bytes of any value.
    pub &'a [u8],
);

reads!(Padding<'a>, |value, context| Ok(Self(value)));
writes!(Padding<'_>, as Padding<'_>, |this, context| this.0.len(), |out| {
    put_slice(out, this.0);
});

impl fmt::Display for Padding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// RESPONSE-PORT: to which port the server shall answer
/// ([RFC 5780 §7.5](https://www.rfc-editor.org/rfc/rfc5780#section-7.5)).
///
/// The RFC's two bytes of padding are counted in the length by some senders and not by others: 2
/// or 4 bytes are read, 4 are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ResponsePort(
    /// The port.
    pub u16,
);

reads!(ResponsePort, |value, context| match *value {
    [high, low] | [high, low, _, _] => Ok(Self(u16::from_be_bytes([high, low]))),
    _ => Err(ValueError::length(value.len(), 2, 4)),
});
writes!(ResponsePort, as ResponsePort, |this, context| 4, |out| {
    let [high, low] = this.0.to_be_bytes();
    put(out, [high, low, 0, 0]);
});

impl fmt::Display for ResponsePort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

number! {
    /// CACHE-TIMEOUT: how long the server remembers a padded request, in seconds
    /// ([RFC 5780 §9.1](https://www.rfc-editor.org/rfc/rfc5780#section-9.1) registers the number and
    /// describes nothing; 32 bits by convention).
    CacheTimeout(
        /// In seconds.
        u32
    )
}

impl fmt::Display for CacheTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

flag! {
    /// XOR-ONLY: the server shall leave MAPPED-ADDRESS out. Vovida's STUN server had it; no RFC does.
    XorOnly
}

/// TRANSACTION_TRANSMIT_COUNTER: how often the request and its response were sent, to tell which
/// direction loses packets
/// ([RFC 7982 §3.1](https://www.rfc-editor.org/rfc/rfc7982#section-3.1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TransactionTransmitCounter {
    /// How often the request was sent, this time included.
    pub request: u8,
    /// How often the response was sent; zero in requests.
    pub response: u8,
}

reads!(TransactionTransmitCounter, |value, context| {
    array(value).map(|[_, _, request, response]| Self { request, response })
});
writes!(TransactionTransmitCounter, as TransactionTransmitCounter, |this, context| 4, |out| {
    put(out, [0, 0, this.request, this.response]);
});

impl fmt::Display for TransactionTransmitCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}, response {}", self.request, self.response)
    }
}

/// ECN-CHECK STUN: whether congestion marks survive the path
/// ([RFC 6679 §7.2.2](https://www.rfc-editor.org/rfc/rfc6679#section-7.2.2)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EcnCheck {
    /// The ECN field of the IP packet that brought the request, 0 to 3; `None` where the V bit says
    /// that there is none to report.
    pub ecn: Option<u8>,
}

reads!(EcnCheck, |value, context| {
    array(value).map(|[_, _, _, flags]| Self {
        ecn: (flags & 0x01 != 0).then_some(flags >> 1 & 0x03),
    })
});
writes!(EcnCheck, as EcnCheck, |this, context| 4, |out| {
    let flags = this.ecn.map_or(0, |ecn| (ecn & 0x03) << 1 | 0x01);
    put(out, [0, 0, 0, flags]);
});

impl fmt::Display for EcnCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ecn {
            Some(ecn) => write!(f, "ECN field {ecn}"),
            None => f.write_str("no ECN field to report"),
        }
    }
}
