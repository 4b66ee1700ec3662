//! The arbiter: an independent reader of messages, written from the specifications. It reads the bytes without the
//! library, and compares the library's results with its own.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;

use stunwire::{FingerprintStatus, IntegrityError, Key, Message, relay};

use crate::{FORMATS, Format, MS_TURN_MAGIC_COOKIE};

/// The library and the arbiter read the bytes alike, in every dialect.
///
/// # Panics
/// If they do not.
pub fn arbiter(bytes: &[u8]) {
    for format in FORMATS {
        judge(bytes, format);
    }
}

/// [`arbiter`] in one dialect.
pub(crate) fn judge(bytes: &[u8], format: Format) {
    let parsed = format.dialect.parse(bytes);
    let judged = Judged::new(bytes, format);
    assert_eq!(
        parsed.is_ok(),
        judged.is_some(),
        "{:?}: {parsed:?}",
        format.dialect
    );
    if let (Ok(message), Some(judged)) = (parsed, judged) {
        judged.agrees_with(message);
    }
}

/// An attribute in the bytes of a message.
struct Tlv {
    ty: u16,
    /// Offset of its type from the start of the message.
    offset: usize,
    value: Range<usize>,
}

/// A message that the arbiter accepts.
struct Judged<'a> {
    bytes: &'a [u8],
    format: Format,
    all: Vec<Tlv>,
    /// The indices of those that are not ignored.
    visible: Vec<usize>,
}

const MESSAGE_INTEGRITY: u16 = 0x0008;
const MESSAGE_INTEGRITY_SHA256: u16 = 0x001C;
const FINGERPRINT: u16 = 0x8028;

impl<'a> Judged<'a> {
    /// RFC 8489 §5, §6.3 and §14; RFC 3489 §11; \[MS-TURN\] 2.2.
    fn new(bytes: &'a [u8], format: Format) -> Option<Self> {
        let header = bytes.get(..20)?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let cookie = header[4..8] == [0x21, 0x12, 0xA4, 0x42];
        if header[0] & 0xC0 != 0 || (format.cookie && !cookie) || bytes.len() != 20 + length {
            return None;
        }
        // A message of MS-TURN is not a message of the other protocols, nor the reverse.
        if bytes[20..].starts_with(&MS_TURN_MAGIC_COOKIE) != format.ms_turn {
            return None;
        }
        let mut all = Vec::new();
        let mut offset = 20;
        while offset < bytes.len() {
            let header = bytes.get(offset..offset + 4)?;
            let ty = u16::from_be_bytes([header[0], header[1]]);
            let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
            let value = offset + 4..offset + 4 + length;
            all.push(Tlv {
                ty,
                offset,
                value: value.clone(),
            });
            offset = match format.padded {
                true => value.end.next_multiple_of(4),
                false => value.end,
            };
        }
        if offset != bytes.len() {
            return None;
        }
        let visible = visible(&all, format.trailer);
        Some(Self {
            bytes,
            format,
            all,
            visible,
        })
    }

    /// The first visible attribute with this code.
    fn first(&self, ty: u16) -> Option<&Tlv> {
        let mut visible = self.visible.iter().map(|index| &self.all[*index]);
        visible.find(|tlv| tlv.ty == ty)
    }

    /// The first such attribute that is not ignored, if the type is in the trailer of this dialect.
    fn first_of_trailer(&self, ty: u16) -> Option<&Tlv> {
        self.format.trailer.contains(&ty).then(|| self.first(ty))?
    }

    fn agrees_with(&self, message: Message<'_>) {
        let dialect = self.format.dialect;
        let offsets: Vec<usize> = message.all_attributes().map(|raw| raw.offset()).collect();
        let expected: Vec<usize> = self.all.iter().map(|tlv| tlv.offset).collect();
        assert_eq!(offsets, expected, "{dialect:?}");

        let offsets: Vec<usize> = message.attributes().map(|raw| raw.offset()).collect();
        let visible: Vec<&Tlv> = self.visible.iter().map(|at| &self.all[*at]).collect();
        let expected: Vec<usize> = visible.iter().map(|tlv| tlv.offset).collect();
        assert_eq!(offsets, expected, "{dialect:?}: {message:?}");

        // RFC 8489 §6.3.1: the list of a 420.
        let unknown: Vec<u16> = message
            .unknown_required(|_| false)
            .map(|ty| ty.as_u16())
            .collect();
        let expected: Vec<u16> = visible
            .iter()
            .map(|tlv| tlv.ty)
            .filter(|ty| *ty < 0x8000 && !self.format.trailer.contains(ty))
            .collect();
        assert_eq!(unknown, expected, "{dialect:?}: {message:?}");

        let sha1 = self.first_of_trailer(MESSAGE_INTEGRITY);
        let sha256 = self.first_of_trailer(MESSAGE_INTEGRITY_SHA256);
        let signed = sha1.or(sha256).is_some();
        assert_eq!(message.has_integrity(), signed, "{dialect:?}");
        let verified = message.verify(&Key::short_term("a key of the arbiter"));
        let missing = matches!(verified, Err(IntegrityError::Missing));
        assert_eq!(missing, !signed, "{dialect:?}: {verified:?}");

        assert_eq!(message.fingerprint(), self.fingerprint(), "{dialect:?}");
        let relayed = relay::read(&message).map(|data| data.map(|data| (data.peer, data.payload)));
        match self.relayed() {
            Ok(expected) => assert_eq!(relayed, Ok(expected), "{dialect:?}"),
            Err(Malformed) => assert!(relayed.is_err(), "{dialect:?}"),
        }
    }

    /// RFC 8489 §14.7, \[MS-ICE2\] 3.1.4.8.2.
    fn fingerprint(&self) -> FingerprintStatus {
        let last = self.all.last().map(|tlv| tlv.offset);
        let found = match self.format.fingerprint_alone {
            // In classic STUN nothing follows MESSAGE-INTEGRITY, and FINGERPRINT is an addition.
            true if self.first(MESSAGE_INTEGRITY).is_some() => None,
            true => self.all.last().filter(|tlv| tlv.ty == FINGERPRINT),
            false => self.first_of_trailer(FINGERPRINT),
        };
        let Some(tlv) = found else {
            return FingerprintStatus::Absent;
        };
        let Ok(value) = <[u8; 4]>::try_from(&self.bytes[tlv.value.clone()]) else {
            return FingerprintStatus::Invalid;
        };
        if last != Some(tlv.offset) {
            return FingerprintStatus::NotLast;
        }
        let text = &self.bytes[..tlv.offset];
        let found = u32::from_be_bytes(value) ^ 0x5354_554E;
        if found == crc32(text, None) {
            FingerprintStatus::Valid
        } else if self.format.alternate_crc && found == crc32(text, Some(ALTERNATE_CRC_ENTRY)) {
            FingerprintStatus::ValidAlternateCrc
        } else {
            FingerprintStatus::Invalid
        }
    }

    /// Peer and payload of a relayed message: RFC 8656 §11; in MS-TURN the Send request and the Data
    /// Indication of \[MS-TURN\] 2.2.1, with DESTINATION-ADDRESS and REMOTE-ADDRESS.
    fn relayed(&self) -> Result<Option<(SocketAddr, Range<usize>)>, Malformed> {
        let bits = u16::from_be_bytes([self.bytes[0], self.bytes[1]]);
        let address = match (self.format.ms_turn, bits) {
            (false, 0x0016 | 0x0017) => 0x0012,
            (true, 0x0004) => 0x0011,
            (true, 0x0115) => 0x0012,
            _ => return Ok(None),
        };
        let (Some(peer), Some(data)) = (self.first(address), self.first(0x0013)) else {
            return Ok(None);
        };
        let peer = self.address(&self.bytes[peer.value.clone()])?;
        Ok(Some((peer, data.value.clone())))
    }

    /// An address, which is XORed with bytes 4 to 19 of the header except in MS-TURN.
    fn address(&self, value: &[u8]) -> Result<SocketAddr, Malformed> {
        let mut value = value.to_vec();
        if !self.format.ms_turn {
            let mask = &self.bytes[4..20];
            for (byte, mask) in value.iter_mut().skip(2).zip(&mask[..2]) {
                *byte ^= mask;
            }
            for (byte, mask) in value.iter_mut().skip(4).zip(mask) {
                *byte ^= mask;
            }
        }
        match value[..] {
            [_, 1, p0, p1, a, b, c, d] => {
                let port = u16::from_be_bytes([p0, p1]);
                Ok((Ipv4Addr::new(a, b, c, d), port).into())
            }
            [_, 2, p0, p1, ref address @ ..] => {
                let address: [u8; 16] = address.try_into().map_err(|_| Malformed)?;
                Ok((Ipv6Addr::from(address), u16::from_be_bytes([p0, p1])).into())
            }
            _ => Err(Malformed),
        }
    }
}

/// A value that its attribute does not allow.
struct Malformed;

/// RFC 8489 §14.5 to §14.7: after an attribute that ends a message, only those that come later in the
/// trailer, each once.
fn visible(all: &[Tlv], trailer: &[u16]) -> Vec<usize> {
    let mut reached = None;
    let mut visible = Vec::new();
    for (index, tlv) in all.iter().enumerate() {
        let rank = trailer.iter().position(|code| *code == tlv.ty);
        match (reached, rank) {
            (None, None) => visible.push(index),
            (Some(_), None) => {}
            (Some(reached), Some(rank)) if rank <= reached => {}
            (_, Some(rank)) => {
                visible.push(index);
                reached = Some(rank);
            }
        }
    }
    visible
}

/// The index and the value of the entry in which the CRC table of \[MS-ICE2\] 3.1.4.8.2 differs from that of the
/// RFC: a digit is missing.
pub const ALTERNATE_CRC_ENTRY: (u8, u32) = (0x5A, 0x08BB_E8EA);

/// The table of the CRC-32 of ITU V.42, computed bit by bit.
const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < table.len() {
        let (mut entry, mut bit) = (index as u32, 0);
        while bit < 8 {
            entry = match entry & 1 {
                1 => (entry >> 1) ^ 0xEDB8_8320,
                _ => entry >> 1,
            };
            bit += 1;
        }
        table[index] = entry;
        index += 1;
    }
    table
};

/// The CRC-32 of ITU V.42 (RFC 8489 §14.7); `replaced` is an entry of its table with another value.
#[must_use]
pub fn crc32(bytes: &[u8], replaced: Option<(u8, u32)>) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        let index = crc.to_le_bytes()[0] ^ byte;
        let entry = match replaced {
            Some((at, entry)) if at == index => entry,
            _ => CRC_TABLE[usize::from(index)],
        };
        crc = entry ^ (crc >> 8);
    }
    !crc
}
