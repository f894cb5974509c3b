//! The segment files: making, filling and removing them.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::frame::{HEADER_BYTES, encode_header};
use crate::disk::{Disk, DiskFile};
use crate::error::StoreError;

/// The segment that is written to.
pub(super) struct Current {
    pub number: u64,
    pub file: Arc<dyn DiskFile>,
    pub path: PathBuf,
    /// Where the next frame goes.
    pub offset: u64,
    /// Bytes that are reserved.
    pub len: u64,
    /// Up to here the reserved bytes have been written before.
    pub zeroed: u64,
}

/// All segments of a log, oldest first; the last is the one written to.
pub(super) struct Segments {
    pub disk: Arc<dyn Disk>,
    pub folder: PathBuf,
    pub segment_bytes: u64,
    live: Mutex<VecDeque<Live>>,
}

#[derive(Clone, Copy)]
struct Live {
    number: u64,
    first_lsn: u64,
}

/// The file of segment `number`.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:08}.wal"))
}

/// The number in the name of a segment's file.
pub(super) fn number(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".wal")?;
    (digits.len() >= 8 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

impl Segments {
    pub fn new(disk: Arc<dyn Disk>, folder: PathBuf, segment_bytes: u64) -> Self {
        Self { disk, folder, segment_bytes, live: Mutex::default() }
    }

    /// Notes a segment that is there.
    pub fn note(&self, number: u64, first_lsn: u64) {
        let mut live = self.live.lock().expect("no holder of this lock can panic");
        live.push_back(Live { number, first_lsn });
    }

    /// Makes segment `number` with room for a frame of `frame_bytes`, durably. On an error
    /// no such segment is left.
    pub fn create(&self, number: u64, first_lsn: u64, frame_bytes: u64) -> io::Result<Current> {
        let path = path(&self.folder, number);
        let file = self.disk.create(&path)?;
        let len = self.segment_bytes.max(HEADER_BYTES + frame_bytes);
        let made = (|| {
            file.allocate(len)?;
            file.write_all_at(0, &encode_header(number, first_lsn))?;
            file.sync_data()?;
            self.disk.sync_dir(&self.folder)
        })();
        if let Err(error) = made {
            // What cannot be removed now is an empty last segment, which recovery accepts.
            drop(self.disk.remove(&path));
            return Err(error);
        }
        self.note(number, first_lsn);
        Ok(Current { number, file, path, offset: HEADER_BYTES, len, zeroed: HEADER_BYTES })
    }

    /// Removes the segments whose rows all are at most `lsn`, oldest first.
    pub fn release(&self, lsn: u64) -> Result<(), StoreError> {
        while let Some(number) = self.take_released(lsn) {
            let path = path(&self.folder, number);
            // The folder is synced after each, so that a crash never leaves a gap.
            let removed = self.disk.remove(&path).and_then(|()| self.disk.sync_dir(&self.folder));
            removed.map_err(|error| StoreError::failed(format!("removing {}", path.display()), error))?;
        }
        Ok(())
    }

    fn take_released(&self, lsn: u64) -> Option<u64> {
        let mut live = self.live.lock().expect("no holder of this lock can panic");
        let next = live.get(1)?;
        if next.first_lsn > lsn.saturating_add(1) {
            return None;
        }
        live.pop_front().map(|segment| segment.number)
    }
}
