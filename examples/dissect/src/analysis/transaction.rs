//! Transactions: requests, retransmissions, responses and round-trip times.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use stunwire::{Class, Method, TransactionId};

use super::flow::{Frames, Side, Stamp};
use super::observe::{Facts, Signed, UNKNOWN_CODE};

/// Maximum number of open requests of one flow. A further one ends the oldest as unanswered.
pub const MOST_PENDING: usize = 256;

/// How long a request stays open. A client with the timers of RFC 8489 §6.2.1 gives up 39.5 s
/// after its first transmission.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// A request that is sent less than this before the end of the capture is undecided rather than
/// unanswered, unless it was sent three times.
const HASTE: Duration = Duration::from_secs(2);

/// A request that is repeated within this time is a packet that was captured twice, as on a bridge or at a
/// switch that mirrors two ports. The shortest retransmission timers are many times as long.
const CAPTURED_TWICE: Duration = Duration::from_millis(1);

/// Maximum number of methods, and of error codes of a method, that are counted for one flow.
const MOST_KINDS: usize = 64;

/// The fields of a request that are needed when its response arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Nothing,
    /// CreatePermission.
    Permission(Vec<SocketAddr>),
    /// ChannelBind.
    Channel(u16, SocketAddr),
    /// Allocate: REQUESTED-TRANSPORT, LIFETIME.
    Allocation(Option<u8>, Option<u32>),
    /// Refresh: LIFETIME.
    Lifetime(Option<u32>),
    /// Connect.
    Peer(SocketAddr),
    /// ConnectionBind.
    Connection(u32),
}

impl Asked {
    fn by(facts: &Facts<'_>) -> Self {
        let peer = facts.peers.first().copied();
        match (facts.method, peer) {
            (Method::CREATE_PERMISSION, _) => Self::Permission(facts.peers.clone()),
            (Method::CHANNEL_BIND, Some(peer)) => match facts.channel {
                Some(number) => Self::Channel(number, peer),
                None => Self::Nothing,
            },
            (Method::ALLOCATE, _) => Self::Allocation(facts.transport, facts.lifetime),
            (Method::REFRESH, _) => Self::Lifetime(facts.lifetime),
            (Method::CONNECT, Some(peer)) => Self::Peer(peer),
            (Method::SET_ACTIVE_DESTINATION, Some(peer)) => Self::Permission(vec![peer]),
            (Method::CONNECTION_BIND, _) => match facts.connection {
                Some(id) => Self::Connection(id),
                None => Self::Nothing,
            },
            _ => Self::Nothing,
        }
    }
}

/// A request and its outcome.
#[derive(Clone, Debug)]
pub struct Transaction {
    pub id: TransactionId,
    pub method: Method,
    /// The side that sent the request.
    pub side: Side,
    pub first: Stamp,
    pub last: Stamp,
    pub transmissions: u32,
    pub signed: Option<Signed>,
    /// The capture has only the beginning of the request, so it may be signed even if `signed` is `None`.
    pub is_partial: bool,
    /// The hash of the NONCE in the request.
    pub nonce: Option<u64>,
    pub asked: Asked,
    pub is_nominating: bool,
    pub answer: Option<Answer>,
}

/// The first answer to a request.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub at: Stamp,
    /// The error code; `None` in a success response.
    pub error: Option<u16>,
}

impl Transaction {
    /// The time between the request and its response. `None` if the request was sent more than once,
    /// because the response does not tell which transmission it answers.
    pub fn round_trip(&self) -> Option<Duration> {
        let answer = self.answer?;
        (self.transmissions == 1).then(|| answer.at.since(self.first))
    }
}

/// Whether a request is new or a retransmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    New,
    Again,
}

/// The outcomes of all requests with one method.
#[derive(Debug)]
pub struct Outcome {
    pub method: Method,
    /// The side that sent the requests.
    pub side: Side,
    pub requests: Frames,
    pub retransmissions: u64,
    pub successes: Frames,
    pub errors: Vec<Errors>,
    pub unanswered: Frames,
}

/// One error code in answers to one method.
#[derive(Clone, Debug)]
pub struct Errors {
    pub code: u16,
    /// To requests with an integrity attribute.
    pub signed: u64,
    pub frames: Frames,
}

/// The requests of one flow.
#[derive(Debug, Default)]
pub struct Exchanges {
    pending: VecDeque<Transaction>,
    pub outcomes: Vec<Outcome>,
    pub round_trips: RoundTrips,
    /// Requests at the end of the capture whose answers may come later.
    pub undecided: u64,
    /// Responses to requests that the capture does not have.
    pub stray: Frames,
}

impl Exchanges {
    /// Adds a request. Transactions that end because of it go to `finished`.
    pub fn request(
        &mut self,
        facts: &Facts<'_>,
        side: Side,
        at: Stamp,
        finished: &mut Finished<'_>,
    ) -> Sent {
        let known = self.pending.iter_mut().rev().find(|transaction| {
            transaction.id == facts.id
                && transaction.side == side
                && transaction.method == facts.method
        });
        if let Some(transaction) = known {
            // Two messages of one frame were sent twice.
            let is_copy = at.frame != transaction.last.frame;
            if is_copy && at.since(transaction.last) < CAPTURED_TWICE {
                return Sent::Again;
            }
            transaction.transmissions += 1;
            transaction.last = at;
            if let Some(outcome) = self.outcome(facts.method, side) {
                outcome.retransmissions += 1;
            }
            return Sent::Again;
        }
        self.expire(at.time, finished);
        if self.pending.len() >= MOST_PENDING {
            self.give_up(finished);
        }
        if self.pending.is_empty() {
            self.pending.reserve_exact(1);
        }
        self.pending.push_back(Transaction {
            id: facts.id,
            method: facts.method,
            side,
            first: at,
            last: at,
            transmissions: 1,
            signed: facts.signed,
            is_partial: facts.is_partial,
            nonce: facts.nonce,
            asked: Asked::by(facts),
            is_nominating: facts.is_nominating,
            answer: None,
        });
        if let Some(outcome) = self.outcome(facts.method, side) {
            outcome.requests.note(at);
        }
        Sent::New
    }

    /// Adds a response from `side`, and returns the transaction if this is its first response.
    pub fn response(&mut self, facts: &Facts<'_>, side: Side, at: Stamp) -> Option<Transaction> {
        let asking = side.other();
        let known = self.pending.iter_mut().rev().find(|transaction| {
            transaction.id == facts.id
                && transaction.side == asking
                && transaction.method == facts.method
        });
        let Some(transaction) = known else {
            self.stray.note(at);
            return None;
        };
        if transaction.answer.is_some() {
            return None;
        }
        let error = match facts.class {
            Class::ErrorResponse => Some(facts.error.unwrap_or(UNKNOWN_CODE)),
            _ => None,
        };
        transaction.answer = Some(Answer { at, error });
        let transaction = transaction.clone();
        if let Some(time) = transaction.round_trip() {
            self.round_trips.note(time);
        }
        if let Some(outcome) = self.outcome(facts.method, asking) {
            match error {
                None => outcome.successes.note(at),
                Some(code) => outcome.error(code, transaction.signed.is_some(), at),
            }
        }
        Some(transaction)
    }

    /// Whether requests of this method were sent by the client.
    pub fn asked(&self, method: Method) -> Option<&Outcome> {
        let mut outcomes = self.outcomes.iter();
        outcomes.find(|outcome| outcome.method == method && outcome.side == Side::Client)
    }

    pub fn asked_for_turn(&self) -> bool {
        let is_turn = |outcome: &Outcome| outcome.method != Method::BINDING;
        self.outcomes.iter().any(is_turn)
    }

    /// Ends all open transactions at the end of the capture.
    pub fn finish(&mut self, end: Duration, finished: &mut Finished<'_>) {
        while let Some(transaction) = self.pending.pop_front() {
            let waited = end.saturating_sub(transaction.last.time);
            let is_open = transaction.answer.is_none();
            if is_open && waited < HASTE && transaction.transmissions < 3 {
                self.undecided += 1;
                finished.take(transaction, true);
            } else {
                self.fold(transaction, finished);
            }
        }
    }

    pub fn total(&self, count: impl Fn(&Outcome) -> u64) -> u64 {
        self.outcomes.iter().map(count).sum()
    }

    pub fn requests(&self) -> u64 {
        self.total(|outcome| outcome.requests.count)
    }

    pub fn answered(&self) -> u64 {
        self.total(|outcome| outcome.answered())
    }

    pub fn retransmissions(&self) -> u64 {
        self.total(|outcome| outcome.retransmissions)
    }

    pub fn unanswered(&self) -> u64 {
        self.total(|outcome| outcome.unanswered.count)
    }

    fn expire(&mut self, now: Duration, finished: &mut Finished<'_>) {
        while let Some(oldest) = self.pending.front() {
            if now.saturating_sub(oldest.first.time) < PATIENCE {
                break;
            }
            self.give_up(finished);
        }
    }

    fn give_up(&mut self, finished: &mut Finished<'_>) {
        if let Some(transaction) = self.pending.pop_front() {
            self.fold(transaction, finished);
        }
    }

    fn fold(&mut self, transaction: Transaction, finished: &mut Finished<'_>) {
        if transaction.answer.is_none()
            && let Some(outcome) = self.outcome(transaction.method, transaction.side)
        {
            outcome.unanswered.note(transaction.first);
        }
        finished.take(transaction, false);
    }

    fn outcome(&mut self, method: Method, side: Side) -> Option<&mut Outcome> {
        let same = |outcome: &Outcome| outcome.method == method && outcome.side == side;
        let index = match self.outcomes.iter().position(same) {
            Some(index) => index,
            None if self.outcomes.len() < MOST_KINDS => {
                if self.outcomes.is_empty() {
                    self.outcomes.reserve_exact(1);
                }
                self.outcomes.push(Outcome {
                    method,
                    side,
                    requests: Frames::default(),
                    retransmissions: 0,
                    successes: Frames::default(),
                    errors: Vec::new(),
                    unanswered: Frames::default(),
                });
                self.outcomes.len() - 1
            }
            None => return None,
        };
        self.outcomes.get_mut(index)
    }
}

impl Outcome {
    fn error(&mut self, code: u16, signed: bool, at: Stamp) {
        let index = match self.errors.iter().position(|known| known.code == code) {
            Some(index) => index,
            None if self.errors.len() < MOST_KINDS => {
                self.errors.push(Errors {
                    code,
                    signed: 0,
                    frames: Frames::default(),
                });
                self.errors.len() - 1
            }
            None => return,
        };
        if let Some(errors) = self.errors.get_mut(index) {
            errors.signed += u64::from(signed);
            errors.frames.note(at);
        }
    }

    pub fn error_with(&self, code: u16) -> Option<&Errors> {
        self.errors.iter().find(|errors| errors.code == code)
    }

    pub fn answered(&self) -> u64 {
        let errors = self.errors.iter().map(|errors| errors.frames.count);
        self.successes.count + errors.sum::<u64>()
    }
}

/// The destination of finished transactions.
pub struct Finished<'f> {
    /// The number of their flow.
    pub flow: usize,
    /// `None` if they are not wanted.
    pub out: Option<&'f mut Vec<FinishedTransaction>>,
}

/// A finished transaction.
#[derive(Debug)]
pub struct FinishedTransaction {
    /// The number of the flow.
    pub flow: usize,
    pub transaction: Transaction,
    /// The capture ended too early to call it unanswered.
    pub is_undecided: bool,
}

impl Finished<'_> {
    fn take(&mut self, transaction: Transaction, is_undecided: bool) {
        if let Some(out) = &mut self.out {
            out.push(FinishedTransaction {
                flow: self.flow,
                transaction,
                is_undecided,
            });
        }
    }
}

/// Maximum number of round-trip times that are kept individually. With more, all are counted in classes.
const MOST_EXACT: usize = 64;

/// The classes of round-trip times: 32 for each power of two, so the median is off by 3 % at most.
const CLASSES: usize = 1024;

/// The minimum, median and maximum of times, in memory that does not grow with their number.
#[derive(Debug, Default)]
pub struct RoundTrips {
    pub count: u64,
    pub min: Duration,
    pub max: Duration,
    exact: Vec<u32>,
    classes: Option<Box<[u32; CLASSES]>>,
}

impl RoundTrips {
    pub fn note(&mut self, time: Duration) {
        self.min = if self.count == 0 {
            time
        } else {
            self.min.min(time)
        };
        self.max = self.max.max(time);
        self.count += 1;
        let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        if self.classes.is_none() && self.exact.len() < MOST_EXACT {
            self.exact.push(micros);
            return;
        }
        let classes = self.classes.get_or_insert_with(|| Box::new([0; CLASSES]));
        for micros in self.exact.drain(..).chain([micros]) {
            if let Some(count) = classes.get_mut(class_of(micros)) {
                *count = count.saturating_add(1);
            }
        }
    }

    /// `None` if there are no times.
    pub fn median(&self) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let micros = match &self.classes {
            None => {
                let mut sorted = self.exact.clone();
                sorted.sort_unstable();
                sorted.get((sorted.len() - 1) / 2).copied()?
            }
            Some(classes) => {
                let mut left = self.count.div_ceil(2);
                let found = classes.iter().position(|&count| {
                    left = left.saturating_sub(u64::from(count));
                    left == 0
                });
                middle_of(found?)
            }
        };
        let median = Duration::from_micros(u64::from(micros));
        Some(median.clamp(self.min, self.max))
    }
}

fn class_of(micros: u32) -> usize {
    let power = micros.checked_ilog2().unwrap_or(0);
    if power < 5 {
        return micros as usize;
    }
    let step = (micros >> (power - 5)) & 31;
    ((power - 4) * 32 + step) as usize
}

fn middle_of(class: usize) -> u32 {
    let class = u32::try_from(class).unwrap_or(0);
    if class < 32 {
        return class;
    }
    let (power, step) = (class / 32 + 4, class % 32);
    let width = 1_u32 << (power - 5);
    (32 + step) * width + width / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against the sorted times, up to the width of a class.
    #[test]
    fn the_median_of_many_times() {
        let mut times: Vec<u64> = (0..10_000).map(|n| (n * 7_919) % 250_007).collect();
        let mut trips = RoundTrips::default();
        for &micros in &times {
            trips.note(Duration::from_micros(micros));
        }
        times.sort_unstable();
        let median = trips.median().unwrap().as_micros() as f64;
        let expected = times[4_999] as f64;
        assert!(
            (median / expected - 1.0).abs() < 0.033,
            "{median} {expected}"
        );
        assert_eq!(trips.min, Duration::from_micros(times[0]));
        assert_eq!(trips.max, Duration::from_micros(times[9_999]));
    }

    #[test]
    fn the_median_of_few_times_is_exact() {
        let mut trips = RoundTrips::default();
        assert_eq!(trips.median(), None);
        for millis in [30, 10, 20] {
            trips.note(Duration::from_millis(millis));
        }
        assert_eq!(trips.median(), Some(Duration::from_millis(20)));
    }

    #[test]
    fn classes_are_in_order() {
        let mut last = 0;
        for micros in (0..100_000).chain([u32::MAX / 2, u32::MAX]) {
            let class = class_of(micros);
            assert!(class >= last && class < CLASSES, "{micros}");
            last = class;
            let middle = middle_of(class);
            assert!(
                middle.abs_diff(micros) <= micros / 32 + 1,
                "{micros} {middle}"
            );
        }
    }
}
