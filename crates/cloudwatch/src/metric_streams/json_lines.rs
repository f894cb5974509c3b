//! The form `json`: one object a line for each metric, unit and minute.

use base::Scope;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};
use store::metric::{Bucket, Metric, StatSample, Unit};

use crate::record::MetricStreamRecord;
use crate::statistic::Statistic;

/// Writes the lines of one stream.
pub(crate) struct JsonLines<'a> {
    stream_name: &'a str,
    scope: &'a Scope,
    stream: &'a MetricStreamRecord,
}

#[derive(Serialize)]
struct Line<'a> {
    metric_stream_name: &'a str,
    account_id: &'a str,
    region: &'a str,
    namespace: &'a str,
    metric_name: &'a str,
    #[serde(serialize_with = "dimensions")]
    dimensions: &'a Metric,
    timestamp: i64,
    value: Map<String, Value>,
    unit: &'a str,
}

impl<'a> JsonLines<'a> {
    pub(crate) fn new(stream_name: &'a str, scope: &'a Scope, stream: &'a MetricStreamRecord) -> Self {
        Self { stream_name, scope, stream }
    }

    /// Appends a line for each bucket of a metric's data in a unit.
    pub(crate) fn append(&self, to: &mut Vec<u8>, metric: &Metric, unit: Unit, buckets: &[Bucket]) {
        let extra = self.additional(metric);
        for bucket in buckets {
            let line = Line {
                metric_stream_name: self.stream_name,
                account_id: self.scope.account.as_str(),
                region: self.scope.region.as_str(),
                namespace: &metric.namespace,
                metric_name: &metric.name,
                dimensions: metric,
                timestamp: bucket.start_secs * 1000,
                value: value(&bucket.sample, &extra),
                unit: unit.as_str(),
            };
            serde_json::to_writer(&mut *to, &line).expect("a line of text and numbers is JSON, and memory takes all");
            to.push(b'\n');
        }
    }

    /// The statistics that are added for a metric, each once.
    fn additional(&self, metric: &Metric) -> Vec<(&'a str, Statistic)> {
        let mut found: Vec<(&str, Statistic)> = Vec::new();
        for configuration in &self.stream.statistics {
            let named =
                |(namespace, name): &(String, String)| **namespace == *metric.namespace && **name == *metric.name;
            if !configuration.metrics.iter().any(named) {
                continue;
            }
            for name in &configuration.statistics {
                if let Some(statistic) = Statistic::parse(name)
                    && found.iter().all(|(other, _)| other != name)
                {
                    found.push((name, statistic));
                }
            }
        }
        found
    }
}

/// The four statistics and those added; one that does not exist for these samples is left out.
fn value(sample: &StatSample, additional: &[(&str, Statistic)]) -> Map<String, Value> {
    let always = [("max", sample.max), ("min", sample.min), ("sum", sample.sum), ("count", sample.count)];
    let mut value: Map<String, Value> =
        always.into_iter().map(|(name, number)| (name.to_owned(), json!(number))).collect();
    for (name, statistic) in additional {
        if let Some(number) = statistic.value(sample) {
            value.insert((*name).to_owned(), json!(number));
        }
    }
    value
}

fn dimensions<S: Serializer>(metric: &Metric, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(metric.dimensions.len()))?;
    for (name, value) in metric.dimensions.iter() {
        map.serialize_entry(&**name, &**value)?;
    }
    map.end()
}
