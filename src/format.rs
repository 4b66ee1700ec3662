//! Printing of bytes from a peer: as hexadecimal digits, or as text in quotes.
//!
//! Text is always in quotes and binary data never is, so that neither can be mistaken for the other or for the
//! text around it. Long values are abbreviated unless the alternate form `{:#}` is used.

use core::fmt::{self, Write as _};

/// Number of bytes or characters after which a value is abbreviated.
const MAX_BYTES: usize = 32;
const MAX_CHARS: usize = 64;

/// All bytes in hexadecimal.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Bytes in hexadecimal: `0001…` and the length if they are abbreviated, or `empty`.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.get(..MAX_BYTES) {
            _ if self.0.is_empty() => f.write_str("empty"),
            Some(start) if start.len() < self.0.len() && !f.alternate() => {
                write!(f, "{}… ({} bytes)", Hex(start), self.0.len())
            }
            _ => Hex(self.0).fmt(f),
        }
    }
}

/// Bytes that are meant as text, in quotes and escaped. Bytes that are mostly not text, such as nonces
/// of MS-TURN, are printed as [`Bytes`].
pub(crate) struct Quoted<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_binary(trim_nuls(self.0)) {
            return Bytes(self.0).fmt(f);
        }
        let mut left = if f.alternate() { usize::MAX } else { MAX_CHARS };
        f.write_char('"')?;
        'text: for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                let Some(after) = left.checked_sub(1) else {
                    break 'text;
                };
                left = after;
                match c {
                    // Needs no escape in double quotes.
                    '\'' => f.write_char(c)?,
                    _ => write!(f, "{}", c.escape_debug())?,
                }
            }
            for byte in chunk.invalid() {
                let Some(after) = left.checked_sub(1) else {
                    break 'text;
                };
                left = after;
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_char('"')?;
        if left == 0 && units(self.0) > MAX_CHARS {
            write!(f, "… ({} bytes)", self.0.len())?;
        }
        Ok(())
    }
}

/// Number of characters, of which every byte that is not UTF-8 counts as one.
fn units(text: &[u8]) -> usize {
    text.utf8_chunks().fold(0, |sum: usize, chunk| {
        sum.saturating_add(chunk.valid().chars().count())
            .saturating_add(chunk.invalid().len())
    })
}

/// Whether more than a quarter of the bytes cannot be shown as text.
fn is_binary(bytes: &[u8]) -> bool {
    let unprintable = bytes.utf8_chunks().fold(0, |sum: usize, chunk| {
        let control = chunk.valid().chars().filter(|c| c.is_control()).count();
        sum.saturating_add(chunk.invalid().len())
            .saturating_add(control)
    });
    unprintable.saturating_mul(4) > bytes.len()
}

/// Elements of a list, separated by commas. Long lists are abbreviated.
pub(crate) struct List<I>(pub(crate) I);

impl<I> fmt::Display for List<I>
where
    I: Iterator<Item: fmt::Display> + Clone,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_ELEMENTS: usize = 16;
        let shown = if f.alternate() {
            usize::MAX
        } else {
            MAX_ELEMENTS
        };
        let mut separator = "";
        for element in self.0.clone().take(shown) {
            f.write_str(separator)?;
            element.fmt(f)?;
            separator = ", ";
        }
        match self.0.clone().nth(shown) {
            Some(_) => write!(f, ", … ({} in all)", self.0.clone().count()),
            None if separator.is_empty() => f.write_str("empty"),
            None => Ok(()),
        }
    }
}

/// The bytes without trailing NULs.
pub(crate) fn trim_nuls(mut text: &[u8]) -> &[u8] {
    while let [rest @ .., 0] = text {
        text = rest;
    }
    text
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};
    use std::{format, vec};

    use super::*;

    #[test]
    fn text_is_quoted_and_binary_is_not() {
        assert_eq!(Quoted(b"bob").to_string(), r#""bob""#);
        assert_eq!(
            Quoted(b"bob\" realm: \"x\\").to_string(),
            r#""bob\" realm: \"x\\""#
        );
        assert_eq!(Quoted(b"it's\x1b[0m").to_string(), r#""it's\u{1b}[0m""#);
        assert_eq!(
            Quoted("a\u{202e}b".as_bytes()).to_string(),
            r#""a\u{202e}b""#
        );
        assert_eq!(Quoted(b"caf\xe9 bar").to_string(), r#""caf\xe9 bar""#);
        assert_eq!(Quoted(b"\x00\x01\xff\xfe").to_string(), "0001fffe");
        assert_eq!(Quoted(b"").to_string(), r#""""#);
    }

    #[test]
    fn long_values_are_abbreviated() {
        let text = "x".repeat(65);
        assert_eq!(
            Quoted(text.as_bytes()).to_string(),
            format!("\"{}\"… (65 bytes)", "x".repeat(64))
        );
        assert_eq!(
            format!("{:#}", Quoted(text.as_bytes())),
            format!("\"{text}\"")
        );
        let text = "x".repeat(64);
        assert_eq!(Quoted(text.as_bytes()).to_string(), format!("\"{text}\""));
        let bytes = vec![0xAB; 33];
        assert_eq!(
            Bytes(&bytes).to_string(),
            format!("{}… (33 bytes)", "ab".repeat(32))
        );
        assert_eq!(format!("{:#}", Bytes(&bytes)), "ab".repeat(33));
        assert_eq!(Bytes(&bytes[..32]).to_string(), "ab".repeat(32));
        assert_eq!(Bytes(b"").to_string(), "empty");
        assert_eq!(List([1, 2].iter()).to_string(), "1, 2");
        assert!(List(0..17).to_string().ends_with("14, 15, … (17 in all)"));
        assert_eq!(format!("{:#}", List(0..17)).matches(',').count(), 16);
        assert_eq!(List(String::new().chars()).to_string(), "empty");
    }
}
