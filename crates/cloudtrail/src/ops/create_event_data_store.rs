//! `CreateEventDataStore`

use api::cloudtrail::errors;
use api::cloudtrail::types::{CreateEventDataStoreRequest, CreateEventDataStoreResponse};
use api::{CallContext, ServiceError};
use base::{Scope, id};
use lang::event_selector::StoreContent;
use store::catalog::{Catalog, Transaction};

use crate::change::{change, store_failure};
use crate::delivery::settled_position;
use crate::lake::changes::note_change;
use crate::lake::shapes;
use crate::lake::store_settings::{
    billing_of_api, check_key, check_organization, default_selectors, retention_days, selectors_of_api,
};
use crate::lake::stores::{
    Billing, EventDataStore, EventDataStoreRecord, Ingestion, in_region, start_ingestion, take_number,
};
use crate::service::CloudTrail;
use crate::tags;

/// Stores of an account in a region, those pending deletion among them (cloudtrail.md §10.1).
const STORES_MAX: usize = 10;

/// Makes an event data store, which takes events from now on unless told otherwise (cloudtrail.md §7.1).
pub async fn create_event_data_store(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: CreateEventDataStoreRequest,
) -> Result<CreateEventDataStoreResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let scope = cx.scope();
    check_organization(input.organization_enabled)?;
    let (selectors, content) = match input.advanced_event_selectors {
        Some(selectors) => selectors_of_api(selectors)?,
        None => (default_selectors(), StoreContent::Calls),
    };
    let billing = input.billing_mode.map_or(Billing::ExtendableRetention, billing_of_api);
    let record = EventDataStoreRecord {
        number: 0,
        name: input.name,
        selectors,
        ingestion: ingestion(input.start_ingestion, content)?,
        multi_region: input.multi_region_enabled.unwrap_or(true),
        retention_days: retention_days(input.retention_period, billing)?,
        billing,
        termination_protection: input.termination_protection_enabled.unwrap_or(true),
        tags: tags::with(Vec::new(), input.tags_list.as_deref().unwrap_or_default())?,
        insights: None,
        created: cx.now,
        updated: cx.now,
        deleted: None,
    };
    check_room(&parts.catalog, cx, &scope, &record.name)?;
    check_key(input.kms_key_id.as_deref())?;
    let store_id = id::uuid(&*parts.entropy).to_string();
    let after = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    let made = change(&parts.catalog, || {
        let mut transaction = Transaction::default();
        note_change(&parts.catalog, &scope, &mut transaction);
        check_room(&parts.catalog, cx, &scope, &record.name)?;
        let number = take_number(&parts.catalog, &mut transaction);
        let record = EventDataStoreRecord { number, ..record.clone() };
        let store = EventDataStore { scope: scope.clone(), id: store_id.clone(), record: record.into(), version: 0 };
        transaction.create(store.key(), &*store.record);
        if store.is_ingesting() && content == StoreContent::Calls {
            start_ingestion(&parts.catalog, &store.key(), after, &mut transaction);
        }
        Ok((transaction, store))
    })
    .await?;
    Ok(shapes::created(&made, input.tags_list))
}

/// Only what calls are copied into can wait to be started (cloudtrail.md §7.1).
fn ingestion(asked: Option<bool>, content: StoreContent) -> Result<Ingestion, ServiceError> {
    match (asked.unwrap_or(true), content) {
        (true, _) => Ok(Ingestion::Started),
        (false, StoreContent::Calls) => Ok(Ingestion::Stopped),
        (false, _) => Err(errors::invalid_parameter_exception(
            "StartIngestion can be false for event data stores of management events, data events and network activity \
             only.",
        )),
    }
}

/// Whether the name is free, and there is room for one more store.
fn check_room(catalog: &Catalog, cx: &CallContext, scope: &Scope, name: &str) -> Result<(), ServiceError> {
    let stores = in_region(catalog, scope, cx.now);
    if stores.iter().any(|store| store.record.name == name) {
        let message = format!("An event data store named {name} already exists in {}.", scope.region);
        return Err(errors::event_data_store_already_exists_exception(message));
    }
    if stores.len() >= STORES_MAX {
        let message = format!("User: {} already has {STORES_MAX} event data stores in {}.", cx.account(), scope.region);
        return Err(errors::event_data_store_max_limit_exceeded_exception(message));
    }
    Ok(())
}
