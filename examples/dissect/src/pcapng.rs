//! Writes pcapng files.

use std::io::{self, Seek, SeekFrom, Write};
use std::time::Duration;

use crate::pcap::Linktype;

/// A file of one section, with one interface for each link type and times in nanoseconds.
pub struct Writer<W> {
    out: Tail<W>,
    links: Vec<Linktype>,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W) -> io::Result<Self> {
        let mut out = Tail::new(out);
        // Byte-order magic, version 1.0, unknown section length.
        let mut body = 0x1A2B_3C4D_u32.to_le_bytes().to_vec();
        body.extend([1, 0, 0, 0]);
        body.extend([0xFF; 8]);
        block(&mut out, 0x0A0D_0D0A, &body)?;
        Ok(Self {
            out,
            links: Vec::new(),
        })
    }

    /// Appends a packet of `wire_len` bytes on the wire. Returns the position of its bytes in the file.
    pub fn packet(
        &mut self,
        link: Linktype,
        time: Duration,
        wire_len: usize,
        bytes: &[u8],
    ) -> io::Result<u64> {
        let interface = match self.links.iter().position(|&known| known == link) {
            Some(interface) => interface,
            None => self.interface(link)?,
        };
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let [a, b, c, d, e, f, g, h] = nanoseconds.to_be_bytes();
        let mut body = Vec::with_capacity(20 + bytes.len());
        for number in [
            number(interface),
            u32::from_be_bytes([a, b, c, d]),
            u32::from_be_bytes([e, f, g, h]),
            number(bytes.len()),
            number(wire_len),
        ] {
            body.extend(number.to_le_bytes());
        }
        body.extend(bytes);
        // The type and the length of the block come before its body.
        let position = self.out.end() + 8 + 20;
        block(&mut self.out, 6, &body)?;
        Ok(position)
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out.out)
    }

    fn interface(&mut self, link: Linktype) -> io::Result<usize> {
        let [low, high, ..] = link.0.to_le_bytes();
        let mut body = vec![low, high, 0, 0];
        // No snap length; if_tsresol of 10⁻⁹ seconds; the end of the options.
        body.extend([0; 4]);
        body.extend([9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        block(&mut self.out, 1, &body)?;
        self.links.push(link);
        Ok(self.links.len() - 1)
    }
}

impl<W: Write + Seek> Writer<W> {
    /// Replaces the bytes of a packet by as many others.
    pub fn replace(&mut self, position: u64, bytes: &[u8]) -> io::Result<()> {
        self.out.replace(position, bytes)
    }
}

/// Number of bytes that are not written yet, because they may be replaced.
const TAIL: usize = 4 * 1024 * 1024;

/// A file whose last bytes are in memory, so that most replacements need no access to the file.
struct Tail<W> {
    out: W,
    /// Number of bytes that are in the file.
    written: u64,
    tail: Vec<u8>,
}

impl<W: Write> Tail<W> {
    fn new(out: W) -> Self {
        Self {
            out,
            written: 0,
            tail: Vec::new(),
        }
    }

    /// The length of the file with its tail.
    fn end(&self) -> u64 {
        self.written + self.tail.len() as u64
    }

    fn replace(&mut self, position: u64, bytes: &[u8]) -> io::Result<()>
    where
        W: Seek,
    {
        if position < self.written {
            self.drain(self.tail.len())?;
            self.out.seek(SeekFrom::Start(position))?;
            self.out.write_all(bytes)?;
            self.out.seek(SeekFrom::Start(self.written))?;
            return Ok(());
        }
        let start = usize::try_from(position - self.written).unwrap_or(usize::MAX);
        match self.tail.get_mut(start..start.saturating_add(bytes.len())) {
            Some(target) => target.copy_from_slice(bytes),
            None => debug_assert!(false, "the packet was written before"),
        }
        Ok(())
    }

    /// Writes the first bytes of the tail to the file.
    fn drain(&mut self, count: usize) -> io::Result<()> {
        self.out
            .write_all(self.tail.get(..count).unwrap_or_default())?;
        self.tail.drain(..count.min(self.tail.len()));
        self.written += count as u64;
        Ok(())
    }
}

impl<W: Write> Write for Tail<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tail.extend_from_slice(bytes);
        if self.tail.len() >= TAIL {
            self.drain(TAIL / 2)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.drain(self.tail.len())?;
        self.out.flush()
    }
}

fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn block(out: &mut impl Write, kind: u32, body: &[u8]) -> io::Result<()> {
    let padded = body.len().next_multiple_of(4);
    let length = number(padded + 12).to_le_bytes();
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&length)?;
    out.write_all(body)?;
    out.write_all([0; 3].get(..padded - body.len()).unwrap_or_default())?;
    out.write_all(&length)
}
