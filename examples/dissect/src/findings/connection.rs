//! Connections of peers through a relay (RFC 6062).

use std::time::Duration;

use stunwire::Method;

use super::{Found, remains, seconds, to_servers, works};
use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Frames};
use crate::analysis::observe::UNKNOWN_CODE;
use crate::analysis::turn::PeerConnection;
use crate::words::{Span, Times};

/// How long a server keeps a connection that is not bound (RFC 6062 §5.3).
const PATIENCE: Duration = Duration::from_secs(30);

fn connections(analysis: &Analysis) -> impl Iterator<Item = (&Flow, &PeerConnection)> {
    to_servers(analysis).flat_map(|flow| {
        let allocations = flow.allocations.iter();
        let connections = allocations.flat_map(|allocation| &allocation.connections);
        connections.map(move |connection| (flow, connection))
    })
}

/// The server's offer, for a sentence.
fn offer(connection: &PeerConnection) -> String {
    let peer = match connection.peer {
        Some(peer) => format!(" of peer {peer}"),
        None => String::new(),
    };
    if connection.is_outgoing {
        format!("the connection to it{peer} that Connect has made")
    } else {
        format!("the connection{peer} that ConnectionAttempt has announced")
    }
}

pub fn never_bound(analysis: &Analysis, found: &mut Found) {
    for (flow, connection) in connections(analysis) {
        let left = remains(analysis, connection.offered);
        if connection.asked.is_some() || left < seconds(5) {
            continue;
        }
        let text = format!(
            "{} never sent ConnectionBind for {} (CONNECTION-ID {:#010x}) in the remaining {} of the \
             capture: it must open a second TCP connection to {} within 30 s.",
            flow.client,
            offer(connection),
            connection.id,
            Span(left),
            flow.server
        );
        found.add(flow, &Frames::one(connection.offered), text);
    }
}

pub fn late(analysis: &Analysis, found: &mut Found) {
    for (flow, connection) in connections(analysis) {
        let Some(asked) = connection.asked else {
            continue;
        };
        let late = asked.since(connection.offered);
        if late <= PATIENCE {
            continue;
        }
        let text = format!(
            "ConnectionBind of {} for {} (CONNECTION-ID {:#010x}) came {} after the offer, later than \
             30 s: by then {} has closed the peer's connection.",
            flow.client,
            offer(connection),
            connection.id,
            Span(late),
            flow.server
        );
        found.add(flow, &Frames::of([connection.offered, asked]), text);
    }
}

pub fn bind_refused(analysis: &Analysis, found: &mut Found) {
    for (flow, connection) in connections(analysis) {
        let Some((code, at)) = connection.error else {
            continue;
        };
        let is_late = connection
            .asked
            .is_some_and(|asked| asked.since(connection.offered) > PATIENCE);
        // Every login on a new connection has these challenges.
        if connection.bound.is_some() || is_late || matches!(code, 401 | 438 | UNKNOWN_CODE) {
            continue;
        }
        let text = format!(
            "{} answered ConnectionBind of {} for {} (CONNECTION-ID {:#010x}) with {code}: the \
             connection of the peer is closed, or the id belongs to another allocation.",
            flow.server,
            flow.client,
            offer(connection),
            connection.id
        );
        found.add(flow, &Frames::of([connection.offered, at]), text);
    }
}

pub fn connect_failed(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some(outcome) = flow.exchanges.asked(Method::CONNECT) else {
            continue;
        };
        for errors in &outcome.errors {
            if matches!(errors.code, 401 | 403 | 438 | UNKNOWN_CODE)
                || outcome.successes.last > errors.frames.last
            {
                continue;
            }
            let meaning = match errors.code {
                446 => "there is a connection to the peer already",
                447 => "the peer refused the connection or did not answer within the relay's time",
                _ => "the relay did not try",
            };
            let text = format!(
                "{} answered Connect of {} with {} {}: {meaning}.",
                flow.server,
                flow.client,
                errors.code,
                Times(errors.frames.count)
            );
            found.add(flow, &errors.frames, text);
        }
    }
}

pub fn no_attempt(analysis: &Analysis, found: &mut Found) {
    let any_works = analysis
        .flows
        .iter()
        .any(|flow| flow.data_connection.is_some() || works(flow));
    if any_works {
        return;
    }
    for flow in to_servers(analysis) {
        for allocation in &flow.allocations {
            let Some(first) = allocation.permissions.iter().map(|one| one.first).min() else {
                continue;
            };
            if !allocation.is_tcp
                || !allocation.connections.is_empty()
                || flow.exchanges.asked(Method::CONNECT).is_some()
                || remains(analysis, first) < seconds(10)
            {
                continue;
            }
            let relayed = allocation
                .relayed
                .map_or("the relayed address".to_owned(), |relayed| {
                    relayed.to_string()
                });
            let text = format!(
                "{} has a TCP allocation at {} and {}, and no ConnectionAttempt came in the {} after \
                 it: no peer connects to {relayed}. The peer does not try, or a firewall before the \
                 relay's ports drops its SYN.",
                flow.client,
                flow.server,
                match allocation.permissions.len() {
                    1 => "a permission for one peer".to_owned(),
                    count => format!("permissions for {count} peers"),
                },
                Span(remains(analysis, first)),
            );
            found.add(flow, &Frames::one(first), text);
        }
    }
}
