//! `DeleteUser`: deletes a user that has nothing left.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Key, Transaction};

use crate::iam::Iam;
use crate::mfa::devices_of;
use crate::record::{AccessKey, LoginProfile, Owner, User};

pub(super) async fn delete_user(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteUserRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, user) = iam.find::<User>(cx, &input.user_name)?;
        let keys = iam.catalog.list::<AccessKey>(cx.account(), None);
        let owner = Owner::User(key.name.clone());
        let profile = Key::global(cx.account(), user.value.id.as_str());
        let left = if iam.catalog.get::<LoginProfile>(&profile).is_some() {
            Some("delete login profile")
        } else if !devices_of(&iam.catalog, cx.account(), &user.value.id).is_empty() {
            Some("delete MFA device")
        } else if keys.iter().any(|(_, access_key)| access_key.value.owner == owner) {
            Some("delete access keys")
        } else if !user.value.permissions.attached.is_empty() {
            Some("detach all policies")
        } else if !user.value.permissions.inline.is_empty() {
            Some("delete policies")
        } else if !user.value.groups.is_empty() {
            Some("remove users from group")
        } else {
            None
        };
        if let Some(left) = left {
            let message = format!("Cannot delete entity, must {left} first.");
            return Err(errors::delete_conflict_exception(message));
        }
        let mut transaction = Transaction::default();
        transaction.delete::<User>(key, user.version);
        Ok((transaction, Unit))
    })
    .await
}
