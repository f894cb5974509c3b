//! Metrics between the API's form and the store's.

use std::sync::Arc;

use api::cloudwatch::types;
use store::metric::Metric;

/// Two dimensions of one metric have this name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateDimension(pub String);

/// The metric of this identity: dimensions in any order name the same metric (cloudwatch.md §1.3).
///
/// # Errors
/// A dimension's name is there twice.
pub fn metric(namespace: Arc<str>, name: &str, dimensions: &[types::Dimension]) -> Result<Metric, DuplicateDimension> {
    let mut sorted: Vec<(Arc<str>, Arc<str>)> =
        dimensions.iter().map(|dimension| (dimension.name.as_str().into(), dimension.value.as_str().into())).collect();
    sorted.sort_unstable();
    if let Some(pair) = sorted.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(DuplicateDimension(pair[0].0.to_string()));
    }
    Ok(Metric { namespace, name: name.into(), dimensions: sorted.into() })
}

/// The metric as the API shows it.
pub fn to_api(metric: &Metric) -> types::Metric {
    let dimension =
        |(name, value): &(Arc<str>, Arc<str>)| types::Dimension { name: name.to_string(), value: value.to_string() };
    types::Metric {
        namespace: Some(metric.namespace.to_string()),
        metric_name: Some(metric.name.to_string()),
        dimensions: Some(metric.dimensions.iter().map(dimension).collect()),
    }
}
