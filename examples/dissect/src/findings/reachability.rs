//! Whether servers answer at all.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use super::{Found, host, remains, seconds, to_servers};
use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Frames, Side};
use crate::analysis::ice::State;
use crate::unit::Transport;
use crate::words::{Count, Span, Times};

fn transport(flow: &Flow) -> &'static str {
    match flow.transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
    }
}

/// The unanswered requests of the client, if the server answered none.
fn silence(flow: &Flow) -> Option<Frames> {
    let mut frames = Frames::default();
    for outcome in &flow.exchanges.outcomes {
        if outcome.side == Side::Client {
            frames.join(&outcome.unanswered);
        }
    }
    // Without the server's SYN-ACK the capture may lack one direction.
    let is_seen = flow.transport == Transport::Udp || flow.connection.accepted.is_some();
    let is_known = is_seen && !flow.may_be_pair;
    (!frames.is_empty() && flow.messages.server == 0 && is_known).then_some(frames)
}

/// The silent flows, by server, of servers that answer on no flow.
fn silent_servers(analysis: &Analysis) -> BTreeMap<(SocketAddr, bool), Vec<(&Flow, Frames)>> {
    let mut servers: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for flow in to_servers(analysis) {
        if let Some(frames) = silence(flow)
            && !analysis.hosts.answers_anywhere(flow.server.ip())
        {
            let key = (flow.server, flow.transport == Transport::Tcp);
            servers.entry(key).or_default().push((flow, frames));
        }
    }
    servers
}

pub fn silent(analysis: &Analysis, found: &mut Found) {
    for ((server, is_tcp), flows) in silent_servers(analysis) {
        if flows.iter().any(|(flow, _)| flow.unreachable.is_some()) {
            continue;
        }
        let mut all = Frames::default();
        let (mut transmissions, mut last) = (0, Duration::ZERO);
        for (flow, frames) in &flows {
            all.join(frames);
            transmissions += frames.count + flow.exchanges.retransmissions();
            last = last.max(flow.last.time);
        }
        let clients: Vec<String> = flows.iter().map(|(flow, _)| host(flow.client)).collect();
        let client = clients.first().cloned().unwrap_or_default();
        let text = if is_tcp {
            format!(
                "{server} accepts TCP but answers no STUN from {client} ({}): the program that listens \
                 there may not be a STUN server, or may expect TLS.",
                Count(all.count, "request")
            )
        } else {
            format!(
                "{server} does not answer {client} over UDP ({} in {}): the server is down, or a \
                 firewall drops UDP on the way there or back, unless the capture has one direction only.",
                Count(transmissions, "transmission"),
                Span(last.saturating_sub(all.first.time))
            )
        };
        let numbers = flows.iter().map(|(flow, _)| flow.number).collect();
        found.add_all(numbers, all, text);
    }
}

pub fn unreachable(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some(icmp) = &flow.unreachable else {
            continue;
        };
        if icmp.sender != Side::Client || flow.messages.server > 0 {
            continue;
        }
        let text = format!(
            "{} reports \"{}\" for packets from {} to {} over {}, {}.",
            icmp.reporter,
            icmp.reason,
            flow.client,
            flow.server,
            transport(flow),
            Times(icmp.frames.count)
        );
        found.add(flow, &icmp.frames, text);
    }
}

pub fn refused(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let connection = &flow.connection;
        if let Some((Side::Server, at)) = connection.reset
            && connection.accepted.is_none()
            && !connection.syn.is_empty()
        {
            let mut frames = connection.syn.clone();
            frames.join(&Frames::one(at));
            let text = format!(
                "{} refuses the TCP connection of {}: nothing listens on port {}, or a firewall \
                 resets it.",
                flow.server,
                flow.client,
                flow.server.port()
            );
            found.add(flow, &frames, text);
        }
    }
}

pub fn no_handshake(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let connection = &flow.connection;
        let is_open = connection.accepted.is_none()
            && connection.reset.is_none()
            && flow.messages.server == 0
            && flow.unreachable.is_none();
        if is_open
            && connection.syn.count >= 2
            && remains(analysis, connection.syn.last) >= seconds(2)
        {
            let text = format!(
                "{} does not answer the SYN of {}, sent {} in {}: the server is down, or a firewall \
                 drops TCP to port {}.",
                flow.server,
                flow.client,
                Times(connection.syn.count),
                Span(connection.syn.last.since(connection.syn.first)),
                flow.server.port()
            );
            found.add(flow, &connection.syn, text);
        }
    }
}

pub fn udp_blocked(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some(frames) = silence(flow).filter(|_| flow.transport == Transport::Udp) else {
            continue;
        };
        let other = |transport| analysis.hosts.answered(flow, transport);
        if let Some(tcp) = other(Transport::Tcp).and_then(|index| analysis.flows.get(index))
            && other(Transport::Udp).is_none()
        {
            let text = format!(
                "{} answers {} over TCP (port {}) but not over UDP ({} without a response): a firewall \
                 drops UDP, so media has to go through a TCP connection.",
                host(flow.server),
                host(flow.client),
                tcp.server.port(),
                Count(frames.count, "request"),
            );
            found.add(flow, &frames, text);
        }
    }
}

/// Fewer requests prove nothing about loss.
const ENOUGH_REQUESTS: u64 = 20;

pub fn loss(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let exchanges = &flow.exchanges;
        let (requests, unanswered) = (exchanges.requests(), exchanges.unanswered());
        let retransmissions = exchanges.retransmissions();
        if flow.transport != Transport::Udp
            || exchanges.answered() == 0
            || flow.may_be_pair
            || requests < ENOUGH_REQUESTS
            || (unanswered * 10 < requests && retransmissions * 4 < requests)
        {
            continue;
        }
        let mut frames = Frames::default();
        for outcome in &exchanges.outcomes {
            frames.join(&outcome.unanswered);
        }
        if frames.is_empty() {
            frames = Frames::one(flow.first);
        }
        let text = format!(
            "Of {} between {} and {}, {unanswered} had no response and {} were needed: packets are \
             lost on the way.",
            Count(requests, "request"),
            flow.client,
            flow.server,
            Count(retransmissions, "retransmission"),
        );
        found.add(flow, &frames, text);
    }
}

pub fn slow(analysis: &Analysis, found: &mut Found) {
    for flow in analysis.flows.iter() {
        let trips = &flow.exchanges.round_trips;
        let Some(median) = trips.median().filter(|_| trips.count >= 5) else {
            continue;
        };
        if median > Duration::from_millis(500) && flow.via.is_none() {
            let text = format!(
                "Half of the responses between {} and {} take longer than {} (maximum {}): requests \
                 are retransmitted before the first response can arrive.",
                flow.client,
                flow.server,
                Span(median),
                Span(trips.max)
            );
            found.add(flow, &Frames::one(flow.first), text);
        }
    }
}

/// One socket of a client has different mapped ports at two servers. This matters only if no pair
/// works.
pub fn symmetric_nat(analysis: &Analysis, found: &mut Found) {
    let fails = analysis.sessions.all.iter().any(|session| {
        let pairs = session.pairs.iter().filter_map(|&index| {
            let flow = analysis.flows.get(index)?;
            flow.pair.as_ref()
        });
        let mut states = pairs.map(|pair| pair.state()).peekable();
        states.peek().is_some() && states.all(|state| state <= State::OneWay)
    });
    if !fails {
        return;
    }
    let mut known: BTreeMap<SocketAddr, (&Flow, SocketAddr)> = BTreeMap::new();
    for flow in to_servers(analysis).filter(|flow| flow.transport == Transport::Udp) {
        let Some(&(mapped, at)) = flow.mapped.first() else {
            continue;
        };
        match known.get(&flow.client) {
            Some(&(other, seen)) if seen != mapped && other.server.ip() != flow.server.ip() => {
                let frames = Frames::of(
                    other
                        .mapped
                        .first()
                        .map(|(_, at)| *at)
                        .into_iter()
                        .chain([at]),
                );
                let text = format!(
                    "{} appears as {seen} to {} and as {mapped} to {}: peers cannot reach it under \
                     an address that a STUN server reports, so it needs a relay.",
                    flow.client, other.server, flow.server
                );
                found.add_all(vec![other.number, flow.number], frames, text);
            }
            Some(_) => {}
            None => {
                known.insert(flow.client, (flow, mapped));
            }
        }
    }
}
