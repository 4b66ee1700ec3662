//! Edges that a small change of the code would move without another test noticing.

use std::sync::Arc;

use stunwire::attribute::{
    AlternateServer, AttributeType, ChannelNumber, Data, EncodeAttribute, Nonce, PasswordAlgorithm,
    Priority, Realm, Username,
};
use stunwire::framing::{Framing, Rfc4571, Sniffed, sniff};
use stunwire::reply::Challenge;
use stunwire::{
    Context, Credentials, Dialect, EncodeError, FingerprintStatus, Header, HmacKey,
    IntegrityAlgorithm, IntegrityError, Key, Message, MessageWriter, Method, OwnedMessage,
    ParseError, Policy, Protection, SecurityFeatures, TransactionId, relay, reply, writer,
};

use crate::support::key;

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// RFC 8489 §14.5 and §14.6: the text ends before the tag that is verified, which does not cover itself.
#[test]
fn a_tag_covers_what_precedes_it() {
    let mut buffer = [0; 128];
    let packet = MessageWriter::request(&mut buffer, Method::BINDING, ID)
        .unwrap()
        .with(&Priority(1))
        .unwrap()
        .integrity(&key())
        .unwrap()
        .integrity_sha256(&key())
        .unwrap()
        .fingerprint()
        .unwrap()
        .finish()
        .unwrap();
    let message = Message::parse(packet).unwrap();
    let covered = |policy: Policy| -> Vec<u16> {
        let verified = message.verify_with(&key(), &policy).unwrap();
        let all = message.all_attributes().filter(|raw| verified.covers(raw));
        all.map(|raw| raw.ty().as_u16()).collect()
    };
    assert_eq!(covered(Policy::default()), [0x0024, 0x0008]);
    assert_eq!(covered(Policy::default().sha1_only()), [0x0024]);
}

/// RFC 8489 §9.1.3: with short-term credentials the reply has the integrity attribute of the request; §14.6: with
/// its length.
#[test]
fn a_truncated_tag_is_answered_with_one_of_its_length() {
    for len in [16, 20, 24, 28, 32] {
        let mut buffer = [0; 128];
        let packet = MessageWriter::request(&mut buffer, Method::BINDING, ID)
            .unwrap()
            .with(&Username::new("user").unwrap())
            .unwrap()
            .integrity_sha256_truncated(&key(), len)
            .unwrap()
            .finish()
            .unwrap();
        let policy = Policy::default().sha256_min_len(16);
        let verified = Message::parse(packet).unwrap();
        let verified = verified.verify_with(&key(), &policy).unwrap();
        assert_eq!(
            verified.reply_algorithm(),
            IntegrityAlgorithm::Sha256 { len }
        );
    }
}

/// The reply to a GOOG-PING has its 4 bytes, as libwebrtc answers it, and FINGERPRINT if the ping has it.
#[test]
fn a_goog_ping_is_answered_with_its_tag() {
    let method = Method::GOOG_PING;
    for has_fingerprint in [false, true] {
        let mut buffer = [0; 64];
        let writer = MessageWriter::request(&mut buffer, method, ID).unwrap();
        let writer = writer.goog_integrity_32(&key()).unwrap();
        let packet = match has_fingerprint {
            true => writer.fingerprint().unwrap().finish().unwrap(),
            false => writer.finish().unwrap(),
        };
        let ping = Message::parse(packet).unwrap();
        let ping = ping.verify_goog_ping(&key()).unwrap();
        let expected = Protection::NONE
            .with_integrity(IntegrityAlgorithm::Goog32)
            .with_fingerprint(has_fingerprint);
        assert_eq!(ping.reply_protection(), expected);
    }
}

/// RFC 8489 §9.2.4: with long-term credentials the reply has MESSAGE-INTEGRITY-SHA256 if the request has
/// PASSWORD-ALGORITHM and the nonce announces it.
#[test]
fn long_term_replies() {
    let announced = "obMatJos2gAAAnonce";
    // The cookie with another of the bits only.
    let other = "obMatJos2QAAAnonce";
    for (nonce, has_choice, sha256, expected) in [
        (announced, true, true, IntegrityAlgorithm::SHA256),
        (announced, true, false, IntegrityAlgorithm::SHA256),
        (announced, false, true, IntegrityAlgorithm::Sha1),
        (other, true, true, IntegrityAlgorithm::Sha1),
        ("nonce", true, true, IntegrityAlgorithm::Sha1),
    ] {
        let mut buffer = [0; 192];
        let mut writer = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
        writer.attribute(&Nonce::new(nonce).unwrap()).unwrap();
        if has_choice {
            writer.attribute(&PasswordAlgorithm::SHA256).unwrap();
        }
        let packet = match sha256 {
            true => writer.integrity_sha256(&key()).unwrap().finish().unwrap(),
            false => writer.integrity(&key()).unwrap().finish().unwrap(),
        };
        let verified = Message::parse(packet).unwrap().verify(&key()).unwrap();
        assert_eq!(verified.reply_algorithm(), expected, "{nonce} {has_choice}");
    }
}

/// RFC 8489 §9.2: each bit of the nonce's cookie announces one feature, and none of the others.
#[test]
fn a_cookie_without_the_bit_announces_no_algorithms() {
    let algorithms = [PasswordAlgorithm::SHA256];
    for features in [SecurityFeatures::NONE, SecurityFeatures::USERNAME_ANONYMITY] {
        let nonce = [&features.cookie()[..], b"nonce"].concat();
        assert!(Challenge::new("realm", &nonce).is_ok());
        assert_eq!(
            Challenge::with_algorithms("realm", &nonce, &algorithms).err(),
            Some(EncodeError::NonceWithoutFeature)
        );
    }
    let features = SecurityFeatures::PASSWORD_ALGORITHMS;
    let nonce = [&features.cookie()[..], b"nonce"].concat();
    assert!(Challenge::with_algorithms("realm", &nonce, &algorithms).is_ok());
    assert_eq!(
        Challenge::new("realm", &nonce).err(),
        Some(EncodeError::AlgorithmsMissing)
    );
}

/// RFC 8489 §5: bytes 4 to 7 are the magic cookie; in RFC 3489 §11.1 they belong to the transaction ID.
#[test]
fn a_transaction_id_without_the_cookie() {
    let id = TransactionId::classic([7; 16]);
    for (dialect, expected) in [
        (Dialect::RFC8489, Some(EncodeError::NoCookie)),
        (Dialect::RFC8489.unpadded(), Some(EncodeError::NoCookie)),
        (Dialect::MS_ICE2, Some(EncodeError::NoCookie)),
        (Dialect::MS_ICE2_LEGACY, Some(EncodeError::NoCookie)),
        (Dialect::RFC3489, None),
        (Dialect::MS_TURN, None),
    ] {
        let mut buffer = Vec::new();
        let header = Header::request(Method::BINDING, id).in_dialect(dialect);
        let result = MessageWriter::new(&mut buffer, header).map(|_| ());
        assert_eq!(result.err(), expected, "{dialect}");
        assert!(buffer.is_empty());
    }
}

/// A message that is not finished leaves the frame around it as it was.
#[test]
fn an_unfinished_message_in_a_frame() {
    for finished in [false, true] {
        let mut buffer = b"before".to_vec();
        let mut frame = Rfc4571::begin(&mut buffer).unwrap();
        frame.put(b"content").unwrap();
        let writer = MessageWriter::request(&mut frame, Method::BINDING, ID).unwrap();
        let mut expected = b"\x00\x07content".to_vec();
        if finished {
            expected.extend_from_slice(writer.finish().unwrap());
            expected[1] = 27;
        } else {
            drop(writer);
        }
        assert_eq!(frame.end().unwrap(), expected);
        assert!(buffer.starts_with(b"before"));
        assert_eq!(buffer[6..], expected);
    }
}

/// The error of a truncated attribute counts the padding that the dialect requires.
#[test]
fn the_bytes_that_a_truncated_attribute_needs() {
    let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x80\x22\x00\x05test";
    let error = |needed| ParseError::Attribute {
        offset: 20,
        needed,
        left: 8,
    };
    assert_eq!(Message::parse(packet).err(), Some(error(12)));
    let unpadded = Dialect::RFC8489.unpadded();
    assert_eq!(unpadded.parse(packet).err(), Some(error(9)));
}

/// RFC 7983 §7: the first byte of DTLS is 20 to 63; RFC 6347 §4.1: its versions are 254.253 and 254.255. Records of
/// these content types are recognized in a frame of RFC 4571.
#[test]
fn dtls_in_a_frame() {
    let framed = |packet: &[u8]| {
        let mut bytes = (packet.len() as u16).to_be_bytes().to_vec();
        bytes.extend_from_slice(packet);
        sniff(&bytes)
    };
    let body = [0; 10];
    for first in [20_u8, 21, 22, 23] {
        for minor in [0xFD, 0xFF] {
            let record = [&[first, 0xFE, minor][..], &body].concat();
            assert_eq!(
                framed(&record),
                Sniffed::Is(Framing::Rfc4571),
                "{first} {minor}"
            );
        }
    }
    for start in [
        [19, 0xFE, 0xFD],
        [24, 0xFE, 0xFD],
        [22, 0xFE, 0xFE],
        [22, 0x03, 0x03],
        [22, 0xFD, 0xFD],
    ] {
        let record = [&start[..], &body].concat();
        assert_ne!(framed(&record), Sniffed::Is(Framing::Rfc4571), "{start:?}");
    }
}

/// RFC 8489 §5: bits 4 and 8 of the type are the class.
#[test]
fn classes() {
    for (index, ty) in [0x0001_u16, 0x0011, 0x0101, 0x0111].into_iter().enumerate() {
        let packet = [&ty.to_be_bytes()[..], b"\0\0\x21\x12\xa4\x42abcdefghijkl"].concat();
        let message = Message::parse(&packet).unwrap();
        let is = [
            message.is_request(),
            message.is_indication(),
            message.is_success_response(),
            message.is_error_response(),
        ];
        assert_eq!(is, [0, 1, 2, 3].map(|class| class == index), "{ty:#06x}");
        assert_eq!(message.header().is_request(), index == 0);
    }
}

/// A message with its own bytes reads as the view of them does.
#[test]
fn owned_messages() {
    let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24\x00\x04\x00\x00\x00\x07";
    let owned = OwnedMessage::parse(packet.as_slice().into()).unwrap();
    assert_eq!(owned.get::<Priority>().unwrap(), Some(Priority(7)));
    assert_eq!(owned.get::<Username>().unwrap(), None);
    assert_eq!(owned.as_bytes(), &packet[..]);
    assert_eq!(owned.into_bytes(), packet[..]);
}

/// RFC 8489 §14.5: what follows MESSAGE-INTEGRITY is ignored, except MESSAGE-INTEGRITY-SHA256 and FINGERPRINT. This
/// also applies if MESSAGE-INTEGRITY-SHA256, whose tag covers all that precedes it, is the attribute that is verified.
#[test]
fn an_attribute_between_two_tags() {
    let sha256_value = 32 + 4;
    let mut buffer = [0; 128];
    let packet = MessageWriter::request(&mut buffer, Method::BINDING, ID)
        .unwrap()
        .with(&Priority(1))
        .unwrap()
        .integrity(&key())
        .unwrap()
        .finish()
        .unwrap();
    // USERNAME "user", and the tag over the header with the length of all.
    let mut packet = [&*packet, b"\x00\x06\x00\x04user"].concat();
    packet[3] = (packet.len() - 20 + sha256_value) as u8;
    let tag = key().hmac(stunwire::HmacAlgorithm::Sha256, &[&packet]);
    packet.extend_from_slice(&[0x00, 0x1C, 0, 32]);
    packet.extend_from_slice(tag.as_bytes().unwrap());
    let message = Message::parse(&packet).unwrap();
    let verified = message.verify(&key()).unwrap();
    assert_eq!(verified.algorithm(), IntegrityAlgorithm::SHA256);
    let types: Vec<u16> = verified.attributes().map(|raw| raw.ty().as_u16()).collect();
    assert_eq!(types, [0x0024, 0x0008]);
    assert_eq!(verified.get::<Username>().unwrap(), None);
    assert!(!verified.contains(AttributeType::USERNAME));
    assert!(verified.contains(AttributeType::PRIORITY));
    assert!(!verified.contains(AttributeType::MESSAGE_INTEGRITY_SHA256));
}

/// The latter of two restrictions holds.
#[test]
fn policies_that_replace_each_other() {
    let packet_of = |sha256: bool| {
        let mut buffer = Vec::new();
        let writer = MessageWriter::request(&mut buffer, Method::BINDING, ID).unwrap();
        match sha256 {
            true => writer.integrity_sha256(&key()).unwrap().finish().unwrap(),
            false => writer.integrity(&key()).unwrap().finish().unwrap(),
        };
        buffer
    };
    let accepts = |policy: Policy| {
        [false, true].map(|sha256| {
            let packet = packet_of(sha256);
            let message = Message::parse(&packet).unwrap();
            message.verify_with(&key(), &policy).is_ok()
        })
    };
    let both = Policy::default();
    assert_eq!(accepts(both), [true, true]);
    assert_eq!(accepts(both.sha1_only().sha256_only()), [false, true]);
    assert_eq!(accepts(both.sha256_only().sha1_only()), [true, false]);
}

#[test]
fn protection_without_integrity() {
    for has_fingerprint in [false, true] {
        let unsigned = Protection::NONE.with_fingerprint(has_fingerprint);
        let signed = unsigned
            .with_integrity(IntegrityAlgorithm::Sha1)
            .with_integrity(IntegrityAlgorithm::SHA256);
        assert_ne!(signed, unsigned);
        assert_eq!(signed.without_integrity(), unsigned);
    }
}

/// \[MS-TURN\] 2.2.2.17: MESSAGE-INTEGRITY of 32 bytes is an HMAC-SHA256; in RFC 8489 §14.5 it has 20 bytes.
#[test]
fn protection_of_a_long_tag() {
    let packet = [
        &b"\x00\x01\x00\x24\x21\x12\xa4\x42abcdefghijkl\x00\x08\x00\x20"[..],
        &[0; 32],
    ]
    .concat();
    let protection = Message::parse(&packet).unwrap().protection();
    assert!(protection.integrity().eq([IntegrityAlgorithm::Sha1]));
    let packet = [
        &b"\x00\x03\x00\x2c\x21\x12\xa4\x42abcdefghijkl\x00\x0f\x00\x04\x72\xc6\x4b\xc6\x00\x08\x00\x20"[..],
        &[0; 32],
    ]
    .concat();
    let protection = Dialect::MS_TURN.parse(&packet).unwrap().protection();
    assert!(
        protection
            .integrity()
            .eq([IntegrityAlgorithm::MsTurnSha256])
    );
}

/// A reference, a `Box`, an `Arc` and a pair sign as the key does, in MS-TURN with the hash for which it was derived.
#[test]
fn keys_in_other_types() {
    let credentials = Credentials {
        username: b"user",
        password: b"password",
    };
    let (realm, nonce) = (Realm::new("realm").unwrap(), Nonce::new("nonce").unwrap());
    fn signed<K: HmacKey>(key: K) -> Vec<u8> {
        let mut buffer = Vec::new();
        let header = Header::request(Method::ALLOCATE, ID).in_dialect(Dialect::MS_TURN);
        let writer = MessageWriter::new(&mut buffer, header).unwrap();
        writer.integrity(&key).unwrap().finish().unwrap();
        buffer
    }
    // The header, MAGIC-COOKIE, and the attribute with its tag.
    for (version, len) in [(2, 20 + 8 + 4 + 20), (3, 20 + 8 + 4 + 32)] {
        let key = || Key::ms_turn(&credentials, realm, nonce, version);
        let expected = signed(key());
        assert_eq!(expected.len(), len);
        assert_eq!(signed::<&Key>(&key()), expected);
        assert_eq!(signed(Box::new(key())), expected);
        assert_eq!(signed(Arc::new(key())), expected);
        assert_eq!(signed((key(), "the account of the user")), expected);
    }
}

/// \[MS-ICE2\]: IMPLEMENTATION-VERSION up to 2 is the old format, also in a message without padding.
#[test]
fn the_dialect_of_an_unpadded_message() {
    // SOFTWARE of 5 bytes, then IMPLEMENTATION-VERSION.
    let mut packet =
        *b"\x00\x01\x00\x11\x21\x12\xa4\x42abcdefghijkl\x80\x22\x00\x05agent\x80\x70\x00\x04\x00\x00\x00\x02";
    let expected = Dialect::MS_ICE2_LEGACY.unpadded();
    assert_eq!(Dialect::detect(&packet), Some(expected));
    packet[36] = 3;
    let expected = Dialect::MS_ICE2.unpadded();
    assert_eq!(Dialect::detect(&packet), Some(expected));
}

/// In the dialect in which FINGERPRINT is required, it follows the tag, and the HMAC covers a length that counts it.
/// Other attributes of the same length in its place are not accepted.
#[test]
fn nothing_precedes_a_required_fingerprint() {
    let mut buffer = [0; 64];
    let dialect = Dialect::MS_ICE2_LEGACY;
    let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
    let packet = MessageWriter::new(&mut buffer, header)
        .unwrap()
        .integrity(&key())
        .unwrap()
        .fingerprint()
        .unwrap()
        .finish()
        .unwrap();
    assert!(dialect.parse(packet).unwrap().verify(&key()).is_ok());
    // An attribute of type 0x8FFF and FINGERPRINT, both empty.
    packet[44..].copy_from_slice(b"\x8f\xff\0\0\x80\x28\0\0");
    let message = dialect.parse(packet).unwrap();
    assert_eq!(message.fingerprint(), FingerprintStatus::Invalid);
    assert_eq!(
        message.verify(&key()).err(),
        Some(IntegrityError::NotLast { offset: 20 })
    );
}

/// RFC 8489 §10: a request that names no user is not authenticated as one, so it is not redirected.
#[test]
fn a_request_without_a_user_is_not_redirected() {
    let server = || AlternateServer(([192, 0, 2, 7], 3478).into());
    for (name, dialect, is_redirected) in [
        (None, Dialect::RFC8489, false),
        (Some("user"), Dialect::RFC8489, true),
        (None, Dialect::MS_TURN, false),
    ] {
        let mut buffer = Vec::new();
        let header = Header::request(Method::ALLOCATE, ID).in_dialect(dialect);
        let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
        writer.attribute(&Realm::new("realm").unwrap()).unwrap();
        if let Some(name) = name {
            writer.attribute(&Username::new(name).unwrap()).unwrap();
        }
        let packet = writer.integrity(&key()).unwrap().finish().unwrap();
        let request = dialect.parse(packet).unwrap().verify(&key()).unwrap();
        let key = key();
        let reply = reply::try_alternate(&request, &key, server(), None);
        assert_eq!(reply.is_some(), is_redirected, "{name:?} {dialect}");
    }
}

/// With exactly the room for the header, the missing padding is the reason.
#[test]
fn room_around_a_payload() {
    let number = ChannelNumber::MIN;
    let mut buffer = [0; 9];
    for (start, needed, available) in [(3, 4, 3), (4, 12, 9)] {
        assert_eq!(
            relay::padded_channel_data_in_place(&mut buffer, start..9, number).err(),
            Some(EncodeError::BufferFull { needed, available })
        );
    }
}

/// RFC 8489 §5: the length has 16 bits, so the attributes of a message are at most 65,535 bytes. Without padding they
/// can be as many.
#[test]
fn the_longest_message() {
    let dialect = Dialect::RFC8489.unpadded();
    let value = vec![7; 65_536];
    let write = |buffer: &mut [u8], dialect, before: usize, len: usize| {
        let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
        let mut writer = MessageWriter::new(buffer, header)?;
        writer.attribute(&Data(&value[..before]))?;
        writer.attribute(&Data(&value[..len]))?;
        writer.finish().map(|packet| packet.len())
    };
    let mut buffer = vec![0; 70_000];
    assert_eq!(write(&mut buffer, dialect, 3, 65_524), Ok(65_555));
    // Of all attributes: with their headers and, where there is any, their padding.
    for (dialect, before, len, length) in [
        (dialect, 3, 65_525, 65_536),
        (dialect, 3, 65_535, 65_546),
        (dialect, 3, 65_536, 65_547),
        (Dialect::RFC8489, 3, 65_535, 65_548),
        (Dialect::RFC8489, 3, 65_536, 65_548),
    ] {
        assert_eq!(
            write(&mut buffer, dialect, before, len),
            Err(EncodeError::TooLong { length }),
            "{dialect} {before} {len}"
        );
    }
    // In a buffer that is too small a message of valid length is refused for the buffer.
    for (len, room, needed) in [(65_524, 65_554, 65_555), (1_100, 1_000, 1_131)] {
        assert_eq!(
            write(&mut buffer[..room], dialect, 3, len),
            Err(EncodeError::BufferFull {
                needed,
                available: room as u32
            })
        );
    }
}

/// The length of a message that is too long counts the tag.
#[test]
fn no_room_for_a_tag() {
    let value = vec![7; 65_508];
    let mut buffer = vec![0; 70_000];
    for (len, expected) in [
        (65_508, Err(EncodeError::TooLong { length: 65_536 })),
        (65_504, Ok(65_552)),
    ] {
        let writer = MessageWriter::request(&mut buffer[..], Method::BINDING, ID).unwrap();
        let writer = writer.with(&Data(&value[..len])).unwrap();
        let written = writer.integrity(&key()).and_then(|writer| writer.finish());
        // An attribute of 4 + len bytes, and a tag of 24.
        assert_eq!(written.map(|packet| packet.len()), expected, "{len}");
    }
}

/// The length that the HMAC covers counts the FINGERPRINT that must follow.
#[test]
fn no_room_for_a_required_fingerprint() {
    let value = vec![7; 65_504];
    let mut buffer = vec![0; 70_000];
    for (len, expected) in [
        (65_504, Err(EncodeError::TooLong { length: 65_540 })),
        (65_500, Err(EncodeError::TooLong { length: 65_536 })),
        (65_496, Ok(65_552)),
    ] {
        let dialect = Dialect::MS_ICE2_LEGACY;
        let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
        let writer = MessageWriter::new(&mut buffer[..], header).unwrap();
        let writer = writer.with(&Data(&value[..len])).unwrap();
        let written = writer
            .integrity(&key())
            .and_then(|writer| writer.fingerprint())
            .and_then(|writer| writer.finish())
            .map(|packet| packet.len());
        // An attribute of 4 + len bytes, a tag of 24 and FINGERPRINT of 8.
        assert_eq!(written, expected, "{len}");
    }
}

/// The first attribute of every message of MS-TURN (\[MS-TURN\] 2.2.2.8).
const MS_TURN_MAGIC_COOKIE: &[u8] = b"\x00\x0f\x00\x04\x72\xc6\x4b\xc6";

/// Signing again changes the tags and FINGERPRINT, and refuses those that have another length or are missing.
#[test]
fn what_cannot_be_signed_again() {
    let sign = |dialect: Dialect, attributes: &[u8]| {
        let length = (attributes.len() as u16).to_be_bytes();
        let header = [b"\x00\x01", &length[..], b"\x21\x12\xa4\x42abcdefghijkl"].concat();
        let mut packet = [&header, attributes].concat();
        let result = writer::sign_in_place(&mut packet, dialect, &key());
        if result.is_ok() {
            let message = dialect.parse(&packet).unwrap();
            assert!(message.verify(&key()).is_ok());
            assert_ne!(message.fingerprint(), FingerprintStatus::Invalid);
        }
        result
    };
    let tag = |len: u8| [&[0x00, 0x08, 0x00, len][..], &vec![0; usize::from(len)]].concat();
    let fingerprint = b"\x80\x28\0\x04\0\0\0\0";
    assert_eq!(sign(Dialect::RFC8489, &tag(20)), Ok(()));
    for len in [16, 24, 32] {
        assert_eq!(
            sign(Dialect::RFC8489, &tag(len)),
            Err(EncodeError::NoSuchMessage),
            "{len}"
        );
    }
    let both = [&tag(20)[..], fingerprint].concat();
    assert_eq!(sign(Dialect::RFC8489, &both), Ok(()));
    assert_eq!(sign(Dialect::MS_ICE2_LEGACY, &both), Ok(()));
    assert_eq!(
        sign(Dialect::MS_ICE2_LEGACY, &tag(20)),
        Err(EncodeError::FingerprintMissing)
    );
    // In the dialects whose HMAC is padded with zeros no other attribute may follow the tag.
    let lifetime = b"\0\x0d\0\x04\0\0\0\x01";
    let followed = [&tag(20)[..], lifetime].concat();
    assert_eq!(sign(Dialect::RFC8489, &followed), Ok(()));
    for (dialect, before, after) in [
        (Dialect::RFC3489, &[][..], &[][..]),
        (Dialect::MS_TURN, MS_TURN_MAGIC_COOKIE, &[]),
        (Dialect::MS_ICE2_LEGACY, &[], fingerprint),
    ] {
        let last = [before, &tag(20), after].concat();
        assert_eq!(sign(dialect, &last), Ok(()), "{dialect}");
        assert_eq!(
            sign(dialect, &[before, &followed, after].concat()),
            Err(EncodeError::NoSuchMessage),
            "{dialect}"
        );
    }
}

/// The header of a reply is a created one: its length is zero until the message is finished.
#[test]
fn the_header_of_a_reply() {
    let packet = b"\x00\x01\x00\x08\x21\x12\xa4\x42abcdefghijkl\x00\x24\x00\x04\x00\x00\x00\x07";
    let request = Message::parse(packet).unwrap();
    assert_eq!(request.header().length(), 8);
    let mut buffer = [0; 64];
    let writer = MessageWriter::success_to(&mut buffer, request).unwrap();
    assert_eq!(writer.header().length(), 0);
    assert_eq!(writer.header().transaction_id(), ID);
    assert_eq!(writer.finish().unwrap()[2..4], [0, 0]);
}

/// An attribute of the application that states an impossible length is refused.
#[test]
fn a_length_beyond_all_bounds() {
    struct Huge(usize);
    impl EncodeAttribute for Huge {
        fn wire_type(&self, _: Dialect) -> Option<AttributeType> {
            Some(AttributeType::SOFTWARE)
        }

        fn value_len(&self, _: Context) -> usize {
            self.0
        }

        fn encode(&self, _: &mut [u8], _: Context) {
            panic!("nothing is written");
        }
    }
    for dialect in [
        Dialect::RFC8489,
        Dialect::RFC8489.unpadded(),
        Dialect::RFC3489,
        Dialect::MS_TURN,
    ] {
        for len in [65_536, usize::MAX - 24, usize::MAX] {
            let mut buffer = Vec::new();
            let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
            let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
            let error = writer.attribute(&Huge(len)).err();
            assert!(
                matches!(error, Some(EncodeError::TooLong { length }) if length > 65_535),
                "{dialect} {len}: {error:?}"
            );
        }
    }
}
