//! Verification against edits that an attacker on the path can make.

use std::vec::Vec;

use crate::attribute::{AttributeType, Priority, RawAttribute, Software, Username};
use crate::{
    Dialect, Header, HmacAlgorithm, HmacFn, HmacKey, HmacTag, IntegrityAlgorithm, IntegrityError,
    Key, Message, MessageWriter, Method, Policy, TransactionId,
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
    raw.unwrap().offset() as usize
}

// The HMAC covers zeros up to a multiple of 64 bytes and counts the FINGERPRINT after the tag: eight zero
// bytes before the tag instead of FINGERPRINT leave both as they were.
#[test]
fn zeros_instead_of_fingerprint() {
    for dialect in [Dialect::MS_ICE2_LEGACY, Dialect::MS_ICE2_LEGACY.unpadded()] {
        let mut tried = 0;
        for len in 0..64 {
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
        assert!(tried > 10, "{dialect} {tried}");
    }
}

// Where the header's length is hashed as sent, and nothing may follow the tag, nothing does.
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
        let mut out = Vec::new();
        let header = Header::request(Method::BINDING, ID).in_dialect(dialect);
        let writer = MessageWriter::new(&mut out, header).unwrap();
        drop(writer.integrity(&key()).map(|_| ()));
        // Signed by an application that follows the header's length and not the rule.
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

// An empty key is that of an application that forgot to set one: everybody has it.
#[test]
fn empty_keys() {
    let mut out = Vec::new();
    let check = |key: &dyn HmacKey, out: &mut Vec<u8>| {
        let writer = MessageWriter::new(out, Header::request(Method::BINDING, ID)).unwrap();
        writer.integrity(key)?.finish().map(|_| ())
    };
    // An HMAC under the empty key, made elsewhere.
    let empty = HmacFn::new(|_, segments: &[&[u8]]| {
        use hmac::{KeyInit, Mac};
        let mut hmac = hmac::Hmac::<sha1::Sha1>::new_from_slice(b"").unwrap();
        segments.iter().for_each(|segment| hmac.update(segment));
        <[u8; 20]>::from(hmac.finalize().into_bytes())
    });
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
