//! The table's background work as jobs.

use std::sync::Arc;
use std::time::Duration;

use super::LogEvents;
use crate::job::Job;
use crate::table_job::TableJob;

/// The jobs of the table: flush, compact, expire.
pub(crate) fn jobs(table: &Arc<LogEvents>) -> Vec<Arc<dyn Job>> {
    vec![
        Arc::new(TableJob {
            table: table.clone(),
            name: "log_event.flush",
            period: Duration::from_secs(10),
            wake: |table: &LogEvents| &table.inner.flush_wake,
            run: |table: &LogEvents, now| Box::pin(table.flush(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: "log_event.compact",
            period: Duration::from_secs(60),
            wake: |table: &LogEvents| &table.inner.compact_wake,
            run: |table: &LogEvents, now| Box::pin(table.compact(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: "log_event.expire",
            period: Duration::from_secs(3600),
            wake: |table: &LogEvents| &table.inner.expire_wake,
            run: |table: &LogEvents, now| Box::pin(table.expire(now)),
        }),
    ]
}
