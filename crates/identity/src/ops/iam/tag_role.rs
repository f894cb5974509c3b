//! `TagRole`: adds tags to a role, or gives them other values.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::iam::tags::merged;
use crate::record::Role;

pub(super) async fn tag_role(iam: &Iam, cx: &CallContext, input: types::TagRoleRequest) -> Result<Unit, ServiceError> {
    iam.edit(cx, &input.role_name, |role: &mut Role, _| {
        role.tags = merged(&role.tags, input.tags.clone())?;
        Ok(Unit)
    })
    .await
}
