//! `DeletePolicy`: deletes a managed policy that nothing uses.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::usage::Usage;
use crate::record::{Policy, PolicyRef};

pub(super) async fn delete_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeletePolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.own_policy(cx, &input.policy_arn, "DeletePolicy")?;
        let usage = iam.usage(cx).remove(&PolicyRef::Account(key.name.clone())).unwrap_or_default();
        if usage != Usage::default() {
            return Err(errors::delete_conflict_exception("Cannot delete a policy attached to entities."));
        }
        if found.value.versions.len() > 1 {
            let message = "This policy has more than one version. Before you delete a policy, you must delete the \
                           policy's versions. The default version is deleted with the policy.";
            return Err(errors::delete_conflict_exception(message));
        }
        let mut transaction = Transaction::default();
        transaction.delete::<Policy>(key, found.version);
        Ok((transaction, Unit))
    })
    .await
}
