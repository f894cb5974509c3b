//! `UntagLogGroup` (logs.md TG-2).

use api::logs::types;
use api::typed::Unit;
use api::{CallContext, ServiceError};

use super::tag_log_group::edit;
use crate::{Logs, tags};

pub(super) async fn untag_log_group(
    logs: &Logs,
    cx: &CallContext,
    input: types::UntagLogGroupRequest,
) -> Result<Unit, ServiceError> {
    edit(logs, cx, &input.log_group_name, |tags| Ok(tags::without(tags, &input.tags))).await
}
