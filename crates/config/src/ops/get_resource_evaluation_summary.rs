//! `GetResourceEvaluationSummary`

use api::config::errors;
use api::config::types::{GetResourceEvaluationSummaryRequest, GetResourceEvaluationSummaryResponse};
use api::{CallContext, ServiceError};

use crate::service::Config;

/// What came of an evaluation of a resource before it is made: there is none, since resources are judged when they
/// are there.
///
/// # Errors
/// `ResourceNotFoundException`, whichever is asked for.
pub async fn get_resource_evaluation_summary(
    _config: &Config,
    _cx: &CallContext,
    input: GetResourceEvaluationSummaryRequest,
) -> Result<GetResourceEvaluationSummaryResponse, ServiceError> {
    let message = format!("The resource evaluation {} does not exist.", input.resource_evaluation_id);
    Err(errors::resource_not_found_exception(message))
}
