//! Puts TCP segments back in order, each direction of a connection on its own.
//!
//! The capture is all there is: nothing can be asked for again, so what does not turn up becomes
//! a [`Event::Gap`]. The bytes that were captured first win over later ones for the same place in
//! the stream, and what waits for missing bytes is limited, however the capture was made.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use crate::pcap::{Packet, Transport};

/// What one direction may keep back while it waits for missing bytes.
const MOST_SEGMENTS: usize = 1024;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// What all directions together may keep back: a lossy capture can have a gap in each of
/// thousands of connections.
const MOST_BYTES_OVERALL: usize = 256 * 1024 * 1024;

/// The largest window there can be (RFC 7323, section 2.3). A segment further ahead does not
/// belong to the connection.
const LARGEST_WINDOW: u32 = 1 << 30;

/// What happened in a stream; `stream` is the number that [`Streams::direction`] knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The next bytes, and the packet they came in.
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
        /// The packet that showed that there is something beyond the gap.
        frame: u64,
        time: Duration,
    },
    /// Nothing more comes.
    End { stream: usize },
}

/// Who sends to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Direction {
    pub source: SocketAddr,
    pub destination: SocketAddr,
}

/// All TCP streams of a capture.
///
/// One entry per direction of a connection stays in memory until the end, for latecomers not to
/// be taken for something new.
#[derive(Default)]
pub struct Streams {
    directions: Vec<Direction>,
    halves: HashMap<Direction, Half>,
    /// The bytes kept back in all of `halves`.
    held: usize,
}

impl Streams {
    /// Takes one packet; anything but TCP has no effect.
    pub fn push(&mut self, packet: &Packet) -> Vec<Event> {
        let mut events = Vec::new();
        let Transport::Tcp {
            sequence,
            syn,
            fin,
            rst,
        } = packet.transport
        else {
            return events;
        };
        let direction = Direction {
            source: packet.source,
            destination: packet.destination,
        };
        // A SYN takes up one number; the data that may already be with it follow.
        let sequence = sequence.wrapping_add(u32::from(syn));
        let fresh = match self.halves.get(&direction) {
            // An acknowledgment on its own may be a keep-alive, whose number is one too low to
            // start from.
            None => syn || !(rst || packet.payload.is_empty()),
            Some(half) => syn && half.first != sequence,
        };
        if fresh {
            let half = Half::new(self.directions.len(), sequence);
            self.directions.push(direction);
            if let Some(mut old) = self.halves.insert(direction, half) {
                self.held = self.held.saturating_sub(old.held);
                old.close(&mut events);
            }
        }
        let Some(half) = self.halves.get_mut(&direction) else {
            return events;
        };
        let others = self.held.saturating_sub(half.held);
        if rst {
            // What an RST carries explains the RST; it is not part of the stream.
            half.close(&mut events);
        } else {
            half.accept(sequence, packet, fin, &mut events);
        }
        while half.is_over_limit() || (half.held > 0 && others + half.held > MOST_BYTES_OVERALL) {
            half.leap(&mut events);
        }
        self.held = others + half.held;
        events
    }

    /// Gives what is still kept back, and ends every stream. To be called at the end of the
    /// capture.
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

    pub fn direction(&self, stream: usize) -> Option<Direction> {
        self.directions.get(stream).copied()
    }
}

/// One direction of a connection.
struct Half {
    stream: usize,
    /// The sequence number of the byte at offset zero.
    first: u32,
    /// The offset up to which everything has been delivered or given up.
    next: u64,
    /// Segments beyond `next`, by offset; they never overlap.
    pending: BTreeMap<u64, Segment>,
    /// The bytes in `pending`.
    held: usize,
    fin: Option<Fin>,
    closed: bool,
}

struct Segment {
    frame: u64,
    time: Duration,
    bytes: Vec<u8>,
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

    fn accept(&mut self, sequence: u32, packet: &Packet, fin: bool, events: &mut Vec<Event>) {
        if self.closed {
            return;
        }
        let expected = self.first.wrapping_add(low_half(self.next));
        let ahead = sequence.wrapping_sub(expected);
        let (offset, bytes) = if ahead <= LARGEST_WINDOW {
            (self.next + u64::from(ahead), packet.payload.as_slice())
        } else {
            // It starts with bytes that are settled already, or is not of this connection and
            // then has nothing left after them.
            let known = expected.wrapping_sub(sequence);
            match packet.payload.get(known as usize..) {
                Some(rest) => (self.next, rest),
                None => return,
            }
        };
        // A FIN does not end the wait for what is missing before it: it may have overtaken it, and
        // what was lost on the way is sent again after it.
        if fin && self.fin.is_none() {
            self.fin = Some(Fin {
                offset: offset + bytes.len() as u64,
                frame: packet.frame,
                time: packet.time,
            });
        }
        self.insert(offset, bytes, packet);
        self.deliver(events);
    }

    /// Files the parts of `bytes` that are not pending yet.
    fn insert(&mut self, mut offset: u64, mut bytes: &[u8], packet: &Packet) {
        while !bytes.is_empty() {
            let before = self.pending.range(..=offset).next_back();
            let covered = before.map_or(0, |(start, segment)| {
                (start + segment.bytes.len() as u64).saturating_sub(offset)
            });
            let room = match self.pending.range(offset..).next() {
                Some((start, _)) if covered == 0 => start - offset,
                _ => u64::MAX,
            };
            // Either the next bytes are pending already, or there is room for some of them.
            let length = if covered > 0 { covered } else { room };
            let length = usize::try_from(length)
                .unwrap_or(usize::MAX)
                .min(bytes.len());
            let (piece, rest) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
            if covered == 0 {
                let segment = Segment {
                    frame: packet.frame,
                    time: packet.time,
                    bytes: piece.to_vec(),
                };
                self.held += piece.len();
                self.pending.insert(offset, segment);
            }
            offset += piece.len() as u64;
            bytes = rest;
        }
    }

    /// Delivers what has no gap before it.
    fn deliver(&mut self, events: &mut Vec<Event>) {
        while let Some(entry) = self.pending.first_entry() {
            if *entry.key() > self.next {
                break;
            }
            let (offset, Segment { frame, time, bytes }) = entry.remove_entry();
            self.held -= bytes.len();
            self.next = offset + bytes.len() as u64;
            events.push(Event::Data {
                stream: self.stream,
                offset,
                frame,
                time,
                bytes,
            });
        }
        if self.fin.is_some_and(|fin| self.next >= fin.offset) {
            self.end(events);
        }
    }

    /// Gives up what is missing before the next pending segment.
    fn leap(&mut self, events: &mut Vec<Event>) {
        if let Some((&offset, segment)) = self.pending.first_key_value() {
            let (frame, time) = (segment.frame, segment.time);
            self.gap(offset, frame, time, events);
            self.deliver(events);
        }
    }

    fn gap(&mut self, end: u64, frame: u64, time: Duration, events: &mut Vec<Event>) {
        if end > self.next {
            events.push(Event::Gap {
                stream: self.stream,
                offset: self.next,
                length: end - self.next,
                frame,
                time,
            });
            self.next = end;
        }
    }

    fn is_over_limit(&self) -> bool {
        self.pending.len() > MOST_SEGMENTS || self.held > MOST_BYTES
    }

    /// Delivers what there is, whatever is missing, and ends the stream.
    fn close(&mut self, events: &mut Vec<Event>) {
        while !self.pending.is_empty() {
            self.leap(events);
        }
        if let Some(fin) = self.fin {
            self.gap(fin.offset, fin.frame, fin.time, events);
        }
        self.end(events);
    }

    fn end(&mut self, events: &mut Vec<Event>) {
        if !self.closed {
            self.closed = true;
            // After the FIN there is nothing, whatever a segment may claim.
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
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its streams are small"
)]
mod tests {
    use super::*;

    const SYN: u8 = 1;
    const FIN: u8 = 2;
    const RST: u8 = 4;

    fn segment(frame: u64, sequence: u32, flags: u8, payload: &[u8]) -> Packet {
        Packet {
            frame,
            time: Duration::ZERO,
            source: "192.0.2.1:40000".parse().unwrap(),
            destination: "192.0.2.2:3478".parse().unwrap(),
            transport: Transport::Tcp {
                sequence,
                syn: flags & SYN != 0,
                fin: flags & FIN != 0,
                rst: flags & RST != 0,
            },
            truncated: false,
            payload: payload.to_vec(),
        }
    }

    fn data(stream: usize, offset: u64, frame: u64, bytes: &[u8]) -> Event {
        let bytes = bytes.to_vec();
        Event::Data {
            stream,
            offset,
            frame,
            time: Duration::ZERO,
            bytes,
        }
    }

    fn gap(stream: usize, offset: u64, length: u64, frame: u64) -> Event {
        Event::Gap {
            stream,
            offset,
            length,
            frame,
            time: Duration::ZERO,
        }
    }

    fn end(stream: usize) -> Event {
        Event::End { stream }
    }

    /// Pushes the segments, numbered from 1, and gives the events up to the end of the capture.
    fn run(segments: &[(u32, u8, &[u8])]) -> Vec<Event> {
        let mut streams = Streams::default();
        let mut events = Vec::new();
        for (frame, &(sequence, flags, payload)) in (1..).zip(segments) {
            events.extend(streams.push(&segment(frame, sequence, flags, payload)));
        }
        events.extend(streams.finish());
        events
    }

    #[test]
    fn in_order() {
        let events = run(&[
            (99, SYN, b""),
            (100, 0, b"abc"),
            (103, 0, b""),
            (103, FIN, b"de"),
        ]);
        assert_eq!(
            events,
            [data(0, 0, 2, b"abc"), data(0, 3, 4, b"de"), end(0)]
        );
    }

    #[test]
    fn data_with_the_syn() {
        let events = run(&[(99, SYN, b"abc"), (103, 0, b"de")]);
        assert_eq!(
            events,
            [data(0, 0, 1, b"abc"), data(0, 3, 2, b"de"), end(0)]
        );
    }

    #[test]
    fn retransmissions() {
        let events = run(&[
            (99, SYN, b""),
            (99, SYN, b""),
            (100, 0, b"abc"),
            (100, 0, b"###"),
            (103, FIN, b"de"),
            (103, FIN, b"XX"),
            (105, FIN, b""),
        ]);
        assert_eq!(
            events,
            [data(0, 0, 3, b"abc"), data(0, 3, 5, b"de"), end(0)]
        );
    }

    #[test]
    fn overlap_with_delivered_bytes() {
        let events = run(&[(100, 0, b"abcd"), (102, 0, b"##ef"), (100, 0, b"######g")]);
        let expected = [
            data(0, 0, 1, b"abcd"),
            data(0, 4, 2, b"ef"),
            data(0, 6, 3, b"g"),
            end(0),
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn overlap_with_pending_bytes() {
        let events = run(&[
            (99, SYN, b""),
            (102, 0, b"cd"),
            (106, 0, b"gh"),
            (101, 0, b"bXXefXXij"),
            (100, 0, b"aXX"),
        ]);
        let expected = [
            data(0, 0, 5, b"a"),
            data(0, 1, 4, b"b"),
            data(0, 2, 2, b"cd"),
            data(0, 4, 4, b"ef"),
            data(0, 6, 3, b"gh"),
            data(0, 8, 4, b"ij"),
            end(0),
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn out_of_order_with_the_fin_first() {
        let events = run(&[
            (99, SYN, b""),
            (105, FIN, b"f"),
            (103, 0, b"de"),
            (100, 0, b"abc"),
        ]);
        let expected = [
            data(0, 0, 4, b"abc"),
            data(0, 3, 3, b"de"),
            data(0, 5, 2, b"f"),
            end(0),
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn wrap_around() {
        let events = run(&[
            (u32::MAX - 2, SYN, b""),
            (2, 0, b"ef"),
            (u32::MAX - 1, 0, b"abcd"),
            (u32::MAX, 0, b"####"),
            (4, FIN, b""),
        ]);
        assert_eq!(
            events,
            [data(0, 0, 3, b"abcd"), data(0, 4, 2, b"ef"), end(0)]
        );
    }

    #[test]
    fn offsets_beyond_32_bits() {
        let mut half = Half::new(0, 7);
        half.next = (5 << 32) | 3;
        let mut events = Vec::new();
        half.accept(12, &segment(1, 12, 0, b"c"), false, &mut events);
        half.accept(9, &segment(2, 9, 0, b"Xab"), false, &mut events);
        assert_eq!(
            events,
            [
                data(0, (5 << 32) | 3, 2, b"ab"),
                data(0, (5 << 32) | 5, 1, b"c")
            ]
        );
    }

    #[test]
    fn without_syn() {
        // Neither the acknowledgment nor the RST starts a stream; what is older than the start
        // is dropped.
        let events = run(&[
            (50, RST, b""),
            (99, 0, b""),
            (100, 0, b"abc"),
            (90, 0, b"0123456789"),
            (95, 0, b"56789###de"),
        ]);
        assert_eq!(
            events,
            [data(0, 0, 3, b"abc"), data(0, 3, 5, b"de"), end(0)]
        );
    }

    #[test]
    fn new_connection_on_the_same_addresses() {
        let events = run(&[
            (99, SYN, b""),
            (100, 0, b"ab"),
            (104, 0, b"ef"),
            (7_000, SYN, b""),
            (7_001, FIN, b"new"),
            (9_000_000, SYN, b""),
            (9_000_001, 0, b"newer"),
        ]);
        let expected = [
            data(0, 0, 2, b"ab"),
            gap(0, 2, 2, 3),
            data(0, 4, 3, b"ef"),
            end(0),
            data(1, 0, 5, b"new"),
            end(1),
            data(2, 0, 7, b"newer"),
            end(2),
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn rst_flushes() {
        let events = run(&[
            (99, SYN, b""),
            (102, 0, b"cd"),
            (104, RST, b"why"),
            (100, 0, b"ab"),
        ]);
        assert_eq!(events, [gap(0, 0, 2, 2), data(0, 2, 2, b"cd"), end(0)]);
    }

    #[test]
    fn gaps_at_the_end_of_the_capture() {
        let events = run(&[(100, 0, b"ab"), (104, 0, b"ef"), (110, FIN, b"")]);
        let expected = [
            data(0, 0, 1, b"ab"),
            gap(0, 2, 2, 2),
            data(0, 4, 2, b"ef"),
            gap(0, 6, 4, 3),
            end(0),
        ];
        assert_eq!(events, expected);
    }

    #[test]
    fn keep_alives() {
        let events = run(&[
            (99, SYN, b""),
            (100, 0, b"abc"),
            (102, 0, b"\0"),
            (102, 0, b""),
            (103, 0, b"d"),
            (103, 0, b"\0"),
        ]);
        assert_eq!(events, [data(0, 0, 2, b"abc"), data(0, 3, 5, b"d"), end(0)]);
    }

    #[test]
    fn segments_of_another_world() {
        let events = run(&[
            (99, SYN, b""),
            (100 + LARGEST_WINDOW + 1, 0, b"X"),
            (100 | 1 << 31, FIN, b"X"),
            (100, 0, b"a"),
        ]);
        assert_eq!(events, [data(0, 0, 4, b"a"), end(0)]);
    }

    #[test]
    fn nothing_comes_after_the_end() {
        for last in [FIN, RST] {
            let events = run(&[
                (99, SYN, b""),
                (100, 0, b"ab"),
                (102, last, b""),
                (102, 0, b"late"),
                (110, FIN, b"later"),
                (103, RST, b""),
            ]);
            assert_eq!(events, [data(0, 0, 2, b"ab"), end(0)]);
        }
    }

    #[test]
    fn directions_are_separate() {
        let mut streams = Streams::default();
        let there = segment(1, 99, SYN, b"");
        let mut back = segment(2, 499, SYN, b"hi");
        (back.source, back.destination) = (there.destination, there.source);
        let mut udp = segment(3, 0, 0, b"udp");
        udp.transport = Transport::Udp;
        assert_eq!(streams.push(&there), []);
        assert_eq!(streams.push(&back), [data(1, 0, 2, b"hi")]);
        assert_eq!(streams.push(&udp), []);
        assert_eq!(streams.direction(0).unwrap().source, there.source);
        assert_eq!(streams.direction(1).unwrap().source, there.destination);
        assert_eq!(streams.direction(2), None);
        assert_eq!(streams.finish(), [end(0), end(1)]);
    }

    #[test]
    fn waiting_segments_are_limited() {
        let mut streams = Streams::default();
        streams.push(&segment(1, 0, SYN, b""));
        let mut events = Vec::new();
        for number in 0..2 * MOST_SEGMENTS as u32 {
            events.extend(streams.push(&segment(2, 100 + 2 * number, 0, b"x")));
            assert!(
                streams
                    .halves
                    .values()
                    .all(|half| half.pending.len() <= MOST_SEGMENTS)
            );
        }
        assert_eq!(events.first(), Some(&gap(0, 0, 99, 2)));
        // What was given up is gone for good.
        assert_eq!(streams.push(&segment(3, 1, 0, b"late")), []);
    }

    #[test]
    fn waiting_bytes_are_limited() {
        let mut streams = Streams::default();
        let payload = vec![0; 60_000];
        for half in 0..100u16 {
            for number in 0..100 {
                let mut packet = segment(1, 1 + number * 60_001, 0, &payload);
                packet.source.set_port(half);
                streams.push(&packet);
                let held =
                    |half: &Half| half.pending.values().map(|s| s.bytes.len()).sum::<usize>();
                assert!(streams.halves.values().all(|half| held(half) == half.held));
                assert!(streams.halves.values().all(|half| half.held <= MOST_BYTES));
                assert!(streams.held <= MOST_BYTES_OVERALL);
            }
            let sum = streams.halves.values().map(|half| half.held).sum::<usize>();
            assert_eq!(streams.held, sum);
        }
        assert!(streams.held > MOST_BYTES_OVERALL - 60_000);
    }

    /// A small linear congruential generator (Knuth's MMIX).
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % limit
        }
    }

    #[test]
    fn shuffled_overlapping_duplicated_segments() {
        let mut random = Random(42);
        for round in 0..200 {
            let text: Vec<u8> = (0..3000).map(|_| random.below(256) as u8).collect();
            // Some rounds wrap around.
            let first = if round % 2 == 0 {
                round
            } else {
                u32::MAX - 1500
            };
            let mut segments = Vec::new();
            let mut start = 0;
            while start < text.len() {
                let stop = (start + 1 + random.below(90)).min(text.len());
                let early = start.saturating_sub(random.below(60));
                segments.push((early, stop));
                if random.below(4) == 0 {
                    segments.push((early, stop));
                }
                start = stop;
            }
            for index in 0..segments.len() {
                let other = (index + random.below(12)).min(segments.len() - 1);
                segments.swap(index, other);
            }
            let mut streams = Streams::default();
            let mut events = streams.push(&segment(0, first, SYN, b""));
            for (frame, (start, stop)) in (1..).zip(segments) {
                let sequence = first.wrapping_add(1 + start as u32);
                let fin = if stop == text.len() { FIN } else { 0 };
                let packet = segment(frame, sequence, fin, &text[start..stop]);
                events.extend(streams.push(&packet));
            }
            assert_eq!(events.pop(), Some(end(0)));
            assert_eq!(streams.finish(), []);
            let mut got = Vec::new();
            for event in events {
                let Event::Data { offset, bytes, .. } = event else {
                    unreachable!("nothing is missing: {event:?}");
                };
                assert_eq!(offset, got.len() as u64);
                got.extend(bytes);
            }
            assert_eq!(got, text);
        }
    }

    #[test]
    fn events_tile_the_stream_when_segments_are_lost() {
        let mut random = Random(7);
        for _ in 0..200 {
            let mut streams = Streams::default();
            let mut events = streams.push(&segment(0, 0, SYN, b""));
            for frame in 1..100 {
                let start = random.below(2000);
                let bytes: Vec<u8> = (start..start + random.below(40)).map(|i| i as u8).collect();
                events.extend(streams.push(&segment(frame, 1 + start as u32, 0, &bytes)));
            }
            events.extend(streams.finish());
            assert_eq!(events.pop(), Some(end(0)));
            let mut next = 0;
            for event in events {
                match event {
                    Event::Data { offset, bytes, .. } => {
                        assert_eq!(offset, next);
                        let expected = (offset..).map(|i| i as u8).take(bytes.len());
                        assert!(bytes.iter().copied().eq(expected));
                        next += bytes.len() as u64;
                    }
                    Event::Gap { offset, length, .. } => {
                        assert_eq!(offset, next);
                        assert!(length > 0);
                        next += length;
                    }
                    Event::End { .. } => unreachable!("it ended already"),
                }
            }
        }
    }
}
