//! `EnableMFADevice`: makes a device a second factor of a user, or of root, which two codes of it prove.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::mfa_devices::PER_USER_MAX;
use crate::mfa::devices_of;

/// How many steps a new device's clock may be off, both ways.
const STEPS_OFF: i64 = 3;

pub(super) async fn enable_mfa_device(
    iam: &Iam,
    cx: &CallContext,
    input: types::EnableMFADeviceRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let holder = iam.device_holder(cx, Some(input.user_name.clone()))?;
        let (key, found) = iam.mfa_device(cx, &input.serial_number)?;
        if found.value.enabled.is_some() {
            return Err(errors::entity_already_exists_exception("MFA Device is already in use."));
        }
        let present = devices_of(&iam.catalog, cx.account(), &holder.id);
        if present.len() >= PER_USER_MAX {
            let message = format!("Cannot exceed quota for MFADevicesPerUser: {PER_USER_MAX}");
            return Err(errors::limit_exceeded_exception(message));
        }
        let codes = (input.authentication_code1.as_str(), input.authentication_code2.as_str());
        let mut device = found.value.as_ref().clone();
        device.enabled = Some(iam.proved(cx, (&key, &found.value), codes, STEPS_OFF, &holder.id)?);
        let mut transaction = Transaction::default();
        // Two devices at once must not both find room for one, nor the user go meanwhile.
        holder.hold(&present, &mut transaction);
        transaction.update(key, found.version, &device);
        Ok((transaction, Unit))
    })
    .await
}
