//! Logins that fail.

use std::time::Duration;

use stunwire::Method;

use super::{Found, remains, seconds, to_servers};
use crate::analysis::Analysis;
use crate::analysis::flow::{Flow, Frames};
use crate::words::{Span, Times};

/// The user and the realm, as far as the requests name them.
fn identity(flow: &Flow) -> String {
    let login = &flow.login;
    let user = match &login.user {
        Some(user) => format!("user \"{user}\""),
        None => "the user".to_owned(),
    };
    match &login.realm {
        Some(realm) => format!("{user} in realm \"{realm}\""),
        None => user,
    }
}

/// The refusals of a login that did not succeed in the end.
fn refusals(flow: &Flow) -> Option<&Frames> {
    let login = &flow.login;
    let frames = &login.refusals.frames;
    (!frames.is_empty() && !login.is_accepted_in_the_end()).then_some(frames)
}

/// How long before the refusal a user name of the form `expiry` or `expiry:name` had expired, in the
/// convention of the TURN REST API.
fn expired_for(analysis: &Analysis, flow: &Flow) -> Option<Duration> {
    let user = flow.login.user.as_deref()?;
    let digits = user.split(':').next()?;
    // Ten digits: times after 2001.
    let expiry: u64 = digits.parse().ok().filter(|_| digits.len() == 10)?;
    let now = analysis.start? + refusals(flow)?.first.time;
    now.checked_sub(seconds(expiry))
}

pub fn refused(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some(frames) = refusals(flow) else {
            continue;
        };
        if expired_for(analysis, flow).is_some() {
            continue;
        }
        let refusals = &flow.login.refusals;
        let method = refusals.method.unwrap_or(Method::ALLOCATE);
        let nonces = match (frames.count, refusals.new_nonces) {
            (1, 1) => " with a new nonce",
            (count, new) if count == new => " with new nonces",
            _ => "",
        };
        let mut text = format!(
            "{method} of {} was signed and answered 401 {}{nonces}: the password is wrong for {}, or \
             the server does not know the user.",
            flow.client,
            Times(frames.count),
            identity(flow)
        );
        if let Some(other) = &refusals.other_realm {
            text +=
                &format!(" The client signed for realm \"{other}\", which is not the server's.");
        }
        found.add(flow, frames, text);
    }
}

pub fn expired(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let (Some(frames), Some(late)) = (refusals(flow), expired_for(analysis, flow)) else {
            continue;
        };
        let text = format!(
            "The credentials of {} expired {} before the server refused them with 401: the client \
             must fetch new ones from the application.",
            identity(flow),
            Span(late)
        );
        found.add(flow, frames, text);
    }
}

pub fn integrity_failure(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let frames = &flow.login.integrity_failures;
        if frames.is_empty() || flow.login.is_accepted_in_the_end() {
            continue;
        }
        let text = format!(
            "{} answered requests of {} with 431 (Integrity Check Failure) {}: the password of {} is \
             wrong, or the client derived the key with another realm or nonce.",
            flow.server,
            flow.client,
            Times(frames.count),
            identity(flow)
        );
        found.add(flow, frames, text);
    }
}

pub fn unanswered(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let login = &flow.login;
        let Some((at, 401, method)) = login.open_challenge else {
            continue;
        };
        if remains(analysis, at) < seconds(5)
            || !login.refusals.frames.is_empty()
            || !login.accepted.is_empty()
            || !flow.exchanges.stray.is_empty()
            || analysis.hosts.is_accepted(flow)
        {
            continue;
        }
        let realm = login.realm.as_deref().unwrap_or("");
        let text = if method == Method::BINDING {
            format!(
                "{} demands credentials for realm \"{realm}\" even for Binding, and {} sends none: the \
                 client does not learn its mapped address.",
                flow.server, flow.client
            )
        } else {
            format!(
                "{} answered {method} with 401 for realm \"{realm}\", and {} did not try again with \
                 credentials in the remaining {} of the capture: the client has none for this server.",
                flow.server,
                flow.client,
                Span(remains(analysis, at))
            )
        };
        found.add(flow, &login.challenges, text);
    }
}

/// This many in a row are not part of a normal login.
const LOOP: u64 = 3;

pub fn stale_loop(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let frames = &flow.login.longest_stale_run;
        if frames.count >= LOOP {
            let text = format!(
                "{} answered 438 (Stale Nonce) {} in a row to requests of {}: the client keeps \
                 using the old nonce, or several servers share the address and do not accept each \
                 other's nonces, or the client's address changes from packet to packet.",
                flow.server,
                Times(frames.count),
                flow.client
            );
            found.add(flow, frames, text);
        }
    }
}

pub fn stale_ignored(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let Some((at, 438, method)) = flow.login.open_challenge else {
            continue;
        };
        let is_over = flow.allocations.last().is_some_and(|last| last.is_over());
        if is_over
            || remains(analysis, at) < seconds(5)
            || flow.login.longest_stale_run.count >= LOOP
        {
            continue;
        }
        let text = format!(
            "{} answered {method} with 438 (Stale Nonce), and {} did not repeat it with the new \
             nonce in the remaining {} of the capture: the server did not do what was requested.",
            flow.server,
            flow.client,
            Span(remains(analysis, at))
        );
        found.add(flow, &Frames::one(at), text);
    }
}

pub fn other_user(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        for outcome in &flow.exchanges.outcomes {
            let Some(errors) = outcome.error_with(441) else {
                continue;
            };
            if outcome.successes.last > errors.frames.last {
                continue;
            }
            let text = format!(
                "{} answered {} with 441 (Wrong Credentials): {} is not the user who made the \
                 allocation of {}. New credentials need a new allocation.",
                flow.server,
                outcome.method,
                identity(flow),
                flow.client
            );
            found.add(flow, &errors.frames, text);
        }
    }
}

pub fn bid_down(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let frames = &flow.login.stripped;
        if !frames.is_empty() {
            let text = format!(
                "The nonce of {} announces PASSWORD-ALGORITHMS, which the response lacks: an \
                 attacker removed it to make the client use MD5 and HMAC-SHA1, or the server is \
                 faulty. Clients must ignore such a response.",
                flow.server
            );
            found.add(flow, frames, text);
        }
    }
}

pub fn unsigned(analysis: &Analysis, found: &mut Found) {
    for flow in to_servers(analysis) {
        let frames = &flow.login.unsigned_answers;
        if !frames.is_empty() {
            let text = format!(
                "{} gave a success response without MESSAGE-INTEGRITY to a signed request of {} {}: \
                 clients must discard it.",
                flow.server,
                flow.client,
                Times(frames.count)
            );
            found.add(flow, frames, text);
        }
    }
}
