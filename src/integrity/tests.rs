//! Verification against edits that an attacker on the path can make.

use std::vec::Vec;

use crate::attribute::{AttributeType, Nonce, PasswordAlgorithm, PasswordAlgorithms, Username};
use crate::{
    Class, Credentials, Dialect, Header, HmacAlgorithm, HmacFn, HmacKey, IntegrityAlgorithm,
    IntegrityError, Key, Message, MessageWriter, Method, Policy, Protection, SecurityFeatures,
    TransactionId,
};

const ID: TransactionId = TransactionId::new(*b"not a secret");

fn key() -> Key {
    Key::short_term("VOkJxbRl1RmTxUk/WvJxBt")
}

/// A signed check of MS-ICE2's legacy form with a username of `len` bytes.
fn legacy_check(dialect: Dialect, len: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
    let mut writer = MessageWriter::new(&mut out, header).unwrap();
    let name = [b'u'; 64];
    writer
        .attribute(&Username::new(&name[..len]).unwrap())
        .unwrap();
    let writer = writer.integrity(&key()).unwrap();
    writer.fingerprint().unwrap().finish().unwrap();
    out
}

fn offset_of(message: &Message<'_>, ty: AttributeType) -> usize {
    let raw = message.all_attributes().find(|raw| raw.ty() == ty);
    raw.unwrap().offset()
}

// The HMAC covers zeros up to a multiple of 64 bytes, and a length that includes the FINGERPRINT after the tag:
// eight zero bytes before the tag instead of FINGERPRINT change neither.
#[test]
fn zeros_instead_of_fingerprint() {
    for dialect in [Dialect::MS_ICE2_LEGACY, Dialect::MS_ICE2_LEGACY.unpadded()] {
        let mut tried = 0;
        // Fewer under Miri, which is slow.
        let step = if cfg!(miri) { 9 } else { 1 };
        for len in (0..64).step_by(step) {
            let mut bytes = legacy_check(dialect, len);
            let message = dialect.parse(&bytes).unwrap();
            assert!(message.verify(&key()).is_ok());
            let tag = offset_of(&message, AttributeType::MESSAGE_INTEGRITY);
            bytes.truncate(bytes.len() - 8);
            bytes.splice(tag..tag, [0; 8]);
            if let Ok(message) = dialect.parse(&bytes) {
                tried += 1;
                let error = message.verify(&key()).unwrap_err();
                assert_eq!(
                    error,
                    IntegrityError::NotLast {
                        offset: tag as u32 + 8
                    },
                    "{dialect} {len}"
                );
            }
        }
        assert!(tried > 10 / step, "{dialect} {tried}");
    }
}

// In dialects that hash the header's length as sent and allow nothing after the tag, nothing follows it.
#[test]
fn what_follows_the_tag_in_dialects_with_zero_padded_input() {
    for (dialect, trailing) in [
        (Dialect::RFC3489, "80220004 61626364"),
        (Dialect::RFC3489.padded(), "80220004 61626364"),
        (Dialect::MS_TURN, "80220004 61626364"),
        (Dialect::MS_ICE2_LEGACY, ""),
        (Dialect::MS_ICE2_LEGACY, "80220004 61626364"),
        (
            Dialect::MS_ICE2_LEGACY,
            "80280004 61626364 80220004 61626364",
        ),
    ] {
        let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
        // Signed by a sender that hashes the header's length without checking that the tag is last.
        let mut out = Vec::new();
        MessageWriter::new(&mut out, header)
            .unwrap()
            .finish()
            .unwrap();
        let trailing = hex(trailing);
        let length = (out.len() - 20 + 24 + trailing.len()) as u16;
        out[2..4].copy_from_slice(&length.to_be_bytes());
        let mut text = out.clone();
        text.resize(out.len().next_multiple_of(64), 0);
        let tag = key().hmac(HmacAlgorithm::Sha1, &[&text]);
        let offset = out.len() as u32;
        out.extend(hex("00080014"));
        out.extend(tag.as_bytes().unwrap());
        out.extend(trailing);
        let message = dialect.parse(&out).unwrap();
        assert_eq!(
            message.verify(&key()).unwrap_err(),
            IntegrityError::NotLast { offset },
            "{dialect}"
        );
    }
}

// An empty key is probably an application's mistake, and known to every attacker.
#[test]
fn empty_keys() {
    let mut out = Vec::new();
    let check = |key: &dyn HmacKey, out: &mut Vec<u8>| {
        let writer = MessageWriter::new(out, Header::request(Method::BINDING, ID)).unwrap();
        writer.integrity(key)?.finish().map(|_| ())
    };
    // An HMAC under the empty key, computed by other code.
    let empty = HmacFn::new(|_, segments: &[&[u8]]| sha1(b"", segments));
    check(&empty, &mut out).unwrap();
    let message = Message::parse(&out).unwrap();
    for key in [Key::short_term(""), Key::from_bytes(&[]), {
        let mut key = Key::short_term("");
        key.prepare_all();
        key
    }] {
        assert_eq!(message.verify(&key).unwrap_err(), IntegrityError::NoHmac);
        let error = check(&key, &mut Vec::new()).unwrap_err();
        assert_eq!(error, crate::EncodeError::NoHmac);
    }
}

fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .collect();
    digits
        .chunks(2)
        .map(|pair| (pair[0] << 4 | pair[1]) as u8)
        .collect()
}

fn sha1(secret: &[u8], segments: &[&[u8]]) -> [u8; 20] {
    use hmac::{KeyInit, Mac};
    let mut hmac = hmac::Hmac::<sha1::Sha1>::new_from_slice(secret).unwrap();
    segments.iter().for_each(|segment| hmac.update(segment));
    hmac.finalize().into_bytes().into()
}

fn request(sign: impl FnOnce(MessageWriter<'_, Vec<u8>>)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = MessageWriter::new(&mut out, Header::request(Method::BINDING, ID)).unwrap();
    writer.attribute(&Username::new("user").unwrap()).unwrap();
    sign(writer);
    out
}

// An application's `HmacKey` gives the same bytes as `Key`, in every dialect, for an external payload and through
// an `Arc`, and gets no empty segment.
#[test]
fn keys_of_the_application() {
    let secret = b"VOkJxbRl1RmTxUk/WvJxBt";
    let provider = HmacFn::new(|algorithm, segments: &[&[u8]]| {
        assert_eq!(algorithm, HmacAlgorithm::Sha1);
        assert!(segments.len() <= 5 && segments.iter().all(|segment| !segment.is_empty()));
        sha1(secret, segments)
    });
    let provider: std::sync::Arc<dyn HmacKey> = std::sync::Arc::new(provider);
    for dialect in [
        Dialect::RFC8489,
        Dialect::RFC3489,
        Dialect::MS_TURN,
        Dialect::MS_ICE2,
        Dialect::MS_ICE2_LEGACY,
        Dialect::MS_ICE2_LEGACY.unpadded(),
    ] {
        // Fewer under Miri, which is slow.
        for len in (0..80).step_by(if cfg!(miri) { 39 } else { 1 }) {
            let write = |key: &dyn HmacKey| {
                let mut out = Vec::new();
                let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
                let mut writer = MessageWriter::new(&mut out, header).unwrap();
                let name = [b'u'; 80];
                writer
                    .attribute(&Username::new(&name[..len]).unwrap())
                    .unwrap();
                let writer = writer.integrity(key).unwrap();
                match dialect {
                    Dialect::RFC3489 | Dialect::MS_TURN => writer.finish(),
                    _ => writer.fingerprint().unwrap().finish(),
                }
                .unwrap();
                out
            };
            let bytes = write(&provider);
            assert_eq!(bytes, write(&key()), "{dialect} {len}");
            let message = dialect.parse(&bytes).unwrap();
            assert!(message.verify(&provider).is_ok() && message.verify(&key()).is_ok());
            // In two steps the covered bytes give the same HMAC.
            let check = message.integrity_check(&Policy::default()).unwrap();
            let hmac = sha1(secret, &check.segments());
            assert!(check.verify(hmac).is_ok());
            let offset = offset_of(&message, AttributeType::MESSAGE_INTEGRITY) as u32;
            let mismatch = IntegrityError::Mismatch { offset };
            assert_eq!(check.verify([0; 20]).unwrap_err(), mismatch);
        }
    }
    let payload = [7; 133];
    let mut buffers = [[0; 64]; 2];
    let [first, second] = &mut buffers;
    let header = Header::indication(Method::DATA, ID);
    let write = |buffer, key: &dyn HmacKey| {
        let writer = MessageWriter::new(buffer, header)
            .unwrap()
            .payload(&payload)
            .unwrap();
        writer
            .integrity(key)
            .unwrap()
            .finish()
            .unwrap()
            .as_slices()
            .concat()
    };
    assert_eq!(
        write(&mut first[..], &provider),
        write(&mut second[..], &key())
    );
}

#[test]
fn hmacs_of_the_wrong_length() {
    let signed = request(|writer| {
        writer.integrity(&key()).unwrap().finish().unwrap();
    });
    let message = Message::parse(&signed).unwrap();
    let tag: [u8; 20] = signed[signed.len() - 20..].try_into().unwrap();
    for len in [0, 4, 19, 20, 21, 32, 64, 300] {
        // It begins with the right bytes, so only the length is wrong.
        let provider = HmacFn::new(|_, _: &[&[u8]]| {
            let mut hmac = tag.to_vec();
            hmac.resize(len, 0);
            hmac
        });
        let (found, expected) = (len.min(255) as u8, 20);
        let (verify, sign) = match len {
            0 => (IntegrityError::NoHmac, crate::EncodeError::NoHmac),
            _ => (
                IntegrityError::HmacLength { found, expected },
                crate::EncodeError::HmacLength { found, expected },
            ),
        };
        let verified = message.verify(&provider).map(drop);
        let written = request_result(&provider);
        if len == 20 {
            assert_eq!((verified, written), (Ok(()), Ok(())));
        } else {
            assert_eq!((verified, written), (Err(verify), Err(sign)), "{len}");
        }
    }
}

fn request_result(key: &dyn HmacKey) -> Result<(), crate::EncodeError> {
    let mut out = Vec::new();
    let writer = MessageWriter::new(&mut out, Header::request(Method::BINDING, ID))?;
    writer.integrity(key)?.finish().map(drop)
}

// Which tags each policy accepts. A SHA-256-derived key does not make an HMAC-SHA1 stronger.
#[test]
fn policies() {
    let credentials = Credentials {
        username: "user",
        password: "pass",
    };
    let key = Key::long_term_sha256(&credentials, "realm");
    let sha1 = request(|writer| {
        writer.integrity(&key).unwrap().finish().unwrap();
    });
    let sha256 = request(|writer| {
        writer.integrity_sha256(&key).unwrap().finish().unwrap();
    });
    let both = request(|writer| {
        let writer = writer.integrity(&key).unwrap();
        writer.integrity_sha256(&key).unwrap().finish().unwrap();
    });
    let short = request(|writer| {
        let writer = writer.integrity_sha256_truncated(&key, 16).unwrap();
        writer.finish().unwrap();
    });
    let full = IntegrityAlgorithm::SHA256;
    let truncated = IntegrityAlgorithm::Sha256 { len: 16 };
    let [any, only_256, only_1, shorter] = [
        Policy::default(),
        Policy::default().sha256_only(),
        Policy::default().sha1_only(),
        Policy::default().sha256_min_len(16),
    ];
    for (bytes, policy, expected) in [
        (&sha1, any, Some(IntegrityAlgorithm::Sha1)),
        (&sha1, only_256, None),
        (&sha1, only_1, Some(IntegrityAlgorithm::Sha1)),
        (&sha256, any, Some(full)),
        (&sha256, only_256, Some(full)),
        (&sha256, only_1, None),
        (&both, any, Some(full)),
        (&both, only_256, Some(full)),
        (&both, only_1, Some(IntegrityAlgorithm::Sha1)),
        (&short, any, None),
        (&short, shorter, Some(truncated)),
        (&short, only_1.sha256_min_len(16), None),
    ] {
        let verified = Message::parse(bytes).unwrap().verify_with(&key, &policy);
        assert_eq!(
            verified.ok().map(|verified| verified.algorithm()),
            expected,
            "{policy:?}"
        );
    }
}

// The tags were computed with Python's hmac.
#[test]
fn goog_pings() {
    let key = key();
    for (digits, class) in [
        (
            "020000082112a442b7e7a701bc34d686fa87dfaec06000045a8314ec",
            Class::Request,
        ),
        (
            "030000082112a442b7e7a701bc34d686fa87dfaec0600004cfcebc4b",
            Class::SuccessResponse,
        ),
    ] {
        let mut bytes = hex(digits);
        let message = Message::parse(&bytes).unwrap();
        let ping = message.verify_goog_ping(&key).unwrap();
        assert_eq!(ping.class(), class);
        let goog = Protection::NONE.with_integrity(IntegrityAlgorithm::Goog32);
        assert_eq!(
            (message.protection(), ping.reply_protection()),
            (goog, goog)
        );
        // No policy makes it a `Verified`.
        for policy in [
            Policy::default(),
            Policy::default().sha256_min_len(16).sha1_only(),
        ] {
            let error = message.verify_with(&key, &policy).unwrap_err();
            assert_eq!(error, IntegrityError::Missing);
        }
        *bytes.last_mut().unwrap() ^= 1;
        let error = Message::parse(&bytes)
            .unwrap()
            .verify_goog_ping(&key)
            .unwrap_err();
        assert_eq!(error, IntegrityError::Mismatch { offset: 20 });
    }
    // Four bytes are not enough for any other method, whatever they are.
    let check = request(|writer| {
        writer.goog_integrity_32(&key).unwrap().finish().unwrap();
    });
    let error = Message::parse(&check)
        .unwrap()
        .verify_goog_ping(&key)
        .unwrap_err();
    assert_eq!(error, IntegrityError::Missing);
}

// RFC 8489 §9.1.3 for requests without NONCE, and the last paragraph of §9.2.4 for those with it.
#[test]
fn protection_of_replies() {
    let key = key();
    let plain = Nonce::new("no cookie").unwrap();
    let cookie = SecurityFeatures::PASSWORD_ALGORITHMS.cookie();
    let announces = Nonce::new(&cookie).unwrap();
    let (sha1, sha256) = (IntegrityAlgorithm::Sha1, IntegrityAlgorithm::SHA256);
    let truncated = IntegrityAlgorithm::Sha256 { len: 16 };
    for (nonce, chosen, signed, reply) in [
        (None, false, sha1, sha1),
        (None, false, sha256, sha256),
        (None, false, truncated, truncated),
        (Some(plain), false, sha1, sha1),
        (Some(plain), false, sha256, sha1),
        (Some(plain), true, sha1, sha1),
        (Some(announces), false, sha1, sha1),
        (Some(announces), false, sha256, sha1),
        (Some(announces), true, sha1, sha256),
        (Some(announces), true, sha256, sha256),
        (Some(announces), true, truncated, truncated),
    ] {
        for fingerprint in [false, true] {
            let bytes = request(|mut writer| {
                if let Some(nonce) = nonce {
                    writer.attribute(&nonce).unwrap();
                }
                if chosen {
                    let offered = [PasswordAlgorithm::MD5];
                    writer.attribute(&PasswordAlgorithms::of(&offered)).unwrap();
                    writer.attribute(&PasswordAlgorithm::MD5).unwrap();
                }
                let writer = writer.integrity_with(signed, &key).unwrap();
                if fingerprint {
                    writer.fingerprint().unwrap().finish().unwrap();
                } else {
                    writer.finish().unwrap();
                }
            });
            let message = Message::parse(&bytes).unwrap();
            let policy = Policy::default().sha256_min_len(16);
            let verified = message.verify_with(&key, &policy).unwrap();
            let protection = |algorithm| {
                Protection::NONE
                    .with_integrity(algorithm)
                    .with_fingerprint(fingerprint)
            };
            assert_eq!(verified.protection(), protection(signed));
            assert_eq!(
                verified.reply_protection(),
                protection(reply),
                "{nonce:?} {chosen} {signed:?}"
            );
        }
    }
    // A request with both tags: the reply carries one.
    let both = request(|writer| {
        let writer = writer.integrity(&key).unwrap();
        writer.integrity_sha256(&key).unwrap().finish().unwrap();
    });
    let verified = Message::parse(&both).unwrap().verify(&key).unwrap();
    assert!(verified.protection().integrity().eq([sha1, sha256]));
    assert!(verified.reply_protection().integrity().eq([sha256]));
    assert_eq!(verified.protection().without_integrity(), Protection::NONE);
}
