//! `DeleteMetricFilter` (logs.md MF-7).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::record::{LogGroupRecord, MetricFilterRecord};
use crate::{Logs, groups};

pub(super) async fn delete_metric_filter(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteMetricFilterRequest,
) -> Result<Unit, ServiceError> {
    let _stays = logs.membership.read().await;
    let catalog = &logs.parts.catalog;
    change(catalog, || {
        let group = groups::find(catalog, &cx.scope(), &input.log_group_name)?;
        let key = group.belonging(&input.filter_name);
        let found = catalog
            .get::<MetricFilterRecord>(&key)
            .ok_or_else(|| errors::resource_not_found_exception("The specified metric filter does not exist."))?;
        let mut transaction = Transaction::default();
        transaction.delete::<MetricFilterRecord>(key, found.version);
        let metric_filters = group.record.metric_filters.saturating_sub(1);
        group.update(&mut transaction, &LogGroupRecord { metric_filters, ..LogGroupRecord::clone(&group.record) });
        Ok((transaction, Unit))
    })
    .await
}
