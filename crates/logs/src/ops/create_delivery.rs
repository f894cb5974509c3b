//! `CreateDelivery` (logs.md §8.6).

use api::logs::{errors, types};
use api::{CallContext, ServiceError};
use base::Scope;
use store::Catalog;
use store::catalog::Transaction;

use crate::change::change;
use crate::deliveries::{self, DESTINATION, DeliveryRecord, DestinationKind, Layout, TRACES};
use crate::{Logs, groups};

pub(super) async fn create_delivery(
    logs: &Logs,
    cx: &CallContext,
    input: types::CreateDeliveryRequest,
) -> Result<types::CreateDeliveryResponse, ServiceError> {
    let (catalog, scope) = (&logs.parts.catalog, cx.scope());
    let tags = deliveries::first_tags(input.tags)?;
    // Neither may the source or the destination go meanwhile, nor may there be a second delivery of both.
    let _alone = logs.deliveries.lock().await;
    change(catalog, || {
        let source = deliveries::source(catalog, &scope, &input.delivery_source_name)?;
        // Destinations of other accounts are not there.
        let start = groups::arn_of(&scope, DESTINATION);
        let name = input.delivery_destination_arn.strip_prefix(start.as_str());
        let name = name.ok_or_else(|| deliveries::not_found("Delivery Destination"))?;
        let destination = deliveries::destination(catalog, &scope, name)?;
        let kind = destination.value.kind;
        if (source.value.log_type == TRACES) != (kind == DestinationKind::XRay) {
            let message = "Logs of the type TRACES can be delivered to X-Ray, and nothing else can.";
            return Err(errors::validation_exception(message));
        }
        refuse_second(catalog, &scope, &input.delivery_source_name, name, kind)?;
        let mut record = DeliveryRecord {
            source: input.delivery_source_name.clone(),
            destination: name.to_owned(),
            kind,
            record_fields: source.value.default_fields(),
            field_delimiter: None,
            objects: source.value.default_objects(kind),
            tags: tags.clone(),
            created: cx.now,
        };
        let layout = Layout {
            record_fields: input.record_fields.clone(),
            field_delimiter: input.field_delimiter.clone(),
            objects: input.s3_delivery_configuration.clone(),
        };
        layout.apply(&mut record, &destination.value)?;
        let id = deliveries::new_id(&*logs.parts.entropy);
        let mut transaction = Transaction::default();
        transaction.create(deliveries::key(&scope, &id), &record);
        let described = deliveries::described(&scope, &id, &record);
        let delivery = Some(types::Delivery { tags: deliveries::shown(&tags), ..described });
        Ok((transaction, types::CreateDeliveryResponse { delivery }))
    })
    .await
}

/// A source has at most one delivery to destinations of a type (logs.md DL-2).
///
/// # Errors
/// `ConflictException`.
fn refuse_second(
    catalog: &Catalog,
    scope: &Scope,
    source: &str,
    destination: &str,
    kind: DestinationKind,
) -> Result<(), ServiceError> {
    let all = deliveries::all(catalog, scope);
    let of_source = || all.iter().map(|(_, found)| &found.value).filter(|known| known.source == source);
    if of_source().any(|known| known.destination == destination) {
        return Err(errors::conflict_exception("The specified Delivery already exists"));
    }
    match of_source().any(|known| known.kind == kind) {
        true => Err(errors::conflict_exception(
            "Delivery already exists for this Delivery Source with the same Delivery Destination Type.",
        )),
        false => Ok(()),
    }
}
