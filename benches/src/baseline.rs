//! The operations written by hand with the checks of the crate, as one function each: the same limits, the first
//! attribute of each type is used, attributes after the trailer are ignored. [`least`](super::least) has the same
//! operations without these checks.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::ops::Range;

use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::least::{checked_len, data_header, header_len, write_allocate, write_check};
use super::messages::COOKIE;
use super::ops::{Allocate, AllocateView, Check, CheckView, MsSendView, mix};

/// A message of which every attribute is complete, and the offsets of its trailer.
#[derive(Clone, Copy)]
pub struct Parsed<'a> {
    pub bytes: &'a [u8],
    /// The offsets of the first MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT; 0 if absent.
    pub trailer: [u16; 3],
    /// The offset of the first attribute that must be ignored, or the length of the message.
    pub end: usize,
}

/// Type and length of the attribute at `offset`.
#[inline(always)]
fn word(bytes: &[u8], offset: usize) -> Option<u32> {
    let word = bytes.get(offset..offset + 4)?;
    Some(u32::from_be_bytes(*word.first_chunk()?))
}

#[inline(always)]
fn next(word: u32, offset: usize) -> usize {
    (offset + (word & 0xFFFF) as usize + 7) & 0xFFFF_FFFC
}

#[inline(always)]
fn parse(bytes: &[u8]) -> Option<Parsed<'_>> {
    let len = checked_len(bytes)?;
    let mut offset = 20;
    // Before the trailer nothing is stored.
    while let Some(word) = word(bytes, offset) {
        if matches!(word >> 16, 0x0008 | 0x001C | 0x8028) {
            break;
        }
        offset = next(word, offset);
    }
    let mut trailer = [0; 3];
    let mut end = len;
    while let Some(word) = word(bytes, offset) {
        let [integrity, sha256, fingerprint] = trailer;
        match word >> 16 {
            0x0008 if integrity | sha256 | fingerprint == 0 => trailer[0] = offset as u16,
            0x001C if sha256 | fingerprint == 0 => trailer[1] = offset as u16,
            0x8028 if fingerprint == 0 => trailer[2] = offset as u16,
            _ => end = end.min(offset),
        }
        offset = next(word, offset);
    }
    (offset == len).then_some(Parsed {
        bytes,
        trailer,
        end,
    })
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_parse(bytes: &[u8]) -> Option<Parsed<'_>> {
    parse(bytes)
}

/// The attributes of a parsed message that are not ignored. Trailer attributes after an ignored one, which no
/// measured message has, are omitted.
#[inline(always)]
fn visible<'a>(
    parsed: Parsed<'a>,
    mut attribute: impl FnMut(u16, &'a [u8]) -> Option<()>,
) -> Option<()> {
    let bytes = parsed.bytes.get(..parsed.end)?;
    let mut offset = 20;
    while let Some(word) = word(bytes, offset) {
        let end = offset + 4 + (word & 0xFFFF) as usize;
        attribute((word >> 16) as u16, bytes.get(offset + 4..end)?)?;
        offset = next(word, offset);
    }
    Some(())
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_iterate(bytes: &[u8]) -> Option<usize> {
    let mut sum = 0;
    visible(parse(bytes)?, |ty, value| {
        sum = mix(sum, ty, value);
        Some(())
    })?;
    Some(sum)
}

#[inline(always)]
pub(super) fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(value.try_into().ok()?))
}

#[inline(always)]
pub(super) fn tag(value: &[u8]) -> Option<&[u8]> {
    (value.len() == 20).then_some(value)
}

/// Stores the first value of a type.
#[inline(always)]
fn first<T>(slot: &mut Option<T>, value: impl FnOnce() -> Option<T>) -> Option<()> {
    if slot.is_none() {
        *slot = Some(value()?);
    }
    Some(())
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_check(bytes: &[u8]) -> Option<CheckView<'_>> {
    let (mut username, mut priority, mut controlling) = (None, None, None);
    let (mut nominated, mut integrity, mut fingerprint) = (None, None, None);
    visible(parse(bytes)?, |ty, value| match ty {
        0x0006 => first(&mut username, || Some(value)),
        0x0024 => first(&mut priority, || number(value)),
        0x802A => first(&mut controlling, || {
            Some(u64::from_be_bytes(value.try_into().ok()?))
        }),
        0x0025 => first(&mut nominated, || value.is_empty().then_some(())),
        0x0008 => first(&mut integrity, || tag(value)),
        0x8028 => first(&mut fingerprint, || number(value)),
        _ => Some(()),
    })?;
    Some(CheckView {
        username: username?,
        priority: priority?,
        controlling: controlling?,
        nominated: nominated.is_some(),
        integrity: integrity.unwrap_or_default(),
        fingerprint: fingerprint.unwrap_or_default(),
    })
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_allocate(bytes: &[u8]) -> Option<AllocateView<'_>> {
    let (mut username, mut realm, mut nonce, mut software) = (None, None, None, None);
    let (mut transport, mut lifetime, mut integrity, mut fingerprint) = (None, None, None, None);
    visible(parse(bytes)?, |ty, value| match ty {
        0x0006 => first(&mut username, || Some(value)),
        0x0014 => first(&mut realm, || Some(value)),
        0x0015 => first(&mut nonce, || Some(value)),
        0x8022 => first(&mut software, || Some(value)),
        0x0019 => first(&mut transport, || Some(number(value)?.to_be_bytes()[0])),
        0x000D => first(&mut lifetime, || number(value)),
        0x0008 => first(&mut integrity, || tag(value)),
        0x8028 => first(&mut fingerprint, || number(value)),
        _ => Some(()),
    })?;
    Some(AllocateView {
        username: username?,
        realm: realm?,
        nonce: nonce?,
        software: software?,
        transport: transport?,
        lifetime: lifetime?,
        integrity: integrity.unwrap_or_default(),
        fingerprint: fingerprint.unwrap_or_default(),
    })
}

/// Address and port, XORed with the bytes that follow the length.
#[inline(always)]
pub(super) fn address(value: &[u8], id: &[u8; 16]) -> Option<SocketAddr> {
    let port = |high, low| u16::from_be_bytes([high, low]) ^ u16::from_be_bytes([id[0], id[1]]);
    match value {
        &[_, 1, p0, p1, a, b, c, d] => {
            let ip =
                u32::from_be_bytes([a, b, c, d]) ^ u32::from_be_bytes([id[0], id[1], id[2], id[3]]);
            let ip = IpAddr::V4(Ipv4Addr::from_bits(ip));
            Some(SocketAddr::new(ip, port(p0, p1)))
        }
        [_, 2, p0, p1, ip @ ..] => {
            let ip = u128::from_be_bytes(ip.try_into().ok()?) ^ u128::from_be_bytes(*id);
            let ip = IpAddr::V6(Ipv6Addr::from_bits(ip));
            Some(SocketAddr::new(ip, port(*p0, *p1)))
        }
        _ => None,
    }
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_ms_send(bytes: &[u8]) -> Option<MsSendView<'_>> {
    let mut view = MsSendView::default();
    let (header, mut left) = bytes.split_first_chunk::<20>()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let magic = left.starts_with(&[0x00, 0x0F, 0x00, 0x04, 0x72, 0xC6, 0x4B, 0xC6]);
    if header[0] & 0xC0 != 0 || length != left.len() || !magic {
        return None;
    }
    while let Some((header, rest)) = left.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let (value, rest) = rest.split_at_checked(length)?;
        match u16::from_be_bytes([header[0], header[1]]) {
            0x8008 => view.version = number(value)?,
            0x0011 => view.destination = Some(address(value, &[0; 16])?),
            0x0013 => view.data = value,
            _ => {}
        }
        left = rest;
    }
    left.is_empty().then_some(view)
}

/// Checks FINGERPRINT, which must be the last attribute, by the CRC of the bytes before it.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_fingerprint(bytes: &[u8]) -> bool {
    let Some(parsed) = parse(bytes) else {
        return false;
    };
    let offset = usize::from(parsed.trailer[2]);
    let (Some(covered), Some(attribute)) = (bytes.get(..offset), bytes.get(offset..)) else {
        return false;
    };
    let crc = crc32fast::hash(covered) ^ 0x5354_554E;
    attribute.get(4..) == Some(&crc.to_be_bytes()[..])
}

/// The HMAC of a text that already has the right header length, without a walk.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_verify(text: &[u8], key: &Hmac<Sha1>, tag: &[u8]) -> bool {
    let mut mac = key.clone();
    mac.update(text);
    mac.verify_slice(tag).is_ok()
}

/// The compression function over as many blocks as the HMAC of a text hashes.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_compress(mut state: [u32; 5], blocks: &[[u8; 64]]) -> [u32; 5] {
    sha1::block_api::compress(&mut state, blocks);
    state
}

/// Writes type, length and padding; returns the slices of the value and of the rest.
#[inline(always)]
pub(super) fn put(out: &mut [u8], ty: u16, len: usize) -> Option<(&mut [u8], &mut [u8])> {
    let padded = (len + 3) & !3;
    let (attribute, rest) = out.split_at_mut_checked(4 + padded)?;
    // The last 4 bytes include the padding; the rest of them is overwritten.
    *attribute.last_chunk_mut()? = [0; 4];
    let (header, value) = attribute.split_first_chunk_mut::<4>()?;
    *header = ((u32::from(ty) << 16) | u32::try_from(len).ok()?).to_be_bytes();
    Some((value.get_mut(..len)?, rest))
}

#[inline(always)]
pub(super) fn put_value<'o>(out: &'o mut [u8], ty: u16, bytes: &[u8]) -> Option<&'o mut [u8]> {
    let (value, left) = put(out, ty, bytes.len())?;
    value.copy_from_slice(bytes);
    Some(left)
}

#[inline(always)]
pub(super) fn put_header(
    header: &mut [u8; 20],
    ty: u16,
    length: usize,
    id: &[u8; 12],
) -> Option<()> {
    header[..2].copy_from_slice(&ty.to_be_bytes());
    header[2..4].copy_from_slice(&u16::try_from(length).ok()?.to_be_bytes());
    header[4..8].copy_from_slice(&COOKIE);
    header[8..].copy_from_slice(id);
    Some(())
}

/// Whether USERNAME is short enough (RFC 8489 §14.3).
#[inline(always)]
fn is_username(len: usize) -> bool {
    len <= 508
}

/// Whether REALM, NONCE or SOFTWARE has fewer than 128 characters; a text in ASCII has as many bytes.
#[inline(always)]
fn is_text(text: &str) -> bool {
    text.len() < 128 || text.chars().count() < 128
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_encode<'b>(out: &'b mut [u8], check: &Check<'_>) -> Option<&'b [u8]> {
    if !is_username(check.remote.len() + 1 + check.local.len()) {
        return None;
    }
    let total = write_check(out, check, 0)?;
    out.get(..total)
}

/// Appends tag and CRC to `len` bytes, whose header length already includes the tag.
#[inline(always)]
fn sign<'b>(out: &'b mut [u8], len: usize, key: &Hmac<Sha1>) -> Option<&'b [u8]> {
    let out = out.get_mut(..len + 32)?;
    let (text, rest) = out.split_at_mut_checked(len)?;
    let mut mac = key.clone();
    mac.update(text);
    put_value(rest, 0x0008, &mac.finalize().into_bytes())?;
    out[2..4].copy_from_slice(&u16::try_from(len + 32 - 20).ok()?.to_be_bytes());
    let (text, rest) = out.split_at_mut_checked(len + 24)?;
    let crc = crc32fast::hash(text) ^ 0x5354_554E;
    put_value(rest, 0x8028, &crc.to_be_bytes())?;
    Some(out)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_encode_signed<'b>(
    out: &'b mut [u8],
    check: &Check<'_>,
    key: &Hmac<Sha1>,
) -> Option<&'b [u8]> {
    let len = write_check(out, check, 24)?;
    sign(out, len, key)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_encode_allocate<'b>(
    out: &'b mut [u8],
    allocate: &Allocate<'_>,
) -> Option<&'b [u8]> {
    let texts = [allocate.realm, allocate.nonce, super::messages::SOFTWARE];
    if !is_username(allocate.user.len()) || !texts.into_iter().all(is_text) {
        return None;
    }
    let total = write_allocate(out, allocate, 0)?;
    out.get(..total)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_encode_allocate_signed<'b>(
    out: &'b mut [u8],
    allocate: &Allocate<'_>,
    key: &Hmac<Sha1>,
) -> Option<&'b [u8]> {
    let len = write_allocate(out, allocate, 24)?;
    sign(out, len, key)
}

/// Reads the first peer address and the first payload that are not ignored, from a valid message.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_send_decode(bytes: &[u8]) -> Option<(SocketAddr, Range<usize>)> {
    let parsed = parse(bytes)?;
    if !matches!(bytes.first_chunk(), Some([0x00, 0x16 | 0x17])) {
        return None;
    }
    let id = bytes.get(4..)?.first_chunk::<16>()?;
    let visible = bytes.get(..parsed.end)?;
    let (mut peer, mut payload, mut offset) = (None, None, 20);
    while let Some(word) = word(visible, offset) {
        let range = offset + 4..offset + 4 + (word & 0xFFFF) as usize;
        offset = next(word, offset);
        match word >> 16 {
            0x0012 if peer.is_none() => peer = Some(range),
            0x0013 if payload.is_none() => payload = Some(range),
            _ => continue,
        }
        if peer.is_some() && payload.is_some() {
            break;
        }
    }
    let (peer, payload) = (peer?, payload?);
    Some((address(bytes.get(peer)?, id)?, payload))
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_data_copy<'b>(
    out: &'b mut [u8],
    peer: SocketAddr,
    id: [u8; 12],
    payload: &[u8],
) -> Option<&'b [u8]> {
    let (len, header_len) = (payload.len(), header_len(peer));
    let out = out.get_mut(..header_len + ((len + 3) & !3))?;
    let (header, rest) = out.split_at_mut_checked(header_len)?;
    data_header(header, peer, &id, len)?;
    let (value, padding) = rest.split_at_mut_checked(len)?;
    value.copy_from_slice(payload);
    padding.fill(0);
    Some(out)
}

/// The error for a packet that cannot be written, as in the crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPacket {
    Full { needed: usize, available: usize },
    TooLong { length: u32 },
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_data_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    id: [u8; 12],
) -> Result<Range<usize>, NoPacket> {
    let header_len = header_len(peer);
    let available = buf.len();
    let full = NoPacket::Full {
        needed: header_len,
        available,
    };
    let (Some(from), Some(len)) = (
        payload.start.checked_sub(header_len),
        payload.end.checked_sub(payload.start),
    ) else {
        return Err(full);
    };
    let Some(to) = payload.end.checked_add(len.wrapping_neg() & 3) else {
        return Err(full);
    };
    let Some((header, payload)) = buf
        .get_mut(from..to)
        .and_then(|packet| packet.split_at_mut_checked(header_len))
    else {
        return Err(full);
    };
    match payload.get_mut(len..) {
        Some([]) | None => {}
        Some([a]) => *a = 0,
        Some([a, b]) => [*a, *b] = [0; 2],
        Some(padding) => padding.fill(0),
    }
    data_header(header, peer, &id, len).ok_or(NoPacket::TooLong {
        length: u32::try_from(len).unwrap_or(u32::MAX),
    })?;
    Ok(from..to)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_data_vectored<'b>(
    out: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
    id: [u8; 12],
) -> Result<[&'b [u8]; 3], NoPacket> {
    let (needed, available) = (header_len(peer), out.len());
    let Some(header) = out.get_mut(..needed) else {
        return Err(NoPacket::Full { needed, available });
    };
    let len = payload.len();
    data_header(header, peer, &id, len).ok_or(NoPacket::TooLong {
        length: u32::try_from(len).unwrap_or(u32::MAX),
    })?;
    let padding: &[u8] = match len & 3 {
        1 => &[0; 3],
        2 => &[0; 2],
        3 => &[0; 1],
        _ => &[],
    };
    Ok([header, payload, padding])
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_channel_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    number: u16,
) -> Option<Range<usize>> {
    let len = payload.end.checked_sub(payload.start)?;
    let from = payload.start.checked_sub(4)?;
    let header = buf.get_mut(from..payload.end)?.first_chunk_mut::<4>()?;
    *header = ((u32::from(number) << 16) | u32::from(u16::try_from(len).ok()?)).to_be_bytes();
    Some(from..payload.end)
}

/// Reads number and data of a datagram with up to 3 bytes of padding.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_channel_decode(bytes: &[u8]) -> Option<(u16, &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<4>()?;
    let number = u16::from_be_bytes([header[0], header[1]]);
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let (data, padding) = rest.split_at_checked(length)?;
    ((0x4000..0x8000).contains(&number) && padding.len() <= 3).then_some((number, data))
}

/// Writes a datagram of ChannelData with a copy of the data.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_channel_copy<'b>(out: &'b mut [u8], number: u16, data: &[u8]) -> Option<&'b [u8]> {
    let length = u16::try_from(data.len()).ok()?;
    if !(0x4000..0x8000).contains(&number) {
        return None;
    }
    let out = out.get_mut(..4 + data.len())?;
    let (header, value) = out.split_first_chunk_mut::<4>()?;
    *header = ((u32::from(number) << 16) | u32::from(length)).to_be_bytes();
    value.copy_from_slice(data);
    Some(out)
}

/// Steps over the frames by their lengths.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn baseline_frames(stream: &[u8]) -> Option<(usize, usize)> {
    let (mut left, mut sum) = (stream, 0_usize);
    while let Some(header) = left.first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let (total, found) = match header[0] {
            0x00..=0x3F => {
                let Some(header) = left.first_chunk::<20>() else {
                    break;
                };
                if length & 3 != 0 || header[4..8] != COOKIE {
                    return None;
                }
                (length + 20, length + 20)
            }
            0x40..=0x7F => {
                let number = usize::from(u16::from_be_bytes([header[0], header[1]]));
                (((length + 3) & !3) + 4, number + length)
            }
            _ => return None,
        };
        let Some((_, rest)) = left.split_at_checked(total) else {
            break;
        };
        sum = sum.wrapping_add(found);
        left = rest;
    }
    Some((stream.len() - left.len(), sum))
}
