//! The table's background work as jobs.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use tokio::sync::Notify;

use super::TrailEvents;
use crate::job::{Job, JobError};

/// The jobs of the table: flush, compact, expire.
pub(crate) fn jobs(table: &Arc<TrailEvents>) -> Vec<Arc<dyn Job>> {
    vec![Arc::new(Flush(table.clone())), Arc::new(Compact(table.clone())), Arc::new(Expire(table.clone()))]
}

struct Flush(Arc<TrailEvents>);

#[async_trait]
impl Job for Flush {
    fn name(&self) -> &str {
        "trail_event.flush"
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

struct Compact(Arc<TrailEvents>);

#[async_trait]
impl Job for Compact {
    fn name(&self) -> &str {
        "trail_event.compact"
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

struct Expire(Arc<TrailEvents>);

#[async_trait]
impl Job for Expire {
    fn name(&self) -> &str {
        "trail_event.expire"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn wake(&self) -> &Notify {
        &self.0.inner.expire_wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        Ok(self.0.expire(now).await?)
    }
}
