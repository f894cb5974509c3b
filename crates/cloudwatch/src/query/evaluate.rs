//! Evaluation: from what was fetched to labelled series. Pure.

use std::cell::RefCell;
use std::collections::HashMap;

use base::Scope;
use lang::metric_math::{Environment, Error, SearchCall, Series, Value};
use lang::metrics_insights::GroupKey;
use store::metric::Metric;

use super::fetch::{Fetched, MetricData, Points, grid};
use super::names::{self, Name, Names};
use super::plan::{Frame, Need, Plan};
use super::{Invalid, Message, Outcome, Query, ResultSeries, Source, Status, band};
use crate::label::{self, Facts, Properties};
use crate::time_window::TimeWindow;

/// Evaluates a plan.
///
/// # Errors
/// The first expression, in the order of the request, that cannot be evaluated or gives no series.
pub(super) fn evaluate(
    plan: &Plan,
    scope: &Scope,
    window: &TimeWindow,
    fetched: &Fetched,
    utc_offset_secs: i64,
) -> Result<Outcome, Invalid> {
    let mut evaluator = Evaluator {
        plan,
        scope,
        window,
        fetched,
        defaults: names::defaults(&plan.queries),
        names: RefCell::default(),
        values: HashMap::new(),
    };
    let needs = plan.needs();
    for need in &needs {
        let value = evaluator.value(*need);
        evaluator.values.insert(key(need), value);
    }
    let mut asked: Vec<&Need> = needs.iter().filter(|need| evaluator.is_own(need)).collect();
    asked.sort_by_key(|need| need.query);
    let mut outcome = Outcome { results: Vec::new(), messages: fetched.messages.clone(), partial: fetched.partial };
    for need in asked {
        let results = evaluator.results(need, utc_offset_secs)?;
        outcome.results.extend(results);
    }
    Ok(outcome)
}

type Key = (usize, i64, Frame);

fn key(need: &Need) -> Key {
    (need.query, need.period_secs, need.frame)
}

struct Evaluator<'a> {
    plan: &'a Plan,
    scope: &'a Scope,
    window: &'a TimeWindow,
    fetched: &'a Fetched,
    /// Names of queries without a label, parallel to them.
    defaults: Vec<String>,
    names: RefCell<Names>,
    values: HashMap<Key, Result<Value, Error>>,
}

impl Evaluator<'_> {
    /// Whether a query is needed for its own sake.
    fn is_own(&self, need: &Need) -> bool {
        need.frame == Frame::Asked && need.period_secs == self.plan.parts[need.query].period_secs
    }

    fn value(&self, need: Need) -> Result<Value, Error> {
        let query = &self.plan.queries[need.query];
        match &query.source {
            Source::Metric(source) => {
                let points = self.fetched.metrics.get(&need).map(|data| data.points.clone()).unwrap_or_default();
                let properties = names::properties(self.scope, &source.metric, &source.stat, need.period_secs);
                Ok(Value::Series(self.series(&need, points, self.name(need.query, properties))))
            }
            Source::Insights { query: insights, .. } => {
                let groups = self.fetched.insights.get(&need).map(Vec::as_slice).unwrap_or_default();
                if insights.group_by.is_empty() {
                    let points = groups.first().map(|group| group.points.clone()).unwrap_or_default();
                    return Ok(Value::Series(self.series(&need, points, self.name(need.query, Properties::default()))));
                }
                let series = |group: &super::insights::Group| {
                    let label = names::unmarked(&group.label);
                    let name = Name { template: "${LABEL}".to_owned(), plain: label, ..Name::default() };
                    self.series(&need, group.points.clone(), name)
                };
                Ok(Value::Array(groups.iter().map(series).collect()))
            }
            Source::Math { expression, .. } => {
                let value = expression.evaluate(&Scene { evaluator: self, need })?;
                Ok(match value {
                    Value::Series(series) => {
                        let label = self.names.borrow_mut().add(self.name(need.query, Properties::default()));
                        Value::Series(Series { label, ..series })
                    }
                    other => other,
                })
            }
        }
    }

    /// The name of a query that gives one series.
    fn name(&self, query: usize, properties: Properties) -> Name {
        let plain = names::unmarked(&self.defaults[query]);
        let label = self.plan.queries[query].label.as_deref().map(names::unmarked);
        Name { template: label.filter(|label| !label.is_empty()).unwrap_or_else(label::whole), plain, properties }
    }

    fn series(&self, need: &Need, points: Points, name: Name) -> Series {
        let grid = grid(self.window, need.period_secs, need.frame);
        Series {
            label: self.names.borrow_mut().add(name),
            points,
            period_secs: need.period_secs,
            start_secs: grid.start_secs,
            end_secs: grid.end_secs,
        }
    }

    /// The results of a query, when it returns data.
    fn results(&self, need: &Need, utc_offset_secs: i64) -> Result<Vec<ResultSeries>, Invalid> {
        let query = &self.plan.queries[need.query];
        let value = match self.values.get(&key(need)) {
            Some(Ok(value)) => value,
            Some(Err(error)) => return Err(Invalid::in_expression(&query.id, error)),
            None => return Ok(Vec::new()),
        };
        if !query.return_data {
            return Ok(Vec::new());
        }
        let (series, several) = match value {
            Value::Scalar(_) => {
                return Err(Invalid::in_expression(&query.id, "The expression gives a number, not a time series"));
            }
            Value::Series(series) => (std::slice::from_ref(series), false),
            Value::Array(array) => (array.as_slice(), true),
        };
        let data = self.fetched.metrics.get(need);
        let groups = self.groups(need);
        let result = |(at, series): (usize, &Series)| {
            let facts = Facts { points: &series.points, now: self.window.now, utc_offset_secs };
            let (name, properties) = self.names.borrow().read(&series.label, &facts);
            ResultSeries {
                id: query.id.clone(),
                label: if several { one_of_several(query, &name, &properties, &facts) } else { name },
                points: series.points.clone(),
                period_secs: series.period_secs,
                status: data.map_or(Status::Complete, status),
                messages: data.map(several_units).unwrap_or_default(),
                computed: !matches!(query.source, Source::Metric(_)),
                unit: data.and_then(|data| data.unit),
                group: groups.get(at).cloned().unwrap_or_default(),
            }
        };
        Ok(series.iter().enumerate().map(result).collect())
    }

    /// The keys and values of each group of a Metrics Insights query.
    fn groups(&self, need: &Need) -> Vec<Vec<(String, String)>> {
        let Source::Insights { query, .. } = &self.plan.queries[need.query].source else { return Vec::new() };
        let keys: Vec<String> = query.group_by.iter().map(key_name).collect();
        let groups = self.fetched.insights.get(need).into_iter().flatten();
        groups.map(|group| keys.iter().cloned().zip(group.values.iter().cloned()).collect()).collect()
    }
}

/// What a key of GROUP BY is called, without quotes.
fn key_name(key: &GroupKey) -> String {
    match key {
        GroupKey::Dimension(name) => name.clone(),
        GroupKey::Tag(key) => format!("tag.{key}"),
        GroupKey::AccountId => "AWS.AccountId".to_owned(),
    }
}

/// An expression's own label stands before that of each of its series. One that is dynamic is
/// worked out for each of them and stands alone.
fn one_of_several(query: &Query, series: &str, properties: &Properties, facts: &Facts<'_>) -> String {
    match query.label.as_deref() {
        None | Some("") => series.to_owned(),
        Some(own) if label::is_dynamic(own) => label::expand(own, series, properties, facts),
        Some(own) => format!("{own} {series}"),
    }
}

fn status(data: &MetricData) -> Status {
    if data.forbidden { Status::Forbidden } else { Status::Complete }
}

fn several_units(data: &MetricData) -> Vec<Message> {
    if data.several_units.is_empty() {
        return Vec::new();
    }
    let units: Vec<&str> = data.several_units.iter().map(|unit| unit.as_str()).collect();
    vec![Message { code: "MultipleUnits", value: format!("Multiple units returned: '[{}]'", units.join(", ")) }]
}

/// What an expression sees of the other queries: all at its own period and time.
struct Scene<'a> {
    evaluator: &'a Evaluator<'a>,
    need: Need,
}

impl Scene<'_> {
    fn other(&self, query: usize, frame: Frame) -> Option<&Result<Value, Error>> {
        self.evaluator.values.get(&(query, self.need.period_secs, frame))
    }

    fn series(&self, query: usize, frame: Frame) -> Result<Option<&Series>, Error> {
        match self.other(query, frame) {
            Some(Ok(Value::Series(series))) => Ok(Some(series)),
            Some(Ok(_)) | None => Ok(None),
            Some(Err(error)) => Err(error.clone()),
        }
    }
}

impl Environment for Scene<'_> {
    fn id(&self, id: &str) -> Option<Result<Value, Error>> {
        let query = *self.evaluator.plan.by_id.get(id)?;
        self.other(query, self.need.frame).cloned()
    }

    fn is_expression(&self, id: &str) -> bool {
        let plan = self.evaluator.plan;
        plan.by_id.get(id).is_some_and(|query| !matches!(plan.queries[*query].source, Source::Metric(_)))
    }

    fn metrics(&self, id_contains: Option<&str>) -> Vec<Series> {
        let queries = self.evaluator.plan.queries.iter().enumerate();
        queries
            .filter(|(_, query)| matches!(query.source, Source::Metric(_)))
            .filter(|(_, query)| id_contains.is_none_or(|text| query.id.contains(text)))
            .filter_map(|(at, _)| self.series(at, self.need.frame).ok().flatten().cloned())
            .collect()
    }

    fn search(&self, call: &SearchCall) -> Result<Vec<Series>, Error> {
        let evaluator = self.evaluator;
        let searches = &evaluator.plan.parts[self.need.query].searches;
        let found = searches
            .iter()
            .position(|known| known.call == *call)
            .and_then(|at| evaluator.fetched.searches.get(&(self.need, at)))
            .map(Vec::as_slice)
            .unwrap_or_default();
        let labels = names::distinguishing(found.iter().map(|(metric, _)| metric));
        let series = |((metric, points), label): (&(Metric, Points), String)| {
            let properties = names::properties(evaluator.scope, metric, &call.stat, self.need.period_secs);
            let name = Name { template: label::whole(), plain: names::unmarked(&label), properties };
            evaluator.series(&self.need, points.clone(), name)
        };
        Ok(found.iter().zip(labels).map(series).collect())
    }

    fn band(&self, id: &str, width: f64) -> Result<Option<(Series, Series)>, Error> {
        let Some(query) = self.evaluator.plan.by_id.get(id) else { return Ok(None) };
        if self.need.frame == Frame::Before {
            return Ok(None);
        }
        let (Some(before), Some(asked)) = (self.series(*query, Frame::Before)?, self.series(*query, Frame::Asked)?)
        else {
            return Ok(None);
        };
        let graph = band::Detector::default();
        let detector = self.evaluator.fetched.detectors.get(&(*query, self.need.period_secs)).unwrap_or(&graph);
        Ok(Some(band::band(before, asked, detector, width)))
    }

    fn range(&self) -> (i64, i64, i64) {
        let grid = grid(self.evaluator.window, self.need.period_secs, self.need.frame);
        (grid.period_secs, grid.start_secs, grid.end_secs)
    }
}
