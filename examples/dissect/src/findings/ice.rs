//! Candidate pairs that do not work.

use super::{Found, remains, seconds, through};
use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Frames, Side};
use crate::analysis::ice::{self, Checks, Pair, Session, State};
use crate::words::{Count, Span, Times};

/// The pairs of a session.
fn pairs<'a>(
    analysis: &'a Analysis,
    session: &'a Session,
) -> impl Iterator<Item = (&'a Flow, &'a Pair)> {
    session.pairs.iter().filter_map(|&index| {
        let flow = analysis.flows.get(index)?;
        Some((flow, flow.pair.as_deref()?))
    })
}

/// The best state of the pairs of a session.
fn best(analysis: &Analysis, session: &Session) -> Option<State> {
    pairs(analysis, session).map(|(_, pair)| pair.state()).max()
}

/// Agents need time until their checks prove a fault: candidates may still arrive.
const TRIAL: std::time::Duration = seconds(8);

/// Whether an answer would have been captured: the checks were repeated, and the capture continues for
/// long enough.
fn is_decided(analysis: &Analysis, flow: &Flow, checks: &Checks) -> bool {
    !checks.requests.is_empty()
        && remains(analysis, checks.requests.first) >= TRIAL
        && checks.requests.count + flow.exchanges.retransmissions() >= 3
}

/// Whether checks were sent often enough without an answer to prove that the path does not work in one
/// direction. An agent whose own checks were answered knows the other agent and answers at once, so that
/// a shorter time is enough.
fn is_unanswered(analysis: &Analysis, flow: &Flow, checks: &Checks, others: &Checks) -> bool {
    let since = checks.requests.first.max(others.answered.first);
    let transmissions = checks.requests.count + flow.exchanges.retransmissions();
    is_decided(analysis, flow, checks)
        || (transmissions >= 5 && remains(analysis, since) >= seconds(2))
}

/// The names of the agents: their user name fragments.
fn name(session: &Session) -> String {
    match &session.fragments {
        Some([one, other]) => format!(
            "{} and {}",
            String::from_utf8_lossy(one),
            String::from_utf8_lossy(other)
        ),
        None => "two agents".to_owned(),
    }
}

pub fn failed(analysis: &Analysis, found: &mut Found) {
    for session in &analysis.sessions.all {
        if best(analysis, session) != Some(State::Failed) {
            continue;
        }
        let mut frames = Frames::default();
        let mut flows = Vec::new();
        let mut refused = false;
        for (flow, pair) in pairs(analysis, session) {
            refused |= is_refused(flow);
            for side in Side::BOTH {
                let checks = pair.sides.of(side);
                if is_decided(analysis, flow, checks) {
                    frames.join(&checks.requests);
                    flows.push(flow.number);
                }
            }
        }
        flows.dedup();
        let framed = pairs(analysis, session).find(|(_, pair)| pair.is_framed);
        if frames.is_empty() || refused {
            continue;
        }
        let both_check = pairs(analysis, session).any(|(_, pair)| {
            let is_checked = |side| !pair.sides.of(side).requests.is_empty();
            Side::BOTH.into_iter().all(is_checked)
        });
        let doubt = match both_check {
            true => "",
            false => ", unless the capture has one direction only",
        };
        let mut text = format!(
            "None of {} between {} has an answered check ({} in {}): no path works in either \
             direction{doubt}.",
            Count(session.pairs.len() as u64, "candidate pair"),
            name(session),
            Count(frames.count, "Binding request"),
            Span(frames.last.since(frames.first)),
        );
        if let Some((flow, pair)) = framed {
            text += &format!(" Over TCP: {}.", ice::line(flow, pair));
        }
        found.add_all(flows, frames, text);
    }
}

/// Whether checks were answered, with an error.
fn is_refused(flow: &Flow) -> bool {
    let mut outcomes = flow.exchanges.outcomes.iter();
    outcomes.any(|outcome| !outcome.errors.is_empty())
}

pub fn one_way(analysis: &Analysis, found: &mut Found) {
    for session in &analysis.sessions.all {
        if best(analysis, session) != Some(State::OneWay) {
            continue;
        }
        for (flow, pair) in pairs(analysis, session) {
            if pair.state() != State::OneWay || is_refused(flow) {
                continue;
            }
            for side in Side::BOTH {
                let (checks, others) = (pair.sides.of(side), pair.sides.of(side.other()));
                if !checks.answered.is_empty() || !is_unanswered(analysis, flow, checks, others) {
                    continue;
                }
                let (one, other) = (flow.address(side), flow.address(side.other()));
                let mut text = format!(
                    "Checks from {one} to {other}{} are never answered ({}); the checks of {other} to \
                     {one} are. Packets from {one} do not arrive, or the answers are lost.",
                    through(analysis, flow),
                    Count(checks.requests.count, "request")
                );
                if pair.is_framed {
                    text += &format!(" Over TCP: {}.", ice::line(flow, pair));
                }
                found.add(flow, &checks.requests, text);
            }
        }
    }
}

pub fn incomplete(analysis: &Analysis, found: &mut Found) {
    for session in &analysis.sessions.all {
        if best(analysis, session) != Some(State::Answered) {
            continue;
        }
        for (flow, pair) in pairs(analysis, session) {
            let answered = Side::BOTH
                .into_iter()
                .find(|&side| !pair.sides.of(side).answered.is_empty());
            let Some(side) = answered.filter(|_| pair.is_framed) else {
                continue;
            };
            let checks = pair.sides.of(side);
            if remains(analysis, checks.answered.first) < seconds(5)
                || flow.media.client.packets() > 0
                || flow.media.server.packets() > 0
            {
                continue;
            }
            let text = format!(
                "The check of {} was answered, but {} sent no check itself: {}.",
                flow.address(side),
                flow.address(side.other()),
                ice::line(flow, pair)
            );
            found.add(flow, &checks.requests, text);
        }
    }
}

pub fn credentials(analysis: &Analysis, found: &mut Found) {
    for session in &analysis.sessions.all {
        if best(analysis, session) >= Some(State::Answered) {
            continue;
        }
        for (flow, _) in pairs(analysis, session) {
            for outcome in &flow.exchanges.outcomes {
                for code in [400, 401, 430, 431] {
                    let Some(errors) = outcome.error_with(code) else {
                        continue;
                    };
                    let text = format!(
                        "{} answers checks of {} with {code} {}: user name fragment or password are \
                         not those that the answering agent signaled. One agent may still use values \
                         from before an ICE restart, or those of another call leg.",
                        flow.address(outcome.side.other()),
                        flow.address(outcome.side),
                        Times(errors.frames.count)
                    );
                    found.add(flow, &errors.frames, text);
                }
            }
        }
    }
}

/// Number of requests in the refused role that prove that the agent does not switch.
const ENOUGH_CONFLICTS: u64 = 5;

pub fn role_conflict(analysis: &Analysis, found: &mut Found) {
    for session in &analysis.sessions.all {
        if best(analysis, session) >= Some(State::Nominated) {
            continue;
        }
        for (flow, pair) in pairs(analysis, session) {
            let [one, other] = [&pair.sides.client, &pair.sides.server];
            let (Some(role), Some(second)) = (one.role, other.role) else {
                continue;
            };
            // An agent may repeat its check forever while the other one has nothing left to check.
            let refused = one.stubborn.count.max(other.stubborn.count);
            let is_repeated =
                one.requests.count >= 2 && other.requests.count >= 2 || refused >= ENOUGH_CONFLICTS;
            let last = one.requests.last.max(other.requests.last);
            let since = last.since(one.requests.first.min(other.requests.first));
            if role != second || !is_repeated || since < seconds(1) {
                continue;
            }
            let mut frames = one.requests.clone();
            frames.join(&other.requests);
            frames.join(&one.conflicts);
            frames.join(&other.conflicts);
            let conflicts = one.conflicts.count + other.conflicts.count;
            let text = format!(
                "{} and {} both send {} for {}{}: neither switches its role, so they do not agree \
                 on a nominated pair.",
                flow.client,
                flow.server,
                match role {
                    crate::analysis::observe::Role::Controlling => "ICE-CONTROLLING",
                    crate::analysis::observe::Role::Controlled => "ICE-CONTROLLED",
                },
                Span(since),
                match conflicts {
                    0 => ", and neither answers 487 (Role Conflict)".to_owned(),
                    count => format!(", in spite of 487 (Role Conflict), sent {}", Times(count)),
                }
            );
            found.add(flow, &frames, text);
        }
    }
}

pub fn not_nominated(analysis: &Analysis, found: &mut Found) {
    for session in &analysis.sessions.all {
        if best(analysis, session) != Some(State::Valid) {
            continue;
        }
        let valid: Vec<_> = pairs(analysis, session)
            .filter(|(_, pair)| pair.state() == State::Valid)
            .collect();
        // Agents of the drafts before RFC 5245 have no roles, and nominate nothing.
        let has_roles = valid.iter().any(|(_, pair)| {
            pair.sides.client.role.is_some() && pair.sides.server.role != pair.sides.client.role
        });
        let Some((flow, pair)) = valid.first().filter(|_| has_roles) else {
            continue;
        };
        let [one, other] = [&pair.sides.client, &pair.sides.server];
        let since = one.answered.first.max(other.answered.first);
        let media = flow.media.client.packets() + flow.media.server.packets();
        if remains(analysis, since) < seconds(10) || media > 0 {
            continue;
        }
        let asked = one.nominating.count + other.nominating.count;
        let text = format!(
            "The checks between {} and {} are answered in both directions, but {} in the {} after: \
             without a nominated pair no media is sent.",
            flow.client,
            flow.server,
            if asked == 0 {
                "no check with USE-CANDIDATE was sent".to_owned()
            } else {
                format!(
                    "{} with USE-CANDIDATE had no success",
                    Count(asked, "check")
                )
            },
            Span(remains(analysis, since))
        );
        found.add(
            flow,
            &Frames::of([one.answered.first, other.answered.first]),
            text,
        );
    }
}

pub fn unsigned(analysis: &Analysis, found: &mut Found) {
    for flow in analysis.flows.iter() {
        let Some(pair) = &flow.pair else {
            continue;
        };
        for side in Side::BOTH {
            let frames = &pair.sides.of(side).unsigned_answers;
            if !frames.is_empty() {
                let text = format!(
                    "{} answers signed checks of {} without MESSAGE-INTEGRITY {}: the agent must \
                     ignore the answers.",
                    flow.address(side.other()),
                    flow.address(side),
                    Times(frames.count)
                );
                found.add(flow, frames, text);
            }
        }
    }
}

/// Number of consecutive unanswered checks that prove that the peer is gone, together with a minimum
/// time. RFC 7675 §5.1 gives the peer 30 s; at the normal end of a call both agents stop at once.
const ENOUGH_CHECKS: u64 = 5;

pub fn consent(analysis: &Analysis, found: &mut Found) {
    for session in &analysis.sessions.all {
        let is_used = |checks: &Checks| !checks.answered.is_empty();
        for (flow, pair) in pairs(analysis, session) {
            if pair.state() != State::Nominated {
                continue;
            }
            for side in Side::BOTH {
                let checks = pair.sides.of(side);
                let lost = &checks.since_answer;
                if !is_used(checks)
                    || lost.count < ENOUGH_CHECKS
                    || lost.last.since(lost.first) < seconds(15)
                {
                    continue;
                }
                // Another pair of the same agents may have taken over.
                let goes_on = pairs(analysis, session).any(|(other, pair)| {
                    other.number != flow.number
                        && Side::BOTH
                            .into_iter()
                            .any(|side| pair.sides.of(side).answered.last > lost.first)
                });
                if goes_on {
                    continue;
                }
                let text = format!(
                    "{} stopped answering the checks of {}{} {} into the call; {} sent {} more in {}. \
                     The peer left, or the path broke in at least one direction.",
                    flow.address(side.other()),
                    flow.address(side),
                    through(analysis, flow),
                    Span(checks.answered.last.since(checks.answered.first)),
                    flow.address(side),
                    Count(lost.count, "check"),
                    Span(lost.last.since(lost.first))
                );
                found.add(flow, lost, text);
            }
        }
    }
}
