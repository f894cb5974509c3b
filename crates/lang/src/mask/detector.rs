//! How something sensitive is looked for: an expression, a check of what it matches, and words that must be near.

use std::ops::Range;

use regex::Regex;

/// How near to the data a keyword must be, in characters.
const NEAR: usize = 30;

/// Looks for one kind of thing.
#[derive(Debug)]
pub(super) enum Detector {
    /// What an expression matches: of a managed identifier between boundaries of words, checked, and near a keyword.
    Regex { regex: Regex, valid: fn(&str) -> bool, keyword: Option<Regex> },
    /// What a caller's expression matches.
    Custom(Regex),
    /// What a scanner finds.
    Scan(fn(&str) -> Vec<Range<usize>>),
    /// What either finds.
    Either(Box<[Detector; 2]>),
}

impl Detector {
    /// Looks for what a caller's expression matches.
    pub fn custom(regex: Regex) -> Self {
        Self::Custom(regex)
    }

    /// Looks for what either finds.
    pub fn or(self, other: Self) -> Self {
        Self::Either(Box::new([self, other]))
    }

    /// Where it is found in a message.
    pub fn find(&self, message: &str) -> Vec<Range<usize>> {
        match self {
            Self::Scan(scan) => scan(message),
            Self::Either(detectors) => {
                let mut found: Vec<_> = detectors.iter().flat_map(|detector| detector.find(message)).collect();
                found.sort_by_key(|found| (found.start, found.end));
                found.dedup();
                found
            }
            Self::Custom(regex) => {
                let found = regex.find_iter(message).map(|found| found.range());
                found.filter(|found| !found.is_empty()).collect()
            }
            Self::Regex { regex, valid, keyword } => {
                let found = regex.find_iter(message).map(|found| found.range());
                let holds = |found: &Range<usize>| {
                    stands_alone(message, found)
                        && valid(&message[found.clone()])
                        && keyword.as_ref().is_none_or(|keyword| keyword.is_match(around(message, found).as_str()))
                };
                found.filter(holds).collect()
            }
        }
    }
}

/// Whether what was found is no part of a longer word or number.
fn stands_alone(message: &str, found: &Range<usize>) -> bool {
    let (before, after) = (message[..found.start].chars().next_back(), message[found.end..].chars().next());
    let joins = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    // What begins with a sign, as a plus, cannot go on a word.
    let goes_on = joins(message[found.clone()].chars().next()) && joins(before);
    !(goes_on || joins(after))
}

/// What stands near to what was found, on both sides.
fn around(message: &str, found: &Range<usize>) -> String {
    let start = message[..found.start].char_indices().rev().nth(NEAR - 1).map_or(0, |(at, _)| at);
    let after = &message[found.end..];
    let end = after.char_indices().nth(NEAR).map_or(after.len(), |(at, _)| at);
    format!("{}\n{}", &message[start..found.start], &after[..end])
}
