//! Rules that differ between dialects: after which attributes the rest of a message is ignored, aliases, error
//! codes, detection, padding, and FINGERPRINT in classic STUN.
//!
//! The messages were computed by `dialects.py`.

use stunwire::attribute::{AttributeType, Realm, Software, Username, XorMappedAddress};
use stunwire::{
    Dialect, ErrorCode, FingerprintStatus, Header, Key, Message, MessageWriter, Method,
    TransactionId,
};

use super::{message, visible};
use crate::support::hex;

const CLASSIC_AFTER_SHA256: &str = "
    00010044 30313233343536373839616263646566
    001c0020 5555555555555555555555555555555555555555555555555555555555555555
    00060004 75736572
    00080014 e016755f755b7054ad6711b6be6d335d17f26992
";
const CLASSIC_AFTER_FINGERPRINT: &str = "
    00010028 30313233343536373839616263646566
    80280004 66666666
    00060004 75736572
    00080014 f5efe6ecb3329c3564275b2ed8b5af0aa7f925d0
";
const MS_TURN_AFTER_SHA256: &str = "
    0003004c 30313233343536373839616263646566
    000f0004 72c64bc6
    001c0020 5555555555555555555555555555555555555555555555555555555555555555
    00060004 75736572
    00080014 5ad2929aee6b8c26dbd31e0d7047e871d166ec36
";
const MS_TURN_AFTER_FINGERPRINT: &str = "
    00030030 30313233343536373839616263646566
    000f0004 72c64bc6
    80280004 66666666
    00060004 75736572
    00080014 6558a67986ba48d3878670e2029f23f1f4a4e5e4
";
const CLASSIC_FINGERPRINT: &str = "
    00010010 30313233343536373839616263646566
    00060004 75736572
    80280004 55dc9f07
";
const IDENTIFIER: &str = "
    00010040 2112a4426162636465666768696a6b6f
    0006000c 6c304d523a416f5679000000
    00240004 6effffff
    80540004 33000000
    00080014 fddef48a6c71de34c033add37cfd3a6257938988
    80280004 27387bfe
";
const IDENTIFIER_COPY: &str = "
    00010040 2112a4426162636465666768696a6b6f
    0006000c 6c304d523a416f5679000000
    00240004 6effffff
    80540004 33000000
    00080014 fddef48a6c71de34c033add37cfd3a6257938988
    80280004 a43d2bfe
";

const CLASSIC_ID: TransactionId = TransactionId::classic(*b"0123456789abcdef");

/// RFC 3489 and MS-TURN do not define 0x001C and 0x8028, so USERNAME and MESSAGE-INTEGRITY after these codes
/// are not ignored.
#[test]
fn codes_unknown_to_a_protocol_do_not_end_the_attributes() {
    let key = Key::short_term("secret");
    for (dialect, text, code) in [
        (Dialect::RFC3489, CLASSIC_AFTER_SHA256, 0x001C),
        (Dialect::RFC3489, CLASSIC_AFTER_FINGERPRINT, 0x8028),
        (Dialect::MS_TURN, MS_TURN_AFTER_SHA256, 0x001C),
        (Dialect::MS_TURN, MS_TURN_AFTER_FINGERPRINT, 0x8028),
    ] {
        let bytes = hex(text);
        let message = dialect.parse(&bytes).unwrap();
        let types: Vec<u16> = visible(&message)
            .into_iter()
            .filter(|ty| *ty != 0x000F)
            .collect();
        assert_eq!(types, [code, 0x0006, 0x0008], "{dialect}");
        assert_eq!(message.fingerprint(), FingerprintStatus::Absent);
        let verified = message.verify(&key).unwrap();
        let user = verified.get::<Username>().unwrap().unwrap();
        assert_eq!(user.as_bytes(), b"user", "{dialect}");
    }
}

/// There 0x001C is an unknown comprehension-required attribute, which a 420 lists.
#[test]
fn codes_unknown_to_a_protocol_are_listed_in_a_420() {
    let known = |ty: AttributeType| ty == AttributeType::USERNAME || ty.as_u16() == 0x000F;
    for (dialect, text, expected) in [
        (Dialect::RFC3489, CLASSIC_AFTER_SHA256, &[0x001C][..]),
        (Dialect::RFC3489, CLASSIC_AFTER_FINGERPRINT, &[]),
        (Dialect::MS_TURN, MS_TURN_AFTER_SHA256, &[0x001C]),
        (Dialect::MS_TURN, MS_TURN_AFTER_FINGERPRINT, &[]),
    ] {
        let bytes = hex(text);
        let message = dialect.parse(&bytes).unwrap();
        let unknown: Vec<u16> = message
            .unknown_required(known)
            .map(AttributeType::as_u16)
            .collect();
        assert_eq!(unknown, expected, "{dialect}");
    }
}

/// A message with CANDIDATE-IDENTIFIER and without IMPLEMENTATION-VERSION is in the oldest form of MS-ICE2: its
/// tag is computed by the legacy rules, and the FINGERPRINT of both copies is valid.
#[test]
fn a_candidate_identifier_without_a_version() {
    let key = Key::short_term("secret");
    for (text, expected) in [
        (IDENTIFIER, FingerprintStatus::Valid),
        (IDENTIFIER_COPY, FingerprintStatus::ValidAlternateCrc),
    ] {
        let bytes = hex(text);
        assert_eq!(Dialect::detect(&bytes), Some(Dialect::MS_ICE2_LEGACY));
        let message = Dialect::MS_ICE2_LEGACY.parse(&bytes).unwrap();
        assert_eq!(message.fingerprint(), expected);
        assert!(message.verify(&key).is_ok());
        // By the rules of RFC 8489 the tag is invalid in both, and FINGERPRINT in the copy with the other CRC.
        let message = Message::parse(&bytes).unwrap();
        assert!(message.verify(&key).is_err());
    }
}

/// XOR-MAPPED-ADDRESS under 0x8020 is used only if 0x0020 is absent, in both orders. If 0x0020 is present, a
/// malformed 0x8020 is ignored.
#[test]
fn the_registered_code_wins_over_an_alias() {
    let old: &[u8] = &[0, 1, 0x33, 0x26, 0x20, 0x10, 0xA7, 0x46];
    let registered: &[u8] = &[0, 1, 0x33, 0x27, 0x20, 0x10, 0xA7, 0x46];
    let expected = |port| XorMappedAddress(format!("1.2.3.4:{port}").parse().unwrap());
    for (attributes, port) in [
        (&[(0x8020, old)][..], 4660),
        (&[(0x0020, registered)], 4661),
        (&[(0x8020, old), (0x0020, registered)], 4661),
        (&[(0x0020, registered), (0x8020, old)], 4661),
        (&[(0x8020, &old[..3]), (0x0020, registered)], 4661),
        (&[(0x0020, registered), (0x8020, &old[..3])], 4661),
    ] {
        let bytes = message(0x0101, attributes);
        let message = Message::parse(&bytes).unwrap();
        assert_eq!(message.get(), Ok(Some(expected(port))), "{attributes:?}");
        let (read,) = message.read::<(XorMappedAddress,)>().unwrap();
        assert_eq!(read, expected(port), "{attributes:?}");
        let read = message.read::<(Option<XorMappedAddress>, Option<Realm>)>();
        assert_eq!(read, Ok((Some(expected(port)), None)), "{attributes:?}");
    }
    // If 0x0020 is absent, a malformed 0x8020 is an error.
    let bytes = message(0x0101, &[(0x8020, &old[..3])]);
    assert!(
        Message::parse(&bytes)
            .unwrap()
            .get::<XorMappedAddress>()
            .is_err()
    );
}

/// RFC 3489 §11.2.9 allows classes 1 to 6, RFC 8489 §14.8 classes 3 to 6; \[MS-ICE2BWM\] defines 274 and 275.
#[test]
fn classes_of_error_codes_by_dialect() {
    for class in 0..8_u8 {
        let value = [0, 0, class, 74];
        let classic = [
            Dialect::RFC3489,
            Dialect::MS_TURN,
            Dialect::MS_ICE2,
            Dialect::MS_ICE2_LEGACY,
        ];
        for dialect in classic {
            let read = decode_in(dialect, &value);
            assert_eq!(read, (1..=6).contains(&class), "{dialect} {class}");
        }
        assert_eq!(
            decode_in(Dialect::RFC8489, &value),
            (3..=6).contains(&class),
            "{class}"
        );
    }
}

fn decode_in(dialect: Dialect, value: &[u8]) -> bool {
    use stunwire::Context;
    use stunwire::attribute::Attribute;
    ErrorCode::decode(value, Context::new(CLASSIC_ID, dialect)).is_ok()
}

/// A FINGERPRINT in a message without the magic cookie, as captures show, is the CRC of RFC 8489.
#[test]
fn fingerprint_in_classic_stun() {
    let bytes = hex(CLASSIC_FINGERPRINT);
    let message = Dialect::RFC3489.parse(&bytes).unwrap();
    assert_eq!(message.fingerprint(), FingerprintStatus::Valid);
    assert_eq!(visible(&message), [0x0006, 0x8028]);
    let header = Header::request(Method::BINDING, CLASSIC_ID).in_dialect(Dialect::RFC3489);
    let mut out = Vec::new();
    let written = MessageWriter::new(&mut out, header)
        .unwrap()
        .with(&Username::new("user").unwrap())
        .unwrap()
        .fingerprint()
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(written, bytes);
}

/// A message of the unpadded legacy dialect is written back byte for byte: a text is padded neither inside its
/// length nor after it.
#[test]
fn unpadded_legacy_texts_are_written_as_they_were() {
    let dialect = Dialect::MS_ICE2_LEGACY.unpadded();
    let software = b"\x80\x22\x00\x07libnice";
    let bytes = [
        &b"\x00\x01\x00\x0b\x21\x12\xa4\x42abcdefghijkl"[..],
        software,
    ]
    .concat();
    let message = dialect.parse(&bytes).unwrap();
    let read = message.get::<Software>().unwrap().unwrap();
    let mut out = Vec::new();
    let written = MessageWriter::new(&mut out, message)
        .unwrap()
        .with(&read)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(written, bytes);
}
