//! The queries of a math detector, and what they may not be (cloudwatch.md §4.6).

use api::cloudwatch::{errors, types};
use api::{CallContext, ServiceError};
use lang::metric_math::Expression;

use super::subject::{dimensions, invalid, missing, own_account};
use crate::record::{Subject, SubjectQuery, SubjectQueryForm};

/// Queries that a detector can have (cloudwatch.md §4.6).
const QUERIES_MAX: usize = 10;

/// The longest period, in seconds (cloudwatch.md §4.6).
const PERIOD_SECS_MAX: i32 = 3600;

const PATH: &str = "MetricMathAnomalyDetector.MetricDataQueries";

/// Reads the queries. Where no words are recorded they are ours.
pub(super) fn read(cx: &CallContext, given: types::MetricMathAnomalyDetector) -> Result<Subject, ServiceError> {
    let given = given.metric_data_queries.unwrap_or_default();
    if given.is_empty() {
        return Err(missing(PATH));
    }
    if given.len() > QUERIES_MAX {
        return Err(invalid(format!("The collection {PATH} must not have a size greater than {QUERIES_MAX}.")));
    }
    let mut queries = Vec::with_capacity(given.len());
    for (at, query) in given.into_iter().enumerate() {
        queries.push(read_query(cx, query, &format!("{PATH}.member.{}", at + 1))?);
    }
    check_ids(&queries)?;
    check_periods(&queries)?;
    queries.iter().try_for_each(|query| check_expression(query, &queries))?;
    Ok(Subject::MetricMath(queries))
}

fn read_query(cx: &CallContext, given: types::MetricDataQuery, path: &str) -> Result<SubjectQuery, ServiceError> {
    own_account(cx, given.account_id.as_deref(), &format!("{path}.AccountId"))?;
    let form = match (given.metric_stat, given.expression) {
        (Some(stat), None) => metric_form(stat, path)?,
        (None, Some(expression)) => SubjectQueryForm::Expression(expression),
        (None, None) => return Err(missing(&format!("{path}.MetricStat"))),
        (Some(_), Some(_)) => {
            let message = "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you \
                           have specified both.";
            return Err(errors::invalid_parameter_combination_exception(message));
        }
    };
    let (id, label, return_data, period_secs) = (given.id, given.label, given.return_data, given.period);
    Ok(SubjectQuery { id, form, label, return_data, period_secs })
}

fn metric_form(given: types::MetricStat, path: &str) -> Result<SubjectQueryForm, ServiceError> {
    let path = format!("{path}.MetricStat.Metric");
    Ok(SubjectQueryForm::Metric {
        namespace: given.metric.namespace.ok_or_else(|| missing(&format!("{path}.Namespace")))?,
        name: given.metric.metric_name.ok_or_else(|| missing(&format!("{path}.MetricName")))?,
        dimensions: dimensions(given.metric.dimensions.unwrap_or_default(), &format!("{path}.Dimensions"))?,
        period_secs: given.period,
        stat: given.stat,
        unit: given.unit.map(|unit| unit.as_str().to_owned()),
    })
}

/// Ids are well formed and unique, and exactly one query is the one that is watched.
fn check_ids(queries: &[SubjectQuery]) -> Result<(), ServiceError> {
    for (at, SubjectQuery { id, .. }) in queries.iter().enumerate() {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !id.starts_with(|first: char| first.is_ascii_lowercase()) || !id.bytes().all(inside) {
            let path = format!("{PATH}.member.{}.Id", at + 1);
            return Err(invalid(format!(
                "The value {id} for parameter {path} is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
            )));
        }
        if queries[..at].iter().any(|earlier| earlier.id == *id) {
            return Err(invalid("The values for parameter id in MetricDataQueries are not unique."));
        }
    }
    if queries.iter().filter(|query| query.return_data.unwrap_or(true)).count() != 1 {
        return Err(invalid(format!("Exactly one element of {PATH} must have ReturnData set to true.")));
    }
    Ok(())
}

/// All periods are one, of whole minutes, and no longer than an hour; there is a metric.
fn check_periods(queries: &[SubjectQuery]) -> Result<(), ServiceError> {
    let metric = |query: &SubjectQuery| match &query.form {
        SubjectQueryForm::Metric { period_secs, .. } => Some(*period_secs),
        SubjectQueryForm::Expression(_) => None,
    };
    if queries.iter().all(|query| metric(query).is_none()) {
        return Err(invalid(format!("At least one element of {PATH} must be a metric.")));
    }
    let mut periods: Vec<i32> = queries.iter().flat_map(|query| [metric(query), query.period_secs]).flatten().collect();
    periods.sort_unstable();
    periods.dedup();
    match periods[..] {
        [period] if period % 60 == 0 && period <= PERIOD_SECS_MAX => Ok(()),
        [_] => Err(invalid(format!(
            "The period of {PATH} must be a multiple of 60 and no greater than {PERIOD_SECS_MAX}."
        ))),
        _ => Err(invalid(format!("All elements of {PATH} must have the same period."))),
    }
}

fn check_expression(query: &SubjectQuery, queries: &[SubjectQuery]) -> Result<(), ServiceError> {
    let SubjectQueryForm::Expression(text) = &query.form else { return Ok(()) };
    let wrong = |reason: &str| Err(invalid(format!("Error in expression '{}': {reason}", query.id)));
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => return wrong(&error.message),
    };
    if expression.uses_metrics() {
        return wrong("METRICS is not supported in anomaly detectors");
    }
    if !expression.searches().is_empty() {
        return wrong("SEARCH is not supported in anomaly detectors");
    }
    if expression.bands().len() > 1 {
        return wrong("only one ANOMALY_DETECTION_BAND is supported in an expression of an anomaly detector");
    }
    match expression.ids().into_iter().find(|id| queries.iter().all(|other| other.id != *id)) {
        Some(unknown) => wrong(&format!("there is no query with the id '{unknown}'")),
        None => Ok(()),
    }
}
