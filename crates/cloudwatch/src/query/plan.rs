//! The order in which queries are evaluated, and all that they need to be fetched for.

use std::collections::{BTreeSet, HashMap};

use lang::metric_math::{Expression, SearchCall};
use lang::search::Search;

use super::parse::PERIOD_SECS_DEFAULT;
use super::{Invalid, Query, Source};
use crate::statistic::Statistic;
use crate::time_window::is_period;

/// Searches of one request (cloudwatch.md §4.5).
const SEARCHES_MAX: usize = 100;

/// Queries that refer to each other without a cycle.
#[derive(Debug)]
pub struct Plan {
    pub(super) queries: Vec<Query>,
    pub(super) by_id: HashMap<String, usize>,
    /// Parallel to the queries.
    pub(super) parts: Vec<Parts>,
    /// Every query after those that it refers to.
    order: Vec<usize>,
}

/// What a query rests on.
#[derive(Debug, Default)]
pub(super) struct Parts {
    /// Queries that it refers to, each once.
    uses: Vec<usize>,
    /// Queries that a band is laid around.
    bands: Vec<usize>,
    pub(super) searches: Vec<PlannedSearch>,
    /// The period that it is evaluated at: the coarsest of all that it rests on.
    pub(super) period_secs: i64,
}

/// A search with its arguments read.
#[derive(Debug)]
pub(super) struct PlannedSearch {
    pub(super) call: SearchCall,
    pub(super) search: Search,
    pub(super) statistic: Statistic,
}

/// Which time range something is evaluated over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Frame {
    /// The time before the one asked for, from which bands are learnt.
    Before,
    /// The one asked for.
    Asked,
}

/// A query to be evaluated: at which period, over which time. An expression brings all that it
/// rests on to its own period (cloudwatch.md §4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Need {
    /// Place in the order of evaluation, so that needs sort into it.
    position: usize,
    pub(super) query: usize,
    pub(super) period_secs: i64,
    pub(super) frame: Frame,
}

impl Plan {
    /// Orders the queries.
    ///
    /// # Errors
    /// Ids that are not unique, unknown ids, cycles, malformed searches, and more than one
    /// Metrics Insights query (cloudwatch.md §4.1, §4.8).
    pub fn new(queries: Vec<Query>) -> Result<Self, Invalid> {
        let by_id: HashMap<String, usize> =
            queries.iter().enumerate().map(|(at, query)| (query.id.clone(), at)).collect();
        if by_id.len() < queries.len() {
            return Err(Invalid("The values for parameter id in MetricDataQueries are not unique.".to_owned()));
        }
        if queries.iter().filter(|query| matches!(query.source, Source::Insights { .. })).count() > 1 {
            return Err(Invalid("Only one Metrics Insights query is allowed in a request.".to_owned()));
        }
        let parts: Result<Vec<Parts>, Invalid> =
            queries.iter().map(|query| Parts::of(query, &queries, &by_id)).collect();
        let mut parts = parts?;
        if parts.iter().map(|parts| parts.searches.len()).sum::<usize>() > SEARCHES_MAX {
            return Err(Invalid(format!("A request may have at most {SEARCHES_MAX} searches.")));
        }
        let order = order(&queries, &parts)?;
        for at in &order {
            parts[*at].period_secs = coarsest(&queries[*at], &parts[*at], &parts);
        }
        Ok(Self { queries, by_id, parts, order })
    }

    /// The queries, in the order of the request.
    pub fn queries(&self) -> &[Query] {
        &self.queries
    }

    /// The period that a query is evaluated at, in seconds: the coarsest of all that it rests
    /// on. By its place in the request.
    pub fn period_secs(&self, at: usize) -> Option<i64> {
        self.parts.get(at).map(|parts| parts.period_secs)
    }

    /// Everything to be evaluated, in an order in which nothing comes before what it rests on.
    pub(super) fn needs(&self) -> Vec<Need> {
        let mut positions = vec![0; self.queries.len()];
        for (position, query) in self.order.iter().enumerate() {
            positions[*query] = position;
        }
        let need = |query, period_secs, frame| Need { position: positions[query], query, period_secs, frame };
        let mut waiting: Vec<Need> =
            (0..self.queries.len()).map(|at| need(at, self.parts[at].period_secs, Frame::Asked)).collect();
        let mut needs = BTreeSet::new();
        while let Some(next) = waiting.pop() {
            if !needs.insert(next) {
                continue;
            }
            let parts = &self.parts[next.query];
            waiting.extend(parts.uses.iter().map(|query| need(*query, next.period_secs, next.frame)));
            // What a band is learnt from holds no bands itself.
            if next.frame == Frame::Asked {
                waiting.extend(parts.bands.iter().map(|query| need(*query, next.period_secs, Frame::Before)));
            }
        }
        needs.into_iter().collect()
    }
}

impl Parts {
    fn of(query: &Query, queries: &[Query], by_id: &HashMap<String, usize>) -> Result<Self, Invalid> {
        let Source::Math { expression, .. } = &query.source else { return Ok(Self::default()) };
        let known = |id: &String| {
            by_id.get(id).copied().ok_or_else(|| Invalid::in_expression(&query.id, format!("Unknown id '{id}'")))
        };
        let mut uses: Vec<usize> = expression.ids().iter().map(known).collect::<Result<_, _>>()?;
        let bands: Vec<usize> = expression.bands().iter().map(known).collect::<Result<_, _>>()?;
        uses.extend(&bands);
        if expression.uses_metrics() {
            uses.extend((0..queries.len()).filter(|at| matches!(queries[*at].source, Source::Metric(_))));
        }
        uses.sort_unstable();
        uses.dedup();
        Ok(Self { uses, bands, searches: searches(&query.id, expression)?, period_secs: 0 })
    }
}

fn searches(id: &str, expression: &Expression) -> Result<Vec<PlannedSearch>, Invalid> {
    let mut planned: Vec<PlannedSearch> = Vec::new();
    for call in expression.searches() {
        if planned.iter().any(|known| known.call == call) {
            continue;
        }
        let search = Search::parse(&call.expression).map_err(|reason| Invalid::in_expression(id, reason))?;
        let statistic = Statistic::parse(&call.stat)
            .ok_or_else(|| Invalid::in_expression(id, format!("Unknown statistic '{}'", call.stat)))?;
        if let Some(period) = call.period_secs.filter(|period| !is_period(*period)) {
            return Err(Invalid::in_expression(id, format!("Invalid period {period}")));
        }
        planned.push(PlannedSearch { call, search, statistic });
    }
    Ok(planned)
}

/// Kahn's way: whatever rests on nothing that is left comes next.
fn order(queries: &[Query], parts: &[Parts]) -> Result<Vec<usize>, Invalid> {
    let mut open: Vec<usize> = parts.iter().map(|parts| parts.uses.len()).collect();
    let mut users = vec![Vec::new(); parts.len()];
    for (at, parts) in parts.iter().enumerate() {
        parts.uses.iter().for_each(|used| users[*used].push(at));
    }
    let mut order: Vec<usize> = (0..parts.len()).filter(|at| open[*at] == 0).collect();
    let mut next = 0;
    while next < order.len() {
        for user in &users[order[next]] {
            open[*user] -= 1;
            if open[*user] == 0 {
                order.push(*user);
            }
        }
        next += 1;
    }
    match open.iter().position(|open| *open > 0) {
        Some(at) => Err(Invalid::in_expression(&queries[at].id, "The expression refers to itself")),
        None => Ok(order),
    }
}

fn coarsest(query: &Query, own: &Parts, parts: &[Parts]) -> i64 {
    match &query.source {
        Source::Metric(metric) => metric.period_secs,
        Source::Insights { period_secs, .. } => *period_secs,
        Source::Math { period_secs, .. } => {
            let default = period_secs.unwrap_or(PERIOD_SECS_DEFAULT);
            let used = own.uses.iter().map(|used| parts[*used].period_secs);
            let searched = own.searches.iter().map(|search| search.call.period_secs.unwrap_or(default));
            used.chain(searched).max().unwrap_or(default)
        }
    }
}
