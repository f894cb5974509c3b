//! `DetachGroupPolicy`: detaches a managed policy from a group.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Group;

pub(super) async fn detach_group_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::DetachGroupPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.detach::<Group>(cx, &input.group_name, &input.policy_arn).await?;
    Ok(Unit)
}
