//! Numbers in words, as the summary and the findings write them.

use std::fmt;
use std::time::Duration;

/// How often something happened.
pub struct Times(pub u64);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("once"),
            2 => f.write_str("twice"),
            3 => f.write_str("three times"),
            count => write!(f, "{count} times"),
        }
    }
}

/// A number and what is counted, which takes an `s` unless there is one.
pub struct Count<'w>(pub u64, pub &'w str);

impl fmt::Display for Count<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, what) = self;
        match count {
            1 => write!(f, "1 {what}"),
            _ => write!(f, "{count} {what}s"),
        }
    }
}

/// A time span with the precision that a reader needs.
pub struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.0.as_micros();
        match micros {
            0..=9_999 => write!(f, "{}.{} ms", micros / 1000, micros % 1000 / 100),
            10_000..=999_999 => write!(f, "{} ms", micros / 1000),
            1_000_000..=59_999_999 => {
                let seconds = self.0.as_secs();
                match self.0.subsec_millis() / 100 {
                    0 => write!(f, "{seconds} s"),
                    tenths => write!(f, "{seconds}.{tenths} s"),
                }
            }
            _ => {
                let seconds = self.0.as_secs();
                match (seconds / 60, seconds % 60) {
                    (minutes, 0) => write!(f, "{minutes} min"),
                    (minutes, seconds) => write!(f, "{minutes} min {seconds} s"),
                }
            }
        }
    }
}

/// A number of bytes.
pub struct Bytes(pub u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = *self;
        let tenths = |unit: u64| (bytes / unit, bytes % unit * 10 / unit);
        match bytes {
            0..=9_999 => write!(f, "{bytes} bytes"),
            10_000..=999_999 => {
                let (whole, tenths) = tenths(1000);
                write!(f, "{whole}.{tenths} kB")
            }
            1_000_000..=999_999_999 => {
                let (whole, tenths) = tenths(1_000_000);
                write!(f, "{whole}.{tenths} MB")
            }
            _ => {
                let (whole, tenths) = tenths(1_000_000_000);
                write!(f, "{whole}.{tenths} GB")
            }
        }
    }
}

/// Frame numbers that are evidence: those that are kept, and how many more there are.
pub fn frames(numbers: &[u64], count: u64) -> String {
    let shown: Vec<String> = numbers.iter().map(u64::to_string).collect();
    let word = if numbers.len() == 1 {
        "frame"
    } else {
        "frames"
    };
    let more = count.saturating_sub(numbers.len() as u64);
    match more {
        0 => format!("{word} {}", shown.join(", ")),
        _ => format!("{word} {} and {more} more", shown.join(", ")),
    }
}

/// Items as `a`, `a and b` or `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (micros, text) in [
            (0, "0.0 ms"),
            (1_250, "1.2 ms"),
            (9_999, "9.9 ms"),
            (10_400, "10 ms"),
            (1_000_000, "1 s"),
            (12_340_000, "12.3 s"),
            (60_000_000, "1 min"),
            (754_000_000, "12 min 34 s"),
        ] {
            assert_eq!(Span(Duration::from_micros(micros)).to_string(), text);
        }
    }

    #[test]
    fn bytes() {
        for (count, text) in [
            (9_999, "9999 bytes"),
            (10_000, "10.0 kB"),
            (1_550_000, "1.5 MB"),
            (2_000_000_000, "2.0 GB"),
        ] {
            assert_eq!(Bytes(count).to_string(), text);
        }
    }

    #[test]
    fn numbers_of_frames() {
        assert_eq!(frames(&[3], 1), "frame 3");
        assert_eq!(frames(&[3, 4], 7), "frames 3, 4 and 5 more");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
