//! Writes a copy of a capture that can be attached to a public ticket.
//!
//! Lengths stay as they are, so that packets, streams and messages keep their structure. Addresses,
//! names and tags are replaced consistently; values that do not identify anything stay; everything else
//! becomes zeros. The copy has one packet for each packet of the capture, with the same number.

mod addresses;
mod message;
mod names;

use std::collections::HashMap;
use std::io::{Read, Write};

use crate::capture::Error;
use crate::framer::{Framers, Part, PartContent, Stamp};
use crate::pcap::{self, Decoder, Frame, Ip, Layer, Packet, Record, Transport};
use crate::pcapng::Writer;
use crate::stream::{Event, Streams};
use crate::unit::Framing;
use addresses::Addresses;
use message::Messages;

/// Copies a capture, which is read twice: TCP streams must be known before their first segment can
/// be written. `open` opens it.
pub fn copy<R: Read + Send>(
    mut open: impl FnMut() -> Result<R, Error>,
    out: impl Write,
) -> Result<(), Error> {
    let mut addresses = Addresses::default();
    let mut messages = Messages::default();
    let patches = streams(open()?, &mut addresses, &mut messages)?;
    let mut copy = Copy {
        out: Writer::new(out)?,
        addresses,
        messages,
        patches,
        streams: Streams::default(),
        decoder: Decoder::default(),
        link: pcap::Linktype::ETHERNET,
    };
    pcap::read(open()?)?.visit(|number, record| copy.packet(number, record))?;
    copy.out.finish()?;
    Ok(())
}

/// Replacements for the bytes of a stream, by offset, without trailing zeros. What lies between them
/// becomes zeros.
type Patches = Vec<(u64, Vec<u8>)>;

/// The first pass: the frames of all TCP streams.
fn streams(
    input: impl Read + Send,
    addresses: &mut Addresses,
    messages: &mut Messages,
) -> Result<HashMap<usize, Patches>, Error> {
    let mut streams = Streams::default();
    let mut framers = Framers::default();
    let mut patches: HashMap<usize, Patches> = HashMap::new();
    let mut take = |streams: &Streams, events: Vec<Event>| {
        for event in events {
            let (Event::Data { stream, .. } | Event::Gap { stream, .. } | Event::End { stream }) =
                event;
            let Some(endpoints) = streams.endpoints(stream) else {
                continue;
            };
            let parts: Vec<Part> = match event {
                Event::Data { offset, bytes, .. } => {
                    let framer = framers.open(stream, endpoints);
                    framer.extend(offset, &bytes, Stamp::default());
                    std::iter::from_fn(|| framer.next()).collect()
                }
                Event::Gap { .. } => framers.open(stream, endpoints).close(),
                Event::End { .. } => framers.end(stream, endpoints),
            };
            for part in parts {
                if let Some(mut bytes) = frame(&part.content, addresses, messages) {
                    // Zeros are written where there is no patch: most of the application data.
                    let kept = bytes
                        .iter()
                        .rposition(|&byte| byte != 0)
                        .map_or(0, |at| at + 1);
                    bytes.truncate(kept);
                    bytes.shrink_to_fit();
                    patches
                        .entry(stream)
                        .or_default()
                        .push((part.offset, bytes));
                }
            }
        }
    };
    for packet in pcap::read(input)? {
        let packet = packet?;
        if packet.icmp.is_none() {
            let events = streams.push(&packet);
            take(&streams, events);
        }
    }
    let events = streams.finish();
    take(&streams, events);
    Ok(patches)
}

/// The bytes of a frame, anonymized. `None` if all of them become zeros.
fn frame(
    content: &PartContent,
    addresses: &mut Addresses,
    messages: &mut Messages,
) -> Option<Vec<u8>> {
    match content {
        PartContent::Packet {
            framing,
            bytes,
            wire_len,
        } => {
            let [high, low] = u16::try_from(*wire_len).unwrap_or(0).to_be_bytes();
            let mut frame = match framing {
                Framing::None => Vec::new(),
                Framing::Rfc4571 => vec![high, low],
                Framing::MsControl => vec![2, 0, high, low],
                Framing::MsData => vec![3, 0, high, low],
            };
            frame.extend(messages.packet(bytes, addresses));
            Some(frame)
        }
        PartContent::PseudoTls(handshake) => Some(message::handshake(*handshake)),
        PartContent::Tls { .. } | PartContent::Raw { .. } | PartContent::Unframed { .. } => None,
    }
}

/// The second pass.
struct Copy<W> {
    out: Writer<W>,
    addresses: Addresses,
    messages: Messages,
    patches: HashMap<usize, Patches>,
    streams: Streams,
    decoder: Decoder,
    /// The link type of the last packet.
    link: pcap::Linktype,
}

impl<W: Write> Copy<W> {
    fn packet(&mut self, number: u64, record: Option<&Record<'_>>) -> Result<(), Error> {
        let Some(record) = record else {
            // It keeps its number, without a byte.
            let time = std::time::Duration::ZERO;
            self.out.packet(self.link, time, 0, &[])?;
            return Ok(());
        };
        self.link = record.link;
        let bytes = self.anonymized(record, number);
        self.out
            .packet(record.link, record.time, record.wire_len, &bytes)?;
        Ok(())
    }

    fn anonymized(&mut self, record: &Record<'_>, number: u64) -> Vec<u8> {
        let mut layers = Vec::new();
        let innermost =
            pcap::innermost_ip(record.link, record.frame(), &mut |layer| layers.push(layer));
        let Ok(ip) = innermost else {
            return vec![0; record.bytes.len()];
        };
        let mut bytes = record.bytes.to_vec();
        zero(&mut bytes, ip.payload.start);
        for layer in &layers {
            match layer {
                Layer::Mac(range) => self.addresses.replace_hardware(&mut bytes, range.clone()),
                Layer::Ip(ip) => self.addresses.replace(&mut bytes, ip),
            }
        }
        if let Ok(packet) = pcap::decode(&mut self.decoder, record, number)
            && ip.fragment.is_none()
        {
            self.payload(&mut bytes, record, &ip, &packet);
        }
        // From the inside out: the checksum of a tunnel covers what is inside.
        for layer in layers.iter().rev() {
            if let Layer::Ip(ip) = layer {
                checksums(&mut bytes, ip);
            }
        }
        bytes
    }

    /// Writes the transport header and the anonymized payload after the IP header.
    fn payload(&mut self, bytes: &mut [u8], record: &Record<'_>, ip: &Ip, packet: &Packet) {
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
                    return;
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
        let replaced = match packet.transport {
            Transport::Udp => {
                self.messages
                    .datagram(&packet.payload, packet.wire_len, &mut self.addresses)
            }
            Transport::Tcp(_) if packet.icmp.is_none() => {
                self.streams.push(packet);
                self.segment(packet)
            }
            Transport::Tcp(_) => Vec::new(),
        };
        if let Some(target) = bytes.get_mut(body..body + replaced.len()) {
            target.copy_from_slice(&replaced);
        }
        if packet.icmp.is_some() {
            transport.payload = start..end;
            addresses::mend_quoted(bytes, &transport);
        }
    }

    /// The bytes of a segment, from the frames of its stream.
    fn segment(&self, packet: &Packet) -> Vec<u8> {
        let mut bytes = vec![0; packet.payload.len()];
        let Some((stream, start)) = self.streams.locate(packet) else {
            return bytes;
        };
        let Some(patches) = self.patches.get(&stream) else {
            return bytes;
        };
        let end = start + bytes.len() as u64;
        let first = patches.partition_point(|(offset, patch)| offset + patch.len() as u64 <= start);
        for (offset, patch) in patches.iter().skip(first) {
            if *offset >= end {
                break;
            }
            for (byte, at) in patch.iter().zip(*offset..end) {
                let target = at
                    .checked_sub(start)
                    .and_then(|at| usize::try_from(at).ok());
                if let Some(target) = target.and_then(|at| bytes.get_mut(at)) {
                    *target = *byte;
                }
            }
        }
        bytes
    }
}

/// Writes the checksums of an IP packet and of what is in it.
fn checksums(bytes: &mut [u8], ip: &Ip) {
    addresses::mend(bytes, ip);
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
