//! The table of §6.2: what is refused with which words, and what is taken.

use api::cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat, StandardUnit, Statistic};

use super::*;
use crate::alarms::test_world::{NOW, scope};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:t";
const POLICY: &str = "arn:aws:autoscaling:eu-west-1:111122223333:scalingPolicy:1:autoScalingGroupName/g:policyName/p";
const STOP: &str = "arn:aws:automate:eu-west-1:ec2:stop";
const SELECT: &str = "SELECT AVG(CPUUtilization) FROM \"AWS/EC2\"";
const BY_INSTANCE: &str = "SELECT AVG(CPUUtilization) FROM \"AWS/EC2\" GROUP BY InstanceId ORDER BY AVG() DESC";

type Change = fn(&mut PutMetricAlarmInput);

/// Nothing but a name.
fn bare() -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        alarm_name: "a".to_owned(),
        alarm_description: None,
        actions_enabled: None,
        ok_actions: None,
        alarm_actions: None,
        insufficient_data_actions: None,
        metric_name: None,
        namespace: None,
        statistic: None,
        extended_statistic: None,
        dimensions: None,
        period: None,
        unit: None,
        evaluation_periods: Some(1),
        datapoints_to_alarm: None,
        threshold: Some(1.0),
        comparison_operator: Some(ComparisonOperator::GreaterThanThreshold),
        treat_missing_data: None,
        evaluate_low_sample_count_percentile: None,
        metrics: None,
        tags: None,
        threshold_metric_id: None,
        evaluation_criteria: None,
        evaluation_interval: None,
    }
}

/// A good alarm on a single metric.
fn single() -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        metric_name: Some("CPUUtilization".to_owned()),
        namespace: Some("AWS/EC2".to_owned()),
        dimensions: Some(vec![dimension("InstanceId", "i-1")]),
        statistic: Some(Statistic::Average),
        period: Some(60),
        ..bare()
    }
}

/// A good alarm on metric math.
fn math() -> PutMetricAlarmInput {
    PutMetricAlarmInput { metrics: Some(vec![hidden(metric("m1")), expression("e1", "m1 * 2")]), ..bare() }
}

/// A good alarm on a band.
fn anomaly() -> PutMetricAlarmInput {
    PutMetricAlarmInput {
        metrics: Some(vec![metric("m1"), expression("band", "ANOMALY_DETECTION_BAND(m1, 2)")]),
        threshold: None,
        threshold_metric_id: Some("band".to_owned()),
        comparison_operator: Some(ComparisonOperator::LessThanLowerOrGreaterThanUpperThreshold),
        ..bare()
    }
}

/// A good alarm on a Metrics Insights query.
fn insights(text: &str, period: i32) -> PutMetricAlarmInput {
    let query = MetricDataQuery { period: Some(period), ..expression("q1", text) };
    PutMetricAlarmInput { metrics: Some(vec![query]), ..bare() }
}

fn multi_series() -> PutMetricAlarmInput {
    insights(BY_INSTANCE, 60)
}

fn dimension(name: &str, value: &str) -> Dimension {
    Dimension { name: name.to_owned(), value: value.to_owned() }
}

fn metric(id: &str) -> MetricDataQuery {
    let metric =
        Metric { namespace: Some("N".to_owned()), metric_name: Some("m".to_owned()), dimensions: Some(Vec::new()) };
    let stat = MetricStat { metric, period: 60, stat: "Average".to_owned(), unit: None };
    MetricDataQuery { metric_stat: Some(stat), expression: None, ..expression(id, "") }
}

fn expression(id: &str, text: &str) -> MetricDataQuery {
    MetricDataQuery {
        id: id.to_owned(),
        metric_stat: None,
        expression: Some(text.to_owned()),
        label: None,
        return_data: None,
        period: None,
        account_id: None,
    }
}

fn hidden(query: MetricDataQuery) -> MetricDataQuery {
    MetricDataQuery { return_data: Some(false), ..query }
}

/// The first query of a request.
fn first(input: &mut PutMetricAlarmInput) -> &mut MetricDataQuery {
    &mut input.metrics.as_mut().unwrap()[0]
}

fn stat(input: &mut PutMetricAlarmInput) -> &mut MetricStat {
    first(input).metric_stat.as_mut().unwrap()
}

fn alarm(input: &PutMetricAlarmInput) -> Result<MetricAlarm, ServiceError> {
    match alarm_of(input, &scope(), NOW)?.kind {
        AlarmKind::Metric(metric) => Ok(metric),
        AlarmKind::Composite(_) => unreachable!("metric alarms are put"),
    }
}

fn check_refused(base: fn() -> PutMetricAlarmInput, rows: &[(Change, &str)]) {
    alarm(&base()).expect("the alarm is good before the change");
    for (change, message) in rows {
        let mut input = base();
        change(&mut input);
        let error = alarm(&input).expect_err(message);
        assert_eq!(error.message.as_deref(), Some(*message));
        let code = if message.contains("for parameter ExtendedStatistic") {
            "InvalidParameterValue"
        } else {
            "ValidationError"
        };
        assert_eq!(error.code, code, "{message}");
    }
}

#[test]
fn what_single_metric_alarms_may_not_be() {
    const PERIOD: &str = "Period must be 10, 20, 30 or a multiple of 60";
    const DAY: &str = "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400) \
                       for alarms using period < 3600";
    const WEEK: &str = "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= \
                        604800) for alarms using period >= 3600";
    check_refused(
        single,
        &[
            (|put| put.period = Some(1), PERIOD),
            (|put| put.period = Some(5), PERIOD),
            (|put| put.period = Some(15), PERIOD),
            (|put| put.period = Some(90), PERIOD),
            (|put| put.evaluation_periods = Some(1441), DAY),
            (|put| (put.period, put.evaluation_periods) = (Some(10), Some(8641)), DAY),
            (|put| (put.period, put.evaluation_periods) = (Some(i32::MAX / 60 * 60), Some(i32::MAX)), WEEK),
            (|put| (put.period, put.evaluation_periods) = (Some(3600), Some(169)), WEEK),
            (
                |put| (put.evaluation_periods, put.datapoints_to_alarm) = (Some(2), Some(3)),
                "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
            ),
            (|put| put.threshold = None, "PutMetricAlarm request should have valid Threshold parameter"),
            (|put| put.threshold = Some(f64::NAN), "PutMetricAlarm request should have valid Threshold parameter"),
            (
                |put| put.comparison_operator = None,
                "PutMetricAlarm request should have a valid ComparisonOperator parameter",
            ),
            (|put| put.evaluation_periods = None, "PutMetricAlarm request should have an EvaluationPeriods parameter"),
            (|put| put.statistic = None, "PutMetricAlarm request should have a Statistic parameter"),
            (
                |put| put.extended_statistic = Some("p99".to_owned()),
                "PutMetricAlarm request can not be made with both Statistic and ExtendedStatistic parameters. Only \
                 one of them should be present",
            ),
            (|put| put.period = None, "PutMetricAlarm request should have a Period parameter"),
            (
                |put| put.comparison_operator = Some(ComparisonOperator::GreaterThanUpperThreshold),
                "ComparisonOperators for ranges require ThresholdMetricId to be set",
            ),
            (
                |put| (put.threshold, put.threshold_metric_id) = (None, Some("band".to_owned())),
                "Metrics list must contain exactly one metric matching the ThresholdMetricId parameter",
            ),
            (|put| put.metric_name = None, "MetricName must not be null"),
            (|put| put.namespace = None, "Namespace must not be null"),
            (
                |put| (put.statistic, put.extended_statistic) = (None, Some("p101".to_owned())),
                "The value p101 for parameter ExtendedStatistic is not supported.",
            ),
            (
                |put| (put.statistic, put.extended_statistic) = (None, Some("Average".to_owned())),
                "The value Average for parameter ExtendedStatistic is not supported.",
            ),
            (
                |put| put.evaluate_low_sample_count_percentile = Some("ignore".to_owned()),
                "Option evaluateLowSampleCountPercentile can not be applied with statistic Average. This option is \
                 enabled only for percentile statistics.",
            ),
            (
                |put| put.evaluate_low_sample_count_percentile = Some("X".to_owned()),
                "Option X is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are \
                 evaluate and ignore.",
            ),
            (
                |put| put.treat_missing_data = Some("X".to_owned()),
                "The value X is not supported for TreatMissingData parameter. Supported values are [breaching, \
                 notBreaching, ignore, missing].",
            ),
            (|put| put.alarm_name = "a\tb".to_owned(), "AlarmName must not contain ASCII Control characters"),
            (|put| put.alarm_name = "a\nb".to_owned(), "AlarmName must not contain ASCII Control characters"),
            (
                |put| put.dimensions = Some(vec![dimension("d", "1"), dimension("d", "2")]),
                "Dimensions must not contain the dimension d more than once",
            ),
            (
                |put| put.evaluation_interval = Some(60),
                "EvaluationInterval is of PromQL alarms, which are not supported by this server",
            ),
            (
                |put| put.evaluation_criteria = Some(Default::default()),
                "EvaluationCriteria: PromQL alarms are not supported by this server",
            ),
        ],
    );
}

#[test]
fn what_lists_of_queries_may_not_be() {
    check_refused(
        math,
        &[
            (|put| put.metric_name = Some("m".to_owned()), "MetricName should not be set if list of Metrics is set."),
            (|put| put.namespace = Some("N".to_owned()), "Namespace should not be set if list of Metrics is set."),
            (
                |put| put.dimensions = Some(vec![dimension("d", "1")]),
                "Dimensions should not be set if list of Metrics is set.",
            ),
            (|put| put.period = Some(60), "Period should not be set if list of Metrics is set."),
            (|put| put.unit = Some(StandardUnit::Count), "Unit should not be set if list of Metrics is set."),
            (|put| put.statistic = Some(Statistic::Sum), "Statistic should not be set if list of Metrics is set."),
            (
                |put| put.extended_statistic = Some("p9".to_owned()),
                "ExtendedStatistic should not be set if list of Metrics is set.",
            ),
            (
                |put| put.evaluate_low_sample_count_percentile = Some("ignore".to_owned()),
                "EvaluateLowSampleCountPercentile should not be set if list of Metrics is set.",
            ),
            (|put| first(put).return_data = None, "Exactly one element of the metrics list should return data."),
            (
                |put| put.metrics.as_mut().unwrap()[1].return_data = Some(false),
                "Exactly one element of the metrics list should return data.",
            ),
            (
                |put| first(put).expression = Some("1".to_owned()),
                "The parameters MetricDataQuery Expression and MetricStat are mutually exclusive and you have \
                 specified both.",
            ),
            (|put| first(put).metric_stat = None, "Period must not be null"),
            (|put| stat(put).period = 5, "Period must be 10, 20, 30 or a multiple of 60"),
            (|put| first(put).period = Some(90), "Period must be 10, 20, 30 or a multiple of 60"),
            (|put| stat(put).stat = "Mean".to_owned(), "Invalid metrics list"),
            (|put| stat(put).metric.metric_name = None, "MetricName must not be null"),
            (|put| stat(put).metric.namespace = None, "Namespace must not be null"),
            (
                |put| first(put).account_id = Some("999999999999".to_owned()),
                "AccountId must be the account of the alarm: no other accounts are linked",
            ),
            (
                |put| put.metrics.as_mut().unwrap().extend((2..=11).map(|n| hidden(metric(&format!("m{n}"))))),
                "Too many metrics in alarm, maximum is 10",
            ),
            (
                |put| {
                    let more = (2..=11).map(|n| hidden(expression(&format!("e{n}"), "m1")));
                    put.metrics.as_mut().unwrap().extend(more);
                },
                "Too many expressions in alarm, maximum is 10",
            ),
            (
                |put| put.metrics.as_mut().unwrap()[1] = expression("e1", "SEARCH('{N} m', 'Sum')"),
                "Error in expression 'e1': SEARCH is not supported in alarms",
            ),
            (
                |put| put.metrics.as_mut().unwrap()[1] = expression("e1", "ANOMALY_DETECTION_BAND(m1)"),
                "Error in expression 'e1': ANOMALY_DETECTION_BAND requires ThresholdMetricId to be set to its Id",
            ),
            (
                |put| put.metrics.as_mut().unwrap()[1] = expression("e1", "m2 + 1"),
                "Error in expression 'e1': Unknown id 'm2'",
            ),
            (
                |put| put.metrics.as_mut().unwrap()[1] = expression("e1", "e1 + 1"),
                "Error in expression 'e1': The expression refers to itself",
            ),
            (|put| first(put).id = "e1".to_owned(), "The values for parameter id in Metrics are not unique."),
            (|put| first(put).id = "M1".to_owned(), "The value M1 for parameter Metrics.member.1.Id is invalid."),
            // The coarsest period counts, of all that the expression rests on.
            (
                |put| (stat(put).period, put.evaluation_periods) = (3600, Some(169)),
                "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) for \
                 alarms using period >= 3600",
            ),
        ],
    );
}

#[test]
fn what_alarms_on_bands_may_not_be() {
    const TWO: &str = "Exactly two elements of the metrics list should return data.";
    check_refused(
        anomaly,
        &[
            (|put| put.threshold = Some(1.0), "Threshold and ThresholdMetricId cannot both be set"),
            (
                |put| put.threshold_metric_id = Some("other".to_owned()),
                "Metrics list must contain exactly one metric matching the ThresholdMetricId parameter",
            ),
            (
                |put| put.threshold_metric_id = Some("m1".to_owned()),
                "ThresholdMetricId must be the Id of an expression with one ANOMALY_DETECTION_BAND",
            ),
            (|put| first(put).return_data = Some(false), TWO),
            (|put| put.metrics.as_mut().unwrap()[1].return_data = Some(false), TWO),
            (|put| put.metrics.as_mut().unwrap().push(metric("m2")), TWO),
            (
                |put| put.comparison_operator = Some(ComparisonOperator::GreaterThanThreshold),
                "ThresholdMetricId requires a ComparisonOperator for ranges",
            ),
            (
                |put| put.alarm_actions = Some(vec![POLICY.to_owned()]),
                "autoscaling actions not supported when ThresholdMetricId is set",
            ),
        ],
    );
}

#[test]
fn what_alarms_on_metrics_insights_may_not_be() {
    check_refused(
        || insights(SELECT, 60),
        &[
            (|put| first(put).period = Some(30), "MetricsInsights monitors do not support less than 60 seconds period"),
            (|put| first(put).period = None, "Period must not be null"),
            (
                |put| put.evaluation_periods = Some(181),
                "MetricsInsights monitors cannot be checked across more than 3 hours",
            ),
            (
                |put| first(put).expression = Some(format!("{SELECT} GROUP BY InstanceId")),
                "Error in expression 'q1': a query with GROUP BY needs ORDER BY in an alarm",
            ),
        ],
    );
    check_refused(
        multi_series,
        &[
            (
                |put| put.ok_actions = Some(vec![POLICY.to_owned()]),
                "Autoscaling actions are not available for Multi Time Series alarms",
            ),
            (
                |put| put.insufficient_data_actions = Some(vec![TOPIC.to_owned()]),
                "InsufficientData actions are not supported for contributor-level action types in Multi Time Series \
                 alarms",
            ),
            (
                |put| {
                    put.insufficient_data_actions =
                        Some(vec!["arn:aws:lambda:eu-west-1:111122223333:function:f".to_owned()])
                },
                "InsufficientData actions are not supported for contributor-level action types in Multi Time Series \
                 alarms",
            ),
            (
                |put| put.alarm_actions = Some(vec![STOP.to_owned()]),
                "Invalid use of EC2 action. An EC2 action can only be used if the alarm is monitoring an EC2 instance.",
            ),
        ],
    );
}

#[test]
fn actions_that_are_refused() {
    let syntax = |arn: &str| format!("Invalid arn syntax: {arn}");
    for (arn, message) in [
        ("t", syntax("t")),
        ("arn:aws:sns", syntax("arn:aws:sns")),
        ("arn:aws:s3:eu-west-1:1:x", "Unsupported AWS vendor s3".to_owned()),
        (
            "arn:aws:sns:us-east-1:111122223333:t",
            "Invalid region us-east-1 specified. Only eu-west-1 is supported.".to_owned(),
        ),
        ("arn:aws:automate:eu-west-1:ec2:explode", syntax("arn:aws:automate:eu-west-1:ec2:explode")),
        ("arn:aws:automate:eu-west-1:rds:stop", syntax("arn:aws:automate:eu-west-1:rds:stop")),
        ("arn:aws:lambda:eu-west-1:1:layer:x", syntax("arn:aws:lambda:eu-west-1:1:layer:x")),
        ("arn:aws:ssm:eu-west-1:1:opsitem:5", syntax("arn:aws:ssm:eu-west-1:1:opsitem:5")),
        ("arn:aws:autoscaling:eu-west-1:1:scalingPolicy:1", syntax("arn:aws:autoscaling:eu-west-1:1:scalingPolicy:1")),
    ] {
        let error = alarm(&PutMetricAlarmInput { alarm_actions: Some(vec![arn.to_owned()]), ..single() }).unwrap_err();
        assert_eq!(error.message, Some(message), "{arn}");
    }
}

#[test]
fn actions_are_for_the_alarms_and_states_that_can_have_them() {
    let of_one =
        "Invalid use of EC2 action. An EC2 action can only be used if the alarm is monitoring an EC2 instance.";
    for base in [PutMetricAlarmInput { dimensions: None, ..single() }, math(), anomaly()] {
        let error = alarm(&PutMetricAlarmInput { alarm_actions: Some(vec![STOP.to_owned()]), ..base }).unwrap_err();
        assert_eq!(error.message.as_deref(), Some(of_one));
    }
    let own_fault = PutMetricAlarmInput {
        metric_name: Some("StatusCheckFailed_Instance".to_owned()),
        alarm_actions: Some(vec!["arn:aws:automate:eu-west-1:ec2:recover".to_owned()]),
        ..single()
    };
    assert!(alarm(&own_fault).is_err());
    let system_fault = PutMetricAlarmInput { metric_name: Some("StatusCheckFailed_System".to_owned()), ..own_fault };
    assert!(alarm(&system_fault).is_ok());
    for arn in [
        "arn:aws:ssm:eu-west-1:111122223333:opsitem:1#CATEGORY=Cost",
        "arn:aws:ssm-incidents::111122223333:responseplan/p",
        "arn:aws:aiops:eu-west-1:111122223333:investigation-group:g",
    ] {
        let list = Some(vec![arn.to_owned()]);
        assert!(alarm(&PutMetricAlarmInput { alarm_actions: list.clone(), ..single() }).is_ok(), "{arn}");
        assert!(alarm(&PutMetricAlarmInput { ok_actions: list.clone(), ..single() }).is_err(), "{arn}");
        assert!(alarm(&PutMetricAlarmInput { insufficient_data_actions: list, ..single() }).is_err(), "{arn}");
    }
}

#[test]
fn actions_that_are_taken() {
    let everywhere = [
        TOPIC,
        POLICY,
        "arn:aws:lambda:eu-west-1:111122223333:function:f:live",
        STOP,
        "arn:aws:swf:eu-west-1:111122223333:action/actions/AWS_EC2.InstanceId.Reboot/1.0",
    ];
    let list = Some(everywhere.map(str::to_owned).to_vec());
    let input = PutMetricAlarmInput {
        alarm_actions: list.clone(),
        ok_actions: list.clone(),
        insufficient_data_actions: list,
        ..single()
    };
    let record = alarm_of(&input, &scope(), NOW).unwrap();
    for list in [record.alarm_actions, record.ok_actions, record.insufficient_data_actions] {
        assert_eq!(list, everywhere);
    }
    let scaling = PutMetricAlarmInput { alarm_actions: Some(vec![POLICY.to_owned()]), ..math() };
    assert!(alarm(&scaling).is_ok());
}

#[test]
fn the_longest_spans_are_taken() {
    let spans: [Change; 5] = [
        |put| put.evaluation_periods = Some(1440),
        |put| (put.period, put.evaluation_periods) = (Some(10), Some(8640)),
        |put| (put.period, put.evaluation_periods) = (Some(20), Some(1)),
        |put| (put.period, put.evaluation_periods) = (Some(3600), Some(168)),
        |put| (put.period, put.evaluation_periods) = (Some(604_800), Some(1)),
    ];
    for change in spans {
        let mut input = single();
        change(&mut input);
        let metric = alarm(&input).unwrap();
        assert_eq!(i64::from(metric.evaluation_periods), i64::from(input.evaluation_periods.unwrap()));
    }
    assert!(alarm(&PutMetricAlarmInput { evaluation_periods: Some(180), ..insights(SELECT, 60) }).is_ok());
    assert!(alarm(&PutMetricAlarmInput { evaluation_periods: Some(3), ..insights(BY_INSTANCE, 3600) }).is_ok());
}

#[test]
fn what_is_not_given_is_not_kept() {
    let record = alarm_of(&single(), &scope(), NOW).unwrap();
    assert!(record.actions_enabled);
    assert_eq!((record.description, record.created, record.configured), (None, NOW, NOW));
    let metric = alarm(&single()).unwrap();
    assert_eq!((metric.treat_missing_data, metric.low_samples, metric.datapoints_to_alarm), (None, None, None));
    assert_eq!((metric.threshold, metric.threshold_metric_id), (Some(1.0), None));
}

#[test]
fn a_low_sample_option_goes_with_a_percentile() {
    let mut input = single();
    (input.statistic, input.extended_statistic) = (None, Some("p99.9".to_owned()));
    input.evaluate_low_sample_count_percentile = Some("ignore".to_owned());
    let metric = alarm(&input).unwrap();
    assert_eq!(metric.low_samples, Some(LowSamples::Ignore));
    input.extended_statistic = Some("tm90".to_owned());
    assert!(alarm(&input).is_err());
}

#[test]
fn empty_lists_count_as_absent() {
    let input = PutMetricAlarmInput { metrics: Some(Vec::new()), ..single() };
    assert!(matches!(alarm(&input).unwrap().watched, Watched::Metric(_)));
    let input = PutMetricAlarmInput { dimensions: Some(Vec::new()), ..math() };
    assert!(matches!(alarm(&input).unwrap().watched, Watched::Queries(_)));
}

#[test]
fn ten_metrics_and_ten_expressions_are_taken() {
    let metrics = (1..=10).map(|n| hidden(metric(&format!("m{n}"))));
    let expressions = (1..=9).map(|n| hidden(expression(&format!("e{n}"), &format!("m{n} + m10"))));
    let queries = metrics.chain(expressions).chain([expression("e10", "SUM([e1, e9])")]).collect();
    assert!(alarm(&PutMetricAlarmInput { metrics: Some(queries), ..bare() }).is_ok());
}

#[test]
fn a_grouped_query_within_an_expression_is_one_series() {
    let query = MetricDataQuery {
        period: Some(60),
        ..hidden(expression("q1", "SELECT MAX(CPUUtilization) FROM \"AWS/EC2\" GROUP BY InstanceId"))
    };
    let input = PutMetricAlarmInput {
        metrics: Some(vec![query, expression("e1", "MAX(q1)")]),
        ok_actions: Some(vec![POLICY.to_owned()]),
        ..bare()
    };
    assert!(alarm(&input).is_ok());
}
