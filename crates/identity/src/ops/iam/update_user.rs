//! `UpdateUser`: gives a user another name or path; its access keys follow.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Key, Transaction};

use crate::iam::Iam;
use crate::record::{AccessKey, Owner, User, key as record_key};

pub(super) async fn update_user(
    iam: &Iam,
    cx: &CallContext,
    input: types::UpdateUserRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.find::<User>(cx, &input.user_name)?;
        let mut changed = found.value.as_ref().clone();
        if let Some(path) = &input.new_path {
            changed.path.clone_from(path);
        }
        let mut transaction = Transaction::default();
        let Some(new_name) = &input.new_user_name else {
            transaction.update(key, found.version, &changed);
            return Ok((transaction, Unit));
        };
        changed.name.clone_from(new_name);
        let new_key = record_key(cx.account(), new_name);
        if new_key == key {
            transaction.update(key, found.version, &changed);
            return Ok((transaction, Unit));
        }
        if iam.catalog.get::<User>(&new_key).is_some() {
            let message = format!("User with name {new_name} already exists.");
            return Err(errors::entity_already_exists_exception(message));
        }
        transaction.delete::<User>(key.clone(), found.version);
        transaction.create(new_key.clone(), &changed);
        for (id, access_key) in iam.catalog.list::<AccessKey>(cx.account(), None) {
            if access_key.value.owner == Owner::User(key.name.clone()) {
                let mut moved = access_key.value.as_ref().clone();
                moved.owner = Owner::User(new_key.name.clone());
                transaction.update(Key::global(cx.account(), id), access_key.version, &moved);
            }
        }
        Ok((transaction, Unit))
    })
    .await
}
