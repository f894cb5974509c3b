//! Metric filters at work: what they make of events (logs.md §4).
//!
//! Each put is judged by itself, before it is stored. Matching events give one datum for each filter, set of
//! dimensions and minute of the events' own time, with all values and how often each came (MF-9).
//!
//! # Default values
//! A filter with a default value gives it once for a minute in which the group got events and none of them matched
//! (MF-10). Whether later puts bring a match into the same minute cannot be known when the answer has to go out, so a
//! minute counts as unmatched if neither this put nor an earlier one had a match in it: the default goes out with the
//! first put that shows the minute, and never again for it. Each filter remembers for this the newest
//! [`MINUTES_MAX`] minutes that it has reported, whether by a value or by the default. So where a match follows in
//! another put, the minute has the default beside the value; a default of zero, which is what it is for, changes no
//! sum. The memory is lost when the server stops or the filter is replaced; the minute of that moment may then get its
//! default twice.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use base::{Scope, Timestamp};
use lang::field_selection::FieldSelection;
use lang::filter_pattern::{FilterPattern, PatternKind, Selector};
use store::catalog::Catalog;
use store::log_event::{GroupId, NewEvent};
use store::metric::{Metric, Unit};

use super::samples::{Resolution, Samples, minute_secs, value_of};
use crate::groups::Group;
use crate::record::MetricFilterRecord;

/// Minutes that a filter remembers to have reported: two days, for a put spans up to one (logs.md PE-5).
const MINUTES_MAX: usize = 2 * 24 * 60;

/// The longest value of a dimension, in characters (cloudwatch.md §1.4).
const DIMENSION_CHARACTERS_MAX: usize = 1024;

/// A filter, ready for events.
#[derive(Debug)]
pub(crate) struct CompiledFilter {
    pattern: FilterPattern,
    /// Whether it is for this account and region.
    applies: bool,
    on_transformed: bool,
    value: MetricValue,
    /// The metric, without its dimensions.
    metric: Metric,
    unit: Unit,
    /// Sorted by name.
    dimensions: Vec<(Arc<str>, Dimension)>,
    default_value: Option<f64>,
    /// Minutes that have been reported; kept only where there is a default value.
    reported: Mutex<BTreeSet<i64>>,
}

#[derive(Debug)]
enum MetricValue {
    Literal(f64),
    Selected(Selector),
}

#[derive(Debug)]
enum Dimension {
    Fixed(Arc<str>),
    Selected(Selector),
}

impl CompiledFilter {
    /// Compiles a filter of a group in `scope`.
    ///
    /// # Errors
    /// What is wrong with it, in AWS's words where they are known (logs.md FP-6, MF-3, MF-4, MF-12).
    pub(crate) fn compile(scope: &Scope, record: &MetricFilterRecord) -> Result<Self, String> {
        let pattern = FilterPattern::parse(&record.pattern).map_err(|error| error.message)?;
        let transformation = &record.transformation;
        // What the system gives needs no pattern that finds it, and is there for default values too.
        if !transformation.dimensions.is_empty() {
            if pattern.kind() == PatternKind::Terms {
                return Err("The specified filter pattern does not support dimensions".to_owned());
            }
            if transformation.default_value.is_some() {
                let message = "Invalid metric transformation: dimensions and default value are mutually exclusive \
                               properties";
                return Err(message.to_owned());
            }
        }
        let selection = record.field_selection_criteria.as_deref().filter(|criteria| !criteria.trim().is_empty());
        let selection = selection.map(FieldSelection::parse).transpose().map_err(|error| error.to_string())?;
        let applies =
            selection.is_none_or(|selection| selection.matches(scope.account.as_str(), scope.region.as_str()));
        let unit = transformation.unit.as_deref().map_or(Some(Unit::NONE), Unit::parse);
        Ok(Self {
            applies,
            on_transformed: record.on_transformed,
            value: value(&pattern, &transformation.value)?,
            metric: Metric {
                namespace: transformation.namespace.as_str().into(),
                name: transformation.name.as_str().into(),
                dimensions: [].into(),
            },
            unit: unit.ok_or("Invalid metric transformation: the unit is not known")?,
            dimensions: dimensions(scope, &pattern, record)?,
            default_value: transformation.default_value,
            reported: Mutex::default(),
            pattern,
        })
    }

    /// Whether it sees what transformers make of events (logs.md MF-13).
    pub(crate) fn is_on_transformed(&self) -> bool {
        self.on_transformed
    }

    /// Its pattern.
    pub(crate) fn pattern(&self) -> &FilterPattern {
        &self.pattern
    }

    /// Collects what the events give, and says which minutes the filter now remembers as reported: [`Self::forget`]
    /// them if the data could not be stored.
    pub(crate) fn apply(&self, events: &[NewEvent], samples: &mut Samples) -> Vec<i64> {
        if !self.applies {
            return Vec::new();
        }
        let mut minutes = Minutes::default();
        for event in events {
            let matches = self.pattern.matches(&event.message);
            if self.default_value.is_some() {
                minutes.note(minute_secs(event.time), matches);
            }
            if matches
                && let Some(value) = self.value.of(&event.message)
                && let Some(metric) = self.metric_of(&event.message)
            {
                samples.add(metric, self.unit, event.time, Resolution::Standard, value);
            }
        }
        match self.default_value {
            Some(default) => self.report(minutes, default, samples),
            None => Vec::new(),
        }
    }

    /// Takes back that minutes were reported.
    pub(crate) fn forget(&self, minutes: &[i64]) {
        let mut reported = self.reported.lock().expect("no holder of this lock can panic");
        for minute in minutes {
            reported.remove(minute);
        }
    }

    fn report(&self, minutes: Minutes, default: f64, samples: &mut Samples) -> Vec<i64> {
        let mut reported = self.reported.lock().expect("no holder of this lock can panic");
        let mut new = Vec::new();
        for (minute, matched) in minutes.0 {
            if !reported.insert(minute) {
                continue;
            }
            new.push(minute);
            // Where there is a default, no dimension comes from an event.
            if !matched && let Some(metric) = self.metric_of("") {
                samples.add(metric, self.unit, Timestamp::from_secs(minute), Resolution::Standard, default);
            }
        }
        while reported.len() > MINUTES_MAX {
            reported.pop_first();
        }
        new
    }

    /// The metric of an event; `None` when it lacks a dimension (logs.md MF-4).
    fn metric_of(&self, message: &str) -> Option<Metric> {
        if self.dimensions.is_empty() {
            return Some(self.metric.clone());
        }
        let dimension = |(name, value): &(Arc<str>, Dimension)| Some((name.clone(), value.of(message)?));
        let dimensions = self.dimensions.iter().map(dimension).collect::<Option<_>>()?;
        Some(Metric { dimensions, ..self.metric.clone() })
    }
}

impl MetricValue {
    fn of(&self, message: &str) -> Option<f64> {
        match self {
            Self::Literal(value) => Some(*value),
            Self::Selected(selector) => value_of(&selector.value(message)?),
        }
    }
}

impl Dimension {
    fn of(&self, message: &str) -> Option<Arc<str>> {
        match self {
            Self::Fixed(value) => Some(value.clone()),
            Self::Selected(selector) => {
                let value = selector.value(message)?;
                let fits = !value.trim().is_empty() && value.chars().nth(DIMENSION_CHARACTERS_MAX).is_none();
                fits.then(|| value.as_ref().into())
            }
        }
    }
}

/// Minutes of a put, each with whether anything in it matched, in no order.
#[derive(Debug, Default)]
struct Minutes(HashMap<i64, bool>);

impl Minutes {
    fn note(&mut self, minute: i64, matched: bool) {
        *self.0.entry(minute).or_default() |= matched;
    }
}

/// logs.md MF-3.
fn value(pattern: &FilterPattern, text: &str) -> Result<MetricValue, String> {
    if let Some(literal) = value_of(text) {
        return Ok(MetricValue::Literal(literal));
    }
    let selected = pattern.selector(text).map(MetricValue::Selected);
    selected
        .map_err(|error| format!("Invalid metric transformation: metricValue '{text}' is not a number, and {error}"))
}

/// logs.md MF-4.
fn dimensions(
    scope: &Scope,
    pattern: &FilterPattern,
    record: &MetricFilterRecord,
) -> Result<Vec<(Arc<str>, Dimension)>, String> {
    let mut dimensions: Vec<(Arc<str>, Dimension)> = Vec::new();
    for (name, text) in &record.transformation.dimensions {
        let selector = pattern.selector(text);
        let selector =
            selector.map_err(|error| format!("Invalid metric transformation: dimension value '{text}': {error}"))?;
        dimensions.push((name.as_str().into(), Dimension::Selected(selector)));
    }
    for name in &record.system_field_dimensions {
        let value = match name.as_str() {
            "@aws.account" => scope.account.as_str(),
            "@aws.region" => scope.region.as_str(),
            other => return Err(format!("Invalid system field: {other}")),
        };
        dimensions.push((name.as_str().into(), Dimension::Fixed(value.into())));
    }
    dimensions.sort_by(|(a, _), (b, _)| a.cmp(b));
    match dimensions.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        true => Err("Invalid metric transformation: a dimension is named twice".to_owned()),
        false => Ok(dimensions),
    }
}

/// Compiled filters by group, as long as their records are the same.
#[derive(Debug, Default)]
pub(crate) struct FilterCache {
    groups: Mutex<HashMap<GroupId, Cached>>,
}

#[derive(Debug)]
struct Cached {
    /// The version of the group's record, which changes with every change of a filter.
    version: u64,
    records: Vec<Arc<MetricFilterRecord>>,
    filters: Arc<[Arc<CompiledFilter>]>,
}

impl FilterCache {
    /// The filters of a group.
    pub(crate) fn of(&self, catalog: &Catalog, group: &Group) -> Arc<[Arc<CompiledFilter>]> {
        let mut groups = self.groups.lock().expect("no holder of this lock can panic");
        if group.record.metric_filters == 0 {
            groups.remove(&group.id());
            return [].into();
        }
        let known = groups.get(&group.id());
        if let Some(known) = known.filter(|known| known.version == group.version) {
            return known.filters.clone();
        }
        let (mut records, mut filters) = (Vec::new(), Vec::new());
        for (name, found) in group.list::<MetricFilterRecord>(catalog, "") {
            let same = known.and_then(|known| {
                let place = known.records.iter().position(|record| Arc::ptr_eq(record, &found.value))?;
                Some(known.filters[place].clone())
            });
            let compiled = same.map_or_else(|| CompiledFilter::compile(&group.scope, &found.value).map(Arc::new), Ok);
            match compiled {
                Ok(filter) => {
                    records.push(found.value);
                    filters.push(filter);
                }
                Err(error) => tracing::error!(group = group.name, filter = name, error, "a metric filter is broken"),
            }
        }
        let filters: Arc<[_]> = filters.into();
        groups.insert(group.id(), Cached { version: group.version, records, filters: filters.clone() });
        filters
    }
}

#[cfg(test)]
mod tests;
