//! Messages against those that the specification records (cloudwatch.md §7.1).

use base::Timestamp;

use super::*;
use crate::record::{
    Comparison, MetricAlarm, SubjectQuery, SubjectQueryForm, Suppressor, TreatMissingData, Watched, WatchedMetric,
};

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso(text).unwrap()
}

fn scope() -> Scope {
    Scope { account: "111111111111".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

fn state(value: StateValue, reason: &str, since: &str) -> AlarmState {
    AlarmState { value, reason: reason.to_owned(), reason_data: None, since: at(since) }
}

fn metric_alarm() -> MetricAlarm {
    MetricAlarm {
        watched: Watched::Metric(WatchedMetric {
            namespace: "ns".to_owned(),
            name: "m".to_owned(),
            dimensions: vec![("InstanceId".to_owned(), "abc".to_owned())],
            stat: "Average".to_owned(),
            extended: false,
            period_secs: 10,
            unit: Some("Seconds".to_owned()),
        }),
        comparison: Comparison::GreaterThanThreshold,
        threshold: Some(21.0),
        threshold_metric_id: None,
        evaluation_periods: 1,
        datapoints_to_alarm: Some(1),
        treat_missing_data: Some(TreatMissingData::Ignore),
        low_samples: None,
    }
}

fn alarm(kind: AlarmKind) -> AlarmRecord {
    let topic = "arn:aws:sns:us-east-1:111111111111:t".to_owned();
    AlarmRecord {
        description: None,
        actions_enabled: true,
        ok_actions: vec![topic.clone()],
        alarm_actions: vec![topic],
        insufficient_data_actions: Vec::new(),
        created: at("2026-02-26T10:14:40.123Z"),
        configured: at("2026-02-26T10:14:40.123Z"),
        switched: None,
        kind,
    }
}

const REASON: &str = "Threshold Crossed: 1 datapoint [21.5 (26/02/26 10:14:00)] was greater than the threshold (21.0).";

/// The notice that the alarm `a` went into ALARM.
fn with_notice<T>(alarm: &AlarmRecord, use_it: impl FnOnce(Notice<'_>) -> T) -> T {
    let old = state(StateValue::InsufficientData, "Unchecked: Initial alarm creation", "2026-02-26T10:14:40.123Z");
    let new = state(StateValue::Alarm, REASON, "2026-02-26T10:15:04.401Z");
    let scope = scope();
    let (contributor, after_mute_window) = (None, false);
    use_it(Notice { scope: &scope, name: "a", alarm, old: &old, new: &new, contributor, after_mute_window })
}

fn trigger_of(kind: MetricAlarm) -> String {
    let body = with_notice(&alarm(AlarmKind::Metric(kind)), |notice| notice.body());
    serde_json::from_str::<Value>(&body).unwrap()["Trigger"].to_string()
}

#[test]
fn the_body_is_the_recorded_one() {
    let body = with_notice(&alarm(AlarmKind::Metric(metric_alarm())), |notice| notice.body());
    let recorded = concat!(
        r#"{"AlarmName":"a","AlarmDescription":null,"AWSAccountId":"111111111111","#,
        r#""AlarmConfigurationUpdatedTimestamp":"2026-02-26T10:14:40.123+0000","NewStateValue":"ALARM","#,
        r#""NewStateReason":"Threshold Crossed: 1 datapoint [21.5 (26/02/26 10:14:00)] was greater than the threshold (21.0).","#,
        r#""StateChangeTime":"2026-02-26T10:15:04.401+0000","Region":"US East (N. Virginia)","#,
        r#""AlarmArn":"arn:aws:cloudwatch:us-east-1:111111111111:alarm:a","OldStateValue":"INSUFFICIENT_DATA","#,
        r#""OKActions":["arn:aws:sns:us-east-1:111111111111:t"],"AlarmActions":["arn:aws:sns:us-east-1:111111111111:t"],"#,
        r#""InsufficientDataActions":[],"ActionExecutedAfterMuteWindow":false,"#,
        r#""Trigger":{"MetricName":"m","Namespace":"ns","StatisticType":"Statistic","Statistic":"AVERAGE","Unit":"Seconds","#,
        r#""Dimensions":[{"value":"abc","name":"InstanceId"}],"Period":10,"EvaluationPeriods":1,"DatapointsToAlarm":1,"#,
        r#""ComparisonOperator":"GreaterThanThreshold","Threshold":21.0,"TreatMissingData":"ignore","EvaluateLowSampleCountPercentile":""}}"#,
    );
    assert_eq!(body, recorded);
}

#[test]
fn what_an_alarm_does_not_set_is_told_as_recorded() {
    let mut plain = metric_alarm();
    plain.datapoints_to_alarm = None;
    plain.treat_missing_data = None;
    plain.watched = Watched::Metric(WatchedMetric {
        namespace: "ns".to_owned(),
        name: "m".to_owned(),
        dimensions: Vec::new(),
        stat: "SampleCount".to_owned(),
        extended: false,
        period_secs: 60,
        unit: None,
    });
    let told = concat!(
        r#"{"MetricName":"m","Namespace":"ns","StatisticType":"Statistic","Statistic":"SAMPLE_COUNT","Unit":null,"#,
        r#""Dimensions":[],"Period":60,"EvaluationPeriods":1,"ComparisonOperator":"GreaterThanThreshold","#,
        r#""Threshold":21.0,"TreatMissingData":"missing","EvaluateLowSampleCountPercentile":""}"#,
    );
    assert_eq!(trigger_of(plain.clone()), told);
    let Watched::Metric(metric) = &mut plain.watched else { unreachable!() };
    (metric.stat, metric.extended, metric.namespace) = ("p99".to_owned(), true, "AWS/DynamoDB".to_owned());
    let told = trigger_of(plain);
    assert!(told.contains(r#""StatisticType":"ExtendedStatistic","ExtendedStatistic":"p99","Unit":null"#), "{told}");
    assert!(told.contains(r#""TreatMissingData":"ignore""#), "{told}");
}

#[test]
fn an_alarm_on_queries_has_metrics_and_no_metric_name() {
    let queries = vec![
        SubjectQuery {
            id: "m1".to_owned(),
            form: SubjectQueryForm::Metric {
                namespace: "ns".to_owned(),
                name: "m".to_owned(),
                dimensions: vec![("k".to_owned(), "v".to_owned())],
                period_secs: 300,
                stat: "Sum".to_owned(),
                unit: Some("Count".to_owned()),
            },
            label: None,
            return_data: Some(true),
            period_secs: None,
        },
        SubjectQuery {
            id: "band".to_owned(),
            form: SubjectQueryForm::Expression("ANOMALY_DETECTION_BAND(m1)".to_owned()),
            label: Some("expected".to_owned()),
            return_data: None,
            period_secs: None,
        },
    ];
    let anomaly = MetricAlarm {
        watched: Watched::Queries(queries),
        comparison: Comparison::LessThanLowerOrGreaterThanUpperThreshold,
        threshold: None,
        threshold_metric_id: Some("band".to_owned()),
        ..metric_alarm()
    };
    let told = concat!(
        r#"{"Period":300,"EvaluationPeriods":1,"DatapointsToAlarm":1,"#,
        r#""ComparisonOperator":"LessThanLowerOrGreaterThanUpperThreshold","ThresholdMetricId":"band","#,
        r#""TreatMissingData":"ignore","EvaluateLowSampleCountPercentile":"","Metrics":["#,
        r#"{"Id":"m1","MetricStat":{"Metric":{"Dimensions":[{"value":"v","name":"k"}],"MetricName":"m","Namespace":"ns"},"#,
        r#""Period":300,"Stat":"Sum","Unit":"Count"},"ReturnData":true},"#,
        r#"{"Id":"band","Expression":"ANOMALY_DETECTION_BAND(m1)","Label":"expected","ReturnData":true}]}"#,
    );
    assert_eq!(trigger_of(anomaly), told);
}

#[test]
fn a_composite_alarm_names_its_children_and_has_no_trigger() {
    let suppressor = Suppressor { alarm: "quiet".to_owned(), wait_secs: 60, extension_secs: 120 };
    let composite = CompositeAlarm { rule: "ALARM(child)".to_owned(), suppressor: Some(suppressor) };
    let alarm = alarm(AlarmKind::Composite(composite));
    let body = with_notice(&alarm, |notice| {
        let mut new = notice.new.clone();
        new.reason_data = Some(
            r#"{"triggeringAlarms":[{"arn":"arn:child","state":{"value":"ALARM","timestamp":"2022-07-22T15:57:45.394+0000"}}]}"#
                .to_owned(),
        );
        Notice { new: &new, ..notice }.body()
    });
    let end = concat!(
        r#""ActionExecutedAfterMuteWindow":false,"AlarmRule":"ALARM(child)","ActionsSuppressor":"quiet","#,
        r#""ActionsSuppressorWaitPeriod":60,"ActionsSuppressorExtensionPeriod":120,"#,
        r#""TriggeringChildren":[{"Arn":"arn:child","State":{"Value":"ALARM","Timestamp":"2022-07-22T15:57:45.394+0000"}}]}"#,
    );
    assert!(body.ends_with(end), "{body}");
    // A state that was set by hand has other data, or none.
    assert!(with_notice(&alarm, |notice| notice.body()).ends_with(r#""TriggeringChildren":[]}"#));
}

#[test]
fn a_series_is_named_by_id_and_attributes() {
    let attributes = BTreeMap::from([("InstanceId".to_owned(), "i-1".to_owned())]);
    let body = with_notice(&alarm(AlarmKind::Metric(metric_alarm())), |notice| {
        Notice { contributor: Some(("0123456789abcdef", &attributes)), after_mute_window: true, ..notice }.body()
    });
    let told = concat!(
        r#""ActionExecutedAfterMuteWindow":true,"AlarmContributorId":"0123456789abcdef","#,
        r#""AlarmContributorAttributes":{"InstanceId":"i-1"},"Trigger":{"#,
    );
    assert!(body.contains(told), "{body}");
}

#[test]
fn subjects_are_short_and_ascii() {
    let alarm = alarm(AlarmKind::Metric(metric_alarm()));
    let subject = |name: &str| with_notice(&alarm, |notice| Notice { name, ..notice }.subject());
    assert_eq!(subject("MyAlarm"), "ALARM: \"MyAlarm\" in US East (N. Virginia)");
    assert_eq!(subject("Größe"), "ALARM: \"Gr__e\" in US East (N. Virginia)");
    // 100 less the 34 characters around the name.
    assert_eq!(subject(&"n".repeat(66)), format!("ALARM: \"{}\" in US East (N. Virginia)", "n".repeat(66)));
    let cut = subject(&"ü".repeat(67));
    assert_eq!(cut, format!("ALARM: \"{}...\" in US East (N. Virginia)", "_".repeat(63)));
    assert_eq!(cut.len(), 100);
}

#[test]
fn a_publication_has_three_bodies_and_the_group_of_its_alarm() {
    let alarm = alarm(AlarmKind::Metric(metric_alarm()));
    let publication = with_notice(&alarm, |notice| notice.publication("arn:topic", "once"));
    let bodies: Value = serde_json::from_str(&publication.bodies).unwrap();
    let keys: Vec<&String> = bodies.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["default", "email", "sms"]);
    assert_eq!(bodies["default"], with_notice(&alarm, |notice| notice.body()));
    assert_eq!(bodies["sms"], "ALARM: \"a\" in US East (N. Virginia)");
    assert_eq!(publication.message_group_id, "arn:aws:cloudwatch:us-east-1:111111111111:alarm:a");
    let long = message_group_id(&"x".repeat(129));
    assert_eq!((long.len(), long != message_group_id(&"y".repeat(129))), (32, true));
}

#[test]
fn mail_is_prose() {
    let mut alarm = alarm(AlarmKind::Metric(metric_alarm()));
    alarm.description = Some("too slow".to_owned());
    let text = with_notice(&alarm, |notice| email::text(&notice));
    let expected = "\
You are receiving this email because your Amazon CloudWatch Alarm \"a\" in the US East (N. Virginia) region has entered \
the ALARM state, because \"Threshold Crossed: 1 datapoint [21.5 (26/02/26 10:14:00)] was greater than the threshold \
(21.0).\" at \"Thursday 26 February, 2026 10:15:04 UTC\".

Alarm Details:
- Name:                       a
- Description:                too slow
- State Change:               INSUFFICIENT_DATA -> ALARM
- Reason for State Change:    Threshold Crossed: 1 datapoint [21.5 (26/02/26 10:14:00)] was greater than the threshold (21.0).
- Timestamp:                  Thursday 26 February, 2026 10:15:04 UTC
- AWS Account:                111111111111
- Alarm Arn:                  arn:aws:cloudwatch:us-east-1:111111111111:alarm:a

Threshold:
- The alarm is in the ALARM state when the metric is GreaterThanThreshold 21.0 for at least 1 of the last 1 period(s) of 10 seconds.

Monitored Metric:
- MetricNamespace:            ns
- MetricName:                 m
- Dimensions:                 [InstanceId = abc]
- Period:                     10 seconds
- Statistic:                  Average
- Unit:                       Seconds
- TreatMissingData:           ignore

State Change Actions:
- OK: [arn:aws:sns:us-east-1:111111111111:t]
- ALARM: [arn:aws:sns:us-east-1:111111111111:t]
- INSUFFICIENT_DATA:
";
    assert_eq!(text, expected);
}

#[test]
fn mail_of_other_kinds_tells_what_they_watch() {
    let composite = CompositeAlarm { rule: "ALARM(child)".to_owned(), suppressor: None };
    let text = with_notice(&alarm(AlarmKind::Composite(composite)), |notice| email::text(&notice));
    assert!(text.contains("\nAlarm Rule:\n- ALARM(child)\n\nState Change Actions:"), "{text}");
    let query = SubjectQuery {
        id: "e1".to_owned(),
        form: SubjectQueryForm::Expression("m1 / m2".to_owned()),
        label: Some("rate".to_owned()),
        return_data: None,
        period_secs: Some(60),
    };
    let math = MetricAlarm { watched: Watched::Queries(vec![query]), ..metric_alarm() };
    let text = with_notice(&alarm(AlarmKind::Metric(math)), |notice| email::text(&notice));
    assert!(text.contains("\nMonitored Metrics:\n- e1:                         m1 / m2 (rate)\n"), "{text}");
    assert!(text.contains("of the last 1 period(s) of 60 seconds."), "{text}");
}
