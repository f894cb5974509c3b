//! The schema as a table of events.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const ACCOUNT: &str = "111122223333";

fn event() -> Json {
    json!({
        "version": "1.0",
        "userIdentity": {"type": "Employee", "principalId": "dave", "details": {"team": "ops"}},
        "eventSource": "door.acme.test",
        "eventName": "Open",
        "eventTime": "2026-03-02T08:14:09Z",
        "UID": "u-1",
        "recipientAccountId": ACCOUNT,
        "userAgent": "badge",
        "sourceIPAddress": "192.0.2.7",
        "requestParameters": {"door": "north"},
        "responseElements": {"open": true},
        "errorCode": "E1",
        "errorMessage": "jammed",
        "additionalEventData": {"hall": 3}
    })
}

fn code(text: &str, source: Option<&str>) -> Option<&'static str> {
    let account = ACCOUNT.parse().unwrap();
    AuditEvent::read(text, Expected { account: &account, source }).err().map(|refusal| refusal.code)
}

#[test]
fn events_of_the_schema_are_taken() {
    assert_eq!(code(&event().to_string(), None), None);
    for optional in [
        "userAgent",
        "sourceIPAddress",
        "requestParameters",
        "responseElements",
        "errorCode",
        "errorMessage",
        "additionalEventData",
    ] {
        let mut event = event();
        event[optional] = Json::Null;
        assert_eq!(code(&event.to_string(), None), None, "{optional} may be null");
        event.as_object_mut().unwrap().remove(optional);
        assert_eq!(code(&event.to_string(), None), None, "{optional} may be absent");
    }
}

#[test]
fn what_must_be_there_is_asked_for() {
    for needed in ["version", "userIdentity", "eventSource", "eventName", "eventTime", "UID", "recipientAccountId"] {
        let mut event = event();
        event.as_object_mut().unwrap().remove(needed);
        assert_eq!(code(&event.to_string(), None), Some("FieldNotFound"), "{needed}");
    }
    for needed in ["type", "principalId"] {
        let mut event = event();
        event["userIdentity"].as_object_mut().unwrap().remove(needed);
        assert_eq!(code(&event.to_string(), None), Some("FieldNotFound"), "userIdentity.{needed}");
    }
}

#[test]
fn what_is_too_long_is_refused_and_no_sooner() {
    for (pointer, most) in [
        ("/version", 256),
        ("/userIdentity/type", 128),
        ("/userIdentity/principalId", 1024),
        ("/eventSource", 1024),
        ("/eventName", 1024),
        ("/UID", 1024),
        ("/userAgent", 1024),
        ("/errorCode", 256),
        ("/errorMessage", 256),
    ] {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = "é".repeat(most).into();
        assert_eq!(code(&event.to_string(), None), None, "{pointer}");
        *event.pointer_mut(pointer).unwrap() = "é".repeat(most + 1).into();
        assert_eq!(code(&event.to_string(), None), Some("FieldTooLong"), "{pointer}");
    }
    for (member, most) in
        [("requestParameters", 102_400), ("responseElements", 102_400), ("additionalEventData", 28_672)]
    {
        let mut event = event();
        event[member] = json!({"a": "x".repeat(most - r#"{"a":""}"#.len())});
        assert_eq!(code(&event.to_string(), None), None, "{member}");
        event[member] = json!({"a": "x".repeat(most - r#"{"a":""}"#.len() + 1)});
        assert_eq!(code(&event.to_string(), None), Some("FieldTooLong"), "{member}");
    }
}

#[test]
fn what_has_another_form_is_refused() {
    for (pointer, value) in [
        ("/version", json!(1)),
        ("/userIdentity", json!("dave")),
        ("/userIdentity/details", json!("ops")),
        ("/eventTime", json!("yesterday")),
        ("/eventTime", json!("2026-03-02")),
        ("/eventTime", json!("2026-03-02T08:14Z")),
        ("/eventTime", json!("2026-03-02T08:14:09+01:00")),
        ("/eventTime", json!("2026-03-02 08:14:09Z")),
        ("/eventTime", json!("2026-13-02T08:14:09Z")),
        ("/sourceIPAddress", json!("192.0.2")),
        ("/sourceIPAddress", json!("door.acme.test")),
        ("/requestParameters", json!(["north"])),
        ("/responseElements", json!("open")),
        ("/additionalEventData", json!(3)),
    ] {
        let mut event = event();
        *event.pointer_mut(pointer).unwrap() = value.clone();
        assert_eq!(code(&event.to_string(), None), Some("InvalidData"), "{pointer} = {value}");
    }
    for text in ["", "[]", "\"event\"", "{", "null", "{}x", r#"{"version":"1","version":"2"}"#] {
        assert_eq!(code(text, None), Some("InvalidData"), "{text}");
    }
    let twice = event().to_string().replacen('{', r#"{"UID":"u-2","#, 1);
    assert_eq!(code(&twice, None), Some("InvalidData"), "a member twice");
    for time in ["2026-03-02T08:14:09", "2026-03-02T08:14:09.25Z"] {
        let mut event = event();
        event["eventTime"] = time.into();
        assert_eq!(code(&event.to_string(), None), None, "{time}");
    }
    let mut event = event();
    event["sourceIPAddress"] = "2001:db8::7".into();
    assert_eq!(code(&event.to_string(), None), None);
}

#[test]
fn events_are_for_the_channels_account_and_of_its_source() {
    let mut event = event();
    assert_eq!(code(&event.to_string(), Some("door.acme.test")), None);
    assert_eq!(code(&event.to_string(), Some("OneLogin")), Some("InvalidEventSource"));
    event["recipientAccountId"] = "444455556666".into();
    assert_eq!(code(&event.to_string(), None), Some("InvalidRecipient"));
}

#[test]
fn the_record_has_the_event_as_it_was_given() {
    let account = ACCOUNT.parse().unwrap();
    let text = event().to_string().replace("\"hall\":3", "\"hall\":3.10");
    let spaced = format!("  {text}\n");
    let event = AuditEvent::read(&spaced, Expected { account: &account, source: None }).unwrap();
    assert_eq!(event.time.iso_secs(), "2026-03-02T08:14:09Z");
    let record = event.record(Arrival {
        event_id: "a0000000-0000-4000-8000-000000000001",
        region: "eu-west-1",
        account: &account,
        channel_arn: "arn:aws:cloudtrail:eu-west-1:111122223333:channel/c",
        time: Timestamp::from_millis(1_772_439_251_103),
    });
    let head = r#"{"eventVersion":"1.0","eventCategory":"ActivityAuditLog","eventType":"ActivityLog","eventID":"a0000000-0000-4000-8000-000000000001","eventTime":"2026-03-02 08:14:09.000","awsRegion":"eu-west-1","recipientAccountId":"111122223333","metadata":{"ingestionTime":"2026-03-02 08:14:11.103","channelARN":"arn:aws:cloudtrail:eu-west-1:111122223333:channel/c"},"eventData":"#;
    assert_eq!(record, format!("{head}{text}}}"));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_fail(text in "[{}\\[\\]\",:a-zA-Z0-9 é]{0,60}") {
        let account = ACCOUNT.parse().unwrap();
        let _ = AuditEvent::read(&text, Expected { account: &account, source: None });
    }
}
