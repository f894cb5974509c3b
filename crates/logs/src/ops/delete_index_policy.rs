//! `DeleteIndexPolicy` (logs.md §8.5). What was indexed before stays so for thirty days.

use api::logs::types;
use api::{CallContext, ServiceError};

use super::put_index_policy::set;
use crate::Logs;

pub(super) async fn delete_index_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteIndexPolicyRequest,
) -> Result<types::DeleteIndexPolicyResponse, ServiceError> {
    set(logs, cx, &input.log_group_identifier, None).await?;
    Ok(types::DeleteIndexPolicyResponse {})
}
