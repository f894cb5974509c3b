//! Alarms on a list of queries: metric math, anomaly bands, Metrics Insights.

use api::ServiceError;
use api::cloudwatch::types::{MetricDataQuery, MetricStat, PutMetricAlarmInput};
use base::Scope;
use lang::metrics_insights;

use super::single::{check_dimensions, check_period};
use super::{Source, refused};
use crate::query::{self, Plan, Query};
use crate::record::{SubjectQuery, SubjectQueryForm, Watched};
use crate::statistic::Statistic;

/// Metrics, and as many expressions, of one alarm (cloudwatch.md §10).
const EACH_MAX: usize = 10;

/// What the alarm watches, in `Metrics`.
pub(super) fn source(
    input: &PutMetricAlarmInput,
    queries: &[MetricDataQuery],
    scope: &Scope,
) -> Result<Source, ServiceError> {
    check_alone(input)?;
    check_counts(queries)?;
    queries.iter().try_for_each(|query| check_query(query, scope))?;
    let returned = check_returned(input, queries)?;
    let invalid = |invalid: query::Invalid| refused(invalid.0.replace("MetricDataQueries", "Metrics"));
    let plan = query::parse(queries).and_then(Plan::new).map_err(invalid)?;
    plan.queries().iter().try_for_each(check_expression)?;
    check_band(input, &plan)?;
    let insights = plan.queries().iter().any(|query| matches!(query.source, query::Source::Insights { .. }));
    let multi_series = is_multi_series(&plan.queries()[returned])?;
    let period_secs = plan.period_secs(returned).expect("every query of a plan has a period");
    Ok(Source { watched: Watched::Queries(kept(queries)), period_secs, insights, multi_series })
}

/// The error for a member that has no place beside `Metrics`.
pub(super) fn beside_metrics(member: &str) -> ServiceError {
    refused(format!("{member} should not be set if list of Metrics is set."))
}

fn check_alone(input: &PutMetricAlarmInput) -> Result<(), ServiceError> {
    let dimensions = input.dimensions.as_ref().is_some_and(|dimensions| !dimensions.is_empty());
    let members = [
        ("MetricName", input.metric_name.is_some()),
        ("Namespace", input.namespace.is_some()),
        ("Dimensions", dimensions),
        ("Period", input.period.is_some()),
        ("Unit", input.unit.is_some()),
        ("Statistic", input.statistic.is_some()),
        ("ExtendedStatistic", input.extended_statistic.is_some()),
    ];
    match members.into_iter().find(|(_, given)| *given) {
        Some((member, _)) => Err(beside_metrics(member)),
        None => Ok(()),
    }
}

fn check_counts(queries: &[MetricDataQuery]) -> Result<(), ServiceError> {
    if queries.iter().filter(|query| query.metric_stat.is_some()).count() > EACH_MAX {
        return Err(refused(format!("Too many metrics in alarm, maximum is {EACH_MAX}")));
    }
    if queries.iter().filter(|query| query.expression.is_some()).count() > EACH_MAX {
        return Err(refused(format!("Too many expressions in alarm, maximum is {EACH_MAX}")));
    }
    Ok(())
}

/// What is wrong with one query by itself; [`query::parse`] finds the rest.
fn check_query(query: &MetricDataQuery, scope: &Scope) -> Result<(), ServiceError> {
    query.period.map_or(Ok(()), check_period)?;
    if query.account_id.as_deref().is_some_and(|account| account != scope.account.as_str()) {
        return Err(refused("AccountId must be the account of the alarm: no other accounts are linked"));
    }
    match (&query.metric_stat, query.expression.as_deref()) {
        (Some(_), Some(_)) => Err(refused(
            "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have specified \
             both.",
        )),
        (None, None) => Err(refused("Period must not be null")),
        (Some(stat), None) => check_metric(stat),
        (None, Some(text)) if metrics_insights::is_query(text) => match query.period {
            None => Err(refused("Period must not be null")),
            Some(period) if period < 60 => {
                Err(refused("MetricsInsights monitors do not support less than 60 seconds period"))
            }
            Some(_) => Ok(()),
        },
        (None, Some(_)) => Ok(()),
    }
}

fn check_metric(stat: &MetricStat) -> Result<(), ServiceError> {
    check_period(stat.period)?;
    if stat.metric.metric_name.is_none() {
        return Err(refused("MetricName must not be null"));
    }
    if stat.metric.namespace.is_none() {
        return Err(refused("Namespace must not be null"));
    }
    check_dimensions(&dimensions(stat))?;
    match Statistic::parse(&stat.stat) {
        Some(_) => Ok(()),
        None => Err(refused("Invalid metrics list")),
    }
}

/// The place of the query whose points are compared. It alone returns data; beside it, its band does.
fn check_returned(input: &PutMetricAlarmInput, queries: &[MetricDataQuery]) -> Result<usize, ServiceError> {
    let returned: Vec<usize> = (0..queries.len()).filter(|at| queries[*at].return_data.unwrap_or(true)).collect();
    let Some(band) = input.threshold_metric_id.as_deref() else {
        return match returned[..] {
            [at] => Ok(at),
            _ => Err(refused("Exactly one element of the metrics list should return data.")),
        };
    };
    if queries.iter().filter(|query| query.id == band).count() != 1 {
        return Err(refused("Metrics list must contain exactly one metric matching the ThresholdMetricId parameter"));
    }
    match returned[..] {
        [at, other] if queries[other].id == band => Ok(at),
        [other, at] if queries[other].id == band => Ok(at),
        _ => Err(refused("Exactly two elements of the metrics list should return data.")),
    }
}

/// An alarm watches what is known by name: what a search finds may be another thing tomorrow,
/// and is not one series.
fn check_expression(query: &Query) -> Result<(), ServiceError> {
    match &query.source {
        query::Source::Math { expression, .. } if !expression.searches().is_empty() => {
            Err(refused(format!("Error in expression '{}': SEARCH is not supported in alarms", query.id)))
        }
        _ => Ok(()),
    }
}

/// Bands are what points are compared with, and nothing else.
fn check_band(input: &PutMetricAlarmInput, plan: &Plan) -> Result<(), ServiceError> {
    for query in plan.queries() {
        let bands = match &query.source {
            query::Source::Math { expression, .. } => expression.bands().len(),
            _ => 0,
        };
        let is_threshold = input.threshold_metric_id.as_ref() == Some(&query.id);
        if is_threshold && bands != 1 {
            return Err(refused("ThresholdMetricId must be the Id of an expression with one ANOMALY_DETECTION_BAND"));
        }
        if !is_threshold && bands > 0 {
            return Err(refused(format!(
                "Error in expression '{}': ANOMALY_DETECTION_BAND requires ThresholdMetricId to be set to its Id",
                query.id
            )));
        }
    }
    Ok(())
}

/// Whether each series is in a state of its own (cloudwatch.md §6.10).
fn is_multi_series(query: &Query) -> Result<bool, ServiceError> {
    match &query.source {
        query::Source::Insights { query: insights, .. } if !insights.group_by.is_empty() => {
            match insights.order_by.is_some() {
                true => Ok(true),
                false => Err(refused(format!(
                    "Error in expression '{}': a query with GROUP BY needs ORDER BY in an alarm",
                    query.id
                ))),
            }
        }
        _ => Ok(false),
    }
}

fn kept(queries: &[MetricDataQuery]) -> Vec<SubjectQuery> {
    let form = |query: &MetricDataQuery| match &query.metric_stat {
        Some(stat) => SubjectQueryForm::Metric {
            namespace: stat.metric.namespace.clone().unwrap_or_default(),
            name: stat.metric.metric_name.clone().unwrap_or_default(),
            dimensions: dimensions(stat),
            period_secs: stat.period,
            stat: stat.stat.clone(),
            unit: stat.unit.map(|unit| unit.as_str().to_owned()),
        },
        None => SubjectQueryForm::Expression(query.expression.clone().unwrap_or_default()),
    };
    let kept = |query: &MetricDataQuery| SubjectQuery {
        id: query.id.clone(),
        form: form(query),
        label: query.label.clone(),
        return_data: query.return_data,
        period_secs: query.period,
    };
    queries.iter().map(kept).collect()
}

/// Dimensions by name.
fn dimensions(stat: &MetricStat) -> Vec<(String, String)> {
    let given = stat.metric.dimensions.as_deref().unwrap_or_default();
    let mut dimensions: Vec<_> = given.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect();
    dimensions.sort_unstable();
    dimensions
}
