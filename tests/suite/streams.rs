//! Streams of frames, split at every offset.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use stunwire::attribute::{ChannelNumber, ChannelRange};
use stunwire::framing::{Frame, FrameError, Framing, Next, Rfc4571, Sniffed, StunTcp, sniff};
use stunwire::{ChannelData, EncodeError, Header, MessageWriter, Method, TransactionId};
use stunwire_properties::stream::{self, Framing as AnyFraming, LONGEST, Unit};

use crate::properties::config;
use crate::support::{hex, rfc5769_request, skype};

const BINDING: &[u8; 20] = b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl";
const BARE: AnyFraming = AnyFraming::Stun(StunTcp::new());

/// STUN, ChannelData of 0 to 8 bytes, STUN; written by hand by the figures of RFC 8489 §5 and
/// RFC 8656 §12.4.
fn mixed() -> (Vec<u8>, Vec<Unit>) {
    let message = |bytes: &[u8]| Unit {
        number: None,
        bytes: bytes.to_vec(),
    };
    let mut bytes = rfc5769_request();
    let mut units = vec![message(&bytes)];
    for (length, padding) in [0, 3, 2, 1, 0, 3, 2, 1, 0].into_iter().enumerate() {
        let payload = &b"\x00\x01\x00\x00\x21\x12\xa4\x42"[..length];
        bytes.extend_from_slice(&[0x40, length as u8, 0, length as u8]);
        bytes.extend_from_slice(payload);
        // Padding may hold any bytes: coturn and others send what the buffer held before.
        bytes.extend_from_slice(&[0xEE; 3][..padding]);
        units.push(Unit {
            number: Some(0x4000 + length as u16),
            bytes: payload.to_vec(),
        });
    }
    bytes.extend_from_slice(BINDING);
    units.push(message(BINDING));
    (bytes, units)
}

#[test]
fn every_split_point() {
    let (bytes, units) = mixed();
    for at in 0..=bytes.len() {
        let (one, other) = bytes.split_at(at);
        let read = stream::read(BARE, [one, other]);
        assert_eq!(read.end, Ok(0));
        assert_eq!(read.units, units, "split at {at}");
    }
    // Coalesced, byte by byte, in threes, and through the codec.
    for chunks in [&[][..], &[0], &[2], &[0, 30, 1]] {
        assert_eq!(stream::chunked(BARE, &bytes, chunks).units, units);
    }
    let framed: Vec<Unit> = units
        .iter()
        .map(|unit| Unit {
            number: None,
            bytes: unit.bytes.clone(),
        })
        .collect();
    for chunks in [&[][..], &[0], &[2], &[0, 30, 1]] {
        stream::frames(AnyFraming::Rfc4571(Rfc4571::new()), &framed, chunks);
    }
}

/// `needed` is the exact number of missing bytes once the header of a frame has arrived.
#[test]
fn incomplete_frames_report_the_missing_bytes() {
    let (bytes, _) = mixed();
    let framing = StunTcp::new();
    let first = rfc5769_request().len();
    for end in 0..first {
        let expected = match end {
            0 => 4,
            1..20 => 20 - end,
            _ => first - end,
        };
        let next = framing.next(&bytes[..end]);
        assert_eq!(next, Ok(Next::Incomplete { needed: expected }), "{end}");
    }
    for (end, needed) in [(0, 4), (1, 3), (2, 2), (3, 1), (4, 8), (9, 3), (11, 1)] {
        let next = framing.next(&b"\x40\x00\x00\x05hello\0\0\0"[..end]);
        assert_eq!(next, Ok(Next::Incomplete { needed }));
    }
    for (end, needed) in [(0, 2), (1, 1), (2, 5), (6, 1)] {
        let next = Rfc4571::new().next(&b"\x00\x05hello"[..end]);
        assert_eq!(next, Ok(Next::Incomplete { needed }));
    }
}

/// An invalid first byte between any two frames is an error as soon as it arrives, after the frames before it.
#[test]
fn garbage_at_each_position() {
    let (bytes, units) = mixed();
    let mut boundaries = vec![0];
    let mut end = 0;
    for unit in &units {
        end += match unit.number {
            None => unit.bytes.len(),
            Some(_) => 4 + unit.bytes.len().next_multiple_of(4),
        };
        boundaries.push(end);
    }
    assert_eq!(end, bytes.len());
    for (before, boundary) in boundaries.into_iter().enumerate() {
        for first in 0x80..=0xFF {
            let mut bytes = bytes.clone();
            bytes.insert(boundary, first);
            let read = stream::chunked(BARE, &bytes, &[6]);
            assert_eq!(read.units, units[..before]);
            assert_eq!(read.end, Err(FrameError::NoFrame { first }));
        }
    }
    // An extra byte inside a frame displaces the next frame, which is noticed.
    for at in 1..bytes.len() - BINDING.len() {
        let mut bytes = bytes.clone();
        bytes.insert(at, 0xEE);
        let read = stream::chunked(BARE, &bytes, &[6]);
        assert!(read.units != units, "{at}");
        assert!(read.units.len() <= units.len());
        assert_ne!(read.end, Ok(0), "{at}");
    }
}

/// Each error has its offset, and further bytes do not change it.
#[test]
fn invalid_frames_are_reported_with_their_offset() {
    let strict = StunTcp::new().channels(ChannelRange::RFC8656);
    let lenient = StunTcp::new();
    let limited = StunTcp::new().max_frame(100);
    let too_long = |length| FrameError::TooLong { length, max: 100 };
    for (framing, bytes, error, offset) in [
        (
            lenient,
            &b"\x80"[..],
            FrameError::NoFrame { first: 0x80 },
            0,
        ),
        (
            strict,
            b"\x50\x00",
            FrameError::Channel {
                number: 0x5000,
                last: 0x4FFF,
            },
            0,
        ),
        (
            strict,
            b"\x7f\xff",
            FrameError::Channel {
                number: 0x7FFF,
                last: 0x4FFF,
            },
            0,
        ),
        // A length that is not a multiple of 4 is refused at once, so that it cannot stall the reader.
        (
            lenient,
            b"\x00\x01\x00\x05",
            FrameError::Unaligned { length: 5 },
            2,
        ),
        (
            lenient,
            b"\x00\x01\xff\xff",
            FrameError::Unaligned { length: 0xFFFF },
            2,
        ),
        (limited, b"\x00\x01\x00\x54", too_long(104), 0),
        (limited, b"\x40\x00\x00\x61", too_long(104), 0),
        (limited, b"\x40\x00\xff\xff", too_long(65_540), 0),
        (
            lenient,
            b"\x00\x01\x00\x00\x22",
            FrameError::NoCookie {
                offset: 4,
                found: 0x22,
            },
            4,
        ),
        (
            lenient,
            b"\x00\x01\xff\xfc\x21\x12\xa4\x43",
            FrameError::NoCookie {
                offset: 7,
                found: 0x43,
            },
            7,
        ),
    ] {
        let (last, before) = bytes.split_last().unwrap();
        assert!(
            matches!(framing.next(before), Ok(Next::Incomplete { .. })),
            "{before:02x?} {last:02x}"
        );
        assert_eq!(framing.next(bytes), Err(error));
        assert_eq!(error.offset(), offset);
        let more = [bytes, &[0; 70_000]].concat();
        assert_eq!(framing.next(&more), Err(error));
    }
    let rfc4571 = Rfc4571::new().max_frame(100);
    assert_eq!(
        rfc4571.next(&[0, 99]),
        Err(FrameError::TooLong {
            length: 101,
            max: 100
        })
    );
    assert_eq!(rfc4571.next(&[0, 98]), Ok(Next::Incomplete { needed: 98 }));
    assert_eq!(
        limited.next(b"\x40\x00\x00\x60"),
        Ok(Next::Incomplete { needed: 96 })
    );
}

#[test]
fn classic_only_on_request() {
    let mut bytes = *BINDING;
    bytes[4] = 0x20;
    let error = FrameError::NoCookie {
        offset: 4,
        found: 0x20,
    };
    assert_eq!(StunTcp::new().next(&bytes), Err(error));
    let next = StunTcp::new().classic().next(&bytes);
    let frame = Frame::Stun(&bytes[..]);
    assert_eq!(
        next,
        Ok(Next::Frame {
            frame,
            consumed: 20
        })
    );
}

/// Channel numbers of RFC 5766, which coturn's client binds, are read unless the range is set to RFC 8656.
#[test]
fn channels() {
    for number in [0x4000, 0x4FFF, 0x5000, 0x7FFF_u16] {
        let [high, low] = number.to_be_bytes();
        let bytes = [high, low, 0, 1, 7, 0, 0, 0];
        let Ok(Next::Frame {
            frame:
                Frame::ChannelData {
                    number: read,
                    payload,
                },
            consumed: 8,
        }) = StunTcp::new().next(&bytes)
        else {
            panic!("{number:#x}");
        };
        assert_eq!((read.as_u16(), payload), (number, &[7][..]));
        let strict = StunTcp::new().channels(ChannelRange::RFC8656).next(&bytes);
        assert_eq!(strict.is_ok(), number < 0x5000);
        assert_eq!(ChannelData::parse_datagram(&bytes).unwrap().number, read);
        // A number that was read can be written back.
        let mut out = Vec::new();
        let mut frame = StunTcp::begin(&mut out, read).unwrap();
        frame.put(payload).unwrap();
        assert_eq!(frame.end().unwrap(), bytes);
    }
    assert!(ChannelNumber::new(0x5000).is_err());
}

/// A ChannelData datagram may be 0 to 3 bytes longer than its length says, because coturn pads datagrams, too; it
/// may not be shorter.
#[test]
fn datagrams() {
    for length in 0..=8_usize {
        for spare in 0..=5_usize {
            let mut bytes = vec![0x40, 1, 0, length as u8];
            bytes.resize(4 + length + spare, 7);
            let read = ChannelData::parse_datagram(&bytes);
            if spare <= 3 {
                assert_eq!(read.unwrap().payload, &[7; 8][..length]);
            } else {
                let (offset, available) = (4 + length as u32, bytes.len() as u32);
                assert_eq!(read, Err(FrameError::Trailing { offset, available }));
            }
            for end in 1..4 + length {
                let truncated = ChannelData::parse_datagram(&bytes[..end]);
                assert!(
                    matches!(truncated, Err(FrameError::Truncated { .. })),
                    "{truncated:?}"
                );
            }
        }
    }
    assert!(ChannelData::parse_datagram(BINDING).is_err());
    assert!(ChannelData::parse_datagram(&[0x80, 0, 0, 0]).is_err());
    assert!(ChannelData::parse_datagram(&[]).is_err());
}

/// Lengths at the limits of 16 bits, where 4 + length and 20 + length exceed 16 bits.
#[test]
fn lengths_at_the_edges() {
    let edges = (0..4).chain([0x7FFF, 0x8000]).chain(0xFFEC..=0xFFFF_u16);
    for length in edges {
        let payload = vec![7; usize::from(length)];
        // ChannelData.
        let mut bytes = [&[0x40, 0], &length.to_be_bytes()[..], &payload].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        assert!(bytes.len() <= 65_540);
        bytes.extend_from_slice(BINDING);
        let read = stream::chunked(BARE, &bytes, &[255; 1]);
        assert_eq!(read.end, Ok(0), "{length}");
        let [data, message] = &read.units[..] else {
            panic!()
        };
        assert_eq!(
            (data.bytes.len(), data.number),
            (payload.len(), Some(0x4000))
        );
        assert_eq!(message.bytes, BINDING);

        // A length-prefixed packet.
        let bytes = [&length.to_be_bytes()[..], &payload, &[0, 1, 9]].concat();
        let read = stream::chunked(AnyFraming::Rfc4571(Rfc4571::new()), &bytes, &[255]);
        assert_eq!(read.end, Ok(0));
        assert_eq!(read.units[0].bytes, payload);
        assert_eq!(read.units[1].bytes, [9]);

        // A message, whose length is a multiple of 4.
        let mut bytes = [&[0, 1], &length.to_be_bytes()[..], &BINDING[4..], &payload].concat();
        assert!(bytes.len() <= LONGEST + 3);
        bytes.extend_from_slice(BINDING);
        let read = stream::chunked(BARE, &bytes, &[255]);
        if length % 4 == 0 {
            assert_eq!(read.end, Ok(0));
            assert_eq!(read.units.len(), 2);
        } else {
            assert_eq!(read.end, Err(FrameError::Unaligned { length }));
        }
    }
}

/// The null packet of RFC 4571 §2 is a packet without bytes.
#[test]
fn a_length_of_zero() {
    let next = Rfc4571::new().next(b"\0\0\0\x01x");
    let frame = &b""[..];
    assert_eq!(next, Ok(Next::Frame { frame, consumed: 2 }));
    let next = StunTcp::new().next(b"\x40\0\0\0");
    let Ok(Next::Frame {
        frame: Frame::ChannelData { payload, .. },
        consumed: 4,
    }) = next
    else {
        panic!("{next:?}");
    };
    assert_eq!(payload, b"");
}

/// Frames are written into a slice, a vector and another frame; frames that are dropped, too long or do not
/// fit leave no bytes.
#[test]
fn writing() {
    let header = Header::indication(Method::BINDING, TransactionId::new(*b"abcdefghijkl"));
    let message = b"\x00\x11\x00\x00\x21\x12\xa4\x42abcdefghijkl";
    let framed = [b"\x00\x14", &message[..]].concat();

    let mut slice = [0xAA; 40];
    let mut frame = Rfc4571::begin(&mut slice).unwrap();
    MessageWriter::new(&mut frame, header)
        .unwrap()
        .finish()
        .unwrap();
    assert_eq!(frame.end().unwrap(), framed);
    assert_eq!(slice[22..], [0xAA; 18]);

    // ICE over TCP through a TURN server: a frame in a frame.
    let mut out = b"before".to_vec();
    let mut data = StunTcp::begin(&mut out, ChannelNumber::MIN).unwrap();
    let mut frame = Rfc4571::begin(&mut data).unwrap();
    MessageWriter::new(&mut frame, header)
        .unwrap()
        .finish()
        .unwrap();
    frame.end().unwrap();
    data.end().unwrap();
    let expected = [b"before\x40\x00\x00\x16", &framed[..], &[0, 0]].concat();
    assert_eq!(out, expected);

    // A frame that is dropped before `end` leaves no bytes.
    let mut frame = Rfc4571::begin(&mut out).unwrap();
    let mut unfinished = MessageWriter::new(&mut frame, header).unwrap();
    unfinished.attribute(&ChannelNumber::MIN).unwrap();
    drop(unfinished);
    frame.put(b"x").unwrap();
    drop(frame);
    assert_eq!(out, expected);
    let mut frame = Rfc4571::begin(&mut out).unwrap();
    frame.put(&vec![0; 65_536]).unwrap();
    assert_eq!(
        frame.end().unwrap_err(),
        EncodeError::FrameTooLong { length: 65_536 }
    );
    assert_eq!(out, expected);

    for room in 0..8 {
        let mut small = vec![0xAA; room].into_boxed_slice();
        let written = StunTcp::begin(&mut small[..], ChannelNumber::MIN).and_then(|mut frame| {
            frame.put(b"1")?;
            frame.end().map(|_| ())
        });
        let available = room as u32;
        assert!(
            matches!(written, Err(EncodeError::BufferFull { available: found, .. }) if found == available)
        );
    }
    assert_eq!(Rfc4571::header(65_535), Ok([0xFF, 0xFF]));
    assert!(Rfc4571::header(65_536).is_err());
}

/// Every byte of the header and of the padding of ChannelData is written.
#[test]
fn stale_buffer_bytes_are_overwritten() {
    for length in 0..9 {
        let write = |fill| {
            let mut buffer = [fill; 16];
            let mut frame = StunTcp::begin(&mut buffer, ChannelNumber::MAX).unwrap();
            frame.put(&[7; 8][..length]).unwrap();
            frame.end().unwrap().to_vec()
        };
        assert_eq!(write(0xAA), write(0x55));
        assert_eq!(write(0xAA).len(), 4 + length.next_multiple_of(4));
    }
}

fn is(framing: Framing, bytes: &[u8]) {
    assert_eq!(sniff(bytes), Sniffed::Is(framing), "{bytes:02x?}");
    stream::sniffed(bytes);
}

#[test]
fn sniffing() {
    let check = rfc5769_request();
    let length = |bytes: &[u8]| (bytes.len() as u16).to_be_bytes();
    let framed = |packet: &[u8]| [&length(packet)[..], packet].concat();
    let channel = |bytes: &[u8]| [&[0x40, 3], &framed(bytes)[..]].concat();

    is(Framing::StunTcp, BINDING);
    is(Framing::StunTcp, &check);
    is(Framing::StunTcp, &[&channel(b"data"), &check[..]].concat());
    is(Framing::StunTcp, &channel(b"data").repeat(4));
    is(Framing::Rfc4571, &framed(&check));
    is(Framing::Rfc4571, &framed(&skype()));
    is(Framing::Rfc4571, &[&[0, 0], &framed(&check)[..]].concat());
    // The record header of a DTLS 1.2 ClientHello, and RTP before STUN.
    is(
        Framing::Rfc4571,
        &framed(&hex("16 fefd 0000000000000000 0004 01000000")),
    );
    is(
        Framing::Rfc4571,
        &[&framed(&[0x80; 40])[..], &framed(&check)].concat(),
    );
    // A length prefix that looks like TLS, and one that looks like a channel number.
    let mut long = rfc5769_request();
    long.resize(0x1603, 0);
    is(Framing::Rfc4571, &framed(&long));
    long.resize(0x4003, 0);
    is(Framing::Rfc4571, &framed(&long));

    // MS-TURN: an Allocate in a frame of type 02, an ICE check in a frame of type 03, and an Allocate after data.
    let allocate = hex("0003000c 000102030405060708090a0b0c0d0e0f 000f0004 72c64bc6 00000000");
    let frame = |ty: u8, packet: &[u8]| [&[ty, 0], &framed(packet)[..]].concat();
    is(Framing::MsTcp, &frame(2, &allocate));
    is(Framing::MsTcp, &frame(3, &check));
    is(
        Framing::MsTcp,
        &[frame(3, b"\x80data"), frame(2, &allocate)].concat(),
    );
    let multiplexed = |packet: &[u8]| {
        let inner = [b"session!", packet].concat();
        [&[0xFF, 0x10], &framed(&inner)[..]].concat()
    };
    is(Framing::MsMultiplexed, &multiplexed(&check));
    is(Framing::MsMultiplexed, &multiplexed(b"data").repeat(2));

    // The client hello of libnice, and a server hello by the table of [MS-TURN] 2.1.1.
    let hello = hex("16 0301 002d 01 000029 0301 c1fcd5a3
         6d93dd7e0b45673fec7985fbbc3fd660c2ce8485081b8121bcaa10fb 00 0002 0018 01 00");
    is(Framing::PseudoTls, &hello);
    let mut answer = hex("16 0301 004e 02 000046 0301");
    answer.resize(43, 7);
    answer.push(0x20);
    answer.resize(76, 7);
    answer.extend_from_slice(&hex("0018 00 0e000000"));
    assert_eq!(answer.len(), 83);
    is(Framing::PseudoTls, &answer);
    // A server hello of the same length with another cipher suite is TLS.
    answer[77] = 0x2F;
    is(Framing::Tls, &answer);
    is(Framing::Tls, &hex("16 0301 0200 01 0001fc 0303"));

    for unknown in [
        &b"\xff\xff\xff\xff"[..],
        b"\x00\x01\x00\x05zzzzzzzz",
        &[0xEE; 40],
    ] {
        assert_eq!(sniff(unknown), Sniffed::Unknown, "{unknown:02x?}");
        stream::sniffed(unknown);
    }
    // Null packets, data in MS-TURN's frames and one ChannelData need more bytes, up to a limit.
    assert_eq!(sniff(&[0; 4]), Sniffed::NeedsMore { needed: 2 });
    assert_eq!(sniff(&[0; 200]), Sniffed::Unknown);
    assert_eq!(sniff(&frame(3, b"data").repeat(65)), Sniffed::Unknown);
    assert!(matches!(
        sniff(&channel(b"data")),
        Sniffed::NeedsMore { .. }
    ));
    assert_eq!(sniff(&vec![0x7F; 200_000]), Sniffed::Unknown);
    assert_eq!(sniff(b""), Sniffed::NeedsMore { needed: 2 });
}

/// A frame that a peer may send.
fn unit() -> impl Strategy<Value = Unit> {
    let payload = prop_oneof![
        6 => vec(any::<u8>(), 0..9),
        3 => vec(any::<u8>(), 0..300),
        1 => select(vec![0x7FFF, 0xFFEC_usize, 0xFFFD, 0xFFFF]).prop_map(|length| vec![7; length]),
    ];
    (payload, prop::option::of(0x4000..=0x7FFF_u16)).prop_map(|(mut bytes, number)| {
        if number.is_none() {
            bytes.truncate(bytes.len() & !3);
            let length = (bytes.len() as u16).to_be_bytes();
            bytes = [&[0, 1], &length[..], &BINDING[4..], &bytes].concat();
        }
        Unit { number, bytes }
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn frames_come_back(units in vec(unit(), 0..12), chunks in vec(any::<u8>(), 0..6)) {
        stream::frames(BARE, &units, &chunks);
    }

    #[test]
    fn packets_come_back(
        packets in vec(prop_oneof![4 => vec(any::<u8>(), 0..40), 1 => vec(any::<u8>(), 65_000..=65_535)], 0..8),
        chunks in vec(any::<u8>(), 0..6),
    ) {
        let units: Vec<Unit> = packets.into_iter().map(|bytes| Unit { number: None, bytes }).collect();
        stream::frames(AnyFraming::Rfc4571(Rfc4571::new()), &units, &chunks);
    }

    #[test]
    fn any_bytes_in_any_chunks(bytes in vec(any::<u8>(), 0..300)) {
        stream::stream(&bytes);
    }

    #[test]
    fn frames_with_a_changed_byte(
        units in vec(unit(), 1..6),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        chunks in vec(any::<u8>(), 0..6),
    ) {
        let mut bytes = Vec::new();
        for unit in &units {
            BARE.write(unit, &mut bytes);
        }
        let at = at.index(bytes.len());
        bytes[at] = byte;
        for framing in stream::FRAMINGS {
            let read = stream::chunked(framing, &bytes, &chunks);
            prop_assert!(read.units.len() <= bytes.len());
        }
    }
}
