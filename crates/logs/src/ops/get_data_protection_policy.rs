//! `GetDataProtectionPolicy` (logs.md §8.4).

use api::logs::types;
use api::{CallContext, ServiceError};

use crate::{Logs, data_protection, groups};

pub(super) async fn get_data_protection_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::GetDataProtectionPolicyRequest,
) -> Result<types::GetDataProtectionPolicyResponse, ServiceError> {
    let catalog = &logs.parts.catalog;
    let group = groups::identified(catalog, cx, &input.log_group_identifier)?;
    let record = data_protection::record(catalog, &group);
    let current = record.as_ref().and_then(|record| Some((record.documents.current()?.clone(), record.updated)));
    // A group without a policy answers with its name alone.
    let (policy_document, updated) = current.unzip();
    Ok(types::GetDataProtectionPolicyResponse {
        log_group_identifier: Some(input.log_group_identifier),
        policy_document,
        last_updated_time: updated.map(|updated| updated.millis()),
    })
}
