//! `DeleteRole`: deletes a role that has nothing left; its sessions end.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Key, Transaction};

use crate::iam::Iam;
use crate::record::{LastUsed, Role};

pub(super) async fn delete_role(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteRoleRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, role) = iam.find::<Role>(cx, &input.role_name)?;
        let left = if !role.value.permissions.attached.is_empty() {
            Some("detach all policies")
        } else if !role.value.permissions.inline.is_empty() {
            Some("delete policies")
        } else {
            None
        };
        if let Some(left) = left {
            let message = format!("Cannot delete entity, must {left} first.");
            return Err(errors::delete_conflict_exception(message));
        }
        let mut transaction = Transaction::default();
        transaction.delete::<Role>(key, role.version);
        let used = Key::global(cx.account(), role.value.id.as_str());
        if let Some(found) = iam.catalog.get::<LastUsed>(&used) {
            transaction.delete::<LastUsed>(used, found.version);
        }
        Ok((transaction, Unit))
    })
    .await
}
