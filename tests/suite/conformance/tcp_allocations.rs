//! RFC 6062: TCP allocations.

use stunwire::attribute::{ConnectionId, RequestedTransport, XorPeerAddress};
use stunwire::framing::{Frame, Next, StunTcp};
use stunwire::turn::{self, Capabilities, Families, Refusal};
use stunwire::{
    Code, ErrorCode, IntegrityAlgorithm, Key, Message, MessageType, MessageWriter, Method,
};

use super::{ID, both_ways, message, tlv, written};

const TCP: (u16, &[u8]) = (0x0019, &[6, 0, 0, 0]);
const PEER: (u16, &[u8]) = (0x0012, &[0, 1, 0x33, 0x26, 0x20, 0x10, 0xA7, 0x46]);
const PEER_V6: (u16, &[u8]) = (0x0012, b"\0\x02\x33\x26\x01\x13\xa9\xfaabcdefghijkl");
const CONNECTION: (u16, &[u8]) = (0x002A, &[0, 0, 0, 7]);

fn check(
    bits: u16,
    attributes: &[(u16, &[u8])],
    support: Capabilities,
    allocation: Option<Families>,
) -> Result<(), Option<u16>> {
    let bytes = message(bits, attributes);
    let message = Message::parse(&bytes).unwrap();
    turn::check(&message, support, allocation).map_err(|refusal| match refusal {
        Refusal::Reply(code) => Some(code.as_u16()),
        Refusal::Discard => None,
    })
}

fn over_tcp() -> Capabilities {
    Capabilities::udp(Families::IPV4).with_tcp(true)
}

/// §4.1: REQUESTED-TRANSPORT is TCP, 6.
#[test]
fn requested_transport_is_tcp() {
    both_ways(0x0019, &[6, 0, 0, 0], RequestedTransport::TCP);
    assert_eq!(check(0x0003, &[TCP], over_tcp(), None), Ok(()));
}

/// §4.1, §5.1: over UDP a TCP allocation is refused with 400.
#[test]
fn a_tcp_allocation_over_udp() {
    let support = Capabilities::udp(Families::IPV4).with_tcp(false);
    assert_eq!(check(0x0003, &[TCP], support, None), Err(Some(400)));
    // A server without the extension does not support the transport (RFC 8656 §7.2).
    let support = Capabilities::udp(Families::IPV4);
    assert_eq!(check(0x0003, &[TCP], support, None), Err(Some(442)));
}

/// §4.1, §5.1: EVEN-PORT, DONT-FRAGMENT and RESERVATION-TOKEN are refused with 400.
#[test]
fn a_tcp_allocation_excludes() {
    for other in [
        (0x0018, &[0x00][..]),
        (0x0018, &[0x80]),
        (0x001A, &[]),
        (0x0022, b"12345678"),
    ] {
        let answer = check(0x0003, &[TCP, other], over_tcp(), None);
        assert_eq!(answer, Err(Some(400)), "{other:?}");
    }
}

/// §4.3, §5.2: a Connect without a peer address is answered with 400, without an allocation with 437.
#[test]
fn connect() {
    let allocation = Some(Families::IPV4);
    assert_eq!(check(0x000A, &[PEER], over_tcp(), allocation), Ok(()));
    assert_eq!(check(0x000A, &[], over_tcp(), allocation), Err(Some(400)));
    assert_eq!(check(0x000A, &[PEER], over_tcp(), None), Err(Some(437)));
    assert_eq!(
        check(0x000A, &[PEER_V6], over_tcp(), allocation),
        Err(Some(443))
    );
}

/// §5.2: the success response has CONNECTION-ID. It can be written after the request was dropped, because the
/// peer answers later.
#[test]
fn the_response_to_a_connect() {
    let key = Key::short_term("secret");
    let mut out = Vec::new();
    let request = MessageWriter::request(&mut out, Method::CONNECT, ID)
        .unwrap()
        .with(&XorPeerAddress("1.2.3.4:4660".parse().unwrap()))
        .unwrap()
        .integrity(&key)
        .unwrap()
        .finish()
        .unwrap();
    let verified = Message::parse(request).unwrap().verify(&key).unwrap();
    let (header, algorithm) = (verified.header(), verified.reply_algorithm());
    drop(out);
    let mut out = Vec::new();
    let response = MessageWriter::success_to(&mut out, header)
        .unwrap()
        .with(&ConnectionId(7))
        .unwrap()
        .integrity_with(algorithm, &key)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(response[..2], [0x01, 0x0A]);
    assert_eq!(response[20..28], tlv(CONNECTION.0, CONNECTION.1));
    let response = Message::parse(response).unwrap();
    let algorithm = response.verify(&key).unwrap().algorithm();
    assert_eq!(algorithm, IntegrityAlgorithm::Sha1);
}

/// §4.4, §5.3: a ConnectionAttempt is an indication with CONNECTION-ID and the peer address.
#[test]
fn connection_attempt() {
    let mut buffer = [0; 64];
    let written = MessageWriter::indication(&mut buffer, Method::CONNECTION_ATTEMPT, ID)
        .unwrap()
        .with(&ConnectionId(7))
        .unwrap()
        .with(&XorPeerAddress("1.2.3.4:4660".parse().unwrap()))
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(written, message(0x001C, &[CONNECTION, PEER]));
    // It goes to the client, so a server discards it.
    let answer = check(
        0x001C,
        &[CONNECTION, PEER],
        over_tcp(),
        Some(Families::IPV4),
    );
    assert_eq!(answer, Err(None));
}

/// §4.3, §5.4: a ConnectionBind without CONNECTION-ID, or not over TCP, is answered with 400.
#[test]
fn connection_bind() {
    assert_eq!(check(0x000B, &[CONNECTION], over_tcp(), None), Ok(()));
    assert_eq!(check(0x000B, &[], over_tcp(), None), Err(Some(400)));
    assert_eq!(
        check(0x000B, &[(0x002A, &[0, 7])], over_tcp(), None),
        Err(Some(400))
    );
    let over_udp = Capabilities::udp(Families::IPV4).with_tcp(false);
    assert_eq!(check(0x000B, &[CONNECTION], over_udp, None), Err(Some(400)));
    // To a server without the extension it is an unsupported method, which is discarded (RFC 8489 §6.3).
    let without = Capabilities::udp(Families::IPV4);
    assert_eq!(check(0x000B, &[CONNECTION], without, None), Err(None));
    let allocation = Some(Families::IPV4);
    assert_eq!(check(0x000A, &[PEER], without, allocation), Err(None));
}

/// §4.5: the bytes after the response to a ConnectionBind are the peer's data, without framing. The reader does
/// not consume them.
#[test]
fn data_after_a_connection_bind_is_left_unread() {
    let response = message(0x010B, &[]);
    let stream = [&response[..], b"\x40\x00\x00\x01data of the peer"].concat();
    let (frame, rest) = match StunTcp::new().next(&stream).unwrap() {
        Next::Frame { frame, consumed } => (frame, &stream[consumed..]),
        next => panic!("{next:?}"),
    };
    assert_eq!(frame, Frame::Stun(&response[..]));
    assert_eq!(rest, b"\x40\x00\x00\x01data of the peer");
}

/// §6.1: the methods, 0x00A to 0x00C.
#[test]
fn methods() {
    for (method, request, name) in [
        (Method::CONNECT, 0x000A, "Connect"),
        (Method::CONNECTION_BIND, 0x000B, "ConnectionBind"),
        (Method::CONNECTION_ATTEMPT, 0x000C, "ConnectionAttempt"),
    ] {
        assert_eq!(MessageType::from_bits(request).method, method);
        assert_eq!(method.name(), Some(name));
    }
}

/// §6.2.1: 32 bits.
#[test]
fn connection_id() {
    both_ways(0x002A, &[0x12, 0x34, 0x56, 0x78], ConnectionId(0x1234_5678));
}

/// §6.3: 446 and 447.
#[test]
fn error_codes() {
    for (code, value) in [
        (
            Code::CONNECTION_ALREADY_EXISTS,
            &b"\0\0\x04\x2eConnection Already Exists"[..],
        ),
        (
            Code::CONNECTION_TIMEOUT_OR_FAILURE,
            b"\0\0\x04\x2fConnection Timeout or Failure",
        ),
    ] {
        assert_eq!(written(&ErrorCode::from(code)).unwrap(), tlv(0x0009, value));
    }
}
