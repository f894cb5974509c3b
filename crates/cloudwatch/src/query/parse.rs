//! The queries of a request, read into what the engine works on (cloudwatch.md §3.5).

use api::cloudwatch::types::{MetricDataQuery, MetricStat};
use lang::metric_math::Expression;
use lang::metrics_insights;
use store::metric::Unit;

use super::{Invalid, MetricSource, Query, Source};
use crate::api_metric;
use crate::statistic::Statistic;
use crate::time_window::is_period;

/// Queries of one request.
pub const QUERIES_MAX: usize = 500;

/// The period of a Metrics Insights query that names none, in seconds.
pub const PERIOD_SECS_DEFAULT: i64 = 300;

/// Reads queries.
///
/// # Errors
/// The first thing that is wrong; queries that give nothing at all are named together.
pub fn parse(queries: &[MetricDataQuery]) -> Result<Vec<Query>, Invalid> {
    if queries.len() > QUERIES_MAX {
        return Err(Invalid(format!(
            "The collection MetricDataQueries must not have a size greater than {QUERIES_MAX}."
        )));
    }
    let empty: String = queries
        .iter()
        .enumerate()
        .filter(|(_, query)| query.metric_stat.is_none() && query.expression.is_none())
        .map(|(at, _)| format!("The parameter MetricDataQueries.member.{}.MetricStat is required.\n", at + 1))
        .collect();
    if !empty.is_empty() {
        return Err(Invalid(empty));
    }
    if queries.is_empty() {
        return Err(Invalid("The parameter MetricDataQueries is required.".to_owned()));
    }
    queries.iter().enumerate().map(|(at, query)| one(at, query)).collect()
}

fn one(at: usize, query: &MetricDataQuery) -> Result<Query, Invalid> {
    let place = format!("MetricDataQueries.member.{}", at + 1);
    if !is_id(&query.id) {
        return Err(Invalid(format!("The value {} for parameter {place}.Id is invalid.", query.id)));
    }
    let period = query.period.map(i64::from);
    if let Some(period) = period {
        check_period(period, &format!("{place}.Period"))?;
    }
    let source = match (&query.metric_stat, &query.expression) {
        (Some(_), Some(_)) => {
            return Err(Invalid(
                "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have \
                 specified both."
                    .to_owned(),
            ));
        }
        (Some(stat), None) => Source::Metric(metric(stat, query.account_id.clone(), &format!("{place}.MetricStat"))?),
        (None, Some(_)) if query.account_id.is_some() => {
            return Err(Invalid(format!("The parameter {place}.AccountId is only supported with MetricStat.")));
        }
        (None, Some(text)) => expression(&query.id, text, period)?,
        (None, None) => return Err(Invalid(format!("The parameter {place}.MetricStat is required.\n"))),
    };
    Ok(Query {
        id: query.id.clone(),
        source,
        label: query.label.clone(),
        return_data: query.return_data.unwrap_or(true),
    })
}

/// `^[a-z][A-Za-z0-9_]*$`
fn is_id(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_lowercase())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn check_period(secs: i64, parameter: &str) -> Result<(), Invalid> {
    match is_period(secs) {
        true => Ok(()),
        false => Err(Invalid(format!("The parameter {parameter} must be 1, 5, 10, 20, 30 or a multiple of 60."))),
    }
}

fn metric(asked: &MetricStat, account: Option<String>, place: &str) -> Result<MetricSource, Invalid> {
    let required = |value: &Option<String>, name: &str| {
        value.clone().ok_or_else(|| Invalid(format!("The parameter {place}.Metric.{name} is required.")))
    };
    let namespace = required(&asked.metric.namespace, "Namespace")?;
    let name = required(&asked.metric.metric_name, "MetricName")?;
    let dimensions = asked.metric.dimensions.as_deref().unwrap_or_default();
    let metric = api_metric::metric(namespace.into(), &name, dimensions).map_err(|duplicate| {
        Invalid(format!("The value {} for parameter {place}.Metric.Dimensions is invalid.", duplicate.0))
    })?;
    let period_secs = i64::from(asked.period);
    check_period(period_secs, &format!("{place}.Period"))?;
    let statistic = Statistic::parse(&asked.stat)
        .ok_or_else(|| Invalid(format!("The value {} for parameter {place}.Stat is not supported.", asked.stat)))?;
    let unit = asked.unit.and_then(|unit| Unit::parse(unit.as_str()));
    Ok(MetricSource { metric, statistic, stat: asked.stat.clone(), period_secs, unit, account })
}

fn expression(id: &str, text: &str, period_secs: Option<i64>) -> Result<Source, Invalid> {
    if metrics_insights::is_query(text) {
        let query = metrics_insights::Query::parse(text).map_err(|reason| Invalid::in_expression(id, reason))?;
        if query.uses_tags() {
            // Rather than an answer in which every metric lacks the tag.
            return Err(Invalid::in_expression(id, "Metrics carry no tags here: tag keys are not supported"));
        }
        // Data is looked at by the minute, however short the period (cloudwatch.md §4.8).
        let period_secs = period_secs.unwrap_or(PERIOD_SECS_DEFAULT).max(60);
        return Ok(Source::Insights { query, period_secs });
    }
    let expression = Expression::parse(text).map_err(|error| Invalid::in_expression(id, error))?;
    Ok(Source::Math { expression, period_secs })
}
