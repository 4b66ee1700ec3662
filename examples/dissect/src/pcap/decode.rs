//! From the bytes of one frame to the UDP or TCP payload in it.
//!
//! The lax parsers of `etherparse` are used throughout: a capture may keep only the start of each
//! packet, and what is there is worth showing.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::defrag::IpDefragBuf;
use etherparse::{
    EtherType, IpFragOffset, IpNumber, Ipv6ExtensionSlice, LaxIpv4Slice, LaxIpv6Slice, LaxNetSlice,
    LaxSlicedPacket, TcpSlice, UdpSlice,
};
use pcap_parser::Linktype;

use super::Transport;

/// How many datagrams may be waiting for fragments. Each takes 64 KiB at the most.
const WAITING: usize = 256;

/// How long a fragment waits for the others, as in most IP stacks. Identifications are reused, so
/// an old fragment must not end up in a new datagram.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a frame has no payload to offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skip {
    Foreign,
    Link,
    Fragment,
    Malformed,
}

/// What a frame carried.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) source: SocketAddr,
    pub(super) destination: SocketAddr,
    pub(super) transport: Transport,
    /// The headers promise more payload than there is.
    pub(super) incomplete: bool,
    /// How many earlier frames were skipped as fragments and turn out to be part of this.
    pub(super) fragments: u64,
    pub(super) payload: Vec<u8>,
}

/// Decodes frames; remembers only the fragments among them.
#[derive(Default)]
pub(super) struct Decoder {
    waiting: HashMap<FragmentKey, Waiting>,
}

impl Decoder {
    pub(super) fn decode(
        &mut self,
        link: Linktype,
        frame: &[u8],
        time: Duration,
    ) -> Result<Decoded, Skip> {
        let sliced = slice(link, frame)?;
        let broken = sliced.stop_err.is_some();
        let net = sliced.net.ok_or(if broken {
            Skip::Malformed
        } else {
            Skip::Foreign
        })?;
        let (source, destination, ip) = match &net {
            LaxNetSlice::Ipv4(ip) => (
                IpAddr::V4(ip.header().source_addr()),
                IpAddr::V4(ip.header().destination_addr()),
                ip.payload(),
            ),
            LaxNetSlice::Ipv6(ip) => (
                IpAddr::V6(ip.header().source_addr()),
                IpAddr::V6(ip.header().destination_addr()),
                ip.payload(),
            ),
            LaxNetSlice::Arp(_) => return Err(Skip::Foreign),
        };
        if !ip.fragmented {
            let segment = Segment::parse(ip.ip_number, ip.payload)?;
            return Ok(segment.decoded(source, destination, ip.incomplete, 0));
        }
        // Reassembly needs every byte of every fragment.
        if ip.incomplete {
            return Err(Skip::Fragment);
        }
        let fragment = match &net {
            LaxNetSlice::Ipv4(ip) => Fragment::of_v4(ip),
            LaxNetSlice::Ipv6(ip) => Fragment::of_v6(ip),
            LaxNetSlice::Arp(_) => None,
        };
        let whole = fragment.and_then(|fragment| {
            let key = FragmentKey {
                source,
                destination,
                protocol: fragment.protocol,
                identification: fragment.identification,
            };
            self.assemble(key, &fragment, time)
        });
        let (payload, fragments) = whole.ok_or(Skip::Fragment)?;
        let segment = Segment::parse(ip.ip_number, &payload)?;
        Ok(segment.decoded(source, destination, false, fragments))
    }

    /// Adds a fragment; gives the datagram's payload if this was the last one missing, and the
    /// number of fragments that came before.
    fn assemble(
        &mut self,
        key: FragmentKey,
        fragment: &Fragment<'_>,
        time: Duration,
    ) -> Option<(Vec<u8>, u64)> {
        let stale = |waiting: &Waiting| time.saturating_sub(waiting.since) > PATIENCE;
        if self.waiting.get(&key).is_some_and(stale) {
            self.waiting.remove(&key);
        }
        if self.waiting.len() >= WAITING && !self.waiting.contains_key(&key) {
            let oldest = self.waiting.iter().min_by_key(|(_, waiting)| waiting.since);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.waiting.remove(&key);
            }
        }
        let waiting = self.waiting.entry(key.clone()).or_insert_with(|| Waiting {
            since: time,
            fragments: 0,
            buffer: IpDefragBuf::new(key.protocol, Vec::new(), Vec::new()),
        });
        let added = waiting
            .buffer
            .add(fragment.offset, fragment.more, fragment.payload);
        if added.is_err() || !waiting.buffer.is_complete() {
            waiting.fragments += 1;
            return None;
        }
        let whole = self.waiting.remove(&key)?;
        Some((whole.buffer.take_bufs().0, whole.fragments))
    }
}

/// What the fragments of one datagram have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
struct FragmentKey {
    source: IpAddr,
    destination: IpAddr,
    protocol: IpNumber,
    identification: u32,
}

struct Waiting {
    since: Duration,
    fragments: u64,
    buffer: IpDefragBuf,
}

struct Fragment<'a> {
    protocol: IpNumber,
    identification: u32,
    offset: IpFragOffset,
    more: bool,
    payload: &'a [u8],
}

impl<'a> Fragment<'a> {
    fn of_v4(ip: &LaxIpv4Slice<'a>) -> Option<Self> {
        let header = ip.header();
        Some(Fragment {
            protocol: transport_only(header.protocol())?,
            identification: u32::from(header.identification()),
            offset: header.fragments_offset(),
            more: header.more_fragments(),
            payload: ip.payload().payload,
        })
    }

    fn of_v6(ip: &LaxIpv6Slice<'a>) -> Option<Self> {
        let header = ip
            .extensions()
            .clone()
            .into_iter()
            .find_map(|extension| match extension {
                Ipv6ExtensionSlice::Fragment(header) => Some(header),
                _ => None,
            })?;
        Some(Fragment {
            protocol: transport_only(header.next_header())?,
            identification: header.identification(),
            offset: header.fragment_offset(),
            more: header.more_fragments(),
            payload: ip.payload().payload,
        })
    }
}

/// Only the first fragment has the headers that follow the fragmentation; in the others, the parser
/// would take payload for them. So a fragment is used only if nothing but UDP or TCP follows.
fn transport_only(protocol: IpNumber) -> Option<IpNumber> {
    matches!(protocol, IpNumber::UDP | IpNumber::TCP).then_some(protocol)
}

/// Takes the link layer off.
fn slice(link: Linktype, frame: &[u8]) -> Result<LaxSlicedPacket<'_>, Skip> {
    match link {
        Linktype::ETHERNET => LaxSlicedPacket::from_ethernet(frame).map_err(|_| Skip::Malformed),
        Linktype::LINUX_SLL => {
            let (header, packet) = frame.split_first_chunk::<16>().ok_or(Skip::Malformed)?;
            let [.., high, low] = *header;
            Ok(of_ether_type([high, low], packet))
        }
        Linktype::LINUX_SLL2 => {
            let (header, packet) = frame.split_first_chunk::<20>().ok_or(Skip::Malformed)?;
            let [high, low, ..] = *header;
            Ok(of_ether_type([high, low], packet))
        }
        Linktype::NULL | Linktype::LOOP => {
            let (family, packet) = frame.split_first_chunk::<4>().ok_or(Skip::Malformed)?;
            // The byte order is that of the machine that captured, and IPv6 has a number of its
            // own on every system.
            let big_endian = u32::from_be_bytes(*family);
            match big_endian.min(big_endian.swap_bytes()) {
                2 | 10 | 24 | 28 | 30 => of_ip(packet),
                _ => Err(Skip::Foreign),
            }
        }
        // The same thing under the numbers that various systems have given it.
        Linktype::RAW | Linktype(12 | 14) | Linktype::IPV4 | Linktype::IPV6 => of_ip(frame),
        _ => Err(Skip::Link),
    }
}

fn of_ether_type(ether_type: [u8; 2], packet: &[u8]) -> LaxSlicedPacket<'_> {
    LaxSlicedPacket::from_ether_type(EtherType(u16::from_be_bytes(ether_type)), packet)
}

fn of_ip(packet: &[u8]) -> Result<LaxSlicedPacket<'_>, Skip> {
    LaxSlicedPacket::from_ip(packet).map_err(|_| Skip::Malformed)
}

/// A transport header and what follows it.
struct Segment<'a> {
    source: u16,
    destination: u16,
    transport: Transport,
    incomplete: bool,
    payload: &'a [u8],
}

impl<'a> Segment<'a> {
    fn parse(protocol: IpNumber, bytes: &'a [u8]) -> Result<Self, Skip> {
        match protocol {
            IpNumber::UDP => {
                let udp = UdpSlice::from_slice_lax(bytes).map_err(|_| Skip::Malformed)?;
                Ok(Segment {
                    source: udp.source_port(),
                    destination: udp.destination_port(),
                    transport: Transport::Udp,
                    incomplete: usize::from(udp.length()) > udp.slice().len(),
                    payload: udp.payload(),
                })
            }
            IpNumber::TCP => {
                let tcp = TcpSlice::from_slice(bytes).map_err(|_| Skip::Malformed)?;
                Ok(Segment {
                    source: tcp.source_port(),
                    destination: tcp.destination_port(),
                    transport: Transport::Tcp {
                        sequence: tcp.sequence_number(),
                        syn: tcp.syn(),
                        fin: tcp.fin(),
                        rst: tcp.rst(),
                    },
                    incomplete: false,
                    payload: tcp.payload(),
                })
            }
            _ => Err(Skip::Foreign),
        }
    }

    fn decoded(
        self,
        source: IpAddr,
        destination: IpAddr,
        incomplete: bool,
        fragments: u64,
    ) -> Decoded {
        Decoded {
            source: SocketAddr::new(source, self.source),
            destination: SocketAddr::new(destination, self.destination),
            transport: self.transport,
            incomplete: self.incomplete || incomplete,
            fragments,
            payload: self.payload.to_vec(),
        }
    }
}

/// Packets put together by hand, for the tests here and of the file formats.
#[cfg(test)]
#[allow(
    clippy::cast_possible_truncation,
    reason = "the packets of tests are small"
)]
pub(super) mod build {
    pub(in super::super) const SOURCE: &str = "192.0.2.1:40000";
    pub(in super::super) const DESTINATION: &str = "198.51.100.2:3478";
    pub(in super::super) const SOURCE_6: &str = "[2001:db8::1]:40000";
    pub(in super::super) const DESTINATION_6: &str = "[2001:db8::2]:3478";

    pub(in super::super) fn udp(payload: &[u8]) -> Vec<u8> {
        let mut bytes = [40000u16.to_be_bytes(), 3478u16.to_be_bytes()].concat();
        bytes.extend((payload.len() as u16 + 8).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(payload);
        bytes
    }

    pub(in super::super) fn tcp(sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = [40000u16.to_be_bytes(), 3478u16.to_be_bytes()].concat();
        bytes.extend(sequence.to_be_bytes());
        bytes.extend([0, 0, 0, 0, 0x60, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        bytes.extend([1, 1, 1, 0]);
        bytes.extend(payload);
        bytes
    }

    /// `fragment` is the field as in the header: three flags, then the offset in eights.
    pub(in super::super) fn ipv4_fragment(protocol: u8, fragment: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x45, 0];
        bytes.extend((payload.len() as u16 + 20).to_be_bytes());
        bytes.extend([0x12, 0x34]);
        bytes.extend(fragment.to_be_bytes());
        bytes.extend([64, protocol, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2]);
        bytes.extend(payload);
        bytes
    }

    pub(in super::super) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
        ipv4_fragment(protocol, 0, payload)
    }

    pub(in super::super) fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x60, 0, 0, 0];
        bytes.extend((payload.len() as u16).to_be_bytes());
        bytes.extend([next_header, 64]);
        for host in [1, 2] {
            bytes.extend([
                0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host,
            ]);
        }
        bytes.extend(payload);
        bytes
    }

    /// An Ethernet frame with the given type, which may be a series of VLAN tags and a type.
    pub(in super::super) fn ethernet(types: &[u8], packet: &[u8]) -> Vec<u8> {
        [&[0xEE; 12], types, packet].concat()
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::build::*;
    use super::*;

    const HELLO: &[u8] = b"hello";

    fn decode(link: i32, frame: &[u8]) -> Result<Decoded, Skip> {
        Decoder::default().decode(Linktype(link), frame, Duration::ZERO)
    }

    #[track_caller]
    fn assert_hello(link: i32, frame: &[u8], source: &str, destination: &str) {
        let decoded = decode(link, frame).unwrap();
        assert_eq!(decoded.source, source.parse().unwrap());
        assert_eq!(decoded.destination, destination.parse().unwrap());
        assert_eq!(decoded.transport, Transport::Udp);
        assert_eq!(decoded.payload, HELLO);
        assert!(!decoded.incomplete);
    }

    #[track_caller]
    fn assert_hello_4(link: i32, header: &[u8]) {
        let frame = [header, &ipv4(17, &udp(HELLO))].concat();
        assert_hello(link, &frame, SOURCE, DESTINATION);
    }

    #[track_caller]
    fn assert_hello_6(link: i32, header: &[u8]) {
        let frame = [header, &ipv6(17, &udp(HELLO))].concat();
        assert_hello(link, &frame, SOURCE_6, DESTINATION_6);
    }

    #[test]
    fn ethernet_with_and_without_vlan_tags() {
        assert_hello_4(1, &ethernet(&[0x08, 0x00], &[]));
        assert_hello_6(1, &ethernet(&[0x86, 0xDD], &[]));
        assert_hello_4(1, &ethernet(&[0x81, 0, 0, 7, 0x08, 0x00], &[]));
        assert_hello_6(
            1,
            &ethernet(&[0x88, 0xA8, 0, 7, 0x81, 0, 0, 8, 0x86, 0xDD], &[]),
        );
    }

    #[test]
    fn linux_cooked() {
        let v1 = [0, 0, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0];
        assert_hello_4(113, &[&v1[..], &[0x08, 0x00]].concat());
        assert_hello_6(113, &[&v1[..], &[0x86, 0xDD]].concat());
        assert_hello_4(113, &[&v1[..], &[0x81, 0, 0, 7, 0x08, 0x00]].concat());
        let v2 = [0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0];
        assert_hello_4(276, &[&[0x08, 0x00], &v2[..]].concat());
        assert_hello_6(276, &[&[0x86, 0xDD], &v2[..]].concat());
    }

    #[test]
    fn raw_ip() {
        for link in [101, 12, 14, 228] {
            assert_hello_4(link, &[]);
        }
        for link in [101, 12, 14, 229] {
            assert_hello_6(link, &[]);
        }
    }

    #[test]
    fn loopback_in_either_byte_order() {
        for link in [0, 108] {
            assert_hello_4(link, &[0, 0, 0, 2]);
            assert_hello_4(link, &[2, 0, 0, 0]);
            for family in [10, 24, 28, 30] {
                assert_hello_6(link, &[0, 0, 0, family]);
                assert_hello_6(link, &[family, 0, 0, 0]);
            }
            assert_eq!(
                decode(link, &[0, 0, 0, 7, 0x45]).unwrap_err(),
                Skip::Foreign
            );
        }
    }

    #[test]
    fn trailer_is_not_payload() {
        let padded = [
            ethernet(&[0x08, 0x00], &ipv4(17, &udp(HELLO))),
            vec![0xAA; 13],
        ]
        .concat();
        assert_hello(1, &padded, SOURCE, DESTINATION);
        let padded = [
            ethernet(&[0x86, 0xDD], &ipv6(17, &udp(HELLO))),
            vec![0xAA; 13],
        ]
        .concat();
        assert_hello(1, &padded, SOURCE_6, DESTINATION_6);
        // A pure acknowledgment, padded to the shortest frame there is.
        let padded = [
            ethernet(&[0x08, 0x00], &ipv4(6, &tcp(9, 0x10, &[]))),
            vec![0; 6],
        ]
        .concat();
        assert!(decode(1, &padded).unwrap().payload.is_empty());
    }

    #[test]
    fn ipv6_extension_headers() {
        let options = |next: u8| [next, 0, 1, 4, 0, 0, 0, 0];
        let packet = [
            &options(60)[..],
            &options(43),
            &[17, 0, 0, 0, 0, 0, 0, 0],
            &udp(HELLO),
        ];
        assert_hello(101, &ipv6(0, &packet.concat()), SOURCE_6, DESTINATION_6);
        // A fragment header on a packet that is whole.
        let atomic = [&[17, 0, 0, 0, 1, 2, 3, 4][..], &udp(HELLO)].concat();
        assert_hello(101, &ipv6(44, &atomic), SOURCE_6, DESTINATION_6);
    }

    #[test]
    fn tcp_header() {
        let decoded = decode(101, &ipv4(6, &tcp(0x0102_0304, 0x13, HELLO))).unwrap();
        let (sequence, syn, fin, rst) = (0x0102_0304, true, true, false);
        assert_eq!(
            decoded.transport,
            Transport::Tcp {
                sequence,
                syn,
                fin,
                rst
            }
        );
        assert_eq!(decoded.payload, HELLO);
        let decoded = decode(101, &ipv6(6, &tcp(7, 0x14, &[]))).unwrap();
        let (sequence, syn, fin, rst) = (7, false, false, true);
        assert_eq!(
            decoded.transport,
            Transport::Tcp {
                sequence,
                syn,
                fin,
                rst
            }
        );
    }

    #[test]
    fn missing_end_is_noticed() {
        let packet = ipv4(17, &udp(HELLO));
        let decoded = decode(101, &packet[..packet.len() - 2]).unwrap();
        assert_eq!(decoded.payload, b"hel");
        assert!(decoded.incomplete);
        // The UDP header alone promises more.
        let mut short = udp(HELLO);
        short[5] += 1;
        assert!(decode(101, &ipv4(17, &short)).unwrap().incomplete);
    }

    #[test]
    fn what_cannot_be_decoded() {
        assert_eq!(decode(147, &[0; 60]).unwrap_err(), Skip::Link);
        assert_eq!(
            decode(1, &ethernet(&[0x88, 0xCC], &[0; 40])).unwrap_err(),
            Skip::Foreign
        );
        assert_eq!(decode(101, &ipv4(1, &[0; 8])).unwrap_err(), Skip::Foreign);
        assert_eq!(
            decode(101, &ipv4(17, &[0; 7])).unwrap_err(),
            Skip::Malformed
        );
        assert_eq!(
            decode(101, &ipv4(6, &[0; 20])).unwrap_err(),
            Skip::Malformed
        );
        assert_eq!(
            decode(1, &ethernet(&[0x08, 0x00], &[0x45])).unwrap_err(),
            Skip::Malformed
        );
        for link in [0, 1, 12, 101, 113, 276] {
            assert_eq!(decode(link, &[]).unwrap_err(), Skip::Malformed);
        }
    }

    #[test]
    fn fragments_in_any_order() {
        let payload: Vec<u8> = (0..100).collect();
        let whole = udp(&payload);
        let v4 = [
            ipv4_fragment(17, 0x2000, &whole[..40]),
            ipv4_fragment(17, 0x2000 | 5, &whole[40..80]),
            ipv4_fragment(17, 10, &whole[80..]),
        ];
        let v6 = [(1, 0..40), (40 | 1, 40..80), (80, 80..108)].map(|(field, range)| {
            let header = [17, 0, 0, field, 9, 9, 9, 9];
            ipv6(44, &[&header, &whole[range]].concat())
        });
        for fragments in [v4, v6] {
            for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
                let mut decoder = Decoder::default();
                let [first, second, third] =
                    order.map(|i| decoder.decode(Linktype::RAW, &fragments[i], Duration::ZERO));
                assert_eq!(first.unwrap_err(), Skip::Fragment);
                assert_eq!(second.unwrap_err(), Skip::Fragment);
                let decoded = third.unwrap();
                assert_eq!(decoded.payload, payload);
                assert_eq!(decoded.fragments, 2);
                assert!(decoder.waiting.is_empty());
            }
        }
    }

    #[test]
    fn fragments_do_not_wait_for_ever() {
        let whole = udp(&[1; 100]);
        let (first, last) = whole.split_at(40);
        let mut decoder = Decoder::default();
        let mut decode = |fragment, payload, seconds| {
            let packet = ipv4_fragment(17, fragment, payload);
            decoder.decode(Linktype::RAW, &packet, Duration::from_secs(seconds))
        };
        assert!(decode(0x2000, first, 0).is_err());
        assert!(decode(5, last, 31).is_err());
        assert!(decode(0x2000, first, 32).is_ok());
    }

    #[test]
    fn fragments_take_limited_memory() {
        let mut decoder = Decoder::default();
        for number in 0..2000u16 {
            let mut packet = ipv4_fragment(17, 0x2000, &[0; 8]);
            packet[4..6].copy_from_slice(&number.to_be_bytes());
            let time = Duration::from_millis(u64::from(number));
            assert_eq!(
                decoder.decode(Linktype::RAW, &packet, time).unwrap_err(),
                Skip::Fragment
            );
            assert!(decoder.waiting.len() <= WAITING);
        }
    }
}
