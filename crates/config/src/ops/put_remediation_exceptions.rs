//! `PutRemediationExceptions`

use api::config::errors;
use api::config::types::{
    FailedRemediationExceptionBatch, PutRemediationExceptionsRequest, PutRemediationExceptionsResponse,
    RemediationExceptionResourceKey,
};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::put_remediation_configurations::staying;
use crate::change::change;
use crate::remediation::exception::{self, ExceptionRecord};
use crate::results;
use crate::rule::{Compliance, ResourceKey};
use crate::rule_book;
use crate::service::Config;

/// Lets resources that break a rule be left alone (config.md §8.4). Those that do not break it come back.
pub async fn put_remediation_exceptions(
    config: &Config,
    cx: &CallContext,
    input: PutRemediationExceptionsRequest,
) -> Result<PutRemediationExceptionsResponse, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), &input.config_rule_name);
    let resources = resources(&input.resource_keys)?;
    let record = ExceptionRecord { message: input.message.clone(), until: input.expiration_time };
    if record.is_over(cx.now) {
        return Err(errors::invalid_parameter_value_exception("The ExpirationTime must be in the future."));
    }
    let failed = change(catalog, || {
        let rule = staying(catalog, &scope, name)?;
        let breaks = |resource: &&ResourceKey| {
            let result = results::find(catalog, &scope, &rule.value.id, resource);
            result.is_some_and(|result| result.value.compliance == Compliance::NonCompliant)
        };
        let (broken, failed): (Vec<_>, Vec<_>) = resources.iter().partition(breaks);
        let mut transaction = Transaction::default();
        rule_book::check(&mut transaction, &scope, &rule);
        for resource in broken {
            exception::put(&mut transaction, &scope, name, resource, &record);
        }
        Ok((transaction, failed.into_iter().map(|resource| record.to_api(name, resource)).collect::<Vec<_>>()))
    })
    .await?;
    let batch = |failed| FailedRemediationExceptionBatch {
        failure_message: Some("An exception can be placed only on a resource that is NON_COMPLIANT.".to_owned()),
        failed_items: Some(failed),
    };
    let failed_batches = if failed.is_empty() { Vec::new() } else { vec![batch(failed)] };
    Ok(PutRemediationExceptionsResponse { failed_batches: Some(failed_batches) })
}

/// The resources that keys name.
///
/// # Errors
/// `InvalidParameterValueException` where a key names none.
pub(super) fn resources(keys: &[RemediationExceptionResourceKey]) -> Result<Vec<ResourceKey>, ServiceError> {
    let resource = |key: &RemediationExceptionResourceKey| {
        let (resource_type, resource_id) = key.resource_type.clone().zip(key.resource_id.clone())?;
        Some(ResourceKey { resource_type, resource_id })
    };
    let resources: Option<Vec<_>> = keys.iter().map(resource).collect();
    let message = "A resource key must have a ResourceType and a ResourceId.";
    let mut resources = resources.ok_or_else(|| errors::invalid_parameter_value_exception(message))?;
    resources.sort();
    resources.dedup();
    Ok(resources)
}
