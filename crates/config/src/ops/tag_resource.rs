//! `TagResource`

use api::config::types::TagResourceRequest;
use api::{CallContext, ServiceError, Unit};

use crate::service::Config;
use crate::tags;

/// Sets tags of what an ARN names (config.md §8.5).
pub async fn tag_resource(config: &Config, cx: &CallContext, input: TagResourceRequest) -> Result<Unit, ServiceError> {
    tags::change(config, cx, &input.resource_arn, |tags| tags::with(tags, &input.tags)).await?;
    Ok(Unit)
}
