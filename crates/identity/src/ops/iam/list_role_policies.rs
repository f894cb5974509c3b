//! `ListRolePolicies`: lists the names of a role's inline policies.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn list_role_policies(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListRolePoliciesRequest,
) -> Result<types::ListRolePoliciesResponse, ServiceError> {
    let page = iam.list_inline::<Role>(cx, &input.role_name, input.marker.as_deref(), input.max_items)?;
    Ok(types::ListRolePoliciesResponse {
        policy_names: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
