//! What a request says a detector watches: one of three forms, of which exactly one is given.

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};

use super::math_queries;
use crate::record::Subject;

/// The members of a request that name what a detector watches.
#[derive(Clone, Debug, Default)]
pub(crate) struct Given {
    /// The older form, whose members stand beside the others.
    pub(crate) flat: types::SingleMetricAnomalyDetector,
    /// The form for one metric.
    pub(crate) single: Option<types::SingleMetricAnomalyDetector>,
    /// The form for metric math.
    pub(crate) math: Option<types::MetricMathAnomalyDetector>,
}

impl Given {
    /// Reads the subject.
    ///
    /// # Errors
    /// `InvalidParameterCombination` for several forms, with the words that are known;
    /// `MissingParameter` for none and for members that a form lacks; `InvalidParameterValue`
    /// for what cannot be watched.
    pub(crate) fn subject(self, cx: &CallContext) -> Result<Subject, ServiceError> {
        let flat = self.flat.clone();
        let has_flat = flat.namespace.is_some()
            || flat.metric_name.is_some()
            || flat.stat.is_some()
            || flat.dimensions.as_ref().is_some_and(|dimensions| !dimensions.is_empty());
        match (has_flat, self.single, self.math) {
            (true, None, None) => single_metric(cx, flat, ""),
            (false, Some(single), None) => single_metric(cx, single, "SingleMetricAnomalyDetector."),
            (false, None, Some(math)) => math_queries::read(cx, math),
            (false, None, None) => Err(missing("SingleMetricAnomalyDetector")),
            _ => {
                let message = "Either single metric attributes, SingleMetricAnomalyDetector or \
                               MetricMathAnomalyDetector can be set";
                Err(errors::invalid_parameter_combination_exception(message))
            }
        }
    }
}

fn single_metric(
    cx: &CallContext,
    given: types::SingleMetricAnomalyDetector,
    path: &str,
) -> Result<Subject, ServiceError> {
    own_account(cx, given.account_id.as_deref(), &format!("{path}AccountId"))?;
    Ok(Subject::SingleMetric {
        namespace: given.namespace.ok_or_else(|| missing(&format!("{path}Namespace")))?,
        name: given.metric_name.ok_or_else(|| missing(&format!("{path}MetricName")))?,
        dimensions: dimensions(given.dimensions.unwrap_or_default(), &format!("{path}Dimensions"))?,
        stat: given.stat.ok_or_else(|| missing(&format!("{path}Stat")))?,
    })
}

/// Dimensions by name.
pub(super) fn dimensions(given: Vec<types::Dimension>, path: &str) -> Result<Vec<(String, String)>, ServiceError> {
    let mut dimensions: Vec<(String, String)> = given.into_iter().map(|pair| (pair.name, pair.value)).collect();
    dimensions.sort_unstable();
    match dimensions.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        Some(pair) => Err(invalid(format!("The parameter {path} names the dimension {} more than once.", pair[0].0))),
        None => Ok(dimensions),
    }
}

/// Metrics of other accounts cannot be watched: no accounts are linked.
pub(super) fn own_account(cx: &CallContext, given: Option<&str>, path: &str) -> Result<(), ServiceError> {
    match given {
        Some(other) if other != cx.account().as_str() => {
            Err(invalid(format!("The value {other} for parameter {path} is invalid: it is not the caller's account.")))
        }
        _ => Ok(()),
    }
}

pub(super) fn missing(path: &str) -> ServiceError {
    errors::missing_required_parameter_exception(format!("The parameter {path} is required."))
}

pub(super) fn invalid(message: impl Into<String>) -> ServiceError {
    errors::invalid_parameter_value_exception(message)
}
