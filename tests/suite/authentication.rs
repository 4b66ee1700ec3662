//! Message integrity: the integrity attributes in every combination, truncated tags, keys, password
//! algorithms, GOOG-MESSAGE-INTEGRITY-32, and replies.

use stunwire::Quantity;
use stunwire::attribute::{
    AccessToken, AlternateServer, Attribute, Nonce, PasswordAlgorithm, PasswordAlgorithms,
    Priority, Realm, TokenBlock, UserHash, Username,
};
use stunwire::auth::{self, AlgorithmError};
use stunwire::reply::{self, Challenge};
use stunwire::{
    Class, Code, Context, Credentials, Dialect, EncodeError, ErrorCode, FingerprintStatus, Header,
    IntegrityAlgorithm, IntegrityError, Key, Message, MessageWriter, Method, Policy,
    SecurityFeatures, TransactionId,
};

use crate::support::{ICE_PASSWORD, USER, hex};

const ID: TransactionId = TransactionId::new(*b"abcdefghijkl");

/// A request with a USERNAME, ended by `end`.
fn request(end: impl FnOnce(MessageWriter<'_, Vec<u8>>) -> Result<(), EncodeError>) -> Vec<u8> {
    let mut buffer = Vec::new();
    let header = Header::request(Method::ALLOCATE, ID);
    let mut writer = MessageWriter::new(&mut buffer, header).unwrap();
    writer.attribute(&Username::new("user").unwrap()).unwrap();
    end(writer).unwrap();
    buffer
}

/// The error of a verification that fails.
fn refusal(bytes: &[u8], key: &Key, policy: &Policy) -> IntegrityError {
    let message = Message::parse(bytes).unwrap();
    message.verify_with(key, policy).unwrap_err()
}

/// The byte range of the value of the attribute with this code.
fn value_of(bytes: &[u8], code: u16) -> core::ops::Range<usize> {
    let message = Message::parse(bytes).unwrap();
    let found = message
        .all_attributes()
        .find(|raw| raw.ty().as_u16() == code)
        .unwrap();
    found.range()
}

#[test]
fn both_integrity_attributes() {
    let key = Key::short_term("secret");
    let bytes = request(|writer| {
        let writer = writer.integrity(&key)?.integrity_sha256(&key)?;
        writer.fingerprint()?.finish().map(drop)
    });
    let verified = Message::parse(&bytes).unwrap().verify(&key).unwrap();
    assert_eq!(verified.algorithm(), IntegrityAlgorithm::Sha256 { len: 32 });
    // The SHA-256 tag covers the SHA-1 tag, but neither itself nor FINGERPRINT.
    let codes: Vec<u16> = verified.attributes().map(|raw| raw.ty().as_u16()).collect();
    assert_eq!(codes, [0x0006, 0x0008]);

    // An invalid SHA-256 tag is not made up for by a valid SHA-1 tag.
    let mut bad = bytes.clone();
    bad[value_of(&bytes, 0x001C).start] ^= 1;
    assert!(matches!(
        Message::parse(&bad).unwrap().verify(&key),
        Err(IntegrityError::Mismatch { .. })
    ));
    // A changed SHA-1 tag makes the SHA-256 tag invalid, which covers it.
    let mut bad = bytes.clone();
    bad[value_of(&bytes, 0x0008).start] ^= 1;
    assert!(Message::parse(&bad).unwrap().verify(&key).is_err());
}

#[test]
fn truncated_tags() {
    let key = Key::short_term("secret");
    for len in 0..=40 {
        let mut buffer = Vec::new();
        let header = Header::request(Method::BINDING, ID);
        let writer = MessageWriter::new(&mut buffer, header).unwrap();
        let written = writer
            .integrity_sha256_truncated(&key, len)
            .and_then(MessageWriter::finish)
            .map(drop);
        let allowed = (16..=32).contains(&len) && len % 4 == 0;
        assert_eq!(written.is_ok(), allowed, "{len}");
        if !allowed {
            assert!(buffer.is_empty());
            continue;
        }
        let message = Message::parse(&buffer).unwrap();
        for minimum in [0, 16, 20, 24, 28, 32] {
            let policy = Policy::default().sha256_min_len(minimum);
            let verified = message.verify_with(&key, &policy);
            assert_eq!(verified.is_ok(), len >= minimum, "{len} of {minimum}");
        }
        assert_eq!(message.verify(&key).is_ok(), len == 32);
    }
    // Lengths that RFC 8489 does not define are refused, whatever the policy.
    for len in [0_u8, 4, 12, 15, 17, 33, 36] {
        let mut bytes = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl\x00\x1c\x00".to_vec();
        bytes.push(len);
        bytes.resize(24 + usize::from(len).next_multiple_of(4), 0);
        let length = (bytes.len() - 20) as u8;
        bytes[3] = length;
        let policy = Policy::default().sha256_min_len(0);
        assert_eq!(
            refusal(&bytes, &key, &policy),
            IntegrityError::TagLength {
                offset: 20,
                length: u16::from(len)
            }
        );
    }
}

#[test]
fn sha1_tags_of_other_lengths_are_refused() {
    let key = Key::short_term("secret");
    for len in [0_usize, 4, 16, 19, 21, 24, 32] {
        let mut bytes = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl\x00\x08\x00".to_vec();
        bytes.push(len as u8);
        bytes.resize(24 + len.next_multiple_of(4), 0);
        bytes[3] = (bytes.len() - 20) as u8;
        let verified = Message::parse(&bytes).unwrap().verify(&key);
        assert!(
            matches!(verified, Err(IntegrityError::TagLength { .. })),
            "{len}"
        );
    }
}

#[test]
fn sha256_only() {
    let key = Key::short_term("secret");
    let sha1 = request(|writer| writer.integrity(&key)?.finish().map(drop));
    let message = Message::parse(&sha1).unwrap();
    assert!(message.verify(&key).is_ok());
    assert_eq!(
        message
            .verify_with(&key, &Policy::default().sha256_only())
            .unwrap_err(),
        IntegrityError::Missing
    );
}

#[test]
fn a_second_username() {
    let key = Key::short_term("secret");
    let bytes = request(|mut writer| {
        writer.attribute(&Username::new("other")?)?;
        writer.integrity(&key)?.finish().map(drop)
    });
    let verified = Message::parse(&bytes).unwrap().verify(&key).unwrap();
    let user = verified.get::<Username>().unwrap().unwrap();
    assert_eq!(user.as_str(), Ok("user"));
}

#[test]
fn a_second_integrity() {
    let key = Key::short_term("secret");
    let mut bytes = request(|writer| writer.integrity(&key)?.finish().map(drop));
    let tag = bytes[28..].to_vec();
    bytes.extend_from_slice(&tag);
    bytes[3] += 24;
    // The first tag is used and is valid; the second one is ignored.
    let message = Message::parse(&bytes).unwrap();
    assert!(message.verify(&key).is_ok());
    assert_eq!(message.attributes().count(), 2);
    // An invalid first tag is not made up for by a valid second one.
    bytes[32] ^= 1;
    assert!(Message::parse(&bytes).unwrap().verify(&key).is_err());
}

/// libwebrtc's samples of GOOG-MESSAGE-INTEGRITY-32: `stun_unittest.cc`, recomputed with
/// Python's hmac.
#[test]
fn goog_message_integrity_32() {
    let key = Key::short_term(ICE_PASSWORD);
    for bytes in crate::published::libwebrtc_goog_32() {
        let message = Message::parse(&bytes).unwrap();
        let end = value_of(&bytes, 0xC060).start - 4;
        // The samples are Binding messages; only a GOOG-PING is protected by 4 bytes alone.
        assert_eq!(message.verify(&key).unwrap_err(), IntegrityError::Missing);
        let ping = message.verify_goog_ping(&key);
        assert_eq!(ping.unwrap_err(), IntegrityError::Missing);

        let mut copy = Vec::new();
        let mut writer = MessageWriter::new(&mut copy, message.header()).unwrap();
        for raw in message.attributes().take_while(|raw| raw.offset() < end) {
            writer.raw(&raw).unwrap();
        }
        writer.goog_integrity_32(&key).unwrap().finish().unwrap();
        assert_eq!(copy[4..], bytes[4..end + 8]);
    }
}

/// GOOG-MESSAGE-INTEGRITY-32 is 4 bytes long: the 20 bytes of an HMAC-SHA1 are refused.
#[test]
fn goog_message_integrity_32_of_other_lengths_is_refused() {
    let key = Key::short_term(ICE_PASSWORD);
    let mut bytes = Vec::new();
    let writer = MessageWriter::request(&mut bytes, Method::GOOG_PING, ID).unwrap();
    writer.integrity(&key).unwrap().finish().unwrap();
    let at = value_of(&bytes, 0x0008).start - 4;
    bytes[at..at + 2].copy_from_slice(&0xC060_u16.to_be_bytes());
    let ping = Message::parse(&bytes).unwrap().verify_goog_ping(&key);
    assert_eq!(
        ping.unwrap_err(),
        IntegrityError::TagLength {
            offset: at as u32,
            length: 20
        }
    );
}

/// Dialects in which nothing, or only FINGERPRINT, may follow the tag define neither the SHA-256 tag nor
/// Google's: such an attribute is not an integrity attribute there, whatever the key and the policy.
#[test]
fn tags_unknown_to_the_dialect_are_ignored() {
    let key = Key::short_term(ICE_PASSWORD);
    let policy = Policy::default();
    for dialect in [
        Dialect::RFC3489,
        Dialect::RFC3489.padded(),
        Dialect::MS_TURN,
        Dialect::MS_ICE2_LEGACY,
    ] {
        for (ty, len) in [(0x001C_u16, 32_u16), (0xC060, 4)] {
            let mut alone = Vec::new();
            let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
            MessageWriter::new(&mut alone, header)
                .unwrap()
                .finish()
                .unwrap();
            let header = [ty.to_be_bytes(), len.to_be_bytes()].concat();
            alone.extend([&header[..], &vec![0; len.into()]].concat());
            let length = (alone.len() - 20) as u16;
            alone[2..4].copy_from_slice(&length.to_be_bytes());
            let message = dialect.parse(&alone).unwrap();
            assert_eq!(
                message.verify_with(&key, &policy).unwrap_err(),
                IntegrityError::Missing,
                "{dialect} {ty:#06x}"
            );
        }
    }
}

/// GOOG-PING: the tag and nothing else, 28 bytes. The tag was computed with Python's hmac.
#[test]
fn goog_ping() {
    let id = TransactionId::new(*b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae");
    let key = Key::short_term(ICE_PASSWORD);
    for (header, expected) in [
        (
            Header::request(Method::GOOG_PING, id),
            "020000082112a442b7e7a701bc34d686fa87dfaec06000045a8314ec",
        ),
        (
            Header::success(Method::GOOG_PING, id),
            "030000082112a442b7e7a701bc34d686fa87dfaec0600004cfcebc4b",
        ),
    ] {
        let mut buffer = [0xAA; 28];
        let ping = MessageWriter::new(&mut buffer, header).unwrap();
        let ping = ping.goog_integrity_32(&key).unwrap().finish().unwrap();
        assert_eq!(ping, hex(expected));
    }
}

/// RFC 5769 §2.4 and RFC 8489 B.1 from the password that the user types.
#[cfg(feature = "precis")]
#[test]
fn unprepared_passwords() {
    let typed = "The\u{AD}M\u{AA}tr\u{2168}";
    let password = auth::prepare::saslprep(typed).unwrap();
    assert_eq!(password, crate::support::PASSWORD);
    let bytes = crate::support::rfc5769_long_term();
    let key = Key::long_term(
        &Credentials {
            username: USER,
            password: &*password,
        },
        "example.org",
    );
    assert!(Message::parse(&bytes).unwrap().verify(&key).is_ok());
    let bytes = crate::support::rfc8489_b1();
    let key = Key::long_term_sha256(
        &Credentials {
            username: USER,
            password: &*password,
        },
        "example.org",
    );
    assert!(Message::parse(&bytes).unwrap().verify(&key).is_ok());
    // OpaqueString does not remove the soft hyphen, as SASLprep does, but refuses it.
    assert!(auth::prepare::opaque_string(typed).is_err());
    assert_eq!(
        auth::prepare::opaque_string("plain ASCII").unwrap(),
        "plain ASCII"
    );
}

#[test]
fn userhash() {
    // RFC 8489 B.1, and SHA-256 of the same text by Python's hashlib.
    let hash = UserHash::of(USER, "example.org");
    let expected = hex("4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704");
    assert_eq!(hash.0, *expected);
    assert!(hash.is(USER, "example.org"));
    assert!(!hash.is(USER, "example.com"));
    assert!(!hash.is("user", "example.org"));
}

fn with_algorithms(
    nonce: &str,
    list: Option<&[PasswordAlgorithm<'_>]>,
    choice: Option<PasswordAlgorithm<'_>>,
) -> Vec<u8> {
    request(|mut writer| {
        writer.attribute(&Nonce::new(nonce)?)?;
        if let Some(list) = list {
            writer.attribute(&PasswordAlgorithms::of(list))?;
        }
        if let Some(choice) = choice {
            writer.attribute(&choice)?;
        }
        writer.finish().map(drop)
    })
}

/// RFC 8489 §9.2.4, step 3.
#[test]
fn a_server_detects_bid_down() {
    const MD5: PasswordAlgorithm<'_> = PasswordAlgorithm::MD5;
    const SHA256: PasswordAlgorithm<'_> = PasswordAlgorithm::SHA256;
    let offered = [SHA256, MD5];
    let unknown = PasswordAlgorithm::new(7, &[]);
    let offers_algorithms = "obMatJos2gAAAfresh";
    let cases = [
        ("fresh", None, None, Ok(MD5)),
        // Without the bit in the nonce the attributes are ignored.
        ("fresh", Some(&[MD5][..]), Some(MD5), Ok(MD5)),
        (offers_algorithms, None, None, Ok(MD5)),
        (
            offers_algorithms,
            Some(&offered[..]),
            Some(SHA256),
            Ok(SHA256),
        ),
        (offers_algorithms, Some(&offered[..]), Some(MD5), Ok(MD5)),
        (
            offers_algorithms,
            Some(&[MD5][..]),
            Some(MD5),
            Err(AlgorithmError::ListChanged),
        ),
        (
            offers_algorithms,
            Some(&[MD5, SHA256][..]),
            Some(MD5),
            Err(AlgorithmError::ListChanged),
        ),
        (
            offers_algorithms,
            Some(&offered[..]),
            Some(unknown),
            Err(AlgorithmError::NotOffered),
        ),
        (
            offers_algorithms,
            Some(&offered[..]),
            None,
            Err(AlgorithmError::OneMissing),
        ),
        (
            offers_algorithms,
            None,
            Some(SHA256),
            Err(AlgorithmError::OneMissing),
        ),
    ];
    for (nonce, list, choice, expected) in cases {
        let bytes = with_algorithms(nonce, list, choice);
        let message = Message::parse(&bytes).unwrap();
        let found = auth::password_algorithm(&message, &offered);
        assert_eq!(found, expected, "{nonce}, {list:?}, {choice:?}");
    }
    // Without either attribute the algorithm is MD5, which the server may not have offered.
    let bytes = with_algorithms(offers_algorithms, None, None);
    let message = Message::parse(&bytes).unwrap();
    let found = auth::password_algorithm(&message, &[SHA256]);
    assert_eq!(found, Err(AlgorithmError::NotOffered));
    assert!(
        Key::long_term_by(
            SHA256,
            &Credentials {
                username: "u",
                password: "p"
            },
            "r"
        )
        .is_some()
    );
    assert!(
        Key::long_term_by(
            unknown,
            &Credentials {
                username: "u",
                password: "p"
            },
            "r"
        )
        .is_none()
    );
}

/// RFC 8489 §9.2.5: the client's checks.
#[test]
fn a_client_detects_a_removed_algorithm_list() {
    const MD5: PasswordAlgorithm<'_> = PasswordAlgorithm::MD5;
    const SHA256: PasswordAlgorithm<'_> = PasswordAlgorithm::SHA256;
    let unknown = PasswordAlgorithm::new(7, &[]);
    for (nonce, list, expected) in [
        ("fresh", None, Ok(None)),
        ("obMatJos2gAAAfresh", None, Err(AlgorithmError::ListMissing)),
        ("obMatJos2AAABfresh", None, Err(AlgorithmError::ListMissing)),
        ("obMatJos2QAAAfresh", None, Ok(None)),
        (
            "obMatJos2gAAAfresh",
            Some(&[SHA256, MD5][..]),
            Ok(Some(SHA256)),
        ),
        (
            "obMatJos2gAAAfresh",
            Some(&[MD5, SHA256][..]),
            Ok(Some(MD5)),
        ),
        (
            "obMatJos2gAAAfresh",
            Some(&[unknown, MD5][..]),
            Ok(Some(MD5)),
        ),
        (
            "obMatJos2gAAAfresh",
            Some(&[unknown][..]),
            Err(AlgorithmError::NoneSupported),
        ),
    ] {
        let bytes = with_algorithms(nonce, list, None);
        let message = Message::parse(&bytes).unwrap();
        let found = auth::choose_algorithm(&message, |theirs| [MD5, SHA256].contains(theirs));
        assert_eq!(found, expected, "{nonce}, {list:?}");
    }
}

/// §9.2.4: if the request has PASSWORD-ALGORITHM, the reply has MESSAGE-INTEGRITY-SHA256, whatever integrity
/// attribute the request has.
#[test]
fn a_chosen_password_algorithm_implies_sha256_in_the_reply() {
    let key = Key::short_term("secret");
    const MD5: PasswordAlgorithm<'_> = PasswordAlgorithm::MD5;
    for (nonce, choice, expected) in [
        ("obMatJos2gAAAfresh", None, IntegrityAlgorithm::Sha1),
        // Without the bit in the nonce the attribute is ignored.
        ("fresh", Some(MD5), IntegrityAlgorithm::Sha1),
        (
            "obMatJos2gAAAfresh",
            Some(MD5),
            IntegrityAlgorithm::Sha256 { len: 32 },
        ),
    ] {
        let bytes = request(|mut writer| {
            writer.attribute(&Nonce::new(nonce)?)?;
            if let Some(choice) = choice {
                writer.attribute(&choice)?;
            }
            writer.integrity(&key)?.finish().map(drop)
        });
        let request = Message::parse(&bytes).unwrap().verify(&key).unwrap();
        let mut reply = Vec::new();
        let writer = MessageWriter::success_to(&mut reply, &request).unwrap();
        writer
            .integrity_like(&request, &key)
            .unwrap()
            .finish()
            .unwrap();
        let reply = Message::parse(&reply).unwrap();
        assert_eq!(reply.attributes().count(), 1);
        assert_eq!(reply.verify(&key).unwrap().algorithm(), expected);
    }
}

#[test]
fn challenges() {
    let request = Header::request(Method::ALLOCATE, ID);
    let offered = [PasswordAlgorithm::SHA256, PasswordAlgorithm::MD5];
    assert_eq!(
        Challenge::with_algorithms("example.org", "plain", &offered).unwrap_err(),
        EncodeError::NonceWithoutFeature
    );
    let mut nonce = SecurityFeatures::PASSWORD_ALGORITHMS.cookie().to_vec();
    nonce.extend_from_slice(b"fresh");
    assert_eq!(
        Challenge::with_algorithms("example.org", &nonce, &[]).unwrap_err(),
        EncodeError::AlgorithmsMissing
    );
    let challenge = Challenge::with_algorithms("example.org", &nonce, &offered).unwrap();
    for code in [401, 438] {
        let mut out = Vec::new();
        let reply = match code {
            401 => challenge.unauthenticated(request),
            _ => challenge.stale_nonce(request),
        };
        reply.write(&mut out).unwrap();
        let reply = Message::parse(&out).unwrap();
        assert_eq!(reply.class(), Class::ErrorResponse);
        assert_eq!(
            reply.get::<ErrorCode>().unwrap().unwrap().code().as_u16(),
            code
        );
        assert!(reply.get::<Realm>().unwrap().is_some());
        let list = reply.get::<PasswordAlgorithms>().unwrap().unwrap();
        assert!(list.iter().eq(offered));
        let codes: Vec<u16> = reply
            .all_attributes()
            .map(|raw| raw.ty().as_u16())
            .collect();
        assert_eq!(codes, [0x0009, 0x0014, 0x0015, 0x8002]);
    }
}

/// A reply can be written after the request was dropped; algorithms of other dialects are refused.
#[test]
fn replies_with_an_explicit_algorithm() {
    let key = Key::short_term("secret");
    let bytes = request(|writer| writer.integrity_sha256(&key)?.finish().map(drop));
    let verified = Message::parse(&bytes).unwrap().verify(&key).unwrap();
    let (header, algorithm) = (verified.header(), verified.reply_algorithm());
    drop(bytes);
    let write = |header: Header, algorithm| {
        let mut reply = Vec::new();
        let writer = MessageWriter::success_to(&mut reply, header).unwrap();
        let written = writer.integrity_with(algorithm, &key)?.finish().map(drop);
        written.map(|()| reply)
    };
    let reply = write(header, algorithm).unwrap();
    let reply = Message::parse(&reply).unwrap().verify(&key).unwrap();
    assert_eq!(reply.algorithm(), algorithm);
    for len in [0, 15, 17, 33, 255] {
        assert_eq!(
            write(header, IntegrityAlgorithm::Sha256 { len }),
            Err(EncodeError::OutOfRange {
                quantity: Quantity::TagLength,
                value: u32::from(len),
                min: 16,
                max: 32
            })
        );
    }
    assert_eq!(
        write(header, IntegrityAlgorithm::MsTurnSha256),
        Err(EncodeError::NotInDialect)
    );
    let microsofts = header.in_dialect(Dialect::MS_TURN);
    assert!(write(microsofts, IntegrityAlgorithm::MsTurnSha256).is_ok());
    assert_eq!(
        write(microsofts, IntegrityAlgorithm::Goog32),
        Err(EncodeError::NotInDialect)
    );
}

/// Replies have the sizes that the documentation of `reply` states.
#[test]
fn replies_stay_small() {
    let size = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        assert!(Message::parse(&out).is_ok());
        out.len()
    };
    let header = Header::request(Method::BINDING, ID);
    assert_eq!(
        size(&|out| {
            reply::bad_request(header).write(out).unwrap();
        }),
        40
    );
    // The smallest request with this many attributes.
    let unknown = |count: u16| {
        let length = (4 * count).to_be_bytes();
        let mut bytes = [&[0, 1], &length[..], ID.as_bytes()].concat();
        // Comprehension-required types that are not assigned.
        for ty in 0x4000..0x4000 + count {
            bytes.extend_from_slice(&ty.to_be_bytes());
            bytes.extend_from_slice(&[0, 0]);
        }
        let request = Message::parse(&bytes).unwrap();
        size(&|out| {
            let reply = reply::unknown_attributes(&request, &[]).unwrap();
            reply.write(out).unwrap();
        })
    };
    assert_eq!(unknown(1), 56);
    assert_eq!(unknown(16), 84);
    assert_eq!(unknown(17), 84);
    assert_eq!(unknown(0x3FFF), 84);
    let challenge = Challenge::new("", "").unwrap();
    let challenge = size(&|out| {
        challenge.unauthenticated(header).write(out).unwrap();
    });
    assert_eq!(challenge, 52);
}

#[test]
fn signed_replies() {
    let key = Key::short_term("secret");
    let bytes = request(|mut writer| {
        writer.attribute(&Username::new("user")?)?;
        writer.attribute(&Priority(1))?;
        writer.integrity_sha256(&key)?.finish().map(drop)
    });
    let request = Message::parse(&bytes).unwrap().verify(&key).unwrap();
    let mut out = Vec::new();
    reply::role_conflict((&request, &key))
        .write(&mut out)
        .unwrap();
    let reply = Message::parse(&out).unwrap();
    // The request has no FINGERPRINT.
    assert_eq!(reply.fingerprint(), FingerprintStatus::Absent);
    let reply = reply.verify(&key).unwrap();
    assert_eq!(
        reply.get::<ErrorCode>().unwrap().unwrap().code(),
        Code::ROLE_CONFLICT
    );

    let server = AlternateServer("192.0.2.7:3478".parse().unwrap());
    let mut out = Vec::new();
    let reply = reply::try_alternate(&request, &key, server, None).unwrap();
    reply.write(&mut out).unwrap();
    let reply = Message::parse(&out).unwrap().verify(&key).unwrap();
    assert_eq!(reply.get().unwrap(), Some(server));
    assert_eq!(
        reply.get::<ErrorCode>().unwrap().unwrap().code(),
        Code::TRY_ALTERNATE
    );
}

#[test]
fn only_requests_get_replies() {
    let key = Key::short_term("secret");
    for header in [
        Header::indication(Method::BINDING, ID),
        Header::success(Method::BINDING, ID),
        Header::error(Method::BINDING, ID),
    ] {
        let mut bytes = Vec::new();
        let writer = MessageWriter::new(&mut bytes, header).unwrap();
        writer.integrity(&key).unwrap().finish().unwrap();
        let verified = Message::parse(&bytes).unwrap().verify(&key).unwrap();
        let challenge = Challenge::new("realm", "nonce").unwrap();
        let mut out = Vec::new();
        for reply in [
            reply::bad_request(header),
            challenge.unauthenticated(header),
            challenge.stale_nonce(header),
            reply::role_conflict((&verified, &key)),
        ] {
            let written = reply.write(&mut out).map(drop);
            assert_eq!(written, Err(EncodeError::NotARequest));
        }
        let success = MessageWriter::success_to(&mut out, header).map(drop);
        assert_eq!(success, Err(EncodeError::NotARequest));
        assert!(out.is_empty());
    }
}

/// The token of coturn's examples (`oauth.sh`), as an attribute; decrypted with Python's
/// cryptography under the key and the server name that the script states.
#[test]
fn access_token() {
    let token = hex("000c b52416152e8d7a8aaf6015d1
         f2ca49e6c794ff2eaf5895bc6051d2dc4ad3854b41fcc611dc78738bd9fe3dab1a78
         b81a46bae2de2ea93e45c01ae6e3f611");
    let context = Context::new(ID, Dialect::RFC8489);
    let read = AccessToken::decode(&token, context).unwrap();
    assert_eq!(read.nonce(), hex("b52416152e8d7a8aaf6015d1"));
    assert_eq!(read.encrypted().len(), 34 + 16);
    let plain = hex("0014 5a6b736a7077656f6978586d766e36373533346d 00000edaf8f00000 00000e10");
    assert_eq!(plain.len(), 34);
    let block = TokenBlock::parse(&plain).unwrap();
    assert_eq!(block.mac_key(), b"ZksjpweoixXmvn67534m");
    assert_eq!(block.timestamp().as_secs(), 249_231_600);
    assert_eq!(block.lifetime().as_secs(), 3600);
    assert!(!format!("{block:?}").contains("Zksj"));
    // A nonce or a key whose length exceeds the value.
    for length in [13_u16, 63, 64, 0x7FFF, 0xFFFF] {
        let mut bad = token.clone();
        bad[..2].copy_from_slice(&length.to_be_bytes());
        let fits = usize::from(length) <= token.len() - 2;
        assert_eq!(AccessToken::decode(&bad, context).is_ok(), fits, "{length}");
        let mut bad = plain.clone();
        bad[..2].copy_from_slice(&length.to_be_bytes());
        // 12 bytes of times follow the key; any further bytes are ignored.
        assert_eq!(TokenBlock::parse(&bad).is_ok(), length <= 20, "{length}");
    }
    for end in 0..plain.len() {
        assert!(TokenBlock::parse(&plain[..end]).is_err());
    }
}

/// Constructors enforce the RFC's limits; decoding accepts longer values.
#[test]
fn constructors_enforce_limits() {
    let long = "x".repeat(600);
    assert!(Username::new(&long[..508]).is_ok());
    assert!(matches!(
        Username::new(&long[..509]),
        Err(EncodeError::ValueTooLong {
            length: 509,
            max: 508,
            ..
        })
    ));
    assert!(Realm::new(&long[..127]).is_ok());
    assert!(Realm::new(&long[..128]).is_err());
    let four_byte_characters = "\u{1F600}".repeat(127);
    assert!(Realm::new(&four_byte_characters).is_ok());
    assert!(Realm::new(&"\u{1F600}".repeat(128)).is_err());
    assert_eq!(Code::new(99), None);
    assert_eq!(Code::new(700), None);
    assert_eq!(Code::new(699).map(Code::as_u16), Some(699));
    assert!(ErrorCode::new(Code::BAD_REQUEST, &long[..127]).is_ok());
    assert!(ErrorCode::new(Code::BAD_REQUEST, &long[..128]).is_err());
    let context = Context::new(ID, Dialect::RFC8489);
    assert!(Username::decode(long.as_bytes(), context).is_ok());
}

/// Neither a key nor a password is printed.
#[test]
fn secrets_are_not_printed() {
    let key = Key::short_term("hunter2");
    assert_eq!(format!("{key:?}"), "Key(..)");
    let bytes = hex("01020010 2112a442 616263646566676869 6a6b6c 00070007 68756e74657232 00")
        .into_iter()
        .collect::<Vec<u8>>();
    let mut bytes = bytes;
    bytes[3] = (bytes.len() - 20) as u8;
    let message = Message::parse(&bytes).unwrap();
    let raw = message.attributes().next().unwrap();
    for text in [
        message.to_string(),
        format!("{message:?}"),
        raw.to_string(),
        format!("{raw:#}"),
        format!("{raw:?}"),
        format!("{:?}", raw.to_any().unwrap()),
    ] {
        assert!(
            !text.contains("hunter2") && !text.contains("68756e"),
            "{text}"
        );
    }
}
