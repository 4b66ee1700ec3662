//! The analysis of a whole capture: flows, transactions, allocations, candidate pairs, logins.
//!
//! The analysis consumes units one by one. It keeps counts, the first frame numbers of each kind, and
//! open transactions, so memory does not grow with the length of a capture. It grows with the number of
//! flows, until [`MOST_FLOWS`] of them are open; the limits inside a flow are constants of the modules.

mod evidence;
pub mod flow;
pub mod flows;
pub mod hosts;
pub mod ice;
pub mod login;
mod messages;
pub mod observe;
pub mod transaction;
pub mod turn;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::classify;
use crate::unit::{
    Content, Endpoints, GapCause, IcmpError, Origin, Protocol, Summary, TcpEvent, Transport, Unit,
};
use flow::{Flow, Frames, Side, Stamp, Unreachable};
use flows::Flows;
use ice::Sessions;
use observe::Facts;
use transaction::{Finished, FinishedTransaction};
use turn::Way;

/// Number of flows beyond which those that were idle for the longest time are closed.
pub const MOST_FLOWS: usize = 20_000;

/// Maximum nesting depth of packets in packets.
const DEEPEST: usize = 8;

/// The state of the analysis.
#[derive(Default)]
pub struct Analysis {
    pub flows: Flows,
    pub sessions: Sessions,
    /// When the last packet of a flow was captured.
    pub end: Duration,
    /// Since the epoch, when the first packet of the capture was captured.
    pub start: Option<Duration>,
    /// The flows by their hosts, since they were last needed.
    pub hosts: hosts::Index,
    index: HashMap<Key, usize>,
    last: Option<(Key, usize)>,
    /// The addresses of the packet that the last unit of each depth carries.
    carried: [Option<Carried>; DEEPEST],
    finished: Vec<FinishedTransaction>,
    wants_transactions: bool,
}

/// The key of a flow.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    ends: [SocketAddr; 2],
    transport: Transport,
    via: Option<usize>,
}

impl Key {
    fn new(path: Endpoints, transport: Transport, via: Option<usize>) -> Self {
        Self {
            ends: path.sorted(),
            transport,
            via,
        }
    }
}

/// The addresses of a packet inside another.
#[derive(Clone, Copy)]
struct Carried {
    path: Endpoints,
    via: Option<usize>,
}

/// The flow and the sender of a unit.
#[derive(Clone, Copy, Debug)]
pub struct Noted {
    /// As an index.
    pub flow: usize,
    /// The sender.
    pub side: Side,
    /// A retransmission.
    pub is_again: bool,
}

impl Analysis {
    /// Keeps finished transactions for [`take_finished`](Self::take_finished).
    pub fn with_transactions(mut self) -> Self {
        self.wants_transactions = true;
        self
    }

    /// Takes the transactions that have ended since the last call.
    pub fn take_finished(&mut self) -> Vec<FinishedTransaction> {
        std::mem::take(&mut self.finished)
    }

    /// Adds a unit. `None` if it belongs to no flow.
    pub fn note(&mut self, unit: &Unit<'_>) -> Option<Noted> {
        let origin = &unit.origin;
        let at = self.at(origin)?;
        let depth = origin.carrier.map_or(0, |carrier| carrier.depth);
        let (path, via) = match depth {
            0 => (origin.endpoints?, None),
            _ => {
                let carried = self.carried.get(depth).copied().flatten()?;
                (carried.path, carried.via)
            }
        };
        if let Some(next) = self.carried.get_mut(depth + 1) {
            *next = None;
        }
        let key = Key::new(path, origin.transport, via);
        if let Some(icmp) = origin.icmp {
            let index = self.known(key)?;
            self.unreachable(index, path, icmp, at);
            return self.noted(index, path);
        }
        let facts = match &unit.content {
            Content::Stun {
                message, integrity, ..
            } => Facts::of(message, *integrity),
            Content::Truncated { partial, .. } => Facts::of_partial(partial)?,
            _ => return self.other_unit(key, path, depth, &unit.content, at),
        };
        let index = self.flow(key, path, at, Some(facts.is_from_client()))?;
        self.message(index, path, origin.framing, depth, &facts, at)
    }

    /// Adds a change of a TCP connection. Connections to the ports of STUN servers are flows; others
    /// only after their first STUN message.
    pub fn tcp(&mut self, origin: &Origin, event: TcpEvent) -> Option<Noted> {
        let (at, path) = (self.at(origin)?, origin.endpoints?);
        let key = Key::new(path, Transport::Tcp, None);
        let is_to_server = classify::is_stun_port(path.destination.port());
        let is_from_server = classify::is_stun_port(path.source.port());
        let index = match event {
            TcpEvent::Syn if is_to_server => self.flow(key, path, at, Some(true))?,
            // The capture begins after the SYN.
            TcpEvent::SynAck if is_from_server => self.flow(key, path, at, Some(false))?,
            _ => self.known(key)?,
        };
        if let Some(icmp) = origin.icmp {
            self.unreachable(index, path, icmp, at);
            return self.noted(index, path);
        }
        let flow = self.flows.get_mut(index)?;
        let side = flow.side(path.source);
        let connection = &mut flow.connection;
        match event {
            TcpEvent::Syn => connection.syn.note(at),
            TcpEvent::SynAck => {
                connection.accepted.get_or_insert(at);
            }
            TcpEvent::Fin => {
                connection.ended.get_or_insert((side, at));
            }
            TcpEvent::Rst => {
                connection.reset.get_or_insert((side, at));
            }
            TcpEvent::Icmp => {}
        }
        self.noted(index, path)
    }

    fn at(&mut self, origin: &Origin) -> Option<Stamp> {
        let time = origin.elapsed?;
        self.end = self.end.max(time);
        if self.start.is_none() {
            self.start = origin.time.and_then(|now| now.checked_sub(time));
        }
        Some(Stamp {
            frame: origin.frame,
            time,
        })
    }

    fn unreachable(&mut self, index: usize, path: Endpoints, icmp: IcmpError, at: Stamp) {
        let Some(flow) = self.flows.get_mut(index) else {
            return;
        };
        let sender = flow.side(path.source);
        let known = flow.unreachable.get_or_insert_with(|| Unreachable {
            reason: icmp.name(),
            reporter: icmp.reporter,
            sender,
            frames: Frames::default(),
        });
        if known.sender == sender {
            known.frames.note(at);
        }
    }

    /// Adds a unit that is not a message.
    fn other_unit(
        &mut self,
        key: Key,
        path: Endpoints,
        depth: usize,
        content: &Content<'_>,
        at: Stamp,
    ) -> Option<Noted> {
        let index = match content {
            Content::Other { .. } | Content::Gap { .. } if key.via.is_none() => self.known(key)?,
            _ => self.flow(key, path, at, None)?,
        };
        let noted = self.noted(index, path)?;
        let flow = self.flows.get_mut(index)?;
        flow.last = flow.last.max(at);
        match content {
            Content::Stun { .. } | Content::Truncated { .. } | Content::PseudoTls(_) => {}
            Content::Malformed { .. } => flow.broken.note(at),
            Content::ChannelData { number, length, .. } => {
                self.channel_data(noted, path, depth, *number, *length as u64, at);
            }
            // The packet inside is between the same two addresses.
            Content::Multiplexed { .. } => self.carry(depth, path, key.via),
            Content::Other { protocol, length } => self.other(noted, *protocol, *length, at),
            Content::Gap { length, cause } => {
                if *cause != GapCause::Unframed {
                    flow.missing += length;
                }
                return None;
            }
        }
        Some(noted)
    }

    /// Ends the capture: open requests are unanswered or undecided.
    pub fn finish(&mut self, summary: &Summary) {
        // Packets of other protocols also show that the capture continued.
        if let (Some(first), Some(last)) = (summary.first, summary.last) {
            self.end = self.end.max(last.saturating_sub(first));
        }
        self.finish_transactions(&self.flows.indices());
    }

    /// Whether the flows that were idle for the longest time must be closed.
    pub fn is_full(&self) -> bool {
        self.flows.len() >= MOST_FLOWS
    }

    /// Ends the transactions of the flows that were idle for the longest time: half of all. Returns their
    /// indices. They must be given to [`close`](Self::close) then.
    pub fn idle(&mut self) -> Vec<usize> {
        let mut idle = self.flows.idle(MOST_FLOWS / 2);
        idle.sort_unstable();
        self.finish_transactions(&idle);
        idle
    }

    /// Ends the transactions of these flows, and updates what is known about all hosts.
    fn finish_transactions(&mut self, indices: &[usize]) {
        for &index in indices {
            if let Some(flow) = self.flows.get_mut(index) {
                let mut finished = Finished {
                    flow: flow.number,
                    out: self.wants_transactions.then_some(&mut self.finished),
                };
                flow.exchanges.finish(self.end, &mut finished);
            }
        }
        self.hosts.update(&self.flows);
    }

    /// Forgets these flows. A further packet between the same addresses begins a new flow.
    pub fn close(&mut self, indices: &[usize]) {
        self.last = None;
        for &index in indices {
            let Some(flow) = self.flows.remove(index) else {
                continue;
            };
            let path = Endpoints {
                source: flow.client,
                destination: flow.server,
            };
            self.index.remove(&Key::new(path, flow.transport, flow.via));
            if let Some(pair) = &flow.pair {
                self.sessions.remove(pair.session, index);
            }
        }
    }

    /// The flow of a packet, if there is one.
    fn known(&mut self, key: Key) -> Option<usize> {
        if let Some((last, index)) = self.last
            && last == key
        {
            return Some(index);
        }
        let index = self.index.get(&key).copied()?;
        self.last = Some((key, index));
        Some(index)
    }

    /// The flow of a packet, a new one if need be. `is_from_client` is `None` if only the ports tell.
    fn flow(
        &mut self,
        key: Key,
        path: Endpoints,
        at: Stamp,
        is_from_client: Option<bool>,
    ) -> Option<usize> {
        if let Some(index) = self.known(key) {
            if let Some(flow) = self.flows.get_mut(index) {
                flow.last = flow.last.max(at);
            }
            return Some(index);
        }
        let is_from_client = is_from_client.unwrap_or_else(|| {
            !classify::is_stun_port(path.source.port())
                || classify::is_stun_port(path.destination.port())
        });
        let ends = if is_from_client {
            [path.source, path.destination]
        } else {
            [path.destination, path.source]
        };
        let (transport, via) = (key.transport, key.via);
        let index = self
            .flows
            .push(|number| Flow::new(number, ends, transport, via, at));
        self.index.insert(key, index);
        self.last = Some((key, index));
        Some(index)
    }

    fn noted(&self, index: usize, path: Endpoints) -> Option<Noted> {
        let flow = self.flows.get(index)?;
        Some(Noted {
            flow: index,
            side: flow.side(path.source),
            is_again: false,
        })
    }

    /// The packet that the unit carries has these addresses.
    fn carry(&mut self, depth: usize, path: Endpoints, via: Option<usize>) {
        if let Some(next) = self.carried.get_mut(depth + 1) {
            *next = Some(Carried { path, via });
        }
    }

    /// The packet that the unit carries is between the relayed address and the peer.
    fn carry_between(&mut self, depth: usize, noted: Noted, relayed: SocketAddr, peer: SocketAddr) {
        let path = Endpoints {
            source: relayed,
            destination: peer,
        };
        let path = match noted.side {
            Side::Client => path,
            Side::Server => path.reversed(),
        };
        self.carry(depth, path, Some(noted.flow));
    }

    fn other(&mut self, noted: Noted, protocol: Protocol, length: u64, at: Stamp) {
        let Some(flow) = self.flows.get_mut(noted.flow) else {
            return;
        };
        let media = flow.media.of_mut(noted.side);
        match protocol {
            Protocol::Rtp => media.rtp.note(at, length),
            Protocol::Rtcp => media.rtcp.note(at, length),
            Protocol::Dtls => media.dtls.note(at, length),
            _ => media.other.note(at, length),
        }
        self.relayed_over_tcp(noted, at, length);
    }

    /// Counts the data of an RFC 6062 connection for its allocation.
    fn relayed_over_tcp(&mut self, noted: Noted, at: Stamp, length: u64) {
        let control = self
            .flows
            .get(noted.flow)
            .and_then(|flow| flow.data_connection)
            .and_then(|connection| connection.control);
        if let Some(control) = control.and_then(|index| self.flows.get_mut(index))
            && let Some(allocation) = control.allocation()
        {
            // Permissions are checked when a connection is made, not for its data.
            allocation.relay(way(noted.side), None, at, length);
        }
    }

    fn channel_data(
        &mut self,
        noted: Noted,
        path: Endpoints,
        depth: usize,
        number: u16,
        length: u64,
        at: Stamp,
    ) {
        let Some(flow) = self.flows.get_mut(noted.flow) else {
            return;
        };
        let client = flow.client;
        let Some(allocation) = flow.allocation_or_earlier(false) else {
            return;
        };
        let peer = allocation.channel_data(way(noted.side), number, at, length);
        let relayed = allocation.relayed.unwrap_or(client);
        match peer {
            Some(peer) => self.carry_between(depth, noted, relayed, peer),
            None => self.carry(depth, path, Some(noted.flow)),
        }
    }
}

fn way(side: Side) -> Way {
    match side {
        Side::Client => Way::ToPeer,
        Side::Server => Way::FromPeer,
    }
}
