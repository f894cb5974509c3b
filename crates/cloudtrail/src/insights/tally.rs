//! How many calls there were, and by whom and how.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// Values of one attribute that are told apart in one tally: with more of them the rarest are forgotten.
const VALUES_MAX: usize = 20;
/// Bytes of a value that are kept.
const VALUE_BYTES_MAX: usize = 512;

/// Calls, with what they are attributed to (cloudtrail.md §8.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tally {
    pub(super) calls: u64,
    /// `userIdentityArn`
    pub(super) identities: Values,
    /// `userAgent`
    pub(super) agents: Values,
    /// `errorCode`; `null` stands for none.
    pub(super) errors: Values,
}

impl Tally {
    /// Adds the calls of another.
    pub(super) fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.identities.merge(&other.identities);
        self.agents.merge(&other.agents);
        self.errors.merge(&other.errors);
    }
}

/// Values with how often each was seen, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Values(Vec<(String, u64)>);

impl Values {
    /// Sees a value once more.
    pub(super) fn see(&mut self, value: &str) {
        let value = cut(value);
        match self.0.iter().position(|(known, _)| *known == *value) {
            Some(place) => self.0[place].1 += 1,
            None if self.0.len() < VALUES_MAX => self.0.push((value.into_owned(), 1)),
            // Within one minute what comes first is kept: nothing is forgotten for what was seen once.
            None => return,
        }
        self.sort();
    }

    /// The most frequent, as many as asked for.
    pub(super) fn first(&self, count: usize) -> impl Iterator<Item = &(String, u64)> {
        self.0.iter().take(count)
    }

    fn merge(&mut self, other: &Self) {
        for (value, count) in &other.0 {
            match self.0.iter_mut().find(|(known, _)| known == value) {
                Some((_, known)) => *known += count,
                None => self.0.push((value.clone(), *count)),
            }
        }
        self.sort();
        self.0.truncate(VALUES_MAX);
    }

    fn sort(&mut self) {
        self.0.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
    }
}

fn cut(value: &str) -> Cow<'_, str> {
    let end = (0..=VALUE_BYTES_MAX.min(value.len())).rev().find(|end| value.is_char_boundary(*end));
    match end {
        Some(end) if end < value.len() => Cow::Owned(value[..end].to_owned()),
        _ => Cow::Borrowed(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(values: &[&str]) -> Values {
        let mut all = Values::default();
        values.iter().for_each(|value| all.see(value));
        all
    }

    #[test]
    fn the_most_frequent_values_come_first_and_are_kept() {
        let mut many: Vec<String> = (0..VALUES_MAX + 5).map(|number| format!("rare-{number:02}")).collect();
        many.extend(["rare-07".to_owned(), "rare-24".to_owned()]);
        let mut all = seen(&many.iter().map(String::as_str).collect::<Vec<_>>());
        let first: Vec<_> = all.first(2).cloned().collect();
        assert_eq!(first, [("rare-07".to_owned(), 2), ("rare-00".to_owned(), 1)]);
        all.merge(&seen(&["other"; 3]));
        let first: Vec<_> = all.first(2).cloned().collect();
        assert_eq!(first, [("other".to_owned(), 3), ("rare-07".to_owned(), 2)]);
        assert_eq!(all.first(usize::MAX).count(), VALUES_MAX);
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let long = "é".repeat(VALUE_BYTES_MAX);
        let all = seen(&[&long]);
        assert_eq!(all.first(1).next().unwrap().0, "é".repeat(VALUE_BYTES_MAX / 2));
    }
}
