//! Streams: any chunking equals one chunk, and holds at most one frame and one chunk.

use alloc::string::ToString;
use alloc::vec::Vec;

use crate::ChannelData;
use crate::attribute::ChannelNumber;
use crate::demux::{Demux, Protocol};
use crate::framing::{
    Frame, FrameError, Next, Rfc4571, Sniffed, StunTcp, rfc4571, sniff, stun_tcp,
};

/// What a frame of any framing holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The number of a ChannelData.
    pub number: Option<u16>,
    /// The packet.
    pub bytes: Vec<u8>,
}

/// The longest frame that there can be: a STUN message of 20 and 65,532 bytes, or a packet of 65,535
/// behind its length or its number and length, padded.
pub const LONGEST: usize = 65_552;

/// A framing: how it reads, and how its frames are written.
#[derive(Clone, Copy, Debug)]
pub enum Framing {
    Stun(StunTcp),
    Rfc4571(Rfc4571),
}

/// Every framing, as strict and as lenient as it can be.
pub const FRAMINGS: [Framing; 6] = [
    Framing::Stun(StunTcp::new()),
    Framing::Stun(StunTcp::new().strict_channels()),
    Framing::Stun(StunTcp::new().classic()),
    Framing::Stun(StunTcp::new().max_frame(64)),
    Framing::Rfc4571(Rfc4571::new()),
    Framing::Rfc4571(Rfc4571::new().max_frame(64)),
];

impl Framing {
    pub fn next(self, bytes: &[u8]) -> Result<Next<Unit>, FrameError> {
        let (unit, consumed) = match self {
            Self::Stun(framing) => match framing.next(bytes)? {
                Next::Frame { frame, consumed } => (unit(frame), consumed),
                Next::Incomplete { needed } => return Ok(Next::Incomplete { needed }),
            },
            Self::Rfc4571(framing) => match framing.next(bytes)? {
                Next::Frame { frame, consumed } => {
                    let bytes = frame.to_vec();
                    (
                        Unit {
                            number: None,
                            bytes,
                        },
                        consumed,
                    )
                }
                Next::Incomplete { needed } => return Ok(Next::Incomplete { needed }),
            },
        };
        Ok(Next::Frame {
            frame: unit,
            consumed,
        })
    }

    /// Appends the frame around a unit.
    pub fn write(self, unit: &Unit, out: &mut Vec<u8>) {
        match (self, unit.number) {
            (Self::Stun(_), None) => out.extend_from_slice(&unit.bytes),
            (Self::Stun(_), Some(number)) => {
                let number = ChannelNumber::read(number);
                let mut frame = stun_tcp::begin(out, number).expect("a channel");
                frame.put(&unit.bytes).expect("it grows");
                frame.end().expect("short enough");
            }
            (Self::Rfc4571(_), _) => {
                let mut frame = rfc4571::begin(out).expect("it grows");
                frame.put(&unit.bytes).expect("it grows");
                frame.end().expect("short enough");
            }
        }
    }
}

fn unit<T: AsRef<[u8]>>(frame: Frame<T>) -> Unit {
    match frame {
        Frame::Stun(bytes) => Unit {
            number: None,
            bytes: bytes.as_ref().to_vec(),
        },
        Frame::ChannelData { number, payload } => Unit {
            number: Some(number.get()),
            bytes: payload.as_ref().to_vec(),
        },
    }
}

/// What a stream was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub units: Vec<Unit>,
    /// How many bytes are left, or why no more frames come.
    pub end: Result<usize, FrameError>,
}

/// Reads a stream that arrives in chunks and holds what it must.
pub fn read<'a>(framing: Framing, chunks: impl IntoIterator<Item = &'a [u8]>) -> Reading {
    let (mut buffer, mut units) = (Vec::new(), Vec::new());
    // With fewer bytes than `needed` there must be no frame.
    let mut earliest = 0;
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        loop {
            match framing.next(&buffer) {
                Ok(Next::Frame { frame, consumed }) => {
                    assert!(earliest <= buffer.len(), "a frame before it was due");
                    assert!(0 < consumed && consumed <= buffer.len());
                    assert!(consumed <= LONGEST);
                    again(framing, &frame, &buffer[..consumed]);
                    buffer.drain(..consumed);
                    units.push(frame);
                    earliest = 0;
                }
                Ok(Next::Incomplete { needed }) => {
                    assert!(needed > 0, "waits for nothing");
                    earliest = buffer.len() + needed;
                    assert!(earliest <= LONGEST, "holds more than one frame");
                    break;
                }
                Err(error) => {
                    assert!(error.offset() < buffer.len().max(4));
                    assert!(!error.to_string().is_empty());
                    let end = Err(error);
                    return Reading { units, end };
                }
            }
        }
    }
    let end = Ok(buffer.len());
    Reading { units, end }
}

/// A frame that was read is written as it stood, but for what pads it, which is zero.
fn again(framing: Framing, unit: &Unit, frame: &[u8]) {
    let mut out = Vec::new();
    framing.write(unit, &mut out);
    let end = match unit.number {
        Some(_) => 4 + unit.bytes.len(),
        None => frame.len(),
    };
    assert_eq!(out.len(), frame.len());
    assert_eq!(out[..end], frame[..end]);
    assert!(out[end..].iter().all(|byte| *byte == 0));
    assert!(frame.len() - end < 4);
}

/// Cuts bytes into chunks of the lengths that `cuts` has, over and over; one is no chunk but none.
pub fn chunks<'a>(mut bytes: &'a [u8], cuts: &[u8]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    let mut cuts = cuts.iter().cycle();
    while !bytes.is_empty() {
        let length = cuts.next().map_or(bytes.len(), |cut| usize::from(*cut) + 1);
        let (chunk, rest) = bytes.split_at(length.min(bytes.len()));
        chunks.push(chunk);
        bytes = rest;
    }
    chunks
}

/// In chunks, at once, byte by byte and through the codec: the same frames and the same end.
pub fn chunked(framing: Framing, bytes: &[u8], cuts: &[u8]) -> Reading {
    let whole = read(framing, [bytes]);
    let chunks = chunks(bytes, cuts);
    assert_eq!(read(framing, chunks.iter().copied()), whole);
    if bytes.len() <= 4096 {
        assert_eq!(read(framing, bytes.chunks(1)), whole);
    }
    #[cfg(feature = "codec")]
    decoded(framing, &chunks, &whole);
    whole
}

#[cfg(feature = "codec")]
fn decoded(framing: Framing, chunks: &[&[u8]], whole: &Reading) {
    use crate::framing::StreamError;
    use bytes::{Bytes, BytesMut};
    use tokio_util::codec::{Decoder, Encoder};

    fn run<D, T>(
        mut codec: D,
        chunks: &[&[u8]],
        Reading { units, end }: &Reading,
        unit: impl Fn(T) -> Unit,
    ) where
        D: Decoder<Item = T, Error = StreamError> + Encoder<T, Error = StreamError>,
        T: Clone,
    {
        let mut units = units.iter();
        let mut source = BytesMut::new();
        let mut check = |codec: &mut D, item: T| {
            let expected = units.next().expect("no more frames");
            assert_eq!(unit(item.clone()), *expected);
            let mut out = BytesMut::new();
            codec.encode(item, &mut out).expect("a frame that was read");
        };
        for chunk in chunks {
            source.extend_from_slice(chunk);
            loop {
                match codec.decode(&mut source) {
                    Ok(Some(item)) => check(&mut codec, item),
                    Ok(None) => break,
                    Err(StreamError::Frame(error)) => {
                        assert_eq!(Err(error), *end);
                        assert!(codec.decode(&mut source).is_err(), "it went on");
                        assert!(codec.decode_eof(&mut source).is_err());
                        return;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            // `BytesMut` grows by doubling.
            assert!(source.len() < LONGEST);
            assert!(source.capacity() <= 4 * (LONGEST + chunk.len()));
        }
        assert_eq!(Ok(source.len()), *end);
        match codec.decode_eof(&mut source) {
            Ok(None) => assert!(source.is_empty()),
            Err(StreamError::Truncated { available, .. }) => {
                assert_eq!(available as usize, source.len());
            }
            other => panic!("{:?}", other.map(|_| ())),
        }
        assert!(units.next().is_none(), "a frame is missing");
    }
    match framing {
        Framing::Stun(framing) => run(framing, chunks, whole, unit),
        Framing::Rfc4571(framing) => run(framing, chunks, whole, |packet: Bytes| Unit {
            number: None,
            bytes: packet.to_vec(),
        }),
    }
}

/// Frames that were written come back, however they are cut.
pub fn frames(framing: Framing, units: &[Unit], cuts: &[u8]) {
    let mut bytes = Vec::new();
    for unit in units {
        framing.write(unit, &mut bytes);
    }
    let read = chunked(framing, &bytes, cuts);
    assert_eq!(read.end, Ok(0));
    assert_eq!(read.units, units);
}

/// Any bytes as a stream of every framing, as a datagram and as what a stream begins with.
///
/// The first byte tells how many of the next are lengths of chunks.
pub fn stream(bytes: &[u8]) {
    let Some((&[count], rest)) = bytes.split_first_chunk() else {
        return;
    };
    let (cuts, stream) = rest.split_at(usize::from(count & 7).min(rest.len()));
    for framing in FRAMINGS {
        chunked(framing, stream, cuts);
    }
    sniffed(stream);
    datagram(stream);
    // The same bytes as the lengths and contents of frames.
    let units: Vec<Unit> = self::chunks(stream, cuts)
        .into_iter()
        .map(message_or_data)
        .collect();
    frames(Framing::Stun(StunTcp::new()), &units, cuts);
    let packets: Vec<Unit> = self::chunks(stream, cuts)
        .into_iter()
        .map(|chunk| Unit {
            number: None,
            bytes: chunk.to_vec(),
        })
        .collect();
    frames(Framing::Rfc4571(Rfc4571::new()), &packets, cuts);
}

/// A chunk as the attributes of a message, or as data of a channel.
fn message_or_data(chunk: &[u8]) -> Unit {
    match chunk {
        [0x80..=0xFF, attributes @ ..] => {
            let attributes = &attributes[..attributes.len() & !3];
            let length = u16::try_from(attributes.len()).expect("a chunk is short");
            let mut bytes = Vec::from(*b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl");
            bytes[2..4].copy_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(attributes);
            Unit {
                number: None,
                bytes,
            }
        }
        _ => Unit {
            number: Some(0x4000 | u16::from(chunk[0]) << 7 & 0x3F80),
            bytes: chunk[1..].to_vec(),
        },
    }
}

/// What is said to need more bytes is not told from fewer.
pub fn sniffed(bytes: &[u8]) {
    let mut told = 0;
    for end in 0..=bytes.len().min(300) {
        match sniff(&bytes[..end]) {
            Sniffed::NeedsMore { needed } => {
                assert!(needed > 0);
                told = told.max(end + needed);
            }
            Sniffed::Is(framing) => {
                assert!(told <= end, "{framing:?} at {end}, and not before {told}");
                return;
            }
            Sniffed::Unknown => return,
        }
    }
}

/// A datagram is ChannelData, or not, as a stream of it alone would be.
fn datagram(bytes: &[u8]) {
    let mut padded = Vec::from(bytes);
    padded.extend_from_slice(&[0; 3]);
    match ChannelData::parse_datagram(bytes) {
        Ok(data) => {
            assert_eq!(bytes[data.range()], *data.payload);
            let alike = Demux::new().rfc5766_channels().protocol(bytes);
            assert_eq!(alike, Some(Protocol::ChannelData));
            let Ok(Next::Frame { frame, consumed }) = StunTcp::new().next(&padded) else {
                panic!("padded it is a frame");
            };
            assert_eq!(unit(frame).bytes, data.payload);
            assert_eq!(consumed, (4 + data.payload.len()).next_multiple_of(4));
            let head = data.head().expect("as it was read");
            let whole = [&head, data.payload, data.padding()].concat();
            assert_eq!(whole.len(), consumed);
            assert_eq!(ChannelData::parse_datagram(&whole), Ok(data));
        }
        Err(error) => {
            assert!(error.offset() <= bytes.len());
            assert!(!error.to_string().is_empty());
        }
    }
}
