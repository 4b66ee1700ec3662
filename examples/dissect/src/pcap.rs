//! Reads `.pcap` and `.pcapng` captures, one packet at a time.
//!
//! The file is never held in memory: a buffer of one block slides over it, so a capture of many
//! gigabytes costs the same as a small one. This file moves that buffer; [`blocks`] knows what the
//! two formats keep in it, and [`decode`] what is inside a packet.

mod blocks;
mod decode;

use std::fmt;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pcap_parser::PcapError;
use pcap_parser::traits::PcapReaderIterator;

use blocks::Contents;

/// The buffer's size at first: many packets per read, little memory.
const BUFFER: usize = 256 * 1024;

/// No honest block is larger, and a corrupt length must not make us allocate what it asks for.
const LARGEST_BLOCK: usize = 16 * 1024 * 1024;

/// How a payload travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp {
        sequence: u32,
        syn: bool,
        fin: bool,
        rst: bool,
    },
}

/// One UDP datagram or one TCP segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The number of the packet in the file, counted from 1 as Wireshark does. A datagram that
    /// came in fragments has the number of the fragment that completed it.
    pub frame: u64,
    /// When it was captured, since the epoch. Zero where the file does not say (Simple Packet
    /// Blocks have no time).
    pub time: Duration,
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub transport: Transport,
    /// The capture did not keep the whole packet: `payload` may lack its end.
    pub truncated: bool,
    pub payload: Vec<u8>,
}

/// Why packets of the file were not delivered, and how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Well-formed but neither UDP nor TCP: ARP, ICMP, tunnels.
    pub foreign: u64,
    /// Captured on a kind of link that is not understood.
    pub link: u64,
    /// Fragments of datagrams that are not complete (so far).
    pub fragments: u64,
    /// Broken, or cut off within the headers.
    pub malformed: u64,
}

impl Skipped {
    pub fn total(&self) -> u64 {
        self.foreign + self.link + self.fragments + self.malformed
    }
}

/// Why a capture could not be read (further).
#[derive(Debug)]
pub enum Error {
    /// There is not a single byte.
    Empty,
    /// The first bytes are neither those of a pcap nor of a pcapng file.
    NotACapture,
    /// The operating system would not give the bytes.
    Io(io::Error),
    /// The block that starts at this offset contradicts itself; nothing after it can be trusted.
    Corrupt { offset: u64 },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Empty => write!(f, "the file is empty"),
            Error::NotACapture => write!(f, "the file is neither a pcap nor a pcapng capture"),
            Error::Io(error) => write!(f, "the capture cannot be read: {error}"),
            Error::Corrupt { offset } => {
                write!(
                    f,
                    "the capture is corrupt at byte {offset}; the rest is unreadable"
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Io(error) => Some(error),
            Error::Empty | Error::NotACapture | Error::Corrupt { .. } => None,
        }
    }
}

/// Opens a capture; which of the formats it is in is found out from its first bytes.
///
/// `input` need not be buffered.
pub fn read<'a>(input: impl Read + Send + 'a) -> Result<Packets<'a>, Error> {
    let failure = Failure::default();
    let input = Patient {
        input,
        failure: Arc::clone(&failure),
    };
    match pcap_parser::create_reader(BUFFER, input) {
        Ok(reader) => Ok(Packets {
            reader,
            capacity: BUFFER,
            failure,
            contents: Contents::default(),
            cut_short: false,
            done: false,
        }),
        Err(PcapError::Eof) => Err(Error::Empty),
        Err(PcapError::ReadError) => Err(io_error(&failure)),
        Err(_) => Err(Error::NotACapture),
    }
}

/// The packets of a capture, in the order of the file.
///
/// What cannot be decoded is counted, not delivered. An error is the last item: everything before
/// it is good.
pub struct Packets<'a> {
    reader: Box<dyn PcapReaderIterator + Send + 'a>,
    capacity: usize,
    failure: Failure,
    contents: Contents,
    cut_short: bool,
    done: bool,
}

impl Packets<'_> {
    /// How many bytes of the file have been used up, for showing progress.
    pub fn consumed(&self) -> u64 {
        self.reader.consumed() as u64
    }

    /// How many packets the file had so far, delivered or not.
    pub fn frames(&self) -> u64 {
        self.contents.frame()
    }

    /// When the first packet of the file was captured, decoded or not: what Wireshark counts times
    /// from.
    pub fn start(&self) -> Option<Duration> {
        self.contents.start()
    }

    pub fn skipped(&self) -> Skipped {
        self.contents.skipped()
    }

    /// Whether the file ended in the middle of a block, as it does when the capturing program
    /// was killed or the disk was full. Known once the iteration has ended.
    pub fn cut_short(&self) -> bool {
        self.cut_short
    }

    fn step(&mut self) -> Result<Option<Packet>, Error> {
        // The block borrows the buffer, so what the buffer has to do next is decided here and
        // done after the borrow has ended.
        let next = match self.reader.next() {
            Ok((length, block)) => Next::Consume(length, self.contents.take(&block)),
            Err(PcapError::Eof) => Next::End,
            Err(PcapError::UnexpectedEof) => Next::CutShort,
            Err(PcapError::Incomplete(_) | PcapError::BufferTooSmall) => Next::Refill,
            Err(_) => Next::Corrupt,
        };
        match next {
            Next::Consume(length, packet) => {
                self.reader.consume(length);
                return Ok(packet);
            }
            Next::End => self.done = true,
            // A block that is all there and yet wants more bytes lies about what it contains.
            Next::Refill | Next::CutShort if self.block_is_whole() => return Err(self.corrupt()),
            Next::CutShort => {
                self.cut_short = !self.reader.data().is_empty();
                self.done = true;
            }
            Next::Refill => self.refill()?,
            Next::Corrupt => return Err(self.corrupt()),
        }
        Ok(None)
    }

    fn refill(&mut self) -> Result<(), Error> {
        if self.reader.data().len() >= self.capacity {
            if self.capacity >= LARGEST_BLOCK {
                return Err(self.corrupt());
            }
            self.capacity *= 2;
            self.reader.grow(self.capacity);
        }
        let refilled = self.reader.refill().is_ok();
        if refilled {
            Ok(())
        } else {
            Err(io_error(&self.failure))
        }
    }

    fn block_is_whole(&self) -> bool {
        let data = self.reader.data();
        self.contents
            .block_length(data)
            .is_some_and(|length| data.len() as u64 >= u64::from(length))
    }

    fn corrupt(&self) -> Error {
        Error::Corrupt {
            offset: self.consumed(),
        }
    }
}

impl Iterator for Packets<'_> {
    type Item = Result<Packet, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.done {
            match self.step() {
                Ok(None) => {}
                Ok(Some(packet)) => return Some(Ok(packet)),
                Err(error) => {
                    self.done = true;
                    return Some(Err(error));
                }
            }
        }
        None
    }
}

enum Next {
    Consume(usize, Option<Packet>),
    Refill,
    End,
    CutShort,
    Corrupt,
}

/// `pcap_parser` reports only that reading failed; this is where the reason is kept meanwhile.
type Failure = Arc<Mutex<Option<io::Error>>>;

fn io_error(failure: &Failure) -> Error {
    let error = failure.lock().ok().and_then(|mut kept| kept.take());
    Error::Io(error.unwrap_or_else(|| io::ErrorKind::Other.into()))
}

/// A reader that fills the buffer it is given unless the input ends.
///
/// `pcap_parser` wants the whole file header from its first read and takes an interrupted call for
/// a failure; pipes deliver as little as they like, and signals happen.
struct Patient<R> {
    input: R,
    failure: Failure,
}

impl<R: Read> Read for Patient<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
            match self.input.read(space) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What was read before the failure still counts; the next call meets it again.
                Err(_) if filled > 0 => break,
                Err(error) => {
                    let kind = error.kind();
                    if let Ok(mut kept) = self.failure.lock() {
                        *kept = Some(error);
                    }
                    return Err(kind.into());
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its files are small"
)]
mod tests {
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
                assert!(!packets.cut_short());
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
    fn snapped_packets_are_marked() {
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
                (&*packets[0].payload, packets[0].truncated),
                (&b"0123456"[..], true)
            );
            assert_eq!(
                (&*packets[1].payload, packets[1].truncated),
                (&b"0123456789"[..], false)
            );
            assert!(packets[2].truncated);
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
                assert_eq!(packets.cut_short(), !at_boundary);
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
                "the capture cannot be read: the cable was pulled"
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
    fn absurd_length_is_not_believed() {
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
    fn damaged_files_do_no_harm() {
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
}
