//! The table's background work as jobs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use tokio::sync::Notify;

use super::Metrics;
use crate::job::{Job, JobError};

/// The jobs of the table: flush, compact, roll up and expire.
pub(crate) fn jobs(table: &Arc<Metrics>) -> Vec<Arc<dyn Job>> {
    vec![Arc::new(Flush(table.clone())), Arc::new(Compact(table.clone())), Arc::new(RollUp(table.clone()))]
}

struct Flush(Arc<Metrics>);

#[async_trait]
impl Job for Flush {
    fn name(&self) -> &str {
        "metric.flush"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn wake(&self) -> &Notify {
        &self.0.inner.flush_wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        Ok(self.0.flush(now).await?)
    }
}

struct Compact(Arc<Metrics>);

#[async_trait]
impl Job for Compact {
    fn name(&self) -> &str {
        "metric.compact"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(60)
    }

    fn wake(&self) -> &Notify {
        &self.0.inner.compact_wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        Ok(self.0.compact(now).await?)
    }
}

struct RollUp(Arc<Metrics>);

#[async_trait]
impl Job for RollUp {
    fn name(&self) -> &str {
        "metric.roll_up"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn wake(&self) -> &Notify {
        &self.0.inner.roll_up_wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        Ok(self.0.roll_up(now).await?)
    }
}
