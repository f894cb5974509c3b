//! Event data stores and channels as the API has them.

use api::cloudtrail::types;

use super::channels::{Channel, ChannelStatusRecord};
use super::stores::{Billing, EventDataStore, Ingestion};
use crate::trails::advanced_to_api;

/// What a store's status is told as.
pub(crate) fn status(store: &EventDataStore) -> types::EventDataStoreStatus {
    match (store.record.deleted, store.record.ingestion) {
        (Some(_), _) => types::EventDataStoreStatus::PendingDeletion,
        (None, Ingestion::Started) => types::EventDataStoreStatus::Enabled,
        (None, Ingestion::Stopped) => types::EventDataStoreStatus::StoppedIngestion,
    }
}

/// What GetEventDataStore gives of a store. Fields of selectors are in the order given.
pub(crate) fn described(store: &EventDataStore) -> types::GetEventDataStoreResponse {
    let record = &store.record;
    types::GetEventDataStoreResponse {
        event_data_store_arn: Some(store.arn()),
        name: Some(record.name.clone()),
        status: Some(status(store)),
        advanced_event_selectors: Some(record.selectors.iter().map(advanced_to_api).collect()),
        multi_region_enabled: Some(record.multi_region),
        organization_enabled: Some(false),
        retention_period: Some(i32::try_from(record.retention_days).expect("a retention is some thousand days")),
        termination_protection_enabled: Some(record.termination_protection),
        created_timestamp: Some(record.created),
        updated_timestamp: Some(record.updated),
        kms_key_id: None,
        billing_mode: Some(match record.billing {
            Billing::ExtendableRetention => types::BillingMode::ExtendableRetentionPricing,
            Billing::FixedRetention => types::BillingMode::FixedRetentionPricing,
        }),
        federation_status: Some(types::FederationStatus::Disabled),
        federation_role_arn: None,
        partition_keys: None,
    }
}

/// What CreateEventDataStore answers. A store that takes events is told as made, not yet as enabled, as AWS does.
pub(crate) fn created(store: &EventDataStore, tags: Option<Vec<types::Tag>>) -> types::CreateEventDataStoreResponse {
    let store = described(store);
    let status = match store.status {
        Some(types::EventDataStoreStatus::Enabled) => Some(types::EventDataStoreStatus::Created),
        other => other,
    };
    types::CreateEventDataStoreResponse {
        event_data_store_arn: store.event_data_store_arn,
        name: store.name,
        status,
        advanced_event_selectors: store.advanced_event_selectors,
        multi_region_enabled: store.multi_region_enabled,
        organization_enabled: store.organization_enabled,
        retention_period: store.retention_period,
        termination_protection_enabled: store.termination_protection_enabled,
        tags_list: tags,
        created_timestamp: store.created_timestamp,
        updated_timestamp: store.updated_timestamp,
        kms_key_id: store.kms_key_id,
        billing_mode: store.billing_mode,
    }
}

/// What UpdateEventDataStore answers.
pub(crate) fn updated(store: &EventDataStore) -> types::UpdateEventDataStoreResponse {
    let store = described(store);
    types::UpdateEventDataStoreResponse {
        event_data_store_arn: store.event_data_store_arn,
        name: store.name,
        status: store.status,
        advanced_event_selectors: store.advanced_event_selectors,
        multi_region_enabled: store.multi_region_enabled,
        organization_enabled: store.organization_enabled,
        retention_period: store.retention_period,
        termination_protection_enabled: store.termination_protection_enabled,
        created_timestamp: store.created_timestamp,
        updated_timestamp: store.updated_timestamp,
        kms_key_id: store.kms_key_id,
        billing_mode: store.billing_mode,
        federation_status: store.federation_status,
        federation_role_arn: store.federation_role_arn,
    }
}

/// What RestoreEventDataStore answers.
pub(crate) fn restored(store: &EventDataStore) -> types::RestoreEventDataStoreResponse {
    let store = described(store);
    types::RestoreEventDataStoreResponse {
        event_data_store_arn: store.event_data_store_arn,
        name: store.name,
        status: store.status,
        advanced_event_selectors: store.advanced_event_selectors,
        multi_region_enabled: store.multi_region_enabled,
        organization_enabled: store.organization_enabled,
        retention_period: store.retention_period,
        termination_protection_enabled: store.termination_protection_enabled,
        created_timestamp: store.created_timestamp,
        updated_timestamp: store.updated_timestamp,
        kms_key_id: store.kms_key_id,
        billing_mode: store.billing_mode,
    }
}

/// Where a channel's events go: the ARNs of its stores.
pub(crate) fn destinations(channel: &Channel) -> Vec<types::Destination> {
    let destination = |id: &String| types::Destination {
        r#type: types::DestinationType::EventDataStore,
        location: super::stores::arn(&channel.scope, id),
    };
    channel.record.destinations.iter().map(destination).collect()
}

/// What became of the latest events of a channel.
pub(crate) fn ingestion_status(status: &ChannelStatusRecord) -> types::IngestionStatus {
    types::IngestionStatus {
        latest_ingestion_success_time: status.succeeded,
        latest_ingestion_success_event_id: status.succeeded_event.clone(),
        latest_ingestion_error_code: status.error.clone(),
        latest_ingestion_attempt_time: status.attempted,
        latest_ingestion_attempt_event_id: status.attempted_event.clone(),
    }
}
