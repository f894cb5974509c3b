//! `DescribeRemediationExceptions`

use api::config::types::{DescribeRemediationExceptionsRequest, DescribeRemediationExceptionsResponse};
use api::{CallContext, ServiceError};

use super::put_remediation_exceptions::resources;
use crate::paging;
use crate::remediation::exception;
use crate::rule::ResourceKey;
use crate::service::Config;

/// Entries of a page, unless another number is asked for.
const PAGE: usize = 25;

/// The resources that are left alone (config.md §8.4): all of a rule, or those that are named.
pub async fn describe_remediation_exceptions(
    config: &Config,
    cx: &CallContext,
    input: DescribeRemediationExceptionsRequest,
) -> Result<DescribeRemediationExceptionsResponse, ServiceError> {
    let (catalog, scope, name) = (&config.parts.catalog, cx.scope(), &input.config_rule_name);
    let keys = input.resource_keys.unwrap_or_default();
    let limit = paging::limit(input.limit, PAGE);
    let asked = format!("DescribeRemediationExceptions {name} {keys:?}");
    let place: Option<(String, String)> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let after = place.map(|(resource_type, resource_id)| ResourceKey { resource_type, resource_id });
    let mut found = match keys.is_empty() {
        true => exception::of_rule(catalog, &scope, name, after.as_ref(), limit + 1, cx.now),
        false => {
            let find = |resource: ResourceKey| {
                let record = exception::find(catalog, &scope, name, &resource, cx.now)?;
                Some((resource, record))
            };
            let mut named: Vec<_> = resources(&keys)?.into_iter().filter_map(find).collect();
            named.retain(|(resource, _)| after.as_ref().is_none_or(|after| resource > after));
            named
        }
    };
    let has_more = found.len() > limit;
    found.truncate(limit);
    let token = |(resource, _): &(ResourceKey, _)| {
        paging::write(&asked, (&resource.resource_type, &resource.resource_id), cx.now)
    };
    let next_token = found.last().filter(|_| has_more).map(token);
    let exceptions = found.iter().map(|(resource, record)| record.to_api(name, resource)).collect();
    Ok(DescribeRemediationExceptionsResponse { remediation_exceptions: Some(exceptions), next_token })
}
