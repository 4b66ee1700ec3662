//! The ladder diagram: a lifeline for each host, an arrow for each message.
//!
//! Retransmissions, media and checks that repeat a check that was answered are folded into the arrow
//! of the first, with their number, so that a call of an hour stays readable. [`text`] and [`svg`]
//! draw the same rows.

pub mod svg;
pub mod text;

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

use stunwire::{Class, Method, TransactionId};

use crate::analysis::flow::{Flow, Side, Stamp};
use crate::analysis::observe::{Facts, UNKNOWN_CODE};
use crate::analysis::{Analysis, Noted};
use crate::unit::{Content, Endpoints, Origin, TcpEvent, Unit};
use crate::words::{Bytes, Span};

/// Maximum number of rows. Further messages are counted.
pub const MOST_ROWS: usize = 10_000;

/// Maximum number of lifelines. Further hosts share the last one.
const MOST_LIFELINES: usize = 10;

/// A retransmission is recognized within this many rows.
const MEMORY: usize = 256;

/// Maximum number of repeated checks that wait for their responses.
const MOST_REPEATED: usize = 32;

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Request,
    Success,
    Error,
    Indication,
    /// Anything but STUN.
    Data,
    /// TCP and ICMP.
    Event,
}

/// A lifeline: a host, or an address and port where both ends are the same host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    Ip(IpAddr),
    Socket(SocketAddr),
    /// All hosts beyond the maximum.
    Others,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Socket(address) => address.fmt(f),
            Self::Others => f.write_str("other hosts"),
        }
    }
}

/// One arrow.
#[derive(Debug)]
pub struct Row {
    pub kind: Kind,
    /// Indices of lifelines.
    pub from: usize,
    pub to: usize,
    pub label: String,
    /// The number of the flow.
    pub flow: usize,
    pub first: Stamp,
    pub last: Stamp,
    /// How many messages are folded into the row.
    pub count: u64,
    pub bytes: u64,
    /// Some of the folded messages are in the opposite direction.
    pub goes_back: bool,
    /// Of repeated checks: how many have no answer (so far).
    pub unanswered: u64,
    id: Option<TransactionId>,
}

impl Row {
    /// The label, with the number of folded messages.
    pub fn text(&self) -> String {
        let mut text = self.label.clone();
        if self.kind == Kind::Data {
            text += &format!(" {}", Bytes(self.bytes));
        }
        if self.kind == Kind::Request && self.goes_back && self.unanswered == 0 {
            text += ", with answer";
        }
        if self.count > 1 {
            text += &format!(" ×{}", self.count);
        }
        // A short arrow loses the end of its label: this matters more than the time.
        if self.unanswered > 0 {
            text += &format!(", {} unanswered", self.unanswered);
        }
        if self.count > 1 {
            let comma = if self.unanswered > 0 { "," } else { "" };
            let lasted = self.last.since(self.first);
            text += &format!("{comma} in {}", Span(lasted));
        }
        text
    }
}

/// The checks of one side of a pair.
#[derive(Default)]
struct Checked {
    /// The flags of checks that were answered: without and with USE-CANDIDATE.
    answered: [bool; 2],
    /// The row of the repeated ones, and which of them wait for an answer.
    row: Option<usize>,
    waiting: VecDeque<TransactionId>,
    asked: VecDeque<(TransactionId, bool)>,
}

/// All rows.
#[derive(Default)]
pub struct Ladder {
    pub hosts: Vec<Host>,
    pub rows: Vec<Row>,
    /// Messages that are not drawn.
    pub left_out: u64,
    /// What the carrier at each depth says before the label of what it carries.
    carriers: Vec<(String, Endpoints)>,
    /// The rows of each flow to which more data is added, by label.
    open: HashMap<usize, Vec<usize>>,
    checked: HashMap<(usize, bool), Checked>,
}

impl Ladder {
    /// Takes a unit that belongs to a flow.
    pub fn note(&mut self, analysis: &Analysis, unit: &Unit<'_>, noted: Noted) {
        let (Some(flow), Some(at)) = (analysis.flows.get(noted.flow), stamp(&unit.origin)) else {
            return;
        };
        if unit.origin.icmp.is_some() {
            // Only the first depth is quoted.
            self.icmp(flow, &unit.origin, at);
            return;
        }
        let depth = unit.origin.carrier.map_or(0, |carrier| carrier.depth);
        self.carriers.truncate(depth);
        let (prefix, path) = match self.carriers.last() {
            Some((prefix, path)) => (prefix.clone(), *path),
            None => match unit.origin.endpoints {
                Some(path) => (String::new(), path),
                None => return,
            },
        };
        match &unit.content {
            Content::Stun {
                message, integrity, ..
            } => {
                let facts = Facts::of(message, *integrity);
                self.message(flow, noted, &facts, prefix, path, at);
            }
            Content::Truncated { partial, .. } => {
                if let Some(facts) = Facts::of_partial(partial) {
                    self.message(flow, noted, &facts, prefix, path, at);
                }
            }
            Content::ChannelData { number, length, .. } => {
                let name = format!("{prefix}ChannelData {number:#06x}");
                if *length == 0 {
                    self.data(flow, noted, name, path, at, 0);
                } else {
                    self.carriers.push((format!("{name}: "), path));
                }
            }
            Content::Multiplexed { payload, .. } => {
                let name = format!("{prefix}multiplexed");
                if payload.is_empty() {
                    self.data(flow, noted, name, path, at, 0);
                } else {
                    self.carriers.push((format!("{name}: "), path));
                }
            }
            Content::Other { protocol, length } => {
                let name = format!("{prefix}{}", name_of(protocol.name()));
                self.data(flow, noted, name, path, at, *length);
            }
            Content::Malformed { .. } => {
                let row = self.row(Kind::Error, flow, path, "malformed message".to_owned(), at);
                self.push(row);
            }
            Content::PseudoTls(_) => {
                let row = self.row(Kind::Event, flow, path, "pseudo-TLS".to_owned(), at);
                self.push(row);
            }
            Content::Gap { .. } => {}
        }
    }

    /// Takes a change of a TCP connection that is a flow.
    pub fn tcp(&mut self, analysis: &Analysis, origin: &Origin, event: TcpEvent, noted: Noted) {
        let (Some(flow), Some(at), Some(path)) = (
            analysis.flows.get(noted.flow),
            stamp(origin),
            origin.endpoints,
        ) else {
            return;
        };
        if origin.icmp.is_some() {
            self.icmp(flow, origin, at);
            return;
        }
        let label = match event {
            TcpEvent::Syn => "TCP SYN",
            TcpEvent::SynAck => "TCP SYN ACK",
            TcpEvent::Fin => "TCP FIN",
            TcpEvent::Rst => "TCP RST",
            TcpEvent::Icmp => return,
        };
        self.event(flow, path, label.to_owned(), at);
    }

    fn icmp(&mut self, flow: &Flow, origin: &Origin, at: Stamp) {
        if let (Some(path), Some(icmp)) = (origin.endpoints, origin.icmp) {
            self.event(flow, path.reversed(), format!("ICMP {}", icmp.name()), at);
        }
    }

    fn event(&mut self, flow: &Flow, path: Endpoints, label: String, at: Stamp) {
        let row = self.row(Kind::Event, flow, path, label, at);
        let same = self.recent().find(|known| {
            known.kind == Kind::Event
                && known.flow == row.flow
                && known.from == row.from
                && known.label == row.label
        });
        match same {
            Some(known) => fold(known, at),
            None => self.push(row),
        }
    }

    fn message(
        &mut self,
        flow: &Flow,
        noted: Noted,
        facts: &Facts<'_>,
        prefix: String,
        path: Endpoints,
        at: Stamp,
    ) {
        let is_carrier = matches!(facts.method, Method::SEND | Method::DATA)
            && facts.data.is_some_and(|length| length > 0)
            && !facts.is_response();
        let label = format!("{prefix}{}", label(facts));
        if is_carrier {
            self.carriers.push((format!("{label}: "), path));
            return;
        }
        let kind = match facts.class {
            Class::Request => Kind::Request,
            Class::Indication => Kind::Indication,
            Class::SuccessResponse => Kind::Success,
            Class::ErrorResponse => Kind::Error,
        };
        if facts.method == Method::BINDING && facts.realm.is_none() {
            match facts.class {
                Class::Request if self.is_repeated_check(flow, noted, facts, &prefix, path, at) => {
                    return;
                }
                Class::SuccessResponse if self.is_repeated_answer(noted, facts) => return,
                _ => {}
            }
        }
        self.open.remove(&noted.flow);
        let mut row = self.row(kind, flow, path, label, at);
        row.id = Some(facts.id);
        if facts.class != Class::Indication {
            let same = self.recent().find(|known| {
                known.kind == kind
                    && known.flow == row.flow
                    && known.from == row.from
                    && known.id == row.id
            });
            if let Some(known) = same {
                fold(known, at);
                return;
            }
        }
        self.push(row);
    }

    /// Folds a check that repeats an answered one.
    fn is_repeated_check(
        &mut self,
        flow: &Flow,
        noted: Noted,
        facts: &Facts<'_>,
        prefix: &str,
        path: Endpoints,
        at: Stamp,
    ) -> bool {
        let key = (noted.flow, noted.side == Side::Client);
        let checked = self.checked.entry(key).or_default();
        let is_known = checked.answered.get(usize::from(facts.is_nominating)) == Some(&true);
        if !is_known {
            checked.asked.push_back((facts.id, facts.is_nominating));
            if checked.asked.len() > MOST_REPEATED {
                checked.asked.pop_front();
            }
            return false;
        }
        if noted.is_again || checked.waiting.contains(&facts.id) {
            return true;
        }
        if checked.waiting.len() == MOST_REPEATED {
            checked.waiting.pop_front();
        }
        checked.waiting.push_back(facts.id);
        let index = checked.row;
        if let Some(row) = index.and_then(|index| self.rows.get_mut(index)) {
            fold(row, at);
            row.unanswered += 1;
            return true;
        }
        let label = format!("{prefix}Binding again");
        let mut row = self.row(Kind::Request, flow, path, label, at);
        row.unanswered = 1;
        let index = self.rows.len();
        self.push(row);
        if let Some(checked) = self.checked.get_mut(&key) {
            checked.row = Some(index);
        }
        true
    }

    fn is_repeated_answer(&mut self, noted: Noted, facts: &Facts<'_>) -> bool {
        let key = (noted.flow, noted.side != Side::Client);
        let Some(checked) = self.checked.get_mut(&key) else {
            return false;
        };
        if let Some(at) = checked.waiting.iter().position(|id| *id == facts.id) {
            checked.waiting.remove(at);
            let index = checked.row;
            if let Some(row) = index.and_then(|index| self.rows.get_mut(index)) {
                row.unanswered = row.unanswered.saturating_sub(1);
                row.goes_back = true;
            }
            return true;
        }
        let asked = checked.asked.iter().find(|(id, _)| *id == facts.id);
        if let Some(&(_, is_nominating)) = asked
            && let Some(known) = checked.answered.get_mut(usize::from(is_nominating))
        {
            *known = true;
        }
        false
    }

    fn data(
        &mut self,
        flow: &Flow,
        noted: Noted,
        label: String,
        path: Endpoints,
        at: Stamp,
        bytes: u64,
    ) {
        let mut row = self.row(Kind::Data, flow, path, label, at);
        row.bytes = bytes;
        let open = self.open.entry(noted.flow).or_default();
        let known = open.iter().copied().find(|&index| {
            let known = self.rows.get(index);
            known.is_some_and(|known| known.label == row.label)
        });
        if let Some(known) = known.and_then(|index| self.rows.get_mut(index)) {
            fold(known, at);
            known.bytes += bytes;
            known.goes_back |= known.from != row.from;
            return;
        }
        open.push(self.rows.len());
        self.push(row);
    }

    fn row(&mut self, kind: Kind, flow: &Flow, path: Endpoints, label: String, at: Stamp) -> Row {
        let (from, to) = if path.source.ip() == path.destination.ip() {
            (Host::Socket(path.source), Host::Socket(path.destination))
        } else {
            (Host::Ip(path.source.ip()), Host::Ip(path.destination.ip()))
        };
        Row {
            kind,
            from: self.host(from),
            to: self.host(to),
            label,
            flow: flow.number,
            first: at,
            last: at,
            count: 1,
            bytes: 0,
            goes_back: false,
            unanswered: 0,
            id: None,
        }
    }

    fn host(&mut self, host: Host) -> usize {
        if let Some(known) = self.hosts.iter().position(|known| *known == host) {
            return known;
        }
        if self.hosts.len() < MOST_LIFELINES {
            self.hosts.push(host);
        } else if self.hosts.len() == MOST_LIFELINES {
            self.hosts.push(Host::Others);
        }
        self.hosts.len() - 1
    }

    fn push(&mut self, row: Row) {
        if self.rows.len() < MOST_ROWS {
            self.rows.push(row);
        } else {
            self.left_out += 1;
        }
    }

    fn recent(&mut self) -> impl Iterator<Item = &mut Row> {
        self.rows.iter_mut().rev().take(MEMORY)
    }
}

fn fold(row: &mut Row, at: Stamp) {
    row.count += 1;
    row.last = row.last.max(at);
}

fn stamp(origin: &Origin) -> Option<Stamp> {
    Some(Stamp {
        frame: origin.frame,
        time: origin.elapsed?,
    })
}

fn name_of(protocol: &str) -> String {
    match protocol {
        "unknown" | "raw" => "data".to_owned(),
        name => name.to_uppercase(),
    }
}

/// Method, class, error, and the fields that distinguish messages.
fn label(facts: &Facts<'_>) -> String {
    let method = facts.method;
    let peer = facts.peers.first();
    match facts.class {
        Class::ErrorResponse => {
            let code = facts.error.filter(|&code| code != UNKNOWN_CODE);
            let code = code.map_or("error".to_owned(), |code| code.to_string());
            let reason = facts.reason.map(crate::analysis::login::text);
            match reason.filter(|reason| !reason.is_empty()) {
                Some(reason) => format!("{method} {code} {reason}"),
                None => format!("{method} {code}"),
            }
        }
        Class::SuccessResponse => match (method, facts.relayed, facts.lifetime) {
            (Method::ALLOCATE, Some(relayed), _) => format!("{method} ok, relayed {relayed}"),
            (Method::REFRESH, _, Some(lifetime)) => format!("{method} ok, {lifetime} s"),
            (Method::CONNECT, ..) => match facts.connection {
                Some(id) => format!("{method} ok, {id:#010x}"),
                None => format!("{method} ok"),
            },
            _ => format!("{method} ok"),
        },
        Class::Request | Class::Indication => {
            let mut text = method.to_string();
            match (method, peer) {
                (Method::REFRESH, _) => {
                    if let Some(lifetime) = facts.lifetime {
                        text += &format!(" {lifetime} s");
                    }
                }
                (Method::CHANNEL_BIND, Some(peer)) => {
                    text += &format!(" {:#06x} to {peer}", facts.channel.unwrap_or(0));
                }
                (Method::CREATE_PERMISSION, Some(peer)) => text += &format!(" {}", peer.ip()),
                (Method::SEND | Method::CONNECT | Method::SET_ACTIVE_DESTINATION, Some(peer)) => {
                    text += &format!(" to {peer}");
                }
                (Method::DATA | Method::CONNECTION_ATTEMPT, Some(peer)) => {
                    text += &format!(" from {peer}");
                }
                _ => {}
            }
            if let Some(id) = facts.connection {
                text += &format!(" {id:#010x}");
            }
            if facts.method == Method::ALLOCATE && facts.signed.is_some() {
                text += ", signed";
            }
            if facts.is_nominating {
                text += ", USE-CANDIDATE";
            }
            if facts.class == Class::Indication && method == Method::BINDING {
                text += " indication";
            }
            text
        }
    }
}

#[cfg(test)]
mod tests;
