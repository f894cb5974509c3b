//! The metrics that a search finds, through the index of metrics (cloudwatch.md §4.5).

use std::collections::HashMap;

use base::time::DAY_MS;
use base::{Scope, Timestamp};
use lang::search::{Candidate, Search};
use store::metric::{Metric, MetricFilter, Metrics};

use super::plan::PlannedSearch;
use super::{Message, names};

/// Metrics that one search gives.
const FOUND_MAX: usize = 500;
/// Metrics looked at in one go.
const PAGE: usize = 1000;
/// Only metrics with data in the last two weeks are found.
const ACTIVE_MS: i64 = 14 * DAY_MS;

/// Metrics found so far, so that the same search in several queries looks once.
pub(super) struct Found<'a> {
    metrics: &'a Metrics,
    scope: &'a Scope,
    active_since: Timestamp,
    known: HashMap<String, Vec<Metric>>,
    /// A search found more than it gives.
    pub(super) truncated: bool,
}

impl<'a> Found<'a> {
    pub(super) fn new(metrics: &'a Metrics, scope: &'a Scope, now: Timestamp) -> Self {
        let active_since = now.plus_millis(-ACTIVE_MS);
        Self { metrics, scope, active_since, known: HashMap::new(), truncated: false }
    }

    pub(super) fn metrics(&mut self, planned: &PlannedSearch) -> Vec<Metric> {
        if let Some(known) = self.known.get(&planned.call.expression) {
            return known.clone();
        }
        let mut found = matching(self.metrics, self.scope, &filter(&planned.search, self.active_since), |metric| {
            is_found(&planned.search, self.scope, metric)
        });
        self.truncated |= found.len() > FOUND_MAX;
        found.truncate(FOUND_MAX);
        self.known.insert(planned.call.expression.clone(), found.clone());
        found
    }
}

fn filter(search: &Search, active_since: Timestamp) -> MetricFilter {
    MetricFilter {
        namespace: search.namespace().map(str::to_owned),
        name: search.metric_name().map(str::to_owned),
        dimensions: search.dimension_names().iter().map(|name| (name.clone(), None)).collect(),
        active_since: Some(active_since),
    }
}

fn is_found(search: &Search, scope: &Scope, metric: &Metric) -> bool {
    let dimensions = names::dimensions(metric);
    search.matches(Candidate {
        account: scope.account.as_str(),
        namespace: &metric.namespace,
        name: &metric.name,
        dimensions: &dimensions,
    })
}

/// The first metrics that pass, page by page, and one more than are given when there are more.
fn matching(
    metrics: &Metrics,
    scope: &Scope,
    filter: &MetricFilter,
    mut passes: impl FnMut(&Metric) -> bool,
) -> Vec<Metric> {
    pages(metrics, scope, filter).flatten().filter(|metric| passes(metric)).take(FOUND_MAX + 1).collect()
}

/// All metrics that pass the filter, as pages of the index.
pub(super) fn pages<'a>(
    metrics: &'a Metrics,
    scope: &'a Scope,
    filter: &'a MetricFilter,
) -> impl Iterator<Item = Vec<Metric>> + 'a {
    let mut after: Option<Metric> = None;
    let mut done = false;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let page = metrics.list(scope, filter, after.as_ref(), PAGE);
        done = page.len() < PAGE;
        after = page.last().cloned();
        Some(page)
    })
}

/// The note that not all metrics are part of the result (cloudwatch.md §3.5).
pub(super) fn too_many() -> Message {
    Message { code: "MaxMetricsExceeded", value: "Maximum number of allowed metrics exceeded".to_owned() }
}
