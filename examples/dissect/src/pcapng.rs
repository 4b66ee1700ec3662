//! Writes pcapng files.

use std::io::{self, Write};
use std::time::Duration;

use crate::pcap::Linktype;

/// A file of one section, with one interface for each link type and times in nanoseconds.
pub struct Writer<W> {
    out: W,
    links: Vec<Linktype>,
}

impl<W: Write> Writer<W> {
    pub fn new(mut out: W) -> io::Result<Self> {
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

    /// Appends a packet of `wire_len` bytes on the wire.
    pub fn packet(
        &mut self,
        link: Linktype,
        time: Duration,
        wire_len: usize,
        bytes: &[u8],
    ) -> io::Result<()> {
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
        block(&mut self.out, 6, &body)
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
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
