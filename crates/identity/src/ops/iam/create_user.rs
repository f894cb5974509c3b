//! `CreateUser`: creates a user.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};
use base::id::{IdKind, unique_id};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::find::USERS_MAX;
use crate::iam::tags;
use crate::record::{Permissions, User, key};

pub(super) async fn create_user(
    iam: &Iam,
    cx: &CallContext,
    input: types::CreateUserRequest,
) -> Result<types::CreateUserResponse, ServiceError> {
    let tags = tags::initial(input.tags)?;
    let id = unique_id(IdKind::User, cx.account(), &*iam.entropy);
    let key = key(cx.account(), &input.user_name);
    let user = iam
        .change(|| {
            if iam.catalog.get::<User>(&key).is_some() {
                let message = format!("User with name {} already exists.", input.user_name);
                return Err(errors::entity_already_exists_exception(message));
            }
            iam.ensure_room::<User>(cx, "UsersPerAccount", USERS_MAX)?;
            let mut transaction = Transaction::default();
            let user = User {
                name: input.user_name.clone(),
                path: input.path.clone().unwrap_or_else(|| "/".to_owned()),
                id: id.clone(),
                created: cx.now.truncate_to_secs(),
                tags: tags.clone(),
                boundary: iam.boundary(cx, input.permissions_boundary.as_deref(), &mut transaction)?,
                permissions: Permissions::default(),
                groups: Vec::new(),
            };
            transaction.create(key.clone(), &user);
            Ok((transaction, user))
        })
        .await?;
    Ok(types::CreateUserResponse { user: Some(iam.user_shape(cx, &user)) })
}
