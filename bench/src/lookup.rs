//! LookupEvents by user over ten million events of 90 days.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use base::time::DAY_MS;
use base::{Clock, SystemClock, TimeRange};
use store::trail_event::{Attribute, Lookup};
use store::{Store, StoreOptions};

use crate::Failure;
use crate::history::{USERS, event};
use crate::table::{Table, ms, quantile};

const DAYS: i64 = 90;

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
        let time = |n: u64| start.plus_millis((n * (DAY_MS as u64 - 120_000) / per_day.max(1)) as i64);
        let events = (0..per_day).map(|n| event(day as u64 * per_day + n, time(n))).collect();
        store.trail_events().import(events, now).await?;
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
