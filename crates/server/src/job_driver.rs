//! Runs the background jobs: by their period on the clock, and when woken.
//!
//! Under the simulated clock nothing runs by itself: moving the clock runs every job
//! that falls due on the way, in order, each at the time it was due.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use base::{Clock, SimulatedClock, Timestamp};
use store::CatalogError;
use store::job::{Coord, Job};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a lease is held for one run.
const LEASE: Duration = Duration::from_secs(600);
/// The pause after a first failure.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// The jobs of one process and when each is due.
pub struct JobDriver {
    slots: Vec<Arc<Slot>>,
    coord: Arc<dyn Coord>,
    owner: String,
    // Invariant: held while the simulated clock moves, so that moves do not interleave.
    moving: tokio::sync::Mutex<()>,
}

/// Keeps the time of the simulated clock for a restart.
#[async_trait]
pub trait KeepTime: Send + Sync {
    /// Keeps the time that the clock reads; it is durable when this resolves.
    ///
    /// # Errors
    /// The catalog's.
    async fn keep(&self, now: Timestamp) -> Result<(), CatalogError>;
}

struct Slot {
    job: Arc<dyn Job>,
    last_run: Mutex<LastRun>,
    // Invariant: held while the job runs, so that a job never overlaps itself.
    running: tokio::sync::Mutex<()>,
}

impl JobDriver {
    /// A driver of these jobs; each is first due one period from `now`.
    pub fn new(jobs: Vec<Arc<dyn Job>>, coord: Arc<dyn Coord>, owner: String, now: Timestamp) -> Self {
        let slot = |job: Arc<dyn Job>| {
            let last_run = Mutex::new(LastRun { at: now, end: End::Done });
            Arc::new(Slot { job, last_run, running: tokio::sync::Mutex::new(()) })
        };
        Self { slots: jobs.into_iter().map(slot).collect(), coord, owner, moving: tokio::sync::Mutex::new(()) }
    }

    /// Starts one task a job. With `wall_period`, jobs also run by the machine's clock;
    /// without, they run only when woken or when the simulated clock is moved.
    /// A task ends when `stop` is cancelled, the run it is in has finished, and what that left
    /// under way has been drained.
    pub fn start(
        self: &Arc<Self>,
        clock: &Arc<dyn Clock>,
        wall_period: bool,
        stop: &CancellationToken,
    ) -> Vec<JoinHandle<()>> {
        let task = |slot: &Arc<Slot>| {
            let (driver, slot, clock, stop) = (self.clone(), slot.clone(), clock.clone(), stop.clone());
            tokio::spawn(async move {
                let wall = wall_period.then_some(&*clock);
                while stop.run_until_cancelled(wait(&slot, wall)).await.is_some() {
                    driver.run(&slot, clock.now()).await;
                }
                let _running = slot.running.lock().await;
                slot.job.drain().await;
            })
        };
        self.slots.iter().map(task).collect()
    }

    /// Moves the simulated clock to `to` and comes back when all the work that fell due has
    /// been done: jobs that must see every period are run at each due time on the way, in
    /// order; jobs that catch up are run once, at the end. Gives the time the clock then reads.
    ///
    /// # Errors
    /// The time could not be kept: the clock has moved, and what catches up has not been done.
    pub async fn advance(
        &self,
        clock: &SimulatedClock,
        to: Timestamp,
        kept: &dyn KeepTime,
    ) -> Result<Timestamp, CatalogError> {
        let _moving = self.moving.lock().await;
        let mut is_kept = false;
        loop {
            while let Some((slot, due)) = self.next_due(to, false) {
                let now = clock.move_to(due);
                self.run(slot, now).await;
            }
            let now = clock.move_to(to);
            if !is_kept {
                // What catches up drops what is too old by now: a restart must not find an earlier time.
                kept.keep(now).await?;
                is_kept = true;
            }
            // What catches up may make work for what does not, due at once.
            match self.next_due(to, true) {
                Some((slot, _)) => self.run(slot, now).await,
                None => return Ok(now),
            }
        }
    }

    fn next_due(&self, until: Timestamp, catches_up: bool) -> Option<(&Arc<Slot>, Timestamp)> {
        let of_kind = self.slots.iter().filter(|slot| slot.job.catches_up() == catches_up);
        let due = of_kind.filter_map(|slot| Some((slot, slot.due()?))).filter(|(_, due)| *due <= until);
        due.min_by_key(|(_, due)| *due)
    }

    async fn run(&self, slot: &Slot, now: Timestamp) {
        let _running = slot.running.lock().await;
        let name = slot.job.name();
        let end = match self.coord.lease(name, &self.owner, LEASE).await {
            Ok(true) => match slot.job.run(now).await {
                Ok(()) => End::Done,
                Err(error) => {
                    tracing::error!(job = name, error = &*error as &dyn std::error::Error, "a job failed");
                    slot.failed()
                }
            },
            Ok(false) => {
                tracing::debug!(job = name, "another process holds the lease");
                End::NotOurs
            }
            Err(error) => {
                tracing::error!(job = name, error = &*error as &dyn std::error::Error, "no lease");
                slot.failed()
            }
        };
        slot.ran(now, end);
    }
}

/// When a job last ran, and how that went.
#[derive(Clone, Copy)]
struct LastRun {
    at: Timestamp,
    end: End,
}

/// How a run ended.
#[derive(Clone, Copy)]
enum End {
    Done,
    /// It failed, as did the runs before it: so many in a row.
    Failed {
        in_a_row: u32,
    },
    /// Another process holds the lease.
    NotOurs,
}

impl Slot {
    /// A job that failed is run again after a pause, whatever it says is due: what it left undone
    /// may be more than it knows of.
    fn due(&self) -> Option<Timestamp> {
        let last = *self.last_run.lock().expect("no holder of this lock can panic");
        match last.end {
            End::Done => self.job.next_due(last.at),
            End::Failed { in_a_row } => Some(last.at.plus(pause(in_a_row, self.period()))),
            End::NotOurs => Some(last.at.plus(self.period())),
        }
    }

    fn period(&self) -> Duration {
        self.job.period().max(PAUSE_MIN)
    }

    /// One more run failed.
    fn failed(&self) -> End {
        match self.last_run.lock().expect("no holder of this lock can panic").end {
            End::Failed { in_a_row } => End::Failed { in_a_row: in_a_row.saturating_add(1) },
            End::Done | End::NotOurs => End::Failed { in_a_row: 1 },
        }
    }

    fn ran(&self, at: Timestamp, end: End) {
        *self.last_run.lock().expect("no holder of this lock can panic") = LastRun { at, end };
    }
}

/// How long a job is left alone that failed so many times in a row: a second, then twice as long
/// each time, and never longer than its period.
fn pause(in_a_row: u32, period: Duration) -> Duration {
    PAUSE_MIN.saturating_mul(1 << in_a_row.saturating_sub(1).min(20)).min(period)
}

/// Until the job is woken or, when a clock drives it, it is due.
#[expect(clippy::disallowed_methods, reason = "the server's edge, where the machine's clock drives jobs")]
async fn wait(slot: &Slot, wall: Option<&dyn Clock>) {
    // The job is woken when it learns of something that is due earlier.
    match wall.and_then(|clock| Some(slot.due()?.since(clock.now()))) {
        Some(left) => tokio::select! {
            () = slot.job.wake().notified() => {}
            () = tokio::time::sleep(left) => {}
        },
        None => slot.job.wake().notified().await,
    }
}

#[cfg(test)]
mod tests;
