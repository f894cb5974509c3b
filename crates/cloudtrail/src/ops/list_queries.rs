//! `ListQueries` (cloudtrail.md §7.3)

use api::cloudtrail::errors;
use api::cloudtrail::types::{ListQueriesRequest, ListQueriesResponse, Query};
use api::{CallContext, ServiceError};
use base::Timestamp;
use wire::page_token;

use crate::lake::queries::{self, KEPT_MS, QueryRecord};
use crate::lake::stores;
use crate::service::CloudTrail;

/// Queries of a page where the caller does not say.
const PAGE: usize = 1000;

/// Lists the caller's queries of the last seven days that read a store, newest first.
pub async fn list_queries(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: ListQueriesRequest,
) -> Result<ListQueriesResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    let store = stores::found_active(catalog, cx, &input.event_data_store)?;
    if let (Some(start), Some(end)) = (input.start_time, input.end_time)
        && start > end
    {
        return Err(errors::invalid_date_range_exception("The start time is after the end time."));
    }
    let range = (input.start_time, input.end_time);
    let parameters = format!("{:?}", ("ListQueries", cx.scope(), &store.id, range, input.query_status));
    let invalid = || errors::invalid_next_token_exception("The next token is invalid or has expired.");
    let after: Option<(i64, String)> = match &input.next_token {
        Some(token) => Some(page_token::decode(token, &parameters, cx.now).ok_or_else(invalid)?),
        None => None,
    };
    let from = input.start_time.unwrap_or(Timestamp::MIN).max(cx.now.plus_millis(1 - KEPT_MS));
    let to = input.end_time.unwrap_or(cx.now);
    let wanted = |query: &QueryRecord| {
        query.stores.contains(&store.id)
            && query.owner == store.scope.account
            && (from..=to).contains(&query.created)
            && input.query_status.is_none_or(|wanted| queries::status(query.state) == wanted)
    };
    let all = catalog.list::<QueryRecord>(cx.account(), Some(&cx.region)).into_iter();
    let mut found: Vec<_> = all
        .filter(|(_, query)| wanted(&query.value))
        .map(|(id, query)| ((query.value.created.millis(), id), query.value))
        .filter(|(place, _)| after.as_ref().is_none_or(|after| place < after))
        .collect();
    found.sort_unstable_by(|(a, _), (b, _)| b.cmp(a));
    let limit = input.max_results.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().map(|(place, _)| place.clone()).filter(|_| more);
    let listed = found.into_iter().map(|((_, id), query)| Query {
        query_id: Some(id),
        query_status: Some(queries::status(query.state)),
        creation_time: Some(query.created),
    });
    Ok(ListQueriesResponse {
        queries: Some(listed.collect()),
        next_token: last.map(|last| page_token::encode(&parameters, last, cx.now)),
    })
}
