//! `DeleteRetentionPolicy` (logs.md RT-2).

use api::logs::types;
use api::typed::Unit;
use api::{CallContext, ServiceError};

use super::put_retention_policy::set_retention;
use crate::Logs;

pub(super) async fn delete_retention_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteRetentionPolicyRequest,
) -> Result<Unit, ServiceError> {
    set_retention(logs, cx, &input.log_group_name, None).await
}
