//! Queries of CloudTrail Lake over ten million events, against bare scans of the same bytes.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use base::time::DAY_MS;
use base::{Clock, SystemClock, Timestamp};
use memchr::memmem;
use query::{Engine, Lake, LakeKind, LakeQuery, LakeRun, LakeStatistics, LakeStore};
use store::lake_event::{LakeColumn, LakeEvent, LakeEvents, LakeKeep, LakePart, LakeScan};
use store::{Store, StoreOptions};
use tokio::sync::{mpsc, watch};

use crate::Failure;
use crate::history;
use crate::sizes::number;
use crate::table::{Table, ms};

/// Events, unless `BENCH_LAKE_EVENTS` says otherwise.
const EVENTS: u64 = 10_000_000;
/// Days that they are spread over.
const DAYS: u64 = 30;
/// Events that are stored at once.
const BATCH: u64 = 10_000;
const NUMBER: u32 = 1;
const ID: &str = "0f3b7a52-6a0e-4f0e-9c58-3b2d7f1e6a90";
/// What a query may take.
const MEMORY_BYTES: usize = 512 << 20;

/// One store that keeps everything.
struct KeepAll;

impl LakeKeep for KeepAll {
    fn keeps_from(&self, _: u32, _: Timestamp) -> Option<Timestamp> {
        Some(Timestamp::MIN)
    }
}

/// Fills a store, then asks by a column of its own and by a member of the records.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let count = number("BENCH_LAKE_EVENTS", EVENTS)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(StoreOptions::new(folder.join("lake"), clock.clone())).await?;
    let events = store.lake_events();
    events.set_keep(Arc::new(KeepAll));
    let now = clock.now();
    let started = Instant::now();
    fill(events, count, now).await?;
    let rate = count as f64 / started.elapsed().as_secs_f64();
    let millions = format!("{:.1} million events", count as f64 / 1e6);
    table.row(&format!("{millions} into an event data store"), format!("{rate:.0}/s"), "-".to_owned(), "-".to_owned());
    events.compact(now.plus_millis(2 * DAY_MS)).await?;
    let lake = Lake::new(Arc::new(Engine::new(folder.join("lake-spill"))), events.clone());
    let by_name = scanned(events, now, LakeColumn::EventName, |name, found| match found.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(found.insert(name.to_owned(), 1)),
    });
    let asked = [
        (
            "Lake: GROUP BY eventName",
            format!("SELECT eventName, count(*) FROM {ID} GROUP BY eventName"),
            by_name.await?,
            "0.80",
        ),
        (
            "Lake: GROUP BY a request parameter",
            format!(
                "SELECT element_at(requestParameters, 'name'), count(*) FROM {ID} \
                 GROUP BY element_at(requestParameters, 'name') ORDER BY 2 DESC LIMIT 10"
            ),
            scanned(events, now, LakeColumn::EventJson, in_record).await?,
            "0.30",
        ),
    ];
    for (what, statement, limit, aim) in asked {
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let started = Instant::now();
            let rows = run(&lake, &statement, now).await?;
            best = best.min(started.elapsed());
            if rows == 0 {
                return Err(format!("nothing comes of {statement}").into());
            }
        }
        table.row(
            &format!("{what}, {millions}"),
            ms(best.as_secs_f64() * 1000.0),
            format!("{} (one thread reads the column and counts)", ms(limit.as_secs_f64() * 1000.0)),
            format!("{:.2} (aim ≥ {aim})", limit.as_secs_f64() / best.as_secs_f64()),
        );
    }
    store.close().await?;
    Ok(())
}

async fn fill(events: &LakeEvents, count: u64, now: Timestamp) -> Result<(), Failure> {
    let day = count.div_ceil(DAYS).max(1);
    for first in (0..count).step_by(BATCH as usize) {
        let event = |number: u64| {
            let within = (number % day) * (DAY_MS as u64 - 1) / day;
            let ago = (DAYS - number / day) as i64 * DAY_MS;
            let event = history::event(number, now.plus_millis(within as i64 - ago));
            LakeEvent { time: event.time, source: number + 1, record: event.record }
        };
        events.append(NUMBER, (first..count.min(first + BATCH)).map(event).collect()).await?;
    }
    events.flush(now).await?;
    Ok(())
}

/// The value that stands after the request parameter's name, found as text.
fn in_record(record: &str, found: &mut HashMap<String, u64>) {
    const BEFORE: &[u8] = br#""requestParameters":{"name":""#;
    let Some(at) = memmem::find(record.as_bytes(), BEFORE) else { return };
    let rest = &record[at + BEFORE.len()..];
    let name = &rest[..rest.find('"').unwrap_or(rest.len())];
    match found.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(found.insert(name.to_owned(), 1)),
    }
}

/// Reads one column of all events in one thread, and lets `take` see each text; the best of three.
async fn scanned(
    events: &LakeEvents,
    now: Timestamp,
    column: LakeColumn,
    take: fn(&str, &mut HashMap<String, u64>),
) -> Result<Duration, Failure> {
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let started = Instant::now();
        let (from, columns) = (Timestamp::MIN, vec![column]);
        let to = now.plus_millis(DAY_MS);
        let scan = LakeScan { number: NUMBER, from, to, equals: Vec::new(), columns };
        let parts = events.scan(scan).await?.parts;
        tokio::task::spawn_blocking(move || read(parts, take)).await??;
        best = best.min(started.elapsed());
    }
    Ok(best)
}

fn read(parts: Vec<LakePart>, take: fn(&str, &mut HashMap<String, u64>)) -> Result<(), Failure> {
    let mut found = HashMap::new();
    for part in parts {
        for batch in part {
            texts(batch?.column(0), |text| take(text, &mut found));
        }
    }
    std::hint::black_box(found);
    Ok(())
}

fn texts(column: &ArrayRef, mut each: impl FnMut(&str)) {
    match column.as_string_view_opt() {
        Some(texts) => texts.iter().flatten().for_each(each),
        None => column.as_string::<i32>().iter().flatten().for_each(&mut each),
    }
}

/// Runs a statement; gives the number of rows.
async fn run(lake: &Lake, statement: &str, now: Timestamp) -> Result<usize, Failure> {
    let (sender, mut coming) = mpsc::channel::<Vec<_>>(16);
    let (progress, _) = watch::channel(LakeStatistics::default());
    let (_cancel, cancelled) = watch::channel(false);
    let stores = vec![LakeStore { id: ID.to_owned(), number: NUMBER, kind: LakeKind::Calls }];
    let query = LakeQuery { statement: statement.to_owned(), stores, now, memory_bytes: MEMORY_BYTES };
    let counting = tokio::spawn(async move {
        let mut rows = 0;
        while let Some(some) = coming.recv().await {
            rows += some.len();
        }
        rows
    });
    lake.run(query, LakeRun { rows: sender, progress, cancelled }).await?;
    Ok(counting.await?)
}
