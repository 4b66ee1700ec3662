//! Tests of the checks, clause by clause.

use super::*;
use crate::attribute::{ChannelRange, EncodeAttribute, TransportProtocol};
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
    capabilities: Capabilities,
    allocation: Option<Families>,
) -> u16 {
    let bytes = message(Class::Request, method, attributes);
    match check(&Message::parse(&bytes).unwrap(), capabilities, allocation) {
        Ok(()) => 0,
        Err(Refusal::Reply(code)) => code.as_u16(),
        Err(Refusal::Discard) => panic!("a request is answered"),
    }
}

// RFC 8656 §7.2, steps 3 to 9: every clause, and what comes first where two apply.
#[test]
fn allocate_requests() {
    let (both, v4, v6) = (
        Capabilities::udp(Families::BOTH),
        Capabilities::udp(Families::IPV4),
        Capabilities::udp(Families::IPV6),
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
    let allocate = |attributes: &[&dyn EncodeAttribute], capabilities| {
        code(Method::ALLOCATE, attributes, capabilities, None)
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
    let over_tcp = Capabilities::udp(Families::BOTH).with_tcp(true);
    let over_udp = Capabilities::udp(Families::BOTH).with_tcp(false);
    let allocate = |attributes: &[&dyn EncodeAttribute], capabilities| {
        code(Method::ALLOCATE, attributes, capabilities, None)
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
    let bind = |attributes: &[&dyn EncodeAttribute], capabilities| {
        code(Method::CONNECTION_BIND, attributes, capabilities, None)
    };
    assert_eq!(bind(&[&ConnectionId(1)], over_tcp), 0);
    assert_eq!(bind(&[&ConnectionId(1)], over_udp), 400);
    assert_eq!(bind(&[], over_tcp), 400);
}

#[test]
fn requests_on_an_allocation() {
    let capabilities = Capabilities::udp(Families::BOTH).with_tcp(true);
    let v4_peer = XorPeerAddress("192.0.2.1:5000".parse::<SocketAddr>().unwrap());
    let v6_peer = XorPeerAddress("[2001:db8::1]:5000".parse::<SocketAddr>().unwrap());
    let channel = ChannelNumber::new(0x4000).unwrap();
    let on = |method, attributes: &[&dyn EncodeAttribute], relayed| {
        code(method, attributes, capabilities, Some(relayed))
    };
    let v4 = Families::IPV4;
    for method in [
        Method::REFRESH,
        Method::CREATE_PERMISSION,
        Method::CHANNEL_BIND,
        Method::CONNECT,
    ] {
        assert_eq!(code(method, &[], capabilities, None), 437, "{method}");
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
    assert_eq!(code(Method::BINDING, &[], capabilities, None), 0);
}

// A value that cannot be read is 400: the second peer is one byte short, the channel number is
// 0x5000, which RFC 8656 §12.2 excludes.
#[test]
fn malformed_values() {
    let capabilities = Capabilities::udp(Families::BOTH);
    let refused = |bytes: &[u8]| {
        check(
            &Message::parse(bytes).unwrap(),
            capabilities,
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
    let rfc5766 = capabilities.with_channels(ChannelRange::RFC5766);
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
    let udp = Capabilities::udp(Families::BOTH);
    let capabilities = udp.with_tcp(true);
    let peer = XorPeerAddress("192.0.2.1:5000".parse::<SocketAddr>().unwrap());
    let data = Data(b"");
    let all: &[&dyn EncodeAttribute] = &[&peer, &data];
    // Fewer of the methods without a meaning under Miri, which is slow.
    let tried = |number: &u16| !cfg!(miri) || *number < 16 || number % 97 == 0;
    for number in (0..=0xFFF).filter(tried) {
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
                check(&parsed, capabilities, Some(Families::BOTH)) == Err(Refusal::Discard);
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
        assert_eq!(check(&parsed, capabilities, allocation), expected);
    }
}
