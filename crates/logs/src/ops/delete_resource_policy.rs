//! `DeleteResourcePolicy` (logs.md RP-4, RP-5).

use api::logs::{errors, types};
use api::typed::Unit;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use super::put_resource_policy::check_revision;
use crate::Logs;
use crate::change::change;
use crate::record::ResourcePolicyRecord;
use crate::resource_policies;

pub(super) async fn delete_resource_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteResourcePolicyRequest,
) -> Result<Unit, ServiceError> {
    let catalog = &logs.parts.catalog;
    change(catalog, || {
        let (name, arn) = (input.policy_name.as_deref(), input.resource_arn.as_deref());
        let policy = resource_policies::named(logs, cx, name, arn)?;
        let found = catalog.get::<ResourcePolicyRecord>(&policy.key()).ok_or_else(|| {
            let message = match (arn, name) {
                (Some(arn), _) => format!("The resource {arn} has no policy."),
                (None, name) => format!("Policy with name [{}] does not exist.", name.unwrap_or_default()),
            };
            errors::resource_not_found_exception(message)
        })?;
        check_revision(&policy, Some(&found), input.expected_revision_id.as_deref())?;
        let mut transaction = Transaction::default();
        transaction.delete::<ResourcePolicyRecord>(policy.key(), found.version);
        Ok((transaction, Unit))
    })
    .await
}
