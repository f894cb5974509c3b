//! What moving the simulated clock runs, and when.

use async_trait::async_trait;
use store::job::{JobError, LocalCoord};
use tokio::sync::Notify;

use super::*;

type Log = Arc<Mutex<Vec<(&'static str, i64)>>>;

struct Noting {
    name: &'static str,
    period: Duration,
    catches_up: bool,
    log: Log,
    wake: Notify,
}

#[async_trait]
impl Job for Noting {
    fn name(&self) -> &str {
        self.name
    }

    fn period(&self) -> Duration {
        self.period
    }

    fn catches_up(&self) -> bool {
        self.catches_up
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        self.log.lock().unwrap().push((self.name, now.secs()));
        Ok(())
    }
}

/// Kept times stand in the same order as what ran.
#[async_trait]
impl KeepTime for Log {
    async fn keep(&self, now: Timestamp) -> Result<(), CatalogError> {
        self.lock().unwrap().push(("kept", now.secs()));
        Ok(())
    }
}

fn job(name: &'static str, period_secs: u64, catches_up: bool, log: &Log) -> Arc<dyn Job> {
    let period = Duration::from_secs(period_secs);
    Arc::new(Noting { name, period, catches_up, log: log.clone(), wake: Notify::new() })
}

#[tokio::test]
async fn moving_the_clock_runs_stepping_jobs_at_each_due_time_and_others_once() {
    let log = Log::default();
    let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(0)));
    let jobs = vec![job("minute", 60, false, &log), job("half", 30, false, &log), job("flush", 10, true, &log)];
    let coord = Arc::new(LocalCoord::new(clock.clone()));
    let driver = JobDriver::new(jobs, coord, "test".to_owned(), clock.now());
    assert_eq!(driver.advance(&clock, Timestamp::from_secs(65), &log).await.unwrap(), Timestamp::from_secs(65));
    let ran = std::mem::take(&mut *log.lock().unwrap());
    assert_eq!(ran, [("half", 30), ("minute", 60), ("half", 60), ("kept", 65), ("flush", 65)]);
    driver.advance(&clock, Timestamp::from_secs(70), &log).await.unwrap();
    assert_eq!(*log.lock().unwrap(), [("kept", 70)], "nothing fell due: flush is next due at 75");
}

/// Work that falls due at times of its own; each run takes what is due.
struct Outbox {
    due: Mutex<Vec<Timestamp>>,
    fails: bool,
    log: Log,
    wake: Notify,
}

#[async_trait]
impl Job for Outbox {
    fn name(&self) -> &str {
        "outbox"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn next_due(&self, _last_run: Timestamp) -> Option<Timestamp> {
        self.due.lock().unwrap().iter().min().copied()
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    fn catches_up(&self) -> bool {
        false
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        self.log.lock().unwrap().push(("outbox", now.secs()));
        if self.fails {
            return Err("it cannot".into());
        }
        self.due.lock().unwrap().retain(|due| *due > now);
        Ok(())
    }
}

async fn outbox_runs(fails: bool) -> Vec<(&'static str, i64)> {
    let log = Log::default();
    let clock = Arc::new(SimulatedClock::new(Timestamp::from_secs(0)));
    let due = Mutex::new([7, 20, 20, 400].map(Timestamp::from_secs).to_vec());
    let outbox = Arc::new(Outbox { due, fails, log: log.clone(), wake: Notify::new() });
    let coord = Arc::new(LocalCoord::new(clock.clone()));
    let driver = JobDriver::new(vec![outbox], coord, "test".to_owned(), clock.now());
    driver.advance(&clock, Timestamp::from_secs(100), &Log::default()).await.unwrap();
    std::mem::take(&mut *log.lock().unwrap())
}

#[tokio::test]
async fn a_job_that_knows_when_its_work_is_due_runs_then_and_only_then() {
    assert_eq!(outbox_runs(false).await, [("outbox", 7), ("outbox", 20)]);
}

#[tokio::test]
async fn a_job_that_fails_is_run_again_soon_and_then_less_and_less_often() {
    let runs: Vec<i64> = outbox_runs(true).await.into_iter().map(|(_, at)| at).collect();
    assert_eq!(runs, [7, 8, 10, 14, 22, 38, 70], "a second later, then twice as long each time");
}

#[test]
fn a_failing_job_is_never_left_alone_for_longer_than_its_period() {
    let pauses = |period: u64| [1, 3, 40, u32::MAX].map(|in_a_row| pause(in_a_row, Duration::from_secs(period)));
    assert_eq!(pauses(60), [1, 4, 60, 60].map(Duration::from_secs));
    assert_eq!(pauses(3600), [1, 4, 3600, 3600].map(Duration::from_secs));
}

/// Notes that it was drained.
struct Draining(Arc<Mutex<u32>>, Notify);

#[async_trait]
impl Job for Draining {
    fn name(&self) -> &str {
        "draining"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wake(&self) -> &Notify {
        &self.1
    }

    async fn run(&self, _now: Timestamp) -> Result<(), JobError> {
        Ok(())
    }

    async fn drain(&self) {
        *self.0.lock().unwrap() += 1;
    }
}

#[tokio::test]
async fn a_stop_drains_every_job_once() {
    let drained = Arc::new(Mutex::new(0));
    let clock: Arc<dyn Clock> = Arc::new(SimulatedClock::new(Timestamp::from_secs(0)));
    let jobs: Vec<Arc<dyn Job>> = vec![Arc::new(Draining(drained.clone(), Notify::new()))];
    let coord = Arc::new(LocalCoord::new(clock.clone()));
    let driver = Arc::new(JobDriver::new(jobs, coord, "test".to_owned(), clock.now()));
    let stop = CancellationToken::new();
    let tasks = driver.start(&clock, false, &stop);
    stop.cancel();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*drained.lock().unwrap(), 1);
}
