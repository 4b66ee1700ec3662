//! What was found in a capture: the stream of decoded units that every output consumes.
//!
//! The dissector calls an [`Output`] once per unit, in the order in which the units were completed.
//! An output that analyzes finds everything here: where and when a unit was captured ([`Origin`]),
//! and its decoded content with direct access to the [`Message`].

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use stunwire::{Header, Message, ParseError, RawAttribute};

use crate::credentials::Integrity;

/// One decoded item and where it was captured.
#[derive(Debug)]
pub struct Unit<'a> {
    /// Where and when.
    pub origin: Origin,
    /// What.
    pub content: Content<'a>,
}

/// Where and when a unit was captured.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Index of its capture file among all that are read, from 0.
    pub file: usize,
    /// Number of the packet that completed it, counted from 1 in each file, as Wireshark counts.
    pub frame: u64,
    /// Capture time since the Unix epoch. `None` if the input has no time.
    pub time: Option<Duration>,
    /// Capture time since the first packet of the file. `None` if the input has no time.
    pub elapsed: Option<Duration>,
    /// Source and destination of the IP packet. `None` if the input is a bare message.
    pub endpoints: Option<Endpoints>,
    /// UDP or TCP.
    pub transport: Transport,
    /// What surrounds the unit in its datagram or stream.
    pub framing: Framing,
    /// Offset in bytes of the unit's frame from the start of its direction of a TCP connection.
    pub stream_offset: Option<u64>,
    /// The unit that carries this one: a Send or Data indication, ChannelData or a multiplexed frame.
    pub carrier: Option<Carrier>,
    /// The ICMP error that quotes the packet. The packet itself may be in the capture as well, so an
    /// analysis must not count a quoted message again. `endpoints` are those of the quoted packet.
    pub icmp: Option<IcmpError>,
    /// The snap length of the capture truncated the packet, so that the end of the unit may be missing.
    pub truncated: bool,
}

/// Source and destination of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoints {
    pub source: SocketAddr,
    pub destination: SocketAddr,
}

impl Endpoints {
    /// Both addresses, the lower one first: the same for both directions.
    pub fn sorted(self) -> [SocketAddr; 2] {
        let mut pair = [self.source, self.destination];
        pair.sort_unstable();
        pair
    }

    /// The opposite direction.
    pub fn reversed(self) -> Self {
        Self {
            source: self.destination,
            destination: self.source,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    Udp,
    Tcp,
}

impl Transport {
    pub fn name(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
        }
    }
}

/// What surrounds a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Nothing: a datagram, or STUN messages and ChannelData one after the other in a stream.
    None,
    /// The 2-byte length of RFC 4571.
    Rfc4571,
    /// MS-TURN's 4-byte header of a control message.
    MsControl,
    /// MS-TURN's 4-byte header of end-to-end data.
    MsData,
}

impl Framing {
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Rfc4571 => "rfc4571",
            Self::MsControl => "ms-turn-control",
            Self::MsData => "ms-turn-data",
        }
    }

    /// Length in bytes of what precedes each packet.
    pub fn prefix_len(self) -> usize {
        match self {
            Self::None => 0,
            Self::Rfc4571 => 2,
            Self::MsControl | Self::MsData => 4,
        }
    }
}

/// The unit that carries another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// The number that [`Output::unit`] returned for it.
    pub unit: u64,
    /// Nesting depth: 1 inside a unit that nothing carries.
    pub depth: usize,
}

/// An ICMP or ICMPv6 error message that quotes a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IcmpError {
    /// The router or host that sent the error.
    pub reporter: IpAddr,
    /// The ICMP type; which protocol it belongs to follows from the family of `reporter`.
    pub kind: u8,
    /// The ICMP code.
    pub code: u8,
}

impl IcmpError {
    /// The meaning of type and code in words (RFC 792, RFC 1812, RFC 4443).
    pub fn name(self) -> &'static str {
        match (self.reporter.is_ipv4(), self.kind, self.code) {
            (true, 3, 0) => "network unreachable",
            (true, 3, 1) | (false, 1, 3) => "host unreachable",
            (true, 3, 2) => "protocol unreachable",
            (true, 3, 3) | (false, 1, 4) => "port unreachable",
            (true, 3, 4) => "fragmentation needed",
            (true, 3, 9 | 10 | 13) | (false, 1, 1) => "administratively prohibited",
            (true, 3, _) => "destination unreachable",
            (true, 4, _) => "source quench",
            (true, 5, _) => "redirect",
            (true, 11, 0) | (false, 3, 0) => "hop limit exceeded",
            (true, 11, _) | (false, 3, _) => "reassembly time exceeded",
            (true, 12, _) | (false, 4, _) => "parameter problem",
            (false, 1, 0) => "no route to destination",
            (false, 1, 5 | 6) => "rejected by policy",
            (false, 1, _) => "destination unreachable",
            (false, 2, _) => "packet too big",
            _ => "unknown ICMP error",
        }
    }
}

#[derive(Debug)]
pub enum Content<'a> {
    /// A valid STUN message, or one of a predecessor.
    Stun {
        message: Message<'a>,
        integrity: Integrity,
        /// Number of bytes after the message in its datagram or frame.
        trailing: usize,
    },
    /// The bytes claim to be a STUN message and break a rule.
    Malformed {
        partial: Partial<'a>,
        error: ParseError,
    },
    /// A STUN message whose end is not in the capture.
    Truncated {
        partial: Partial<'a>,
        /// Length in bytes of what was captured.
        captured: usize,
        /// Length in bytes of the packet on the wire.
        length: usize,
    },
    ChannelData {
        number: u16,
        /// The captured part of the application data.
        payload: &'a [u8],
        /// The length field: number of bytes of application data on the wire.
        length: usize,
        /// Number of padding bytes.
        padding: usize,
    },
    /// A packet in Microsoft's multiplexed frame.
    Multiplexed { session: [u8; 8], payload: &'a [u8] },
    /// A pseudo-TLS handshake message before MS-TURN over TCP, or Google's.
    PseudoTls(PseudoTls),
    /// A packet or stream of another protocol.
    Other {
        protocol: Protocol,
        /// Length in bytes on the wire.
        length: u64,
    },
    /// Bytes of a TCP stream from which nothing was decoded, between others.
    Gap {
        /// Number of bytes.
        length: u64,
        cause: GapCause,
    },
}

/// The readable part of a message that is not valid or not complete.
#[derive(Debug)]
pub struct Partial<'a> {
    /// `None` if not even the header is valid or complete.
    pub header: Option<Header>,
    /// The attributes before the first error or the end of the captured bytes.
    pub attributes: Vec<RawAttribute<'a>>,
}

/// Why bytes of a stream were not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapCause {
    /// Their TCP segments are not in the capture.
    NotCaptured,
    /// The capture's snap length truncated their TCP segments.
    Truncated,
    /// No framing explains them; the decoder lost synchronization and searched for the next frame.
    Unframed,
}

impl GapCause {
    pub fn name(self) -> &'static str {
        match self {
            Self::NotCaptured => "not-captured",
            Self::Truncated => "truncated",
            Self::Unframed => "unframed",
        }
    }
}

/// The sender of a pseudo-TLS handshake message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PseudoTls {
    /// An MS-TURN client.
    Client,
    /// An MS-TURN server.
    Server,
    /// A client of Google's variant, whose 72 bytes are fixed.
    GoogleClient,
    /// A server of Google's variant, whose 79 bytes are fixed.
    GoogleServer,
}

impl PseudoTls {
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::GoogleClient => "google-client",
            Self::GoogleServer => "google-server",
        }
    }
}

/// A protocol that shares ports with STUN, told by the first bytes (RFC 7983 §7, RFC 5761 §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    Zrtp,
    Dtls,
    Rtp,
    Rtcp,
    /// TLS on a TCP connection. What it encrypts cannot be decoded.
    Tls,
    /// A datagram of something else.
    Unknown,
    /// A TCP stream without a known framing.
    Raw,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Self::Zrtp => "zrtp",
            Self::Dtls => "dtls",
            Self::Rtp => "rtp",
            Self::Rtcp => "rtcp",
            Self::Tls => "tls",
            Self::Unknown => "unknown",
            Self::Raw => "raw",
        }
    }
}

/// A change of a TCP connection, for outputs that follow connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpEvent {
    /// A SYN without ACK: the source opens the connection. Repeated for a retransmission.
    Syn,
    /// A SYN with ACK: the source accepts the connection.
    SynAck,
    /// The source closes its direction.
    Fin,
    /// The source resets or refuses the connection.
    Rst,
    /// An ICMP error ([`Origin::icmp`]) quotes a segment of the connection.
    Icmp,
}

/// The number of units of each kind in one capture file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub stun: u64,
    pub channel_data: u64,
    pub multiplexed: u64,
    pub pseudo_tls: u64,
    pub malformed: u64,
    pub truncated: u64,
    pub other: u64,
    pub gaps: u64,
}

impl Totals {
    pub fn count(&mut self, content: &Content<'_>) {
        let counter = match content {
            Content::Stun { .. } => &mut self.stun,
            Content::ChannelData { .. } => &mut self.channel_data,
            Content::Multiplexed { .. } => &mut self.multiplexed,
            Content::PseudoTls(_) => &mut self.pseudo_tls,
            Content::Malformed { .. } => &mut self.malformed,
            Content::Truncated { .. } => &mut self.truncated,
            Content::Other { .. } => &mut self.other,
            Content::Gap { .. } => &mut self.gaps,
        };
        *counter += 1;
    }
}

/// Packets of a capture from which no unit was decoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Neither UDP nor TCP nor an ICMP error about either.
    pub foreign: u64,
    /// Captured on a link of an unsupported type.
    pub link: u64,
    /// Fragments of IP packets that are not complete in the capture.
    pub fragments: u64,
    /// Malformed headers.
    pub malformed: u64,
    /// The snap length truncated the packet within its headers.
    pub truncated: u64,
}

impl Skipped {
    pub fn total(&self) -> u64 {
        self.foreign + self.link + self.fragments + self.malformed + self.truncated
    }
}

/// What an output is told at the end of a capture file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    pub totals: Totals,
    /// Number of packets in the file.
    pub packets: u64,
    pub skipped: Skipped,
    /// The file ends in the middle of a packet, so more may have been sent than it shows.
    pub file_is_truncated: bool,
    /// Capture time of the first and of the last packet, since the Unix epoch.
    pub first: Option<Duration>,
    pub last: Option<Duration>,
}

/// A consumer of units. Each input file has an output of its own, so that files can be read in
/// parallel.
pub trait Output: Send {
    /// Begins an input. `name` is the path as the user wrote it, or `None` for a message given on the
    /// command line.
    fn start(&mut self, _file: usize, _name: Option<&str>) -> io::Result<()> {
        Ok(())
    }

    /// Consumes a unit and returns its number, by which units that it carries refer to it.
    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64>;

    /// Consumes a change of a TCP connection.
    fn tcp(&mut self, _origin: &Origin, _event: TcpEvent) -> io::Result<()> {
        Ok(())
    }

    /// Ends a capture. Not called for a single message.
    fn finish(&mut self, summary: &Summary) -> io::Result<()>;

    fn flush(&mut self) -> io::Result<()>;
}
