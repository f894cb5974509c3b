//! `PutDataProtectionPolicy` (logs.md §8.4).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use lang::mask::{Findings, Policy};
use store::catalog::Transaction;

use crate::change::change;
use crate::data_protection::{DataProtectionRecord, NAME};
use crate::{Logs, groups};

pub(super) async fn put_data_protection_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutDataProtectionPolicyRequest,
) -> Result<types::PutDataProtectionPolicyResponse, ServiceError> {
    let policy = Policy::parse(&input.policy_document).map_err(errors::invalid_parameter_exception)?;
    if *policy.findings() != Findings::default() {
        let message =
            "A destination for audit findings is not supported by this server: FindingsDestination must be empty.";
        return Err(errors::invalid_parameter_exception(message));
    }
    set(logs, cx, &input.log_group_identifier, Some(&input.policy_document)).await?;
    Ok(types::PutDataProtectionPolicyResponse {
        log_group_identifier: Some(input.log_group_identifier),
        policy_document: Some(input.policy_document),
        last_updated_time: Some(cx.now.millis()),
    })
}

/// Sets a group's policy from now on, or takes it away.
///
/// # Errors
/// logs.md LG-4; `InvalidParameterException` for a group of another class than `STANDARD`; `ResourceNotFoundException`
/// when there is no policy to take away.
pub(super) async fn set(
    logs: &Logs,
    cx: &CallContext,
    identifier: &str,
    document: Option<&String>,
) -> Result<(), ServiceError> {
    let catalog = &logs.parts.catalog;
    // The group must not go while it is given a policy.
    let _stays = logs.membership.read().await;
    change(catalog, || {
        let group = groups::identified(catalog, cx, identifier)?;
        group.require_standard("Data protection", errors::invalid_parameter_exception)?;
        let found = catalog.get::<DataProtectionRecord>(&group.belonging(NAME));
        let mut record = found.as_ref().map(|found| (*found.value).clone()).unwrap_or_default();
        if document.is_none() && record.documents.current().is_none() {
            let message = "The log group has no data protection policy.";
            return Err(errors::resource_not_found_exception(message));
        }
        record.documents.set(cx.now, group.kept_from(cx.now), document.cloned());
        record.updated = cx.now;
        let mut transaction = Transaction::default();
        match found {
            Some(found) => transaction.update(group.belonging(NAME), found.version, &record),
            None => transaction.create(group.belonging(NAME), &record),
        };
        Ok((transaction, ()))
    })
    .await
}
