//! `CreateVirtualMFADevice`: makes a device, which is nobody's yet, and shows its seed this once.

use api::iam::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::{Key, Transaction};
use wire::value::Blob;

use crate::iam::mfa_devices::PER_ACCOUNT_MAX;
use crate::iam::{Iam, qr_code, tags};
use crate::record::{AccountAlias, MfaDevice, key as record_key};
use crate::totp;

pub(super) async fn create_virtual_mfa_device(
    iam: &Iam,
    cx: &CallContext,
    input: types::CreateVirtualMFADeviceRequest,
) -> Result<types::CreateVirtualMFADeviceResponse, ServiceError> {
    let key = record_key(cx.account(), &input.virtual_mfa_device_name);
    let seed = totp::seed(&*iam.entropy);
    let name = MfaDevice::seal_name(cx.account(), &key.name);
    let device = MfaDevice {
        name: input.virtual_mfa_device_name,
        path: input.path.unwrap_or_else(|| "/".to_owned()),
        created: cx.now.truncate_to_secs(),
        tags: tags::initial(input.tags)?,
        sealed: iam.authenticator.keys().seal_other(&seed, &name, &*iam.entropy),
        enabled: None,
    };
    iam.change(|| {
        if iam.catalog.get::<MfaDevice>(&key).is_some() {
            let message = "MFADevice entity at the same path and name already exists.";
            return Err(errors::entity_already_exists_exception(message));
        }
        iam.ensure_room::<MfaDevice>(cx, "VirtualMFADevicesPerAccount", PER_ACCOUNT_MAX)?;
        let mut transaction = Transaction::default();
        transaction.create(key.clone(), &device);
        Ok((transaction, ()))
    })
    .await?;
    let base32 = totp::base32(&seed);
    let alias = iam.catalog.get::<AccountAlias>(&Key::global(cx.account(), "alias"));
    let account_name = alias.map_or_else(|| cx.account().to_string(), |found| found.value.alias.clone());
    let png = qr_code::png(&qr_code::address(&device.name, &account_name, &base32));
    Ok(types::CreateVirtualMFADeviceResponse {
        virtual_mfa_device: types::VirtualMFADevice {
            base32_string_seed: Some(Blob(base32.into_bytes())),
            qr_code_png: Some(Blob(png)),
            tags: (!device.tags.is_empty()).then(|| crate::iam::shapes::tag_list(&device.tags)),
            ..iam.mfa_device_shape(cx, &device)
        },
    })
}
