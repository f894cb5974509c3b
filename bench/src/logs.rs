//! Log events: taking them in, what they cost, and finding them again; on a gigabyte of lines.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, SystemClock, Timestamp};
use store::log_event::{GroupId, LogPut, NewEvent, StreamId};
use store::{Store, StoreOptions};

use crate::Failure;
use crate::corpus::{self, Corpus};
use crate::http_load;
use crate::metrics::{folder_bytes, resident_bytes};
use crate::packed::Packed;
use crate::server;
use crate::signed;
use crate::table::{Table, ms, quantile};

mod reads;

/// Bytes of messages, unless `BENCH_LOG_MEGABYTES` says otherwise.
const MEGABYTES: usize = 1024;
/// Bytes of messages in one put.
const PUT_BYTES: usize = 1 << 20;
const GROUP: GroupId = GroupId(1);
/// A stream of its own with this many events.
const ONE_STREAM: StreamId = StreamId(100);
const ONE_STREAM_EVENTS: usize = 100_000;
/// Stands in one message alone.
const RARE: &str = "req-5c1f7a90-4d2e-4b8a";
const CONNECTIONS: usize = 4;
const TIME: Duration = Duration::from_secs(5);

/// PutLogEvents of about a megabyte over HTTP against the echo.
pub async fn put(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let Some(lines) = corpus::folder() else { return skipped(table, "PutLogEvents of 1 MB") };
    let echo = server::echo().await?;
    let trailwatch = server::trailwatch(&folder.join("log-put"), &[]).await?;
    let address = &trailwatch.address;
    let call = |operation: &str, body: &serde_json::Value| {
        signed::json(address, "logs", &format!("Logs_20140328.{operation}"), body)
    };
    let group = serde_json::json!({ "logGroupName": "bench" });
    http_load::run(address, &[call("CreateLogGroup", &group)], Duration::ZERO).await?;
    let mut corpus = Corpus::open(&lines)?;
    let mut requests = Vec::new();
    for number in 0..CONNECTIONS {
        let stream = format!("s{number}");
        let body = serde_json::json!({ "logGroupName": "bench", "logStreamName": &stream });
        http_load::run(address, &[call("CreateLogStream", &body)], Duration::ZERO).await?;
        let (mut events, mut bytes) = (Vec::new(), 0);
        while bytes < 900_000 && events.len() < 10_000 {
            let text = corpus.next(events.len() as i64 / 200).text.to_owned();
            bytes += text.len() + 26;
            events.push(serde_json::json!({ "timestamp": SystemClock.now().millis(), "message": text }));
        }
        events.sort_by_key(|event| event["timestamp"].as_i64());
        let body = serde_json::json!({ "logGroupName": "bench", "logStreamName": &stream, "logEvents": events });
        requests.push(call("PutLogEvents", &body));
    }
    http_load::run(address, &requests, Duration::from_secs(1)).await?;
    let limit = http_load::run(&echo.address, &requests, TIME).await?;
    let mut ours = http_load::run(address, &requests, TIME).await?;
    let megabytes = requests[0].len() as f64 / 1e6;
    table.row(
        &format!("PutLogEvents of 1 MB, {CONNECTIONS} connections"),
        format!("{:.0} MB/s, p50 {}", ours.per_second * megabytes, ms(quantile(&mut ours.times_ms, 0.5))),
        format!("{:.0} MB/s (echo with SHA-256)", limit.per_second * megabytes),
        format!("{:.2} (aim ≥ 0.10)", ours.per_second / limit.per_second),
    );
    echo.stop().await?;
    trailwatch.stop().await
}

fn skipped(table: &mut Table, what: &str) -> Result<(), Failure> {
    table.row(what, "skipped: there are no log lines to make more from".to_owned(), "-".to_owned(), "-".to_owned());
    Ok(())
}

/// The engine on a gigabyte: taking in, bytes, finding.
pub async fn engine(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let Some(lines) = corpus::folder() else { return skipped(table, "a gigabyte of log events") };
    let megabytes = std::env::var("BENCH_LOG_MEGABYTES").ok().and_then(|given| given.parse().ok());
    let bytes_aim = megabytes.unwrap_or(MEGABYTES) << 20;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let data = folder.join("log-engine");
    let store = Arc::new(Store::open(StoreOptions::new(data.clone(), clock.clone())).await?);
    let filled = fill(&store, &lines, bytes_aim, clock.now(), folder, table).await?;
    let events = store.log_events();
    let on_disk = folder_bytes(&data.join("tables/log_event"))? as f64 / filled.raw_bytes as f64;
    table.row(
        "bytes of log events on disk, index included",
        format!("{on_disk:.3} of the raw messages"),
        "0.16".to_owned(),
        format!("{:.2} (aim ≤ 1)", on_disk / 0.16),
    );
    reads::needle(events, &filled, table).await?;
    let packed = Packed::of_corpus(&lines, bytes_aim)?;
    reads::common_word(events, &filled, &packed, table).await?;
    reads::queries(&store, &filled, &packed, folder, table).await?;
    reads::one_stream(events, &filled, table).await?;
    reads::first_page(events, &filled, &packed, table).await?;
    store.close().await?;
    Ok(())
}

/// What was stored.
struct Filled {
    from: Timestamp,
    to: Timestamp,
    raw_bytes: usize,
    events: usize,
}

async fn fill(
    store: &Arc<Store>,
    lines: &Path,
    bytes_aim: usize,
    now: Timestamp,
    folder: &Path,
    table: &mut Table,
) -> Result<Filled, Failure> {
    let mut corpus = Corpus::open(lines)?;
    // A day, in the middle of which the rare message stands.
    let from = Timestamp::from_millis((now.day() - 1) * base::time::DAY_MS);
    let systems = corpus.systems();
    let mut pending: Vec<(Vec<NewEvent>, usize)> = vec![(Vec::new(), 0); systems];
    let (mut raw_bytes, mut count, mut planted, mut most) = (0, 0, false, 0);
    let flushing = flush_when_due(store, now)?;
    let started = Instant::now();
    while raw_bytes < bytes_aim {
        let second = (raw_bytes as f64 / bytes_aim as f64 * 86_399.0) as i64;
        let line = corpus.next(second);
        let mut message = line.text.to_owned();
        if !planted && raw_bytes > bytes_aim / 2 {
            message = format!("{message} {RARE}");
            planted = true;
        }
        let (system, bytes) = (line.system, message.len());
        raw_bytes += bytes;
        count += 1;
        let (events, waiting) = &mut pending[system];
        events.push(NewEvent { time: from.plus_millis(second * 1000), message });
        *waiting += bytes + 26;
        if *waiting > PUT_BYTES - 10_000 || events.len() == 10_000 {
            let events = std::mem::take(events);
            *waiting = 0;
            store.log_events().make_room(now).await?;
            store.log_events().put(log_put(StreamId(system as u64 + 1), now, events)).await?;
            most = most.max(resident_bytes()?);
        }
    }
    for (system, (events, _)) in pending.into_iter().enumerate() {
        if !events.is_empty() {
            store.log_events().put(log_put(StreamId(system as u64 + 1), now, events)).await?;
        }
    }
    for first in (0..ONE_STREAM_EVENTS).step_by(10_000) {
        let event = |number: usize| NewEvent {
            time: from.plus_millis(number as i64 * 800),
            message: format!("event {number} of a stream of its own"),
        };
        store.log_events().put(log_put(ONE_STREAM, now, (first..first + 10_000).map(event).collect())).await?;
    }
    store.log_events().flush(now).await?;
    let took = started.elapsed();
    flushing.abort();
    let limit = synced_writes(&folder.join("raw"), bytes_aim)?;
    let (ours, raw) = (raw_bytes as f64 / 1e6 / took.as_secs_f64(), bytes_aim as f64 / 1e6 / limit.as_secs_f64());
    table.row(
        "log events taken in one by one put, indexed, synced, engine",
        format!(
            "{ours:.0} MB/s, {:.0} events/s, at most {} MiB resident",
            count as f64 / took.as_secs_f64(),
            most >> 20
        ),
        format!("{raw:.0} MB/s (1 MiB writes, each fdatasync)"),
        format!("{:.2}", ours / raw),
    );
    let merging = Instant::now();
    store.log_events().compact(now).await?;
    let merged = raw_bytes as f64 / 1e6 / merging.elapsed().as_secs_f64();
    table.row("log events merged into larger files", format!("{merged:.0} MB/s"), "-".to_owned(), "-".to_owned());
    Ok(Filled { from, to: from.plus_millis(base::time::DAY_MS), raw_bytes, events: count + ONE_STREAM_EVENTS })
}

/// Writes files while events come, as the server does.
fn flush_when_due(store: &Arc<Store>, now: Timestamp) -> Result<tokio::task::JoinHandle<()>, Failure> {
    let job = store.jobs().into_iter().find(|job| job.name() == "log_event.flush").ok_or("there is no such job")?;
    Ok(tokio::spawn(async move {
        loop {
            job.wake().notified().await;
            // A failure shows when the rest is flushed.
            drop(job.run(now).await);
        }
    }))
}

fn log_put(stream: StreamId, now: Timestamp, events: Vec<NewEvent>) -> LogPut {
    LogPut { group: GROUP, stream, ingested: now, retention_days: None, events }
}

/// The same bytes in writes of a mebibyte, each synced.
fn synced_writes(path: &Path, bytes: usize) -> Result<Duration, Failure> {
    use std::io::Write;
    let block: Vec<u8> = (0..1_usize << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut file = std::fs::File::create(path)?;
    let started = Instant::now();
    for _ in 0..bytes >> 20 {
        file.write_all(&block)?;
        file.sync_data()?;
    }
    let took = started.elapsed();
    std::fs::remove_file(path)?;
    Ok(took)
}
