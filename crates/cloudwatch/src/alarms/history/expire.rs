//! The job that removes history that is too old.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::Catalog;
use store::catalog::{CatalogError, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::{KEPT, parse_key};
use crate::record::AlarmHistoryRecord;

/// How often old entries are looked for. Reads hide them by their age already.
const PERIOD: Duration = Duration::from_secs(3600);

/// Entries removed in one transaction.
const BATCH: usize = 1000;

/// Removes entries of the history of alarms that are older than [`KEPT`].
pub struct ExpireAlarmHistory {
    catalog: Arc<Catalog>,
    wake: Notify,
}

impl ExpireAlarmHistory {
    /// The job over these records.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, wake: Notify::new() }
    }
}

#[async_trait]
impl Job for ExpireAlarmHistory {
    fn name(&self) -> &str {
        "expire-alarm-history"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn wake(&self) -> &Notify {
        &self.wake
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let oldest = now.minus(KEPT);
        let too_old = |name: &str| parse_key(name).is_none_or(|(_, at, _)| at < oldest);
        let mut old = self.catalog.versions::<AlarmHistoryRecord>();
        old.retain(|(key, _)| too_old(&key.name));
        for batch in old.chunks(BATCH) {
            let mut transaction = Transaction::default();
            for (key, version) in batch {
                transaction.delete::<AlarmHistoryRecord>(key.clone(), *version);
            }
            match self.catalog.commit(transaction).await {
                // Whatever changed meanwhile is looked at in the next run.
                Ok(()) | Err(CatalogError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}
