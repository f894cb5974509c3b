//! `GetDiscoveredResourceCounts`

use std::collections::BTreeMap;

use api::config::types::{GetDiscoveredResourceCountsRequest, GetDiscoveredResourceCountsResponse, ResourceCount};
use api::{CallContext, ServiceError};

use crate::paging;
use crate::present::{self, LiveRecord};
use crate::recorder;
use crate::service::Config;

/// Types of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// How many live, recorded resources there are of each type, most first; none while the recorder is stopped
/// (config.md §3.3, REC-16).
pub async fn get_discovered_resource_counts(
    config: &Config,
    cx: &CallContext,
    input: GetDiscoveredResourceCountsRequest,
) -> Result<GetDiscoveredResourceCountsResponse, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    let asked = format!("GetDiscoveredResourceCounts\n{}\n{:?}", cx.account(), input.resource_types);
    let limit = paging::limit(input.limit, PAGE);
    let after: Option<(i64, String)> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let wanted = input.resource_types.filter(|types| !types.is_empty());
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    if recorder::find(&parts.catalog, &scope).is_some_and(|found| found.value.is_recording) {
        for (key, _) in present::page::<LiveRecord>(&parts.catalog, &scope, "", "", usize::MAX) {
            let (resource_type, _) = present::names(&key);
            if wanted.as_ref().is_none_or(|types| types.iter().any(|named| named == resource_type)) {
                match counts.get_mut(resource_type) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(resource_type.to_owned(), 1)),
                }
            }
        }
    }
    let total = counts.values().sum();
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    // By what stood last on the page before, so that types that come and go meanwhile move nothing over the edge.
    if let Some((last, named)) = &after {
        counts.retain(|(resource_type, count)| count < last || (count == last && resource_type > named));
    }
    let is_more = counts.len() > limit;
    counts.truncate(limit);
    let last = counts.last().filter(|_| is_more);
    let next_token = last.map(|(resource_type, count)| paging::write(&asked, (count, resource_type), cx.now));
    let count = |(resource_type, count): (String, i64)| ResourceCount {
        resource_type: Some(resource_type),
        count: Some(count),
    };
    Ok(GetDiscoveredResourceCountsResponse {
        total_discovered_resources: Some(total),
        resource_counts: Some(counts.into_iter().map(count).collect()),
        next_token,
    })
}
