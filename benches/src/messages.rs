//! The measured messages: those of RFC 5769, and the most frequent ones of TURN servers and ICE agents. They are
//! built without the crate.

use super::ops::{Allocate, Check};

pub const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
pub const ID: [u8; 12] = *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae";

/// The password of RFC 5769.
pub const PASSWORD: &str = "VOkJxbRl1RmTxUk/WvJxBt";

/// RFC 5769 §2.1.
pub const RFC5769_REQUEST: [u8; 108] = *b"\
\x00\x01\x00\x58\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
\x80\x22\x00\x10STUN test client\
\x00\x24\x00\x04\x6e\x00\x01\xff\
\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36\
\x00\x06\x00\x09evtj:h6vY\x20\x20\x20\
\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49\xc1\xb5\x71\xa2\
\x80\x28\x00\x04\xe5\x7a\x3b\xcf";

/// RFC 5769 §2.2.
pub const RFC5769_RESPONSE: [u8; 80] = *b"\
\x01\x01\x00\x3c\x21\x12\xa4\x42\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae\
\x80\x22\x00\x0btest vector\x20\
\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43\
\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53\xf0\x6b\xe7\xd7\
\x80\x28\x00\x04\xc0\x7d\x4c\x96";

/// A message of RFC 8489 with these attributes, padded with zeros.
pub fn message(ty: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend(ty.to_be_bytes());
    out.extend([0; 2]);
    out.extend(COOKIE);
    out.extend(ID);
    for (ty, value) in attributes {
        out.extend(ty.to_be_bytes());
        out.extend((value.len() as u16).to_be_bytes());
        out.extend(*value);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    set_length(&mut out);
    out
}

fn set_length(message: &mut [u8]) {
    let length = (message.len() - 20) as u16;
    message[2..4].copy_from_slice(&length.to_be_bytes());
}

/// The bytes that a tag of `len` bytes covers, with the header length that includes the tag.
pub fn covered(text: &[u8], len: usize) -> Vec<u8> {
    let mut text = text.to_vec();
    let length = (text.len() - 20 + 4 + len) as u16;
    text[2..4].copy_from_slice(&length.to_be_bytes());
    text
}

/// As many blocks as the HMAC-SHA1 of a text under a prepared key compresses: the text with at least 9 bytes of
/// padding, and one block for the outer hash.
pub fn blocks(text: &[u8]) -> Vec<[u8; 64]> {
    let mut blocks = vec![[0; 64]; (text.len() + 9).div_ceil(64) + 1];
    for (block, chunk) in blocks.iter_mut().zip(text.chunks(64)) {
        block[..chunk.len()].copy_from_slice(chunk);
    }
    blocks
}

/// Appends MESSAGE-INTEGRITY and FINGERPRINT, computed with the crates `hmac` and `crc32fast`.
pub fn signed(mut message: Vec<u8>, key: &[u8]) -> Vec<u8> {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(key).unwrap();
    mac.update(&covered(&message, 20));
    message.extend([0x00, 0x08, 0x00, 0x14]);
    message.extend(mac.finalize().into_bytes());
    let crc = crc32fast::hash(&covered(&message, 4)) ^ 0x5354_554E;
    message.extend([0x80, 0x28, 0x00, 0x04]);
    message.extend(crc.to_be_bytes());
    set_length(&mut message);
    message
}

/// An ICE check with USE-CANDIDATE, without integrity and fingerprint.
pub fn plain_check() -> Vec<u8> {
    let attributes: [(u16, &[u8]); 4] = [
        (0x0006, b"evtj:h6vY"),
        (0x0024, &0x6E00_01FF_u32.to_be_bytes()),
        (0x802A, &0x932F_F9B1_5126_3B36_u64.to_be_bytes()),
        (0x0025, b""),
    ];
    message(0x0001, &attributes)
}

/// The check of [`plain_check`] with integrity and fingerprint.
pub fn ice_check() -> Vec<u8> {
    signed(plain_check(), PASSWORD.as_bytes())
}

/// The values in [`ice_check`].
pub fn check() -> Check<'static> {
    Check {
        id: ID,
        remote: "evtj",
        local: "h6vY",
        priority: 0x6E00_01FF,
        tie_breaker: 0x932F_F9B1_5126_3B36,
    }
}

pub const USER: &str = "1732082400:anna";
pub const REALM: &str = "turn.example.org";
pub const NONCE: &str = "obMatJos2AAAAf//499k954d6OL34oL9FSTvy64sA";
pub const SOFTWARE: &str = "stunwire bench 0.1";

/// The key of the Allocate request: MD5 of `USER:REALM:PASSWORD`.
pub const LONG_TERM_KEY: [u8; 16] =
    *b"\x51\x88\x9a\xa0\x19\x67\xcf\x7e\xcc\x0a\xc9\x37\x04\xa9\x1e\x23";

/// In seconds.
pub const LIFETIME: u32 = 600;

/// The second Allocate request of a client with long-term credentials, without integrity and
/// fingerprint.
pub fn plain_allocate() -> Vec<u8> {
    let attributes: [(u16, &[u8]); 6] = [
        (0x0006, USER.as_bytes()),
        (0x0014, REALM.as_bytes()),
        (0x0015, NONCE.as_bytes()),
        (0x0019, &[17, 0, 0, 0]),
        (0x000D, &LIFETIME.to_be_bytes()),
        (0x8022, SOFTWARE.as_bytes()),
    ];
    message(0x0003, &attributes)
}

/// The request of [`plain_allocate`] with integrity and fingerprint.
pub fn allocate() -> Vec<u8> {
    signed(plain_allocate(), &LONG_TERM_KEY)
}

/// The values in [`allocate`].
pub fn allocate_request() -> Allocate<'static> {
    Allocate {
        id: ID,
        user: USER,
        realm: REALM,
        nonce: NONCE,
        lifetime: LIFETIME,
    }
}

/// 192.0.2.1:32853 as in RFC 5769, XORed with the cookie.
pub const PEER: [u8; 8] = *b"\x00\x01\xa1\x47\xe1\x12\xa6\x43";

pub fn payload(len: usize) -> Vec<u8> {
    (0..len).map(|index| (index * 7) as u8).collect()
}

/// A Send (0x0016) or Data (0x0017) indication.
pub fn indication(ty: u16, payload: &[u8]) -> Vec<u8> {
    message(ty, &[(0x0012, &PEER), (0x0013, payload)])
}

pub fn channel_data(number: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = number.to_be_bytes().to_vec();
    out.extend((payload.len() as u16).to_be_bytes());
    out.extend(payload);
    out
}

/// A Send request of MS-TURN: MAGIC-COOKIE, DESTINATION-ADDRESS, DATA, not padded. The length of `payload` must be
/// a multiple of 4.
pub fn ms_turn_send(payload: &[u8]) -> Vec<u8> {
    let attributes: [(u16, &[u8]); 4] = [
        (0x000F, &[0x72, 0xC6, 0x4B, 0xC6]),
        (0x8008, &2_u32.to_be_bytes()),
        (0x0011, &PEER),
        (0x0013, payload),
    ];
    message(0x0004, &attributes)
}

/// 64 KiB of a TCP connection to a TURN server: ChannelData of the sizes of audio and video packets, some
/// requests, and a truncated frame at the end.
pub fn stream() -> Vec<u8> {
    let (check, allocate) = (ice_check(), allocate());
    let sizes = [172, 1200, 1187, 60, 1200, 203, 1200, 901];
    let mut out = Vec::new();
    for turn in 0.. {
        for (index, size) in sizes.into_iter().enumerate() {
            out.extend(channel_data(0x4000 + index as u16, &payload(size)));
            out.resize(out.len().next_multiple_of(4), 0);
        }
        out.extend(if turn % 2 == 0 { &check } else { &allocate });
        out.extend(indication(0x0016, &payload(160)));
        if out.len() >= 65_536 {
            out.truncate(65_536);
            return out;
        }
    }
    unreachable!()
}
