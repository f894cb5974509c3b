//! `DescribeRemediationExecutionStatus`

use api::config::types::{DescribeRemediationExecutionStatusRequest, DescribeRemediationExecutionStatusResponse};
use api::{CallContext, ServiceError};
use store::catalog::{Key, Versioned};

use super::start_remediation_execution::resource;
use crate::paging;
use crate::present::{SEPARATOR, names};
use crate::remediation;
use crate::remediation::execution::{self, ExecutionRecord};
use crate::rule::ResourceKey;
use crate::service::Config;

/// Entries of a page, unless another number is asked for.
const PAGE: usize = 25;

/// What became of the newest execution for each resource (config.md §8.4): of all of a rule, or those that are named.
pub async fn describe_remediation_execution_status(
    config: &Config,
    cx: &CallContext,
    input: DescribeRemediationExecutionStatusRequest,
) -> Result<DescribeRemediationExecutionStatusResponse, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), &input.config_rule_name);
    remediation::named(catalog, &scope, name)?;
    let keys: Vec<_> = input.resource_keys.iter().flatten().map(resource).collect();
    let limit = paging::limit(input.limit, PAGE);
    let asked = format!("DescribeRemediationExecutionStatus {name} {keys:?}");
    let place: Option<(String, String)> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let after = place.map(|(resource_type, resource_id)| ResourceKey { resource_type, resource_id });
    let entry = |(key, found): (Key, Versioned<ExecutionRecord>)| {
        let (_, resource) = key.name.split_once(SEPARATOR)?;
        let (resource_type, resource_id) = names(resource);
        let resource = ResourceKey { resource_type: resource_type.to_owned(), resource_id: resource_id.to_owned() };
        let is_wanted = keys.is_empty() || keys.contains(&resource);
        (is_wanted && after.as_ref().is_none_or(|after| resource > *after)).then_some((resource, found))
    };
    let mut found: Vec<_> = execution::of_rule(catalog, &scope, name).into_iter().filter_map(entry).collect();
    let has_more = found.len() > limit;
    found.truncate(limit);
    let token = |(resource, _): &(ResourceKey, _)| {
        paging::write(&asked, (&resource.resource_type, &resource.resource_id), cx.now)
    };
    let next_token = found.last().filter(|_| has_more).map(token);
    let statuses = found.iter().map(|(resource, found)| found.value.to_api(resource)).collect();
    Ok(DescribeRemediationExecutionStatusResponse { remediation_execution_statuses: Some(statuses), next_token })
}
