//! Texts of the history, and what is kept of it.

use store::job::Job as _;

use super::*;
use crate::alarms::actions::events::Operation;
use crate::alarms::test_world::{
    NOW, TOPIC, World, alarm, alarm_key, expression, metric_alarm, query_alarm, scope, unchecked,
};

fn record() -> AlarmRecord {
    alarm(metric_alarm("m", 60, 1))
}

fn parsed(entry: &AlarmHistoryRecord) -> Json {
    assert!(entry.data.len() <= DATA_BYTES_MAX, "{} bytes", entry.data.len());
    serde_json::from_str(&entry.data).unwrap()
}

#[test]
fn a_new_alarm_is_told_with_its_configuration() {
    let entry = configuration_update(&scope(), "a", Operation::Create, &record(), &unchecked(NOW));
    assert_eq!((entry.kind, entry.composite), (HistoryKind::ConfigurationUpdate, false));
    assert_eq!(entry.summary, "Alarm \"a\" created");
    let data = parsed(&entry);
    assert_eq!((&data["version"], &data["type"]), (&json!("1.0"), &json!("Create")));
    let told = &data["createdAlarm"];
    assert_eq!(told["alarmArn"], "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a");
    assert_eq!((&told["statistic"], &told["metricName"]), (&json!("AVERAGE"), &json!("m")));
    assert_eq!((&told["okactions"], &told["insufficientDataActions"]), (&json!([TOPIC]), &json!([])));
    assert_eq!(told["stateValue"], "INSUFFICIENT_DATA");
    assert_eq!(told["stateUpdatedTimestamp"], "2026-02-26T10:00:00.000+0000");
    assert_eq!(told["dimensions"], json!([]));
    assert!(told.get("treatMissingData").is_none() && told.get("metrics").is_none());
}

#[test]
fn an_update_tells_the_values_before() {
    let previous = record();
    let later = NOW.plus_millis(1500);
    let described = AlarmRecord {
        description: Some("new".to_owned()),
        ok_actions: Vec::new(),
        configured: later,
        switched: None,
        ..previous.clone()
    };
    let operation = Operation::Update { previous: &previous };
    let entry = configuration_update(&scope(), "a", operation, &described, &unchecked(NOW));
    assert_eq!(entry.summary, "Alarm \"a\" updated");
    let data = parsed(&entry);
    assert_eq!(data["updatedAlarm"]["alarmDescription"], "new");
    let before = json!({
        "okactions": [TOPIC],
        "alarmConfigurationUpdatedTimestamp": "2026-02-26T10:00:00.000+0000",
        "alarmDescription": null,
    });
    assert_eq!(data["originalUpdatedFields"], before);
}

#[test]
fn an_alarm_that_goes_is_told_as_it_was() {
    let entry = configuration_update(&scope(), "a", Operation::Delete, &record(), &unchecked(NOW));
    assert_eq!(entry.summary, "Alarm \"a\" deleted");
    assert_eq!(parsed(&entry)["deletedAlarm"]["threshold"], 10.0);
}

#[test]
fn what_is_too_long_for_an_entry_is_left_out() {
    let queries = (0..10).map(|n| expression(&format!("e{n}"), &"1+".repeat(500))).collect();
    let long =
        AlarmRecord { description: Some("\"".repeat(1024)), kind: AlarmKind::Metric(query_alarm(queries)), ..record() };
    let operation = Operation::Update { previous: &long };
    let data = parsed(&configuration_update(&scope(), "a", operation, &long, &unchecked(NOW)));
    assert!(data["updatedAlarm"].get("metrics").is_none());
    assert_eq!(data["updatedAlarm"]["alarmName"], "a");
}

#[test]
fn actions_are_told_with_what_came_of_them() {
    let outcome = ActionOutcome { arn: TOPIC, state_since: NOW, message: Some("{}"), error: None };
    let entry = action(&record(), &outcome, None);
    assert_eq!(entry.summary, format!("Successfully executed action {TOPIC}"));
    let expected = format!(
        r#"{{"actionState":"Succeeded","stateUpdateTimestamp":1772100000000,"notificationResource":"{TOPIC}","publishedMessage":"{{}}","error":null}}"#
    );
    assert_eq!(entry.data, expected);
    let failed = ActionOutcome { message: None, error: Some("no such topic"), ..outcome };
    let entry = action(&record(), &failed, Some(("c".to_owned(), BTreeMap::new())));
    assert_eq!(entry.summary, format!("Failed to execute action {TOPIC}. Received error: \"no such topic\""));
    assert_eq!(entry.kind, HistoryKind::AlarmContributorAction);
    let data = parsed(&entry);
    assert_eq!((&data["actionState"], &data["publishedMessage"]), (&json!("Failed"), &Json::Null));
    assert_eq!(data["error"], "no such topic");
}

#[test]
fn a_long_message_is_cut_to_fit() {
    let message = "\"é".repeat(4000);
    let outcome = ActionOutcome { arn: TOPIC, state_since: NOW, message: Some(&message), error: Some("why") };
    let data = parsed(&action(&record(), &outcome, None));
    let kept = data["publishedMessage"].as_str().unwrap();
    assert!(!kept.is_empty() && message.starts_with(kept));
    assert_eq!(data["error"], "why");
}

#[tokio::test]
async fn entries_of_one_time_keep_their_order_and_none_replaces_another() {
    let world = World::new().await;
    let add = |summaries: &[&str]| {
        let mut transaction = Transaction::default();
        let mut entries = Entries::at(&world.parts.catalog, &alarm_key("a"), NOW);
        for summary in summaries {
            let entry = configuration_update(&scope(), "a", Operation::Create, &record(), &unchecked(NOW));
            entries.add(&mut transaction, &AlarmHistoryRecord { summary: (*summary).to_owned(), ..entry });
        }
        transaction
    };
    let (first, faster) = (add(&["1", "2"]), add(&["x"]));
    world.commit(first).await;
    assert!(world.parts.catalog.commit(faster).await.is_err());
    world.commit(add(&["3"])).await;
    let mut found = read(&world.parts.catalog, &scope(), Some("a"), NOW);
    found.sort_by_key(|entry| entry.sequence);
    let found: Vec<&str> = found.iter().map(|entry| entry.record.value.summary.as_str()).collect();
    assert_eq!(found, ["1", "2", "3"]);
}

#[tokio::test]
async fn entries_go_after_thirty_days() {
    let world = World::new().await;
    let (old, young) = (NOW, NOW.plus_millis(1));
    for at in [old, young] {
        let mut transaction = Transaction::default();
        let entry = configuration_update(&scope(), "a", Operation::Create, &record(), &unchecked(NOW));
        Entries::at(&world.parts.catalog, &alarm_key("a"), at).add(&mut transaction, &entry);
        world.commit(transaction).await;
    }
    let job = ExpireAlarmHistory::new(world.parts.catalog.clone());
    let last_day = NOW.plus(KEPT);
    job.run(last_day).await.unwrap();
    assert_eq!(world.history("a").len(), 2);
    let after = young.plus(KEPT);
    let read = |now| read(&world.parts.catalog, &scope(), None, now).len();
    assert_eq!((read(last_day), read(after)), (2, 1));
    job.run(after).await.unwrap();
    assert_eq!(world.history("a").len(), 1);
}

#[test]
fn keys_are_read_back_and_others_are_not() {
    assert_eq!(parse_key("a b\n00000000001234\n000002"), Some(("a b", Timestamp::from_millis(1234), 2)));
    for other in ["a", "a\nb", "a\nb\nc", "a\n1\n"] {
        assert_eq!(parse_key(other), None, "{other:?}");
    }
}
