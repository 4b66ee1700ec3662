//! The packets of a capture file: datagrams are decoded one by one, TCP segments are put in order and
//! split into frames.

use std::collections::HashSet;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use crate::classify::{self, Hints, is_stun_port};
use crate::dissector::{Dissector, Found};
use crate::framer::{Framers, Part, PartContent, Stamp};
use crate::pcap::{self, Packet};
use crate::stream::{Event, Streams};
use crate::unit::{
    Content, Endpoints, Framing, GapCause, IcmpError, Origin, Protocol, Summary, TcpEvent,
    Transport,
};

/// Number of pairs of addresses that are remembered.
const MAX_PAIRS: usize = 256 * 1024;

/// Why a capture was not read to its end.
pub enum Error {
    /// The capture is not readable.
    Capture(pcap::Error),
    /// The output is not writable, for example because its reader is gone.
    Output(io::Error),
}

impl From<pcap::Error> for Error {
    fn from(error: pcap::Error) -> Self {
        Self::Capture(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Reads the whole capture. After an error in the file, the packets before it have been decoded.
pub fn read(
    file: usize,
    input: impl Read + Send,
    dissector: &mut Dissector<'_>,
) -> Result<Summary, Error> {
    let mut packets = pcap::read(input)?;
    let mut conversations = Conversations {
        file,
        ..Conversations::default()
    };
    let mut fault = None;
    while let Some(packet) = packets.next() {
        match packet {
            Ok(packet) => {
                conversations.start = packets.times().map(|(first, _)| first);
                conversations.start = conversations.start.filter(|start| !start.is_zero());
                conversations.packet(&packet, dissector)?;
            }
            Err(error) => fault = Some(error),
        }
    }
    conversations.finish(dissector)?;
    let summary = Summary {
        packets: packets.frames(),
        skipped: packets.skipped(),
        file_is_truncated: packets.file_is_truncated(),
        first: packets.times().map(|(first, _)| first),
        last: packets.times().map(|(_, last)| last),
        ..Summary::default()
    };
    dissector.finish(summary)?;
    match fault {
        Some(error) => Err(error.into()),
        None => Ok(summary),
    }
}

/// The state between packets. It grows with the number of conversations up to a limit.
#[derive(Default)]
struct Conversations {
    file: usize,
    start: Option<Duration>,
    streams: Streams,
    framers: Framers,
    /// The pairs of addresses between which STUN was seen over UDP.
    stun: HashSet<[SocketAddr; 2]>,
}

impl Conversations {
    fn packet(&mut self, packet: &Packet, dissector: &mut Dissector<'_>) -> io::Result<()> {
        let endpoints = Endpoints {
            source: packet.source,
            destination: packet.destination,
        };
        let stamp = Stamp {
            frame: packet.frame,
            time: packet.time,
        };
        match packet.transport {
            pcap::Transport::Udp => {
                let mut origin = self.origin(stamp, endpoints, Transport::Udp);
                origin.icmp = packet.icmp;
                origin.truncated = packet.is_truncated();
                self.datagram(origin, packet, dissector)
            }
            pcap::Transport::Tcp(segment) => {
                let mut origin = self.origin(stamp, endpoints, Transport::Tcp);
                origin.icmp = packet.icmp;
                origin.truncated = packet.is_truncated();
                if let Some(event) = tcp_event(segment, packet.icmp) {
                    dissector.tcp(&origin, event)?;
                }
                // A quoted segment is not part of the stream again.
                if packet.icmp.is_some() {
                    return Ok(());
                }
                let events = self.streams.push(packet);
                self.events(events, dissector)
            }
        }
    }

    fn finish(&mut self, dissector: &mut Dissector<'_>) -> io::Result<()> {
        let events = self.streams.finish();
        self.events(events, dissector)
    }

    fn datagram(
        &mut self,
        origin: Origin,
        packet: &Packet,
        dissector: &mut Dissector<'_>,
    ) -> io::Result<()> {
        let Some(endpoints) = origin.endpoints else {
            return Ok(());
        };
        if packet.wire_len == 0 {
            return Ok(());
        }
        let server = involves_server(endpoints);
        let pair = endpoints.sorted();
        let hints = Hints {
            classic: server,
            channels: server || self.stun.contains(&pair),
        };
        let bytes = classify::Packet {
            bytes: &packet.payload,
            wire_len: packet.wire_len,
        };
        if dissector.packet(origin, bytes, hints)? == Found::Stun {
            if self.stun.len() >= MAX_PAIRS {
                self.stun.clear();
            }
            self.stun.insert(pair);
        }
        Ok(())
    }

    fn events(&mut self, events: Vec<Event>, dissector: &mut Dissector<'_>) -> io::Result<()> {
        for event in events {
            self.event(event, dissector)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event, dissector: &mut Dissector<'_>) -> io::Result<()> {
        let (Event::Data { stream, .. } | Event::Gap { stream, .. } | Event::End { stream }) =
            event;
        let Some(endpoints) = self.streams.endpoints(stream) else {
            return Ok(());
        };
        match event {
            Event::Data {
                offset,
                frame,
                time,
                bytes,
                ..
            } => {
                let framer = self.framers.open(stream, endpoints);
                framer.extend(offset, &bytes, Stamp { frame, time });
                while let Some(part) = self.framers.next(stream) {
                    self.part(part, endpoints, dissector)?;
                }
            }
            Event::Gap {
                offset,
                length,
                frame,
                time,
                truncated,
                ..
            } => {
                for part in self.framers.open(stream, endpoints).close() {
                    self.part(part, endpoints, dissector)?;
                }
                let mut origin = self.origin(Stamp { frame, time }, endpoints, Transport::Tcp);
                origin.stream_offset = Some(offset);
                let cause = if truncated {
                    GapCause::Truncated
                } else {
                    GapCause::NotCaptured
                };
                dissector.content(origin, Content::Gap { length, cause })?;
            }
            Event::End { .. } => {
                for part in self.framers.end(stream, endpoints) {
                    self.part(part, endpoints, dissector)?;
                }
            }
        }
        Ok(())
    }

    fn part(
        &self,
        part: Part,
        endpoints: Endpoints,
        dissector: &mut Dissector<'_>,
    ) -> io::Result<()> {
        let mut origin = self.origin(part.stamp, endpoints, Transport::Tcp);
        origin.stream_offset = Some(part.offset);
        let content = match part.content {
            PartContent::Packet {
                framing,
                bytes,
                wire_len,
            } => {
                origin.framing = framing;
                origin.truncated = wire_len > bytes.len();
                let hints = Hints {
                    channels: framing == Framing::None,
                    ..Hints::default()
                };
                let packet = classify::Packet {
                    bytes: &bytes,
                    wire_len,
                };
                return dissector.packet(origin, packet, hints).map(drop);
            }
            PartContent::PseudoTls(handshake) => Content::PseudoTls(handshake),
            PartContent::Tls { length } => Content::Other {
                protocol: Protocol::Tls,
                length,
            },
            PartContent::Raw { length } => Content::Other {
                protocol: Protocol::Raw,
                length,
            },
            PartContent::Unframed { length } => Content::Gap {
                length,
                cause: GapCause::Unframed,
            },
        };
        dissector.content(origin, content).map(drop)
    }

    fn origin(&self, stamp: Stamp, endpoints: Endpoints, transport: Transport) -> Origin {
        Origin {
            file: self.file,
            frame: stamp.frame,
            // Some captures have no times.
            time: self.start.map(|_| stamp.time),
            elapsed: self.start.map(|start| stamp.time.saturating_sub(start)),
            endpoints: Some(endpoints),
            transport,
            framing: Framing::None,
            stream_offset: None,
            carrier: None,
            icmp: None,
            truncated: false,
        }
    }
}

fn involves_server(endpoints: Endpoints) -> bool {
    is_stun_port(endpoints.source.port()) || is_stun_port(endpoints.destination.port())
}

fn tcp_event(segment: pcap::Segment, icmp: Option<IcmpError>) -> Option<TcpEvent> {
    match segment {
        _ if icmp.is_some() => Some(TcpEvent::Icmp),
        pcap::Segment { rst: true, .. } => Some(TcpEvent::Rst),
        pcap::Segment {
            syn: true,
            ack: true,
            ..
        } => Some(TcpEvent::SynAck),
        pcap::Segment { syn: true, .. } => Some(TcpEvent::Syn),
        pcap::Segment { fin: true, .. } => Some(TcpEvent::Fin),
        _ => None,
    }
}
