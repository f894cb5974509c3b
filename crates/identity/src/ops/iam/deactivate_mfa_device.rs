//! `DeactivateMFADevice`: takes a second factor away from a user; without a name, from the caller.

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
        let (key, found) = iam.mfa_device_of(cx, input.user_name.clone(), &input.serial_number)?;
        let mut device = found.value.as_ref().clone();
        device.enabled = None;
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &device);
        Ok((transaction, Unit))
    })
    .await
}
