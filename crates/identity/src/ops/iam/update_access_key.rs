//! `UpdateAccessKey`: switches an access key on or off.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::access_keys;

pub(super) async fn update_access_key(
    iam: &Iam,
    cx: &CallContext,
    input: types::UpdateAccessKeyRequest,
) -> Result<Unit, ServiceError> {
    let active = match input.status {
        types::StatusType::Active => true,
        types::StatusType::Inactive => false,
        types::StatusType::Expired => {
            return Err(errors::invalid_input_exception("The status of an access key cannot be set to Expired."));
        }
    };
    iam.change(|| {
        let (key, found) = access_keys::find(iam, cx, input.user_name.clone(), &input.access_key_id)?;
        let mut changed = found.value.as_ref().clone();
        changed.active = active;
        let mut transaction = Transaction::default();
        transaction.update(key, found.version, &changed);
        Ok((transaction, Unit))
    })
    .await
}
