//! `UpdateRoleDescription`: changes a role's description.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn update_role_description(
    iam: &Iam,
    cx: &CallContext,
    input: types::UpdateRoleDescriptionRequest,
) -> Result<types::UpdateRoleDescriptionResponse, ServiceError> {
    let changed = iam
        .edit(cx, &input.role_name, |role: &mut Role, _| {
            role.description = Some(input.description.clone());
            Ok(role.clone())
        })
        .await?;
    Ok(types::UpdateRoleDescriptionResponse { role: Some(iam.role_shape(cx, &changed)) })
}
