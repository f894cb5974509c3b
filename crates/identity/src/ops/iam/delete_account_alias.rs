//! `DeleteAccountAlias`: takes the account's alias away.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Key, Transaction};

use crate::iam::Iam;
use crate::record::AccountAlias;

pub(super) async fn delete_account_alias(
    iam: &Iam,
    cx: &CallContext,
    input: types::DeleteAccountAliasRequest,
) -> Result<Unit, ServiceError> {
    let key = Key::global(cx.account(), "alias");
    iam.change(|| {
        let found = iam.catalog.get::<AccountAlias>(&key).filter(|found| found.value.alias == input.account_alias);
        let found = found.ok_or_else(|| {
            let message = format!("The account alias with name {} cannot be found.", input.account_alias);
            errors::no_such_entity_exception(message)
        })?;
        let mut transaction = Transaction::default();
        transaction.delete::<AccountAlias>(key.clone(), found.version);
        Ok((transaction, Unit))
    })
    .await
}
