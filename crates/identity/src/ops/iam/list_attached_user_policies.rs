//! `ListAttachedUserPolicies`: lists the managed policies of a user.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::User;

pub(super) async fn list_attached_user_policies(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListAttachedUserPoliciesRequest,
) -> Result<types::ListAttachedUserPoliciesResponse, ServiceError> {
    let page = iam.list_attached::<User>(
        cx,
        &input.user_name,
        input.path_prefix.as_deref(),
        input.marker.as_deref(),
        input.max_items,
    )?;
    Ok(types::ListAttachedUserPoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
