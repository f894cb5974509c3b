//! The table's background work as jobs.

use std::sync::Arc;
use std::time::Duration;

use super::TrailEvents;
use crate::job::Job;
use crate::table_job::TableJob;

/// The jobs of a table, by these names: flush, compact, expire.
pub(crate) fn jobs(table: &Arc<TrailEvents>, names: [&'static str; 3]) -> Vec<Arc<dyn Job>> {
    let [flush, compact, expire] = names;
    vec![
        Arc::new(TableJob {
            table: table.clone(),
            name: flush,
            period: Duration::from_secs(10),
            wake: |table: &TrailEvents| &table.inner.flush_wake,
            run: |table: &TrailEvents, now| Box::pin(table.flush(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: compact,
            period: Duration::from_secs(60),
            wake: |table: &TrailEvents| &table.inner.compact_wake,
            run: |table: &TrailEvents, now| Box::pin(table.compact(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: expire,
            period: Duration::from_secs(3600),
            wake: |table: &TrailEvents| &table.inner.expire_wake,
            run: |table: &TrailEvents, now| Box::pin(table.expire(now)),
        }),
    ]
}
