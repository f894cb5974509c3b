//! `DeleteEventDataStore`

use api::cloudtrail::errors;
use api::cloudtrail::types::{DeleteEventDataStoreRequest, DeleteEventDataStoreResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::{change, store_failure};
use crate::delivery::settled_position;
use crate::lake::changes::note_change;
use crate::lake::stores::{EventDataStoreRecord, found_active, stop_ingestion};
use crate::lake::{channels, imports};
use crate::service::CloudTrail;

/// Lets a store take no more events, and nobody reach those that it has; seven days later they are gone
/// (cloudtrail.md §7.1).
pub async fn delete_event_data_store(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: DeleteEventDataStoreRequest,
) -> Result<DeleteEventDataStoreResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let until = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    change(&parts.catalog, || {
        let mut transaction = Transaction::default();
        let store = found_active(&parts.catalog, cx, &input.event_data_store)?;
        note_change(&parts.catalog, &store.scope, &mut transaction);
        if store.record.termination_protection {
            let message = format!("Termination protection is enabled for the event data store {}.", store.arn());
            return Err(errors::event_data_store_termination_protected_exception(message));
        }
        let channels = channels::in_region(&parts.catalog, &store.scope);
        if let Some(channel) = channels.iter().find(|channel| channel.record.destinations.contains(&store.id)) {
            let message = format!("The channel {} delivers events to the event data store.", channel.arn());
            return Err(errors::channel_exists_for_eds_exception(message));
        }
        if let Some((key, import)) = imports::ongoing(&parts.catalog, cx.account())
            && import.store == store.id
        {
            let message = format!("The import {} into the event data store is still in progress.", key.name);
            return Err(errors::event_data_store_has_ongoing_import_exception(message));
        }
        let record = EventDataStoreRecord { deleted: Some(cx.now), updated: cx.now, ..(*store.record).clone() };
        transaction.update(store.key(), store.version, &record);
        stop_ingestion(&parts.catalog, &store.key(), until, &mut transaction);
        Ok((transaction, ()))
    })
    .await?;
    Ok(DeleteEventDataStoreResponse {})
}
