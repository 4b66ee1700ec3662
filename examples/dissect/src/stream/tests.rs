#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its streams are small"
)]

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
        transport: Transport::Tcp(Segment {
            sequence,
            syn: flags & SYN != 0,
            ack: false,
            acknowledgment: 0,
            fin: flags & FIN != 0,
            rst: flags & RST != 0,
        }),
        icmp: None,
        payload: payload.to_vec(),
        wire_len: payload.len(),
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
        truncated: false,
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
    half.accept(
        12,
        &segment(1, 12, 0, b"c"),
        Segment::default(),
        &mut events,
    );
    half.accept(
        9,
        &segment(2, 9, 0, b"Xab"),
        Segment::default(),
        &mut events,
    );
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
fn segments_far_outside_the_window() {
    let events = run(&[
        (99, SYN, b""),
        (100 + MAX_WINDOW + 1, 0, b"X"),
        (100 | 1 << 31, FIN, b"X"),
        (100, 0, b"a"),
    ]);
    assert_eq!(events, [data(0, 0, 4, b"a"), end(0)]);
}

#[test]
fn nothing_follows_the_end() {
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
    assert_eq!(streams.endpoints(0).unwrap().source, there.source);
    assert_eq!(streams.endpoints(1).unwrap().source, there.destination);
    assert_eq!(streams.endpoints(2), None);
    assert_eq!(streams.finish(), [end(0), end(1)]);
}

#[test]
fn waiting_segments_are_limited() {
    let mut streams = Streams::default();
    streams.push(&segment(1, 0, SYN, b""));
    let mut events = Vec::new();
    for number in 0..2 * MAX_PIECES as u32 {
        events.extend(streams.push(&segment(2, 100 + 2 * number, 0, b"x")));
        assert!(
            streams
                .halves
                .values()
                .all(|half| half.pending.len() <= MAX_PIECES)
        );
    }
    assert_eq!(events.first(), Some(&gap(0, 0, 99, 2)));
    // Bytes that were reported as a gap are not delivered later.
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
            let held = |half: &Half| {
                half.pending
                    .values()
                    .map(|s| s.content.held())
                    .sum::<usize>()
            };
            assert!(streams.halves.values().all(|half| held(half) == half.held));
            assert!(streams.halves.values().all(|half| half.held <= MAX_BYTES));
            assert!(streams.held <= MAX_BYTES_OVERALL);
        }
        let sum = streams.halves.values().map(|half| half.held).sum::<usize>();
        assert_eq!(streams.held, sum);
    }
    assert!(streams.held > MAX_BYTES_OVERALL - 60_000);
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

/// Bytes that the receiver acknowledges were not lost, and are not sent again.
#[test]
fn acknowledged_bytes_that_were_not_captured_are_not_waited_for() {
    let mut streams = Streams::default();
    let at = |mut packet: Packet, milliseconds| {
        packet.time = Duration::from_millis(milliseconds);
        packet
    };
    streams.push(&segment(1, 99, SYN, b""));
    assert_eq!(streams.push(&segment(2, 103, 0, b"def")), []);
    let mut answer = segment(3, 500, 0, b"");
    std::mem::swap(&mut answer.source, &mut answer.destination);
    let mut acknowledge = |number, milliseconds| {
        if let Transport::Tcp(segment) = &mut answer.transport {
            (segment.ack, segment.acknowledgment) = (true, number);
        }
        streams.push(&at(answer.clone(), milliseconds))
    };
    assert_eq!(
        acknowledge(106, 100),
        [],
        "the packets may be in a wrong order"
    );
    assert_eq!(acknowledge(100, 600), [], "the receiver waits as well");
    assert_eq!(
        acknowledge(106, 700),
        [gap(0, 0, 3, 2), data(0, 3, 2, b"def")]
    );
    assert_eq!(streams.held, 0);
}

/// The number of connections of a port scan.
#[test]
fn very_many_connections_take_limited_memory() {
    let mut streams = Streams::default();
    let mut ended = 0;
    for number in 0..3 * MAX_HALVES as u64 {
        let mut packet = segment(number, 100, 0, b"x");
        let [.., a, b, c, d] = number.to_be_bytes();
        packet.source = ([10, a, b, c], u16::from(d)).into();
        let events = streams.push(&packet);
        for event in &events {
            assert!(streams.endpoints(event.stream()).is_some());
            ended += usize::from(matches!(event, Event::End { .. }));
        }
        assert!(streams.halves.len() <= MAX_HALVES);
        assert!(streams.endpoints.len() <= 2 * MAX_HALVES);
    }
    ended += streams.finish().len();
    assert_eq!(ended, 3 * MAX_HALVES);
}
