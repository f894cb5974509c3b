//! The job that keeps queries: it runs again what a stop of the server cut off, delivers what is still to be
//! delivered, and lets go of results after a week.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::catalog::{CatalogError, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::results::document;
use super::{KEPT_MS, QueryRecord, QueryState, deliver};
use crate::service::CloudTrail;

/// Keeps the records and the results of queries.
pub struct KeepQueries {
    cloudtrail: Arc<CloudTrail>,
    wake: Notify,
}

impl KeepQueries {
    /// The job over the service's queries.
    pub fn new(cloudtrail: Arc<CloudTrail>) -> Self {
        let wake = Notify::new();
        // What a stop of the server cut off goes on at once.
        wake.notify_one();
        Self { cloudtrail, wake }
    }
}

#[async_trait]
impl Job for KeepQueries {
    fn name(&self) -> &str {
        "cloudtrail.keep_queries"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let CloudTrail { parts, queries, .. } = &*self.cloudtrail;
        for (key, found) in parts.catalog.list_all::<QueryRecord>() {
            // What is under way here writes its record itself, delivery included.
            if queries.is_running(&key) {
                continue;
            }
            if found.value.created.millis() > now.millis() - KEPT_MS {
                match found.value.state {
                    QueryState::Running => queries.resume(parts, &key, &found.value),
                    _ => deliver::results(parts, &key, &found.value).await,
                }
                continue;
            }
            for page in 0..found.value.pages.len() {
                parts.documents.remove(&document(&key, page)).await?;
            }
            let mut transaction = Transaction::default();
            transaction.delete::<QueryRecord>(key, found.version);
            match parts.catalog.commit(transaction).await {
                Ok(()) | Err(CatalogError::Conflict { .. }) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(())
    }
}
