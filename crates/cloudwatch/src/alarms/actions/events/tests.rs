//! Events, member by member (cloudwatch.md §7.2, §7.3).

use serde_json::json;

use super::*;
use crate::record::{Comparison, StateValue, Suppressor, TreatMissingData};

fn at(text: &str) -> Timestamp {
    Timestamp::parse_iso(text).unwrap()
}

fn scope() -> Scope {
    Scope { account: "123456789012".parse().unwrap(), region: "us-east-1".parse().unwrap() }
}

fn alarm(kind: AlarmKind) -> AlarmRecord {
    AlarmRecord {
        description: Some("too hot".to_owned()),
        actions_enabled: true,
        ok_actions: Vec::new(),
        alarm_actions: vec!["arn:aws:sns:us-east-1:123456789012:t".to_owned()],
        insufficient_data_actions: Vec::new(),
        created: at("2019-10-01T00:00:00Z"),
        configured: at("2019-10-01T01:02:03.456Z"),
        switched: None,
        kind,
    }
}

fn metric() -> AlarmRecord {
    alarm(AlarmKind::Metric(MetricAlarm {
        watched: Watched::Metric(WatchedMetric {
            namespace: "AWS/EC2".to_owned(),
            name: "CPUUtilization".to_owned(),
            dimensions: vec![("InstanceId".to_owned(), "i-1".to_owned())],
            stat: "Average".to_owned(),
            extended: false,
            period_secs: 300,
            unit: None,
        }),
        comparison: Comparison::GreaterThanThreshold,
        threshold: Some(50.0),
        threshold_metric_id: None,
        evaluation_periods: 1,
        datapoints_to_alarm: None,
        treat_missing_data: Some(TreatMissingData::NotBreaching),
        low_samples: None,
    }))
}

fn states() -> (AlarmState, AlarmState) {
    let old = AlarmState {
        value: StateValue::InsufficientData,
        reason: "Unchecked: Initial alarm creation".to_owned(),
        reason_data: None,
        since: at("2019-10-02T17:00:00.123Z"),
    };
    let new = AlarmState {
        value: StateValue::Alarm,
        reason: "it is".to_owned(),
        reason_data: Some("{\"version\":\"1.0\"}".to_owned()),
        since: at("2019-10-02T17:04:40.989Z"),
    };
    (old, new)
}

fn change<'a>(scope: &'a Scope, alarm: &'a AlarmRecord, states: &'a (AlarmState, AlarmState)) -> StateChange<'a> {
    StateChange {
        scope,
        name: "hot",
        alarm,
        old: &states.0,
        new: &states.1,
        evaluation: None,
        suppressed: None,
        mute: None,
        contributor: None,
    }
}

fn metric_id_text(text: &str) -> String {
    let told: Value = serde_json::from_str(text).unwrap();
    told.pointer("/detail/configuration/metrics/0/id").unwrap().as_str().unwrap().to_owned()
}

#[test]
fn a_change_of_state_is_told_with_both_states() {
    let (scope, alarm, states) = (scope(), metric(), states());
    let id = Uuid::from_u128(7);
    let now = at("2019-10-02T17:04:40.989Z");
    let text = state_change(&change(&scope, &alarm, &states), id, now);
    let expected = format!(
        concat!(
            r#"{{"version":"0","id":"00000000-0000-0000-0000-000000000007","detail-type":"CloudWatch Alarm State Change","#,
            r#""source":"aws.cloudwatch","account":"123456789012","time":"2019-10-02T17:04:40Z","region":"us-east-1","#,
            r#""resources":["arn:aws:cloudwatch:us-east-1:123456789012:alarm:hot"],"detail":{{"alarmName":"hot","#,
            r#""state":{{"value":"ALARM","reason":"it is","reasonData":"{{\"version\":\"1.0\"}}","timestamp":"2019-10-02T17:04:40.989+0000"}},"#,
            r#""previousState":{{"value":"INSUFFICIENT_DATA","reason":"Unchecked: Initial alarm creation","timestamp":"2019-10-02T17:00:00.123+0000"}},"#,
            r#""configuration":{{"description":"too hot","metrics":[{{"id":"{}","metricStat":{{"metric":{{"namespace":"AWS/EC2","#,
            r#""name":"CPUUtilization","dimensions":{{"InstanceId":"i-1"}}}},"period":300,"stat":"Average"}},"returnData":true}}]}}}}}}"#,
        ),
        metric_id_text(&text)
    );
    assert_eq!(text, expected);
    // All events of an alarm name its metric by one id, which is a UUID.
    let again = state_change(&change(&scope, &alarm, &states), Uuid::from_u128(8), now);
    assert_eq!(metric_id_text(&again), metric_id_text(&text));
    assert_eq!(metric_id_text(&text).parse::<Uuid>().unwrap().get_version_num(), 8);
}

#[test]
fn what_holds_actions_back_is_told() {
    let (scope, alarm, states) = (scope(), metric(), states());
    let (start, end) = (at("2019-10-02T17:00:00Z"), at("2019-10-02T18:00:00Z"));
    let mute = ActiveMute { rule: "night".to_owned(), start, end, others: 1 };
    let change = StateChange {
        evaluation: Some(EvaluationProblem::PartialData),
        suppressed: Some(SuppressedBy::WaitPeriod),
        mute: Some(&mute),
        ..change(&scope, &alarm, &states)
    };
    let told: Value = serde_json::from_str(&state_change(&change, Uuid::nil(), end)).unwrap();
    let detail = &told["detail"];
    assert_eq!(detail["state"]["evaluationState"], "PARTIAL_DATA");
    assert_eq!(detail["state"]["actionsSuppressedBy"], "WaitPeriod");
    assert_eq!(detail["state"]["actionsSuppressedReason"], "Actions suppressed by WaitPeriod");
    let mute = json!({
        "mutedByArn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm-mute-rule:night",
        "muteWindowStart": "2019-10-02T17:00:00.000+0000",
        "muteWindowEnd": "2019-10-02T18:00:00.000+0000",
    });
    assert_eq!(detail["muteDetail"], mute);
}

#[test]
fn a_change_of_a_series_is_an_event_of_its_own() {
    let (scope, alarm, states) = (scope(), metric(), states());
    let attributes = BTreeMap::from([("host".to_owned(), "a".to_owned())]);
    let change = StateChange { contributor: Some(("00ff", &attributes)), ..change(&scope, &alarm, &states) };
    let told: Value = serde_json::from_str(&state_change(&change, Uuid::nil(), states.1.since)).unwrap();
    assert_eq!(told["detail-type"], "CloudWatch Alarm Contributor State Change");
    assert_eq!(told["detail"]["alarmContributor"], json!({ "id": "00ff", "attributes": { "host": "a" } }));
}

#[test]
fn a_change_of_configuration_is_told_whole() {
    let (scope, alarm, states) = (scope(), metric(), states());
    let mut previous = metric();
    previous.description = None;
    previous.actions_enabled = false;
    let change = ConfigurationChange {
        scope: &scope,
        name: "hot",
        operation: Operation::Update { previous: &previous },
        alarm: &alarm,
        state: &states.0,
        suppressed: None,
    };
    let told: Value = serde_json::from_str(&configuration_change(&change, Uuid::nil(), alarm.configured)).unwrap();
    assert_eq!(told["detail-type"], "CloudWatch Alarm Configuration Change");
    let detail = told["detail"].as_object().unwrap();
    let keys: Vec<&String> = detail.keys().collect();
    assert_eq!(keys, ["alarmName", "operation", "state", "configuration", "previousConfiguration"]);
    assert_eq!(detail["operation"], "update");
    let configuration = detail["configuration"].as_object().unwrap();
    let keys: Vec<&String> = configuration.keys().collect();
    assert_eq!(
        keys,
        [
            "evaluationPeriods",
            "threshold",
            "comparisonOperator",
            "treatMissingData",
            "metrics",
            "alarmName",
            "description",
            "actionsEnabled",
            "timestamp",
            "okActions",
            "alarmActions",
            "insufficientDataActions"
        ]
    );
    assert_eq!(configuration["timestamp"], "2019-10-01T01:02:03.456+0000");
    assert_eq!(detail["previousConfiguration"]["actionsEnabled"], false);
    assert!(detail["previousConfiguration"].get("description").is_none());
    let deleted = ConfigurationChange { operation: Operation::Delete, ..change };
    let told: Value = serde_json::from_str(&configuration_change(&deleted, Uuid::nil(), alarm.configured)).unwrap();
    assert_eq!(told["detail"]["operation"], "delete");
    assert!(told["detail"].get("previousConfiguration").is_none());
}

#[test]
fn a_composite_alarm_is_told_with_rule_and_suppressor() {
    let suppressor = Suppressor { alarm: "quiet".to_owned(), wait_secs: 120, extension_secs: 160 };
    let composite = CompositeAlarm { rule: "ALARM(a)".to_owned(), suppressor: Some(suppressor) };
    let (scope, alarm, states) = (scope(), alarm(AlarmKind::Composite(composite)), states());
    let told: Value =
        serde_json::from_str(&state_change(&change(&scope, &alarm, &states), Uuid::nil(), states.1.since)).unwrap();
    let configuration = json!({
        "description": "too hot",
        "alarmRule": "ALARM(a)",
        "actionsSuppressor": "quiet",
        "actionsSuppressorWaitPeriod": 120,
        "actionsSuppressorExtensionPeriod": 160,
    });
    assert_eq!(told["detail"]["configuration"], configuration);
}

#[test]
fn a_function_gets_the_detail_of_the_event() {
    let (scope, alarm, states) = (scope(), metric(), states());
    let change = change(&scope, &alarm, &states);
    let told: Value = serde_json::from_str(&lambda_payload(&change)).unwrap();
    let event: Value = serde_json::from_str(&state_change(&change, Uuid::nil(), states.1.since)).unwrap();
    let keys: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["source", "alarmArn", "accountId", "time", "region", "alarmData"]);
    assert_eq!(told["alarmArn"], "arn:aws:cloudwatch:us-east-1:123456789012:alarm:hot");
    assert_eq!(told["time"], "2019-10-02T17:04:40.989+0000");
    assert_eq!(told["alarmData"], event["detail"]);
}
