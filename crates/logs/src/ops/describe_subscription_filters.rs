//! `DescribeSubscriptionFilters` (logs.md SF-5).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::groups;
use crate::list_page::{self, Asked, Order};
use crate::subscriptions::SubscriptionRecord;

pub(super) async fn describe_subscription_filters(
    logs: &Logs,
    cx: &CallContext,
    input: types::DescribeSubscriptionFiltersRequest,
) -> Result<types::DescribeSubscriptionFiltersResponse, ServiceError> {
    let group = groups::find(&logs.parts.catalog, &cx.scope(), &input.log_group_name)?;
    let parameters = format!("{:?}", ("DescribeSubscriptionFilters", group.id(), &input.filter_name_prefix));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.limit),
        order: Order::Ascending,
        now: cx.now,
    };
    let prefix = input.filter_name_prefix.as_deref().unwrap_or_default();
    let found = group.list::<SubscriptionRecord>(&logs.parts.catalog, prefix);
    let items = found.into_iter().map(|(name, found)| (name.clone(), described(&group.name, name, &found.value)));
    let (filters, next_token) = list_page::page(&asked, items)?;
    Ok(types::DescribeSubscriptionFiltersResponse { subscription_filters: Some(filters), next_token })
}

fn described(group: &str, name: String, record: &SubscriptionRecord) -> types::SubscriptionFilter {
    types::SubscriptionFilter {
        filter_name: Some(name),
        log_group_name: Some(group.to_owned()),
        filter_pattern: Some(record.pattern.clone()),
        destination_arn: Some(record.destination.clone()),
        role_arn: record.role_arn.clone(),
        distribution: Some(match record.by_log_stream {
            true => types::Distribution::ByLogStream,
            false => types::Distribution::Random,
        }),
        apply_on_transformed_logs: Some(record.on_transformed),
        creation_time: Some(record.created.millis()),
        field_selection_criteria: record.field_selection_criteria.clone(),
        emit_system_fields: record.system_fields.clone(),
    }
}
