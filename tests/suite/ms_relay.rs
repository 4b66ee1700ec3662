//! Relaying in MS-TURN. The packets are written by hand from [MS-TURN] 2.2.1 and 2.2.2: bytes 4 to 19
//! are the transaction id, MAGIC-COOKIE is the first attribute, addresses are not XORed, and nothing is
//! padded.

use std::net::SocketAddr;

use stunwire::relay::{self, HEADROOM};
use stunwire::{Dialect, EncodeError, Header, Method, TransactionId};

use crate::support::hex;

const ID: TransactionId = TransactionId::classic(*b"0123456789abcdef");

/// A Data Indication of 5 bytes from 93.184.216.34:16332.
const DATA_INDICATION: &str = "0115 001d 30313233343536373839616263646566
     000f 0004 72c64bc6
     0012 0008 0001 3fcc 5db8d822
     0013 0005 68656c6c6f";

/// A Data Indication of 5 bytes from \[2001:db8::1\]:16332.
const DATA_INDICATION_V6: &str = "0115 0029 30313233343536373839616263646566
     000f 0004 72c64bc6
     0012 0014 0002 3fcc 20010db8000000000000000000000001
     0013 0005 68656c6c6f";

/// A Send request to 93.184.216.34:16332, with MS-VERSION and a tag of 20 bytes as clients send it.
const SEND: &str = "0004 003d 30313233343536373839616263646566
     000f 0004 72c64bc6
     8008 0004 00000002
     0011 0008 0001 3fcc 5db8d822
     0013 0005 68656c6c6f
     0008 0014 0000000000000000000000000000000000000000";

fn v4() -> SocketAddr {
    "93.184.216.34:16332".parse().unwrap()
}

fn v6() -> SocketAddr {
    "[2001:db8::1]:16332".parse().unwrap()
}

fn read(bytes: &[u8]) -> Option<(SocketAddr, Vec<u8>)> {
    let message = Dialect::MS_TURN.parse(bytes).unwrap();
    let data = relay::read(&message).unwrap()?;
    Some((data.peer, bytes[data.payload].to_vec()))
}

#[test]
fn reads_data_indications_and_send_requests() {
    assert_eq!(read(&hex(DATA_INDICATION)), Some((v4(), b"hello".to_vec())));
    assert_eq!(
        read(&hex(DATA_INDICATION_V6)),
        Some((v6(), b"hello".to_vec()))
    );
    assert_eq!(read(&hex(SEND)), Some((v4(), b"hello".to_vec())));
}

/// The attributes and types of RFC 8656 are not those of MS-TURN.
#[test]
fn ignores_other_messages() {
    // A Data Indication with DESTINATION-ADDRESS, and a Send request with REMOTE-ADDRESS.
    let mut packet = hex(DATA_INDICATION);
    packet[29] = 0x11;
    assert_eq!(read(&packet), None);
    let mut packet = hex(SEND);
    packet[37] = 0x12;
    assert_eq!(read(&packet), None);
    // Set Active Destination, and the types of RFC 8656's Send and Data indications.
    for ty in [0x0006_u16, 0x0016, 0x0017, 0x0104, 0x0003] {
        for packet in [DATA_INDICATION, SEND] {
            let mut packet = hex(packet);
            packet[..2].copy_from_slice(&ty.to_be_bytes());
            assert_eq!(read(&packet), None, "{ty:#06x}");
        }
    }
    // Without DATA.
    let mut packet = hex(DATA_INDICATION);
    packet.truncate(40);
    packet[3] = 20;
    assert_eq!(read(&packet), None);
}

#[test]
fn reports_a_malformed_address() {
    let mut packet = hex(DATA_INDICATION);
    packet[33] = 3; // the address family
    let message = Dialect::MS_TURN.parse(&packet).unwrap();
    assert_eq!(relay::read(&message).unwrap_err().offset(), Some(28));
}

#[test]
fn writes_data_indications_and_send_requests_in_place() {
    let data = Header::indication(Method::DATA, ID).in_dialect(Dialect::MS_TURN);
    let send = Header::request(Method::SEND, ID).in_dialect(Dialect::MS_TURN);
    let send_request = "0004 001d 30313233343536373839616263646566
         000f 0004 72c64bc6
         0011 0008 0001 3fcc 5db8d822
         0013 0005 68656c6c6f";
    for (header, peer, expected) in [
        (data, v4(), DATA_INDICATION),
        (data, v6(), DATA_INDICATION_V6),
        (send, v4(), send_request),
    ] {
        // Nothing follows the payload, because nothing is padded.
        let mut buffer = [0xAA; HEADROOM + 5];
        buffer[HEADROOM..].copy_from_slice(b"hello");
        let payload = HEADROOM..HEADROOM + 5;
        let packet = relay::message_in_place(&mut buffer, payload, peer, header).unwrap();
        assert_eq!(buffer[packet.clone()], hex(expected));
        assert!(buffer[..packet.start].iter().all(|byte| *byte == 0xAA));

        // One byte less than the header needs.
        let len = packet.len() - 5;
        let written = relay::message_in_place(&mut buffer, len - 1..len + 4, peer, header);
        assert_eq!(
            written,
            Err(EncodeError::BufferFull {
                needed: len as u32,
                available: len as u32 - 1,
            })
        );
    }
}

/// Send is a request in MS-TURN and an indication in RFC 8656; other messages are refused.
#[test]
fn writes_only_the_messages_of_a_relay() {
    let rfc8489 = TransactionId::new(*b"abcdefghijkl");
    for header in [
        Header::indication(Method::SEND, ID).in_dialect(Dialect::MS_TURN),
        Header::request(Method::DATA, ID).in_dialect(Dialect::MS_TURN),
        Header::request(Method::SET_ACTIVE_DESTINATION, ID).in_dialect(Dialect::MS_TURN),
        Header::request(Method::SEND, rfc8489),
        Header::indication(Method::BINDING, rfc8489),
    ] {
        let mut buffer = [0; HEADROOM + 8];
        let payload = HEADROOM..HEADROOM + 5;
        let written = relay::message_in_place(&mut buffer, payload, v4(), header);
        assert_eq!(written, Err(EncodeError::NoSuchMessage), "{header:?}");
    }
}
