//! `TagMFADevice`: adds tags to a virtual MFA device, or gives them other values.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::tags::merged;

pub(super) async fn tag_mfa_device(
    iam: &Iam,
    cx: &CallContext,
    input: types::TagMFADeviceRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.mfa_device(cx, &input.serial_number)?;
        let mut device = found.value.as_ref().clone();
        device.tags = merged(&device.tags, input.tags.clone())?;
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &device);
        Ok((transaction, Unit))
    })
    .await
}
