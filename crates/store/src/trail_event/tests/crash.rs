//! What a crash, a full disk, a failed sync and a damaged file do to the table.

use std::collections::BTreeSet;

use super::*;
use crate::disk::Disk;

async fn ids(fixture: &Fixture) -> Vec<String> {
    let mut ids = Vec::new();
    for account_number in 0..2 {
        // A global event shows in more than one region; take each region's own.
        for region_number in 0..3 {
            let mut lookup = Lookup { limit: 10_000, ..whole(account_number, region_number) };
            lookup.after = None;
            let page = fixture.table.lookup(lookup).await.unwrap();
            let own = page.events.into_iter().filter(|event| event.region == region(region_number));
            ids.extend(own.map(|event| event.event_id));
        }
    }
    ids
}

/// Appends, flushes and compacts until the disk dies; gives the ids that were acknowledged.
async fn work(fixture: &Fixture) -> (BTreeSet<String>, bool) {
    let mut events = Events::new(11);
    let mut acknowledged = BTreeSet::new();
    for round in 0..10 {
        for event in events.take(3, 2) {
            let id = event.event_id.clone();
            match fixture.table.append(event).await {
                Ok(_) => acknowledged.insert(id),
                Err(_) => return (acknowledged, false),
            };
        }
        if fixture.table.flush(NOW).await.is_err() {
            return (acknowledged, false);
        }
        if round % 3 == 2 && fixture.table.compact(NOW.plus_millis(DAY)).await.is_err() {
            return (acknowledged, false);
        }
    }
    (acknowledged, true)
}

#[tokio::test]
async fn a_crash_at_any_step_loses_and_doubles_nothing() {
    let mut died = 0;
    for steps in 0.. {
        let fixture = Fixture::new().await;
        fixture.disk.die_after(steps);
        let (acknowledged, finished) = work(&fixture).await;
        let after = fixture.crashed().await.unwrap();
        let found = ids(&after).await;
        let unique: BTreeSet<_> = found.iter().cloned().collect();
        assert_eq!(found.len(), unique.len(), "nothing is doubled after {steps} steps");
        assert!(unique.is_superset(&acknowledged), "nothing is lost after {steps} steps");
        assert!(unique.len() <= acknowledged.len() + 1, "nothing is made up after {steps} steps");
        // And the table goes on.
        after.table.append(Events::new(12).next(1)).await.unwrap();
        after.table.flush(NOW).await.unwrap();
        assert_eq!(ids(&after).await.len(), found.len() + 1);
        if finished {
            break;
        }
        died += 1;
    }
    assert!(died > 100, "the crashes reach into flush and compaction: {died}");
}

#[tokio::test]
async fn a_full_disk_refuses_and_goes_on_when_there_is_space() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(2);
    let mut stored = 0;
    for event in events.take(40, 1) {
        fixture.table.append(event).await.unwrap();
        stored += 1;
    }
    fixture.disk.set_full(true);
    assert!(matches!(fixture.table.flush(NOW).await, Err(StoreError::Full)));
    assert_eq!(ids(&fixture).await.len(), stored, "a failed flush loses nothing");
    loop {
        match fixture.table.append(events.next(1)).await {
            Ok(_) => stored += 1,
            Err(StoreError::Full) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(ids(&fixture).await.len(), stored);
    fixture.disk.set_full(false);
    fixture.table.append(events.next(1)).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    assert_eq!(fixture.table.memory_rows(), 0);
    assert_eq!(ids(&fixture.crashed().await.unwrap()).await.len(), stored + 1);
    let listed = fixture.catalog.load_files().await.unwrap().files.len();
    let mut there = 0;
    for day in fixture.disk.list(Path::new("/data/tables/trail_event")).unwrap() {
        there += fixture.disk.list(&Path::new("/data/tables/trail_event").join(day)).unwrap().len();
    }
    assert_eq!(there, listed, "the failed flush left no files behind");
}

#[tokio::test]
async fn a_failed_sync_stops_every_write() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(2);
    fixture.table.append(events.next(1)).await.unwrap();
    fixture.disk.set_sync_fails(true);
    assert!(matches!(fixture.table.append(events.next(1)).await, Err(StoreError::Stopped { .. })));
    fixture.disk.set_sync_fails(false);
    assert!(matches!(fixture.table.append(events.next(1)).await, Err(StoreError::Stopped { .. })));
    assert!(matches!(fixture.table.append_batched(events.next(1)), Err(StoreError::Stopped { .. })));
    assert!(fixture.wal.fatal().borrow().is_some());
    assert_eq!(ids(&fixture.crashed().await.unwrap()).await.len(), 1);
}

/// A table with one file, and the file's path.
async fn one_file() -> (Fixture, PathBuf) {
    let fixture = Fixture::new().await;
    let mut events = Events::new(4).take(600, 1);
    events.iter_mut().for_each(|event| event.time = NOW);
    fixture.table.append_many(events).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    let lists = fixture.catalog.load_files().await.unwrap();
    let path = Path::new("/data/tables/trail_event").join(&lists.files[0].name);
    (fixture, path)
}

fn named(result: Result<Fixture, StoreError>) -> PathBuf {
    match result {
        Err(StoreError::Damaged { file, .. }) => file,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the damage went unnoticed"),
    }
}

#[tokio::test]
async fn a_missing_or_cut_file_is_named_at_open() {
    let (fixture, path) = one_file().await;
    let missing = Fixture { disk: fixture.disk.crash(), ..fixture };
    missing.disk.remove(&path).unwrap();
    missing.disk.sync_dir(path.parent().unwrap()).unwrap();
    assert_eq!(named(missing.crashed().await), path);
    for keep in [0, 3, 100] {
        let (fixture, path) = one_file().await;
        fixture.disk.corrupt(&path, |bytes| bytes.truncate(keep));
        assert_eq!(named(fixture.crashed().await), path);
    }
}

#[tokio::test]
async fn a_flipped_bit_anywhere_gives_the_right_events_or_names_the_file() {
    let (fixture, path) = one_file().await;
    let len = fixture.disk.open(&path).unwrap().len().unwrap() as usize;
    let lookups = || {
        let attribute = Some(Attribute::EventId("event-77".to_owned()));
        let mut lookups = vec![Lookup { limit: 1000, ..whole(0, 0) }, Lookup { limit: 1000, ..whole(1, 2) }];
        lookups.extend((0..6).map(|n| Lookup { attribute: attribute.clone(), ..whole(n % 2, n / 2) }));
        lookups
    };
    let mut right = Vec::new();
    for lookup in lookups() {
        right.push(fixture.table.lookup(lookup).await.unwrap().events);
    }
    let mut noticed = 0;
    for at in (0..len).step_by(len / 200) {
        let flipped = Fixture {
            disk: fixture.disk.crash(),
            catalog: fixture.catalog.clone(),
            clock: fixture.clock.clone(),
            wal: fixture.wal.clone(),
            table: fixture.table.clone(),
        };
        flipped.disk.corrupt(&path, |bytes| bytes[at] ^= 1);
        let flipped = match flipped.crashed().await {
            Ok(flipped) => flipped,
            result => {
                assert_eq!(named(result), path);
                noticed += 1;
                continue;
            }
        };
        for (lookup, right) in lookups().into_iter().zip(&right) {
            match flipped.table.lookup(lookup).await {
                Ok(page) => assert_eq!(&page.events, right, "at {at}"),
                Err(StoreError::Damaged { file, .. }) => {
                    assert_eq!(file, path);
                    noticed += 1;
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert!(noticed > 100, "damage is noticed: {noticed}");
}

#[tokio::test]
async fn a_damaged_file_keeps_no_other_day_from_being_merged() {
    let fixture = Fixture::new().await;
    let mut events = Events::new(4);
    for _ in 0..2 {
        for ago in 0..2 {
            let mut batch = events.take(50, 1);
            batch.iter_mut().for_each(|event| event.time = NOW.plus_millis(-ago * DAY));
            fixture.table.append_many(batch).await.unwrap();
        }
        fixture.table.flush(NOW).await.unwrap();
    }
    let files = fixture.catalog.load_files().await.unwrap().files;
    assert_eq!(files.len(), 4);
    let first = files.iter().min_by_key(|file| file.day).unwrap();
    let path = Path::new("/data/tables/trail_event").join(&first.name);
    fixture.disk.corrupt(&path, |bytes| {
        let middle = bytes.len() / 2;
        bytes[4..middle].fill(0xff);
    });
    match fixture.table.compact(NOW.plus_millis(3 * DAY)).await {
        Err(StoreError::Damaged { file, .. }) => assert_eq!(file, path),
        other => panic!("{other:?}"),
    }
    assert_eq!(fixture.catalog.load_files().await.unwrap().files.len(), 3);
}
