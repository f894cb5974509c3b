//! How series are called (cloudwatch.md §3.7).
//!
//! Inside an expression a series carries a marker in place of its label. Functions pass labels
//! on, so that what comes out still leads to the metric that it came from, whose properties a
//! dynamic label may ask for.

use base::Scope;
use lang::search;
use store::metric::Metric;

use super::{MetricSource, Query, Source};
use crate::label::{self, Facts, Properties};

/// Stands around the number of a name in a marker. No label can hold it: it is taken out.
const MARK: char = '\u{1}';

/// Every name that a marker stands for.
#[derive(Default)]
pub(super) struct Names(Vec<Name>);

#[derive(Clone, Default)]
pub(super) struct Name {
    /// The label, with its dynamic parts still in.
    pub(super) template: String,
    /// What the series is called without a label of its own.
    pub(super) plain: String,
    pub(super) properties: Properties,
}

impl Names {
    /// Keeps a name and gives the marker that stands for it.
    pub(super) fn add(&mut self, name: Name) -> String {
        self.0.push(name);
        format!("{MARK}{}{MARK}", self.0.len() - 1)
    }

    /// What a label with markers in it reads, and the properties of the series where it is one
    /// marker alone.
    pub(super) fn read(&self, marked: &str, facts: &Facts<'_>) -> (String, Properties) {
        let mut text = String::new();
        let mut properties = Properties::default();
        for (at, piece) in marked.split(MARK).enumerate() {
            let name = (at % 2 == 1).then(|| self.0.get(piece.parse::<usize>().ok()?)).flatten();
            match name {
                None => text.push_str(piece),
                Some(name) => {
                    properties = name.properties.clone();
                    text.push_str(&label::expand(&name.template, &name.plain, &name.properties, facts));
                }
            }
        }
        (text, properties)
    }
}

/// What a query is called without a label: metrics by their name, with the statistic and the
/// period where queries of the same metric differ in them; expressions by their id.
pub(super) fn defaults(queries: &[Query]) -> Vec<String> {
    let metrics: Vec<&MetricSource> = queries
        .iter()
        .filter_map(|query| match &query.source {
            Source::Metric(metric) => Some(metric),
            _ => None,
        })
        .collect();
    let name = |query: &Query| match &query.source {
        Source::Metric(metric) => {
            let same = || metrics.iter().filter(|other| other.metric == metric.metric);
            let mut name = metric.metric.name.to_string();
            if same().any(|other| other.stat != metric.stat) {
                name.push_str(&format!(" {}", metric.stat));
            }
            if same().any(|other| other.period_secs != metric.period_secs) {
                name.push_str(&format!(" {}", metric.period_secs));
            }
            name
        }
        _ => query.id.clone(),
    };
    queries.iter().map(name).collect()
}

/// What the series of a search are called.
pub(super) fn distinguishing<'a>(metrics: impl Iterator<Item = &'a Metric>) -> Vec<String> {
    let metrics: Vec<(&Metric, Vec<(&str, &str)>)> = metrics.map(|metric| (metric, dimensions(metric))).collect();
    let found: Vec<search::Found<'_>> =
        metrics.iter().map(|(metric, dimensions)| (&*metric.namespace, &*metric.name, dimensions.as_slice())).collect();
    search::distinguishing_labels(&found)
}

/// A metric's dimensions, in the form that the languages look at.
pub(super) fn dimensions(metric: &Metric) -> Vec<(&str, &str)> {
    metric.dimensions.iter().map(|(name, value)| (&**name, &**value)).collect()
}

/// The properties of a metric's series.
pub(super) fn properties(scope: &Scope, metric: &Metric, stat: &str, period_secs: i64) -> Properties {
    let mut properties = Properties::default();
    let mut set = |name: &str, value: String| properties.0.push((name.to_owned(), value));
    set("MetricName", metric.name.to_string());
    set("Namespace", metric.namespace.to_string());
    set("Stat", stat.to_owned());
    set("Period", period_secs.to_string());
    set("Region", scope.region.to_string());
    set("AccountId", scope.account.to_string());
    set("AccountLabel", scope.account.to_string());
    metric.dimensions.iter().for_each(|(name, value)| set(&format!("Dim.{name}"), value.to_string()));
    properties
}

/// Text that comes from a request, without what a marker is made of.
pub(super) fn unmarked(text: &str) -> String {
    text.replace(MARK, "")
}
