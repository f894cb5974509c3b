//! The second factor that a caller of STS proves to have.

use std::time::Instant;

use api::{CallContext, Principal, ServiceError};
use store::catalog::Transaction;

use super::Sts;
use crate::iam::change::change;
use crate::iam::login_profiles::ROOT;
use crate::mfa;

/// Whether a second factor stands behind a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecondFactor {
    /// None was named.
    Absent,
    /// The code of one was right.
    Proved,
}

impl Sts {
    /// Holds a code against a device of the caller's own, and uses it up.
    ///
    /// # Errors
    /// `AccessDenied`, whatever is wrong with device or code; the catalog's.
    pub(crate) async fn second_factor(
        &self,
        cx: &CallContext,
        serial_number: Option<&str>,
        code: Option<String>,
    ) -> Result<SecondFactor, ServiceError> {
        let (serial_number, code) = match (serial_number, code) {
            (None, None) => return Ok(SecondFactor::Absent),
            (Some(serial_number), Some(code)) => (serial_number, code),
            _ => return Err(ServiceError::validation("Both MFA SerialNumber and TokenCode must be provided.")),
        };
        let denied = || {
            let message = "MultiFactorAuthentication failed with invalid MFA one time pass code. ";
            ServiceError::common("AccessDenied", "AccessDenied", 403, message)
        };
        let (account, id) = match &cx.principal {
            Principal::User { account, user_id, .. } => (account, user_id.as_str()),
            Principal::Root { account, .. } => (account, ROOT),
            Principal::AssumedRole { .. } | Principal::Unknown { .. } => return Err(denied()),
        };
        let guessed_at = (account, id);
        if !self.codes.admit(&guessed_at, Instant::now()) {
            return Err(denied());
        }
        change(&self.catalog, || {
            let mut devices = mfa::devices_of(&self.catalog, account, id);
            devices.retain(|(_, found)| found.value.serial_number(cx.partition, account) == serial_number);
            let mut transaction = Transaction::default();
            let keys = self.authenticator.keys();
            let taken = mfa::take(keys, account, &devices, &code, cx.now, &mut transaction);
            taken.map(|_| ()).ok_or_else(denied)?;
            Ok((transaction, ()))
        })
        .await?;
        self.codes.give_back(&guessed_at);
        Ok(SecondFactor::Proved)
    }
}
