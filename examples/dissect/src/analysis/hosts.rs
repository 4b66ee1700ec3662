//! What the flows between two hosts have in common, so that a finding about one flow can consider the others
//! without comparing every flow with every other one.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use super::flow::{Flow, Stamp};
use super::flows::Flows;
use crate::unit::Transport;

/// A client's host and a server's.
type Hosts = (IpAddr, IpAddr);

/// Maximum number of entries of a kind. With more hosts, those of closed flows are forgotten.
const MOST_HOSTS: usize = 40_000;

/// The flows of a capture by their hosts, those that are closed too.
#[derive(Default)]
pub struct Index {
    answering: HashSet<IpAddr>,
    answers: HashMap<(Hosts, Transport), usize>,
    contacted: HashSet<(IpAddr, SocketAddr)>,
    accepted: HashSet<Hosts>,
    allocated: HashMap<Hosts, Stamp>,
}

impl Index {
    /// Adds what is known about the flows.
    pub fn update(&mut self, flows: &Flows) {
        let kinds = [
            self.answering.len(),
            self.answers.len(),
            self.contacted.len(),
            self.accepted.len(),
            self.allocated.len(),
        ];
        if kinds.into_iter().any(|len| len > MOST_HOSTS) {
            *self = Self::default();
        }
        for flow in flows.iter() {
            let hosts = (flow.client.ip(), flow.server.ip());
            self.contacted.insert((hosts.0, flow.server));
            if flow.messages.server > 0 {
                if flow.via.is_none() {
                    self.answering.insert(hosts.1);
                }
                let answers = self.answers.entry((hosts, flow.transport));
                let first = answers.or_insert(flow.index());
                // A closed flow cannot be named.
                if flows.get(*first).is_none() {
                    *first = flow.index();
                }
            }
            if !flow.login.accepted.is_empty() {
                self.accepted.insert(hosts);
            }
            let made = flow.allocations.iter().filter_map(|one| one.made).max();
            if let Some(made) = made {
                let last = self.allocated.entry(hosts).or_insert(made);
                *last = made.max(*last);
            }
        }
    }

    /// Whether the server's host answered on any flow.
    pub fn answers_anywhere(&self, server: IpAddr) -> bool {
        self.answering.contains(&server)
    }

    /// The first flow between the hosts of `flow` over this transport on which the server answered, as an
    /// index.
    pub fn answered(&self, flow: &Flow, transport: Transport) -> Option<usize> {
        self.answers.get(&(hosts(flow), transport)).copied()
    }

    /// Whether the host sent anything to this address.
    pub fn has_contacted(&self, client: IpAddr, server: SocketAddr) -> bool {
        self.contacted.contains(&(client, server))
    }

    /// Whether the server's host accepted credentials from the client's host on any flow.
    pub fn is_accepted(&self, flow: &Flow) -> bool {
        self.accepted.contains(&hosts(flow))
    }

    /// When the server's host last made an allocation for the client's host, on any flow.
    pub fn allocated(&self, flow: &Flow) -> Option<Stamp> {
        self.allocated.get(&hosts(flow)).copied()
    }
}

fn hosts(flow: &Flow) -> Hosts {
    (flow.client.ip(), flow.server.ip())
}
