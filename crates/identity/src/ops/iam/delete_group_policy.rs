//! `DeleteGroupPolicy`: removes an inline policy of a group.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Group;

pub(super) async fn delete_group_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteGroupPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.delete_inline::<Group>(cx, &input.group_name, &input.policy_name).await?;
    Ok(Unit)
}
