//! `UntagUser`: removes tags from a user.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};

use crate::iam::Iam;
use crate::iam::tags::remove;
use crate::record::User;

pub(super) async fn untag_user(
    iam: &Iam,
    cx: &CallContext,
    input: types::UntagUserRequest,
) -> Result<Unit, ServiceError> {
    iam.edit(cx, &input.user_name, |user: &mut User, _| {
        remove(user, &input.tag_keys);
        Ok(Unit)
    })
    .await
}
