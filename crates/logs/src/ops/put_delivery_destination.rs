//! `PutDeliveryDestination` (logs.md §8.6).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::deliveries::{self, DeliveryDestinationRecord, DestinationKind, OutputFormat};

pub(super) async fn put_delivery_destination(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutDeliveryDestinationRequest,
) -> Result<types::PutDeliveryDestinationResponse, ServiceError> {
    let resource_arn = input.delivery_destination_configuration.map(|given| given.destination_resource_arn);
    let kind = DestinationKind::of(resource_arn.as_deref(), input.delivery_destination_type)?;
    let output_format = input.output_format.map(OutputFormat::of);
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let key = deliveries::key(&scope, &input.name);
    let first_tags = deliveries::first_tags(input.tags.clone())?;
    // What its deliveries were allowed for must not change meanwhile.
    let _alone = logs.deliveries.lock().await;
    change(catalog, || {
        let mut record = DeliveryDestinationRecord {
            kind,
            resource_arn: resource_arn.clone(),
            output_format,
            policy: None,
            tags: first_tags.clone(),
            created: cx.now,
        };
        let mut transaction = Transaction::default();
        match catalog.get::<DeliveryDestinationRecord>(&key) {
            None => transaction.create(key.clone(), &record),
            Some(found) => {
                let known = &*found.value;
                deliveries::refuse_tags(input.tags.as_ref())?;
                refuse_another(known, &record)?;
                record = DeliveryDestinationRecord { resource_arn: record.resource_arn, ..known.clone() };
                transaction.update(key.clone(), found.version, &record)
            }
        };
        let delivery_destination = Some(DeliveryDestinationRecord::described(&scope, &input.name, &record));
        Ok((transaction, types::PutDeliveryDestinationResponse { delivery_destination }))
    })
    .await
}

/// Refuses to make a destination one of another kind (logs.md DL-2). A format that is not given stays.
///
/// # Errors
/// `ConflictException`.
fn refuse_another(known: &DeliveryDestinationRecord, given: &DeliveryDestinationRecord) -> Result<(), ServiceError> {
    let changed = match () {
        () if given.output_format.is_some() && known.output_format != given.output_format => "Output Format",
        () if known.kind != given.kind => "Delivery Destination Type",
        () => return Ok(()),
    };
    Err(errors::conflict_exception(format!(
        "Update to existing Delivery Destination with new {changed} is not allowed. Please create a new Delivery \
         Destination instead."
    )))
}
