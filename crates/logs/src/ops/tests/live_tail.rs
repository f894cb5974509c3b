//! logs.md §2.6.

use api::Answer;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::mpsc::Receiver;

use crate::test_world::{World, context, scope};

const ARN: &str = "arn:aws:logs:eu-west-1:111122223333:log-group:g";

/// A frame's headers and payload, without its checksums.
fn parsed(frame: &Bytes) -> (Vec<(String, String)>, Value) {
    let number = |at: usize| u32::from_be_bytes(frame[at..at + 4].try_into().unwrap()) as usize;
    assert_eq!(number(0), frame.len());
    let (mut headers, mut at, end) = (Vec::new(), 12, 12 + number(4));
    while at < end {
        let name = &frame[at + 1..at + 1 + frame[at] as usize];
        at += 2 + name.len();
        let length = u16::from_be_bytes(frame[at..at + 2].try_into().unwrap()) as usize;
        let value = &frame[at + 2..at + 2 + length];
        at += 2 + length;
        headers.push((String::from_utf8(name.to_vec()).unwrap(), String::from_utf8(value.to_vec()).unwrap()));
    }
    (headers, serde_json::from_slice(&frame[end..frame.len() - 4]).unwrap())
}

/// The next frame: what it is, and its payload.
async fn next(pieces: &mut Receiver<Bytes>) -> (String, Value) {
    let (headers, payload) = parsed(&pieces.recv().await.expect("there is another frame"));
    let kind = headers.iter().find(|(name, _)| name == ":event-type" || name == ":exception-type");
    (kind.unwrap().1.clone(), payload)
}

async fn start(world: &World, input: Value) -> Receiver<Bytes> {
    let answer: Answer = world.answer(&context(&scope(), world.clock()), "StartLiveTail", input).await.unwrap();
    let stream = answer.stream.unwrap();
    assert_eq!(stream.media_type, "application/vnd.amazon.eventstream");
    stream.pieces
}

#[tokio::test]
async fn a_session_starts_and_tells_every_second_what_came_since_it_began() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.put("g", "s", &[(0, "before")]).await;
    let mut pieces = start(&world, json!({"logGroupIdentifiers": [ARN], "logEventFilterPattern": "x"})).await;
    assert_eq!(next(&mut pieces).await, ("initial-response".to_owned(), json!({})));
    let (kind, started) = next(&mut pieces).await;
    assert_eq!(kind, "sessionStart");
    assert_eq!(started["logGroupIdentifiers"], json!([ARN]));
    assert_eq!(started["logEventFilterPattern"], "x");
    assert_eq!((&started["logStreamNames"], &started["logStreamNamePrefixes"]), (&json!([]), &json!([])));
    assert_eq!(started["sessionId"].as_str().unwrap().len(), 36);
    world.put("g", "s", &[(-5, "x 1"), (0, "y")]).await;
    let result = json!({
        "logStreamName": "s", "logGroupIdentifier": ARN, "message": "x 1", "timestamp": world.now() - 5,
        "ingestionTime": world.now(),
    });
    for results in [json!([result]), json!([])] {
        let (kind, update) = next(&mut pieces).await;
        assert_eq!(kind, "sessionUpdate");
        assert_eq!(update, json!({"sessionMetadata": {"sampled": false}, "sessionResults": results}));
    }
}

#[tokio::test]
async fn a_session_ends_with_an_exception_after_three_hours() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    let mut pieces = start(&world, json!({"logGroupIdentifiers": [ARN]})).await;
    world.advance(3 * 3_600_000);
    let mut kinds = Vec::new();
    while let Some(frame) = pieces.recv().await {
        kinds.push(parsed(&frame).0.into_iter().map(|(_, value)| value).nth(1).unwrap());
    }
    assert_eq!(kinds, ["initial-response", "sessionStart", "SessionTimeoutException"]);
}

#[tokio::test]
async fn sessions_that_cannot_be_are_refused() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    world.ok("CreateLogGroup", json!({"logGroupName": "cold", "logGroupClass": "INFREQUENT_ACCESS"})).await;
    let cold = ARN.replace(":g", ":cold");
    for (input, code) in [
        (json!({"logGroupIdentifiers": [ARN.replace(":g", ":no")]}), "ResourceNotFoundException"),
        (json!({"logGroupIdentifiers": ["g"]}), "InvalidParameterException"),
        (json!({"logGroupIdentifiers": [format!("{ARN}:*")]}), "InvalidParameterException"),
        (json!({"logGroupIdentifiers": []}), "InvalidParameterException"),
        (json!({"logGroupIdentifiers": [ARN, cold], "logStreamNames": ["s"]}), "InvalidParameterException"),
        (
            json!({"logGroupIdentifiers": [ARN], "logStreamNames": ["s"], "logStreamNamePrefixes": ["s"]}),
            "InvalidParameterException",
        ),
        (json!({"logGroupIdentifiers": [ARN], "logEventFilterPattern": "{ $.a = "}), "InvalidParameterException"),
        (json!({"logGroupIdentifiers": [cold]}), "InvalidOperationException"),
    ] {
        let refused = world.answer(&context(&scope(), world.clock()), "StartLiveTail", input.clone()).await;
        assert_eq!(refused.unwrap_err().name, code, "{input}");
    }
}

#[tokio::test]
async fn the_sixteenth_session_is_refused_until_a_client_goes() {
    let world = World::new().await;
    world.make("g", &["s"]).await;
    let input = json!({"logGroupIdentifiers": [ARN]});
    let mut sessions = Vec::new();
    for _ in 0..15 {
        sessions.push(start(&world, input.clone()).await);
    }
    let cx = context(&scope(), world.clock());
    let refused = world.answer(&cx, "StartLiveTail", input.clone()).await.unwrap_err();
    assert_eq!(refused.name, "LimitExceededException");
    drop(sessions);
    // The session's task hears that its client is gone when it next runs.
    while world.answer(&cx, "StartLiveTail", input.clone()).await.is_err() {
        tokio::task::yield_now().await;
    }
}
