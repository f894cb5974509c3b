//! `RestoreEventDataStore`

use api::cloudtrail::errors;
use api::cloudtrail::types::{RestoreEventDataStoreRequest, RestoreEventDataStoreResponse};
use api::{CallContext, ServiceError};
use lang::event_selector::StoreContent;
use store::catalog::Transaction;

use crate::change::{change, store_failure};
use crate::delivery::settled_position;
use crate::lake::shapes;
use crate::lake::stores::{EventDataStore, EventDataStoreRecord, found, start_ingestion};
use crate::service::CloudTrail;

/// Makes a deleted store what it was. One that took events takes those that come from now on (cloudtrail.md §7.1).
pub async fn restore_event_data_store(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: RestoreEventDataStoreRequest,
) -> Result<RestoreEventDataStoreResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let after = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    let restored = change(&parts.catalog, || {
        let store = found(&parts.catalog, cx, &input.event_data_store)?;
        if store.record.deleted.is_none() {
            let message = format!("The event data store {} is not pending deletion.", store.arn());
            return Err(errors::invalid_event_data_store_status_exception(message));
        }
        let record = EventDataStoreRecord { deleted: None, updated: cx.now, ..(*store.record).clone() };
        let mut transaction = Transaction::default();
        transaction.update(store.key(), store.version, &record);
        let store = EventDataStore { record: record.into(), ..store };
        if store.is_ingesting() && store.content() == StoreContent::Calls {
            start_ingestion(&parts.catalog, &store.key(), after, &mut transaction);
        }
        Ok((transaction, store))
    })
    .await?;
    Ok(shapes::restored(&restored))
}
