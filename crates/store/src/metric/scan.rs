//! Scans: the rows of many series, for queries, in parts that can be read in parallel.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::{AccountId, Region, Scope, Timestamp};

use super::files::{LiveFile, tier_of};
use super::series::{LAST_STEP_SECS, Series};
use super::table::Inner;
use super::tier::{Ages, TIME_MAX, TIME_MIN, Tier, ceil};
use super::{Metric, MetricFilter, Metrics, SeriesId, StatSample, Unit};
use crate::error::StoreError;

/// Rows that a part holds in memory at most, about, as far as can be told beforehand.
const PART_ROWS: i64 = 256 << 10;
/// Series of a part at most. Tests have several parts.
const PART_SERIES_MAX: i64 = if cfg!(test) { 4 } else { 1024 };
const HOUR: i64 = 3600;

/// A scan of series, in no order.
#[derive(Clone, Debug)]
pub struct MetricScan {
    /// Only this account; all when `None`.
    pub account: Option<AccountId>,
    /// Only this region; all when `None`.
    pub region: Option<Region>,
    /// Only metrics that match; `active_since` is not used.
    pub filter: MetricFilter,
    /// The earliest time, inclusive, in seconds since the epoch.
    pub from_secs: i64,
    /// The latest time, exclusive.
    pub to_secs: i64,
    /// The age of data, and so its grain, is counted from here.
    pub now: Timestamp,
}

/// The rows of one series.
#[derive(Clone, Debug)]
pub struct SeriesRows {
    /// Whose it is.
    pub scope: Arc<Scope>,
    /// What it measures.
    pub metric: Arc<Metric>,
    /// In which unit.
    pub unit: Unit,
    /// Oldest first; those of one time and period are one.
    pub rows: Vec<StatRow>,
}

/// The statistics of a series over one period, as finely as data of its age is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StatRow {
    /// Where the period starts, in seconds since the epoch.
    pub time_secs: i64,
    /// The seconds that the row stands for: 1, 60, 300 or 3600.
    pub period_secs: i64,
    /// Number of samples.
    pub count: f64,
    /// Their sum.
    pub sum: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

/// A part of a scan: each series as it is when its turn comes. Reading blocks.
pub type MetricPart = Box<dyn Iterator<Item = Result<SeriesRows, StoreError>> + Send>;

impl Metrics {
    /// Takes a scan: parts that can be read in parallel, each with other series.
    pub fn scan(&self, scan: &MetricScan) -> Vec<MetricPart> {
        let window = Window::new(scan);
        if window.from_secs >= window.to_secs {
            return Vec::new();
        }
        let wanted = |scope: &Scope| {
            scan.account.as_ref().is_none_or(|account| *account == scope.account)
                && scan.region.as_ref().is_none_or(|region| *region == scope.region)
        };
        // What is known of the last data may be behind, and rows count at times before their own.
        let active_since = Timestamp::from_secs(window.from_secs - LAST_STEP_SECS - HOUR);
        let filter = MetricFilter { active_since: Some(active_since), ..scan.filter.clone() };
        let mut series = self.inner.index.select(wanted, &filter);
        let mut parts: Vec<MetricPart> = Vec::new();
        while !series.is_empty() {
            let rest = series.split_off(series.len().min(window.part_series()));
            parts.push(Box::new(Part::new(self.inner.clone(), window, series)));
            series = rest;
        }
        parts
    }
}

/// The times of a scan, and what age makes of rows in them.
#[derive(Clone, Copy)]
struct Window {
    ages: Ages,
    from_secs: i64,
    to_secs: i64,
}

impl Window {
    fn new(scan: &MetricScan) -> Self {
        let ages = Ages::at(scan.now);
        Self {
            ages,
            from_secs: scan.from_secs.clamp(TIME_MIN, TIME_MAX).max(ages.bound(Tier::Hour) - HOUR),
            to_secs: scan.to_secs.clamp(TIME_MIN, TIME_MAX),
        }
    }

    /// Rows count at their time or up to an hour before it.
    fn row_times(&self) -> (i64, i64) {
        (self.from_secs, ceil(self.to_secs, HOUR))
    }

    /// The tier and the time that a row counts at, if that is in the window.
    fn place(&self, time_secs: i64, high_resolution: bool) -> Option<(i64, Tier)> {
        let (tier, time) = self.ages.place(time_secs, high_resolution)?;
        (self.from_secs..self.to_secs).contains(&time).then_some((time, tier))
    }

    /// How many series a part may have, if each has data all the time.
    fn part_series(&self) -> usize {
        let mut rows = 1;
        let mut end = self.to_secs;
        // High resolution is rare: its three hours count as minutes.
        for tier in [Tier::Minute, Tier::FiveMinutes, Tier::Hour] {
            let start = self.ages.bound(tier).clamp(self.from_secs, end);
            rows += (end - start) / tier.grain_secs();
            end = start;
        }
        usize::try_from((PART_ROWS / rows).clamp(1, PART_SERIES_MAX)).unwrap_or(1)
    }
}

struct Part {
    inner: Arc<Inner>,
    window: Window,
    // Rising by id.
    series: Vec<Arc<Series>>,
    // What was read, once it was.
    read: Option<std::vec::IntoIter<SeriesRows>>,
}

impl Part {
    fn new(inner: Arc<Inner>, window: Window, series: Vec<Arc<Series>>) -> Self {
        Self { inner, window, series, read: None }
    }

    /// Everything of the part's series, as it is at one moment.
    fn read(&self) -> Result<Vec<SeriesRows>, StoreError> {
        let ids: Vec<SeriesId> = self.series.iter().map(|series| series.id).collect();
        let (start, end) = self.window.row_times();
        let mut filling: Vec<Filling> = ids.iter().map(|_| Filling::default()).collect();
        let state = self.inner.state();
        for (id, filling) in ids.iter().zip(&mut filling) {
            let unflushed = state.frozen.iter().map(|head| &**head).chain([&state.active]);
            let unflushed = unflushed.flat_map(|head| head.range(*id, start, end));
            for row in state.recent.range(*id, start, end).chain(unflushed) {
                filling.add(self.window.place(row.time_secs, row.cell.high_resolution()), row.cell.sample());
            }
        }
        // Rows of files from here on are in memory too.
        let files_end = end.min(state.recent.start_secs());
        let set = state.files.clone();
        drop(state);
        let overlaps = |file: &&Arc<LiveFile>| {
            file.entry.time_max >= start.saturating_mul(1000) && file.entry.time_min < files_end.saturating_mul(1000)
        };
        for file in set.rows().filter(|_| start < files_end).filter(overlaps) {
            let high_resolution = tier_of(&file.entry) == Tier::Second;
            file.open()?.each(&ids, start, files_end, |at, _, row| {
                filling[at].add(self.window.place(row.time_secs, high_resolution), row.sample);
            })?;
        }
        let rows = |(series, filling): (&Arc<Series>, Filling)| SeriesRows {
            scope: series.scope.clone(),
            metric: series.metric.clone(),
            unit: series.unit,
            rows: filling.finish(),
        };
        Ok(self.series.iter().zip(filling).map(rows).filter(|series| !series.rows.is_empty()).collect())
    }
}

impl Iterator for Part {
    type Item = Result<SeriesRows, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.read.is_none() {
            match self.read() {
                Ok(read) => self.read = Some(read.into_iter()),
                Err(error) => {
                    self.read = Some(Vec::new().into_iter());
                    return Some(Err(error));
                }
            }
        }
        self.read.as_mut()?.next().map(Ok)
    }
}

/// The rows of a series while they come in.
#[derive(Default)]
struct Filling(BTreeMap<(i64, Tier), StatRow>);

impl Filling {
    fn add(&mut self, place: Option<(i64, Tier)>, sample: StatSample) {
        let Some(place) = place else { return };
        let (time_secs, tier) = place;
        let StatSample { count, sum, min, max, .. } = sample;
        let row = StatRow { time_secs, period_secs: tier.grain_secs(), count, sum, min, max };
        self.0.entry(place).and_modify(|held| held.merge(&row)).or_insert(row);
    }

    fn finish(self) -> Vec<StatRow> {
        self.0.into_values().collect()
    }
}

impl StatRow {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}
