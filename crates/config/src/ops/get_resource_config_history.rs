//! `GetResourceConfigHistory`

use api::config::errors;
use api::config::types::{ChronologicalOrder, GetResourceConfigHistoryRequest, GetResourceConfigHistoryResponse};
use api::{CallContext, ServiceError};
use base::Timestamp;
use store::config_item::HistoryOrder;

use crate::history::Wanted;
use crate::service::Config;
use crate::{paging, recorder};

/// Items of a page, unless another number is asked for.
const PAGE: usize = 10;

/// The items of a resource, the newest first unless asked for otherwise (config.md §3.1).
pub async fn get_resource_config_history(
    config: &Config,
    cx: &CallContext,
    input: GetResourceConfigHistoryRequest,
) -> Result<GetResourceConfigHistoryResponse, ServiceError> {
    let (parts, scope) = (&config.parts, cx.scope());
    let (resource_type, resource_id) = (&input.resource_type, &input.resource_id);
    let earlier = input.earlier_time.unwrap_or(Timestamp::MIN);
    // Items can be taken at this very moment; one that a clock ahead took is not of it.
    let later = input.later_time.unwrap_or(Timestamp::MAX);
    if earlier > later {
        let message = "The earlier time must not be later than the later time.";
        return Err(errors::invalid_time_range_exception(message));
    }
    if parts.newest(&scope, resource_type, resource_id, cx.now).is_none() {
        // What was recorded by a recorder that is gone stays readable (H-3).
        recorder::available(&parts.catalog, &scope)?;
        let message =
            format!("Resource {resource_id} of resourceType:{resource_type} is unknown or has not been discovered");
        return Err(errors::resource_not_discovered_exception(message));
    }
    let order = match input.chronological_order {
        Some(ChronologicalOrder::Forward) => HistoryOrder::OldestFirst,
        Some(ChronologicalOrder::Reverse) | None => HistoryOrder::NewestFirst,
    };
    let asked = format!(
        "GetResourceConfigHistory\n{}\n{resource_type}\n{resource_id}\n{earlier:?}\n{later:?}\n{order:?}",
        cx.account()
    );
    let last: Option<Timestamp> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let end = later.plus_millis(1);
    let taken = match (order, last) {
        (HistoryOrder::NewestFirst, Some(last)) => earlier..last.min(end),
        (HistoryOrder::OldestFirst, Some(last)) => earlier.max(last.plus_millis(1))..end,
        (_, None) => earlier..end,
    };
    let limit = paging::limit(input.limit, PAGE);
    let wanted = Wanted { scope: &scope, resource_type, resource_id, taken, order, limit: limit + 1 };
    let mut items = parts.history(wanted, cx.now).await?;
    let is_more = items.len() > limit;
    items.truncate(limit);
    let last = items.last().filter(|_| is_more).map(|item| item.taken);
    Ok(GetResourceConfigHistoryResponse {
        configuration_items: Some(items.iter().map(crate::item::Item::to_api).collect()),
        next_token: last.map(|last| paging::write(&asked, last, cx.now)),
    })
}
