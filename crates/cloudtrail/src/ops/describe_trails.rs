//! `DescribeTrails`

use api::cloudtrail::types::{DescribeTrailsRequest, DescribeTrailsResponse};
use api::{CallContext, ServiceError};

use crate::service::CloudTrail;
use crate::trails::{Trail, described, of_account};

/// Describes the trails that are seen in the region, or those that are named (cloudtrail.md §4.5). A name stands for a
/// trail seen here, an ARN for a trail of any region; what is unknown is passed over.
pub async fn describe_trails(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: DescribeTrailsRequest,
) -> Result<DescribeTrailsResponse, ServiceError> {
    let all = of_account(&cloudtrail.parts.catalog, cx.account());
    let shadows = input.include_shadow_trails.unwrap_or(true);
    let is_seen = |trail: &&Trail| trail.scope.region == cx.region || (shadows && trail.record.multi_region);
    let names = input.trail_name_list.unwrap_or_default();
    let trails: Vec<&Trail> = match names.is_empty() {
        true => all.iter().filter(is_seen).collect(),
        false => names.iter().filter_map(|name| named(&all, name, is_seen, cx)).collect(),
    };
    Ok(DescribeTrailsResponse { trail_list: Some(trails.into_iter().map(described).collect()) })
}

fn named<'a>(all: &'a [Trail], name: &str, is_seen: impl Fn(&&Trail) -> bool, cx: &CallContext) -> Option<&'a Trail> {
    if name.starts_with("arn:") {
        return all.iter().find(|trail| trail.arn() == *name);
    }
    // A trail that is homed here comes before the shadow of one of the same name.
    let mut seen: Vec<&Trail> = all.iter().filter(|trail| trail.name == *name && is_seen(trail)).collect();
    seen.sort_by_key(|trail| trail.scope.region != cx.region);
    seen.first().copied()
}
