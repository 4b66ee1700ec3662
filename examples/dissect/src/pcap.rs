//! Reads `.pcap` and `.pcapng` captures, one packet at a time.
//!
//! The file is never held in memory: a buffer of one block slides over it, so a capture of many
//! gigabytes costs the same as a small one. This file moves that buffer; [`blocks`] knows what the
//! two formats keep in it, and [`mod@decode`] what is inside a packet.

mod blocks;
mod decode;
mod layers;

use std::fmt;
use std::io::{self, Read};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use pcap_parser::Linktype;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{PcapBlockOwned, PcapError};

use crate::unit::{IcmpError, Skipped};
use blocks::Contents;
pub use blocks::Record;
pub use decode::{Decoder, Skip};
pub use layers::{Frame, ICMP, ICMPV6, Ip, Layer, TCP, UDP, innermost_ip, ip};

/// The buffer's size at first: many packets per read, little memory.
const BUFFER: usize = 256 * 1024;

/// Greatest size of a block: a corrupt length must not lead to the allocation of as much memory.
const LARGEST_BLOCK: usize = 16 * 1024 * 1024;

/// The transport header of a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp(Segment),
}

/// The fields of a TCP header that reassembly needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    pub sequence: u32,
    pub syn: bool,
    /// The acknowledgment number is valid.
    pub ack: bool,
    pub acknowledgment: u32,
    pub fin: bool,
    pub rst: bool,
}

/// One UDP datagram or one TCP segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Number of the packet in the file, counted from 1 as Wireshark counts. A datagram that was
    /// fragmented has the number of the fragment that completed it.
    pub frame: u64,
    /// Capture time since the Unix epoch. Zero if the file does not tell (Simple Packet Blocks have
    /// no time).
    pub time: Duration,
    pub source: SocketAddr,
    pub destination: SocketAddr,
    pub transport: Transport,
    /// The ICMP error that quotes this packet. Addresses and transport are those of the quoted one.
    pub icmp: Option<IcmpError>,
    /// The captured part of the payload.
    pub payload: Vec<u8>,
    /// Length in bytes of the payload on the wire.
    pub wire_len: usize,
}

impl Packet {
    /// Whether the snap length truncated the payload.
    pub fn is_truncated(&self) -> bool {
        self.wire_len > self.payload.len()
    }
}

/// Why a capture could not be read, or not to its end.
#[derive(Debug)]
pub enum Error {
    /// There is not a single byte.
    Empty,
    /// The first bytes are neither those of a pcap nor of a pcapng file.
    NotACapture,
    /// The operating system reported an error.
    Io(io::Error),
    /// The block that starts at this offset is inconsistent, so nothing after it can be read.
    Corrupt { offset: u64 },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Empty => write!(f, "the file is empty"),
            Error::NotACapture => write!(f, "the file is neither a pcap nor a pcapng capture"),
            Error::Io(error) => write!(f, "the capture cannot be read to its end: {error}"),
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
        is_over: false,
    };
    match pcap_parser::create_reader(BUFFER, input) {
        Ok(reader) => Ok(Packets {
            reader,
            capacity: BUFFER,
            failure,
            contents: Contents::default(),
            file_is_truncated: false,
            done: false,
        }),
        Err(error) => Err(match (io_error(&failure), error) {
            (Some(error), _) => error,
            (None, PcapError::Eof) => Error::Empty,
            (None, _) => Error::NotACapture,
        }),
    }
}

/// Decodes one packet of a capture.
///
/// # Errors
/// The reason why it has no payload of UDP or TCP.
pub fn decode(decoder: &mut Decoder, record: &Record<'_>, number: u64) -> Result<Packet, Skip> {
    blocks::decode_record(decoder, record, number).map(|(packet, _)| packet)
}

/// Whether the bytes are a packet of IP on a link of this type, and are not longer than the packet and
/// the padding of a short frame.
pub fn is_ip(link: Linktype, bytes: &[u8]) -> bool {
    const SHORTEST_FRAME: usize = 60;
    let frame = layers::Frame {
        bytes,
        wire_len: bytes.len(),
    };
    layers::innermost_ip(link, frame, &mut |_| ()).is_ok_and(|ip| {
        let rest = bytes.len() - ip.payload.end;
        rest <= 4 || bytes.len() <= SHORTEST_FRAME
    })
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
    file_is_truncated: bool,
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

    /// Capture time of the first packet and of the last one so far, decoded or not. Wireshark counts
    /// its times from the first.
    pub fn times(&self) -> Option<(Duration, Duration)> {
        self.contents.times()
    }

    pub fn skipped(&self) -> Skipped {
        self.contents.skipped()
    }

    /// Whether the file ended in the middle of a block, as it does when the capturing program
    /// was killed or the disk was full. Known once the iteration has ended.
    pub fn file_is_truncated(&self) -> bool {
        self.file_is_truncated
    }

    fn step(&mut self) -> Result<Option<Packet>, Error> {
        self.block(Contents::take)
    }

    /// Calls `visit` with the number of each packet and the packet as the file has it. `None` is a
    /// packet that cannot be decoded.
    ///
    /// # Errors
    /// If the file cannot be read, after the packets before the error, or `visit` returns an error.
    pub fn visit<E: From<Error>>(
        mut self,
        mut visit: impl FnMut(u64, Option<&Record<'_>>) -> Result<(), E>,
    ) -> Result<(), E> {
        while !self.done {
            let visited = self.block(|contents, block| contents.visit(block, &mut visit))?;
            visited.unwrap_or(Ok(()))?;
        }
        Ok(())
    }

    /// Reads one block, if the buffer has a whole one, and calls `take` with it.
    fn block<T>(
        &mut self,
        take: impl FnOnce(&mut Contents, &PcapBlockOwned<'_>) -> Option<T>,
    ) -> Result<Option<T>, Error> {
        // The block borrows the buffer, so what the buffer has to do next is decided here and
        // done after the borrow has ended.
        let next = match self.reader.next() {
            Ok((length, block)) => Next::Consume(length, take(&mut self.contents, &block)),
            Err(PcapError::Eof) => Next::End,
            Err(PcapError::UnexpectedEof) => Next::Truncated,
            Err(PcapError::Incomplete(_) | PcapError::BufferTooSmall) => Next::Refill,
            Err(_) => Next::Corrupt,
        };
        // A failure ends the input, so it is reported after the packets before it.
        if let Next::End | Next::Truncated = next
            && let Some(error) = io_error(&self.failure)
        {
            return Err(error);
        }
        match next {
            Next::Consume(length, packet) => {
                self.reader.consume(length);
                return Ok(packet);
            }
            Next::End => self.done = true,
            // A complete block that needs more bytes is inconsistent.
            Next::Refill | Next::Truncated if self.block_is_whole() => return Err(self.corrupt()),
            Next::Truncated => {
                self.file_is_truncated = !self.reader.data().is_empty();
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
        // Without the result, which would borrow the buffer.
        let refilled = self.reader.refill().is_ok();
        if refilled {
            Ok(())
        } else {
            Err(Error::Io(io::ErrorKind::Other.into()))
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

enum Next<T> {
    Consume(usize, Option<T>),
    Refill,
    End,
    Truncated,
    Corrupt,
}

/// `pcap_parser` reports only that reading failed; this is where the reason is kept meanwhile.
type Failure = Arc<Mutex<Option<io::Error>>>;

fn io_error(failure: &Failure) -> Option<Error> {
    let error = failure.lock().ok().and_then(|mut kept| kept.take());
    error.map(Error::Io)
}

/// A reader that fills the buffer it is given unless the input ends. A failure is an end of the input
/// whose reason is kept.
///
/// `pcap_parser` wants the whole file header from its first read, takes an interrupted call for
/// a failure, and discards what it has if its second read fails; pipes deliver as little as they like,
/// and signals happen.
struct Patient<R> {
    input: R,
    failure: Failure,
    is_over: bool,
}

impl<R: Read> Read for Patient<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        if self.is_over {
            return Ok(filled);
        }
        while let Some(space) = buffer.get_mut(filled..).filter(|space| !space.is_empty()) {
            match self.input.read(space) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    if let Ok(mut kept) = self.failure.lock() {
                        *kept = Some(error);
                    }
                    self.is_over = true;
                    break;
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests;
