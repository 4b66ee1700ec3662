//! Colors of the text output.

use std::fmt::{self, Display};
use std::io::IsTerminal;

/// Whether the output has colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    colors: bool,
}

impl Style {
    /// Without colors.
    #[allow(dead_code, reason = "for outputs that write files, and for tests")]
    pub const PLAIN: Self = Self { colors: false };

    /// Colors if standard output is a terminal that shows them, and the environment variable
    /// `NO_COLOR` is not set.
    pub fn of_stdout() -> Self {
        let unwanted = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            colors: std::io::stdout().is_terminal() && !unwanted("NO_COLOR") && !is_dumb,
        }
    }

    pub fn title<T: Display>(self, text: T) -> Styled<T> {
        self.with("36", text)
    }

    pub fn strong<T: Display>(self, text: T) -> Styled<T> {
        self.with("1", text)
    }

    pub fn good<T: Display>(self, text: T) -> Styled<T> {
        self.with("32", text)
    }

    pub fn warning<T: Display>(self, text: T) -> Styled<T> {
        self.with("33", text)
    }

    pub fn bad<T: Display>(self, text: T) -> Styled<T> {
        self.with("31", text)
    }

    fn with<T: Display>(self, code: &'static str, text: T) -> Styled<T> {
        Styled {
            code: self.colors.then_some(code),
            text,
        }
    }
}

/// Text in a color, or as it is.
pub struct Styled<T> {
    code: Option<&'static str>,
    text: T,
}

impl<T: Display> Display for Styled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "\x1b[{code}m{}\x1b[0m", self.text),
            None => self.text.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_enclose_the_text() {
        assert_eq!(Style::PLAIN.bad("error").to_string(), "error");
        let style = Style { colors: true };
        assert_eq!(style.bad("error").to_string(), "\x1b[31merror\x1b[0m");
    }
}
