//! Selectors: where metric values and dimensions come from (logs.md MF-3, MF-4).

use std::borrow::Cow;

use super::cursor::Cursor;
use super::delimited::Target;
use super::path::{Path, find};
use super::{FilterPattern, Pattern};

/// Finds one value in the messages that a pattern is for.
#[derive(Clone, Debug)]
pub struct Selector(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Json(Path),
    Delimited(FilterPattern, Target),
}

/// Why a text selects nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectorError {
    /// Patterns of terms know of no values.
    #[error("the pattern has no fields")]
    NoFields,
    /// It is no selector, or one with a wildcard.
    #[error("it is not a selector of one value")]
    Malformed,
    /// The pattern names no such field.
    #[error("the pattern has no such field")]
    Unknown,
}

impl Selector {
    pub(super) fn parse(pattern: &FilterPattern, text: &str) -> Result<Self, SelectorError> {
        match &pattern.inner.pattern {
            Pattern::Terms(_) => Err(SelectorError::NoFields),
            Pattern::Json(_) => {
                let mut cursor = Cursor::new(text);
                let path = Path::parse(&mut cursor).map_err(|_| SelectorError::Malformed)?;
                match cursor.rest().is_empty() && path.wildcards() == 0 {
                    true => Ok(Self(Kind::Json(path))),
                    false => Err(SelectorError::Malformed),
                }
            }
            Pattern::Delimited(delimited) => {
                let name = text.strip_prefix('$').ok_or(SelectorError::Malformed)?;
                let target = delimited.target(name).ok_or(SelectorError::Unknown)?;
                Ok(Self(Kind::Delimited(pattern.clone(), target)))
            }
        }
    }

    /// The value in a message, as text; `None` when it has none, or when it is an array or an object. Does not ask
    /// whether the message matches.
    pub fn value<'m>(&self, message: &'m str) -> Option<Cow<'m, str>> {
        match &self.0 {
            Kind::Json(path) => {
                let found = find(std::slice::from_ref(path), message)?.pop()?;
                found.values.into_iter().next().map(|value| value.into_text())
            }
            Kind::Delimited(pattern, target) => match &pattern.inner.pattern {
                Pattern::Delimited(delimited) => delimited.value(*target, message).map(Cow::Borrowed),
                Pattern::Terms(_) | Pattern::Json(_) => None,
            },
        }
    }
}
