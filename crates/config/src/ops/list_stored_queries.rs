//! `ListStoredQueries`

use api::config::types::{ListStoredQueriesRequest, ListStoredQueriesResponse};
use api::{CallContext, ServiceError};

use crate::paging;
use crate::service::Config;
use crate::stored_queries::StoredQueryRecord;

/// Queries of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// The queries that are kept, by name, without what they ask (config.md §7.5).
pub async fn list_stored_queries(
    config: &Config,
    cx: &CallContext,
    input: ListStoredQueriesRequest,
) -> Result<ListStoredQueriesResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let asked = format!("ListStoredQueries\n{scope:?}");
    let limit = paging::limit(input.max_results, PAGE);
    let after: Option<String> = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let mut found = catalog.list_after::<StoredQueryRecord>(
        &scope.account,
        Some(&scope.region),
        "",
        after.as_deref(),
        // One more than a page tells whether there is another.
        limit + 1,
    );
    let is_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| is_more).map(|(name, _)| name.clone());
    Ok(ListStoredQueriesResponse {
        stored_query_metadata: Some(found.iter().map(|(name, found)| found.value.to_metadata(&scope, name)).collect()),
        next_token: last.map(|last| paging::write(&asked, last, cx.now)),
    })
}
