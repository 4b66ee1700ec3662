//! Signing and verifying.

use crate::{DIALECTS, chosen_format};
use stunwire::attribute::{AttributeType, Nonce, Realm};
use stunwire::writer::sign_in_place;
use stunwire::{
    Credentials, EncodeError, FingerprintStatus, HmacKey, IntegrityAlgorithm, IntegrityError, Key,
    Message, MessageWriter, Method, ParseError, Policy, Verified,
};

/// The first attribute of every message of MS-TURN ([MS-TURN] 2.2.2.8).
const MAGIC_COOKIE_ATTRIBUTE: &[u8] = b"\x00\x0f\x00\x04\x72\xc6\x4b\xc6";

/// The number of edits of a signed message that an input describes at most.
const MAX_EDITS: u8 = 4;

/// A message that was not signed with the key is refused; a changed message is accepted only if the signed bytes are
/// unchanged.
///
/// The first 4 bytes select the dialect, the key, the algorithm and the number of edits of 6 bytes that
/// follow. The rest is a message.
///
/// Returns whether the message was signed and verified: it may be invalid, or the dialect may not have the tag.
pub fn verify(bytes: &[u8]) -> bool {
    let Some(([dialect, chosen, how, count], rest)) = bytes.split_first_chunk::<4>() else {
        return false;
    };
    let edits = 6 * usize::from(count % (MAX_EDITS + 1));
    let Some((edits, packet)) = rest.split_at_checked(edits) else {
        return false;
    };
    let dialect = chosen_format(*dialect).dialect;
    let Ok((message, _)) = dialect.parse_prefix(packet) else {
        return false;
    };
    let key = key(*chosen);
    let policy = match how / 8 % 4 {
        0 => Policy::default(),
        1 => Policy::default().sha256_only(),
        2 => Policy::default().sha256_min_len(16),
        _ => Policy::default().sha1_only(),
    };
    unsigned(message, &key, &policy);
    signed_again(message, &key);
    signed(message, &key, *how, edits)
}

/// [`verify`] in every dialect: the first byte is ignored.
pub fn verify_in_every_dialect(bytes: &[u8]) {
    if let Some((_, rest)) = bytes.split_first() {
        for dialect in 0..DIALECTS.len() {
            verify(&[&[dialect as u8], rest].concat());
        }
    }
}

/// A key that no input knows: of either hash of MS-TURN.
fn key(chosen: u8) -> Key {
    if chosen & 1 == 0 {
        return Key::from_bytes(&[chosen; 20]);
    }
    let credentials = Credentials {
        username: "alice",
        password: [chosen],
    };
    let realm = Realm::new("realm").expect("short");
    let nonce = Nonce::new("nonce").expect("short");
    Key::ms_turn(&credentials, realm, nonce, 2 + u32::from(chosen >> 1 & 1))
}

/// The input was not signed with this key, so each of its tags must be refused.
fn unsigned(message: Message<'_>, key: &Key, policy: &Policy) {
    let result = message.verify_with(key, policy);
    two_steps(message, key, policy, result.is_ok());
    match result {
        Ok(verified) => panic!("{verified:?} was not signed with the key"),
        Err(IntegrityError::Missing) => {}
        Err(
            IntegrityError::Mismatch { offset }
            | IntegrityError::NotLast { offset }
            | IntegrityError::TagLength { offset, .. },
        ) => {
            assert!(
                message
                    .attributes()
                    .any(|raw| raw.offset() == offset as usize)
            );
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// A message that was signed again verifies, and its FINGERPRINT is valid.
fn signed_again(message: Message<'_>, key: &Key) {
    let mut packet = message.as_bytes().to_vec();
    if sign_in_place(&mut packet, message.dialect(), key).is_err() {
        return;
    }
    let again = message.dialect().parse(&packet);
    let again = again.expect("nothing but tags and FINGERPRINT has changed");
    if again.has_integrity() {
        again
            .verify_with(key, &Policy::default().sha256_min_len(16))
            .expect("the library signed it");
    }
    assert!(matches!(
        again.fingerprint(),
        FingerprintStatus::Absent | FingerprintStatus::Valid
    ));
}

/// The two steps of a verification have the same result as the one.
fn two_steps(message: Message<'_>, key: &Key, policy: &Policy, accepted: bool) {
    let check = message.integrity_check(policy).and_then(|check| {
        let hmac = key.hmac(check.hmac_algorithm(), &check.segments());
        check.verify(hmac)
    });
    assert_eq!(check.is_ok(), accepted);
}

/// Signs the attributes that are not ignored, and verifies the tag, if the dialect has it.
fn signed(message: Message<'_>, key: &Key, how: u8, edits: &[u8]) -> bool {
    let dialect = message.dialect();
    let Some((buffer, covered)) = sign(message, key, how, usize::MAX) else {
        return false;
    };
    let message = match dialect.parse(&buffer) {
        Ok(message) => message,
        // Only FINGERPRINTs that are ignored preceded a MAGIC-COOKIE: without them the bytes are of MS-TURN.
        Err(ParseError::MsTurn) if buffer[20..].starts_with(MAGIC_COOKIE_ATTRIBUTE) => {
            return false;
        }
        Err(error) => panic!("the library wrote it: {error:?}"),
    };
    let policy = Policy::default().sha256_min_len(16);
    if how % 6 == 4 {
        let accepted = message.verify_goog_ping(key).is_ok();
        assert_eq!(accepted, message.method() == Method::GOOG_PING);
    } else {
        let verified = message
            .verify_with(key, &policy)
            .expect("the library signed it");
        two_steps(message, key, &policy, true);
        assert!(verified.attributes().all(|raw| verified.covers(&raw)));
        let tags = [0x0008, 0x001C, 0x8028, 0xC060];
        let rest = message
            .all_attributes()
            .skip_while(|raw| raw.offset() < covered);
        for raw in rest {
            let is_sha1_before_sha256 = raw.ty().as_u16() == 0x0008 && how % 6 == 3;
            assert!(tags.contains(&raw.ty().as_u16()));
            assert_eq!(verified.covers(&raw), is_sha1_before_sha256, "{raw}");
        }
        if matches!(verified.algorithm(), IntegrityAlgorithm::Sha1) {
            assert!(message.verify_with(key, &policy.sha256_only()).is_err());
        }
    }
    assert!(matches!(
        message.fingerprint(),
        FingerprintStatus::Absent | FingerprintStatus::Valid
    ));
    if !edits.is_empty() {
        // The same message with fewer attributes, for splices.
        let count = message.all_attributes().count() / 2;
        let other = sign(message, key, how, count).unwrap_or_else(|| (buffer.clone(), covered));
        let changed = changed(&buffer, &other.0, edits);
        nothing_new(
            &changed,
            message,
            [(&buffer, covered), (&other.0, other.1)],
            key,
            how,
        );
    }
    true
}

/// The first attributes of a message, signed, and the offset of the first attribute that the writer made.
/// `None` if the dialect has no such tag, or the message would be too long.
fn sign(message: Message<'_>, key: &Key, how: u8, count: usize) -> Option<(Vec<u8>, usize)> {
    let mut buffer = Vec::new();
    let Ok(mut writer) = MessageWriter::new(&mut buffer, message.header()) else {
        panic!("the header of a valid message was refused");
    };
    for raw in message.attributes().take(count) {
        match writer.raw(&raw) {
            Ok(_) | Err(EncodeError::WriterOnly { .. }) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    let covered = writer.len();
    let written = match how % 6 {
        0 => writer
            .integrity(key)
            .and_then(|writer| writer.fingerprint())
            .and_then(MessageWriter::finish),
        1 => writer.integrity(key).and_then(MessageWriter::finish),
        2 => writer.integrity_sha256(key).and_then(MessageWriter::finish),
        4 => writer
            .goog_integrity_32(key)
            .and_then(MessageWriter::finish),
        3 => writer
            .integrity(key)
            .and_then(|writer| writer.integrity_sha256(key))
            .and_then(|writer| writer.fingerprint())
            .and_then(MessageWriter::finish),
        _ => writer
            .integrity_sha256_truncated(key, 16 + how / 32 % 4 * 4)
            .and_then(MessageWriter::finish),
    };
    match written {
        Ok(_) => Some((buffer, covered)),
        Err(
            EncodeError::TooLong { .. }
            | EncodeError::NotInDialect
            | EncodeError::FingerprintMissing,
        ) => {
            assert!(
                buffer.is_empty(),
                "a refused message left bytes in the buffer"
            );
            None
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// A signed message after edits by an attacker that also has another message signed with the same key.
pub(crate) fn changed(signed: &[u8], other: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = signed.to_vec();
    for edit in edits.chunks_exact(6) {
        let [kind, extra, at0, at1, to0, to1] = *edit else {
            continue;
        };
        let at = usize::from(u16::from_be_bytes([at0, at1]));
        let to = usize::from(u16::from_be_bytes([to0, to1]));
        match kind % 8 {
            // A bit is flipped.
            0 => flip(&mut bytes, at),
            // Bytes are inserted before a multiple of 4, and the length stays.
            1 => {
                let at = at % (bytes.len() / 4 + 1) * 4;
                let inserted = vec![extra; to % 40];
                bytes.splice(at..at, inserted);
            }
            // An attribute is inserted, and the length grows.
            2 => {
                let at = at % (bytes.len() / 4 + 1) * 4;
                let mut inserted = vec![0x80, extra, 0, (to % 9 * 4) as u8];
                inserted.resize(4 + to % 9 * 4, extra);
                bytes.splice(at..at, inserted);
                set_length(&mut bytes);
            }
            // Bytes are removed.
            3 => {
                let at = at % (bytes.len() / 4 + 1) * 4;
                let end = (at + to % 41).min(bytes.len());
                bytes.drain(at..end);
            }
            // The start of this message and the end of the other.
            4 => {
                let at = at % (bytes.len() / 4 + 1) * 4;
                bytes.truncate(at);
                bytes.extend_from_slice(&other[to % (other.len() / 4 + 1) * 4..]);
            }
            // The start of the other message and the end of this one.
            5 => {
                let at = at % (bytes.len() / 4 + 1) * 4;
                bytes.splice(
                    ..at,
                    other[..to % (other.len() / 4 + 1) * 4].iter().copied(),
                );
            }
            // A 16-bit number, such as the length of a tag, gets another value, and the message ends
            // `extra` bytes earlier.
            6 => {
                let at = at % (bytes.len() / 2 + 1) * 2;
                if let Some(number) = bytes.get_mut(at..at + 2) {
                    number.copy_from_slice(&[to0, to1]);
                }
                bytes.truncate(bytes.len().saturating_sub(extra.into()));
            }
            // The length becomes right.
            _ => set_length(&mut bytes),
        }
    }
    bytes
}

fn flip(bytes: &mut [u8], at: usize) {
    if !bytes.is_empty() {
        let at = at % (bytes.len() * 8);
        bytes[at / 8] ^= 1 << (at % 8);
    }
}

fn set_length(bytes: &mut [u8]) {
    let length = u16::try_from(bytes.len().saturating_sub(20)).unwrap_or(u16::MAX);
    if let Some(field) = bytes.get_mut(2..4) {
        field.copy_from_slice(&length.to_be_bytes());
    }
}

/// If the changed message is accepted, then its type, its transaction id and the bytes that are covered are
/// those of one of the signed messages.
fn nothing_new(
    changed: &[u8],
    message: Message<'_>,
    signed: [(&[u8], usize); 2],
    key: &Key,
    how: u8,
) {
    let dialect = message.dialect();
    // The padding is not signed, so the dialect with the other padding accepts the same message.
    for dialect in [dialect, dialect.padded(), dialect.unpadded()] {
        let Ok((message, _)) = dialect.parse_prefix(changed) else {
            continue;
        };
        let end = if how % 6 == 4 {
            let ping = message.verify_goog_ping(key).ok();
            let tag = ping.and_then(|_| {
                let mut all = message.all_attributes();
                all.find(|raw| raw.ty().as_u16() == 0xC060)
            });
            tag.map(|tag| tag.offset())
        } else {
            let policy = Policy::default().sha256_min_len(16);
            message
                .verify_with(key, &policy)
                .ok()
                .map(|verified| covered_by_tag(message, &verified))
        };
        let Some(end) = end else { continue };
        let accepted = message.as_bytes();
        let is_signed = signed.iter().any(|(bytes, covered)| {
            // MESSAGE-INTEGRITY-SHA256 covers the MESSAGE-INTEGRITY before it.
            let with_sha1 = covered + 24;
            (end == *covered || (how % 6 == 3 && end == with_sha1))
                && accepted[..2] == bytes[..2]
                && accepted[4..end] == bytes[4..end]
        });
        assert!(
            is_signed,
            "{dialect:?} accepts {accepted:02x?}, of which {end} bytes are covered; signed was {signed:02x?}"
        );
    }
}

/// The number of bytes before the tag that was verified, which is the first of its type. No attribute of a verified
/// message lies after them: what is ignored may end earlier.
fn covered_by_tag(message: Message<'_>, verified: &Verified<'_>) -> usize {
    let ty = match verified.algorithm() {
        IntegrityAlgorithm::Sha256 { .. } => AttributeType::MESSAGE_INTEGRITY_SHA256,
        _ => AttributeType::MESSAGE_INTEGRITY,
    };
    let tag = message.all_attributes().find(|raw| raw.ty() == ty);
    let end = tag.expect("the tag of a verified message").offset();
    for raw in verified.attributes() {
        assert!(
            raw.range().end <= end,
            "{raw:?} is not covered: the tag is at {end}"
        );
    }
    end
}
