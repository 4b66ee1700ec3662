//! Edges that a small change of the code would move without another test noticing.

use stunwire::attribute::{Nonce, PasswordAlgorithm, Priority, Username};
use stunwire::framing::{Framing, Rfc4571, Sniffed, sniff};
use stunwire::reply::Challenge;
use stunwire::{
    Dialect, EncodeError, Header, IntegrityAlgorithm, Key, Message, MessageWriter, Method,
    ParseError, Policy, Protection, SecurityFeatures, TransactionId,
};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

fn key() -> Key {
    Key::short_term("secret")
}

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
/// these content types are recognised in a frame of RFC 4571.
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
