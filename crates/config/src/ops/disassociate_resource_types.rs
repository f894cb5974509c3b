//! `DisassociateResourceTypes`

use api::config::types::{DisassociateResourceTypesRequest, DisassociateResourceTypesResponse};
use api::{CallContext, ServiceError};

use crate::service::Config;
use crate::type_changes::{Wish, change_types};

/// Lets types be recorded no more (config.md §1.3).
pub async fn disassociate_resource_types(
    config: &Config,
    cx: &CallContext,
    input: DisassociateResourceTypesRequest,
) -> Result<DisassociateResourceTypesResponse, ServiceError> {
    let changed =
        change_types(config, cx, &input.configuration_recorder_arn, input.resource_types, Wish::NotRecorded).await?;
    Ok(DisassociateResourceTypesResponse { configuration_recorder: changed.to_api(&cx.scope()) })
}
