//! Streams of frames: the frames do not depend on the chunks in which the bytes arrive.

use stunwire::attribute::{Attribute, ChannelNumber, ChannelRange};
use stunwire::demux::{Demux, Protocol};
use stunwire::framing::{
    Frame, FrameError, Next, Resync, Rfc4571, Sniffed, StunTcp, resync, sniff,
};
use stunwire::{ChannelData, Context, Dialect, TransactionId};

use crate::FORMATS;

/// The contents of a frame of any framing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The channel number, for ChannelData.
    pub number: Option<u16>,
    /// The message, the payload or the packet.
    pub bytes: Vec<u8>,
}

/// The length of the longest frame: a STUN message of 20 bytes of header and 65,532 of attributes.
pub const LONGEST: usize = 65_552;

/// A framing, with its limits.
#[derive(Clone, Copy, Debug)]
pub enum Framing {
    /// STUN messages and ChannelData (RFC 8489 §6.2.2, RFC 8656 §12.5).
    Stun(StunTcp),
    /// Length-prefixed packets (RFC 4571).
    Rfc4571(Rfc4571),
}

/// Every framing, with its strictest and its most lenient limits.
pub const FRAMINGS: [Framing; 6] = [
    Framing::Stun(StunTcp::new()),
    Framing::Stun(StunTcp::new().channels(ChannelRange::RFC8656)),
    Framing::Stun(StunTcp::new().classic()),
    Framing::Stun(StunTcp::new().max_frame(64)),
    Framing::Rfc4571(Rfc4571::new()),
    Framing::Rfc4571(Rfc4571::new().max_frame(64)),
];

impl Framing {
    /// Reads the first frame.
    ///
    /// # Errors
    /// If the bytes are not the beginning of a frame.
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

    /// Appends a frame with these contents.
    ///
    /// # Panics
    /// If the contents do not fit into a frame.
    pub fn write(self, unit: &Unit, out: &mut Vec<u8>) {
        match (self, unit.number) {
            (Self::Stun(_), None) => out.extend_from_slice(&unit.bytes),
            (Self::Stun(_), Some(number)) => {
                let number = channel(number);
                let mut frame = StunTcp::begin(out, number).expect("a Vec grows");
                frame.put(&unit.bytes).expect("a Vec grows");
                frame.end().expect("it fits");
            }
            (Self::Rfc4571(_), _) => {
                let mut frame = Rfc4571::begin(out).expect("a Vec grows");
                frame.put(&unit.bytes).expect("a Vec grows");
                frame.end().expect("it fits");
            }
        }
    }
}

/// A channel number as it is read from a frame, whether or not it is in the range of RFC 8656 §12.
#[must_use]
pub fn channel(number: u16) -> ChannelNumber {
    let [high, low] = number.to_be_bytes();
    let context = Context::new(TransactionId::new([0; 12]), Dialect::RFC8489);
    ChannelNumber::decode(&[high, low, 0, 0], context).expect("any number is read")
}

fn unit<T: AsRef<[u8]>>(frame: Frame<T>) -> Unit {
    match frame {
        Frame::Stun(bytes) => Unit {
            number: None,
            bytes: bytes.as_ref().to_vec(),
        },
        Frame::ChannelData { number, payload } => Unit {
            number: Some(number.as_u16()),
            bytes: payload.as_ref().to_vec(),
        },
    }
}

/// The result of reading a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The contents of the frames.
    pub units: Vec<Unit>,
    /// The number of bytes after the last frame, or the error that ended the stream.
    pub end: Result<usize, FrameError>,
}

/// Reads a stream that arrives in chunks.
///
/// # Panics
/// If the framing asks for more bytes than the frame has, or for none.
pub fn read<'a>(framing: Framing, chunks: impl IntoIterator<Item = &'a [u8]>) -> Reading {
    let (mut buffer, mut units) = (Vec::new(), Vec::new());
    // A frame must not be complete with fewer bytes than `needed` said.
    let mut earliest = 0;
    for chunk in chunks {
        buffer.extend_from_slice(chunk);
        loop {
            match framing.next(&buffer) {
                Ok(Next::Frame { frame, consumed }) => {
                    assert!(
                        earliest <= buffer.len(),
                        "the frame was complete earlier than announced"
                    );
                    assert!(0 < consumed && consumed <= buffer.len());
                    assert!(consumed <= LONGEST);
                    again(framing, &frame, &buffer[..consumed]);
                    buffer.drain(..consumed);
                    units.push(frame);
                    earliest = 0;
                }
                Ok(Next::Incomplete { needed }) => {
                    assert!(needed > 0, "no byte is needed, and there is no frame");
                    earliest = buffer.len() + needed;
                    assert!(
                        earliest <= LONGEST,
                        "more bytes are needed than a frame has"
                    );
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

/// Writing a frame that was read reproduces its bytes, with zeros as padding.
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

/// Splits bytes into chunks. Their lengths are those in `lengths` plus one, used repeatedly; without `lengths` there
/// is one chunk.
pub fn chunks<'a>(mut bytes: &'a [u8], lengths: &[u8]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    let mut lengths = lengths.iter().cycle();
    while !bytes.is_empty() {
        let length = lengths
            .next()
            .map_or(bytes.len(), |length| usize::from(*length) + 1);
        let (chunk, rest) = bytes.split_at(length.min(bytes.len()));
        chunks.push(chunk);
        bytes = rest;
    }
    chunks
}

/// Reads a stream in chunks of `lengths`, as a whole, byte by byte and through the codec, and compares the results.
pub fn chunked(framing: Framing, bytes: &[u8], lengths: &[u8]) -> Reading {
    let whole = read(framing, [bytes]);
    let chunks = chunks(bytes, lengths);
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
    use bytes::{Bytes, BytesMut};
    use stunwire::framing::StreamError;
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
            let expected = units.next().expect("the codec returned a further frame");
            assert_eq!(unit(item.clone()), *expected);
            let mut out = BytesMut::new();
            codec.encode(item, &mut out).expect("the frame was read");
        };
        for chunk in chunks {
            source.extend_from_slice(chunk);
            loop {
                match codec.decode(&mut source) {
                    Ok(Some(item)) => check(&mut codec, item),
                    Ok(None) => break,
                    Err(StreamError::Frame(error)) => {
                        assert_eq!(Err(error), *end);
                        assert!(
                            codec.decode(&mut source).is_err(),
                            "the codec continued after an error"
                        );
                        assert!(codec.decode_eof(&mut source).is_err());
                        return;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
            // `BytesMut` doubles its capacity.
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

/// Written frames are read back from any chunks.
pub fn frames(framing: Framing, units: &[Unit], lengths: &[u8]) {
    let mut bytes = Vec::new();
    for unit in units {
        framing.write(unit, &mut bytes);
    }
    let read = chunked(framing, &bytes, lengths);
    assert_eq!(read.end, Ok(0));
    assert_eq!(read.units, units);
}

/// Reads the bytes as a stream of every framing, as a datagram and as the beginning of a stream.
///
/// The low 3 bits of the first byte are the number of chunk lengths that follow; the rest is the
/// stream.
pub fn stream(bytes: &[u8]) {
    for way in 0..WAYS {
        one_way(way, bytes);
    }
}

/// [`stream`] in one way, which the first byte selects.
pub fn stream_one_way(bytes: &[u8]) {
    if let Some((way, bytes)) = bytes.split_first() {
        one_way(usize::from(*way) % WAYS, bytes);
    }
}

/// The checks of [`stream`]: each framing, then the others.
const WAYS: usize = FRAMINGS.len() + 4;

fn one_way(way: usize, bytes: &[u8]) {
    let Some((&[count], rest)) = bytes.split_first_chunk() else {
        return;
    };
    let (lengths, stream) = rest.split_at(usize::from(count & 7).min(rest.len()));
    if let Some(framing) = FRAMINGS.get(way) {
        chunked(*framing, stream, lengths);
        return;
    }
    match way - FRAMINGS.len() {
        0 => sniffed(stream),
        1 => {
            resynced(stream);
            datagram(stream);
        }
        // The chunks as the contents of frames.
        2 => {
            let units: Vec<Unit> = self::chunks(stream, lengths)
                .into_iter()
                .map(message_or_data)
                .collect();
            frames(Framing::Stun(StunTcp::new()), &units, lengths);
        }
        _ => {
            // Without lengths there is one chunk, which may be longer than a packet.
            let packets: Vec<Unit> = self::chunks(stream, lengths)
                .into_iter()
                .map(|chunk| Unit {
                    number: None,
                    bytes: chunk[..chunk.len().min(65_535)].to_vec(),
                })
                .collect();
            frames(Framing::Rfc4571(Rfc4571::new()), &packets, lengths);
        }
    }
}

/// A frame whose contents are a chunk: the attributes of a message, or ChannelData.
fn message_or_data(chunk: &[u8]) -> Unit {
    match chunk {
        [0x80..=0xFF, attributes @ ..] => {
            let attributes = &attributes[..attributes.len() & !3];
            let attributes = &attributes[..attributes.len().min(65_532)];
            let length = u16::try_from(attributes.len()).expect("at most 65,532 bytes");
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
            bytes: chunk[1..chunk.len().min(65_536)].to_vec(),
        },
    }
}

/// A framing is not recognized from fewer bytes than `needed` has announced.
pub fn sniffed(bytes: &[u8]) {
    let mut asked = 0;
    for end in 0..=bytes.len().min(300) {
        match sniff(&bytes[..end]) {
            Sniffed::NeedsMore { needed } => {
                assert!(needed > 0);
                asked = asked.max(end + needed);
            }
            Sniffed::Is(framing) => {
                assert!(asked <= end, "{framing:?} after {end} bytes, not {asked}");
                return;
            }
            Sniffed::Unknown => return,
        }
    }
}

/// A message that is found is valid, and no part of its frame could be skipped while it arrived.
fn resynced(bytes: &[u8]) {
    let mut skipped = 0;
    for end in 0..=bytes.len().min(300) {
        let (offset, framing) = match resync(&bytes[..end]) {
            Resync::Found { offset, framing } => (offset, framing),
            Resync::NotFound { skip } => {
                assert!(skip <= end);
                skipped = skipped.max(skip);
                continue;
            }
        };
        assert!(
            skipped <= offset,
            "{skipped} bytes skipped, a frame at {offset}"
        );
        let header_len = match framing {
            stunwire::framing::Framing::StunTcp => 0,
            stunwire::framing::Framing::Rfc4571 => 2,
            stunwire::framing::Framing::MsTcp => 4,
            stunwire::framing::Framing::MsMultiplexed => 12,
            other => panic!("{other:?} has no messages"),
        };
        let message = &bytes[offset + header_len..end];
        let parsed = FORMATS
            .iter()
            .find_map(|format| format.dialect.parse_prefix(message).ok());
        assert!(parsed.is_some(), "{message:02x?} is not a message");
        return;
    }
}

/// A datagram is ChannelData exactly if it is, with padding, a frame of a stream.
fn datagram(bytes: &[u8]) {
    let mut padded = Vec::from(bytes);
    padded.extend_from_slice(&[0; 3]);
    match ChannelData::parse_datagram(bytes) {
        Ok(data) => {
            assert_eq!(bytes[data.range()], *data.payload);
            let protocol = Demux::new().protocol(bytes);
            assert_eq!(protocol, Some(Protocol::ChannelData));
            let Ok(Next::Frame { frame, consumed }) = StunTcp::new().next(&padded) else {
                panic!("after padding it is not a frame");
            };
            assert_eq!(unit(frame).bytes, data.payload);
            assert_eq!(consumed, (4 + data.payload.len()).next_multiple_of(4));
            let header = data.header().expect("the payload fits");
            let whole = [&header, data.payload, data.padding()].concat();
            assert_eq!(whole.len(), consumed);
            assert_eq!(ChannelData::parse_datagram(&whole), Ok(data));
        }
        Err(error) => {
            assert!(error.offset() <= bytes.len());
            assert!(!error.to_string().is_empty());
        }
    }
}
