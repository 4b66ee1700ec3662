//! What is found in a capture, as both kinds of output take it.

use std::io;
use std::time::Duration;

use stunwire::{Header, Message, ParseError, RawAttribute};

use crate::credentials::Integrity;
use crate::stream::Direction;

/// One thing that was found, and where.
pub struct Unit<'a> {
    pub place: Place,
    pub content: Content<'a>,
}

/// Where a unit stands.
#[derive(Clone, Copy)]
pub struct Place {
    /// The packet that completed it, counted from 1 as Wireshark does.
    pub frame: u64,
    /// Since the first packet of the capture. A message from elsewhere has no time.
    pub time: Option<Duration>,
    pub path: Option<Direction>,
    pub transport: Transport,
    pub framing: Framing,
    /// Where its frame begins in its direction of a TCP connection.
    pub stream_offset: Option<u64>,
    /// The unit that carries it.
    pub inside: Option<Inside>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Udp,
    Tcp,
}

/// What stands around a unit in a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Nothing: a datagram, or STUN and ChannelData back to back.
    None,
    Rfc4571,
    /// MS-TURN's frame of a message.
    MsControl,
    /// MS-TURN's frame of the peer's data.
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
}

#[derive(Clone, Copy)]
pub struct Inside {
    /// The number that the output gave to the outer unit.
    pub outer: u64,
    pub depth: usize,
}

pub enum Content<'a> {
    Stun {
        message: Message<'a>,
        integrity: Integrity,
        /// Bytes behind the message.
        trailing: usize,
    },
    /// It claims to be STUN and is not.
    Broken(Broken<'a>),
    ChannelData {
        number: u16,
        payload: &'a [u8],
        /// Padding, which datagrams may have and streams must.
        spare: usize,
    },
    /// A packet in Microsoft's multiplexed frame.
    Multiplexed {
        session: [u8; 8],
        payload: &'a [u8],
    },
    /// A hello in front of MS-TURN over TCP, or Google's.
    Hello(Hello),
    Other {
        protocol: Protocol,
        length: u64,
    },
    /// Bytes of a stream that the capture does not have.
    Gap {
        length: u64,
    },
}

/// Whose hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hello {
    Client,
    Server,
    /// Google's, of which only the beginning is known.
    Google,
}

impl Hello {
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Google => "google",
        }
    }
}

pub struct Broken<'a> {
    /// None where not even the header stands.
    pub header: Option<Header>,
    /// What stands before the error.
    pub attributes: Vec<RawAttribute<'a>>,
    pub error: ParseError,
}

/// What shares ports with STUN, by the first byte (RFC 7983 §7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Zrtp,
    Dtls,
    Rtp,
    Rtcp,
    /// A datagram of something else.
    Unknown,
    /// Bytes of a stream in which no frame stands.
    Raw,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Self::Zrtp => "zrtp",
            Self::Dtls => "dtls",
            Self::Rtp => "rtp",
            Self::Rtcp => "rtcp",
            Self::Unknown => "unknown",
            Self::Raw => "raw",
        }
    }
}

/// How many of everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub stun: u64,
    pub channel_data: u64,
    pub multiplexed: u64,
    pub hellos: u64,
    pub errors: u64,
    pub other: u64,
    pub gaps: u64,
}

impl Totals {
    pub fn count(&mut self, content: &Content<'_>) {
        let counter = match content {
            Content::Stun { .. } => &mut self.stun,
            Content::ChannelData { .. } => &mut self.channel_data,
            Content::Multiplexed { .. } => &mut self.multiplexed,
            Content::Hello(_) => &mut self.hellos,
            Content::Broken(_) => &mut self.errors,
            Content::Other { .. } => &mut self.other,
            Content::Gap { .. } => &mut self.gaps,
        };
        *counter += 1;
    }
}

/// Where units go.
pub trait Output {
    /// Takes a unit and gives the number by which those inside it refer to it.
    fn unit(&mut self, unit: &Unit<'_>) -> io::Result<u64>;

    /// Ends a capture of so many packets, of which `skipped` carry neither UDP nor TCP.
    fn finish(&mut self, totals: &Totals, packets: u64, skipped: u64) -> io::Result<()>;

    fn flush(&mut self) -> io::Result<()>;
}
