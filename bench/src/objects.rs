//! Objects of S3 over HTTP against plain files in the same folder, and what an object costs in memory.

use std::path::Path;

use http::Method;

use crate::Failure;
use crate::calls::CONNECTIONS;
use crate::plain_files::{self, Files};
use crate::server::{self, Running};
use crate::sizes::{load_time, number};
use crate::table::{Table, ms, quantile};
use crate::{http_load, signed};

/// Small objects, unless `BENCH_OBJECTS` says otherwise.
const OBJECTS: u64 = 100_000;
/// Megabytes of a large object, unless `BENCH_OBJECT_MEGABYTES` says otherwise.
const LARGE_MEGABYTES: u64 = 64;
const SMALL_BYTES: usize = 1024;
/// How long a load lasts that has no end.
const SECONDS: u64 = 5;
const BUCKET: &str = "bench";

/// Objects of a kilobyte, put once each and read, by sixteen connections; and the memory that they take.
pub async fn small(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let objects = number("BENCH_OBJECTS", OBJECTS)? as usize;
    let data = folder.join("objects");
    let trailwatch = server::trailwatch(&data, &[]).await?;
    make_bucket(&trailwatch.address).await?;
    // What connections and threads keep for themselves is no object's memory.
    let warming: Vec<_> = (0..CONNECTIONS)
        .map(|number| signed::s3(&trailwatch.address, Method::PUT, &format!("/{BUCKET}/warm-{number}"), b"warm"))
        .collect();
    http_load::run(&trailwatch.address, &warming, load_time(2)?).await?;
    let before = trailwatch.resident_bytes()?;
    let files = Files { folder: folder.join("small-files"), bytes: SMALL_BYTES, threads: CONNECTIONS };
    put_small(&trailwatch, objects, &files, table).await?;
    get_small(&trailwatch, objects, &files, table).await?;
    memory(table, "after they were put and read", objects, trailwatch.resident_bytes()?, before);
    trailwatch.stop().await?;
    let again = server::trailwatch(&data, &[]).await?;
    memory(table, "after a start", objects, again.resident_bytes()?, before);
    again.stop().await
}

async fn put_small(trailwatch: &Running, objects: usize, files: &Files, table: &mut Table) -> Result<(), Failure> {
    let puts = of_all(&trailwatch.address, &Method::PUT, objects, |number| content(number, SMALL_BYTES));
    let mut put = http_load::run_through(&trailwatch.address, puts).await?;
    let limit = plain_files::write(files, objects.min(20_000))?;
    table.row(
        &format!("S3 PutObject of 1 KB, {CONNECTIONS} connections"),
        format!("{:.0}/s, p50 {}", put.per_second, ms(quantile(&mut put.times_ms, 0.5))),
        format!("{limit:.0}/s (files written, file and folder synced, {CONNECTIONS} threads)"),
        format!("{:.2} (aim ≥ 0.25)", put.per_second / limit),
    );
    Ok(())
}

/// Files are read so much faster than any server answers that they say little: the echo is the limit to aim at.
async fn get_small(trailwatch: &Running, objects: usize, files: &Files, table: &mut Table) -> Result<(), Failure> {
    let gets = of_all(&trailwatch.address, &Method::GET, objects, |_| Vec::new());
    let mut get = http_load::run_through(&trailwatch.address, gets).await?;
    let limit = plain_files::read(files, load_time(SECONDS)?)?;
    let echo = server::echo().await?;
    let request = signed::s3(&echo.address, Method::PUT, "/", &content(0, SMALL_BYTES));
    let echoed = http_load::run(&echo.address, &vec![request; CONNECTIONS], load_time(SECONDS)?).await?.per_second;
    echo.stop().await?;
    table.row(
        &format!("S3 GetObject of 1 KB, {CONNECTIONS} connections"),
        format!("{:.0}/s, p50 {}", get.per_second, ms(quantile(&mut get.times_ms, 0.5))),
        format!("{echoed:.0}/s (echo with SHA-256); {limit:.0}/s (files opened and read, {CONNECTIONS} threads)"),
        format!("{:.2} (aim ≥ 0.25); {:.3}", get.per_second / echoed, get.per_second / limit),
    );
    Ok(())
}

/// A request for each object, dealt out to the connections.
fn of_all(address: &str, method: &Method, objects: usize, body: impl Fn(usize) -> Vec<u8>) -> Vec<Vec<Vec<u8>>> {
    let request = |number| signed::s3(address, method.clone(), &path(number), &body(number));
    (0..CONNECTIONS).map(|first| (first..objects).step_by(CONNECTIONS).map(&request).collect()).collect()
}

fn memory(table: &mut Table, when: &str, objects: usize, resident: u64, before: u64) {
    let an_object = resident.saturating_sub(before) as f64 / objects as f64;
    table.row(
        &format!("memory of an object of S3, {objects} of them, {when}"),
        format!("{an_object:.0} B"),
        "1024 B".to_owned(),
        format!("{:.2} (aim ≤ 0.75)", an_object / 1024.0),
    );
}

/// Objects of 64 MB by one connection and by four.
pub async fn large(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let megabytes = number("BENCH_OBJECT_MEGABYTES", LARGE_MEGABYTES)? as usize;
    let bytes = megabytes << 20;
    let trailwatch = server::trailwatch(&folder.join("large-objects"), &[]).await?;
    make_bucket(&trailwatch.address).await?;
    for connections in [1, 4] {
        let files = Files { folder: folder.join(format!("large-files-{connections}")), bytes, threads: connections };
        put_and_get(&trailwatch, &files, table).await?;
        std::fs::remove_dir_all(&files.folder)?;
    }
    trailwatch.stop().await
}

async fn put_and_get(trailwatch: &Running, files: &Files, table: &mut Table) -> Result<(), Failure> {
    let (address, megabytes) = (&trailwatch.address, files.bytes as f64 / 1e6);
    let connections = files.threads;
    let called = if connections == 1 { "1 connection".to_owned() } else { format!("{connections} connections") };
    let requests = |method: &Method, bytes: usize| -> Vec<Vec<u8>> {
        let request = |number| signed::s3(address, method.clone(), &path(number), &content(number, bytes));
        (0..connections).map(request).collect()
    };
    let put = http_load::run(address, &requests(&Method::PUT, files.bytes), load_time(SECONDS)?).await?.per_second;
    let limit = plain_files::write(files, connections * 4)?;
    table.row(
        &format!("S3 PutObject of {} MB, {called}", files.bytes >> 20),
        format!("{:.0} MB/s", put * megabytes),
        format!("{:.0} MB/s (files written, file and folder synced)", limit * megabytes),
        format!("{:.2} (aim ≥ 0.40)", put / limit),
    );
    let get = http_load::run(address, &requests(&Method::GET, 0), load_time(SECONDS)?).await?.per_second;
    let limit = plain_files::read(files, load_time(SECONDS)?)?;
    table.row(
        &format!("S3 GetObject of {} MB, {called}", files.bytes >> 20),
        format!("{:.0} MB/s", get * megabytes),
        format!("{:.0} MB/s (files opened and read from the page cache)", limit * megabytes),
        format!("{:.2} (aim ≥ 0.15)", get / limit),
    );
    Ok(())
}

async fn make_bucket(address: &str) -> Result<(), Failure> {
    http_load::call(address, &signed::s3(address, Method::PUT, &format!("/{BUCKET}"), b"")).await.map(drop)
}

fn path(number: usize) -> String {
    format!("/{BUCKET}/folder-{:03}/object-{number:08}", number % 1000)
}

/// Bytes that differ from object to object.
pub fn content(number: usize, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at.wrapping_mul(2_654_435_761).wrapping_add(number) >> 11) as u8).collect()
}
