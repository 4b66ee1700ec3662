//! Logins and allocations in the summary.

use std::fmt::{self, Display};
use std::io::{self, Write};

use super::{Clock, MOST_DETAILS, Report};
use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Side, Stamp};
use crate::analysis::login::Login;
use crate::analysis::observe::UNKNOWN_CODE;
use crate::analysis::turn::{Allocation, Channel, Lost, PeerConnection};
use crate::words::{Bytes, Count, Span, Times, list};

impl<W: Write> Report<'_, W> {
    pub(super) fn allocation(
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
            let request = match allocation.is_ms_turn {
                true => "refreshing Allocate request",
                false => "Refresh request",
            };
            text += &format!(", {}", Count(allocation.refreshes, request));
        }
        text += &format!("; {}", ending(analysis, flow, allocation));
        self.line(text)?;
        self.line(format_args!(
            "  data: {} ({}) to peers, {} ({}) from peers",
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
            self.line(format_args!("  {}", peer_connection(analysis, connection)))?;
        }
        Ok(())
    }
}

/// A login in one line.
pub(super) fn login(login: &Login) -> String {
    let mut story = Vec::new();
    if login.challenges.count > 0 {
        story.push("401 with a nonce".to_owned());
    }
    if login.stale.count > 0 {
        story.push(format!("438 (Stale Nonce) {}", Times(login.stale.count)));
    }
    if login.refusals.frames.count > 0 {
        story.push(format!(
            "401 to signed requests {}",
            Times(login.refusals.frames.count)
        ));
    }
    if login.integrity_failures.count > 0 {
        story.push(format!(
            "431 (Integrity Check Failure) {}",
            Times(login.integrity_failures.count)
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
    if let Some(Lost { at, .. }) = allocation.lost {
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
        let party = match side {
            Side::Client => "client",
            Side::Server => "server",
        };
        return format!(
            "ended with the TCP connection by the {party} at {}",
            Clock(at)
        );
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
        (None, Some((UNKNOWN_CODE, _))) => text += ", ConnectionBind answered with an error",
        (None, Some((code, _))) => text += &format!(", ConnectionBind answered {code}"),
        (None, None) => text += ", not bound",
    }
    if let Some(flow) = connection.flow.and_then(|index| analysis.flows.get(index)) {
        text += &format!(", flow {}", flow.number);
    }
    text
}
