//! The rules of composite alarms: which states of which alarms put them into ALARM
//! (cloudwatch.md §6.9).

mod lex;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

/// The longest rule, in characters (cloudwatch.md §6.9).
pub const CHARACTERS_MAX: usize = 10_240;

/// The most elements of a rule: references to alarms, TRUE and FALSE, and pairs of parentheses
/// that group. What AWS counts is not published beyond the number (cloudwatch.md §6.9).
pub const ELEMENTS_MAX: usize = 500;

/// The most alarms that a rule refers to (cloudwatch.md §6.9).
pub const CHILDREN_MAX: usize = 100;

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// `OK`
    Ok,
    /// `ALARM`
    Alarm,
    /// `INSUFFICIENT_DATA`
    InsufficientData,
}

impl State {
    /// All states, with the words of the language.
    const WORDS: [(&'static str, Self); 3] =
        [("ALARM", Self::Alarm), ("OK", Self::Ok), ("INSUFFICIENT_DATA", Self::InsufficientData)];

    fn of(word: &str) -> Option<Self> {
        Self::WORDS.into_iter().find(|(name, _)| *name == word).map(|(_, state)| state)
    }
}

/// A parsed rule. Its `Display` is the rule in its plainest spelling, which parses to the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    root: Expression,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Expression {
    Constant(bool),
    InState(State, String),
    AtLeast(AtLeast),
    Not(Box<Expression>),
    /// Two or more.
    All(Vec<Expression>),
    /// Two or more.
    Any(Vec<Expression>),
}

/// `AT_LEAST(threshold, [NOT] state, (reference, …))`
#[derive(Clone, Debug, PartialEq, Eq)]
struct AtLeast {
    threshold: Threshold,
    negated: bool,
    state: State,
    references: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threshold {
    /// From 1 to how many there are.
    Count(usize),
    /// From 1 to 100.
    Percent(usize),
}

/// Why a text is no rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something else has to stand in a place. The form is AWS's.
    #[error("Unsupported token '{token}' at char {at}, must be: {expected}")]
    Unsupported {
        /// What stands there.
        token: String,
        /// How many characters stand before it.
        at: usize,
        /// What may stand there.
        expected: String,
    },
    /// The text ends too early. These words are ours, as those of what follows.
    #[error("Unexpected end of the rule at char {at}, must be: {expected}")]
    End {
        /// The characters of the text.
        at: usize,
        /// What may stand there.
        expected: String,
    },
    /// A quotation mark has no fellow.
    #[error("The quotation mark at char {at} is not closed")]
    OpenQuote {
        /// How many characters stand before it.
        at: usize,
    },
    /// See [`ELEMENTS_MAX`].
    #[error("The rule has more than {ELEMENTS_MAX} elements")]
    TooManyElements,
    /// See [`CHILDREN_MAX`].
    #[error("The rule refers to more than {CHILDREN_MAX} alarms")]
    TooManyChildren,
}

impl Rule {
    /// Parses a rule.
    ///
    /// # Errors
    /// Where it is wrong and what may stand there, or which limit it exceeds.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let rule = Self { root: parse::parse(text)? };
        match rule.references().len() > CHILDREN_MAX {
            true => Err(Error::TooManyChildren),
            false => Ok(rule),
        }
    }

    /// The names and ARNs it refers to, each once, in the order of the text.
    pub fn references(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.root.collect_references(&mut found);
        let mut seen = HashSet::new();
        found.retain(|reference| seen.insert(*reference));
        found
    }

    /// Whether the rule holds. `state` says what state the alarm of a reference is in; an alarm
    /// that does not exist is in none.
    pub fn evaluate(&self, state: impl Fn(&str) -> Option<State>) -> bool {
        self.root.holds(&state)
    }
}

impl Expression {
    fn collect_references<'a>(&'a self, found: &mut Vec<&'a str>) {
        match self {
            Self::Constant(_) => {}
            Self::InState(_, reference) => found.push(reference),
            Self::AtLeast(at_least) => found.extend(at_least.references.iter().map(String::as_str)),
            Self::Not(part) => part.collect_references(found),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.collect_references(found)),
        }
    }

    fn holds(&self, state: &impl Fn(&str) -> Option<State>) -> bool {
        match self {
            Self::Constant(value) => *value,
            Self::InState(wanted, reference) => state(reference) == Some(*wanted),
            Self::AtLeast(at_least) => at_least.holds(state),
            Self::Not(part) => !part.holds(state),
            Self::All(parts) => parts.iter().all(|part| part.holds(state)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(state)),
        }
    }
}

impl AtLeast {
    /// An alarm that does not exist does not count, negated or not.
    fn holds(&self, state: &impl Fn(&str) -> Option<State>) -> bool {
        let fits = |reference: &String| state(reference).is_some_and(|state| (state == self.state) != self.negated);
        let fitting = self.references.iter().filter(|reference| fits(reference)).count();
        match self.threshold {
            Threshold::Count(count) => fitting >= count,
            Threshold::Percent(percent) => fitting * 100 >= percent * self.references.len(),
        }
    }
}
