//! The job that runs the actions of alarms (cloudwatch.md §6.7, §7).
//!
//! A transition leaves a task for each action in the catalog. The job works them off: different
//! alarms side by side, the tasks of one alarm in their order. A task goes away in the
//! transaction that writes into the alarm's history how it went. A message to a topic is part of
//! that transaction and so is sent exactly once. A call to an upstream or to the webhook is made
//! at least once: after a crash in between it is made again.

mod calls;
pub mod events;
pub mod message;
mod outbox;
mod perform;
pub mod renotify;
pub(super) mod stable_hash;
mod target;
pub(crate) mod times;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::{Clock, Entropy, Timestamp};
use store::Catalog;
use store::catalog::CatalogError;
use store::job::{Job, JobError};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;

use super::{Outlets, Signals};
use outbox::{Lane, LaneKind};

/// Tasks of one kind that are done at the same time.
const AT_ONCE: usize = 64;

/// How long one run takes up new work. The next run begins at once.
const RUN: Duration = Duration::from_secs(60);

/// What the job is made of.
pub struct ActionParts {
    /// The records.
    pub catalog: Arc<Catalog>,
    /// The way out.
    pub outlets: Outlets,
    /// What wakes the job.
    pub signals: Arc<Signals>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids.
    pub entropy: Arc<dyn Entropy>,
}

/// Runs the actions of alarms, sends their events, and repeats what is to be repeated.
pub struct RunAlarmActions {
    parts: Arc<ActionParts>,
    permits: Permits,
    earliest: outbox::Earliest,
    renotify: renotify::Renotify,
}

/// How many tasks of each kind may still begin. A kind whose peers hang holds up no other.
#[derive(Clone)]
struct Permits {
    topics: Arc<Semaphore>,
    calls: Arc<Semaphore>,
    events: Arc<Semaphore>,
}

impl RunAlarmActions {
    /// The job over these parts.
    pub fn new(parts: ActionParts) -> Self {
        let permits = || Arc::new(Semaphore::new(AT_ONCE));
        Self {
            parts: Arc::new(parts),
            permits: Permits { topics: permits(), calls: permits(), events: permits() },
            earliest: outbox::Earliest::default(),
            renotify: renotify::Renotify::default(),
        }
    }

    /// Does all that is due, and what comes to be due meanwhile.
    async fn work_off(&self) -> Result<(), CatalogError> {
        let parts = &self.parts;
        let began = parts.clock.now();
        let mut run = Run { job: self, busy: HashSet::new(), stuck: HashSet::new(), tasks: JoinSet::new() };
        let mut failure = run.begin_all().await.err();
        // Lanes are never cut off: what a call did outside must come to stand in the history.
        while !run.tasks.is_empty() {
            // Work is taken up while a call hangs; the driver does not run a job that is running.
            let takes_up = failure.is_none() && parts.clock.now().since(began) < RUN;
            tokio::select! {
                Some(ended) = run.tasks.join_next() => match ended {
                    Ok((lane, outcome)) => {
                        run.busy.remove(&lane);
                        match outcome {
                            // Work may have come while the lane was about to end.
                            Ok(()) if takes_up => run.begin([lane].into()),
                            Ok(()) => {}
                            Err(error) => {
                                run.stuck.insert(lane);
                                failure = Some(error);
                            }
                        }
                    }
                    // The lane stays busy, so it waits for the next run.
                    Err(error) => failure = Some(CatalogError::Failed(Box::new(error))),
                },
                () = parts.signals.actions.notified(), if takes_up => {
                    failure = run.begin_all().await.err();
                }
            }
        }
        failure.map_or(Ok(()), Err)
    }
}

/// One run of the job.
struct Run<'a> {
    job: &'a RunAlarmActions,
    /// Lanes that are being worked off.
    busy: HashSet<Lane>,
    /// Lanes that the catalog failed; they wait for the next run.
    stuck: HashSet<Lane>,
    tasks: JoinSet<(Lane, Result<(), CatalogError>)>,
}

impl Run<'_> {
    async fn begin_all(&mut self) -> Result<(), CatalogError> {
        let parts = &self.job.parts;
        let now = parts.clock.now();
        self.job.renotify.ask(&parts.catalog, &*parts.entropy, now).await?;
        self.begin(outbox::due_lanes(&parts.catalog, now));
        Ok(())
    }

    fn begin(&mut self, lanes: BTreeSet<Lane>) {
        for lane in lanes {
            let now = self.job.parts.clock.now();
            if self.stuck.contains(&lane) || lane.due(&self.job.parts.catalog, now).is_empty() {
                continue;
            }
            if self.busy.insert(lane.clone()) {
                let (parts, permits) = (self.job.parts.clone(), self.job.permits.of(lane.kind));
                self.tasks.spawn(async move {
                    let outcome = parts.work_off_lane(&lane, &permits).await;
                    (lane, outcome)
                });
            }
        }
    }
}

impl Permits {
    fn of(&self, kind: LaneKind) -> Arc<Semaphore> {
        match kind {
            LaneKind::Topics => self.topics.clone(),
            LaneKind::Calls => self.calls.clone(),
            LaneKind::Events => self.events.clone(),
        }
    }
}

impl ActionParts {
    /// Does the tasks of a lane until none is due.
    async fn work_off_lane(&self, lane: &Lane, permits: &Semaphore) -> Result<(), CatalogError> {
        loop {
            let due = lane.due(&self.catalog, self.clock.now());
            if due.is_empty() {
                return Ok(());
            }
            for key in due {
                let _permit = permits.acquire().await.expect("nobody closes it");
                self.perform(&lane.alarm, &key).await?;
            }
        }
    }
}

#[async_trait]
impl Job for RunAlarmActions {
    fn name(&self) -> &str {
        "alarm-actions"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn next_due(&self, _last_run: Timestamp) -> Option<Timestamp> {
        let catalog = &self.parts.catalog;
        [self.earliest.get(catalog), self.renotify.next_due(catalog)].into_iter().flatten().min()
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.actions
    }

    fn catches_up(&self) -> bool {
        false
    }

    async fn run(&self, _now: Timestamp) -> Result<(), JobError> {
        Ok(self.work_off().await?)
    }
}

#[cfg(test)]
mod tests;
