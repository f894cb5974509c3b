//! `UntagResource`

use api::config::types::UntagResourceRequest;
use api::{CallContext, ServiceError, Unit};

use crate::service::Config;
use crate::tags;

/// Takes tags off what an ARN names; one that it does not have is no error (config.md §8.5).
pub async fn untag_resource(
    config: &Config,
    cx: &CallContext,
    input: UntagResourceRequest,
) -> Result<Unit, ServiceError> {
    tags::change(config, cx, &input.resource_arn, |mut tags| {
        tags.retain(|(key, _)| !input.tag_keys.contains(key));
        Ok(tags)
    })
    .await?;
    Ok(Unit)
}
