//! The operations written by hand with the least work of a correct program: bounds, padding and the requested
//! values. Only returned values are stored, and there are no limits.

use core::net::{IpAddr, SocketAddr};
use core::ops::Range;

use super::baseline::{address, number, put, put_header, put_value, tag};
use super::messages::COOKIE;
use super::ops::{Allocate, AllocateView, Check, CheckView, mix};

/// The length of a message that is exactly as long as its header says.
#[inline(always)]
pub(super) fn checked_len(bytes: &[u8]) -> Option<usize> {
    let header = bytes.first_chunk::<20>()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    (header[0] & 0xC0 == 0 && header[4..8] == COOKIE && length + 20 == bytes.len())
        .then_some(bytes.len())
}

/// Calls `attribute` with type and length as one word and the offset of each attribute. Padded attributes
/// begin at multiples of 4, so the offset is rounded up instead of the length.
#[inline(always)]
pub(super) fn each_word(
    bytes: &[u8],
    mut attribute: impl FnMut(u32, usize) -> Option<()>,
) -> Option<()> {
    let len = checked_len(bytes)?;
    let mut offset = 20;
    while let Some(word) = bytes.get(offset..offset + 4) {
        let word = u32::from_be_bytes(*word.first_chunk()?);
        attribute(word, offset)?;
        offset = (offset + (word & 0xFFFF) as usize + 7) & 0xFFFF_FFFC;
    }
    (offset == len).then_some(())
}

/// Calls `attribute` with type and value of each attribute.
#[inline(always)]
pub(super) fn each<'a>(
    bytes: &'a [u8],
    mut attribute: impl FnMut(u16, &'a [u8]) -> Option<()>,
) -> Option<()> {
    each_word(bytes, |word, offset| {
        let value = bytes.get(offset + 4..offset + 4 + (word & 0xFFFF) as usize)?;
        attribute((word >> 16) as u16, value)
    })
}

/// Whether every attribute is complete.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_walk(bytes: &[u8]) -> Option<&[u8]> {
    each_word(bytes, |_, _| Some(()))?;
    Some(bytes)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_iterate(bytes: &[u8]) -> Option<usize> {
    let mut sum = 0;
    each(bytes, |ty, value| {
        sum = mix(sum, ty, value);
        Some(())
    })?;
    Some(sum)
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_check(bytes: &[u8]) -> Option<CheckView<'_>> {
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

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_allocate(bytes: &[u8]) -> Option<AllocateView<'_>> {
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

/// One bounds check per attribute, and the length as one sum. The length includes `following` bytes.
#[inline(always)]
pub(super) fn write_check(out: &mut [u8], check: &Check<'_>, following: usize) -> Option<usize> {
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

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_encode<'b>(out: &'b mut [u8], check: &Check<'_>) -> Option<&'b [u8]> {
    let total = write_check(out, check, 0)?;
    out.get(..total)
}

#[inline(always)]
pub(super) fn write_allocate(
    out: &mut [u8],
    allocate: &Allocate<'_>,
    following: usize,
) -> Option<usize> {
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

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_encode_allocate<'b>(out: &'b mut [u8], allocate: &Allocate<'_>) -> Option<&'b [u8]> {
    let total = write_allocate(out, allocate, 0)?;
    out.get(..total)
}

/// Reads the first peer address and the first payload.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_send_decode(bytes: &[u8]) -> Option<(SocketAddr, Range<usize>)> {
    let id = bytes.get(4..)?.first_chunk::<16>()?;
    let (mut peer, mut payload) = (None, None);
    if !matches!(bytes.first_chunk(), Some([0x00, 0x16 | 0x17])) {
        return None;
    }
    each_word(bytes, |word, offset| {
        let range = offset + 4..offset + 4 + (word & 0xFFFF) as usize;
        match word >> 16 {
            0x0012 if peer.is_none() => peer = Some(address(bytes.get(range)?, id)?),
            0x0013 if payload.is_none() => payload = Some(range),
            _ => {}
        }
        Some(())
    })?;
    Some((peer?, payload?))
}

/// Header, XOR-PEER-ADDRESS, and the type and length of DATA: 36 or 48 bytes.
#[inline(always)]
pub(super) fn data_header(
    out: &mut [u8],
    peer: SocketAddr,
    id: &[u8; 12],
    len: usize,
) -> Option<()> {
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
pub(super) fn header_len(peer: SocketAddr) -> usize {
    if peer.is_ipv4() { 36 } else { 48 }
}

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_data_in_place(
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

#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_data_vectored<'b>(
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

/// The walk, and the CRC over what FINGERPRINT covers.
#[cfg_attr(feature = "opaque", inline(never))]
#[cfg_attr(not(feature = "opaque"), inline(always))]
pub fn least_fingerprint(bytes: &[u8]) -> bool {
    let mut found = None;
    let is_complete = each(bytes, |ty, value| {
        if ty == 0x8028 {
            found = Some(number(value)?);
        }
        Some(())
    });
    let covered = bytes
        .get(..bytes.len().saturating_sub(8))
        .unwrap_or_default();
    is_complete.is_some() && found == Some(crc32fast::hash(covered) ^ 0x5354_554E)
}
