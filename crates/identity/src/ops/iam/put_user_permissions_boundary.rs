//! `PutUserPermissionsBoundary`: sets the policy that bounds what a user may do.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::User;

pub(super) async fn put_user_permissions_boundary(
    iam: &Iam,
    cx: &CallContext,
    input: types::PutUserPermissionsBoundaryRequest,
) -> Result<Unit, ServiceError> {
    iam.put_boundary::<User>(cx, &input.user_name, &input.permissions_boundary).await?;
    Ok(Unit)
}
