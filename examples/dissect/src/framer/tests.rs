#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test fails by panicking, and its streams are small"
)]

use stunwire::MAGIC_COOKIE;

use stunwire::framing::pseudo_tls;

use super::step::MS_TURN_MAGIC;
use super::*;

fn stamp(frame: u64) -> Stamp {
    Stamp {
        frame,
        time: Duration::ZERO,
    }
}

/// A message of this type with one attribute of `length` bytes, a multiple of 4.
fn stun(bits: u16, length: u16) -> Vec<u8> {
    let attribute = [0xFF, 0x00, (length >> 8) as u8, length as u8];
    let header = [bits.to_be_bytes(), (length + 4).to_be_bytes()].concat();
    let cookie = MAGIC_COOKIE.to_be_bytes();
    let value = vec![0xAB; usize::from(length)];
    [&header[..], &cookie, b"abcdefghijkl", &attribute, &value].concat()
}

fn channel_data(length: u16) -> Vec<u8> {
    let [high, low] = length.to_be_bytes();
    let mut frame = vec![0x40, 0x01, high, low];
    frame.resize(4 + usize::from(length).next_multiple_of(4), 0x20);
    frame
}

fn rfc4571(packet: &[u8]) -> Vec<u8> {
    [&(packet.len() as u16).to_be_bytes()[..], packet].concat()
}

fn packet(offset: usize, framing: Framing, bytes: &[u8]) -> Part {
    Part {
        offset: offset as u64,
        stamp: stamp(1),
        content: PartContent::Packet {
            framing,
            bytes: bytes.to_vec(),
            wire_len: bytes.len(),
        },
    }
}

fn unframed(offset: usize, length: usize) -> Part {
    Part {
        offset: offset as u64,
        stamp: stamp(1),
        content: PartContent::Unframed {
            length: length as u64,
        },
    }
}

fn feed(framer: &mut Framer, offset: usize, bytes: &[u8]) -> Vec<Part> {
    framer.extend(offset as u64, bytes, stamp(1));
    std::iter::from_fn(|| framer.next()).collect()
}

/// The parts of a stream that arrives in chunks, each of which begins where the one before ends.
fn run<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<Part> {
    let mut framer = Framer::new(Channels::default());
    let mut offset = 0;
    let mut parts = Vec::new();
    for chunk in chunks {
        parts.extend(feed(&mut framer, offset, chunk));
        offset += chunk.len();
    }
    parts.extend(framer.close());
    parts
}

/// The packets one after another from offset 0, as one part each.
fn tiled(framing: Framing, packets: &[Vec<u8>]) -> Vec<Part> {
    let mut offset = 0;
    let parts = packets.iter().map(|bytes| {
        let part = packet(offset, framing, bytes);
        offset += framing.prefix_len() + bytes.len();
        part
    });
    parts.collect()
}

fn assert_any_chunking(stream: &[u8], expected: &[Part]) {
    assert_eq!(run([stream]), expected);
    assert_eq!(run(stream.chunks(1)), expected, "byte by byte");
    for split in 0..stream.len() {
        let (front, back) = stream.split_at(split);
        assert_eq!(run([front, back]), expected, "split at {split}");
    }
}

#[test]
fn stun_and_channel_data() {
    // A ChannelBind, so that there are channels.
    let mut packets = vec![stun(0x0009, 8)];
    packets.extend((0..=8).map(channel_data));
    packets.push(stun(0x0103, 0));
    assert_any_chunking(&packets.concat(), &tiled(Framing::None, &packets));
}

#[test]
fn rfc_4571_frames() {
    let packets = [
        stun(0x0001, 8),
        vec![0x16, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0],
        vec![],
        vec![0x80],
        stun(0x0101, 0),
    ];
    let stream: Vec<u8> = packets.iter().flat_map(|packet| rfc4571(packet)).collect();
    assert_any_chunking(&stream, &tiled(Framing::Rfc4571, &packets));
}

/// An Allocate of MS-TURN without a cookie in its header, with an attribute of `length` bytes.
fn ms_turn(length: u8) -> Vec<u8> {
    let header = [0x00, 0x03, 0x00, length + 12];
    let attribute = [0xFF, 0x00, 0x00, length];
    let value = vec![0xAB; usize::from(length)];
    [
        &header[..],
        b"abcdefghijklmnop",
        &MS_TURN_MAGIC,
        &attribute,
        &value,
    ]
    .concat()
}

fn ms_frame(kind: u8, packet: &[u8]) -> Vec<u8> {
    let [high, low] = (packet.len() as u16).to_be_bytes();
    [&[kind, 0, high, low], packet].concat()
}

#[test]
fn ms_turns_frames() {
    let packets = [ms_turn(8), b"data".to_vec(), ms_turn(7), vec![], stun(1, 4)];
    let kinds = [2, 3, 2, 3, 3];
    let framed: Vec<u8> = std::iter::zip(kinds, &packets)
        .flat_map(|(kind, packet)| ms_frame(kind, packet))
        .collect();
    let mut expected = tiled(Framing::MsControl, &packets);
    for (part, kind) in expected.iter_mut().zip(kinds) {
        if let (PartContent::Packet { framing, .. }, 3) = (&mut part.content, kind) {
            *framing = Framing::MsData;
        }
    }
    assert_any_chunking(&framed, &expected);
    // After a handshake a data frame may be first.
    for (handshake, bytes) in [
        (
            PseudoTls::Client,
            pseudo_tls::client_hello(&[7; 32]).to_vec(),
        ),
        (
            PseudoTls::Server,
            pseudo_tls::server_hello(&[7; 32], &[8; 32]).to_vec(),
        ),
    ] {
        let length = bytes.len();
        let stream = [&bytes[..], &ms_frame(3, b"data"), &framed].concat();
        let mut parts = vec![
            Part {
                offset: 0,
                stamp: stamp(1),
                content: PartContent::PseudoTls(handshake),
            },
            packet(length, Framing::MsData, b"data"),
        ];
        let shifted = expected.iter().map(|part| match &part.content {
            PartContent::Packet { framing, bytes, .. } => {
                packet(part.offset as usize + length + 8, *framing, bytes)
            }
            _ => unreachable!("only packets"),
        });
        parts.extend(shifted);
        assert_any_chunking(&stream, &parts);
    }
}

/// What libnice writes over plain TCP: a type without a length.
#[test]
fn ms_turns_frames_without_a_length() {
    let message = ms_turn(4);
    let stream = [b"\x03\x00", &message[..], b"\x03\x00", &message].concat();
    let expected = [
        unframed(0, 2),
        packet(2, Framing::None, &message),
        unframed(2 + message.len(), 2),
        packet(4 + message.len(), Framing::None, &message),
    ];
    assert_any_chunking(&stream, &expected);
}

#[test]
fn multiplexed_frames() {
    let packets = [
        b"\xff\x10\x00\x09session!x".to_vec(),
        b"\xff\x10\x00\x08session!".to_vec(),
    ];
    assert_any_chunking(&packets.concat(), &tiled(Framing::None, &packets));
}

#[test]
fn a_message_between_other_bytes() {
    let message = stun(0x0001, 4);
    let stream = [
        b"GET / HTTP/1.1\r\n\r\n",
        &message[..],
        b"more of it, of no use",
    ]
    .concat();
    let expected = [
        unframed(0, 18),
        packet(18, Framing::None, &message),
        unframed(18 + message.len(), 21),
    ];
    assert_any_chunking(&stream, &expected);
}

/// A magic cookie in a value does not start a message.
#[test]
fn a_cookie_without_a_message() {
    let message = stun(0x0001, 4);
    let decoy = b"\xFFxx\x00\x01\x00\x08\x21\x12\xA4\x42abcdefghijkl\x80\x22\xFF\xFF";
    let stream = [decoy, &message[..]].concat();
    let expected = [unframed(0, 27), packet(27, Framing::None, &message)];
    assert_any_chunking(&stream, &expected);
}

#[test]
fn a_damaged_message_ends_at_its_length() {
    let mut damaged = stun(0x0001, 8);
    damaged[23] = 0xFF;
    let packets = [stun(0x0001, 0), damaged, stun(0x0001, 4)];
    assert_any_chunking(&packets.concat(), &tiled(Framing::None, &packets));
}

#[test]
fn resumes_after_a_gap() {
    for framing in [Framing::None, Framing::Rfc4571, Framing::MsControl] {
        let framed = |bytes: &[u8]| match framing {
            Framing::None => bytes.to_vec(),
            Framing::Rfc4571 => rfc4571(bytes),
            Framing::MsControl | Framing::MsData => ms_frame(2, bytes),
        };
        let prefix = framed(&[]).len();
        let (first, last) = match framing {
            Framing::MsControl => (ms_turn(8), ms_turn(9)),
            _ => (stun(0x0001, 8), stun(0x0101, 8)),
        };
        let mut framer = Framer::new(Channels::default());
        let end = framed(&first).len() - 6;
        assert_eq!(feed(&mut framer, 0, &framed(&first)[..end]), []);
        let mut expected = packet(0, framing, &first[..end - prefix]);
        if let PartContent::Packet { wire_len, .. } = &mut expected.content {
            *wire_len = first.len();
        }
        assert_eq!(framer.close(), [expected]);
        let after_gap = [b"the end of a message", &framed(&last)[..]].concat();
        let parts = feed(&mut framer, 500, &after_gap);
        assert_eq!(parts, [unframed(500, 20), packet(520, framing, &last)]);
    }
}

#[test]
fn what_follows_connection_bind_is_not_channel_data() {
    // 0x000B: ConnectionBind, which the server grants with 0x010B.
    for bits in [0x000B, 0x010B] {
        let bind = stun(bits, 0);
        let stream = [&bind[..], b"HELO example.org and so on"].concat();
        let expected = [
            packet(0, Framing::None, &bind),
            Part {
                content: PartContent::Raw { length: 26 },
                ..unframed(bind.len(), 26)
            },
        ];
        assert_any_chunking(&stream, &expected);
    }
    // The request may have been refused, and is then made again.
    let packets = [stun(0x000B, 0), stun(0x000B, 4)];
    assert_any_chunking(&packets.concat(), &tiled(Framing::None, &packets));
}

#[test]
fn channel_data_may_come_first_at_a_server() {
    let packets = [channel_data(5), stun(0x0004, 0)];
    let mut framer = Framer::new(Channels::default());
    let parts = feed(&mut framer, 0, &packets.concat());
    assert_eq!(parts, tiled(Framing::None, &packets));
}

/// Every byte is in a part, and the memory is limited, for random bytes.
#[test]
fn hostile_bytes() {
    let cookie = MAGIC_COOKIE.to_be_bytes();
    // Knuth's MMIX generator.
    let mut state: u64 = 1;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for _ in 0..50 {
        let mut framer = Framer::new(Channels::default());
        let (mut offset, mut given) = (0, 0);
        let mut count = |part: Part| match part.content {
            PartContent::Packet { framing, bytes, .. } => {
                given += bytes.len() + framing.prefix_len();
            }
            PartContent::PseudoTls(_) => panic!("no handshake was sent"),
            PartContent::Tls { length }
            | PartContent::Raw { length }
            | PartContent::Unframed { length } => given += length as usize,
        };
        for _ in 0..200 {
            let mut chunk: Vec<u8> = (0..random() % 3000).map(|_| random() as u8).collect();
            // Magic cookies where a header has them, so that frames seem to start.
            for _ in 0..random() % 4 {
                let at = random() % 3000;
                if let Some(target) = chunk.get_mut(at..at + 4) {
                    target.copy_from_slice(&cookie);
                    chunk[at.saturating_sub(4)] &= 0x3F;
                }
            }
            feed(&mut framer, offset, &chunk)
                .into_iter()
                .for_each(&mut count);
            offset += chunk.len();
            assert!(framer.rest().len() <= 80_000);
        }
        framer.close().into_iter().for_each(&mut count);
        assert_eq!(given, offset);
    }
}
