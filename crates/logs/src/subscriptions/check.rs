//! Whether a caller may subscribe to a destination, and whether it takes anything (logs.md SF-1, SF-3, SF-4).

use api::logs::errors;
use api::{CallContext, ServiceError};
use base::Scope;

use super::payload::control_message;
use super::resolve;
use super::target::{Sender, Target};
use crate::Logs;

/// What can be said of a destination and a role by themselves.
///
/// # Errors
/// logs.md SF-3.
pub(crate) fn check_role(scope: &Scope, destination: &str, role: Option<&str>) -> Result<(), ServiceError> {
    let refused = |message: String| Err(errors::invalid_parameter_exception(message));
    let Some(target) = Target::parse(destination) else { return Ok(()) };
    let elsewhere = target.account().is_some_and(|account| account != scope.account.as_str());
    match &target {
        Target::Lambda(_) if elsewhere => {
            let message = "Cross-account lambda invocation passing is not allowed. You must use DestinationPolicies to \
                           create cross account lambda triggers.";
            Err(errors::access_denied_exception(message))
        }
        Target::Kinesis(_) | Target::Firehose(_) if role.is_none() => {
            refused(format!("destinationArn for vendor {} cannot be used without roleArn", target.vendor()))
        }
        Target::Lambda(_) | Target::Http(_) if role.is_some() => {
            refused(format!("destinationArn for vendor {} cannot be used with roleArn", target.vendor()))
        }
        _ if elsewhere => refused("A stream of another account is reached through a destination.".to_owned()),
        _ => Ok(()),
    }
}

/// Whether the caller may subscribe to a destination, and whether a test arrives there.
///
/// # Errors
/// logs.md SF-4; `AccessDeniedException` where the policy of a logical destination does not let the caller
/// (logs.md DS-4).
pub(crate) async fn check_delivery(logs: &Logs, cx: &CallContext, destination: &str) -> Result<(), ServiceError> {
    let unusable = || {
        let message = "Could not deliver test message to specified destination. Check if the destination is valid.";
        errors::invalid_parameter_exception(message)
    };
    let scope = cx.scope();
    let (target, logical) = resolve(&logs.parts.catalog, destination).ok_or_else(unusable)?;
    if let Some((owner, found)) = &logical {
        if owner.region != scope.region {
            return Err(unusable());
        }
        // The owner's own calls need no policy (logs.md DS-4).
        let policy = found.value.policy.as_deref();
        let allowed = owner.account == scope.account
            || policy.is_some_and(|policy| logs.parts.policies.may_subscribe(policy, destination, cx));
        if allowed {
            return Ok(());
        }
        let who = cx.principal.arn(cx.partition).map(|arn| arn.to_string()).unwrap_or_default();
        return Err(errors::access_denied_exception(format!(
            "User: {who} is not authorized to perform: logs:PutSubscriptionFilter on resource: {destination}"
        )));
    }
    let sender = Sender::of_test(&logs.parts, cx.account());
    let control = control_message(target.checked_as().unwrap_or_default(), cx.now.millis());
    match sender.test(&target, &control).await {
        Ok(()) => Ok(()),
        Err(failure) => {
            tracing::warn!(destination, reason = failure.message, "a test delivery failed");
            Err(errors::invalid_parameter_exception(target.refusal()))
        }
    }
}
