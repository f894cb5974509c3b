//! The files of the four tables and of the series, and writing rows where they belong.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;
use std::sync::Arc;

use base::Timestamp;

use super::file::{FileWriter, OpenFile, Written};
use super::row::Row;
use super::series_file::{SeriesFile, TABLE_SERIES};
use super::tier::{Ages, Tier};
use crate::blobs::LocalBlobs;
use crate::catalog::files::{FileEntry, FileLists};
use crate::disk::Disk;
use crate::error::StoreError;
use crate::parquet_file::write_io_failed;
use crate::table_files::{self, FileSet, TableFiles};

pub(super) type LiveFile = table_files::LiveFile<OpenFile>;
pub(super) type LiveSeriesFile = table_files::LiveFile<SeriesFile>;

/// A file with as many rows is merged no more. Tests have several small ones.
pub(super) const FILE_ROWS_MAX: u64 = if cfg!(test) { 4096 } else { 1 << 24 };

/// The live files of all tables.
#[derive(Clone, Default)]
pub(crate) struct Files {
    tiers: [FileSet<OpenFile>; 4],
    pub(super) series: FileSet<SeriesFile>,
}

/// What the files of all tables share.
pub(crate) struct MetricFiles {
    tiers: [TableFiles<OpenFile>; 4],
    pub(super) series: TableFiles<SeriesFile>,
}

/// The table of a file of rows.
pub(super) fn tier_of(entry: &FileEntry) -> Tier {
    Tier::of_table(&entry.table).expect("a file of rows is in one of the four tables")
}

impl MetricFiles {
    /// Checks that the listed files below `tables` are there and whole. Blocks.
    pub fn open(disk: &Arc<dyn Disk>, tables: &Path, lists: &FileLists) -> Result<(Self, Files), StoreError> {
        let blobs = |table: &str| {
            let root = tables.join(table);
            let blobs = LocalBlobs::open(disk.clone(), root.clone());
            blobs.map(Arc::new).map_err(|error| StoreError::io("making", &root, error))
        };
        let open = |tier: Tier| TableFiles::open(tier.table(), blobs(tier.table())?, lists);
        let (second, seconds) = open(Tier::Second)?;
        let (minute, minutes) = open(Tier::Minute)?;
        let (five, fives) = open(Tier::FiveMinutes)?;
        let (hour, hours) = open(Tier::Hour)?;
        let (series, all_series) = TableFiles::open(TABLE_SERIES, blobs(TABLE_SERIES)?, lists)?;
        let files = Self { tiers: [second, minute, five, hour], series };
        Ok((files, Files { tiers: [seconds, minutes, fives, hours], series: all_series }))
    }

    /// Removes files that are not in the set. Blocks.
    pub fn remove_orphans(&self, set: &Files) -> Result<(), StoreError> {
        for (files, set) in self.tiers.iter().zip(&set.tiers) {
            files.remove_orphans(set)?;
        }
        self.series.remove_orphans(&set.series)
    }

    /// What all files of one table share.
    pub(super) fn tier(&self, tier: Tier) -> &TableFiles<OpenFile> {
        &self.tiers[tier as usize]
    }
}

impl Files {
    /// The files of a table.
    pub(super) fn tier(&self, tier: Tier) -> &FileSet<OpenFile> {
        &self.tiers[tier as usize]
    }

    pub(super) fn add(&mut self, file: Arc<LiveFile>) {
        self.tiers[tier_of(&file.entry) as usize].add(file);
    }

    /// Takes a file out of the set; it goes when its last reader is done.
    pub(super) fn remove(&mut self, file: &LiveFile) {
        self.tiers[tier_of(&file.entry) as usize].remove(file.entry.id);
        file.doom();
    }

    /// All files of rows.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Arc<LiveFile>> {
        self.tiers.iter().flat_map(FileSet::iter)
    }

    /// The latest time of any row.
    pub(super) fn time_max_secs(&self) -> Option<i64> {
        self.rows().map(|file| file.entry.time_max.div_euclid(1000)).max()
    }
}

/// Writes rows, sorted by series and time, to new files: one for each partition, more where
/// they get too long. Rows of the same series and time become one.
pub(super) struct Writers<'a> {
    files: &'a MetricFiles,
    level: u32,
    now: Timestamp,
    open: BTreeMap<(Tier, i64), Part>,
    done: Vec<Arc<LiveFile>>,
}

struct Part {
    // What the file is called and where it belongs; the rest is told by its writer.
    entry: FileEntry,
    writer: FileWriter,
    rows: u64,
    // The row that may still have to take in others.
    last: Option<Row>,
}

impl<'a> Writers<'a> {
    /// Files of one level.
    pub fn new(files: &'a MetricFiles, level: u32, now: Timestamp) -> Self {
        Self { files, level, now, open: BTreeMap::new(), done: Vec::new() }
    }

    /// Adds a row where it belongs at its age, with its time there; drops it if it is gone.
    pub fn place(&mut self, ages: &Ages, mut row: Row, high_resolution: bool) -> Result<(), StoreError> {
        let Some((tier, time_secs)) = ages.place(row.time_secs, high_resolution) else { return Ok(()) };
        row.time_secs = time_secs;
        self.push(tier, row)
    }

    /// Adds a row to a table.
    pub fn push(&mut self, tier: Tier, row: Row) -> Result<(), StoreError> {
        let place = (tier, tier.partition(row.time_secs));
        let part = match self.open.entry(place) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(vacant) => vacant.insert(Part::create(self.files, place, self.level, self.now)?),
        };
        match &mut part.last {
            Some(last) if (last.series, last.time_secs) == (row.series, row.time_secs) => {
                last.sample.merge(&row.sample);
                return Ok(());
            }
            last => {
                if let Some(before) = last.replace(row) {
                    part.writer.push(&before)?;
                    part.rows += 1;
                }
            }
        }
        if part.rows >= FILE_ROWS_MAX {
            let next = Part::create(self.files, place, self.level, self.now)?;
            let mut full = std::mem::replace(part, next);
            part.last = full.last.take();
            self.done.push(full.finish(self.files, tier)?);
        }
        Ok(())
    }

    /// Ends all files.
    pub fn finish(mut self) -> Result<Vec<Arc<LiveFile>>, StoreError> {
        for ((tier, _), part) in std::mem::take(&mut self.open) {
            self.done.push(part.finish(self.files, tier)?);
        }
        Ok(self.done)
    }
}

impl Part {
    fn create(
        files: &MetricFiles,
        (tier, partition): (Tier, i64),
        level: u32,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let files = files.tier(tier);
        let id = files.next_id();
        let entry = FileEntry {
            id,
            table: tier.table().to_owned(),
            day: partition,
            name: format!("{}/{id:012}.parquet", tier.folder(partition)),
            level,
            rows: 0,
            bytes: 0,
            crc: 0,
            time_min: 0,
            time_max: 0,
            created: now.millis(),
        };
        let blob = files.blobs().create(&entry.name);
        let blob = blob.map_err(|error| write_io_failed(&files.blobs().locate(&entry.name), error))?;
        Ok(Self { entry, writer: FileWriter::new(blob), rows: 0, last: None })
    }

    fn finish(mut self, files: &MetricFiles, tier: Tier) -> Result<Arc<LiveFile>, StoreError> {
        if let Some(last) = self.last {
            self.writer.push(&last)?;
        }
        let Written { bytes, crc, rows, time_min, time_max } = self.writer.finish()?;
        Ok(files.tier(tier).written(FileEntry { bytes, crc, rows, time_min, time_max, ..self.entry }))
    }
}
