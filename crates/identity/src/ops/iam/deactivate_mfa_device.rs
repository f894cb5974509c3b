//! `DeactivateMFADevice`: takes a second factor away from a user; without a name, from the caller. In AWS root must act
//! through `AssumeRoot` for that, which is not there.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;

pub(super) async fn deactivate_mfa_device(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeactivateMFADeviceRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let holder = iam.device_holder(cx, input.user_name.clone())?;
        let (key, found) = iam.mfa_device_of(cx, &holder, &input.serial_number)?;
        let mut device = found.value.as_ref().clone();
        device.enabled = None;
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &device);
        Ok((transaction, Unit))
    })
    .await
}
