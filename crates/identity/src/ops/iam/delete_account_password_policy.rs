//! `DeleteAccountPasswordPolicy`: leaves users' passwords to AWS's own rules.

use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::iam::Iam;
use crate::iam::password_policy::existing;
use crate::record::PasswordPolicy;

pub(super) async fn delete_account_password_policy(
    iam: &Iam,
    cx: &CallContext,
    _input: Unit,
) -> Result<Unit, ServiceError> {
    iam.change(|| {
        let found = existing(iam, cx)?;
        let mut transaction = Transaction::default();
        transaction.delete::<PasswordPolicy>(PasswordPolicy::key(cx.account()), found.version);
        Ok((transaction, Unit))
    })
    .await
}
