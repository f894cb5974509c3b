//! `DeleteAccountPolicy` (logs.md AP-5).

use api::logs::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::Logs;
use crate::account_policies::{self, AccountPolicyRecord, AccountPolicyType};
use crate::change::change;

pub(super) async fn delete_account_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteAccountPolicyRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, scope, of) = (&logs.parts.catalog, cx.scope(), AccountPolicyType::of(input.policy_type));
    account_policies::require_action(logs, cx, of.actions().1)?;
    let kept_from = account_policies::kept_from(catalog, &scope, cx.now);
    change(catalog, || {
        let key = of.key(&scope, &input.policy_name);
        let found = catalog.get::<AccountPolicyRecord>(&key);
        let found = found.filter(|found| found.value.versions.current().is_some());
        let found = found.ok_or_else(account_policies::not_found)?;
        let mut record = AccountPolicyRecord::clone(&found.value);
        record.versions.set(cx.now, kept_from, None);
        let mut transaction = Transaction::default();
        match of.reaches_back() && !record.versions.is_blank() {
            true => transaction.update(key, found.version, &record),
            false => transaction.delete::<AccountPolicyRecord>(key, found.version),
        };
        Ok((transaction, Unit))
    })
    .await
}
