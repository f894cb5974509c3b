//! `ListAggregateDiscoveredResources`

use api::config::types::{
    AggregateResourceIdentifier, ListAggregateDiscoveredResourcesRequest, ListAggregateDiscoveredResourcesResponse,
    ResourceFilters,
};
use api::{CallContext, ServiceError};
use base::Scope;
use serde::{Deserialize, Serialize};

use crate::item::Item;
use crate::present::{self, LiveRecord};
use crate::service::Config;
use crate::{aggregators, paging};

/// Resources of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// The last resource of a page.
#[derive(Serialize, Deserialize)]
struct Place {
    scope: Scope,
    resource_id: String,
}

/// The live, recorded resources of a type that an aggregator shows, by account, region and id (config.md §8.1).
pub async fn list_aggregate_discovered_resources(
    config: &Config,
    cx: &CallContext,
    input: ListAggregateDiscoveredResourcesRequest,
) -> Result<ListAggregateDiscoveredResourcesResponse, ServiceError> {
    let ListAggregateDiscoveredResourcesRequest {
        configuration_aggregator_name: name,
        resource_type,
        filters,
        limit,
        next_token,
    } = input;
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let sight = aggregators::sight(catalog, &scope, &name)?;
    let asked = format!("ListAggregateDiscoveredResources\n{scope:?}\n{name}\n{resource_type}\n{filters:?}");
    let after: Option<Place> = paging::read(next_token.as_deref(), &asked, cx.now)?;
    let limit = paging::limit(limit, PAGE);
    let ResourceFilters { account_id, resource_id, resource_name, region } = filters.unwrap_or_default();
    let is_wanted = |item: &Item| {
        resource_id.as_ref().is_none_or(|id| item.resource_id == *id)
            && resource_name.as_ref().is_none_or(|name| item.resource_name.as_ref() == Some(name))
    };
    let prefix = present::type_prefix(&resource_type);
    let mut found: Vec<Item> = Vec::new();
    let scopes = sight.within(account_id.as_deref(), region.as_deref()).filter(|_| sight.shows(&resource_type));
    for of in scopes {
        let from = match &after {
            Some(after) if *of < after.scope => continue,
            Some(after) if *of == after.scope => format!("{prefix}{}", after.resource_id),
            _ => String::new(),
        };
        // One more than a page tells whether there is another.
        let wanted = present::page::<LiveRecord>(catalog, of, &prefix, &from, usize::MAX).into_iter();
        let items = wanted.map(|(_, record)| record.read().value.0.item.clone()).filter(is_wanted);
        found.extend(items.take(limit + 1 - found.len()));
        if found.len() > limit {
            break;
        }
    }
    let is_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| is_more);
    let place = last.map(|item| Place { scope: item.scope.clone(), resource_id: item.resource_id.clone() });
    Ok(ListAggregateDiscoveredResourcesResponse {
        resource_identifiers: Some(found.into_iter().map(identifier).collect()),
        next_token: place.map(|place| paging::write(&asked, place, cx.now)),
    })
}

fn identifier(item: Item) -> AggregateResourceIdentifier {
    AggregateResourceIdentifier {
        source_account_id: item.scope.account.to_string(),
        source_region: item.scope.region.to_string(),
        resource_id: item.resource_id,
        resource_type: item.resource_type,
        resource_name: item.resource_name,
    }
}
