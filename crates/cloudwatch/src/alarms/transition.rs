//! Changes of state: the one way from one to another (cloudwatch.md §6.7).
//!
//! The state, its history and the actions it asks for are one transaction, so that a crash
//! leaves all of them or none.
//!
//! ```ignore
//! let mut transition = Transition::of(&parts, &key, &alarm, &present, now);
//! transition.edit(|record| record.suppression = suppression);
//! transition.enter(value, reason, reason_data);
//! transition.record(&mut transaction);
//! ```
//!
//! The order of the calls before `record` makes no difference to what is held back: that is
//! decided by the record as it is in the end.

mod entry;

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{Entropy, Timestamp, id};
use store::Catalog;
use store::catalog::{Expect, Key, Transaction, Versioned};

use super::actions::events::{self, StateChange};
use super::history::Entries;
use super::mute::{self, ActiveMute};
use super::{points, scope_of};
use crate::record::{
    AlarmActionRecord, AlarmKind, AlarmRecord, AlarmState, AlarmStateRecord, AlarmTask, Contributor, StateValue,
};

/// What transitions need.
#[derive(Clone)]
pub struct TransitionParts {
    /// The records.
    pub catalog: Arc<Catalog>,
    /// Randomness, for ids.
    pub entropy: Arc<dyn Entropy>,
    /// Whether events are sent anywhere.
    pub events: bool,
}

/// A change of the state of one alarm, being made. Nothing happens before [`Self::record`].
pub struct Transition<'a> {
    parts: &'a TransitionParts,
    key: &'a Key,
    alarm: &'a Versioned<AlarmRecord>,
    present: &'a Versioned<AlarmStateRecord>,
    now: Timestamp,
    next: AlarmStateRecord,
    steps: Vec<Step>,
}

/// One thing that happens to an alarm or to one of its series.
struct Step {
    /// The id of the series; none for the alarm itself.
    contributor: Option<String>,
    /// The state before.
    old: AlarmState,
    cause: Cause,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// A state was written.
    Entered,
    /// What held the actions of a former change back is over.
    Released,
    /// The same, and it was a mute window.
    ReleasedByMute,
}

/// What becomes of the actions of a step.
enum Gate {
    /// They run.
    Run,
    /// A mute rule holds them back.
    Muted(ActiveMute),
    /// Something else does, or they are disabled.
    Closed,
}

impl<'a> Transition<'a> {
    /// A change of the alarm of this key from its present state at `now`.
    pub fn of(
        parts: &'a TransitionParts,
        key: &'a Key,
        alarm: &'a Versioned<AlarmRecord>,
        present: &'a Versioned<AlarmStateRecord>,
        now: Timestamp,
    ) -> Self {
        Self { parts, key, alarm, present, now, next: AlarmStateRecord::clone(&present.value), steps: Vec::new() }
    }

    /// Changes the rest of the record: its evaluation, what suppresses its actions, when they
    /// last ran, which series are known. States are changed by the other methods.
    pub fn edit(&mut self, edit: impl FnOnce(&mut AlarmStateRecord)) -> &mut Self {
        edit(&mut self.next);
        self
    }

    /// Writes a state. When its value is another than the present one, the event is sent and,
    /// unless actions are disabled, muted or held, those of the new state run. When it is the
    /// same, reason and time of the last update change alone (cloudwatch.md §6.1, §6.7).
    pub fn enter(&mut self, value: StateValue, reason: String, reason_data: Option<String>) -> &mut Self {
        let new = AlarmState { value, reason, reason_data, since: self.now };
        let old = std::mem::replace(&mut self.next.state, new);
        self.next.updated = self.now;
        if old.value != value {
            self.next.transitioned = self.now;
            // What an earlier change still had to run is no more asked for.
            self.next.muted = None;
            self.next.notified = None;
        }
        self.steps.push(Step { contributor: None, old, cause: Cause::Entered });
        self
    }

    /// Writes the state of one series of a multi-series alarm, which need not be known yet: it
    /// was in OK then. Its actions on SNS and Lambda run (cloudwatch.md §6.10).
    pub fn enter_contributor(
        &mut self,
        id: &str,
        attributes: &BTreeMap<String, String>,
        value: StateValue,
        reason: String,
        reason_data: Option<String>,
    ) -> &mut Self {
        let new = AlarmState { value, reason, reason_data, since: self.now };
        let contributor = self.next.contributors.entry(id.to_owned()).or_insert_with(|| Contributor {
            attributes: attributes.clone(),
            state: AlarmState { value: StateValue::Ok, reason: String::new(), reason_data: None, since: self.now },
            muted: None,
        });
        let old = std::mem::replace(&mut contributor.state, new);
        if old.value != value {
            contributor.muted = None;
        }
        self.steps.push(Step { contributor: Some(id.to_owned()), old, cause: Cause::Entered });
        self
    }

    /// Runs the actions of the state, which is not changed: what held them back is over. `old`
    /// is the state before the change that asked for them, as `Suppression::held` kept it.
    /// A mute rule in force holds them back further.
    pub fn release(&mut self, old: AlarmState) -> &mut Self {
        self.steps.push(Step { contributor: None, old, cause: Cause::Released });
        self
    }

    /// Runs the actions of the present states that a mute window held back, which is over:
    /// those of the alarm and of its series; none when none were held back. Where a suppressor
    /// holds actions back by now, those of the alarm wait for it.
    pub fn release_muted(&mut self) -> &mut Self {
        let own = self.next.muted.take();
        let own = match &mut self.next.suppression {
            Some(suppression) => {
                suppression.held = suppression.held.take().or(own);
                None
            }
            None => own.map(|old| (None, old)),
        };
        let series = self.next.contributors.iter_mut();
        let series = series.filter_map(|(id, series)| Some((Some(id.clone()), series.muted.take()?)));
        let steps = own.into_iter().chain(series);
        self.steps.extend(steps.map(|(contributor, old)| Step { contributor, old, cause: Cause::ReleasedByMute }));
        self
    }

    /// Adds all of it to a transaction, which fails when alarm or state have changed in the
    /// meantime. Adds nothing when nothing changes. What else the transaction does to the
    /// records of the same alarm must come after this, and know that the state was written.
    pub fn record(mut self, transaction: &mut Transaction) {
        if self.next.evaluation != self.present.value.evaluation {
            self.next.updated = self.now;
        }
        if self.steps.is_empty() && self.next == *self.present.value {
            return;
        }
        transaction.check::<AlarmRecord>(self.key.clone(), Expect::Version(self.alarm.version));
        let steps = std::mem::take(&mut self.steps);
        if !steps.is_empty() {
            let scope = scope_of(self.key);
            let mute = scope.and_then(|scope| mute::active(&self.parts.catalog, &scope, &self.key.name, self.now));
            let mut out = Out {
                entries: Entries::at(&self.parts.catalog, self.key, self.now),
                transaction: &mut *transaction,
                actions: 0,
            };
            steps.into_iter().for_each(|step| self.take_step(step, mute.as_ref(), &mut out));
        }
        transaction.update(self.key.clone(), self.present.version, &self.next);
    }

    fn take_step(&mut self, step: Step, mute: Option<&ActiveMute>, out: &mut Out<'_>) {
        let new = match &step.contributor {
            None => self.next.state.clone(),
            Some(id) => match self.next.contributors.get(id) {
                Some(contributor) => contributor.state.clone(),
                // It was edited away.
                None => return,
            },
        };
        let changed = step.old.value != new.value;
        if step.cause == Cause::Entered {
            out.entries
                .add(out.transaction, &entry::state_update(&self.alarm.value, &step.old, &new, self.series(&step)));
            if changed
                && self.parts.events
                && let Some(event) = self.event(&step, &new, mute)
            {
                self.ask(AlarmTask::Event(event), &step, &new, out);
            }
            if !changed {
                return;
            }
        }
        let actions = self.actions(&step, new.value);
        match self.gate(mute) {
            Gate::Run => actions.into_iter().for_each(|arn| self.ask(AlarmTask::Run(arn), &step, &new, out)),
            Gate::Muted(mute) => {
                // What stays muted was told of before.
                for arn in actions.iter().filter(|_| step.cause != Cause::ReleasedByMute) {
                    let entry = entry::muted_action(&self.alarm.value, arn, &new, &mute, self.series(&step));
                    out.entries.add(out.transaction, &entry);
                }
                self.remember_muted(step);
            }
            Gate::Closed => {}
        }
    }

    fn gate(&self, mute: Option<&ActiveMute>) -> Gate {
        let held = self.next.suppression.as_ref().is_some_and(|suppression| suppression.held.is_some());
        match mute {
            _ if held || !self.alarm.value.actions_enabled => Gate::Closed,
            Some(mute) => Gate::Muted(mute.clone()),
            None => Gate::Run,
        }
    }

    fn remember_muted(&mut self, step: Step) {
        match &step.contributor {
            None => self.next.muted = Some(step.old),
            Some(id) => {
                if let Some(contributor) = self.next.contributors.get_mut(id) {
                    contributor.muted = Some(step.old);
                }
            }
        }
    }

    /// The actions that a step asks for. On SNS and Lambda, a multi-series alarm acts for each
    /// of its series, on all else for itself (cloudwatch.md §6.10).
    fn actions(&self, step: &Step, value: StateValue) -> Vec<String> {
        let alarm = &self.alarm.value;
        let multi = matches!(&alarm.kind, AlarmKind::Metric(metric) if points::is_multi_series(metric));
        let asked = |arn: &&String| !multi || is_for_series(arn) == step.contributor.is_some();
        alarm.actions(value).iter().filter(asked).cloned().collect()
    }

    fn series(&self, step: &Step) -> Option<(String, BTreeMap<String, String>)> {
        let id = step.contributor.as_ref()?;
        let contributor = self.next.contributors.get(id)?;
        Some((id.clone(), contributor.attributes.clone()))
    }

    /// The event's JSON; none for a key without a region, which no alarm has.
    fn event(&self, step: &Step, new: &AlarmState, mute: Option<&ActiveMute>) -> Option<String> {
        let series = self.series(step);
        let change = StateChange {
            scope: &scope_of(self.key)?,
            name: &self.key.name,
            alarm: &self.alarm.value,
            old: &step.old,
            new,
            evaluation: self.next.evaluation,
            suppressed: self.next.suppression.as_ref().map(|suppression| suppression.by),
            mute,
            contributor: series.as_ref().map(|(id, attributes)| (id.as_str(), attributes)),
        };
        Some(events::state_change(&change, id::uuid(&*self.parts.entropy), self.now))
    }

    /// Adds a task for the actions job.
    fn ask(&self, task: AlarmTask, step: &Step, new: &AlarmState, out: &mut Out<'_>) {
        let action = AlarmActionRecord {
            task,
            alarm: AlarmRecord::clone(&self.alarm.value),
            old: step.old.clone(),
            new: new.clone(),
            contributor: self.series(step),
            after_mute_window: step.cause == Cause::ReleasedByMute,
            due: self.now,
            attempts: 0,
        };
        // The time and the count keep the tasks of an alarm in the order they were asked for.
        let random = id::uuid(&*self.parts.entropy).simple();
        let name = format!("{}\n{:014}-{:04}-{random}", self.key.name, self.now.millis().max(0), out.actions);
        out.actions += 1;
        out.transaction.create(Key { name, ..self.key.clone() }, &action);
    }
}

/// Where the steps of a transition go.
struct Out<'a> {
    entries: Entries,
    transaction: &'a mut Transaction,
    /// Tasks so far.
    actions: usize,
}

/// Whether an action runs for each series of a multi-series alarm.
fn is_for_series(arn: &str) -> bool {
    matches!(arn.split(':').nth(2), Some("sns" | "lambda"))
}

#[cfg(test)]
mod tests;
