//! RFC 8656 §5, §7 to §12: the server's checks of a request before it acts on it.

use stunwire::attribute::{AddressErrorCode, AddressFamily, AttributeType, Lifetime};
use stunwire::turn::{self, Capabilities, Families, Refusal};
use stunwire::{Class, Code, ErrorCode, Key, Message, MessageWriter, Method};

use super::{ID, decode, message, written};

const ALLOCATE: u16 = 0x0003;
const REFRESH: u16 = 0x0004;
const CREATE_PERMISSION: u16 = 0x0008;
const CHANNEL_BIND: u16 = 0x0009;

/// Attributes as RFC 8656 §18 draws them.
const UDP: (u16, &[u8]) = (0x0019, &[17, 0, 0, 0]);
const TOKEN: (u16, &[u8]) = (0x0022, b"12345678");
const EVEN: (u16, &[u8]) = (0x0018, &[0x00]);
const EVEN_AND_NEXT: (u16, &[u8]) = (0x0018, &[0x80]);
const V4: (u16, &[u8]) = (0x0017, &[1, 0, 0, 0]);
const V6: (u16, &[u8]) = (0x0017, &[2, 0, 0, 0]);
const ALSO_V4: (u16, &[u8]) = (0x8000, &[1, 0, 0, 0]);
const ALSO_V6: (u16, &[u8]) = (0x8000, &[2, 0, 0, 0]);
const PEER_V4: (u16, &[u8]) = (0x0012, &[0, 1, 0x33, 0x26, 0x20, 0x10, 0xA7, 0x46]);
const PEER_V6: (u16, &[u8]) = (0x0012, b"\0\x02\x33\x26\x01\x13\xa9\xfaabcdefghijkl");
const CHANNEL: (u16, &[u8]) = (0x000C, &[0x40, 0x00, 0, 0]);

/// The server's answer: `Ok`, an error code, or none.
fn check(
    bits: u16,
    attributes: &[(u16, &[u8])],
    families: Families,
    allocation: Option<Families>,
) -> Result<(), Option<u16>> {
    let bytes = message(bits, attributes);
    let message = Message::parse(&bytes).unwrap();
    turn::check(&message, Capabilities::udp(families), allocation).map_err(
        |refusal| match refusal {
            Refusal::Reply(code) => Some(code.as_u16()),
            Refusal::Discard => None,
        },
    )
}

/// The answer of a server with both families to a client without an allocation.
fn allocate(attributes: &[(u16, &[u8])]) -> Result<(), Option<u16>> {
    check(ALLOCATE, attributes, Families::BOTH, None)
}

/// The answer to a client with an allocation of these families.
fn with(allocation: Families, bits: u16, attributes: &[(u16, &[u8])]) -> Result<(), Option<u16>> {
    check(bits, attributes, Families::BOTH, Some(allocation))
}

const OK: Result<(), Option<u16>> = Ok(());
const DISCARDED: Result<(), Option<u16>> = Err(None);

const fn refused(code: u16) -> Result<(), Option<u16>> {
    Err(Some(code))
}

/// §5: without an allocation, requests other than Allocate are answered with 437, and indications are
/// ignored.
#[test]
fn without_an_allocation() {
    for (bits, attributes) in [
        (REFRESH, &[][..]),
        (CREATE_PERMISSION, &[PEER_V4]),
        (CHANNEL_BIND, &[CHANNEL, PEER_V4]),
    ] {
        assert_eq!(check(bits, attributes, Families::BOTH, None), refused(437));
    }
    let send = &[PEER_V4, (0x0013, &b"data"[..])];
    assert_eq!(check(0x0016, send, Families::BOTH, None), DISCARDED);
    assert_eq!(with(Families::IPV4, 0x0016, send), OK);
}

/// §7.2: an Allocate of a client that has an allocation is answered with 437 (the application recognizes a
/// retransmission first).
#[test]
fn a_second_allocation() {
    assert_eq!(with(Families::IPV4, ALLOCATE, &[UDP]), refused(437));
}

/// §7.1, §7.2: REQUESTED-TRANSPORT is required: 400 if it is missing or malformed, 442 for another protocol.
#[test]
fn requested_transport() {
    assert_eq!(allocate(&[UDP]), OK);
    assert_eq!(allocate(&[]), refused(400));
    assert_eq!(allocate(&[(0x0019, &[17, 0, 0])]), refused(400));
    assert_eq!(allocate(&[(0x0019, &[6, 0, 0, 0])]), refused(442));
    assert_eq!(allocate(&[(0x0019, &[132, 0, 0, 0])]), refused(442));
}

/// §7.2, step 4: a server that cannot set DF treats DONT-FRAGMENT as unknown, and answers 420.
#[test]
fn dont_fragment_without_support() {
    let bytes = message(ALLOCATE, &[UDP, (0x001A, b"")]);
    let request = Message::parse(&bytes).unwrap();
    let known = |ty| ty == AttributeType::REQUESTED_TRANSPORT;
    let unknown: Vec<_> = request.unknown_required(known).collect();
    assert_eq!(unknown, [AttributeType::DONT_FRAGMENT]);
    assert_eq!(allocate(&[UDP, (0x001A, b"")]), OK);
}

/// §7.1, §7.2, step 5: RESERVATION-TOKEN excludes EVEN-PORT, REQUESTED- and ADDITIONAL-ADDRESS-FAMILY.
#[test]
fn reservation_token_excludes() {
    assert_eq!(allocate(&[UDP, TOKEN]), OK);
    for other in [EVEN, EVEN_AND_NEXT, V4, V6, ALSO_V6] {
        assert_eq!(allocate(&[UDP, TOKEN, other]), refused(400), "{other:?}");
        assert_eq!(allocate(&[UDP, other, TOKEN]), refused(400), "{other:?}");
    }
}

/// §7.1, §7.2, step 6: REQUESTED- and ADDITIONAL-ADDRESS-FAMILY exclude each other.
#[test]
fn both_family_attributes() {
    for requested in [V4, V6] {
        assert_eq!(allocate(&[UDP, requested, ALSO_V6]), refused(400));
    }
}

/// §7.1, §7.2, step 7: an unsupported address family is answered with 440; without a requested family it is
/// IPv4.
#[test]
fn requested_address_family() {
    for (families, attributes, expected) in [
        (Families::IPV4, &[UDP][..], OK),
        (Families::IPV4, &[UDP, V4], OK),
        (Families::IPV4, &[UDP, V6], refused(440)),
        (Families::IPV6, &[UDP, V6], OK),
        (Families::IPV6, &[UDP, V4], refused(440)),
        (Families::IPV6, &[UDP], refused(440)),
        (
            Families::BOTH,
            &[UDP, (0x0017, &[3, 0, 0, 0])],
            refused(440),
        ),
    ] {
        let answer = check(ALLOCATE, attributes, families, None);
        assert_eq!(answer, expected, "{families:?} {attributes:?}");
    }
}

/// §7.1, §7.2, step 9: ADDITIONAL-ADDRESS-FAMILY excludes EVEN-PORT with R set.
#[test]
fn even_port_with_an_additional_family() {
    assert_eq!(allocate(&[UDP, EVEN, ALSO_V6]), OK);
    assert_eq!(allocate(&[UDP, EVEN_AND_NEXT]), OK);
    assert_eq!(allocate(&[UDP, EVEN_AND_NEXT, ALSO_V6]), refused(400));
}

/// §7.1, §18.11: ADDITIONAL-ADDRESS-FAMILY is IPv6.
#[test]
fn an_additional_family_is_ipv6() {
    assert_eq!(allocate(&[UDP, ALSO_V6]), OK);
    assert_eq!(allocate(&[UDP, ALSO_V4]), refused(400));
    assert_eq!(allocate(&[UDP, (0x8000, &[3, 0, 0, 0])]), refused(400));
}

/// §7.3: the response to a request for two families carries an error code for each family that failed.
#[test]
fn address_error_codes() {
    let value = [&[2, 0, 4, 40][..], b"Address Family not Supported"].concat();
    let read = decode::<AddressErrorCode>(&value).unwrap();
    assert_eq!(read.family, AddressFamily::IPV6);
    assert_eq!(read.error.code(), Code::ADDRESS_FAMILY_NOT_SUPPORTED);
    let value = [&[1, 0, 5, 8][..], b"Insufficient Capacity"].concat();
    let read = decode::<AddressErrorCode>(&value).unwrap();
    assert_eq!(read.family, AddressFamily::IPV4);
    assert_eq!(read.error.code(), Code::INSUFFICIENT_CAPACITY);
}

/// §7.4, §19: the error codes of TURN and their default phrases.
#[test]
fn error_codes_of_turn() {
    for (code, number, phrase) in [
        (Code::FORBIDDEN, 403, "Forbidden"),
        (Code::ALLOCATION_MISMATCH, 437, "Allocation Mismatch"),
        (
            Code::ADDRESS_FAMILY_NOT_SUPPORTED,
            440,
            "Address Family not Supported",
        ),
        (Code::WRONG_CREDENTIALS, 441, "Wrong Credentials"),
        (
            Code::UNSUPPORTED_TRANSPORT_PROTOCOL,
            442,
            "Unsupported Transport Protocol",
        ),
        (
            Code::PEER_ADDRESS_FAMILY_MISMATCH,
            443,
            "Peer Address Family Mismatch",
        ),
        (
            Code::ALLOCATION_QUOTA_REACHED,
            486,
            "Allocation Quota Reached",
        ),
        (Code::INSUFFICIENT_CAPACITY, 508, "Insufficient Capacity"),
    ] {
        let value = [
            &[0, 0, (number / 100) as u8, (number % 100) as u8],
            phrase.as_bytes(),
        ];
        let value = value.concat();
        assert_eq!(
            written(&ErrorCode::from(code)).unwrap(),
            super::tlv(0x0009, &value)
        );
        assert_eq!(decode::<ErrorCode>(&value).unwrap().code().as_u16(), number);
    }
}

/// §8.1, §8.2: a Refresh may name a family; if the allocation does not have it, the answer is 443.
#[test]
fn refresh() {
    for (allocation, attributes, expected) in [
        (Families::IPV4, &[][..], OK),
        (Families::IPV4, &[V4], OK),
        (Families::IPV4, &[V6], refused(443)),
        (Families::IPV6, &[V4], refused(443)),
        (Families::BOTH, &[V4], OK),
        (Families::BOTH, &[V6], OK),
        (Families::IPV4, &[(0x000D, &[0, 0, 0])], refused(400)),
    ] {
        assert_eq!(
            with(allocation, REFRESH, attributes),
            expected,
            "{attributes:?}"
        );
    }
}

/// §8: a lifetime of 0 deletes the allocation.
#[test]
fn a_lifetime_of_zero() {
    assert_eq!(decode(&[0; 4]), Ok(Lifetime::from_secs(0)));
    assert_eq!(
        written(&Lifetime::from_secs(0)).unwrap(),
        [0, 0x0D, 0, 4, 0, 0, 0, 0]
    );
}

/// §10.1, §10.2: a CreatePermission has one or more XOR-PEER-ADDRESS; if none is present or one is malformed, the
/// answer is 400.
#[test]
fn create_permission_has_a_peer() {
    assert_eq!(with(Families::IPV4, CREATE_PERMISSION, &[]), refused(400));
    assert_eq!(with(Families::IPV4, CREATE_PERMISSION, &[PEER_V4]), OK);
    assert_eq!(
        with(Families::BOTH, CREATE_PERMISSION, &[PEER_V6, PEER_V4]),
        OK
    );
    let malformed = (0x0012, &[0, 1, 2][..]);
    for attributes in [[PEER_V4, malformed], [malformed, PEER_V4]] {
        assert_eq!(
            with(Families::IPV4, CREATE_PERMISSION, &attributes),
            refused(400)
        );
    }
}

/// §10.1, §10.2: if the allocation does not have the family of each peer, the answer is 443.
#[test]
fn create_permission_of_another_family() {
    for (allocation, attributes) in [
        (Families::IPV4, &[PEER_V6][..]),
        (Families::IPV6, &[PEER_V4]),
        (Families::IPV4, &[PEER_V4, PEER_V6]),
        (Families::IPV4, &[PEER_V6, PEER_V4]),
    ] {
        let answer = with(allocation, CREATE_PERMISSION, attributes);
        assert_eq!(answer, refused(443), "{allocation:?} {attributes:?}");
    }
}

/// §12.1, §12.2: a ChannelBind has a channel number of 0x4000 to 0x4FFF and a peer address; otherwise the answer
/// is 400.
#[test]
fn channel_bind() {
    assert_eq!(with(Families::IPV4, CHANNEL_BIND, &[CHANNEL, PEER_V4]), OK);
    for attributes in [&[CHANNEL][..], &[PEER_V4], &[]] {
        assert_eq!(with(Families::IPV4, CHANNEL_BIND, attributes), refused(400));
    }
    for number in [0x0000_u16, 0x3FFF, 0x5000, 0x7FFE, 0x8000, 0xFFFF] {
        let [high, low] = number.to_be_bytes();
        let value = [high, low, 0, 0];
        let answer = with(Families::IPV4, CHANNEL_BIND, &[(0x000C, &value), PEER_V4]);
        assert_eq!(answer, refused(400), "{number:#06x}");
    }
    assert_eq!(
        with(
            Families::IPV4,
            CHANNEL_BIND,
            &[(0x000C, &[0x4F, 0xFF, 0, 0]), PEER_V4]
        ),
        OK
    );
}

/// §12.1, §12.2: if the allocation does not have the family of the peer, the answer is 443.
#[test]
fn channel_bind_of_another_family() {
    assert_eq!(
        with(Families::IPV4, CHANNEL_BIND, &[CHANNEL, PEER_V6]),
        refused(443)
    );
    assert_eq!(
        with(Families::IPV6, CHANNEL_BIND, &[CHANNEL, PEER_V4]),
        refused(443)
    );
    assert_eq!(with(Families::BOTH, CHANNEL_BIND, &[CHANNEL, PEER_V6]), OK);
}

/// RFC 8489 §6.3 and RFC 8656 §17: a message whose class is not defined for its method is discarded.
#[test]
fn classes_that_a_method_does_not_have_are_discarded() {
    for bits in [
        0x0013, 0x0014, 0x0018, 0x0019, 0x0006, 0x0007, 0x0103, 0x0113, 0x0017,
    ] {
        assert_eq!(
            with(
                Families::IPV4,
                bits,
                &[UDP, PEER_V4, CHANNEL, (0x0013, b"data")]
            ),
            DISCARDED,
            "{bits:#06x}"
        );
    }
}

/// §5: the first Allocate has no integrity attribute, which the writer does not require.
#[test]
fn an_allocate_without_integrity() {
    let mut buffer = [0; 64];
    let bytes = MessageWriter::request(&mut buffer, Method::ALLOCATE, ID)
        .unwrap()
        .with(&stunwire::attribute::RequestedTransport::UDP)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(bytes, message(ALLOCATE, &[UDP]));
    let message = Message::parse(bytes).unwrap();
    assert_eq!(message.class(), Class::Request);
    assert!(!message.has_integrity());
    assert!(message.verify(&Key::short_term("guess")).is_err());
}
