//! `DeleteUserPermissionsBoundary`: lifts the bounds of a user.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::User;

pub(super) async fn delete_user_permissions_boundary(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteUserPermissionsBoundaryRequest,
) -> Result<Unit, ServiceError> {
    iam.delete_boundary::<User>(cx, &input.user_name).await?;
    Ok(Unit)
}
