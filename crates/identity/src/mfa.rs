//! Second factors: which devices a user, or root, has, and whether a code is one of theirs.

use base::{AccountId, Timestamp};
use store::catalog::{Catalog, Key, Transaction, Versioned};

use crate::record::MfaDevice;
use crate::secrets::Keys;
use crate::totp;

/// How many steps a device's clock may be off without anybody saying so.
const STEPS_OFF: i64 = 1;

/// All devices that are in use by the user of this unique id, or by root.
pub(crate) fn devices_of(catalog: &Catalog, account: &AccountId, user_id: &str) -> Vec<(Key, Versioned<MfaDevice>)> {
    let all = catalog.list::<MfaDevice>(account, None).into_iter();
    let is_theirs = |device: &MfaDevice| device.enabled.as_ref().is_some_and(|enabled| enabled.user_id == user_id);
    let theirs = all.filter(|(_, found)| is_theirs(&found.value));
    theirs.map(|(name, found)| (Key::global(account, name), found)).collect()
}

/// The seed of a device; `None` when it cannot be opened, which is logged.
pub(crate) fn seed_of(keys: &Keys, account: &AccountId, key: &Key, device: &MfaDevice) -> Option<Vec<u8>> {
    let seed = keys.open_other(&device.sealed, &MfaDevice::seal_name(account, &key.name));
    if seed.is_none() {
        tracing::error!(device = device.name, "the seed of an MFA device cannot be opened with this master key");
    }
    seed
}

/// The device that a code is of. The code is used up by the transaction that is added to: committed twice, one of the
/// two fails, and decided again it is refused.
pub(crate) fn take<'a>(
    keys: &Keys,
    account: &AccountId,
    devices: &'a [(Key, Versioned<MfaDevice>)],
    code: &str,
    now: Timestamp,
    transaction: &mut Transaction,
) -> Option<&'a MfaDevice> {
    for (key, found) in devices {
        let device = found.value.as_ref();
        let Some((enabled, seed)) = device.enabled.as_ref().zip(seed_of(keys, account, key, device)) else { continue };
        let step = totp::step_at(now) + enabled.drift;
        let Some(step) = totp::matching(&seed, code, step - STEPS_OFF..=step + STEPS_OFF) else { continue };
        if step <= enabled.last_step {
            continue;
        }
        let mut changed = device.clone();
        changed.enabled = Some(crate::record::Enabled { last_step: step, ..enabled.clone() });
        transaction.update(key.clone(), found.version, &changed);
        return Some(device);
    }
    None
}
