//! Acknowledgement of one small durable write, against one 4 KiB fdatasync on the same disk.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use base::{Clock, SystemClock};
use store::trail_event::TrailEvent;
use store::{Store, StoreOptions};

use crate::Failure;
use crate::table::{Table, ms, quantile};

const ROUNDS: usize = 2000;

/// Measures both, taking turns so that the disk's mood is the same for both.
pub async fn measure(folder: &Path, table: &mut Table) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Store::open(StoreOptions::new(folder.join("ack"), clock.clone())).await?;
    let file = OpenOptions::new().create(true).truncate(true).write(true).open(folder.join("sync"))?;
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, 64 << 20)?;
    let block = [7u8; 4096];
    let (mut syncs, mut acks) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let started = Instant::now();
        file.write_all_at(&block, (round as u64 * 4096) % (64 << 20))?;
        rustix::fs::fdatasync(&file)?;
        syncs.push(started.elapsed().as_secs_f64() * 1000.0);
        let event = event(round, clock.now());
        let started = Instant::now();
        store.trail_events().append(event).await?;
        acks.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    store.close().await?;
    let (sync, ack) = (quantile(&mut syncs, 0.5), quantile(&mut acks, 0.5));
    table.row(
        "ack of one small durable write, p50",
        ms(ack),
        format!("{} (4 KiB fdatasync)", ms(sync)),
        format!("{:.2} (aim ≤ 3)", ack / sync),
    );
    Ok(())
}

/// A small event.
fn event(number: usize, now: base::Timestamp) -> TrailEvent {
    TrailEvent {
        account: "000000000000".parse().expect("twelve digits"),
        region: "us-east-1".parse().expect("a region name"),
        global: false,
        time: now,
        event_id: format!("00000000-0000-4000-8000-{number:012}"),
        event_name: "CreateUser".to_owned(),
        event_source: "iam.amazonaws.com".to_owned(),
        read_only: false,
        username: Some("dave".to_owned()),
        access_key_id: Some("AKIAEXAMPLE".to_owned()),
        resources: Vec::new(),
        record: format!(r#"{{"eventName":"CreateUser","number":{number}}}"#),
    }
}
