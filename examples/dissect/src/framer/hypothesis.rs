//! Whether the next frame confirms the hypothesis about a stream, and the search for another one.

use super::search::{Hypothesis, score, search};
use super::step::{Frame, Proof, Step, step};
use super::{Framer, State};
use crate::unit::Framing;

impl Framer {
    /// The next frame under the hypothesis. `Some(None)` if the hypothesis fails, `None` if more bytes are
    /// needed.
    pub fn framed(
        &mut self,
        framing: Framing,
        proven: u32,
        is_final: bool,
    ) -> Option<Option<Frame>> {
        let bytes = self.rest();
        let frame = match step(framing, bytes, &self.known) {
            Step::Frame(frame) => frame,
            Step::Short if !is_final => return None,
            Step::Short | Step::No => return Some(None),
        };
        let Some(following) = bytes.get(frame.len()..) else {
            return self.incomplete(framing, proven, frame, is_final);
        };
        if frame.proof == Proof::Strong || following.is_empty() && frame.proof >= Proof::Plausible {
            return Some(Some(frame));
        }
        match step(framing, following, &self.known) {
            Step::Short if !is_final && frame.proof < Proof::Good => return None,
            Step::Frame(next) if next.proof > Proof::Doubtful => return Some(Some(frame)),
            _ => {}
        }
        // What follows does not fit, so that the frame itself is in doubt.
        let own = score(framing, bytes, &self.known);
        match search(bytes, None, &self.known) {
            Ok(other)
                if other.start < frame.len()
                    && (other.start > 0 || other.framing != framing)
                    && is_better(other, own.points) =>
            {
                Some(None)
            }
            _ if frame.proof == Proof::Doubtful => Some(None),
            _ if proven == 0 && frame.proof == Proof::Plausible => Some(None),
            _ => Some(Some(frame)),
        }
    }

    /// A frame of which not all bytes are there. Its declared length may be wrong, so that the frames
    /// in the bytes that it would swallow decide.
    fn incomplete(
        &mut self,
        framing: Framing,
        proven: u32,
        frame: Frame,
        is_final: bool,
    ) -> Option<Option<Frame>> {
        if is_final {
            let is_expected =
                frame.proof >= Proof::Good || frame.proof == Proof::Plausible && proven > 0;
            let own = if is_expected { Proof::Good.score() } else { 0 };
            return match search(self.rest(), None, &self.known) {
                Ok(other) if is_better(other, own) && other.score.strong > 1 => Some(None),
                Ok(_) if !is_expected => Some(None),
                _ => Some(is_expected.then_some(frame)),
            };
        }
        if frame.proof >= Proof::Good {
            return None;
        }
        let found = self.search(Some(framing), false)?;
        let is_other = found.start > 0 || found.framing != framing;
        (is_other && found.score.strong > 1).then_some(None)
    }

    /// Searches the buffer, unless there are too few new bytes since the last time.
    pub fn search(&mut self, previous: Option<Framing>, is_final: bool) -> Option<Hypothesis> {
        let bytes = self.rest();
        let worthwhile = bytes.len() > self.searched + self.searched / 16;
        if !is_final && !worthwhile {
            return None;
        }
        // After a gap the next segment usually starts with a frame of the same framing.
        if let (State::Lost { .. }, Some(framing)) = (self.state, previous) {
            let aligned = score(framing, bytes, &self.known);
            let first = step(framing, bytes, &self.known);
            let is_good = matches!(first, Step::Frame(frame) if frame.proof >= Proof::Good);
            let fits = is_good || aligned.frames > 0 && aligned.points >= 3;
            if fits && self.skipped.is_none() && self.lost_at != Some(self.offset) {
                self.searched = 0;
                return Some(Hypothesis {
                    start: 0,
                    framing,
                    score: aligned,
                });
            }
        }
        match search(bytes, previous, &self.known) {
            Ok(found) => {
                self.searched = 0;
                Some(found)
            }
            Err(useless) => {
                let length = bytes.len();
                if let State::Lost { .. } = self.state {
                    self.skip(useless);
                    self.searched = length - useless;
                } else {
                    self.searched = length;
                }
                None
            }
        }
    }

    /// Abandons the hypothesis.
    pub fn lose(&mut self, framing: Framing) {
        // Otherwise the same hypothesis would be made again and again at this offset.
        if self.lost_at == Some(self.offset) {
            self.skip(1);
        }
        self.lost_at = Some(self.offset);
        self.state = State::Lost {
            previous: Some(framing),
        };
        self.searched = 0;
    }
}

fn is_better(other: Hypothesis, points: i32) -> bool {
    other.score.is_convincing() && other.score.points > points
}
