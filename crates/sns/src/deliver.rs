//! The job that delivers messages (cloudwatch.md §8.4, §8.6).
//!
//! Publishing leaves a [`DeliveryRecord`] that names who has to get a message. The job works
//! them off side by side, and rewrites or removes the records as targets are done, many at
//! once: what a crash interrupts is sent again, and nothing else.
//!
//! A run ends when nothing is due and nothing under way. Under load it ends after a while all the
//! same, so that the server can stop; what is under way then goes on, and the next run, which is
//! due at once, takes note of it. So an endpoint that hangs holds up no other. When the server
//! stops, what is under way is waited for, so that what was delivered is written down.

mod attempt;
mod counts;
mod next;
mod parcel;
mod place;
mod queue;
mod work;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::job::{Job, JobError};
use tokio::sync::Notify;

pub use counts::DeliveryCounts;

use crate::Parts;
use crate::record::DeliveryRecord;
use attempt::Courier;
use work::{Glance, Work};

/// Delivers what is due.
pub struct DeliverMessages {
    parts: Parts,
    counts: Arc<DeliveryCounts>,
    work: tokio::sync::Mutex<Work>,
    // What the last run left, for `next_due`, which must not wait for a run.
    glance: Mutex<Glance>,
}

impl DeliverMessages {
    /// The job over the service's parts.
    pub fn new(parts: Parts) -> Self {
        let counts = Arc::new(DeliveryCounts::default());
        let courier = Arc::new(Courier::new(parts.clone()));
        if parts.catalog.changes::<DeliveryRecord>() > 0 || !parts.catalog.list_all::<DeliveryRecord>().is_empty() {
            // What an earlier life of the server left is due now.
            parts.signals.deliveries.notify_one();
        }
        let work = Work::new(parts.clone(), courier, counts.clone());
        Self { parts, counts, work: tokio::sync::Mutex::new(work), glance: Mutex::default() }
    }

    /// How deliveries went since the start, for the server's own metrics.
    pub fn counts(&self) -> Arc<DeliveryCounts> {
        self.counts.clone()
    }
}

#[async_trait]
impl Job for DeliverMessages {
    fn name(&self) -> &str {
        "sns-deliveries"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let glance = self.glance.lock().expect("no holder of this lock can panic");
        let is_new = glance.seen != Some(self.parts.catalog.changes::<DeliveryRecord>());
        if is_new || glance.under_way { Some(last_run) } else { glance.earliest }
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.deliveries
    }

    fn catches_up(&self) -> bool {
        false
    }

    async fn run(&self, _now: Timestamp) -> Result<(), JobError> {
        let mut work = self.work.lock().await;
        let done = work.run(&self.parts.outlets.public_url).await;
        *self.glance.lock().expect("no holder of this lock can panic") = work.glance();
        Ok(done?)
    }

    async fn drain(&self) {
        self.work.lock().await.drain().await;
    }
}

#[cfg(test)]
mod tests;
