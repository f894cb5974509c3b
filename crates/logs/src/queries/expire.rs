//! The job that lets go of queries: of their results after a week, and of those that a stop of the server cut off.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::catalog::Transaction;
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::runs::{document, fail_unended};
use super::stored::{QueryRecord, QueryState};
use super::{KEPT_MS, Runs};
use crate::Logs;

/// Removes queries whose results are no longer kept (logs.md QR-7).
pub struct ExpireQueries {
    logs: Arc<Logs>,
    wake: Notify,
}

impl ExpireQueries {
    /// The job over the service's queries.
    pub fn new(logs: Arc<Logs>) -> Self {
        let wake = Notify::new();
        // What a stop of the server cut off is told to have failed at once.
        wake.notify_one();
        Self { logs, wake }
    }

    fn runs(&self) -> &Runs {
        &self.logs.runs
    }
}

#[async_trait]
impl Job for ExpireQueries {
    fn name(&self) -> &str {
        "logs.expire_queries"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let catalog = &self.logs.parts.catalog;
        let (mut unended, mut expired) = (Vec::new(), Vec::new());
        for (key, found) in catalog.list_all::<QueryRecord>() {
            // A record that is written before its run is known here would look cut off: those are known first.
            if self.runs().is_running(&key) {
                continue;
            }
            if found.value.created.millis() <= now.millis() - KEPT_MS {
                expired.push((key, found.version));
            } else if found.value.state == QueryState::Running {
                unended.push((key, found.version, QueryRecord::clone(&found.value)));
            }
        }
        fail_unended(catalog, unended).await?;
        for (key, version) in expired {
            self.logs.parts.documents.remove(&document(&key)).await?;
            let mut transaction = Transaction::default();
            transaction.delete::<QueryRecord>(key, version);
            catalog.commit(transaction).await?;
        }
        Ok(())
    }
}
