//! `GetMFADevice`: gives a second factor of a user; without a name, of the caller.

use api::iam::types;
use api::{CallContext, ServiceError};

use crate::iam::Iam;

pub(super) async fn get_mfa_device(
    iam: &Iam,
    cx: &CallContext,
    input: types::GetMFADeviceRequest,
) -> Result<types::GetMFADeviceResponse, ServiceError> {
    let holder = iam.device_holder(cx, input.user_name)?;
    let (_, device) = iam.mfa_device_of(cx, &holder, &input.serial_number)?;
    Ok(types::GetMFADeviceResponse {
        user_name: Some(holder.name),
        serial_number: iam.serial_number(cx, &device.value),
        enable_date: device.value.enabled.as_ref().map(|enabled| enabled.since),
        certifications: None,
    })
}
