//! Audit events: nothing fails, and what is taken becomes a record that holds it as it was given.

#![no_main]

use base::{AccountId, Timestamp};
use lang::audit_event::{Arrival, AuditEvent, Expected};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let account: AccountId = "111122223333".parse().expect("an account");
    let Ok(event) = AuditEvent::read(text, Expected { account: &account, source: None }) else { return };
    let arrival = Arrival {
        event_id: "a0000000-0000-4000-8000-000000000001",
        region: "eu-west-1",
        account: &account,
        channel_arn: "arn:aws:cloudtrail:eu-west-1:111122223333:channel/c",
        time: Timestamp::from_secs(0),
    };
    let record: serde_json::Value = serde_json::from_str(&event.record(arrival)).expect("a record is JSON");
    let given: serde_json::Value = serde_json::from_str(text).expect("what was taken is JSON");
    assert_eq!(record["eventData"], given);
    assert_eq!(record["recipientAccountId"], given["recipientAccountId"]);
});
