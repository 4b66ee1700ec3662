//! The packets of a capture file: datagrams one by one, TCP put in order and cut into frames.

use std::collections::{HashMap, HashSet};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use crate::classify::{Hints, is_stun_port};
use crate::dissector::{Dissector, Found};
use crate::framer::{Framer, Part, PartContent, Stamp};
use crate::pcap::{self, Packet};
use crate::stream::{Direction, Event, Streams};
use crate::unit::{Content, Framing, Place, Protocol, Transport};

/// Why a capture was not read to its end.
pub enum Error {
    /// The capture's fault.
    Capture(pcap::Error),
    /// The output's: nobody may be reading any more.
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

/// How a capture ended that could be read.
pub struct Summary {
    /// In the middle of a block.
    pub cut_short: bool,
}

/// Reads the whole capture. What comes before an error in it has been shown.
pub fn read(input: impl Read + Send, dissector: &mut Dissector<'_>) -> Result<Summary, Error> {
    let mut packets = pcap::read(input)?;
    let mut conversations = Conversations::default();
    let mut fault = None;
    while let Some(packet) = packets.next() {
        match packet {
            Ok(packet) => {
                conversations.start = packets.start().unwrap_or_default();
                conversations.packet(&packet, dissector)?;
            }
            Err(error) => fault = Some(error),
        }
    }
    conversations.finish(dissector)?;
    dissector.finish(packets.frames(), packets.skipped().total())?;
    match fault {
        Some(error) => Err(error.into()),
        None => Ok(Summary {
            cut_short: packets.cut_short(),
        }),
    }
}

/// What is remembered from one packet to the next. It grows with the number of conversations, and
/// not with what is said in them.
#[derive(Default)]
struct Conversations {
    start: Duration,
    streams: Streams,
    framers: HashMap<usize, Framer>,
    /// Between whom STUN was seen over UDP.
    stun: HashSet<[SocketAddr; 2]>,
}

impl Conversations {
    fn packet(&mut self, packet: &Packet, dissector: &mut Dissector<'_>) -> io::Result<()> {
        match packet.transport {
            pcap::Transport::Udp => self.datagram(packet, dissector),
            pcap::Transport::Tcp { .. } => {
                let events = self.streams.push(packet);
                self.events(events, dissector)
            }
        }
    }

    fn finish(&mut self, dissector: &mut Dissector<'_>) -> io::Result<()> {
        let events = self.streams.finish();
        self.events(events, dissector)
    }

    fn datagram(&mut self, packet: &Packet, dissector: &mut Dissector<'_>) -> io::Result<()> {
        if packet.payload.is_empty() {
            return Ok(());
        }
        let path = Direction {
            source: packet.source,
            destination: packet.destination,
        };
        let mut ends = [path.source, path.destination];
        ends.sort_unstable();
        let server = involves_server(path);
        let hints = Hints {
            classic: server,
            channels: server || self.stun.contains(&ends),
        };
        let stamp = Stamp {
            frame: packet.frame,
            time: packet.time,
        };
        let place = self.place(stamp, path, Transport::Udp);
        if dissector.packet(place, &packet.payload, hints)? == Found::Stun {
            self.stun.insert(ends);
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
        let Some(path) = self.streams.direction(stream) else {
            return Ok(());
        };
        let framer = self
            .framers
            .entry(stream)
            .or_insert_with(|| Framer::new(involves_server(path)));
        match event {
            Event::Data {
                offset,
                frame,
                time,
                bytes,
                ..
            } => {
                framer.extend(offset, &bytes, Stamp { frame, time });
                while let Some(part) = self.framers.get_mut(&stream).and_then(Framer::next) {
                    self.part(part, path, dissector)?;
                }
            }
            Event::Gap {
                offset,
                length,
                frame,
                time,
                ..
            } => {
                for part in framer.close() {
                    self.part(part, path, dissector)?;
                }
                let mut place = self.place(Stamp { frame, time }, path, Transport::Tcp);
                place.stream_offset = Some(offset);
                dissector.content(place, Content::Gap { length })?;
            }
            Event::End { .. } => {
                for part in framer.close() {
                    self.part(part, path, dissector)?;
                }
                self.framers.remove(&stream);
            }
        }
        Ok(())
    }

    fn part(&self, part: Part, path: Direction, dissector: &mut Dissector<'_>) -> io::Result<()> {
        let mut place = self.place(part.stamp, path, Transport::Tcp);
        place.stream_offset = Some(part.offset);
        match part.content {
            PartContent::Packet { framing, bytes } => {
                place.framing = framing;
                let hints = Hints {
                    channels: framing == Framing::None,
                    ..Hints::default()
                };
                dissector.packet(place, &bytes, hints).map(drop)
            }
            PartContent::Hello { hello, .. } => {
                dissector.content(place, Content::Hello(hello)).map(drop)
            }
            PartContent::Raw { length } => {
                let protocol = Protocol::Raw;
                dissector
                    .content(place, Content::Other { protocol, length })
                    .map(drop)
            }
        }
    }

    fn place(&self, stamp: Stamp, path: Direction, transport: Transport) -> Place {
        Place {
            frame: stamp.frame,
            time: Some(stamp.time.saturating_sub(self.start)),
            path: Some(path),
            transport,
            framing: Framing::None,
            stream_offset: None,
            inside: None,
        }
    }
}

fn involves_server(path: Direction) -> bool {
    is_stun_port(path.source.port()) || is_stun_port(path.destination.port())
}
