//! The segment files: making, filling and removing them.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

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

/// A segment that is reserved and not in use yet.
pub(super) struct Prepared {
    number: u64,
    file: Arc<dyn DiskFile>,
    path: PathBuf,
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
        self.live().push_back(Live { number, first_lsn });
    }

    /// Makes segment `number` with room for a frame of `frame_bytes`, durably.
    pub fn create(&self, number: u64, first_lsn: u64, frame_bytes: u64) -> io::Result<Current> {
        self.start(&self.prepare(number)?, first_lsn, frame_bytes)
    }

    /// Reserves the file of segment `number`, durably. Until it is started it holds zeros,
    /// which recovery takes for a segment in the making. On an error no such file is left.
    pub fn prepare(&self, number: u64) -> io::Result<Prepared> {
        let path = path(&self.folder, number);
        let file = self.disk.create(&path)?;
        let made = (|| {
            file.allocate(self.segment_bytes)?;
            file.sync_data()?;
            self.disk.sync_dir(&self.folder)
        })();
        if let Err(error) = made {
            // What cannot be removed now is an empty last segment, which recovery removes.
            drop(self.disk.remove(&path));
            return Err(error);
        }
        Ok(Prepared { number, file, path })
    }

    /// Makes a prepared file the last segment, with room for a frame of `frame_bytes`. After
    /// an error for want of space this can be tried again.
    pub fn start(&self, prepared: &Prepared, first_lsn: u64, frame_bytes: u64) -> io::Result<Current> {
        let Prepared { number, file, path } = prepared;
        let len = self.segment_bytes.max(HEADER_BYTES + frame_bytes);
        if len > self.segment_bytes {
            file.allocate(len)?;
        }
        file.write_all_at(0, &encode_header(*number, first_lsn))?;
        file.sync_data()?;
        self.note(*number, first_lsn);
        let (file, path) = (file.clone(), path.clone());
        Ok(Current { number: *number, file, path, offset: HEADER_BYTES, len, zeroed: HEADER_BYTES })
    }

    /// Removes the segments whose rows all are at most `lsn`, oldest first. Those that could
    /// not be removed are tried again by the next call.
    pub fn release(&self, lsn: u64) -> Result<(), StoreError> {
        while let Some(number) = self.released(lsn) {
            let path = path(&self.folder, number);
            let removed = match self.disk.remove(&path) {
                // A call before removed it and failed to make that durable.
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
                removed => removed,
            };
            // The folder is synced after each, so that a crash never leaves a gap.
            let removed = removed.and_then(|()| self.disk.sync_dir(&self.folder));
            removed.map_err(|error| StoreError::failed(format!("removing {}", path.display()), error))?;
            self.live().pop_front_if(|oldest| oldest.number == number);
        }
        Ok(())
    }

    /// The oldest segment, if all its rows are at most `lsn`.
    fn released(&self, lsn: u64) -> Option<u64> {
        let live = self.live();
        let next = live.get(1)?;
        if next.first_lsn > lsn.saturating_add(1) {
            return None;
        }
        live.front().map(|segment| segment.number)
    }

    fn live(&self) -> MutexGuard<'_, VecDeque<Live>> {
        self.live.lock().expect("no holder of this lock can panic")
    }
}
