//! `GetGroupPolicy`: gives an inline policy of a group.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::Group;

pub(super) async fn get_group_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetGroupPolicyRequest,
) -> Result<types::GetGroupPolicyResponse, ServiceError> {
    let (group_name, policy_document) = iam.get_inline::<Group>(cx, &input.group_name, &input.policy_name)?;
    Ok(types::GetGroupPolicyResponse { group_name, policy_name: input.policy_name, policy_document })
}
