//! The speed table: every figure as a ratio against a limit measured in the same run.
//!
//! The server's release binary must stand beside this one (`make bench` builds both together). Parts that are named
//! as arguments are measured alone: startup, ack, calls, put, find, read, memory, alarms, action, fan-out, lookup,
//! log-put, logs. `BENCH_EVENTS` sets the number of events to look up in (10,000,000 by default),
//! `BENCH_LOG_MEGABYTES` the size of the corpus of logs (1024), `BENCH_DIR` where data is written.

use std::path::{Path, PathBuf};

mod ack;
mod action;
mod alarms;
mod calls;
mod corpus;
mod echo;
mod fan_out;
mod http_load;
mod logs;
mod lookup;
mod metrics;
mod packed;
mod receiver;
mod server;
mod startup;
mod table;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The server's own, since the store is measured in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What can be measured alone. Memory comes first: what others have freed would be used again.
const PARTS: [&str; 13] = [
    "memory", "startup", "ack", "calls", "put", "find", "read", "alarms", "action", "fan-out", "lookup", "log-put",
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
        "put" => metrics::put(folder, table).await,
        "find" => metrics::find(folder, table).await,
        "read" => metrics::read(folder, table).await,
        "alarms" => alarms::measure(folder, table).await,
        "action" => action::measure(folder, table).await,
        "fan-out" => fan_out::measure(folder, table).await,
        "memory" => metrics::memory(folder, table).await,
        "lookup" => lookup::measure(folder, table).await,
        "log-put" => logs::put(folder, table).await,
        "logs" => logs::engine(folder, table).await,
        other => Err(format!("the part {other} cannot be measured").into()),
    }
}

fn parent() -> PathBuf {
    std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from)
}
