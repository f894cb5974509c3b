//! `ListAccessKeys`: lists the access keys of a user; without a name, of the caller.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::access_keys;
use crate::iam::paging::page;
use crate::iam::shapes::access_key_metadata;

pub(super) async fn list_access_keys(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListAccessKeysRequest,
) -> Result<types::ListAccessKeysResponse, ServiceError> {
    let (owner, user_name) = access_keys::owner(iam, cx, input.user_name)?;
    let page = page(access_keys::of(iam, cx, &owner), input.marker.as_deref(), input.max_items)?;
    let page = page.map(|access_key| access_key_metadata(&user_name, &access_key));
    Ok(types::ListAccessKeysResponse {
        access_key_metadata: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
