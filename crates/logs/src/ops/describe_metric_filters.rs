//! `DescribeMetricFilters` (logs.md MF-5, MF-6).

use std::sync::Arc;

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::log_event::GroupId;

use crate::list_page::{self, Asked, Order};
use crate::record::MetricFilterRecord;
use crate::{Logs, groups, metric_filters};

pub(super) async fn describe_metric_filters(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeMetricFiltersRequest,
) -> Result<types::DescribeMetricFiltersResponse, ServiceError> {
    if input.metric_name.is_some() != input.metric_namespace.is_some() {
        let message = "If you include the metricName parameter in your request, you must also include the \
                       metricNamespace parameter.";
        return Err(errors::invalid_parameter_exception(message));
    }
    let found = match input.log_group_name.as_deref() {
        Some(name) => of_group(logs, cx, name)?,
        None => of_all(logs, cx),
    };
    let prefix = input.filter_name_prefix.as_deref().unwrap_or_default();
    let metric = input.metric_namespace.as_deref().zip(input.metric_name.as_deref());
    let makes = |record: &MetricFilterRecord, (namespace, name): (&str, &str)| {
        record.transformation.namespace == namespace && record.transformation.name == name
    };
    let mut wanted: Vec<Found> = found
        .into_iter()
        .filter(|found| found.name.starts_with(prefix) && metric.is_none_or(|metric| makes(&found.record, metric)))
        .collect();
    // By the name, and by the group where groups have filters of one name.
    wanted.sort_by(|a, b| (&a.name, &a.group).cmp(&(&b.name, &b.group)));
    let parameters = format!("{:?}", ("DescribeMetricFilters", cx.scope(), &input.log_group_name, prefix, metric));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.limit),
        order: Order::Ascending,
        now: cx.now,
    };
    let (page, next_token) = list_page::page(
        &asked,
        wanted.into_iter().map(|found| ((found.name.clone(), found.group.to_string()), found)),
    )?;
    let described = |found: Found| metric_filters::described(&found.group, found.name, &found.record);
    let metric_filters = Some(page.into_iter().map(described).collect());
    Ok(types::DescribeMetricFiltersResponse { metric_filters, next_token })
}

struct Found {
    name: String,
    group: Arc<str>,
    record: Arc<MetricFilterRecord>,
}

fn of_group(logs: &Logs, cx: &CallContext, name: &str) -> Result<Vec<Found>, ServiceError> {
    let catalog = &logs.parts.catalog;
    let group = groups::find(catalog, &cx.scope(), name)?;
    let name: Arc<str> = group.name.as_str().into();
    let filters = group.list::<MetricFilterRecord>(catalog, "").into_iter();
    Ok(filters.map(|(filter, found)| Found { name: filter, group: name.clone(), record: found.value }).collect())
}

fn of_all(logs: &Logs, cx: &CallContext) -> Vec<Found> {
    let all = logs.parts.catalog.list::<MetricFilterRecord>(cx.account(), Some(&cx.region));
    let filter = |(key, found): (String, store::Versioned<MetricFilterRecord>)| {
        let (number, name) = key.split_once(':')?;
        let group = logs.directory.group(GroupId(u64::from_str_radix(number, 16).ok()?))?;
        Some(Found { name: name.to_owned(), group: group.name, record: found.value })
    };
    all.into_iter().filter_map(filter).collect()
}
