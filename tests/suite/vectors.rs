//! The published messages are read, verified, refused after a bit was changed, and written back.

use stunwire::attribute::{
    EncodeAttribute, IceControlled, Nonce, PasswordAlgorithm, Priority, Realm, Software,
    UseCandidate, UserHash, Username, XorMappedAddress, ms,
};
use stunwire::{
    Credentials, Dialect, ErrorCode, FingerprintStatus, Header, IntegrityAlgorithm, IntegrityError,
    Key, Message, MessageWriter, Method, TransactionId,
};

use crate::support::{self, ICE_PASSWORD, PASSWORD, USER, Vector, hex, vectors};

/// The transaction id of RFC 5769 §2.1 to §2.3.
const ICE_ID: TransactionId = TransactionId::new([
    0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
]);

/// The transaction id of RFC 5769 §2.4 and RFC 8489 B.1.
const LONG_ID: TransactionId = TransactionId::new([
    0x78, 0xad, 0x34, 0x33, 0xc6, 0xad, 0x72, 0xc0, 0x29, 0xda, 0x41, 0x2e,
]);

#[test]
fn each_verifies_with_its_key_and_no_other() {
    for Vector {
        name,
        dialect,
        bytes,
        key,
    } in vectors()
    {
        let message = dialect.parse(&bytes).unwrap();
        assert_ne!(message.fingerprint(), FingerprintStatus::Invalid, "{name}");
        if let Some(key) = key {
            assert!(message.verify(&key).is_ok(), "{name}");
        }
        let wrong = message.verify(&Key::short_term("wrong"));
        assert!(
            matches!(wrong, Err(IntegrityError::Mismatch { .. })),
            "{name}: {wrong:?}"
        );
    }
}

/// A change in any bit that the tag covers, header and padding included, is detected.
#[test]
fn a_flipped_bit_is_refused() {
    for Vector {
        name,
        dialect,
        bytes,
        key,
    } in vectors()
    {
        let Some(key) = key else { continue };
        let message = dialect.parse(&bytes).unwrap();
        let tag = message
            .all_attributes()
            .find(|raw| matches!(raw.ty().as_u16(), 0x0008 | 0x001C))
            .unwrap();
        for bit in 0..tag.range().end * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let verified = dialect
                .parse(&bytes)
                .is_ok_and(|message| message.verify(&key).is_ok());
            assert!(!verified, "{name}: bit {bit}");
        }
        for bit in tag.range().end * 8..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let valid = dialect
                .parse(&bytes)
                .is_ok_and(|message| message.fingerprint().is_valid());
            assert!(!valid, "{name}: bit {bit} of FINGERPRINT");
        }
    }
}

#[test]
fn raw_attributes_are_written_unchanged() {
    for Vector {
        name,
        dialect,
        bytes,
        key,
    } in vectors()
    {
        let message = dialect.parse(&bytes).unwrap();
        let mut copy = [0xAA; 256];
        let mut writer = MessageWriter::verbatim(&mut copy, message.header()).unwrap();
        for raw in message.all_attributes() {
            writer.raw(&raw).unwrap();
        }
        assert_eq!(writer.finish().unwrap(), bytes, "{name}");

        // With the tag and FINGERPRINT computed by the writer.
        let Some(key) = key else { continue };
        let mut copy = [0xAA; 256];
        let mut writer = MessageWriter::new(&mut copy, message.header()).unwrap();
        let mut fingerprint = false;
        let mut sha256 = false;
        for raw in message.all_attributes() {
            match raw.ty().as_u16() {
                0x0008 | 0x000F => {}
                0x001C => sha256 = true,
                0x8028 => fingerprint = true,
                _ => {
                    writer.raw(&raw).unwrap();
                }
            }
        }
        let copy = match (sha256, fingerprint) {
            (true, _) => writer.integrity_sha256(&key).unwrap().finish(),
            (_, true) => writer
                .integrity(&key)
                .unwrap()
                .fingerprint()
                .unwrap()
                .finish(),
            _ => writer.integrity(&key).unwrap().finish(),
        };
        assert_eq!(copy.unwrap(), bytes, "{name}");
    }
}

fn written(
    header: Header,
    attributes: &[&dyn EncodeAttribute],
    end: impl FnOnce(MessageWriter<'_, [u8; 256]>) -> usize,
) -> Vec<u8> {
    let mut buffer = [0xAA; 256];
    let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
    for attribute in attributes {
        writer.attribute(*attribute).unwrap();
    }
    let len = end(writer);
    buffer[..len].to_vec()
}

#[test]
fn rfc5769_long_term_typed() {
    let bytes = support::rfc5769_long_term();
    let message = Message::parse(&bytes).unwrap();
    let key = Key::long_term(
        &Credentials {
            username: USER,
            password: PASSWORD,
        },
        "example.org",
    );
    let verified = message.verify(&key).unwrap();
    assert_eq!(verified.algorithm(), IntegrityAlgorithm::Sha1);
    let user = verified.get::<Username>().unwrap().unwrap();
    assert_eq!(user.as_str(), Ok(USER));
    let nonce = verified.get::<Nonce>().unwrap().unwrap();
    assert_eq!(nonce.as_str(), Ok("f//499k954d6OL34oL9FSTvy64sA"));
    let again = written(
        Header::request(Method::BINDING, LONG_ID),
        &[
            &Username::new(USER).unwrap(),
            &Nonce::new("f//499k954d6OL34oL9FSTvy64sA").unwrap(),
            &Realm::new("example.org").unwrap(),
        ],
        |writer| writer.integrity(&key).unwrap().finish().unwrap().len(),
    );
    assert_eq!(again, bytes);
}

#[test]
fn rfc8489_b1_typed() {
    let bytes = support::rfc8489_b1();
    let message = Message::parse(&bytes).unwrap();
    let md5 = Key::long_term(
        &Credentials {
            username: USER,
            password: PASSWORD,
        },
        "example.org",
    );
    assert!(message.verify(&md5).is_err());
    let key = Key::long_term_sha256(
        &Credentials {
            username: USER,
            password: PASSWORD,
        },
        "example.org",
    );
    let verified = message.verify(&key).unwrap();
    assert_eq!(verified.algorithm(), IntegrityAlgorithm::Sha256 { len: 32 });
    let hash: [u8; 32] = hex("4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704")
        .try_into()
        .unwrap();
    assert_eq!(verified.get().unwrap(), Some(UserHash(hash)));
    assert_eq!(verified.get().unwrap(), Some(PasswordAlgorithm::SHA256));
    let again = written(
        Header::request(Method::BINDING, LONG_ID),
        &[
            &UserHash(hash),
            &Nonce::new("obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA").unwrap(),
            &Realm::new("example.org").unwrap(),
            &PasswordAlgorithm::SHA256,
        ],
        |writer| {
            let writer = writer.integrity_sha256(&key).unwrap();
            writer.finish().unwrap().len()
        },
    );
    assert_eq!(again, bytes);
}

/// The typed values of RFC 5769 §2.1 to §2.3.
#[test]
fn rfc5769_values() {
    let bytes = support::rfc5769_request();
    let request = Message::parse(&bytes).unwrap();
    assert_eq!(request.transaction_id(), ICE_ID);
    let software = request.get::<Software>().unwrap().unwrap();
    assert_eq!(software.as_str(), Ok("STUN test client"));
    assert_eq!(request.get().unwrap(), Some(Priority(0x6e00_01ff)));
    assert_eq!(
        request.get().unwrap(),
        Some(IceControlled(0x932f_f9b1_5126_3b36))
    );
    let user = request.get::<Username>().unwrap().unwrap();
    assert_eq!(user.as_str(), Ok("evtj:h6vY"));
    let padding: Vec<&[u8]> = request.all_attributes().map(|raw| raw.padding()).collect();
    assert_eq!(padding[3], b"   ");
    for (bytes, address) in [
        (support::rfc5769_ipv4(), "192.0.2.1:32853"),
        (
            support::rfc5769_ipv6(),
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853",
        ),
    ] {
        let response = Message::parse(&bytes).unwrap();
        assert_eq!(
            response.get().unwrap(),
            Some(XorMappedAddress(address.parse().unwrap()))
        );
        assert_eq!(response.fingerprint(), FingerprintStatus::Valid);
        assert!(response.verify(&Key::short_term(ICE_PASSWORD)).is_ok());
    }
}

/// The capture shows that Skype computes the usual CRC; Microsoft's table gives another value. Both values were
/// computed with Python's zlib, the second with its table changed.
#[test]
fn skype_fingerprint() {
    let mut bytes = support::skype();
    let message = Dialect::MS_ICE2_LEGACY.parse(&bytes).unwrap();
    assert_eq!(Dialect::detect(&bytes), Some(Dialect::MS_ICE2_LEGACY));
    assert_eq!(message.fingerprint(), FingerprintStatus::Valid);
    let plain = Message::parse(&bytes).unwrap();
    assert_eq!(plain.fingerprint(), FingerprintStatus::Valid);
    assert!(plain.with_dialect(Dialect::MS_ICE2).is_some());
    assert!(plain.with_dialect(Dialect::MS_TURN).is_none());

    let end = bytes.len();
    bytes[end - 4..].copy_from_slice(&0xc4ad_394a_u32.to_be_bytes());
    let copy = Dialect::MS_ICE2_LEGACY.parse(&bytes).unwrap();
    assert_eq!(copy.fingerprint(), FingerprintStatus::ValidAlternateCrc);
    let plain = Message::parse(&bytes).unwrap();
    assert_eq!(plain.fingerprint(), FingerprintStatus::Invalid);
}

/// The captured check is written from its values, without the tag, whose password is not public.
#[test]
fn skype_typed() {
    let bytes = support::skype();
    let message = Dialect::MS_ICE2_LEGACY.parse(&bytes).unwrap();
    let user = message.get::<Username>().unwrap().unwrap();
    assert_eq!(user.as_bytes(), b"l0MR:AoVy\0\0\0");
    assert_eq!(user.trimmed(), b"l0MR:AoVy");
    let foundation = message.get::<ms::CandidateIdentifier>().unwrap().unwrap();
    assert_eq!(foundation.trimmed(), b"3");
    let priority = message.get::<Priority>().unwrap().unwrap();
    assert_eq!(
        (
            priority.type_preference(),
            priority.local_preference(),
            priority.component()
        ),
        (110, 0xFFFF, 1)
    );
    let key = Key::short_term("unknown");
    let header = Header::request(Method::BINDING, message.transaction_id());
    let again = written(
        header.in_dialect(Dialect::MS_ICE2_LEGACY),
        &[
            &UseCandidate,
            &Priority(0x6eff_ffff),
            &IceControlled(0x08b2_674a_8bee_cd68),
            &Username::joined("l0MR", "AoVy").unwrap(),
            &ms::CandidateIdentifier::new(b"3").unwrap(),
            &ms::ImplementationVersion(2),
        ],
        |writer| {
            let writer = writer.integrity(&key).unwrap();
            writer.fingerprint().unwrap().finish().unwrap().len()
        },
    );
    let tag = bytes.len() - 8 - 20;
    assert_eq!(again[..tag], bytes[..tag]);
    assert_eq!(again.len(), bytes.len());
}

#[test]
fn ms_turn_typed() {
    let bytes = support::ms_turn_b();
    let message = Dialect::MS_TURN.parse(&bytes).unwrap();
    let header = Header::request(Method::ALLOCATE, message.transaction_id());
    let key = Key::ms_turn(
        &Credentials {
            username: "user",
            password: "pass",
        },
        Realm::new("realm").unwrap(),
        Nonce::new("nonce").unwrap(),
        2,
    );
    let again = written(
        header.in_dialect(Dialect::MS_TURN),
        &[&stunwire::attribute::Lifetime::from_secs(600)],
        |writer| writer.integrity(&key).unwrap().finish().unwrap().len(),
    );
    assert_eq!(again, bytes);
}

/// Attributes that an attacker appends after the tag are ignored, but `all_attributes` yields them.
#[test]
fn attributes_after_the_tag_are_ignored() {
    let key = Key::short_term(ICE_PASSWORD);
    for (ty, value) in [
        (0x0025_u16, &[][..]),
        (0x0020, b"\0\x01\x11\x22\x33\x44\x55\x66"),
    ] {
        let mut bytes = support::rfc5769_long_term();
        let key_long = Key::long_term(
            &Credentials {
                username: USER,
                password: PASSWORD,
            },
            "example.org",
        );
        bytes.extend_from_slice(&ty.to_be_bytes());
        bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
        bytes.extend_from_slice(value);
        let length = (bytes.len() - 20) as u16;
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        let message = Message::parse(&bytes).unwrap();
        let verified = message.verify(&key_long).unwrap();
        assert!(message.verify(&key).is_err());
        assert!(message.all_attributes().any(|raw| raw.ty().as_u16() == ty));
        assert!(message.attributes().all(|raw| raw.ty().as_u16() != ty));
        assert!(verified.attributes().all(|raw| raw.ty().as_u16() != ty));
        assert_eq!(verified.get::<UseCandidate>().unwrap(), None);
        assert_eq!(message.get::<XorMappedAddress>().unwrap(), None);
    }
}

/// In coturn 4.6's responses to a stale nonce the length of the reason phrase includes a NUL. The phrase is read
/// with the NUL and printed without it.
#[test]
fn a_phrase_that_ends_with_a_nul() {
    let mut bytes = hex("01140014 2112a442 000102030405060708090a0b");
    bytes.extend_from_slice(b"\0\x09\0\x10\0\0\x04\x26Stale nonce\0");
    let code = Message::parse(&bytes).unwrap().get::<ErrorCode>();
    let code = code.unwrap().unwrap();
    assert_eq!(code.reason(), b"Stale nonce\0");
    assert_eq!(code.to_string(), "438 \"Stale nonce\"");
}
