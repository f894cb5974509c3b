//! `PutIndexPolicy` (logs.md §8.5).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::change;
use crate::field_indexes::{self, IndexPolicyRecord, NAME};
use crate::groups::Group;
use crate::{Logs, groups};

pub(super) async fn put_index_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutIndexPolicyRequest,
) -> Result<types::PutIndexPolicyResponse, ServiceError> {
    field_indexes::checked(&input.policy_document)?;
    let (group, record) = set(logs, cx, &input.log_group_identifier, Some(&input.policy_document)).await?;
    Ok(types::PutIndexPolicyResponse { index_policy: described(&group, &record) })
}

/// Sets a group's own policy from now on, or takes it away.
///
/// # Errors
/// logs.md LG-4, LG-7; `ResourceNotFoundException` where none is to be taken away.
pub(super) async fn set(
    logs: &Logs,
    cx: &CallContext,
    identifier: &str,
    document: Option<&String>,
) -> Result<(Group, IndexPolicyRecord), ServiceError> {
    let catalog = &logs.parts.catalog;
    // The group must not go while it is given a policy.
    let _stays = logs.membership.read().await;
    change(catalog, || {
        let group = groups::identified(catalog, cx, identifier)?;
        group.require_standard("A field index policy", errors::invalid_parameter_exception)?;
        let found = catalog.get::<IndexPolicyRecord>(&group.belonging(NAME));
        let mut record = found.as_ref().map(|found| (*found.value).clone()).unwrap_or_default();
        if record.documents.current().is_none() && document.is_none() {
            let message = "The specified log group has no field index policy of its own.";
            return Err(errors::resource_not_found_exception(message));
        }
        record.documents.set(cx.now, cx.now.plus_millis(-field_indexes::KEPT_MS), document.cloned());
        record.updated = cx.now;
        let mut transaction = Transaction::default();
        match found {
            Some(found) => transaction.update(group.belonging(NAME), found.version, &record),
            None => transaction.create(group.belonging(NAME), &record),
        };
        Ok((transaction, (group, record)))
    })
    .await
}

/// What the API shows of a group's own policy. It has no name.
pub(super) fn described(group: &Group, record: &IndexPolicyRecord) -> Option<types::IndexPolicy> {
    Some(types::IndexPolicy {
        log_group_identifier: Some(group.arn()),
        last_update_time: Some(record.updated.millis()),
        policy_document: Some(record.documents.current()?.clone()),
        policy_name: None,
        source: Some(types::IndexSource::LogGroup),
    })
}
