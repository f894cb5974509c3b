//! `DeleteRolePermissionsBoundary`: lifts the bounds of a role.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn delete_role_permissions_boundary(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteRolePermissionsBoundaryRequest,
) -> Result<Unit, ServiceError> {
    iam.delete_boundary::<Role>(cx, &input.role_name).await?;
    Ok(Unit)
}
