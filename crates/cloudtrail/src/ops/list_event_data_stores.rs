//! `ListEventDataStores`

use api::cloudtrail::types::{EventDataStore, ListEventDataStoresRequest, ListEventDataStoresResponse};
use api::{CallContext, ServiceError};

use crate::lake::page::page;
use crate::lake::stores;
use crate::service::CloudTrail;

/// Lists the account's stores in this region, by ARN and name alone (cloudtrail.md §7.1).
pub async fn list_event_data_stores(
    cloudtrail: &CloudTrail,
    cx: &CallContext,
    input: ListEventDataStoresRequest,
) -> Result<ListEventDataStoresResponse, ServiceError> {
    let stores = stores::in_region(&cloudtrail.parts.catalog, &cx.scope(), cx.now);
    let (stores, next_token) =
        page(cx, "ListEventDataStores", stores, |store| &store.id, (input.next_token, input.max_results))?;
    let listed = |store: &stores::EventDataStore| EventDataStore {
        event_data_store_arn: Some(store.arn()),
        name: Some(store.record.name.clone()),
        ..EventDataStore::default()
    };
    Ok(ListEventDataStoresResponse { event_data_stores: Some(stores.iter().map(listed).collect()), next_token })
}
