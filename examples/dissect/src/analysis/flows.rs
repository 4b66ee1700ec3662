//! The flows of a capture that are not closed yet, by their indices.

use std::collections::VecDeque;

use super::flow::Flow;

/// The flows. The index of a flow does not change, and is not used again.
#[derive(Default)]
pub struct Flows {
    /// The flows after the first `before`; `None` for those that were closed.
    flows: VecDeque<Option<Box<Flow>>>,
    /// Number of flows before, which are all closed.
    before: usize,
    open: usize,
}

impl Flows {
    /// Adds the flow with the next number, and returns its index.
    pub fn push(&mut self, flow: impl FnOnce(usize) -> Flow) -> usize {
        let index = self.total();
        self.flows.push_back(Some(Box::new(flow(index + 1))));
        self.open += 1;
        index
    }

    pub fn get(&self, index: usize) -> Option<&Flow> {
        let index = index.checked_sub(self.before)?;
        self.flows.get(index)?.as_deref()
    }

    pub fn get_mut(&mut self, index: usize) -> Option<&mut Flow> {
        let index = index.checked_sub(self.before)?;
        self.flows.get_mut(index)?.as_deref_mut()
    }

    pub fn remove(&mut self, index: usize) -> Option<Box<Flow>> {
        let index = index.checked_sub(self.before)?;
        let flow = self.flows.get_mut(index)?.take()?;
        self.open -= 1;
        while let Some(None) = self.flows.front() {
            self.flows.pop_front();
            self.before += 1;
        }
        Some(flow)
    }

    /// The open flows, in the order of their numbers.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Flow> {
        self.flows.iter().filter_map(|flow| flow.as_deref())
    }

    /// The indices of the open flows.
    pub fn indices(&self) -> Vec<usize> {
        self.iter().map(Flow::index).collect()
    }

    /// Number of open flows.
    pub fn len(&self) -> usize {
        self.open
    }

    pub fn is_empty(&self) -> bool {
        self.open == 0
    }

    /// Number of all flows.
    pub fn total(&self) -> usize {
        self.before + self.flows.len()
    }

    /// The indices of the flows whose last packets are the oldest.
    pub fn idle(&self, count: usize) -> Vec<usize> {
        let mut flows: Vec<_> = self.iter().map(|flow| (flow.last, flow.index())).collect();
        let count = count.min(flows.len());
        if count > 0 {
            flows.select_nth_unstable(count - 1);
        }
        flows.truncate(count);
        flows.into_iter().map(|(_, index)| index).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Most flows have one request and its answer; what is rare is in boxes.
    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_flow_is_small() {
        assert!(size_of::<Flow>() <= 1200, "{}", size_of::<Flow>());
    }
}
