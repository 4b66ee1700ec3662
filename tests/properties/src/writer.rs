//! Any sequence of calls of a writer, compared with a model of the expected message.

use stunwire::attribute::{AttributeType, EncodeAttribute, UntypedAttribute};
use stunwire::writer::{encode_attribute, sign_in_place};
use stunwire::{
    Buffer, Class, Context, EncodeError, Header, HmacAlgorithm, HmacKey, IntegrityAlgorithm, Key,
    MAGIC_COOKIE, MessageWriter, Method, Protection, Rewrite, TransactionId,
};

use crate::attributes::{chosen_entry, context_of};
use crate::{Depth, Format, MS_TURN_MAGIC_COOKIE, chosen_format, crc32};

/// A writer writes what its calls say, in the format that the specifications give, or refuses the call and
/// continues; a message that is not finished leaves a growing buffer as it was.
///
/// The first 7 bytes select the dialect, the class and method, the buffer and its size in 2 bytes, the end of
/// the message and the key; the next 16 are the transaction ID. The rest is a sequence of attributes: how each
/// is written, its type, a length and a value; the length 255 stands for the next two bytes.
pub fn writer(bytes: &[u8]) {
    let Some(([choice, method, kind, size0, size1, end, key, id @ ..], calls)) =
        bytes.split_first_chunk::<23>()
    else {
        return;
    };
    let format = chosen_format(*choice);
    let program = Program {
        format,
        header: header(format, *method, id),
        context: context_of(format, id),
        calls,
        end: *end,
        key: Key::from_bytes(&[*key; 20]),
    };
    let size = usize::from(u16::from_be_bytes([*size0, *size1]));
    match kind % 4 {
        0 => program.run(&mut Vec::from(*b"before"), usize::MAX, b"before"),
        1 => program.run(&mut vec![0xAA; size][..], size, b""),
        2 => program.run(&mut [0xAA; 96], 96, b""),
        // Around the longest message.
        _ => {
            let size = 65_048 + size % 1024;
            program.run(&mut vec![0xAA; size][..], size, b"");
        }
    }
    #[cfg(feature = "bytes")]
    if kind % 4 == 0 {
        program.run(
            &mut bytes::BytesMut::from(&b"before"[..]),
            usize::MAX,
            b"before",
        );
    }
}

fn header(format: Format, method: u8, id: &[u8; 16]) -> Header {
    let class = [
        Class::Request,
        Class::Indication,
        Class::SuccessResponse,
        Class::ErrorResponse,
    ][usize::from(method % 4)];
    // Sometimes without the cookie, which the dialect may need.
    let mut id = *id;
    if method & 0x80 == 0 && format.cookie {
        id[..4].copy_from_slice(&MAGIC_COOKIE.to_be_bytes());
    }
    let method = Method::new(u16::from(method / 4 % 32)).expect("a method of 5 bits");
    Header::new(class, method, TransactionId::classic(id)).in_dialect(format.dialect)
}

struct Program<'a> {
    format: Format,
    header: Header,
    context: Context,
    calls: &'a [u8],
    end: u8,
    key: Key,
}

impl Program<'_> {
    fn run<B>(&self, buffer: &mut B, room: usize, before: &[u8])
    where
        B: Buffer + AsRef<[u8]> + ?Sized,
    {
        let result = self.write(buffer, room);
        let all = buffer.as_ref();
        let Some((expected, packet)) = result else {
            if room == usize::MAX {
                assert_eq!(
                    all, before,
                    "an unfinished message left bytes in the buffer"
                );
            }
            return;
        };
        assert_eq!(packet, expected);
        assert!(all.starts_with(before));
        assert_eq!(all[before.len()..][..packet.len()], packet);
        assert!(
            all[before.len() + packet.len()..]
                .iter()
                .all(|byte| *byte == 0xAA)
        );
        self.read_back(&packet);
    }

    /// The message as the model has it, and as it was written. `None` if it was not finished.
    fn write<B: Buffer + ?Sized>(&self, buffer: &mut B, room: usize) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut model = Model::new(self, room);
        let mut writer = match MessageWriter::new(buffer, self.header) {
            Ok(writer) => writer,
            Err(error) => {
                model.refuses_to_begin(error);
                return None;
            }
        };
        let mut left = self.calls;
        while let [how, t0, t1, length, rest @ ..] = left {
            let (length, rest) = match (*length, rest) {
                (255, [l0, l1, rest @ ..]) => (u16::from_be_bytes([*l0, *l1]), rest),
                (length, rest) => (length.into(), rest),
            };
            let (value, rest) = rest.split_at(usize::from(length).min(rest.len()));
            left = rest;
            let mut call = |attribute: &dyn EncodeAttribute| {
                let result = writer.attribute(attribute).map(|_| ());
                model.attribute(attribute, result);
                assert_eq!(writer.len(), model.bytes.len());
            };
            let code = u16::from_be_bytes([*t0, *t1]);
            if how % 3 == 0 {
                call(&UntypedAttribute::new(AttributeType::new(code), value));
            } else {
                let entry = chosen_entry(code, self.format.dialect);
                (entry.with)(value, self.context, &mut call);
            }
        }
        assert_eq!(writer.header(), self.header);
        let finished = self.finish(writer);
        let expected = model.finish(self.end_of_message(), &finished)?;
        Some((expected, finished.expect("the model has it")))
    }

    /// The integrity attributes and FINGERPRINT that `finish` writes, in the order of the calls.
    fn end_of_message(&self) -> Vec<End> {
        let truncated = self.end / 16 * 4;
        let sha1 = End::Integrity(IntegrityAlgorithm::Sha1);
        let sha256 = |len| End::Integrity(IntegrityAlgorithm::Sha256 { len });
        match self.end % 16 {
            0 | 10 => vec![],
            1 => vec![sha1],
            2 | 11 => vec![sha1, End::Fingerprint],
            3 => vec![sha256(32)],
            4 => vec![sha256(truncated)],
            5 => vec![End::Integrity(IntegrityAlgorithm::Goog32)],
            6 => vec![sha1, sha256(32), End::Fingerprint],
            7 => vec![End::Fingerprint],
            8 => vec![sha256(32), End::Fingerprint],
            9 => vec![sha1, sha256(truncated), End::Fingerprint],
            12 => vec![End::Integrity(IntegrityAlgorithm::MsTurnSha256)],
            _ => vec![End::Dropped],
        }
    }

    fn finish<B: Buffer + ?Sized>(
        &self,
        writer: MessageWriter<'_, B>,
    ) -> Result<Vec<u8>, EncodeError> {
        let key = &self.key;
        let truncated = self.end / 16 * 4;
        let bytes = match self.end % 16 {
            0 => writer.finish(),
            1 => writer.integrity(key)?.finish(),
            2 => writer.integrity(key)?.fingerprint()?.finish(),
            3 => writer.integrity_sha256(key)?.finish(),
            4 => writer.integrity_sha256_truncated(key, truncated)?.finish(),
            5 => writer.goog_integrity_32(key)?.finish(),
            6 => writer
                .integrity(key)?
                .integrity_sha256(key)?
                .fingerprint()?
                .finish(),
            7 => writer.fingerprint()?.finish(),
            8 => writer
                .integrity_with(IntegrityAlgorithm::SHA256, key)?
                .fingerprint()?
                .finish(),
            9 => {
                let protection = Protection::NONE
                    .with_integrity(IntegrityAlgorithm::Sha256 { len: truncated })
                    .with_integrity(IntegrityAlgorithm::Sha1)
                    .with_fingerprint(true);
                writer.finish_with(protection, key)
            }
            10 => writer.finish_with(Protection::NONE, key),
            11 => writer.finish_with(
                Protection::NONE
                    .with_fingerprint(true)
                    .with_integrity(IntegrityAlgorithm::Sha1),
                key,
            ),
            12 => writer
                .integrity_with(IntegrityAlgorithm::MsTurnSha256, key)?
                .finish(),
            _ => {
                drop(writer);
                return Err(EncodeError::NotInDialect);
            }
        };
        bytes.map(|bytes| bytes.to_vec())
    }

    /// The message is valid and the same after it was rewritten without a change; signed again with another
    /// key in place, it is accepted with that key only.
    fn read_back(&self, packet: &[u8]) {
        let dialect = self.format.dialect;
        let message = match dialect.parse(packet) {
            Ok(message) => message,
            // The calls may have written MS-TURN's MAGIC-COOKIE as the first attribute.
            Err(error) => {
                assert!(packet[20..].starts_with(&MS_TURN_MAGIC_COOKIE), "{error:?}");
                return;
            }
        };
        crate::read(packet, dialect, Depth::Sample(self.end));
        let integrity = message.protection().integrity();
        let lengths_are_right = integrity.clone().count() > 0;
        let mut copy = Vec::new();
        let rewritten = message
            .rewrite(&mut copy, |_, _| Ok(Rewrite::Keep))
            .and_then(|writer| writer.finish_with(message.protection(), &self.key));
        let is_goog = self.end % 16 == 5;
        if !is_goog {
            assert_eq!(rewritten.as_deref(), Ok(packet), "{message:?}");
        }
        let mut signed = packet.to_vec();
        let other = Key::from_bytes(b"another key");
        let result = sign_in_place(&mut signed, dialect, &other);
        if lengths_are_right && !is_goog {
            assert_eq!(result, Ok(()));
            let message = dialect.parse(&signed).expect("only tags have changed");
            let policy = stunwire::Policy::default().sha256_min_len(16);
            assert!(message.verify_with(&other, &policy).is_ok());
            assert!(message.verify_with(&self.key, &policy).is_err());
            assert!(
                message.fingerprint() == stunwire::FingerprintStatus::Absent
                    || message.fingerprint().is_valid()
            );
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Integrity(IntegrityAlgorithm),
    Fingerprint,
    Dropped,
}

/// The expected message of a writer.
struct Model<'p> {
    program: &'p Program<'p>,
    bytes: Vec<u8>,
    room: usize,
    is_signed: bool,
}

impl<'p> Model<'p> {
    fn new(program: &'p Program<'p>, room: usize) -> Self {
        let mut bytes = vec![0; 20];
        bytes[..2].copy_from_slice(&program.header.type_bits().to_be_bytes());
        bytes[4..].copy_from_slice(program.header.transaction_id().as_bytes());
        if program.format.ms_turn {
            bytes.extend_from_slice(&MS_TURN_MAGIC_COOKIE);
        }
        Self {
            program,
            bytes,
            room,
            is_signed: false,
        }
    }

    fn refuses_to_begin(&self, error: EncodeError) {
        let has_cookie = self.bytes[4..8] == MAGIC_COOKIE.to_be_bytes();
        match error {
            EncodeError::NoCookie => assert!(self.program.format.cookie && !has_cookie),
            // [MS-TURN] 2.2.1 uses the bits of some classes and methods for others.
            EncodeError::NoSuchMessage => assert!(self.program.format.ms_turn),
            EncodeError::BufferFull { .. } => assert!(self.room < self.bytes.len()),
            error => panic!("{error:?}"),
        }
    }

    /// The error with which this many more bytes are refused, if they are.
    fn refusal(&self, more: usize) -> Option<&'static str> {
        if self.bytes.len() + more > 20 + 65_535 {
            Some("too long")
        } else if self.bytes.len() + more > self.room {
            Some("full")
        } else {
            None
        }
    }

    fn refused(&self, error: EncodeError, more: usize) {
        match (self.refusal(more), error) {
            (Some("too long"), EncodeError::TooLong { .. }) => {}
            (Some("full"), EncodeError::BufferFull { needed, available }) => {
                assert!(available < needed);
                assert_eq!(available as usize, self.room);
            }
            (refusal, error) => panic!("{refusal:?}: {error:?}"),
        }
    }

    fn attribute(&mut self, attribute: &dyn EncodeAttribute, result: Result<(), EncodeError>) {
        let mut tlv = Vec::new();
        let alone = encode_attribute(&mut tlv, attribute, self.program.context).map(|_| ());
        match (alone, result) {
            (Ok(()), Ok(())) => {
                assert_eq!(self.refusal(tlv.len()), None);
                self.bytes.extend_from_slice(&tlv);
            }
            (Ok(()), Err(error)) => self.refused(error, tlv.len()),
            (Err(alone), Err(error)) => assert_eq!(alone, error),
            (Err(alone), Ok(())) => panic!("alone it is {alone:?}"),
        }
    }

    fn set_length(&mut self, length: usize) -> bool {
        let length = u16::try_from(length);
        if let Ok(length) = length {
            self.bytes[2..4].copy_from_slice(&length.to_be_bytes());
        }
        length.is_ok()
    }

    /// The finished message, if there is one.
    fn finish(mut self, ends: Vec<End>, result: &Result<Vec<u8>, EncodeError>) -> Option<Vec<u8>> {
        for end in &ends {
            if let Err(reason) = self.end(*end) {
                let error = result.as_ref().expect_err(reason);
                match reason {
                    "too long" => assert!(matches!(error, EncodeError::TooLong { .. })),
                    "full" => assert!(matches!(error, EncodeError::BufferFull { .. })),
                    "length" => assert!(matches!(error, EncodeError::OutOfRange { .. })),
                    _ => assert_eq!(*error, EncodeError::NotInDialect, "{reason}"),
                }
                return None;
            }
        }
        let is_signed = ends.iter().any(|end| matches!(end, End::Integrity(_)));
        if self.needs_fingerprint() && is_signed && !ends.contains(&End::Fingerprint) {
            assert_eq!(*result, Err(EncodeError::FingerprintMissing));
            return None;
        }
        assert!(self.set_length(self.bytes.len() - 20));
        Some(self.bytes)
    }

    /// \[MS-ICE2\] 3.1.4.8.2: before IMPLEMENTATION-VERSION 3, the length that MESSAGE-INTEGRITY covers
    /// includes FINGERPRINT.
    fn needs_fingerprint(&self) -> bool {
        let format = self.program.format;
        format.alternate_crc && !format.trailer.contains(&0x001C)
    }

    fn end(&mut self, end: End) -> Result<(), &'static str> {
        let format = self.program.format;
        let has_sha256 = format.trailer.contains(&0x001C);
        match end {
            End::Dropped => Err("dropped"),
            End::Fingerprint => {
                if format.ms_turn || (format.fingerprint_alone && self.is_signed) {
                    return Err("no FINGERPRINT");
                }
                self.fits(8)?;
                self.set_length(self.bytes.len() + 8 - 20);
                let crc = crc32(&self.bytes, None) ^ 0x5354_554E;
                self.bytes.extend_from_slice(&[0x80, 0x28, 0, 4]);
                self.bytes.extend_from_slice(&crc.to_be_bytes());
                Ok(())
            }
            End::Integrity(algorithm) => {
                let (ty, len, hmac) = match algorithm {
                    IntegrityAlgorithm::Sha1 => (0x0008_u16, 20, HmacAlgorithm::Sha1),
                    IntegrityAlgorithm::MsTurnSha256 if format.ms_turn => {
                        (0x0008, 32, HmacAlgorithm::Sha256)
                    }
                    IntegrityAlgorithm::MsTurnSha256 => return Err("no such tag"),
                    IntegrityAlgorithm::Sha256 { len } if !(16..=32).contains(&len) => {
                        return Err("length");
                    }
                    IntegrityAlgorithm::Sha256 { len } => {
                        (0x001C, usize::from(len), HmacAlgorithm::Sha256)
                    }
                    IntegrityAlgorithm::Goog32 => (0xC060, 4, HmacAlgorithm::Sha1),
                    _ => panic!("{algorithm:?}"),
                };
                if ty != 0x0008 && !has_sha256 {
                    return Err("no such tag");
                }
                // RFC 8489 §14.5: the length up to the end of the tag.
                let mut covered = self.bytes.len() + 4 + len - 20;
                if covered > 65_535 {
                    return Err("too long");
                }
                if self.needs_fingerprint() {
                    covered += 8;
                    if covered > 65_535 {
                        return Err("too long");
                    }
                }
                self.fits(4 + len)?;
                self.set_length(covered);
                let mut text = self.bytes.clone();
                // RFC 3489 §11.2.8: zeros up to a multiple of 64 bytes.
                if !has_sha256 {
                    text.resize(text.len().next_multiple_of(64), 0);
                }
                let tag = self.program.key.hmac(hmac, &[&text]);
                let tag = tag.as_bytes().expect("a key that is not empty");
                self.bytes.extend_from_slice(&ty.to_be_bytes());
                self.bytes.extend_from_slice(&[0, len as u8]);
                self.bytes.extend_from_slice(&tag[..len]);
                self.is_signed = true;
                Ok(())
            }
        }
    }

    fn fits(&self, more: usize) -> Result<(), &'static str> {
        self.refusal(more).map_or(Ok(()), Err)
    }
}
