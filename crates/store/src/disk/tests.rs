//! Tests of both disks against the same claims.

use std::path::PathBuf;

use super::failing::FailingDisk;
use super::*;

fn disks() -> Vec<(Arc<dyn Disk>, PathBuf, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    vec![(Arc::new(RealDisk), path, Some(folder)), (Arc::new(FailingDisk::new()), PathBuf::from("/data"), None)]
}

#[test]
fn a_renamed_file_reads_back() {
    for (disk, root, _folder) in disks() {
        let folder = root.join("a/b");
        disk.create_dir(&folder).unwrap();
        let file = disk.create(&folder.join("one")).unwrap();
        file.write_all_at(0, b"hello").unwrap();
        file.sync_data().unwrap();
        disk.rename(&folder.join("one"), &folder.join("two")).unwrap();
        disk.sync_dir(&folder).unwrap();
        assert_eq!(disk.list(&folder).unwrap(), ["two"]);
        let mut back = [0; 5];
        read_exact_at(&*disk.open(&folder.join("two")).unwrap(), 0, &mut back).unwrap();
        assert_eq!(&back, b"hello");
        assert_eq!(disk.open(&folder.join("one")).map(|_| ()).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}

#[test]
fn cutting_and_allocating_leaves_zeros() {
    for (disk, root, _folder) in disks() {
        disk.create_dir(&root).unwrap();
        let file = disk.create(&root.join("f")).unwrap();
        file.write_all_at(0, &[7; 100]).unwrap();
        file.set_len(10).unwrap();
        file.allocate(100).unwrap();
        let mut back = [1; 100];
        read_exact_at(&*file, 0, &mut back).unwrap();
        assert_eq!(back[..10], [7; 10]);
        assert_eq!(back[10..], [0; 90]);
    }
}

#[test]
fn a_crash_loses_what_was_not_synced() {
    let disk = FailingDisk::new();
    let root = PathBuf::from("/data");
    disk.create_dir(&root).unwrap();
    let kept = disk.create(&root.join("kept")).unwrap();
    kept.write_all_at(0, b"synced").unwrap();
    kept.sync_data().unwrap();
    disk.sync_dir(&root).unwrap();
    kept.write_all_at(0, b"UNSYNC").unwrap();
    disk.create(&root.join("unnamed")).unwrap().sync_data().unwrap();
    let after = disk.crash();
    assert_eq!(after.list(&root).unwrap(), ["kept"]);
    let mut back = [0; 6];
    read_exact_at(&*after.open(&root.join("kept")).unwrap(), 0, &mut back).unwrap();
    assert_eq!(&back, b"synced");
}
