//! The embedded metric format: metrics that events carry along (logs.md §8.1).
//!
//! An event that is one JSON object with `_aws.CloudWatchMetrics` says which of its top-level members are metrics and
//! which are their dimensions. What cannot be used is left out, and counted: an event that claims to be of this
//! format and is no JSON object, or has no list of directives, is a parsing error; one of which a directive, a set of
//! dimensions or a metric had to be left out is a validation error. The event itself is stored in any case.

use std::sync::{Arc, LazyLock};

use base::Timestamp;
use base::time::DAY_MS;
use memchr::memmem::Finder;
use serde_json::{Map, Value};
use store::log_event::NewEvent;
use store::metric::{Metric, Unit};

use super::samples::{Resolution, Samples, is_value};

/// Limits of logs.md EM-2, EM-3.
const DIMENSIONS_MAX: usize = 30;
const METRICS_MAX: usize = 100;
const VALUES_MAX: usize = 100;
const NAME_CHARACTERS_MAX: usize = 1024;
const KEY_CHARACTERS_MAX: usize = 250;

/// What metrics may be of, as PutMetricData has it: two weeks back, two hours ahead.
const BEHIND_MS_MAX: i64 = 14 * DAY_MS;
const AHEAD_MS_MAX: i64 = 2 * 3_600_000;

/// Events of which something could not be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Errors {
    /// Events that could not be read.
    pub(crate) parsing: u64,
    /// Events with a part that breaks a rule.
    pub(crate) validation: u64,
}

/// Collects the metrics that events carry.
pub(crate) fn extract(events: &[NewEvent], now: Timestamp, samples: &mut Samples) -> Errors {
    let mut errors = Errors::default();
    for event in events.iter().filter(|event| claims(&event.message)) {
        match event_metrics(event, now, samples) {
            Ok(()) => {}
            Err(Failure::NotEmbedded) => {}
            Err(Failure::Parsing) => errors.parsing += 1,
            Err(Failure::Validation) => errors.validation += 1,
        }
    }
    errors
}

/// How many events are of this format, where none are to be extracted (logs.md EM-5).
pub(crate) fn ignored(events: &[NewEvent]) -> u64 {
    let embedded = |event: &&NewEvent| claims(&event.message) && members(&event.message).is_ok();
    events.iter().filter(embedded).count() as u64
}

enum Failure {
    /// It only has the words of the format, in another place.
    NotEmbedded,
    Parsing,
    Validation,
}

/// Whether a message has what one of this format has, before it is parsed: a brace, and the names as they are always
/// spelled.
fn claims(message: &str) -> bool {
    static METADATA: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"_aws\""));
    static DIRECTIVES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"CloudWatchMetrics\""));
    let found = |finder: &Finder<'_>| finder.find(message.as_bytes()).is_some();
    message.trim_ascii_start().starts_with('{') && found(&METADATA) && found(&DIRECTIVES)
}

/// The members of an event of this format.
fn members(message: &str) -> Result<Map<String, Value>, Failure> {
    let root: Map<String, Value> = serde_json::from_str(message).map_err(|_| Failure::Parsing)?;
    let metadata = root.get("_aws").ok_or(Failure::NotEmbedded)?;
    let directives = metadata.get("CloudWatchMetrics").ok_or(Failure::NotEmbedded)?;
    if directives.is_array() { Ok(root) } else { Err(Failure::Parsing) }
}

fn event_metrics(event: &NewEvent, now: Timestamp, samples: &mut Samples) -> Result<(), Failure> {
    let root = members(&event.message)?;
    let metadata = &root["_aws"];
    let directives = metadata["CloudWatchMetrics"].as_array().ok_or(Failure::Parsing)?;
    // Without a time of its own the event's is taken (logs.md EM-1).
    let time = match metadata.get("Timestamp") {
        None => event.time,
        Some(given) => Timestamp::from_millis(given.as_i64().ok_or(Failure::Validation)?),
    };
    if time < now.plus_millis(-BEHIND_MS_MAX) || time > now.plus_millis(AHEAD_MS_MAX) {
        return Err(Failure::Validation);
    }
    let mut valid = true;
    for directive in directives {
        valid &= Directive { root: &root, directive, time }.collect(samples).is_some();
    }
    if valid { Ok(()) } else { Err(Failure::Validation) }
}

/// Names and values, sorted.
type Dimensions = Arc<[(Arc<str>, Arc<str>)]>;

struct Directive<'e> {
    root: &'e Map<String, Value>,
    directive: &'e Value,
    time: Timestamp,
}

struct MetricDefinition<'e> {
    name: &'e str,
    unit: Unit,
    resolution: Resolution,
    values: Vec<f64>,
}

impl Directive<'_> {
    /// Collects what the directive asks for; `None` when anything of it had to be left out.
    fn collect(&self, samples: &mut Samples) -> Option<()> {
        let namespace = name(self.directive.get("Namespace")?, NAME_CHARACTERS_MAX)?;
        let namespace: Arc<str> = namespace.into();
        let metrics = self.directive.get("Metrics")?.as_array().filter(|metrics| metrics.len() <= METRICS_MAX)?;
        let sets: Vec<_> = match self.directive.get("Dimensions") {
            // No sets are one without dimensions (logs.md EM-1).
            None => vec![Some([].into())],
            Some(sets) => {
                let sets = sets.as_array().filter(|sets| !sets.is_empty())?;
                sets.iter().map(|set| self.dimensions(set)).collect()
            }
        };
        let definitions: Vec<_> = metrics.iter().map(|metric| self.definition(metric)).collect();
        for dimensions in sets.iter().flatten() {
            for definition in definitions.iter().flatten() {
                let name = definition.name.into();
                let metric = Metric { namespace: namespace.clone(), name, dimensions: Arc::clone(dimensions) };
                for value in &definition.values {
                    samples.add(metric.clone(), definition.unit, self.time, definition.resolution, *value);
                }
            }
        }
        (sets.iter().all(Option::is_some) && definitions.iter().all(Option::is_some)).then_some(())
    }

    /// A set of dimensions with the values that the event has for them.
    fn dimensions(&self, set: &Value) -> Option<Dimensions> {
        let keys = set.as_array().filter(|keys| keys.len() <= DIMENSIONS_MAX)?;
        let mut dimensions: Vec<(Arc<str>, Arc<str>)> = Vec::with_capacity(keys.len());
        for key in keys {
            let key = name(key, KEY_CHARACTERS_MAX)?;
            dimensions.push((key.into(), name(self.root.get(key)?, NAME_CHARACTERS_MAX)?.into()));
        }
        dimensions.sort();
        dimensions.dedup();
        Some(dimensions.into())
    }

    fn definition<'e>(&'e self, metric: &'e Value) -> Option<MetricDefinition<'e>> {
        let name = name(metric.get("Name")?, NAME_CHARACTERS_MAX)?;
        let unit = match metric.get("Unit") {
            None => Unit::NONE,
            Some(unit) => Unit::parse(unit.as_str()?)?,
        };
        let resolution = match metric.get("StorageResolution").map(Value::as_i64) {
            None | Some(Some(60)) => Resolution::Standard,
            Some(Some(1)) => Resolution::High,
            Some(_) => return None,
        };
        let number = |value: &Value| value.as_f64().filter(|value| is_value(*value));
        let values = match self.root.get(name)? {
            Value::Array(values) if values.len() <= VALUES_MAX => values.iter().map(number).collect::<Option<_>>()?,
            value => vec![number(value)?],
        };
        Some(MetricDefinition { name, unit, resolution, values })
    }
}

/// A text that is a name: not blank, and not too long.
fn name(value: &Value, characters_max: usize) -> Option<&str> {
    value.as_str().filter(|text| !text.trim().is_empty() && text.chars().nth(characters_max).is_none())
}

#[cfg(test)]
mod tests;
