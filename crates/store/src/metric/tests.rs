//! Tests of the table against a naive model, over a disk that fails.

mod crash;
mod listing;
mod model;
mod recent;
mod scan;
mod tiers;

use std::sync::Arc;

use base::{Entropy, Scope, SeededEntropy, SimulatedClock, Timestamp};

use super::*;
use crate::catalog::files::{FileCatalog, MemoryFiles};
use crate::disk::failing::FailingDisk;
use crate::{
    ConfigItems, LakeEvents, LogEvents, StoreError, StoreOptions, Tables, TrailEvents, begin_marks, open_tables,
};

const MINUTE: i64 = 60;
const HOUR: i64 = 3600;
const DAY: i64 = 86_400;
/// A Saturday in January 2026, some time into an hour.
const NOW_SECS: i64 = 1_769_868_754;
const NOW: Timestamp = Timestamp::from_secs(NOW_SECS);

/// The tables on a disk in memory.
struct Fixture {
    disk: FailingDisk,
    catalog: Arc<MemoryFiles>,
    metrics: Arc<Metrics>,
    trail_events: Arc<TrailEvents>,
    data_events: Arc<TrailEvents>,
    insight_events: Arc<TrailEvents>,
    log_events: Arc<LogEvents>,
    lake_events: Arc<LakeEvents>,
    config_items: Arc<ConfigItems>,
}

impl Fixture {
    async fn new() -> Self {
        Self::open(FailingDisk::new(), Arc::default()).await.unwrap()
    }

    async fn open(disk: FailingDisk, catalog: Arc<MemoryFiles>) -> Result<Self, StoreError> {
        let mut lists = catalog.load_files().await.unwrap();
        begin_marks(&*catalog, &mut lists).await?;
        let mut options = StoreOptions::new("/data", Arc::new(SimulatedClock::new(NOW)));
        options.disk = Arc::new(disk.clone());
        options.wal_segment_bytes = 16 << 10;
        let Tables {
            metrics, trail_events, data_events, insight_events, log_events, lake_events, config_items, ..
        } = open_tables(options, catalog.clone(), &lists)?;
        let (metrics, trail_events, log_events) = (Arc::new(metrics), Arc::new(trail_events), Arc::new(log_events));
        let (data_events, insight_events) = (Arc::new(data_events), Arc::new(insight_events));
        let lake_events = Arc::new(lake_events);
        let config_items = Arc::new(config_items);
        Ok(Self {
            disk,
            catalog,
            metrics,
            trail_events,
            data_events,
            insight_events,
            log_events,
            lake_events,
            config_items,
        })
    }

    /// The tables as found after a crash now.
    async fn crashed(&self) -> Result<Self, StoreError> {
        Self::open(self.disk.crash(), self.catalog.clone()).await
    }

    /// All data of a series in whole days up to `now`, with its samples.
    async fn total(&self, series: SeriesId, now: Timestamp) -> f64 {
        let read = BucketRead {
            series: vec![series],
            start_secs: tier::floor(now.secs() - 500 * DAY, DAY),
            end_secs: now.secs() + DAY,
            period_secs: DAY,
            now,
        };
        let buckets = self.metrics.read(read).await.unwrap().remove(0);
        buckets.iter().map(|bucket| bucket.sample.count).sum()
    }
}

fn scope() -> Scope {
    scope_of("eu-west-1")
}

fn scope_of(region: &str) -> Scope {
    Scope { account: "111122223333".parse().unwrap(), region: region.parse().unwrap() }
}

fn metric(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> Metric {
    let dimensions = dimensions.iter().map(|(name, value)| (Arc::from(*name), Arc::from(*value))).collect();
    Metric { namespace: namespace.into(), name: name.into(), dimensions }
}

/// The metric of a number: few namespaces, some names, a host each.
fn numbered(number: u64) -> Metric {
    metric(["App", "Web"][number as usize % 2], "Requests", &[("Host", &format!("h{number}"))])
}

fn datum(metric: &Metric, time_secs: i64, value: f64) -> Datum {
    let sample = StatSample::single(value);
    Datum { metric: metric.clone(), unit: Unit::NONE, time_secs, high_resolution: false, sample }
}

fn high(datum: Datum) -> Datum {
    Datum { high_resolution: true, ..datum }
}

/// Numbers that are the same in every run.
struct Numbers(SeededEntropy);

impl Numbers {
    fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    fn below(&self, end: u64) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes) % end
    }
}
