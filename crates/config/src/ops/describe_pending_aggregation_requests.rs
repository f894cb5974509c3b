//! `DescribePendingAggregationRequests`

use api::config::types::{
    DescribePendingAggregationRequestsRequest, DescribePendingAggregationRequestsResponse, PendingAggregationRequest,
};
use api::{CallContext, ServiceError};
use base::Scope;

use crate::service::Config;
use crate::{aggregation_authorizations, paging};

/// Requests of a page, unless fewer are asked for.
const PAGE: usize = 20;

/// Whose aggregators name this account and region, and may not look (config.md §8.1).
pub async fn describe_pending_aggregation_requests(
    config: &Config,
    cx: &CallContext,
    input: DescribePendingAggregationRequestsRequest,
) -> Result<DescribePendingAggregationRequestsResponse, ServiceError> {
    let scope = cx.scope();
    let asked = format!("DescribePendingAggregationRequests\n{scope:?}");
    let pending: Vec<Scope> = aggregation_authorizations::pending(&config.parts.catalog, &scope).into_keys().collect();
    let limit = paging::limit(input.limit, PAGE);
    let place = |of: &Scope| format!("{}/{}", of.account, of.region);
    let (page, next_token) = paging::page_of(pending, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    let request = |of: &Scope| PendingAggregationRequest {
        requester_account_id: Some(of.account.to_string()),
        requester_aws_region: Some(of.region.to_string()),
    };
    Ok(DescribePendingAggregationRequestsResponse {
        pending_aggregation_requests: Some(page.iter().map(request).collect()),
        next_token,
    })
}
