//! `DeleteVirtualMFADevice`: deletes a device that nobody uses.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::record::MfaDevice;

pub(super) async fn delete_virtual_mfa_device(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteVirtualMFADeviceRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.mfa_device(cx, &input.serial_number)?;
        if found.value.enabled.is_some() {
            return Err(errors::delete_conflict_exception("MFA VirtualDevice in use. Must deactivate first."));
        }
        let mut transaction = Transaction::default();
        transaction.delete::<MfaDevice>(key, found.version);
        Ok((transaction, Unit))
    })
    .await
}
