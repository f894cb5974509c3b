//! How long event data stores keep their events, for the table that holds them.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use base::Timestamp;
use base::time::DAY_MS;
use store::Catalog;
use store::lake_event::LakeKeep;

use super::stores::EventDataStoreRecord;

/// Says it without reading the catalog's records each time.
pub(crate) struct StoreRetention {
    catalog: Arc<Catalog>,
    known: RwLock<Known>,
}

/// Retention by the numbers of stores, as it was when the records last changed.
#[derive(Default)]
struct Known {
    changes: Option<u64>,
    days: HashMap<u32, u32>,
}

impl StoreRetention {
    /// Of the stores in this catalog.
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog, known: RwLock::default() }
    }

    fn days(&self, number: u32) -> Option<u32> {
        let changes = self.catalog.changes::<EventDataStoreRecord>();
        let known = self.known.read().expect("no holder of this lock panics");
        if known.changes == Some(changes) {
            return known.days.get(&number).copied();
        }
        drop(known);
        let stores = self.catalog.list_all::<EventDataStoreRecord>().into_iter();
        let days: HashMap<u32, u32> =
            stores.map(|(_, found)| (found.value.number, found.value.retention_days)).collect();
        let of_store = days.get(&number).copied();
        *self.known.write().expect("no holder of this lock panics") = Known { changes: Some(changes), days };
        of_store
    }
}

impl LakeKeep for StoreRetention {
    /// Counted from the event's own time (cloudtrail.md §7.1). A store that is pending deletion keeps its events.
    fn keeps_from(&self, number: u32, now: Timestamp) -> Option<Timestamp> {
        let days = self.days(number)?;
        Some(now.plus_millis(-i64::from(days) * DAY_MS))
    }
}
