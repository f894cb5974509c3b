//! Rules of callers' own: functions that are invoked, and policies in Guard's language (config.md §6.4, §6.5).

mod answer;
mod event;
mod invocation;
mod job;
pub(crate) mod policy;
pub(crate) mod token;

use api::ServiceError;
use api::config::errors;
use base::Scope;

use crate::ports::Caller;
use crate::rule_book::{MessageKind, RuleRecord};
use crate::service::Parts;

pub(crate) use answer::{Given, compliance, to_result};
pub(crate) use invocation::{DeliveredSnapshot, LeftScope, Occasion, invoke, snapshot_delivered};
pub use job::InvokeFunctions;
pub use token::ForgetTokens;

/// Whether a function, or a webhook, can be invoked for a rule (config.md §6.2).
///
/// # Errors
/// `InsufficientPermissionsException`; why is in the log.
pub(crate) async fn check_function(
    parts: &Parts,
    scope: &Scope,
    rule_arn: &str,
    function: &str,
) -> Result<(), ServiceError> {
    let caller = Caller { scope: scope.clone(), rule_arn: rule_arn.to_owned(), failures: 0 };
    parts.outlets.functions.check(&caller, function).await.map_err(|error| {
        tracing::info!(%error, function, "a function cannot be invoked for a rule");
        errors::insufficient_permissions_exception(format!(
            "The AWS Lambda function {function} cannot be invoked. Check the specified function ARN, and check the function's permissions"
        ))
    })
}

/// Whether messages of a kind set a custom rule off.
pub(crate) fn listens_to(rule: &RuleRecord, kind: MessageKind) -> bool {
    rule.details().iter().any(|detail| detail.message == kind)
}

#[cfg(test)]
mod tests;
