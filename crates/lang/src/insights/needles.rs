//! What a query's filters say of messages: what an index can look for.

use std::collections::HashSet;

use regex_syntax::hir::{Class, Hir, HirKind};

use super::Value;
use super::commands::Step;
use super::evaluate::{Condition, Node};
use super::expression::{Comparison, Sense};
use super::record::{Place, System};
use crate::needle::Needle;

#[cfg(test)]
mod tests;

/// What fields are discovered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Discovered {
    InMessage,
    Elsewhere,
}

/// What a message must contain for its event to come through steps.
pub(super) fn needle(steps: &[Box<dyn Step>], discovered: Discovered) -> Needle {
    let parts = steps.iter().flat_map(|step| step.parts_of_message()).copied().collect();
    let texts = Texts { parts, discovered };
    Needle::all(steps.iter().filter_map(|step| step.condition()).map(|condition| texts.of(condition)))
}

/// The streams that events must be of to come through steps.
pub(super) fn streams(steps: &[Box<dyn Step>]) -> Option<Vec<String>> {
    let is_stream = |node: &Node| matches!(node, Node::Place(Place::System(System::LogStream)));
    steps.iter().filter_map(|step| step.condition()).find_map(|condition| match condition {
        Condition::Comparison(a, Comparison::Equal, b) if is_stream(a) => Some(vec![word(b)?.to_owned()]),
        Condition::Comparison(a, Comparison::Equal, b) if is_stream(b) => Some(vec![word(a)?.to_owned()]),
        Condition::In(node, Sense::Plain, elements) if is_stream(node) => {
            elements.iter().map(|element| word(element).map(str::to_owned)).collect()
        }
        _ => None,
    })
}

/// What is known of where texts come from.
struct Texts {
    /// Slots that hold parts of messages.
    parts: HashSet<usize>,
    discovered: Discovered,
}

/// How a text stands in the message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As it is.
    Plain,
    /// As a JSON string, perhaps.
    Json,
}

impl Texts {
    fn of(&self, condition: &Condition) -> Needle {
        match condition {
            Condition::Constant(true) => Needle::Anything,
            Condition::Constant(false) => Needle::Nothing,
            Condition::All(parts) => Needle::all(parts.iter().map(|part| self.of(part))),
            Condition::Any(parts) => Needle::any_of(parts.iter().map(|part| self.of(part))),
            Condition::Not(inner) => match &**inner {
                Condition::Not(inner) => self.of(inner),
                _ => Needle::Anything,
            },
            Condition::Contains(node, Sense::Plain, finder) => {
                match (self.form(node), std::str::from_utf8(finder.needle())) {
                    (Some(form), Ok(literal)) => spelled(Needle::contains(literal), form),
                    _ => Needle::Anything,
                }
            }
            Condition::Finds(node, Sense::Plain, regex) => match self.form(node) {
                Some(form) => spelled(of_regex(regex.as_str()), form),
                None => Needle::Anything,
            },
            Condition::Comparison(a, Comparison::Equal, b) => Needle::all([self.equal(a, b), self.equal(b, a)]),
            Condition::In(node, Sense::Plain, elements) => {
                Needle::any_of(elements.iter().map(|element| self.equal(node, element)))
            }
            _ => Needle::Anything,
        }
    }

    /// A node equals a word.
    fn equal(&self, node: &Node, other: &Node) -> Needle {
        match (self.form(node), word(other)) {
            (Some(form), Some(word)) => spelled(Needle::contains(word), form),
            _ => Needle::Anything,
        }
    }

    fn form(&self, node: &Node) -> Option<Form> {
        match node {
            Node::Place(Place::System(System::Message)) => Some(Form::Plain),
            Node::Place(Place::Slot(slot)) if self.parts.contains(slot) => Some(Form::Plain),
            Node::Place(Place::Input(_)) if self.discovered == Discovered::InMessage => Some(Form::Json),
            _ => None,
        }
    }
}

/// A literal text that nothing equals but itself: numbers have many spellings, and so have truth values.
fn word(node: &Node) -> Option<&str> {
    let Node::Constant(value @ Value::Text(word)) = node else { return None };
    let special = value.number().is_some() || ["true", "false"].iter().any(|truth| word.eq_ignore_ascii_case(truth));
    (!special).then_some(word)
}

/// What must be contained, as it is spelled in the message.
fn spelled(needle: Needle, form: Form) -> Needle {
    if form == Form::Plain {
        return needle;
    }
    match needle {
        Needle::Contains { literal, .. } if may_be_of_number(&literal) => Needle::Anything,
        Needle::Contains { literal, exact_case: true } => Needle::json_string(&literal),
        Needle::Contains { literal, exact_case: false } => match Needle::json_string(&literal) {
            // Escapes are no words that could be in either case.
            Needle::AnyOf(_) if literal.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                Needle::any_of([Needle::Contains { literal, exact_case: false }, Needle::contains("\\u00")])
            }
            _ => Needle::Anything,
        },
        Needle::All(needles) => Needle::all(needles.into_iter().map(|needle| spelled(needle, form))),
        Needle::AnyOf(needles) => Needle::any_of(needles.into_iter().map(|needle| spelled(needle, form))),
        other @ (Needle::Anything | Needle::Nothing) => other,
    }
}

/// Whether a literal may be within a number as it prints, which need not be as it was written.
fn may_be_of_number(literal: &str) -> bool {
    literal.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'))
}

/// What a text must contain for a regular expression to find something.
fn of_regex(pattern: &str) -> Needle {
    regex_syntax::parse(pattern).map_or(Needle::Anything, |hir| of_hir(&hir))
}

fn of_hir(hir: &Hir) -> Needle {
    match hir.kind() {
        HirKind::Alternation(parts) => Needle::any_of(parts.iter().map(of_hir)),
        HirKind::Repetition(repetition) if repetition.min == 0 => Needle::Anything,
        HirKind::Repetition(repetition) => of_hir(&repetition.sub),
        HirKind::Capture(capture) => of_hir(&capture.sub),
        HirKind::Literal(_) | HirKind::Class(_) | HirKind::Concat(_) => {
            let mut runs = Runs::default();
            runs.add(hir);
            runs.finish()
        }
        HirKind::Empty | HirKind::Look(_) => Needle::Anything,
    }
}

/// Literal characters that follow each other, and whatever else must be there.
#[derive(Default)]
struct Runs {
    run: String,
    any_case: bool,
    needles: Vec<Needle>,
}

impl Runs {
    fn add(&mut self, hir: &Hir) {
        match hir.kind() {
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.add(part)),
            HirKind::Capture(capture) => self.add(&capture.sub),
            // It matches between characters and takes none.
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => match std::str::from_utf8(&literal.0) {
                Ok(literal) => self.run.push_str(literal),
                Err(_) => self.end(),
            },
            HirKind::Class(class) => match letter_of_either_case(class) {
                Some(letter) => {
                    self.run.push(letter);
                    self.any_case = true;
                }
                None => self.end(),
            },
            HirKind::Alternation(_) | HirKind::Repetition(_) => {
                self.end();
                self.needles.push(of_hir(hir));
            }
        }
    }

    fn end(&mut self) {
        let literal = std::mem::take(&mut self.run);
        if !literal.is_empty() {
            self.needles.push(Needle::Contains { literal, exact_case: !self.any_case });
        }
        self.any_case = false;
    }

    fn finish(mut self) -> Needle {
        self.end();
        Needle::all(self.needles)
    }
}

/// The letter of a class like `[Ee]`. Of S and K there are more than two cases outside of ASCII.
fn letter_of_either_case(class: &Class) -> Option<char> {
    let Class::Unicode(class) = class else { return None };
    match class.ranges() {
        [upper, lower] if upper.start() == upper.end() && lower.start() == lower.end() => {
            let (upper, lower) = (upper.start(), lower.start());
            (upper.is_ascii_uppercase() && upper.to_ascii_lowercase() == lower).then_some(lower)
        }
        _ => None,
    }
}
