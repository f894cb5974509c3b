//! `StartEventDataStoreIngestion`

use api::cloudtrail::types::{StartEventDataStoreIngestionRequest, StartEventDataStoreIngestionResponse};
use api::{CallContext, ServiceError};
use store::catalog::Transaction;

use crate::change::{change, store_failure};
use crate::delivery::settled_position;
use crate::lake::stores::{EventDataStoreRecord, Ingestion, found_to_turn, start_ingestion};
use crate::service::CloudTrail;

/// Lets a store that was stopped take the events that come from now on (cloudtrail.md §7.1).
pub async fn start_event_data_store_ingestion(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: StartEventDataStoreIngestionRequest,
) -> Result<StartEventDataStoreIngestionResponse, ServiceError> {
    let parts = &cloudtrail.parts;
    let after = settled_position(parts).await.map_err(|error| store_failure(&error))?;
    change(&parts.catalog, || {
        let store = found_to_turn(&parts.catalog, cx, &input.event_data_store, Ingestion::Stopped)?;
        let mut transaction = Transaction::default();
        let record = EventDataStoreRecord { ingestion: Ingestion::Started, updated: cx.now, ..(*store.record).clone() };
        transaction.update(store.key(), store.version, &record);
        start_ingestion(&parts.catalog, &store.key(), after, &mut transaction);
        Ok((transaction, ()))
    })
    .await?;
    Ok(StartEventDataStoreIngestionResponse {})
}
