//! `PutResourcePolicy` (logs.md §5.5).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::{Transaction, Versioned};

use crate::Logs;
use crate::change::change;
use crate::record::ResourcePolicyRecord;
use crate::resource_policies::{self, ACCOUNT, POLICIES_MAX, PolicyScope};

pub(super) async fn put_resource_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutResourcePolicyRequest,
) -> Result<types::PutResourcePolicyResponse, ServiceError> {
    let Some(given) = input.policy_document.as_deref() else {
        return Err(errors::invalid_parameter_exception("The policy document must be specified."));
    };
    let document = resource_policies::normalized(given)?;
    logs.parts.policies.check(&document).map_err(errors::invalid_parameter_exception)?;
    let catalog = &logs.parts.catalog;
    // A group must not go while it is given a policy; and of two new policies one may be too many.
    let _alone = logs.membership.write().await;
    change(catalog, || {
        let (name, arn) = (input.policy_name.as_deref(), input.resource_arn.as_deref());
        let policy = resource_policies::named(logs, cx, name, arn)?;
        let found = catalog.get::<ResourcePolicyRecord>(&policy.key());
        check_revision(&policy, found.as_ref(), input.expected_revision_id.as_deref())?;
        if found.is_none() && matches!(policy, PolicyScope::Account(_)) {
            let all = catalog.list_prefix::<ResourcePolicyRecord>(cx.account(), Some(&cx.region), ACCOUNT);
            if all.len() >= POLICIES_MAX {
                return Err(errors::limit_exceeded_exception("Resource limit exceeded."));
            }
        }
        let record = ResourcePolicyRecord {
            document: document.clone(),
            name: input.policy_name.clone(),
            updated: cx.now,
            revision: found.as_ref().map_or(1, |found| found.value.revision + 1),
        };
        let mut transaction = Transaction::default();
        match found {
            Some(found) => transaction.update(policy.key(), found.version, &record),
            None => transaction.create(policy.key(), &record),
        };
        let group = match &policy {
            PolicyScope::Group(group) => Some(group),
            PolicyScope::Account(_) => None,
        };
        let described = resource_policies::described(name, group, &record);
        let revision_id = described.revision_id.clone();
        let response = types::PutResourcePolicyResponse { resource_policy: Some(described), revision_id };
        Ok((transaction, response))
    })
    .await
}

/// Whether a change names the revision that is there: only groups' policies have any (logs.md RP-5).
///
/// # Errors
/// `InvalidParameterException` when a revision is missing, or is given for an account's policy;
/// `OperationAbortedException` when it is another.
pub(super) fn check_revision(
    policy: &PolicyScope,
    found: Option<&Versioned<ResourcePolicyRecord>>,
    expected: Option<&str>,
) -> Result<(), ServiceError> {
    let there = found.map(|found| found.value.revision.to_string());
    match (policy, there.as_deref(), expected) {
        (PolicyScope::Account(_), _, None) | (PolicyScope::Group(_), None, None) => Ok(()),
        (PolicyScope::Account(_), _, Some(_)) => {
            let message = "expectedRevisionId can be specified only with resourceArn.";
            Err(errors::invalid_parameter_exception(message))
        }
        (PolicyScope::Group(_), Some(_), None) => {
            let message = "expectedRevisionId must be specified to change or delete the policy of a log group.";
            Err(errors::invalid_parameter_exception(message))
        }
        (PolicyScope::Group(_), there, expected) if there == expected => Ok(()),
        (PolicyScope::Group(_), ..) => {
            let message = "The policy has changed: expectedRevisionId is not its revision.";
            Err(errors::operation_aborted_exception(message))
        }
    }
}
