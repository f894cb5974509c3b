//! Delivery of a million events to a bucket, against gzip alone on the same bytes.

use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use base::Timestamp;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use memchr::memmem;
use server::state::State;
use testkit::TestServer;

use crate::Failure;
use crate::history;
use crate::sizes::number;
use crate::table::Table;
use crate::trails::{self, BUCKET, NewTrail, Regions};

/// Events, unless `BENCH_DELIVERED_EVENTS` says otherwise.
const EVENTS: u64 = 1_000_000;
/// Events that are stored at once.
const BATCH: u64 = 5_000;
/// The log files of trails, and nothing else that they put.
const LOG_FILES: &str = "AWSLogs/000000000000/CloudTrail/";
const OBJECT_BYTES_MAX: u64 = 64 << 20;

/// Fills the history of a server in this process after its trail was started, then lets the trail deliver.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let events = number("BENCH_DELIVERED_EVENTS", EVENTS)?;
    let started = TestServer::start_with(|settings| {
        settings.data = folder.join("deliver");
        settings.account = "000000000000".parse().expect("twelve digits");
    });
    let trailwatch = started.await?;
    let address = trailwatch.running().address().to_string();
    trails::make_bucket(&address).await?;
    let trail = NewTrail { name: "all", regions: Regions::All, selectors: None };
    trails::start(&address, &trail).await?;
    let state = trailwatch.running().state();
    // Its files are due five minutes after the trail was started: what else is due by then is done before.
    let due = state.clock.now().plus(Duration::from_secs(300));
    fill(state, events).await?;
    advance(state, due.plus_millis(-1)).await?;
    let recorded = Instant::now();
    advance(state, due).await?;
    let took = recorded.elapsed();
    let files = delivered(state).await?;
    let there: usize = files.iter().map(|file| memmem::find_iter(file, b"\"eventVersion\"").count()).sum();
    // The calls that set all up are there too.
    if there < events as usize || there > events as usize + 20 {
        return Err(format!("{there} events are in the bucket, of {events}").into());
    }
    let limit = packed_alone(&files);
    let per_second = |took: Duration| events as f64 / took.as_secs_f64();
    let megabytes = files.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    table.row(
        &format!(
            "{:.1} million events from the history into the bucket, in {} files",
            events as f64 / 1e6,
            files.len()
        ),
        format!("{:.0} events/s, {:.0} MB/s", per_second(took), megabytes / took.as_secs_f64()),
        format!("{:.0} events/s (gzip of the same bytes, one thread)", per_second(limit)),
        format!("{:.2} (aim ≥ 0.50)", limit.as_secs_f64() / took.as_secs_f64()),
    );
    trailwatch.stop().await?;
    Ok(())
}

async fn fill(state: &State, events: u64) -> Result<(), Failure> {
    let (table, now) = (state.store.trail_events(), state.clock.now());
    for first in (0..events).step_by(BATCH as usize) {
        let batch = (first..events.min(first + BATCH)).map(|number| history::event(number, now)).collect();
        table.append_many(batch).await?;
        if first % (20 * BATCH) == 0 {
            table.flush(now).await?;
        }
    }
    Ok(())
}

async fn advance(state: &State, to: Timestamp) -> Result<(), Failure> {
    let clock = state.simulated.as_ref().ok_or("the clock cannot be moved")?;
    state.jobs.advance(clock, to, &**state.store.catalog()).await?;
    Ok(())
}

/// What is in the log files, unpacked.
async fn delivered(state: &State) -> Result<Vec<Vec<u8>>, Failure> {
    let (buckets, mut files, mut after) = (state.s3.buckets(), Vec::new(), String::new());
    loop {
        let page = buckets.list(BUCKET, LOG_FILES, &after, 1000)?;
        let Some(last) = page.last() else { return Ok(files) };
        after.clone_from(&last.key);
        // The trail's test of the bucket left an object without bytes.
        for object in page.into_iter().filter(|object| object.key.ends_with(".json.gz")) {
            let found =
                buckets.get(BUCKET, &object.key, OBJECT_BYTES_MAX).await?.ok_or("a listed object is not there")?;
            let mut bytes = Vec::new();
            std::io::copy(&mut GzDecoder::new(&*found.bytes), &mut bytes)?;
            files.push(bytes);
        }
    }
}

/// As trails pack.
fn packed_alone(files: &[Vec<u8>]) -> Duration {
    let started = Instant::now();
    for file in files {
        let mut packed = GzEncoder::new(Vec::new(), Compression::new(6));
        packed.write_all(file).expect("memory takes what is written");
        std::hint::black_box(packed.finish().expect("memory takes what is written"));
    }
    started.elapsed()
}
