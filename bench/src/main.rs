//! The speed table: every figure as a ratio against a limit measured in the same run.
//!
//! `cargo run --release -p trailwatch-bench` builds nothing but itself: the server's release
//! binary must stand beside it (`make bench` sees to that). `BENCH_EVENTS` sets the number of
//! events to look up in (10,000,000 by default), `BENCH_DIR` where data is written.

use std::path::PathBuf;

mod ack;
mod calls;
mod echo;
mod http_load;
mod lookup;
mod metrics;
mod server;
mod startup;
mod table;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if std::env::args().nth(1).as_deref() == Some("echo") {
        return runtime.block_on(echo::serve());
    }
    runtime.block_on(run())
}

async fn run() -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("trailwatch-bench-").tempdir_in(parent())?;
    let mut table = table::Table::default();
    startup::measure(folder.path(), &mut table).await?;
    ack::measure(folder.path(), &mut table).await?;
    calls::measure(folder.path(), &mut table).await?;
    metrics::measure(folder.path(), &mut table).await?;
    lookup::measure(folder.path(), &mut table).await?;
    table.print();
    Ok(())
}

fn parent() -> PathBuf {
    std::env::var_os("BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from)
}
