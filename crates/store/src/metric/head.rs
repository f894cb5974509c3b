//! Rows in memory: those that are in the log but in no file yet, and copies of recent ones.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::cell::Cell;
use super::{SeriesId, StatSample};

/// What a series takes in the map, about, beside its rows.
const SERIES_BYTES: usize = 64;

/// A row of a series.
#[derive(Clone, Debug)]
pub(super) struct HeadRow {
    pub time_secs: i64,
    pub cell: Cell,
}

impl HeadRow {
    /// A row of one datum.
    pub fn new(time_secs: i64, high_resolution: bool, sample: StatSample) -> Self {
        Self { time_secs, cell: Cell::new(sample, high_resolution) }
    }
}

/// Rows by series, oldest first; one for each time.
#[derive(Default)]
pub(super) struct Head {
    series: HashMap<SeriesId, Vec<HeadRow>, BuildHasherDefault<IdHasher>>,
    rows: usize,
    bytes: usize,
    last_lsn: u64,
    // The earliest and the latest time of a row.
    times: Option<(i64, i64)>,
}

impl Head {
    /// Takes in a datum of the log's row `lsn`.
    pub fn insert(&mut self, lsn: u64, series: SeriesId, row: HeadRow) {
        self.last_lsn = self.last_lsn.max(lsn);
        self.take(series, row);
    }

    /// Takes in a row, merging it with one of the same series and time.
    pub fn take(&mut self, series: SeriesId, row: HeadRow) {
        let (min, max) = self.times.unwrap_or((row.time_secs, row.time_secs));
        self.times = Some((min.min(row.time_secs), max.max(row.time_secs)));
        let rows = self.series.entry(series).or_insert_with(|| {
            self.bytes += SERIES_BYTES;
            // Most have one row until the next flush.
            Vec::with_capacity(1)
        });
        let after = rows.last().is_none_or(|last| last.time_secs < row.time_secs);
        let at = if after { Err(rows.len()) } else { rows.binary_search_by_key(&row.time_secs, |row| row.time_secs) };
        match at {
            Ok(at) => {
                let cell = &mut rows[at].cell;
                self.bytes -= cell.heap_bytes();
                cell.merge(row.cell);
                self.bytes += cell.heap_bytes();
            }
            Err(at) => {
                self.rows += 1;
                self.bytes += size_of::<HeadRow>() + row.cell.heap_bytes();
                rows.insert(at, row);
            }
        }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes in memory, about.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// The number of the last row of the log; 0 when there is none.
    pub fn last_lsn(&self) -> u64 {
        self.last_lsn
    }

    /// Whether a row's time is before `secs`.
    pub fn reaches_before(&self, secs: i64) -> bool {
        self.times.is_some_and(|(min, _)| min < secs)
    }

    /// Whether a row's time is `secs` or later.
    pub fn reaches(&self, secs: i64) -> bool {
        self.times.is_some_and(|(_, max)| max >= secs)
    }

    /// Whether the series has rows.
    pub fn has(&self, series: SeriesId) -> bool {
        self.series.contains_key(&series)
    }

    /// Gives back memory that was reserved for more rows.
    pub fn shrink(&mut self) {
        self.series.values_mut().for_each(Vec::shrink_to_fit);
    }

    /// The rows of a series from `start_secs` on and before `end_secs`.
    pub fn range(&self, series: SeriesId, start_secs: i64, end_secs: i64) -> &[HeadRow] {
        let Some(rows) = self.series.get(&series) else { return &[] };
        let start = rows.partition_point(|row| row.time_secs < start_secs);
        let len = rows[start..].partition_point(|row| row.time_secs < end_secs);
        &rows[start..start + len]
    }

    /// All series with their rows, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (SeriesId, &[HeadRow])> {
        self.series.iter().map(|(id, rows)| (*id, rows.as_slice()))
    }
}

/// Spreads ids, which are numbers that rise by one.
#[derive(Default)]
pub(super) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, id: u64) {
        self.0 = id.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(20);
    }
}
