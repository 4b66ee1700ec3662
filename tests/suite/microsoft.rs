//! Classic STUN, MS-TURN and MS-ICE2: messages that were computed independently of this crate
//! (`microsoft/vectors.py`: Python's struct, hmac, hashlib and zlib) are read and written.

mod streams;
pub mod vectors;

use stunwire::attribute::{
    AlternateServer, AnyAttribute, AttributeType, ChangeRequest, ChangedAddress, Data,
    EncodeAttribute, Lifetime, MappedAddress, Nonce, Password, Priority, Realm, ReflectedFrom,
    RequestedAddressFamily, ResponseAddress, SourceAddress, UnknownAttributes, Username,
    XorMappedAddress, ms,
};
use stunwire::{
    Class, Code, Credentials, Dialect, EncodeError, ErrorCode, FingerprintStatus, Header,
    HeaderError, IntegrityAlgorithm, IntegrityError, Key, Message, MessageType, MessageWriter,
    Method, ParseError, TransactionId,
};
use stunwire_properties::DIALECTS;

use crate::support::{self, address, hex};

const CLASSIC_ID: TransactionId = TransactionId::classic([
    0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf,
]);
const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// The user of the MS-TURN messages: bytes that are not text, with a colon.
const USER: &[u8] = b"\x01\x02us:er";
const PASSWORD: &[u8] = b"\x80pass";

enum Tag<'k> {
    None,
    Last(&'k Key),
    BeforeFingerprint(&'k Key),
}

fn written(header: Header, attributes: &[&dyn EncodeAttribute], tag: Tag<'_>) -> Vec<u8> {
    let mut buffer = Vec::new();
    let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
    for attribute in attributes {
        writer.attribute(*attribute).unwrap();
    }
    match tag {
        Tag::None => writer.finish(),
        Tag::Last(key) => writer.integrity(key).unwrap().finish(),
        Tag::BeforeFingerprint(key) => {
            let writer = writer.integrity(key).unwrap();
            writer.fingerprint().unwrap().finish()
        }
    }
    .unwrap();
    buffer
}

#[test]
fn classic_requests_and_responses() {
    let key = Key::short_term("password");
    let bytes = hex(vectors::CLASSIC_REQUEST);
    assert_eq!(
        Message::parse(&bytes).unwrap_err(),
        ParseError::Header(HeaderError::NoCookie {
            found: [0xc0, 0xc1, 0xc2, 0xc3]
        })
    );
    let request = Dialect::RFC3489.parse(&bytes).unwrap();
    assert_eq!(request.transaction_id(), CLASSIC_ID);
    let request = request.verify(&key).unwrap();
    let user = request.get::<Username>().unwrap().unwrap();
    assert_eq!(
        (user.as_bytes(), user.trimmed()),
        (&b"someone\0"[..], &b"someone"[..])
    );
    let change = ChangeRequest {
        change_ip: true,
        change_port: true,
    };
    assert_eq!(request.get().unwrap(), Some(change));
    let again = written(
        Header::request(Method::BINDING, CLASSIC_ID).in_dialect(Dialect::RFC3489),
        &[
            &ResponseAddress(address("192.0.2.7:7")),
            &change,
            &Username::new("someone").unwrap(),
        ],
        Tag::Last(&key),
    );
    assert_eq!(again, bytes);

    let bytes = hex(vectors::CLASSIC_RESPONSE);
    let response = Dialect::RFC3489.parse(&bytes).unwrap();
    assert!(response.verify(&key).is_ok());
    let addresses: [&dyn EncodeAttribute; 4] = [
        &MappedAddress(address("192.0.2.1:1024")),
        &SourceAddress(address("192.0.2.2:3478")),
        &ChangedAddress(address("192.0.2.3:3479")),
        &ReflectedFrom(address("192.0.2.4:4")),
    ];
    let texts: Vec<String> = response.attributes().map(|raw| raw.to_string()).collect();
    assert_eq!(
        texts[..4],
        [
            "MAPPED-ADDRESS: 192.0.2.1:1024",
            "SOURCE-ADDRESS: 192.0.2.2:3478",
            "CHANGED-ADDRESS: 192.0.2.3:3479",
            "REFLECTED-FROM: 192.0.2.4:4",
        ]
    );
    // The response is written as a reply to the request with the same id.
    let request = hex(vectors::CLASSIC_REQUEST);
    let request = Dialect::RFC3489.parse(&request).unwrap();
    let mut buffer = Vec::new();
    let mut reply = MessageWriter::success_to(&mut buffer, request).unwrap();
    for one in addresses {
        reply.attribute(one).unwrap();
    }
    reply.integrity(&key).unwrap().finish().unwrap();
    assert_eq!(buffer, bytes);
}

/// RFC 3489 §11.2: texts are padded with NULs, reason phrases with spaces, lists by repeating an entry.
#[test]
fn classic_values_are_padded_inside_their_length() {
    let bytes = hex(vectors::CLASSIC_SHARED_SECRET);
    let header = Header::success(Method::SHARED_SECRET, CLASSIC_ID).in_dialect(Dialect::RFC3489);
    let again = written(
        header,
        &[&Username::new("user").unwrap(), &Password(b"secret")],
        Tag::None,
    );
    assert_eq!(again, bytes);
    let response = Dialect::RFC3489.parse(&bytes).unwrap();
    assert_eq!(response.method(), Method::SHARED_SECRET);
    assert_eq!(response.get().unwrap(), Some(Password(b"secret\0\0")));

    let bytes = hex(vectors::CLASSIC_REFUSAL);
    let header = Header::error(Method::BINDING, CLASSIC_ID).in_dialect(Dialect::RFC3489);
    let unknown = [0x7001, 0x7002, 0x7003].map(AttributeType::new);
    let again = written(
        header,
        &[
            &ErrorCode::with_default_reason(Code::UNKNOWN_ATTRIBUTE),
            &UnknownAttributes::from_types(unknown),
        ],
        Tag::None,
    );
    assert_eq!(again, bytes);
    let refusal = Dialect::RFC3489.parse(&bytes).unwrap();
    let code = refusal.get::<ErrorCode>().unwrap().unwrap();
    assert_eq!(code.code(), Code::UNKNOWN_ATTRIBUTE);
    assert_eq!(code.reason_str(), Ok("Unknown Attribute   "));
    let list = refusal.get::<UnknownAttributes>().unwrap().unwrap();
    let codes: Vec<u16> = list.iter().map(AttributeType::as_u16).collect();
    assert_eq!(codes, [0x7001, 0x7002, 0x7003, 0x7003]);
}

fn ms_turn_attributes<'a>() -> [Box<dyn EncodeAttribute + 'a>; 20] {
    let mut tag = [0; 40];
    for (byte, value) in tag.iter_mut().zip(0..) {
        *byte = value;
    }
    let tag: &'static [u8] = Box::leak(Box::new(tag));
    [
        Box::new(ms::Version(6)),
        Box::new(Lifetime::from_secs(600)),
        Box::new(ms::Bandwidth(1500)),
        Box::new(MappedAddress(address("192.0.2.15:50000"))),
        Box::new(ms::AlternateMappedAddress(address("[2001:db8::15]:50001"))),
        Box::new(XorMappedAddress(address("192.0.2.1:4386"))),
        Box::new(AlternateServer(address("192.0.2.3:3478"))),
        Box::new(ms::DestinationAddress(address("192.0.2.5:5"))),
        Box::new(ms::RemoteAddress(address("192.0.2.6:6"))),
        Box::new(RequestedAddressFamily(
            stunwire::attribute::AddressFamily::IPV6,
        )),
        Box::new(ms::AlternateHostName::new("sip.example.org").unwrap()),
        Box::new(ms::AppId(0x00c0_ffee)),
        Box::new(ms::SecureTag(tag)),
        Box::new(ms::SequenceNumber {
            connection_id: Some([
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
            ]),
            number: 7,
        }),
        Box::new(ms::ServiceQuality::reliable(ms::Stream::VIDEO)),
        Box::new(ms::MultiplexedTurnSessionId(*b"session!")),
        Box::new(Realm::new("\"rtcmedia\"").unwrap()),
        Box::new(Nonce::new("0123456789:;<=>?@ABC").unwrap()),
        Box::new(Username::new(USER).unwrap()),
        Box::new(Data(b"\xff\x00\xfe")),
    ]
}

/// Every attribute of \[MS-TURN\], with values of odd lengths, in unpadded and padded messages, with SHA-1 and
/// SHA-256.
#[test]
fn ms_turn_every_attribute() {
    let key = |version| {
        let nonce = "0123456789:;<=>?@ABC";
        Key::ms_turn(
            &Credentials {
                username: USER,
                password: PASSWORD,
            },
            Realm::new("\"rtcmedia\"").unwrap(),
            Nonce::new(nonce).unwrap(),
            version,
        )
    };
    for (text, dialect, key, algorithm) in [
        (
            vectors::MS_TURN_SHA1,
            Dialect::MS_TURN,
            key(2),
            IntegrityAlgorithm::Sha1,
        ),
        (
            vectors::MS_TURN_SHA256,
            Dialect::MS_TURN,
            key(6),
            IntegrityAlgorithm::MsTurnSha256,
        ),
        (
            vectors::MS_TURN_PADDED,
            Dialect::MS_TURN.padded(),
            key(2),
            IntegrityAlgorithm::Sha1,
        ),
    ] {
        let bytes = hex(text);
        assert_eq!(Dialect::detect(&bytes), Some(dialect));
        let message = dialect.parse(&bytes).unwrap();
        let verified = message.verify(&key).unwrap();
        assert_eq!(verified.algorithm(), algorithm);
        for raw in message.all_attributes() {
            assert!(!matches!(raw.to_any().unwrap(), AnyAttribute::Unknown(_)));
        }
        let header = Header::success(Method::ALLOCATE, message.transaction_id());
        let attributes = ms_turn_attributes();
        let attributes: Vec<&dyn EncodeAttribute> = attributes.iter().map(AsRef::as_ref).collect();
        let again = written(header.in_dialect(dialect), &attributes, Tag::Last(&key));
        assert_eq!(again, bytes, "{dialect}");
    }
}

/// A message without the magic cookie that is padded as in RFC 5389: SOFTWARE of 5 bytes, by hand.
#[test]
fn padded_without_a_cookie() {
    let bytes = hex("0001000c 000102030405060708090a0b0c0d0e0f 80220005 68656c6c6f 000000");
    assert!(Dialect::RFC3489.parse(&bytes).is_err());
    let message = Dialect::RFC3489.padded().parse(&bytes).unwrap();
    let software = message.get::<stunwire::attribute::Software>().unwrap();
    assert_eq!(software.unwrap().as_bytes(), b"hello");
}

/// The printed forms of MS-TURN's attributes.
#[test]
fn ms_turn_texts() {
    let bytes = hex(vectors::MS_TURN_SHA1);
    let message = Dialect::MS_TURN.parse(&bytes).unwrap();
    let texts: Vec<String> = message
        .all_attributes()
        .map(|raw| raw.to_string())
        .collect();
    assert_eq!(
        texts[..20],
        [
            "MAGIC-COOKIE: 0x72c64bc6",
            "MS-VERSION: 6",
            "LIFETIME: 600 s",
            "BANDWIDTH: 1500 kbit/s",
            "MAPPED-ADDRESS: 192.0.2.15:50000",
            "MS-ALTERNATE-MAPPED-ADDRESS: [2001:db8::15]:50001",
            "XOR-MAPPED-ADDRESS: 192.0.2.1:4386",
            "ALTERNATE-SERVER: 192.0.2.3:3478",
            "DESTINATION-ADDRESS: 192.0.2.5:5",
            "REMOTE-ADDRESS: 192.0.2.6:6",
            "REQUESTED-ADDRESS-FAMILY: IPv6",
            "MS-ALTERNATE-HOST-NAME: \"sip.example.org\"",
            "MS-APP-ID: 0x00c0ffee",
            "MS-SECURE-TAG: 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\
             … (40 bytes)",
            "MS-SEQUENCE-NUMBER: 7 of 000102030405060708090a0b0c0d0e0f10111213",
            "MS-SERVICE-QUALITY: video, reliable",
            "MULTIPLEXED-TURN-SESSION-ID: 73657373696f6e21",
            "REALM: \"\\\"rtcmedia\\\"\"",
            "NONCE: \"0123456789:;<=>?@ABC\"",
            "USERNAME: 010275733a6572",
        ]
    );
}

/// \[MS-TURN\] 2.2.2.16: port 0x1122 under an id that begins with 0x4455 is 0x5577.
#[test]
fn xor_mapped_address_has_its_own_code_and_no_fixed_mask() {
    let bytes = hex(vectors::MS_TURN_SHA1);
    let message = Dialect::MS_TURN.parse(&bytes).unwrap();
    let raw = message
        .attributes()
        .find(|raw| raw.ty().as_u16() == 0x8020)
        .unwrap();
    assert_eq!(raw.value()[2..4], [0x55, 0x77]);
    let mapped = message.get::<XorMappedAddress>().unwrap().unwrap();
    assert_eq!(mapped.0.port(), 0x1122);
}

#[test]
fn ms_turn_sequence_numbers() {
    let context = stunwire::Context::new(CLASSIC_ID, Dialect::MS_TURN);
    use stunwire::attribute::Attribute as _;
    // As in refreshing Allocates of Teams.
    let short = ms::SequenceNumber::decode(&[0xff; 4], context).unwrap();
    assert_eq!((short.connection_id, short.number), (None, u32::MAX));
    assert_eq!(short.next().number, 0);
    for length in 0..=64 {
        let read = ms::SequenceNumber::decode(&[1; 64][..length], context);
        assert_eq!(read.is_ok(), matches!(length, 4 | 24), "{length}");
    }
}

/// An error uses the dialect's name of an attribute: outside MS-TURN 0x8050 is an attribute of Vovida's server.
#[test]
fn a_malformed_value_under_its_own_name() {
    let message =
        hex("00030011 000102030405060708090a0b0c0d0e0f 000f0004 72c64bc6 80500005 0102030405");
    let message = Dialect::MS_TURN.parse(&message).unwrap();
    let error = message.get::<ms::SequenceNumber>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "MS-SEQUENCE-NUMBER at offset 28: the value is 5 bytes long instead of 4 to 24"
    );
}

/// Message types that have their meaning only in MS-TURN: [MS-TURN] 2.2.1.
#[test]
fn ms_turn_message_types() {
    let set_active = Method::SET_ACTIVE_DESTINATION;
    for (bits, class, method) in [
        (0x0003, Class::Request, Method::ALLOCATE),
        (0x0103, Class::SuccessResponse, Method::ALLOCATE),
        (0x0113, Class::ErrorResponse, Method::ALLOCATE),
        (0x0004, Class::Request, Method::SEND),
        (0x0115, Class::Indication, Method::DATA),
        (0x0006, Class::Request, set_active),
        (0x0106, Class::SuccessResponse, set_active),
        (0x0116, Class::ErrorResponse, set_active),
    ] {
        let ty = MessageType::new(class, method);
        assert_eq!(Dialect::MS_TURN.message_type(bits), ty);
        let header = Header::request(method, CLASSIC_ID);
        let header = match class {
            Class::Request => header,
            Class::Indication => Header::indication(method, CLASSIC_ID),
            Class::SuccessResponse => Header::success(method, CLASSIC_ID),
            Class::ErrorResponse => Header::error(method, CLASSIC_ID),
        };
        let bytes = written(header.in_dialect(Dialect::MS_TURN), &[], Tag::None);
        assert_eq!(bytes[..2], u16::to_be_bytes(bits));
        // MAGIC-COOKIE, which the writer adds.
        assert_eq!(bytes[20..], hex("000f000472c64bc6"));
        assert_eq!(
            Dialect::MS_TURN.parse(&bytes).unwrap().message_type(),
            ty,
            "{bits:#06x}"
        );
    }
}

/// The codes of MS-TURN: 300, 401, 420, 431, 432, 434, 435, 436, 438, 500; and 274 and 275 of MS-ICE2BWM, whose
/// class 2 no RFC defines.
#[test]
fn error_codes() {
    for code in [
        Code::DISABLE_CANDIDATE,
        Code::DISABLE_CANDIDATE_PAIR,
        Code::TRY_ALTERNATE,
        Code::UNAUTHENTICATED,
        Code::UNKNOWN_ATTRIBUTE,
        Code::INTEGRITY_CHECK_FAILURE,
        Code::MISSING_USERNAME,
        Code::MISSING_REALM,
        Code::MISSING_NONCE,
        Code::UNKNOWN_USER,
        Code::STALE_NONCE,
        Code::SERVER_ERROR,
    ] {
        let header = Header::error(Method::ALLOCATE, CLASSIC_ID).in_dialect(Dialect::MS_TURN);
        let error = ErrorCode::with_default_reason(code);
        let bytes = written(header, &[&error], Tag::None);
        let [.., class, number] = bytes[32..36] else {
            panic!("an ERROR-CODE")
        };
        assert_eq!(u16::from(class) * 100 + u16::from(number), code.as_u16());
        let read = Dialect::MS_TURN.parse(&bytes).unwrap();
        assert_eq!(read.get::<ErrorCode>().unwrap(), Some(error));
        assert!(code.name().is_some());
    }
    let codes = [274, 275].map(|code| Code::new(code).unwrap().name());
    assert_eq!(
        codes,
        [Some("Disable Candidate"), Some("Disable Candidate Pair")]
    );
}

/// The versions of \[MS-TURN\] 2.2.2.17.
#[test]
fn versions() {
    for (version, ice2, sha256, ipv6, udp, tcp) in [
        (1, false, false, false, false, false),
        (2, true, false, false, false, false),
        (3, true, true, false, false, false),
        (4, true, true, true, false, false),
        (5, true, true, true, true, false),
        (6, true, true, true, true, true),
    ] {
        let version = ms::Version(version);
        assert_eq!(version.has_ms_ice2(), ice2);
        assert_eq!(version.has_sha256(), sha256);
        assert_eq!(version.has_ipv6(), ipv6);
        assert_eq!(version.has_multiplexed_udp(), udp);
        assert_eq!(version.has_multiplexed_tcp(), tcp);
        // The key of both sides follows the smaller version.
        let common = version.common(Some(ms::Version::SHA256));
        let key = Key::ms_turn(
            &Credentials {
                username: "user",
                password: "pass",
            },
            Realm::new("realm").unwrap(),
            Nonce::new("nonce").unwrap(),
            common.0,
        );
        let header = Header::request(Method::ALLOCATE, CLASSIC_ID).in_dialect(Dialect::MS_TURN);
        let bytes = written(header, &[], Tag::Last(&key));
        assert_eq!(bytes.len(), 20 + 8 + 4 + if sha256 { 32 } else { 20 });
    }
}

#[test]
fn ms_ice2_legacy_and_its_copy_with_the_alternate_crc() {
    let dialect = Dialect::MS_ICE2_LEGACY;
    let key = Key::short_term("a password of ICE");
    let bytes = hex(vectors::MS_ICE2_LEGACY);
    assert_eq!(Dialect::detect(&bytes), Some(dialect));
    let check = dialect.parse(&bytes).unwrap();
    assert_eq!(check.fingerprint(), FingerprintStatus::Valid);
    let verified = check.verify(&key).unwrap();
    let user = verified.get::<Username>().unwrap().unwrap();
    assert_eq!(user.as_bytes(), b"their:ours\0\0");
    assert_eq!(user.fragments(), Some((&b"their"[..], &b"ours"[..])));
    let foundation = verified.get::<ms::CandidateIdentifier>().unwrap().unwrap();
    assert_eq!(foundation.trimmed(), b"12345");
    let again = written(
        Header::request(Method::BINDING, ID).in_dialect(dialect),
        &[
            &Username::joined("their", "ours").unwrap(),
            &Priority(0x6e7f_ffff),
            &ms::CandidateIdentifier::new(b"12345").unwrap(),
            &ms::ImplementationVersion(2),
        ],
        Tag::BeforeFingerprint(&key),
    );
    assert_eq!(again, bytes);

    let mut out = b"before".to_vec();
    check.copy_with_alternate_crc(&mut out).unwrap();
    let copied = out.strip_prefix(b"before").unwrap();
    assert_eq!(copied, hex(vectors::MS_ICE2_COPY));
    let copied = dialect.parse(copied).unwrap();
    assert_eq!(copied.fingerprint(), FingerprintStatus::ValidAlternateCrc);
    assert!(copied.verify(&key).is_ok());

    // A response, which may lack IMPLEMENTATION-VERSION.
    let answer = hex(vectors::MS_ICE2_SILENT);
    let answer = dialect.parse(&answer).unwrap();
    let mut out = Vec::new();
    answer.copy_with_alternate_crc(&mut out).unwrap();
    assert_eq!(out, hex(vectors::MS_ICE2_SILENT_COPY));

    // The copy cannot be copied again, nor can a message without FINGERPRINT or of another dialect.
    let refused = |message: Message<'_>| {
        message
            .copy_with_alternate_crc(&mut Vec::new())
            .unwrap_err()
    };
    assert_eq!(refused(copied), EncodeError::FingerprintMissing);
    assert_eq!(
        refused(Message::parse(&bytes).unwrap()),
        EncodeError::NotInDialect
    );
    let bare = hex("00010000 2112a4426162636465666768696a6b6c");
    assert_eq!(
        refused(Dialect::MS_ICE2.parse(&bare).unwrap()),
        EncodeError::FingerprintMissing
    );
    for size in 0..bytes.len() {
        let error = check
            .copy_with_alternate_crc(&mut vec![0; size][..])
            .unwrap_err();
        assert!(
            matches!(error, EncodeError::BufferFull { needed: 96, available } if available as usize == size)
        );
    }
}

#[test]
fn bandwidth_in_kbit_per_second() {
    let dialect = Dialect::MS_ICE2;
    let key = Key::short_term("a password of ICE");
    let bytes = hex(vectors::MS_ICE2_BANDWIDTH);
    assert_eq!(Dialect::detect(&bytes), Some(dialect));
    let check = dialect.parse(&bytes).unwrap();
    assert!(check.verify(&key).is_ok());
    assert_eq!(check.fingerprint(), FingerprintStatus::Valid);
    let mut id = [0; 16];
    for (byte, value) in id.iter_mut().zip(0..) {
        *byte = value;
    }
    let again = written(
        Header::request(Method::BINDING, ID).in_dialect(dialect),
        &[
            &Username::joined("their", "ours").unwrap(),
            &ms::CandidateIdentifier::new(b"12345").unwrap(),
            &ms::ImplementationVersion(3),
            &ms::BandwidthAdmissionControlMessage::RESERVATION_COMMIT,
            &ms::BandwidthReservationIdentifier(id),
            &ms::BandwidthReservationAmount {
                min_send_kbps: 45,
                max_send_kbps: 100,
                min_receive_kbps: 50,
                max_receive_kbps: 110,
            },
            &ms::RemoteSiteAddress(address("192.0.2.1:1")),
            &ms::RemoteRelaySiteAddress(address("192.0.2.2:2")),
            &ms::LocalSiteAddress(address("[2001:db8::3]:3")),
            &ms::LocalRelaySiteAddress(address("192.0.2.4:4")),
            &ms::RemoteSiteAddressResponse {
                valid: true,
                pstn_failover: true,
                max_send_kbps: 2013,
                max_receive_kbps: 3000,
            },
            &ms::RemoteRelaySiteAddressResponse {
                valid: true,
                max_send_kbps: 2014,
                max_receive_kbps: 3000,
            },
            &ms::LocalSiteAddressResponse {
                valid: false,
                pstn_failover: true,
                max_send_kbps: 2015,
                max_receive_kbps: 3000,
            },
            &ms::LocalRelaySiteAddressResponse {
                valid: false,
                max_send_kbps: 2000,
                max_receive_kbps: 3000,
            },
            &ms::SipDialogIdentifier::new(b"dialog").unwrap(),
            &ms::SipCallIdentifier::new(b"call-id").unwrap(),
            &ms::LocationProfile {
                peer: ms::Location::INTERNET,
                sender: ms::Location::INTRANET,
                federation: ms::Federation::PUBLIC_CLOUD,
            },
        ],
        Tag::BeforeFingerprint(&key),
    );
    assert_eq!(again, bytes);
    let texts: Vec<String> = check.attributes().map(|raw| raw.to_string()).collect();
    assert_eq!(
        texts[3..17],
        [
            "BANDWIDTH-ADMISSION-CONTROL-MESSAGE: reservation commit",
            "BANDWIDTH-RESERVATION-IDENTIFIER: 000102030405060708090a0b0c0d0e0f",
            "BANDWIDTH-RESERVATION-AMOUNT: send 45 to 100 kbit/s, receive 50 to 110 kbit/s",
            "REMOTE-SITE-ADDRESS: 192.0.2.1:1",
            "REMOTE-RELAY-SITE-ADDRESS: 192.0.2.2:2",
            "LOCAL-SITE-ADDRESS: [2001:db8::3]:3",
            "LOCAL-RELAY-SITE-ADDRESS: 192.0.2.4:4",
            "REMOTE-SITE-ADDRESS-RESPONSE: send up to 2013 kbit/s, receive up to 3000 kbit/s, \
             PSTN failover",
            "REMOTE-RELAY-SITE-ADDRESS-RESPONSE: send up to 2014 kbit/s, receive up to 3000 kbit/s",
            "LOCAL-SITE-ADDRESS-RESPONSE: not valid, send up to 2015 kbit/s, receive up to 3000 \
             kbit/s, PSTN failover",
            "LOCAL-RELAY-SITE-ADDRESS-RESPONSE: not valid, send up to 2000 kbit/s, receive up to \
             3000 kbit/s",
            "SIP-DIALOG-IDENTIFIER: \"dialog\"",
            "SIP-CALL-IDENTIFIER: \"call-id\"",
            "LOCATION-PROFILE: peer internet, sender intranet, public cloud federation",
        ]
    );
}

/// The forms of USERNAME that libnice uses.
#[test]
fn usernames() {
    let write = |dialect: Dialect, name: &dyn EncodeAttribute| {
        let id = if dialect == Dialect::RFC3489 {
            CLASSIC_ID
        } else {
            ID
        };
        let header = Header::request(Method::BINDING, id).in_dialect(dialect);
        let bytes = written(header, &[name], Tag::None);
        let message = dialect.parse(&bytes).unwrap();
        let name = message.get::<Username>().unwrap().unwrap();
        name.as_bytes().to_vec()
    };
    // The form of ICE, with and without NULs inside the length.
    let joined = Username::joined("abc", "de").unwrap();
    assert_eq!(write(Dialect::RFC8489, &joined), b"abc:de");
    assert_eq!(write(Dialect::MS_ICE2, &joined), b"abc:de");
    assert_eq!(write(Dialect::MS_ICE2_LEGACY, &joined), b"abc:de\0\0");
    // The form of Google's ICE.
    let google = Username::concatenated("abc", "de").unwrap();
    assert_eq!(write(Dialect::RFC8489, &google), b"abcde");
    // The form of MS-ICE: one to four NULs in every dialect. A fragment may contain a colon.
    for (component, sender, expected) in [
        (1, "d:e", &b"a:c:1:d:e:1\0"[..]),
        (2, "d:ef", &b"a:c:2:d:ef:2\0\0\0\0"[..]),
        (10, "d:e", &b"a:c:10:d:e:10\0\0\0"[..]),
        (255, "d:e", &b"a:c:255:d:e:255\0"[..]),
    ] {
        let name = ms::IceUsername::new("a:c", sender, component);
        for dialect in DIALECTS {
            if dialect == Dialect::RFC3489 || dialect.header(&bare(ID)).is_ok() {
                assert_eq!(write(dialect, &name), expected, "{dialect}");
            }
        }
        let expected = Username::new(expected).unwrap();
        assert_eq!(ms::IceUsername::parse(expected, "a:c"), Some(name));
        assert_eq!(ms::IceUsername::parse(expected, "a"), None);
    }
    for wrong in [
        &b""[..],
        b"own",
        b"own:",
        b"own:1",
        b"own:1:",
        b"own:1:x",
        b"own:1:x:2",
        b"own:256:x:256",
        b"own::x:",
        b"own:-1:x:-1",
        b"other:1:x:1",
    ] {
        let name = Username::new(wrong).unwrap();
        assert_eq!(ms::IceUsername::parse(name, "own"), None, "{name}");
    }
    assert_eq!(Username::new("no colon").unwrap().fragments(), None);
}

/// A header of a Binding request without attributes.
fn bare(id: TransactionId) -> Vec<u8> {
    let mut bytes = hex("00010000");
    bytes.extend_from_slice(id.as_bytes());
    bytes
}

/// The table of dialects in `src/docs/microsoft.md`, checked against the behavior of each dialect.
#[test]
fn the_table_of_dialects() {
    struct Row {
        dialect: Dialect,
        name: &'static str,
        /// Whether bytes 4 to 7 must be the magic cookie.
        cookie: bool,
        /// The bytes of a USERNAME of five characters.
        username: &'static str,
        /// The lengths of the tag, and whether FINGERPRINT must, may or must not follow it.
        tags: &'static [usize],
        fingerprint: &'static str,
        /// The codes of REALM and XOR-MAPPED-ADDRESS.
        codes: [u16; 2],
    }
    let row = |dialect, name, cookie, username, tags, fingerprint, codes| Row {
        dialect,
        name,
        cookie,
        username,
        tags,
        fingerprint,
        codes,
    };
    let padded = "00060005 68656c6c6f000000";
    let unpadded = "00060005 68656c6c6f";
    let padded_inside = "00060008 68656c6c6f000000";
    let rfc = [0x0014, 0x0020];
    let ms_turn = [0x0015, 0x8020];
    #[rustfmt::skip]
    let table = [
        row(Dialect::RFC8489,                   "rfc8489",                 true,  padded,   &[20],     "may",  rfc),
        row(Dialect::RFC8489.unpadded(),        "rfc8489-unpadded",        true,  unpadded, &[20],     "may",  rfc),
        row(Dialect::RFC3489,                   "rfc3489",                 false, padded_inside,   &[20],     "not",  rfc),
        row(Dialect::RFC3489.padded(),          "rfc3489-padded",          false, padded_inside,   &[20],     "not",  rfc),
        row(Dialect::MS_TURN,                   "ms-turn",                 false, unpadded, &[20, 32], "not",  ms_turn),
        row(Dialect::MS_TURN.padded(),          "ms-turn-padded",          false, padded,   &[20, 32], "not",  ms_turn),
        row(Dialect::MS_ICE2,                   "ms-ice2",                 true,  padded,   &[20],     "may",  rfc),
        row(Dialect::MS_ICE2.unpadded(),        "ms-ice2-unpadded",        true,  unpadded, &[20],     "may",  rfc),
        row(Dialect::MS_ICE2_LEGACY,            "ms-ice2-legacy",          true,  padded_inside,   &[20],     "must", rfc),
        row(Dialect::MS_ICE2_LEGACY.unpadded(), "ms-ice2-legacy-unpadded", true,  padded_inside,   &[20],     "must", rfc),
    ];
    assert_eq!(table.len(), DIALECTS.len());
    let sha256 = Key::ms_turn(
        &Credentials {
            username: "user",
            password: "pass",
        },
        Realm::new("realm").unwrap(),
        Nonce::new("nonce").unwrap(),
        6,
    );
    let sha1 = Key::short_term("password");
    for row in table {
        let dialect = row.dialect;
        assert_eq!(dialect.to_string(), row.name);
        assert_eq!(dialect.header(&bare(CLASSIC_ID)).is_err(), row.cookie);
        let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
        let bytes = written(header, &[&Username::new("hello").unwrap()], Tag::None);
        assert!(bytes.ends_with(&hex(row.username)), "{dialect}");
        let mut lengths = Vec::new();
        let mut fingerprints = Vec::new();
        for key in [&sha1, &sha256] {
            let sign = |buffer| {
                MessageWriter::new(buffer, header)
                    .unwrap()
                    .integrity(key)
                    .unwrap()
            };
            let mut buffer = Vec::new();
            let alone = sign(&mut buffer).finish().is_ok();
            let mut buffer = Vec::new();
            let before = sign(&mut buffer).fingerprint().is_ok();
            fingerprints.push(match (alone, before) {
                (true, true) => "may",
                (true, false) => "not",
                (false, true) => "must",
                (false, false) => "never",
            });
            let mut buffer = Vec::new();
            let writer = sign(&mut buffer);
            let end = writer.len();
            drop(writer);
            let start = if row.codes == ms_turn { 28 } else { 20 };
            lengths.push(end - start - 4);
        }
        lengths.dedup();
        assert_eq!(lengths, row.tags, "{dialect}");
        assert_eq!(fingerprints, [row.fingerprint; 2], "{dialect}");
        let realm = Realm::new("realm").unwrap();
        let mapped = XorMappedAddress(address("192.0.2.1:1"));
        let codes = [realm.wire_type(dialect), mapped.wire_type(dialect)];
        assert_eq!(
            codes,
            row.codes.map(|code| Some(AttributeType::new(code))),
            "{dialect}"
        );
    }
}

/// A message that is read in the wrong dialect is refused, or read with the consequences below.
#[test]
fn one_dialect_read_as_another() {
    let key = Key::short_term("a password of ICE");
    let legacy = hex(vectors::MS_ICE2_LEGACY);
    let modern = hex(vectors::MS_ICE2_BANDWIDTH);
    // Dialects with the same grammar: only the tag and the NULs in texts differ.
    for (bytes, right, wrong) in [
        (&legacy, Dialect::MS_ICE2_LEGACY, Dialect::MS_ICE2),
        (&legacy, Dialect::MS_ICE2_LEGACY, Dialect::RFC8489),
        (&modern, Dialect::MS_ICE2, Dialect::MS_ICE2_LEGACY),
    ] {
        let message = right.parse(bytes).unwrap();
        assert!(message.verify(&key).is_ok());
        let other = message.with_dialect(wrong).unwrap();
        assert!(matches!(
            other.verify(&key),
            Err(IntegrityError::Mismatch { .. })
        ));
        assert_eq!(other.fingerprint(), FingerprintStatus::Valid);
        assert_eq!(other.as_bytes(), wrong.parse(bytes).unwrap().as_bytes());
    }
    // From version 3 on, messages of MS-ICE2 are messages of RFC 8489.
    let message = Message::parse(&modern).unwrap();
    assert!(message.verify(&key).is_ok());

    // No other dialect reads MS-TURN, and MS-TURN reads no other dialect.
    let ms_turn = hex(vectors::MS_TURN_SHA1);
    let padded = hex(vectors::MS_TURN_PADDED);
    let classic = hex(vectors::CLASSIC_REQUEST);
    for dialect in DIALECTS {
        let is_ms_turn = dialect.to_string().starts_with("ms-turn");
        for bytes in [&ms_turn, &padded] {
            match dialect.parse(bytes) {
                Ok(_) => assert!(is_ms_turn, "{dialect}"),
                Err(
                    ParseError::Header(HeaderError::NoCookie { .. })
                    | ParseError::MsTurn
                    | ParseError::Attribute { .. },
                ) => {}
                Err(error) => panic!("{dialect}: {error}"),
            }
        }
        for bytes in [&legacy, &modern, &classic] {
            let read = dialect.parse(bytes);
            if is_ms_turn {
                assert_eq!(read.unwrap_err(), ParseError::NotMsTurn);
            }
        }
    }
    // This holds for MS-TURN with the RFC's cookie, as Teams sends it, and for classic STUN with any id.
    let mut teams = ms_turn.clone();
    teams[4..8].copy_from_slice(&stunwire::MAGIC_COOKIE.to_be_bytes());
    for (bytes, dialect) in [
        (&teams, Dialect::RFC8489),
        (&teams, Dialect::MS_ICE2),
        (&ms_turn, Dialect::RFC3489),
    ] {
        assert_eq!(dialect.parse(bytes).unwrap_err(), ParseError::MsTurn);
    }
    assert_eq!(Dialect::detect(&teams), Some(Dialect::MS_TURN));
    assert!(Dialect::MS_TURN.parse(&teams).is_ok());

    // A padded message that is read as unpadded, and the reverse: attributes would be lost or invented, so
    // both are refused.
    assert!(Dialect::MS_TURN.parse(&padded).is_err());
    assert!(Dialect::MS_TURN.padded().parse(&ms_turn).is_err());
    // If the length of every value is a multiple of 4, both readings are equal.
    for bytes in [support::ms_turn_b(), support::ms_turn_c()] {
        let step = Dialect::MS_TURN.padded().parse(&bytes).unwrap();
        assert_eq!(
            step.all_attributes().count(),
            Dialect::MS_TURN
                .parse(&bytes)
                .unwrap()
                .all_attributes()
                .count()
        );
    }
    // Classic STUN cannot be recognized, so it is not detected; RFC 3489 also reads messages with a magic
    // cookie, if their values are not padded.
    assert_eq!(Dialect::detect(&classic), None);
    assert!(Dialect::RFC3489.parse(&legacy).is_ok());
}

/// A changed bit in MAGIC-COOKIE is an error with the offset of the first attribute.
#[test]
fn a_wrong_magic_cookie() {
    let good = support::ms_turn_b();
    for bit in 20 * 8..28 * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let error = Dialect::MS_TURN.parse(&bytes).unwrap_err();
        assert_eq!((error, error.offset()), (ParseError::NotMsTurn, 20));
        assert_ne!(Dialect::detect(&bytes), Some(Dialect::MS_TURN));
    }
}
