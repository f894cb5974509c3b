//! Records of calls that came some other way.

use api::call::TlsSession;
use api::{CallContext, Principal};
use base::Timestamp;
use serde_json::json;

use super::*;

const ACCOUNT: &str = "111122223333";

fn context() -> CallContext {
    CallContext {
        principal: Principal::Root { account: account(), access_key_id: "AKIAEXAMPLE".to_owned(), session: None },
        region: region(),
        partition: region().partition(),
        now: Timestamp::from_secs(1_772_439_300),
        request_id: "own-id".to_owned(),
        source_ip: "198.51.100.7".to_owned(),
        user_agent: "aws-cli/2".to_owned(),
        host: "127.0.0.1:4566".to_owned(),
        tls: Some(TlsSession { version: "TLSv1.3".to_owned(), cipher_suite: "AES".to_owned(), key_exchange: None }),
    }
}

fn account() -> AccountId {
    ACCOUNT.parse().unwrap()
}

fn region() -> Region {
    "eu-west-1".parse().unwrap()
}

fn built(change: impl FnOnce(&mut ForeignCall<'_>)) -> (TrailEvent, Json) {
    let (cx, recipient, region) = (context(), account(), region());
    let mut call = ForeignCall {
        cx: &cx,
        shown: CallerShown::Whole,
        event_source: "ec2.amazonaws.com",
        event_name: "StopInstances",
        cause: Cause::Call,
        class: Class::Management,
        read_only: false,
        region: &region,
        reach: Reach::Regional,
        recipient: &recipient,
        shared_event_id: None,
        error: None,
        request_parameters: json!({"instancesSet": {"items": [{"instanceId": "i-1"}]}}),
        response_elements: Json::Null,
        additional_event_data: None,
        service_event_details: None,
        request_id: Some("theirs"),
        resources: None,
        found_by: Vec::new(),
        completed: Timestamp::from_secs(1_772_439_301),
    };
    change(&mut call);
    let event = build(call, "6d3f3c1e-0b1a-4a55-9f1d-2f6a2f5f9c10".to_owned());
    let record = serde_json::from_str(&event.record).unwrap();
    (event, record)
}

#[test]
fn a_service_that_calls_stands_for_address_and_agent_and_shows_nothing_of_the_context() {
    let (event, record) = built(|call| {
        call.shown = CallerShown::Service("cloudwatch.amazonaws.com");
        call.cause = Cause::Service;
        call.service_event_details = Some(json!({"sourceArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a"}));
    });
    let expected = json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": "cloudwatch.amazonaws.com"},
        "eventTime": "2026-03-02T08:15:01Z",
        "eventSource": "ec2.amazonaws.com",
        "eventName": "StopInstances",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "cloudwatch.amazonaws.com",
        "userAgent": "cloudwatch.amazonaws.com",
        "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-1"}]}},
        "responseElements": null,
        "requestID": "theirs",
        "eventID": "6d3f3c1e-0b1a-4a55-9f1d-2f6a2f5f9c10",
        "readOnly": false,
        "eventType": "AwsServiceEvent",
        "managementEvent": true,
        "recipientAccountId": ACCOUNT,
        "serviceEventDetails": {"sourceArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a"},
        "eventCategory": "Management",
    });
    assert_eq!(record, expected);
    assert_eq!((event.username, event.access_key_id), (None, None));
}

#[test]
fn the_request_id_is_the_one_given_and_absent_without_one() {
    assert_eq!(built(|_| ()).1["requestID"], "theirs");
    assert!(built(|call| call.request_id = None).1.get("requestID").is_none());
}

#[test]
fn an_error_without_a_text_has_no_message() {
    let (_, record) = built(|call| call.error = Some(("BadGateway", "")));
    assert_eq!((&record["errorCode"], record.get("errorMessage")), (&json!("BadGateway"), None));
}

#[test]
fn events_of_global_services_are_marked_as_such() {
    assert!(!built(|_| ()).0.global);
    assert!(built(|call| call.reach = Reach::Global).0.global);
}
