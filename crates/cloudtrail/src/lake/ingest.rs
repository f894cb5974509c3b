//! Copies the events that event data stores select, in the order of arrival, once each
//! ([ADR 10](../../../../docs/adr/0010-event-data-stores.md)).
//!
//! A row keeps the position of the event that it copies, and rows go to the log in the order of positions: the highest
//! that a store's rows have says where to go on, whatever happened. What nobody selected leaves no row; how far the
//! look went is in memory, and now and then in the store's span.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use base::Timestamp;
use store::catalog::{CatalogError, Key, Transaction, Versioned};
use store::job::{Job, JobError};
use store::lake_event::LakeEvent;
use tokio::sync::Notify;

use super::stores::{EventDataStore, EventDataStoreRecord, IngestionRecord, Span};
use crate::delivery::{arrivals, settled_position};
use crate::service::Parts;
use crate::trails::Selection;

/// Bytes of records, of each plane, that are looked at in one step. Tests have several steps with few events.
const STEP_BYTES: usize = if cfg!(test) { 2_000 } else { 8 << 20 };
/// How far a span may be behind in the catalog when nothing was selected.
const UNWRITTEN_MAX: u64 = if cfg!(test) { 8 } else { 1 << 16 };
/// How far stores are behind when nobody asks them anything.
const PERIOD: Duration = Duration::from_secs(10);

/// Fills event data stores.
pub struct FillStores {
    parts: Parts,
}

impl FillStores {
    /// The job over all stores.
    pub fn new(parts: Parts) -> Self {
        Self { parts }
    }
}

#[async_trait]
impl Job for FillStores {
    fn name(&self) -> &str {
        "cloudtrail.fill_event_data_stores"
    }

    fn period(&self) -> Duration {
        PERIOD
    }

    fn wake(&self) -> &Notify {
        &self.parts.signals.stores
    }

    async fn run(&self, _: Timestamp) -> Result<(), JobError> {
        let mut first = Ok(());
        for (key, _) in self.parts.catalog.list_all::<IngestionRecord>() {
            // A store that cannot be filled does not keep the others from it.
            first = first.and(fill(&self.parts, &key).await);
        }
        first
    }
}

/// Up to which position each store's events were looked at. Held while it is filled: one at a time for each store.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<HashMap<u32, Arc<tokio::sync::Mutex<u64>>>>);

impl Places {
    fn of(&self, number: u32) -> Arc<tokio::sync::Mutex<u64>> {
        self.0.lock().expect("no holder of this lock can panic").entry(number).or_default().clone()
    }

    /// Forgets a store that is gone.
    pub(crate) fn forget(&self, number: u32) {
        self.0.lock().expect("no holder of this lock can panic").remove(&number);
    }
}

/// Has all events in a store that were recorded before this was called and that it is to have. Queries wait for it.
///
/// # Errors
/// The store's and the catalog's.
pub(crate) async fn catch_up(parts: &Parts, store: &EventDataStore) -> Result<(), JobError> {
    fill(parts, &store.key()).await
}

async fn fill(parts: &Parts, key: &Key) -> Result<(), JobError> {
    let Some(store) = parts.catalog.get::<EventDataStoreRecord>(key) else { return Ok(()) };
    let number = store.value.number;
    let settled = settled_position(parts).await?;
    let place = parts.places.of(number);
    let mut place = place.lock().await;
    // Rows of a step that was broken off may still be on their way.
    parts.lake_events.settle().await;
    loop {
        let Some(ingestion) = parts.catalog.get::<IngestionRecord>(key) else { return Ok(()) };
        let Some(span) = ingestion.value.spans.first().copied() else { return Ok(()) };
        let until = span.until.unwrap_or(settled);
        let after = span.after.max(*place).max(parts.lake_events.last_source(number));
        if after < until {
            *place = step(parts, key, number, after, until).await?;
            continue;
        }
        match span.until {
            None if after - span.after < UNWRITTEN_MAX => return Ok(()),
            None => return move_span(parts, key, &ingestion, Some(Span { after, until: None })).await,
            Some(_) => move_span(parts, key, &ingestion, None).await?,
        }
    }
}

/// Copies what comes next, and says up to which position that was looked at.
async fn step(parts: &Parts, key: &Key, number: u32, after: u64, until: u64) -> Result<u64, JobError> {
    let (events, to) = arrivals(parts, after, until, STEP_BYTES).await?;
    // What is selected is decided when an event is looked at, not when it happened (cloudtrail.md §4.8).
    let Some(store) = parts.catalog.get::<EventDataStoreRecord>(key) else { return Ok(to) };
    let Some(region) = &key.region else { return Ok(to) };
    let selection = Selection::of_store(&key.account, region, &store.value);
    let copies = events.iter().filter(|(_, event)| selection.takes(event)).map(|(position, event)| LakeEvent {
        // As the record says it.
        time: event.time.truncate_to_secs(),
        source: *position,
        record: event.record.clone(),
    });
    parts.lake_events.append(number, copies.collect()).await?;
    Ok(to)
}

/// Writes down how far the first span was looked at, or that it is over.
async fn move_span(
    parts: &Parts,
    key: &Key,
    ingestion: &Versioned<IngestionRecord>,
    moved: Option<Span>,
) -> Result<(), JobError> {
    let spans: Vec<Span> = moved.into_iter().chain(ingestion.value.spans.iter().skip(1).copied()).collect();
    let mut transaction = Transaction::default();
    match spans.is_empty() {
        true => transaction.delete::<IngestionRecord>(key.clone(), ingestion.version),
        false => transaction.update(key.clone(), ingestion.version, &IngestionRecord { spans }),
    };
    match parts.catalog.commit(transaction).await {
        // Ingestion was stopped or started meanwhile; the next look finds the same.
        Ok(()) | Err(CatalogError::Conflict { .. }) => Ok(()),
        Err(other) => Err(other.into()),
    }
}

#[cfg(test)]
mod tests;
