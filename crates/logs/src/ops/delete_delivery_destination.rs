//! `DeleteDeliveryDestination` (logs.md §8.6, DL-3).

use api::logs::{errors, types};
use api::{CallContext, ServiceError, Unit};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::deliveries::{self, DeliveryDestinationRecord};

pub(super) async fn delete_delivery_destination(
    logs: &Logs,
    cx: &CallContext,
    input: types::DeleteDeliveryDestinationRequest,
) -> Result<Unit, ServiceError> {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    // No delivery must be made of it meanwhile.
    let _alone = logs.deliveries.lock().await;
    change(catalog, || {
        let found = deliveries::destination(catalog, &scope, &input.name)?;
        if deliveries::leads_to(catalog, &scope, &input.name) {
            let message = "This Delivery Destination is used by a Delivery. Please delete the Delivery first.";
            return Err(errors::conflict_exception(message));
        }
        let mut transaction = Transaction::default();
        transaction.delete::<DeliveryDestinationRecord>(deliveries::key(&scope, &input.name), found.version);
        Ok((transaction, Unit))
    })
    .await
}
