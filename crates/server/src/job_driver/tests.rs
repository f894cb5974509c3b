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
    assert_eq!(driver.advance(&clock, Timestamp::from_secs(65)).await, Timestamp::from_secs(65));
    let ran = std::mem::take(&mut *log.lock().unwrap());
    assert_eq!(ran, [("half", 30), ("minute", 60), ("half", 60), ("flush", 65)]);
    driver.advance(&clock, Timestamp::from_secs(70)).await;
    assert_eq!(*log.lock().unwrap(), [], "nothing fell due: flush is next due at 75");
}
