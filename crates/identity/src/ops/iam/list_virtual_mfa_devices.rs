//! `ListVirtualMFADevices`: lists the account's devices, those in use, those that are not, or all.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::record::MfaDevice;

pub(super) async fn list_virtual_mfa_devices(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListVirtualMFADevicesRequest,
) -> Result<types::ListVirtualMFADevicesResponse, ServiceError> {
    let is_wanted = |device: &MfaDevice| match input.assignment_status {
        Some(types::AssignmentStatusType::Assigned) => device.enabled.is_some(),
        Some(types::AssignmentStatusType::Unassigned) => device.enabled.is_none(),
        Some(types::AssignmentStatusType::Any) | None => true,
    };
    let mut all = iam.catalog.list::<MfaDevice>(cx.account(), None);
    all.retain(|(_, found)| is_wanted(&found.value));
    let page = page(all, input.marker.as_deref(), input.max_items)?;
    let page = page.map(|found| iam.mfa_device_shape(cx, &found.value));
    Ok(types::ListVirtualMFADevicesResponse {
        virtual_mfa_devices: page.items,
        is_truncated: page.is_truncated,
        marker: page.marker,
    })
}
