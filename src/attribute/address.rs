//! Attributes that hold a transport address, as it is or XOR-ed.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::shape::put;
use crate::error::ValueError;
use crate::transaction_id::TransactionId;

/// A transport address in the clear ([RFC 8489 §14.1]). The first byte is not looked at.
///
/// [RFC 8489 §14.1]: https://www.rfc-editor.org/rfc/rfc8489#section-14.1
#[inline(always)]
pub(crate) fn decode(value: &[u8]) -> Result<SocketAddr, ValueError> {
    let (ip, port) = match *value {
        [_, 1, p0, p1, a, b, c, d] => {
            let ip = IpAddr::V4(Ipv4Addr::from([a, b, c, d]));
            (ip, u16::from_be_bytes([p0, p1]))
        }
        [_, 2, p0, p1, ref ip @ ..] if ip.len() == 16 => {
            let ip = super::shape::array::<16>(ip)?;
            (IpAddr::V6(Ipv6Addr::from(ip)), u16::from_be_bytes([p0, p1]))
        }
        _ => return Err(refuse(value)),
    };
    Ok(SocketAddr::new(ip, port))
}

/// A transport address, port and IP XOR-ed with the front of the transaction id, cookie included
/// ([RFC 8489 §14.2]). The same in every dialect, since MS-TURN's ids have no cookie and mask with what
/// stands there.
///
/// [RFC 8489 §14.2]: https://www.rfc-editor.org/rfc/rfc8489#section-14.2
#[inline(always)]
pub(crate) fn decode_xored(value: &[u8], id: &TransactionId) -> Result<SocketAddr, ValueError> {
    // Of the machine's own order, since only equal bytes meet: nothing has to be turned round.
    let mask = u128::from_ne_bytes(*id.as_bytes());
    let [m0, m1, m2, m3, ..] = mask.to_ne_bytes();
    let port = |p0, p1| u16::from_be_bytes([p0, p1]) ^ u16::from_be_bytes([m0, m1]);
    match *value {
        [_, 1, p0, p1, a, b, c, d] => {
            let ip = u32::from_ne_bytes([a, b, c, d]) ^ u32::from_ne_bytes([m0, m1, m2, m3]);
            let ip = Ipv4Addr::from(ip.to_ne_bytes());
            Ok(SocketAddr::V4(SocketAddrV4::new(ip, port(p0, p1))))
        }
        [_, 2, p0, p1, ref ip @ ..] if ip.len() == 16 => {
            let ip = u128::from_ne_bytes(super::shape::array::<16>(ip)?) ^ mask;
            let ip = Ipv6Addr::from(ip.to_ne_bytes());
            Ok(SocketAddr::V6(SocketAddrV6::new(ip, port(p0, p1), 0, 0)))
        }
        _ => Err(refuse(value)),
    }
}

#[cold]
fn refuse(value: &[u8]) -> ValueError {
    match *value {
        [_, 1, ..] => ValueError::length(value.len(), 8, 8),
        [_, 2, ..] => ValueError::length(value.len(), 20, 20),
        [_, family, ..] => ValueError::Field {
            offset: 1,
            found: u16::from(family),
        },
        _ => ValueError::length(value.len(), 8, 20),
    }
}

/// Length of the value in bytes: 8 for IPv4, 20 for IPv6.
#[inline(always)]
pub(crate) const fn len(address: &SocketAddr) -> usize {
    match address {
        SocketAddr::V4(_) => 8,
        SocketAddr::V6(_) => 20,
    }
}

#[inline(always)]
pub(crate) fn encode(address: &SocketAddr, out: &mut [u8]) {
    let [p0, p1] = address.port().to_be_bytes();
    match address.ip() {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            put(out, [0, 1, p0, p1, a, b, c, d]);
        }
        IpAddr::V6(ip) => {
            put(out, [0, 2, p0, p1]);
            if let Some(out) = out.get_mut(4..) {
                put(out, ip.octets());
            }
        }
    }
}

/// An address with the mask on it, which is also the address again: see [`decode_xored`].
#[inline(always)]
pub(crate) fn xor(address: SocketAddr, id: TransactionId) -> SocketAddr {
    let [m0, m1, m2, m3] = id.cookie();
    let port = address.port() ^ u16::from_be_bytes([m0, m1]);
    let ip = match address.ip() {
        IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(
            ip.to_bits() ^ u32::from_be_bytes([m0, m1, m2, m3]),
        )),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(
            ip.to_bits() ^ u128::from_be_bytes(*id.as_bytes()),
        )),
    };
    SocketAddr::new(ip, port)
}

/// An address as it is, or XOR-ed.
macro_rules! address {
    ($(#[$doc:meta])* $name:ident in the clear) => {
        address!(@type $(#[$doc])* $name);
        reads!($name, |value, context| $crate::attribute::address::decode(value).map(Self));
        writes!($name, as $name, |this, context| $crate::attribute::address::len(&this.0), |out| {
            $crate::attribute::address::encode(&this.0, out);
        });
    };
    ($(#[$doc:meta])* $name:ident xored) => {
        address!(@type $(#[$doc])* $name);
        reads!($name, |value, context| {
            $crate::attribute::address::decode_xored(value, &context.transaction_id).map(Self)
        });
        writes!($name, as $name, |this, context| $crate::attribute::address::len(&this.0), |out| {
            let address = $crate::attribute::address::xor(this.0, context.transaction_id);
            $crate::attribute::address::encode(&address, out);
        });
    };
    (@type $(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// The value is 8 bytes long for IPv4 and 20 for IPv6. Flow label and scope of an IPv6
        /// address do not travel. An IPv4 address in IPv6 clothes, as dual-stack sockets give them, is
        /// written as IPv6: see [`IpAddr::to_canonical`](core::net::IpAddr::to_canonical).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(
            /// Address and port.
            pub core::net::SocketAddr,
        );

        impl From<core::net::SocketAddr> for $name {
            fn from(address: core::net::SocketAddr) -> Self {
                Self(address)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

address! {
    /// MAPPED-ADDRESS: the client's address as the server saw it, in the clear
    /// ([RFC 8489 §14.1](https://www.rfc-editor.org/rfc/rfc8489#section-14.1)). Of classic STUN; in
    /// MS-TURN the relayed address.
    MappedAddress in the clear
}

address! {
    /// XOR-MAPPED-ADDRESS: the client's address as the server saw it, hidden from NATs that rewrite
    /// addresses in payloads
    /// ([RFC 8489 §14.2](https://www.rfc-editor.org/rfc/rfc8489#section-14.2)). Also read under
    /// 0x8020, the code of the drafts before RFC 5389, which old servers still send and MS-TURN keeps.
    XorMappedAddress xored
}

address! {
    /// ALTERNATE-SERVER: where to ask instead, in the clear
    /// ([RFC 8489 §14.15](https://www.rfc-editor.org/rfc/rfc8489#section-14.15)).
    AlternateServer in the clear
}

address! {
    /// XOR-PEER-ADDRESS: the peer as the TURN server sees it
    /// ([RFC 8656 §18.3](https://www.rfc-editor.org/rfc/rfc8656#section-18.3)).
    XorPeerAddress xored
}

address! {
    /// XOR-RELAYED-ADDRESS: the address that the TURN server has allocated
    /// ([RFC 8656 §18.5](https://www.rfc-editor.org/rfc/rfc8656#section-18.5)).
    XorRelayedAddress xored
}

address! {
    /// RESPONSE-ADDRESS: where the server shall send the answer, in the clear
    /// ([RFC 3489 §11.2.2](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.2)). Servers no longer
    /// do: it sends packets to strangers.
    ResponseAddress in the clear
}

address! {
    /// SOURCE-ADDRESS: where the answer comes from, in the clear
    /// ([RFC 3489 §11.2.5](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.5)).
    SourceAddress in the clear
}

address! {
    /// CHANGED-ADDRESS: the server's other address and port, in the clear
    /// ([RFC 3489 §11.2.3](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.3)).
    ChangedAddress in the clear
}

address! {
    /// REFLECTED-FROM: who asked for an answer to be sent elsewhere, in the clear
    /// ([RFC 3489 §11.2.11](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.11)).
    ReflectedFrom in the clear
}

address! {
    /// XOR-REFLECTED-FROM: the same, XOR-ed; of
    /// draft-ietf-behave-nat-behavior-discovery-03, reserved since.
    XorReflectedFrom xored
}

address! {
    /// RESPONSE-ORIGIN: where the answer comes from, in the clear
    /// ([RFC 5780 §7.3](https://www.rfc-editor.org/rfc/rfc5780#section-7.3)).
    ResponseOrigin in the clear
}

address! {
    /// OTHER-ADDRESS: the server's other address and port, in the clear
    /// ([RFC 5780 §7.4](https://www.rfc-editor.org/rfc/rfc5780#section-7.4)).
    OtherAddress in the clear
}

address! {
    /// SECONDARY-ADDRESS: of Vovida's STUN server, in the clear. MS-TURN gives the code to
    /// MS-SEQUENCE-NUMBER.
    SecondaryAddress in the clear
}

address! {
    /// MSN-MAPPED-ADDRESS: of MSN, as libnice has it, in the clear. IANA gave the code to
    /// ADDITIONAL-ADDRESS-FAMILY; so this one is read only when asked for.
    MsnMappedAddress in the clear
}
