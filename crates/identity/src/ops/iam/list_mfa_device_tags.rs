//! `ListMFADeviceTags`: lists the tags of a virtual MFA device.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::tags::list;

pub(super) async fn list_mfa_device_tags(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListMFADeviceTagsRequest,
) -> Result<types::ListMFADeviceTagsResponse, ServiceError> {
    let (_, device) = iam.mfa_device(cx, &input.serial_number)?;
    let page = list(&device.value.tags, input.marker.as_deref(), input.max_items)?;
    Ok(types::ListMFADeviceTagsResponse { tags: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
