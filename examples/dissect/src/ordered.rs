//! Output of files that are read in parallel, in the order of the files.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Number of bytes that a file writes at once.
const CHUNK: usize = 64 * 1024;

/// Number of bytes that a file may hold back while the files before it are being read.
const MAX_HELD: usize = 8 * 1024 * 1024;

/// The files take turns at writing.
#[derive(Default)]
pub struct Turns {
    turn: Mutex<usize>,
    changed: Condvar,
}

/// The output of one file: holds back a limited amount until it is the file's turn.
pub struct Ordered<W: Write> {
    out: W,
    index: usize,
    turns: Arc<Turns>,
    has_turn: bool,
    held: Vec<u8>,
}

impl<W: Write> Ordered<W> {
    /// The output of the file number `index`, from 0. Every number below must have an output too, or
    /// this one waits forever.
    pub fn new(out: W, index: usize, turns: Arc<Turns>) -> Self {
        Self {
            out,
            index,
            turns,
            has_turn: false,
            held: Vec::new(),
        }
    }

    fn write_held(&mut self) -> io::Result<()> {
        if !self.has_turn {
            let turn = self
                .turns
                .turn
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let waited = self
                .turns
                .changed
                .wait_while(turn, |turn| *turn != self.index);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
            self.has_turn = true;
        }
        self.out.write_all(&self.held)?;
        self.held.clear();
        Ok(())
    }

    fn is_due(&self) -> bool {
        self.has_turn || {
            let turn = self
                .turns
                .turn
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            *turn == self.index
        }
    }
}

impl<W: Write> Write for Ordered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        if self.held.len() >= MAX_HELD || self.held.len() >= CHUNK && self.is_due() {
            self.write_held()?;
        }
        Ok(bytes.len())
    }

    /// Writes everything, when it is the file's turn.
    fn flush(&mut self) -> io::Result<()> {
        self.write_held()?;
        self.out.flush()
    }
}

impl<W: Write> Drop for Ordered<W> {
    /// Passes the turn on, whatever happened.
    fn drop(&mut self) {
        let turn = self
            .turns
            .turn
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let turn = self
            .turns
            .changed
            .wait_while(turn, |turn| *turn != self.index);
        *turn.unwrap_or_else(PoisonError::into_inner) += 1;
        self.turns.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Collects what several threads write.
    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Later files finish first, and one writes more than may be held back.
    #[test]
    fn files_appear_in_their_order() {
        let (shared, turns) = (Shared::default(), Arc::new(Turns::default()));
        std::thread::scope(|scope| {
            for index in (0..4).rev() {
                let mut out = Ordered::new(shared.clone(), index, Arc::clone(&turns));
                scope.spawn(move || {
                    let line = vec![b'a' + u8::try_from(index).unwrap(); MAX_HELD / 8];
                    for _ in 0..9 {
                        out.write_all(&line).unwrap();
                    }
                    out.flush().unwrap();
                });
            }
        });
        let bytes = shared.0.lock().unwrap();
        assert!(bytes.is_sorted());
        assert_eq!(bytes.len(), 4 * 9 * MAX_HELD / 8);
    }
}
