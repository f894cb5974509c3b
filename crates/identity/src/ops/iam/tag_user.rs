//! `TagUser`: adds tags to a user, or gives them other values.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::iam::tags::merged;
use crate::record::User;

pub(super) async fn tag_user(iam: &Iam, cx: &CallContext, input: types::TagUserRequest) -> Result<Unit, ServiceError> {
    iam.edit(cx, &input.user_name, |user: &mut User, _| {
        user.tags = merged(&user.tags, input.tags.clone())?;
        Ok(Unit)
    })
    .await
}
