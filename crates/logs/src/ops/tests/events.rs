//! logs.md §1.4.

use serde_json::{Value, json};

use crate::test_world::{World, messages};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

async fn world() -> World {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world
}

async fn all(world: &World) -> Vec<String> {
    let read = json!({"logGroupName": "g", "logStreamName": "s", "startFromHead": true});
    messages(&world.ok("GetLogEvents", read).await).into_iter().map(str::to_owned).collect()
}

async fn refusal(world: &World, events: &[(i64, &str)]) -> (String, String) {
    world.refused("PutLogEvents", world.put_input("g", "s", events)).await
}

#[tokio::test]
async fn a_put_answers_with_a_token_of_56_digits_and_nothing_else() {
    let world = world().await;
    let answer = world.put("g", "s", &[(0, "m")]).await;
    let token = answer["nextSequenceToken"].as_str().unwrap();
    assert!(token.len() == 56 && token.bytes().all(|byte| byte.is_ascii_digit()), "{token}");
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
}

#[tokio::test]
async fn events_come_in_the_order_of_time_and_equal_times_in_the_order_given() {
    let world = world().await;
    let (code, text) = refusal(&world, &[(0, "b"), (-1, "a")]).await;
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(text, "Log events in a single PutLogEvents request must be in chronological order.");
    world.put("g", "s", &[(0, "b"), (0, "a"), (0, "c")]).await;
    assert_eq!(all(&world).await, ["b", "a", "c"]);
}

#[tokio::test]
async fn a_batch_may_have_so_many_bytes_and_so_many_events() {
    let world = world().await;
    let fits = "x".repeat(1_048_576 - 26);
    world.put("g", "s", &[(0, &fits)]).await;
    let one_more = format!("{fits}x");
    assert_eq!(
        refusal(&world, &[(0, &one_more)]).await.1,
        "Log event too large: 1048577 bytes exceeds limit of 1048576"
    );
    assert_eq!(
        refusal(&world, &[(0, "y"), (0, &fits)]).await.1,
        "Upload too large: 1048603 bytes exceeds limit of 1048576"
    );
    let many: Vec<(i64, &str)> = vec![(0, "m"); 10_001];
    let (code, text) = refusal(&world, &many).await;
    assert_eq!(code, "InvalidParameterException");
    assert!(text.ends_with("Member must have length less than or equal to 10000"), "{}", &text[text.len() - 100..]);
    world.put("g", "s", &many[1..]).await;
}

#[tokio::test]
async fn an_event_of_the_size_that_was_once_too_large_is_taken() {
    let world = world().await;
    world.put("g", "s", &[(0, &"x".repeat(262_145))]).await;
    assert_eq!(all(&world).await[0].len(), 262_145);
}

#[tokio::test]
async fn an_empty_message_is_refused_by_its_place() {
    let world = world().await;
    assert_eq!(
        refusal(&world, &[(0, "")]).await.1,
        "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy constraint: Member \
         must have length greater than or equal to 1"
    );
}

#[tokio::test]
async fn events_too_new_too_old_and_expired_are_rejected_one_by_one() {
    let world = world().await;
    world.ok("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": 7})).await;
    for (events, rejected, kept) in [
        (
            &[(-15 * DAY, "old"), (-14 * DAY - 1, "old"), (-8 * DAY, "gone"), (-10, "a"), (2 * HOUR + 1, "new")][..],
            json!({"tooOldLogEventEndIndex": 2, "expiredLogEventEndIndex": 3, "tooNewLogEventStartIndex": 4}),
            &["a"][..],
        ),
        (&[(-14 * DAY - 1, "old")], json!({"tooOldLogEventEndIndex": 1}), &[]),
        (&[(-14 * DAY, "gone"), (-7 * DAY - 1, "gone")], json!({"expiredLogEventEndIndex": 2}), &[]),
        (&[(2 * HOUR, "b"), (2 * HOUR + 1, "new"), (9 * DAY, "new")], json!({"tooNewLogEventStartIndex": 1}), &["b"]),
        (&[(-7 * DAY, "c")], Value::Null, &["c"]),
    ] {
        let answer = world.put("g", "s", events).await;
        assert_eq!(answer["rejectedLogEventsInfo"], rejected, "{events:?}");
        assert_eq!(answer["nextSequenceToken"].as_str().unwrap().len(), 56);
        let there = all(&world).await;
        assert!(kept.iter().all(|message| there.iter().any(|found| found == message)), "{there:?}");
    }
    assert_eq!(all(&world).await, ["c", "a", "b"]);
}

#[tokio::test]
async fn only_accepted_events_may_not_span_more_than_a_day() {
    let world = world().await;
    let (code, text) = refusal(&world, &[(-DAY - 1, "a"), (0, "b")]).await;
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(text, "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
    world.put("g", "s", &[(-DAY, "a"), (0, "b")]).await;
    world.put("g", "s", &[(-20 * DAY, "old"), (-1, "c")]).await;
    assert_eq!(all(&world).await, ["a", "c", "b"]);
}

#[tokio::test]
async fn what_is_wrong_first_is_told_first() {
    let world = world().await;
    let large = "x".repeat(1_048_577);
    let unordered = [(0, large.as_str()), (-1, "a")];
    let put = |group: &str, stream: &str| world.put_input(group, stream, &unordered);
    assert_eq!(world.refused("PutLogEvents", put("no", "no")).await.1, "The specified log group does not exist.");
    assert_eq!(world.refused("PutLogEvents", put("g", "no")).await.1, "The specified log stream does not exist.");
    assert!(refusal(&world, &unordered).await.1.contains("chronological"));
    let ordered = [(-1, "a"), (0, large.as_str())];
    assert!(refusal(&world, &ordered).await.1.starts_with("Log event too large"));
}

#[tokio::test]
async fn a_bad_entity_does_not_fail_the_call() {
    let world = world().await;
    let mut input = world.put_input("g", "s", &[(0, "m")]);
    input["entity"] = json!({"keyAttributes": {"Type": "Service"}});
    let answer = world.ok("PutLogEvents", input.clone()).await;
    assert_eq!(answer["rejectedEntityInfo"], json!({"errorType": "InvalidKeyAttributes"}));
    input["entity"] = json!({"keyAttributes": {"Type": "Service", "Name": "shop"}});
    assert_eq!(world.ok("PutLogEvents", input).await.get("rejectedEntityInfo"), None);
    assert_eq!(all(&world).await, ["m", "m"]);
}

#[tokio::test]
async fn acknowledged_events_are_there_after_a_restart() {
    let world = world().await;
    world.put("g", "s", &[(0, "kept")]).await;
    let world = world.restarted().await;
    assert_eq!(all(&world).await, ["kept"]);
}
