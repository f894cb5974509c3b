//! The table's background work as jobs.

use std::sync::Arc;
use std::time::Duration;

use super::Metrics;
use crate::job::Job;
use crate::table_job::TableJob;

/// The jobs of the table: flush, compact, roll up and expire.
pub(crate) fn jobs(table: &Arc<Metrics>) -> Vec<Arc<dyn Job>> {
    vec![
        Arc::new(TableJob {
            table: table.clone(),
            name: "metric.flush",
            period: Duration::from_secs(10),
            wake: |table: &Metrics| &table.inner.flush_wake,
            run: |table: &Metrics, now| Box::pin(table.flush(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: "metric.compact",
            period: Duration::from_secs(60),
            wake: |table: &Metrics| &table.inner.compact_wake,
            run: |table: &Metrics, now| Box::pin(table.compact(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: "metric.roll_up",
            period: Duration::from_secs(300),
            wake: |table: &Metrics| &table.inner.roll_up_wake,
            run: |table: &Metrics, now| Box::pin(table.roll_up(now)),
        }),
    ]
}
