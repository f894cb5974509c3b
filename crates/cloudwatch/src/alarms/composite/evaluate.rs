//! The job that evaluates composite alarms, moves their suppression on, and runs what mute
//! windows held back once they are over.
//!
//! It learns from the catalog which alarms changed and looks at those alone. What it remembers
//! is found anew after a restart; a change that it could not commit is made at the next run.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::catalog::{CatalogError, Changed, Key, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::evaluation::{self, Evaluated, Seen, Why, is_unevaluated};
use super::graph::Graph;
use crate::alarms::Signals;
use crate::alarms::mute::release::Muted;
use crate::alarms::transition::TransitionParts;
use crate::record::{AlarmMuteRuleRecord, AlarmRecord, AlarmStateRecord};

/// Others may be faster with a commit this often; what is left is done at the next run.
const CONFLICTS_MAX: usize = 16;

/// Until the next run after one that failed.
const RETRY: Duration = Duration::from_secs(5);

/// Evaluates composite alarms when alarms have changed.
pub struct EvaluateComposites {
    parts: TransitionParts,
    signals: Arc<Signals>,
    memory: tokio::sync::Mutex<Memory>,
    due: Mutex<Due>,
}

/// What a run needs of the one before.
#[derive(Default)]
struct Memory {
    graph: Graph,
    seen: HashMap<Key, Seen>,
    /// What is still to be looked at.
    dirty: BTreeMap<Key, Why>,
    /// When periods of suppressors end.
    periods: HashMap<Key, Timestamp>,
    muted: Muted,
    /// The alarms that the log was told of.
    in_cycles: BTreeSet<Key>,
}

/// When the next run is due.
#[derive(Clone, Copy)]
struct Due {
    /// The counts of changes that were taken in; none before the first run.
    counts: Option<Counts>,
    /// The end of a period or of a mute window.
    at: Option<Timestamp>,
    /// After a failure: not before.
    retry: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Counts {
    alarms: u64,
    states: u64,
    mute_rules: u64,
}

impl EvaluateComposites {
    /// The job over these records.
    pub fn new(parts: TransitionParts, signals: Arc<Signals>) -> Self {
        let due = Mutex::new(Due { counts: None, at: None, retry: None });
        Self { parts, signals, memory: tokio::sync::Mutex::default(), due }
    }

    fn counts(&self) -> Counts {
        let catalog = &self.parts.catalog;
        Counts {
            alarms: catalog.changes::<AlarmRecord>(),
            states: catalog.changes::<AlarmStateRecord>(),
            mute_rules: catalog.changes::<AlarmMuteRuleRecord>(),
        }
    }

    fn due(&self) -> Due {
        *self.due.lock().expect("no holder of this lock can panic")
    }
}

#[async_trait]
impl Job for EvaluateComposites {
    fn name(&self) -> &str {
        "composite-alarms"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let due = self.due();
        match due.retry {
            Some(retry) => Some(retry),
            None if due.counts != Some(self.counts()) => Some(last_run),
            None => due.at,
        }
    }

    fn wake(&self) -> &Notify {
        &self.signals.changed
    }

    fn catches_up(&self) -> bool {
        false
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let mut memory = self.memory.lock().await;
        let counts = self.take_in_changes(&mut memory, self.due().counts, now);
        let outcome = self.evaluate(&mut memory, now).await;
        let outcome = outcome.and(self.release_muted(&mut memory, now).await);
        let at = memory.periods.values().min().copied().into_iter().chain(memory.muted.next_end()).min();
        let retry = (outcome.is_err() || !memory.dirty.is_empty()).then(|| now.plus(RETRY));
        *self.due.lock().expect("no holder of this lock can panic") = Due { counts: Some(counts), at, retry };
        outcome.map_err(Into::into)
    }
}

impl EvaluateComposites {
    /// Marks what has to be looked at. Gives the counts of what was taken in for sure: they are
    /// read first, so a change after them is taken in once more.
    fn take_in_changes(&self, memory: &mut Memory, before: Option<Counts>, now: Timestamp) -> Counts {
        let catalog = &self.parts.catalog;
        let counts = self.counts();
        let (alarms, states) = match before {
            Some(before) => (
                catalog.changed_since::<AlarmRecord>(before.alarms).0,
                catalog.changed_since::<AlarmStateRecord>(before.states).0,
            ),
            None => (Changed::Many, Changed::Many),
        };
        if alarms != Changed::Keys(Vec::new()) {
            let put = memory.graph.update(catalog, alarms);
            for (key, why) in put.into_iter().filter(|_| before.is_some()) {
                memory.mark(&key, why);
            }
            let Memory { graph, seen, periods, .. } = memory;
            seen.retain(|key, _| graph.get(key).is_some());
            periods.retain(|key, _| graph.get(key).is_some());
            memory.look_at_cycles();
        }
        match &states {
            Changed::Keys(keys) => keys.iter().for_each(|key| self.take_in_state(memory, key)),
            Changed::Many => {
                let composites: Vec<Key> = memory.graph.composites().cloned().collect();
                composites.iter().for_each(|key| self.take_in_composite(memory, key));
            }
        }
        let rules_changed = before.is_none_or(|before| before.mute_rules != counts.mute_rules);
        memory.muted.take_in(catalog, &states, rules_changed, now);
        let ended: Vec<Key> =
            memory.periods.iter().filter(|(_, end)| **end <= now).map(|(key, _)| key.clone()).collect();
        ended.iter().for_each(|key| memory.mark(key, Why::Suppression));
        counts
    }

    /// The state of this alarm has changed.
    fn take_in_state(&self, memory: &mut Memory, key: &Key) {
        memory.mark_dependents(key);
        if memory.graph.get(key).is_some() {
            self.read_period(memory, key);
        }
    }

    /// What was missed of this composite alarm, and what of its children, is not known.
    fn take_in_composite(&self, memory: &mut Memory, key: &Key) {
        let catalog = &self.parts.catalog;
        let (Some(alarm), Some(state)) = (catalog.get::<AlarmRecord>(key), catalog.get::<AlarmStateRecord>(key)) else {
            return;
        };
        let unseen = is_unevaluated(&state.value) || alarm.value.configured >= state.value.updated;
        let known = memory.seen.contains_key(key);
        memory.mark(key, if unseen && !known { Why::Put } else { Why::Child });
        self.read_period(memory, key);
    }

    /// Whoever changed the state of a composite alarm may have begun or ended a period.
    fn read_period(&self, memory: &mut Memory, key: &Key) {
        let state = self.parts.catalog.get::<AlarmStateRecord>(key);
        let until = state.and_then(|state| state.value.suppression.as_ref()?.until);
        memory.set_period(key, until);
    }

    /// Evaluates all that is marked, from below to above.
    async fn evaluate(&self, memory: &mut Memory, now: Timestamp) -> Result<(), CatalogError> {
        let mut conflicts = 0;
        while let Some(level) = memory.dirty.keys().map(|key| memory.graph.level(key)).min() {
            let of_level = memory.dirty.iter().filter(|(key, _)| memory.graph.level(key) == level);
            let batch: Vec<(Key, Why)> = of_level.map(|(key, why)| (key.clone(), *why)).collect();
            conflicts += self.evaluate_batch(memory, batch, now).await?;
            if conflicts > CONFLICTS_MAX {
                break;
            }
        }
        Ok(())
    }

    /// Evaluates alarms that do not depend on each other's rules. Gives how many have to be
    /// evaluated again, because others were faster.
    async fn evaluate_batch(
        &self,
        memory: &mut Memory,
        batch: Vec<(Key, Why)>,
        now: Timestamp,
    ) -> Result<usize, CatalogError> {
        let (mut evaluated, mut transactions) = (HashMap::new(), Vec::new());
        for (key, why) in batch {
            memory.dirty.remove(&key);
            let composite = memory.graph.get(&key);
            // Alarms of a cycle are not evaluated (cloudwatch.md §6.9).
            let allowed = if memory.graph.level(&key).is_some() { why } else { Why::Suppression };
            let found = composite.and_then(|composite| {
                evaluation::evaluate(&self.parts, (&key, composite), allowed, memory.seen.get(&key), now)
            });
            let Some(mut found) = found else {
                memory.set_period(&key, None);
                continue;
            };
            let transaction = std::mem::take(&mut found.transaction);
            match transaction.is_empty() {
                true => memory.remember(&key, found),
                false => {
                    transactions.push((key.clone(), transaction));
                    evaluated.insert(key, (why, found));
                }
            }
        }
        let (mut conflicts, mut outcome) = (0, Ok(()));
        for (key, committed) in self.commit(transactions).await {
            let Some((why, found)) = evaluated.remove(&key) else { continue };
            let changed = found.changed;
            match committed {
                Ok(()) => {
                    memory.remember(&key, found);
                    if changed {
                        memory.mark_dependents(&key);
                    }
                }
                Err(error) => {
                    memory.mark(&key, why);
                    match error {
                        CatalogError::Conflict { .. } => conflicts += 1,
                        other => outcome = Err(other),
                    }
                }
            }
        }
        outcome.map(|()| conflicts)
    }

    /// Runs the actions of alarms whose mute windows are over.
    async fn release_muted(&self, memory: &mut Memory, now: Timestamp) -> Result<(), CatalogError> {
        let transactions = memory.muted.release(&self.parts, now);
        let mut outcome = Ok(());
        for (key, committed) in self.commit(transactions).await {
            match committed {
                Ok(()) => memory.muted.forget(&key),
                // Who was faster changed the state, which is taken in at the next run.
                Err(CatalogError::Conflict { .. }) => {}
                Err(error) => outcome = Err(error),
            }
        }
        outcome
    }

    /// Commits transactions side by side, so that they share syncs.
    async fn commit(&self, transactions: Vec<(Key, Transaction)>) -> Vec<(Key, Result<(), CatalogError>)> {
        if transactions.is_empty() {
            return Vec::new();
        }
        let mut commits = JoinSet::new();
        for (key, transaction) in transactions {
            let catalog = self.parts.catalog.clone();
            commits.spawn(async move { (key, catalog.commit(transaction).await) });
        }
        let committed = commits.join_all().await;
        self.signals.actions.notify_one();
        committed
    }
}

impl Memory {
    fn mark(&mut self, key: &Key, why: Why) {
        let present = self.dirty.entry(key.clone()).or_insert(why);
        *present = why.max(*present);
    }

    /// Marks the alarms that look at this one.
    fn mark_dependents(&mut self, key: &Key) {
        let Self { graph, dirty, .. } = self;
        let parents = graph.parents(key).iter().map(|parent| (parent, Why::Child));
        let suppressed = graph.suppressed(key).iter().map(|suppressed| (suppressed, Why::Suppression));
        for (dependent, why) in parents.chain(suppressed) {
            let present = dirty.entry(dependent.clone()).or_insert(why);
            *present = why.max(*present);
        }
    }

    fn remember(&mut self, key: &Key, evaluated: Evaluated) {
        if let Some(seen) = evaluated.seen {
            self.seen.insert(key.clone(), seen);
        }
        self.set_period(key, evaluated.until);
    }

    fn set_period(&mut self, key: &Key, until: Option<Timestamp>) {
        match until {
            Some(until) => self.periods.insert(key.clone(), until),
            None => self.periods.remove(key),
        };
    }

    /// Tells the log of alarms in cycles. Those that are in none any more have missed changes.
    fn look_at_cycles(&mut self) {
        let in_cycles: BTreeSet<Key> = self.graph.in_cycles().into_iter().cloned().collect();
        if in_cycles == self.in_cycles {
            return;
        }
        let freed: Vec<Key> = self.in_cycles.difference(&in_cycles).cloned().collect();
        freed.iter().for_each(|key| self.mark(key, Why::Put));
        if !in_cycles.is_empty() {
            let alarms: Vec<&str> = in_cycles.iter().map(|key| key.name.as_str()).collect();
            tracing::warn!(?alarms, "composite alarms refer to each other in a cycle; they are not evaluated");
        }
        self.in_cycles = in_cycles;
    }
}
