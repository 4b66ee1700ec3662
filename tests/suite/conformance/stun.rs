//! RFC 8489 §5 to §7: the header, what is discarded, responses, FINGERPRINT.

use stunwire::attribute::{AttributeType, Priority, Software, UnknownAttributes, XorMappedAddress};
use stunwire::{
    AttributeError, Class, Code, EncodeError, ErrorCode, FingerprintStatus, Header, HeaderError,
    Key, Message, MessageType, MessageWriter, Method, ParseError, TransactionId, reply, turn,
};

use super::{ID, message, visible};
use crate::support::{self, hex};

/// §5: the two most significant bits are written as zero, and must be zero when read.
#[test]
fn the_top_bits_are_zero() {
    for number in [0x000, 0x001, 0x00C, 0x080, 0xFFF] {
        let method = Method::new(number).unwrap();
        for class in [
            Class::Request,
            Class::Indication,
            Class::SuccessResponse,
            Class::ErrorResponse,
        ] {
            let mut buffer = [0; 20];
            let header = Header::new(class, method, ID);
            let bytes = MessageWriter::new(&mut buffer, header)
                .unwrap()
                .finish()
                .unwrap();
            assert_eq!(bytes[0] & 0xC0, 0, "{header:?}");
        }
    }
    for first in [0x40, 0x80, 0xC0] {
        let mut bytes = message(0x0001, &[]);
        bytes[0] |= first;
        assert!(matches!(
            Message::parse(&bytes),
            Err(ParseError::Header(HeaderError::NotStun { .. }))
        ));
    }
}

/// §5, figure 3: the bits of class and method are interleaved, M11 to M7, C1, M6 to M4, C0, M3 to M0.
#[test]
fn class_and_method_are_interleaved() {
    // The first two are the RFC's own examples; the others are read off the figure.
    for (bits, class, method) in [
        (0x0001, Class::Request, 0x001),
        (0x0101, Class::SuccessResponse, 0x001),
        (0x0011, Class::Indication, 0x001),
        (0x0111, Class::ErrorResponse, 0x001),
        (0x0200, Class::Request, 0x080),
        (0x00E0, Class::Request, 0x070),
        (0x3EEF, Class::Request, 0xFFF),
        (0x3FFF, Class::ErrorResponse, 0xFFF),
    ] {
        let ty = MessageType::new(class, Method::new(method).unwrap());
        assert_eq!(ty.to_bits(), bits, "{ty:?}");
        assert_eq!(MessageType::from_bits(bits), ty);
        let bytes = message(bits, &[]);
        assert_eq!(Message::parse(&bytes).unwrap().message_type(), ty);
    }
    assert_eq!(Method::new(0x1000), None);
}

/// §5: the magic cookie is 0x2112A442 in network byte order.
#[test]
fn the_magic_cookie() {
    let mut buffer = [0; 20];
    let bytes = MessageWriter::request(&mut buffer, Method::BINDING, ID)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(bytes[4..8], [0x21, 0x12, 0xA4, 0x42]);
    for at in 4..8 {
        let mut bytes = message(0x0001, &[]);
        bytes[at] ^= 0x80;
        assert!(matches!(
            Message::parse(&bytes),
            Err(ParseError::Header(HeaderError::NoCookie { .. }))
        ));
    }
}

/// §5: the transaction id is 96 bits in bytes 8 to 19, all of them from the caller's generator.
#[test]
fn all_96_bits_of_the_transaction_id_are_random() {
    let mut asked = 0;
    let id = TransactionId::from_rng(|bytes| {
        asked += bytes.len();
        bytes.copy_from_slice(b"\xFFrandom bits");
    });
    assert_eq!(asked, 12);
    let mut buffer = [0; 20];
    let bytes = MessageWriter::request(&mut buffer, Method::BINDING, id)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(bytes[8..], *b"\xFFrandom bits");
}

/// §5, §6.3.1.1: a response carries the transaction id and the method of its request.
#[test]
fn responses_carry_the_transaction_id() {
    let bytes = message(0x0003, &[]);
    let request = Message::parse(&bytes).unwrap();
    for (class, bits) in [
        (Class::SuccessResponse, 0x0103_u16),
        (Class::ErrorResponse, 0x0113),
    ] {
        let mut buffer = [0; 64];
        let writer = match class {
            Class::SuccessResponse => MessageWriter::success_to(&mut buffer, request),
            _ => MessageWriter::error_to(&mut buffer, request, Code::BAD_REQUEST),
        };
        let response = writer.unwrap().finish().unwrap();
        assert_eq!(response[..2], bits.to_be_bytes());
        assert_eq!(response[4..20], bytes[4..20]);
    }
}

/// §5: the length does not count the 20 bytes of the header.
#[test]
fn the_length_excludes_the_header() {
    let mut buffer = [0; 64];
    let bytes = MessageWriter::request(&mut buffer, Method::BINDING, ID)
        .unwrap()
        .with(&Software::new("test vector").unwrap())
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!((bytes.len(), &bytes[2..4]), (36, &[0, 16][..]));
    assert_eq!(Message::parse(bytes).unwrap().header().length(), 16);
}

/// §5: the last two bits of the length are zero, because every attribute is padded.
#[test]
fn a_length_that_is_not_a_multiple_of_4_is_refused() {
    // The last attribute has a value of 3 bytes and 0 to 3 bytes of padding.
    for length in 4..8_u16 {
        let mut bytes = message(0x0001, &[(0x8022, b"abcd")]);
        bytes.truncate(20 + 4 + 4);
        bytes[23] = 3;
        bytes.truncate(20 + usize::from(length));
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        assert!(
            matches!(Message::parse(&bytes), Err(ParseError::Attribute { .. })),
            "{length}"
        );
    }
}

/// §5: a method is defined for certain classes; for STUN and TURN these are in RFC 8656 §17 and RFC 6062 §6.1.
#[test]
fn classes_of_the_methods() {
    let classes = |number| {
        let method = Method::new(number).unwrap();
        [
            Class::Request,
            Class::Indication,
            Class::SuccessResponse,
            Class::ErrorResponse,
        ]
        .map(|class| turn::is_defined(method, class))
    };
    let request_and_responses = [true, false, true, true];
    let indication = [false, true, false, false];
    assert_eq!(classes(0x001), [true; 4]);
    for number in [0x003, 0x004, 0x008, 0x009, 0x00A, 0x00B] {
        assert_eq!(classes(number), request_and_responses, "{number:#05x}");
    }
    for number in [0x006, 0x007, 0x00C] {
        assert_eq!(classes(number), indication, "{number:#05x}");
    }
    for number in [0x000, 0x002, 0x005, 0x00D, 0xFFF] {
        assert_eq!(classes(number), [false; 4], "{number:#05x}");
    }
}

/// §6.1: a client starts with a request or an indication.
#[test]
fn requests_and_indications() {
    let mut buffer = [0; 20];
    let request = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
    assert_eq!(request.finish().unwrap()[..2], [0x00, 0x01]);
    let indication = MessageWriter::indication(&mut buffer, Method::BINDING, ID).unwrap();
    assert_eq!(indication.finish().unwrap()[..2], [0x00, 0x11]);
}

/// §6.1: a slice of the length of the path MTU limits the message to that length.
#[test]
fn a_slice_limits_the_message_to_the_mtu() {
    let mut buffer = [0; 576];
    let mut request = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
    let software = Software::new("0123456789abcdef0123456789abcdef").unwrap();
    let refused = loop {
        if let Err(error) = request.attribute(&software) {
            break error;
        }
    };
    assert!(
        matches!(refused, EncodeError::BufferFull { .. }),
        "{refused:?}"
    );
    assert_eq!(request.len(), 20 + 15 * 36);
    let bytes = request.finish().unwrap();
    assert_eq!(Message::parse(bytes).unwrap().attributes().count(), 15);
}

/// §6.3: a datagram that is not a valid message is refused: too short, shorter or longer than its header says,
/// or with a malformed attribute.
#[test]
fn what_is_not_a_message_is_refused() {
    let bytes = message(0x0001, &[(0x8022, b"test"), (0x0024, &[1, 2, 3, 4])]);
    assert!(Message::parse(&bytes).is_ok());
    for end in 0..bytes.len() {
        assert!(Message::parse(&bytes[..end]).is_err(), "{end}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(
        Message::parse(&longer),
        Err(ParseError::Trailing { offset: 36, .. })
    ));
    for length in [5_u16, 8, 0xFFFF] {
        let mut broken = bytes.clone();
        broken[30..32].copy_from_slice(&length.to_be_bytes());
        assert!(
            matches!(Message::parse(&broken), Err(ParseError::Attribute { .. })),
            "{length}"
        );
    }
}

/// §6.3: unknown comprehension-optional attributes are ignored.
#[test]
fn unknown_optional_attributes_are_ignored() {
    let bytes = message(0x0001, &[(0xFFFE, b"?"), (0x0024, &[0, 0, 0, 7])]);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get().unwrap(), Some(Priority(7)));
    assert_eq!(
        message
            .unknown_required(|ty| ty == AttributeType::PRIORITY)
            .count(),
        0
    );
}

/// §6.3: a known but unexpected attribute is not an error, even if its value is malformed.
#[test]
fn unexpected_attributes_are_ignored() {
    // CHANNEL-NUMBER and a short LIFETIME in a Binding request.
    let bytes = message(
        0x0001,
        &[
            (0x000C, &[0x40, 0, 0, 0]),
            (0x000D, &[1]),
            (0x0024, &[0, 0, 0, 7]),
        ],
    );
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get().unwrap(), Some(Priority(7)));
    assert_eq!(message.unknown_required(|_| true).count(), 0);
}

/// §6.3.1: a request with comprehension-required attributes that are unknown is answered with a 420 that
/// lists them (§6.3.1.1, §14.8).
#[test]
fn unknown_required_attributes_are_listed_in_a_420() {
    let bytes = message(
        0x0001,
        &[
            (0x4321, b"?"),
            (0x0024, &[0, 0, 0, 7]),
            (0x7FFF, b""),
            (0x8321, b""),
        ],
    );
    let request = Message::parse(&bytes).unwrap();
    let unknown = request.unknown_required(|ty| ty == AttributeType::PRIORITY);
    let mut out = Vec::new();
    let unknown: Vec<AttributeType> = unknown.collect();
    assert_eq!(
        unknown,
        [AttributeType::new(0x4321), AttributeType::new(0x7FFF)]
    );
    let list = UnknownAttributes::from_types(unknown.iter().copied());
    let bytes = MessageWriter::error_to(&mut out, request, Code::UNKNOWN_ATTRIBUTE)
        .unwrap()
        .with(&list)
        .unwrap()
        .finish()
        .unwrap();
    let expected = message_420();
    assert_eq!(bytes, expected);
}

/// ERROR-CODE and UNKNOWN-ATTRIBUTES of a 420, after RFC 8489 §14.8 and §14.13.
fn message_420() -> Vec<u8> {
    message(
        0x0111,
        &[
            (0x0009, b"\0\0\x04\x14Unknown Attribute"),
            (0x000A, &[0x43, 0x21, 0x7F, 0xFF]),
        ],
    )
}

/// §6.3.2, §6.3.3: an indication with unknown comprehension-required attributes is discarded, and with such a
/// response the transaction has failed. Neither is answered.
#[test]
fn unknown_required_attributes_of_indications_and_responses() {
    for bits in [0x0011, 0x0101, 0x0111] {
        let bytes = message(bits, &[(0x4321, b"?"), (0x0020, &[0; 8])]);
        let message = Message::parse(&bytes).unwrap();
        let mut unknown = message.unknown_required(|ty| ty == AttributeType::XOR_MAPPED_ADDRESS);
        assert_eq!(unknown.next(), Some(AttributeType::new(0x4321)));
        assert_eq!(unknown.next(), None);
        let mut out = Vec::new();
        assert_eq!(
            MessageWriter::error_to(&mut out, message, Code::UNKNOWN_ATTRIBUTE).map(drop),
            Err(EncodeError::NotARequest)
        );
        assert!(out.is_empty());
    }
}

/// §6.3.1.1: an error response has an ERROR-CODE with the default reason phrase of its code.
#[test]
fn error_responses_have_an_error_code() {
    let bytes = message(0x0001, &[]);
    let request = Message::parse(&bytes).unwrap();
    for (code, phrase) in [
        (Code::TRY_ALTERNATE, "Try Alternate"),
        (Code::BAD_REQUEST, "Bad Request"),
        (Code::UNAUTHENTICATED, "Unauthenticated"),
        (Code::UNKNOWN_ATTRIBUTE, "Unknown Attribute"),
        (Code::STALE_NONCE, "Stale Nonce"),
        (Code::SERVER_ERROR, "Server Error"),
    ] {
        let mut out = Vec::new();
        let response = MessageWriter::error_to(&mut out, request, code)
            .unwrap()
            .finish()
            .unwrap();
        let response = Message::parse(response).unwrap();
        let error = response.get::<ErrorCode>().unwrap().unwrap();
        assert_eq!(error.code(), code);
        assert_eq!(error.reason_str().unwrap(), phrase);
    }
}

/// §6.3.1.1: the response to an authenticated request is authenticated.
#[test]
fn responses_to_verified_requests_are_signed() {
    let bytes = support::rfc5769_request();
    let key = Key::short_term(support::ICE_PASSWORD);
    let request = Message::parse(&bytes).unwrap().verify(&key).unwrap();
    let mut out = Vec::new();
    let response = MessageWriter::success_to(&mut out, &request)
        .unwrap()
        .integrity_like(&request, &key)
        .unwrap()
        .finish()
        .unwrap();
    let response = Message::parse(response).unwrap();
    assert_eq!(visible(&response), [0x0008]);
    assert!(response.verify(&key).is_ok());
    // A reply with FINGERPRINT if the request had it (§7).
    let mut out = Vec::new();
    let reply = reply::role_conflict((&request, &key))
        .write(&mut out)
        .unwrap();
    let reply = Message::parse(reply).unwrap();
    assert_eq!(visible(&reply), [0x0009, 0x0008, 0x8028]);
    assert!(reply.verify(&key).is_ok());
}

/// §6.3.1.1: a Binding success response has XOR-MAPPED-ADDRESS: RFC 5769 §2.2 and §2.3 up to their SOFTWARE.
#[test]
fn a_binding_response_has_xor_mapped_address() {
    for (bytes, address) in [
        (support::rfc5769_ipv4(), "192.0.2.1:32853"),
        (
            support::rfc5769_ipv6(),
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
        ),
    ] {
        let published = Message::parse(&bytes).unwrap();
        let request = Header::request(Method::BINDING, published.transaction_id());
        let mut out = Vec::new();
        let response = MessageWriter::success_to(&mut out, request)
            .unwrap()
            .with(&XorMappedAddress(address.parse().unwrap()))
            .unwrap()
            .finish()
            .unwrap();
        // In the published message SOFTWARE (16 bytes) precedes it, and 32 bytes follow it.
        assert_eq!(response[20..], bytes[36..bytes.len() - 32]);
    }
}

/// §6.3.3: an address of an unsupported family is an error of that attribute only.
#[test]
fn an_unknown_address_family_can_be_ignored() {
    let bytes = message(
        0x0101,
        &[(0x0020, &[0, 3, 0x12, 0x34, 1, 2, 3, 4]), (0x8022, b"test")],
    );
    let response = Message::parse(&bytes).unwrap();
    assert!(response.get::<XorMappedAddress>().is_err());
    let software = response.get::<Software>().unwrap().unwrap();
    assert_eq!(software.as_bytes(), b"test");
}

/// §6.3.4: without ERROR-CODE the transaction has failed: reading a required ERROR-CODE is an error.
#[test]
fn an_error_response_without_error_code() {
    let bytes = message(0x0111, &[(0x8022, b"test")]);
    let response = Message::parse(&bytes).unwrap();
    assert!(matches!(
        response.read::<(ErrorCode,)>(),
        Err(AttributeError::Missing { .. })
    ));
}

/// §6.3.4: what a client does depends on the class of the code.
#[test]
fn classes_of_error_codes() {
    for (value, code, class) in [
        ([0, 0, 3, 0], 300, 3),
        ([0, 0, 4, 38], 438, 4),
        ([0, 0, 5, 8], 508, 5),
        ([0, 0, 6, 99], 699, 6),
    ] {
        let bytes = message(0x0111, &[(0x0009, &value)]);
        let response = Message::parse(&bytes).unwrap();
        let (error,) = response.read::<(ErrorCode,)>().unwrap();
        assert_eq!(error.code().as_u16(), code);
        assert_eq!(error.code().class(), class);
    }
}

/// §7: FINGERPRINT tells STUN from other protocols on the same port; the STUN usage says whether it is needed.
#[test]
fn fingerprint_is_told_from_its_absence() {
    let with = support::rfc5769_request();
    assert_eq!(
        Message::parse(&with).unwrap().fingerprint(),
        FingerprintStatus::Valid
    );
    let without = support::rfc5769_long_term();
    assert_eq!(
        Message::parse(&without).unwrap().fingerprint(),
        FingerprintStatus::Absent
    );
    let mut wrong = with;
    wrong[107] ^= 1;
    assert_eq!(
        Message::parse(&wrong).unwrap().fingerprint(),
        FingerprintStatus::Invalid
    );
}

/// §7: the writer computes the published FINGERPRINT over the attributes of RFC 5769 §2.1.
#[test]
fn fingerprint_is_written() {
    let bytes = support::rfc5769_request();
    let key = Key::short_term(support::ICE_PASSWORD);
    let published = Message::parse(&bytes).unwrap();
    let mut out = Vec::new();
    let mut copy = MessageWriter::new(&mut out, published).unwrap();
    for raw in published.attributes().take(4) {
        copy.raw(&raw).unwrap();
    }
    let copy = copy.integrity(&key).unwrap().fingerprint().unwrap();
    assert_eq!(copy.finish().unwrap()[100..], hex("80280004 e57a3bcf"));
}
