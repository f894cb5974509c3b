//! The smallest of many items, by selection: no more are held than twice as many as are wanted.

/// Takes items and keeps the smallest.
pub(super) struct Smallest<T> {
    kept: Vec<T>,
    limit: usize,
    // Items from here on are not among the smallest.
    bound: Option<T>,
}

impl<T: Ord + Copy> Smallest<T> {
    /// Keeps `limit` items, and one at least.
    pub fn new(limit: usize) -> Self {
        Self { kept: Vec::new(), limit: limit.max(1), bound: None }
    }

    /// Whether an item may be among the smallest.
    pub fn wants(&self, item: &T) -> bool {
        self.bound.as_ref().is_none_or(|bound| item < bound)
    }

    /// Takes an item.
    pub fn offer(&mut self, item: T) {
        if self.wants(&item) {
            self.kept.push(item);
            if self.kept.len() >= self.limit.saturating_mul(2) {
                self.cut();
            }
        }
    }

    fn cut(&mut self) {
        if self.kept.len() > self.limit {
            let (_, last, _) = self.kept.select_nth_unstable(self.limit - 1);
            self.bound = Some(*last);
            self.kept.truncate(self.limit);
        }
    }

    /// The smallest, in order.
    pub fn finish(mut self) -> Vec<T> {
        self.cut();
        self.kept.sort_unstable();
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_smallest_are_those_that_sorting_puts_first(items in prop::collection::vec(0..100u8, 0..60), limit in 1..20usize) {
            let mut smallest = Smallest::new(limit);
            items.iter().for_each(|item| smallest.offer(*item));
            let mut sorted = items;
            sorted.sort_unstable();
            sorted.truncate(limit);
            prop_assert_eq!(smallest.finish(), sorted);
        }
    }
}
