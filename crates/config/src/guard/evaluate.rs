//! Evaluating rules, blocks and clauses: what holds, what does not, and what is about something else.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use serde_json::Value;

use super::compare::{equals, is_in, is_ordered};
use super::query::{Found, Results};
use super::syntax::{Block, Check, Clause, Clauses, File, Let, Operand, Operator, Part, Query, Rule};
use super::{Failure, Outcome};

/// Steps of an evaluation: what a generous policy takes is a hundredth of it, and all of it a fraction of a second.
const STEPS_MAX: usize = 2_000_000;
/// How deep an evaluation goes: nested blocks times steps of queries.
const DEPTH_MAX: usize = 160;

/// What comes of a clause, a block or a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Pass,
    Fail,
    /// It is about something else.
    Skip,
}

/// Where queries start and variables are looked for.
pub(super) struct Scope<'a, 'p> {
    pub(super) value: Found<'a>,
    pub(super) lets: &'a [Let],
    pub(super) parent: Option<&'p Scope<'a, 'p>>,
}

impl<'a> Scope<'a, '_> {
    /// The same around another value.
    pub(super) fn of_value<'p>(&'p self, value: Found<'a>) -> Scope<'a, 'p> {
        Scope { value, lets: &[], parent: Some(self) }
    }
}

/// The evaluation of a policy over a document.
pub(super) struct Evaluation<'a> {
    file: &'a File,
    document: &'a Value,
    /// What became of rules that others name.
    statuses: RefCell<HashMap<&'a str, Status>>,
    steps_left: Cell<usize>,
    depth: Cell<usize>,
}

/// What a policy says of a document.
pub(super) fn file(file: &File, document: &Value) -> Result<Outcome, Failure> {
    let evaluation = Evaluation {
        file,
        document,
        statuses: RefCell::default(),
        steps_left: Cell::new(STEPS_MAX),
        depth: Cell::new(0),
    };
    let (mut failed, mut is_passed) = (Vec::new(), false);
    for rule in &file.rules {
        match evaluation.rule(rule)? {
            Status::Pass => is_passed = true,
            Status::Fail => failed.push(rule.name.clone()),
            Status::Skip => {}
        }
    }
    Ok(match (failed.is_empty(), is_passed) {
        (false, _) => Outcome::Fail(failed),
        (true, true) => Outcome::Pass,
        (true, false) => Outcome::Skip,
    })
}

impl<'a> Evaluation<'a> {
    /// Counts steps.
    pub(super) fn step(&self, steps: usize) -> Result<(), Failure> {
        let left = self.steps_left.get().checked_sub(steps).ok_or(Failure::TooManySteps)?;
        self.steps_left.set(left);
        Ok(())
    }

    /// Goes one level deeper.
    pub(super) fn deeper<T>(&self, evaluate: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        if self.depth.get() == DEPTH_MAX {
            return Err(Failure::TooDeep);
        }
        self.depth.set(self.depth.get() + 1);
        let evaluated = evaluate();
        self.depth.set(self.depth.get() - 1);
        evaluated
    }

    fn rule(&self, rule: &'a Rule) -> Result<Status, Failure> {
        if let Some(status) = self.statuses.borrow().get(rule.name.as_str()) {
            return Ok(*status);
        }
        let scope = Scope { value: Found::Json(self.document), lets: &self.file.lets, parent: None };
        let status = self.deeper(|| match &rule.when {
            Some(when) if self.clauses(&scope, when)? != Status::Pass => Ok(Status::Skip),
            _ => self.block(&scope, scope.value, &rule.block),
        })?;
        self.statuses.borrow_mut().insert(&rule.name, status);
        Ok(status)
    }

    fn block(&self, scope: &Scope<'a, '_>, value: Found<'a>, block: &'a Block) -> Result<Status, Failure> {
        let inner = Scope { value, lets: &block.lets, parent: Some(scope) };
        self.clauses(&inner, &block.clauses)
    }

    /// All must hold, and of each one alternative; what is about something else does not count.
    pub(super) fn clauses(&self, scope: &Scope<'a, '_>, clauses: &'a Clauses) -> Result<Status, Failure> {
        let mut all = Status::Skip;
        for alternatives in clauses {
            match self.alternatives(scope, alternatives)? {
                Status::Fail => all = Status::Fail,
                Status::Pass if all == Status::Skip => all = Status::Pass,
                Status::Pass | Status::Skip => {}
            }
        }
        Ok(all)
    }

    fn alternatives(&self, scope: &Scope<'a, '_>, clauses: &'a [Clause]) -> Result<Status, Failure> {
        let mut any = Status::Skip;
        for clause in clauses {
            match self.deeper(|| self.clause(scope, clause))? {
                Status::Pass => return Ok(Status::Pass),
                Status::Fail => any = Status::Fail,
                Status::Skip => {}
            }
        }
        Ok(any)
    }

    fn clause(&self, scope: &Scope<'a, '_>, clause: &'a Clause) -> Result<Status, Failure> {
        self.step(1)?;
        match clause {
            Clause::Check(check) => self.check(scope, check),
            Clause::Rule { name, is_negated } => {
                let rule = self.file.rules.iter().find(|rule| rule.name == *name);
                let rule = rule.ok_or_else(|| Failure::Undefined(format!("the rule {name}")))?;
                let holds = self.rule(rule)? == Status::Pass;
                Ok(if holds != *is_negated { Status::Pass } else { Status::Fail })
            }
            Clause::When { when, block } => match self.clauses(scope, when)? {
                Status::Pass => self.block(scope, scope.value, block),
                Status::Fail | Status::Skip => Ok(Status::Skip),
            },
            Clause::Each { query, must_be, block } => {
                let found = self.query(scope, query)?;
                if found.is_empty() {
                    return Ok(if *must_be { Status::Fail } else { Status::Skip });
                }
                let mut statuses = Vec::with_capacity(found.len());
                for value in found {
                    statuses.push(match value {
                        Some(value) => self.block(scope, value, block)?,
                        None => Status::Fail,
                    });
                }
                Ok(of_all(query, statuses))
            }
        }
    }

    fn check(&self, scope: &Scope<'a, '_>, check: &'a Check) -> Result<Status, Failure> {
        let found = self.query(scope, &check.query)?;
        let is_selection = matches!(check.query.parts.last(), Some(Part::Filter(_) | Part::Keys { .. }));
        let is_variable = matches!(check.query.parts.as_slice(), [Part::Variable(_)]);
        if found.is_empty() {
            // Whether a selection is empty can be asked; of its values nothing can be said.
            let is_asked = check.operator == Operator::Empty && (is_selection || is_variable);
            return Ok(match (is_asked, check.is_negated != check.is_inverted) {
                (false, _) => Status::Skip,
                (true, false) => Status::Pass,
                (true, true) => Status::Fail,
            });
        }
        let holds: Vec<bool> = match &check.with {
            None => {
                let one = |value: &Option<Found<'a>>| is_so(check.operator, *value, is_selection);
                let negate = check.is_negated != check.is_inverted;
                found.iter().map(|value| one(value).is_some_and(|holds| holds != negate)).collect()
            }
            Some(with) => match self.compared(scope, check, &found, with)? {
                Some(holds) => holds,
                None => return Ok(Status::Skip),
            },
        };
        let status = |holds: bool| if holds { Status::Pass } else { Status::Fail };
        Ok(of_all(&check.query, holds.into_iter().map(status).collect()))
    }

    /// Which comparisons hold; `None` where there is nothing to compare with.
    fn compared(
        &self,
        scope: &Scope<'a, '_>,
        check: &'a Check,
        found: &Results<'a>,
        with: &'a Operand,
    ) -> Result<Option<Vec<bool>>, Failure> {
        let right = self.operand(scope, with)?;
        if right.is_empty() {
            return Ok(None);
        }
        let negate = check.is_negated != check.is_inverted;
        let mut holds = Vec::new();
        for left in found {
            let Some(left) = *left else {
                holds.push(false);
                continue;
            };
            match with {
                Operand::Literal(_) => {
                    let right = right.first().copied().flatten();
                    self.compare(check.operator, left, right, negate, &mut holds)?;
                }
                // Of several values on the right, one is enough to be equal to, or in.
                Operand::Query(_) if matches!(check.operator, Operator::Equal | Operator::In) => {
                    let mut any = None;
                    for right in &right {
                        let mut one = Vec::new();
                        self.compare(check.operator, left, *right, false, &mut one)?;
                        any = Some(any.unwrap_or(false) || one.iter().all(|one| *one));
                    }
                    holds.push(any.is_some_and(|any| any != negate));
                }
                Operand::Query(_) => {
                    for right in &right {
                        self.compare(check.operator, left, *right, negate, &mut holds)?;
                    }
                }
            }
        }
        Ok(Some(holds))
    }

    /// Compares two values; where a list is compared with what is none, each of its elements. What cannot be compared
    /// does not hold, negated or not.
    fn compare(
        &self,
        operator: Operator,
        left: Found<'a>,
        right: Option<Found<'a>>,
        negate: bool,
        holds: &mut Vec<bool>,
    ) -> Result<(), Failure> {
        let Some(right) = right else {
            holds.push(false);
            return Ok(());
        };
        self.step(1 + size(left) / 16 + size(right) / 64)?;
        let compare = |left: Found<'a>, right: Found<'a>| match operator {
            Operator::Equal => equals(left, right),
            Operator::In => is_in(left, right),
            _ => is_ordered(operator, left, right),
        };
        let whole = match (operator, left.list(), right.list()) {
            // A list is in another when all of its elements are.
            (Operator::In, Some(_), Some(_)) => None,
            (Operator::Equal, None, Some(only)) if only.len() == 1 => compare(left, only[0]),
            _ => compare(left, right),
        };
        match (whole, left.list()) {
            (Some(result), _) => holds.push(result != negate),
            (None, Some(elements)) => {
                for element in elements {
                    self.step(1 + size(element) / 16)?;
                    holds.push(compare(element, right).is_some_and(|result| result != negate));
                }
            }
            (None, None) => holds.push(false),
        }
        Ok(())
    }
}

/// What is said of a value without another; `None` where the question makes no sense.
fn is_so(operator: Operator, value: Option<Found<'_>>, is_selection: bool) -> Option<bool> {
    let Some(value) = value else { return Some(operator == Operator::Empty) };
    let json = value.json();
    Some(match operator {
        Operator::Exists => true,
        // That a selection has a value is all that is asked.
        Operator::Empty if is_selection => json.is_some_and(Value::is_null),
        Operator::Empty => match (value.text(), value.list(), json) {
            (Some(text), ..) => text.is_empty(),
            (None, Some(list), _) => list.is_empty(),
            (None, None, Some(Value::Object(members))) => members.is_empty(),
            _ => return None,
        },
        Operator::IsString => value.text().is_some(),
        Operator::IsList => value.list().is_some(),
        Operator::IsStruct => json.is_some_and(Value::is_object),
        Operator::IsBool => json.is_some_and(Value::is_boolean),
        Operator::IsInt => json.is_some_and(|json| json.is_i64() || json.is_u64()),
        Operator::IsFloat => json.is_some_and(Value::is_f64),
        Operator::IsNull => json.is_some_and(Value::is_null),
        _ => return None,
    })
}

/// What holds of all values or, after `some`, of one.
fn of_all(query: &Query, statuses: Vec<Status>) -> Status {
    let has = |wanted: Status| statuses.contains(&wanted);
    match (query.is_some, has(Status::Pass), has(Status::Fail)) {
        (true, true, _) | (false, true, false) => Status::Pass,
        (_, _, true) => Status::Fail,
        (_, false, false) => Status::Skip,
    }
}

/// How much there is to compare.
fn size(value: Found<'_>) -> usize {
    match value {
        Found::Text(text) => text.len(),
        other => match (other.text(), other.list()) {
            (Some(text), _) => text.len(),
            (None, Some(list)) => list.len() * 16,
            (None, None) => 16,
        },
    }
}
