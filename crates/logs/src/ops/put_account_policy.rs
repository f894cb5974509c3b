//! `PutAccountPolicy` (logs.md §5.3).

use api::logs::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::Logs;
use crate::account_policies::{self, AccountPolicy, AccountPolicyRecord, AccountPolicyType};
use crate::change::change;
use crate::history::History;
use crate::subscriptions::{self, check_delivery, check_role};

pub(super) async fn put_account_policy(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutAccountPolicyRequest,
) -> Result<types::PutAccountPolicyResponse, ServiceError> {
    let checked = account_policies::check(&input)?;
    account_policies::require_action(logs, cx, checked.of.actions().0)?;
    if let Some(subscription) = &checked.subscription {
        check_role(&cx.scope(), &subscription.destination, subscription.role_arn.as_deref())?;
        check_delivery(logs, cx, &subscription.destination).await?;
    }
    let (catalog, scope, of, name) = (&logs.parts.catalog, cx.scope(), checked.of, &input.policy_name);
    let policy = AccountPolicy {
        document: input.policy_document,
        selection: checked.selection.is_some().then_some(input.selection_criteria).flatten(),
    };
    // Of two new policies one may be too many.
    let _alone = logs.membership.write().await;
    let kept_from = account_policies::kept_from(catalog, &scope, cx.now);
    change(catalog, || {
        let mut others = account_policies::in_force(catalog, &scope, of);
        others.retain(|(other, _)| other != name);
        account_policies::check_against(&checked, &others)?;
        let key = of.key(&scope, name);
        let found = catalog.get::<AccountPolicyRecord>(&key);
        let held = found.as_ref().filter(|found| found.value.versions.current().is_some());
        let mut record = AccountPolicyRecord {
            versions: found.as_ref().map_or_else(History::default, |found| found.value.versions.clone()),
            updated: cx.now,
            since: held.map_or_else(|| logs.parts.events.last_position(), |held| held.value.since),
        };
        record.versions.set(cx.now, kept_from, Some(policy.clone()));
        let mut transaction = Transaction::default();
        match &found {
            Some(found) => transaction.update(key, found.version, &record),
            None => transaction.create(key, &record),
        };
        if of == AccountPolicyType::SubscriptionFilter {
            subscriptions::begin_where_new(&mut transaction, logs, &scope, name, &record);
        }
        let account_policy = account_policies::described(&scope, of, name, &record);
        Ok((transaction, types::PutAccountPolicyResponse { account_policy }))
    })
    .await
}
