//! What a crash, a full disk, a failed sync and a damaged file must not do to a table of events: the same for each.
//!
//! A table's own tests say how it is filled and read ([`Subject`]) and name the claims that hold for it.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use base::Timestamp;

use crate::StoreError;
use crate::catalog::files::{FileCatalog as _, FileEntry, MemoryFiles};
use crate::disk::Disk as _;
use crate::disk::failing::FailingDisk;

pub(crate) const DAY: i64 = base::time::DAY_MS;
/// Noon of a day.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(20_000 * DAY + DAY / 2);

/// A table on a disk in memory. Its rows have names, by which they are found again.
pub(crate) trait Subject: Sized {
    /// The folder of the table's files.
    const ROOT: &str;

    /// An empty table.
    async fn empty() -> Self;

    /// A table with one file of some hundred rows.
    async fn with_one_file() -> Self;

    /// The table as found after a crash now.
    async fn after_crash(&self) -> Result<Self, StoreError>;

    /// The disk.
    fn disk(&self) -> &FailingDisk;

    /// The lists of files.
    fn lists(&self) -> &MemoryFiles;

    /// Stores a row of some days ago.
    async fn put(&self, name: &str, days_ago: i64) -> Result<(), StoreError>;

    /// Writes what is in memory to files.
    async fn flush(&self) -> Result<(), StoreError>;

    /// Merges files.
    async fn compact(&self, now: Timestamp) -> Result<(), StoreError>;

    /// The names of all rows, each as often as it is there.
    async fn names(&self) -> Vec<String>;

    /// How many rows are in memory alone.
    fn memory_rows(&self) -> usize;

    /// Does all that the table does, in turn, until something fails.
    async fn work(&self) -> Worked;
}

/// What [`Subject::work`] came to.
#[derive(Default)]
pub(crate) struct Worked {
    /// The names of rows that were acknowledged and must be there.
    pub wanted: BTreeSet<String>,
    /// The names of rows that may be there: what became of them is not known, or they were to be dropped.
    pub others: BTreeSet<String>,
    /// Whether nothing failed.
    pub finished: bool,
}

/// Crashes after every step of the work; there are at least `deaths_min` of them.
pub(crate) async fn a_crash_at_any_step_loses_and_doubles_nothing<T: Subject>(deaths_min: usize) {
    let mut died = 0;
    for steps in 0.. {
        let table = T::empty().await;
        table.disk().die_after(steps);
        let Worked { wanted, others, finished } = table.work().await;
        let after = table.after_crash().await.unwrap();
        let names = after.names().await;
        let unique: BTreeSet<_> = names.iter().cloned().collect();
        assert_eq!(names.len(), unique.len(), "nothing is doubled after {steps} steps");
        assert!(unique.is_superset(&wanted), "nothing is lost after {steps} steps");
        let known: BTreeSet<_> = wanted.union(&others).cloned().collect();
        assert!(unique.is_subset(&known), "nothing is made up after {steps} steps");
        assert_eq!(files_there(&after), files_listed(&after).await.len(), "no file is left over");
        // And the table goes on.
        after.put("after", 0).await.unwrap();
        after.flush().await.unwrap();
        after.compact(NOW.plus_millis(2 * DAY)).await.unwrap();
        assert_eq!(after.names().await.len(), names.len() + 1);
        assert_eq!(after.after_crash().await.unwrap().names().await.len(), names.len() + 1);
        if finished {
            break;
        }
        died += 1;
    }
    assert!(died >= deaths_min, "the crashes reach into flush, merging and dropping: {died}");
}

/// What is stored stays, what is not is told, and all goes on once there is space.
pub(crate) async fn a_full_disk_refuses_and_goes_on_when_there_is_space<T: Subject>() {
    let table = T::empty().await;
    let mut stored = 0;
    while stored < 40 {
        table.put(&format!("row {stored}"), stored as i64 % 3).await.unwrap();
        stored += 1;
    }
    table.disk().set_full(true);
    assert!(matches!(table.flush().await, Err(StoreError::Full)));
    assert_eq!(table.names().await.len(), stored, "a failed flush loses nothing");
    loop {
        match table.put(&format!("row {stored}"), 0).await {
            Ok(()) => stored += 1,
            Err(StoreError::Full) => break,
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(table.names().await.len(), stored);
    table.disk().set_full(false);
    table.put("after", 0).await.unwrap();
    table.flush().await.unwrap();
    assert_eq!((table.memory_rows(), table.names().await.len()), (0, stored + 1));
    assert_eq!(table.after_crash().await.unwrap().names().await.len(), stored + 1);
    assert_eq!(files_there(&table), files_listed(&table).await.len(), "the failed flush left no files behind");
}

/// Gives the table that was stopped.
pub(crate) async fn a_failed_sync_stops_every_write<T: Subject>() -> T {
    let table = T::empty().await;
    table.put("kept", 0).await.unwrap();
    table.disk().set_sync_fails(true);
    assert!(matches!(table.put("lost", 0).await, Err(StoreError::Stopped { .. })));
    table.disk().set_sync_fails(false);
    assert!(matches!(table.put("lost", 0).await, Err(StoreError::Stopped { .. })));
    assert_eq!(table.after_crash().await.unwrap().names().await, ["kept"]);
    table
}

/// So that nothing is read that is not what was written.
pub(crate) async fn a_missing_or_cut_file_is_named_at_open<T: Subject>() {
    let table = T::with_one_file().await;
    let path = only_file(&table).await;
    table.disk().remove(&path).unwrap();
    table.disk().sync_dir(path.parent().unwrap()).unwrap();
    assert_eq!(named(table.after_crash().await), path);
    for keep in [0, 3, 100] {
        let table = T::with_one_file().await;
        let path = only_file(&table).await;
        table.disk().corrupt(&path, |bytes| bytes.truncate(keep));
        assert_eq!(named(table.after_crash().await), path);
    }
}

/// When a file turns bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    /// While no one has it open.
    BeforeTheStart,
    /// When a table has opened it.
    AfterTheStart,
}

/// Flips a bit in some 150 places of a file, each in a copy of its own; `answers` are what is asked of the table. At
/// least `noticed_min` times damage is noticed.
pub(crate) async fn a_flipped_bit_gives_the_right_answers_or_names_the_file<T: Subject, A: PartialEq + Debug>(
    turned: Turned,
    noticed_min: usize,
    answers: impl AsyncFn(&T) -> Vec<Result<A, StoreError>>,
) {
    let table = T::with_one_file().await;
    let path = only_file(&table).await;
    let right: Vec<_> = answers(&table).await.into_iter().map(Result::unwrap).collect();
    let len = table.disk().open(&path).unwrap().len().unwrap() as usize;
    let mut noticed = 0;
    for at in (0..len).step_by(len / 150) {
        let flip = |table: &T| table.disk().corrupt(&path, |bytes| bytes[at] ^= 1);
        let copy = table.after_crash().await.unwrap();
        flip(&copy);
        let damaged = match turned {
            Turned::AfterTheStart => Ok(copy),
            Turned::BeforeTheStart => copy.after_crash().await,
        };
        let damaged = match damaged {
            Ok(damaged) => damaged,
            refused => {
                assert_eq!(named(refused), path);
                noticed += 1;
                continue;
            }
        };
        for (answer, right) in answers(&damaged).await.into_iter().zip(&right) {
            match answer {
                Ok(answer) => assert_eq!(&answer, right, "at {at}"),
                refused => {
                    assert_eq!(named(refused), path);
                    noticed += 1;
                }
            }
        }
    }
    assert!(noticed >= noticed_min, "damage is noticed: {noticed}");
}

/// One bad file is one file's loss.
pub(crate) async fn a_damaged_file_keeps_no_other_day_from_being_merged<T: Subject>() {
    let table = T::empty().await;
    for round in 0..2 {
        for days_ago in 0..2 {
            for number in 0..50 {
                table.put(&format!("{round} {days_ago} {number}"), days_ago).await.unwrap();
            }
        }
        table.flush().await.unwrap();
    }
    let files = files_listed(&table).await;
    assert_eq!(files.len(), 4);
    let path = Path::new(T::ROOT).join(&files.iter().min_by_key(|file| file.day).unwrap().name);
    table.disk().corrupt(&path, |bytes| {
        let middle = bytes.len() / 2;
        bytes[4..middle].fill(0xff);
    });
    assert_eq!(named(table.compact(NOW.plus_millis(3 * DAY)).await), path);
    assert_eq!(files_listed(&table).await.len(), 3);
}

/// The file that an error names.
pub(crate) fn named<T>(result: Result<T, StoreError>) -> PathBuf {
    match result {
        Err(StoreError::Damaged { file, .. }) => file,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the damage went unnoticed"),
    }
}

/// The path of a table's only file.
async fn only_file<T: Subject>(table: &T) -> PathBuf {
    let [file] = &files_listed(table).await[..] else { panic!("one file") };
    Path::new(T::ROOT).join(&file.name)
}

fn files_there<T: Subject>(table: &T) -> usize {
    let (mut folders, mut files) = (vec![PathBuf::from(T::ROOT)], 0);
    while let Some(folder) = folders.pop() {
        for name in table.disk().list(&folder).unwrap() {
            match name.contains('=') {
                true => folders.push(folder.join(name)),
                false => files += 1,
            }
        }
    }
    files
}

async fn files_listed<T: Subject>(table: &T) -> Vec<FileEntry> {
    table.lists().load_files().await.unwrap().files
}
