//! What a witness hears, of calls to a small server.

use std::sync::{Arc, Mutex};

use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::*;
use crate::test_server::{served, upstreams};
use crate::upstream::Upstreams;

/// Keeps what it hears as text.
#[derive(Default)]
struct Ear(Mutex<Vec<String>>);

#[async_trait]
impl Witness for Ear {
    async fn called(&self, call: &WitnessedCall<'_>) {
        let outcome = match &call.outcome {
            CallOutcome::Done { request_id } => format!("done {request_id:?}"),
            CallOutcome::Refused { status, code, message, request_id } => {
                format!("refused {status} {code} {message} {request_id:?}")
            }
            CallOutcome::Unreached { .. } => "unreached".to_owned(),
            CallOutcome::Unanswered { .. } => "unanswered".to_owned(),
            CallOutcome::NotMade => "not made".to_owned(),
        };
        let went = call.upstream.is_some();
        let heard = format!("{} {} {} {went} {outcome}", call.service, call.operation, call.region);
        self.0.lock().unwrap().push(heard);
    }
}

fn send_message(service: &'static str) -> UpstreamCall {
    let body = json!({"QueueUrl": "http://q", "MessageBody": "secret"});
    UpstreamCall {
        service,
        region: "eu-west-1".to_owned(),
        form: CallForm::Json { version: "1.0", target: "AmazonSQS.SendMessage", body },
        on_behalf: OnBehalf::new("111122223333".parse().unwrap(), "sns.amazonaws.com"),
    }
}

fn heard_by(upstreams: Upstreams) -> (Upstreams, Arc<Ear>) {
    let ear = Arc::new(Ear::default());
    (upstreams.with_witness(ear.clone()), ear)
}

async fn heard(reply: &str) -> Vec<String> {
    let (url, _) = served(reply).await;
    let (upstreams, ear) = heard_by(upstreams(&[url]));
    let _ = upstreams.call(send_message("sqs")).await;
    std::mem::take(&mut ear.0.lock().unwrap())
}

#[tokio::test]
async fn a_witness_hears_once_how_a_call_ended() {
    assert_eq!(
        heard("HTTP/1.1 200 OK\r\nx-amzn-requestid: r-1\r\ncontent-length: 2\r\n\r\n{}").await,
        [r#"sqs SendMessage eu-west-1 true done Some("r-1")"#]
    );
    assert_eq!(
        heard("HTTP/1.1 400 X\r\nx-amzn-requestid: r-2\r\ncontent-length: 36\r\n\r\n{\"__type\":\"a#Gone\",\"message\":\"no q\"}")
            .await,
        [r#"sqs SendMessage eu-west-1 true refused 400 Gone no q Some("r-2")"#]
    );
    assert_eq!(
        heard("HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\nbegun").await,
        ["sqs SendMessage eu-west-1 true unreached"],
        "the connection broke, which nobody can tell from one that was never made"
    );
}

#[tokio::test]
async fn what_cannot_be_reached_is_told_apart_from_what_is_not_called() {
    let (upstreams, ear) = heard_by(upstreams(&["sqs=http://127.0.0.1:1/".to_owned()]));
    upstreams.call_for_effect(send_message("sqs")).await.unwrap_err();
    upstreams.call_for_effect(send_message("kinesis")).await.unwrap_err();
    assert_eq!(
        *ear.0.lock().unwrap(),
        ["sqs SendMessage eu-west-1 true unreached", "kinesis SendMessage eu-west-1 false not made"]
    );
}

#[test]
fn ids_of_requests_are_in_headers_or_in_the_body() {
    let reply = |name: Option<&'static str>, body: &'static str| {
        let mut headers = HeaderMap::new();
        if let Some(name) = name {
            headers.insert(name, "r".parse().unwrap());
        }
        request_id(&Reply { status: StatusCode::OK, headers, body: body.into() })
    };
    assert_eq!(reply(Some("x-amzn-requestid"), "").as_deref(), Some("r"));
    assert_eq!(reply(Some("x-amz-request-id"), "").as_deref(), Some("r"));
    assert_eq!(reply(None, "<a><requestId>b</requestId></a>").as_deref(), Some("b"));
    assert_eq!(reply(None, "<a><RequestID>b</RequestID></a>").as_deref(), Some("b"));
    assert_eq!(reply(None, "{}"), None);
}

#[test]
fn an_attempt_is_the_first_until_one_has_failed() {
    assert_eq!([0, 1, 7].map(Attempt::after), [Attempt::First, Attempt::Again, Attempt::Again]);
}
