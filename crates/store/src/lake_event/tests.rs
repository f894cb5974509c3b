//! Tests of the table against a naive model, over a disk that fails.

mod crash;
mod expire;
mod model;
mod scan;

use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use base::{Entropy, SeededEntropy, SimulatedClock, Timestamp};

use super::*;
use crate::catalog::files::{FileCatalog, MemoryFiles};
use crate::crash_tests::{DAY, NOW};
use crate::disk::failing::FailingDisk;
use crate::{StoreError, StoreOptions, Tables, open_tables};

/// A table on a disk in memory.
struct Fixture {
    disk: FailingDisk,
    catalog: Arc<MemoryFiles>,
    clock: Arc<SimulatedClock>,
    table: Arc<LakeEvents>,
}

impl Fixture {
    async fn new() -> Self {
        let clock = Arc::new(SimulatedClock::new(NOW));
        Self::open(FailingDisk::new(), Arc::default(), clock).await.unwrap()
    }

    async fn open(
        disk: FailingDisk,
        catalog: Arc<MemoryFiles>,
        clock: Arc<SimulatedClock>,
    ) -> Result<Self, StoreError> {
        let lists = catalog.load_files().await.unwrap();
        let mut options = StoreOptions::new("/data", clock.clone());
        options.disk = Arc::new(disk.clone());
        options.wal_segment_bytes = 16 << 10;
        let Tables { lake_events, .. } = open_tables(options, catalog.clone(), &lists)?;
        Ok(Self { disk, catalog, clock, table: Arc::new(lake_events) })
    }

    /// The table as found after a crash now.
    async fn crashed(&self) -> Result<Self, StoreError> {
        Self::open(self.disk.crash(), self.catalog.clone(), self.clock.clone()).await
    }

    /// The ids that a scan finds, sorted.
    async fn ids(&self, scan: LakeScan) -> Vec<String> {
        try_ids(&self.table, scan).await.unwrap()
    }
}

async fn try_ids(table: &LakeEvents, mut scan: LakeScan) -> Result<Vec<String>, StoreError> {
    scan.columns = vec![LakeColumn::EventId];
    let mut ids = Vec::new();
    for part in table.scan(scan).await?.parts {
        for batch in part {
            let batch = batch?;
            ids.extend(batch.column(0).as_string::<i32>().iter().map(|id| id.unwrap().to_owned()));
        }
    }
    ids.sort();
    Ok(ids)
}

/// All events of a store.
fn whole_store(number: u32) -> LakeScan {
    LakeScan { number, from: Timestamp::MIN, to: Timestamp::MAX, equals: vec![], columns: vec![] }
}

/// Keeps stores up to a number, for so long.
struct Keeps {
    stores: u32,
    days: i64,
}

impl LakeKeep for Keeps {
    fn keeps_from(&self, number: u32, now: Timestamp) -> Option<Timestamp> {
        (number <= self.stores).then(|| now.plus_millis(-self.days * DAY))
    }
}

/// What a test knows of an event that it made.
#[derive(Clone, Debug)]
struct Made {
    number: u32,
    id: String,
    name: String,
    user: Option<String>,
    read_only: Option<bool>,
    event: LakeEvent,
}

/// Random events over few values, so that every value has many matches.
struct Events(SeededEntropy, u64);

impl Events {
    fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed), 0)
    }

    fn pick(&self, from: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % from
    }

    /// An event of the last `days` days, of one of three stores.
    fn next(&mut self, days: i64) -> Made {
        self.1 += 1;
        let ago = self.pick((days * DAY) as u64 / 60_000) as i64 * 60_000;
        let (id, name) = (format!("event-{:06}", self.1), format!("Name{}", self.pick(4)));
        let user = (self.pick(3) > 0).then(|| format!("user{}", self.pick(3)));
        let read_only = (self.pick(4) > 0).then(|| self.pick(2) == 0);
        let mut identity = serde_json::json!({ "type": "IAMUser" });
        if let Some(user) = &user {
            identity["userName"] = user.as_str().into();
        }
        let mut record = serde_json::json!({ "eventID": id, "eventName": name, "userIdentity": identity });
        if let Some(read_only) = read_only {
            record["readOnly"] = read_only.into();
        }
        record["requestParameters"] = serde_json::json!({ "é": self.pick(1000) });
        let event = LakeEvent { time: NOW.plus_millis(-ago), source: self.1, record: record.to_string() };
        Made { number: 1 + self.pick(3) as u32, id, name, user, read_only, event }
    }

    fn take(&mut self, count: usize, days: i64) -> Vec<Made> {
        (0..count).map(|_| self.next(days)).collect()
    }
}

/// Appends events, those of each store at once.
async fn store(fixture: &Fixture, events: &[Made]) {
    for number in 1..=3 {
        let of_store = events.iter().filter(|made| made.number == number).map(|made| made.event.clone());
        fixture.table.append(number, of_store.collect()).await.unwrap();
    }
}
