//! `ListUserPolicies`: lists the names of a user's inline policies.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::User;

pub(super) async fn list_user_policies(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListUserPoliciesRequest,
) -> Result<types::ListUserPoliciesResponse, ServiceError> {
    let page = iam.list_inline::<User>(cx, &input.user_name, input.marker.as_deref(), input.max_items)?;
    Ok(types::ListUserPoliciesResponse {
        policy_names: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
