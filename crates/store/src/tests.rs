//! Tests of a whole store in a folder.

use base::{SimulatedClock, TimeRange, Timestamp};

use super::*;
use crate::trail_event::{Lookup, TrailEvent};

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

fn event(number: u64) -> TrailEvent {
    TrailEvent {
        account: "111122223333".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        global: false,
        time: Timestamp::from_secs(1_800_000_000),
        event_id: format!("event-{number}"),
        event_name: "CreateThing".to_owned(),
        event_source: "things.amazonaws.com".to_owned(),
        read_only: false,
        username: None,
        access_key_id: None,
        resources: vec![],
        record: "{}".to_owned(),
    }
}

async fn found(store: &Store) -> usize {
    let lookup = Lookup {
        account: "111122223333".parse().unwrap(),
        region: "eu-west-1".parse().unwrap(),
        range: TimeRange { start: Timestamp::MIN, end: Timestamp::MAX },
        attribute: None,
        after: None,
        limit: 100,
    };
    store.trail_events().lookup(lookup).await.unwrap().events.len()
}

#[tokio::test]
async fn events_survive_restarts_flushed_or_not() {
    let folder = tempfile::tempdir().unwrap();
    for start in 0..4 {
        let store = Store::open(options(folder.path())).await.unwrap();
        assert_eq!(found(&store).await, start as usize * 2);
        store.trail_events().append(event(start)).await.unwrap();
        store.trail_events().append_batched(event(100 + start)).unwrap();
        if start % 2 == 0 {
            for job in store.jobs() {
                job.run(Timestamp::from_secs(1_800_000_000)).await.unwrap();
            }
        }
        store.close().await.unwrap();
        assert!(matches!(store.trail_events().append(event(9)).await, Err(StoreError::Stopped { .. })));
    }
}

#[tokio::test]
async fn log_events_survive_restarts_flushed_or_not() {
    use crate::log_event::{Direction, GroupId, LogPut, LogRead, NewEvent, StreamId};
    let folder = tempfile::tempdir().unwrap();
    let now = Timestamp::from_secs(1_800_000_000);
    for start in 0..4 {
        let store = Store::open(options(folder.path())).await.unwrap();
        let read = LogRead {
            group: GroupId(1),
            streams: None,
            from: Timestamp::MIN,
            to: Timestamp::MAX,
            direction: Direction::Forward,
            after: None,
            needle: lang::needle::Needle::Anything,
            limit: 100,
            bytes_max: 1 << 20,
        };
        assert_eq!(store.log_events().read(read, |_| true).await.unwrap().events.len(), start);
        let (group, stream, ingested) = (GroupId(1), StreamId(1), now);
        let events = vec![NewEvent { time: now, message: format!("event {start}") }];
        store.log_events().put(LogPut { group, stream, ingested, retention_days: None, events }).await.unwrap();
        if start % 2 == 0 {
            for job in store.jobs() {
                job.run(now).await.unwrap();
            }
            assert_eq!(store.log_events().memory_events(), 0);
        }
        store.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_missing_file_of_the_table_is_named_at_open() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).await.unwrap();
    store.trail_events().append(event(1)).await.unwrap();
    store.trail_events().flush(Timestamp::from_secs(1_800_000_000)).await.unwrap();
    drop(store);
    let day = folder.path().join("data/tables/trail_event/day=2027-01-15");
    let file = std::fs::read_dir(&day).unwrap().next().unwrap().unwrap().path();
    std::fs::remove_file(&file).unwrap();
    match Store::open(options(folder.path())).await {
        Err(StoreError::Damaged { file: named, .. }) => assert_eq!(named, file),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the missing file went unnoticed"),
    }
}

#[tokio::test]
async fn a_stopped_log_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk::failing::FailingDisk::new();
    let store = Store::open(StoreOptions { disk: Arc::new(disk.clone()), ..options(folder.path()) }).await.unwrap();
    disk.set_sync_fails(true);
    store.trail_events().append(event(1)).await.unwrap_err();
    assert!(store.fatal().wait().await.contains("00000001.wal"));
}

#[tokio::test]
async fn a_missing_catalog_is_named_and_no_file_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).await.unwrap();
    store.trail_events().append(event(1)).await.unwrap();
    store.trail_events().flush(Timestamp::from_secs(1_800_000_000)).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let data = folder.path().join("data");
    let kept = std::fs::read(data.join("catalog.db")).unwrap();
    for name in ["catalog.db", "catalog.db-wal", "catalog.db-shm"] {
        drop(std::fs::remove_file(data.join(name)));
    }
    for _ in 0..2 {
        match Store::open(options(folder.path())).await {
            Err(StoreError::Damaged { file, .. }) => assert_eq!(file, data.join("catalog.db")),
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("the missing catalog went unnoticed"),
        }
    }
    std::fs::write(data.join("catalog.db"), kept).unwrap();
    assert_eq!(found(&Store::open(options(folder.path())).await.unwrap()).await, 1);
}

#[tokio::test]
async fn a_lost_log_removes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(options(folder.path())).await.unwrap();
    store.trail_events().append(event(1)).await.unwrap();
    store.trail_events().flush(Timestamp::from_secs(1_800_000_000)).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let data = folder.path().join("data");
    let orphan = data.join("tables/trail_event/day=2027-01-15/000000000099.parquet");
    std::fs::write(&orphan, b"finished").unwrap();
    std::fs::remove_dir_all(data.join("wal")).unwrap();
    assert!(matches!(Store::open(options(folder.path())).await, Err(StoreError::Damaged { .. })));
    assert!(orphan.exists());
}

#[tokio::test]
async fn a_failed_log_is_told_before_a_write() {
    let folder = tempfile::tempdir().unwrap();
    let disk = disk::failing::FailingDisk::new();
    let store = Store::open(StoreOptions { disk: Arc::new(disk.clone()), ..options(folder.path()) }).await.unwrap();
    store.writable().unwrap();
    disk.set_sync_fails(true);
    store.trail_events().append(event(1)).await.unwrap_err();
    assert!(matches!(store.writable(), Err(StoreError::Stopped { .. })));
}
