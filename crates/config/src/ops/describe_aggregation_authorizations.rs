//! `DescribeAggregationAuthorizations`

use api::config::types::{DescribeAggregationAuthorizationsRequest, DescribeAggregationAuthorizationsResponse};
use api::{CallContext, ServiceError};

use crate::aggregation_authorizations::AuthorizationRecord;
use crate::paging;
use crate::service::Config;

/// Authorizations of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// Whose aggregators may look at this account and region (config.md §8.1).
pub async fn describe_aggregation_authorizations(
    config: &Config,
    cx: &CallContext,
    input: DescribeAggregationAuthorizationsRequest,
) -> Result<DescribeAggregationAuthorizationsResponse, ServiceError> {
    let scope = cx.scope();
    let asked = format!("DescribeAggregationAuthorizations\n{scope:?}");
    let found = config.parts.catalog.list::<AuthorizationRecord>(&scope.account, Some(&scope.region));
    let limit = paging::limit(input.limit, PAGE);
    let (page, next_token) =
        paging::page_of(found, |(name, _)| name.clone(), &asked, input.next_token.as_deref(), limit, cx.now)?;
    Ok(DescribeAggregationAuthorizationsResponse {
        aggregation_authorizations: Some(page.iter().map(|(_, found)| found.value.to_api(&scope)).collect()),
        next_token,
    })
}
