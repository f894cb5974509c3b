//! `ResyncMFADevice`: finds out by two codes how far a device's clock is off.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::record::Enabled;

/// How many steps a device's clock may be off, both ways: a day.
const STEPS_OFF: i64 = 2880;

pub(super) async fn resync_mfa_device(
    iam: &Iam,
    cx: &CallContext,
    input: types::ResyncMFADeviceRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let holder = iam.device_holder(cx, Some(input.user_name.clone()))?;
        let (key, found) = iam.mfa_device_of(cx, &holder, &input.serial_number)?;
        let mut device = found.value.as_ref().clone();
        if let Some(before) = &found.value.enabled {
            let codes = (input.authentication_code1.as_str(), input.authentication_code2.as_str());
            let proved = iam.proved(cx, (&key, &found.value), codes, STEPS_OFF, &before.user_id)?;
            device.enabled = Some(Enabled { since: before.since, ..proved });
        }
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &device);
        Ok((transaction, Unit))
    })
    .await
}
