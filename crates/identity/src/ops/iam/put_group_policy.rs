//! `PutGroupPolicy`: adds or replaces an inline policy of a group.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Group;

pub(super) async fn put_group_policy(
    iam: &Iam,
    cx: &CallContext,
    input: types::PutGroupPolicyRequest,
) -> Result<Unit, ServiceError> {
    iam.put_inline::<Group>(cx, &input.group_name, &input.policy_name, &input.policy_document).await?;
    Ok(Unit)
}
