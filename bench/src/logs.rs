//! Log events: taking them in, what they cost, and finding them again; on a gigabyte of lines.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base::{Clock, SystemClock, Timestamp};
use lang::filter_pattern::FilterPattern;
use lang::insights::{Class, Environment, NoLookupTables, Plan, PointerText, Query};
use lang::needle::Needle;
use memchr::memmem;
use query::{Engine, Insights, InsightsGroup, InsightsOutcome, InsightsQuery};
use store::log_event::{Direction, GroupId, LogEvents, LogPut, LogRead, LogScan, NewEvent, Position, StreamId};
use store::{Store, StoreOptions};
use tokio::sync::watch;

use crate::Failure;
use crate::calls::signed_json;
use crate::corpus::{self, Corpus};
use crate::http_load;
use crate::metrics::{folder_bytes, resident_bytes};
use crate::server;
use crate::table::{Table, ms, quantile};

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
/// What a query may take.
const MEMORY_BYTES: usize = 256 << 20;

/// PutLogEvents of about a megabyte over HTTP against the echo.
pub async fn put(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let Some(lines) = corpus::folder() else { return skipped(table, "PutLogEvents of 1 MB") };
    let echo = server::echo().await?;
    let trailwatch = server::trailwatch(&folder.join("log-put"), &[]).await?;
    let address = &trailwatch.address;
    let call = |operation: &str, body: &serde_json::Value| {
        signed_json(address, "logs", &format!("Logs_20140328.{operation}"), &body.to_string())
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
    needle(events, &filled, table).await?;
    common_word(events, &filled, &lines, bytes_aim, table).await?;
    queries(&store, &filled, folder, table).await?;
    one_stream(events, &filled, table).await?;
    first_page(events, &filled, table).await?;
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

fn read_all(filled: &Filled) -> LogRead {
    LogRead {
        group: GROUP,
        streams: None,
        from: filled.from,
        to: filled.to,
        direction: Direction::Forward,
        after: None,
        needle: Needle::Anything,
        limit: 10_000,
        bytes_max: 1 << 20,
    }
}

async fn needle(events: &LogEvents, filled: &Filled, table: &mut Table) -> Result<(), Failure> {
    let pattern = FilterPattern::parse(&format!("\"{RARE}\"")).map_err(|error| error.message)?;
    let mut times = Vec::new();
    for _ in 0..20 {
        let (needle, matching) = (pattern.needle(), pattern.clone());
        let started = Instant::now();
        let page =
            events.read(LogRead { needle, ..read_all(filled) }, move |event| matching.matches(&event.message)).await?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        if page.events.len() != 1 {
            return Err(format!("{} events hold what is in one", page.events.len()).into());
        }
    }
    let p50 = quantile(&mut times, 0.5);
    table.row(
        &format!("needle in {} MB of logs, engine", filled.raw_bytes >> 20),
        format!("p50 {}, p99 {}", ms(p50), ms(quantile(&mut times, 0.99))),
        ms(10.0),
        format!("{:.2} (aim ≤ 1)", p50 / 10.0),
    );
    Ok(())
}

/// Every event with a common word is counted; against unpacking the same bytes and looking through them.
async fn common_word(
    events: &LogEvents,
    filled: &Filled,
    lines: &Path,
    bytes_aim: usize,
    table: &mut Table,
) -> Result<(), Failure> {
    const WORD: &str = "INFO";
    let scan = || LogScan {
        groups: vec![(GROUP, filled.from)],
        from: filled.from,
        to: filled.to,
        needle: Needle::contains(WORD),
        messages: true,
    };
    let (mut best, mut found) = (Duration::MAX, 0);
    for _ in 0..3 {
        let started = Instant::now();
        let parts = events.scan(scan()).await?.parts;
        // One after the other: the limit has one thread too.
        let counted = tokio::task::spawn_blocking(move || count(parts, WORD)).await??;
        best = best.min(started.elapsed());
        found = counted;
    }
    let mut corpus = Corpus::open(lines)?;
    let (mut blocks, mut block, mut total) = (Vec::new(), Vec::new(), 0);
    while total < bytes_aim {
        let text = corpus.next((total as f64 / bytes_aim as f64 * 86_399.0) as i64).text;
        total += text.len();
        block.extend_from_slice(text.as_bytes());
        if block.len() >= 1 << 20 {
            blocks.push((zstd::bulk::compress(&block, 1)?, block.len()));
            block.clear();
        }
    }
    let finder = memmem::Finder::new(WORD);
    let mut limit = Duration::MAX;
    for _ in 0..3 {
        let (started, mut seen, mut unpacked) = (Instant::now(), 0, Vec::new());
        let mut context = zstd::bulk::Decompressor::new()?;
        for (packed, bytes) in &blocks {
            unpacked.clear();
            unpacked.reserve(*bytes);
            context.decompress_to_buffer(packed, &mut unpacked)?;
            seen += finder.find_iter(&unpacked).count();
        }
        limit = limit.min(started.elapsed());
        if seen < found {
            return Err(format!("{found} events hold a word that is there {seen} times").into());
        }
    }
    let speed = |took: Duration| filled.raw_bytes as f64 / 1e6 / took.as_secs_f64();
    table.row(
        "scan for a common word, one thread, engine",
        format!("{:.0} MB/s, {found} events", speed(best)),
        format!("{:.0} MB/s (zstd and memmem on the same bytes)", speed(limit)),
        format!("{:.2} (aim ≥ 0.80)", limit.as_secs_f64() / best.as_secs_f64()),
    );
    Ok(())
}

fn count(parts: Vec<store::log_event::ScanPart>, word: &str) -> Result<usize, Failure> {
    let finder = memmem::Finder::new(word);
    let mut found = 0;
    for part in parts {
        for batch in part {
            let rows = batch?.rows;
            let messages = rows.column_by_name("message").ok_or("no messages")?;
            let messages = messages.as_any().downcast_ref::<arrow_array::StringViewArray>().ok_or("no texts")?;
            found += messages.iter().flatten().filter(|message| finder.find(message.as_bytes()).is_some()).count();
        }
    }
    Ok(found)
}

async fn queries(store: &Arc<Store>, filled: &Filled, folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let engine = Arc::new(Engine::new(folder.join("spill")));
    let insights = Insights::new(engine, store.log_events().clone());
    for (what, text) in [
        ("Insights: histogram by the minute", "stats count(*) by bin(1m)"),
        ("Insights: regular expression", "filter @message like /blk_-?\\d+5\\b/ | stats count(*)"),
        (
            "Insights: extract and group by",
            "parse @message \"* INFO *: *\" as a, component, rest | stats count(*) by component",
        ),
    ] {
        let mut times = Vec::new();
        let mut rows = 0;
        for _ in 0..3 {
            let started = Instant::now();
            let outcome = run(&insights, filled, text).await?;
            times.push(started.elapsed().as_secs_f64() * 1000.0);
            rows = outcome.rows.len();
            let scanned = outcome.statistics.records_scanned + outcome.statistics.records_skipped;
            if scanned != filled.events as u64 {
                return Err(format!("{scanned} of {} events were looked at", filled.events).into());
            }
        }
        let best = quantile(&mut times, 0.0);
        let speed = filled.raw_bytes as f64 / 1e6 / (best / 1000.0);
        table.row(
            &format!("{what}, {} MB", filled.raw_bytes >> 20),
            format!("{}, {speed:.0} MB/s, {rows} rows", ms(best)),
            "-".to_owned(),
            "-".to_owned(),
        );
    }
    Ok(())
}

async fn run(insights: &Insights, filled: &Filled, text: &str) -> Result<InsightsOutcome, Failure> {
    let environment = Environment {
        start: filled.from,
        end: filled.to,
        now: filled.to,
        limit: None,
        class: Class::Standard,
        lookup_tables: Arc::new(NoLookupTables),
        pointer: PointerText::new(|pointer| pointer.position.to_string()),
        may_unmask: false,
    };
    let plan = Plan::compile(&Query::parse(text)?, &environment)?;
    let (progress, _) = watch::channel(Default::default());
    let (_cancel, cancelled) = watch::channel(false);
    let group = InsightsGroup {
        id: GROUP,
        scope: base::Scope { account: "000000000000".parse()?, region: "us-east-1".parse()? },
        log: "000000000000:bench".into(),
        kept_from: filled.from,
        shown: Arc::new(query::AsStored),
    };
    let query = InsightsQuery {
        plan,
        groups: vec![group],
        from: filled.from,
        to: filled.to,
        stream_names: Arc::new(|stream| Some(format!("stream-{}", stream.0).into())),
        memory_bytes: MEMORY_BYTES,
        progress,
        cancelled,
    };
    Ok(insights.run(query).await?)
}

async fn one_stream(events: &LogEvents, filled: &Filled, table: &mut Table) -> Result<(), Failure> {
    let mut times = Vec::new();
    for _ in 0..5 {
        let (started, mut after, mut count) = (Instant::now(), None, 0);
        loop {
            let read = LogRead { streams: Some([ONE_STREAM].into()), after, ..read_all(filled) };
            let page = events.read(read, |_| true).await?;
            count += page.events.len();
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        times.push(started.elapsed().as_secs_f64() * 1000.0);
        if count != ONE_STREAM_EVENTS {
            return Err(format!("{count} events of a stream of {ONE_STREAM_EVENTS}").into());
        }
    }
    let p50 = quantile(&mut times, 0.5);
    let speed = ONE_STREAM_EVENTS as f64 / p50 / 1000.0;
    let what = format!("one stream of {ONE_STREAM_EVENTS} events, page by page, engine");
    table.row(&what, format!("{}, {speed:.2} million events/s", ms(p50)), "-".to_owned(), "-".to_owned());
    Ok(())
}

async fn first_page(events: &LogEvents, filled: &Filled, table: &mut Table) -> Result<(), Failure> {
    for (what, pattern) in [("all events", ""), ("events with ERROR", "ERROR")] {
        let pattern = FilterPattern::parse(pattern).map_err(|error| error.message)?;
        let mut times = Vec::new();
        for _ in 0..10 {
            let (needle, matching) = (pattern.needle(), pattern.clone());
            let started = Instant::now();
            let read = LogRead { needle, ..read_all(filled) };
            let page = events.read(read, move |event| matching.matches(&event.message)).await?;
            times.push(started.elapsed().as_secs_f64() * 1000.0);
            if page.events.is_empty() {
                return Err("nothing was found".into());
            }
        }
        let figure = format!("p50 {}, p99 {}", ms(quantile(&mut times, 0.5)), ms(quantile(&mut times, 0.99)));
        let what = format!("first page of FilterLogEvents over 16 streams, {what}, engine");
        table.row(&what, figure, "-".to_owned(), "-".to_owned());
    }
    // Positions are given out in the order of arrival, over all groups.
    debug_assert!(events.last_position() > Position(0));
    Ok(())
}
