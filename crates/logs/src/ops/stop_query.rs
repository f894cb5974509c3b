//! `StopQuery` (logs.md QR-8).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};

use crate::Logs;
use crate::queries;

pub(super) async fn stop_query(
    logs: &Logs,
    cx: &CallContext,
    input: types::StopQueryRequest,
) -> Result<types::StopQueryResponse, ServiceError> {
    queries::find(&logs.parts.catalog, cx, &input.query_id)?;
    match logs.runs.stop(&queries::key(cx, &input.query_id)).await {
        true => Ok(types::StopQueryResponse { success: Some(true) }),
        false => Err(errors::invalid_parameter_exception("The specified query is not running.")),
    }
}
