//! Allocations that are refused, lost, or run out.

use stunwire::Method;

use super::{Found, host, is_private, remains, seconds, to_servers};
use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Frames};
use crate::analysis::observe::UNKNOWN_CODE;
use crate::analysis::transaction::Errors;
use crate::analysis::turn::Lost;
use crate::words::{Count, Span, Times, list};

/// The answers with this code to Allocate, if no Allocate succeeded afterwards.
fn allocate_refused(flow: &Flow, code: u16) -> Option<&Errors> {
    let outcome = flow.exchanges.asked(Method::ALLOCATE)?;
    let errors = outcome.error_with(code)?;
    (outcome.successes.last <= errors.frames.last).then_some(errors)
}

/// Whether the client got an allocation from this server on another flow after the refusal.
fn is_allocated_elsewhere(analysis: &Analysis, flow: &Flow, errors: &Errors) -> bool {
    analysis.hosts.allocated(flow) > Some(errors.frames.last)
}

pub fn mismatch(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some(errors) = allocate_refused(flow, 437) else {
            continue;
        };
        let has_one = flow
            .allocations
            .iter()
            .any(|allocation| !allocation.is_over());
        if has_one || is_allocated_elsewhere(analysis, flow, errors) {
            continue;
        }
        let text = format!(
            "{} answered Allocate of {} with 437 (Allocation Mismatch) {}: an earlier allocation \
             of this address and port still exists, until its lifetime runs out. The client must use \
             another port, or release its allocations when it ends.",
            flow.server,
            flow.client,
            Times(errors.frames.count)
        );
        found.add(flow, &errors.frames, text);
    }
}

pub fn lost(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        for allocation in &flow.allocations {
            let Some(Lost { at, method, code }) = allocation.lost else {
                continue;
            };
            if code == 400 {
                let text = format!(
                    "{} answered {method} of {} with 400 (Bad Request), and nothing has come back from \
                     the peers for {} ({} to them): it does not know the allocation; the server was \
                     restarted.",
                    flow.server,
                    flow.client,
                    Span(at.since(allocation.received.last)),
                    Count(allocation.unreturned.count, "packet"),
                );
                let first = allocation.unreturned.first;
                let frames = Frames::of([allocation.received.last, first, at]);
                found.add(flow, &frames, text);
                continue;
            }
            let is_expired = allocation.expiry().is_some_and(|expiry| expiry < at.time);
            let cause = if is_expired {
                "its lifetime had run out before".to_owned()
            } else {
                "the server was restarted, or a NAT gave the client another address".to_owned()
            };
            let text = format!(
                "{} answered {method} of {} with 437 (Allocation Mismatch): it does not know the \
                 allocation; {cause}.",
                flow.server, flow.client
            );
            found.add(flow, &Frames::one(at), text);
        }
    }
}

/// Codes of Allocate that no other rule explains, with what to do.
const REFUSALS: [(u16, &str); 9] = [
    (400, "the request is malformed for this server"),
    (
        403,
        "the user or the client's address is not allowed to allocate",
    ),
    (
        420,
        "the request has a comprehension-required attribute that the server does not know",
    ),
    (
        440,
        "the server has no relayed addresses of the requested family",
    ),
    (
        442,
        "the server does not relay the requested transport; TCP needs a server with RFC 6062 and a \
         client that connects over TCP or TLS",
    ),
    (
        443,
        "the address family of the peer differs from that of the allocation",
    ),
    (446, "there is a connection to this peer already"),
    (500, "the server has an internal error; see its log"),
    (
        503,
        "the server cannot provide the service at present; see its log",
    ),
];

pub fn refused(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        for (code, meaning) in REFUSALS {
            let Some(errors) = allocate_refused(flow, code) else {
                continue;
            };
            if is_allocated_elsewhere(analysis, flow, errors) {
                continue;
            }
            let text = format!(
                "{} answered Allocate of {} with {code} {}: {meaning}.",
                flow.server,
                flow.client,
                Times(errors.frames.count)
            );
            found.add(flow, &errors.frames, text);
        }
    }
}

pub fn quota(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some(errors) = allocate_refused(flow, 486) else {
            continue;
        };
        let user = flow.login.user.as_deref().unwrap_or("the user");
        let text = format!(
            "{} answered Allocate of {} with 486 (Allocation Quota Reached) {}: \"{user}\" has as many \
             allocations as the server permits. Allocations that were not released count until they \
             run out.",
            flow.server,
            flow.client,
            Times(errors.frames.count)
        );
        found.add(flow, &errors.frames, text);
    }
}

pub fn full(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some(errors) = allocate_refused(flow, 508) else {
            continue;
        };
        if is_allocated_elsewhere(analysis, flow, errors) {
            continue;
        }
        let text = format!(
            "{} answered Allocate of {} with 508 (Insufficient Capacity) {}: no relay port or no \
             bandwidth is left.",
            flow.server,
            flow.client,
            Times(errors.frames.count)
        );
        found.add(flow, &errors.frames, text);
    }
}

pub fn redirect(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some((alternate, at)) = flow.alternate else {
            continue;
        };
        let goes_there = analysis.hosts.has_contacted(flow.client.ip(), alternate);
        let is_served = flow.allocations.iter().any(|last| last.made > Some(at));
        if goes_there || is_served || remains(analysis, at) < seconds(3) {
            continue;
        }
        let text = format!(
            "{} redirects {} to {alternate} with 300 (Try Alternate), but the capture has no packet \
             to that server: the client does not support redirection, or cannot reach the address.",
            flow.server, flow.client
        );
        found.add(flow, &Frames::one(at), text);
    }
}

pub fn private(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        for allocation in &flow.allocations {
            let (Some(relayed), Some(made)) = (allocation.relayed, allocation.made) else {
                continue;
            };
            let is_wrong = relayed.ip().is_unspecified()
                || (is_private(relayed.ip()) && !is_private(flow.server.ip()));
            if is_wrong {
                let text = format!(
                    "{} grants the relayed address {relayed}, which only its own network can reach, \
                     although the client reaches the server under {}: the server must be configured with \
                     its external address.",
                    flow.server,
                    flow.server.ip()
                );
                found.add(flow, &Frames::one(made), text);
            }
        }
    }
}

/// The answers with 403 to requests for permissions, if no permission was granted.
pub fn forbidden_peers(flow: &Flow) -> Option<Frames> {
    let mut frames = Frames::default();
    for method in [
        Method::CREATE_PERMISSION,
        Method::CHANNEL_BIND,
        Method::CONNECT,
    ] {
        let outcome = flow.exchanges.asked(method);
        if let Some(errors) = outcome.and_then(|outcome| outcome.error_with(403)) {
            frames.join(&errors.frames);
        }
    }
    let is_granted = flow
        .allocations
        .iter()
        .any(|allocation| !allocation.permissions.is_empty());
    (!frames.is_empty() && !is_granted).then_some(frames)
}

pub fn forbidden(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some(mut frames) = forbidden_peers(flow) else {
            continue;
        };
        let peers = flow
            .allocations
            .iter()
            .flat_map(|allocation| &allocation.peers);
        let mut dropped = Frames::default();
        let mut addresses: Vec<String> = Vec::new();
        for peer in peers.filter(|peer| !peer.without_permission.is_empty()) {
            dropped.join(&peer.without_permission);
            let ip = host(peer.address);
            if !addresses.contains(&ip) {
                addresses.push(ip);
            }
        }
        // A request for another peer may follow, unless data was dropped already.
        if dropped.is_empty() && remains(analysis, frames.last) < seconds(2) {
            continue;
        }
        let mut text = format!(
            "{} answered every request of {} for a permission with 403 (Forbidden): it does not relay \
             to these peers, as most servers do by default for private and loopback addresses.",
            flow.server, flow.client
        );
        if !dropped.is_empty() {
            text += &format!(
                " It dropped {} to {}.",
                Count(dropped.count, "packet"),
                list(&addresses)
            );
            frames.join(&dropped);
        }
        found.add(flow, &frames, text);
    }
}

pub fn wildcard(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        for allocation in &flow.allocations {
            for permission in &allocation.permissions {
                if permission.ip.is_unspecified() {
                    let text = format!(
                        "{} asks {} for a permission for {}: a permission applies to one IP address; \
                         TURN has no permission for all peers.",
                        flow.client, flow.server, permission.ip
                    );
                    found.add(flow, &Frames::one(permission.first), text);
                }
            }
        }
    }
}

pub fn expired(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        for allocation in &flow.allocations {
            let frames = &allocation.sent_late;
            let (Some(expiry), Some(lifetime)) = (allocation.expiry(), allocation.lifetime) else {
                continue;
            };
            if frames.is_empty() || allocation.released.is_some() {
                continue;
            }
            let refresh = flow.exchanges.asked(Method::REFRESH);
            let unanswered = refresh.map_or(0, |outcome| outcome.unanswered.count);
            let refused = refresh.map(|outcome| {
                let codes = outcome.errors.iter().map(|errors| match errors.code {
                    UNKNOWN_CODE => "with an error".to_owned(),
                    code => code.to_string(),
                });
                list(&codes.collect::<Vec<_>>())
            });
            let why = match refused {
                Some(codes) if !codes.is_empty() => {
                    format!("its Refresh was answered {codes}")
                }
                _ if unanswered > 0 => "its Refresh had no response".to_owned(),
                _ => "it sent no Refresh".to_owned(),
            };
            let refreshed = match allocation.refreshes {
                0 => String::new(),
                count => format!(
                    ", {} that succeeded before",
                    Count(count, "Refresh request")
                ),
            };
            let late = frames.last.time.saturating_sub(expiry);
            let text = format!(
                "The allocation of {} at {} ran out {} before the client stopped sending (lifetime \
                 {lifetime} s{refreshed}; {why}). Nothing came back after that.",
                flow.client,
                flow.server,
                Span(late),
            );
            found.add(flow, frames, text);
        }
    }
}
