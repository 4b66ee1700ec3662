//! A progress bar on standard error while large files are read.

use std::io::{self, IsTerminal, Read};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Inputs of this total length in bytes take long enough for a bar.
const LARGE: u64 = 64 * 1024 * 1024;

pub struct Progress(ProgressBar);

impl Progress {
    /// A bar for inputs of `total` bytes. It is hidden if standard error is not a terminal, and if
    /// standard output is one, where the bar would appear between the lines of the output.
    pub fn new(total: u64) -> Self {
        if total < LARGE || io::stdout().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        Self::on(total, ProgressDrawTarget::stderr())
    }

    fn on(total: u64, target: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {eta}");
        Self(match style {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// Advances the bar by what is read from `input`.
    pub fn count<R: Read>(&self, input: R) -> impl Read + use<R> {
        self.0.wrap_read(input)
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_how_much_was_read_and_disappears() {
        let terminal = indicatif::InMemoryTerm::new(3, 80);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let progress = Progress::on(4096, target);
        let mut input = progress.count(&[0; 1024][..]);
        io::copy(&mut input, &mut io::sink()).unwrap();
        progress.0.force_draw();
        assert!(
            terminal.contents().contains("1.00 KiB/4.00 KiB"),
            "{}",
            terminal.contents()
        );
        progress.finish();
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn small_inputs_have_no_bar() {
        assert!(Progress::new(LARGE - 1).0.is_hidden());
    }
}
