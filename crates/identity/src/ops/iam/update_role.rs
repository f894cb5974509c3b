//! `UpdateRole`: changes a role's description and longest session.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::ops::iam::create_role::MAX_SESSION_SECS_DEFAULT;
use crate::record::Role;

pub(super) async fn update_role(
    iam: &Iam,
    cx: &CallContext,
    input: types::UpdateRoleRequest,
) -> Result<types::UpdateRoleResponse, ServiceError> {
    iam.edit(cx, &input.role_name, |role: &mut Role, _| {
        // What is not given is reset (documented).
        role.description.clone_from(&input.description);
        role.max_session_secs = input.max_session_duration.unwrap_or(MAX_SESSION_SECS_DEFAULT);
        Ok(types::UpdateRoleResponse {})
    })
    .await
}
