//! From the bytes of one frame to the UDP or TCP payload in it.
//!
//! A capture may keep only the start of each packet, and what is there is decoded; the headers tell
//! how long the packet was on the wire.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::IpNumber;
use etherparse::defrag::{IpDefragBuf, IpFragRange};
use pcap_parser::Linktype;

use super::layers::{self, Frame, Ip};
use super::{Segment, Transport};
use crate::unit::IcmpError;

/// Greatest number of datagrams that wait for fragments. Each takes 64 KiB at most.
const MAX_WAITING: usize = 256;

/// How long a fragment waits for the others, as in most IP stacks. Identifications are reused, so
/// that an old fragment must not become part of a new datagram.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Why a frame has no payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// Neither UDP nor TCP, or an unknown network protocol.
    Foreign,
    /// An unsupported link type.
    Link,
    /// A fragment of a datagram that is not complete.
    Fragment,
    Malformed,
    /// The snap length truncated the frame within the headers.
    Truncated,
}

/// The content of a frame.
#[derive(Debug)]
pub struct Decoded {
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub transport: Transport,
    /// The ICMP error that quotes the packet.
    pub icmp: Option<IcmpError>,
    /// Number of earlier frames that were counted as fragments and are part of this packet.
    pub fragments: u64,
    pub payload: Vec<u8>,
    /// Length in bytes of the payload on the wire.
    pub wire_len: usize,
}

/// Decodes frames; the only state is the fragments that wait for others.
#[derive(Default)]
pub struct Decoder {
    waiting: HashMap<FragmentKey, Waiting>,
}

impl Decoder {
    pub fn decode(
        &mut self,
        link: Linktype,
        frame: Frame<'_>,
        time: Duration,
    ) -> Result<Decoded, Skip> {
        let ip = layers::innermost_ip(link, frame, &mut |_| ())?;
        let payload = frame.bytes.get(ip.payload.clone()).unwrap_or_default();
        if ip.fragment.is_none() {
            return match ip.protocol {
                layers::ICMP | layers::ICMPV6 => quoted(frame, &ip),
                _ => transport(ip.protocol, payload, ip.wire_len, frame)
                    .map(|segment| segment.decoded(&ip, None, 0)),
            };
        }
        // Reassembly needs every byte of every fragment.
        if payload.len() < ip.wire_len {
            return Err(Skip::Fragment);
        }
        let (whole, fragments) = self.assemble(&ip, payload, time).ok_or(Skip::Fragment)?;
        let segment = transport(ip.protocol, &whole, whole.len(), frame)?;
        Ok(segment.decoded(&ip, None, fragments))
    }

    /// Adds a fragment. Returns the payload of the datagram if this was the last missing one, and the
    /// number of its earlier fragments.
    fn assemble(&mut self, ip: &Ip, payload: &[u8], time: Duration) -> Option<(Vec<u8>, u64)> {
        let fragment = ip.fragment?;
        // Only the first fragment has the headers that follow; an extension header after the
        // fragment header would be taken for payload in the others.
        if !matches!(ip.protocol, layers::UDP | layers::TCP) {
            return None;
        }
        let key = FragmentKey {
            source: ip.source,
            destination: ip.destination,
            protocol: ip.protocol,
            identification: fragment.identification,
        };
        let stale = |waiting: &Waiting| time.saturating_sub(waiting.since) > MAX_WAIT;
        if self.waiting.get(&key).is_some_and(stale) {
            self.waiting.remove(&key);
        }
        if self.waiting.len() >= MAX_WAITING && !self.waiting.contains_key(&key) {
            let oldest = self.waiting.iter().min_by_key(|(_, waiting)| waiting.since);
            if let Some(key) = oldest.map(|(key, _)| key.clone()) {
                self.waiting.remove(&key);
            }
        }
        let waiting = self.waiting.entry(key.clone()).or_insert_with(|| Waiting {
            since: time,
            fragments: 0,
            buffer: IpDefragBuf::new(IpNumber(ip.protocol), Vec::new(), Vec::<IpFragRange>::new()),
        });
        let offset = etherparse::IpFragOffset::try_new(fragment.offset).ok()?;
        let added = waiting.buffer.add(offset, fragment.more, payload);
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
    protocol: u8,
    identification: u32,
}

struct Waiting {
    since: Duration,
    fragments: u64,
    buffer: IpDefragBuf,
}

/// The packet that an ICMP error quotes (RFC 792, RFC 4443 §3).
fn quoted(frame: Frame<'_>, ip: &Ip) -> Result<Decoded, Skip> {
    let header = frame.bytes.get(ip.payload.start..).unwrap_or_default();
    let [kind, code, ..] = *header else {
        return Err(frame.short());
    };
    let is_error = match ip.protocol {
        layers::ICMP => matches!(kind, 3 | 4 | 5 | 11 | 12),
        _ => matches!(kind, 1..=4),
    };
    if !is_error {
        return Err(Skip::Foreign);
    }
    // An error quotes as much as fits, so that the end of the packet may be missing.
    let quote = Frame {
        bytes: frame.bytes.get(..ip.payload.end).unwrap_or_default(),
        wire_len: usize::MAX,
    };
    let inner = layers::ip(quote, ip.payload.start + 8).map_err(|_| Skip::Malformed)?;
    if inner.fragment.is_some_and(|fragment| fragment.offset > 0) {
        return Err(Skip::Fragment);
    }
    let payload = frame.bytes.get(inner.payload.clone()).unwrap_or_default();
    let icmp = IcmpError {
        reporter: ip.source,
        kind,
        code,
    };
    let segment = match (inner.protocol, payload) {
        // 8 bytes of the transport header are all that an IPv4 router has to quote.
        (layers::TCP, &[s0, s1, d0, d1, q0, q1, q2, q3, ..]) => Parsed {
            source: u16::from_be_bytes([s0, s1]),
            destination: u16::from_be_bytes([d0, d1]),
            transport: Transport::Tcp(Segment {
                sequence: u32::from_be_bytes([q0, q1, q2, q3]),
                ..Segment::default()
            }),
            payload: &[],
            wire_len: 0,
        },
        (layers::UDP, _) => transport(inner.protocol, payload, inner.wire_len, quote)?,
        _ => return Err(Skip::Foreign),
    };
    Ok(segment.decoded(&inner, Some(icmp), 0))
}

/// A transport header and what follows it.
struct Parsed<'a> {
    source: u16,
    destination: u16,
    transport: Transport,
    payload: &'a [u8],
    wire_len: usize,
}

/// Parses a UDP or TCP header. `wire_len` is the length in bytes of header and payload on the wire.
fn transport<'a>(
    protocol: u8,
    bytes: &'a [u8],
    wire_len: usize,
    frame: Frame<'_>,
) -> Result<Parsed<'a>, Skip> {
    match protocol {
        layers::UDP => {
            let Some((&[s0, s1, d0, d1, l0, l1, _, _], rest)) = bytes.split_first_chunk::<8>()
            else {
                return Err(frame.short());
            };
            let available = wire_len.saturating_sub(8);
            let wire_len = match usize::from(u16::from_be_bytes([l0, l1])) {
                // The length of a jumbogram is that of the IP packet (RFC 2675 §4).
                0 => available,
                length => length.saturating_sub(8).min(available),
            };
            Ok(Parsed {
                source: u16::from_be_bytes([s0, s1]),
                destination: u16::from_be_bytes([d0, d1]),
                transport: Transport::Udp,
                payload: rest.get(..wire_len).unwrap_or(rest),
                wire_len,
            })
        }
        layers::TCP => {
            let Some((&header, _)) = bytes.split_first_chunk::<20>() else {
                return Err(frame.short());
            };
            let [
                s0,
                s1,
                d0,
                d1,
                q0,
                q1,
                q2,
                q3,
                a0,
                a1,
                a2,
                a3,
                offset,
                flags,
                ..,
            ] = header;
            let header_len = 4 * usize::from(offset >> 4);
            if header_len < 20 || header_len > wire_len {
                return Err(Skip::Malformed);
            }
            Ok(Parsed {
                source: u16::from_be_bytes([s0, s1]),
                destination: u16::from_be_bytes([d0, d1]),
                transport: Transport::Tcp(Segment {
                    sequence: u32::from_be_bytes([q0, q1, q2, q3]),
                    fin: flags & 0x01 != 0,
                    syn: flags & 0x02 != 0,
                    rst: flags & 0x04 != 0,
                    ack: flags & 0x10 != 0,
                    acknowledgment: u32::from_be_bytes([a0, a1, a2, a3]),
                }),
                payload: bytes.get(header_len..).unwrap_or_default(),
                wire_len: wire_len - header_len,
            })
        }
        _ => Err(Skip::Foreign),
    }
}

impl Parsed<'_> {
    fn decoded(self, ip: &Ip, icmp: Option<IcmpError>, fragments: u64) -> Decoded {
        Decoded {
            source: SocketAddr::new(ip.source, self.source),
            destination: SocketAddr::new(ip.destination, self.destination),
            transport: self.transport,
            icmp,
            fragments,
            payload: self.payload.to_vec(),
            wire_len: self.wire_len,
        }
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "build.rs"]
pub mod build;
