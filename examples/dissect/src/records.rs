//! The records of the analysis in the JSON output: `transaction`, `flow` and `finding`. The README
//! of this package documents them.

use std::net::SocketAddr;
use std::time::Duration;

use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Media, Side, Stamp};
use crate::analysis::ice::Pair;
use crate::analysis::observe::UNKNOWN_CODE;
use crate::analysis::transaction::FinishedTransaction;
use crate::analysis::turn::Allocation;
use crate::findings::Finding;
use crate::json::Record;

/// Writes the keys of a transaction.
pub fn transaction(line: &mut Record, analysis: &Analysis, finished: &FinishedTransaction) {
    let transaction = &finished.transaction;
    line.length("flow", finished.flow);
    if let Some(flow) = finished
        .flow
        .checked_sub(1)
        .and_then(|index| analysis.flows.get(index))
    {
        line.name("transport", flow.transport.name());
        end(line, "source", flow.address(transaction.side));
        end(line, "destination", flow.address(transaction.side.other()));
    }
    line.display("method", transaction.method);
    line.hex("transaction_id", transaction.id.as_bytes());
    line.number("frame", transaction.first.frame);
    line.seconds("elapsed", transaction.first.time);
    line.number("transmissions", transaction.transmissions);
    line.bool("signed", transaction.signed.is_some());
    let outcome = match (transaction.answer, finished.is_undecided) {
        (Some(answer), _) if answer.error.is_some() => "error",
        (Some(_), _) => "success",
        (None, true) => "undecided",
        (None, false) => "unanswered",
    };
    line.name("outcome", outcome);
    match transaction.answer {
        Some(answer) => {
            code(line, answer.error);
            line.number("answer_frame", answer.at.frame);
            line.seconds("answer_elapsed", answer.at.time);
        }
        None => {
            line.null("code");
            line.null("answer_frame");
            line.null("answer_elapsed");
        }
    }
    seconds(line, "round_trip", transaction.round_trip());
}

/// The code of an error, if it is one and known.
fn code(line: &mut Record, code: Option<u16>) {
    match code {
        Some(code) if code != UNKNOWN_CODE => line.number("code", code),
        _ => line.null("code"),
    }
}

/// Writes the keys of a flow.
pub fn flow(line: &mut Record, analysis: &Analysis, flow: &Flow) {
    let exchanges = &flow.exchanges;
    line.length("flow", flow.number);
    line.name("transport", flow.transport.name());
    end(line, "client", flow.client);
    end(line, "server", flow.server);
    match flow.via.and_then(|via| analysis.flows.get(via)) {
        Some(outer) => line.length("relayed_in", outer.number),
        None => line.null("relayed_in"),
    }
    line.name("use", crate::report::kind(flow).name());
    line.number("first_frame", flow.first.frame);
    line.seconds("first_elapsed", flow.first.time);
    line.number("last_frame", flow.last.frame);
    line.seconds("last_elapsed", flow.last.time);
    line.number("requests", exchanges.requests());
    line.number("answered", exchanges.answered());
    line.number("unanswered", exchanges.unanswered());
    line.number("undecided", exchanges.undecided);
    line.number("retransmissions", exchanges.retransmissions());
    line.number(
        "errors",
        exchanges.total(|outcome| outcome.errors.iter().map(|one| one.frames.count).sum()),
    );
    let trips = &exchanges.round_trips;
    let some = |time| (trips.count > 0).then_some(time);
    seconds(line, "round_trip_min", some(trips.min));
    seconds(line, "round_trip_median", trips.median());
    seconds(line, "round_trip_max", some(trips.max));
    text(line, "user", flow.login.user.as_deref());
    text(line, "realm", flow.login.realm.as_deref());
    address(
        line,
        "mapped",
        flow.mapped.first().map(|(mapped, _)| *mapped),
    );
    line.object("media", |line| {
        media(line, "from_client", &flow.media.client);
        media(line, "from_server", &flow.media.server);
    });
    line.objects("methods", exchanges.outcomes.iter(), |line, outcome| {
        line.display("method", outcome.method);
        end(line, "source", flow.address(outcome.side));
        line.number("requests", outcome.requests.count);
        line.number("successes", outcome.successes.count);
        line.number("unanswered", outcome.unanswered.count);
        line.number("retransmissions", outcome.retransmissions);
        line.objects("errors", outcome.errors.iter(), |line, errors| {
            code(line, Some(errors.code));
            line.number("count", errors.frames.count);
        });
    });
    line.objects("allocations", flow.allocations.iter(), allocation);
    if let Some(found) = &flow.pair {
        line.object("pair", |line| pair(line, flow, found));
    } else {
        line.null("pair");
    }
    match &flow.data_connection {
        Some(data) => line.object("data_connection", |line| {
            line.number("connection_id", data.id);
            address(line, "peer", data.peer);
            address(line, "relayed", data.relayed);
        }),
        None => line.null("data_connection"),
    }
}

fn media(line: &mut Record, key: &str, media: &Media) {
    line.object(key, |line| {
        line.number("packets", media.packets());
        line.number("bytes", media.bytes());
        for (name, traffic) in [
            ("rtp", &media.rtp),
            ("rtcp", &media.rtcp),
            ("dtls", &media.dtls),
            ("other", &media.other),
        ] {
            line.number(name, traffic.packets);
        }
    });
}

fn allocation(line: &mut Record, allocation: &Allocation) {
    stamp(line, "made", allocation.made);
    line.name("transport", if allocation.is_tcp { "tcp" } else { "udp" });
    address(line, "relayed", allocation.relayed);
    address(line, "mapped", allocation.mapped);
    match allocation.lifetime {
        Some(lifetime) => line.number("lifetime", lifetime),
        None => line.null("lifetime"),
    }
    line.number("refreshes", allocation.refreshes);
    stamp(line, "released", allocation.released);
    seconds(line, "expires", allocation.expiry());
    line.number("packets_to_peers", allocation.sent.packets);
    line.number("bytes_to_peers", allocation.sent.bytes);
    line.number("packets_from_peers", allocation.received.packets);
    line.number("bytes_from_peers", allocation.received.bytes);
    line.objects(
        "permissions",
        allocation.permissions.iter(),
        |line, permission| {
            line.display("ip", permission.ip);
            stamp(line, "granted", Some(permission.last));
        },
    );
    line.objects("channels", allocation.channels.iter(), |line, channel| {
        line.code("channel", channel.number);
        address(line, "peer", channel.peer);
        line.number("packets_to_peer", channel.sent.packets);
        line.number("bytes_to_peer", channel.sent.bytes);
        line.number("packets_from_peer", channel.received.packets);
        line.number("bytes_from_peer", channel.received.bytes);
    });
    line.objects("connections", allocation.connections.iter(), |line, one| {
        line.number("connection_id", one.id);
        address(line, "peer", one.peer);
        stamp(line, "offered", Some(one.offered));
        stamp(line, "bound", one.bound);
    });
}

fn pair(line: &mut Record, flow: &Flow, pair: &Pair) {
    line.name("state", pair.state().name());
    for (key, side) in [("client", Side::Client), ("server", Side::Server)] {
        let checks = pair.sides.of(side);
        line.object(key, |line| {
            line.display("address", flow.address(side));
            line.name(
                "role",
                match checks.role {
                    Some(role) => role.name(),
                    None => "unknown",
                },
            );
            line.number("checks", checks.requests.count);
            line.number("answered", checks.answered.count);
            line.number("role_conflicts", checks.conflicts.count);
            stamp(line, "role_switched", checks.switched);
            stamp(line, "nominated", checks.nominated);
        });
    }
}

/// Writes the keys of a finding.
pub fn finding(line: &mut Record, finding: &Finding) {
    let rule = finding.rule;
    line.name("rule", rule.id);
    line.name("severity", rule.severity.name());
    line.text("title", rule.title);
    line.text("text", &finding.text);
    line.text("reference", rule.reference);
    numbers(line, "flows", finding.flows.iter().map(|&flow| flow as u64));
    let frames = &finding.frames;
    numbers(line, "frames", frames.numbers.iter().copied());
    line.number("frame_count", frames.count);
    line.seconds("first_elapsed", frames.first.time);
    line.seconds("last_elapsed", frames.last.time);
}

/// An address and a port, each with its key.
fn end(line: &mut Record, key: &str, address: SocketAddr) {
    line.display(key, address.ip());
    line.number(&format!("{key}_port"), address.port());
}

fn numbers(line: &mut Record, key: &str, numbers: impl Iterator<Item = u64>) {
    line.array(key, numbers);
}

fn seconds(line: &mut Record, key: &str, time: Option<Duration>) {
    match time {
        Some(time) => line.seconds(key, time),
        None => line.null(key),
    }
}

fn stamp(line: &mut Record, key: &str, at: Option<Stamp>) {
    seconds(line, key, at.map(|at| at.time));
}

fn text(line: &mut Record, key: &str, value: Option<&str>) {
    match value {
        Some(value) => line.text(key, value),
        None => line.null(key),
    }
}

fn address(line: &mut Record, key: &str, address: Option<SocketAddr>) {
    match address {
        Some(address) => line.display(key, address),
        None => line.null(key),
    }
}
