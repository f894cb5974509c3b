//! `ListAttachedGroupPolicies`: lists the managed policies of a group.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::record::Group;

pub(super) async fn list_attached_group_policies(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListAttachedGroupPoliciesRequest,
) -> Result<types::ListAttachedGroupPoliciesResponse, ServiceError> {
    let page = iam.list_attached::<Group>(
        cx,
        &input.group_name,
        input.path_prefix.as_deref(),
        input.marker.as_deref(),
        input.max_items,
    )?;
    Ok(types::ListAttachedGroupPoliciesResponse {
        attached_policies: Some(page.items),
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
