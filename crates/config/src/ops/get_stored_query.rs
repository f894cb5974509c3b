//! `GetStoredQuery`

use api::config::types::{GetStoredQueryRequest, GetStoredQueryResponse};
use api::{CallContext, ServiceError};

use crate::service::Config;
use crate::stored_queries;

/// A query that is kept (config.md §7.5).
pub async fn get_stored_query(
    config: &Config,
    cx: &CallContext,
    input: GetStoredQueryRequest,
) -> Result<GetStoredQueryResponse, ServiceError> {
    let scope = cx.scope();
    let found = stored_queries::named(&config.parts.catalog, &scope, &input.query_name)?;
    Ok(GetStoredQueryResponse { stored_query: Some(found.value.to_api(&scope, &input.query_name)) })
}
