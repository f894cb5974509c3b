//! LookupEvents by user over ten million events of 90 days.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use base::time::DAY_MS;
use base::{Clock, SystemClock, TimeRange, Timestamp};
use store::trail_event::{Attribute, Lookup, TrailEvent};
use store::{Store, StoreOptions};

use crate::Failure;
use crate::table::{Table, ms, quantile};

const DAYS: i64 = 90;
/// One user in a hundred is common, the rest are rare.
const USERS: u64 = 20_000;

/// Writes the events, then looks up users of every kind, and one that does not exist.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let events: u64 = std::env::var("BENCH_EVENTS").ok().map_or(Ok(10_000_000), |text| text.parse())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(StoreOptions::new(folder.join("lookup"), clock.clone())).await?;
    let now = clock.now();
    let per_day = events / DAYS as u64;
    let started = Instant::now();
    for day in 0..DAYS {
        let start = now.plus_millis(-(DAYS - day) * DAY_MS + 60_000);
        store
            .trail_events()
            .import((0..per_day).map(|n| event(day as u64 * per_day + n, start, n, per_day)).collect(), now)
            .await?;
    }
    let rate = (per_day * DAYS as u64) as f64 / started.elapsed().as_secs_f64();
    table.row(
        &format!("writing {:.1} million events to files", events as f64 / 1e6),
        format!("{rate:.0}/s"),
        "-".to_owned(),
        "-".to_owned(),
    );
    let range = TimeRange { start: now.plus_millis(-DAYS * DAY_MS), end: now };
    for (what, users) in [
        ("a user with a few hundred events", (1..=300).map(|n| n * 61 % USERS).collect::<Vec<_>>()),
        ("a user who never called", (1..=100).map(|n| USERS + n).collect()),
    ] {
        let mut times = Vec::new();
        for user in users {
            let attribute = Some(Attribute::Username(format!("user-{user}")));
            let lookup = Lookup {
                account: "000000000000".parse()?,
                region: "us-east-1".parse()?,
                range,
                attribute,
                after: None,
                limit: 50,
            };
            let started = Instant::now();
            store.trail_events().lookup(lookup).await?;
            times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        let (p50, p99) = (quantile(&mut times, 0.5), quantile(&mut times, 0.99));
        table.row(
            &format!("LookupEvents by {what}, {:.1} million events", events as f64 / 1e6),
            format!("p50 {}, p99 {}", ms(p50), ms(p99)),
            "-".to_owned(),
            "-".to_owned(),
        );
    }
    store.close().await?;
    Ok(())
}

fn event(number: u64, start: Timestamp, of_day: u64, per_day: u64) -> TrailEvent {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let user = mixed % USERS;
    let (service, name, read_only) = CALLS[(mixed / USERS) as usize % CALLS.len()];
    let time = start.plus_millis((of_day * (DAY_MS as u64 - 120_000) / per_day.max(1)) as i64);
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
