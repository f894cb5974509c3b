//! Tests of the table against a naive model, over a disk that fails.

mod crash;
mod expire;
mod model;
pub(in crate::config_item) mod reads;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMillisecondType;
use base::{Entropy, SeededEntropy, SimulatedClock};

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
    table: Arc<ConfigItems>,
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
        let Tables { config_items, .. } = open_tables(options, catalog.clone(), &lists)?;
        Ok(Self { disk, catalog, clock, table: Arc::new(config_items) })
    }

    /// The table as found after a crash now.
    async fn crashed(&self) -> Result<Self, StoreError> {
        Self::open(self.disk.crash(), self.catalog.clone(), self.clock.clone()).await
    }

    async fn history(&self, resource: &Resource, range: HistoryRange) -> Vec<PastItem> {
        self.table.history(resource, range).await.unwrap()
    }

    /// The ids and times of what a scan finds, each once, sorted.
    async fn scanned(&self, scan: ItemScan) -> Vec<(String, Timestamp)> {
        try_scanned(&self.table, scan).await.unwrap()
    }
}

async fn try_scanned(table: &ConfigItems, mut scan: ItemScan) -> Result<Vec<(String, Timestamp)>, StoreError> {
    scan.columns = vec![ItemColumn::Taken, ItemColumn::ResourceId];
    let mut found = Vec::new();
    for part in table.scan(scan).await? {
        for batch in part {
            let batch = batch?;
            let taken = batch.column(0).as_primitive::<TimestampMillisecondType>().values().iter();
            let ids = batch.column(1).as_string::<i32>().iter();
            found.extend(ids.zip(taken).map(|(id, taken)| (id.unwrap().to_owned(), Timestamp::from_millis(*taken))));
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn scope(number: u64) -> Scope {
    let region = if number.is_multiple_of(2) { "eu-west-1" } else { "us-east-1" };
    Scope { account: base::AccountId::from_number(number).unwrap(), region: region.parse().unwrap() }
}

pub(super) fn resource(number: u64, resource_id: &str) -> Resource {
    let resource_type = if resource_id.len().is_multiple_of(2) { "AWS::S3::Bucket" } else { "AWS::EC2::Instance" };
    let (resource_type, resource_id) = (resource_type.to_owned(), resource_id.to_owned());
    Resource { scope: scope(number), resource_type, resource_id }
}

fn past(resource: &Resource, taken: Timestamp, ended: Timestamp) -> PastItem {
    let item = serde_json::json!({ "id": resource.resource_id, "taken": taken.millis() }).to_string();
    PastItem { resource: resource.clone(), taken, ended, item }
}

/// All items of a resource, oldest first.
fn all() -> HistoryRange {
    let taken = Timestamp::MIN..Timestamp::MAX;
    HistoryRange { taken, order: HistoryOrder::OldestFirst, limit: usize::MAX }
}

fn whole(scope: Scope) -> ItemScan {
    let taken = Timestamp::MIN..Timestamp::MAX;
    ItemScan { scope, resource_type: None, resource_id: None, taken, ended_from: Timestamp::MIN, columns: vec![] }
}

/// Keeps what ended within so many days; of one account longer than of the others.
struct Keeps {
    days: i64,
    longer: Scope,
    longer_days: i64,
}

impl ItemKeep for Keeps {
    fn keeps_from(&self, scope: &Scope, now: Timestamp) -> Timestamp {
        let days = if *scope == self.longer { self.longer_days } else { self.days };
        now.plus_millis(-days * DAY)
    }

    fn keeps_from_anywhere(&self, now: Timestamp) -> Timestamp {
        now.plus_millis(-self.longer_days.max(self.days) * DAY)
    }
}
