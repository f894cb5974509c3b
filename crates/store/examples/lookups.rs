//! Measures look-ups over many audit events: `lookups FOLDER [EVENTS]`.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

use std::sync::Arc;
use std::time::Instant;

use base::{SimulatedClock, TimeRange, Timestamp};
use store::trail_event::{Attribute, Lookup, TrailEvent};
use store::{Store, StoreOptions};

const DAY: i64 = base::time::DAY_MS;
const NOW: Timestamp = Timestamp::from_millis(20_000 * DAY - 1);

fn event(number: u64, day: i64, at: u64, count: u64) -> TrailEvent {
    let mix = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let millis = (at as i128 * i128::from(DAY) / i128::from(count)) as i64;
    let name = mix % 200;
    let user = if mix % 25_013 == 17 { "rare".to_owned() } else { format!("user-{}", mix % 500) };
    TrailEvent {
        account: "111122223333".parse().expect("an account"),
        region: ["us-east-1", "eu-west-1", "eu-central-1"][(mix % 3) as usize].parse().expect("a region"),
        global: mix.is_multiple_of(30),
        time: Timestamp::from_millis(day * DAY + millis),
        event_id: format!("{:08x}-0000-4000-8000-{number:012x}", mix as u32),
        event_name: format!("Operation{name}"),
        event_source: format!("service{}.amazonaws.com", name / 10),
        read_only: !name.is_multiple_of(3),
        username: Some(user.clone()),
        access_key_id: Some(format!("AKIA{:016}", mix % 700)),
        resources: vec![(Some(format!("AWS::Service::Type{}", name / 4)), format!("resource-{}", mix % 50_000))],
        record: format!(
            "{{\"eventVersion\":\"1.11\",\"userIdentity\":{{\"type\":\"IAMUser\",\"userName\":\"{user}\"}},\"eventTime\":{millis},\"eventName\":\"Operation{name}\",\"requestParameters\":{{\"name\":\"resource-{}\",\"token\":\"{mix:x}\"}},\"responseElements\":null,\"requestID\":\"{number:032x}\",\"eventType\":\"AwsApiCall\",\"managementEvent\":true,\"recipientAccountId\":\"111122223333\",\"eventCategory\":\"Management\"}}",
            mix % 50_000
        ),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("a folder is needed")?;
    let total: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let started = Instant::now();
    let store = Store::open(StoreOptions::new(folder, Arc::new(SimulatedClock::new(NOW)))).await?;
    println!("open: {:?}", started.elapsed());
    let table = store.trail_events();
    if table.file_rows().0 == 0 {
        let started = Instant::now();
        let count = total / 90;
        for n in 0..90 {
            let day = NOW.day() - n;
            let events = (0..count).map(|at| event(n as u64 * count + at, day, at, count)).collect();
            table.import(events, NOW).await?;
        }
        println!("import: {:?}", started.elapsed());
    }
    println!("files, rows: {:?}", table.file_rows());
    let mut samples: Vec<f64> = Vec::new();
    for _ in 0..200 {
        let started = Instant::now();
        table.append(event(1, NOW.day(), 5, 10)).await?;
        samples.push(started.elapsed().as_secs_f64() * 1e3);
    }
    report("append", &mut samples);
    let lookup = |attribute: Option<Attribute>| Lookup {
        account: "111122223333".parse().expect("an account"),
        region: "eu-west-1".parse().expect("a region"),
        range: TimeRange { start: Timestamp::MIN, end: Timestamp::MAX },
        attribute,
        after: None,
        limit: 50,
    };
    for (name, attribute) in [
        ("no attribute", None),
        ("rare user", Some(Attribute::Username("rare".to_owned()))),
        ("no such user", Some(Attribute::Username("nobody".to_owned()))),
        ("common user", Some(Attribute::Username("user-7".to_owned()))),
        ("resource", Some(Attribute::ResourceName("resource-777".to_owned()))),
        ("write", Some(Attribute::ReadOnly(false))),
    ] {
        let started = Instant::now();
        let found = table.lookup(lookup(attribute.clone())).await?.events.len();
        let first = started.elapsed();
        let mut samples = Vec::new();
        for _ in 0..100 {
            let started = Instant::now();
            table.lookup(lookup(attribute.clone())).await?;
            samples.push(started.elapsed().as_secs_f64() * 1e3);
        }
        report(&format!("{name} ({found} events, first {first:?})"), &mut samples);
    }
    store.close().await?;
    Ok(())
}

fn report(name: &str, samples: &mut [f64]) {
    samples.sort_by(f64::total_cmp);
    println!("{name}: p50 {:.3} ms, p99 {:.3} ms", samples[samples.len() / 2], samples[samples.len() * 99 / 100]);
}
