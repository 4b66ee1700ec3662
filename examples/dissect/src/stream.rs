//! Puts TCP segments back in order, each direction of a connection on its own.
//!
//! What is not in the capture cannot be requested again, so that it becomes an [`Event::Gap`]. The
//! bytes that were captured first win over later ones for the same offset of the stream, and the
//! amount of data that waits for missing bytes is limited, however the capture was made.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use crate::pcap::{Packet, Segment, Transport};
use crate::unit::Endpoints;

/// Maximum number of segments and bytes that one direction holds back while bytes are missing.
const MAX_PIECES: usize = 1024;
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Maximum number of bytes that all directions hold back together: a lossy capture can have a gap in
/// each of thousands of connections.
const MAX_BYTES_OVERALL: usize = 256 * 1024 * 1024;

/// Number of directions of connections that are remembered.
const MAX_HALVES: usize = 128 * 1024;

/// Wait for missing bytes that the receiver has acknowledged: a capture may have packets in a slightly
/// wrong order.
const ACKNOWLEDGED_WAIT: Duration = Duration::from_millis(500);

/// The largest receive window (RFC 7323 §2.3). A segment further ahead does not belong to the
/// connection.
const MAX_WINDOW: u32 = 1 << 30;

/// A change of a stream. `stream` is the number that [`Streams::endpoints`] knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The next bytes, and the packet that carried them.
    Data {
        stream: usize,
        /// Counted from the first byte of the stream that the capture could have.
        offset: u64,
        frame: u64,
        time: Duration,
        bytes: Vec<u8>,
    },
    /// Bytes that the capture does not have.
    Gap {
        stream: usize,
        offset: u64,
        length: u64,
        /// The packet that was truncated, or the one that showed that there are bytes beyond the gap.
        frame: u64,
        time: Duration,
        /// The snap length of the capture truncated the bytes, as opposed to a lost packet.
        truncated: bool,
    },
    /// Nothing follows.
    End { stream: usize },
}

impl Event {
    fn stream(&self) -> usize {
        match self {
            Self::Data { stream, .. } | Self::Gap { stream, .. } | Self::End { stream } => *stream,
        }
    }
}

/// The location of a segment in its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location {
    pub stream: usize,
    /// Of its payload.
    pub offset: u64,
    /// Whether the stream has ended, with this segment or before.
    pub has_ended: bool,
}

/// All TCP streams of a capture.
///
/// Closed connections stay in memory, so that late segments are not taken for a new connection, unless
/// there are very many.
#[derive(Default)]
pub struct Streams {
    endpoints: HashMap<usize, Endpoints>,
    /// Number of streams so far.
    count: usize,
    halves: HashMap<Endpoints, Half>,
    /// Number of bytes held back in all of `halves`.
    held: usize,
}

impl Streams {
    /// Consumes one packet; a packet without TCP has no effect.
    pub fn push(&mut self, packet: &Packet) -> Vec<Event> {
        let mut events = Vec::new();
        let Transport::Tcp(segment) = packet.transport else {
            return events;
        };
        let endpoints = Endpoints {
            source: packet.source,
            destination: packet.destination,
        };
        if segment.ack {
            let sender = endpoints.reversed();
            self.acknowledge(sender, segment.acknowledgment, packet, &mut events);
        }
        // A SYN takes one sequence number, which its data follow.
        let sequence = segment.sequence.wrapping_add(u32::from(segment.syn));
        let is_new = match self.halves.get(&endpoints) {
            // A lone acknowledgment may be a keep-alive, whose sequence number is one too low.
            None => segment.syn || !(segment.rst || packet.wire_len == 0),
            Some(half) => segment.syn && half.first != sequence,
        };
        if is_new {
            if self.halves.len() >= MAX_HALVES || self.endpoints.len() >= 2 * MAX_HALVES {
                self.forget(&mut events);
            }
            let half = Half::new(self.count, sequence);
            self.endpoints.insert(self.count, endpoints);
            self.count += 1;
            if let Some(mut old) = self.halves.insert(endpoints, half) {
                self.held = self.held.saturating_sub(old.held);
                old.close(&mut events);
            }
        }
        let Some(half) = self.halves.get_mut(&endpoints) else {
            return events;
        };
        let others = self.held.saturating_sub(half.held);
        if segment.rst {
            // The payload of an RST explains the RST and is not part of the stream.
            half.close(&mut events);
        } else {
            half.accept(sequence, packet, segment, &mut events);
        }
        while half.is_over_limit() || (half.held > 0 && others + half.held > MAX_BYTES_OVERALL) {
            half.leap(&mut events);
        }
        self.held = others + half.held;
        events
    }

    /// Forgets the closed connections; if there are few, ends the older half of the others.
    fn forget(&mut self, events: &mut Vec<Event>) {
        self.halves.retain(|_, half| !half.closed);
        if self.halves.len() > MAX_HALVES / 2 {
            let mut streams: Vec<usize> = self.halves.values().map(|half| half.stream).collect();
            streams.sort_unstable();
            let limit = streams.get(streams.len() / 2).copied().unwrap_or_default();
            for half in self.halves.values_mut().filter(|half| half.stream < limit) {
                self.held = self.held.saturating_sub(half.held);
                half.close(events);
            }
            events.sort_by_key(Event::stream);
        }
        // The events of those that were ended are still to be read.
        let halves = &self.halves;
        let live: HashSet<usize> = halves.values().map(|half| half.stream).collect();
        self.endpoints.retain(|stream, _| live.contains(stream));
        self.halves.retain(|_, half| !half.closed);
    }

    /// Stops waiting for missing bytes that the receiver has acknowledged: they were not captured, and
    /// are not sent again.
    fn acknowledge(
        &mut self,
        endpoints: Endpoints,
        acknowledgment: u32,
        packet: &Packet,
        events: &mut Vec<Event>,
    ) {
        let Some(half) = self.halves.get_mut(&endpoints) else {
            return;
        };
        let before = half.held;
        while let Some((&offset, piece)) = half.pending.first_key_value() {
            let is_due = packet.time.saturating_sub(piece.time) >= ACKNOWLEDGED_WAIT;
            let is_acknowledged = half
                .offset_of(acknowledgment)
                .is_some_and(|end| end >= offset);
            if !is_due || !is_acknowledged {
                break;
            }
            half.leap(events);
        }
        self.held = self.held.saturating_sub(before) + half.held;
    }

    /// Returns what is still held back, and ends every stream. Call it at the end of the capture.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        let mut halves: Vec<Half> = self.halves.drain().map(|(_, half)| half).collect();
        halves.sort_unstable_by_key(|half| half.stream);
        for mut half in halves {
            half.close(&mut events);
        }
        self.held = 0;
        events
    }

    /// The location of a segment that was pushed. `None` if it lies before the stream.
    pub fn locate(&self, packet: &Packet) -> Option<Location> {
        let Transport::Tcp(segment) = packet.transport else {
            return None;
        };
        let half = self.halves.get(&Endpoints {
            source: packet.source,
            destination: packet.destination,
        })?;
        let sequence = segment.sequence.wrapping_add(u32::from(segment.syn));
        Some(Location {
            stream: half.stream,
            offset: half.offset_of(sequence)?,
            has_ended: half.closed,
        })
    }

    pub fn endpoints(&self, stream: usize) -> Option<Endpoints> {
        self.endpoints.get(&stream).copied()
    }
}

/// One direction of a connection.
struct Half {
    stream: usize,
    /// The sequence number of the byte at offset 0.
    first: u32,
    /// The offset up to which everything was delivered or reported as a gap.
    next: u64,
    /// The parts of segments beyond `next`, by offset; they never overlap.
    pending: BTreeMap<u64, Piece>,
    /// Number of bytes in `pending`.
    held: usize,
    fin: Option<Fin>,
    closed: bool,
}

/// A part of a segment.
struct Piece {
    frame: u64,
    time: Duration,
    content: Bytes,
}

enum Bytes {
    Captured(Vec<u8>),
    /// Bytes that the snap length truncated.
    Truncated(u64),
}

impl Bytes {
    fn len(&self) -> u64 {
        match self {
            Self::Captured(bytes) => bytes.len() as u64,
            Self::Truncated(length) => *length,
        }
    }

    /// The memory that it holds, in bytes.
    fn held(&self) -> usize {
        match self {
            Self::Captured(bytes) => bytes.len(),
            Self::Truncated(_) => 0,
        }
    }
}

#[derive(Clone, Copy)]
struct Fin {
    offset: u64,
    frame: u64,
    time: Duration,
}

impl Half {
    fn new(stream: usize, first: u32) -> Self {
        Half {
            stream,
            first,
            next: 0,
            pending: BTreeMap::new(),
            held: 0,
            fin: None,
            closed: false,
        }
    }

    /// The offset of a sequence number near the next one. `None` if it lies before the stream.
    fn offset_of(&self, sequence: u32) -> Option<u64> {
        let expected = self.first.wrapping_add(low_half(self.next));
        // The difference of sequence numbers has a sign (RFC 9293 §3.4).
        let ahead = i32::from_ne_bytes(sequence.wrapping_sub(expected).to_ne_bytes());
        self.next.checked_add_signed(i64::from(ahead))
    }

    fn accept(
        &mut self,
        sequence: u32,
        packet: &Packet,
        segment: Segment,
        events: &mut Vec<Event>,
    ) {
        if self.closed {
            return;
        }
        let expected = self.first.wrapping_add(low_half(self.next));
        let ahead = sequence.wrapping_sub(expected);
        let wire_len = packet.wire_len as u64;
        let (offset, known) = if ahead <= MAX_WINDOW {
            (self.next + u64::from(ahead), 0)
        } else {
            // It starts with bytes that are settled, or does not belong to this connection and then
            // has no byte left after them.
            let known = u64::from(expected.wrapping_sub(sequence));
            if known > wire_len {
                return;
            }
            (self.next, known)
        };
        let end = offset + (wire_len - known);
        // A FIN does not end the wait for the bytes before it: it may have arrived early, and lost
        // bytes are sent again after it.
        if segment.fin && self.fin.is_none() {
            self.fin = Some(Fin {
                offset: end,
                frame: packet.frame,
                time: packet.time,
            });
        }
        let captured = usize::try_from(known)
            .ok()
            .and_then(|known| packet.payload.get(known..))
            .unwrap_or_default();
        self.insert(offset, captured, packet);
        let captured_end = offset + captured.len() as u64;
        if captured_end < end {
            self.insert_truncated(captured_end, end, packet);
        }
        self.deliver(events);
    }

    /// Stores the parts of `bytes` that are not pending yet.
    fn insert(&mut self, mut offset: u64, mut bytes: &[u8], packet: &Packet) {
        while !bytes.is_empty() {
            let (is_free, length) = self.run(offset);
            let length = usize::try_from(length)
                .unwrap_or(usize::MAX)
                .min(bytes.len());
            let (piece, rest) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
            if is_free {
                self.store(offset, Bytes::Captured(piece.to_vec()), packet);
            }
            offset += piece.len() as u64;
            bytes = rest;
        }
    }

    /// Stores the parts of a truncated range that are not pending yet.
    fn insert_truncated(&mut self, mut offset: u64, end: u64, packet: &Packet) {
        while offset < end {
            let (is_free, length) = self.run(offset);
            let length = length.min(end - offset);
            if is_free {
                self.store(offset, Bytes::Truncated(length), packet);
            }
            offset += length;
        }
    }

    /// Whether the byte at `offset` is free or pending, and for how many bytes that holds, at least
    /// one.
    fn run(&self, offset: u64) -> (bool, u64) {
        let before = self.pending.range(..=offset).next_back();
        let covered = before.map_or(0, |(start, piece)| {
            (start + piece.content.len()).saturating_sub(offset)
        });
        if covered > 0 {
            return (false, covered);
        }
        let next = self.pending.range(offset..).next();
        (true, next.map_or(u64::MAX, |(start, _)| start - offset))
    }

    fn store(&mut self, offset: u64, content: Bytes, packet: &Packet) {
        self.held += content.held();
        let piece = Piece {
            frame: packet.frame,
            time: packet.time,
            content,
        };
        self.pending.insert(offset, piece);
    }

    /// Delivers what has no gap before it.
    fn deliver(&mut self, events: &mut Vec<Event>) {
        while let Some(entry) = self.pending.first_entry() {
            if *entry.key() > self.next {
                break;
            }
            let (offset, piece) = entry.remove_entry();
            let Piece {
                frame,
                time,
                content,
            } = piece;
            self.held -= content.held();
            match content {
                Bytes::Captured(bytes) => {
                    self.next = offset + bytes.len() as u64;
                    events.push(Event::Data {
                        stream: self.stream,
                        offset,
                        frame,
                        time,
                        bytes,
                    });
                }
                Bytes::Truncated(length) => self.gap(offset + length, frame, time, true, events),
            }
        }
        if self.fin.is_some_and(|fin| self.next >= fin.offset) {
            self.end(events);
        }
    }

    /// Reports a gap up to the next pending part.
    fn leap(&mut self, events: &mut Vec<Event>) {
        if let Some((&offset, piece)) = self.pending.first_key_value() {
            let (frame, time) = (piece.frame, piece.time);
            self.gap(offset, frame, time, false, events);
            self.deliver(events);
        }
    }

    fn gap(
        &mut self,
        end: u64,
        frame: u64,
        time: Duration,
        truncated: bool,
        events: &mut Vec<Event>,
    ) {
        if end > self.next {
            events.push(Event::Gap {
                stream: self.stream,
                offset: self.next,
                length: end - self.next,
                frame,
                time,
                truncated,
            });
            self.next = end;
        }
    }

    fn is_over_limit(&self) -> bool {
        self.pending.len() > MAX_PIECES || self.held > MAX_BYTES
    }

    /// Delivers what there is, whatever is missing, and ends the stream.
    fn close(&mut self, events: &mut Vec<Event>) {
        while !self.pending.is_empty() {
            self.leap(events);
        }
        if let Some(fin) = self.fin {
            self.gap(fin.offset, fin.frame, fin.time, false, events);
        }
        self.end(events);
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        if !self.closed {
            self.closed = true;
            // After the FIN there is nothing, whatever a segment claims.
            self.pending.clear();
            self.held = 0;
            events.push(Event::End {
                stream: self.stream,
            });
        }
    }
}

fn low_half(offset: u64) -> u32 {
    let [_, _, _, _, a, b, c, d] = offset.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests;
