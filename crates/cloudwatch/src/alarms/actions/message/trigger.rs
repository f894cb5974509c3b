//! The `Trigger` of a message: what a metric alarm watches and how it decides (cloudwatch.md §7.1).

use serde_json::{Map, Value, json};

use crate::record::{MetricAlarm, SubjectQuery, SubjectQueryForm, Watched, WatchedMetric};

/// The `Trigger`, whose keys stand in CloudWatch's order.
pub(super) fn json(alarm: &MetricAlarm) -> Value {
    let mut trigger = Map::new();
    match &alarm.watched {
        Watched::Metric(metric) => {
            watched_metric(&mut trigger, metric);
            decision(&mut trigger, alarm);
        }
        Watched::Queries(queries) => {
            trigger.insert("Period".to_owned(), json!(period_secs(queries)));
            decision(&mut trigger, alarm);
            let metrics: Vec<Value> = queries.iter().map(query).collect();
            trigger.insert("Metrics".to_owned(), json!(metrics));
        }
    }
    Value::Object(trigger)
}

/// The width of the periods that an alarm on queries goes by: the longest of its queries.
pub(super) fn period_secs(queries: &[SubjectQuery]) -> i64 {
    let of_query = |query: &SubjectQuery| match &query.form {
        SubjectQueryForm::Metric { period_secs, .. } => Some(*period_secs),
        SubjectQueryForm::Expression(_) => query.period_secs,
    };
    queries.iter().filter_map(of_query).max().map_or(60, i64::from)
}

/// How points that are missing are treated: as the alarm says, else by the default, which for
/// metrics of DynamoDB is another (cloudwatch.md §6.4).
pub(super) fn treatment(alarm: &MetricAlarm) -> Value {
    let is_dynamodb = matches!(&alarm.watched, Watched::Metric(metric) if metric.namespace == "AWS/DynamoDB");
    match alarm.treat_missing_data {
        Some(treatment) => json!(treatment),
        None if is_dynamodb => json!("ignore"),
        None => json!("missing"),
    }
}

fn watched_metric(trigger: &mut Map<String, Value>, metric: &WatchedMetric) {
    trigger.insert("MetricName".to_owned(), json!(metric.name));
    trigger.insert("Namespace".to_owned(), json!(metric.namespace));
    let (kind, statistic) = match metric.extended {
        true => ("ExtendedStatistic", metric.stat.clone()),
        false => ("Statistic", upper_snake(&metric.stat)),
    };
    trigger.insert("StatisticType".to_owned(), json!(kind));
    trigger.insert(kind.to_owned(), json!(statistic));
    trigger.insert("Unit".to_owned(), json!(metric.unit));
    trigger.insert("Dimensions".to_owned(), dimensions(&metric.dimensions));
    trigger.insert("Period".to_owned(), json!(metric.period_secs));
}

fn decision(trigger: &mut Map<String, Value>, alarm: &MetricAlarm) {
    trigger.insert("EvaluationPeriods".to_owned(), json!(alarm.evaluation_periods));
    if let Some(datapoints) = alarm.datapoints_to_alarm {
        trigger.insert("DatapointsToAlarm".to_owned(), json!(datapoints));
    }
    trigger.insert("ComparisonOperator".to_owned(), json!(alarm.comparison));
    if let Some(threshold) = alarm.threshold {
        trigger.insert("Threshold".to_owned(), json!(threshold));
    }
    if let Some(band) = &alarm.threshold_metric_id {
        trigger.insert("ThresholdMetricId".to_owned(), json!(band));
    }
    trigger.insert("TreatMissingData".to_owned(), treatment(alarm));
    let low_samples = alarm.low_samples.map_or(json!(""), |low_samples| json!(low_samples));
    trigger.insert("EvaluateLowSampleCountPercentile".to_owned(), low_samples);
}

fn query(query: &SubjectQuery) -> Value {
    let mut told = Map::new();
    told.insert("Id".to_owned(), json!(query.id));
    match &query.form {
        SubjectQueryForm::Expression(expression) => {
            told.insert("Expression".to_owned(), json!(expression));
        }
        SubjectQueryForm::Metric { namespace, name, dimensions: given, period_secs, stat, unit } => {
            let mut stat = json!({
                "Metric": { "Dimensions": dimensions(given), "MetricName": name, "Namespace": namespace },
                "Period": period_secs,
                "Stat": stat,
            });
            if let Some(unit) = unit {
                stat["Unit"] = json!(unit);
            }
            told.insert("MetricStat".to_owned(), stat);
        }
    }
    if let Some(label) = &query.label {
        told.insert("Label".to_owned(), json!(label));
    }
    told.insert("ReturnData".to_owned(), json!(query.return_data.unwrap_or(true)));
    if let Some(period) = query.period_secs {
        told.insert("Period".to_owned(), json!(period));
    }
    Value::Object(told)
}

/// Unlike in events, dimensions are a list, and the value stands first.
fn dimensions(given: &[(String, String)]) -> Value {
    given.iter().map(|(name, value)| json!({ "value": value, "name": name })).collect()
}

/// `SampleCount` as `SAMPLE_COUNT`.
fn upper_snake(statistic: &str) -> String {
    let mut text = String::with_capacity(statistic.len() + 1);
    for (at, letter) in statistic.chars().enumerate() {
        if at > 0 && letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}
