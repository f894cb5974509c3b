//! `GetQueryResults` (cloudtrail.md §7.3)

use api::cloudtrail::errors;
use api::cloudtrail::types::{GetQueryResultsRequest, GetQueryResultsResponse, QueryStatistics};
use api::{CallContext, ServiceError};
use wire::page_token;

use crate::lake::engine::LakeRow;
use crate::lake::queries::{self, Named, QueryState};
use crate::service::CloudTrail;

/// Rows of a page where the caller does not say.
const PAGE: usize = 1000;

/// Gives a page of the rows of a query that has finished; of others that they have none.
pub async fn get_query_results(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: GetQueryResultsRequest,
) -> Result<GetQueryResultsResponse, ServiceError> {
    let owner = input.event_data_store_owner_account_id.as_deref();
    let named = Named { store: input.event_data_store.as_deref(), owner };
    let found = queries::found(cloudtrail, cx, &input.query_id, &named)?;
    let (key, record) = (queries::key(cx, &input.query_id), &found.value);
    let parameters = format!("{:?}", ("GetQueryResults", cx.scope(), &input.query_id));
    let invalid = || errors::invalid_next_token_exception("The next token is invalid or has expired.");
    let skip: u64 = match &input.next_token {
        Some(token) => page_token::decode(token, &parameters, cx.now).ok_or_else(invalid)?,
        None => 0,
    };
    let limit = input.max_query_results.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(PAGE);
    let mut rows = Vec::new();
    if record.state == QueryState::Finished {
        let read = queries::read_rows(&*cloudtrail.parts.documents, &key, record, skip, limit).await;
        rows = read.map_err(|error| {
            tracing::error!(query = key.name, error, "the rows of a query cannot be read");
            ServiceError::internal()
        })?;
    }
    let next = skip + rows.len() as u64;
    let int = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
    let progress = cloudtrail.queries.progress(&key).filter(|_| record.ended.is_none());
    let bytes = progress.map_or(record.bytes_scanned, |so_far| so_far.bytes_scanned);
    Ok(GetQueryResultsResponse {
        query_status: Some(queries::status(record.state)),
        query_statistics: Some(QueryStatistics {
            results_count: Some(int(rows.len() as u64)),
            total_results_count: Some(int(record.rows)),
            bytes_scanned: Some(i64::try_from(bytes).unwrap_or(i64::MAX)),
        }),
        next_token: (!rows.is_empty() && next < record.rows).then(|| page_token::encode(&parameters, next, cx.now)),
        query_result_rows: Some(rows.into_iter().map(|row| shown(&record.columns, row)).collect()),
        error_message: record.error.clone(),
    })
}

/// A row as a list of single values by name. What is null is empty (cloudtrail.md §10.4 7).
fn shown(columns: &[String], row: LakeRow) -> Vec<Vec<(String, String)>> {
    let cells = columns.iter().zip(row);
    cells.map(|(name, value)| vec![(name.clone(), value.unwrap_or_default())]).collect()
}
