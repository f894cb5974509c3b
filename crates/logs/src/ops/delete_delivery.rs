//! `DeleteDelivery` (logs.md §8.6).

use api::logs::types;
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::deliveries::{self, DeliveryRecord};

pub(super) async fn delete_delivery(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteDeliveryRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    change(catalog, || {
        let found = deliveries::delivery(catalog, &scope, &input.id)?;
        let mut transaction = Transaction::default();
        transaction.delete::<DeliveryRecord>(deliveries::key(&scope, &input.id), found.version);
        Ok((transaction, Unit))
    })
    .await
}
