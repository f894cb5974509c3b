//! `UpdateGroup`: gives a group another name or path; its members follow.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Key, Transaction};

use crate::iam::Iam;
use crate::record::{Group, User, key as record_key};

pub(super) async fn update_group(
    iam: &Iam,
    cx: &CallContext,
    input: types::UpdateGroupRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.find::<Group>(cx, &input.group_name)?;
        let mut changed = found.value.as_ref().clone();
        if let Some(path) = &input.new_path {
            changed.path.clone_from(path);
        }
        let mut transaction = Transaction::default();
        let Some(new_name) = &input.new_group_name else {
            transaction.update(key, found.version, &changed);
            return Ok((transaction, Unit));
        };
        changed.name.clone_from(new_name);
        let new_key = record_key(cx.account(), new_name);
        if new_key == key {
            transaction.update(key, found.version, &changed);
            return Ok((transaction, Unit));
        }
        if iam.catalog.get::<Group>(&new_key).is_some() {
            let message = format!("Group with name {new_name} already exists.");
            return Err(errors::entity_already_exists_exception(message));
        }
        transaction.delete::<Group>(key.clone(), found.version);
        transaction.create(new_key.clone(), &changed);
        for (name, user) in iam.catalog.list::<User>(cx.account(), None) {
            if user.value.groups.contains(&key.name) {
                let mut moved = user.value.as_ref().clone();
                moved.groups.retain(|group| *group != key.name);
                moved.groups.push(new_key.name.clone());
                moved.groups.sort_unstable();
                transaction.update(Key::global(cx.account(), name), user.version, &moved);
            }
        }
        Ok((transaction, Unit))
    })
    .await
}
