//! A capture that needs no privileges: the bytes between two sockets are written as IP packets to a .pcap file,
//! so that tshark and `dissect` read the same bytes.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

const TCP: u8 = 6;
const UDP: u8 = 17;

/// Packets in the order in which they were seen.
pub struct Capture {
    file: Vec<u8>,
    /// The next sequence number of each direction of a TCP connection.
    sent: HashMap<(SocketAddr, SocketAddr), u32>,
    packets: usize,
    /// The ports of clients and servers, each as `udp.port==N` or `tcp.port==N`.
    ports: BTreeSet<String>,
}

impl Capture {
    pub fn new() -> Self {
        let mut file = Vec::new();
        // Magic number with microseconds, version 2.4, no time zone, snapshot length, raw IP.
        for word in [0xA1B2_C3D4, 0x0002_0004, 0, 0, 0x0004_0000, 101] {
            file.extend_from_slice(&u32::to_be_bytes(word));
        }
        Self {
            file,
            sent: HashMap::new(),
            packets: 0,
            ports: BTreeSet::new(),
        }
    }

    pub fn packets(&self) -> usize {
        self.packets
    }

    /// The ports of both ends of every packet, in the syntax of tshark.
    pub fn ports(&self) -> Vec<String> {
        self.ports.iter().cloned().collect()
    }

    pub fn write(&self, path: &Path) {
        fs::write(path, &self.file).unwrap();
    }

    /// Adds a datagram.
    pub fn udp(&mut self, from: SocketAddr, to: SocketAddr, payload: &[u8]) {
        self.add_ports("udp", from, to);
        let mut segment = Vec::new();
        segment.extend_from_slice(&from.port().to_be_bytes());
        segment.extend_from_slice(&to.port().to_be_bytes());
        segment.extend_from_slice(&u16::try_from(payload.len() + 8).unwrap().to_be_bytes());
        segment.extend_from_slice(&[0, 0]);
        segment.extend_from_slice(payload);
        self.packet(from.ip(), to.ip(), UDP, 6, segment);
    }

    /// Adds the bytes of a connection, in as many segments as needed.
    pub fn tcp(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        self.add_ports("tcp", from, to);
        for bytes in bytes.chunks(16_384) {
            let next = *self.sent.entry((from, to)).or_insert(1);
            let seen = *self.sent.entry((to, from)).or_insert(1);
            self.sent
                .insert((from, to), next.wrapping_add(bytes.len() as u32));
            let mut segment = Vec::new();
            segment.extend_from_slice(&from.port().to_be_bytes());
            segment.extend_from_slice(&to.port().to_be_bytes());
            segment.extend_from_slice(&next.to_be_bytes());
            segment.extend_from_slice(&seen.to_be_bytes());
            // A header of 5 words, PSH and ACK, a window; then checksum and urgent pointer.
            segment.extend_from_slice(&[0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
            segment.extend_from_slice(bytes);
            self.packet(from.ip(), to.ip(), TCP, 16, segment);
        }
    }

    fn add_ports(&mut self, protocol: &str, from: SocketAddr, to: SocketAddr) {
        for end in [from, to] {
            self.ports
                .insert(format!("{protocol}.port=={}", end.port()));
        }
    }

    /// The IP header, and the segment's checksum.
    fn packet(
        &mut self,
        from: IpAddr,
        to: IpAddr,
        protocol: u8,
        sum_at: usize,
        mut segment: Vec<u8>,
    ) {
        let length = u16::try_from(segment.len()).unwrap();
        let mut addresses = Vec::new();
        let header = match (from, to) {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                addresses.extend_from_slice(&from.octets());
                addresses.extend_from_slice(&to.octets());
                let mut header = vec![0x45, 0];
                header.extend_from_slice(&(length + 20).to_be_bytes());
                header.extend_from_slice(&[0, 0, 0x40, 0, 64, protocol, 0, 0]);
                header.extend_from_slice(&addresses);
                let sum = checksum(&[&header]);
                header[10..12].copy_from_slice(&sum);
                header
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                addresses.extend_from_slice(&from.octets());
                addresses.extend_from_slice(&to.octets());
                let mut header = vec![0x60, 0, 0, 0];
                header.extend_from_slice(&length.to_be_bytes());
                header.extend_from_slice(&[protocol, 64]);
                header.extend_from_slice(&addresses);
                header
            }
            _ => panic!("from {from} to {to}"),
        };
        let [high, low] = length.to_be_bytes();
        let sum = match checksum(&[&addresses, &[0, protocol, high, low], &segment]) {
            [0, 0] if protocol == UDP => [0xFF, 0xFF],
            sum => sum,
        };
        segment[sum_at..sum_at + 2].copy_from_slice(&sum);

        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let total = (header.len() + segment.len()) as u32;
        for word in [now.as_secs() as u32, now.subsec_micros(), total, total] {
            self.file.extend_from_slice(&word.to_be_bytes());
        }
        self.file.extend_from_slice(&header);
        self.file.extend_from_slice(&segment);
        self.packets += 1;
    }
}

/// The internet checksum (RFC 1071) of parts of even length; only the last may be odd.
fn checksum(parts: &[&[u8]]) -> [u8; 2] {
    let mut sum = 0_u32;
    for part in parts {
        for pair in part.chunks(2) {
            sum += u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
        }
    }
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}
