//! Tests of rules for several attribute types: aliases, limits, padding, the registry.
//!
//! The expected bytes are written by hand from the layouts in the documents that each test names.

use core::net::SocketAddr;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use super::*;
use crate::dialect::{Context, Dialect};
use crate::error::{AttributeError, EncodeError, Quantity, TextError, Unit, ValueError};
use crate::header::Header;
use crate::message::Message;
use crate::transaction_id::TransactionId;
use crate::writer::{MessageWriter, encode_attribute};
use crate::{Code, Method};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

fn context(dialect: Dialect) -> Context {
    Context::new(ID, dialect)
}

/// A Binding success response with these attributes, and the header that its dialect has.
fn response(dialect: Dialect, attributes: &[&[u8]]) -> Vec<u8> {
    let attributes = attributes.concat();
    let magic: &[u8] = if dialect == Dialect::MS_TURN {
        b"\x00\x0f\x00\x04\x72\xc6\x4b\xc6"
    } else {
        b""
    };
    let length = u16::try_from(magic.len() + attributes.len()).unwrap();
    let mut packet = vec![0x01, 0x01];
    packet.extend(length.to_be_bytes());
    packet.extend(ID.as_bytes());
    packet.extend(magic);
    packet.extend(attributes);
    packet
}

/// XOR-MAPPED-ADDRESS of 192.0.2.1 and `port`, under the type `ty`: RFC 8489 §14.2 with the cookie
/// 0x2112A442.
fn xor_mapped(ty: u16, port: u16) -> Vec<u8> {
    let [t0, t1] = ty.to_be_bytes();
    let [p0, p1] = (port ^ 0x2112).to_be_bytes();
    vec![t0, t1, 0, 8, 0, 1, p0, p1, 0xE1, 0x12, 0xA6, 0x43]
}

fn address(port: u16) -> XorMappedAddress {
    XorMappedAddress(SocketAddr::from(([192, 0, 2, 1], port)))
}

fn all(message: &Message<'_>) -> Vec<Result<XorMappedAddress, AttributeError>> {
    message.get_all::<XorMappedAddress>().collect()
}

#[test]
fn registered_type_wins_over_alias() {
    let (alias, registered) = (xor_mapped(0x8020, 1), xor_mapped(0x0020, 2));
    for order in [[&alias[..], &registered], [&registered, &alias]] {
        let packet = response(Dialect::RFC8489, &order);
        let message = Message::parse(&packet).unwrap();
        assert_eq!(message.get::<XorMappedAddress>(), Ok(Some(address(2))));
        assert_eq!(message.read::<(XorMappedAddress,)>(), Ok((address(2),)));
        assert_eq!(all(&message), [Ok(address(2))]);
    }
    // Of several attributes the first is read, under either type.
    for ty in [0x0020, 0x8020] {
        let packet = response(Dialect::RFC8489, &[&xor_mapped(ty, 3), &xor_mapped(ty, 4)]);
        let message = Message::parse(&packet).unwrap();
        assert_eq!(message.get::<XorMappedAddress>(), Ok(Some(address(3))));
        assert_eq!(message.read::<(XorMappedAddress,)>(), Ok((address(3),)));
        assert_eq!(all(&message), [Ok(address(3)), Ok(address(4))]);
    }
}

#[test]
fn unused_alias_may_be_malformed() {
    let (broken, good) = (b"\x80\x20\x00\x01\x00\0\0\0", xor_mapped(0x0020, 2));
    let packet = response(Dialect::RFC8489, &[broken, &good]);
    let message = Message::parse(&packet).unwrap();
    assert_eq!(message.get::<XorMappedAddress>(), Ok(Some(address(2))));
    assert_eq!(
        message.read::<(Option<XorMappedAddress>,)>(),
        Ok((Some(address(2)),))
    );
    assert_eq!(all(&message), [Ok(address(2))]);

    // Without the registered type the alias is read; a malformed attribute of the registered type is not replaced by
    // an alias.
    for attributes in [
        &[&broken[..]] as &[&[u8]],
        &[b"\x00\x20\x00\x01\x00\0\0\0", &xor_mapped(0x8020, 2)],
    ] {
        let packet = response(Dialect::RFC8489, attributes);
        let message = Message::parse(&packet).unwrap();
        let error = message.get::<XorMappedAddress>().unwrap_err();
        assert_eq!(error.offset(), Some(20));
        assert!(error.to_string().starts_with("XOR-MAPPED-ADDRESS at"));
        assert_eq!(message.read::<(XorMappedAddress,)>(), Err(error));
        assert_eq!(all(&message), [Err(error)]);
    }
}

#[test]
fn ms_turn_has_only_the_old_type() {
    let attributes = [&xor_mapped(0x0020, 1)[..], &xor_mapped(0x8020, 2)];
    let packet = response(Dialect::MS_TURN, &attributes);
    let message = Dialect::MS_TURN.parse(&packet).unwrap();
    assert_eq!(message.get::<XorMappedAddress>(), Ok(Some(address(2))));
    assert_eq!(all(&message), [Ok(address(2))]);
}

// RFC 8489 §14.8 has classes 3 to 6, RFC 3489 §11.2.9 classes 1 to 6; the numbers 274 and 275 of
// [MS-ICE2BWM] are of class 2.
#[test]
fn classes_of_error_codes() {
    for (dialect, smallest) in [
        (Dialect::RFC8489, 3),
        (Dialect::RFC3489, 1),
        (Dialect::MS_TURN, 1),
        (Dialect::MS_ICE2, 1),
        (Dialect::MS_ICE2_LEGACY, 1),
    ] {
        for class in 0..=7_u8 {
            let value = [0xFF, 0xFF, 0xF8 | class, 74];
            let read = ErrorCode::decode(&value, context(dialect));
            if (smallest..=6).contains(&class) {
                let code = read.unwrap().code();
                assert_eq!((code.class(), code.number()), (class, 74), "{dialect}");
            } else {
                let found = u16::from(class);
                assert_eq!(
                    read,
                    Err(ValueError::Field { offset: 2, found }),
                    "{dialect}"
                );
            }
        }
        let mut out = [0; 64];
        let disable = ErrorCode::from(Code::DISABLE_CANDIDATE);
        let written = encode_attribute(&mut out, &disable, context(dialect));
        if smallest == 1 {
            assert_eq!(written.unwrap()[4..8], [0, 0, 2, 74]);
        } else {
            let error = written.unwrap_err();
            assert_eq!(
                error,
                EncodeError::OutOfRange {
                    quantity: Quantity::ErrorCode,
                    value: 274,
                    min: 300,
                    max: 699
                }
            );
            assert_eq!(error.to_string(), "error code 274 is outside 300 to 699");
        }
    }
    for number in [0, 99, 700, 799, u16::MAX] {
        assert_eq!(Code::new(number), None);
    }
    assert_eq!(Code::new(438), Some(Code::STALE_NONCE));
    assert_eq!(Code::new(463).unwrap().name(), None);
}

#[test]
fn codes_are_patterns_and_compare_without_the_phrase() {
    let error = ErrorCode::new(Code::STALE_NONCE, "Nonce is stale").unwrap();
    assert!(matches!(error.code(), Code::STALE_NONCE));
    assert_eq!(error, Code::STALE_NONCE);
    assert_ne!(error, ErrorCode::from(Code::STALE_NONCE));
    assert_eq!(error.to_string(), r#"438 "Nonce is stale""#);
    let default = ErrorCode::from(Code::STALE_NONCE);
    assert_eq!(default.to_string(), "438 Stale Nonce");
    let names = Code::REGISTERED.iter().map(|code| code.name());
    assert!(names.into_iter().all(|name| name.is_some()));
}

/// The limit that `error` names: attribute, length, maximum, unit.
fn limit<T: core::fmt::Debug>(result: Result<T, EncodeError>) -> (AttributeType, u32, u16, Unit) {
    match result.unwrap_err() {
        EncodeError::ValueTooLong {
            attribute,
            length,
            max,
            unit,
        } => (attribute, length, max, unit),
        other => panic!("{other:?}"),
    }
}

// RFC 8489 §14.3 (fewer than 509 bytes), §14.9, §14.10 and §14.14 (fewer than 128 characters, 509 bytes).
#[test]
fn limits_of_texts() {
    let ascii = "x".repeat(510);
    let text = |length: usize| &ascii[..length];
    assert!(Username::new(text(508)).is_ok());
    assert_eq!(
        limit(Username::new(text(509))),
        (AttributeType::USERNAME, 509, 508, Unit::Bytes)
    );

    assert!(Username::joined(text(250), text(257)).is_ok());
    assert_eq!(
        limit(Username::joined(text(250), text(258))),
        (AttributeType::USERNAME, 509, 508, Unit::Bytes)
    );
    assert!(Username::concatenated(text(250), text(258)).is_ok());
    assert!(Username::concatenated(text(250), text(259)).is_err());

    assert!(Nonce::new(text(127)).is_ok());
    assert_eq!(
        limit(Nonce::new(text(128))),
        (AttributeType::NONCE, 128, 127, Unit::Characters)
    );
    assert_eq!(
        limit(Realm::new(text(128))),
        (AttributeType::REALM, 128, 127, Unit::Characters)
    );
    assert!(Software::new(text(128)).is_err());
    // 127 characters of 4 bytes; a byte that is not UTF-8 counts as a character.
    assert!(Nonce::new(&"\u{1F600}".repeat(127)).is_ok());
    assert!(Nonce::new(&[0xFF; 127]).is_ok());
    assert_eq!(
        limit(Nonce::new(&[0xFF; 128])),
        (AttributeType::NONCE, 128, 127, Unit::Characters)
    );
    let long = "\u{1F600}".repeat(128);
    assert_eq!(
        limit(Realm::new(&long)),
        (AttributeType::REALM, 512, 509, Unit::Bytes)
    );
}

// [MS-TURN] 2.2.2.13 and 2.2.2.14: nonce and realm have at most 128 bytes.
#[test]
fn limits_of_ms_turn() {
    let text = "\u{E9}".repeat(65);
    let (realm, nonce) = (Realm::new(&text).unwrap(), Nonce::new(&text).unwrap());
    let mut out = [0; 256];
    for attribute in [&realm as &dyn EncodeAttribute, &nonce] {
        assert!(encode_attribute(&mut out, attribute, context(Dialect::RFC8489)).is_ok());
        let refused = encode_attribute(&mut out, attribute, context(Dialect::MS_TURN));
        let (_, length, max, unit) = limit(refused);
        assert_eq!((length, max, unit), (130, 128, Unit::Bytes));
    }
    // The writer of a message refuses it too, and writes nothing.
    let header = Header::request(Method::ALLOCATE, ID).in_dialect(Dialect::MS_TURN);
    let mut writer = MessageWriter::new(&mut out, header).unwrap();
    let before = writer.len();
    assert!(writer.attribute(&nonce).is_err());
    assert_eq!(writer.len(), before);
    let nonce = Nonce::new(&text[..128]).unwrap();
    assert!(writer.attribute(&nonce).is_ok());
}

#[test]
fn limits_of_other_attributes() {
    // RFC 8489 §14.16: A-labels, at most 255 characters.
    assert!(AlternateDomain::new(&"x".repeat(255)).is_ok());
    assert!(AlternateDomain::new(&"x".repeat(256)).is_err());
    assert_eq!(
        AlternateDomain::new("turn.ex\u{E4}mple"),
        Err(EncodeError::NotAscii {
            attribute: AttributeType::ALTERNATE_DOMAIN,
            offset: 7
        })
    );

    // RFC 8489 §14.11: a list of one or more.
    let mut out = [0; 64];
    let empty = PasswordAlgorithms::of(&[]);
    let refused = encode_attribute(&mut out, &empty, context(Dialect::RFC8489)).unwrap_err();
    assert_eq!(
        refused,
        EncodeError::EmptyList {
            attribute: AttributeType::PASSWORD_ALGORITHMS
        }
    );
    let read = PasswordAlgorithms::decode(b"", context(Dialect::RFC8489)).unwrap();
    assert!(encode_attribute(&mut out, &read, context(Dialect::RFC8489)).is_err());

    // RFC 8445 §5.1.2.1.
    for (type_preference, component) in [(127, 1), (0, 0), (0, 257)] {
        assert!(Priority::from_parts(type_preference, 1, component).is_err());
    }
    assert_eq!(
        Priority::from_parts(126, 65_535, 256).unwrap().0,
        0x7EFF_FF00
    );
}

#[test]
fn errors_of_texts_name_the_attribute() {
    let realm = Realm::decode(b"caf\xe9", context(Dialect::RFC8489)).unwrap();
    let expected = TextError {
        attribute: AttributeType::REALM,
        offset: 3,
    };
    assert_eq!(realm.as_str(), Err(expected));
    assert_eq!(
        expected.to_string(),
        "the text of REALM is not UTF-8 at byte 3; use its bytes"
    );
    let host = ms::AlternateHostName::decode(b"\xff", context(Dialect::MS_TURN)).unwrap();
    assert!(
        host.as_str()
            .unwrap_err()
            .to_string()
            .starts_with("the text of MS-ALTERNATE-HOST-NAME")
    );
}

/// The bytes of USERNAME, CANDIDATE-IDENTIFIER and SOFTWARE of 5, 1 and 3 bytes.
fn three_texts(dialect: Dialect) -> Vec<u8> {
    let mut out = Vec::new();
    let context = context(dialect);
    encode_attribute(&mut out, &Username::new("hello").unwrap(), context).unwrap();
    let identifier = ms::CandidateIdentifier::new("1").unwrap();
    encode_attribute(&mut out, &identifier, context).unwrap();
    encode_attribute(&mut out, &Software::new("abc").unwrap(), context).unwrap();
    out
}

// RFC 8489 §14 pads after the value, RFC 3489 §11.2 inside the length. libnice in its OC2007R2 mode, whose
// messages are not multiples of 4 bytes, pads the user name and the foundation inside the length and
// SOFTWARE not at all.
#[test]
fn padding_of_texts() {
    let name_and_identifier_inside = b"\x00\x06\x00\x08hello\0\0\0\x80\x54\x00\x041\0\0\0";
    for (dialect, expected) in [
        (
            Dialect::RFC8489,
            &b"\x00\x06\x00\x05hello\0\0\0\x80\x54\x00\x011\0\0\0\x80\x22\x00\x03abc\0"[..],
        ),
        (
            Dialect::RFC8489.unpadded(),
            b"\x00\x06\x00\x05hello\x80\x54\x00\x011\x80\x22\x00\x03abc",
        ),
        (
            Dialect::RFC3489,
            &[&name_and_identifier_inside[..], b"\x80\x22\x00\x04abc\0"].concat(),
        ),
        (
            Dialect::MS_ICE2_LEGACY,
            &[&name_and_identifier_inside[..], b"\x80\x22\x00\x04abc\0"].concat(),
        ),
        (
            Dialect::MS_ICE2_LEGACY.unpadded(),
            &[&name_and_identifier_inside[..], b"\x80\x22\x00\x03abc"].concat(),
        ),
    ] {
        assert_eq!(three_texts(dialect), expected, "{dialect}");
    }
}

#[test]
fn attribute_alone_equals_attribute_in_a_message() {
    for dialect in [
        Dialect::RFC8489,
        Dialect::RFC8489.unpadded(),
        Dialect::RFC3489,
        Dialect::MS_TURN,
        Dialect::MS_ICE2_LEGACY,
    ] {
        let error = ErrorCode::new(Code::UNKNOWN_ATTRIBUTE, "Unknown").unwrap();
        let types = UnknownAttributes::from_types([AttributeType::new(0x7FFF)]);
        let mapped = XorMappedAddress("[2001:db8::1]:5000".parse().unwrap());
        let attributes: [&dyn EncodeAttribute; 3] = [&error, &types, &mapped];
        let mut alone = Vec::new();
        for attribute in attributes {
            let context = context(dialect);
            encode_attribute(&mut alone, attribute, context).unwrap();
        }
        let header = Header::error(Method::BINDING, ID).in_dialect(dialect);
        let mut message = Vec::new();
        let mut writer = MessageWriter::new(&mut message, header).unwrap();
        for attribute in attributes {
            writer.attribute(attribute).unwrap();
        }
        writer.finish().unwrap();
        assert!(message.ends_with(&alone), "{dialect}");
    }

    let mut short = [0xAA; 7];
    let lifetime = Lifetime::from_secs(600);
    let result = encode_attribute(&mut short, &lifetime, context(Dialect::RFC8489));
    assert_eq!(
        result,
        Err(EncodeError::BufferFull {
            needed: 8,
            available: 7
        })
    );
    assert_eq!(short, [0xAA; 7]);
}

#[test]
fn reserved_types_are_refused() {
    let mut out = [0; 64];
    for ty in [
        AttributeType::MESSAGE_INTEGRITY,
        AttributeType::MESSAGE_INTEGRITY_SHA256,
        AttributeType::GOOG_MESSAGE_INTEGRITY_32,
        AttributeType::FINGERPRINT,
    ] {
        let attribute = UntypedAttribute::new(ty, &[0; 20]);
        let refused = encode_attribute(&mut out, &attribute, context(Dialect::RFC8489));
        assert_eq!(refused, Err(EncodeError::WriterOnly { attribute: ty }));
        let mut writer = MessageWriter::request(&mut out, Method::BINDING, ID).unwrap();
        let refused = writer.attribute(&attribute).map(|_| ());
        assert_eq!(refused, Err(EncodeError::WriterOnly { attribute: ty }));
    }
}

#[test]
fn value_of_the_wrong_length_leaves_no_stale_byte() {
    let context = context(Dialect::RFC8489);
    let mut out = [0xAA; 3];
    Lifetime::from_secs(600).encode(&mut out, context);
    assert_eq!(out, [0; 3]);
    let mut out = [0xAA; 6];
    let username = Username::joined("theirs", "ours").unwrap();
    EncodeAttribute::encode(&username, &mut out, context);
    assert_eq!(out, [0; 6]);
}

#[test]
fn texts_cannot_imitate_other_attributes() {
    let mut buffer = [0; 256];
    let bob = "bob\" realm: \"corp.example\" lifetime: 0";
    let packet = MessageWriter::request(&mut buffer, Method::ALLOCATE, ID)
        .and_then(|writer| writer.with(&Username::new(bob).unwrap()))
        .and_then(|writer| writer.with(&Realm::new(&[0, 1, 2, 3]).unwrap()))
        .and_then(|writer| writer.finish())
        .unwrap();
    let message = Message::parse(packet).unwrap();
    assert_eq!(
        message.to_string(),
        r#"Allocate Request user: "bob\" realm: \"corp.example\" lifetime: 0" realm: 00010203"#
    );
    assert_eq!(
        format!("{message:#}"),
        "Allocate Request, transaction 6162636465666768696a6b6c\n    \
         20  USERNAME (38 bytes): \"bob\\\" realm: \\\"corp.example\\\" lifetime: 0\"\n    \
         64  REALM (4 bytes): 00010203"
    );
}

#[test]
fn one_line_is_bounded() {
    // As many attributes as fit: user names of 4 bytes, and one value of 65,528 bytes. Fewer under Miri, which is slow.
    const COUNT: usize = if cfg!(miri) { 63 } else { 8191 };
    const LENGTH: u16 = 8 * COUNT as u16;
    let names = [&b"\x00\x06\x00\x04\x1b\x1b\x1b\x1b"[..]; COUNT];
    let packet = response(Dialect::RFC8489, &names);
    let message = Message::parse(&packet).unwrap();
    let line = message.to_string();
    assert!(line.len() < 2000, "{}", line.len());
    let rest = format!("… and {} more attributes", COUNT - 32);
    assert!(line.ends_with(&rest), "{line}");

    for ty in [0x0006, 0x000A, 0x0013, 0x7FFF, 0x0020, 0x8002_u16] {
        let mut attribute = vec![0x41; 4 + usize::from(LENGTH)];
        attribute[..2].copy_from_slice(&ty.to_be_bytes());
        attribute[2..4].copy_from_slice(&LENGTH.to_be_bytes());
        if ty == 0x8002 {
            // PASSWORD-ALGORITHMS: entries without parameters.
            for entry in attribute[4..].chunks_mut(4) {
                entry.copy_from_slice(&[0, 9, 0, 0]);
            }
        }
        let packet = response(Dialect::RFC8489, &[&attribute]);
        let message = Message::parse(&packet).unwrap();
        let raw = message.attributes().next().unwrap();
        let short = raw.to_string();
        assert!(short.len() < 400, "{ty:#06x}: {}", short.len());
        assert!(
            format!("{raw:#}").len() > usize::from(LENGTH) * 9 / 10,
            "{ty:#06x}"
        );
        assert!(message.to_string().len() < 400);
    }
}

#[test]
fn registry_is_consistent() {
    let rows: Vec<Registered> = registered().collect();
    assert!(rows.is_sorted_by_key(|row| row.ty));
    let names: Vec<String> = rows.iter().map(|row| row.ty.to_string()).collect();
    assert!(names.iter().all(|name| !name.starts_with("0x")));
    // Every name belongs to its type in one of the dialects, or is the second name of the type.
    for row in &rows {
        let dialects = [
            Dialect::RFC8489,
            Dialect::MS_TURN,
            Dialect::MS_ICE2,
            Dialect::RFC3489,
        ];
        let found = dialects
            .into_iter()
            .any(|dialect| dialect.name_of(row.ty) == Some(row.name));
        assert!(found || row.ty.second_name() == Some(row.name), "{row:?}");
    }
    for (index, row) in rows.iter().enumerate() {
        assert!(!rows[..index].contains(row), "{row:?}");
    }
}

#[test]
fn debug_of_a_text_is_a_string() {
    let software = Software::new("v6 \"beta\"\n").unwrap();
    assert_eq!(format!("{software:?}"), r#"Software("v6 \"beta\"\n")"#);
    let error = crate::ErrorCode::new(crate::Code::STALE_NONCE, "Stale").unwrap();
    assert!(format!("{error:?}").ends_with(r#"reason: "Stale" }"#));
}
