//! Removes event data stores, with all their events, when they can no longer be restored (cloudtrail.md §7.1).

use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::catalog::{CatalogError, Key, Record, Transaction};
use store::job::{Job, JobError};
use tokio::sync::Notify;

use super::imports::{ImportFailureRecord, ImportRecord};
use super::policies;
use super::stores::{self, EventDataStore, EventDataStoreRecord, IngestionRecord};
use crate::service::Parts;

/// Removes stores that are past the time in which they could be restored.
pub struct RemoveStores {
    parts: Parts,
}

impl RemoveStores {
    /// The job over all stores.
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }
}

#[async_trait]
impl Job for RemoveStores {
    fn name(&self) -> &str {
        "cloudtrail.remove_event_data_stores"
    }

    fn period(&self) -> Duration {
        Duration::from_secs(3600)
    }

    /// When the next store can no longer be restored.
    fn next_due(&self, last_run: Timestamp) -> Option<Timestamp> {
        let gone = stores::all(&self.parts.catalog).iter().filter_map(EventDataStore::gone_at).min();
        let (soonest, latest) = (last_run.plus_millis(1000), last_run.plus(self.period()));
        Some(gone.map_or(latest, |gone| gone.clamp(soonest, latest)))
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.removal
    }

    async fn run(&self, now: Timestamp) -> Result<(), JobError> {
        let mut first = Ok(());
        for store in stores::all(&self.parts.catalog).into_iter().filter(|store| store.is_gone(now)) {
            first = first.and(remove(&self.parts, &store).await);
        }
        first
    }
}

/// The events go first: as long as there is a record, the next run does what this one left.
async fn remove(parts: &Parts, store: &EventDataStore) -> Result<(), JobError> {
    parts.lake_events.drop_store(store.record.number).await?;
    let (catalog, key) = (&parts.catalog, store.key());
    let mut transaction = Transaction::default();
    transaction.delete::<EventDataStoreRecord>(key.clone(), store.version);
    if let Some(found) = catalog.get::<IngestionRecord>(&key) {
        transaction.delete::<IngestionRecord>(key.clone(), found.version);
    }
    policies::remove(catalog, &store.scope, stores::RESOURCE, &store.id, &mut transaction);
    for (name, found) in catalog.list::<ImportRecord>(&key.account, key.region.as_ref()) {
        if found.value.store == store.id {
            delete_below::<ImportFailureRecord>(parts, &key, &format!("{name}/"), &mut transaction);
            transaction.delete::<ImportRecord>(Key { name, ..key.clone() }, found.version);
        }
    }
    match catalog.commit(transaction).await {
        // It was changed meanwhile, though it cannot be reached: the next run looks again.
        Ok(()) | Err(CatalogError::Conflict { .. }) => {}
        Err(other) => return Err(other.into()),
    }
    parts.places.forget(store.record.number);
    Ok(())
}

fn delete_below<R: Record>(parts: &Parts, key: &Key, prefix: &str, transaction: &mut Transaction) {
    for (name, found) in parts.catalog.list_prefix::<R>(&key.account, key.region.as_ref(), prefix) {
        transaction.delete::<R>(Key { name, ..key.clone() }, found.version);
    }
}
