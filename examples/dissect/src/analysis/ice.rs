//! Candidate pairs: answered checks, roles, nomination, and what is missing for validity.

use std::collections::BTreeMap;

use super::flow::{Both, Flow, Frames, Side, Stamp};
use super::observe::{Facts, Role};
use super::transaction::Transaction;
use crate::unit::Framing;

/// Maximum number of ICE sessions.
const MOST_SESSIONS: usize = 20_000;

/// A flow that is a candidate pair.
#[derive(Debug)]
pub struct Pair {
    pub session: usize,
    /// Over TCP, in the frames of RFC 4571.
    pub is_framed: bool,
    pub sides: Both<Checks>,
}

/// The checks of one side.
#[derive(Debug, Default)]
pub struct Checks {
    pub requests: Frames,
    pub answered: Frames,
    /// Requests since the last answer.
    pub since_answer: Frames,
    /// The role named last.
    pub role: Option<Role>,
    /// The first check with another role than the one before.
    pub switched: Option<Stamp>,
    pub nominating: Frames,
    /// An answer to a request with USE-CANDIDATE.
    pub nominated: Option<Stamp>,
    pub conflicts: Frames,
    /// Requests after a 487 that still have the same role as the other side's.
    pub stubborn: Frames,
    pub is_signed: bool,
    /// Success responses without integrity attribute to requests with one.
    pub unsigned_answers: Frames,
}

/// The state of a candidate pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// No check was answered.
    Failed,
    /// The checks of one side were answered, and those of the other were not.
    OneWay,
    /// The checks of one side were answered, and the other side, which may be a lite agent, sent none.
    Answered,
    /// The checks of both sides were answered.
    Valid,
    Nominated,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::OneWay => "one-way",
            Self::Answered => "answered",
            Self::Valid => "valid",
            Self::Nominated => "nominated",
        }
    }
}

impl Pair {
    pub fn new(session: usize, framing: Framing) -> Self {
        Self {
            session,
            is_framed: framing == Framing::Rfc4571,
            sides: Both::default(),
        }
    }

    pub fn request(&mut self, facts: &Facts<'_>, side: Side, at: Stamp) {
        let other = self.sides.of(side.other()).role;
        let checks = self.sides.of_mut(side);
        checks.requests.note(at);
        checks.since_answer.note(at);
        checks.is_signed |= facts.signed.is_some();
        if facts.role.is_some() {
            if checks.role.is_some() && checks.role != facts.role {
                checks.switched.get_or_insert(at);
            }
            checks.role = facts.role;
        }
        if facts.is_nominating {
            checks.nominating.note(at);
        }
        if !checks.conflicts.is_empty() && facts.role.is_some() && facts.role == other {
            checks.stubborn.note(at);
        }
    }

    /// Adds the first response to a check of `side`.
    pub fn response(&mut self, facts: &Facts<'_>, side: Side, request: &Transaction, at: Stamp) {
        let checks = self.sides.of_mut(side);
        checks.since_answer = Frames::default();
        match facts.error {
            None => {
                checks.answered.note(at);
                if request.is_nominating {
                    checks.nominated.get_or_insert(at);
                }
                if request.signed.is_some() && facts.signed.is_none() && !facts.is_partial {
                    checks.unsigned_answers.note(at);
                }
            }
            Some(487) => checks.conflicts.note(at),
            Some(_) => {}
        }
    }

    pub fn state(&self) -> State {
        let [one, other] = [&self.sides.client, &self.sides.server];
        let answered = [one, other].map(|checks| !checks.answered.is_empty());
        let nominated = one.nominated.or(other.nominated).is_some();
        match answered {
            [true, true] if nominated => State::Nominated,
            [true, true] => State::Valid,
            [false, false] => State::Failed,
            _ => {
                let silent = if answered == [true, false] {
                    other
                } else {
                    one
                };
                match (silent.requests.is_empty(), nominated) {
                    (true, true) => State::Nominated,
                    (true, false) => State::Answered,
                    (false, _) => State::OneWay,
                }
            }
        }
    }
}

/// The pairs of two agents: those whose checks name the same two user name fragments
/// (RFC 8445 §7.2.2).
#[derive(Debug)]
pub struct Session {
    /// `None` if the user names do not have the form of RFC 8445.
    pub fragments: Option<[Vec<u8>; 2]>,
    /// The flows, as indices.
    pub pairs: Vec<usize>,
}

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    pub all: Vec<Session>,
    /// Indices of sessions without pairs, whose flows were closed.
    unused: Vec<usize>,
    by_fragments: BTreeMap<Option<[Vec<u8>; 2]>, usize>,
}

impl Sessions {
    /// The session of a check with this USERNAME, as an index.
    pub fn of(&mut self, username: Option<&[u8]>) -> usize {
        let mut fragments = username.and_then(|name| {
            let colon = name.iter().position(|&byte| byte == b':')?;
            let (one, other) = name.split_at_checked(colon)?;
            Some([one.to_vec(), other.get(1..)?.to_vec()])
        });
        if let Some(pair) = &mut fragments {
            pair.sort_unstable();
        }
        if let Some(&known) = self.by_fragments.get(&fragments) {
            return known;
        }
        let session = Session {
            fragments: fragments.clone(),
            pairs: Vec::new(),
        };
        let index = match self.unused.pop() {
            Some(index) => index,
            // A flow may begin more than one session.
            None if self.all.len() >= MOST_SESSIONS => return self.all.len() - 1,
            None => self.all.len(),
        };
        match self.all.get_mut(index) {
            Some(unused) => *unused = session,
            None => self.all.push(session),
        }
        self.by_fragments.insert(fragments, index);
        index
    }

    /// Removes a pair whose flow was closed.
    pub fn remove(&mut self, session: usize, flow: usize) {
        let Some(found) = self.all.get_mut(session) else {
            return;
        };
        found.pairs.retain(|&pair| pair != flow);
        if found.pairs.is_empty() && self.by_fragments.remove(&found.fragments).is_some() {
            self.unused.push(session);
        }
    }
}

/// The state of a pair over TCP, and what is missing for it to be valid.
pub fn line(flow: &Flow, pair: &Pair) -> String {
    let (one, other) = (flow.client.min(flow.server), flow.client.max(flow.server));
    let missing: Vec<String> = [one, other]
        .into_iter()
        .filter_map(|end| {
            let checks = pair.sides.of(flow.side(end));
            if !checks.answered.is_empty() {
                None
            } else if checks.requests.is_empty() {
                Some(format!("no Binding request from {end}"))
            } else {
                Some(format!(
                    "no success response to the Binding request of {end}"
                ))
            }
        })
        .collect();
    if missing.is_empty() {
        format!("pair {one} ↔ {other}: valid, a Binding request was answered in each direction")
    } else {
        format!("pair {one} ↔ {other}: not valid: {}", missing.join(", "))
    }
}
