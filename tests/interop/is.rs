//! The example `ice_agent` with the ICE agent of str0m (the crate `is`).

use std::net::SocketAddr;
use std::time::Instant;

use is::stun::{StunMessage, StunPacket};
use is::{Candidate, IceAgent, IceAgentEvent, IceCreds, Protocol};

use crate::agent::{Case, Party, Peer, connect, converse};
use crate::harness::tests;

tests! {
    [] => [
        controlled_by_ice_agent,
        controlling_ice_agent,
        controlled_by_ice_agent_tcp,
        controlling_ice_agent_tcp,
        both_controlling,
        both_controlled,
    ],
}

struct Is {
    agent: IceAgent,
    protocol: Protocol,
    pair: Option<(SocketAddr, SocketAddr)>,
}

impl Is {
    fn new(case: Case, address: SocketAddr, other: &Party) -> (Self, String, String) {
        let protocol = if case.tcp {
            Protocol::Tcp
        } else {
            Protocol::Udp
        };
        let mut agent = IceAgent::new(IceCreds::new());
        agent.set_controlling(case.is_peer_controlling);
        let candidate = Candidate::host(address, protocol).unwrap();
        agent.add_local_candidate(candidate).unwrap();
        agent.set_remote_credentials(IceCreds {
            ufrag: other.ufrag.clone(),
            pass: other.password.clone(),
        });
        agent.add_remote_candidate(Candidate::host(other.address, protocol).unwrap());
        let IceCreds { ufrag, pass } = agent.local_credentials().clone();
        let peer = Self {
            agent,
            protocol,
            pair: None,
        };
        (peer, ufrag, pass)
    }
}

impl Peer for Is {
    fn receive(&mut self, packet: &[u8], from: SocketAddr, to: SocketAddr) -> bool {
        let Ok(message) = StunMessage::parse(packet) else {
            return false;
        };
        let packet = StunPacket {
            proto: self.protocol,
            source: from,
            destination: to,
            message,
        };
        assert!(self.agent.handle_packet(Instant::now(), packet));
        true
    }

    fn packet(&mut self) -> Option<(Vec<u8>, SocketAddr)> {
        let now = Instant::now();
        if self.agent.poll_timeout().is_none_or(|at| at <= now) {
            self.agent.handle_timeout(now);
        }
        while let Some(event) = self.agent.poll_event() {
            if let IceAgentEvent::NominatedSend {
                source,
                destination,
                ..
            } = event
            {
                self.pair = Some((source, destination));
            }
        }
        let packet = self.agent.poll_transmit()?;
        Some((packet.contents.to_vec(), packet.destination))
    }

    fn connected(&mut self) -> Option<(SocketAddr, SocketAddr)> {
        self.pair.filter(|_| self.agent.state().is_connected())
    }
}

fn controlled_by_ice_agent() {
    connect(Case::new(true, false), Is::new);
}

fn controlling_ice_agent() {
    connect(Case::new(false, false), Is::new);
}

fn controlled_by_ice_agent_tcp() {
    connect(Case::new(true, true), Is::new);
}

fn controlling_ice_agent_tcp() {
    connect(Case::new(false, true), Is::new);
}

/// The agent with the larger tie-breaker becomes controlling (RFC 8445 §7.3.1.1).
fn conflict(case: Case) {
    for (tie_breaker, is_ours_controlling) in [(0, true), (u64::MAX, false)] {
        let result = converse(case, |address, other| {
            let (mut is, ufrag, password) = Is::new(case, address, other);
            is.agent.set_control_tie_breaker(tie_breaker);
            (is, ufrag, password)
        });
        assert_eq!(result, is_ours_controlling, "tie-breaker {tie_breaker}");
    }
}

fn both_controlling() {
    conflict(Case::conflict(true));
}

fn both_controlled() {
    conflict(Case::conflict(false));
}
