//! `PutMetricFilter` (logs.md MF-1 to MF-4, MF-12, MF-13).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::ingest::metric_filter::CompiledFilter;
use crate::metric_filters::{self, FILTERS_MAX};
use crate::record::{LogGroupRecord, MetricFilterRecord};
use crate::{Logs, groups, regex_quota, transformers};

pub(super) async fn put_metric_filter(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutMetricFilterRequest,
) -> Result<Unit, ServiceError> {
    let new = metric_filters::record(&input, cx.now)?;
    let compiled = CompiledFilter::compile(&cx.scope(), &new).map_err(errors::invalid_parameter_exception)?;
    let _stays = logs.membership.read().await;
    let (catalog, name) = (&logs.parts.catalog, &input.filter_name);
    change(catalog, || {
        let group = groups::find(catalog, &cx.scope(), &input.log_group_name)?;
        group.require_standard("PutMetricFilter", errors::invalid_operation_exception)?;
        if new.on_transformed {
            transformers::require(logs, &group, cx.now)?;
        }
        regex_quota::check::<MetricFilterRecord>(catalog, &group, name, compiled.pattern())?;
        let key = group.belonging(name);
        let mut transaction = Transaction::default();
        let mut count = group.record.metric_filters;
        match catalog.get::<MetricFilterRecord>(&key) {
            Some(found) => {
                transaction.update(
                    key,
                    found.version,
                    &MetricFilterRecord { created: found.value.created, ..new.clone() },
                );
            }
            None if count >= FILTERS_MAX => return Err(errors::limit_exceeded_exception("Resource limit exceeded.")),
            None => {
                transaction.create(key, &new);
                count += 1;
            }
        }
        // Also where the count stays: the group's version tells whether its filters are as they were.
        group.update(
            &mut transaction,
            &LogGroupRecord { metric_filters: count, ..LogGroupRecord::clone(&group.record) },
        );
        Ok((transaction, Unit))
    })
    .await
}
