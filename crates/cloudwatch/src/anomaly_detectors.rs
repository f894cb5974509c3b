//! Anomaly detectors: what they watch, how they are found, and whether they have learnt
//! (cloudwatch.md §4.6).

mod math_queries;
mod shapes;
pub mod subject;
pub mod training;

use std::sync::Arc;

use base::Scope;
use serde_json::json;
use store::Catalog;
use store::catalog::Key;
use store::metric::Metric;

use crate::record::{AnomalyDetectorRecord, Subject, SubjectQuery};

pub(crate) use shapes::{detector, dimension_list, query_shape};

/// Detectors that an account can have in a region (cloudwatch.md §10).
pub(crate) const DETECTORS_MAX: usize = 500;

/// Ranges that a detector can exclude (cloudwatch.md §4.6).
pub(crate) const EXCLUDED_MAX: usize = 10;

/// The detector of a statistic of a metric, when one was put. The statistic is compared as
/// it was written.
pub fn detector_for(
    catalog: &Catalog,
    scope: &Scope,
    metric: &Metric,
    stat: &str,
) -> Option<Arc<AnomalyDetectorRecord>> {
    let text = |text: &Arc<str>| text.as_ref().to_owned();
    let subject = Subject::SingleMetric {
        namespace: text(&metric.namespace),
        name: text(&metric.name),
        dimensions: metric.dimensions.iter().map(|(name, value)| (text(name), text(value))).collect(),
        stat: stat.to_owned(),
    };
    catalog.get(&key_of(scope, &subject)).map(|found| found.value)
}

/// The key of the detector of a subject. Two subjects have one key when they are the same
/// statistic of the same metric, or the same set of queries whatever their order and labels.
pub fn key_of(scope: &Scope, subject: &Subject) -> Key {
    let name = match subject {
        Subject::SingleMetric { namespace, name, dimensions, stat } => {
            format!("metric {}", json!([namespace, name, dimensions, stat]))
        }
        Subject::MetricMath(queries) => {
            let mut queries: Vec<&SubjectQuery> = queries.iter().collect();
            queries.sort_by(|a, b| a.id.cmp(&b.id));
            let same = |query: &SubjectQuery| json!([query.id, query.form, query.return_data.unwrap_or(true)]);
            format!("math {}", json!(queries.into_iter().map(same).collect::<Vec<_>>()))
        }
    };
    Key::regional(&scope.account, &scope.region, name)
}
