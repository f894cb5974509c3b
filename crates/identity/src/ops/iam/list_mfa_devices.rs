//! `ListMFADevices`: lists the second factors of a user; without a name, of the caller.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::paging::page;
use crate::mfa::devices_of;

pub(super) async fn list_mfa_devices(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListMFADevicesRequest,
) -> Result<types::ListMFADevicesResponse, ServiceError> {
    let holder = iam.device_holder(cx, input.user_name)?;
    let devices = devices_of(&iam.catalog, cx.account(), &holder.id).into_iter();
    let shapes = devices.filter_map(|(key, found)| {
        let shape = types::MFADevice {
            user_name: holder.name.clone(),
            serial_number: iam.serial_number(cx, &found.value),
            enable_date: found.value.enabled.as_ref()?.since,
        };
        Some((key.name, shape))
    });
    let page = page(shapes.collect(), input.marker.as_deref(), input.max_items)?;
    Ok(types::ListMFADevicesResponse { mfa_devices: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
