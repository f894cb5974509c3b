//! `ListTagsLogGroup` (logs.md TG-2).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::{Logs, groups};

pub(super) async fn list_tags_log_group(
    logs: &Logs,
    cx: &CallContext,
    input: types::ListTagsLogGroupRequest,
) -> Result<types::ListTagsLogGroupResponse, ServiceError> {
    let group = groups::find(&logs.parts.catalog, &cx.scope(), &input.log_group_name)?;
    Ok(types::ListTagsLogGroupResponse { tags: Some(group.record.tags.clone()) })
}
