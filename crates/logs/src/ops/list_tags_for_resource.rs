//! `ListTagsForResource` (logs.md TG-2).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::{Logs, tagged};

pub(super) async fn list_tags_for_resource(
    logs: &Logs,
    cx: &CallContext,
    input: types::ListTagsForResourceRequest,
) -> Result<types::ListTagsForResourceResponse, ServiceError> {
    let tags = tagged::list(&logs.parts.catalog, cx, &input.resource_arn)?;
    Ok(types::ListTagsForResourceResponse { tags: Some(tags) })
}
