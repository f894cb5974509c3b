//! Filter patterns: which events of a log group are meant (logs.md §3).
//!
//! A pattern is compiled once and matched against many messages. The first character tells its kind: `{` begins a
//! pattern over JSON, `[` one over fields between blanks, anything else is terms. Case always matters.

mod comparison;
mod cursor;
mod delimited;
mod expression;
mod json;
mod path;
mod regex;
mod scalar;
mod selector;
mod terms;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::needle::{Needle, NeedleFinder};
use cursor::Cursor;
use delimited::DelimitedPattern;
use json::JsonPattern;
use terms::TermPattern;

pub use selector::{Selector, SelectorError};

/// The longest pattern, in characters (logs.md §3).
pub const CHARACTERS_MAX: usize = 1024;

/// The most regular expressions in one pattern (logs.md FR-3).
pub const REGEXES_MAX: usize = 2;

/// A compiled pattern. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FilterPattern {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    text: String,
    pattern: Pattern,
    regexes: usize,
    needle: Needle,
    finder: NeedleFinder,
}

#[derive(Debug)]
enum Pattern {
    Terms(TermPattern),
    Json(JsonPattern),
    Delimited(DelimitedPattern),
}

/// What a pattern looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternKind {
    /// The message as text (logs.md §3.1).
    Terms,
    /// The message as a JSON object (logs.md §3.2).
    Json,
    /// The message as fields between blanks (logs.md §3.3).
    Delimited,
}

/// Why a text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    /// AWS's words (logs.md FP-6).
    pub message: String,
    /// How many characters stand before the place that is wrong.
    pub position: usize,
}

impl FilterPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in AWS's words, and where.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.chars().nth(CHARACTERS_MAX).is_some() {
            return Err(PatternError { message: cursor::INVALID.to_owned(), position: CHARACTERS_MAX });
        }
        let mut cursor = Cursor::new(text);
        cursor.skip_blanks();
        let pattern = match cursor.peek() {
            Some('{') => Pattern::Json(JsonPattern::parse(&mut cursor)?),
            Some('[') => Pattern::Delimited(DelimitedPattern::parse(&mut cursor)?),
            _ => Pattern::Terms(TermPattern::parse(&mut cursor)?),
        };
        let needle = match &pattern {
            Pattern::Terms(terms) => terms.needle(),
            Pattern::Json(json) => json.needle(),
            Pattern::Delimited(delimited) => delimited.needle(),
        };
        let finder = needle.finder();
        Ok(Self {
            inner: Arc::new(Inner { text: text.to_owned(), pattern, regexes: cursor.regexes(), needle, finder }),
        })
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.inner.text
    }

    /// What it looks at.
    pub fn kind(&self) -> PatternKind {
        match self.inner.pattern {
            Pattern::Terms(_) => PatternKind::Terms,
            Pattern::Json(_) => PatternKind::Json,
            Pattern::Delimited(_) => PatternKind::Delimited,
        }
    }

    /// How many regular expressions it has: groups may have only few patterns with any (logs.md FR-3).
    pub fn regex_count(&self) -> usize {
        self.inner.regexes
    }

    /// Whether it is known to match every message: the empty pattern, blanks, and `[]` (logs.md FP-1, FS-5).
    pub fn matches_everything(&self) -> bool {
        match &self.inner.pattern {
            Pattern::Terms(terms) => terms.matches_everything(),
            Pattern::Json(_) => false,
            Pattern::Delimited(delimited) => delimited.matches_everything(),
        }
    }

    /// Whether a message matches.
    pub fn matches(&self, message: &str) -> bool {
        match &self.inner.pattern {
            // Terms look for the same literals themselves.
            Pattern::Terms(terms) => terms.matches(message),
            Pattern::Json(json) => self.inner.finder.may_match(message) && json.matches(message),
            Pattern::Delimited(delimited) => self.inner.finder.may_match(message) && delimited.matches(message),
        }
    }

    /// What the pattern names in a message that matches, as TestMetricFilter tells it: nothing for terms, every
    /// field with its name or number after `$`, the values of all selectors (logs.md FS-6, FT-2). `None` when the
    /// message does not match.
    pub fn extract(&self, message: &str) -> Option<Vec<(String, String)>> {
        match &self.inner.pattern {
            Pattern::Terms(terms) => terms.matches(message).then(Vec::new),
            Pattern::Json(json) => json.extract(message),
            Pattern::Delimited(delimited) => {
                let fields = delimited.extract(message)?;
                Some(fields.into_iter().map(|(name, value)| (format!("${name}"), value)).collect())
            }
        }
    }

    /// The fields of a message that matches, by name or number, as subscriptions tell them: only patterns over fields
    /// have any (logs.md SP-1).
    pub fn fields(&self, message: &str) -> Option<Vec<(String, String)>> {
        match &self.inner.pattern {
            Pattern::Terms(_) | Pattern::Json(_) => None,
            Pattern::Delimited(delimited) => delimited.extract(message),
        }
    }

    /// Finds values in the messages that this pattern is for: `$.a.b` in JSON, `$name` and `$2` in fields
    /// (logs.md MF-3, MF-4).
    ///
    /// # Errors
    /// The pattern has no such value, or none at all.
    pub fn selector(&self, text: &str) -> Result<Selector, SelectorError> {
        Selector::parse(self, text)
    }

    /// What a message must contain to match.
    pub fn needle(&self) -> Needle {
        self.inner.needle.clone()
    }
}
