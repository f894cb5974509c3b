//! Finding and reading log events again.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lang::filter_pattern::FilterPattern;
use lang::insights::{Class, Environment, NoLookupTables, Plan, PointerText, Query};
use lang::needle::Needle;
use memchr::memmem;
use query::{Engine, Insights, InsightsGroup, InsightsOutcome, InsightsQuery};
use store::Store;
use store::log_event::{Direction, LogEvents, LogRead, LogScan, Position};
use tokio::sync::watch;

use super::{Filled, GROUP, ONE_STREAM, ONE_STREAM_EVENTS, RARE};
use crate::Failure;
use crate::packed::{Enough, Packed, lines};
use crate::table::{Table, ms, quantile};

/// What a query may take.
const MEMORY_BYTES: usize = 256 << 20;

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

pub(super) async fn needle(events: &LogEvents, filled: &Filled, table: &mut Table) -> Result<(), Failure> {
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
pub(super) async fn common_word(
    events: &LogEvents,
    filled: &Filled,
    packed: &Packed,
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
    let finder = memmem::Finder::new(WORD);
    let (limit, seen) = packed.look_through(
        || 0,
        |seen, block| {
            *seen += finder.find_iter(block).count();
            Enough::No
        },
    )?;
    if seen < found {
        return Err(format!("{found} events hold a word that is there {seen} times").into());
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

pub(super) async fn queries(
    store: &Arc<Store>,
    filled: &Filled,
    packed: &Packed,
    folder: &Path,
    table: &mut Table,
) -> Result<(), Failure> {
    let engine = Arc::new(Engine::new(folder.join("spill")));
    let insights = Insights::new(engine, store.log_events().clone());
    let limits = [
        ("unpack, count lines by minute", counted_by_minute(packed)?),
        ("unpack, regex on each line", matched(packed)?),
        ("unpack, memmem twice a line, count by piece", extracted(packed)?),
    ];
    for ((what, text), (held_against, limit)) in [
        ("Insights: histogram by the minute", "stats count(*) by bin(1m)"),
        ("Insights: regular expression", r"filter @message like /blk_-?\d+5\b/ | stats count(*)"),
        (
            "Insights: extract and group by",
            "parse @message \"* INFO dfs.*: *\" as start, component, rest | stats count(*) by component",
        ),
    ]
    .into_iter()
    .zip(limits)
    {
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
        let limit = limit.as_secs_f64() * 1000.0;
        let speed = filled.raw_bytes as f64 / 1e6 / (best / 1000.0);
        table.row(
            &format!("{what}, {} MB", filled.raw_bytes >> 20),
            format!("{}, {speed:.0} MB/s, {rows} rows", ms(best)),
            format!("{} ({held_against}; one thread)", ms(limit)),
            format!("{:.2}", limit / best),
        );
    }
    Ok(())
}

/// The first two digits that have colons on both sides stand for the minute: what a hand-written count would do.
fn counted_by_minute(packed: &Packed) -> Result<Duration, Failure> {
    let (took, seen) = packed.look_through(HashMap::<[u8; 2], u64>::new, |seen, block| {
        for line in lines(block) {
            let minute = memchr::memchr(b':', line).and_then(|at| line.get(at + 1..at + 3));
            *seen.entry(minute.map_or([0; 2], |minute| [minute[0], minute[1]])).or_default() += 1;
        }
        Enough::No
    })?;
    nonempty(seen.len()).map(|()| took)
}

fn matched(packed: &Packed) -> Result<Duration, Failure> {
    let regex = regex::bytes::Regex::new(r"blk_-?\d+5\b")?;
    let (took, seen) = packed.look_through(
        || 0,
        |seen, block| {
            *seen += lines(block).filter(|line| regex.is_match(line)).count();
            Enough::No
        },
    )?;
    nonempty(seen).map(|()| took)
}

fn extracted(packed: &Packed) -> Result<Duration, Failure> {
    let (word, colon) = (memmem::Finder::new(" INFO dfs."), memmem::Finder::new(": "));
    let (took, seen) = packed.look_through(HashMap::<Vec<u8>, u64>::new, |seen, block| {
        for line in lines(block) {
            let rest = word.find(line).map(|at| &line[at + 10..]);
            let Some(component) = rest.and_then(|rest| colon.find(rest).map(|at| &rest[..at])) else { continue };
            match seen.get_mut(component) {
                Some(count) => *count += 1,
                None => drop(seen.insert(component.to_vec(), 1)),
            }
        }
        Enough::No
    })?;
    nonempty(seen.len()).map(|()| took)
}

fn nonempty(seen: usize) -> Result<(), Failure> {
    if seen == 0 { Err("nothing was seen".into()) } else { Ok(()) }
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

pub(super) async fn one_stream(events: &LogEvents, filled: &Filled, table: &mut Table) -> Result<(), Failure> {
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
    let stored =
        Packed::of_lines((0..ONE_STREAM_EVENTS).map(|number| format!("event {number} of a stream of its own")))?;
    let (limit, seen) = stored.look_through(Vec::new, |seen: &mut Vec<String>, block| {
        seen.extend(lines(block).map(|line| String::from_utf8_lossy(line).into_owned()));
        Enough::No
    })?;
    nonempty(seen.len())?;
    let p50 = quantile(&mut times, 0.5);
    let limit = limit.as_secs_f64() * 1000.0;
    let speed = ONE_STREAM_EVENTS as f64 / p50 / 1000.0;
    table.row(
        &format!("one stream of {ONE_STREAM_EVENTS} events, page by page, engine"),
        format!("{}, {speed:.2} million events/s", ms(p50)),
        format!("{} (unpack the lines, copy each)", ms(limit)),
        format!("{:.2}", limit / p50),
    );
    Ok(())
}

pub(super) async fn first_page(
    events: &LogEvents,
    filled: &Filled,
    packed: &Packed,
    table: &mut Table,
) -> Result<(), Failure> {
    for (what, text) in [("all events", ""), ("events with ERROR", "ERROR")] {
        let pattern = FilterPattern::parse(text).map_err(|error| error.message)?;
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
        let limit = a_page_of(packed, text)?.as_secs_f64() * 1000.0;
        let p50 = quantile(&mut times, 0.5);
        table.row(
            &format!("first page of FilterLogEvents over 16 streams, {what}, engine"),
            format!("p50 {}, p99 {}", ms(p50), ms(quantile(&mut times, 0.99))),
            format!("{} (unpack until a page is full, memmem, copy each)", ms(limit)),
            format!("{:.2}", limit / p50),
        );
    }
    // Positions are given out in the order of arrival, over all groups.
    debug_assert!(events.last_position() > Position(0));
    Ok(())
}

/// Unpacks until there are as many lines with the text as a page holds.
fn a_page_of(packed: &Packed, text: &str) -> Result<Duration, Failure> {
    let finder = memmem::Finder::new(text);
    let (took, page) = packed.look_through(
        || (Vec::new(), 0),
        |(page, bytes): &mut (Vec<String>, usize), block| {
            for line in lines(block).filter(|line| finder.find(line).is_some()) {
                page.push(String::from_utf8_lossy(line).into_owned());
                *bytes += line.len();
                if page.len() == 10_000 || *bytes >= 1 << 20 {
                    return Enough::Yes;
                }
            }
            Enough::No
        },
    )?;
    nonempty(page.0.len()).map(|()| took)
}
