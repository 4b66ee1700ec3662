//! The summary: findings, then flows.

mod turn;

use std::fmt::{self, Display};
use std::io::{self, Write};

use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Media, Side, Stamp};
use crate::analysis::ice::{self, Pair};
use crate::analysis::observe::UNKNOWN_CODE;
use crate::analysis::transaction::Outcome;
use crate::findings::{Finding, Severity};
use crate::style::Style;
use crate::unit::Transport;
use crate::words::{Bytes, Count, Span, frames};

/// Maximum number of findings of one rule that are shown individually.
const MOST_OF_A_RULE: usize = 10;

/// Maximum number of flows that are shown. Findings also name others.
const MOST_FLOWS: usize = 200;

/// Maximum number of peers, of channels and of connections that are shown of one allocation.
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
        let shown = analysis.flows.len().min(MOST_FLOWS);
        let more = analysis.flows.total().saturating_sub(shown) as u64;
        if more > 0 {
            writeln!(
                self.out,
                "  and {}; --json has them all",
                Count(more, "more flow")
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
            self.line(format_args!("login: {}", turn::login(&flow.login)))?;
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
        if flow.exchanges.requests() > 0 {
            self.requests(flow)?;
        }
        // The request may be in the capture and have gone to another address of the server.
        let stray = &flow.exchanges.stray;
        match stray.count {
            0 => Ok(()),
            count => self.line(format_args!(
                "{} without a request between these addresses",
                Count(count, "response")
            )),
        }
    }

    fn requests(&mut self, flow: &Flow) -> io::Result<()> {
        let exchanges = &flow.exchanges;
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
            text += &format!(", {}", Count(exchanges.retransmissions(), "retransmission"));
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
            story.push(format!(
                "not accepted after {}",
                Count(connection.syn.count, "SYN")
            ));
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

    fn pair(&mut self, flow: &Flow, pair: &Pair) -> io::Result<()> {
        let mut sides = Vec::new();
        for side in Side::BOTH {
            let checks = pair.sides.of(side);
            let address = flow.address(side);
            if checks.requests.is_empty() {
                sides.push(format!("{address} sent no checks"));
                continue;
            }
            let role = match (checks.role, checks.switched) {
                (Some(role), Some(at)) => format!(" ({} since {})", role.name(), Clock(at)),
                (Some(role), None) => format!(" ({})", role.name()),
                (None, _) => String::new(),
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
            Transport::Tcp => "frame",
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
    /// Data of a peer through a relay, other than ICE.
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
    } else if flow.exchanges.requests() == 0 && is_connection(flow) {
        Use::Connection
    } else {
        Use::Stun
    }
}

/// Whether the opening of its TCP connection is in the capture.
fn is_connection(flow: &Flow) -> bool {
    flow.connection.syn.count > 0 || flow.connection.accepted.is_some()
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
        let count = errors.frames.count;
        results.push(match errors.code {
            UNKNOWN_CODE => format!("{} of unknown code", Count(count, "error")),
            code => format!("{count} error {code}"),
        });
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
