//! `StopEventDataStoreIngestion`

use api::cloudtrail::types::{StopEventDataStoreIngestionRequest, StopEventDataStoreIngestionResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::{change, store_failure};
use crate::delivery::settled_position;
use crate::lake::stores::{EventDataStoreRecord, Ingestion, found_to_turn, stop_ingestion};
use crate::service::CloudTrail;

/// Lets a store take no events that come from now on; what it has can still be queried (cloudtrail.md §7.1).
pub async fn stop_event_data_store_ingestion(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: StopEventDataStoreIngestionRequest,
) -> Result<StopEventDataStoreIngestionResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let until = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    change(&parts.catalog, || {
        let store = found_to_turn(&parts.catalog, cx, &input.event_data_store, Ingestion::Started)?;
        let mut transaction = Transaction::default();
        let record = EventDataStoreRecord { ingestion: Ingestion::Stopped, updated: cx.now, ..(*store.record).clone() };
        transaction.update(store.key(), store.version, &record);
        stop_ingestion(&parts.catalog, &store.key(), until, &mut transaction);
        Ok((transaction, ()))
    })
    .await?;
    Ok(StopEventDataStoreIngestionResponse {})
}
