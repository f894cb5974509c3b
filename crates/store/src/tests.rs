//! Tests of a whole store in a folder.

use base::{SimulatedClock, Timestamp};

use super::*;

fn options(folder: &Path) -> StoreOptions {
    StoreOptions::new(folder.join("data"), Arc::new(SimulatedClock::new(Timestamp::from_secs(1_800_000_000))))
}

#[tokio::test]
async fn a_second_server_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let first = Store::open(options(folder.path())).await.unwrap();
    assert!(matches!(Store::open(options(folder.path())).await, Err(StoreError::InUse { .. })));
    first.close().await.unwrap();
    drop(first);
    Store::open(options(folder.path())).await.unwrap();
}
