//! `DeleteSubscriptionFilter` (logs.md SF-6).

use api::logs::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::groups;
use crate::subscriptions::{SubscriptionPlace, SubscriptionRecord};

pub(super) async fn delete_subscription_filter(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteSubscriptionFilterRequest,
) -> Result<Unit, ServiceError> {
    let catalog = &logs.parts.catalog;
    change(catalog, || {
        let group = groups::find(catalog, &cx.scope(), &input.log_group_name)?;
        let key = group.belonging(&input.filter_name);
        let absent = || errors::resource_not_found_exception("The specified subscription filter does not exist.");
        let found = catalog.get::<SubscriptionRecord>(&key).ok_or_else(absent)?;
        let mut transaction = Transaction::default();
        transaction.delete::<SubscriptionRecord>(key.clone(), found.version);
        if let Some(place) = catalog.get::<SubscriptionPlace>(&key) {
            transaction.delete::<SubscriptionPlace>(key, place.version);
        }
        Ok((transaction, ()))
    })
    .await?;
    Ok(Unit)
}
