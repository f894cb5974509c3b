//! The buffer through restarts, damage, refusals and its bound.

use bytes::Bytes;
use tempfile::TempDir;

use super::*;

fn batch(text: &str) -> Batch {
    Batch { data: text.len(), oldest: Timestamp::from_secs(1000), body: Bytes::from(text.to_owned()) }
}

fn open(folder: &TempDir, bytes_max: u64) -> Spool {
    Spool::open(folder.path(), bytes_max).unwrap()
}

/// Takes all that waits, oldest first, as if each had been acknowledged.
fn drain(spool: &mut Spool) -> Vec<String> {
    let mut texts = Vec::new();
    while let Some(Waiting { number, batch }) = spool.take_oldest() {
        texts.push(String::from_utf8(batch.body.to_vec()).unwrap());
        spool.remove(number);
    }
    texts
}

fn batch_files(folder: &Path) -> usize {
    file::numbers(folder).unwrap().len()
}

#[test]
fn what_was_added_is_there_after_a_restart_in_its_order() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder, 1 << 20);
    for text in ["one", "two", "three"] {
        assert_eq!(spool.add(batch(text)), Dropped::default());
    }
    let first = spool.take_oldest().unwrap();
    assert_eq!(first.batch, batch("one"));
    spool.remove(first.number);
    drop(spool);
    let mut spool = open(&folder, 1 << 20);
    spool.add(batch("four"));
    assert_eq!(drain(&mut spool), ["two", "three", "four"]);
    assert_eq!(batch_files(folder.path()), 0);
}

#[test]
fn a_batch_that_was_not_taken_stays_the_oldest() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder, 1 << 20);
    spool.add(batch("one"));
    spool.add(batch("two"));
    let first = spool.take_oldest().unwrap();
    spool.keep(first.number);
    assert_eq!(spool.take_oldest().unwrap(), first);
}

#[test]
fn the_oldest_are_dropped_when_the_bound_is_passed_but_never_the_one_under_way() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder, 1 << 20);
    spool.add(batch("one"));
    let size = spool.bytes(false);
    drop(spool);
    let mut spool = open(&folder, 3 * size + size / 2);
    spool.add(batch("two"));
    spool.add(batch("six"));
    assert_eq!(spool.take_oldest().unwrap().batch, batch("one"));
    assert_eq!(spool.add(batch("ten")), Dropped { batches: 1, data: 3 });
    assert_eq!(drain(&mut spool), ["one", "six", "ten"]);
}

#[test]
fn a_single_batch_over_the_bound_is_kept() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder, 1);
    assert_eq!(spool.add(batch("one")), Dropped::default());
    assert_eq!(spool.add(batch("two")), Dropped { batches: 1, data: 3 });
    assert_eq!(drain(&mut spool), ["two"]);
}

#[test]
fn a_refused_batch_is_set_aside_and_its_number_not_used_again() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder, 1 << 20);
    spool.add(batch("bad"));
    let bad = spool.take_oldest().unwrap();
    spool.set_aside(bad.number);
    assert!(spool.is_empty());
    drop(spool);
    let mut spool = open(&folder, 1 << 20);
    spool.add(batch("good"));
    let good = spool.take_oldest().unwrap();
    assert!(good.number > bad.number);
    let aside = folder.path().join("refused").join(file::name(bad.number));
    assert_eq!(file::read(&aside).unwrap(), bad.batch);
}

#[test]
fn refused_batches_are_bounded() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder, 4 * 300);
    for _ in 0..20 {
        spool.add(batch("bad"));
        let bad = spool.take_oldest().unwrap();
        spool.set_aside(bad.number);
    }
    let kept = batch_files(&folder.path().join("refused"));
    assert!((1..=5).contains(&kept), "{kept}");
}

#[test]
fn a_damaged_file_is_set_aside_and_the_next_one_is_given() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder, 1 << 20);
    spool.add(batch("one"));
    spool.add(batch("two"));
    let path = spool.path(0);
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(drain(&mut spool), ["two"]);
    assert_eq!(batch_files(&folder.path().join("refused")), 1);
}

#[test]
fn what_a_crash_left_half_written_is_removed() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("00000000000000000007.tmp"), "half").unwrap();
    let mut spool = open(&folder, 1 << 20);
    assert_eq!(drain(&mut spool), [""; 0]);
    assert!(!folder.path().join("00000000000000000007.tmp").exists());
}

#[test]
fn two_agents_do_not_share_a_folder() {
    let folder = TempDir::new().unwrap();
    let _first = open(&folder, 1 << 20);
    assert!(matches!(Spool::open(folder.path(), 1 << 20), Err(SpoolError::InUse(_))));
}

#[test]
fn a_disk_that_takes_nothing_leaves_the_batch_in_memory() {
    let folder = TempDir::new().unwrap();
    let mut spool = open(&folder, 1 << 20);
    // A folder in the way of the temporary file fails the write for any user.
    fs::create_dir(folder.path().join("00000000000000000000.tmp")).unwrap();
    spool.add(batch("kept"));
    spool.add(batch("written"));
    assert_eq!(batch_files(folder.path()), 1);
    assert_eq!(drain(&mut spool), ["kept", "written"]);
}

#[test]
fn two_weeks_are_the_end() {
    let old = batch("x");
    let two_weeks = base::time::DAY_MS * 14;
    assert!(!is_expired(&old, old.oldest.plus_millis(two_weeks - 60_000)));
    assert!(is_expired(&old, old.oldest.plus_millis(two_weeks - 59_999)));
}
