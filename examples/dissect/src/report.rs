//! The summary: findings first, then what was said on each flow.

use std::fmt::{self, Display};
use std::io::{self, Write};

use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Media, Side, Stamp};
use crate::analysis::ice::{self, Pair};
use crate::analysis::login::Login;
use crate::analysis::transaction::Outcome;
use crate::analysis::turn::{Allocation, Channel, PeerConnection};
use crate::findings::{Finding, Severity};
use crate::style::Style;
use crate::unit::Transport;
use crate::words::{Bytes, Count, Span, frames, list};

/// As many findings of one rule are shown one by one.
const MOST_OF_A_RULE: usize = 10;

/// As many flows are shown one by one; findings name the others.
const MOST_FLOWS: usize = 200;

/// As many peers, channels and the like are shown of one allocation.
const MOST_DETAILS: usize = 20;

/// Writes the summary of one capture.
pub struct Report<'r, W> {
    pub out: &'r mut W,
    pub style: Style,
}

impl<W: Write> Report<'_, W> {
    /// Writes everything. `name` is that of the file, if there are several.
    pub fn write(
        &mut self,
        name: Option<&str>,
        analysis: &Analysis,
        findings: &[Finding],
    ) -> io::Result<()> {
        if let Some(name) = name {
            writeln!(self.out, "{}", self.style.strong(name))?;
            writeln!(self.out)?;
        }
        self.findings(findings)?;
        self.flows(analysis)
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", self.style.title(text))
    }

    fn findings(&mut self, findings: &[Finding]) -> io::Result<()> {
        self.heading("Findings")?;
        if findings.is_empty() {
            writeln!(self.out, "  no findings")?;
        }
        let mut shown: Vec<(&str, usize)> = Vec::new();
        for finding in findings {
            let id = finding.rule.id;
            let index = match shown.iter().position(|(known, _)| *known == id) {
                Some(index) => index,
                None => {
                    shown.push((id, 0));
                    shown.len() - 1
                }
            };
            let Some((_, count)) = shown.get_mut(index) else {
                continue;
            };
            *count += 1;
            if *count <= MOST_OF_A_RULE {
                self.finding(finding)?;
            }
        }
        for (id, count) in shown {
            if let Some(more) = count.checked_sub(MOST_OF_A_RULE).filter(|&more| more > 0) {
                writeln!(self.out, "  and {more} more of {id}; --json has them all")?;
            }
        }
        writeln!(self.out)
    }

    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let rule = finding.rule;
        let name = rule.severity.name();
        let severity = match rule.severity {
            Severity::Error => self.style.bad(name),
            Severity::Warning => self.style.warning(name),
            Severity::Note => self.style.title(name),
        };
        writeln!(self.out, "  {severity}: {}", self.style.strong(rule.title))?;
        for line in wrap(&finding.text, 94) {
            writeln!(self.out, "    {line}")?;
        }
        let flows: Vec<String> = finding.flows.iter().take(8).map(usize::to_string).collect();
        let word = if flows.len() == 1 { "flow" } else { "flows" };
        let more = finding.flows.len().saturating_sub(flows.len());
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        writeln!(
            self.out,
            "    {}; {word} {}{more}; {} [{}]",
            frames(&finding.frames.numbers, finding.frames.count),
            flows.join(", "),
            rule.reference,
            rule.id
        )
    }

    fn flows(&mut self, analysis: &Analysis) -> io::Result<()> {
        if analysis.flows.is_empty() {
            return Ok(());
        }
        self.heading("Flows")?;
        for flow in analysis.flows.iter().take(MOST_FLOWS) {
            self.flow(analysis, flow)?;
        }
        let more = analysis.flows.len().saturating_sub(MOST_FLOWS) as u64;
        if more > 0 {
            writeln!(self.out, "  and {}; --json has them all", Count(more, "more flow"))?;
        }
        if analysis.untracked > 0 {
            writeln!(
                self.out,
                "  {} of further flows were not analysed",
                Count(analysis.untracked, "packet")
            )?;
        }
        writeln!(self.out)
    }

    fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "     {text}")
    }

    fn flow(&mut self, analysis: &Analysis, flow: &Flow) -> io::Result<()> {
        let transport = match flow.transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
        };
        let via = match flow.via.and_then(|via| analysis.flows.get(via)) {
            Some(outer) => format!(", relayed in flow {}", outer.number),
            None => String::new(),
        };
        let title = format!("{:>3}  {} → {}", flow.number, flow.client, flow.server);
        writeln!(
            self.out,
            "{}  {transport}{via}, {}, {} to {}",
            self.style.strong(&title),
            kind(flow).words(),
            Clock(flow.first),
            Clock(flow.last)
        )?;
        self.exchanges(flow)?;
        self.connection(analysis, flow)?;
        if flow.login.is_used() {
            self.line(format_args!("login: {}", login(&flow.login)))?;
        }
        for allocation in &flow.allocations {
            self.allocation(analysis, flow, allocation)?;
        }
        if flow.allocations.is_empty()
            && let Some((mapped, _)) = flow.mapped.first()
        {
            self.line(format_args!("mapped address {mapped}"))?;
        }
        if let Some(pair) = &flow.pair {
            self.pair(flow, pair)?;
        }
        self.media(flow)?;
        if flow.missing > 0 {
            self.line(format_args!(
                "{} of the stream are not in the capture",
                Bytes(flow.missing)
            ))?;
        }
        if !flow.broken.is_empty() {
            self.line(format_args!(
                "{}",
                Count(flow.broken.count, "malformed message")
            ))?;
        }
        Ok(())
    }

    fn exchanges(&mut self, flow: &Flow) -> io::Result<()> {
        let exchanges = &flow.exchanges;
        if exchanges.requests() == 0 {
            return Ok(());
        }
        let mut text = format!(
            "{}: {} answered",
            Count(exchanges.requests(), "request"),
            exchanges.answered()
        );
        for (count, what) in [
            (exchanges.unanswered(), "unanswered"),
            (exchanges.undecided, "open at the end of the capture"),
        ] {
            if count > 0 {
                text += &format!(", {count} {what}");
            }
        }
        if exchanges.retransmissions() > 0 {
            text += &format!(
                ", {}",
                Count(exchanges.retransmissions(), "retransmission")
            );
        }
        let trips = &exchanges.round_trips;
        if let Some(median) = trips.median() {
            text += &format!(
                "; round trip {} (min), {} (median), {} (max)",
                Span(trips.min),
                Span(median),
                Span(trips.max)
            );
        }
        self.line(text)?;
        let methods: Vec<String> = exchanges.outcomes.iter().map(outcome).collect();
        if methods.len() > 1 || exchanges.outcomes.iter().any(|one| !one.errors.is_empty()) {
            self.line(methods.join("; "))?;
        }
        if !exchanges.stray.is_empty() {
            self.line(format_args!(
                "{} to requests that are not in the capture",
                Count(exchanges.stray.count, "response")
            ))?;
        }
        Ok(())
    }

    fn connection(&mut self, analysis: &Analysis, flow: &Flow) -> io::Result<()> {
        if let Some(data) = &flow.data_connection {
            let peer = match (data.peer, data.relayed) {
                (Some(peer), Some(relayed)) => format!(" between {relayed} and the peer {peer}"),
                (Some(peer), None) => format!(" of the peer {peer}"),
                (None, _) => String::new(),
            };
            let control = match data.control.and_then(|index| analysis.flows.get(index)) {
                Some(control) => format!(", allocated in flow {}", control.number),
                None => ", allocated outside of this capture".to_owned(),
            };
            self.line(format_args!(
                "data connection {:#010x}{peer}{control}, bound at {}",
                data.id,
                Clock(data.bound)
            ))?;
        }
        let connection = &flow.connection;
        let mut story = Vec::new();
        if connection.syn.count > 0 && connection.accepted.is_none() {
            story.push(format!("not accepted after {}", Count(connection.syn.count, "SYN")));
        }
        if let Some((side, at)) = connection.reset {
            story.push(format!("reset by {} at {}", flow.address(side), Clock(at)));
        } else if let Some((side, at)) = connection.ended {
            story.push(format!("closed by {} at {}", flow.address(side), Clock(at)));
        }
        if let Some(icmp) = &flow.unreachable {
            story.push(format!(
                "ICMP \"{}\" from {}, {}",
                icmp.reason,
                icmp.reporter,
                frames(&icmp.frames.numbers, icmp.frames.count)
            ));
        }
        if story.is_empty() {
            return Ok(());
        }
        self.line(format_args!("connection: {}", story.join(", ")))
    }

    fn allocation(
        &mut self,
        analysis: &Analysis,
        flow: &Flow,
        allocation: &Allocation,
    ) -> io::Result<()> {
        let mut text = format!(
            "allocation{}:",
            if allocation.is_tcp { " for TCP" } else { "" }
        );
        match allocation.made {
            Some(made) => text += &format!(" made at {}", Clock(made)),
            None => text += " made before the capture",
        }
        for (name, address) in [
            ("relayed", allocation.relayed),
            ("mapped", allocation.mapped),
        ] {
            if let Some(address) = address {
                text += &format!(", {name} address {address}");
            }
        }
        if let Some(lifetime) = allocation.lifetime.filter(|&lifetime| lifetime > 0) {
            text += &format!(", lifetime {lifetime} s");
        }
        if allocation.refreshes > 0 {
            text += &format!(", {}", Count(allocation.refreshes, "Refresh request"));
        }
        text += &format!("; {}", ending(analysis, flow, allocation));
        self.line(text)?;
        self.line(format_args!(
            "  relayed: {} ({}) to peers, {} ({}) from peers",
            Count(allocation.sent.packets, "packet"),
            Bytes(allocation.sent.bytes),
            Count(allocation.received.packets, "packet"),
            Bytes(allocation.received.bytes)
        ))?;
        if !allocation.permissions.is_empty() {
            let mut ips: Vec<String> = allocation
                .permissions
                .iter()
                .take(MOST_DETAILS)
                .map(|permission| permission.ip.to_string())
                .collect();
            let more = allocation.permissions.len().saturating_sub(ips.len());
            if more > 0 {
                ips.push(format!("{more} more"));
            }
            self.line(format_args!("  permissions: {}", list(&ips)))?;
        }
        for channel in allocation.channels.iter().take(MOST_DETAILS) {
            self.line(format_args!("  {}", ChannelLine(channel)))?;
        }
        let of_no_channel = allocation.peers.iter().filter(|peer| {
            let mut channels = allocation.channels.iter();
            !channels.any(|channel| channel.peer == Some(peer.address))
        });
        for peer in of_no_channel.take(MOST_DETAILS) {
            self.line(format_args!(
                "  peer {}: {} ({}) to it, {} ({}) from it",
                peer.address,
                Count(peer.sent.packets, "packet"),
                Bytes(peer.sent.bytes),
                Count(peer.received.packets, "packet"),
                Bytes(peer.received.bytes)
            ))?;
        }
        for connection in allocation.connections.iter().take(MOST_DETAILS) {
            self.line(format_args!(
                "  {}",
                peer_connection(analysis, connection)
            ))?;
        }
        Ok(())
    }

    fn pair(&mut self, flow: &Flow, pair: &Pair) -> io::Result<()> {
        let mut sides = Vec::new();
        for side in Side::BOTH {
            let checks = pair.sides.of(side);
            let address = flow.address(side);
            if checks.requests.is_empty() {
                sides.push(format!("{address} sent no checks"));
                continue;
            }
            let role = match checks.role {
                Some(role) => format!(" ({})", role.name()),
                None => String::new(),
            };
            let mut text = format!(
                "{address}{role} sent {}, {} answered",
                Count(checks.requests.count, "check"),
                checks.answered.count
            );
            if !checks.conflicts.is_empty() {
                text += &format!(", {} with 487", checks.conflicts.count);
            }
            if let Some(at) = checks.nominated {
                text += &format!(", nominated at {}", Clock(at));
            }
            sides.push(text);
        }
        self.line(format_args!(
            "ICE: {}; {}",
            pair.state().name(),
            sides.join("; ")
        ))?;
        if pair.is_framed {
            self.line(ice::line(flow, pair))?;
        }
        Ok(())
    }

    fn media(&mut self, flow: &Flow) -> io::Result<()> {
        if flow.media.client.packets() + flow.media.server.packets() == 0 {
            return Ok(());
        }
        let unit = match flow.transport {
            Transport::Udp => "packet",
            Transport::Tcp => "piece",
        };
        let one = |media: &Media| {
            let mut kinds = Vec::new();
            for (name, traffic) in [
                ("RTP", &media.rtp),
                ("RTCP", &media.rtcp),
                ("DTLS", &media.dtls),
                ("other data", &media.other),
            ] {
                if traffic.packets > 0 {
                    kinds.push(format!(
                        "{name} {} ({})",
                        Count(traffic.packets, unit),
                        Bytes(traffic.bytes)
                    ));
                }
            }
            if kinds.is_empty() {
                "nothing".to_owned()
            } else {
                kinds.join(", ")
            }
        };
        self.line(format_args!(
            "media: → {}; ← {}",
            one(&flow.media.client),
            one(&flow.media.server)
        ))
    }
}

/// What a flow is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Stun,
    Turn,
    MsTurn,
    Pair,
    /// A connection of RFC 6062 to a peer.
    DataConnection,
    /// What a peer sends through a relay, apart from ICE.
    PeerData,
    /// A TCP connection to a port of STUN servers, without STUN.
    Connection,
}

impl Use {
    /// The name in the JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stun => "stun",
            Self::Turn => "turn",
            Self::MsTurn => "ms-turn",
            Self::Pair => "ice-pair",
            Self::DataConnection => "data-connection",
            Self::PeerData => "peer-data",
            Self::Connection => "connection",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Stun => "STUN",
            Self::Turn => "TURN",
            Self::MsTurn => "MS-TURN",
            Self::Pair => "ICE candidate pair",
            Self::DataConnection => "data connection of a peer",
            Self::PeerData => "data of a peer",
            Self::Connection => "connection to a STUN port",
        }
    }
}

pub fn kind(flow: &Flow) -> Use {
    if flow.data_connection.is_some() {
        Use::DataConnection
    } else if flow.pair.is_some() && flow.allocations.is_empty() {
        Use::Pair
    } else if flow.is_turn() && flow.is_ms_turn {
        Use::MsTurn
    } else if flow.is_turn() {
        Use::Turn
    } else if flow.via.is_some() {
        Use::PeerData
    } else if flow.exchanges.requests() == 0 && flow.connection.syn.count > 0 {
        Use::Connection
    } else {
        Use::Stun
    }
}

/// A time in the capture, in seconds.
struct Clock(Stamp);

impl Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0.time;
        write!(f, "{}.{:03}", time.as_secs(), time.subsec_millis())
    }
}

fn outcome(outcome: &Outcome) -> String {
    let mut text = format!("{} {}", outcome.requests.count, outcome.method);
    if outcome.side == Side::Server {
        text += " of the other side";
    }
    let mut results = Vec::new();
    if outcome.successes.count > 0 {
        results.push(format!("{} success", outcome.successes.count));
    }
    for errors in &outcome.errors {
        results.push(format!("{} error {}", errors.frames.count, errors.code));
    }
    if outcome.unanswered.count > 0 {
        results.push(format!("{} unanswered", outcome.unanswered.count));
    }
    if results.is_empty() {
        text
    } else {
        format!("{text} ({})", results.join(", "))
    }
}

/// The story of a login in one line.
fn login(login: &Login) -> String {
    let mut story = Vec::new();
    if login.challenges.count > 0 {
        story.push("401 with a nonce".to_owned());
    }
    if login.stale.count > 0 {
        story.push(format!("{} 438 (Stale Nonce)", login.stale.count));
    }
    if login.refusals.frames.count > 0 {
        story.push(format!(
            "{} 401 to signed requests",
            login.refusals.frames.count
        ));
    }
    if login.integrity_failures.count > 0 {
        story.push(format!(
            "{} 431 (Integrity Check Failure)",
            login.integrity_failures.count
        ));
    }
    let user = match (&login.user, login.has_userhash) {
        (Some(user), _) => format!(" as \"{user}\""),
        (None, true) => " with USERHASH".to_owned(),
        (None, false) => String::new(),
    };
    let realm = match &login.realm {
        Some(realm) => format!(" in realm \"{realm}\""),
        None => String::new(),
    };
    let end = if login.is_accepted_in_the_end() {
        let algorithm = login.algorithm.map_or("", |algorithm| algorithm.name());
        format!("accepted{user}{realm} ({algorithm})")
    } else if login.accepted.count > 0 {
        format!("accepted{user}{realm} at first, then refused")
    } else if login.refusals.frames.count + login.integrity_failures.count > 0 {
        format!("never accepted{user}{realm}")
    } else {
        format!("no request with credentials{realm}")
    };
    story.push(end);
    story.join(", ")
}

fn ending(analysis: &Analysis, flow: &Flow, allocation: &Allocation) -> String {
    if let Some(at) = allocation.released {
        return format!("released by the client at {}", Clock(at));
    }
    if let Some(at) = allocation.lost {
        return format!("unknown to the server at {}", Clock(at));
    }
    let replaced = flow.allocations.last().and_then(|last| last.made);
    if let Some(expiry) = allocation.expiry()
        && expiry < analysis.end
    {
        return format!(
            "ran out at {}",
            Clock(Stamp {
                time: expiry,
                frame: 0
            })
        );
    }
    if let Some((side, at)) = flow.connection.reset.or(flow.connection.ended) {
        let who = match side {
            Side::Client => "client",
            Side::Server => "server",
        };
        return format!("ended with the TCP connection by the {who} at {}", Clock(at));
    }
    if replaced > allocation.made {
        return "replaced by another".to_owned();
    }
    "open at the end of the capture".to_owned()
}

struct ChannelLine<'a>(&'a Channel);

impl Display for ChannelLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = self.0;
        write!(f, "channel {:#06x}", channel.number)?;
        match channel.peer {
            Some(peer) => write!(f, " to {peer}")?,
            None => f.write_str(", not bound in the capture")?,
        }
        write!(
            f,
            ": {} ({}) to it, {} ({}) from it",
            Count(channel.sent.packets, "packet"),
            Bytes(channel.sent.bytes),
            Count(channel.received.packets, "packet"),
            Bytes(channel.received.bytes)
        )
    }
}

fn peer_connection(analysis: &Analysis, connection: &PeerConnection) -> String {
    let mut text = format!(
        "connection {:#010x} {}",
        connection.id,
        if connection.is_outgoing { "to" } else { "from" }
    );
    match connection.peer {
        Some(peer) => text += &format!(" {peer}"),
        None => text += " a peer",
    }
    text += &format!(" offered at {}", Clock(connection.offered));
    match (connection.bound, connection.error) {
        (Some(bound), _) => {
            text += &format!(", bound {} later", Span(bound.since(connection.offered)));
        }
        (None, Some((code, _))) => text += &format!(", ConnectionBind answered {code}"),
        (None, None) => text += ", not bound",
    }
    if let Some(flow) = connection.flow.and_then(|index| analysis.flows.get(index)) {
        text += &format!(", flow {}", flow.number);
    }
    text
}

/// Breaks a text at spaces into lines of at most so many characters, if words are not longer.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let length = line.chars().count() + 1 + word.chars().count();
        if !line.is_empty() && length > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += word;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("unbreakable x", 4), ["unbreakable", "x"]);
        assert_eq!(wrap("", 4), [""]);
    }
}
