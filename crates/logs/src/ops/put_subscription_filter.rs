//! `PutSubscriptionFilter` (logs.md §5.1).

use api::logs::{errors, types};
use api::{CallContext, ServiceError, Unit};
use lang::field_selection::FieldSelection;
use lang::filter_pattern::FilterPattern;
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::groups;
use crate::regex_quota;
use crate::subscriptions::{self, FILTERS_MAX, SubscriptionRecord, check_delivery, check_role};
use crate::transformers;

/// What can be added to each event (logs.md SF-8).
const SYSTEM_FIELDS: [&str; 3] = ["@aws.account", "@aws.region", "@source.log"];

pub(super) async fn put_subscription_filter(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutSubscriptionFilterRequest,
) -> Result<Unit, ServiceError> {
    let refused = |message: String| Err(errors::invalid_parameter_exception(message));
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    // The order of the checks was recorded (logs.md SF-3).
    check_role(&scope, &input.destination_arn, input.role_arn.as_deref())?;
    let group = groups::find(catalog, &scope, &input.log_group_name)?;
    group.require_standard("Subscription filters", errors::invalid_operation_exception)?;
    let pattern = match FilterPattern::parse(&input.filter_pattern) {
        Ok(pattern) => pattern,
        Err(error) => return refused(error.message),
    };
    let on_transformed = input.apply_on_transformed_logs == Some(true);
    if on_transformed {
        transformers::require(logs, &group, cx.now)?;
    }
    let criteria = input.field_selection_criteria.filter(|criteria| !criteria.trim().is_empty());
    if let Some(Err(error)) = criteria.as_deref().map(FieldSelection::parse) {
        return refused(error.to_string());
    }
    let fields = input.emit_system_fields.filter(|fields| !fields.is_empty());
    if let Some(unknown) = fields.iter().flatten().find(|field| !SYSTEM_FIELDS.contains(&field.as_str())) {
        return refused(format!("The system field {unknown} is not supported."));
    }
    check_delivery(logs, cx, &input.destination_arn).await?;
    let mut record = SubscriptionRecord {
        pattern: input.filter_pattern,
        destination: input.destination_arn,
        role_arn: input.role_arn,
        by_log_stream: !matches!(input.distribution, Some(types::Distribution::Random)),
        field_selection_criteria: criteria,
        on_transformed,
        system_fields: fields,
        created: cx.now,
    };
    let _adding = logs.membership.write().await;
    let group = groups::find(catalog, &scope, &input.log_group_name)?;
    let key = group.belonging(&input.filter_name);
    let existing = group.list::<SubscriptionRecord>(catalog, "");
    let same = existing.iter().find(|(name, _)| *name == input.filter_name);
    if same.is_none() && existing.len() >= FILTERS_MAX {
        return Err(errors::limit_exceeded_exception("Resource limit exceeded."));
    }
    regex_quota::check::<SubscriptionRecord>(catalog, &group, &input.filter_name, &pattern)?;
    record.created = same.map_or(cx.now, |(_, found)| found.value.created);
    change(catalog, || {
        let mut transaction = Transaction::default();
        group.require(&mut transaction);
        transaction.put(key.clone(), &record);
        subscriptions::begin(&mut transaction, &key, logs);
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
