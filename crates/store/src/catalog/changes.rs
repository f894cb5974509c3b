//! Which records of a kind changed last, so that what is derived from them need not be made anew.

use std::collections::VecDeque;

use super::Key;

/// Changes that are remembered.
const REMEMBERED: usize = 1024;

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// The records of these keys, in the order they changed.
    Keys(Vec<Key>),
    /// More than is remembered: any of the kind.
    Many,
}

/// The changes of one kind.
#[derive(Default)]
pub(super) struct Changes {
    count: u64,
    // The newest last.
    recent: VecDeque<Key>,
}

impl Changes {
    /// Notes a change.
    pub(super) fn add(&mut self, key: &Key) {
        self.count += 1;
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(key.clone());
    }

    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// What changed after the first `since` changes.
    pub(super) fn since(&self, since: u64) -> Changed {
        let new = usize::try_from(self.count.saturating_sub(since)).unwrap_or(usize::MAX);
        match self.recent.len().checked_sub(new) {
            Some(known) => Changed::Keys(self.recent.iter().skip(known).cloned().collect()),
            None => Changed::Many,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: usize) -> Key {
        Key::global(&"000000000000".parse().unwrap(), name.to_string())
    }

    #[test]
    fn what_changed_since_is_told_as_long_as_it_is_remembered() {
        let mut changes = Changes::default();
        assert_eq!(changes.since(0), Changed::Keys(Vec::new()));
        (0..REMEMBERED + 1).for_each(|name| changes.add(&key(name)));
        assert_eq!(changes.count(), REMEMBERED as u64 + 1);
        assert_eq!(changes.since(0), Changed::Many);
        let Changed::Keys(all) = changes.since(1) else { panic!("they are remembered") };
        assert_eq!((all.len(), &all[0]), (REMEMBERED, &key(1)));
        assert_eq!(changes.since(REMEMBERED as u64), Changed::Keys(vec![key(REMEMBERED)]));
        assert_eq!(changes.since(REMEMBERED as u64 + 1), Changed::Keys(Vec::new()));
    }
}
