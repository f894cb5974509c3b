//! What a history costs, and that it is right however files lie and whatever is in them.

use std::io;
use std::path::PathBuf;

use parquet::arrow::ArrowWriter;

use super::*;
use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::config_item::reader::OpenFile;
use crate::config_item::schema::{Row, SCHEMA, to_batch};
use crate::table_files::TableFile as _;

/// A file in memory.
pub(in crate::config_item) struct Bytes(pub Vec<u8>);

impl Blob for Bytes {
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let from = self.0.get(offset as usize..).unwrap_or_default();
        let from = from.get(..buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(from);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}

fn minute(n: i64) -> Timestamp {
    NOW.plus_millis(n * 60_000)
}

/// The state that a resource was in for the minute `n`.
fn state(resource: &Resource, n: i64) -> PastItem {
    past(resource, minute(n), minute(n + 1))
}

fn newest(limit: usize) -> HistoryRange {
    HistoryRange { order: HistoryOrder::NewestFirst, limit, ..all() }
}

/// A table with so many files of 400 resources with a state each, and of one that has a state in the first file alone.
async fn with_files(files: i64) -> (Fixture, Resource) {
    let (fixture, rare) = (Fixture::new().await, resource(1, "rare"));
    for n in 0..files {
        let mut items: Vec<_> = (0..400).map(|id| state(&resource(1, &format!("i-{id:03}")), n)).collect();
        items.extend((n == 0).then(|| state(&rare, n)));
        fixture.table.append(items).await.unwrap();
        fixture.table.flush(NOW).await.unwrap();
    }
    assert_eq!(fixture.table.file_items().0, files as usize);
    (fixture, rare)
}

/// Bytes that are read for a history when files are open.
async fn bytes_read(fixture: &Fixture, resource: &Resource, range: HistoryRange) -> u64 {
    fixture.history(resource, range.clone()).await;
    let before = fixture.disk.bytes_read();
    fixture.history(resource, range).await;
    fixture.disk.bytes_read() - before
}

#[tokio::test]
async fn files_that_have_nothing_of_a_resource_cost_next_to_nothing() {
    let (fixture, rare) = with_files(12).await;
    let one = bytes_read(&fixture, &rare, all()).await;
    let none = bytes_read(&fixture, &resource(1, "none"), all()).await;
    assert!(none <= 12 * 1024, "a bucket of each file, which is 64 entries of 8 bytes, about: {none}");
    assert!(one <= none + 4096, "and a page of each column: {one}, {none}");
}

#[tokio::test]
async fn the_newest_items_are_read_from_the_newest_files_alone() {
    let (fixture, _) = with_files(12).await;
    let two = bytes_read(&fixture, &resource(1, "i-123"), newest(2)).await;
    let all = bytes_read(&fixture, &resource(1, "i-123"), newest(12)).await;
    assert!(two * 5 <= all, "two of twelve files are read: {two} of {all}");
    let before = HistoryRange { taken: Timestamp::MIN..minute(5), ..newest(2) };
    let earlier = bytes_read(&fixture, &resource(1, "i-123"), before).await;
    assert!(earlier * 3 <= all, "so it is when they are not the last: {earlier} of {all}");
}

#[tokio::test]
async fn a_state_of_a_time_is_read_from_one_file() {
    let (fixture, _) = with_files(12).await;
    let all = bytes_read(&fixture, &resource(1, "i-123"), newest(12)).await;
    let before = fixture.disk.bytes_read();
    let found = fixture.table.at(&resource(1, "i-123"), minute(4).plus_millis(1)).await.unwrap();
    let one = fixture.disk.bytes_read() - before;
    assert_eq!(found.map(|item| item.taken), Some(minute(4)));
    assert!(one * 5 <= all, "{one} of {all}");
}

/// Two resources that the directory of a small file does not tell apart.
fn alike() -> (Resource, Resource) {
    let mut seen = BTreeMap::new();
    for n in 0.. {
        let one = resource(1, &format!("i-{n}"));
        if let Some(other) = seen.insert(directory::mark(&one), one.clone()) {
            return (one, other);
        }
    }
    unreachable!("there are more resources than marks")
}

#[tokio::test]
async fn resources_with_the_same_mark_are_told_apart() {
    let fixture = Fixture::new().await;
    let (one, other) = alike();
    fixture.table.append((0..3).map(|n| state(&one, n)).collect()).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    assert_eq!(fixture.history(&other, all()).await, [], "only the other is in the file");
    fixture.table.append((0..2).map(|n| state(&other, n)).collect()).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    fixture.table.append((3..5).flat_map(|n| [state(&one, n), state(&other, n - 1)]).collect()).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    assert_eq!(fixture.history(&one, all()).await, (0..5).map(|n| state(&one, n)).collect::<Vec<_>>());
    assert_eq!(fixture.history(&other, all()).await, (0..4).map(|n| state(&other, n)).collect::<Vec<_>>());
}

#[tokio::test]
async fn of_a_resource_that_changes_often_no_more_is_read_than_is_wanted() {
    let (fixture, often) = (Fixture::new().await, resource(1, "often"));
    let mut items: Vec<_> = (0..400).map(|n| state(&often, n)).collect();
    // Some were appended twice.
    items.extend((0..400).step_by(7).map(|n| state(&often, n)));
    items.extend(["a", "oftener"].map(|id| state(&resource(1, id), 0)));
    fixture.table.append(items).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    for (from, to, limit) in
        [(0, 400, 5), (0, 400, 500), (100, 300, 7), (100, 102, 9), (-5, 3, 2), (398, 900, 1), (500, 600, 3)]
    {
        let taken = minute(from)..minute(to);
        let mut wanted: Vec<_> = (from.max(0)..to.min(400)).map(|n| state(&often, n)).collect();
        let oldest = HistoryRange { taken, order: HistoryOrder::OldestFirst, limit };
        let found = fixture.history(&often, oldest.clone()).await;
        assert_eq!(found, wanted[..wanted.len().min(limit)], "{oldest:?}");
        wanted.reverse();
        let newest = HistoryRange { order: HistoryOrder::NewestFirst, ..oldest };
        let found = fixture.history(&often, newest.clone()).await;
        assert_eq!(found, wanted[..wanted.len().min(limit)], "{newest:?}");
    }
    for n in [0, 1, 7, 399] {
        let found = fixture.table.at(&often, minute(n).plus_millis(5)).await.unwrap();
        assert_eq!(found, Some(state(&often, n)));
    }
    let some = bytes_read(&fixture, &often, newest(3)).await;
    let all = bytes_read(&fixture, &often, newest(usize::MAX)).await;
    assert!(some * 2 < all, "{some} of {all}");
}

#[tokio::test]
async fn damage_after_the_start_gives_the_right_history_or_names_the_file() {
    let (fixture, often) = (Fixture::new().await, resource(1, "often"));
    let mut items: Vec<_> = (0..100).map(|n| state(&often, n)).collect();
    items.extend((0..200).map(|n| state(&resource(1, &format!("{n:04}")), n)));
    fixture.table.append(items).await.unwrap();
    fixture.table.flush(NOW).await.unwrap();
    let path = fixture.table.inner.file_set().iter().next().unwrap().path();
    let len = crate::disk::Disk::open(&fixture.disk, &path).unwrap().len().unwrap() as usize;
    let middle = HistoryRange { taken: minute(20)..minute(60), ..newest(3) };
    let questions = [(often.clone(), newest(3)), (often, middle), (resource(1, "0123"), all())];
    let mut noticed = 0;
    for at in (4..len).step_by(len / 150) {
        let copy = fixture.crashed().await.unwrap();
        copy.disk.corrupt(&path, |bytes| bytes[at] ^= 1 << (at % 8));
        for (resource, range) in &questions {
            match copy.table.history(resource, range.clone()).await {
                Ok(found) => assert_eq!(found, fixture.history(resource, range.clone()).await, "at {at}: {range:?}"),
                Err(StoreError::Damaged { file, .. }) => {
                    assert_eq!(file, path);
                    noticed += 1;
                }
                Err(other) => panic!("at {at}: {other}"),
            }
        }
    }
    assert!(noticed > 30, "damage is noticed: {noticed}");
}

#[test]
fn files_of_before_there_were_directories_are_read() {
    let resources = ["a", "b", "c"].map(|id| resource(1, id));
    let rows = resources.iter().flat_map(|resource| (0..30).map(|n| Arc::new(Row::new(state(resource, n)))));
    let rows: Vec<_> = rows.collect();
    let mut writer = ArrowWriter::try_new(Vec::new(), SCHEMA.clone(), None).unwrap();
    writer.write(&to_batch(&rows)).unwrap();
    let file = Bytes(writer.into_inner().unwrap());
    let entry = FileEntry {
        id: 1,
        table: TABLE.to_owned(),
        day: 0,
        name: "a.parquet".to_owned(),
        level: 0,
        rows: rows.len() as u64,
        bytes: file.0.len() as u64,
        crc: 0,
        time_min: minute(1).millis(),
        time_max: minute(30).millis(),
        created: 0,
    };
    let file = OpenFile::load(Arc::new(file), PathBuf::from("/data/a.parquet"), &entry).unwrap();
    for resource in resources {
        let found = file.rows_of(&Arc::new(resource.clone()), &newest(2)).unwrap();
        let found: Vec<_> = found.iter().map(|row| row.to_item()).collect();
        assert_eq!(found, (0..30).map(|n| state(&resource, n)).collect::<Vec<_>>());
    }
    assert_eq!(file.rows_of(&Arc::new(resource(2, "a")), &newest(2)).unwrap(), []);
}
