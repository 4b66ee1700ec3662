//! Attributes of RFC 7982, RFC 8016 and RFC 6679.

use stunwire::attribute::{EcnCheck, MobilityTicket, TransactionTransmitCounter};
use stunwire::{Code, ErrorCode, Message, MessageWriter, Method};

use super::{ID, both_ways, decode, message, written};
use crate::support::hex;

/// RFC 7982 §3.1: 16 reserved bits, the count of the request, the count of the response.
#[test]
fn transaction_transmit_counter() {
    let counter = |request, response| TransactionTransmitCounter { request, response };
    both_ways(0x8025, &hex("0000 03 00"), counter(3, 0));
    both_ways(0x8025, &hex("0000 ff 02"), counter(255, 2));
    assert_eq!(decode(&hex("ffff 03 02")), Ok(counter(3, 2)));
}

/// RFC 7982 §3.1, §3.3: the response repeats the count of its request.
#[test]
fn the_response_repeats_the_request_count() {
    let bytes = message(0x0001, &[(0x8025, &hex("0000 03 00"))]);
    let request = Message::parse(&bytes).unwrap();
    let (counter,) = request.read::<(TransactionTransmitCounter,)>().unwrap();
    let mut out = Vec::new();
    let response = MessageWriter::success_to(&mut out, request)
        .unwrap()
        .with(&TransactionTransmitCounter {
            response: 1,
            ..counter
        })
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(response, message(0x0101, &[(0x8025, &hex("0000 03 01"))]));
}

/// RFC 8016 §3.1.1, §3.3: MOBILITY-TICKET is empty in a request for a ticket; a ticket has any length.
#[test]
fn mobility_ticket() {
    both_ways(0x8030, b"", MobilityTicket(b""));
    both_ways(
        0x8030,
        b"opaque to the client",
        MobilityTicket(b"opaque to the client"),
    );
    let mut out = Vec::new();
    let request = MessageWriter::request(&mut out, Method::ALLOCATE, ID)
        .unwrap()
        .with(&MobilityTicket(b""))
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(request, message(0x0003, &[(0x8030, b"")]));
}

/// RFC 8016 §3.1.2, §3.4: 405, Mobility Forbidden.
#[test]
fn mobility_forbidden() {
    let error = written(&ErrorCode::from(Code::MOBILITY_FORBIDDEN)).unwrap();
    assert_eq!(error, super::tlv(0x0009, b"\0\0\x04\x05Mobility Forbidden"));
}

/// RFC 6679 §7.2.2: 29 reserved bits, 2 bits of the received ECN field, and V, which says that they are valid.
#[test]
fn ecn_check() {
    for (value, ecn) in [
        ("00000000", None),
        ("00000001", Some(0)),
        ("00000003", Some(1)),
        ("00000005", Some(2)),
        ("00000007", Some(3)),
    ] {
        both_ways(0x802D, &hex(value), EcnCheck { ecn });
    }
    // Without V the ECN field is ignored; the reserved bits are always ignored.
    assert_eq!(decode(&hex("00000006")), Ok(EcnCheck { ecn: None }));
    assert_eq!(decode(&hex("fffffffd")), Ok(EcnCheck { ecn: Some(2) }));
}
