//! Background work: what a job is, and who may run it.
//!
//! A job takes no input and is idempotent: it looks at the state and does what is due. It
//! wakes by signal and by period, and holds a lease while it runs, so that in a cluster
//! one server runs it at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base::{Clock, Timestamp};
use tokio::sync::Notify;

/// Why a run failed; for the log. The job is run again after a pause, which grows with every
/// failure in a row and is never longer than its period.
pub type JobError = Box<dyn std::error::Error + Send + Sync>;

/// A piece of background work.
#[async_trait]
pub trait Job: Send + Sync + 'static {
    /// The job's name, which is also the name of its lease.
    fn name(&self) -> &str;

    /// The longest time between two runs.
    fn period(&self) -> Duration;

    /// When it must next run, given when it last did, which did not fail: a period later, unless
    /// the job knows better. `None`: not before it is woken. It is asked often, and must be quick; under the
    /// simulated clock it decides what a move of the clock runs on its way, so a job whose work
    /// has a time of its own says that time.
    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        Some(last_run.plus(self.period()))
    }

    /// Signals that there is work before the period is over.
    fn wake(&self) -> &Notify;

    /// One late run does the work of all the runs missed before it. A job that must see
    /// every period, as an alarm's evaluation, says `false`.
    fn catches_up(&self) -> bool {
        true
    }

    /// Does all the work that is due at `now`.
    async fn run(&self, now: Timestamp) -> Result<(), JobError>;

    /// Finishes what its last run left under way, within a bound of its own. Called once, when
    /// the server stops and no run will follow.
    async fn drain(&self) {}
}

/// Who may do what for how long.
#[async_trait]
pub trait Coord: Send + Sync + 'static {
    /// Takes or extends the lease `name` for `owner`; tells whether the owner holds it
    /// for `ttl` from now.
    async fn lease(&self, name: &str, owner: &str, ttl: Duration) -> Result<bool, JobError>;

    /// Gives the lease back before its time, if the owner holds it.
    async fn release(&self, name: &str, owner: &str) -> Result<(), JobError>;
}

/// Leases within one process.
pub struct LocalCoord {
    clock: Arc<dyn Clock>,
    leases: Mutex<HashMap<String, (String, Timestamp)>>,
}

impl LocalCoord {
    /// No leases are held.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, leases: Mutex::default() }
    }
}

#[async_trait]
impl Coord for LocalCoord {
    async fn lease(&self, name: &str, owner: &str, ttl: Duration) -> Result<bool, JobError> {
        let now = self.clock.now();
        let mut leases = self.leases.lock().expect("no holder of this lock can panic");
        if leases.get(name).is_some_and(|(holder, until)| holder != owner && now < *until) {
            return Ok(false);
        }
        leases.insert(name.to_owned(), (owner.to_owned(), now.plus(ttl)));
        Ok(true)
    }

    async fn release(&self, name: &str, owner: &str) -> Result<(), JobError> {
        let mut leases = self.leases.lock().expect("no holder of this lock can panic");
        if leases.get(name).is_some_and(|(holder, _)| holder == owner) {
            leases.remove(name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base::SimulatedClock;

    use super::*;

    #[tokio::test]
    async fn a_lease_is_held_by_one_until_it_ends() {
        let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(0)));
        let coord = LocalCoord::new(clock.clone());
        let ttl = Duration::from_secs(10);
        assert!(coord.lease("flush", "a", ttl).await.unwrap());
        assert!(coord.lease("flush", "a", ttl).await.unwrap());
        assert!(!coord.lease("flush", "b", ttl).await.unwrap());
        clock.move_to(Timestamp::from_secs(10));
        assert!(coord.lease("flush", "b", ttl).await.unwrap());
        coord.release("flush", "a").await.unwrap();
        assert!(!coord.lease("flush", "a", ttl).await.unwrap());
        coord.release("flush", "b").await.unwrap();
        assert!(coord.lease("flush", "a", ttl).await.unwrap());
    }
}
