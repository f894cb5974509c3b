//! logs.md §2.1 and §2.2.

use serde_json::{Value, json};

use crate::test_world::{World, messages};

const DAY: i64 = 86_400_000;
const INVALID_TOKEN: &str = "The specified nextToken is invalid.";

async fn world() -> World {
    let world = World::new().await;
    world.make("g", &["s", "t"]).await;
    world
}

/// A read of the stream `s` with some more members.
async fn get(world: &World, more: Value) -> Value {
    let mut input = json!({"logGroupName": "g", "logStreamName": "s"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.ok("GetLogEvents", input).await
}

async fn filter(world: &World, more: Value) -> Value {
    let mut input = json!({"logGroupName": "g"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.ok("FilterLogEvents", input).await
}

#[tokio::test]
async fn an_event_read_has_three_members_and_tokens_are_always_there() {
    let world = world().await;
    let empty = get(&world, json!({})).await;
    assert_eq!(empty["events"], json!([]));
    world.put("g", "s", &[(-5, "m")]).await;
    let page = get(&world, json!({})).await;
    assert_eq!(page["events"], json!([{"timestamp": world.now() - 5, "message": "m", "ingestionTime": world.now()}]));
    for (answer, letter) in [(&empty, "f/"), (&empty, "b/"), (&page, "f/"), (&page, "b/")] {
        let member = if letter == "f/" { "nextForwardToken" } else { "nextBackwardToken" };
        let token = answer[member].as_str().unwrap();
        assert!(token.starts_with(letter) && token.len() == 58, "{token}");
    }
    let later = get(&world, json!({"nextToken": empty["nextForwardToken"]})).await;
    assert_eq!(messages(&later), ["m"]);
}

#[tokio::test]
async fn the_start_is_inclusive_and_the_end_exclusive() {
    let world = world().await;
    world.put("g", "s", &[(-3, "a"), (-2, "b"), (-1, "c")]).await;
    let now = world.now();
    for (start, end, found) in [(-3, -1, &["a", "b"][..]), (-2, 0, &["b", "c"]), (-1, -1, &[]), (5, 9, &[])] {
        let page = get(&world, json!({"startTime": now + start, "endTime": now + end})).await;
        assert_eq!(messages(&page), found, "{start} {end}");
    }
}

#[tokio::test]
async fn pages_lead_both_ways_until_the_token_repeats() {
    let world = world().await;
    let texts = ["0", "1", "2", "3", "4", "5", "6"];
    let events: Vec<(i64, &str)> = texts.iter().enumerate().map(|(n, text)| (n as i64 / 2 - 10, *text)).collect();
    world.put("g", "s", &events).await;
    // From the head, forward.
    let mut page = get(&world, json!({"limit": 3, "startFromHead": true})).await;
    let mut forward: Vec<String> = messages(&page).into_iter().map(str::to_owned).collect();
    loop {
        let token = page["nextForwardToken"].clone();
        let next = get(&world, json!({"limit": 3, "startFromHead": true, "nextToken": token})).await;
        forward.extend(messages(&next).into_iter().map(str::to_owned));
        if next["nextForwardToken"] == token {
            assert_eq!(next["events"], json!([]));
            page = next;
            break;
        }
        page = next;
    }
    assert_eq!(forward, texts);
    // Then back from the end, whatever startFromHead says.
    let mut backward: Vec<String> = Vec::new();
    loop {
        let token = page["nextBackwardToken"].clone();
        let next = get(&world, json!({"limit": 3, "nextToken": token})).await;
        let mut found: Vec<String> = messages(&next).into_iter().map(str::to_owned).collect();
        assert!(found.is_sorted(), "{found:?}");
        found.extend(std::mem::take(&mut backward));
        backward = found;
        if next["nextBackwardToken"] == token {
            break;
        }
        page = next;
    }
    assert_eq!(backward, texts);
    // Without a token the newest page comes, in ascending order.
    assert_eq!(messages(&get(&world, json!({"limit": 3})).await), ["4", "5", "6"]);
}

#[tokio::test]
async fn a_tail_reader_goes_on_with_the_same_token_until_something_comes() {
    let world = world().await;
    world.put("g", "s", &[(0, "a")]).await;
    let token = get(&world, json!({})).await["nextForwardToken"].clone();
    for _ in 0..2 {
        let page = get(&world, json!({"nextToken": token})).await;
        assert_eq!((messages(&page), &page["nextForwardToken"]), (vec![], &token));
    }
    world.put("g", "s", &[(0, "b")]).await;
    let page = get(&world, json!({"nextToken": token})).await;
    assert_eq!(messages(&page), ["b"]);
    assert_ne!(page["nextForwardToken"], token);
}

#[tokio::test]
async fn tokens_that_are_none_of_the_streams_are_refused() {
    let world = world().await;
    world.put("g", "s", &[(0, "a")]).await;
    let token = get(&world, json!({})).await["nextForwardToken"].clone();
    for (stream, token) in
        [("s", json!("garbage")), ("s", json!(format!("f/{}", "0".repeat(56)))), ("t", token.clone())]
    {
        let input = json!({"logGroupName": "g", "logStreamName": stream, "nextToken": token});
        let refused = world.refused("GetLogEvents", input).await;
        assert_eq!(refused, ("InvalidParameterException".to_owned(), INVALID_TOKEN.to_owned()), "{stream} {token}");
    }
    world.advance(DAY + 1_000);
    let input = json!({"logGroupName": "g", "logStreamName": "s", "nextToken": token});
    assert_eq!(world.refused("GetLogEvents", input).await.1, INVALID_TOKEN);
}

#[tokio::test]
async fn pages_hold_a_mebibyte_and_one_event_always_fits() {
    let world = world().await;
    let half = "x".repeat(600_000);
    let whole = "y".repeat(1_048_576 - 26);
    world.put("g", "s", &[(-3, &half)]).await;
    world.put("g", "s", &[(-2, &half)]).await;
    world.put("g", "s", &[(-1, &whole)]).await;
    let mut sizes = Vec::new();
    let mut page = get(&world, json!({"startFromHead": true})).await;
    while !messages(&page).is_empty() {
        sizes.push(messages(&page).len());
        page = get(&world, json!({"nextToken": page["nextForwardToken"]})).await;
    }
    assert_eq!(sizes, [1, 1, 1]);
    let filtered = filter(&world, json!({})).await;
    assert_eq!(messages(&filtered).len(), 1);
    assert!(filtered.get("nextToken").is_some());
}

#[tokio::test]
async fn what_is_past_retention_is_gone_from_every_read_at_once_and_may_come_back() {
    let world = world().await;
    world.put("g", "s", &[(-2 * DAY, "old")]).await;
    world.put("g", "s", &[(-10, "new")]).await;
    for (days, found, bytes) in
        [(None, &["old", "new"][..], 58), (Some(1), &["new"], 29), (Some(3), &["old", "new"], 58)]
    {
        if let Some(days) = days {
            world.ok("PutRetentionPolicy", json!({"logGroupName": "g", "retentionInDays": days})).await;
        }
        assert_eq!(messages(&get(&world, json!({"startFromHead": true})).await), found, "{days:?}");
        assert_eq!(messages(&filter(&world, json!({})).await), found, "{days:?}");
        let groups = world.ok("DescribeLogGroups", json!({})).await;
        assert_eq!(groups["logGroups"][0]["storedBytes"], bytes, "{days:?}");
    }
    world.advance(DAY + DAY / 2);
    assert_eq!(messages(&get(&world, json!({"startFromHead": true})).await), ["new"]);
}

#[tokio::test]
async fn a_filter_reads_all_streams_by_time_and_names_them() {
    let world = world().await;
    world.put("g", "s", &[(-3, "ERROR a"), (-1, "ERROR c")]).await;
    world.put("g", "t", &[(-2, "ERROR b"), (-1, "fine")]).await;
    let answer = filter(&world, json!({"filterPattern": "ERROR"})).await;
    assert_eq!(messages(&answer), ["ERROR a", "ERROR b", "ERROR c"]);
    assert_eq!((&answer["searchedLogStreams"], answer.get("nextToken")), (&json!([]), None));
    let first = &answer["events"][0];
    assert_eq!(first["logStreamName"], "s");
    let id = first["eventId"].as_str().unwrap();
    assert!(id.len() == 56 && id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
    assert_eq!(filter(&world, json!({"filterPattern": "ERROR"})).await["events"], answer["events"]);
    for (more, found) in [
        (json!({"logStreamNames": ["t"]}), &["ERROR b", "fine"][..]),
        (json!({"logStreamNamePrefix": "s"}), &["ERROR a", "ERROR c"]),
        (json!({"logStreamNamePrefix": "none"}), &[]),
        (json!({"startTime": world.now() - 2, "endTime": world.now() - 2}), &["ERROR b"]),
        (json!({"filterPattern": ""}), &["ERROR a", "ERROR b", "ERROR c", "fine"]),
    ] {
        assert_eq!(messages(&filter(&world, more.clone()).await), found, "{more}");
    }
}

#[tokio::test]
async fn pages_of_a_filter_follow_one_another() {
    let world = world().await;
    world.put("g", "s", &[(-3, "x1"), (-2, "no"), (-2, "x2"), (-1, "x3")]).await;
    let first = filter(&world, json!({"filterPattern": "%x.%", "limit": 2})).await;
    assert_eq!(messages(&first), ["x1", "x2"]);
    let token = first["nextToken"].clone();
    let second = filter(&world, json!({"filterPattern": "%x.%", "nextToken": token})).await;
    assert_eq!(messages(&second), ["x3"]);
    assert_eq!(second.get("nextToken"), None);
    for input in [
        json!({"logGroupName": "g", "filterPattern": "other", "nextToken": token}),
        json!({"logGroupName": "g", "nextToken": "garbage"}),
    ] {
        let refused = world.refused("FilterLogEvents", input.clone()).await;
        assert_eq!(refused, ("InvalidParameterException".to_owned(), INVALID_TOKEN.to_owned()), "{input}");
    }
}

#[tokio::test]
async fn filters_that_cannot_be_are_refused() {
    let world = world().await;
    for (more, code, text) in [
        (json!({"filterPattern": "{ $.a = "}), "InvalidParameterException", Some("Invalid filter pattern")),
        (json!({"logStreamNames": ["s"], "logStreamNamePrefix": "s"}), "InvalidParameterException", None),
        (
            json!({"logStreamNames": ["s", "no"]}),
            "ResourceNotFoundException",
            Some("The specified log stream does not exist."),
        ),
        (json!({"limit": 10_001}), "InvalidParameterException", None),
    ] {
        let mut input = json!({"logGroupName": "g"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let refused = world.refused("FilterLogEvents", input).await;
        assert_eq!(refused.0, code, "{more}");
        assert!(text.is_none_or(|text| refused.1 == text), "{more}: {}", refused.1);
    }
}

#[tokio::test]
async fn the_infrequent_class_is_not_read_this_way() {
    let world = World::new().await;
    world.ok("CreateLogGroup", json!({"logGroupName": "g", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    world.ok("CreateLogStream", json!({"logGroupName": "g", "logStreamName": "s"})).await;
    world.put("g", "s", &[(0, "taken")]).await;
    for (operation, input) in [
        ("GetLogEvents", json!({"logGroupName": "g", "logStreamName": "s"})),
        ("FilterLogEvents", json!({"logGroupName": "g"})),
    ] {
        assert_eq!(world.refused(operation, input).await.0, "InvalidParameterException", "{operation}");
    }
}
