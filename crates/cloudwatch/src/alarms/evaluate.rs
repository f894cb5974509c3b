//! The job that evaluates metric alarms (cloudwatch.md §6.3).
//!
//! It keeps the alarms ready to be read, in the order they are due. A run observes all that are
//! due together, decides for each, and writes down what changed: as long as states stay as they
//! are it writes nothing. After a pause an alarm is evaluated once, at the present time.

pub(super) mod judge;
mod queue;
pub(super) mod series;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::catalog::{CatalogError, Transaction, Versioned};
use store::job::{Job, JobError};
use store::metric::Metrics;
use tokio::sync::Notify;

use super::Signals;
use super::points::{Asked, Observed, observe_compiled};
use super::transition::{Transition, TransitionParts};
use crate::record::{AlarmRecord, AlarmStateRecord, EvaluationProblem};
use judge::{Change, judge};
use queue::{Queue, Scheduled};

pub use queue::Shard;

/// Alarms that are observed together: what they see is held in memory as long.
const OBSERVED_AT_ONCE: usize = 2_000;
/// Alarms whose states are written in one transaction.
const WRITTEN_AT_ONCE: usize = 500;
/// How often an alarm is decided anew because its records changed.
const ATTEMPTS: usize = 8;
/// When what could not be written is evaluated again.
const RETRY: Duration = Duration::from_secs(10);

/// Evaluates the metric alarms of a shard.
pub struct EvaluateAlarms {
    metrics: Arc<Metrics>,
    parts: TransitionParts,
    signals: Arc<Signals>,
    queue: Queue,
}

/// What an alarm observed; none where the store failed.
type Sight = Option<(Observed, Option<EvaluationProblem>)>;

/// A change that is about to be written.
struct Pending<'a> {
    alarm: &'a Scheduled,
    sight: &'a Sight,
    present: Versioned<AlarmStateRecord>,
    change: Change,
}

impl EvaluateAlarms {
    /// The job over these metrics and records, for all alarms.
    pub fn new(metrics: Arc<Metrics>, parts: TransitionParts, signals: Arc<Signals>) -> Self {
        Self::of_shard(Shard::ALL, metrics, parts, signals)
    }

    /// The job for the alarms of one shard.
    pub fn of_shard(shard: Shard, metrics: Arc<Metrics>, parts: TransitionParts, signals: Arc<Signals>) -> Self {
        let queue = Queue::new(parts.catalog.clone(), shard);
        Self { metrics, parts, signals, queue }
    }

    async fn evaluate(&self, alarms: &[Arc<Scheduled>], now: Timestamp) -> Result<(), CatalogError> {
        let asked = alarms.iter().filter_map(|alarm| {
            Some(Asked { scope: alarm.scope(), alarm: alarm.metric()?, compiled: alarm.compiled()? })
        });
        let asked: Vec<Asked<'_>> = asked.collect();
        let seen = observe_compiled(&self.metrics, &self.parts.catalog, &asked, now).await;
        if let Some(error) = &seen.error {
            let failed = seen.observed.iter().filter(|observed| observed.is_none()).count();
            tracing::error!(
                error = error as &dyn std::error::Error,
                alarms = failed,
                "alarms could not be evaluated: reading their metrics failed"
            );
        }
        let pending = alarms.iter().zip(&seen.observed).filter_map(|(alarm, sight)| self.pending(alarm, sight, now));
        let pending: Vec<Pending<'_>> = pending.collect();
        for pending in pending.chunks(WRITTEN_AT_ONCE) {
            self.write(pending, now).await?;
        }
        Ok(())
    }

    /// What is to be written of an alarm; none when nothing changes, or it is gone.
    fn pending<'a>(&self, alarm: &'a Scheduled, sight: &'a Sight, now: Timestamp) -> Option<Pending<'a>> {
        let present = self.parts.catalog.get::<AlarmStateRecord>(alarm.key())?;
        let change = judge(alarm.metric()?, &present.value, sight.as_ref(), now)?;
        Some(Pending { alarm, sight, present, change })
    }

    /// Writes all of it at once; one by one when someone else changed any of it meanwhile.
    async fn write(&self, pending: &[Pending<'_>], now: Timestamp) -> Result<(), CatalogError> {
        let mut transaction = Transaction::default();
        pending.iter().for_each(|one| self.add(&mut transaction, one, now));
        match self.parts.catalog.commit(transaction).await {
            Ok(()) => {
                self.signals.changed.notify_one();
                self.signals.actions.notify_one();
                Ok(())
            }
            Err(CatalogError::Conflict { .. }) => {
                for one in pending {
                    self.write_alone(one, now).await?;
                }
                Ok(())
            }
            Err(other) => Err(other),
        }
    }

    /// Decides anew, from what was observed and the records as they are now. An alarm that was
    /// itself put anew is left to its next evaluation.
    async fn write_alone(&self, one: &Pending<'_>, now: Timestamp) -> Result<(), CatalogError> {
        for _ in 0..ATTEMPTS {
            let alarm = self.parts.catalog.get::<AlarmRecord>(one.alarm.key());
            if alarm.is_none_or(|alarm| alarm.version != one.alarm.version()) {
                return Ok(());
            }
            let Some(anew) = self.pending(one.alarm, one.sight, now) else { return Ok(()) };
            let mut transaction = Transaction::default();
            self.add(&mut transaction, &anew, now);
            match self.parts.catalog.commit(transaction).await {
                Ok(()) => {
                    self.signals.changed.notify_one();
                    self.signals.actions.notify_one();
                    return Ok(());
                }
                Err(CatalogError::Conflict { .. }) => {}
                Err(other) => return Err(other),
            }
        }
        tracing::warn!(alarm = one.alarm.key().name, "an alarm's state was always changed by others meanwhile");
        Ok(())
    }

    fn add(&self, transaction: &mut Transaction, pending: &Pending<'_>, now: Timestamp) {
        let Pending { alarm, present, change, .. } = pending;
        let mut transition = Transition::of(&self.parts, alarm.key(), alarm.record(), present, now);
        change.apply(&mut transition);
        transition.record(transaction);
    }
}

#[async_trait]
impl Job for EvaluateAlarms {
    fn name(&self) -> &str {
        "alarms"
    }

    fn period(&self) -> Duration {
        RETRY
    }

    fn next_due(&self, _last_run: Timestamp) -> Option<Timestamp> {
        self.queue.next_due()
    }

    fn wake(&self) -> &Notify {
        &self.signals.configured
    }

    fn catches_up(&self) -> bool {
        false
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let due = self.queue.take_due(now);
        let mut first = Ok(());
        for alarms in due.chunks(OBSERVED_AT_ONCE) {
            if let Err(error) = self.evaluate(alarms, now).await {
                self.queue.delay(alarms, now.plus(RETRY));
                first = first.and(Err(error.into()));
            }
            // Many alarms take a while, and others want to get on.
            tokio::task::yield_now().await;
        }
        first
    }
}

#[cfg(test)]
mod tests;
