//! Findings: what went wrong in a capture, in words, with evidence and the section of the
//! specification.
//!
//! Each rule is a row of [`RULES`]. A rule reports a finding only if the capture proves it: a false
//! alarm is as bad as a miss. What is missing from the capture (its beginning, its end, packets that
//! were not captured) proves nothing.

mod allocation;
mod connection;
mod ice;
mod login;
mod media;
mod reachability;
mod relay;
mod wire;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Frames, Stamp};
use crate::analysis::ice::State;

/// How severe a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The call, or the part of it that the finding names, fails.
    Error,
    /// It may fail, or works worse than it could.
    Warning,
    /// It explains another finding.
    Note,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// One kind of finding.
pub struct Rule {
    /// The name in the JSON output. It does not change.
    pub id: &'static str,
    pub severity: Severity,
    pub title: &'static str,
    /// The section of the specification that applies.
    pub reference: &'static str,
    check: fn(&Analysis, &mut Found),
}

/// What the checks have found.
#[derive(Default)]
pub struct Found(Vec<(Vec<usize>, String, Frames)>);

impl Found {
    /// Adds a finding about a flow.
    fn add(&mut self, flow: &Flow, frames: &Frames, text: String) {
        self.add_all(vec![flow.number], frames.clone(), text);
    }

    /// Adds a finding about flows with these numbers.
    fn add_all(&mut self, flows: Vec<usize>, frames: Frames, text: String) {
        self.0.push((flows, text, frames));
    }
}

/// One finding.
pub struct Finding {
    pub rule: &'static Rule,
    pub text: String,
    /// The numbers of the flows.
    pub flows: Vec<usize>,
    pub frames: Frames,
}

use Severity::{Error, Note, Warning};

const fn rule(
    id: &'static str,
    severity: Severity,
    title: &'static str,
    reference: &'static str,
    check: fn(&Analysis, &mut Found),
) -> Rule {
    Rule {
        id,
        severity,
        title,
        reference,
        check,
    }
}

/// All rules.
#[rustfmt::skip]
pub static RULES: &[Rule] = &[
    rule("server-silent", Error, "The server never answers", "RFC 8489 §6.2.1", reachability::silent),
    rule("server-unreachable", Error, "The server is unreachable", "RFC 8489 §6.2.1", reachability::unreachable),
    rule("tcp-refused", Error, "The server refuses TCP connections", "RFC 8489 §6.2.2", reachability::refused),
    rule("tcp-no-answer", Error, "TCP connections to the server are not answered", "RFC 8489 §6.2.2", reachability::no_handshake),
    rule("udp-blocked", Warning, "UDP to the server is blocked", "RFC 8656 §3.1", reachability::udp_blocked),
    rule("packet-loss", Warning, "Requests or responses are lost", "RFC 8489 §6.2.1", reachability::loss),
    rule("slow-responses", Warning, "Responses take longer than the first retransmission", "RFC 8489 §6.2.1", reachability::slow),
    rule("credentials-refused", Error, "The server refuses the credentials", "RFC 8489 §9.2.4", login::refused),
    rule("credentials-expired", Error, "The time-limited credentials have expired", "draft-uberti-behave-turn-rest-00 §2.2", login::expired),
    rule("integrity-check-failure", Error, "The server finds the integrity attribute invalid", "RFC 3489 §11.2.9", login::integrity_failure),
    rule("challenge-unanswered", Warning, "The client does not answer the server's challenge", "RFC 8489 §9.2.5", login::unanswered),
    rule("stale-nonce-loop", Error, "The server rejects every nonce as stale", "RFC 8489 §9.2.5", login::stale_loop),
    rule("stale-nonce-ignored", Error, "The client does not repeat its request with the new nonce", "RFC 8489 §9.2.5", login::stale_ignored),
    rule("wrong-credentials", Error, "Another user made the allocation", "RFC 8656 §5", login::other_user),
    rule("bid-down", Warning, "The list of password algorithms was removed", "RFC 8489 §9.2.1", login::bid_down),
    rule("unsigned-response", Warning, "Responses lack the integrity attribute", "RFC 8489 §9.2.5", login::unsigned),
    rule("integrity-mismatch", Warning, "Messages do not verify with the given credentials", "RFC 8489 §9.1.3", wire::forged),
    rule("fingerprint-invalid", Warning, "FINGERPRINT is wrong", "RFC 8489 §7", wire::fingerprint),
    rule("address-rewritten", Warning, "A middlebox rewrites addresses inside messages", "RFC 8489 §14.2", wire::rewritten),
    rule("allocation-mismatch", Error, "The client's address still has an older allocation", "RFC 8656 §7.4", allocation::mismatch),
    rule("allocation-lost", Error, "The server does not know the allocation any more", "RFC 8656 §5", allocation::lost),
    rule("allocation-refused", Error, "The server refuses to allocate", "RFC 8656 §7.4", allocation::refused),
    rule("quota-reached", Error, "The user has too many allocations", "RFC 8656 §7.4", allocation::quota),
    rule("server-full", Error, "The server has no capacity left", "RFC 8656 §7.4", allocation::full),
    rule("redirect-ignored", Warning, "The client does not follow the redirection", "RFC 8489 §10", allocation::redirect),
    rule("relayed-address-private", Error, "The relayed address cannot be reached from outside", "RFC 8656 §7.2", allocation::private),
    rule("peer-forbidden", Error, "The server forbids the peers", "RFC 8656 §10.2", allocation::forbidden),
    rule("wildcard-permission", Warning, "A permission for no particular address has no effect", "RFC 8656 §9", allocation::wildcard),
    rule("lifetime-expired", Error, "The allocation ran out during the call", "RFC 8656 §8", allocation::expired),
    rule("permission-missing", Error, "Data is sent to a peer without permission", "RFC 8656 §11.2", relay::no_permission),
    rule("permission-expired", Error, "A permission ran out during the call", "RFC 8656 §9", relay::permission_expired),
    rule("channel-unbound", Error, "ChannelData on a channel that was never bound", "RFC 8656 §12.6", relay::unbound),
    rule("channel-expired", Error, "A channel ran out during the call", "RFC 8656 §12", relay::channel_expired),
    rule("relay-one-way", Error, "Nothing comes back through the relay", "RFC 8656 §11.3", relay::one_way),
    rule("peer-unreachable", Warning, "The relay cannot reach the peer", "RFC 8656 §11.5", relay::peer_icmp),
    rule("control-connection-lost", Error, "The TCP connection of an allocation in use was closed", "RFC 8656 §3.2", relay::closed),
    rule("connection-bind-missing", Error, "A peer's connection is never accepted", "RFC 6062 §4.4", connection::never_bound),
    rule("connection-bind-late", Error, "ConnectionBind comes too late", "RFC 6062 §5.3", connection::late),
    rule("connection-bind-refused", Error, "The server refuses ConnectionBind", "RFC 6062 §5.4", connection::bind_refused),
    rule("connect-failed", Error, "The relay cannot connect to the peer", "RFC 6062 §5.2", connection::connect_failed),
    rule("connection-attempt-missing", Warning, "No peer connects to the relayed address", "RFC 6062 §5.3", connection::no_attempt),
    rule("ice-failed", Error, "No candidate pair works", "RFC 8445 §7.2.5.2", ice::failed),
    rule("ice-one-way", Error, "Checks work in one direction only", "RFC 8445 §7.2.5.2", ice::one_way),
    rule("tcp-pair-incomplete", Warning, "The peer sends no check over the relayed connection", "RFC 8445 §7.3.1.4", ice::incomplete),
    rule("ice-credentials", Error, "The agents do not agree on the ICE password", "RFC 8445 §7.3", ice::credentials),
    rule("ice-role-conflict", Error, "Both agents insist on the same role", "RFC 8445 §7.3.1.1", ice::role_conflict),
    rule("ice-not-nominated", Error, "No pair is nominated", "RFC 8445 §8.1.1", ice::not_nominated),
    rule("ice-unsigned-response", Warning, "Answers to checks lack the integrity attribute", "RFC 8489 §9.1.4", ice::unsigned),
    rule("consent-lost", Error, "The peer stops answering during the call", "RFC 7675 §5.1", ice::consent),
    rule("dtls-unanswered", Error, "The DTLS handshake is not answered", "RFC 5763 §5", media::dtls),
    rule("media-one-way", Warning, "Media flows in one direction only", "RFC 8445 §12", media::one_way),
    rule("symmetric-nat", Note, "The NAT maps each destination to another port", "RFC 5780 §4.3", reachability::symmetric_nat),
];

/// Everything that the rules find, worst first.
pub fn check(analysis: &Analysis) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let mut found = Found::default();
        (rule.check)(analysis, &mut found);
        findings.extend(found.0.into_iter().map(|(flows, text, frames)| Finding {
            rule,
            text,
            flows,
            frames,
        }));
    }
    sort(&mut findings);
    findings
}

/// Puts the worst findings first.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by_key(|finding| (finding.rule.severity, finding.frames.first));
}

/// Length of the rest of the capture, after this packet.
fn remains(analysis: &Analysis, at: Stamp) -> Duration {
    analysis.end.saturating_sub(at.time)
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Whether an address is meant for one network alone (RFC 1918, RFC 6598, RFC 4193 and the like).
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(ip) => {
            let [first, ..] = ip.segments();
            ip.is_loopback()
                || ip.is_unspecified()
                || first & 0xFE00 == 0xFC00
                || first & 0xFFC0 == 0xFE80
        }
    }
}

/// The flows between clients and STUN or TURN servers: neither candidate pairs nor relayed flows.
fn to_servers(analysis: &Analysis) -> impl Iterator<Item = &Flow> {
    analysis
        .flows
        .iter()
        .filter(|flow| flow.via.is_none() && flow.pair.is_none())
}

/// Whether the flow is a pair with answered checks.
fn works(flow: &Flow) -> bool {
    let pair = flow.pair.as_ref();
    pair.is_some_and(|pair| pair.state() >= State::Answered)
}

/// The flow in which something is relayed, in words.
fn through(analysis: &Analysis, flow: &Flow) -> String {
    match flow.via.and_then(|via| analysis.flows.get(via)) {
        Some(outer) => format!(" through the relay {}", outer.server),
        None => String::new(),
    }
}

/// The IP address, without the port.
fn host(address: SocketAddr) -> String {
    address.ip().to_string()
}

#[cfg(test)]
mod tests;
