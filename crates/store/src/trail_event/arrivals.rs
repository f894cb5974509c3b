//! Reading events in the order of arrival, for who follows it: trails.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;

use super::files::LiveFile;
use super::maintain::IMPORT_FIRST;
use super::reader::OpenFile;
use super::schema::Column;
use super::{TrailEvent, TrailEvents};
use crate::error::StoreError;
use crate::table_work::blocking;

/// Rows of files that are read at a time.
const CHUNK_ROWS: usize = if cfg!(test) { 3 } else { 1024 };

/// An event with its position: its number in the log, which the tables of a store share.
pub type Arrived = (u64, Arc<TrailEvent>);

impl TrailEvents {
    /// The position of the last event in this table, as far as it is on disk; 0 when there was none since the start.
    /// It tells, without reading anything, whether there can be new events.
    pub fn last_position(&self) -> u64 {
        self.inner.last_position()
    }

    /// Up to where events can be read: whatever table of the store it is in, an event at or before this position is
    /// there for [`TrailEvents::arrivals`], and none will be added. Every event of this table whose append has resolved
    /// is at or before it.
    ///
    /// # Errors
    /// The log has stopped.
    pub async fn settled_position(&self) -> Result<u64, StoreError> {
        self.inner.see_batched().await?;
        // Rows of the group that is being told right now can be here past the log's count. They are told in order, so
        // that those before them are in their tables too.
        Ok(self.inner.parts.wal.durable_lsn().max(self.inner.last_position()))
    }

    /// The events after a position and at or before another, by position: as many as fit into `bytes_max` bytes of
    /// records, one at least. Imported events did not arrive and are left out. Less than all are given exactly when the
    /// second value is a position before `until`: up to there all were given.
    ///
    /// # Errors
    /// A file is damaged or cannot be read.
    pub async fn arrivals(&self, after: u64, until: u64, bytes_max: usize) -> Result<(Vec<Arrived>, u64), StoreError> {
        let mut rows = BTreeMap::new();
        let (files, in_files) = self.inner.see_marked(|head| {
            let wanted = head.iter().filter(|(lsn, _)| *lsn > after && *lsn <= until);
            rows.extend(wanted.map(|(lsn, event)| (lsn, event.clone())));
        });
        // For who is up to date no file has to be asked.
        if after >= in_files {
            return Ok(taken(rows, until, bytes_max));
        }
        let files: Vec<_> = files.iter().cloned().collect();
        blocking("reading audit events", move || {
            // Rows of files came before those in memory, and there may be many: no more are read than are given.
            let mut places: Vec<(u64, usize, usize)> = Vec::new();
            let mut open = Vec::new();
            for file in files {
                let file = LiveFile::open(&file)?;
                places.extend(positions(&file, after, until)?.into_iter().map(|(lsn, row)| (lsn, open.len(), row)));
                open.push(file);
            }
            places.sort_unstable();
            let mut bytes = 0;
            let mut from_files = BTreeMap::new();
            for chunk in places.chunks(CHUNK_ROWS) {
                for (number, file) in open.iter().enumerate() {
                    let mut wanted: Vec<_> =
                        chunk.iter().filter(|(_, of, _)| *of == number).map(|(_, _, row)| *row).collect();
                    wanted.sort_unstable();
                    for row in file.rows(&wanted)? {
                        bytes += row.event.record.len();
                        from_files.insert(row.lsn, row.event);
                    }
                }
                if bytes > bytes_max {
                    // What was not read comes after all that was.
                    let last = chunk.last().map_or(after, |(lsn, _, _)| *lsn);
                    return Ok(taken(from_files, last, bytes_max));
                }
            }
            rows.extend(from_files);
            Ok(taken(rows, until, bytes_max))
        })
        .await
    }
}

/// The first rows, as many as fit, and up to where all were taken.
fn taken(rows: BTreeMap<u64, Arc<TrailEvent>>, until: u64, bytes_max: usize) -> (Vec<Arrived>, u64) {
    let mut taken: Vec<Arrived> = Vec::new();
    let mut bytes = 0;
    for (lsn, event) in rows {
        bytes += event.record.len();
        if bytes > bytes_max
            && let Some((last, _)) = taken.last()
        {
            let last = *last;
            return (taken, last);
        }
        taken.push((lsn, event));
    }
    (taken, until)
}

/// Positions of a file's rows between the two, with their places.
fn positions(file: &OpenFile, after: u64, until: u64) -> Result<Vec<(u64, usize)>, StoreError> {
    let until = until.min(IMPORT_FIRST - 1);
    let mut found = Vec::new();
    for rows in file.row_groups_with_positions(after, until) {
        let mut at = rows.start;
        for batch in file.read(&[Column::Lsn], std::slice::from_ref(&rows))? {
            let lsns = batch.column(0).as_primitive_opt::<Int64Type>();
            let lsns = lsns.ok_or_else(|| StoreError::damaged(file.path(), "a column has the wrong type"))?;
            for lsn in lsns.values() {
                let lsn = lsn.cast_unsigned();
                if lsn > after && lsn <= until {
                    found.push((lsn, at));
                }
                at += 1;
            }
        }
    }
    Ok(found)
}
