//! `ListTrails`

use api::cloudtrail::types::{ListTrailsRequest, ListTrailsResponse, TrailInfo};
use api::{CallContext, ServiceError};

use crate::service::CloudTrail;
use crate::trails::of_account;

/// Lists the account's trails over all regions, all in one page (cloudtrail.md §4.5).
pub async fn list_trails(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    _input: ListTrailsRequest,
) -> Result<ListTrailsResponse, ServiceError> {
    let trails = of_account(&cloudtrail.parts.catalog, cx.account());
    let info = |trail: &crate::trails::Trail| TrailInfo {
        trail_arn: Some(trail.arn()),
        name: Some(trail.name.clone()),
        home_region: Some(trail.scope.region.to_string()),
    };
    Ok(ListTrailsResponse { trails: Some(trails.iter().map(info).collect()), next_token: None })
}
