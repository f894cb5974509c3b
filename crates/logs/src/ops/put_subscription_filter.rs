//! `PutSubscriptionFilter` (logs.md §5.1).

use api::logs::{errors, types};
use api::{CallContext, ServiceError, Unit};
use lang::filter_pattern::FilterPattern;
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::groups;
use crate::regex_quota;
use crate::subscriptions::{self, FILTERS_MAX, Sender, SubscriptionRecord, Target, control_message, resolve};

/// What can be added to each event (logs.md SF-8).
const SYSTEM_FIELDS: [&str; 3] = ["@aws.account", "@aws.region", "@source.log"];

pub(super) async fn put_subscription_filter(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutSubscriptionFilterRequest,
) -> Result<Unit, ServiceError> {
    let refused = |message: String| Err(errors::invalid_parameter_exception(message));
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let named = Target::parse(&input.destination_arn);
    // The order of the checks was recorded (logs.md SF-3).
    if let Some(target @ Target::Lambda(_)) = &named
        && target.account() != Some(scope.account.as_str())
    {
        let message = "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to create \
                       cross account lambda triggers.";
        return Err(errors::access_denied_exception(message));
    }
    match &named {
        Some(target @ (Target::Kinesis(_) | Target::Firehose(_))) if input.role_arn.is_none() => {
            return refused(format!("destinationArn for vendor {} cannot be used without roleArn", target.vendor()));
        }
        Some(target @ (Target::Lambda(_) | Target::Http(_))) if input.role_arn.is_some() => {
            return refused(format!("destinationArn for vendor {} cannot be used with roleArn", target.vendor()));
        }
        Some(target) if target.account().is_some_and(|account| account != scope.account.as_str()) => {
            return refused("A stream of another account is reached through a destination.".to_owned());
        }
        _ => {}
    }
    let group = groups::find(catalog, &scope, &input.log_group_name)?;
    group.require_standard("Subscription filters", errors::invalid_operation_exception)?;
    let pattern = match FilterPattern::parse(&input.filter_pattern) {
        Ok(pattern) => pattern,
        Err(error) => return refused(error.message),
    };
    if input.apply_on_transformed_logs == Some(true) {
        let message = "applyOnTransformedLogs is not supported for subscription filters by this server.";
        return Err(errors::invalid_operation_exception(message));
    }
    if input.field_selection_criteria.as_ref().is_some_and(|criteria| !criteria.is_empty()) {
        return refused("fieldSelectionCriteria is not supported for subscription filters by this server.".to_owned());
    }
    let fields = input.emit_system_fields.filter(|fields| !fields.is_empty());
    if let Some(unknown) = fields.iter().flatten().find(|field| !SYSTEM_FIELDS.contains(&field.as_str())) {
        return refused(format!("The system field {unknown} is not supported."));
    }
    let unusable = || {
        let message = "Could not deliver test message to specified destination. Check if the destination is valid.";
        errors::invalid_parameter_exception(message)
    };
    let (target, logical) = resolve(catalog, &input.destination_arn).ok_or_else(unusable)?;
    if let Some((owner, destination)) = &logical {
        if owner.region != scope.region {
            return Err(unusable());
        }
        // The owner's own calls need no policy (logs.md DS-4).
        let policy = destination.value.policy.as_deref();
        let allowed = owner.account == scope.account
            || policy.is_some_and(|policy| logs.parts.policies.may_subscribe(policy, &input.destination_arn, cx));
        if !allowed {
            let who = cx.principal.arn(cx.partition).map(|arn| arn.to_string()).unwrap_or_default();
            return Err(errors::access_denied_exception(format!(
                "User: {who} is not authorized to perform: logs:PutSubscriptionFilter on resource: {}",
                input.destination_arn
            )));
        }
    } else {
        let sender = Sender { upstreams: logs.parts.upstreams.clone(), http: logs.parts.http.clone() };
        let control = control_message(target.checked_as().unwrap_or_default(), cx.now.millis());
        if let Err(failure) = sender.test(&target, &control).await {
            tracing::warn!(destination = input.destination_arn, reason = failure.message, "a test delivery failed");
            return refused(target.refusal().to_owned());
        }
    }
    let mut record = SubscriptionRecord {
        pattern: input.filter_pattern,
        destination: input.destination_arn,
        role_arn: input.role_arn,
        by_log_stream: !matches!(input.distribution, Some(types::Distribution::Random)),
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
