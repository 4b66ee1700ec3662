//! Hexadecimal dumps of packets, with offsets and optionally a column of characters: the form in
//! which support documents and `tcpdump -x` print packets.

use crate::input::is_message;
use crate::pcap::{self, Linktype};
use crate::pcapng::Writer;

/// Greatest number of bytes in a line.
const MAX_LINE: usize = 64;

/// Parses a dump. `None` if the text has no lines with offsets.
///
/// A line is an offset, bytes, and any other column after them; an offset of 0 starts a packet. Lines
/// without an offset are comments.
pub fn parse(text: &str) -> Option<Vec<Vec<u8>>> {
    let lines: Vec<Line> = text.lines().filter_map(Line::parse).collect();
    let mut packets: Vec<Vec<u8>> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        if line.offset == 0 {
            packets.push(Vec::new());
        }
        let packet = packets.last_mut()?;
        if packet.len() != line.offset {
            // The lines before are not a dump of the same packet.
            return None;
        }
        // The next offset tells where the bytes end and the characters begin.
        let next = lines.get(index + 1).map(|next| next.offset);
        let count = match next {
            Some(next) if next > line.offset => next - line.offset,
            _ => line.bytes.len(),
        };
        packet.extend(line.all.get(..count)?);
    }
    packets.retain(|packet| !packet.is_empty());
    (!packets.is_empty()).then_some(packets)
}

struct Line {
    offset: usize,
    /// The bytes up to the first gap of several spaces after the middle of the line.
    bytes: Vec<u8>,
    /// All words of the line that look like bytes.
    all: Vec<u8>,
}

impl Line {
    fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        let (offset, rest) = line.split_once(|c: char| c == ':' || c.is_whitespace())?;
        let offset = offset.strip_prefix("0x").unwrap_or(offset);
        if offset.len() < 3 {
            return None;
        }
        let offset = usize::from_str_radix(offset, 16).ok()?;
        let rest = rest.trim_start_matches(':').trim_start();
        let mut all = Vec::new();
        let mut end = None;
        let mut at = 0;
        while all.len() < MAX_LINE {
            let tail = rest.get(at..)?;
            let spaces = tail.len() - tail.trim_start().len();
            // Two spaces in the middle of a line are usual, elsewhere they end the bytes.
            if spaces >= 2 && end.is_none() && all.len() != 8 && !all.is_empty() {
                end = Some(all.len());
            }
            if spaces >= 3 && end.is_none() && !all.is_empty() {
                end = Some(all.len());
            }
            let token = tail.split_whitespace().next().unwrap_or_default();
            let digits = token.as_bytes();
            let is_bytes = !digits.is_empty()
                && digits.len() % 2 == 0
                && digits.len() <= 8
                && digits.iter().all(u8::is_ascii_hexdigit);
            if !is_bytes {
                break;
            }
            all.extend(crate::hex::decode(token).ok()?);
            at += spaces + token.len();
        }
        if all.is_empty() {
            return None;
        }
        let end = end.unwrap_or(all.len()).min(all.len());
        Some(Self {
            offset,
            bytes: all.get(..end)?.to_vec(),
            all,
        })
    }
}

/// A capture of the packets, each with an Ethernet header or starting with IP. `None` if they are
/// messages without either.
pub fn capture(packets: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut file = Writer::new(Vec::new()).ok()?;
    for packet in packets {
        if is_message(packet) {
            return None;
        }
        let link = [Linktype::ETHERNET, Linktype::RAW]
            .into_iter()
            .find(|&link| pcap::is_ip(link, packet))?;
        file.packet(link, std::time::Duration::ZERO, packet.len(), packet)
            .ok()?;
    }
    file.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines as Wireshark prints them, the last one shorter, with characters that look like
    /// bytes.
    #[test]
    fn wireshark() {
        let text = "\
0000   00 01 00 00 21 12 a4 42 61 62 63 64 65 66 67 68   ....!..Babcdefgh
0010   61 62 63 64                                       ab cd
";
        let expected = b"\0\x01\0\0\x21\x12\xa4\x42abcdefghabcd".to_vec();
        assert_eq!(parse(text), Some(vec![expected.clone()]));
        // With a gap in the middle, and without the characters.
        let text = "\
0000  00 01 00 00 21 12 a4 42  61 62 63 64 65 66 67 68
0010  61 62 63 64
";
        assert_eq!(parse(text), Some(vec![expected]));
    }

    #[test]
    fn tcpdump() {
        let text = "\
12:00:00.000000 IP 192.0.2.1.40000 > 192.0.2.2.3478: UDP, length 20
\t0x0000:  4500 0030 0000 0000 4011 0000 c000 0201  E..0....@.......
\t0x0010:  c000 0202 9c                             .....
12:00:01.000000 IP 192.0.2.1.40000 > 192.0.2.2.3478: UDP, length 20
\t0x0000:  45
";
        let packets = parse(text).unwrap();
        assert_eq!(packets.len(), 2);
        assert_eq!(packets[0].len(), 21);
        assert_eq!(packets[0][16..], [0xc0, 0, 2, 2, 0x9c]);
        assert_eq!(packets[1], [0x45]);
    }

    #[test]
    fn text_without_offsets() {
        for text in [
            "",
            "some text",
            "0001 0000 2112a442",
            "00 01 00 00",
            "a1b2 is not a dump\n",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
