//! `ListResourceEvaluations`

use api::config::errors;
use api::config::types::{ListResourceEvaluationsRequest, ListResourceEvaluationsResponse};
use api::{CallContext, ServiceError};

use crate::paging;
use crate::service::Config;

/// The evaluations of resources before they are made: none, since resources are judged when they are there.
pub async fn list_resource_evaluations(
    _config: &Config,
    _cx: &CallContext,
    input: ListResourceEvaluationsRequest,
) -> Result<ListResourceEvaluationsResponse, ServiceError> {
    let window = input.filters.and_then(|filters| filters.time_window).unwrap_or_default();
    if let (Some(start), Some(end)) = (window.start_time, window.end_time)
        && start > end
    {
        let message = "The start time must not be later than the end time.";
        return Err(errors::invalid_time_range_exception(message));
    }
    match input.next_token {
        // There is no page before, of which it could be.
        Some(_) => Err(paging::invalid_token()),
        None => Ok(ListResourceEvaluationsResponse { resource_evaluations: Some(Vec::new()), next_token: None }),
    }
}
