//! `DeletePolicyVersion`: deletes a version of a managed policy.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::ops::iam::get_policy_version::version;

pub(super) async fn delete_policy_version(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeletePolicyVersionRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.own_policy(cx, &input.policy_arn, "DeletePolicyVersion")?;
        let mut policy = found.value.as_ref().clone();
        let number = version(&policy, &input.policy_arn, &input.version_id)?.number;
        if number == policy.default_version {
            return Err(errors::delete_conflict_exception("Cannot delete the default version of a policy."));
        }
        policy.versions.retain(|version| version.number != number);
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &policy);
        Ok((transaction, Unit))
    })
    .await
}
