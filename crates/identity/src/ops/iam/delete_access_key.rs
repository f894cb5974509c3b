//! `DeleteAccessKey`: deletes an access key.

use api::iam::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::access_keys;
use crate::record::{AccessKey, LastUsed};

pub(super) async fn delete_access_key(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteAccessKeyRequest,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let (key, found) = access_keys::find(iam, cx, input.user_name.clone(), &input.access_key_id)?;
        let mut transaction = Transaction::default();
        if let Some(used) = iam.catalog.get::<LastUsed>(&key) {
            transaction.delete::<LastUsed>(key.clone(), used.version);
        }
        transaction.delete::<AccessKey>(key, found.version);
        Ok((transaction, Unit))
    })
    .await
}
