//! The table's background work as jobs.

use std::sync::Arc;
use std::time::Duration;

use super::ConfigItems;
use crate::job::Job;
use crate::table_job::TableJob;

/// The jobs of the table: flush, compact, expire.
pub(crate) fn jobs(table: &Arc<ConfigItems>) -> Vec<Arc<dyn Job>> {
    vec![
        Arc::new(TableJob {
            table: table.clone(),
            name: "config_item.flush",
            period: Duration::from_secs(10),
            wake: |table: &ConfigItems| &table.inner.flush_wake,
            run: |table: &ConfigItems, now| Box::pin(table.flush(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: "config_item.compact",
            period: Duration::from_secs(60),
            wake: |table: &ConfigItems| &table.inner.compact_wake,
            run: |table: &ConfigItems, now| Box::pin(table.compact(now)),
        }),
        Arc::new(TableJob {
            table: table.clone(),
            name: "config_item.expire",
            period: Duration::from_secs(3600),
            wake: |table: &ConfigItems| &table.inner.expire_wake,
            run: |table: &ConfigItems, now| Box::pin(table.expire(now)),
        }),
    ]
}
