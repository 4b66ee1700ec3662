//! Counts of instructions, taken by callgrind: see `.ci/counts`.
//!
//! Each `op_*` does one job of the crate, and a `floor_*` does the same job by hand, with nothing
//! that the job does not need. Each is called [`REPEAT`] times, and both must give the same answer.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use core::hint::black_box;
use core::net::SocketAddr;
use core::ops::Range;

use stunwire::attribute::{IceControlling, Priority, UseCandidate, Username, XorPeerAddress};
use stunwire::relay::{self, HEADROOM};
use stunwire::writer::Parts;
use stunwire::{
    Dialect, EncodeError, Header, Message, MessageWriter, Method, ParseError, TransactionId,
};

/// `.ci/counts` divides by this: what runs only once must not show.
const REPEAT: usize = 1000;

const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];

/// An authenticated Allocate with twelve attributes. Parsing does not look at their values.
fn allocate() -> Vec<u8> {
    let attributes: [(u16, usize); 12] = [
        (0x8022, 16), // SOFTWARE
        (0x000D, 4),  // LIFETIME
        (0x0019, 4),  // REQUESTED-TRANSPORT
        (0x001A, 0),  // DONT-FRAGMENT
        (0x0018, 1),  // EVEN-PORT
        (0x0017, 4),  // REQUESTED-ADDRESS-FAMILY
        (0x0006, 9),  // USERNAME
        (0x0014, 11), // REALM
        (0x0015, 41), // NONCE
        (0x001D, 4),  // PASSWORD-ALGORITHM
        (0x0008, 20), // MESSAGE-INTEGRITY
        (0x8028, 4),  // FINGERPRINT
    ];
    let mut body = Vec::new();
    for (ty, len) in attributes {
        body.extend(ty.to_be_bytes());
        body.extend((len as u16).to_be_bytes());
        body.resize((body.len() + len).next_multiple_of(4), b'x');
    }
    let mut message = vec![0x00, 0x03];
    message.extend((body.len() as u16).to_be_bytes());
    message.extend(COOKIE);
    message.extend(b"twelve bytes");
    message.extend(body);
    message
}

/// Something of every attribute, so that none can be left out: its type and its length.
#[inline(always)]
fn mix(sum: usize, ty: u16, value: &[u8]) -> usize {
    sum.wrapping_add(usize::from(ty)).wrapping_add(value.len())
}

#[inline(never)]
fn op_parse(bytes: &[u8]) -> Result<Message<'_>, ParseError> {
    Message::parse(bytes)
}

#[inline(never)]
fn op_parse_iterate(bytes: &[u8]) -> Option<usize> {
    let message = Message::parse(bytes).ok()?;
    let sum = message.attributes().fold(0, |sum, attribute| {
        mix(sum, attribute.ty().code(), attribute.value())
    });
    Some(sum)
}

#[inline(never)]
fn op_walk(bytes: &[u8]) -> Option<usize> {
    let (_, mut walk) = Dialect::RFC8489.walk(bytes).ok()?;
    walk.try_fold(0, |sum, attribute| {
        let attribute = attribute.ok()?;
        Some(mix(sum, attribute.ty().code(), attribute.value()))
    })
}

/// What an ICE check says, but for its integrity.
#[derive(Clone, Copy)]
struct Check<'a> {
    id: [u8; 12],
    remote: &'a str,
    local: &'a str,
    priority: u32,
    tie_breaker: u64,
}

#[inline(never)]
fn op_encode<'b>(out: &'b mut [u8], check: &Check<'_>) -> Result<&'b mut [u8], EncodeError> {
    let header = Header::request(Method::BINDING, TransactionId::new(check.id));
    let mut writer = MessageWriter::new(out, header)?;
    writer
        .attribute(&Username::joined(check.remote, check.local))?
        .attribute(&Priority(check.priority))?
        .attribute(&IceControlling(check.tie_breaker))?
        .attribute(&UseCandidate)?;
    writer.finish()
}

/// A Data indication around a payload that lies in the buffer.
#[inline(always)]
fn in_place(buf: &mut [u8], len: usize, peer: SocketAddr) -> Result<Range<usize>, EncodeError> {
    let id = TransactionId::new(*b"twelve bytes");
    relay::data_indication_in_place(buf, HEADROOM..HEADROOM + len, peer, id)
}

/// The same around a payload that stays elsewhere.
#[inline(always)]
fn in_parts<'b>(
    out: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
) -> Result<Parts<'b>, EncodeError> {
    let id = TransactionId::new(*b"twelve bytes");
    let mut writer = MessageWriter::new(out, Header::indication(Method::DATA, id))?;
    writer.attribute(&XorPeerAddress(peer))?;
    writer.payload(payload)?.finish()
}

// A function for each length of the payload, so that each is counted by itself.
#[inline(never)]
fn op_relay_nothing(buf: &mut [u8], peer: SocketAddr) -> Result<Range<usize>, EncodeError> {
    in_place(buf, black_box(0), peer)
}

#[inline(never)]
fn op_relay_packet(buf: &mut [u8], peer: SocketAddr) -> Result<Range<usize>, EncodeError> {
    in_place(buf, black_box(1_200), peer)
}

#[inline(never)]
fn op_relay_most(buf: &mut [u8], peer: SocketAddr) -> Result<Range<usize>, EncodeError> {
    in_place(buf, black_box(60_000), peer)
}

#[inline(never)]
fn op_parts_nothing<'b>(
    out: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
) -> Result<Parts<'b>, EncodeError> {
    in_parts(out, &payload[..black_box(0)], peer)
}

#[inline(never)]
fn op_parts_packet<'b>(
    out: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
) -> Result<Parts<'b>, EncodeError> {
    in_parts(out, &payload[..black_box(1_200)], peer)
}

#[inline(never)]
fn op_parts_most<'b>(
    out: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
) -> Result<Parts<'b>, EncodeError> {
    in_parts(out, &payload[..black_box(60_000)], peer)
}

/// The head of a Data indication with an IPv4 peer, byte for byte.
#[inline(never)]
fn floor_relay(out: &mut [u8], len: usize, peer: SocketAddr) -> Option<usize> {
    let SocketAddr::V4(peer) = peer else {
        return None;
    };
    let total = u16::try_from(16 + ((len + 3) & !3)).ok()?;
    let head = out.first_chunk_mut::<36>()?;
    head[..2].copy_from_slice(&[0x00, 0x17]);
    head[2..4].copy_from_slice(&total.to_be_bytes());
    head[4..8].copy_from_slice(&COOKIE);
    head[8..20].copy_from_slice(b"twelve bytes");
    head[20..26].copy_from_slice(&[0x00, 0x12, 0, 8, 0, 1]);
    head[26..28].copy_from_slice(&(peer.port() ^ 0x2112).to_be_bytes());
    head[28..32].copy_from_slice(&(peer.ip().to_bits() ^ u32::from_be_bytes(COOKIE)).to_be_bytes());
    head[32..34].copy_from_slice(&[0x00, 0x13]);
    head[34..36].copy_from_slice(&u16::try_from(len).ok()?.to_be_bytes());
    Some(36)
}

/// The attributes of a message that is exactly as long as its header says.
#[inline(always)]
fn floor_body(bytes: &[u8]) -> Option<&[u8]> {
    let (head, body) = bytes.split_first_chunk::<20>()?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    (head[0] & 0xC0 == 0 && head[4..8] == COOKIE && length == body.len()).then_some(body)
}

/// The hand-written walk: bounds and padding, and nothing remembered.
#[inline(always)]
fn floor_each(bytes: &[u8], mut each: impl FnMut(u16, &[u8])) -> Option<()> {
    let mut left = floor_body(bytes)?;
    while let Some(head) = left.first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let (attribute, behind) = left.split_at_checked((length + 7) & !3)?;
        let value = attribute.get(4..4 + length).unwrap_or_default();
        each(u16::from_be_bytes([head[0], head[1]]), value);
        left = behind;
    }
    left.is_empty().then_some(())
}

/// The attributes stand: no more is known afterwards.
#[inline(never)]
fn floor_stand(bytes: &[u8]) -> Option<&[u8]> {
    floor_each(bytes, |_, _| ())?;
    Some(bytes)
}

/// What parsing has to find out: that the attributes stand, and where the first MESSAGE-INTEGRITY,
/// MESSAGE-INTEGRITY-SHA256 and FINGERPRINT do.
#[inline(never)]
fn floor_parse(bytes: &[u8]) -> Option<(&[u8], [u16; 3])> {
    let mut marks = [u16::MAX; 3];
    let mut place = 0_usize;
    floor_each(bytes, |ty, value| {
        let [integrity, sha256, fingerprint] = &mut marks;
        match ty {
            0x0008 => *integrity = (*integrity).min(place as u16),
            0x001C => *sha256 = (*sha256).min(place as u16),
            0x8028 => *fingerprint = (*fingerprint).min(place as u16),
            _ => {}
        }
        place += (value.len() + 7) & !3;
    })?;
    Some((bytes, marks))
}

#[inline(never)]
fn floor_walk(bytes: &[u8]) -> Option<usize> {
    let mut sum = 0;
    floor_each(bytes, |ty, value| sum = mix(sum, ty, value))?;
    Some(sum)
}

/// Type and length, and the places of the value and of what follows its padding.
#[inline(always)]
fn floor_put(out: &mut [u8], ty: u16, len: usize) -> Option<(&mut [u8], &mut [u8])> {
    let padded = (len + 3) & !3;
    let (attribute, behind) = out.split_at_mut_checked(4 + padded)?;
    let (head, value) = attribute.split_first_chunk_mut::<4>()?;
    *head = ((u32::from(ty) << 16) | u32::try_from(len).ok()?).to_be_bytes();
    let (value, padding) = value.split_at_mut_checked(len)?;
    padding.fill(0);
    Some((value, behind))
}

/// One bounds check an attribute, and the length as one sum.
#[inline(never)]
fn floor_encode<'b>(out: &'b mut [u8], check: &Check<'_>) -> Option<&'b mut [u8]> {
    let (remote, local) = (check.remote.as_bytes(), check.local.as_bytes());
    let name = remote.len() + 1 + local.len();
    let total = 20 + 4 + ((name + 3) & !3) + 8 + 12 + 4;
    let out = out.get_mut(..total)?;
    let (head, left) = out.split_first_chunk_mut::<20>()?;
    head[..2].copy_from_slice(&[0x00, 0x01]);
    head[2..4].copy_from_slice(&u16::try_from(total - 20).ok()?.to_be_bytes());
    head[4..8].copy_from_slice(&COOKIE);
    head[8..].copy_from_slice(&check.id);
    let (value, left) = floor_put(left, 0x0006, name)?;
    let (front, value) = value.split_at_mut_checked(remote.len())?;
    front.copy_from_slice(remote);
    let (colon, value) = value.split_first_mut()?;
    *colon = b':';
    value.copy_from_slice(local);
    let (value, left) = floor_put(left, 0x0024, 4)?;
    value.copy_from_slice(&check.priority.to_be_bytes());
    let (value, left) = floor_put(left, 0x802A, 8)?;
    value.copy_from_slice(&check.tie_breaker.to_be_bytes());
    floor_put(left, 0x0025, 0)?;
    Some(out)
}

type InPlace = fn(&mut [u8], SocketAddr) -> Result<Range<usize>, EncodeError>;
type InParts = for<'b> fn(&'b mut [u8], &'b [u8], SocketAddr) -> Result<Parts<'b>, EncodeError>;

fn main() {
    let message = allocate();
    let check = Check {
        id: *b"\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae",
        remote: "evtj",
        local: "h6vY",
        priority: 0x6E00_01FF,
        tie_breaker: 0x932F_F9B1_5126_3B36,
    };
    let mut out = [0; 128];
    let mut floor_out = [0xEE; 128];
    let peer = SocketAddr::from(([192, 0, 2, 1], 32_853));
    let mut buf = vec![7; HEADROOM + 60_000];

    for _ in 0..REPEAT {
        let bytes = black_box(message.as_slice());
        let parsed = black_box(op_parse(bytes)).map(|message| message.as_bytes());
        assert_eq!(parsed.ok(), black_box(floor_stand(bytes)));
        assert_eq!(
            black_box(floor_parse(bytes)).map(|found| found.0),
            Some(bytes)
        );

        let walked = black_box(floor_walk(bytes));
        assert_eq!(black_box(op_parse_iterate(bytes)), walked);
        assert_eq!(black_box(op_walk(bytes)), walked);

        let check = black_box(&check);
        let written = black_box(op_encode(&mut out, check)).ok();
        assert_eq!(written, black_box(floor_encode(&mut floor_out, check)));

        let peer = black_box(peer);
        for (len, in_place, in_parts) in [
            (0, op_relay_nothing as InPlace, op_parts_nothing as InParts),
            (1_200, op_relay_packet, op_parts_packet),
            (60_000, op_relay_most, op_parts_most),
        ] {
            let head_len = black_box(floor_relay(&mut floor_out, len, peer)).unwrap();
            let packet = black_box(in_place(&mut buf, peer)).unwrap();
            assert_eq!(packet.len(), head_len + len);
            let head = packet.start..HEADROOM;
            assert_eq!(buf[head], floor_out[..head_len]);
            let parts = black_box(in_parts(&mut out, &buf[HEADROOM..], peer)).unwrap();
            assert_eq!(parts.head, &floor_out[..head_len]);
        }
    }
}
