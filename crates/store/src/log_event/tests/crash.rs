//! What a crash, a full disk, a failed sync and a damaged file do to the table.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::*;
use crate::disk::Disk;

const ROOT: &str = "/data/tables/log_event";

/// Messages of groups 1 and 2, with how often each is there.
async fn found(fixture: &Fixture) -> Vec<String> {
    let mut found = Vec::new();
    for group in 1..=2 {
        let events = fixture.all(&everything(group, Direction::Forward), |_| true).await;
        found.extend(events.iter().map(|event| event.message.to_string()));
    }
    found
}

async fn files_there(fixture: &Fixture) -> usize {
    let mut there = 0;
    for folder in fixture.disk.list(Path::new(ROOT)).unwrap() {
        there += fixture.disk.list(&Path::new(ROOT).join(folder)).unwrap().len();
    }
    there
}

async fn files_listed(fixture: &Fixture) -> Vec<crate::catalog::files::FileEntry> {
    fixture.catalog.load_files().await.unwrap().files
}

/// Puts, flushes, merges and drops until the disk dies; gives the messages that were acknowledged and are wanted,
/// those that are not wanted, and whether all was done.
async fn work(fixture: &Fixture) -> (BTreeSet<String>, BTreeSet<String>, bool) {
    let (mut wanted, mut unwanted) = (BTreeSet::new(), BTreeSet::new());
    fixture.table.set_keep(Arc::new(Only { streams: vec![1, 3, 4], from: NOW.plus_millis(-2 * DAY) }));
    for round in 0..9i64 {
        for (group, stream) in [(1, 1), (1, 2), (2, 3)] {
            let messages: Vec<_> = (0..3).map(|number| format!("{stream} {round} {number}")).collect();
            let ago = round % 3 * DAY;
            let events: Vec<_> = messages.iter().map(|message| (ago, message.as_str())).collect();
            let stored = fixture.table.put(put(group, stream, &events)).await;
            // Of a call that failed it is not known what became of it.
            let gone = stream == 2 || stored.is_err();
            if gone { &mut unwanted } else { &mut wanted }.extend(messages);
            if stored.is_err() {
                return (wanted, unwanted, false);
            }
        }
        let flushed = fixture.table.flush(NOW).await;
        let merged = if round % 3 == 2 { fixture.table.compact(NOW.plus_millis(3 * 3_600_000)).await } else { Ok(()) };
        let dropped = if round % 4 == 3 { fixture.table.expire(NOW).await } else { Ok(()) };
        if flushed.and(merged).and(dropped).is_err() {
            return (wanted, unwanted, false);
        }
    }
    (wanted, unwanted, true)
}

#[tokio::test]
async fn a_crash_at_any_step_loses_and_doubles_nothing() {
    let mut died = 0;
    for steps in 0.. {
        let fixture = Fixture::new().await;
        fixture.disk.die_after(steps);
        let (wanted, unwanted, finished) = work(&fixture).await;
        let after = fixture.crashed().await.unwrap();
        let messages = found(&after).await;
        let unique: BTreeSet<_> = messages.iter().cloned().collect();
        assert_eq!(messages.len(), unique.len(), "nothing is doubled after {steps} steps");
        assert!(unique.is_superset(&wanted), "nothing is lost after {steps} steps");
        let known: BTreeSet<_> = wanted.union(&unwanted).cloned().collect();
        assert!(unique.is_subset(&known), "nothing is made up after {steps} steps");
        assert_eq!(files_there(&after).await, files_listed(&after).await.len(), "no file is left over");
        // And the table goes on.
        after.table.put(put(2, 4, &[(0, "after")])).await.unwrap();
        after.table.flush(NOW).await.unwrap();
        after.table.compact(NOW.plus_millis(2 * DAY)).await.unwrap();
        assert_eq!(found(&after).await.len(), messages.len() + 1);
        let again = after.crashed().await.unwrap();
        assert_eq!(found(&again).await.len(), messages.len() + 1);
        if finished {
            break;
        }
        died += 1;
    }
    assert!(died > 100, "the crashes reach into flush, merging and dropping: {died}");
}

#[tokio::test]
async fn a_full_disk_refuses_and_goes_on_when_there_is_space() {
    let fixture = Fixture::new().await;
    for _ in 0..20 {
        fixture.table.put(put(1, 1, &[(2, "x"), (1, "y")])).await.unwrap();
    }
    let mut stored = 40;
    fixture.disk.set_full(true);
    assert!(matches!(fixture.table.flush(NOW).await, Err(StoreError::Full)));
    assert_eq!(found(&fixture).await.len(), stored, "a failed flush loses nothing");
    let noise = "0123456789abcdefghijklmnopqrstuvwxyz".repeat(20);
    loop {
        match fixture.table.put(put(1, 1, &[(0, &noise)])).await {
            Ok(_) => stored += 1,
            Err(StoreError::Full) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(found(&fixture).await.len(), stored);
    fixture.disk.set_full(false);
    fixture.table.put(put(1, 1, &[(0, "z")])).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    assert_eq!((fixture.table.memory_events(), fixture.table.file_events().1), (0, stored as u64 + 1));
    assert_eq!(found(&fixture.crashed().await.unwrap()).await.len(), stored + 1);
    assert_eq!(files_there(&fixture).await, files_listed(&fixture).await.len(), "the failed flush left no files");
}

#[tokio::test]
async fn a_failed_sync_stops_every_put() {
    let fixture = Fixture::new().await;
    fixture.table.put(put(1, 1, &[(0, "kept")])).await.unwrap();
    fixture.disk.set_sync_fails(true);
    assert!(matches!(fixture.table.put(put(1, 1, &[(0, "lost")])).await, Err(StoreError::Stopped { .. })));
    fixture.disk.set_sync_fails(false);
    assert!(matches!(fixture.table.put(put(1, 1, &[(0, "lost")])).await, Err(StoreError::Stopped { .. })));
    assert_eq!(found(&fixture.crashed().await.unwrap()).await, ["kept"]);
}

/// A table with one file, and the file's path.
async fn one_file() -> (Fixture, PathBuf) {
    let fixture = Fixture::new().await;
    let texts: Vec<_> = (0..90).map(|number| format!("event {number} of many")).collect();
    for stream in 1..5 {
        let events: Vec<_> = texts.iter().enumerate().map(|(ago, text)| (ago as i64, text.as_str())).collect();
        fixture.table.put(put(1, stream, &events)).await.unwrap();
    }
    fixture.table.flush(NOW).await.unwrap();
    let [file] = &files_listed(&fixture).await[..] else { panic!("one file") };
    (fixture, Path::new(ROOT).join(&file.name))
}

fn named<T>(result: Result<T, StoreError>) -> PathBuf {
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
async fn damage_after_the_start_gives_the_right_events_or_names_the_file() {
    let (fixture, path) = one_file().await;
    let reads = || {
        let needle = Needle::contains("event 77 ");
        let of = |streams: &[u64]| Some(streams.iter().map(|stream| StreamId(*stream)).collect());
        [
            LogRead { streams: of(&[2]), ..everything(1, Direction::Forward) },
            LogRead { needle, limit: 10, ..everything(1, Direction::Backward) },
        ]
    };
    let wanted: fn(&LogEvent) -> bool = |event| event.message.contains("77");
    let mut right = Vec::new();
    for read in reads() {
        right.push(fixture.all(&read, wanted).await);
    }
    assert_eq!(right.iter().map(Vec::len).sum::<usize>(), 1 + 4);
    let len = fixture.disk.open(&path).unwrap().len().unwrap() as usize;
    let mut noticed = 0;
    for at in (0..len).step_by(len / 150) {
        // A table that has opened the file anew, whose pages then turn bad.
        let damaged = fixture.crashed().await.unwrap();
        damaged.disk.corrupt(&path, |bytes| bytes[at] ^= 1);
        for (read, right) in reads().into_iter().zip(&right) {
            match damaged.try_all(&read, wanted).await {
                Ok(events) => assert_eq!(&events, right, "at {at}"),
                Err(error) => {
                    assert_eq!(named::<()>(Err(error)), path);
                    noticed += 1;
                }
            }
        }
    }
    assert!(noticed > 20, "damage is noticed: {noticed}");
}

#[tokio::test]
async fn a_damaged_file_keeps_no_other_day_from_being_merged_or_dropped() {
    let fixture = Fixture::new().await;
    let noise = "0123456789abcdefghijklmnopqrstuvwxyz".repeat(20);
    for _ in 0..2 {
        for ago in 0..2 {
            fixture.table.put(put(1, 1, &[(ago * DAY, &noise), (ago * DAY, "short")])).await.unwrap();
        }
        fixture.table.flush(NOW).await.unwrap();
    }
    let files = files_listed(&fixture).await;
    assert_eq!(files.len(), 4);
    let path = Path::new(ROOT).join(&files.iter().min_by_key(|file| file.day).unwrap().name);
    fixture.disk.corrupt(&path, |bytes| {
        let middle = bytes.len() / 2;
        bytes[4..middle].fill(0xff);
    });
    assert_eq!(named(fixture.table.compact(NOW.plus_millis(3 * DAY)).await), path);
    assert_eq!(files_listed(&fixture).await.len(), 3);
}

#[tokio::test]
async fn a_folder_from_before_there_were_log_events_opens() {
    let fixture = Fixture::new().await;
    fixture.table.put(put(1, 1, &[(0, "x")])).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    // What such a catalog holds: the marks of the older tables alone.
    let marks = [crate::trail_event::HISTORY.name, crate::metric::MARK].map(|name| (name.to_owned(), 1)).to_vec();
    let older = Arc::new(MemoryFiles::default());
    older.change_files(&crate::catalog::files::FileChange { marks, ..Default::default() }).await.unwrap();
    let opened = Fixture::open(fixture.disk.crash(), older).await.unwrap();
    assert!(found(&opened).await.is_empty());
    opened.table.put(put(1, 1, &[(0, "y")])).await.unwrap();
    assert_eq!(found(&opened.crashed().await.unwrap()).await, ["y"]);
}
