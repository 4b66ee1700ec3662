//! The baselines: each job written by hand, with only the work that it requires.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::ops::Range;

use hmac::{Hmac, Mac};
use sha1::Sha1;

use super::messages::COOKIE;
use super::ops::{Allocate, AllocateView, Check, CheckView, MsSendView, mix};

/// The attributes of a message that is exactly as long as its header says.
#[inline(always)]
fn body(bytes: &[u8]) -> Option<&[u8]> {
    let (header, body) = bytes.split_first_chunk::<20>()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    (header[0] & 0xC0 == 0 && header[4..8] == COOKIE && length == body.len()).then_some(body)
}

/// Calls `each` with every attribute. Checks bounds and padding, and stores nothing.
#[inline(always)]
fn each<'a>(bytes: &'a [u8], mut each: impl FnMut(u16, &'a [u8]) -> Option<()>) -> Option<()> {
    let mut left = body(bytes)?;
    while let Some(header) = left.first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let (attribute, rest) = left.split_at_checked((length + 7) & !3)?;
        let value = attribute.get(4..4 + length).unwrap_or_default();
        each(u16::from_be_bytes([header[0], header[1]]), value)?;
        left = rest;
    }
    left.is_empty().then_some(())
}

/// Checks only that the attributes are valid.
#[inline(never)]
pub fn baseline_valid(bytes: &[u8]) -> Option<&[u8]> {
    each(bytes, |_, _| Some(()))?;
    Some(bytes)
}

/// Checks that the attributes are valid, and finds the offsets of the first MESSAGE-INTEGRITY,
/// MESSAGE-INTEGRITY-SHA256 and FINGERPRINT.
#[inline(never)]
pub fn baseline_parse(bytes: &[u8]) -> Option<(&[u8], [u16; 3])> {
    let mut offsets = [u16::MAX; 3];
    let mut offset = 0_usize;
    each(bytes, |ty, value| {
        let [integrity, sha256, fingerprint] = &mut offsets;
        match ty {
            0x0008 => *integrity = (*integrity).min(offset as u16),
            0x001C => *sha256 = (*sha256).min(offset as u16),
            0x8028 => *fingerprint = (*fingerprint).min(offset as u16),
            _ => {}
        }
        offset += (value.len() + 7) & !3;
        Some(())
    })?;
    Some((bytes, offsets))
}

#[inline(never)]
pub fn baseline_walk(bytes: &[u8]) -> Option<usize> {
    let mut sum = 0;
    each(bytes, |ty, value| {
        sum = mix(sum, ty, value);
        Some(())
    })?;
    Some(sum)
}

#[inline(always)]
fn number(value: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(value.try_into().ok()?))
}

#[inline(always)]
fn tag(value: &[u8]) -> Option<&[u8]> {
    (value.len() == 20).then_some(value)
}

#[inline(never)]
pub fn baseline_check(bytes: &[u8]) -> Option<CheckView<'_>> {
    let mut view = CheckView::default();
    each(bytes, |ty, value| {
        match ty {
            0x0006 => view.username = value,
            0x0024 => view.priority = number(value)?,
            0x802A => view.controlling = u64::from_be_bytes(value.try_into().ok()?),
            0x0025 => view.nominated = value.is_empty().then_some(true)?,
            0x0008 => view.integrity = tag(value)?,
            0x8028 => view.fingerprint = number(value)?,
            _ => {}
        }
        Some(())
    })?;
    Some(view)
}

#[inline(never)]
pub fn baseline_allocate(bytes: &[u8]) -> Option<AllocateView<'_>> {
    let mut view = AllocateView::default();
    each(bytes, |ty, value| {
        match ty {
            0x0006 => view.username = value,
            0x0014 => view.realm = value,
            0x0015 => view.nonce = value,
            0x8022 => view.software = value,
            0x0019 => view.transport = number(value)?.to_be_bytes()[0],
            0x000D => view.lifetime = number(value)?,
            0x0008 => view.integrity = tag(value)?,
            0x8028 => view.fingerprint = number(value)?,
            _ => {}
        }
        Some(())
    })?;
    Some(view)
}

/// Address and port, XORed with the bytes that follow the length in the header.
#[inline(always)]
fn address(value: &[u8], id: &[u8; 16]) -> Option<SocketAddr> {
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

#[inline(never)]
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

/// Walks the attributes, and computes the CRC of the bytes before FINGERPRINT.
#[inline(never)]
pub fn baseline_fingerprint(bytes: &[u8]) -> bool {
    let mut found = None;
    let is_valid = each(bytes, |ty, value| {
        if ty == 0x8028 {
            found = Some(number(value)?);
        }
        Some(())
    });
    let text = bytes
        .get(..bytes.len().saturating_sub(8))
        .unwrap_or_default();
    is_valid.is_some() && found == Some(crc32fast::hash(text) ^ 0x5354_554E)
}

/// The HMAC of a text that already has the right header length, without a walk.
#[inline(never)]
pub fn baseline_verify(text: &[u8], key: &Hmac<Sha1>, tag: &[u8]) -> bool {
    let mut mac = key.clone();
    mac.update(text);
    mac.verify_slice(tag).is_ok()
}

/// The compression function over as many blocks as the HMAC of a text hashes.
#[inline(never)]
pub fn baseline_compress(mut state: [u32; 5], blocks: &[[u8; 64]]) -> [u32; 5] {
    sha1::block_api::compress(&mut state, blocks);
    state
}

/// Writes type, length and padding; returns the slices of the value and of the rest.
#[inline(always)]
fn put(out: &mut [u8], ty: u16, len: usize) -> Option<(&mut [u8], &mut [u8])> {
    let padded = (len + 3) & !3;
    let (attribute, rest) = out.split_at_mut_checked(4 + padded)?;
    // The last 4 bytes include the padding; the rest of them is overwritten.
    *attribute.last_chunk_mut()? = [0; 4];
    let (header, value) = attribute.split_first_chunk_mut::<4>()?;
    *header = ((u32::from(ty) << 16) | u32::try_from(len).ok()?).to_be_bytes();
    Some((value.get_mut(..len)?, rest))
}

#[inline(always)]
fn put_value<'o>(out: &'o mut [u8], ty: u16, bytes: &[u8]) -> Option<&'o mut [u8]> {
    let (value, left) = put(out, ty, bytes.len())?;
    value.copy_from_slice(bytes);
    Some(left)
}

#[inline(always)]
fn put_header(header: &mut [u8; 20], ty: u16, length: usize, id: &[u8; 12]) -> Option<()> {
    header[..2].copy_from_slice(&ty.to_be_bytes());
    header[2..4].copy_from_slice(&u16::try_from(length).ok()?.to_be_bytes());
    header[4..8].copy_from_slice(&COOKIE);
    header[8..].copy_from_slice(id);
    Some(())
}

/// One bounds check per attribute, and the length as one sum. The length includes `following` bytes.
#[inline(always)]
fn write_check(out: &mut [u8], check: &Check<'_>, following: usize) -> Option<usize> {
    let (remote, local) = (check.remote.as_bytes(), check.local.as_bytes());
    let name = remote.len() + 1 + local.len();
    let total = 20 + 4 + ((name + 3) & !3) + 8 + 12 + 4;
    let out = out.get_mut(..total)?;
    let (header, left) = out.split_first_chunk_mut::<20>()?;
    put_header(header, 0x0001, total - 20 + following, &check.id)?;
    let (value, left) = put(left, 0x0006, name)?;
    let (user, value) = value.split_at_mut_checked(remote.len())?;
    user.copy_from_slice(remote);
    let (colon, value) = value.split_first_mut()?;
    *colon = b':';
    value.copy_from_slice(local);
    let left = put_value(left, 0x0024, &check.priority.to_be_bytes())?;
    let left = put_value(left, 0x802A, &check.tie_breaker.to_be_bytes())?;
    put(left, 0x0025, 0)?;
    Some(total)
}

#[inline(never)]
pub fn baseline_encode<'b>(out: &'b mut [u8], check: &Check<'_>) -> Option<&'b [u8]> {
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

#[inline(never)]
pub fn baseline_encode_signed<'b>(
    out: &'b mut [u8],
    check: &Check<'_>,
    key: &Hmac<Sha1>,
) -> Option<&'b [u8]> {
    let len = write_check(out, check, 24)?;
    sign(out, len, key)
}

#[inline(always)]
fn write_allocate(out: &mut [u8], allocate: &Allocate<'_>, following: usize) -> Option<usize> {
    let padded = |text: &str| 4 + ((text.len() + 3) & !3);
    let software = super::messages::SOFTWARE;
    let total = 20
        + padded(allocate.user)
        + padded(allocate.realm)
        + padded(allocate.nonce)
        + 8
        + 8
        + padded(software);
    let out = out.get_mut(..total)?;
    let (header, left) = out.split_first_chunk_mut::<20>()?;
    put_header(header, 0x0003, total - 20 + following, &allocate.id)?;
    let left = put_value(left, 0x0006, allocate.user.as_bytes())?;
    let left = put_value(left, 0x0014, allocate.realm.as_bytes())?;
    let left = put_value(left, 0x0015, allocate.nonce.as_bytes())?;
    let left = put_value(left, 0x0019, &[17, 0, 0, 0])?;
    let left = put_value(left, 0x000D, &allocate.lifetime.to_be_bytes())?;
    put_value(left, 0x8022, software.as_bytes())?;
    Some(total)
}

#[inline(never)]
pub fn baseline_encode_allocate<'b>(
    out: &'b mut [u8],
    allocate: &Allocate<'_>,
) -> Option<&'b [u8]> {
    let total = write_allocate(out, allocate, 0)?;
    out.get(..total)
}

#[inline(never)]
pub fn baseline_encode_allocate_signed<'b>(
    out: &'b mut [u8],
    allocate: &Allocate<'_>,
    key: &Hmac<Sha1>,
) -> Option<&'b [u8]> {
    let len = write_allocate(out, allocate, 24)?;
    sign(out, len, key)
}

/// Walks the attributes, and returns the first peer address and the first payload.
#[inline(never)]
pub fn baseline_send_decode(bytes: &[u8]) -> Option<(SocketAddr, Range<usize>)> {
    let id = bytes.get(4..)?.first_chunk::<16>()?;
    let (mut peer, mut payload, mut at) = (None, None, 20);
    if !matches!(bytes.first_chunk(), Some([0x00, 0x16 | 0x17])) {
        return None;
    }
    each(bytes, |ty, value| {
        match ty {
            0x0012 if peer.is_none() => peer = Some(address(value, id)?),
            0x0013 if payload.is_none() => payload = Some(at + 4..at + 4 + value.len()),
            _ => {}
        }
        at += (value.len() + 7) & !3;
        Some(())
    })?;
    Some((peer?, payload?))
}

/// Header, XOR-PEER-ADDRESS, and the type and length of DATA: 36 or 48 bytes.
#[inline(always)]
fn data_header(out: &mut [u8], peer: SocketAddr, id: &[u8; 12], len: usize) -> Option<()> {
    let (header, left) = out.split_first_chunk_mut::<20>()?;
    let padded = (len + 3) & !3;
    put_header(header, 0x0017, left.len() + padded, id)?;
    let port = peer.port() ^ 0x2112;
    let mut full = [0; 16];
    full[..4].copy_from_slice(&COOKIE);
    full[4..].copy_from_slice(id);
    let left = match peer.ip() {
        IpAddr::V4(ip) => {
            let (value, left) = put(left, 0x0012, 8)?;
            value[..2].copy_from_slice(&[0, 1]);
            value[2..4].copy_from_slice(&port.to_be_bytes());
            value[4..].copy_from_slice(&(ip.to_bits() ^ 0x2112_A442).to_be_bytes());
            left
        }
        IpAddr::V6(ip) => {
            let (value, left) = put(left, 0x0012, 20)?;
            value[..2].copy_from_slice(&[0, 2]);
            value[2..4].copy_from_slice(&port.to_be_bytes());
            let ip = ip.to_bits() ^ u128::from_be_bytes(full);
            value[4..].copy_from_slice(&ip.to_be_bytes());
            left
        }
    };
    let header = left.first_chunk_mut::<4>()?;
    *header = ((0x0013 << 16) | u32::from(u16::try_from(len).ok()?)).to_be_bytes();
    Some(())
}

#[inline(always)]
fn header_len(peer: SocketAddr) -> usize {
    if peer.is_ipv4() { 36 } else { 48 }
}

#[inline(never)]
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

#[inline(never)]
pub fn baseline_data_in_place(
    buf: &mut [u8],
    payload: Range<usize>,
    peer: SocketAddr,
    id: [u8; 12],
) -> Option<Range<usize>> {
    let len = payload.end.checked_sub(payload.start)?;
    let from = payload.start.checked_sub(header_len(peer))?;
    let to = payload.end + (len.wrapping_neg() & 3);
    match buf.get_mut(payload.end..to)? {
        [] => {}
        [a] => *a = 0,
        [a, b] => [*a, *b] = [0; 2],
        padding => padding.fill(0),
    }
    data_header(buf.get_mut(from..payload.start)?, peer, &id, len)?;
    Some(from..to)
}

#[inline(never)]
pub fn baseline_data_vectored<'b>(
    out: &'b mut [u8],
    payload: &'b [u8],
    peer: SocketAddr,
    id: [u8; 12],
) -> Option<[&'b [u8]; 3]> {
    let len = payload.len();
    let header = out.get_mut(..header_len(peer))?;
    data_header(header, peer, &id, len)?;
    let padding: &[u8; 3] = &[0; 3];
    Some([header, payload, padding.get(..len.wrapping_neg() & 3)?])
}

#[inline(never)]
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

/// Steps over the frames by their lengths.
#[inline(never)]
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
