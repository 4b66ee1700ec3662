//! Signing and verifying.

use crate::DIALECTS;
use stunwire::{
    EncodeError, FingerprintStatus, IntegrityAlgorithm, IntegrityError, Key, Message,
    MessageWriter, Method, Policy,
};

/// A message that was not signed with the key is refused; a signed one is accepted until a covered
/// bit changes.
///
/// The first 4 bytes select the key, the algorithm and the bit; the rest is a message.
pub fn verify(bytes: &[u8]) {
    let Some(([chosen, how, at0, at1], packet)) = bytes.split_first_chunk::<4>() else {
        return;
    };
    let key = Key::from_bytes(&[*chosen; 20]);
    for dialect in DIALECTS {
        let Ok((message, _)) = dialect.parse_prefix(packet) else {
            continue;
        };
        for policy in [
            Policy::default(),
            Policy::default().sha256_only(),
            Policy::default().sha256_min_len(16),
            Policy::default().sha1_only(),
        ] {
            unsigned(message, &key, &policy);
        }
        let at = usize::from(u16::from_be_bytes([*at0, *at1]));
        signed(message, &key, *how, at);
    }
}

/// The input was not signed with this key, so each of its tags must be refused.
fn unsigned(message: Message<'_>, key: &Key, policy: &Policy) {
    match message.verify_with(key, policy) {
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

/// Signs the attributes that are not ignored, verifies the tag, then flips a bit.
fn signed(message: Message<'_>, key: &Key, how: u8, at: usize) {
    let dialect = message.dialect();
    let mut buffer = Vec::new();
    let Ok(mut writer) = MessageWriter::new(&mut buffer, message.header()) else {
        panic!("the header of a valid message was refused");
    };
    for raw in message.attributes() {
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
            .and_then(MessageWriter::finish),
        _ => writer
            .integrity_sha256_truncated(key, 16 + how % 16 / 4 * 4)
            .and_then(MessageWriter::finish),
    };
    match written {
        Ok(_) => {}
        Err(
            EncodeError::TooLong { .. }
            | EncodeError::NotInDialect
            | EncodeError::FingerprintMissing,
        ) => {
            assert!(
                buffer.is_empty(),
                "a refused message left bytes in the buffer"
            );
            return;
        }
        Err(error) => panic!("{error:?}"),
    }
    let policy = Policy::default().sha256_min_len(16);
    let accepts = |message: Message<'_>| match how % 6 {
        // The tag of 4 bytes is accepted in a GOOG-PING only.
        4 => message.verify_goog_ping(key).is_ok(),
        _ => message.verify_with(key, &policy).is_ok(),
    };
    let message = dialect.parse(&buffer).expect("the library wrote it");
    if how % 6 == 4 {
        assert_eq!(accepts(message), message.method() == Method::GOOG_PING);
    } else {
        let verified = message
            .verify_with(key, &policy)
            .expect("the library signed it");
        assert!(verified.attributes().all(|raw| verified.covers(&raw)));
        if matches!(verified.algorithm(), IntegrityAlgorithm::Sha1) {
            assert!(message.verify_with(key, &policy.sha256_only()).is_err());
        }
    }
    assert!(matches!(
        message.fingerprint(),
        FingerprintStatus::Absent | FingerprintStatus::Valid
    ));
    let at = at % (covered * 8);
    buffer[at / 8] ^= 1 << (at % 8);
    if let Ok(message) = dialect.parse(&buffer) {
        assert!(!accepts(message), "bit {at} of {buffer:02x?}");
    }
}
