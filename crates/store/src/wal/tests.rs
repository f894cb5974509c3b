//! Tests of the log on a disk that fails.

use std::path::Path;
use std::sync::mpsc;

use proptest::prelude::*;

use super::*;
use crate::disk::RealDisk;
use crate::disk::failing::FailingDisk;

const SEGMENT: u64 = 16 << 10;

fn options(disk: impl Disk, flushed_lsn: u64) -> WalOptions {
    WalOptions { disk: Arc::new(disk), folder: PathBuf::from("/wal"), segment_bytes: SEGMENT, flushed_lsn }
}

type Row = (u64, u8, Vec<u8>);

fn open(options: WalOptions) -> Result<(Wal, Vec<Row>), StoreError> {
    let mut rows = Vec::new();
    let wal = Wal::open(options, |lsn, table, row| {
        rows.push((lsn, table, row.to_owned()));
        Ok(())
    })?;
    Ok((wal, rows))
}

fn append(wal: &Wal, row: &[u8]) -> Result<u64, WalError> {
    let (sender, receiver) = mpsc::channel();
    wal.submit(
        vec![Entry { table: 1, row: row.to_owned().into() }],
        Box::new(move |result| sender.send(result).unwrap()),
    );
    receiver.recv().unwrap()
}

fn damage(result: Result<(Wal, Vec<Row>), StoreError>) -> (PathBuf, String) {
    match result {
        Err(StoreError::Damaged { file, detail }) => (file, detail),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the damage went unnoticed"),
    }
}

/// Bytes that do not compress, so that frames fill segments.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    base::Entropy::fill(&base::SeededEntropy::new(seed), &mut bytes);
    bytes
}

/// A log of three segments and more.
fn long_log(disk: &FailingDisk) -> u64 {
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    (0..30).map(|n| append(&wal, &noise(n, 2000)).unwrap()).last().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_row_is_replayed_in_order(units in prop::collection::vec(prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..600)), 0..6), 0..40), flushed in 0u64..20) {
        let disk = FailingDisk::new();
        let mut rows = Vec::new();
        {
            let (wal, _) = open(options(disk.clone(), 0)).unwrap();
            for unit in &units {
                let entries: Vec<_> = unit.iter().map(|(table, row)| Entry { table: *table, row: row.clone().into() }).collect();
                for (table, row) in unit {
                    rows.push((rows.len() as u64 + 1, *table, row.clone()));
                }
                wal.submit_batched(entries, Box::new(|result| assert!(result.is_ok())));
            }
            wal.close().unwrap();
        }
        let flushed = flushed.min(rows.len() as u64);
        let (wal, back) = open(options(disk.crash(), flushed)).unwrap();
        prop_assert_eq!(&back[..], &rows[flushed as usize..]);
        prop_assert_eq!(wal.durable_lsn(), rows.len() as u64);
    }

    #[test]
    fn reading_any_bytes_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..400), keep in any::<bool>()) {
        let mut segment = if keep { frame::encode_header(1, 1).to_vec() } else { Vec::new() };
        segment.extend(bytes);
        drop(fuzz::read(&segment));
    }
}

#[test]
fn a_last_frame_torn_at_any_byte_is_cut_off() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    append(&wal, b"first").unwrap();
    wal.close().unwrap();
    let path = Path::new("/wal/00000001.wal");
    let whole = {
        let two = disk.crash();
        let (wal, _) = open(options(two.clone(), 0)).unwrap();
        append(&wal, b"the second row").unwrap();
        let mut bytes = vec![0; 256];
        two.open(path).unwrap().read_at(0, &mut bytes).unwrap();
        bytes
    };
    let start = (0..256).step_by(8).skip(5).find(|at| whole[at + 8..at + 16] == 2u64.to_le_bytes()).unwrap();
    let end = whole.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    for cut in start..end {
        let torn = disk.crash();
        torn.corrupt(path, |bytes| bytes[start..cut].copy_from_slice(&whole[start..cut]));
        let (wal, rows) = open(options(torn.clone(), 0)).unwrap();
        assert_eq!(rows.len(), 1, "cut at {cut}");
        assert_eq!(append(&wal, b"again"), Ok(2));
        drop(wal);
        assert_eq!(open(options(torn.crash(), 0)).unwrap().1.len(), 2);
    }
}

#[test]
fn a_flipped_byte_before_the_last_frame_names_file_and_offset() {
    let disk = FailingDisk::new();
    let last = long_log(&disk);
    assert_eq!(open(options(disk.crash(), 0)).unwrap().1.len() as u64, last);
    for (segment, offset) in [(1u64, 3000), (1, 40), (2, 500), (3, 36)] {
        let flipped = disk.crash();
        let path = PathBuf::from(format!("/wal/{segment:08}.wal"));
        flipped.corrupt(&path, |bytes| bytes[offset] ^= 4);
        let (file, detail) = damage(open(options(flipped, 0)));
        assert_eq!(file, path);
        assert!(detail.contains("at offset "), "{detail}");
    }
}

#[test]
fn a_missing_segment_is_named() {
    let disk = FailingDisk::new();
    long_log(&disk);
    for missing in ["/wal/00000001.wal", "/wal/00000002.wal"] {
        let holed = disk.crash();
        holed.remove(Path::new(missing)).unwrap();
        assert_eq!(damage(open(options(holed, 0))).0, Path::new(missing));
    }
}

#[test]
fn a_log_shorter_than_the_flushed_mark_is_damaged() {
    let disk = FailingDisk::new();
    let last = long_log(&disk);
    damage(open(options(disk.crash(), last + 1)));
    damage(open(options(FailingDisk::new(), 1)));
}

#[test]
fn a_segment_that_was_in_the_making_is_accepted() {
    let disk = FailingDisk::new();
    let last = long_log(&disk);
    let names = disk.list(Path::new("/wal")).unwrap().len();
    let next = PathBuf::from(format!("/wal/{:08}.wal", names + 1));
    disk.create(&next).unwrap().allocate(SEGMENT).unwrap();
    let (wal, rows) = open(options(disk, 0)).unwrap();
    assert_eq!(rows.len() as u64, last);
    assert_eq!(append(&wal, b"on"), Ok(last + 1));
}

#[test]
fn a_full_disk_refuses_rows_and_loses_none() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    disk.set_full(true);
    let mut stored = 0;
    let refused = loop {
        match append(&wal, &noise(stored, 3000)) {
            Ok(lsn) => stored = lsn,
            Err(error) => break error,
        }
    };
    assert_eq!(refused, WalError::Full);
    let (sender, receiver) = mpsc::channel();
    wal.submit_batched(
        vec![Entry { table: 1, row: noise(99, 9000).into() }],
        Box::new(move |result| sender.send(result).unwrap()),
    );
    assert_eq!(append(&wal, &noise(98, 9000)), Err(WalError::Full));
    disk.set_full(false);
    assert_eq!(append(&wal, b"space again"), Ok(stored + 2));
    assert_eq!(receiver.recv().unwrap(), Ok(stored + 1));
    let (_, rows) = open(options(disk.crash(), 0)).unwrap();
    assert_eq!(rows.len() as u64, stored + 2);
}

#[test]
fn a_full_disk_refuses_at_once_behind_a_long_backlog() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    disk.set_full(true);
    let (sender, receiver) = mpsc::channel();
    for n in 0..9 {
        let sender = sender.clone();
        let entries = vec![Entry { table: 1, row: noise(n, 1 << 20).into() }];
        wal.submit_batched(entries, Box::new(move |result| sender.send(result).unwrap()));
    }
    assert_eq!(append(&wal, b"urgent"), Err(WalError::Full));
    assert_eq!(append(&wal, b"urgent"), Err(WalError::Full));
    assert_eq!(wal.writable(), Err(WalError::Full));
    assert!(receiver.try_recv().is_err(), "rows that no one waits for are kept");
    disk.set_full(false);
    assert_eq!(append(&wal, b"urgent"), Ok(10));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), (1..10).map(Ok).collect::<Vec<_>>());
}

#[test]
fn rows_left_on_a_full_disk_are_answered_at_the_end() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    disk.set_full(true);
    let (sender, receiver) = mpsc::channel();
    let entries = vec![Entry { table: 1, row: noise(1, 20_000).into() }];
    wal.submit_batched(entries, Box::new(move |result| sender.send(result).unwrap()));
    assert_eq!(wal.close(), Err(WalError::Full));
    assert_eq!(receiver.recv().unwrap(), Err(WalError::Full));
    assert!(matches!(append(&wal, b"late"), Err(WalError::Stopped { .. })));
}

#[test]
fn a_full_disk_is_told_while_calls_in_flight_still_fit() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    disk.set_full(true);
    let mut rows = 0;
    // The flag is set between two groups: an empty append waits for the one before.
    while append(&wal, &noise(rows, 500)).is_ok() && settled(&wal).is_ok() && wal.writable().is_ok() {
        rows += 1;
    }
    assert_eq!(wal.writable(), Err(WalError::Full));
    append(&wal, &noise(99, 500)).unwrap();
    disk.set_full(false);
    append(&wal, &noise(98, 500)).unwrap();
    settled(&wal).unwrap();
    assert_eq!(wal.writable(), Ok(()));
}

/// Resolves after the group before and what follows it.
fn settled(wal: &Wal) -> Result<(), WalError> {
    let (sender, receiver) = mpsc::channel();
    wal.submit(Vec::new(), Box::new(move |result| sender.send(result).unwrap()));
    receiver.recv().unwrap().map(|_| ())
}

#[test]
fn what_recovery_builds_on_is_durable() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    append(&wal, b"one").unwrap();
    disk.set_sync_fails(true);
    append(&wal, b"two").unwrap_err();
    drop(wal);
    disk.set_sync_fails(false);
    // The server starts again, the machine did not: it still shows the second row.
    let (wal, rows) = open(options(disk.clone(), 0)).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(open(options(disk.crash(), 0)).unwrap().1.len(), 2);
    drop(wal);
}

#[test]
fn a_refused_segment_that_came_back_is_removed() {
    let disk = FailingDisk::new();
    let last = long_log(&disk);
    let refused = disk.list(Path::new("/wal")).unwrap().len() as u64 + 1;
    let file = disk.create(&segment::path(Path::new("/wal"), refused)).unwrap();
    file.allocate(SEGMENT).unwrap();
    file.write_all_at(0, &frame::encode_header(refused, last - 1)).unwrap();
    let (wal, rows) = open(options(disk, 0)).unwrap();
    assert_eq!(rows.len() as u64, last);
    assert_eq!(append(&wal, b"on"), Ok(last + 1));
}

#[test]
fn damage_before_a_reserved_segment_is_no_torn_end() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    for n in 0..6 {
        append(&wal, &noise(n, 500)).unwrap();
    }
    drop(wal);
    disk.create(Path::new("/wal/00000002.wal")).unwrap().allocate(SEGMENT).unwrap();
    disk.corrupt(Path::new("/wal/00000001.wal"), |bytes| bytes[1000] ^= 1);
    assert_eq!(damage(open(options(disk, 0))).0, Path::new("/wal/00000001.wal"));
}

#[test]
fn a_failed_sync_stops_the_log_for_good() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    append(&wal, b"one").unwrap();
    disk.set_sync_fails(true);
    assert!(matches!(append(&wal, b"two"), Err(WalError::Stopped { .. })));
    disk.set_sync_fails(false);
    assert!(matches!(append(&wal, b"three"), Err(WalError::Stopped { .. })));
    assert!(matches!(wal.close(), Err(WalError::Stopped { .. })));
    assert!(wal.fatal().borrow().as_ref().unwrap().contains("00000001.wal"));
    assert_eq!(open(options(disk.crash(), 0)).unwrap().1.len(), 1);
}

#[test]
fn a_short_write_stops_the_log_and_is_cut_off() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    append(&wal, b"one").unwrap();
    disk.set_short_writes(true);
    assert!(matches!(append(&wal, &noise(1, 500)), Err(WalError::Stopped { .. })));
    for kept in [0, 8, 100, 250] {
        assert_eq!(open(options(disk.crash_torn(kept), 0)).unwrap().1.len(), 1);
    }
}

#[test]
fn released_segments_are_gone_and_the_rest_replays() {
    let disk = FailingDisk::new();
    let last = long_log(&disk);
    let (wal, _) = open(options(disk.clone(), 0)).unwrap();
    wal.release(last - 3).unwrap();
    wal.close().unwrap();
    assert!(!disk.list(Path::new("/wal")).unwrap().contains(&"00000001.wal".to_owned()));
    let (_, rows) = open(options(disk.crash(), last - 3)).unwrap();
    assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), [last - 2, last - 1, last]);
}

#[tokio::test]
async fn writers_at_the_same_time_share_frames() {
    let folder = tempfile::tempdir().unwrap();
    let options = WalOptions {
        disk: Arc::new(RealDisk),
        folder: folder.path().to_owned(),
        segment_bytes: SEGMENT,
        flushed_lsn: 0,
    };
    let (wal, _) = open(options).unwrap();
    let waiting: Vec<_> = (0..64u8).map(|n| wal.append(vec![Entry { table: 0, row: vec![n].into() }])).collect();
    for (n, append) in waiting.into_iter().enumerate() {
        assert_eq!(append.await, Ok(n as u64 + 1));
    }
    wal.sync().await.unwrap();
    assert_eq!(wal.durable_lsn(), 64);
}

#[test]
fn a_log_dropped_by_its_own_thread_ends() {
    let disk = FailingDisk::new();
    let (wal, _) = open(options(disk, 0)).unwrap();
    let wal = Arc::new(wal);
    let (go, gone) = mpsc::channel::<()>();
    let (sender, receiver) = mpsc::channel();
    let last = wal.clone();
    let done = move |result: Result<u64, WalError>| {
        // Wait until this is the last holder.
        assert!(gone.recv().is_err());
        drop(last);
        sender.send(result).unwrap();
    };
    wal.submit(vec![Entry { table: 1, row: b"row".to_vec().into() }], Box::new(done));
    drop(wal);
    drop(go);
    assert_eq!(receiver.recv().unwrap(), Ok(1));
}
