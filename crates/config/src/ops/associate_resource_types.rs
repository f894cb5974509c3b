//! `AssociateResourceTypes`

use api::config::types::{AssociateResourceTypesRequest, AssociateResourceTypesResponse};
use api::{CallContext, ServiceError};

use crate::service::Config;
use crate::type_changes::{Wish, change_types};

/// Lets types become recorded (config.md §1.3).
pub async fn associate_resource_types(
    config: &Config,
    cx: &CallContext,
    input: AssociateResourceTypesRequest,
) -> Result<AssociateResourceTypesResponse, ServiceError> {
    let changed =
        change_types(config, cx, &input.configuration_recorder_arn, input.resource_types, Wish::Recorded).await?;
    Ok(AssociateResourceTypesResponse { configuration_recorder: changed.to_api(&cx.scope()) })
}
