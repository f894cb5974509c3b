//! `DeleteGroup`: deletes a group that has nothing left.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::record::{Group, User};

pub(super) async fn delete_group(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteGroupRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, group) = iam.find::<Group>(cx, &input.group_name)?;
        let users = iam.catalog.list::<User>(cx.account(), None);
        let left = if users.iter().any(|(_, user)| user.value.groups.contains(&key.name)) {
            Some("remove users from group")
        } else if !group.value.permissions.attached.is_empty() {
            Some("detach all policies")
        } else if !group.value.permissions.inline.is_empty() {
            Some("delete policies")
        } else {
            None
        };
        if let Some(left) = left {
            let message = format!("Cannot delete entity, must {left} first.");
            return Err(errors::delete_conflict_exception(message));
        }
        let mut transaction = Transaction::default();
        transaction.delete::<Group>(key, group.version);
        Ok((transaction, Unit))
    })
    .await
}
