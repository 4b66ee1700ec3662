//! Attributes that hold a transport address, plain or XORed.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use super::shape::{array, put};
use crate::error::ValueError;
use crate::transaction_id::TransactionId;

/// Reads a transport address that is not XORed
/// ([RFC 8489 §14.1](https://www.rfc-editor.org/rfc/rfc8489#section-14.1)). The first byte is reserved
/// and ignored.
#[inline(always)]
pub(crate) fn decode(value: &[u8]) -> Result<SocketAddr, ValueError> {
    let (ip, port) = match *value {
        [_, 1, p0, p1, a, b, c, d] => {
            let ip = IpAddr::V4(Ipv4Addr::from([a, b, c, d]));
            (ip, u16::from_be_bytes([p0, p1]))
        }
        [_, 2, p0, p1, ref ip @ ..] if ip.len() == 16 => {
            let ip = array::<16>(ip)?;
            (IpAddr::V6(Ipv6Addr::from(ip)), u16::from_be_bytes([p0, p1]))
        }
        _ => return Err(refuse(value)),
    };
    Ok(SocketAddr::new(ip, port))
}

/// Reads a transport address whose port and IP address are XORed with the magic cookie and the transaction
/// id ([RFC 8489 §14.2](https://www.rfc-editor.org/rfc/rfc8489#section-14.2)). Dialects without a cookie
/// use the bytes at the same offset of the header.
#[inline(always)]
pub(crate) fn decode_xored(value: &[u8], id: &TransactionId) -> Result<SocketAddr, ValueError> {
    // XOR works byte by byte, so native byte order saves swapping them.
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
            let ip = u128::from_ne_bytes(array::<16>(ip)?) ^ mask;
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

/// Length of the value in bytes.
#[inline(always)]
pub(crate) const fn len(address: &SocketAddr) -> usize {
    match address {
        SocketAddr::V4(_) => 8,
        SocketAddr::V6(_) => 20,
    }
}

/// Writes a transport address.
#[inline(always)]
pub(crate) fn encode(address: &SocketAddr, out: &mut [u8]) -> Option<()> {
    encode_masked(address, 0, out)
}

/// Writes a transport address whose port and IP address are XORed as [`decode_xored`] reads them.
#[inline(always)]
pub(crate) fn encode_xored(address: &SocketAddr, id: &TransactionId, out: &mut [u8]) -> Option<()> {
    encode_masked(address, u128::from_ne_bytes(*id.as_bytes()), out)
}

/// Writes a transport address of which port and IP address are XORed with the first bytes of `mask`.
#[inline(always)]
fn encode_masked(address: &SocketAddr, mask: u128, out: &mut [u8]) -> Option<()> {
    let [m0, m1, m2, m3, ..] = mask.to_ne_bytes();
    let [p0, p1] = (address.port() ^ u16::from_be_bytes([m0, m1])).to_be_bytes();
    match address {
        SocketAddr::V4(address) => {
            let [a, b, c, d] = address.ip().octets();
            let ip = u32::from_ne_bytes([a, b, c, d]) ^ u32::from_ne_bytes([m0, m1, m2, m3]);
            let [a, b, c, d] = ip.to_ne_bytes();
            put(out, [0, 1, p0, p1, a, b, c, d])
        }
        SocketAddr::V6(address) => {
            let ip = u128::from_ne_bytes(address.ip().octets()) ^ mask;
            put(out, [0, 2, p0, p1])?;
            put(out.get_mut(4..)?, ip.to_ne_bytes())
        }
    }
}

/// The layout of the value, for the documentation of an [`address!`].
macro_rules! address_value {
    (plain) => {
        address_value!(@text "")
    };
    (xored) => {
        address_value!(@text ", port and address XORed with bytes 4 to 19 of the header")
    };
    (@text $xored:literal) => {
        concat!(
            "Value: a reserved byte, the family (1 byte: 1 is IPv4, 2 is IPv6), the port (2 bytes) and \
             the IP address (4 or 16 bytes)", $xored, ". An IPv6 address is sent without its flow label \
             and scope. An IPv4-mapped IPv6 address, as dual-stack sockets return it, is written as \
             IPv6: see [`IpAddr::to_canonical`](core::net::IpAddr::to_canonical)."
        )
    };
}

/// Defines an attribute that holds a transport address, `plain` or `xored`.
macro_rules! address {
    (
        $(#[$doc:meta])*
        pub struct $name:ident(plain);
    ) => {
        address!(@type $(#[$doc])* $name);

        impl<'a> $crate::attribute::shape::Decode<'a> for $name {
            #[inline(always)]
            fn decode(value: &'a [u8], _: $crate::Context) -> Result<Self, $crate::ValueError> {
                $crate::attribute::address::decode(value).map(Self)
            }
        }

        impl $crate::attribute::shape::Encode for $name {
            #[inline(always)]
            fn value_len(&self, _: $crate::Context) -> usize {
                $crate::attribute::address::len(&self.0)
            }

            #[inline(always)]
            fn encode(&self, out: &mut [u8], _: $crate::Context) -> Option<()> {
                $crate::attribute::address::encode(&self.0, out)
            }
        }
    };
    (
        $(#[$doc:meta])*
        pub struct $name:ident(xored);
    ) => {
        address!(@type $(#[$doc])* $name);

        impl<'a> $crate::attribute::shape::Decode<'a> for $name {
            #[inline(always)]
            fn decode(
                value: &'a [u8],
                context: $crate::Context,
            ) -> Result<Self, $crate::ValueError> {
                $crate::attribute::address::decode_xored(value, &context.transaction_id).map(Self)
            }
        }

        impl $crate::attribute::shape::Encode for $name {
            #[inline(always)]
            fn value_len(&self, _: $crate::Context) -> usize {
                $crate::attribute::address::len(&self.0)
            }

            #[inline(always)]
            fn encode(&self, out: &mut [u8], context: $crate::Context) -> Option<()> {
                $crate::attribute::address::encode_xored(&self.0, &context.transaction_id, out)
            }
        }
    };
    (@type $(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name(
            /// IP address and port.
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
    /// MAPPED-ADDRESS: the address of the client as the server sees it
    /// ([RFC 8489 §14.1](https://www.rfc-editor.org/rfc/rfc8489#section-14.1)).
    ///
    /// Type 0x0001. Classic STUN uses it; since RFC 5389 servers answer with [`XorMappedAddress`]. In
    /// MS-TURN it holds the relayed address.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::MappedAddress;
    ///
    /// let mapped = MappedAddress("192.0.2.1:32853".parse()?);
    /// assert_eq!(mapped.0.port(), 32853);
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct MappedAddress(plain);
}

address! {
    /// XOR-MAPPED-ADDRESS: the address of the client as the server sees it, protected from NATs that
    /// rewrite addresses in payloads
    /// ([RFC 8489 §14.2](https://www.rfc-editor.org/rfc/rfc8489#section-14.2)).
    ///
    /// Type 0x0020. Under 0x8020, the type that drafts of RFC 5389 used, it is read if the message has
    /// no 0x0020; MS-TURN has only 0x8020.
    ///
    /// Example program: [`stun_client`](https://docs.rs/crate/stunwire/latest/source/examples/stun_client.rs).
    ///
    #[doc = address_value!(xored)]
    ///
    /// ```
    /// use stunwire::attribute::XorMappedAddress;
    /// use stunwire::{Message, MessageWriter, Method, TransactionId};
    ///
    /// let mut buffer = [0; 64];
    /// let request = MessageWriter::request(
    ///     &mut buffer,
    ///     Method::BINDING,
    ///     TransactionId::new(*b"unpredictabl"),
    /// )?;
    /// let request = Message::parse(request.finish()?)?.header();
    ///
    /// let from = "192.0.2.1:32853".parse()?;
    /// let response = MessageWriter::success_to(&mut buffer, request)?
    ///     .with(&XorMappedAddress(from))?
    ///     .finish()?;
    /// let mapped = Message::parse(response)?.get::<XorMappedAddress>()?;
    /// assert_eq!(mapped, Some(XorMappedAddress(from)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub struct XorMappedAddress(xored);
}

address! {
    /// ALTERNATE-SERVER: the server that the client must ask instead
    /// ([RFC 8489 §14.15](https://www.rfc-editor.org/rfc/rfc8489#section-14.15)).
    ///
    /// Type 0x8023; in MS-TURN 0x000E.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::AlternateServer;
    ///
    /// let server = AlternateServer("[2001:db8::1]:3478".parse()?);
    /// assert!(server.0.is_ipv6());
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct AlternateServer(plain);
}

address! {
    /// XOR-PEER-ADDRESS: the address of the peer as the TURN server sees it
    /// ([RFC 8656 §18.3](https://www.rfc-editor.org/rfc/rfc8656#section-18.3)).
    ///
    /// Type 0x0012. A CreatePermission request can have several:
    /// [`Message::get_all`](crate::Message::get_all).
    ///
    #[doc = address_value!(xored)]
    ///
    /// ```
    /// use stunwire::attribute::XorPeerAddress;
    ///
    /// let peer = XorPeerAddress("192.0.2.7:5000".parse()?);
    /// assert_eq!(peer.to_string(), "192.0.2.7:5000");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct XorPeerAddress(xored);
}

address! {
    /// XOR-RELAYED-ADDRESS: the address that the TURN server allocated for the client
    /// ([RFC 8656 §18.5](https://www.rfc-editor.org/rfc/rfc8656#section-18.5)).
    ///
    /// Type 0x0016.
    ///
    #[doc = address_value!(xored)]
    ///
    /// ```
    /// use stunwire::attribute::XorRelayedAddress;
    ///
    /// let relayed = XorRelayedAddress("192.0.2.15:50000".parse()?);
    /// assert_eq!(relayed.0.port(), 50000);
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct XorRelayedAddress(xored);
}

address! {
    /// RESPONSE-ADDRESS: the address to which the server must send the response
    /// ([RFC 3489 §11.2.2](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.2)).
    ///
    /// Type 0x0002. Servers do not support it any more, because it makes them send packets to third
    /// parties.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::ResponseAddress;
    ///
    /// let address = ResponseAddress("192.0.2.1:3478".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:3478");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct ResponseAddress(plain);
}

address! {
    /// SOURCE-ADDRESS: the address from which the server sent the response
    /// ([RFC 3489 §11.2.5](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.5)).
    ///
    /// Type 0x0004. RFC 5780 replaced it with [`ResponseOrigin`].
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::SourceAddress;
    ///
    /// let address = SourceAddress("192.0.2.1:3478".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:3478");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct SourceAddress(plain);
}

address! {
    /// CHANGED-ADDRESS: the other address and port of the server
    /// ([RFC 3489 §11.2.3](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.3)).
    ///
    /// Type 0x0005. RFC 5780 replaced it with [`OtherAddress`].
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::ChangedAddress;
    ///
    /// let address = ChangedAddress("192.0.2.1:3478".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:3478");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct ChangedAddress(plain);
}

address! {
    /// REFLECTED-FROM: the address of the client that asked for a response to another address
    /// ([RFC 3489 §11.2.11](https://www.rfc-editor.org/rfc/rfc3489#section-11.2.11)).
    ///
    /// Type 0x000B.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::ReflectedFrom;
    ///
    /// let address = ReflectedFrom("192.0.2.1:3478".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:3478");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct ReflectedFrom(plain);
}

address! {
    /// XOR-REFLECTED-FROM: the address of the client that asked for a response to another address, XORed
    /// ([draft-ietf-behave-nat-behavior-discovery-03](https://datatracker.ietf.org/doc/html/draft-ietf-behave-nat-behavior-discovery-03)).
    ///
    /// Type 0x0028, reserved since.
    ///
    #[doc = address_value!(xored)]
    ///
    /// ```
    /// use stunwire::attribute::XorReflectedFrom;
    ///
    /// let address = XorReflectedFrom("192.0.2.1:3478".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:3478");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct XorReflectedFrom(xored);
}

address! {
    /// RESPONSE-ORIGIN: the address from which the server sent the response
    /// ([RFC 5780 §7.3](https://www.rfc-editor.org/rfc/rfc5780#section-7.3)).
    ///
    /// Type 0x802B.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::ResponseOrigin;
    ///
    /// let address = ResponseOrigin("192.0.2.1:3478".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:3478");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct ResponseOrigin(plain);
}

address! {
    /// OTHER-ADDRESS: the other address and port of the server, for NAT behavior discovery
    /// ([RFC 5780 §7.4](https://www.rfc-editor.org/rfc/rfc5780#section-7.4)).
    ///
    /// Type 0x802C.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::OtherAddress;
    ///
    /// let address = OtherAddress("192.0.2.1:3478".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:3478");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct OtherAddress(plain);
}

address! {
    /// SECONDARY-ADDRESS: the other address of the server, in the protocol of Vovida's STUN server.
    ///
    /// Type 0x8050, not registered. MS-TURN uses the type for MS-SEQUENCE-NUMBER.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::SecondaryAddress;
    ///
    /// let address = SecondaryAddress("192.0.2.1:3478".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:3478");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct SecondaryAddress(plain);
}

address! {
    /// MSN-MAPPED-ADDRESS: the address of the client as a server of MSN sees it, as libnice reads it.
    ///
    /// Type 0x8000, which IANA registered for ADDITIONAL-ADDRESS-FAMILY.
    /// [`RawAttribute::to_any`](crate::RawAttribute::to_any) therefore does not return it: read it with
    /// `get::<MsnMappedAddress>()`.
    ///
    #[doc = address_value!(plain)]
    ///
    /// ```
    /// use stunwire::attribute::MsnMappedAddress;
    ///
    /// let address = MsnMappedAddress("192.0.2.1:3478".parse()?);
    /// assert_eq!(address.to_string(), "192.0.2.1:3478");
    /// # Ok::<(), std::net::AddrParseError>(())
    /// ```
    pub struct MsnMappedAddress(plain);
}
