//! Messages: what a request asks of a flow, and what its answer grants.

use std::net::SocketAddr;

use stunwire::{Class, Method};

use super::flow::{DataConnection, Flow, Side, Stamp};
use super::ice::Pair;
use super::observe::Facts;
use super::transaction::{Asked, Finished, Sent, Transaction};
use super::turn::{self, Allocation};
use super::{Analysis, Noted, login, way};
use crate::classify;
use crate::unit::{Endpoints, Framing};

/// As many addresses under which a server saw a client are kept of one flow.
const MOST_MAPPED: usize = 4;

impl Analysis {
    pub(super) fn message(
        &mut self,
        index: usize,
        path: Endpoints,
        framing: Framing,
        depth: usize,
        facts: &Facts<'_>,
        at: Stamp,
    ) -> Option<Noted> {
        let mut noted = self.noted(index, path)?;
        let side = noted.side;
        let flow = self.flows.get_mut(index)?;
        *flow.messages.of_mut(side) += 1;
        flow.is_ms_turn |= facts.is_ms_turn;
        flow.lacks_peers |= facts.lacks_peers();
        flow.may_be_pair |= facts.is_partial
            && facts.class == Class::Request
            && !classify::is_stun_port(path.destination.port());
        if facts.has_bad_fingerprint {
            flow.bad_fingerprints.note(at);
        }
        if facts.is_forged {
            flow.forged.note(at);
        }
        if let Some(software) = facts.software {
            let known = flow.software.of_mut(side);
            known.get_or_insert_with(|| login::text(software));
        }
        if flow.data_connection.is_some_and(|found| found.bound != at) {
            self.relayed_over_tcp(noted, at, 0);
        }
        match facts.class {
            // MS-TURN's Send is a request that is not answered ([MS-TURN] 2.2.1).
            Class::Request | Class::Indication if facts.method == Method::SEND => {
                self.relay(noted, depth, facts, at);
            }
            Class::Indication => match facts.method {
                Method::DATA => self.relay(noted, depth, facts, at),
                Method::CONNECTION_ATTEMPT => {
                    let flow = self.flows.get_mut(index)?;
                    if let (Some(allocation), Some(id)) = (flow.allocation(), facts.connection) {
                        allocation.offer(id, facts.peers.first().copied(), false, at);
                    }
                }
                _ => {}
            },
            Class::Request => noted.is_again = self.request(index, framing, side, facts, at)?,
            Class::SuccessResponse | Class::ErrorResponse => {
                let flow = self.flows.get_mut(index)?;
                if let Some(request) = flow.exchanges.response(facts, side, at) {
                    self.response(index, side, facts, &request, at);
                }
            }
        }
        Some(noted)
    }

    /// Adds a request; `true` if it is a retransmission.
    fn request(
        &mut self,
        index: usize,
        framing: Framing,
        side: Side,
        facts: &Facts<'_>,
        at: Stamp,
    ) -> Option<bool> {
        let flow = self.flows.get_mut(index)?;
        let mut finished = Finished {
            flow: flow.number,
            out: self.wants_transactions.then_some(&mut self.finished),
        };
        if flow.exchanges.request(facts, side, at, &mut finished) == Sent::Again {
            return Some(true);
        }
        if facts.is_check() {
            self.check(index, framing, facts);
        }
        let flow = self.flows.get_mut(index)?;
        match &mut flow.pair {
            Some(pair) if belongs_to_ice(facts) => pair.request(facts, side, at),
            _ => flow.login.request(facts),
        }
        if let (Method::CONNECTION_BIND, Some(id)) = (facts.method, facts.connection)
            && let Some((control, _)) = self.control_of(index, id)
            && let Some(connection) = self.connection(control, id)
        {
            connection.asked.get_or_insert(at);
        }
        Some(false)
    }

    /// Makes the flow a candidate pair of the session that the check names.
    fn check(&mut self, index: usize, framing: Framing, facts: &Facts<'_>) {
        let session = self.sessions.of(facts.username);
        let Some(flow) = self.flows.get_mut(index) else {
            return;
        };
        let is_new = flow.pair.as_ref().is_none_or(|pair| {
            // A restart on the same addresses.
            pair.session != session && facts.username.is_some()
        });
        if is_new {
            flow.pair = Some(Box::new(Pair::new(session, framing)));
            if let Some(session) = self.sessions.all.get_mut(session)
                && session.pairs.last() != Some(&index)
            {
                session.pairs.push(index);
            }
        }
    }

    /// Adds the first response to a request.
    fn response(
        &mut self,
        index: usize,
        side: Side,
        facts: &Facts<'_>,
        request: &Transaction,
        at: Stamp,
    ) {
        let Some(flow) = self.flows.get_mut(index) else {
            return;
        };
        match &mut flow.pair {
            Some(pair) if belongs_to_ice(facts) => {
                pair.response(facts, side.other(), request, at);
            }
            _ => flow.login.response(facts, request, at),
        }
        if let (Some(plain), Some(xored)) = (facts.mapped, facts.xor_mapped)
            && plain != xored
        {
            flow.rewritten.get_or_insert((plain, xored, at));
        }
        if let Some(mapped) = facts.reflexive()
            && flow.pair.is_none()
            && flow.mapped.len() < MOST_MAPPED
            && flow.mapped.iter().all(|(known, _)| *known != mapped)
        {
            flow.mapped.push((mapped, at));
        }
        if let (Some(300), Some(alternate)) = (facts.error, facts.alternate) {
            flow.alternate = Some((alternate, at));
        }
        match facts.error {
            None => self.granted(index, facts, request, at),
            Some(code) => {
                // A client may repeat the request that ends its allocation.
                if facts.method != Method::ALLOCATE
                    && request.asked != Asked::Lifetime(Some(0))
                    && let Some(allocation) = flow.allocation()
                {
                    allocation.refused(facts.method, code, at);
                }
                if let Asked::Connection(id) = request.asked
                    && let Some((control, _)) = self.control_of(index, id)
                    && let Some(connection) = self.connection(control, id)
                {
                    connection.error.get_or_insert((code, at));
                }
            }
        }
    }

    /// Adds a success response.
    fn granted(&mut self, index: usize, facts: &Facts<'_>, request: &Transaction, at: Stamp) {
        let Some(flow) = self.flows.get_mut(index) else {
            return;
        };
        let is_turn = !matches!(facts.method, Method::BINDING | Method::CONNECTION_BIND)
            && facts.method != Method::GOOG_PING;
        if is_turn && facts.method != Method::ALLOCATE {
            flow.allocation_or_earlier(facts.is_ms_turn);
        }
        match &request.asked {
            Asked::Allocation(transport, lifetime) => {
                allocate(flow, facts, *transport, *lifetime, at);
            }
            Asked::Lifetime(asked) => {
                if let Some(allocation) = flow.allocation() {
                    allocation.refreshed(facts.granted_lifetime(*asked), at);
                }
            }
            Asked::Permission(peers) => {
                if let Some(allocation) = flow.allocation() {
                    for peer in peers {
                        allocation.permit(peer.ip(), at);
                    }
                }
            }
            Asked::Channel(number, peer) => {
                if let Some(allocation) = flow.allocation() {
                    allocation.bind(*number, *peer, at);
                }
            }
            Asked::Peer(peer) => {
                if let (Some(allocation), Some(id)) = (flow.allocation(), facts.connection) {
                    allocation.offer(id, Some(*peer), true, at);
                }
            }
            Asked::Connection(id) => self.bound(index, *id, at),
            Asked::Nothing => {}
        }
    }

    /// The flow becomes a data connection of a peer.
    fn bound(&mut self, index: usize, id: u32, at: Stamp) {
        let found = self.control_of(index, id);
        let mut data_connection = DataConnection {
            control: None,
            id,
            peer: None,
            relayed: None,
            bound: at,
        };
        if let Some((control, relayed)) = found {
            data_connection.control = Some(control);
            data_connection.relayed = relayed;
            if let Some(connection) = self.connection(control, id) {
                connection.bound = Some(at);
                connection.flow = Some(index);
                data_connection.peer = connection.peer;
            }
        }
        if let Some(flow) = self.flows.get_mut(index) {
            flow.data_connection = Some(data_connection);
        }
    }

    /// The flow of the allocation that has offered this connection, and the relayed address.
    fn control_of(&self, index: usize, id: u32) -> Option<(usize, Option<SocketAddr>)> {
        let data = self.flows.get(index)?;
        let mut flows = self.flows.iter().rev();
        flows.find_map(|flow| {
            let is_same = flow.server == data.server && flow.client.ip() == data.client.ip();
            let allocation = flow.allocations.last().filter(|_| is_same)?;
            let mut connections = allocation.connections.iter();
            connections
                .any(|connection| connection.id == id)
                .then_some((flow.index(), allocation.relayed))
        })
    }

    fn connection(&mut self, control: usize, id: u32) -> Option<&mut turn::PeerConnection> {
        self.flows.get_mut(control)?.allocation()?.connection(id)
    }

    /// Adds a Send or Data indication.
    fn relay(&mut self, noted: Noted, depth: usize, facts: &Facts<'_>, at: Stamp) {
        let Some(flow) = self.flows.get_mut(noted.flow) else {
            return;
        };
        let client = flow.client;
        let Some(allocation) = flow.allocation_or_earlier(facts.is_ms_turn) else {
            return;
        };
        let Some(length) = facts.data else {
            // A Data indication that reports an ICMP error (RFC 8656 §11.5).
            if let Some(icmp) = facts.icmp {
                allocation.peer_icmp.get_or_insert((icmp, at));
            }
            return;
        };
        let peer = facts.peers.first().copied();
        allocation.relay(way(noted.side), peer, at, length as u64);
        let relayed = allocation.relayed.unwrap_or(client);
        if let Some(peer) = peer {
            self.carry_between(depth, noted, relayed, peer);
        }
    }
}

/// Whether a message on a pair of candidates is part of a check.
fn belongs_to_ice(facts: &Facts<'_>) -> bool {
    facts.method == Method::GOOG_PING || (facts.method == Method::BINDING && facts.realm.is_none())
}

/// Takes the success response to Allocate. In MS-TURN it may be a refresh ([MS-TURN] 3.2.5).
fn allocate(
    flow: &mut Flow,
    facts: &Facts<'_>,
    transport: Option<u8>,
    asked: Option<u32>,
    at: Stamp,
) {
    let mapped = facts.reflexive();
    if let Some(current) = flow.allocation()
        && !current.is_over()
        && (facts.is_ms_turn || current.relayed == facts.relayed)
    {
        if current.made.is_some() || current.relayed.is_none() {
            current.relayed = facts.relayed.or(current.relayed);
        }
        current.refreshed(facts.granted_lifetime(asked), at);
        return;
    }
    let mut allocation = Allocation {
        made: Some(at),
        is_tcp: transport == Some(turn::TCP),
        is_ms_turn: facts.is_ms_turn,
        relayed: facts.relayed,
        mapped,
        ..Allocation::default()
    };
    allocation.grant(facts.granted_lifetime(None), at);
    flow.push_allocation(allocation);
}
