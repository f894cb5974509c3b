//! `ListDiscoveredResources`

use std::collections::BTreeMap;

use api::config::errors;
use api::config::types::{ListDiscoveredResourcesRequest, ListDiscoveredResourcesResponse, ResourceIdentifier};
use api::{CallContext, ServiceError};

use crate::item::Item;
use crate::paging;
use crate::present::{self, LiveRecord, OtherRecord};
use crate::recorder;
use crate::retention::keeps_from;
use crate::service::{Config, Parts};

/// Ids that can be asked for at once.
const IDS_MAX: usize = 20;
/// Resources of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// The resources of a type, also those that are not recorded, by id (config.md §3.2).
pub async fn list_discovered_resources(
    config: &Config,
    cx: &CallContext,
    input: ListDiscoveredResourcesRequest,
) -> Result<ListDiscoveredResourcesResponse, ServiceError> {
    let parts = &config.parts;
    let resource_ids = input.resource_ids.filter(|ids| !ids.is_empty());
    if resource_ids.is_some() && input.resource_name.is_some() {
        let message = "Both Resource ID and Resource Name cannot be specified in the request";
        return Err(errors::validation_exception(message));
    }
    if resource_ids.as_ref().is_some_and(|ids| ids.len() > IDS_MAX) {
        let message = "The specified list had more than 20 resource ID's. It must have '20' or less items";
        return Err(errors::validation_exception(message));
    }
    recorder::available(&parts.catalog, &cx.scope())?;
    let asked = format!(
        "ListDiscoveredResources\n{}\n{}\n{:?}\n{:?}\n{:?}",
        cx.account(),
        input.resource_type,
        resource_ids,
        input.resource_name,
        input.include_deleted_resources,
    );
    let limit = paging::limit(input.limit, PAGE);
    let after: Option<String> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let with_deleted = input.include_deleted_resources == Some(true);
    let kept_from = keeps_from(&parts.catalog, &cx.scope(), cx.now);
    let wanted = |item: &Item| {
        (!item.status.is_gone() || (with_deleted && item.taken >= kept_from))
            && input.resource_name.as_ref().is_none_or(|name| item.resource_name.as_ref() == Some(name))
            && resource_ids.as_ref().is_none_or(|ids| ids.contains(&item.resource_id))
    };
    // One more than a page tells whether there is another.
    let found = first(parts, cx, &input.resource_type, after.as_deref(), wanted, limit + 1);
    let is_more = found.len() > limit;
    let page: Vec<_> = found.into_values().take(limit).collect();
    let last = page.last().filter(|_| is_more).map(|item| item.resource_id.clone());
    let identifier = |item: Item| ResourceIdentifier {
        resource_deletion_time: item.status.is_gone().then_some(item.taken),
        resource_type: Some(item.resource_type),
        resource_id: Some(item.resource_id),
        resource_name: item.resource_name,
    };
    Ok(ListDiscoveredResourcesResponse {
        resource_identifiers: Some(page.into_iter().map(identifier).collect()),
        next_token: last.map(|last| paging::write(&asked, last, cx.now)),
    })
}

/// The first resources of a type after an id that are wanted.
fn first(
    parts: &Parts,
    cx: &CallContext,
    resource_type: &str,
    after: Option<&str>,
    wanted: impl Fn(&Item) -> bool,
    count: usize,
) -> BTreeMap<String, Item> {
    let prefix = present::type_prefix(resource_type);
    let after = after.map(|id| format!("{prefix}{id}")).unwrap_or_default();
    let mut found = BTreeMap::new();
    let mut take = |item: &Item| {
        let is_wanted = wanted(item);
        if is_wanted {
            found.insert(item.resource_id.clone(), item.clone());
        }
        is_wanted
    };
    let live = present::page::<LiveRecord>(&parts.catalog, &cx.scope(), &prefix, &after, usize::MAX);
    let other = present::page::<OtherRecord>(&parts.catalog, &cx.scope(), &prefix, &after, usize::MAX);
    live.iter().filter(|(_, record)| take(&record.read().value.0.item)).take(count).for_each(drop);
    other.iter().filter(|(_, record)| take(&record.read().value.0.item)).take(count).for_each(drop);
    found
}
