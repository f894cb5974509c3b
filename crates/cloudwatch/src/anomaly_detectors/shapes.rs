//! Detectors as AWS shows them.

use api::cloudwatch::types;
use base::AccountId;

use crate::record::{AnomalyDetectorRecord, Subject, SubjectQuery, SubjectQueryForm};

/// A detector in both shapes: one of a single metric has the older flat members too, and its
/// ranges and dimensions are there even when empty (recorded, cloudwatch.md §4.6).
pub(crate) fn detector(
    account: &AccountId,
    record: &AnomalyDetectorRecord,
    state: types::AnomalyDetectorStateValue,
) -> types::AnomalyDetector {
    let ranges = record.excluded.iter().map(|range| types::Range { start_time: range.start, end_time: range.end });
    let mut shape = types::AnomalyDetector {
        configuration: Some(types::AnomalyDetectorConfiguration {
            excluded_time_ranges: Some(ranges.collect()),
            metric_timezone: record.timezone.clone(),
        }),
        state_value: Some(state),
        metric_characteristics: record
            .periodic_spikes
            .map(|spikes| types::MetricCharacteristics { periodic_spikes: Some(spikes) }),
        ..types::AnomalyDetector::default()
    };
    match &record.subject {
        Subject::SingleMetric { namespace, name, dimensions, stat } => {
            let single = types::SingleMetricAnomalyDetector {
                account_id: Some(account.to_string()),
                namespace: Some(namespace.clone()),
                metric_name: Some(name.clone()),
                dimensions: Some(dimension_list(dimensions)),
                stat: Some(stat.clone()),
            };
            shape.namespace.clone_from(&single.namespace);
            shape.metric_name.clone_from(&single.metric_name);
            shape.dimensions.clone_from(&single.dimensions);
            shape.stat.clone_from(&single.stat);
            shape.single_metric_anomaly_detector = Some(single);
        }
        Subject::MetricMath(queries) => {
            let queries = queries.iter().map(query_shape).collect();
            shape.metric_math_anomaly_detector =
                Some(types::MetricMathAnomalyDetector { metric_data_queries: Some(queries) });
        }
    }
    shape
}

/// A query as it was put.
pub(crate) fn query_shape(query: &SubjectQuery) -> types::MetricDataQuery {
    let (metric_stat, expression) = match &query.form {
        SubjectQueryForm::Metric { namespace, name, dimensions, period_secs, stat, unit } => {
            let metric = types::Metric {
                namespace: Some(namespace.clone()),
                metric_name: Some(name.clone()),
                dimensions: Some(dimension_list(dimensions)),
            };
            let unit = unit.as_deref().and_then(|unit| unit.parse().ok());
            (Some(types::MetricStat { metric, period: *period_secs, stat: stat.clone(), unit }), None)
        }
        SubjectQueryForm::Expression(text) => (None, Some(text.clone())),
    };
    types::MetricDataQuery {
        id: query.id.clone(),
        metric_stat,
        expression,
        label: query.label.clone(),
        return_data: query.return_data,
        period: query.period_secs,
        account_id: None,
    }
}

/// Dimensions, in the order given.
pub(crate) fn dimension_list(dimensions: &[(String, String)]) -> Vec<types::Dimension> {
    dimensions.iter().map(|(name, value)| types::Dimension { name: name.clone(), value: value.clone() }).collect()
}
