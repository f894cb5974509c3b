//! Start to `ready` on an empty folder, and memory when idle.

use std::path::Path;
use std::time::Duration;

use crate::Failure;
use crate::server;
use crate::table::{Table, ms, quantile};

/// Starts the server ten times, each on a folder of its own.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let mut starts = Vec::new();
    let mut resident = 0;
    for round in 0..10 {
        let running = server::trailwatch(&folder.join(format!("start-{round}")), &[]).await?;
        starts.push(running.took.as_secs_f64() * 1000.0);
        settle().await;
        resident = resident.max(running.resident_bytes()?);
        running.stop().await?;
    }
    let p50 = quantile(&mut starts, 0.5);
    table.row(
        "start to ready on an empty folder, p50",
        ms(p50),
        "300 ms".to_owned(),
        format!("{:.2} (aim ≤ 1)", p50 / 300.0),
    );
    let mib = resident as f64 / (1 << 20) as f64;
    table.row(
        "idle memory",
        format!("{mib:.0} MiB"),
        "60 MB".to_owned(),
        format!("{:.2} (aim ≤ 1)", resident as f64 / 60e6),
    );
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "memory is read once the process has come to rest")]
async fn settle() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}
