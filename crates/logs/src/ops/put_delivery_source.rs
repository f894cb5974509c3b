//! `PutDeliverySource` (logs.md §8.6).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::Logs;
use crate::change::change;
use crate::deliveries::{self, DeliverySourceRecord};

pub(super) async fn put_delivery_source(
    logs: &Logs,
    cx: &CallContext,
    input: types::PutDeliverySourceRequest,
) -> Result<types::PutDeliverySourceResponse, ServiceError> {
    let service = deliveries::service(&input.resource_arn, &input.log_type)?;
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let key = deliveries::key(&scope, &input.name);
    let first_tags = deliveries::first_tags(input.tags.clone())?;
    // What its deliveries were allowed for must not change meanwhile.
    let _alone = logs.deliveries.lock().await;
    change(catalog, || {
        let mut record = DeliverySourceRecord {
            resource_arn: input.resource_arn.clone(),
            service: service.to_owned(),
            log_type: input.log_type.clone(),
            configuration: input.delivery_source_configuration.clone().unwrap_or_default(),
            tags: first_tags.clone(),
            created: cx.now,
        };
        let mut transaction = Transaction::default();
        let mut shown = deliveries::shown(&record.tags);
        match catalog.get::<DeliverySourceRecord>(&key) {
            None => transaction.create(key.clone(), &record),
            Some(found) => {
                deliveries::refuse_tags(input.tags.as_ref())?;
                refuse_another(&found.value, &record, || deliveries::takes_from(catalog, &scope, &input.name))?;
                (record.tags, record.created) = (found.value.tags.clone(), found.value.created);
                shown = None;
                transaction.update(key.clone(), found.version, &record)
            }
        };
        let described = DeliverySourceRecord::described(&scope, &input.name, &record);
        let delivery_source = Some(types::DeliverySource { tags: shown, ..described });
        Ok((transaction, types::PutDeliverySourceResponse { delivery_source }))
    })
    .await
}

/// Refuses to make a source one of something else: of another resource (logs.md DL-2), or of other logs while a
/// delivery takes them.
///
/// # Errors
/// `ConflictException`.
fn refuse_another(
    known: &DeliverySourceRecord,
    given: &DeliverySourceRecord,
    is_used: impl FnOnce() -> bool,
) -> Result<(), ServiceError> {
    let changed = match () {
        () if known.resource_arn != given.resource_arn => "ResourceId",
        () if known.log_type != given.log_type && is_used() => "LogType",
        () => return Ok(()),
    };
    Err(errors::conflict_exception(format!(
        "Update to existing Delivery Source with new {changed} is not allowed. Please create a new Delivery Source \
         instead."
    )))
}
