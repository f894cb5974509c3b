//! `DeleteDataProtectionPolicy` (logs.md §8.4).

use api::logs::types;
use api::typed::Unit;
use api::{CallContext, ServiceError};

use super::put_data_protection_policy::set;
use crate::Logs;

pub(super) async fn delete_data_protection_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteDataProtectionPolicyRequest,
) -> Result<Unit, ServiceError> {
    set(logs, cx, &input.log_group_identifier, None).await?;
    Ok(Unit)
}
