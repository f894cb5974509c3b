//! `DeleteRemediationExceptions`

use api::config::errors;
use api::config::types::{
    DeleteRemediationExceptionsRequest, DeleteRemediationExceptionsResponse, FailedDeleteRemediationExceptionsBatch,
    RemediationExceptionResourceKey,
};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::put_remediation_exceptions::resources;
use crate::change::change;
use crate::remediation::exception;
use crate::rule::ResourceKey;
use crate::service::Config;

/// Lets resources be seen to again (config.md §8.4). Those that were not left alone come back.
pub async fn delete_remediation_exceptions(
    config: &Config,
    cx: &CallContext,
    input: DeleteRemediationExceptionsRequest,
) -> Result<DeleteRemediationExceptionsResponse, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), &input.config_rule_name);
    let resources = resources(&input.resource_keys)?;
    let failed = change(catalog, || {
        if exception::of_rule(catalog, &scope, name, None, 1, cx.now).is_empty() {
            let message = format!("No remediation exceptions exist for the rule {name}.");
            return Err(errors::no_such_remediation_exception_exception(message));
        }
        let mut transaction = Transaction::default();
        let mut failed = Vec::new();
        for resource in &resources {
            if !exception::remove(catalog, &mut transaction, &scope, name, resource, cx.now) {
                failed.push(key(resource));
            }
        }
        Ok((transaction, failed))
    })
    .await?;
    let batch = |failed| FailedDeleteRemediationExceptionsBatch {
        failure_message: Some("There is no remediation exception for these resources.".to_owned()),
        failed_items: Some(failed),
    };
    let failed_batches = if failed.is_empty() { Vec::new() } else { vec![batch(failed)] };
    Ok(DeleteRemediationExceptionsResponse { failed_batches: Some(failed_batches) })
}

fn key(resource: &ResourceKey) -> RemediationExceptionResourceKey {
    RemediationExceptionResourceKey {
        resource_type: Some(resource.resource_type.clone()),
        resource_id: Some(resource.resource_id.clone()),
    }
}
