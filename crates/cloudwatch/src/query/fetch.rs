//! Everything that queries need of the store, in one read for each period and time range.

use std::collections::HashMap;

use base::Scope;
use store::metric::{BucketRead, Buckets, Metric, Metrics, SeriesId, Unit};
use store::{Catalog, StoreError};

use super::plan::{Frame, Need, Plan};
use super::search::Found;
use super::{Message, MetricSource, Source, band, insights, search};
use crate::statistic::Statistic;
use crate::time_window::{Grid, TimeWindow};

/// Points, oldest first.
pub(super) type Points = Vec<(i64, f64)>;

/// All that was fetched.
#[derive(Default)]
pub(super) struct Fetched {
    pub(super) metrics: HashMap<Need, MetricData>,
    /// By the query and the search's place in it.
    pub(super) searches: HashMap<(Need, usize), Vec<(Metric, Points)>>,
    /// One entry a group; a query without groups has one.
    pub(super) insights: HashMap<Need, Vec<insights::Group>>,
    /// By the query that the band is around, and its period.
    pub(super) detectors: HashMap<(usize, i64), band::Detector>,
    pub(super) messages: Vec<Message>,
    /// A Metrics Insights query leaves out metrics or series.
    pub(super) partial: bool,
}

/// A metric's points in one of its units.
#[derive(Default)]
pub(super) struct MetricData {
    pub(super) points: Points,
    /// The unit of the points.
    pub(super) unit: Option<Unit>,
    /// All units that have data, in the order of preference, when they are several.
    pub(super) several_units: Vec<Unit>,
    /// The metric belongs to an account that is not seen.
    pub(super) forbidden: bool,
}

/// Of several units the first of these is shown: recorded from AWS (cloudwatch.md §3.6).
const UNIT_ORDER: [&str; 27] = [
    "Megabits",
    "Terabits",
    "Gigabits",
    "Count",
    "Bytes",
    "Gigabytes",
    "Gigabytes/Second",
    "Kilobytes",
    "Kilobits/Second",
    "Terabytes",
    "Terabits/Second",
    "Bytes/Second",
    "Percent",
    "Megabytes",
    "Megabits/Second",
    "Milliseconds",
    "Microseconds",
    "Kilobytes/Second",
    "Gigabits/Second",
    "Megabytes/Second",
    "Bits",
    "Bits/Second",
    "Count/Second",
    "Seconds",
    "Kilobits",
    "Terabytes/Second",
    "None",
];

/// Where a unit stands in the order of preference.
pub(crate) fn unit_rank(unit: Unit) -> usize {
    UNIT_ORDER.iter().position(|name| *name == unit.as_str()).unwrap_or(UNIT_ORDER.len())
}

/// The grid that something is evaluated over.
pub(super) fn grid(window: &TimeWindow, period_secs: i64, frame: Frame) -> Grid {
    let asked = window.grid(period_secs);
    match frame {
        Frame::Asked => asked,
        Frame::Before => band::training(&asked),
    }
}

/// Series to read at one period over one time range.
#[derive(Default)]
struct Batch {
    series: Vec<SeriesId>,
    places: HashMap<SeriesId, usize>,
}

/// Where a metric's series stand in a batch: one a unit.
struct Slots {
    batch: (i64, Frame),
    units: Vec<(Unit, usize)>,
}

/// Where the series of all metrics that a search found stand.
struct SearchSlots<'a> {
    key: (Need, usize),
    statistic: &'a Statistic,
    all: Vec<(Metric, Slots)>,
}

/// What is read, before it is.
struct Reads<'a> {
    metrics: &'a Metrics,
    scope: &'a Scope,
    batches: HashMap<(i64, Frame), Batch>,
}

impl Reads<'_> {
    fn add(&mut self, metric: &Metric, unit: Option<Unit>, batch: (i64, Frame)) -> Slots {
        let mut series = self.metrics.series(self.scope, metric);
        series.retain(|(found, _)| unit.is_none_or(|unit| unit == *found));
        series.sort_by_key(|(unit, _)| unit_rank(*unit));
        let into = self.batches.entry(batch).or_default();
        let mut place = |id: SeriesId| {
            *into.places.entry(id).or_insert_with(|| {
                into.series.push(id);
                into.series.len() - 1
            })
        };
        Slots { batch, units: series.into_iter().map(|(unit, id)| (unit, place(id))).collect() }
    }

    async fn run(self, window: &TimeWindow) -> Result<HashMap<(i64, Frame), Vec<Buckets>>, StoreError> {
        let mut results = HashMap::new();
        for (key, batch) in self.batches {
            let found = match batch.series.is_empty() {
                true => Vec::new(),
                false => self.metrics.read(bucket_read(batch.series, window, key)).await?,
            };
            results.insert(key, found);
        }
        Ok(results)
    }
}

/// A read of these series at a period over a time range.
pub(super) fn bucket_read(series: Vec<SeriesId>, window: &TimeWindow, (period, frame): (i64, Frame)) -> BucketRead {
    let grid = grid(window, period, frame);
    BucketRead { series, start_secs: grid.start_secs, end_secs: grid.end_secs, period_secs: period, now: window.now }
}

impl Slots {
    /// The points of the first unit that has data, and all units that have.
    fn take(&self, read: &HashMap<(i64, Frame), Vec<Buckets>>, statistic: &Statistic) -> MetricData {
        let Some(batch) = read.get(&self.batch) else { return MetricData::default() };
        let with_data: Vec<(Unit, &Buckets)> = self
            .units
            .iter()
            .filter_map(|(unit, place)| Some((*unit, batch.get(*place)?)))
            .filter(|(_, buckets)| !buckets.is_empty())
            .collect();
        let Some((unit, buckets)) = with_data.first() else { return MetricData::default() };
        let several_units = match with_data.len() {
            1 => Vec::new(),
            _ => with_data.iter().map(|(unit, _)| *unit).collect(),
        };
        MetricData { points: points(buckets, statistic), unit: Some(*unit), several_units, forbidden: false }
    }
}

fn points(buckets: &Buckets, statistic: &Statistic) -> Points {
    buckets.iter().filter_map(|bucket| Some((bucket.start_secs, statistic.value(&bucket.sample)?))).collect()
}

/// Fetches what the plan needs.
pub(super) async fn fetch(
    metrics: &Metrics,
    catalog: &Catalog,
    scope: &Scope,
    plan: &Plan,
    window: &TimeWindow,
) -> Result<Fetched, StoreError> {
    let mut fetched = Fetched::default();
    let mut reads = Reads { metrics, scope, batches: HashMap::new() };
    let mut sources: Vec<(Need, &MetricSource, Slots)> = Vec::new();
    let mut searches: Vec<SearchSlots<'_>> = Vec::new();
    let mut found = Found::new(metrics, scope, window.now);
    for need in plan.needs() {
        let batch = (need.period_secs, need.frame);
        match &plan.queries[need.query].source {
            Source::Metric(source) if is_foreign(source, scope) => {
                fetched.metrics.insert(need, MetricData { forbidden: true, ..MetricData::default() });
            }
            Source::Metric(source) => {
                sources.push((need, source, reads.add(&source.metric, source.unit, batch)));
                if need.frame == Frame::Before {
                    let detector = band::detector(catalog, scope, source, need.period_secs);
                    fetched.detectors.insert((need.query, need.period_secs), detector);
                }
            }
            Source::Insights { query, .. } => {
                let groups = insights::groups(metrics, scope, query, window, &mut fetched.messages);
                // What was noted so far is that there are too many metrics.
                fetched.partial |= !fetched.messages.is_empty();
                let (read, all) = insights::read(metrics, query, groups, window, batch).await?;
                fetched.partial |= !all;
                fetched.insights.insert(need, read);
            }
            Source::Math { .. } => {
                for (at, search) in plan.parts[need.query].searches.iter().enumerate() {
                    let slots = |metric: Metric| (metric.clone(), reads.add(&metric, None, batch));
                    let all = found.metrics(search).into_iter().map(slots).collect();
                    searches.push(SearchSlots { key: (need, at), statistic: &search.statistic, all });
                }
            }
        }
    }
    if found.truncated {
        fetched.messages.push(search::too_many());
    }
    let read = reads.run(window).await?;
    for (need, source, slots) in sources {
        fetched.metrics.insert(need, slots.take(&read, &source.statistic));
    }
    for SearchSlots { key, statistic, all } in searches {
        let take = |(metric, slots): (Metric, Slots)| (metric, slots.take(&read, statistic).points);
        fetched.searches.insert(key, all.into_iter().map(take).collect());
    }
    Ok(fetched)
}

/// No accounts are linked: another one's metrics are not seen.
fn is_foreign(source: &MetricSource, scope: &Scope) -> bool {
    source.account.as_deref().is_some_and(|account| account != scope.account.as_str())
}
