//! Consistent replacements for addresses, and the checksums that cover them.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use crate::pcap::{self, Ip};

#[derive(Default)]
pub struct Addresses {
    known: HashMap<IpAddr, IpAddr>,
    hardware: HashMap<[u8; 6], u32>,
}

/// The scope of an address, which its replacement keeps.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Not replaced: unspecified, loopback, multicast, broadcast.
    Special,
    Private,
    LinkLocal,
    Global,
}

impl Addresses {
    /// The replacement of an address: private addresses in 10.0.0.0/8 or fd00::/8, others in
    /// 198.18.0.0/15 (RFC 2544) or 2001:db8::/32 (RFC 3849), numbered as they appear.
    pub fn of(&mut self, address: IpAddr) -> IpAddr {
        let scope = scope(address);
        if scope == Scope::Special {
            return address;
        }
        if let IpAddr::V6(v6) = address
            && let Some(v4) = v6.to_ipv4_mapped()
        {
            return match self.of(IpAddr::V4(v4)) {
                IpAddr::V4(v4) => IpAddr::V6(v4.to_ipv6_mapped()),
                other @ IpAddr::V6(_) => other,
            };
        }
        if let Some(known) = self.known.get(&address) {
            return *known;
        }
        let number = u32::try_from(self.known.len()).unwrap_or(u32::MAX) + 1;
        let replaced = match address {
            IpAddr::V4(_) => {
                let (base, hosts) = match scope {
                    Scope::Private => ([10, 0, 0, 0], 0x00FF_FFFF),
                    Scope::LinkLocal => ([169, 254, 0, 0], 0xFFFF),
                    _ => ([198, 18, 0, 0], 0x0001_FFFF),
                };
                Ipv4Addr::from(u32::from_be_bytes(base) | number & hosts).into()
            }
            IpAddr::V6(_) => {
                let prefix = match scope {
                    Scope::Private => 0xFD00 << 112,
                    Scope::LinkLocal => 0xFE80 << 112,
                    _ => 0x2001_0DB8_u128 << 96,
                };
                Ipv6Addr::from(prefix | u128::from(number)).into()
            }
        };
        self.known.insert(address, replaced);
        replaced
    }

    /// Replaces the addresses of an IP header. Options of IPv4 may carry addresses and become zeros.
    pub fn replace(&mut self, bytes: &mut [u8], ip: &Ip) {
        let (source, destination) = (self.of(ip.source), self.of(ip.destination));
        let at = |offset: usize| ip.start + offset;
        match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                put(bytes, at(12), &source.octets());
                put(bytes, at(16), &destination.octets());
                if let Some(options) = bytes.get_mut(at(20)..ip.payload.start) {
                    options.fill(0);
                }
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                put(bytes, at(8), &source.octets());
                put(bytes, at(24), &destination.octets());
            }
            _ => {}
        }
    }

    /// Replaces the hardware addresses of a link layer. Broadcast and multicast stay.
    pub fn replace_hardware(&mut self, bytes: &mut [u8], range: Range<usize>) {
        let Some(addresses) = bytes.get_mut(range) else {
            return;
        };
        let mut chunks = addresses.chunks_exact_mut(6);
        for chunk in chunks.by_ref() {
            let Ok(original) = <[u8; 6]>::try_from(&*chunk) else {
                continue;
            };
            let [first, ..] = original;
            if first & 1 == 1 || original == [0; 6] {
                continue;
            }
            let next = u32::try_from(self.hardware.len()).unwrap_or(u32::MAX) + 1;
            let number = *self.hardware.entry(original).or_insert(next);
            let [a, b, c, d] = number.to_be_bytes();
            // Locally administered.
            chunk.copy_from_slice(&[0x02, 0, a, b, c, d]);
        }
        chunks.into_remainder().fill(0);
    }
}

fn scope(address: IpAddr) -> Scope {
    match address {
        IpAddr::V4(v4) if v4.is_private() => Scope::Private,
        IpAddr::V4(v4) if v4.is_link_local() => Scope::LinkLocal,
        IpAddr::V4(v4) if v4.is_unspecified() || v4.is_loopback() || v4.is_broadcast() => {
            Scope::Special
        }
        IpAddr::V6(v6) if v6.is_unspecified() || v6.is_loopback() => Scope::Special,
        IpAddr::V6(v6) if v6.is_unique_local() => Scope::Private,
        IpAddr::V6(v6) if v6.is_unicast_link_local() => Scope::LinkLocal,
        _ if address.is_multicast() => Scope::Special,
        _ => Scope::Global,
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(target) = bytes.get_mut(at..at + value.len()) {
        target.copy_from_slice(value);
    }
}

/// Writes the checksum of an IP header and of the transport header after it.
pub fn mend(bytes: &mut [u8], ip: &Ip) {
    mend_header(bytes, ip);
    let start = ip.payload.start;
    let is_whole = ip.payload.len() == ip.wire_len && ip.fragment.is_none();
    let at = match ip.protocol {
        pcap::UDP => start + 6,
        pcap::TCP => start + 16,
        pcap::ICMP | pcap::ICMPV6 => start + 2,
        _ => return,
    };
    let unused = ip.protocol == pcap::UDP && bytes.get(at..at + 2) == Some(&[0, 0]);
    if bytes.get(at..at + 2).is_none() || unused {
        return;
    }
    put(bytes, at, &[0, 0]);
    // A checksum needs all bytes. If the snap length truncated the packet, no reader can check it.
    let (true, Some(payload)) = (is_whole, bytes.get(ip.payload.clone())) else {
        return;
    };
    let pseudo = match ip.protocol {
        pcap::ICMP => Vec::new(),
        protocol => pseudo_header(bytes, ip, protocol),
    };
    let checksum = match checksum(&[&pseudo, payload]) {
        0 if ip.protocol == pcap::UDP => 0xFFFF,
        checksum => checksum,
    };
    put(bytes, at, &checksum.to_be_bytes());
}

/// Writes the checksums of a packet that an ICMP error quotes; that of the transport header is
/// removed, because most of what it covers is missing.
pub fn mend_quoted(bytes: &mut [u8], ip: &Ip) {
    mend_header(bytes, ip);
    let at = match ip.protocol {
        pcap::UDP => ip.payload.start + 6,
        pcap::TCP => ip.payload.start + 16,
        _ => return,
    };
    if at + 2 <= ip.payload.end {
        put(bytes, at, &[0, 0]);
    }
}

fn mend_header(bytes: &mut [u8], ip: &Ip) {
    if !ip.source.is_ipv4() {
        return;
    }
    put(bytes, ip.start + 10, &[0, 0]);
    if let Some(header) = bytes.get(ip.start..ip.payload.start) {
        let checksum = checksum(&[header]);
        put(bytes, ip.start + 10, &checksum.to_be_bytes());
    }
}

/// The pseudo header that the checksums of UDP, TCP and ICMPv6 cover (RFC 768, RFC 9293 §3.1,
/// RFC 8200 §8.1), from the replaced addresses.
fn pseudo_header(bytes: &[u8], ip: &Ip, protocol: u8) -> Vec<u8> {
    let addresses = if ip.source.is_ipv4() { 12..20 } else { 8..40 };
    let mut pseudo = bytes
        .get(ip.start + addresses.start..ip.start + addresses.end)
        .unwrap_or_default()
        .to_vec();
    let length = u32::try_from(ip.wire_len).unwrap_or(u32::MAX);
    pseudo.extend(length.to_be_bytes());
    pseudo.extend([0, 0, 0, protocol]);
    pseudo
}

/// The Internet checksum (RFC 1071). All parts but the last have an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        for pair in part.chunks(2) {
            let (high, low) = (pair.first(), pair.get(1));
            let word = [high.copied().unwrap_or(0), low.copied().unwrap_or(0)];
            sum += u64::from(u16::from_be_bytes(word));
        }
    }
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 1071 §3.
    #[test]
    fn internet_checksum() {
        let words = [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7];
        assert_eq!(checksum(&[&words]), !0xDDF2);
        assert_eq!(checksum(&[&words[..4], &words[4..]]), !0xDDF2);
        assert_eq!(checksum(&[&[0x12]]), !0x1200);
    }

    #[test]
    fn addresses_keep_their_scope() {
        let mut addresses = Addresses::default();
        let mut of = |text: &str| addresses.of(text.parse().unwrap()).to_string();
        assert_eq!(of("203.0.113.7"), "198.18.0.1");
        assert_eq!(of("192.168.1.2"), "10.0.0.2");
        assert_eq!(of("203.0.113.7"), "198.18.0.1");
        assert_eq!(of("::ffff:203.0.113.7"), "::ffff:198.18.0.1");
        assert_eq!(of("2a00::1"), "2001:db8::3");
        assert_eq!(of("fe80::1"), "fe80::4");
        assert_eq!(of("fd12::1"), "fd00::5");
        for special in [
            "0.0.0.0",
            "127.0.0.1",
            "224.0.0.251",
            "255.255.255.255",
            "::1",
            "ff02::1",
        ] {
            assert_eq!(of(special), special);
        }
    }
}
