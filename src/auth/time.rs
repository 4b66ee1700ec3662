//! A point in time, given by the caller.

use core::fmt;
use core::time::Duration;

/// A point in time in whole seconds since 1970-01-01 00:00:00 UTC, without leap seconds.
///
/// The crate has no clock: the caller passes the time. This works without `std`, and lets tests choose the
/// time. With `std`, a [`SystemTime`](std::time::SystemTime) converts into it.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use stunwire::auth::UnixTime;
///
/// let now = UnixTime::from(SystemTime::now());
/// let later = now + Duration::from_secs(600);
/// assert_eq!(later.saturating_since(now), Duration::from_secs(600));
/// assert_eq!(UnixTime::from_secs(1_700_000_000).as_secs(), 1_700_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(u64);

impl UnixTime {
    /// Creates the time that is this many seconds after the start of 1970.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs)
    }

    /// Seconds since the start of 1970.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to this one. Zero if `earlier` is later.
    #[must_use]
    pub const fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}

/// Adds the whole seconds of the duration, and saturates at the largest value.
impl core::ops::Add<Duration> for UnixTime {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()))
    }
}

/// Prints the seconds since the start of 1970.
impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Converts to whole seconds; a time before 1970 becomes the start of 1970.
#[cfg(feature = "std")]
impl From<std::time::SystemTime> for UnixTime {
    fn from(time: std::time::SystemTime) -> Self {
        match time.duration_since(std::time::SystemTime::UNIX_EPOCH) {
            Ok(since) => Self(since.as_secs()),
            Err(_) => Self(0),
        }
    }
}
