//! A flow, and the types from which its state is built.

use std::net::{IpAddr, SocketAddr};

pub use super::evidence::{Frames, Stamp, Traffic};
use super::ice::Pair;
use super::login::Login;
use super::transaction::Exchanges;
use super::turn::Allocation;
use crate::unit::Transport;

/// Maximum number of allocations that are kept of one flow. A further one replaces the oldest.
pub const MOST_ALLOCATIONS: usize = 16;

/// The packets that one side of a flow sent, other than STUN.
#[derive(Clone, Debug, Default)]
pub struct Media {
    pub rtp: Traffic,
    pub rtcp: Traffic,
    pub dtls: Traffic,
    pub other: Traffic,
}

impl Media {
    pub fn packets(&self) -> u64 {
        self.rtp.packets + self.rtcp.packets + self.dtls.packets + self.other.packets
    }

    pub fn bytes(&self) -> u64 {
        self.rtp.bytes + self.rtcp.bytes + self.dtls.bytes + self.other.bytes
    }

    /// When the first packet of any kind was sent.
    pub fn first(&self) -> Option<Stamp> {
        let all = [&self.rtp, &self.rtcp, &self.dtls, &self.other];
        let sent = all.into_iter().filter(|traffic| traffic.packets > 0);
        sent.map(|traffic| traffic.first).min()
    }
}

/// One of the two ends. Between ICE agents, the client is the sender of the first packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

impl Side {
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// A value for each side.
#[derive(Clone, Debug, Default)]
pub struct Both<T> {
    pub client: T,
    pub server: T,
}

impl<T> Both<T> {
    pub fn of(&self, side: Side) -> &T {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    pub fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

/// The TCP connection of a flow.
#[derive(Clone, Debug, Default)]
pub struct Connection {
    pub syn: Frames,
    pub accepted: Option<Stamp>,
    /// The side that reset or ended the connection, and when.
    pub reset: Option<(Side, Stamp)>,
    pub ended: Option<(Side, Stamp)>,
}

/// An ICMP error about packets of the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreachable {
    pub reason: &'static str,
    /// The router or host that sent it.
    pub reporter: IpAddr,
    /// The side that had sent the packet.
    pub sender: Side,
    pub frames: Frames,
}

/// A connection of RFC 6062 between a client and its server: data of one peer.
#[derive(Clone, Copy, Debug)]
pub struct DataConnection {
    /// The flow with the allocation, if it is in the capture.
    pub control: Option<usize>,
    pub id: u32,
    pub peer: Option<SocketAddr>,
    pub relayed: Option<SocketAddr>,
    pub bound: Stamp,
}

/// All packets between two transport addresses over one transport.
pub struct Flow {
    /// Counted from 1, in the order in which flows begin.
    pub number: usize,
    pub client: SocketAddr,
    pub server: SocketAddr,
    pub transport: Transport,
    /// The flow inside which this one is relayed, as an index. Its client is the relayed address.
    pub via: Option<usize>,
    pub first: Stamp,
    pub last: Stamp,
    pub is_ms_turn: bool,
    /// Number of STUN messages.
    pub messages: Both<u64>,
    pub media: Both<Media>,
    pub exchanges: Exchanges,
    pub login: Login,
    pub allocations: Vec<Allocation>,
    pub pair: Option<Box<Pair>>,
    /// The server that 300 (Try Alternate) names.
    pub alternate: Option<(SocketAddr, Stamp)>,
    /// The mapped addresses of the client.
    pub mapped: Vec<(SocketAddr, Stamp)>,
    /// MAPPED-ADDRESS and XOR-MAPPED-ADDRESS of one response differ.
    pub rewritten: Option<(SocketAddr, SocketAddr, Stamp)>,
    pub software: Both<Option<String>>,
    pub connection: Connection,
    pub unreachable: Option<Unreachable>,
    pub data_connection: Option<DataConnection>,
    pub bad_fingerprints: Frames,
    pub forged: Frames,
    pub broken: Frames,
    /// Bytes of the streams that the capture does not have.
    pub missing: u64,
    /// The snap length truncated a request to a port that is not a STUN server's, so that it may be a check.
    pub may_be_pair: bool,
    /// The snap length truncated a request for permissions or a channel, so that it may name more peers.
    pub lacks_peers: bool,
}

impl Flow {
    pub fn new(
        number: usize,
        [client, server]: [SocketAddr; 2],
        transport: Transport,
        via: Option<usize>,
        at: Stamp,
    ) -> Self {
        Self {
            number,
            client,
            server,
            transport,
            via,
            first: at,
            last: at,
            is_ms_turn: false,
            messages: Both::default(),
            media: Both::default(),
            exchanges: Exchanges::default(),
            login: Login::default(),
            allocations: Vec::new(),
            pair: None,
            alternate: None,
            mapped: Vec::new(),
            rewritten: None,
            software: Both::default(),
            connection: Connection::default(),
            unreachable: None,
            data_connection: None,
            bad_fingerprints: Frames::default(),
            forged: Frames::default(),
            broken: Frames::default(),
            missing: 0,
            may_be_pair: false,
            lacks_peers: false,
        }
    }

    /// The index of the flow, by which [`Flows`](super::flows::Flows) finds it.
    pub fn index(&self) -> usize {
        self.number - 1
    }

    pub fn address(&self, side: Side) -> SocketAddr {
        match side {
            Side::Client => self.client,
            Side::Server => self.server,
        }
    }

    /// The side that has this address.
    pub fn side(&self, address: SocketAddr) -> Side {
        if address == self.client {
            Side::Client
        } else {
            Side::Server
        }
    }

    /// The current allocation.
    pub fn allocation(&mut self) -> Option<&mut Allocation> {
        self.allocations.last_mut()
    }

    /// The current allocation. If the capture has none, it was made before the capture began, and an
    /// empty one is added.
    pub fn allocation_or_earlier(&mut self, is_ms_turn: bool) -> Option<&mut Allocation> {
        if self.allocations.is_empty() {
            self.allocations.push(Allocation {
                is_ms_turn,
                ..Allocation::default()
            });
        }
        self.allocations.last_mut()
    }

    pub fn push_allocation(&mut self, allocation: Allocation) {
        if self.allocations.len() == MOST_ALLOCATIONS {
            self.allocations.remove(0);
        }
        self.allocations.push(allocation);
    }

    /// Whether the server is a TURN server.
    pub fn is_turn(&self) -> bool {
        !self.allocations.is_empty() || self.exchanges.asked_for_turn()
    }
}
