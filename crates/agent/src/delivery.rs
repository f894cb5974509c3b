//! Sending what the spool holds, in order, until the server has taken it.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use base::{Entropy, Timestamp};

use crate::client::{Client, Verdict};
use crate::spool::{Spool, Waiting, is_expired};

/// The wait after the first failure; it doubles with each further one.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// The longest wait.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// The spool as its two sides share it: one puts in, the other sends.
#[derive(Clone)]
pub struct SharedSpool(Arc<Mutex<Spool>>);

impl SharedSpool {
    /// Shares a spool.
    pub fn new(spool: Spool) -> Self {
        Self(Arc::new(Mutex::new(spool)))
    }

    /// The spool, for work that may touch the disk but does not wait for the network.
    pub fn lock(&self) -> MutexGuard<'_, Spool> {
        self.0.lock().expect("no holder of this lock can panic")
    }

    /// Does work on the spool away from the threads that serve sockets.
    pub async fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut Spool) -> T + Send + 'static) -> T {
        let spool = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&mut spool.lock())).await;
        done.expect("work on the spool does not panic")
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// There may be more to send: go on.
    Continue,
    /// Nothing waits: go on when something was added.
    Idle,
    /// The server did not take the oldest request: go on at this time, not before.
    WaitUntil(Timestamp),
}

/// Sends requests one by one.
pub struct Delivery {
    spool: SharedSpool,
    client: Client,
    entropy: Arc<dyn Entropy>,
    failures: u32,
}

impl Delivery {
    /// A delivery from this spool with this client; `entropy` spreads the retries of many agents.
    pub fn new(spool: SharedSpool, client: Client, entropy: Arc<dyn Entropy>) -> Self {
        Self { spool, client, entropy, failures: 0 }
    }

    /// Sends the oldest request once, at `now` by the machine's clock.
    pub async fn step(&mut self, now: Timestamp) -> Next {
        let Some(Waiting { number, batch }) = self.spool.with(Spool::take_oldest).await else { return Next::Idle };
        let data = batch.data;
        if is_expired(&batch, now) {
            tracing::error!(data, oldest = %batch.oldest, "METRICS LOST: older than two weeks, so no server takes them");
            self.spool.with(move |spool| spool.remove(number)).await;
            return Next::Continue;
        }
        match self.client.put(&batch, now).await {
            Verdict::Taken => {
                let waiting = self.spool.with(move |spool| {
                    spool.remove(number);
                    spool.len()
                });
                let waiting = waiting.await;
                if std::mem::take(&mut self.failures) > 0 {
                    tracing::info!(waiting, "the server takes metrics again");
                }
                tracing::debug!(data, waiting, "sent");
                Next::Continue
            }
            Verdict::Refused(said) => {
                self.failures = 0;
                tracing::error!(data, number, %said, "the server refused metrics for good: they are set aside in refused/");
                self.spool.with(move |spool| spool.set_aside(number)).await;
                Next::Continue
            }
            Verdict::Later(reason) => {
                let waiting = self.spool.with(move |spool| {
                    spool.keep(number);
                    spool.len()
                });
                let waiting = waiting.await;
                let wait = wait_after(self.failures, &*self.entropy);
                self.failures = self.failures.saturating_add(1);
                let (endpoint, wait_s) = (self.client.endpoint(), wait.as_secs_f64());
                tracing::warn!(%endpoint, %reason, waiting, wait_s, "the server did not take metrics: they wait on disk");
                Next::WaitUntil(now.plus(wait))
            }
        }
    }
}

/// The wait after so many failures in a row: 1 s doubling up to a minute, shortened by up to
/// a quarter at random so that agents that lost their server together do not return together.
pub(crate) fn wait_after(failures: u32, entropy: &dyn Entropy) -> Duration {
    let full = WAIT_MIN.saturating_mul(1 << failures.min(10)).min(WAIT_MAX);
    let mut byte = [0];
    entropy.fill(&mut byte);
    full - full.mul_f64(f64::from(byte[0]) / 255.0 / 4.0)
}

#[cfg(test)]
mod tests;
