//! `CreateAccountAlias`: gives the account its alias, in place of the one before.

use api::iam::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::{Key, Transaction};

use crate::iam::Iam;
use crate::record::AccountAlias;

pub(super) async fn create_account_alias(
    iam: &Iam,
    cx: &CallContext,
    input: types::CreateAccountAliasRequest,
) -> Result<Unit, ServiceError> {
    let key = Key::global(cx.account(), "alias");
    let record = AccountAlias { alias: input.account_alias };
    iam.change(|| {
        let all = iam.catalog.list_all::<AccountAlias>();
        if all.iter().any(|(_, found)| found.value.alias == record.alias) {
            let message = format!("The account alias {} already exists.", record.alias);
            return Err(errors::entity_already_exists_exception(message));
        }
        let mut transaction = Transaction::default();
        transaction.put(key.clone(), &record);
        Ok((transaction, Unit))
    })
    .await
}
