//! logs.md §1.3 and W-7.

use serde_json::{Value, json};

use crate::test_world::World;

fn names(answer: &Value) -> Vec<&str> {
    answer["logStreams"].as_array().unwrap().iter().map(|stream| stream["logStreamName"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_stream_without_events_has_four_members_and_one_with_events_eight() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:s";
    let created = world.now();
    let empty = json!({"arn": arn, "creationTime": created, "logStreamName": "s", "storedBytes": 0});
    assert_eq!(world.ok("DescribeLogStreams", json!({"logGroupName": "g"})).await["logStreams"], json!([empty]));
    world.advance(5_000);
    world.put("g", "s", &[(-30, "a"), (-10, "b")]).await;
    world.put("g", "s", &[(-20, "c")]).await;
    let stream = &world.ok("DescribeLogStreams", json!({"logGroupName": "g"})).await["logStreams"][0];
    let token = stream["uploadSequenceToken"].as_str().unwrap();
    assert!(token.len() == 56 && token.bytes().all(|byte| byte.is_ascii_digit()), "{token}");
    assert_eq!(
        *stream,
        json!({
            "arn": arn, "creationTime": created, "logStreamName": "s", "storedBytes": 0,
            "firstEventTimestamp": world.now() - 30, "lastEventTimestamp": world.now() - 10,
            "lastIngestionTime": world.now(), "uploadSequenceToken": token,
        })
    );
}

#[tokio::test]
async fn a_stream_exists_once_and_goes_with_its_events() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    let stream = json!({"logGroupName": "g", "logStreamName": "s"});
    let again = world.refused("CreateLogStream", stream.clone()).await;
    assert_eq!(again.0, "ResourceAlreadyExistsException");
    assert_eq!(again.1, "The specified log stream already exists");
    world.put("g", "s", &[(0, "gone")]).await;
    world.ok("DeleteLogStream", stream.clone()).await;
    assert_eq!(world.ok("FilterLogEvents", json!({"logGroupName": "g"})).await["events"], json!([]));
    assert_eq!(world.ok("DescribeLogGroups", json!({})).await["logGroups"][0]["storedBytes"], 0);
    for operation in ["DeleteLogStream", "GetLogEvents"] {
        let (code, text) = world.refused(operation, stream.clone()).await;
        assert_eq!(code, "ResourceNotFoundException", "{operation}");
        assert_eq!(text, "The specified log stream does not exist.", "{operation}");
    }
    world.ok("CreateLogStream", stream.clone()).await;
    assert_eq!(world.ok("GetLogEvents", stream).await["events"], json!([]));
}

#[tokio::test]
async fn names_of_streams_have_no_colon_and_no_star() {
    let world = World::new().await;
    world.make("g", &[]).await;
    for name in ["a:b", "a*", ""] {
        let input = json!({"logGroupName": "g", "logStreamName": name});
        assert_eq!(world.refused("CreateLogStream", input).await.0, "InvalidParameterException", "{name}");
    }
    world.ok("CreateLogStream", json!({"logGroupName": "g", "logStreamName": "2026/02/26/[$LATEST]é x"})).await;
}

#[tokio::test]
async fn streams_come_by_name_or_by_last_event_either_way() {
    let world = World::new().await;
    world.make("g", &["a", "b", "c", "d"]).await;
    world.put("g", "c", &[(-10, "m")]).await;
    world.put("g", "a", &[(-5, "m")]).await;
    for (input, found) in [
        (json!({}), ["a", "b", "c", "d"]),
        (json!({"descending": true}), ["d", "c", "b", "a"]),
        (json!({"orderBy": "LastEventTime"}), ["b", "d", "c", "a"]),
        (json!({"orderBy": "LastEventTime", "descending": true}), ["a", "c", "d", "b"]),
    ] {
        let mut input = input;
        input["logGroupName"] = json!("g");
        assert_eq!(names(&world.ok("DescribeLogStreams", input.clone()).await), found, "{input}");
        input["limit"] = json!(3);
        let first = world.ok("DescribeLogStreams", input.clone()).await;
        input["nextToken"] = first["nextToken"].clone();
        let second = world.ok("DescribeLogStreams", input.clone()).await;
        assert_eq!([names(&first), names(&second)].concat(), found, "{input}");
    }
    let prefix = json!({"logGroupName": "g", "logStreamNamePrefix": "c"});
    assert_eq!(names(&world.ok("DescribeLogStreams", prefix).await), ["c"]);
    let both = json!({"logGroupName": "g", "logStreamNamePrefix": "c", "orderBy": "LastEventTime"});
    assert_eq!(
        world.refused("DescribeLogStreams", both).await.1,
        "Cannot order by LastEventTime with a logStreamNamePrefix."
    );
}

#[tokio::test]
async fn a_group_is_named_or_identified_and_never_both() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:g";
    for input in [json!({"logGroupIdentifier": "g"}), json!({"logGroupIdentifier": arn})] {
        assert_eq!(names(&world.ok("DescribeLogStreams", input.clone()).await), ["s"], "{input}");
    }
    for (input, code, text) in [
        (
            json!({"logGroupName": "g", "logGroupIdentifier": arn}),
            "ValidationException",
            "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
        ),
        (json!({}), "InvalidParameterException", "Either logGroupName or logGroupIdentifier must be specified."),
        (
            json!({"logGroupIdentifier": format!("{arn}:*")}),
            "InvalidParameterException",
            "1 validation error detected: Value at 'logGroupIdentifier' failed to satisfy constraint: Member must \
             satisfy regular expression pattern: [\\w#+=/:,.@-]*",
        ),
        (
            json!({"logGroupIdentifier": "arn:aws:logs:us-east-1:111122223333:log-group:g"}),
            "ResourceNotFoundException",
            "The specified log group does not exist.",
        ),
    ] {
        let refused = world.refused("DescribeLogStreams", input.clone()).await;
        assert_eq!(refused, (code.to_owned(), text.to_owned()), "{input}");
    }
}
