//! `CreateRole`: creates a role.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};
use base::id::{IdKind, unique_id};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::find::ROLES_MAX;
use crate::iam::tags;
use crate::record::{Permissions, Role, key};

pub(super) async fn create_role(
    iam: &Iam,
    cx: &CallContext,
    input: types::CreateRoleRequest,
) -> Result<types::CreateRoleResponse, ServiceError> {
    let tags = tags::initial(input.tags)?;
    let id = unique_id(IdKind::Role, cx.account(), &*iam.entropy);
    let key = key(cx.account(), &input.role_name);
    let role = iam
        .change(|| {
            if iam.catalog.get::<Role>(&key).is_some() {
                let message = format!("Role with name {} already exists.", input.role_name);
                return Err(errors::entity_already_exists_exception(message));
            }
            iam.ensure_room::<Role>(cx, "RolesPerAccount", ROLES_MAX)?;
            let (trust, bound) = iam.trust(cx, &input.assume_role_policy_document)?;
            let mut transaction = Transaction::default();
            let role = Role {
                name: input.role_name.clone(),
                path: input.path.clone().unwrap_or_else(|| "/".to_owned()),
                id: id.clone(),
                created: cx.now.truncate_to_secs(),
                description: input.description.clone(),
                trust,
                bound,
                max_session_secs: input.max_session_duration.unwrap_or(MAX_SESSION_SECS_DEFAULT),
                tags: tags.clone(),
                boundary: iam.boundary(cx, input.permissions_boundary.as_deref(), &mut transaction)?,
                permissions: Permissions::default(),
            };
            transaction.create(key.clone(), &role);
            Ok((transaction, role))
        })
        .await?;
    Ok(types::CreateRoleResponse { role: iam.role_shape(cx, &role) })
}

/// The longest session of a role that does not say otherwise (documented).
pub(super) const MAX_SESSION_SECS_DEFAULT: i32 = 3600;
