//! `RemoveUserFromGroup`: ends a user's membership of a group.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::record::{Group, User};

pub(super) async fn remove_user_from_group(
    iam: &Iam,
    cx: &CallContext,
    input: types::RemoveUserFromGroupRequest,
) -> Result<Unit, ServiceError> {
    iam.edit(cx, &input.user_name, |user: &mut User, _| {
        let (key, _) = iam.find::<Group>(cx, &input.group_name)?;
        user.groups.retain(|group| *group != key.name);
        Ok(Unit)
    })
    .await
}
