//! Differences of counters that only grow, until they wrap or start anew.

use std::collections::HashMap;

/// The last reading of many things with the same counters.
#[derive(Debug)]
pub(super) struct Deltas<const N: usize> {
    last: HashMap<String, [u64; N]>,
}

impl<const N: usize> Deltas<N> {
    pub(super) fn new() -> Self {
        Self { last: HashMap::new() }
    }

    /// Takes a reading of everything there is now and gives what was counted since the one
    /// before. A thing that is new has no difference yet. A counter that went back, because it
    /// wrapped or its device was reset, has none this time: what it counted in between is not
    /// known, and neither a negative number nor a leap would be true.
    pub(super) fn advance(&mut self, now: Vec<(String, [u64; N])>) -> Vec<(String, [Option<u64>; N])> {
        let mut deltas = Vec::with_capacity(now.len());
        let mut next = HashMap::with_capacity(now.len());
        for (name, counters) in now {
            if let Some(before) = self.last.get(&name) {
                let delta = std::array::from_fn(|at| counters[at].checked_sub(before[at]));
                deltas.push((name.clone(), delta));
            }
            next.insert(name, counters);
        }
        self.last = next;
        deltas
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_that_go_back_have_no_difference_once() {
        let mut deltas = Deltas::new();
        let mut step = |name: &str, counters: [u64; 2]| deltas.advance(vec![(name.to_owned(), counters)]);
        assert_eq!(step("eth0", [100, 7]), []);
        assert_eq!(step("eth0", [150, 7]), [("eth0".to_owned(), [Some(50), Some(0)])]);
        assert_eq!(step("eth0", [3, 8]), [("eth0".to_owned(), [None, Some(1)])]);
        assert_eq!(step("eth0", [5, 8]), [("eth0".to_owned(), [Some(2), Some(0)])]);
    }

    #[test]
    fn what_went_away_and_came_back_starts_anew() {
        let mut deltas = Deltas::new();
        deltas.advance(vec![("usb0".to_owned(), [100])]);
        assert_eq!(deltas.advance(vec![]), []);
        assert_eq!(deltas.advance(vec![("usb0".to_owned(), [900])]), []);
    }
}
