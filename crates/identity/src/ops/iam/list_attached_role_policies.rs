//! `ListAttachedRolePolicies`: lists the managed policies of a role.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::Role;

pub(super) async fn list_attached_role_policies(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListAttachedRolePoliciesRequest,
) -> Result<types::ListAttachedRolePoliciesResponse, ServiceError> {
    let page = iam.list_attached::<Role>(
        cx,
        &input.role_name,
        input.path_prefix.as_deref(),
        input.marker.as_deref(),
        input.max_items,
    )?;
    Ok(types::ListAttachedRolePoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
