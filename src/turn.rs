//! The checks that a TURN server performs before it acts on a message (RFC 8656, RFC 6062).

use crate::attribute::{
    AdditionalAddressFamily, AddressFamily, ChannelNumber, ChannelRange, Code, ConnectionId, Data,
    DontFragment, EvenPort, Lifetime, RequestedAddressFamily, RequestedTransport, ReservationToken,
    XorPeerAddress,
};
use crate::code_point::{Class, Method};
use crate::error::AttributeError;
use crate::message::Message;

/// A set of address families: those that a server can relay, or those of an allocation.
///
/// ```
/// use stunwire::attribute::AddressFamily;
/// use stunwire::turn::Families;
///
/// let relays = [std::net::IpAddr::from([192, 0, 2, 1])];
/// let families = Families {
///     ipv4: relays.iter().any(|ip| ip.is_ipv4()),
///     ipv6: relays.iter().any(|ip| ip.is_ipv6()),
/// };
/// assert!(families.contains(AddressFamily::IPV4));
/// assert!(!families.contains(AddressFamily::IPV6));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Families {
    /// IPv4.
    pub ipv4: bool,
    /// IPv6.
    pub ipv6: bool,
}

impl Families {
    /// Only IPv4.
    pub const IPV4: Self = Self {
        ipv4: true,
        ipv6: false,
    };
    /// Only IPv6.
    pub const IPV6: Self = Self {
        ipv4: false,
        ipv6: true,
    };
    /// IPv4 and IPv6.
    pub const BOTH: Self = Self {
        ipv4: true,
        ipv6: true,
    };

    /// Whether the set contains this family.
    #[must_use]
    pub const fn contains(self, family: AddressFamily) -> bool {
        match family {
            AddressFamily::IPV4 => self.ipv4,
            AddressFamily::IPV6 => self.ipv6,
            _ => false,
        }
    }

    /// Whether the set has the family of this peer.
    fn fits(self, peer: XorPeerAddress) -> bool {
        if peer.0.is_ipv4() {
            self.ipv4
        } else {
            self.ipv6
        }
    }
}

/// The relays and channel numbers that a server supports, an argument of [`check`].
///
/// ```
/// use stunwire::attribute::ChannelRange;
/// use stunwire::turn::{Families, Support};
///
/// /// UDP relays of both families, TCP relays for clients over TCP, and the channels of RFC 5766.
/// fn support(over_tcp: bool) -> Support {
///     Support::udp(Families::BOTH).with_tcp(over_tcp).with_channels(ChannelRange::RFC5766)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Support {
    families: Families,
    tcp: Tcp,
    channels: ChannelRange,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Tcp {
    Unsupported,
    /// Supported, but the message arrived over UDP.
    OverUdp,
    Supported,
}

impl Support {
    /// Creates the description of a server that relays UDP from addresses of these families.
    #[must_use]
    pub const fn udp(families: Families) -> Self {
        Self {
            families,
            tcp: Tcp::Unsupported,
            channels: ChannelRange::RFC8656,
        }
    }

    /// Adds TCP relays ([RFC 6062](https://www.rfc-editor.org/rfc/rfc6062)). `over_tcp` must be `true` if the
    /// message arrived over TCP or TLS: a request for a TCP relay that arrives over UDP is answered with 400.
    #[must_use]
    pub const fn with_tcp(self, over_tcp: bool) -> Self {
        Self {
            tcp: if over_tcp {
                Tcp::Supported
            } else {
                Tcp::OverUdp
            },
            ..self
        }
    }

    /// Sets the channels that clients may bind, such as those of [RFC 5766](ChannelRange::RFC5766). The default is
    /// 0x4000 to 0x4FFF.
    #[must_use]
    pub const fn with_channels(self, channels: ChannelRange) -> Self {
        Self { channels, ..self }
    }
}

/// The reaction of a server to a message that [`check`] refuses.
///
/// ```
/// use stunwire::reply::Reply;
/// use stunwire::turn::Refusal;
/// use stunwire::{EncodeError, Key, Verified};
///
/// fn refuse(
///     refusal: Refusal,
///     (request, key): (&Verified<'_>, &Key),
///     out: &mut Vec<u8>,
/// ) -> Result<(), EncodeError> {
///     match refusal {
///         Refusal::Reply(code) => Reply::new((request, key), code).write(out).map(drop),
///         Refusal::Discard => Ok(()),
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Answer with this error code, and sign the response if the request was authenticated.
    Reply(Code),
    /// Discard the message without an answer: an indication, a response, a method that the server does not
    /// support, or a class that is not defined for the method
    /// ([RFC 8489 §6.3](https://www.rfc-editor.org/rfc/rfc8489#section-6.3)).
    Discard,
}

/// Checks a message from a client to a TURN server: its class, the required attributes and their values, and
/// combinations of attributes that are not allowed. `Ok` means that the server may act on the message.
///
/// `allocation` is the set of families of this client's allocation, or `None` if it has no allocation.
///
/// | method | checks |
/// |---|---|
/// | Allocate ([RFC 8656 §7.2](https://www.rfc-editor.org/rfc/rfc8656#section-7.2)) | 437 with an allocation; 400 without a valid REQUESTED-TRANSPORT, 442 for another transport; 400 for RESERVATION-TOKEN with EVEN-PORT or a family, for both family attributes, for EVEN-PORT with R set and ADDITIONAL-ADDRESS-FAMILY, for ADDITIONAL-ADDRESS-FAMILY that is not IPv6; 440 for a family that the server lacks |
/// | Allocate of TCP ([RFC 6062 §5.1](https://www.rfc-editor.org/rfc/rfc6062#section-5.1)) | also 400 over UDP, and with DONT-FRAGMENT, EVEN-PORT or RESERVATION-TOKEN |
/// | Refresh ([§8.2](https://www.rfc-editor.org/rfc/rfc8656#section-8.2)) | 437 without an allocation; 443 for a family that it does not have |
/// | CreatePermission ([§10.2](https://www.rfc-editor.org/rfc/rfc8656#section-10.2)) | 437 without an allocation; 400 without XOR-PEER-ADDRESS, or if one of them is invalid; 443 for a peer of another family |
/// | ChannelBind ([§12.2](https://www.rfc-editor.org/rfc/rfc8656#section-12.2)) | 437 without an allocation; 400 without CHANNEL-NUMBER of 0x4000 to 0x4FFF or XOR-PEER-ADDRESS; 443 for a peer of another family |
/// | Send ([§11.2](https://www.rfc-editor.org/rfc/rfc8656#section-11.2)) | discarded without an allocation, XOR-PEER-ADDRESS or DATA |
/// | Binding | none |
/// | Connect ([RFC 6062 §5.2](https://www.rfc-editor.org/rfc/rfc6062#section-5.2)) | discarded by a server without TCP relays; 437 without an allocation; 400 without XOR-PEER-ADDRESS; 443 for a peer of another family |
/// | ConnectionBind ([RFC 6062 §5.4](https://www.rfc-editor.org/rfc/rfc6062#section-5.4)) | discarded by a server without TCP relays; 400 without CONNECTION-ID, or over UDP |
///
/// Call it for a request after authentication, and for an indication, which is not authenticated, at once; for
/// both after the check for unknown attributes
/// ([`reply::unknown_attributes`](crate::reply::unknown_attributes),
/// [`Message::unknown_required`](crate::Message::unknown_required)), in which a server that cannot set the DF bit
/// omits DONT-FRAGMENT from the known types. Of a request that was authenticated pass
/// [`Verified::message`](crate::Verified::message): the check does not read attributes that the tag does not
/// cover.
///
/// The application performs the checks that need the server's tables: before this check it recognizes a
/// retransmitted Allocate; after it, it checks whether a token is valid, whether a channel or a peer is already
/// bound, and whether a peer is allowed.
///
/// Example program: [`turn_server`](https://docs.rs/crate/stunwire/latest/source/examples/turn_server/main.rs).
///
/// ```
/// use stunwire::attribute::{
///     AdditionalAddressFamily, AddressFamily, RequestedAddressFamily, RequestedTransport,
/// };
/// use stunwire::turn::{self, Families, Refusal, Support};
/// use stunwire::{Code, Message, MessageWriter, Method, TransactionId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let id = TransactionId::new(*b"not a secret");
/// let mut buffer = [0; 64];
/// let packet = MessageWriter::request(&mut buffer, Method::ALLOCATE, id)?
///     .with(&RequestedTransport::UDP)?
///     .with(&RequestedAddressFamily(AddressFamily::IPV4))?
///     .with(&AdditionalAddressFamily(AddressFamily::IPV6))?
///     .finish()?;
/// let request = Message::parse(packet)?;
/// let refusal = turn::check(&request, Support::udp(Families::BOTH), None);
/// assert_eq!(refusal, Err(Refusal::Reply(Code::BAD_REQUEST)));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// If a check fails. The [`Refusal`] says how the server reacts.
pub fn check(
    message: &Message<'_>,
    support: Support,
    allocation: Option<Families>,
) -> Result<(), Refusal> {
    let is_supported = match message.method() {
        Method::CONNECT | Method::CONNECTION_BIND => support.tcp != Tcp::Unsupported,
        _ => true,
    };
    if !is_supported || !is_defined(message.method(), message.class()) {
        return Err(Refusal::Discard);
    }
    match message.class() {
        Class::Request => match request(message, support, allocation) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(code)) => Err(Refusal::Reply(code)),
            Err(_) => Err(Refusal::Reply(Code::BAD_REQUEST)),
        },
        Class::Indication => {
            let valid = match message.method() {
                Method::BINDING => true,
                Method::SEND => {
                    allocation.is_some() && message.read::<(XorPeerAddress, Data<'_>)>().is_ok()
                }
                // Data and ConnectionAttempt go from the server to the client.
                _ => false,
            };
            if valid { Ok(()) } else { Err(Refusal::Discard) }
        }
        Class::SuccessResponse | Class::ErrorResponse => Err(Refusal::Discard),
    }
}

/// Whether a method has messages of this class
/// ([RFC 8656 §17](https://www.rfc-editor.org/rfc/rfc8656#section-17),
/// [RFC 6062 §6.1](https://www.rfc-editor.org/rfc/rfc6062#section-6.1)).
///
/// Send, Data and ConnectionAttempt are indications. Binding has all classes. The other methods have requests
/// and responses. Returns `false` for methods that STUN and TURN do not define.
///
/// ```
/// use stunwire::{Class, Method, turn};
///
/// assert!(turn::is_defined(Method::SEND, Class::Indication));
/// assert!(!turn::is_defined(Method::SEND, Class::Request));
/// assert!(!turn::is_defined(Method::ALLOCATE, Class::Indication));
/// ```
#[must_use]
pub const fn is_defined(method: Method, class: Class) -> bool {
    match method {
        Method::BINDING => true,
        Method::SEND | Method::DATA | Method::CONNECTION_ATTEMPT => {
            matches!(class, Class::Indication)
        }
        Method::ALLOCATE
        | Method::REFRESH
        | Method::CREATE_PERMISSION
        | Method::CHANNEL_BIND
        | Method::CONNECT
        | Method::CONNECTION_BIND => !matches!(class, Class::Indication),
        _ => false,
    }
}

/// The outer error is that of an attribute that is missing or malformed, which means 400.
fn request(
    message: &Message<'_>,
    support: Support,
    allocation: Option<Families>,
) -> Result<Result<(), Code>, AttributeError> {
    let mismatch = || Code::ALLOCATION_MISMATCH;
    let relayed = match message.method() {
        Method::BINDING => return Ok(Ok(())),
        // It arrives on a separate connection.
        Method::CONNECTION_BIND => {
            message.read::<(ConnectionId,)>()?;
            return Ok(match support.tcp {
                Tcp::Supported => Ok(()),
                // The first has been discarded.
                Tcp::Unsupported | Tcp::OverUdp => Err(Code::BAD_REQUEST),
            });
        }
        Method::ALLOCATE => {
            return match allocation {
                Some(_) => Ok(Err(mismatch())),
                None => allocate(message, support),
            };
        }
        _ => match allocation {
            Some(relayed) => relayed,
            None => return Ok(Err(mismatch())),
        },
    };
    let fits = match message.method() {
        Method::REFRESH => {
            let (family, _) =
                message.read::<(Option<RequestedAddressFamily>, Option<Lifetime>)>()?;
            family.is_none_or(|family| relayed.contains(family.0))
        }
        Method::CREATE_PERMISSION => {
            message.read::<(XorPeerAddress,)>()?;
            let mut fits = true;
            for peer in message.get_all::<XorPeerAddress>() {
                fits &= relayed.fits(peer?);
            }
            fits
        }
        Method::CHANNEL_BIND => {
            let (channel, peer) = message.read::<(ChannelNumber, XorPeerAddress)>()?;
            if !support.channels.is_bindable(channel) {
                return Ok(Err(Code::BAD_REQUEST));
            }
            relayed.fits(peer)
        }
        Method::CONNECT => {
            let (peer,) = message.read::<(XorPeerAddress,)>()?;
            relayed.fits(peer)
        }
        _ => {
            debug_assert!(false, "the other methods have no requests");
            return Ok(Err(Code::BAD_REQUEST));
        }
    };
    Ok(if fits {
        Ok(())
    } else {
        Err(Code::PEER_ADDRESS_FAMILY_MISMATCH)
    })
}

/// RFC 8656 §7.2, steps 3 to 9 in their order, and RFC 6062 §5.1.
fn allocate(message: &Message<'_>, support: Support) -> Result<Result<(), Code>, AttributeError> {
    let (transport, token, even_port, requested, additional, dont_fragment, _) = message.read::<(
        RequestedTransport,
        Option<ReservationToken>,
        Option<EvenPort>,
        Option<RequestedAddressFamily>,
        Option<AdditionalAddressFamily>,
        Option<DontFragment>,
        Option<Lifetime>,
    )>()?;
    let bad_request = Ok(Err(Code::BAD_REQUEST));
    match (transport, support.tcp) {
        (RequestedTransport::UDP, _) => {}
        (RequestedTransport::TCP, Tcp::OverUdp) => return bad_request,
        (RequestedTransport::TCP, Tcp::Supported) => {
            if dont_fragment.is_some() || even_port.is_some() || token.is_some() {
                return bad_request;
            }
        }
        _ => return Ok(Err(Code::UNSUPPORTED_TRANSPORT_PROTOCOL)),
    }
    if token.is_some() && (even_port.is_some() || requested.is_some() || additional.is_some()) {
        return bad_request;
    }
    if requested.is_some() && additional.is_some() {
        return bad_request;
    }
    let family = requested.map_or(AddressFamily::IPV4, |requested| requested.0);
    if !support.families.contains(family) {
        return Ok(Err(Code::ADDRESS_FAMILY_NOT_SUPPORTED));
    }
    if even_port.is_some_and(|even| even.reserve_next) && additional.is_some() {
        return bad_request;
    }
    // §18.11: IPv6 is the only valid value.
    if additional.is_some_and(|additional| additional.0 != AddressFamily::IPV6) {
        return bad_request;
    }
    Ok(Ok(()))
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use crate::attribute::{EncodeAttribute, TransportProtocol};
    use crate::{Header, MessageType, MessageWriter, TransactionId};
    use std::net::SocketAddr;
    use std::vec::Vec;

    const UDP: RequestedTransport = RequestedTransport::UDP;
    const TCP: RequestedTransport = RequestedTransport::TCP;
    const V4: AddressFamily = AddressFamily::IPV4;
    const V6: AddressFamily = AddressFamily::IPV6;

    fn message(class: Class, method: Method, attributes: &[&dyn EncodeAttribute]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let id = TransactionId::new(*b"not a secret");
        let header = match class {
            Class::Request => Header::request(method, id),
            Class::Indication => Header::indication(method, id),
            Class::SuccessResponse => Header::success(method, id),
            Class::ErrorResponse => Header::error(method, id),
        };
        MessageWriter::new(&mut bytes, header)
            .unwrap()
            .with_all(attributes)
            .unwrap()
            .finish()
            .unwrap();
        bytes
    }

    fn code(
        method: Method,
        attributes: &[&dyn EncodeAttribute],
        support: Support,
        allocation: Option<Families>,
    ) -> u16 {
        let bytes = message(Class::Request, method, attributes);
        match check(&Message::parse(&bytes).unwrap(), support, allocation) {
            Ok(()) => 0,
            Err(Refusal::Reply(code)) => code.as_u16(),
            Err(Refusal::Discard) => panic!("a request is answered"),
        }
    }

    // RFC 8656 §7.2, steps 3 to 9: every clause, and what comes first where two apply.
    #[test]
    fn allocate_requests() {
        let (both, v4, v6) = (
            Support::udp(Families::BOTH),
            Support::udp(Families::IPV4),
            Support::udp(Families::IPV6),
        );
        let token = ReservationToken(*b"reserved");
        let even = EvenPort {
            reserve_next: false,
        };
        let reserve = EvenPort { reserve_next: true };
        let requested_v4 = RequestedAddressFamily(V4);
        let requested_v6 = RequestedAddressFamily(V6);
        let requested_3 = RequestedAddressFamily(AddressFamily(3));
        let additional_v4 = AdditionalAddressFamily(V4);
        let additional_v6 = AdditionalAddressFamily(V6);
        let additional_3 = AdditionalAddressFamily(AddressFamily(3));
        let icmp = RequestedTransport(TransportProtocol(1));
        let allocate = |attributes: &[&dyn EncodeAttribute], support| {
            code(Method::ALLOCATE, attributes, support, None)
        };
        assert_eq!(allocate(&[], both), 400);
        assert_eq!(allocate(&[&UDP], both), 0);
        assert_eq!(allocate(&[&TCP], both), 442);
        assert_eq!(allocate(&[&icmp], both), 442);
        assert_eq!(allocate(&[&UDP, &token], both), 0);
        assert_eq!(allocate(&[&UDP, &token, &even], both), 400);
        assert_eq!(allocate(&[&UDP, &token, &requested_v4], both), 400);
        assert_eq!(allocate(&[&UDP, &token, &additional_v6], both), 400);
        assert_eq!(allocate(&[&UDP, &requested_v4, &additional_v6], both), 400);
        assert_eq!(allocate(&[&UDP, &requested_v6, &additional_v6], v4), 400);
        assert_eq!(allocate(&[&UDP, &requested_v6], both), 0);
        assert_eq!(allocate(&[&UDP, &requested_v6], v4), 440);
        assert_eq!(allocate(&[&UDP, &requested_v4], v6), 440);
        assert_eq!(allocate(&[&UDP, &requested_3], both), 440);
        assert_eq!(allocate(&[&UDP], v6), 440);
        assert_eq!(allocate(&[&UDP, &even, &additional_v6], both), 0);
        assert_eq!(allocate(&[&UDP, &reserve], both), 0);
        assert_eq!(allocate(&[&UDP, &reserve, &additional_v6], both), 400);
        assert_eq!(allocate(&[&UDP, &additional_v4], both), 400);
        assert_eq!(allocate(&[&UDP, &additional_3], both), 400);
        assert_eq!(allocate(&[&UDP, &additional_v6], v4), 0);
        assert_eq!(
            code(Method::ALLOCATE, &[], both, Some(Families::IPV4)),
            437,
            "step 2 is before step 3"
        );
    }

    // RFC 6062 §5.1 and §5.4.
    #[test]
    fn tcp_relays() {
        let over_tcp = Support::udp(Families::BOTH).with_tcp(true);
        let over_udp = Support::udp(Families::BOTH).with_tcp(false);
        let allocate = |attributes: &[&dyn EncodeAttribute], support| {
            code(Method::ALLOCATE, attributes, support, None)
        };
        assert_eq!(allocate(&[&TCP], over_tcp), 0);
        assert_eq!(allocate(&[&UDP], over_tcp), 0);
        assert_eq!(allocate(&[&TCP], over_udp), 400);
        assert_eq!(allocate(&[&TCP, &DontFragment], over_tcp), 400);
        let even = EvenPort {
            reserve_next: false,
        };
        assert_eq!(allocate(&[&TCP, &even], over_tcp), 400);
        let token = ReservationToken(*b"reserved");
        assert_eq!(allocate(&[&TCP, &token], over_tcp), 400);
        assert_eq!(allocate(&[&UDP, &DontFragment], over_tcp), 0);
        let bind = |attributes: &[&dyn EncodeAttribute], support| {
            code(Method::CONNECTION_BIND, attributes, support, None)
        };
        assert_eq!(bind(&[&ConnectionId(1)], over_tcp), 0);
        assert_eq!(bind(&[&ConnectionId(1)], over_udp), 400);
        assert_eq!(bind(&[], over_tcp), 400);
    }

    #[test]
    fn requests_on_an_allocation() {
        let support = Support::udp(Families::BOTH).with_tcp(true);
        let v4_peer = XorPeerAddress("192.0.2.1:5000".parse::<SocketAddr>().unwrap());
        let v6_peer = XorPeerAddress("[2001:db8::1]:5000".parse::<SocketAddr>().unwrap());
        let channel = ChannelNumber::new(0x4000).unwrap();
        let on = |method, attributes: &[&dyn EncodeAttribute], relayed| {
            code(method, attributes, support, Some(relayed))
        };
        let v4 = Families::IPV4;
        for method in [
            Method::REFRESH,
            Method::CREATE_PERMISSION,
            Method::CHANNEL_BIND,
            Method::CONNECT,
        ] {
            assert_eq!(code(method, &[], support, None), 437, "{method}");
        }
        assert_eq!(on(Method::REFRESH, &[], v4), 0);
        assert_eq!(on(Method::REFRESH, &[&Lifetime::from_secs(0)], v4), 0);
        let family = RequestedAddressFamily(V6);
        assert_eq!(on(Method::REFRESH, &[&family], v4), 443);
        assert_eq!(on(Method::REFRESH, &[&family], Families::BOTH), 0);
        assert_eq!(on(Method::CREATE_PERMISSION, &[], v4), 400);
        assert_eq!(on(Method::CREATE_PERMISSION, &[&v4_peer, &v4_peer], v4), 0);
        assert_eq!(
            on(Method::CREATE_PERMISSION, &[&v4_peer, &v6_peer], v4),
            443
        );
        assert_eq!(
            on(
                Method::CREATE_PERMISSION,
                &[&v4_peer, &v6_peer],
                Families::BOTH
            ),
            0
        );
        assert_eq!(on(Method::CHANNEL_BIND, &[&channel], v4), 400);
        assert_eq!(on(Method::CHANNEL_BIND, &[&v4_peer], v4), 400);
        assert_eq!(on(Method::CHANNEL_BIND, &[&channel, &v4_peer], v4), 0);
        assert_eq!(on(Method::CHANNEL_BIND, &[&channel, &v6_peer], v4), 443);
        assert_eq!(on(Method::CONNECT, &[], v4), 400);
        assert_eq!(on(Method::CONNECT, &[&v4_peer], v4), 0);
        assert_eq!(on(Method::CONNECT, &[&v6_peer], v4), 443);
        assert_eq!(code(Method::BINDING, &[], support, None), 0);
    }

    // A value that cannot be read is 400: the second peer is one byte short, the channel number is
    // 0x5000, which RFC 8656 §12.2 excludes.
    #[test]
    fn malformed_values() {
        let support = Support::udp(Families::BOTH);
        let refused = |bytes: &[u8]| {
            check(
                &Message::parse(bytes).unwrap(),
                support,
                Some(Families::BOTH),
            )
        };
        let bad_request = Err(Refusal::Reply(Code::BAD_REQUEST));
        let peers = b"\x00\x08\x00\x18\x21\x12\xa4\x42abcdefghijkl\
            \x00\x12\x00\x08\x00\x01\x11\x11\x22\x22\x22\x22\
            \x00\x12\x00\x07\x00\x01\x11\x11\x22\x22\x22\x00";
        assert_eq!(refused(peers), bad_request);
        let channel = b"\x00\x09\x00\x14\x21\x12\xa4\x42abcdefghijkl\
            \x00\x0c\x00\x04\x50\x00\x00\x00\
            \x00\x12\x00\x08\x00\x01\x11\x11\x22\x22\x22\x22";
        assert_eq!(refused(channel), bad_request);
        let rfc5766 = support.with_channels(ChannelRange::RFC5766);
        let message = Message::parse(channel).unwrap();
        assert_eq!(check(&message, rfc5766, Some(Families::BOTH)), Ok(()));
        let lifetime = b"\x00\x04\x00\x08\x21\x12\xa4\x42abcdefghijkl\
            \x00\x0d\x00\x03\x00\x00\x00\x00";
        assert_eq!(refused(lifetime), bad_request);
    }

    // RFC 8656 §17: of all methods and classes only these reach a server; without TCP relays, those of RFC 6062
    // are not supported (RFC 8489 §6.3).
    #[test]
    fn classes() {
        let udp = Support::udp(Families::BOTH);
        let support = udp.with_tcp(true);
        let peer = XorPeerAddress("192.0.2.1:5000".parse::<SocketAddr>().unwrap());
        let data = Data(b"");
        let all: &[&dyn EncodeAttribute] = &[&peer, &data];
        for number in 0..=0xFFF {
            let method = Method::new(number).unwrap();
            for class in [
                Class::Request,
                Class::Indication,
                Class::SuccessResponse,
                Class::ErrorResponse,
            ] {
                let bytes = message(class, method, all);
                let parsed = Message::parse(&bytes).unwrap();
                assert_eq!(parsed.message_type(), MessageType::new(class, method));
                let discarded =
                    check(&parsed, support, Some(Families::BOTH)) == Err(Refusal::Discard);
                let expected = match class {
                    Class::Request => ![1, 3, 4, 8, 9, 10, 11].contains(&number),
                    Class::Indication => ![1, 6].contains(&number),
                    _ => true,
                };
                assert_eq!(discarded, expected, "{method} {class}");
                let discarded = check(&parsed, udp, Some(Families::BOTH)) == Err(Refusal::Discard);
                let expected = expected || [10, 11].contains(&number);
                assert_eq!(discarded, expected, "{method} {class} without TCP relays");
            }
        }
        for (attributes, allocation, expected) in [
            (&all[..1], Some(Families::IPV4), Err(Refusal::Discard)),
            (&all[1..], Some(Families::IPV4), Err(Refusal::Discard)),
            (all, None, Err(Refusal::Discard)),
            (all, Some(Families::IPV4), Ok(())),
        ] {
            let bytes = message(Class::Indication, Method::SEND, attributes);
            let parsed = Message::parse(&bytes).unwrap();
            assert_eq!(check(&parsed, support, allocation), expected);
        }
    }
}
