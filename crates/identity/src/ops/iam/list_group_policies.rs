//! `ListGroupPolicies`: lists the names of a group's inline policies.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::Group;

pub(super) async fn list_group_policies(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListGroupPoliciesRequest,
) -> Result<types::ListGroupPoliciesResponse, ServiceError> {
    let page = iam.list_inline::<Group>(cx, &input.group_name, input.marker.as_deref(), input.max_items)?;
    Ok(types::ListGroupPoliciesResponse {
        policy_names: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
