//! `GetAggregateDiscoveredResourceCounts`

use std::collections::BTreeMap;

use api::config::types::{
    GetAggregateDiscoveredResourceCountsRequest, GetAggregateDiscoveredResourceCountsResponse, GroupedResourceCount,
    ResourceCountFilters, ResourceCountGroupKey,
};
use api::{CallContext, ServiceError};

use crate::present::{self, LiveRecord};
use crate::service::Config;
use crate::{aggregators, paging};

/// Groups of a page, unless fewer are asked for.
const PAGE: usize = 1000;

/// How many live, recorded resources an aggregator shows, in all and by type, account or region (config.md §8.1).
pub async fn get_aggregate_discovered_resource_counts(
    config: &Config,
    cx: &CallContext,
    input: GetAggregateDiscoveredResourceCountsRequest,
) -> Result<GetAggregateDiscoveredResourceCountsResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let name = &input.configuration_aggregator_name;
    let sight = aggregators::sight(catalog, &scope, name)?;
    let (filters, group_by) = (input.filters, input.group_by_key);
    let asked = format!("GetAggregateDiscoveredResourceCounts\n{scope:?}\n{name}\n{filters:?}\n{group_by:?}");
    let ResourceCountFilters { resource_type, account_id, region } = filters.unwrap_or_default();
    let (mut total, mut groups): (i64, BTreeMap<String, i64>) = (0, BTreeMap::new());
    for of in sight.within(account_id.as_deref(), region.as_deref()) {
        let prefix = resource_type.as_deref().map(present::type_prefix).unwrap_or_default();
        for (key, _) in present::page::<LiveRecord>(catalog, of, &prefix, "", usize::MAX) {
            let (resource_type, _) = present::names(&key);
            if !sight.shows(resource_type) {
                continue;
            }
            total += 1;
            let group = match group_by {
                None => continue,
                Some(ResourceCountGroupKey::ResourceType) => resource_type,
                Some(ResourceCountGroupKey::AccountId) => of.account.as_str(),
                Some(ResourceCountGroupKey::AwsRegion) => of.region.as_str(),
            };
            match groups.get_mut(group) {
                Some(count) => *count += 1,
                None => drop(groups.insert(group.to_owned(), 1)),
            }
        }
    }
    let limit = paging::limit(input.limit, PAGE);
    let groups = groups.into_iter().collect();
    let place = |(group, _): &(String, i64)| group.clone();
    let (page, next_token) = paging::page_of(groups, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    let count = |(group_name, resource_count)| GroupedResourceCount { group_name, resource_count };
    Ok(GetAggregateDiscoveredResourceCountsResponse {
        total_discovered_resources: total,
        group_by_key: group_by.map(|key| key.as_str().to_owned()),
        grouped_resource_counts: Some(page.into_iter().map(count).collect()),
        next_token,
    })
}
