//! PutAuditEvents: each event for itself, into every store that the channel leads to (cloudtrail.md §7.8).

use api::cloudtrail_data::types::{AuditEvent, PutAuditEventsRequest, PutAuditEventsResponse};
use api::{Service as _, ServiceError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::audit_events::CloudTrailData;
use crate::delivery::sha256;
use crate::ops::put_audit_events::put_audit_events;
use crate::test_world::{World, context};

fn event(id: &str) -> AuditEvent {
    let data = json!({
        "version": "1.0", "userIdentity": {"type": "Employee", "principalId": "dave"}, "eventSource": "door.acme.test",
        "eventName": "Open", "eventTime": "2026-03-02T08:00:00Z", "UID": id, "recipientAccountId": "111122223333",
    });
    AuditEvent { event_data: data.to_string(), event_data_checksum: None, id: id.to_owned() }
}

async fn put(world: &World, arn: &str, events: Vec<AuditEvent>) -> Result<PutAuditEventsResponse, ServiceError> {
    let service = CloudTrailData::new(world.parts().clone());
    let input = PutAuditEventsRequest { audit_events: events, channel_arn: arn.to_owned(), external_id: None };
    put_audit_events(&service, &context("eu-west-1", world.now()), input).await
}

/// A channel to so many stores of audit events.
async fn channel(world: &World, stores: usize, source: &str) -> String {
    let mut arns = Vec::new();
    for number in 0..stores {
        let selectors = json!([{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["ActivityAuditLog"]}]}]);
        let input = json!({"Name": format!("audit-{number}"), "TerminationProtectionEnabled": false,
                           "AdvancedEventSelectors": selectors});
        arns.push(world.ok("CreateEventDataStore", input).await["EventDataStoreArn"].clone());
    }
    let destinations: Vec<Value> =
        arns.iter().map(|arn| json!({"Type": "EVENT_DATA_STORE", "Location": arn})).collect();
    let input = json!({"Name": "door", "Source": source, "Destinations": destinations});
    let made = world.ok("CreateChannel", input).await;
    made["ChannelArn"].as_str().unwrap().to_owned()
}

fn stored(world: &World) -> usize {
    world.parts().lake_events.memory_events()
}

#[tokio::test]
async fn one_bad_event_does_not_fail_the_others() {
    let world = World::new().await;
    let arn = channel(&world, 2, "Custom").await;
    let mut summed = event("summed");
    summed.event_data_checksum = Some(BASE64.encode(sha256(summed.event_data.as_bytes())));
    let mut wrong = event("wrong");
    wrong.event_data_checksum = Some(BASE64.encode(sha256(b"something else")));
    let mut broken = event("broken");
    broken.event_data = "{}".to_owned();
    let answer = put(&world, &arn, vec![event("plain"), wrong, summed, broken]).await.unwrap();
    let taken: Vec<_> = answer.successful.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(taken, ["plain", "summed"]);
    let refused: Vec<_> = answer.failed.iter().map(|entry| (entry.id.as_str(), entry.error_code.as_str())).collect();
    assert_eq!(refused, [("wrong", "InvalidChecksum"), ("broken", "FieldNotFound")]);
    assert_eq!(stored(&world), 4, "two events in each of two stores");
}

#[tokio::test]
async fn the_channel_tells_what_became_of_its_latest_events() {
    let world = World::new().await;
    let arn = channel(&world, 1, "Custom").await;
    let first = put(&world, &arn, vec![event("a"), event("b")]).await.unwrap();
    let started = world.now().secs();
    world.sleep(10);
    let mut broken = event("c");
    broken.event_data = "no".to_owned();
    put(&world, &arn, vec![broken]).await.unwrap();
    let status = world.ok("GetChannel", json!({"Channel": arn})).await["IngestionStatus"].clone();
    assert_eq!(status["LatestIngestionSuccessEventID"], first.successful[1].event_id);
    assert_eq!(status["LatestIngestionSuccessTime"].as_f64().unwrap() as i64, started);
    assert_eq!(status["LatestIngestionAttemptTime"].as_f64().unwrap() as i64, started + 10);
    assert_eq!(status["LatestIngestionErrorCode"], "InvalidData");
    assert_ne!(status["LatestIngestionAttemptEventID"], status["LatestIngestionSuccessEventID"]);
}

#[tokio::test]
async fn calls_that_are_wrong_as_a_whole_store_nothing() {
    let world = World::new().await;
    let arn = channel(&world, 1, "Custom").await;
    let mut large = event("large");
    large.event_data = large.event_data.replace("door.acme.test", &"x".repeat(1 << 20));
    for (arn, events, expected) in [
        (arn.as_str(), vec![event("a"), event("a")], "DuplicatedAuditEventId"),
        (&arn, vec![event("a"), large], "RequestEntityTooLargeException"),
        (arn.rsplit('/').next().unwrap(), vec![event("a")], "InvalidChannelARN"),
        ("arn:aws:cloudtrail:eu-west-1:111122223333:trail/door", vec![event("a")], "InvalidChannelARN"),
        (&arn.replace("eu-west-1", "us-east-1"), vec![event("a")], "ChannelNotFound"),
        (
            "arn:aws:cloudtrail:eu-west-1:111122223333:channel/00000000-0000-4000-8000-000000000000",
            vec![event("a")],
            "ChannelNotFound",
        ),
    ] {
        assert_eq!(put(&world, arn, events).await.unwrap_err().name, expected);
    }
    assert_eq!(stored(&world), 0);
    assert!(world.ok("GetChannel", json!({"Channel": arn})).await.get("IngestionStatus").is_none());
}

#[tokio::test]
async fn a_partners_events_name_the_partner() {
    let world = World::new().await;
    let arn = channel(&world, 1, "OneLogin").await;
    let mut own = event("own");
    own.event_data = own.event_data.replace("door.acme.test", "OneLogin");
    let answer = put(&world, &arn, vec![event("other"), own]).await.unwrap();
    assert_eq!((answer.failed[0].id.as_str(), answer.failed[0].error_code.as_str()), ("other", "InvalidEventSource"));
    assert_eq!(answer.successful[0].id, "own");
}

#[tokio::test]
async fn audit_events_survive_a_restart() {
    let world = World::new().await;
    let arn = channel(&world, 1, "Custom").await;
    put(&world, &arn, vec![event("a"), event("b")]).await.unwrap();
    let world = world.restarted().await;
    assert_eq!(stored(&world), 2);
}

#[tokio::test]
async fn the_policy_of_a_channel_is_weighed_with_the_external_id() {
    let world = World::new().await;
    let arn = channel(&world, 1, "Custom").await;
    let policy =
        json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "444455556666"},
        "Action": "cloudtrail-data:PutAuditEvents", "Resource": arn}]})
        .to_string();
    world.ok("PutResourcePolicy", json!({"ResourceArn": arn, "ResourcePolicy": policy})).await;
    let service = CloudTrailData::new(world.parts().clone());
    let operation = service.schema().operation("PutAuditEvents").unwrap();
    let input = api::IntoValue::into_value(PutAuditEventsRequest {
        audit_events: vec![event("a")],
        channel_arn: arn.clone(),
        external_id: Some("one".to_owned()),
    });
    let wanted = service.authorization(&context("eu-west-1", world.now()), operation, Some(&input));
    assert_eq!((wanted.action.as_str(), &wanted.resources), ("cloudtrail-data:PutAuditEvents", &vec![arn.clone()]));
    assert_eq!(wanted.conditions, [("cloudtrail:ExternalId".to_owned(), vec!["one".to_owned()])]);
    let [own] = wanted.resource_policies.as_slice() else { panic!("{:?}", wanted.resource_policies) };
    assert_eq!((own.resource.as_str(), own.owner.as_str()), (arn.as_str(), "111122223333"));
    assert_eq!(own.policy.as_deref(), Some(policy.as_str()));
}
