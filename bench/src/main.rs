//! The speed table: every figure as a ratio against a limit measured in the same run.
//!
//! The server's release binary must stand beside this one (`make bench` builds both together). Parts that are named
//! as arguments are measured alone: startup, ack, calls, recording, put, find, read, memory, alarms, action, fan-out,
//! lookup, deliver, lake, objects, large-objects, gateway, gateway-large, gateway-memory, items, resources, log-put, logs.
//! What the environment sets, with what holds without:
//!
//! - `BENCH_EVENTS` (10,000,000): events to look up in;
//! - `BENCH_DELIVERED_EVENTS` (1,000,000): events that a trail delivers;
//! - `BENCH_LAKE_EVENTS` (10,000,000): events in an event data store;
//! - `BENCH_ITEMS` (10,000,000): configuration items of AWS Config;
//! - `BENCH_RESOURCES` (10,000): instances that an upstream has; of volumes nine times as many;
//! - `BENCH_OBJECTS` (100,000): small objects in a bucket;
//! - `BENCH_OBJECT_MEGABYTES` (64): size of a large one;
//! - `BENCH_STREAMS` (200), `BENCH_STREAM_MEGABYTES` (1024): streams that pass the gateway at once, size of each;
//! - `BENCH_LOG_MEGABYTES` (1024): size of the corpus of logs;
//! - `BENCH_LOAD_MILLISECONDS`: how long a load lasts in the parts recording, objects, large-objects, gateway and
//!   gateway-large;
//! - `BENCH_DIR`: where data is written;
//! - `TRAILWATCH_BIN`: the server's binary, if it is another than the one beside.

use std::path::{Path, PathBuf};

mod ack;
mod action;
mod alarms;
mod calls;
mod cloud;
mod corpus;
mod deliver;
mod echo;
mod fan_out;
mod gateway;
mod history;
mod http_load;
mod items;
mod lake;
mod logs;
mod lookup;
mod metrics;
mod objects;
mod packed;
mod plain_files;
mod receiver;
mod recording;
mod resources;
mod server;
mod signed;
mod sizes;
mod startup;
mod streams;
mod table;
mod trails;
mod upstream;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The server's own, since the store is measured in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What can be measured alone. Memory comes first: what others have freed would be used again.
const PARTS: [&str; 23] = [
    "memory",
    "startup",
    "ack",
    "calls",
    "recording",
    "put",
    "find",
    "read",
    "alarms",
    "action",
    "fan-out",
    "lookup",
    "deliver",
    "lake",
    "objects",
    "large-objects",
    "gateway",
    "gateway-large",
    "gateway-memory",
    "items",
    "resources",
    "log-put",
    "logs",
];

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let asked: Vec<String> = std::env::args().skip(1).collect();
    if asked == ["echo"] {
        return runtime.block_on(echo::serve());
    }
    if let Some(unknown) = asked.iter().find(|asked| !PARTS.contains(&asked.as_str())) {
        return Err(format!("there is no part {unknown}, only {}", PARTS.join(", ")).into());
    }
    runtime.block_on(run(&asked))
}

async fn run(asked: &[String]) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("trailwatch-bench-").tempdir_in(parent())?;
    let mut table = table::Table::default();
    let parts = PARTS.into_iter().filter(|part| asked.is_empty() || asked.iter().any(|asked| asked == part));
    for part in parts {
        measure(part, folder.path(), &mut table).await?;
    }
    table.print();
    Ok(())
}

async fn measure(part: &str, folder: &Path, table: &mut table::Table) -> Result<(), Failure> {
    match part {
        "startup" => startup::measure(folder, table).await,
        "ack" => ack::measure(folder, table).await,
        "calls" => calls::measure(folder, table).await,
        "recording" => recording::measure(folder, table).await,
        "put" => metrics::put(folder, table).await,
        "find" => metrics::find(folder, table).await,
        "read" => metrics::read(folder, table).await,
        "alarms" => alarms::measure(folder, table).await,
        "action" => action::measure(folder, table).await,
        "fan-out" => fan_out::measure(folder, table).await,
        "memory" => metrics::memory(folder, table).await,
        "lookup" => lookup::measure(folder, table).await,
        "deliver" => deliver::measure(folder, table).await,
        "lake" => lake::measure(folder, table).await,
        "objects" => objects::small(folder, table).await,
        "large-objects" => objects::large(folder, table).await,
        "gateway" => gateway::small(folder, table).await,
        "gateway-large" => gateway::large(folder, table).await,
        "gateway-memory" => gateway::memory(folder, table).await,
        "resources" => resources::measure(folder, table).await,
        "items" => items::measure(folder, table).await,
        "log-put" => logs::put(folder, table).await,
        "logs" => logs::engine(folder, table).await,
        other => Err(format!("the part {other} cannot be measured").into()),
    }
}

fn parent() -> PathBuf {
    std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from)
}
