//! `SetDefaultPolicyVersion`: puts a version of a managed policy in force.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::ops::iam::get_policy_version::version;

pub(super) async fn set_default_policy_version(
    iam: &Iam,
    cx: &CallContext,
    input: types::SetDefaultPolicyVersionRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.own_policy(cx, &input.policy_arn, "SetDefaultPolicyVersion")?;
        let mut policy = found.value.as_ref().clone();
        policy.default_version = version(&policy, &input.policy_arn, &input.version_id)?.number;
        policy.updated = cx.now.truncate_to_secs();
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &policy);
        Ok((transaction, Unit))
    })
    .await
}
