//! `UpdateDeliveryConfiguration` (logs.md §8.6). What is not given stays.

use api::logs::types;
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::deliveries::{self, DeliveryRecord, Layout};

pub(super) async fn update_delivery_configuration(
    logs: &Logs,
    cx: &CallContext,
    input: types::UpdateDeliveryConfigurationRequest,
) -> Result<types::UpdateDeliveryConfigurationResponse, ServiceError> {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    // The destination must stay as it is while the delivery is made to fit it.
    let _alone = logs.deliveries.lock().await;
    change(catalog, || {
        let found = deliveries::delivery(catalog, &scope, &input.id)?;
        let destination = deliveries::destination(catalog, &scope, &found.value.destination)?;
        let mut record = DeliveryRecord::clone(&found.value);
        let layout = Layout {
            record_fields: input.record_fields.clone(),
            field_delimiter: input.field_delimiter.clone(),
            objects: input.s3_delivery_configuration.clone(),
        };
        layout.apply(&mut record, &destination.value)?;
        let mut transaction = Transaction::default();
        transaction.update(deliveries::key(&scope, &input.id), found.version, &record);
        Ok((transaction, types::UpdateDeliveryConfigurationResponse {}))
    })
    .await
}
