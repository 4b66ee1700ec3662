//! A capture that is written packet by packet.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use stunwire::TransactionId;

use super::{START, address, rtp};

/// A capture in the making: a pcap file of raw IPv4 with times in microseconds.
pub struct Call {
    bytes: Vec<u8>,
    taken: u64,
    now: Duration,
    ids: u32,
    /// The next sequence number of each direction of a TCP connection.
    sequences: HashMap<(SocketAddr, SocketAddr), u32>,
}

impl Default for Call {
    fn default() -> Self {
        Self::new()
    }
}

impl Call {
    pub fn new() -> Self {
        let header = [0xA1B2_C3D4, 0x0002_0004, 0, 0, 65_535, 101];
        Self {
            bytes: header.into_iter().flat_map(u32::to_be_bytes).collect(),
            taken: 0,
            now: Duration::ZERO,
            ids: 0,
            sequences: HashMap::new(),
        }
    }

    /// The file.
    pub fn file(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes the next part of a file that is too long to keep it.
    pub fn take(&mut self) -> Vec<u8> {
        self.taken += self.bytes.len() as u64;
        std::mem::take(&mut self.bytes)
    }

    /// Number of bytes that were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }

    pub fn now(&self) -> Duration {
        self.now
    }

    pub fn wait(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self
    }

    /// Extends the capture: a packet of another protocol is its last one.
    pub fn idle(&mut self, millis: u64) -> &mut Self {
        self.wait(millis);
        self.udp(
            address("192.0.2.99:5353"),
            address("192.0.2.98:5353"),
            b"something else",
        )
    }

    /// A transaction id that no other request of the call has.
    pub fn id(&mut self) -> TransactionId {
        self.ids += 1;
        let [a, b, c, d] = self.ids.to_be_bytes();
        TransactionId::new([0x5A, 0, 0, 0, 0, 0, 0, 0, a, b, c, d])
    }

    fn ip(&mut self, protocol: u8, source: Ipv4Addr, destination: Ipv4Addr, segment: &[u8]) {
        let length = (20 + segment.len()) as u16;
        let [high, low] = length.to_be_bytes();
        let front = [0x45, 0, high, low, 0, 0, 0, 0, 64, protocol, 0, 0];
        let seconds = (START + self.now.as_secs()) as u32;
        let length = u32::from(length);
        for number in [seconds, self.now.subsec_micros(), length, length] {
            self.bytes.extend(number.to_be_bytes());
        }
        self.bytes.extend(front);
        self.bytes.extend(source.octets());
        self.bytes.extend(destination.octets());
        self.bytes.extend(segment);
    }

    pub fn udp(&mut self, from: SocketAddr, to: SocketAddr, payload: &[u8]) -> &mut Self {
        let (from, to) = (v4(from), v4(to));
        let segment = datagram(from, to, payload);
        self.ip(17, *from.ip(), *to.ip(), &segment);
        self
    }

    /// A router or host says that a datagram did not arrive (RFC 792).
    pub fn icmp(
        &mut self,
        reporter: Ipv4Addr,
        code: u8,
        from: SocketAddr,
        to: SocketAddr,
        payload: &[u8],
    ) -> &mut Self {
        let (from, to) = (v4(from), v4(to));
        let quoted = datagram(from, to, payload);
        let length = ((20 + quoted.len()) as u16).to_be_bytes();
        let mut segment = vec![3, code, 0, 0, 0, 0, 0, 0];
        segment.extend([0x45, 0, length[0], length[1], 0, 0, 0, 0, 64, 17, 0, 0]);
        segment.extend(from.ip().octets());
        segment.extend(to.ip().octets());
        segment.extend(quoted);
        self.ip(1, reporter, *from.ip(), &segment);
        self
    }

    fn segment(
        &mut self,
        from: SocketAddr,
        to: SocketAddr,
        flags: u8,
        payload: &[u8],
    ) -> &mut Self {
        const SYN: u8 = 2;
        let known = self.sequences.entry((from, to)).or_insert(1000);
        if flags & SYN != 0 {
            *known = 1000;
        }
        let sequence = *known;
        *known += payload.len() as u32 + u32::from(flags & 3 != 0);
        let (from, to) = (v4(from), v4(to));
        let mut segment = [from.port().to_be_bytes(), to.port().to_be_bytes()].concat();
        segment.extend(sequence.to_be_bytes());
        segment.extend([0, 0, 0, 0, 0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        segment.extend(payload);
        self.ip(6, *from.ip(), *to.ip(), &segment);
        self
    }

    pub fn tcp(&mut self, from: SocketAddr, to: SocketAddr, payload: &[u8]) -> &mut Self {
        self.segment(from, to, 0x18, payload)
    }

    pub fn syn(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Self {
        self.segment(from, to, 0x02, &[])
    }

    pub fn rst(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Self {
        self.segment(from, to, 0x14, &[])
    }

    pub fn fin(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Self {
        self.segment(from, to, 0x11, &[])
    }

    /// A TCP connection is opened.
    pub fn connect(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Self {
        self.syn(from, to).wait(10);
        self.segment(to, from, 0x12, &[]).wait(10)
    }

    /// RTP in one direction: `count` packets every 20 ms.
    pub fn rtp(&mut self, from: SocketAddr, to: SocketAddr, count: usize) -> &mut Self {
        for number in 0..count {
            self.udp(from, to, &rtp(number)).wait(20);
        }
        self
    }
}

fn v4(address: SocketAddr) -> SocketAddrV4 {
    match address {
        SocketAddr::V4(address) => address,
        SocketAddr::V6(_) => unreachable!("the calls are over IPv4"),
    }
}

fn datagram(from: SocketAddrV4, to: SocketAddrV4, payload: &[u8]) -> Vec<u8> {
    let numbers = [from.port(), to.port(), 8 + payload.len() as u16, 0];
    let header: Vec<u8> = numbers.into_iter().flat_map(u16::to_be_bytes).collect();
    [&header[..], payload].concat()
}
