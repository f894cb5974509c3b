//! `GetQueryResults` (logs.md §7.2).

use api::logs::types;
use api::{CallContext, ServiceError};
use wire::page_token;

use crate::Logs;
use crate::list_page::invalid_token;
use crate::queries::{self, QueryState, StoredStatistics};

/// Rows of a page (logs.md QR-6).
const PAGE: usize = 10_000;

pub(super) async fn get_query_results(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetQueryResultsRequest,
) -> Result<types::GetQueryResultsResponse, ServiceError> {
    let found = queries::find(&logs.parts.catalog, cx, &input.query_id)?;
    let record = &found.value;
    let parameters = format!("{:?}", ("GetQueryResults", cx.scope(), &input.query_id));
    let skip: usize = match &input.next_token {
        Some(token) => page_token::decode(token, &parameters, cx.now).ok_or_else(invalid_token)?,
        None => 0,
    };
    let limit = input.max_items.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
    let (mut results, mut next_token) = (Vec::new(), None);
    if record.state == QueryState::Complete {
        let mut rows = logs.query_rows(&queries::key(cx, &input.query_id), skip, limit + 1).await?;
        if rows.len() > limit {
            rows.truncate(limit);
            next_token = Some(page_token::encode(&parameters, skip + limit, cx.now));
        }
        let field = |(name, value): (std::sync::Arc<str>, String)| types::ResultField {
            field: Some(name.to_string()),
            value: Some(value),
        };
        results = rows.into_iter().map(|row| row.into_iter().map(field).collect()).collect();
    }
    let progress = logs.runs.progress(&queries::key(cx, &input.query_id)).map(StoredStatistics::from);
    let statistics = progress.filter(|_| record.state == QueryState::Running).unwrap_or(record.statistics);
    Ok(types::GetQueryResultsResponse {
        query_language: Some(types::QueryLanguage::Cwli),
        results: Some(results),
        statistics: Some(described(&statistics)),
        status: Some(status(record.state)),
        encryption_key: None,
        next_token,
    })
}

/// logs.md QR-5.
#[expect(clippy::cast_precision_loss, reason = "the wire has doubles")]
fn described(statistics: &StoredStatistics) -> types::QueryStatistics {
    types::QueryStatistics {
        records_matched: Some(statistics.records_matched as f64),
        records_scanned: Some(statistics.records_scanned as f64),
        estimated_records_skipped: Some(statistics.records_skipped as f64),
        bytes_scanned: Some(statistics.bytes_scanned as f64),
        estimated_bytes_skipped: Some(statistics.bytes_skipped as f64),
        log_groups_scanned: Some(statistics.groups_scanned as f64),
    }
}

/// logs.md QR-1.
pub(super) fn status(state: QueryState) -> types::QueryStatus {
    match state {
        QueryState::Running => types::QueryStatus::Running,
        QueryState::Complete => types::QueryStatus::Complete,
        QueryState::Failed => types::QueryStatus::Failed,
        QueryState::Cancelled => types::QueryStatus::Cancelled,
        QueryState::Timeout => types::QueryStatus::Timeout,
    }
}
