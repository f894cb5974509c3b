//! Virtual MFA devices: finding them, and proving that somebody has one.

use api::iam::{errors, types};
use api::{CallContext, Principal, ServiceError};
use store::catalog::{Key, Transaction, Versioned};

use super::Iam;
use super::change::touch;
use super::find::user_name;
use super::login_profiles::ROOT;
use crate::mfa;
use crate::record::{Enabled, MfaDevice, User, key};
use crate::totp;

/// Devices one user, or root, can have (documented).
pub(crate) const PER_USER_MAX: usize = 8;
/// Devices an account can have: as many as users (default quota).
pub(crate) const PER_ACCOUNT_MAX: usize = super::find::USERS_MAX;

/// Whose devices a request means.
pub(crate) struct DeviceHolder {
    /// The user's unique id, or [`ROOT`].
    pub(crate) id: String,
    /// The name, for answers. Root has none; it is `root` here.
    pub(crate) name: String,
    user: Option<(Key, Versioned<User>)>,
}

impl DeviceHolder {
    /// Has the change fail where one more device was enabled meanwhile, or the user deleted. Root has no record: the
    /// devices that it has stand for it.
    pub(crate) fn hold(&self, present: &[(Key, Versioned<MfaDevice>)], transaction: &mut Transaction) {
        match &self.user {
            Some((key, user)) => touch(transaction, key.clone(), user),
            None => present.iter().for_each(|(key, device)| touch(transaction, key.clone(), device)),
        }
    }
}

impl Iam {
    /// The user that is named, or the caller. Root means itself by naming nobody, or, where a name is required, by `root`
    /// as long as no user has that name: AWS documents no name for it, whose devices are for its console to enable. Nobody
    /// else can mean root.
    pub(crate) fn device_holder(&self, cx: &CallContext, given: Option<String>) -> Result<DeviceHolder, ServiceError> {
        let is_root = matches!(cx.principal, Principal::Root { .. });
        let user = match given {
            None if is_root => None,
            Some(name) if is_root && name == ROOT => self.find::<User>(cx, &name).ok(),
            given => Some(self.find::<User>(cx, &user_name(cx, given)?)?),
        };
        Ok(match user {
            None => DeviceHolder { id: ROOT.to_owned(), name: ROOT.to_owned(), user },
            Some((_, ref found)) => DeviceHolder { id: found.value.id.clone(), name: found.value.name.clone(), user },
        })
    }

    /// The device of this serial number.
    pub(crate) fn mfa_device(
        &self,
        cx: &CallContext,
        serial_number: &str,
    ) -> Result<(Key, Versioned<MfaDevice>), ServiceError> {
        let name = serial_number.rsplit('/').next().unwrap_or_default();
        let key = key(cx.account(), name);
        let found = self.catalog.get::<MfaDevice>(&key);
        let named = |found: &Versioned<MfaDevice>| self.serial_number(cx, &found.value) == serial_number;
        found.filter(named).map(|found| (key, found)).ok_or_else(|| {
            let message = format!("VirtualMFADevice with serial number {serial_number} doesn't exist.");
            errors::no_such_entity_exception(message)
        })
    }

    pub(crate) fn serial_number(&self, cx: &CallContext, device: &MfaDevice) -> String {
        device.serial_number(cx.partition, cx.account())
    }

    /// The device of this serial number, which must be in use by the holder.
    pub(crate) fn mfa_device_of(
        &self,
        cx: &CallContext,
        holder: &DeviceHolder,
        serial_number: &str,
    ) -> Result<(Key, Versioned<MfaDevice>), ServiceError> {
        let (key, device) = self.mfa_device(cx, serial_number)?;
        match &device.value.enabled {
            Some(enabled) if enabled.user_id == holder.id => Ok((key, device)),
            _ => Err(errors::no_such_entity_exception("MFA Device invalid for user.")),
        }
    }

    /// What a device is enabled with when two codes of it that follow one another prove that the user holds it. Its
    /// clock may be off by `steps_off`.
    ///
    /// # Errors
    /// `InvalidAuthenticationCode`
    pub(crate) fn proved(
        &self,
        cx: &CallContext,
        (key, device): (&Key, &MfaDevice),
        codes: (&str, &str),
        steps_off: i64,
        user_id: &str,
    ) -> Result<Enabled, ServiceError> {
        let refused = || errors::invalid_authentication_code_exception("Authentication code for device is not valid.");
        let seed = mfa::seed_of(self.authenticator.keys(), cx.account(), key, device).ok_or_else(refused)?;
        let now = totp::step_at(cx.now);
        let found = totp::matching_pair(&seed, codes.0, codes.1, now - steps_off..=now + steps_off);
        let last_step = found.ok_or_else(refused)?;
        // A code that was taken before is good no more, whatever it is to prove.
        if device.enabled.as_ref().is_some_and(|enabled| last_step - 1 <= enabled.last_step) {
            return Err(refused());
        }
        // People read the first code, wait for the second and send both: by then the second may just have passed, and
        // scripts that make both at once are a step ahead. Neither says that the clock is off.
        let drift = match last_step - now {
            -1..=1 => 0,
            off => off,
        };
        Ok(Enabled { user_id: user_id.to_owned(), since: cx.now.truncate_to_secs(), drift, last_step })
    }

    /// A device as lists of all devices hold it: without its seed (documented).
    pub(crate) fn mfa_device_shape(&self, cx: &CallContext, device: &MfaDevice) -> types::VirtualMFADevice {
        let owner = device.enabled.as_ref().and_then(|enabled| match enabled.user_id.as_str() {
            ROOT => Some(self.root_shape(cx)),
            id => self.user_of_id(cx, id).map(|user| self.user_in_list(cx, &user.value)),
        });
        types::VirtualMFADevice {
            serial_number: self.serial_number(cx, device),
            base32_string_seed: None,
            qr_code_png: None,
            user: owner,
            enable_date: device.enabled.as_ref().map(|enabled| enabled.since),
            tags: None,
        }
    }

    fn user_of_id(&self, cx: &CallContext, id: &str) -> Option<Versioned<User>> {
        self.list::<User>(cx, None).into_iter().map(|(_, user)| user).find(|user| user.value.id == id)
    }
}
