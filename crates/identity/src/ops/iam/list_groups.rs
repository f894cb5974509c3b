//! `ListGroups`: lists the account's groups under a path.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::iam::shapes::group;
use crate::record::Group;

pub(super) async fn list_groups(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListGroupsRequest,
) -> Result<types::ListGroupsResponse, ServiceError> {
    let groups = iam.list::<Group>(cx, input.path_prefix.as_deref());
    let page = page(groups, input.marker.as_deref(), input.max_items)?.map(|found| group(cx, &found.value));
    Ok(types::ListGroupsResponse { groups: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
