//! `UntagMFADevice`: removes tags from a virtual MFA device.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::tags::remove;

pub(super) async fn untag_mfa_device(
    iam: &Iam,
    cx: &CallContext,
    input: types::UntagMFADeviceRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = iam.mfa_device(cx, &input.serial_number)?;
        let mut device = found.value.as_ref().clone();
        remove(&mut device, &input.tag_keys);
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &device);
        Ok((transaction, Unit))
    })
    .await
}
