//! The headers from the link layer to the innermost IP packet of a frame.
//!
//! Everything is an offset into the frame, so that the anonymizer can replace the addresses that
//! decoding passes over.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use pcap_parser::Linktype;

use super::decode::Skip;

/// Greatest number of nested IP packets and tunnel headers that are followed.
const MAX_LAYERS: usize = 16;

const ETHER_IPV4: u16 = 0x0800;
const ETHER_IPV6: u16 = 0x86DD;
const ETHER_VLAN: [u16; 4] = [0x8100, 0x88A8, 0x9100, 0x9200];
const ETHER_MPLS: [u16; 2] = [0x8847, 0x8848];
const ETHER_PPPOE: u16 = 0x8864;
/// Transparent Ethernet bridging: an Ethernet frame inside GRE or Geneve.
const ETHER_BRIDGING: u16 = 0x6558;

pub const ICMP: u8 = 1;
pub const TCP: u8 = 6;
pub const UDP: u8 = 17;
pub const ICMPV6: u8 = 58;
const IP_IN_IP: u8 = 4;
const IPV6_IN_IP: u8 = 41;
const GRE: u8 = 47;

const VXLAN_PORT: u16 = 4789;
const GENEVE_PORT: u16 = 6081;
const GTPU_PORT: u16 = 2152;

/// A header that carries addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Hardware addresses of the link layer.
    Mac(Range<usize>),
    Ip(Ip),
}

/// An IP header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ip {
    /// Offset of the header in the frame.
    pub start: usize,
    pub source: IpAddr,
    pub destination: IpAddr,
    /// Protocol of the payload, after the extension headers of IPv6.
    pub protocol: u8,
    /// The captured part of the payload.
    pub payload: Range<usize>,
    /// Length in bytes of the payload on the wire.
    pub wire_len: usize,
    pub fragment: Option<Fragment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    pub identification: u32,
    /// Offset in the payload of the whole packet, in units of 8 bytes.
    pub offset: u16,
    pub more: bool,
}

/// A frame and its length on the wire.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    pub bytes: &'a [u8],
    pub wire_len: usize,
}

impl<'a> Frame<'a> {
    fn at<const N: usize>(self, offset: usize) -> Result<[u8; N], Skip> {
        let rest = self.bytes.get(offset..).unwrap_or_default();
        rest.first_chunk().copied().ok_or(self.short())
    }

    fn u16(self, offset: usize) -> Result<u16, Skip> {
        self.at(offset).map(u16::from_be_bytes)
    }

    /// The reason if the frame ends within a header.
    pub fn short(self) -> Skip {
        if self.bytes.len() < self.wire_len {
            Skip::Truncated
        } else {
            Skip::Malformed
        }
    }
}

/// Where the next header starts, and what it is.
enum Next {
    Ethernet(usize),
    /// A header by its EtherType.
    EtherType(u16, usize),
    /// IPv4 or IPv6 by its version field.
    Ip(usize),
}

/// Follows link layer, tags and tunnels to the innermost IP packet.
pub fn innermost_ip(
    link: Linktype,
    frame: Frame<'_>,
    visit: &mut dyn FnMut(Layer),
) -> Result<Ip, Skip> {
    let mut next = link_layer(link, frame, visit)?;
    let mut innermost = None;
    for _ in 0..MAX_LAYERS {
        let ip = match step(frame, next, visit) {
            Ok(Step::Next(further)) => {
                next = further;
                continue;
            }
            Ok(Step::Ip(ip)) => ip,
            // The port of a tunnel, but not its header.
            Err(skip) => return innermost.ok_or(skip),
        };
        visit(Layer::Ip(ip.clone()));
        match tunnel(frame, &ip) {
            Some(inside) => {
                next = inside;
                innermost = Some(ip);
            }
            None => return Ok(ip),
        }
    }
    innermost.ok_or(Skip::Malformed)
}

enum Step {
    Next(Next),
    Ip(Ip),
}

fn step(frame: Frame<'_>, next: Next, visit: &mut dyn FnMut(Layer)) -> Result<Step, Skip> {
    match next {
        Next::Ethernet(offset) => {
            let ether_type = frame.u16(offset + 12)?;
            visit(Layer::Mac(offset..offset + 12));
            if ether_type <= 1500 {
                return Ok(Step::Next(llc(frame, offset + 14)?));
            }
            Ok(Step::Next(Next::EtherType(ether_type, offset + 14)))
        }
        Next::EtherType(ether_type, offset) => match ether_type {
            ETHER_IPV4 | ETHER_IPV6 => ip(frame, offset).map(Step::Ip),
            _ if ETHER_VLAN.contains(&ether_type) => {
                let inner = frame.u16(offset + 2)?;
                if inner <= 1500 {
                    return Ok(Step::Next(llc(frame, offset + 4)?));
                }
                Ok(Step::Next(Next::EtherType(inner, offset + 4)))
            }
            _ if ETHER_MPLS.contains(&ether_type) => mpls(frame, offset).map(Step::Next),
            ETHER_PPPOE => Ok(Step::Next(ppp(frame, offset + 6)?)),
            ETHER_BRIDGING => Ok(Step::Next(Next::Ethernet(offset))),
            _ => Err(Skip::Foreign),
        },
        Next::Ip(offset) => ip(frame, offset).map(Step::Ip),
    }
}

fn link_layer(
    link: Linktype,
    frame: Frame<'_>,
    visit: &mut dyn FnMut(Layer),
) -> Result<Next, Skip> {
    match link {
        Linktype::ETHERNET => Ok(Next::Ethernet(0)),
        Linktype::LINUX_SLL => {
            let ether_type = frame.u16(14)?;
            visit(Layer::Mac(6..14));
            Ok(Next::EtherType(ether_type, 16))
        }
        Linktype::LINUX_SLL2 => {
            let ether_type = frame.u16(0)?;
            frame.at::<20>(0)?;
            visit(Layer::Mac(12..20));
            Ok(Next::EtherType(ether_type, 20))
        }
        Linktype::NULL | Linktype::LOOP => {
            // The byte order is that of the capturing machine, and the number for IPv6 depends on
            // its operating system.
            let family = u32::from_be_bytes(frame.at(0)?);
            match family.min(family.swap_bytes()) {
                2 | 10 | 24 | 28 | 30 => Ok(Next::Ip(4)),
                _ => Err(Skip::Foreign),
            }
        }
        // The numbers that several systems have given to packets without a link layer.
        Linktype::RAW | Linktype(12 | 14) | Linktype::IPV4 | Linktype::IPV6 => Ok(Next::Ip(0)),
        // PPP, with or without the HDLC address and control bytes.
        Linktype(9 | 50) => match frame.at(0)? {
            [0xFF, 0x03] => ppp(frame, 2),
            _ => ppp(frame, 0),
        },
        // PPP over Ethernet without the Ethernet header.
        Linktype(51) => ppp(frame, 6),
        // Cisco HDLC.
        Linktype(104) => Ok(Next::EtherType(frame.u16(2)?, 4)),
        Linktype(105) => llc(frame, ieee80211(frame, 0, visit)?),
        Linktype(127) => radiotap(frame, visit),
        _ => Err(Skip::Link),
    }
}

/// The protocol field of PPP, of one or two bytes (RFC 1661 §2).
fn ppp(frame: Frame<'_>, offset: usize) -> Result<Next, Skip> {
    let (protocol, next) = match frame.at(offset)? {
        [low] if low & 1 == 1 => (u16::from(low), offset + 1),
        [_] => (frame.u16(offset)?, offset + 2),
    };
    match protocol {
        0x0021 | 0x0057 => Ok(Next::Ip(next)),
        0x0281 | 0x0283 => mpls(frame, next),
        _ => Err(Skip::Foreign),
    }
}

/// MPLS labels up to the bottom of the stack (RFC 3032 §2.1). What follows them is not declared.
fn mpls(frame: Frame<'_>, mut offset: usize) -> Result<Next, Skip> {
    for _ in 0..MAX_LAYERS {
        let [_, _, flags, _] = frame.at(offset)?;
        offset += 4;
        if flags & 1 == 0 {
            continue;
        }
        let [first] = frame.at(offset)?;
        return match first >> 4 {
            4 | 6 => Ok(Next::Ip(offset)),
            // The control word of an Ethernet pseudowire (RFC 4448 §4.6).
            0 => Ok(Next::Ethernet(offset + 4)),
            _ => Err(Skip::Foreign),
        };
    }
    Err(Skip::Malformed)
}

/// An LLC header with SNAP (RFC 1042).
fn llc(frame: Frame<'_>, offset: usize) -> Result<Next, Skip> {
    match frame.at(offset)? {
        [0xAA, 0xAA, 0x03, _, _, _, high, low] => {
            Ok(Next::EtherType(u16::from_be_bytes([high, low]), offset + 8))
        }
        _ => Err(Skip::Foreign),
    }
}

/// The radiotap header of a wireless capture, whose numbers are little-endian.
fn radiotap(frame: Frame<'_>, visit: &mut dyn FnMut(Layer)) -> Result<Next, Skip> {
    let [_, _, low, high] = frame.at(0)?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    // The bit for a further presence word, the timestamp and the flags.
    let mut fields = 4;
    let present = u32::from_le_bytes(frame.at(fields)?);
    loop {
        let word = u32::from_le_bytes(frame.at(fields)?);
        fields += 4;
        if word & 1 << 31 == 0 {
            break;
        }
    }
    if present & 1 != 0 {
        // The timestamp is aligned to its size.
        fields = fields.next_multiple_of(8) + 8;
    }
    let padded = present & 2 != 0 && frame.at::<1>(fields)?[0] & 0x20 != 0;
    let end = ieee80211(frame, length, visit)?;
    // The padding between the 802.11 header and the body makes the header a multiple of 4.
    let padding = if padded {
        (end - length).next_multiple_of(4) - (end - length)
    } else {
        0
    };
    llc(frame, end + padding)
}

/// The header of an unencrypted 802.11 data frame; returns the offset of its end.
fn ieee80211(frame: Frame<'_>, offset: usize, visit: &mut dyn FnMut(Layer)) -> Result<usize, Skip> {
    const PROTECTED: u8 = 0x40;
    let [control, flags] = frame.at(offset)?;
    let (kind, subtype) = (control >> 2 & 3, control >> 4);
    // Data frames with a body.
    if kind != 2 || subtype & 4 != 0 || flags & PROTECTED != 0 {
        return Err(Skip::Foreign);
    }
    let mut length = 24;
    visit(Layer::Mac(offset + 4..offset + 22));
    if flags & 3 == 3 {
        visit(Layer::Mac(offset + 24..offset + 30));
        length += 6;
    }
    if subtype & 8 != 0 {
        length += 2;
        if flags & 0x80 != 0 {
            length += 4;
        }
    }
    Ok(offset + length)
}

/// The header inside a tunnel, or `None` if the packet is not a tunnel's.
fn tunnel(frame: Frame<'_>, ip: &Ip) -> Option<Next> {
    if ip.fragment.is_some() {
        return None;
    }
    let start = ip.payload.start;
    match ip.protocol {
        IP_IN_IP | IPV6_IN_IP => Some(Next::Ip(start)),
        GRE => gre(frame, start),
        UDP => {
            let port = frame.u16(start + 2).ok()?;
            let body = start + 8;
            match port {
                // RFC 7348 §5: the flag that the network identifier is valid, the rest reserved.
                VXLAN_PORT => matches!(frame.at(body), Ok([0x08, 0, 0, 0, _, _, _, 0]))
                    .then_some(Next::Ethernet(body + 8)),
                // RFC 8926 §3.4: version 0 and the length of the options in words.
                GENEVE_PORT => match frame.at(body) {
                    Ok([version @ 0..=0x3F, _, high, low]) => Some(Next::EtherType(
                        u16::from_be_bytes([high, low]),
                        body + 8 + 4 * usize::from(version),
                    )),
                    _ => None,
                },
                // A user packet of GTP version 1, with or without optional fields.
                GTPU_PORT => match frame.at(body) {
                    Ok([0x30, 0xFF]) => Some(Next::Ip(body + 8)),
                    _ => None,
                },
                _ => None,
            }
        }
        _ => None,
    }
}

/// A GRE header (RFC 2784, RFC 2890).
fn gre(frame: Frame<'_>, offset: usize) -> Option<Next> {
    let [flags, version, high, low] = frame.at(offset).ok()?;
    if version & 7 != 0 {
        return None;
    }
    let fields = (flags & 0xB0).count_ones();
    let next = offset + 4 + 4 * usize::try_from(fields).ok()?;
    Some(Next::EtherType(u16::from_be_bytes([high, low]), next))
}

/// An IPv4 or IPv6 header, by its version field.
pub fn ip(frame: Frame<'_>, start: usize) -> Result<Ip, Skip> {
    match frame.at(start)? {
        [first] if first >> 4 == 4 => ipv4(frame, start),
        [first] if first >> 4 == 6 => ipv6(frame, start),
        _ => Err(Skip::Malformed),
    }
}

fn ipv4(frame: Frame<'_>, start: usize) -> Result<Ip, Skip> {
    let header: [u8; 20] = frame.at(start)?;
    let [
        first,
        _,
        t0,
        t1,
        i0,
        i1,
        f0,
        f1,
        _,
        protocol,
        _,
        _,
        addresses @ ..,
    ] = header;
    let [s0, s1, s2, s3, d0, d1, d2, d3] = addresses;
    let header_len = 4 * usize::from(first & 0xF);
    if header_len < 20 {
        return Err(Skip::Malformed);
    }
    let total = match u16::from_be_bytes([t0, t1]) {
        // Segmentation offload leaves the field to the network card.
        0 => frame.wire_len.saturating_sub(start),
        total => usize::from(total),
    };
    let wire_len = total.checked_sub(header_len).ok_or(Skip::Malformed)?;
    let flags = u16::from_be_bytes([f0, f1]);
    let (more, offset) = (flags & 0x2000 != 0, flags & 0x1FFF);
    Ok(Ip {
        start,
        source: Ipv4Addr::new(s0, s1, s2, s3).into(),
        destination: Ipv4Addr::new(d0, d1, d2, d3).into(),
        protocol,
        payload: captured(frame, start + header_len, wire_len),
        wire_len,
        fragment: (more || offset > 0).then_some(Fragment {
            identification: u32::from(u16::from_be_bytes([i0, i1])),
            offset,
            more,
        }),
    })
}

fn ipv6(frame: Frame<'_>, start: usize) -> Result<Ip, Skip> {
    let [_, _, _, _, l0, l1, mut protocol, _] = frame.at(start)?;
    let source: [u8; 16] = frame.at(start + 8)?;
    let destination: [u8; 16] = frame.at(start + 24)?;
    let end = match u16::from_be_bytes([l0, l1]) {
        0 => frame.wire_len,
        length => start + 40 + usize::from(length),
    };
    let mut offset = start + 40;
    let mut fragment = None;
    for _ in 0..MAX_LAYERS {
        match protocol {
            // Hop-by-hop options, routing, destination options (RFC 8200 §4).
            0 | 43 | 60 => {
                let [next, words] = frame.at(offset)?;
                protocol = next;
                offset += 8 + 8 * usize::from(words);
            }
            44 => {
                let [next, _, o0, o1, identification @ ..]: [u8; 8] = frame.at(offset)?;
                let field = u16::from_be_bytes([o0, o1]);
                protocol = next;
                offset += 8;
                let (more, eighths) = (field & 1 != 0, field >> 3);
                if more || eighths > 0 {
                    fragment = Some(Fragment {
                        identification: u32::from_be_bytes(identification),
                        offset: eighths,
                        more,
                    });
                    break;
                }
            }
            // Authentication header (RFC 4302 §2.2).
            51 => {
                let [next, words] = frame.at(offset)?;
                protocol = next;
                offset += 8 + 4 * usize::from(words);
            }
            _ => break,
        }
    }
    let wire_len = end.checked_sub(offset).ok_or(Skip::Malformed)?;
    Ok(Ip {
        start,
        source: Ipv6Addr::from(source).into(),
        destination: Ipv6Addr::from(destination).into(),
        protocol,
        payload: captured(frame, offset, wire_len),
        wire_len,
        fragment,
    })
}

/// The captured part of a payload, without the padding of the link layer.
fn captured(frame: Frame<'_>, start: usize, wire_len: usize) -> Range<usize> {
    let end = frame.bytes.len();
    start.min(end)..(start + wire_len).min(end)
}
