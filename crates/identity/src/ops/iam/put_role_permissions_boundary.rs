//! `PutRolePermissionsBoundary`: sets the policy that bounds what a role may do.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn put_role_permissions_boundary(
    iam: &Iam,
    cx: &CallContext,
    input: types::PutRolePermissionsBoundaryRequest,
) -> Result<Unit, ServiceError> {
    iam.put_boundary::<Role>(cx, &input.role_name, &input.permissions_boundary).await?;
    Ok(Unit)
}
