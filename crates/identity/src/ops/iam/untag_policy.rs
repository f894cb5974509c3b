//! `UntagPolicy`: removes tags from a managed policy.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::tags::remove;

pub(super) async fn untag_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::UntagPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.own_policy(cx, &input.policy_arn, "UntagPolicy")?;
        let mut policy = found.value.as_ref().clone();
        remove(&mut policy, &input.tag_keys);
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &policy);
        Ok((transaction, Unit))
    })
    .await
}
