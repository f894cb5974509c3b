//! `ListLogGroupsForQuery` (logs.md QR-10).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::list_page::{self, Asked, Order};
use crate::queries;

pub(super) async fn list_log_groups_for_query(
    logs: &Logs,
    cx: &CallContext,
    input: types::ListLogGroupsForQueryRequest,
) -> Result<types::ListLogGroupsForQueryResponse, ServiceError> {
    let found = queries::find(&logs.parts.catalog, cx, &input.query_id)?;
    let parameters = format!("{:?}", ("ListLogGroupsForQuery", cx.scope(), &input.query_id));
    let asked = Asked {
        parameters: &parameters,
        token: input.next_token.as_deref(),
        limit: list_page::limit(input.max_results),
        order: Order::Ascending,
        now: cx.now,
    };
    let mut names: Vec<String> = found.value.groups.iter().map(|(name, _)| name.clone()).collect();
    names.sort_unstable();
    let (page, next_token) = list_page::page(&asked, names.into_iter().map(|name| (name.clone(), name)))?;
    Ok(types::ListLogGroupsForQueryResponse { log_group_identifiers: Some(page), next_token })
}
