//! `AttachGroupPolicy`: attaches a managed policy to a group.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Group;

pub(super) async fn attach_group_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::AttachGroupPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.attach::<Group>(cx, &input.group_name, &input.policy_arn).await?;
    Ok(Unit)
}
