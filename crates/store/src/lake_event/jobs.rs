//! The table's background work as jobs.

use std::sync::Arc;
use std::time::Duration;

use super::LakeEvents;
use crate::job::Job;
use crate::table_job::TableJob;

/// The jobs of the table: flush, compact, expire.
pub(crate) fn jobs(table: &Arc<LakeEvents>) -> Vec<Arc<dyn Job>> {
    vec![
        Arc::new(TableJob {
            table: table.clone(),
            name: "lake_event.flush",
            period: Duration::from_secs(10),
            wake: |table: &LakeEvents| &table.inner.flush_wake,
            run: |table: &LakeEvents, now| Box::pin(table.flush(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: "lake_event.compact",
            period: Duration::from_secs(60),
            wake: |table: &LakeEvents| &table.inner.compact_wake,
            run: |table: &LakeEvents, now| Box::pin(table.compact(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: "lake_event.expire",
            period: Duration::from_secs(3600),
            wake: |table: &LakeEvents| &table.inner.expire_wake,
            run: |table: &LakeEvents, now| Box::pin(table.expire(now)),
        }),
    ]
}
