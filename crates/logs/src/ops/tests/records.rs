//! logs.md §2.5.

use serde_json::{Value, json};
use store::log_event::{GroupId, Place, Position};

use crate::groups;
use crate::test_world::{World, scope};

/// The pointer to the only event at a time.
async fn pointer(world: &World, group: &str, after: i64) -> String {
    let group = groups::get(world.store.catalog(), &scope(), group).unwrap();
    let (events, _) = world.store.log_events().arrivals(group.id(), Position(0), 100, 1 << 20).await.unwrap();
    let event = events.iter().find(|event| event.time.millis() == world.now() + after).unwrap();
    let place = Place { time: event.time, position: event.position };
    world.logs.pointers().await.unwrap().encode(group.id(), place)
}

#[tokio::test]
async fn a_record_has_every_field_of_its_event_as_text() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.put("g", "s", &[(-7, r#"{"status":500,"user":{"name":"ann"}}"#)]).await;
    let pointer = pointer(&world, "g", -7).await;
    let record = world.ok("GetLogRecord", json!({"logRecordPointer": pointer})).await["logRecord"].clone();
    assert_eq!(
        record,
        json!({
            "@message": r#"{"status":500,"user":{"name":"ann"}}"#,
            "@timestamp": (world.now() - 7).to_string(),
            "@ingestionTime": world.now().to_string(),
            "@logStream": "s",
            "@log": "111122223333:g",
            "status": "500",
            "user.name": "ann",
        })
    );
}

#[tokio::test]
async fn a_pointer_to_nothing_is_told_apart_from_no_pointer() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.put("g", "s", &[(0, "m")]).await;
    let there = pointer(&world, "g", 0).await;
    let nowhere = world
        .logs
        .pointers()
        .await
        .unwrap()
        .encode(GroupId(99), Place { time: base::Timestamp::from_millis(1), position: Position(1) });
    for (pointer, code) in [
        ("made up", "InvalidParameterException"),
        (nowhere.as_str(), "ResourceNotFoundException"),
        (&there[1..], "InvalidParameterException"),
    ] {
        let refused = world.refused("GetLogRecord", json!({"logRecordPointer": pointer})).await;
        assert_eq!(refused.0, code, "{pointer}");
    }
    let mut other = scope();
    other.account = "444455556666".parse().unwrap();
    let input = json!({"logRecordPointer": there});
    let refused = world.call_in(&other, "GetLogRecord", input.clone()).await.unwrap_err();
    assert_eq!(refused.name, "ResourceNotFoundException");
    world.ok("DeleteLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    assert_eq!(world.refused("GetLogRecord", input).await.0, "ResourceNotFoundException");
}

async fn fields(world: &World, more: Value) -> Vec<(String, i64)> {
    let mut input = json!({"logGroupName": "g"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = world.ok("GetLogGroupFields", input).await;
    let field = |field: &Value| (field["name"].as_str().unwrap().to_owned(), field["percent"].as_i64().unwrap());
    answer["logGroupFields"].as_array().unwrap().iter().map(field).collect()
}

#[tokio::test]
async fn fields_are_told_with_the_share_of_events_that_have_them() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    assert_eq!(fields(&world, json!({})).await, []);
    world.put("g", "s", &[(-3, r#"{"b":1,"a":{"x":1}}"#), (-2, r#"{"b":2}"#), (-1, "text")]).await;
    let expected = [
        ("@ingestionTime", 100),
        ("@log", 100),
        ("@logStream", 100),
        ("@message", 100),
        ("@timestamp", 100),
        ("b", 67),
        ("a.x", 33),
    ];
    let expected: Vec<(String, i64)> = expected.into_iter().map(|(name, percent)| (name.to_owned(), percent)).collect();
    assert_eq!(fields(&world, json!({})).await, expected);
    world.advance(20 * 60_000);
    assert_eq!(fields(&world, json!({})).await, []);
    let seconds = world.now() / 1000 - 20 * 60;
    for time in [seconds, seconds + 8 * 60 - 1, seconds * 1000] {
        assert_eq!(fields(&world, json!({"time": time})).await, expected, "{time}");
    }
    assert_eq!(fields(&world, json!({"time": seconds - 9 * 60})).await, []);
}
