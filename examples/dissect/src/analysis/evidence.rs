//! When something happened, in which packets, and how often.
//!
//! Most flows have few kinds of events, so counters that are empty take one pointer.

use std::ops::Deref;
use std::time::Duration;

/// Maximum number of frame numbers that are kept as evidence of one event. All are counted.
pub const MOST_FRAMES: usize = 8;

/// A packet of the capture: its number, counted from 1, and its time since the first packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    pub time: Duration,
    pub frame: u64,
}

impl Stamp {
    const ZERO: Self = Self {
        time: Duration::ZERO,
        frame: 0,
    };

    /// The time since `earlier`.
    pub fn since(self, earlier: Self) -> Duration {
        self.time.saturating_sub(earlier.time)
    }
}

/// The packets in which something was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub count: u64,
    /// The first packets.
    pub numbers: Vec<u64>,
    pub first: Stamp,
    pub last: Stamp,
}

static NEVER: Seen = Seen {
    count: 0,
    numbers: Vec::new(),
    first: Stamp::ZERO,
    last: Stamp::ZERO,
};

/// The first packets in which something was seen, the last one, and how many there were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frames(Option<Box<Seen>>);

impl Deref for Frames {
    type Target = Seen;

    fn deref(&self) -> &Seen {
        self.0.as_deref().unwrap_or(&NEVER)
    }
}

impl Frames {
    pub fn note(&mut self, at: Stamp) {
        let seen = self.0.get_or_insert_default();
        if seen.count == 0 {
            seen.first = at;
        }
        seen.count += 1;
        seen.last = at;
        if seen.numbers.len() < MOST_FRAMES && seen.numbers.last() != Some(&at.frame) {
            if seen.numbers.is_empty() {
                seen.numbers.reserve_exact(1);
            }
            seen.numbers.push(at.frame);
        }
    }

    /// The evidence of a single packet.
    pub fn one(at: Stamp) -> Self {
        let mut frames = Self::default();
        frames.note(at);
        frames
    }

    /// The evidence of several packets.
    pub fn of(all: impl IntoIterator<Item = Stamp>) -> Self {
        let mut frames = Self::default();
        for at in all {
            frames.note(at);
        }
        frames
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Adds the evidence of another flow.
    pub fn join(&mut self, other: &Self) {
        let Some(other) = &other.0 else {
            return;
        };
        let Some(seen) = &mut self.0 else {
            self.0 = Some(other.clone());
            return;
        };
        seen.first = seen.first.min(other.first);
        seen.last = seen.last.max(other.last);
        seen.count += other.count;
        seen.numbers.extend(&other.numbers);
        seen.numbers.sort_unstable();
        seen.numbers.dedup();
        seen.numbers.truncate(MOST_FRAMES);
    }
}

/// Packets and bytes, and when they were sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    pub packets: u64,
    pub bytes: u64,
    pub first: Stamp,
    pub last: Stamp,
}

static NOTHING: Sum = Sum {
    packets: 0,
    bytes: 0,
    first: Stamp::ZERO,
    last: Stamp::ZERO,
};

/// Packets and bytes in one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic(Option<Box<Sum>>);

impl Deref for Traffic {
    type Target = Sum;

    fn deref(&self) -> &Sum {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl Traffic {
    pub fn note(&mut self, at: Stamp, bytes: u64) {
        let sum = self.0.get_or_insert_default();
        if sum.packets == 0 {
            sum.first = at;
        }
        sum.packets += 1;
        sum.bytes += bytes;
        sum.last = at;
    }
}
