//! `UpdateEventDataStore`

use api::cloudtrail::errors;
use api::cloudtrail::types::{UpdateEventDataStoreRequest, UpdateEventDataStoreResponse};
use api::{CallContext, ServiceError};
use store::catalog::{Catalog, Transaction};

use crate::change::change;
use crate::lake::changes::note_change;
use crate::lake::shapes;
use crate::lake::store_settings::{billing_of_api, check_key, check_organization, retention_days, selectors_of_api};
use crate::lake::stores::{Billing, EventDataStore, EventDataStoreRecord, found_active, in_region};
use crate::service::CloudTrail;

/// Changes what is given of a store (cloudtrail.md §7.1). New selectors hold for events that are yet to be copied.
pub async fn update_event_data_store(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: UpdateEventDataStoreRequest,
) -> Result<UpdateEventDataStoreResponse, ServiceError> {
    let catalog = &cloudtrail.parts.catalog;
    let updated = change(catalog, || {
        let mut transaction = Transaction::default();
        let store = found_active(catalog, cx, &input.event_data_store)?;
        if input.name.as_ref().is_some_and(|name| *name != store.record.name) {
            note_change(catalog, &store.scope, &mut transaction);
        }
        let record = planned(catalog, cx, &store, &input)?;
        transaction.update(store.key(), store.version, &record);
        Ok((transaction, EventDataStore { record: record.into(), ..store }))
    })
    .await?;
    if input.retention_period.is_some() {
        cloudtrail.parts.lake_events.expire_soon();
    }
    Ok(shapes::updated(&updated))
}

fn planned(
    catalog: &Catalog,
    cx: &CallContext,
    store: &EventDataStore,
    input: &UpdateEventDataStoreRequest,
) -> Result<EventDataStoreRecord, ServiceError> {
    check_something_is_given(input)?;
    check_organization(input.organization_enabled)?;
    let mut record = (*store.record).clone();
    if let Some(name) = &input.name {
        let others = in_region(catalog, &store.scope, cx.now);
        if others.iter().any(|other| other.id != store.id && other.record.name == *name) {
            let message = format!("An event data store named {name} already exists in {}.", store.scope.region);
            return Err(errors::event_data_store_already_exists_exception(message));
        }
        record.name.clone_from(name);
    }
    if let Some(selectors) = &input.advanced_event_selectors {
        let (selectors, content) = selectors_of_api(selectors.clone())?;
        if content != store.content() {
            return Err(errors::invalid_event_selectors_exception(
                "The category of events that an event data store keeps cannot be changed.",
            ));
        }
        record.selectors = selectors;
    }
    if let Some(mode) = input.billing_mode {
        record.billing = match (record.billing, billing_of_api(mode)) {
            (Billing::ExtendableRetention, Billing::FixedRetention) => {
                return Err(errors::invalid_parameter_exception(
                    "The billing mode of an event data store cannot be changed from EXTENDABLE_RETENTION_PRICING to \
                     FIXED_RETENTION_PRICING.",
                ));
            }
            (_, new) => new,
        };
    }
    if let Some(asked) = input.retention_period {
        record.retention_days = retention_days(Some(asked), record.billing)?;
    }
    check_key(input.kms_key_id.as_deref())?;
    record.multi_region = input.multi_region_enabled.unwrap_or(record.multi_region);
    record.termination_protection = input.termination_protection_enabled.unwrap_or(record.termination_protection);
    record.updated = cx.now;
    Ok(record)
}

/// At least one member beside the store must be given (documented).
fn check_something_is_given(input: &UpdateEventDataStoreRequest) -> Result<(), ServiceError> {
    let is_given = input.name.is_some()
        || input.advanced_event_selectors.is_some()
        || input.multi_region_enabled.is_some()
        || input.organization_enabled.is_some()
        || input.retention_period.is_some()
        || input.termination_protection_enabled.is_some()
        || input.kms_key_id.is_some()
        || input.billing_mode.is_some();
    match is_given {
        true => Ok(()),
        false => Err(errors::invalid_parameter_exception("Specify at least one parameter to change.")),
    }
}
