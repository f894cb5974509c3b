//! `StartRemediationExecution`

use api::config::types::{self, StartRemediationExecutionRequest, StartRemediationExecutionResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::item::ACCOUNT_TYPE;
use crate::present;
use crate::remediation;
use crate::remediation::execution::{self, AskedBy, ExecutionRecord};
use crate::rule::ResourceKey;
use crate::service::Config;

/// Lets resources be seen to as the rule's remediation says (config.md §8.4). Those that are not known, or are being
/// seen to, come back.
pub async fn start_remediation_execution(
    config: &Config,
    cx: &CallContext,
    input: StartRemediationExecutionRequest,
) -> Result<StartRemediationExecutionResponse, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), &input.config_rule_name);
    let mut resources: Vec<_> = input.resource_keys.iter().map(resource).collect();
    resources.sort();
    resources.dedup();
    let failed = change(catalog, || {
        let remediation = remediation::named(catalog, &scope, name)?;
        let mut transaction = Transaction::default();
        let mut failed = Vec::new();
        for resource in &resources {
            let ResourceKey { resource_type, resource_id } = resource;
            let is_known = match resource_type == ACCOUNT_TYPE {
                true => resource_id == scope.account.as_str(),
                false => present::live(catalog, &scope, resource_type, resource_id).is_some(),
            };
            let found = execution::find(catalog, &scope, name, resource);
            let is_under_way = found.as_ref().is_some_and(|found| found.value.is_under_way());
            if !is_known || is_under_way || !remediation.value.is_about(resource_type) {
                failed.push(key(resource));
                continue;
            }
            let record = ExecutionRecord::new(AskedBy::Caller, Vec::new(), cx.now);
            execution::put(&mut transaction, &scope, name, resource, found.as_ref(), &record);
        }
        Ok((transaction, failed))
    })
    .await?;
    config.parts.signals.remediations.notify_one();
    let message =
        "These resources are not recorded, not of the remediation's resource type, or being remediated already.";
    Ok(StartRemediationExecutionResponse {
        failure_message: (!failed.is_empty()).then(|| message.to_owned()),
        failed_items: Some(failed),
    })
}

pub(super) fn resource(key: &types::ResourceKey) -> ResourceKey {
    ResourceKey { resource_type: key.resource_type.clone(), resource_id: key.resource_id.clone() }
}

fn key(resource: &ResourceKey) -> types::ResourceKey {
    types::ResourceKey { resource_type: resource.resource_type.clone(), resource_id: resource.resource_id.clone() }
}
