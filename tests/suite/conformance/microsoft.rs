//! \[MS-TURN\], \[MS-ICE2\] and \[MS-TURNBWM\].

use stunwire::attribute::{
    AddressFamily, AlternateServer, Attribute, AttributeType, Data, EncodeAttribute, MappedAddress,
    Nonce, Realm, RequestedAddressFamily, UnknownAttributes, Username, XorMappedAddress, ms,
};
use stunwire::framing::{Framing, MsFrame, MsFrameKind, MsMultiplexed, MsTcp, Next, Rfc4571};
use stunwire::framing::{MultiplexedFrame, Sniffed, pseudo_tls, sniff};
use stunwire::{
    Class, Code, Context, Credentials, Dialect, EncodeError, ErrorCode, FingerprintStatus, Header,
    HmacAlgorithm, IntegrityError, Key, Message, MessageWriter, Method, ParseError, TransactionId,
};

use crate::support::{self, hex};

const ID: TransactionId = TransactionId::classic(*b"\x44\x55\x66\x77456789abcdef");
const ICE_ID: TransactionId = TransactionId::new(*b"abcdefghijkl");
const COOKIE: &str = "000f0004 72c64bc6";

/// A message of MS-TURN with these attributes after MAGIC-COOKIE, built by hand.
fn ms_turn(bits: u16, attributes: &str) -> Vec<u8> {
    let body = hex(&format!("{COOKIE}{attributes}"));
    let mut bytes = bits.to_be_bytes().to_vec();
    bytes.extend_from_slice(&(body.len() as u16).to_be_bytes());
    bytes.extend_from_slice(ID.as_bytes());
    bytes.extend_from_slice(&body);
    bytes
}

/// Asserts that an attribute in an Allocate has this value, reads as `expected`, and is written back the same.
fn in_ms_turn<'a, T>(attribute: &'a str, value: &'a [u8], expected: T)
where
    T: Attribute<'a> + EncodeAttribute + PartialEq + core::fmt::Debug,
{
    let bytes = ms_turn(0x0003, attribute);
    let header = Header::request(Method::ALLOCATE, ID).in_dialect(Dialect::MS_TURN);
    let mut out = Vec::new();
    let written = MessageWriter::new(&mut out, header)
        .unwrap()
        .with(&expected)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(written, bytes);
    assert!(bytes.ends_with(value));
    let context = Context::new(ID, Dialect::MS_TURN);
    assert_eq!(T::decode(value, context), Ok(expected));
}

/// An attribute with a value of these bytes, in a Binding request of MS-ICE2.
fn in_ms_ice2<'a, T>(ty: u16, value: &'a [u8], expected: T)
where
    T: Attribute<'a> + EncodeAttribute + PartialEq + core::fmt::Debug,
{
    let header = Header::request(Method::BINDING, ICE_ID).in_dialect(Dialect::MS_ICE2);
    let mut out = Vec::new();
    let written = MessageWriter::new(&mut out, header)
        .unwrap()
        .with(&expected)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(written[20..], super::tlv(ty, value));
    let context = Context::new(ICE_ID, Dialect::MS_ICE2);
    assert_eq!(T::decode(value, context), Ok(expected));
}

/// \[MS-TURN\] 2.1.1: the pseudo-TLS handshake. The client hello is the one that libnice sends; the server hello
/// has the lengths of the specification.
#[test]
fn pseudo_tls_hellos() {
    let random = hex("c1fcd5a36d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb");
    let random: &[u8; 32] = random[..].try_into().unwrap();
    let client = hex(&format!(
        "16 0301 002d 01 000029 0301 {} 00 0002 0018 01 00",
        "c1fcd5a36d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb"
    ));
    assert_eq!(client.len(), 50);
    assert_eq!(pseudo_tls::client_hello(random)[..], client);
    let read = pseudo_tls::read_client_hello(&client).unwrap();
    assert!(matches!(read, Next::Frame { frame, consumed: 50 } if frame.random == random));
    let zeros = "00".repeat(32);
    let server = hex(&format!(
        "16 0301 004e 02 000046 0301 {zeros} 20 {zeros} 0018 00 0e 000000"
    ));
    assert_eq!(server.len(), 83);
    assert_eq!(pseudo_tls::server_hello(&[0; 32], &[0; 32])[..], server);
    let read = pseudo_tls::read_server_hello(&server).unwrap();
    assert!(matches!(read, Next::Frame { consumed: 83, .. }));
    assert_eq!(sniff(&client), Sniffed::Is(Framing::PseudoTls));
}

/// \[MS-TURN\] 2.1.4: type 02 for messages and 03 for data, a zero byte, 16 bits of length, no padding.
#[test]
fn tcp_frames() {
    let reader = MsTcp::new();
    for (bytes, expected) in [
        ("02 00 0003 616263", MsFrame::Control(&b"abc"[..])),
        ("03 00 0005 68656c6c6f", MsFrame::Data(b"hello")),
    ] {
        let bytes = hex(bytes);
        let Next::Frame { frame, consumed } = reader.next(&bytes).unwrap() else {
            panic!("a complete frame")
        };
        assert_eq!((frame, consumed), (expected, bytes.len()));
        let header = MsTcp::header(expected.kind(), bytes.len() - 4).unwrap();
        assert_eq!(header, bytes[..4]);
    }
    assert_eq!(
        MsTcp::header(MsFrameKind::Data, 65_535).unwrap()[2..],
        [0xFF; 2]
    );
    assert!(MsTcp::header(MsFrameKind::Data, 65_536).is_err());
}

/// \[MS-TURN\] 3.1.10: a frame of another type, or whose second byte is not zero, is an error of the connection.
#[test]
fn other_tcp_frames_are_refused() {
    for bytes in ["01 00 0000", "04 00 0000", "02 01 0000", "00 01 0000"] {
        assert!(MsTcp::new().next(&hex(bytes)).is_err(), "{bytes}");
    }
}

/// \[MS-TURN\] 2.2.1: the message types of Allocate are those of the RFC, the others differ; bytes 4 to 19 are
/// the transaction id.
#[test]
fn message_types() {
    for (bits, class, method) in [
        (0x0003, Class::Request, Method::ALLOCATE),
        (0x0103, Class::SuccessResponse, Method::ALLOCATE),
        (0x0113, Class::ErrorResponse, Method::ALLOCATE),
        (0x0004, Class::Request, Method::SEND),
        (0x0115, Class::Indication, Method::DATA),
        (0x0006, Class::Request, Method::SET_ACTIVE_DESTINATION),
        (
            0x0106,
            Class::SuccessResponse,
            Method::SET_ACTIVE_DESTINATION,
        ),
        (0x0116, Class::ErrorResponse, Method::SET_ACTIVE_DESTINATION),
    ] {
        let bytes = ms_turn(bits, "");
        let message = Dialect::MS_TURN.parse(&bytes).unwrap();
        assert_eq!((message.class(), message.method()), (class, method));
        assert_eq!(message.transaction_id(), ID);
        let header = Header::new(class, method, ID).in_dialect(Dialect::MS_TURN);
        let mut out = Vec::new();
        let written = MessageWriter::new(&mut out, header).unwrap();
        assert_eq!(written.finish().unwrap(), bytes);
    }
    // Refresh would be read as Send.
    let refresh = Header::request(Method::REFRESH, ID).in_dialect(Dialect::MS_TURN);
    let mut out = Vec::new();
    assert_eq!(
        MessageWriter::new(&mut out, refresh).map(drop),
        Err(EncodeError::NoSuchMessage)
    );
}

/// \[MS-TURN\] 2.2.2: attributes are not padded; here SOFTWARE of 3 bytes, then LIFETIME.
#[test]
fn ms_turn_attributes_are_not_padded() {
    let bytes = ms_turn(0x0003, "80220003 616263 000d0004 00000258");
    let message = Dialect::MS_TURN.parse(&bytes).unwrap();
    let types: Vec<u16> = message.attributes().map(|raw| raw.ty().as_u16()).collect();
    assert_eq!(types, [0x000F, 0x8022, 0x000D]);
    assert!(message.all_attributes().all(|raw| raw.padding().is_empty()));
}

/// \[MS-TURN\] 2.2.2.8, 3.1.10: a message whose first attribute is not MAGIC-COOKIE is ignored.
#[test]
fn ms_turn_begins_with_magic_cookie() {
    let good = ms_turn(0x0003, "000d0004 00000258");
    assert!(Dialect::MS_TURN.parse(&good).is_ok());
    assert_eq!(Dialect::detect(&good), Some(Dialect::MS_TURN));
    let mut wrong = good.clone();
    wrong[27] ^= 1;
    let mut second = good.clone();
    second[20..].rotate_left(8);
    let none = [&good[..2], &[0, 8], &good[4..20], &good[28..]].concat();
    for bytes in [wrong, second, none] {
        assert!(matches!(
            Dialect::MS_TURN.parse(&bytes),
            Err(ParseError::NotMsTurn)
        ));
    }
}

/// \[MS-TURN\] 2.2.2: unknown attributes below 0x8000 are answered with a 420 that lists them (2.2.2.5).
#[test]
fn ms_turn_unknown_attributes() {
    let bytes = ms_turn(0x0003, "7abc0000 8abc0000");
    let message = Dialect::MS_TURN.parse(&bytes).unwrap();
    let unknown: Vec<AttributeType> = message
        .unknown_required(|ty| ty.as_u16() == 0x000F)
        .collect();
    assert_eq!(unknown, [AttributeType::new(0x7ABC)]);
    let mut out = Vec::new();
    let reply = MessageWriter::error_to(&mut out, message, Code::UNKNOWN_ATTRIBUTE)
        .unwrap()
        .with(&UnknownAttributes::from_types(unknown))
        .unwrap()
        .finish()
        .unwrap();
    let phrase: String = b"Unknown Attribute"
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let expected = format!("00090015 00000414 {phrase} 000a0002 7abc");
    assert_eq!(reply, ms_turn(0x0113, &expected));
}

/// \[MS-TURN\] 2.2.2: addresses are not XORed, codes 0x0001, 0x000E, 0x0011, 0x0012.
#[test]
fn ms_turn_addresses() {
    let value = hex("0001 0d96 c0000203");
    let address = "192.0.2.3:3478".parse().unwrap();
    in_ms_turn("00010008 00010d96 c0000203", &value, MappedAddress(address));
    in_ms_turn(
        "000e0008 00010d96 c0000203",
        &value,
        AlternateServer(address),
    );
    in_ms_turn(
        "00110008 00010d96 c0000203",
        &value,
        ms::DestinationAddress(address),
    );
    in_ms_turn(
        "00120008 00010d96 c0000203",
        &value,
        ms::RemoteAddress(address),
    );
}

/// \[MS-TURN\] 2.2.2.9, 2.2.2.12 and 2.2.2.17: BANDWIDTH in kbit/s, DATA of the exact length, MS-VERSION.
#[test]
fn ms_turn_numbers_and_data() {
    in_ms_turn("00100004 000005dc", &hex("000005dc"), ms::Bandwidth(1500));
    in_ms_turn("00130003 ff00fe", &hex("ff00fe"), Data(&[0xFF, 0, 0xFE]));
    in_ms_turn("80080004 00000006", &hex("00000006"), ms::Version(6));
    in_ms_turn(
        "00170004 02000000",
        &hex("02000000"),
        RequestedAddressFamily(AddressFamily::IPV6),
    );
}

/// \[MS-TURN\] 2.2.2.13, 2.2.2.14: NONCE is 0x0014 and REALM 0x0015, of at most 128 bytes.
#[test]
fn ms_turn_nonce_and_realm() {
    in_ms_turn(
        "00140005 6e6f6e6365",
        b"nonce",
        Nonce::new("nonce").unwrap(),
    );
    in_ms_turn(
        "00150005 7265616c6d",
        b"realm",
        Realm::new("realm").unwrap(),
    );
    let header = Header::request(Method::ALLOCATE, ID).in_dialect(Dialect::MS_TURN);
    let write = |text: &str| {
        let mut out = Vec::new();
        let nonce = Nonce::new(text).unwrap();
        let writer = MessageWriter::new(&mut out, header).unwrap();
        writer.with(&nonce).map(drop)
    };
    assert!(write(&"a".repeat(127)).is_ok());
    // 127 characters and 254 bytes.
    assert!(write(&"\u{FC}".repeat(127)).is_err());
    assert!(write(&"\u{FC}".repeat(64)).is_ok());
    assert!(write(&"\u{FC}".repeat(65)).is_err());
}

/// \[MS-TURN\] 2.2.2.16: addresses are XORed with the first bytes of the transaction id, as in the example of the
/// specification: 0x1122 ^ 0x4455 = 0x5577.
#[test]
fn ms_turn_xor_mapped_address() {
    let address = XorMappedAddress("1.2.3.4:4386".parse().unwrap());
    // 01020304 ^ 44556677 = 45576573.
    in_ms_turn(
        "80200008 00015577 45576573",
        &hex("0001 5577 45576573"),
        address,
    );
}

/// \[MS-TURN\] 2.2.2.22, 2.2.2.23, and the attributes of 2.2.2 that have no section: layouts.
#[test]
fn ms_turn_other_attributes() {
    in_ms_turn(
        "80550004 00020001",
        &hex("0002 0001"),
        ms::ServiceQuality::reliable(ms::Stream::VIDEO),
    );
    in_ms_turn(
        "80900014 00020d96 20010db8000000000000000000000015",
        &hex("0002 0d96 20010db8000000000000000000000015"),
        ms::AlternateMappedAddress("[2001:db8::15]:3478".parse().unwrap()),
    );
    in_ms_turn(
        "80370004 00c0ffee",
        &hex("00c0ffee"),
        ms::AppId(0x00C0_FFEE),
    );
    in_ms_turn(
        "80500018 000102030405060708090a0b0c0d0e0f10111213 00000007",
        &hex("000102030405060708090a0b0c0d0e0f10111213 00000007"),
        ms::SequenceNumber {
            connection_id: Some(core::array::from_fn(|at| at as u8)),
            number: 7,
        },
    );
    in_ms_turn(
        "80950008 0102030405060708",
        &hex("0102030405060708"),
        ms::MultiplexedTurnSessionId([1, 2, 3, 4, 5, 6, 7, 8]),
    );
}

/// \[MS-TURN\] 2.2.2.17: with version 3 on both sides the tag is an HMAC-SHA256 of 32 bytes, otherwise an
/// HMAC-SHA1 of 20; both cover the zero-padded message, with the header's length as sent.
#[test]
fn ms_turn_message_integrity() {
    let credentials = Credentials {
        username: "user",
        password: "pass",
    };
    let realm = Realm::new("realm").unwrap();
    let nonce = Nonce::new("nonce").unwrap();
    let sha1 = Key::ms_turn(&credentials, realm, nonce, 2);
    let sha256 = Key::ms_turn(&credentials, realm, nonce, 3);
    for (bytes, key, other, algorithm) in [
        (support::ms_turn_a(), &sha1, &sha256, HmacAlgorithm::Sha1),
        (support::ms_turn_b(), &sha1, &sha256, HmacAlgorithm::Sha1),
        (support::ms_turn_c(), &sha256, &sha1, HmacAlgorithm::Sha256),
    ] {
        let message = Dialect::MS_TURN.parse(&bytes).unwrap();
        let verified = message.verify(key).unwrap();
        assert_eq!(verified.algorithm().hmac(), algorithm);
        assert!(message.verify(other).is_err());
    }
}

/// \[MS-TURN\] 3.3.5.1: a request without MESSAGE-INTEGRITY gets a 401 with REALM, NONCE, ALTERNATE-SERVER and
/// MS-VERSION, and without MESSAGE-INTEGRITY.
#[test]
fn ms_turn_challenge() {
    let request = ms_turn(0x0003, "80080004 00000006");
    let request = Dialect::MS_TURN.parse(&request).unwrap();
    assert_eq!(
        request.verify(&Key::short_term("guess")).unwrap_err(),
        IntegrityError::Missing
    );
    let mut out = Vec::new();
    let server = "192.0.2.3:3478".parse().unwrap();
    let error = ErrorCode::new(Code::UNAUTHENTICATED, "No").unwrap();
    let reply = MessageWriter::error_to(&mut out, request, error)
        .unwrap()
        .with(&Realm::new("realm").unwrap())
        .unwrap()
        .with(&Nonce::new("nonce").unwrap())
        .unwrap()
        .with(&AlternateServer(server))
        .unwrap()
        .with(&ms::Version(6))
        .unwrap()
        .finish()
        .unwrap();
    let expected = "00090006 00000401 4e6f 00150005 7265616c6d 00140005 6e6f6e6365
        000e0008 00010d96 c0000203 80080004 00000006";
    assert_eq!(reply, ms_turn(0x0113, expected));
}

/// \[MS-TURN\] 2.2.3: FF10, the length of session id and packet, the session id, the packet.
#[test]
fn multiplexed_frames() {
    let session = ms::MultiplexedTurnSessionId(*b"session!");
    let bytes = [&hex("ff10 000b")[..], b"session!abc"].concat();
    let frame = MultiplexedFrame {
        session,
        payload: b"abc",
    };
    assert_eq!(MultiplexedFrame::parse_datagram(&bytes), Ok(frame));
    let mut out = Vec::new();
    let mut writer = MsMultiplexed::begin(&mut out, session).unwrap();
    writer.put(b"abc").unwrap();
    assert_eq!(writer.end().unwrap(), bytes);
    let next = MsMultiplexed::new().next(&bytes).unwrap();
    assert_eq!(
        next,
        Next::Frame {
            frame,
            consumed: 15
        }
    );
    // The length counts the session id.
    assert!(MultiplexedFrame::parse_datagram(&hex("ff10 0007 73657373696f6e")).is_err());
}

/// \[MS-ICE2\] 2.2.2: XOR-MAPPED-ADDRESS is 0x0020, and XORed as in RFC 8489.
#[test]
fn ms_ice2_xor_mapped_address() {
    let address = XorMappedAddress("1.2.3.4:4660".parse().unwrap());
    in_ms_ice2(0x0020, &hex("0001 3326 2010a746"), address);
}

/// \[MS-ICE2\] 2.2.2.1, 2.2.2.2: CANDIDATE-IDENTIFIER is a text, IMPLEMENTATION-VERSION 32 bits. Up to
/// version 2 texts are padded inside their length, from version 3 on after it.
#[test]
fn ms_ice2_attributes() {
    in_ms_ice2(0x8054, b"3", ms::CandidateIdentifier::new("3").unwrap());
    in_ms_ice2(0x8070, &hex("00000003"), ms::ImplementationVersion(3));
    let bytes = support::skype();
    let message = Dialect::MS_ICE2_LEGACY.parse(&bytes).unwrap();
    let (name, identifier, version) = message
        .read::<(Username, ms::CandidateIdentifier, ms::ImplementationVersion)>()
        .unwrap();
    assert_eq!(
        (name.as_bytes(), name.trimmed()),
        (&b"l0MR:AoVy\0\0\0"[..], &b"l0MR:AoVy"[..])
    );
    assert_eq!(
        (identifier.as_bytes(), identifier.trimmed()),
        (&b"3\0\0\0"[..], &b"3"[..])
    );
    assert!(version.is_legacy() && !ms::ImplementationVersion(3).is_legacy());
    for (version, dialect) in [(2_u8, Dialect::MS_ICE2_LEGACY), (3, Dialect::MS_ICE2)] {
        let bytes = super::message(0x0001, &[(0x8070, &[0, 0, 0, version])]);
        assert_eq!(Dialect::detect(&bytes), Some(dialect));
    }
}

/// \[MS-ICE2\] 2.2.2: the tag of the legacy format covers zero-padded bytes and a length that includes
/// FINGERPRINT, as in the sample that Microsoft published.
#[test]
fn ms_ice2_message_integrity() {
    let bytes = support::ms_ice2();
    let key = Key::short_term("ydYldnHIRgbOUr1MYUGy4t0g");
    let message = Dialect::MS_ICE2_LEGACY.parse(&bytes).unwrap();
    assert!(message.verify(&key).is_ok());
    assert!(Message::parse(&bytes).unwrap().verify(&key).is_err());
}

/// \[MS-ICE2\] 3.1.4.8.2: the FINGERPRINT of the second copy of a check is computed with the other CRC table.
#[test]
fn ms_ice2_copy_with_the_alternate_crc() {
    let bytes = support::skype();
    let message = Dialect::MS_ICE2_LEGACY.parse(&bytes).unwrap();
    assert_eq!(message.fingerprint(), FingerprintStatus::Valid);
    let mut out = Vec::new();
    let copy = message.copy_with_alternate_crc(&mut out).unwrap();
    // Computed with Python's zlib and the specification's table.
    assert_eq!(copy[copy.len() - 4..], hex("c4ad394a"));
    assert_eq!(copy[..copy.len() - 4], bytes[..bytes.len() - 4]);
}

/// \[MS-ICE2\] 2.2.2: over TCP, messages have the length prefix of RFC 4571, as in a captured check.
#[test]
fn ms_ice2_over_tcp() {
    let check = support::skype();
    let stream = [&[0x00, 0x6C][..], &check].concat();
    let Next::Frame { frame, .. } = Rfc4571::new().next(&stream).unwrap() else {
        panic!("a complete packet")
    };
    assert_eq!(frame, check);
}

/// \[MS-ICE2\], validation of Binding requests: a check without USERNAME or FINGERPRINT is discarded, one
/// without MESSAGE-INTEGRITY is answered with a 401. The API reports each of the three.
#[test]
fn ms_ice2_checks_without_required_attributes() {
    let bytes = super::message(0x0001, &[(0x8070, &[0, 0, 0, 3])]);
    let check = Dialect::MS_ICE2.parse(&bytes).unwrap();
    assert_eq!(check.get::<Username>(), Ok(None));
    assert_eq!(check.fingerprint(), FingerprintStatus::Absent);
    assert_eq!(
        check.verify(&Key::short_term("key")).unwrap_err(),
        IntegrityError::Missing
    );
}

/// \[MS-TURNBWM\] 2.2.1 to 2.2.3: message type, reservation id, amounts in kbit/s.
#[test]
fn bandwidth_reservation() {
    in_ms_ice2(
        0x8056,
        &hex("0000 0001"),
        ms::BandwidthAdmissionControlMessage::RESERVATION_COMMIT,
    );
    in_ms_ice2(
        0x8057,
        b"0123456789abcdef",
        ms::BandwidthReservationIdentifier(*b"0123456789abcdef"),
    );
    in_ms_ice2(
        0x8058,
        &hex("0000002d 00000064 00000032 0000006e"),
        ms::BandwidthReservationAmount {
            min_send_kbps: 45,
            max_send_kbps: 100,
            min_receive_kbps: 50,
            max_receive_kbps: 110,
        },
    );
}

/// \[MS-TURNBWM\] 2.2.4 to 2.2.7: XORed addresses.
#[test]
fn bandwidth_sites() {
    let value = hex("0001 3326 2010a746");
    let address = "1.2.3.4:4660".parse().unwrap();
    in_ms_ice2(0x8059, &value, ms::RemoteSiteAddress(address));
    in_ms_ice2(0x805A, &value, ms::RemoteRelaySiteAddress(address));
    in_ms_ice2(0x805B, &value, ms::LocalSiteAddress(address));
    in_ms_ice2(0x805C, &value, ms::LocalRelaySiteAddress(address));
}

/// \[MS-TURNBWM\] 2.2.8 to 2.2.11: flags and two rates in kbit/s.
#[test]
fn bandwidth_site_responses() {
    in_ms_ice2(
        0x805D,
        &hex("c0000000 000007dd 00000bb8"),
        ms::RemoteSiteAddressResponse {
            valid: true,
            pstn_failover: true,
            max_send_kbps: 2013,
            max_receive_kbps: 3000,
        },
    );
    in_ms_ice2(
        0x805E,
        &hex("80000000 000007de 00000bb8"),
        ms::RemoteRelaySiteAddressResponse {
            valid: true,
            max_send_kbps: 2014,
            max_receive_kbps: 3000,
        },
    );
    in_ms_ice2(
        0x805F,
        &hex("40000000 000007df 00000bb8"),
        ms::LocalSiteAddressResponse {
            valid: false,
            pstn_failover: true,
            max_send_kbps: 2015,
            max_receive_kbps: 3000,
        },
    );
    in_ms_ice2(
        0x8060,
        &hex("00000000 000007e0 00000bb8"),
        ms::LocalRelaySiteAddressResponse {
            valid: false,
            max_send_kbps: 2016,
            max_receive_kbps: 3000,
        },
    );
}

/// \[MS-TURNBWM\] 2.2.12 to 2.2.14: the two SIP texts and the location profile.
#[test]
fn bandwidth_sip_and_location() {
    in_ms_ice2(
        0x8061,
        b"dialog",
        ms::SipDialogIdentifier::new("dialog").unwrap(),
    );
    in_ms_ice2(
        0x8062,
        b"call-id",
        ms::SipCallIdentifier::new("call-id").unwrap(),
    );
    in_ms_ice2(
        0x8068,
        &hex("01 02 02 00"),
        ms::LocationProfile {
            peer: ms::Location::INTERNET,
            sender: ms::Location::INTRANET,
            federation: ms::Federation::PUBLIC_CLOUD,
        },
    );
}
