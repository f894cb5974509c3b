//! `TagPolicy`: adds tags to a managed policy, or gives them other values.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::tags::merged;

pub(super) async fn tag_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::TagPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.own_policy(cx, &input.policy_arn, "TagPolicy")?;
        let mut policy = found.value.as_ref().clone();
        policy.tags = merged(&policy.tags, input.tags.clone())?;
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &policy);
        Ok((transaction, Unit))
    })
    .await
}
