//! Data that a relay drops.

use super::allocation::forbidden_peers;
use super::{Found, to_servers};
use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Frames, Side};
use crate::analysis::turn::Allocation;
use crate::words::{Bytes, Count, Span};

/// The allocations whose beginning is in the capture, so that all permissions and channels are known.
fn complete(flow: &Flow) -> impl Iterator<Item = &Allocation> {
    flow.allocations
        .iter()
        .filter(|allocation| allocation.made.is_some())
}

/// Whether the capture has all permissions and channels that were asked for since then.
fn is_known(flow: &Flow) -> bool {
    flow.missing == 0 && !flow.lacks_peers
}

pub fn no_permission(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis).filter(|flow| is_known(flow)) {
        // The refusal of the permission is reported instead.
        if forbidden_peers(flow).is_some() {
            continue;
        }
        // In MS-TURN, sending data to a peer installs the permission.
        for allocation in complete(flow).filter(|allocation| !allocation.is_ms_turn) {
            for peer in &allocation.peers {
                let is_permitted = allocation
                    .permissions
                    .iter()
                    .any(|permission| permission.ip == peer.address.ip());
                let frames = &peer.without_permission;
                if frames.is_empty() || is_permitted || peer.received.packets > 0 {
                    continue;
                }
                let text = format!(
                    "{} sends to the peer {} through {} without a permission for it: the server drops \
                     it ({}, {}), and 0 bytes came back. CreatePermission or ChannelBind must \
                     succeed first.",
                    flow.client,
                    peer.address,
                    flow.server,
                    Count(peer.sent.packets, "packet"),
                    Bytes(peer.sent.bytes)
                );
                found.add(flow, frames, text);
            }
        }
    }
}

pub fn permission_expired(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        for allocation in &flow.allocations {
            // Permissions end with their allocation, which is reported instead.
            if !allocation.sent_late.is_empty() {
                continue;
            }
            for peer in &allocation.peers {
                let frames = &peer.after_permission;
                if frames.is_empty() || is_bound_later(allocation, peer.address, frames) {
                    continue;
                }
                let text = format!(
                    "The permission of {} for {} at {} ran out 300 s after it was last granted or \
                     refreshed; {} sent to the peer after that had no reply.",
                    flow.client,
                    peer.address.ip(),
                    flow.server,
                    Count(frames.count, "packet")
                );
                found.add(flow, frames, text);
            }
        }
    }
}

/// Whether an expired channel to the same peer is reported instead.
fn is_bound_later(allocation: &Allocation, peer: std::net::SocketAddr, frames: &Frames) -> bool {
    allocation.channels.iter().any(|channel| {
        channel.peer == Some(peer)
            && !channel.sent_late.is_empty()
            && channel.sent_late.last >= frames.last
    })
}

pub fn unbound(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis).filter(|flow| is_known(flow)) {
        for allocation in complete(flow) {
            for channel in &allocation.channels {
                if channel.peer.is_some() {
                    continue;
                }
                let frames = Frames::of(
                    [&channel.sent, &channel.received]
                        .into_iter()
                        .filter(|traffic| traffic.packets > 0)
                        .map(|traffic| traffic.first),
                );
                let text = if channel.received.packets > 0 {
                    format!(
                        "Data arrives from {} on channel {:#06x} ({}), which was never bound in this \
                         capture: {} cannot tell which peer sent it.",
                        flow.server,
                        channel.number,
                        Count(channel.received.packets, "packet"),
                        flow.client
                    )
                } else {
                    format!(
                        "{} sends on channel {:#06x} ({}), for which no ChannelBind succeeded: {} \
                         drops it.",
                        flow.client,
                        channel.number,
                        Count(channel.sent.packets, "packet"),
                        flow.server
                    )
                };
                found.add(flow, &frames, text);
            }
        }
    }
}

pub fn channel_expired(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        for allocation in &flow.allocations {
            if !allocation.sent_late.is_empty() {
                continue;
            }
            for channel in &allocation.channels {
                let frames = &channel.sent_late;
                if frames.is_empty() {
                    continue;
                }
                let text = format!(
                    "Channel {:#06x} of {} at {} ran out 600 s after it was last bound; {} sent on it \
                     after that had no reply.",
                    channel.number,
                    flow.client,
                    flow.server,
                    Count(frames.count, "packet")
                );
                found.add(flow, frames, text);
            }
        }
    }
}

/// Fewer packets may still be on their way.
const ENOUGH_PACKETS: u64 = 10;

pub fn one_way(analysis: &Analysis, found: &mut Found) {
    for inner in analysis.flows.iter() {
        let Some(outer) = inner.via.and_then(|via| analysis.flows.get(via)) else {
            continue;
        };
        let Some(allocation) = outer.allocations.last() else {
            continue;
        };
        let peer = inner.server;
        // The client of a relayed flow is the address that sent first.
        let (sent, received) = if Some(inner.server) == allocation.relayed {
            continue;
        } else {
            (
                inner.media.of(Side::Client),
                inner.media.server.packets() + inner.messages.server,
            )
        };
        // Without anything from the server the capture may lack one direction.
        if outer.messages.server == 0 && allocation.received.packets == 0 {
            continue;
        }
        let known = allocation.peers.iter().find(|known| known.address == peer);
        let is_dropped = known.is_some_and(|known| {
            !known.without_permission.is_empty() || !known.after_permission.is_empty()
        }) || !allocation.sent_late.is_empty();
        if sent.packets() < ENOUGH_PACKETS || received > 0 || is_dropped {
            continue;
        }
        let (Some(first), last) = (sent.first(), inner.last) else {
            continue;
        };
        if last.since(first) < super::seconds(3) {
            continue;
        }
        let text = format!(
            "{} sent {} ({}) to the peer {peer} through {} in {}, and nothing came back: the peer \
             does not send to {}, or a firewall between relay and peer drops it.",
            outer.client,
            Count(sent.packets(), "packet"),
            Bytes(sent.bytes()),
            outer.server,
            Span(last.since(first)),
            allocation
                .relayed
                .map_or("the relayed address".to_owned(), |relayed| relayed
                    .to_string()),
        );
        let frames = Frames::of([first, last]);
        found.add_all(vec![outer.number, inner.number], frames, text);
    }
}

pub fn peer_icmp(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        for allocation in &flow.allocations {
            let Some(((kind, code), at)) = allocation.peer_icmp else {
                continue;
            };
            let text = format!(
                "{} reports an ICMP error (type {kind}, code {code}) for a packet that it relayed to \
                 a peer of {}: the peer's port is closed or its network cannot be reached.",
                flow.server, flow.client
            );
            found.add(flow, &Frames::one(at), text);
        }
    }
}

pub fn closed(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some(allocation) = flow.allocations.last() else {
            continue;
        };
        let connection = &flow.connection;
        let end = match (connection.reset, connection.ended) {
            (Some((side, at)), _) => Some((side, at, "reset")),
            (None, Some((Side::Server, at))) => Some((Side::Server, at, "closed")),
            _ => None,
        };
        let Some((side, at, how)) = end else {
            continue;
        };
        let last = allocation.sent.last.max(allocation.received.last);
        let is_in_use = allocation.sent.packets + allocation.received.packets > 0
            && at.since(last) < super::seconds(5);
        let was_closing = connection.ended.is_some_and(|(_, ended)| ended < at);
        // Without anything from the client, neither is the Refresh that releases the allocation there.
        let is_seen = flow.messages.client > 0;
        if allocation.is_over() || !is_in_use || was_closing || !is_seen {
            continue;
        }
        let text = format!(
            "{} {how} the TCP connection between {} and {} {} after the last data, without releasing \
             the allocation: the allocation and all that it relays end with the connection.",
            flow.address(side),
            flow.client,
            flow.server,
            Span(at.since(last))
        );
        found.add(flow, &Frames::one(at), text);
    }
}
