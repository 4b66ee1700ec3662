//! How bytes of a peer are printed: hexadecimal, or text with everything escaped that is not printable.

use core::fmt::{self, Write as _};

/// Bytes in hexadecimal.
pub(crate) struct Hex<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Bytes as text, escaped where they cannot be shown.
pub(crate) struct Text<'a>(pub(crate) &'a [u8]);

/// The same between quotes.
pub(crate) struct Quoted<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(self.0, f, |c| matches!(c, '"' | '\''))
    }
}

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_binary(trim_nuls(self.0)) {
            return fmt::Display::fmt(&Hex(self.0), f);
        }
        f.write_char('"')?;
        escape(self.0, f, |c| c == '\'')?;
        f.write_char('"')
    }
}

/// Text with what is not printable escaped; bytes that are mostly not text, as MS-TURN's nonces and
/// user names, in hexadecimal.
fn escape(bytes: &[u8], f: &mut fmt::Formatter<'_>, plain: fn(char) -> bool) -> fmt::Result {
    if is_binary(trim_nuls(bytes)) {
        return fmt::Display::fmt(&Hex(bytes), f);
    }
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if plain(c) {
                f.write_char(c)?;
            } else {
                write!(f, "{}", c.escape_debug())?;
            }
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}

/// Whether more than a quarter of the bytes cannot be shown as text.
fn is_binary(bytes: &[u8]) -> bool {
    let hidden = bytes
        .utf8_chunks()
        .map(|chunk| {
            let control = chunk.valid().chars().filter(|c| c.is_control()).count();
            chunk.invalid().len().saturating_add(control)
        })
        .fold(0_usize, usize::saturating_add);
    hidden.saturating_mul(4) > bytes.len()
}

/// The bytes without the NULs at their end.
pub(crate) fn trim_nuls(mut text: &[u8]) -> &[u8] {
    while let [front @ .., 0] = text {
        text = front;
    }
    text
}
