//! `AddUserToGroup`: makes a user a member of a group.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::iam::change::touch;
use crate::record::{Group, User};

pub(super) async fn add_user_to_group(
    iam: &Iam,
    cx: &CallContext,
    input: types::AddUserToGroupRequest,
) -> Result<Unit, ServiceError> {
    iam.edit(cx, &input.user_name, |user: &mut User, transaction| {
        let (key, group) = iam.find::<Group>(cx, &input.group_name)?;
        if user.groups.contains(&key.name) {
            return Ok(Unit);
        }
        if user.groups.len() >= GROUPS_PER_USER_MAX {
            let message = format!("Cannot exceed quota for GroupsPerUser: {GROUPS_PER_USER_MAX}");
            return Err(errors::limit_exceeded_exception(message));
        }
        user.groups.push(key.name.clone());
        user.groups.sort_unstable();
        // A deletion of the group that saw it empty must fail.
        touch(transaction, key, &group);
        Ok(Unit)
    })
    .await
}

/// Groups one user can be in (fixed quota).
pub(super) const GROUPS_PER_USER_MAX: usize = 10;
