//! Writes a copy of a capture that can be attached to a public ticket.
//!
//! Lengths stay as they are, so that packets, streams and messages keep their structure. Addresses,
//! names and tags are replaced consistently; values that do not identify anything stay; everything else
//! becomes zeros. The copy has one packet for each packet of the capture, with the same number.

mod addresses;
mod message;
mod names;
mod segments;

use std::io::{Read, Seek, Write};

use crate::capture::Error;
use crate::pcap::{self, Decoder, Frame, Ip, Layer, Packet, Record, Transport};
use crate::pcapng::Writer;
use addresses::Addresses;
use message::Messages;
use segments::{Segment, Segments};

/// Copies a capture. The frames of a TCP stream may end in later packets, so the bytes of a segment are
/// written again once all its frames are known.
pub fn copy(input: impl Read + Send, out: impl Write + Seek) -> Result<(), Error> {
    let mut copy = Copy {
        out: Writer::new(out)?,
        addresses: Addresses::default(),
        messages: Messages::default(),
        segments: Segments::default(),
        decoder: Decoder::default(),
        link: pcap::Linktype::ETHERNET,
    };
    pcap::read(input)?.visit(|number, record| copy.packet(number, record))?;
    copy.finish()
}

struct Copy<W> {
    out: Writer<W>,
    addresses: Addresses,
    messages: Messages,
    segments: Segments,
    decoder: Decoder,
    /// The link type of the last packet.
    link: pcap::Linktype,
}

impl<W: Write + Seek> Copy<W> {
    fn packet(&mut self, number: u64, record: Option<&Record<'_>>) -> Result<(), Error> {
        let Some(record) = record else {
            // It keeps its number, without a byte.
            let time = std::time::Duration::ZERO;
            self.out.packet(self.link, time, 0, &[])?;
            return Ok(());
        };
        self.link = record.link;
        let (bytes, segment) = self.anonymized(record, number);
        let position = self
            .out
            .packet(record.link, record.time, record.wire_len, &bytes)?;
        if let Some(segment) = segment {
            self.segments.hold(segment, position, bytes);
        }
        self.replace()
    }

    fn finish(mut self) -> Result<(), Error> {
        self.segments
            .finish(&mut self.messages, &mut self.addresses);
        self.replace()?;
        self.out.finish()?;
        Ok(())
    }

    /// Writes the segments whose bytes are all known now.
    fn replace(&mut self) -> Result<(), Error> {
        for (position, bytes) in self.segments.take_known() {
            self.out.replace(position, &bytes)?;
        }
        Ok(())
    }

    /// The anonymized packet. With it, the TCP segment, if some of its bytes are not known yet.
    fn anonymized(&mut self, record: &Record<'_>, number: u64) -> (Vec<u8>, Option<Segment>) {
        let mut layers = Vec::new();
        let innermost =
            pcap::innermost_ip(record.link, record.frame(), &mut |layer| layers.push(layer));
        let Ok(ip) = innermost else {
            return (vec![0; record.bytes.len()], None);
        };
        let mut bytes = record.bytes.to_vec();
        zero(&mut bytes, ip.payload.start);
        for layer in &layers {
            match layer {
                Layer::Mac(range) => self.addresses.replace_hardware(&mut bytes, range.clone()),
                Layer::Ip(ip) => self.addresses.replace(&mut bytes, ip),
            }
        }
        layers.retain(|layer| matches!(layer, Layer::Ip(_)));
        let mut segment = None;
        if let Ok(packet) = pcap::decode(&mut self.decoder, record, number) {
            if packet.icmp.is_none() && matches!(packet.transport, Transport::Tcp(_)) {
                let (messages, addresses) = (&mut self.messages, &mut self.addresses);
                segment = self.segments.push(&packet, messages, addresses);
            }
            if ip.fragment.is_none() {
                let body = self.payload(&mut bytes, record, &ip, &packet);
                if let Some(segment) = &mut segment {
                    segment.body = body;
                    segment.layers.clone_from(&layers);
                    self.segments.fill(segment, &mut bytes);
                }
            } else {
                // Fragments become zeros.
                segment = None;
            }
        }
        mend(&mut bytes, &layers);
        (bytes, segment.filter(|segment| !segment.is_known))
    }

    /// Writes the transport header and the anonymized payload after the IP header, apart from the payload
    /// of a TCP segment. Returns the offset of the payload.
    fn payload(
        &mut self,
        bytes: &mut [u8],
        record: &Record<'_>,
        ip: &Ip,
        packet: &Packet,
    ) -> usize {
        let (start, mut transport) = match packet.icmp {
            None => (ip.payload.start, ip.clone()),
            // The quoted packet follows 8 bytes of ICMP.
            Some(_) => {
                let start = ip.payload.start + 8;
                let quote = Frame {
                    bytes: record.bytes.get(..ip.payload.end).unwrap_or_default(),
                    wire_len: usize::MAX,
                };
                let Ok(quoted) = pcap::ip(quote, start) else {
                    return ip.payload.end;
                };
                copy_range(bytes, record.bytes, ip.payload.start, quoted.payload.start);
                self.addresses.replace(bytes, &quoted);
                (quoted.payload.start, quoted)
            }
        };
        let end = transport.payload.end;
        let header_len = match packet.transport {
            Transport::Udp => 8,
            Transport::Tcp(_) if packet.icmp.is_some() => 8,
            Transport::Tcp(_) => transport.wire_len - packet.wire_len,
        };
        let body = (start + header_len).min(end);
        copy_range(bytes, record.bytes, start, body);
        if packet.transport == Transport::Udp {
            let (payload, addresses) = (&packet.payload, &mut self.addresses);
            let replaced = self.messages.datagram(payload, packet.wire_len, addresses);
            if let Some(target) = bytes.get_mut(body..body + replaced.len()) {
                target.copy_from_slice(&replaced);
            }
        }
        if packet.icmp.is_some() {
            transport.payload = start..end;
            addresses::mend_quoted(bytes, &transport);
        }
        body
    }
}

/// Writes the checksums of the IP packets in a packet. From the inside out: the checksum of a tunnel
/// covers what is inside.
fn mend(bytes: &mut [u8], layers: &[Layer]) {
    for layer in layers.iter().rev() {
        if let Layer::Ip(ip) = layer {
            addresses::mend(bytes, ip);
        }
    }
}

fn zero(bytes: &mut [u8], from: usize) {
    if let Some(rest) = bytes.get_mut(from..) {
        rest.fill(0);
    }
}

/// Copies what was zeroed back from the original.
fn copy_range(bytes: &mut [u8], original: &[u8], start: usize, end: usize) {
    if let (Some(target), Some(source)) = (bytes.get_mut(start..end), original.get(start..end)) {
        target.copy_from_slice(source);
    }
}
