//! The blocks of the two file formats: from a block to the bytes and the time of one packet.

use std::time::Duration;

use pcap_parser::pcapng::{Block, InterfaceDescriptionBlock};
use pcap_parser::{LegacyPcapBlock, Linktype, PcapBlockOwned, PcapHeader};

use super::Packet;
use super::decode::{Decoder, Skip};
use super::layers::Frame;
use crate::unit::Skipped;

/// The Packet Block, which pcapng replaced by the Enhanced Packet Block.
const OBSOLETE_PACKET_BLOCK: u32 = 2;

/// The state that the blocks so far determine.
#[derive(Default)]
pub(super) struct Contents {
    section: Section,
    decoder: Decoder,
    frame: u64,
    times: Option<(Duration, Duration)>,
    skipped: Skipped,
}

/// What the last header tells about the packets that follow it.
#[derive(Default)]
enum Section {
    #[default]
    Headless,
    Classic {
        link: Linktype,
        nanoseconds: bool,
    },
    Ng {
        big_endian: bool,
        interfaces: Vec<Interface>,
    },
}

struct Interface {
    link: Linktype,
    snaplen: u32,
    ticks_per_second: u128,
    offset_seconds: i64,
}

/// A packet as the file has it.
pub struct Record<'a> {
    pub link: Linktype,
    pub time: Duration,
    /// Length in bytes on the wire.
    pub wire_len: usize,
    pub bytes: &'a [u8],
}

impl<'a> Record<'a> {
    fn new(link: Linktype, time: Duration, original_length: u32, bytes: &'a [u8]) -> Self {
        Self {
            link,
            time,
            wire_len: usize::try_from(original_length)
                .unwrap_or(usize::MAX)
                .max(bytes.len()),
            bytes,
        }
    }

    pub fn frame(&self) -> Frame<'a> {
        Frame {
            bytes: self.bytes,
            wire_len: self.wire_len,
        }
    }
}

/// Decodes a packet; also returns the number of earlier fragments that are part of it.
pub(super) fn decode_record(
    decoder: &mut Decoder,
    record: &Record<'_>,
    number: u64,
) -> Result<(Packet, u64), Skip> {
    let decoded = decoder.decode(record.link, record.frame(), record.time)?;
    let packet = Packet {
        frame: number,
        time: record.time,
        source: decoded.source,
        destination: decoded.destination,
        transport: decoded.transport,
        icmp: decoded.icmp,
        payload: decoded.payload,
        wire_len: decoded.wire_len,
    };
    Ok((packet, decoded.fragments))
}

/// The packet in a block.
enum Content<'a> {
    /// It is not a packet.
    Nothing,
    /// It is counted as a packet and cannot be decoded.
    Opaque,
    /// `None` if its interface was never described.
    Packet(Option<Record<'a>>),
}

impl Contents {
    pub(super) fn frame(&self) -> u64 {
        self.frame
    }

    /// Capture time of the first and of the last packet.
    pub(super) fn times(&self) -> Option<(Duration, Duration)> {
        self.times
    }

    pub(super) fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// The length that the pcapng block at the start of `data` claims.
    pub(super) fn block_length(&self, data: &[u8]) -> Option<u32> {
        let Section::Ng { big_endian, .. } = self.section else {
            return None;
        };
        let &[_, _, _, _, a, b, c, d] = data.first_chunk::<8>()?;
        Some(if big_endian {
            u32::from_be_bytes([a, b, c, d])
        } else {
            u32::from_le_bytes([a, b, c, d])
        })
    }

    /// Learns from one block, and returns the packet in it if it has one that can be decoded.
    pub(super) fn take(&mut self, block: &PcapBlockOwned<'_>) -> Option<Packet> {
        let record = match self.section.record(block) {
            Content::Nothing => return None,
            Content::Opaque => {
                self.frame += 1;
                return self.skip(Skip::Foreign);
            }
            // A packet of an interface that was never described cannot be interpreted.
            Content::Packet(None) => {
                self.frame += 1;
                return self.skip(Skip::Malformed);
            }
            Content::Packet(Some(record)) => record,
        };
        self.frame += 1;
        let (_, last) = self.times.get_or_insert((record.time, record.time));
        *last = record.time;
        match decode_record(&mut self.decoder, &record, self.frame) {
            Ok((packet, fragments)) => {
                self.skipped.fragments = self.skipped.fragments.saturating_sub(fragments);
                Some(packet)
            }
            Err(skip) => self.skip(skip),
        }
    }

    /// Learns from one block, and calls `visit` with the packet in it as the file has it, and its
    /// number.
    pub(super) fn visit<T>(
        &mut self,
        block: &PcapBlockOwned<'_>,
        visit: impl FnOnce(u64, Option<&Record<'_>>) -> T,
    ) -> Option<T> {
        let record = match self.section.record(block) {
            Content::Nothing => return None,
            Content::Opaque => None,
            Content::Packet(record) => record,
        };
        self.frame += 1;
        Some(visit(self.frame, record.as_ref()))
    }

    fn skip(&mut self, skip: Skip) -> Option<Packet> {
        let counter = match skip {
            Skip::Foreign => &mut self.skipped.foreign,
            Skip::Link => &mut self.skipped.link,
            Skip::Fragment => &mut self.skipped.fragments,
            Skip::Malformed => &mut self.skipped.malformed,
            Skip::Truncated => &mut self.skipped.truncated,
        };
        *counter += 1;
        None
    }
}

impl Section {
    fn record<'a>(&mut self, block: &PcapBlockOwned<'a>) -> Content<'a> {
        match block {
            PcapBlockOwned::LegacyHeader(header) => {
                *self = Self::classic(header);
                Content::Nothing
            }
            PcapBlockOwned::Legacy(block) => Content::Packet(self.classic_packet(block)),
            PcapBlockOwned::NG(block) => self.ng_block(block),
        }
    }

    fn ng_block<'a>(&mut self, block: &Block<'a>) -> Content<'a> {
        match block {
            // Interfaces are numbered anew in every section.
            Block::SectionHeader(header) => {
                *self = Section::Ng {
                    big_endian: header.big_endian(),
                    interfaces: Vec::new(),
                };
                Content::Nothing
            }
            Block::InterfaceDescription(description) => {
                self.describe(description);
                Content::Nothing
            }
            Block::EnhancedPacket(block) => {
                Content::Packet(self.interface(block.if_id).map(|interface| {
                    let time = interface.time(block.ts_high, block.ts_low);
                    // `packet_data` would borrow the block.
                    let length = usize::try_from(block.caplen).unwrap_or(usize::MAX);
                    let data = block.data.get(..length).unwrap_or(block.data);
                    Record::new(interface.link, time, block.origlen, data)
                }))
            }
            // Such a packet belongs to the first interface, and only that interface's limit tells
            // where its data end and the padding begins.
            Block::SimplePacket(block) => Content::Packet(self.interface(0).map(|interface| {
                let length = usize::try_from(block.origlen).unwrap_or(usize::MAX);
                let data = block.data.get(..length).unwrap_or(block.data);
                let data = limit(data, interface.snaplen);
                Record::new(interface.link, Duration::ZERO, block.origlen, data)
            })),
            // Neither is decoded, but Wireshark numbers both among the packets.
            Block::SystemdJournalExport(_) => Content::Opaque,
            Block::Unknown(block) if self.native(block.block_type) == OBSOLETE_PACKET_BLOCK => {
                Content::Opaque
            }
            _ => Content::Nothing,
        }
    }

    fn classic(header: &PcapHeader) -> Self {
        Section::Classic {
            // The upper half of the field is about the frame check sequence.
            link: Linktype(header.network.0 & 0xFFFF),
            nanoseconds: header.is_nanosecond_precision(),
        }
    }

    fn classic_packet<'a>(&self, block: &LegacyPcapBlock<'a>) -> Option<Record<'a>> {
        let Section::Classic { link, nanoseconds } = self else {
            return None;
        };
        let fraction = u64::from(block.ts_usec);
        let fraction = if *nanoseconds {
            Duration::from_nanos(fraction)
        } else {
            Duration::from_micros(fraction)
        };
        let time = Duration::from_secs(u64::from(block.ts_sec)) + fraction;
        Some(Record::new(*link, time, block.origlen, block.data))
    }

    fn describe(&mut self, description: &InterfaceDescriptionBlock<'_>) {
        let Section::Ng {
            big_endian,
            interfaces,
        } = self
        else {
            return;
        };
        // pcap-parser returns this option as little-endian in every section, and the resolution as
        // it is in the file.
        let offset = description.if_tsoffset;
        interfaces.push(Interface {
            link: description.linktype,
            snaplen: description.snaplen,
            ticks_per_second: ticks_per_second(description.if_tsresol),
            offset_seconds: if *big_endian {
                offset.swap_bytes()
            } else {
                offset
            },
        });
    }

    fn interface(&self, index: u32) -> Option<&Interface> {
        match self {
            Section::Ng { interfaces, .. } => interfaces.get(usize::try_from(index).ok()?),
            Section::Headless | Section::Classic { .. } => None,
        }
    }

    /// A block type as it was meant; the parser hands it over as if it were little-endian.
    fn native(&self, block_type: u32) -> u32 {
        match self {
            Section::Ng {
                big_endian: true, ..
            } => block_type.swap_bytes(),
            _ => block_type,
        }
    }
}

impl Interface {
    fn time(&self, high: u32, low: u32) -> Duration {
        let ticks = u128::from((u64::from(high) << 32) | u64::from(low));
        let seconds = u64::try_from(ticks / self.ticks_per_second).unwrap_or(u64::MAX);
        let nanoseconds = (ticks % self.ticks_per_second) * 1_000_000_000 / self.ticks_per_second;
        Duration::new(
            seconds.saturating_add_signed(self.offset_seconds),
            u32::try_from(nanoseconds).unwrap_or(0),
        )
    }
}

/// The exponent's highest bit chooses between powers of ten and of two.
///
/// Ticks have 64 bits: with a resolution finer than 2⁻⁶⁴ seconds they could not count to one
/// second. Such an option is corrupt, and the default is used.
fn ticks_per_second(resolution: u8) -> u128 {
    let exponent = u32::from(resolution & 0x7F);
    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
    let plausible = |ticks: &u128| *ticks <= u128::from(u64::MAX) + 1;
    base.checked_pow(exponent)
        .filter(plausible)
        .unwrap_or(1_000_000)
}

/// `data` up to the interface's limit; zero means that there is none.
fn limit(data: &[u8], snaplen: u32) -> &[u8] {
    match usize::try_from(snaplen) {
        Ok(limit) if limit > 0 => data.get(..limit).unwrap_or(data),
        _ => data,
    }
}
