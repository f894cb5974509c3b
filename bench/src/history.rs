//! Audit events as they might be: few calls, many users.

use base::Timestamp;
use store::trail_event::TrailEvent;

/// How many users call, each about as often as any other.
pub const USERS: u64 = 20_000;

/// The event of a number at a time: always the same.
pub fn event(number: u64, time: Timestamp) -> TrailEvent {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let user = mixed % USERS;
    let (service, name, read_only) = CALLS[(mixed / USERS) as usize % CALLS.len()];
    let event_id = format!("{:08x}-0000-4000-8000-{number:012x}", mixed as u32);
    let key = format!("AKIA{user:016}");
    let resource = format!("resource-{}", mixed % 100_000);
    let record = format!(
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"IAMUser","principalId":"AIDA{user:016}","arn":"arn:aws:iam::000000000000:user/user-{user}","accountId":"000000000000","accessKeyId":"{key}","userName":"user-{user}"}},"eventTime":"{}","eventSource":"{service}","eventName":"{name}","awsRegion":"us-east-1","sourceIPAddress":"10.0.{}.{}","userAgent":"aws-cli/2.30.0 md/command","requestParameters":{{"name":"{resource}"}},"responseElements":null,"requestID":"{:08x}-1111-4000-8000-{number:012x}","eventID":"{event_id}","readOnly":{read_only},"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"000000000000","eventCategory":"Management"}}"#,
        time.iso_secs(),
        user % 250,
        mixed % 250,
        (mixed >> 8) as u32,
    );
    TrailEvent {
        account: "000000000000".parse().expect("twelve digits"),
        region: "us-east-1".parse().expect("a region name"),
        global: false,
        time,
        event_id,
        event_name: name.to_owned(),
        event_source: service.to_owned(),
        read_only,
        username: Some(format!("user-{user}")),
        access_key_id: Some(key),
        resources: vec![(Some("AWS::IAM::User".to_owned()), resource)],
        record,
    }
}

const CALLS: [(&str, &str, bool); 6] = [
    ("iam.amazonaws.com", "CreateUser", false),
    ("iam.amazonaws.com", "ListUsers", true),
    ("ec2.amazonaws.com", "DescribeInstances", true),
    ("sts.amazonaws.com", "AssumeRole", true),
    ("logs.amazonaws.com", "CreateLogGroup", false),
    ("monitoring.amazonaws.com", "PutMetricAlarm", false),
];
