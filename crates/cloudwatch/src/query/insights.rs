//! Metrics Insights: many metrics merged into a series a group (cloudwatch.md §4.8).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use base::Scope;
use base::time::DAY_MS;
use lang::metrics_insights::{Aggregate, GroupKey, Operand, Query, Subject};
use store::StoreError;
use store::metric::{Metric, MetricFilter, Metrics, SeriesId, StatSample};

use super::fetch::{Points, bucket_read};
use super::plan::Frame;
use super::{Message, names, search};
use crate::time_window::TimeWindow;

/// Metrics that a query looks at, the first found.
const METRICS_MAX: usize = 10_000;
/// Series that a query gives.
const GROUPS_MAX: usize = 500;
/// Series read in one go, which bounds the memory that a query takes.
const READ_SERIES: usize = 2_000;
/// How far back a query reaches.
const HISTORY_MS: i64 = 14 * DAY_MS;

/// One series of the answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Group {
    /// The values of the keys of GROUP BY as one text; empty when there are none.
    pub(super) label: String,
    /// The values of the keys of GROUP BY.
    pub(super) values: Vec<String>,
    pub(super) points: Points,
}

/// A group's label, and the values of its keys.
pub(super) type Name = (String, Vec<String>);

/// The series of each group, by its label.
pub(super) fn groups(
    metrics: &Metrics,
    scope: &Scope,
    query: &Query,
    window: &TimeWindow,
    messages: &mut Vec<Message>,
) -> BTreeMap<Name, Vec<SeriesId>> {
    let filter = MetricFilter {
        namespace: Some(query.namespace.clone()),
        name: Some(query.metric_name.clone()),
        dimensions: indexed(query),
        active_since: Some(window.now.plus_millis(-HISTORY_MS)),
    };
    let mut groups: BTreeMap<Name, Vec<SeriesId>> = BTreeMap::new();
    let mut count = 0;
    for metric in search::pages(metrics, scope, &filter).flatten() {
        let dimensions = names::dimensions(&metric);
        let subject = subject(scope, &metric, &dimensions);
        if !query.matches(&subject) {
            continue;
        }
        if count == METRICS_MAX {
            messages.push(search::too_many());
            break;
        }
        count += 1;
        let series = metrics.series(scope, &metric).into_iter().map(|(_, id)| id);
        let values = query.group(&subject);
        groups.entry((values.join(" "), values)).or_default().extend(series);
    }
    groups
}

/// A metric as a query sees it. Metrics carry no tags here: a tag is a key that all of them lack.
fn subject<'a>(scope: &'a Scope, metric: &'a Metric, dimensions: &'a [(&'a str, &'a str)]) -> Subject<'a> {
    Subject {
        namespace: &metric.namespace,
        name: &metric.name,
        dimensions,
        tags: &[],
        account: scope.account.as_str(),
        current_account: scope.account.as_str(),
    }
}

/// The dimensions that a metric must have, for the index.
fn indexed(query: &Query) -> Vec<(String, Option<String>)> {
    let mut dimensions: Vec<(String, Option<String>)> = Vec::new();
    for condition in &query.conditions {
        if let (GroupKey::Dimension(name), true, Operand::Text(value)) =
            (&condition.key, condition.equal, &condition.operand)
        {
            dimensions.push((name.clone(), Some(value.clone())));
        }
    }
    let named = query.schema.iter().flatten().map(|name| (name.clone(), None));
    dimensions.extend(named);
    dimensions
}

/// Sums up what aggregates need of samples; the spread of values is not among it.
#[derive(Clone, Copy, Debug)]
struct Total {
    count: f64,
    sum: f64,
    min: f64,
    max: f64,
}

impl Total {
    const NOTHING: Self = Self { count: 0.0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY };

    fn add(&mut self, count: f64, sum: f64, min: f64, max: f64) {
        self.count += count;
        self.sum += sum;
        self.min = self.min.min(min);
        self.max = self.max.max(max);
    }

    fn take_in(&mut self, sample: &StatSample) {
        self.add(sample.count, sample.sum, sample.min, sample.max);
    }

    fn value(&self, aggregate: Aggregate) -> f64 {
        match aggregate {
            Aggregate::Avg => self.sum / self.count,
            Aggregate::Count => self.count,
            Aggregate::Max => self.max,
            Aggregate::Min => self.min,
            Aggregate::Sum => self.sum,
        }
    }
}

/// Reads the groups, orders and limits them; and tells whether those are all that the query asks
/// for.
pub(super) async fn read(
    metrics: &Metrics,
    query: &Query,
    groups: BTreeMap<Name, Vec<SeriesId>>,
    window: &TimeWindow,
    batch: (i64, Frame),
) -> Result<(Vec<Group>, bool), StoreError> {
    let (mut names, mut members) = (Vec::new(), Vec::new());
    for (name, series) in groups {
        members.extend(series.into_iter().map(|id| (names.len(), id)));
        names.push(name);
    }
    let oldest_secs = window.now.plus_millis(-HISTORY_MS).secs();
    let mut totals: Vec<BTreeMap<i64, Total>> = vec![BTreeMap::new(); names.len()];
    for members in members.chunks(READ_SERIES) {
        let read = bucket_read(members.iter().map(|(_, id)| *id).collect(), window, batch);
        for ((group, _), buckets) in members.iter().zip(metrics.read(read).await?) {
            for bucket in buckets.iter().filter(|bucket| bucket.start_secs >= oldest_secs) {
                totals[*group].entry(bucket.start_secs).or_insert(Total::NOTHING).take_in(&bucket.sample);
            }
        }
    }
    Ok(ranked(query, names.into_iter().zip(totals).collect()))
}

/// In the order of the query, and no more than it gives. Groups come by label.
fn ranked(query: &Query, groups: Vec<(Name, BTreeMap<i64, Total>)>) -> (Vec<Group>, bool) {
    let mut groups: Vec<(f64, Group)> = groups
        .into_iter()
        .filter(|(_, totals)| !totals.is_empty())
        .map(|((label, values), totals)| {
            let mut all = Total::NOTHING;
            totals.values().for_each(|total| all.add(total.count, total.sum, total.min, total.max));
            let rank = query.order_by.map_or(0.0, |order| all.value(order.aggregate));
            let points = totals.iter().map(|(at, total)| (*at, total.value(query.aggregate))).collect();
            (rank, Group { label, values, points })
        })
        .collect();
    // The sort is stable: equal ranks stay in the order of their labels.
    groups.sort_by(|(a, _), (b, _)| match query.order_by {
        None => Ordering::Equal,
        Some(order) if order.descending => b.total_cmp(a),
        Some(_) => a.total_cmp(b),
    });
    let asked = query.limit.unwrap_or(usize::MAX).min(groups.len());
    groups.truncate(asked.min(GROUPS_MAX));
    let all = groups.len() == asked;
    (groups.into_iter().map(|(_, group)| group).collect(), all)
}
