//! `ListMFADevices`: lists the second factors of a user; without a name, of the caller.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;
use crate::iam::find::user_name;
use crate::iam::paging::page;
use crate::mfa::devices_of;
use crate::record::User;

pub(super) async fn list_mfa_devices(
    iam: &Iam,
    cx: &CallContext,
    input: types::ListMFADevicesRequest,
) -> Result<types::ListMFADevicesResponse, ServiceError> {
    let (_, user) = iam.find::<User>(cx, &user_name(cx, input.user_name)?)?;
    let devices = devices_of(&iam.catalog, cx.account(), &user.value.id).into_iter();
    let shapes = devices.filter_map(|(key, found)| {
        let shape = types::MFADevice {
            user_name: user.value.name.clone(),
            serial_number: iam.serial_number(cx, &found.value),
            enable_date: found.value.enabled.as_ref()?.since,
        };
        Some((key.name, shape))
    });
    let page = page(shapes.collect(), input.marker.as_deref(), input.max_items)?;
    Ok(types::ListMFADevicesResponse { mfa_devices: page.items, is_truncated: page.is_truncated, marker: page.marker })
}
