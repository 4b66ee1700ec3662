#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its files are small"
)]

use super::decode::build::*;
use super::*;

/// Writes numbers in one of the byte orders.
#[derive(Clone, Copy)]
struct Order {
    big_endian: bool,
}

const LITTLE: Order = Order { big_endian: false };
const BIG: Order = Order { big_endian: true };

impl Order {
    fn bytes<const N: usize>(self, mut little_endian: [u8; N]) -> [u8; N] {
        if self.big_endian {
            little_endian.reverse();
        }
        little_endian
    }

    fn words(self, words: &[u32]) -> Vec<u8> {
        words
            .iter()
            .flat_map(|word| self.bytes(word.to_le_bytes()))
            .collect()
    }

    fn classic_header(self, magic: u32, link: u32) -> Vec<u8> {
        let versions = if self.big_endian {
            [0, 2, 0, 4]
        } else {
            [2, 0, 4, 0]
        };
        let rest = self.words(&[0, 0, 262_144, link]);
        [self.words(&[magic]), versions.to_vec(), rest].concat()
    }

    fn record(self, seconds: u32, fraction: u32, original: usize, data: &[u8]) -> Vec<u8> {
        let header = [seconds, fraction, data.len() as u32, original as u32];
        [self.words(&header), data.to_vec()].concat()
    }

    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0xAA);
        let length = body.len() as u32 + 12;
        [self.words(&[kind, length]), body, self.words(&[length])].concat()
    }

    fn section(self) -> Vec<u8> {
        let versions = if self.big_endian {
            [0, 1, 0, 0]
        } else {
            [1, 0, 0, 0]
        };
        let magic = self.words(&[0x1A2B_3C4D]);
        self.block(0x0A0D_0D0A, &[&magic, &versions[..], &[0xFF; 8]].concat())
    }

    fn interface(self, link: u16, snaplen: u32, options: &[u8]) -> Vec<u8> {
        let link = self.bytes(link.to_le_bytes());
        let snaplen = self.words(&[snaplen]);
        self.block(1, &[&link[..], &[0, 0], &snaplen, options].concat())
    }

    fn option(self, code: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = self.bytes(code.to_le_bytes()).to_vec();
        bytes.extend(self.bytes((value.len() as u16).to_le_bytes()));
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn enhanced(self, interface: u32, ticks: u64, original: usize, data: &[u8]) -> Vec<u8> {
        let (high, low) = ((ticks >> 32) as u32, ticks as u32);
        let header = [interface, high, low, data.len() as u32, original as u32];
        self.block(6, &[self.words(&header), data.to_vec()].concat())
    }

    fn simple(self, original: usize, data: &[u8]) -> Vec<u8> {
        self.block(3, &[self.words(&[original as u32]), data.to_vec()].concat())
    }
}

fn frame(payload: &[u8]) -> Vec<u8> {
    ethernet(&[0x08, 0x00], &ipv4(17, &udp(payload)))
}

fn all(file: &[u8]) -> Vec<Packet> {
    read(file).unwrap().map(Result::unwrap).collect()
}

/// Frame number, time and payload of each packet.
fn summary(packets: &[Packet]) -> Vec<(u64, Duration, &[u8])> {
    let summary = packets
        .iter()
        .map(|packet| (packet.frame, packet.time, &*packet.payload));
    summary.collect()
}

/// Two interfaces, two sections, both byte orders, both kinds of packet block.
fn two_sections() -> Vec<u8> {
    let raw = ipv6(17, &udp(b"second"));
    [
        LITTLE.section(),
        LITTLE.interface(1, 0, &[]),
        LITTLE.interface(101, 0, &LITTLE.option(9, &[9])),
        LITTLE.enhanced(0, 1_500_000, frame(b"first").len(), &frame(b"first")),
        LITTLE.enhanced(1, 2_000_000_007, raw.len(), &raw),
        BIG.section(),
        BIG.interface(1, 0, &[]),
        BIG.simple(frame(b"third").len(), &frame(b"third")),
        BIG.enhanced(0, 5, frame(b"fourth").len(), &frame(b"fourth")),
    ]
    .concat()
}

#[test]
fn classic_in_both_orders_and_resolutions() {
    for order in [LITTLE, BIG] {
        for (magic, scale) in [(0xA1B2_C3D4, 1000), (0xA1B2_3C4D, 1)] {
            let file = [
                order.classic_header(magic, 1),
                order.record(10, 20, frame(b"one").len(), &frame(b"one")),
                order.record(11, 21, 60, &ethernet(&[0x08, 0x06], &[0; 28])),
                order.record(12, 22, frame(b"three").len(), &frame(b"three")),
            ]
            .concat();
            let mut packets = read(&*file).unwrap();
            let got: Vec<_> = packets.by_ref().map(Result::unwrap).collect();
            let expected: [(_, _, &[u8]); 2] = [
                (1, Duration::new(10, 20 * scale), b"one"),
                (3, Duration::new(12, 22 * scale), b"three"),
            ];
            assert_eq!(summary(&got), expected);
            assert_eq!(got[0].source, SOURCE.parse().unwrap());
            assert_eq!(got[0].destination, DESTINATION.parse().unwrap());
            assert_eq!(
                (packets.frames(), packets.consumed()),
                (3, file.len() as u64)
            );
            assert_eq!(
                packets.skipped(),
                Skipped {
                    foreign: 1,
                    ..Skipped::default()
                }
            );
            assert!(!packets.file_is_truncated());
        }
    }
}

#[test]
fn classic_link_type_without_the_flags_above_it() {
    let packet = ipv4(17, &udp(b"raw"));
    let header = LITTLE.classic_header(0xA1B2_C3D4, 0xF400_0000 | 101);
    let file = [header, LITTLE.record(0, 0, packet.len(), &packet)].concat();
    assert_eq!(all(&file).len(), 1);
}

#[test]
fn ng_sections_interfaces_and_block_kinds() {
    let expected: [(_, _, &[u8]); 4] = [
        (1, Duration::from_millis(1500), b"first"),
        (2, Duration::new(2, 7), b"second"),
        (3, Duration::ZERO, b"third"),
        (4, Duration::from_micros(5), b"fourth"),
    ];
    assert_eq!(summary(&all(&two_sections())), expected);
}

#[test]
fn ng_time_options() {
    for order in [LITTLE, BIG] {
        let offset = order.bytes((-3i64).to_le_bytes());
        let cases = [
            (order.option(9, &[3]), 7250, Duration::from_millis(7250)),
            (
                order.option(9, &[0x80 | 10]),
                1024 + 512,
                Duration::from_millis(1500),
            ),
            (order.option(9, &[0xFF]), 1_000_000, Duration::from_secs(1)),
            (order.option(14, &offset), 9_000_000, Duration::from_secs(6)),
        ];
        for (options, ticks, expected) in cases {
            let file = [
                order.section(),
                order.interface(1, 0, &options),
                order.enhanced(0, ticks, 0, &frame(b"")),
            ];
            assert_eq!(all(&file.concat())[0].time, expected);
        }
    }
}

#[test]
fn packets_truncated_by_the_snap_length_are_marked() {
    let whole = frame(b"0123456789");
    let snapped = &whole[..whole.len() - 3];
    let classic = [
        LITTLE.classic_header(0xA1B2_C3D4, 1),
        LITTLE.record(0, 0, whole.len(), snapped),
        LITTLE.record(0, 0, whole.len(), &whole),
        LITTLE.record(0, 0, whole.len() + 4, &whole),
    ];
    // The padding of a Simple Packet Block must not pass for the rest of the packet.
    let simple = [
        LITTLE.section(),
        LITTLE.interface(1, snapped.len() as u32, &[]),
        LITTLE.simple(whole.len(), snapped),
        LITTLE.enhanced(0, 0, whole.len(), &whole),
        LITTLE.enhanced(0, 0, whole.len() + 4, &whole),
    ];
    for file in [classic.concat(), simple.concat()] {
        let packets = all(&file);
        assert_eq!(
            (&*packets[0].payload, packets[0].is_truncated()),
            (&b"0123456"[..], true)
        );
        assert_eq!(
            (&*packets[1].payload, packets[1].is_truncated()),
            (&b"0123456789"[..], false)
        );
        // Only the trailer of the frame is missing.
        assert!(!packets[2].is_truncated());
    }
}

#[test]
fn packets_that_cannot_be_decoded_are_counted() {
    let file = [
        LITTLE.section(),
        LITTLE.interface(1, 0, &[]),
        LITTLE.interface(147, 0, &[]),
        LITTLE.enhanced(1, 0, 4, &[0; 4]),
        LITTLE.enhanced(7, 0, 4, &[0; 4]),
        LITTLE.block(2, &[0; 20]),
        LITTLE.block(0x0BAD, &[0; 20]),
        LITTLE.enhanced(0, 0, 0, &frame(b"here")),
    ]
    .concat();
    let mut packets = read(&*file).unwrap();
    assert_eq!(packets.next().unwrap().unwrap().frame, 4);
    assert!(packets.next().is_none());
    let skipped = packets.skipped();
    assert_eq!(
        (skipped.link, skipped.malformed, skipped.foreign),
        (1, 1, 1)
    );
    assert_eq!(skipped.total(), 3);
}

#[test]
fn fragments_count_as_skipped_only_while_incomplete() {
    let whole = udp(&[7; 72]);
    let file = [
        LITTLE.classic_header(0xA1B2_C3D4, 101),
        LITTLE.record(0, 0, 0, &ipv4_fragment(17, 0x2000, &whole[..40])),
        LITTLE.record(0, 0, 0, &ipv4_fragment(17, 5, &whole[40..])),
        LITTLE.record(0, 0, 0, &ipv4_fragment(17, 5, &whole[40..])),
    ]
    .concat();
    let mut packets = read(&*file).unwrap();
    let packet = packets.next().unwrap().unwrap();
    assert_eq!((packet.frame, packet.payload.len()), (2, 72));
    assert!(packets.next().is_none());
    assert_eq!(
        packets.skipped(),
        Skipped {
            fragments: 1,
            ..Skipped::default()
        }
    );
}

#[test]
fn truncated_files_deliver_what_is_whole() {
    let classic = [
        LITTLE.classic_header(0xA1B2_C3D4, 1),
        LITTLE.record(1, 0, 0, &frame(b"one")),
        LITTLE.record(2, 0, 0, &frame(b"two")),
    ];
    for (file, header) in [(classic.concat(), 24), (two_sections(), 28)] {
        let whole = all(&file);
        for length in header..file.len() {
            let mut packets = read(&file[..length]).unwrap();
            let got: Vec<_> = packets.by_ref().map(Result::unwrap).collect();
            assert!(whole.starts_with(&got));
            assert!(got.len() < whole.len());
            let at_boundary = packets.consumed() == length as u64;
            assert_eq!(packets.file_is_truncated(), !at_boundary);
        }
    }
}

#[test]
fn files_that_are_not_captures() {
    assert!(matches!(read(&[][..]), Err(Error::Empty)));
    for file in [&b"x"[..], b"GIF89a", &[0; 4096], &LITTLE.section()[..20]] {
        assert!(matches!(read(file), Err(Error::NotACapture)));
    }
}

/// Gives one byte at a time, is interrupted before each, and may fail in the end.
struct Trickle<'a> {
    bytes: &'a [u8],
    interrupted: bool,
    failure: Option<io::ErrorKind>,
}

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match (self.bytes.split_first(), self.failure) {
            (Some((byte, rest)), _) => {
                buffer[0] = *byte;
                self.bytes = rest;
                Ok(1)
            }
            (None, Some(kind)) => Err(io::Error::new(kind, "the cable was pulled")),
            (None, None) => Ok(0),
        }
    }
}

#[test]
fn slow_input() {
    let file = two_sections();
    let input = Trickle {
        bytes: &file,
        interrupted: false,
        failure: None,
    };
    let packets: Vec<_> = read(input).unwrap().map(Result::unwrap).collect();
    assert_eq!(packets, all(&file));
}

#[test]
fn failing_input() {
    let file = two_sections();
    for length in [0, file.len() - 10] {
        let failure = Some(io::ErrorKind::BrokenPipe);
        let bytes = &file[..length];
        let error = match read(Trickle {
            bytes,
            interrupted: false,
            failure,
        }) {
            Ok(packets) => packets.last().unwrap().unwrap_err(),
            Err(error) => error,
        };
        assert_eq!(
            error.to_string(),
            "the capture cannot be read to its end: the cable was pulled"
        );
    }
}

#[test]
fn blocks_larger_than_the_buffer() {
    let large = LITTLE.block(0x0BAD, &vec![0; 5 * BUFFER]);
    let file = [
        LITTLE.section(),
        LITTLE.interface(1, 0, &[]),
        large,
        LITTLE.enhanced(0, 0, 0, &frame(b"after")),
    ];
    assert_eq!(all(&file.concat())[0].payload, b"after");
    // Many blocks, so that they fall across the buffer's end in many ways.
    let mut file = LITTLE.classic_header(0xA1B2_C3D4, 1);
    let mut count = 0;
    while file.len() < 4 * BUFFER {
        file.extend(LITTLE.record(0, 0, 0, &frame(&vec![1; count % 1400])));
        count += 1;
    }
    assert_eq!(all(&file).len(), count);
}

#[test]
fn an_absurd_length_is_refused() {
    let mut file = LITTLE.classic_header(0xA1B2_C3D4, 1);
    file.extend(LITTLE.words(&[0, 0, u32::MAX, 0]));
    file.resize(2 * LARGEST_BLOCK, 0);
    let mut packets = read(&*file).unwrap();
    assert!(matches!(
        packets.next(),
        Some(Err(Error::Corrupt { offset: 24 }))
    ));
    assert!(packets.next().is_none());
}

#[test]
fn contradictory_block_is_an_error_after_what_precedes_it() {
    let good = [
        LITTLE.section(),
        LITTLE.interface(1, 0, &[]),
        LITTLE.enhanced(0, 0, 0, &frame(b"good")),
    ]
    .concat();
    let mut too_long = LITTLE.enhanced(0, 0, 0, &frame(b"bad"));
    too_long[20] = 0xFF;
    let mut two_lengths = LITTLE.enhanced(0, 0, 0, &frame(b"bad"));
    *two_lengths.iter_mut().nth_back(3).unwrap() ^= 4;
    for bad in [too_long, two_lengths] {
        for rest in [vec![], vec![0; 100_000]] {
            let file = [&good[..], &bad, &rest].concat();
            let mut packets = read(&*file).unwrap();
            assert_eq!(packets.next().unwrap().unwrap().payload, b"good");
            let error = packets.next().unwrap().unwrap_err();
            assert!(matches!(error, Error::Corrupt { offset } if offset == good.len() as u64));
            assert!(packets.next().is_none());
        }
    }
}

#[test]
fn damaged_files_do_not_panic() {
    let file = two_sections();
    for position in 0..file.len() {
        for value in [0, 1, 0x7F, 0x80, 0xFF] {
            let mut damaged = file.clone();
            damaged[position] = value;
            if let Ok(packets) = read(&*damaged) {
                assert!(packets.count() <= 5);
            }
        }
    }
}
