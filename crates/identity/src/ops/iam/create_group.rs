//! `CreateGroup`: creates a group.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};
use base::id::{IdKind, unique_id};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::find::GROUPS_MAX;
use crate::iam::shapes::group;
use crate::record::{Group, Permissions, key};

pub(super) async fn create_group(
    iam: &Iam,
    cx: &CallContext,
    input: types::CreateGroupRequest,
) -> Result<types::CreateGroupResponse, ServiceError> {
    let id = unique_id(IdKind::Group, cx.account(), &*iam.entropy);
    let key = key(cx.account(), &input.group_name);
    let created = Group {
        name: input.group_name,
        path: input.path.unwrap_or_else(|| "/".to_owned()),
        id,
        created: cx.now.truncate_to_secs(),
        permissions: Permissions::default(),
    };
    iam.change(|| {
        if iam.catalog.get::<Group>(&key).is_some() {
            let message = format!("Group with name {} already exists.", created.name);
            return Err(errors::entity_already_exists_exception(message));
        }
        iam.ensure_room::<Group>(cx, "GroupsPerAccount", GROUPS_MAX)?;
        let mut transaction = Transaction::default();
        transaction.create(key.clone(), &created);
        Ok((transaction, ()))
    })
    .await?;
    Ok(types::CreateGroupResponse { group: group(cx, &created) })
}
