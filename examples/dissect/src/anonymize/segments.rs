//! TCP segments whose anonymized bytes are not known before later segments were read.
//!
//! A frame may begin in one segment and end in another, and bytes that belong to no frame become zeros. So
//! segments wait until their stream was split beyond their end. Memory is bounded by what streams and
//! framers hold back, and by the limits below.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::addresses::Addresses;
use super::mend;
use super::message::{self, Messages};
use crate::framer::{Framers, PartContent, Stamp};
use crate::pcap::{Layer, Packet};
use crate::stream::{Event, Streams};
use crate::unit::Framing;

/// Maximum number of bytes of the packets that wait. Beyond it, what is not known yet becomes zeros.
const MOST_WAITING: usize = 64 * 1024 * 1024;

/// Number of bytes of the last frames that are kept for retransmissions. In later ones they are zeros.
const MOST_KEPT: usize = 16 * 1024 * 1024;

/// The payload of a segment: where it is in its stream, and in its packet.
pub struct Segment {
    stream: usize,
    /// Offset of the payload in the stream.
    start: u64,
    /// Length in bytes of the captured payload.
    len: usize,
    /// Whether no later segment changes the bytes.
    pub is_known: bool,
    /// Offset of the payload in the packet.
    pub body: usize,
    /// The IP headers before it, whose checksums depend on it.
    pub layers: Vec<Layer>,
}

impl Segment {
    fn end(&self) -> u64 {
        self.start + self.len as u64
    }
}

/// A packet that was written and waits.
struct Waiting {
    segment: Segment,
    /// In the file.
    position: u64,
    bytes: Vec<u8>,
}

/// The segments of all streams.
#[derive(Default)]
pub struct Segments {
    streams: Streams,
    framers: Framers,
    /// By stream, and by offset and number in the stream.
    waiting: HashMap<usize, BTreeMap<(u64, u64), Waiting>>,
    waiting_bytes: usize,
    /// Number of segments that have waited.
    count: u64,
    kept: Kept,
    /// The streams that ended with the last segment.
    ended: Vec<usize>,
    /// Packets whose bytes are known, by their position in the file.
    known: Vec<(u64, Vec<u8>)>,
}

impl Segments {
    /// Adds a segment, which may complete frames. `None` if its payload becomes zeros.
    pub fn push(
        &mut self,
        packet: &Packet,
        messages: &mut Messages,
        addresses: &mut Addresses,
    ) -> Option<Segment> {
        for stream in self.ended.drain(..) {
            self.kept.forget(stream);
        }
        let events = self.streams.push(packet);
        for event in events {
            self.take(event, messages, addresses);
        }
        let location = self.streams.locate(packet)?;
        let mut segment = Segment {
            stream: location.stream,
            start: location.offset,
            len: packet.payload.len(),
            is_known: location.has_ended,
            body: 0,
            layers: Vec::new(),
        };
        let settled = self.framers.settled(segment.stream).unwrap_or(0);
        segment.is_known |= segment.len == 0 || segment.end() <= settled;
        Some(segment)
    }

    /// Writes what is known of the payload of a segment.
    pub fn fill(&self, segment: &Segment, bytes: &mut [u8]) {
        self.kept.fill(segment, bytes);
    }

    /// Keeps a packet that was written with the bytes that are known so far.
    pub fn hold(&mut self, segment: Segment, position: u64, bytes: Vec<u8>) {
        self.count += 1;
        self.waiting_bytes += bytes.len();
        let key = (segment.start, self.count);
        let waiting = Waiting {
            segment,
            position,
            bytes,
        };
        let stream = self.waiting.entry(waiting.segment.stream).or_default();
        stream.insert(key, waiting);
        if self.waiting_bytes > MOST_WAITING {
            self.release_all();
        }
    }

    /// Ends all streams.
    pub fn finish(&mut self, messages: &mut Messages, addresses: &mut Addresses) {
        for event in self.streams.finish() {
            self.take(event, messages, addresses);
        }
        self.release_all();
    }

    /// Takes the packets whose bytes are known since the last call.
    pub fn take_known(&mut self) -> Vec<(u64, Vec<u8>)> {
        std::mem::take(&mut self.known)
    }

    fn take(&mut self, event: Event, messages: &mut Messages, addresses: &mut Addresses) {
        let (Event::Data { stream, .. } | Event::Gap { stream, .. } | Event::End { stream }) =
            event;
        let Some(endpoints) = self.streams.endpoints(stream) else {
            return;
        };
        let mut parts = Vec::new();
        let settled = match event {
            Event::Data { offset, bytes, .. } => {
                let framer = self.framers.open(stream, endpoints);
                framer.extend(offset, &bytes, Stamp::default());
                parts.extend(std::iter::from_fn(|| framer.next()));
                framer.settled()
            }
            Event::Gap { offset, length, .. } => {
                parts = self.framers.open(stream, endpoints).close();
                offset + length
            }
            Event::End { .. } => {
                parts = self.framers.end(stream, endpoints);
                self.ended.push(stream);
                u64::MAX
            }
        };
        for part in parts {
            if let Some(bytes) = frame(&part.content, addresses, messages) {
                self.patch(stream, part.offset, bytes);
            }
        }
        self.release(stream, settled);
    }

    fn patch(&mut self, stream: usize, offset: u64, mut bytes: Vec<u8>) {
        // Zeros are written where there is no frame: most of the application data.
        let end = bytes.iter().rposition(|&byte| byte != 0);
        bytes.truncate(end.map_or(0, |at| at + 1));
        if bytes.is_empty() {
            return;
        }
        let patch = Patch { offset, bytes };
        if let Some(waiting) = self.waiting.get_mut(&stream) {
            for (_, waiting) in waiting.range_mut(..(patch.end(), 0)) {
                patch.write(&waiting.segment, &mut waiting.bytes);
            }
        }
        self.kept.push(stream, patch);
    }

    /// Ends the wait of the segments of a stream before an offset.
    fn release(&mut self, stream: usize, settled: u64) {
        let Some(waiting) = self.waiting.get_mut(&stream) else {
            return;
        };
        let before = waiting.range(..(settled, 0));
        let due = before.filter(|(_, waiting)| waiting.segment.end() <= settled);
        let due: Vec<_> = due.map(|(key, _)| *key).collect();
        for key in due {
            if let Some(waiting) = waiting.remove(&key) {
                self.waiting_bytes -= waiting.bytes.len();
                self.known.push(waiting.finish());
            }
        }
        if waiting.is_empty() {
            self.waiting.remove(&stream);
        }
    }

    fn release_all(&mut self) {
        let all = std::mem::take(&mut self.waiting);
        let all = all.into_values().flat_map(BTreeMap::into_values);
        self.known.extend(all.map(Waiting::finish));
        self.waiting_bytes = 0;
    }
}

impl Waiting {
    /// The packet with its checksums.
    fn finish(mut self) -> (u64, Vec<u8>) {
        mend(&mut self.bytes, &self.segment.layers);
        (self.position, self.bytes)
    }
}

/// Number of bytes of memory that a patch takes beside its own.
const OVERHEAD: usize = 64;

/// A frame, anonymized, without trailing zeros.
struct Patch {
    /// In the stream.
    offset: u64,
    bytes: Vec<u8>,
}

impl Patch {
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    /// The memory that it takes, in bytes, roughly.
    fn cost(&self) -> usize {
        self.bytes.len() + OVERHEAD
    }

    /// Writes the part of the frame that is in a segment.
    fn write(&self, segment: &Segment, packet: &mut [u8]) {
        let (from, to) = (
            self.offset.max(segment.start),
            self.end().min(segment.end()),
        );
        let range = |base: u64| {
            let from = usize::try_from(from.checked_sub(base)?).ok()?;
            let to = usize::try_from(to.checked_sub(base)?).ok()?;
            (from < to).then_some(from..to)
        };
        let source = range(self.offset).and_then(|range| self.bytes.get(range));
        let payload = packet.get_mut(segment.body..).unwrap_or_default();
        let target = range(segment.start).and_then(|range| payload.get_mut(range));
        if let (Some(source), Some(target)) = (source, target) {
            target.copy_from_slice(source);
        }
    }
}

/// The last frames of the streams that have not ended.
#[derive(Default)]
struct Kept {
    patches: HashMap<usize, VecDeque<Patch>>,
    /// The streams of all frames, in their order.
    order: VecDeque<usize>,
    cost: usize,
}

impl Kept {
    fn push(&mut self, stream: usize, patch: Patch) {
        self.cost += patch.cost();
        self.order.push_back(stream);
        self.patches.entry(stream).or_default().push_back(patch);
        while self.cost > MOST_KEPT || self.order.len() > MOST_KEPT / OVERHEAD {
            let Some(oldest) = self.order.pop_front() else {
                return;
            };
            let Some(patches) = self.patches.get_mut(&oldest) else {
                continue;
            };
            if let Some(patch) = patches.pop_front() {
                self.cost -= patch.cost();
            }
            if patches.is_empty() {
                self.patches.remove(&oldest);
            }
        }
    }

    fn forget(&mut self, stream: usize) {
        let patches = self.patches.remove(&stream).unwrap_or_default();
        self.cost -= patches.iter().map(Patch::cost).sum::<usize>();
    }

    fn fill(&self, segment: &Segment, bytes: &mut [u8]) {
        let Some(patches) = self.patches.get(&segment.stream) else {
            return;
        };
        let first = patches.partition_point(|patch| patch.end() <= segment.start);
        for patch in patches.iter().skip(first) {
            if patch.offset >= segment.end() {
                break;
            }
            patch.write(segment, bytes);
        }
    }
}

/// The bytes of a frame, anonymized. `None` if all of them become zeros.
fn frame(
    content: &PartContent,
    addresses: &mut Addresses,
    messages: &mut Messages,
) -> Option<Vec<u8>> {
    match content {
        PartContent::Packet {
            framing,
            bytes,
            wire_len,
        } => {
            let [high, low] = u16::try_from(*wire_len).unwrap_or(0).to_be_bytes();
            let mut frame = match framing {
                Framing::None => Vec::new(),
                Framing::Rfc4571 => vec![high, low],
                Framing::MsControl => vec![2, 0, high, low],
                Framing::MsData => vec![3, 0, high, low],
            };
            frame.extend(messages.packet(bytes, addresses));
            Some(frame)
        }
        PartContent::PseudoTls(handshake) => Some(message::handshake(*handshake)),
        PartContent::Tls { .. } | PartContent::Raw { .. } | PartContent::Unframed { .. } => None,
    }
}
