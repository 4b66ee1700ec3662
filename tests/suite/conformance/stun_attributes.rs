//! RFC 8489 §14: the attributes.

use stunwire::attribute::{
    AlternateDomain, AlternateServer, Attribute, AttributeType, EncodeAttribute, Lifetime,
    MappedAddress, Nonce, PasswordAlgorithm, PasswordAlgorithms, Priority, Realm, Software,
    UnknownAttributes, UserHash, Username, XorMappedAddress,
};
use stunwire::{
    Code, Credentials, EncodeError, ErrorCode, FingerprintStatus, Header, IntegrityAlgorithm,
    IntegrityError, Key, Message, MessageWriter, Method, Policy, TransactionId, reply,
};

use super::{ID, both_ways, decode, message, tlv, visible, written};
use crate::support::{self, PASSWORD, USER, hex};

/// The credentials of RFC 5769 §2.4 and RFC 8489 B.1.
const CREDENTIALS: Credentials<&str, &str> = Credentials {
    username: USER,
    password: PASSWORD,
};

/// §14: 16 bits of type, 16 bits of length, the value.
#[test]
fn attributes_are_tlv() {
    let bytes = message(0x0001, &[(0x4ABC, b"four")]);
    let message = Message::parse(&bytes).unwrap();
    let raw = message.attributes().next().unwrap();
    assert_eq!((raw.ty().as_u16(), raw.value()), (0x4ABC, &b"four"[..]));
    let software = Software::new("four").unwrap();
    assert_eq!(written(&software).unwrap(), hex("8022 0004 666f7572"));
}

/// §14: an attribute ends on a 32-bit boundary; its length excludes the padding, which is zero when sent.
#[test]
fn padding_is_zero_and_not_in_the_length() {
    for (text, expected) in [
        ("", "80220000"),
        ("a", "80220001 61000000"),
        ("ab", "80220002 61620000"),
        ("abc", "80220003 61626300"),
        ("abcd", "80220004 61626364"),
        ("abcde", "80220005 61626364 65000000"),
    ] {
        assert_eq!(
            written(&Software::new(text).unwrap()).unwrap(),
            hex(expected)
        );
    }
}

/// §14: the padding is ignored when it is received. RFC 5769 pads with blanks.
#[test]
fn padding_of_any_bytes_is_ignored() {
    let bytes = support::rfc5769_ipv4();
    let message = Message::parse(&bytes).unwrap();
    let raw = message.attributes().next().unwrap();
    assert_eq!(
        (raw.value(), raw.padding()),
        (&b"test vector"[..], &b" "[..])
    );
    let mut bytes = super::message(0x0001, &[(0x8022, b"a"), (0x0024, &[0, 0, 0, 7])]);
    bytes[25..28].fill(0xFF);
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get().unwrap(), Some(Priority(7)));
    let software = message.get::<Software>().unwrap().unwrap();
    assert_eq!(software.as_bytes(), b"a");
}

/// §14: of several attributes of the same type the first is used; `get_all` reads each of them.
#[test]
fn the_first_of_several_counts() {
    let bytes = message(
        0x0001,
        &[
            (0x0024, &[0, 0, 0, 1]),
            (0x0024, &[0, 0, 0, 2]),
            (0x0024, &[9]),
        ],
    );
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.get().unwrap(), Some(Priority(1)));
    let all: Vec<_> = message.get_all::<Priority>().collect();
    assert_eq!(all[..2], [Ok(Priority(1)), Ok(Priority(2))]);
    assert!(all[2].is_err());
    assert_eq!(all.len(), 3);
}

/// §14: types up to 0x7FFF are comprehension-required, those above are comprehension-optional.
#[test]
fn comprehension_ranges() {
    for (ty, required) in [
        (0x0000, true),
        (0x3FFF, true),
        (0x4000, true),
        (0x7FFF, true),
        (0x8000, false),
        (0xBFFF, false),
        (0xC000, false),
        (0xFFFF, false),
    ] {
        let ty = AttributeType::new(ty);
        assert_eq!(ty.is_comprehension_required(), required, "{ty:?}");
    }
}

/// §14.1: addresses have 32 bits with family 1 and 128 bits with family 2; other families and lengths are
/// refused. The first 8 bits are zero when sent and ignored when received.
#[test]
fn mapped_address() {
    let v4 = hex("0001 8055 c0000201");
    let v6 = hex("0002 8055 20010db81234567800112233 44556677");
    both_ways(
        0x0001,
        &v4,
        MappedAddress("192.0.2.1:32853".parse().unwrap()),
    );
    let address = "[2001:db8:1234:5678:11:2233:4455:6677]:32853";
    both_ways(0x0001, &v6, MappedAddress(address.parse().unwrap()));
    for first in [1, 0x80, 0xFF] {
        let mut value = v4.clone();
        value[0] = first;
        assert_eq!(
            decode(&value),
            Ok(MappedAddress("192.0.2.1:32853".parse().unwrap()))
        );
    }
    for wrong in [
        "",
        "0001 8055 c00002",
        "0001 8055 c000020100",
        "0002 8055 c0000201",
        "0001 8055 20010db81234567800112233 44556677",
        "0000 8055 c0000201",
        "0003 8055 c0000201",
    ] {
        assert!(decode::<MappedAddress>(&hex(wrong)).is_err(), "{wrong}");
    }
}

/// §14.2: the port is XORed with the cookie's first 16 bits, an IPv4 address with the cookie, an IPv6 address
/// with the cookie and the transaction id, as in RFC 5769 §2.2 and §2.3.
#[test]
fn xor_mapped_address() {
    for (bytes, address) in [
        (support::rfc5769_ipv4(), "192.0.2.1:32853"),
        (
            support::rfc5769_ipv6(),
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
        ),
    ] {
        let response = Message::parse(&bytes).unwrap();
        let expected = XorMappedAddress(address.parse().unwrap());
        assert_eq!(response.get().unwrap(), Some(expected));
    }
    // 0x2112 ^ 0x1234, 0x2112A442 ^ 0x01020304: by hand.
    let address = XorMappedAddress("1.2.3.4:4660".parse().unwrap());
    both_ways(0x0020, &hex("0001 3326 2010a746"), address);
}

/// Limits in bytes or characters are enforced when a text is written; longer texts can be read.
macro_rules! text_limits {
    ($ty:ident, $longest:expr, $too_long:expr) => {
        for text in $longest {
            assert!(
                $ty::new(&text).is_ok(),
                "{}: {} bytes",
                stringify!($ty),
                text.len()
            );
        }
        for text in $too_long {
            assert!(
                matches!($ty::new(&text), Err(EncodeError::ValueTooLong { .. })),
                "{}: {} bytes",
                stringify!($ty),
                text.len()
            );
        }
        let long = [b'a'; 763];
        let read = decode::<$ty<'_>>(&long).unwrap();
        assert_eq!(read.as_bytes().len(), 763);
        assert_eq!(read.as_str().map(str::len), Ok(763));
    };
}

/// §14.3: a USERNAME is sent with fewer than 509 bytes; 763 bytes are read.
#[test]
fn username_lengths() {
    text_limits!(
        Username,
        ["a".repeat(508), "\u{FC}".repeat(254)],
        ["a".repeat(509)]
    );
    let user = Username::new(USER).unwrap();
    let published = support::rfc5769_long_term();
    assert_eq!(written(&user).unwrap(), published[20..44]);
    // A name that is joined from two fragments has the same limit.
    let half = "a".repeat(254);
    assert!(written(&Username::joined(&half, &half[1..]).unwrap()).is_ok());
    assert!(Username::joined(&half, &half).is_err());
}

/// §14.3, §14.4, §14.9: names and realms are prepared with OpaqueString: blanks of other scripts become
/// ASCII blanks (RFC 8265 §4.2.1), and characters that it disallows are refused.
#[cfg(feature = "precis")]
#[test]
fn texts_are_prepared_with_opaque_string() {
    use stunwire::auth::prepare::opaque_string;
    assert_eq!(opaque_string(USER).unwrap(), USER);
    assert_eq!(opaque_string("a\u{1680}b").unwrap(), "a b");
    // RFC 8265 §4.3, example 9 of its table 4: a control character.
    assert!(opaque_string("my cat is a \u{9}by").is_err());
    assert!(opaque_string("").is_err());
}

/// §14.4: USERHASH is the SHA-256 of name, colon and realm, 32 bytes, as in RFC 8489 B.1.
#[test]
fn userhash() {
    let published = hex("4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704");
    both_ways(0x001E, &published, UserHash::of(USER, "example.org"));
    for len in [0, 20, 31, 33] {
        assert!(decode::<UserHash>(&vec![0; len]).is_err(), "{len}");
    }
}

/// §14.5: HMAC-SHA1 over the message up to the attribute, with a header length that ends after it. In RFC 5769
/// §2.1 FINGERPRINT follows it, in §2.4 nothing does.
#[test]
fn message_integrity() {
    let ice = Key::short_term(support::ICE_PASSWORD);
    let long = Key::long_term(&CREDENTIALS, "example.org");
    for (bytes, key) in [
        (support::rfc5769_request(), &ice),
        (support::rfc5769_long_term(), &long),
    ] {
        let published = Message::parse(&bytes).unwrap();
        let verified = published.verify(key).unwrap();
        assert_eq!(verified.algorithm(), IntegrityAlgorithm::Sha1);
        let mut out = Vec::new();
        let mut copy = MessageWriter::new(&mut out, published).unwrap();
        for raw in verified.attributes() {
            copy.raw(&raw).unwrap();
        }
        let end = copy.len() + 24;
        let copy = copy.integrity(key).unwrap().finish().unwrap();
        assert_eq!(copy[4..], bytes[4..end]);
    }
}

/// §14.5: attributes after MESSAGE-INTEGRITY are ignored, except MESSAGE-INTEGRITY-SHA256 and FINGERPRINT.
#[test]
fn what_follows_message_integrity_is_ignored() {
    let tag = [0; 20];
    let sha256 = [0; 32];
    let bytes = message(
        0x0001,
        &[
            (0x0006, b"user"),
            (0x0008, &tag),
            (0x0024, &[0; 4]),
            (0x0008, &tag),
            (0x001C, &sha256),
            (0x8022, b"late"),
            (0x8028, &[0; 4]),
        ],
    );
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(visible(&message), [0x0006, 0x0008, 0x001C, 0x8028]);
    assert_eq!(message.get::<Priority>().unwrap(), None);
    assert_eq!(message.get::<Software>().unwrap(), None);
    assert_eq!(message.all_attributes().count(), 7);
}

/// §14.6: the tag has 16 to 32 bytes, a multiple of 4. It was computed with Python's hmac over the message with
/// the header length set to the end of the truncated attribute.
#[test]
fn message_integrity_sha256_lengths() {
    let key = Key::short_term("secret");
    for len in 0..=40_u8 {
        let mut buffer = [0; 64];
        let writer = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
        let algorithm = IntegrityAlgorithm::Sha256 { len };
        let bytes = writer
            .integrity_with(algorithm, &key)
            .and_then(MessageWriter::finish);
        let valid = matches!(len, 16 | 20 | 24 | 28 | 32);
        assert_eq!(bytes.is_ok(), valid, "{len}");
        if let Ok(bytes) = bytes {
            let policy = Policy::default().sha256_min_len(16);
            let message = Message::parse(bytes).unwrap();
            assert!(message.verify_with(&key, &policy).is_ok());
        }
        let value = vec![0; usize::from(len)];
        let bytes = message(0x0001, &[(0x001C, &value)]);
        let refused = Message::parse(&bytes)
            .unwrap()
            .verify_with(&key, &Policy::default().sha256_min_len(16))
            .unwrap_err();
        assert_eq!(
            matches!(refused, IntegrityError::TagLength { .. }),
            !valid,
            "{len}"
        );
    }
    for (len, tag) in TRUNCATED {
        let mut buffer = [0; 64];
        let writer = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
        let algorithm = IntegrityAlgorithm::Sha256 { len };
        let bytes = writer
            .integrity_with(algorithm, &key)
            .unwrap()
            .finish()
            .unwrap();
        assert_eq!(bytes[24..], hex(tag), "{len}");
    }
}

/// HMAC-SHA256 under the key `secret` of the header with the lengths 20 and 36, truncated: Python's hmac.
const TRUNCATED: [(u8, &str); 2] = [
    (16, "ef651f6efc8c9847901b966d961728c3"),
    (
        32,
        "f1b3bc219872254913dc48a631d5f131c8dfcde8bf82fe5782abd0e07023d1e0",
    ),
];

/// §14.6: if the usage does not allow truncation, the tag has all 32 bytes.
#[test]
fn a_truncated_sha256_tag_must_be_allowed_by_the_usage() {
    let key = Key::short_term("secret");
    let mut buffer = [0; 64];
    let writer = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
    let algorithm = IntegrityAlgorithm::Sha256 { len: 28 };
    let bytes = writer
        .integrity_with(algorithm, &key)
        .unwrap()
        .finish()
        .unwrap();
    let message = Message::parse(bytes).unwrap();
    assert!(matches!(
        message.verify(&key),
        Err(IntegrityError::TagLength { .. })
    ));
}

/// §14.6: RFC 8489 B.1 verifies, with the length and the attribute of the erratum.
#[test]
fn message_integrity_sha256() {
    let bytes = support::rfc8489_b1();
    let key = Key::long_term_sha256(&CREDENTIALS, "example.org");
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(
        message.verify(&key).unwrap().algorithm(),
        IntegrityAlgorithm::Sha256 { len: 32 }
    );
}

/// §14.6: attributes after MESSAGE-INTEGRITY-SHA256, MESSAGE-INTEGRITY included, are ignored, except
/// FINGERPRINT.
#[test]
fn what_follows_message_integrity_sha256_is_ignored() {
    let bytes = message(
        0x0001,
        &[
            (0x001C, &[0; 32]),
            (0x0008, &[0; 20]),
            (0x0024, &[0; 4]),
            (0x8028, &[0; 4]),
        ],
    );
    assert_eq!(visible(&Message::parse(&bytes).unwrap()), [0x001C, 0x8028]);
}

/// §14.7: FINGERPRINT is the last attribute. Attributes after it are ignored, and make it invalid.
#[test]
fn fingerprint_is_last() {
    let mut bytes = support::rfc5769_request();
    bytes.extend(tlv(0x8022, b"late"));
    let length = (bytes.len() - 20) as u16;
    bytes[2..4].copy_from_slice(&length.to_be_bytes());
    let message = Message::parse(&bytes).unwrap();
    assert_eq!(message.fingerprint(), FingerprintStatus::NotLast);
    assert_eq!(visible(&message).last(), Some(&0x8028));
    assert_eq!(visible(&message).len(), 6);
}

/// §14.7: FINGERPRINT is the CRC-32 of the message up to the attribute, XORed with 0x5354554E. Three values are
/// published; the last one is the CRC of a header alone, computed with Python's zlib.
#[test]
fn fingerprint_is_the_crc() {
    for bytes in [
        support::rfc5769_request(),
        support::rfc5769_ipv4(),
        support::rfc5769_ipv6(),
    ] {
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.fingerprint(), FingerprintStatus::Valid);
    }
    let mut buffer = [0; 28];
    let writer = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
    let bytes = writer.fingerprint().unwrap().finish().unwrap();
    assert_eq!(bytes[20..], hex("80280004 3f0724bd"));
}

/// §14.8: 21 reserved bits, zero when sent and ignored when received, 3 bits of class, 8 bits of number.
#[test]
fn error_code_layout() {
    let error = ErrorCode::new(Code::STALE_NONCE, "Stale Nonce").unwrap();
    both_ways(0x0009, b"\x00\x00\x04\x26Stale Nonce", error);
    for reserved in [[0xFF, 0xFF, 0xFC], [0x00, 0x00, 0x0C], [0x80, 0x00, 0x04]] {
        let value = [reserved[0], reserved[1], reserved[2], 38];
        let value = [&value[..], b"Stale Nonce"].concat();
        assert_eq!(decode(&value), Ok(error));
    }
}

/// §14.8: classes 3 to 6, numbers 0 to 99.
#[test]
fn error_code_class_and_number() {
    for class in 0..8 {
        for number in [0, 1, 99, 100, 255] {
            let value = [0, 0, class, number];
            let valid = (3..=6).contains(&class) && number <= 99;
            assert_eq!(
                decode::<ErrorCode>(&value).is_ok(),
                valid,
                "{class} {number}"
            );
        }
    }
    for (code, valid) in [(299, false), (300, true), (699, true)] {
        let error = ErrorCode::from(Code::new(code).unwrap());
        assert_eq!(written(&error).is_ok(), valid, "{code}");
    }
    assert_eq!(Code::new(700), None);
}

/// §14.8: a reason phrase has fewer than 128 characters; 763 bytes are read. If it is not UTF-8, the code can
/// still be read.
#[test]
fn reason_phrase_lengths() {
    let new = |phrase: &str| ErrorCode::new(Code::BAD_REQUEST, phrase).map(drop);
    assert!(new(&"a".repeat(127)).is_ok());
    // 127 characters of 4 bytes.
    assert!(new(&"\u{1F600}".repeat(127)).is_ok());
    assert!(new(&"a".repeat(128)).is_err());
    let value = [&[0, 0, 4, 0][..], &[b'a'; 763]].concat();
    let read = decode::<ErrorCode>(&value).unwrap();
    assert_eq!(read.reason().len(), 763);
    let read = decode::<ErrorCode>(b"\0\0\x04\0\xFF\xFE").unwrap();
    assert_eq!(read.code(), Code::BAD_REQUEST);
    assert!(read.reason_str().is_err());
}

/// §14.8: a 300 is signed, and answers only a verified request with a user name.
#[test]
fn a_300_needs_a_user_and_is_signed() {
    let key = Key::short_term("secret");
    let server = AlternateServer("192.0.2.1:3478".parse().unwrap());
    let user = Username::new("user").unwrap();
    let hash = UserHash::of("user", "example.org");
    let users: [Option<&dyn EncodeAttribute>; 3] = [None, Some(&user), Some(&hash)];
    for user in users {
        let mut out = Vec::new();
        let mut request = MessageWriter::request(&mut out, Method::ALLOCATE, ID).unwrap();
        if let Some(user) = user {
            request.attribute(user).unwrap();
        }
        let request = request.integrity(&key).unwrap().finish().unwrap();
        let request = Message::parse(request).unwrap().verify(&key).unwrap();
        let reply = reply::try_alternate(&request, &key, server, None);
        assert_eq!(reply.is_some(), user.is_some());
        let Some(reply) = reply else { continue };
        let mut out = Vec::new();
        let reply = Message::parse(reply.write(&mut out).unwrap()).unwrap();
        let verified = reply.verify(&key).unwrap();
        let error = verified.get::<ErrorCode>().unwrap().unwrap();
        assert_eq!(error.code(), Code::TRY_ALTERNATE);
        assert_eq!(verified.get().unwrap(), Some(server));
    }
}

/// §14.9, §14.10, §14.14: texts have fewer than 128 characters, up to 508 bytes; 763 bytes are read.
#[test]
fn realm_nonce_and_software_lengths() {
    let longest = || ["a".repeat(127), "\u{1F600}".repeat(127)];
    let too_long = || {
        [
            "a".repeat(128),
            "\u{FC}".repeat(128),
            "\u{1F600}".repeat(128),
        ]
    };
    text_limits!(Realm, longest(), too_long());
    text_limits!(Nonce, longest(), too_long());
    text_limits!(Software, longest(), too_long());
    // RFC 5769 §2.4 has REALM and NONCE, §2.2 has SOFTWARE.
    let published = support::rfc5769_long_term();
    let nonce = Nonce::new("f//499k954d6OL34oL9FSTvy64sA").unwrap();
    assert_eq!(written(&nonce).unwrap(), published[44..76]);
    let realm = Realm::new("example.org").unwrap();
    assert_eq!(written(&realm).unwrap(), published[76..92]);
    let software = Software::new("test vector").unwrap();
    let expected = hex("8022000b 7465737420766563746f72 00");
    assert_eq!(written(&software).unwrap(), expected);
}

/// §14.11, §14.12: number, length of the parameters, parameters padded with zeros inside the value.
#[test]
fn password_algorithms() {
    let custom = PasswordAlgorithm::new(0x1234, b"param");
    both_ways(0x001D, &hex("0002 0000"), PasswordAlgorithm::SHA256);
    both_ways(0x001D, &hex("1234 0005 706172616d 000000"), custom);
    let list = [PasswordAlgorithm::SHA256, custom, PasswordAlgorithm::MD5];
    let value = hex("0002 0000 1234 0005 706172616d 000000 0001 0000");
    assert_eq!(
        written(&PasswordAlgorithms::of(&list)).unwrap(),
        tlv(0x8002, &value)
    );
    let read = decode::<PasswordAlgorithms>(&value).unwrap();
    assert!(read.iter().eq(list));
    // The padding is ignored.
    let value = hex("1234 0005 706172616d ffffff");
    assert_eq!(decode(&value), Ok(custom));
    // Parameters that are longer than the value, and an empty list.
    assert!(decode::<PasswordAlgorithms>(&hex("0002 0004 000000")).is_err());
    assert!(written(&PasswordAlgorithms::of(&[])).is_err());
}

/// §14.13: a list of 16-bit types.
#[test]
fn unknown_attributes() {
    let types = [0x4321, 0x7FFF, 0x0002].map(AttributeType::new);
    let value = hex("4321 7fff 0002");
    let list = UnknownAttributes::from_types(types);
    assert_eq!(written(&list).unwrap(), tlv(0x000A, &value));
    assert!(
        decode::<UnknownAttributes>(&value)
            .unwrap()
            .iter()
            .eq(types)
    );
    assert!(decode::<UnknownAttributes>(&value[..5]).is_err());
}

/// §14.15: the address is not XORed.
#[test]
fn alternate_server() {
    let server = AlternateServer("192.0.2.1:3478".parse().unwrap());
    both_ways(0x8023, &hex("0001 0d96 c0000201"), server);
}

/// §14.16: at most 255 ASCII characters.
#[test]
fn alternate_domain() {
    let domain = AlternateDomain::new("xn--bcher-kva.example").unwrap();
    both_ways(0x8003, b"xn--bcher-kva.example", domain);
    // Labels of up to 63 characters (RFC 1123 §2.1).
    let label = "a".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "a".repeat(62));
    assert_eq!(longest.len(), 254);
    assert!(AlternateDomain::new(&longest).is_ok());
    assert!(AlternateDomain::new(&"a".repeat(256)).is_err());
    assert!(AlternateDomain::new("b\u{FC}cher.example").is_err());
}

/// RFC 3489 §11.2: texts are padded inside their length. In the dialect of RFC 8489 such a text keeps its NULs.
#[test]
fn texts_with_nuls_in_their_length() {
    let user = decode::<Username>(b"user\0\0\0").unwrap();
    assert_eq!(user.as_bytes(), b"user\0\0\0");
    assert_eq!(user.trimmed(), b"user");
}

/// §14.2: the mask depends on the transaction id, so a value that is read with another id is another address.
#[test]
fn the_context_of_a_value_is_its_message() {
    let other = TransactionId::new(*b"mnopqrstuvwx");
    let address = "[2001:db8::1]:3478".parse().unwrap();
    let mut buffer = [0; 64];
    let bytes = MessageWriter::new(&mut buffer, Header::request(Method::BINDING, other))
        .unwrap()
        .with(&XorMappedAddress(address))
        .unwrap()
        .with(&Lifetime::from_secs(1))
        .unwrap()
        .finish()
        .unwrap();
    let value = &bytes[24..44];
    assert_ne!(
        decode::<XorMappedAddress>(value),
        Ok(XorMappedAddress(address))
    );
    let read = Message::parse(bytes).unwrap();
    assert_eq!(read.get().unwrap(), Some(XorMappedAddress(address)));
    assert_eq!(XorMappedAddress::TYPE, AttributeType::XOR_MAPPED_ADDRESS);
}
