//! Conditions as they are evaluated.

use serde_json::Value;

use super::compare::Operand;
use super::{Comparison, Condition, Path, Pattern, Test, Wildcard};
use crate::needle::Needle;

/// A condition that was prepared.
#[derive(Clone, Debug)]
pub(super) enum Prepared {
    Any(Vec<Prepared>),
    All(Vec<Prepared>),
    Not(Box<Prepared>),
    Holds(Box<Check>),
}

/// What one predicate asks.
#[derive(Clone, Debug)]
pub(super) struct Check {
    path: Path,
    is_negated: bool,
    ask: Ask,
}

#[derive(Clone, Debug)]
enum Ask {
    Compare(Comparison, Operand),
    In(Vec<Operand>),
    Between(Operand, Operand),
    Like(Pattern),
}

impl From<&Condition> for Prepared {
    fn from(condition: &Condition) -> Self {
        let all = |parts: &[Condition]| parts.iter().map(Self::from).collect();
        match condition {
            Condition::Any(parts) => Self::Any(all(parts)),
            Condition::All(parts) => Self::All(all(parts)),
            Condition::Not(part) => Self::Not(Box::new(Self::from(&**part))),
            Condition::Predicate(predicate) => {
                let ask = match &predicate.test {
                    Test::Compare(comparison, literal) => Ask::Compare(*comparison, literal.into()),
                    Test::In(literals) => Ask::In(literals.iter().map(Operand::from).collect()),
                    Test::Between(low, high) => Ask::Between(low.into(), high.into()),
                    Test::Like(pattern) => Ask::Like(pattern.clone()),
                };
                Self::Holds(Box::new(Check { path: predicate.path.clone(), is_negated: predicate.negated, ask }))
            }
        }
    }
}

impl Prepared {
    /// Whether it holds of a document.
    pub(super) fn holds(&self, document: &Value) -> bool {
        match self {
            Self::Any(parts) => parts.iter().any(|part| part.holds(document)),
            Self::All(parts) => parts.iter().all(|part| part.holds(document)),
            Self::Not(part) => !part.holds(document),
            Self::Holds(check) => check.holds(document),
        }
    }

    /// Whether it holds of a document of which some outermost properties alone are known; `None` when these do not tell.
    pub(super) fn holds_by<'k>(&self, known: &dyn Fn(&str) -> Option<&'k str>) -> Option<bool> {
        match self {
            Self::Any(parts) => {
                let mut told = Some(false);
                for part in parts {
                    match part.holds_by(known) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => told = None,
                    }
                }
                told
            }
            Self::All(parts) => {
                let mut told = Some(true);
                for part in parts {
                    match part.holds_by(known) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => told = None,
                    }
                }
                told
            }
            Self::Not(part) => part.holds_by(known).map(|holds| !holds),
            Self::Holds(check) => {
                let [name] = check.path.names() else { return None };
                let value = Value::from(known(name)?);
                Some(check.ask.holds(|visit| visit(&value)) != check.is_negated)
            }
        }
    }

    /// What a document of which it holds contains somewhere, as a text of a property `is_kept` says is.
    pub(super) fn needle(&self, is_kept: &dyn Fn(&Path) -> bool) -> Needle {
        match self {
            Self::Any(parts) => Needle::any_of(parts.iter().map(|part| part.needle(is_kept))),
            Self::All(parts) => Needle::all(parts.iter().map(|part| part.needle(is_kept))),
            Self::Not(_) => Needle::Anything,
            Self::Holds(check) if check.is_negated || !is_kept(&check.path) => Needle::Anything,
            Self::Holds(check) => check.ask.needle(),
        }
    }
}

impl Check {
    fn holds(&self, document: &Value) -> bool {
        self.ask.holds(|visit| self.path.visit(document, visit)) != self.is_negated
    }
}

impl Ask {
    /// Whether any of the values passes that are handed over.
    fn holds<'v>(&self, hand_over: impl FnOnce(&mut dyn FnMut(&'v Value) -> bool) -> bool) -> bool {
        let Self::Compare(Comparison::NotEqual, operand) = self else {
            return hand_over(&mut |value| self.passes(value));
        };
        // The whole is inverted, as NOT does; what is not there is not unequal.
        let mut is_there = false;
        let is_equal = hand_over(&mut |value| {
            is_there |= !value.is_object();
            operand.standing(value).is_equal
        });
        is_there && !is_equal
    }

    fn passes(&self, value: &Value) -> bool {
        match self {
            Self::Compare(comparison, operand) => {
                let standing = operand.standing(value);
                match comparison {
                    Comparison::Equal => standing.is_equal,
                    Comparison::NotEqual => !standing.is_equal,
                    Comparison::Less => standing.is_below,
                    Comparison::Greater => standing.is_above,
                    Comparison::LessOrEqual => standing.is_below || standing.is_equal,
                    Comparison::GreaterOrEqual => standing.is_above || standing.is_equal,
                }
            }
            Self::In(operands) => operands.iter().any(|operand| operand.standing(value).is_equal),
            Self::Between(low, high) => {
                let (low, high) = (low.standing(value), high.standing(value));
                (low.is_above || low.is_equal) && (high.is_below || high.is_equal)
            }
            Self::Like(pattern) => match value {
                Value::String(text) => pattern.matches(text),
                Value::Number(_) | Value::Bool(_) => pattern.matches(&value.to_string()),
                _ => false,
            },
        }
    }

    fn needle(&self) -> Needle {
        let exact = |operand: &Operand| operand.exact_text().map_or(Needle::Anything, Needle::json_string);
        match self {
            Self::Compare(Comparison::Equal, operand) => exact(operand),
            Self::In(operands) => Needle::any_of(operands.iter().map(exact)),
            // Numbers are not kept as they are shown.
            Self::Like(pattern) if !pattern.start.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                Needle::json_string(&pattern.start)
            }
            _ => Needle::Anything,
        }
    }
}

impl Pattern {
    fn matches(&self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(self.start.as_str()) else { return false };
        match self.end {
            Wildcard::Nothing => rest.is_empty(),
            Wildcard::OneCharacter => rest.chars().count() == 1,
            Wildcard::Anything => true,
        }
    }
}
