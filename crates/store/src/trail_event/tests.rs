//! Tests of the table against a naive model, over a disk that fails.

mod arrivals;
mod crash;
mod model;
mod scan;

use std::path::Path;
use std::sync::Arc;

use base::{Entropy, SeededEntropy, SimulatedClock, TimeRange, Timestamp};

use super::*;
use crate::catalog::files::{FileCatalog, MemoryFiles};
use crate::crash_tests::{DAY, NOW};
use crate::disk::failing::FailingDisk;
use crate::wal::Wal;
use crate::{StoreError, StoreOptions, Tables, open_tables};

/// A table on a disk in memory.
struct Fixture {
    disk: FailingDisk,
    catalog: Arc<MemoryFiles>,
    clock: Arc<SimulatedClock>,
    wal: Arc<Wal>,
    table: Arc<TrailEvents>,
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
        let Tables { wal, trail_events, .. } = open_tables(options, catalog.clone(), &lists)?;
        Ok(Self { disk, catalog, clock, wal, table: Arc::new(trail_events) })
    }

    /// The table as found after a crash now.
    async fn crashed(&self) -> Result<Self, StoreError> {
        Self::open(self.disk.crash(), self.catalog.clone(), self.clock.clone()).await
    }

    /// All pages of a look-up, `limit` events each.
    async fn all(&self, mut lookup: Lookup, limit: usize) -> Vec<String> {
        lookup.limit = limit;
        let mut ids = Vec::new();
        loop {
            let page = self.table.lookup(lookup.clone()).await.unwrap();
            assert!(page.events.len() <= limit);
            ids.extend(page.events.into_iter().map(|event| event.event_id));
            match page.next {
                Some(next) => lookup.after = Some(next),
                None => return ids,
            }
        }
    }
}

/// Random events over few values, so that every attribute has many matches.
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

    /// An event of the last `days` days.
    fn next(&mut self, days: i64) -> TrailEvent {
        self.1 += 1;
        let ago = self.pick((days * DAY) as u64 / 60_000) as i64 * 60_000;
        let name = self.pick(4);
        let maybe = |number: u64, text: String| (number > 0).then_some(text);
        let (user, key, resources) = (self.pick(5), self.pick(3), self.pick(3));
        TrailEvent {
            account: account(self.pick(2)),
            region: region(self.pick(3)),
            global: self.pick(3) == 0,
            time: NOW.plus_millis(-ago),
            event_id: format!("event-{}", self.1),
            event_name: format!("Name{name}"),
            event_source: format!("source{}.amazonaws.com", name / 2),
            read_only: self.pick(2) == 0,
            username: maybe(user, format!("user{user}")),
            access_key_id: maybe(key, format!("AKIA{key}")),
            resources: (0..resources)
                .map(|n| {
                    (maybe(self.pick(3), format!("AWS::Type{}", self.pick(3))), format!("name{}{n}", self.pick(4)))
                })
                .collect(),
            record: format!("{{\"eventID\":\"event-{}\",\"é\":{}}}", self.1, self.pick(1000)),
        }
    }

    fn take(&mut self, count: usize, days: i64) -> Vec<TrailEvent> {
        (0..count).map(|_| self.next(days)).collect()
    }

    fn attribute(&self) -> Option<Attribute> {
        Some(match self.pick(9) {
            0 => Attribute::EventId(format!("event-{}", self.pick(self.1 + 1))),
            1 => Attribute::EventName(format!("Name{}", self.pick(5))),
            2 => Attribute::ReadOnly(self.pick(2) == 0),
            3 => Attribute::Username(format!("user{}", self.pick(6))),
            4 => Attribute::ResourceType(format!("AWS::Type{}", self.pick(4))),
            5 => Attribute::ResourceName(format!("name{}{}", self.pick(5), self.pick(3))),
            6 => Attribute::EventSource(format!("source{}.amazonaws.com", self.pick(3))),
            7 => Attribute::AccessKeyId(format!("AKIA{}", self.pick(4))),
            _ => return None,
        })
    }

    fn lookup(&self, days: i64) -> Lookup {
        let start = self.pick((days * DAY) as u64) as i64;
        let range =
            TimeRange { start: NOW.plus_millis(-start), end: NOW.plus_millis(-(self.pick(start as u64 + 1) as i64)) };
        let attribute = self.attribute();
        Lookup { range, attribute, ..whole(self.pick(2), self.pick(3)) }
    }
}

fn account(number: u64) -> AccountId {
    AccountId::from_number(number).unwrap()
}

fn region(number: u64) -> Region {
    ["us-east-1", "eu-west-1", "cn-north-1"][number as usize].parse().unwrap()
}

/// Everything of an account and region.
fn whole(account_number: u64, region_number: u64) -> Lookup {
    Lookup {
        account: account(account_number),
        region: region(region_number),
        range: TimeRange { start: Timestamp::MIN, end: Timestamp::MAX },
        attribute: None,
        after: None,
        limit: 50,
    }
}
