//! One evaluation of one composite alarm: from the states of its children to a transition.

use std::collections::HashMap;

use base::{Scope, Timestamp};
use store::catalog::{Key, Transaction, Versioned};

use super::graph::Composite;
use super::reason::{self, Cause, Child};
use super::{rule_state, suppression, watched};
use crate::alarms::scope_of;
use crate::alarms::transition::{Transition, TransitionParts};
use crate::record::{AlarmKind, AlarmRecord, AlarmStateRecord, StateValue};

/// The values of an alarm's children, by name, as they were when it was last evaluated.
pub(super) type Seen = HashMap<String, StateValue>;

/// Why an alarm is looked at. The later ones take in the earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// Its suppressor changed, or a period of it is over. The rule is not evaluated, so a state
    /// set by SetAlarmState stays (cloudwatch.md §6.7).
    Suppression,
    /// A child may have changed.
    Child,
    /// It was put.
    Put,
    /// It was put, and has another suppressor than before, or none any more.
    PutWithOtherSuppressor,
}

/// What an evaluation does.
pub(super) struct Evaluated {
    /// Empty when nothing changes.
    pub(super) transaction: Transaction,
    /// Whether the state's value is another.
    pub(super) changed: bool,
    /// What was seen, when the rule was evaluated.
    pub(super) seen: Option<Seen>,
    /// When a period of its suppressor ends.
    pub(super) until: Option<Timestamp>,
}

/// Whether an alarm has never been evaluated.
pub(super) fn is_unevaluated(state: &AlarmStateRecord) -> bool {
    state.state.value == StateValue::InsufficientData && state.state.reason == super::INITIAL_REASON
}

/// Evaluates an alarm. None when it is gone.
pub(super) fn evaluate(
    parts: &TransitionParts,
    (key, composite): (&Key, &Composite),
    why: Why,
    seen: Option<&Seen>,
    now: Timestamp,
) -> Option<Evaluated> {
    let alarm = parts.catalog.get::<AlarmRecord>(key)?;
    let present = parts.catalog.get::<AlarmStateRecord>(key)?;
    let scope = scope_of(key)?;
    let AlarmKind::Composite(configured) = &alarm.value.kind else { return None };
    let ruled = match why {
        Why::Suppression => None,
        Why::Child | Why::Put | Why::PutWithOtherSuppressor => Some(Ruled::of(parts, composite, &present, seen)),
    };
    let judged = ruled.as_ref().filter(|ruled| why >= Why::Put || ruled.is_first || !ruled.triggering.is_empty());
    let new = judged.filter(|ruled| ruled.value != present.value.state.value);
    let cause = match new {
        Some(_) => suppression::Cause::Changed(present.value.state.clone()),
        None if why == Why::PutWithOtherSuppressor => suppression::Cause::Replaced,
        None => suppression::Cause::Look,
    };
    let step =
        suppression::step(present.value.suppression.clone(), watched(&parts.catalog, &scope, configured), cause, now);
    let until = step.suppression.as_ref().and_then(|suppression| suppression.until);
    let mut transition = Transition::of(parts, key, &alarm, &present, now);
    transition.edit(|record| record.suppression = step.suppression);
    if let Some(new) = new {
        let (reason, data) = new.reason(&scope, &key.name);
        transition.enter(new.value, reason, Some(data));
    }
    if let Some(old) = step.release {
        transition.release(old);
    }
    let mut transaction = Transaction::default();
    transition.record(&mut transaction);
    let changed = new.is_some();
    Some(Evaluated { transaction, changed, seen: ruled.map(|ruled| ruled.seen), until })
}

/// What the rule says.
struct Ruled {
    value: StateValue,
    is_first: bool,
    children: Vec<Child>,
    /// The children that changed since the last evaluation.
    triggering: Vec<Child>,
    seen: Seen,
}

impl Ruled {
    fn of(
        parts: &TransitionParts,
        composite: &Composite,
        present: &Versioned<AlarmStateRecord>,
        seen: Option<&Seen>,
    ) -> Self {
        let states: HashMap<&Key, Versioned<AlarmStateRecord>> = composite
            .children()
            .iter()
            .filter_map(|child| Some((child, parts.catalog.get::<AlarmStateRecord>(child)?)))
            .collect();
        let child = |key: &&Key| {
            let state = &states.get(key)?.value;
            Some(Child { name: key.name.clone(), value: state.state.value, since: state.transitioned })
        };
        let children: Vec<Child> = composite.children().iter().filter_map(|key| child(&key)).collect();
        let is_new = |child: &&Child| match seen {
            Some(seen) => seen.get(&child.name).is_some_and(|value| *value != child.value),
            // Nothing is known from before the start: what came since the last change of this
            // alarm may be new.
            None => child.since >= present.value.updated,
        };
        let holds = composite.rule.evaluate(|reference| {
            let state = states.get(composite.child_of(reference)?)?;
            Some(rule_state(state.value.state.value))
        });
        Self {
            value: if holds { StateValue::Alarm } else { StateValue::Ok },
            is_first: is_unevaluated(&present.value),
            triggering: children.iter().filter(is_new).cloned().collect(),
            seen: children.iter().map(|child| (child.name.clone(), child.value)).collect(),
            children,
        }
    }

    /// The reason of the new state and its data: at first all children are named, then those
    /// that changed (cloudwatch.md §6.6).
    fn reason(&self, scope: &Scope, name: &str) -> (String, String) {
        let (cause, children) = match self.triggering.is_empty() {
            _ if self.is_first => (Cause::Created, &self.children),
            true => (Cause::Updated, &self.children),
            false => (Cause::Children, &self.triggering),
        };
        (reason::text(scope, name, cause, self.value, children), reason::data(scope, children))
    }
}
