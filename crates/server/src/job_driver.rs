//! Runs the background jobs: by their period on the clock, and when woken.
//!
//! Under the simulated clock nothing runs by itself: moving the clock runs every job
//! that falls due on the way, in order, each at the time it was due.

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use base::{Clock, SimulatedClock, Timestamp};
use store::job::{Coord, Job};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a lease is held for one run.
const LEASE: Duration = Duration::from_secs(600);

/// The jobs of one process and when each is due.
pub struct JobDriver {
    slots: Vec<Arc<Slot>>,
    coord: Arc<dyn Coord>,
    owner: String,
    // Invariant: held while the simulated clock moves, so that moves do not interleave.
    moving: tokio::sync::Mutex<()>,
}

struct Slot {
    job: Arc<dyn Job>,
    due: Mutex<Timestamp>,
    // Invariant: held while the job runs, so that a job never overlaps itself.
    running: tokio::sync::Mutex<()>,
}

impl JobDriver {
    /// A driver of these jobs; each is first due one period from `now`.
    pub fn new(jobs: Vec<Arc<dyn Job>>, coord: Arc<dyn Coord>, owner: String, now: Timestamp) -> Self {
        let slot = |job: Arc<dyn Job>| {
            let due = Mutex::new(now.plus(job.period()));
            Arc::new(Slot { job, due, running: tokio::sync::Mutex::new(()) })
        };
        Self { slots: jobs.into_iter().map(slot).collect(), coord, owner, moving: tokio::sync::Mutex::new(()) }
    }

    /// Starts one task a job. With `wall_period`, jobs also run by the machine's clock;
    /// without, they run only when woken or when the simulated clock is moved.
    /// A task ends when `stop` is cancelled and the run it is in has finished.
    pub fn start(
        self: &Arc<Self>,
        clock: &Arc<dyn Clock>,
        wall_period: bool,
        stop: &CancellationToken,
    ) -> Vec<JoinHandle<()>> {
        let task = |slot: &Arc<Slot>| {
            let (driver, slot, clock, stop) = (self.clone(), slot.clone(), clock.clone(), stop.clone());
            tokio::spawn(async move {
                while stop.run_until_cancelled(wait(&slot, wall_period)).await.is_some() {
                    driver.run(&slot, clock.now()).await;
                }
            })
        };
        self.slots.iter().map(task).collect()
    }

    /// Moves the simulated clock to `to` and comes back when all the work that fell due has
    /// been done: jobs that must see every period are run at each due time on the way, in
    /// order; jobs that catch up are run once, at the end. Gives the time the clock then reads.
    pub async fn advance(&self, clock: &SimulatedClock, to: Timestamp) -> Timestamp {
        let _moving = self.moving.lock().await;
        while let Some(slot) = self.next_due(to, false) {
            let now = clock.move_to(slot.due());
            self.run(slot, now).await;
        }
        let now = clock.move_to(to);
        while let Some(slot) = self.next_due(to, true) {
            self.run(slot, now).await;
        }
        now
    }

    fn next_due(&self, until: Timestamp, catches_up: bool) -> Option<&Arc<Slot>> {
        let wanted = |slot: &&Arc<Slot>| slot.job.catches_up() == catches_up && slot.due() <= until;
        self.slots.iter().filter(wanted).min_by_key(|slot| slot.due())
    }

    async fn run(&self, slot: &Slot, now: Timestamp) {
        let _running = slot.running.lock().await;
        *slot.due.lock().expect("no holder of this lock can panic") = now.plus(slot.job.period());
        let name = slot.job.name();
        match self.coord.lease(name, &self.owner, LEASE).await {
            Ok(true) => {
                if let Err(error) = slot.job.run(now).await {
                    tracing::error!(job = name, error = &*error as &dyn std::error::Error, "a job failed");
                }
            }
            Ok(false) => tracing::debug!(job = name, "another process holds the lease"),
            Err(error) => tracing::error!(job = name, error = &*error as &dyn std::error::Error, "no lease"),
        }
    }
}

impl Slot {
    fn due(&self) -> Timestamp {
        *self.due.lock().expect("no holder of this lock can panic")
    }
}

/// Until the job is woken or, on the machine's clock, its period is over.
#[expect(clippy::disallowed_methods, reason = "the server's edge, where the machine's clock drives jobs")]
async fn wait(slot: &Slot, wall_period: bool) {
    if wall_period {
        tokio::select! {
            () = slot.job.wake().notified() => {}
            () = tokio::time::sleep(slot.job.period()) => {}
        }
    } else {
        slot.job.wake().notified().await;
    }
}

#[cfg(test)]
mod tests;
