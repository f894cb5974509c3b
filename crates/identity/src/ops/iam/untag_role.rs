//! `UntagRole`: removes tags from a role.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::iam::tags::remove;
use crate::record::Role;

pub(super) async fn untag_role(
    iam: &Iam,
    cx: &CallContext,
    input: types::UntagRoleRequest,
) -> Result<Unit, ServiceError> {
    iam.edit(cx, &input.role_name, |role: &mut Role, _| {
        remove(role, &input.tag_keys);
        Ok(Unit)
    })
    .await
}
