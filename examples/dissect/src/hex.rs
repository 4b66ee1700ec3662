//! Decodes hexadecimal text, with the separators that are usual in logs and documents.

use std::fmt;

/// The first character that is not valid, and its position.
#[derive(Debug, PartialEq, Eq)]
pub struct Error {
    line: usize,
    column: usize,
    reason: Reason,
}

#[derive(Debug, PartialEq, Eq)]
enum Reason {
    NotADigit(char),
    /// A byte has one digit instead of two.
    HalfAByte,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        match self.reason {
            Reason::NotADigit(found) => write!(f, "{found:?} is not a hexadecimal digit"),
            Reason::HalfAByte => f.write_str("a byte with one digit only"),
        }
    }
}

impl std::error::Error for Error {}

/// Reads pairs of digits. White space, colons and `0x` may separate bytes.
pub fn decode(text: &str) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut half: Option<Digit> = None;
    for (line, row) in (1..).zip(text.split('\n')) {
        for (column, found) in (1..).zip(row.chars()) {
            let digit = found
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok());
            match (digit, half.take()) {
                (Some(low), Some(high)) => bytes.push(high.value << 4 | low),
                (Some(value), None) => {
                    half = Some(Digit {
                        value,
                        line,
                        column,
                    });
                }
                (None, Some(Digit { value: 0, .. })) if matches!(found, 'x' | 'X') => {}
                (None, high) if found.is_whitespace() || found == ':' => alone(high)?,
                (None, _) => {
                    return Err(Error {
                        line,
                        column,
                        reason: Reason::NotADigit(found),
                    });
                }
            }
        }
        // Bytes do not span lines.
        alone(half.take())?;
    }
    Ok(bytes)
}

/// The first digit of a byte.
struct Digit {
    value: u8,
    line: usize,
    column: usize,
}

/// Refuses a digit that was not followed by another.
fn alone(digit: Option<Digit>) -> Result<(), Error> {
    match digit {
        Some(Digit { line, column, .. }) => Err(Error {
            line,
            column,
            reason: Reason::HalfAByte,
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> Option<String> {
        decode(text).err().map(|error| error.to_string())
    }

    #[test]
    fn usual_separators() {
        for text in [
            "00012a",
            "00 01 2A",
            "00:01:2a",
            "0x00012a",
            "0x00 0x01\t0X2a\r\n",
            "\n00 01\n\n2a",
        ] {
            assert_eq!(decode(text), Ok(vec![0, 1, 0x2A]), "{text:?}");
        }
        assert_eq!(decode(""), Ok(vec![]));
    }

    #[test]
    fn errors_have_a_position() {
        let digit = "'g' is not a hexadecimal digit";
        assert_eq!(error("00 0g"), Some(format!("line 1, column 5: {digit}")));
        assert_eq!(
            error("00\n01 g"),
            Some(format!("line 2, column 4: {digit}"))
        );
        let half = "a byte with one digit only";
        assert_eq!(error("00 1"), Some(format!("line 1, column 4: {half}")));
        assert_eq!(error("00 1 02"), Some(format!("line 1, column 4: {half}")));
        assert_eq!(error("0\n1"), Some(format!("line 1, column 1: {half}")));
        assert!(error("a0x1").is_some_and(|error| error.contains("'x'")));
        assert!(error("00 é").is_some_and(|error| error.contains("'é'")));
    }
}
