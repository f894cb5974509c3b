//! `CancelQuery` (cloudtrail.md §7.3)

use api::cloudtrail::errors;
use api::cloudtrail::types::{CancelQueryRequest, CancelQueryResponse, QueryStatus};
use api::{CallContext, ServiceError};

use crate::lake::queries::{self, Named, QueryState};
use crate::service::CloudTrail;

/// Stops a query that has not ended.
pub async fn cancel_query(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: CancelQueryRequest,
) -> Result<CancelQueryResponse, ServiceError> {
    let owner = input.event_data_store_owner_account_id.as_deref();
    let named = Named { store: input.event_data_store.as_deref(), owner };
    queries::found(cloudtrail, cx, &input.query_id, &named)?;
    let stopped = cloudtrail.queries.stop(&queries::key(cx, &input.query_id)).await;
    let ended = queries::current(&cloudtrail.parts.catalog, cx, &input.query_id);
    // It may have ended by itself before it heard of this.
    match stopped && ended.is_some_and(|ended| ended.value.state == QueryState::Cancelled) {
        true => Ok(CancelQueryResponse {
            query_id: input.query_id,
            query_status: QueryStatus::Cancelled,
            event_data_store_owner_account_id: input.event_data_store_owner_account_id,
        }),
        false => {
            let message = format!("Query {} is in a terminal state.", input.query_id);
            Err(errors::inactive_query_exception(message))
        }
    }
}
