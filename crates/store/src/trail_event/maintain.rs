//! Moving rows from memory to files, merging files, and dropping old days.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use base::Timestamp;

use super::files::{FileSet, LiveFile};
use super::head::Head;
use super::schema::Row;
use super::table::Inner;
use super::writer::FileWriter;
use super::{TrailEvent, TrailEvents};
use crate::error::StoreError;
use crate::table_merge::{SortedRow as _, merge};
use crate::table_work::{self, level_after, whole};

/// A file with as many rows is merged no more.
const FILE_ROWS_MAX: u64 = 1 << 20;
const DOING: &str = "working on the files of audit events";
/// The first position of imported rows: past all of the log's.
pub(super) const IMPORT_FIRST: u64 = 1 << 62;

impl TrailEvents {
    /// Writes the rows in memory to files, one for each day, and lets go of their log.
    pub async fn flush(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().flush(now)).await
    }

    /// Merges files where there are many, and past days into one file each.
    pub async fn compact(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().compact(now)).await
    }

    /// Drops the files of days that are wholly past the retention at `now`.
    pub async fn expire(&self, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().expire(now)).await
    }

    /// Writes events straight to files, past the log: for moving in what is kept elsewhere.
    /// All of them become visible at once, when this resolves. They are in memory until
    /// then; import large amounts in pieces, by day.
    pub async fn import(&self, events: Vec<TrailEvent>, now: Timestamp) -> Result<(), StoreError> {
        whole(DOING, self.inner.clone().import(events, now)).await
    }
}

impl Inner {
    async fn flush(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let _flushing = self.flushing.lock().await;
        let (heads, lsn) = self.freeze();
        if self.flushed_lsn() >= lsn {
            return Ok(());
        }
        let (work, frozen) = (self.clone(), heads.clone());
        let added = blocking(move || {
            let mut rows = Vec::with_capacity(frozen.iter().map(|head| head.rows()).sum());
            for head in &frozen {
                rows.extend(head.iter().map(|(lsn, event)| Row { lsn, event: event.clone() }));
            }
            write_days(&work, rows, now)
        });
        self.replace(vec![(self.parts.table.name.to_owned(), lsn)], &heads, added.await?, &[]).await?;
        self.set_flushed_lsn(lsn);
        if !heads.is_empty() {
            self.compact_wake.notify_one();
        }
        let (log, table) = (self.parts.log.clone(), self.parts.table.name);
        blocking(move || log.flushed(table, lsn)).await
    }

    async fn compact(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let _rewriting = self.rewriting.lock().await;
        // A day that cannot be merged does not keep the others from it.
        let (mut failed, mut outcome) = (HashSet::new(), Ok(()));
        while let Some((day, inputs)) = pick(&self.file_set(), &failed, now) {
            if let Err(error) = self.clone().merge_into_one(inputs, now).await {
                failed.insert(day);
                outcome = outcome.and(Err(error));
            }
        }
        outcome
    }

    async fn merge_into_one(self: Arc<Self>, inputs: Vec<Arc<LiveFile>>, now: Timestamp) -> Result<(), StoreError> {
        let (inner, merging) = (self.clone(), inputs.clone());
        let added = blocking(move || merge_files(&inner, &merging, now)).await?;
        let outcome = self.replace(vec![], &[], added, &inputs).await;
        // The last holder deletes the files, which blocks.
        blocking(move || {
            drop(inputs);
            Ok(())
        })
        .await?;
        outcome
    }

    async fn expire(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let _rewriting = self.rewriting.lock().await;
        let first_day = now.minus(self.parts.retention).day();
        let files = self.file_set();
        let expired: Vec<_> = files.days.range(..first_day).flat_map(|(_, files)| files).cloned().collect();
        if expired.is_empty() {
            return Ok(());
        }
        self.replace(vec![], &[], vec![], &expired).await?;
        // Let go of the files where blocking is allowed: the last holder deletes them.
        blocking(move || {
            drop((files, expired));
            Ok(())
        })
        .await
    }

    async fn import(self: Arc<Self>, events: Vec<TrailEvent>, now: Timestamp) -> Result<(), StoreError> {
        let _rewriting = self.rewriting.lock().await;
        let marks = self.parts.catalog.load_files().await?.marks;
        let first = marks.get(self.parts.table.import_mark).map_or(IMPORT_FIRST, |last| last + 1);
        let last = first + events.len() as u64 - u64::from(!events.is_empty());
        let work = self.clone();
        let added = blocking(move || {
            let rows = (first..).zip(events).map(|(lsn, event)| Row { lsn, event: Arc::new(event) }).collect();
            write_days(&work, rows, now)
        });
        self.replace(vec![(self.parts.table.import_mark.to_owned(), last)], &[], added.await?, &[]).await
    }

    /// Puts new files in the place of frozen heads or of other files: first in the
    /// catalog, then in memory.
    async fn replace(
        &self,
        marks: Vec<(String, u64)>,
        heads: &[Arc<Head>],
        added: Vec<Arc<LiveFile>>,
        removed: &[Arc<LiveFile>],
    ) -> Result<(), StoreError> {
        table_work::change_files(&*self.parts.catalog, marks, &added, removed).await?;
        self.swap(heads, added, removed);
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    table_work::blocking(DOING, work).await
}

/// Writes rows to new files, one for each day.
fn write_days(inner: &Inner, rows: Vec<Row>, now: Timestamp) -> Result<Vec<Arc<LiveFile>>, StoreError> {
    let mut days: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for row in rows {
        days.entry(row.event.time.day()).or_default().push(row);
    }
    let mut entries = Vec::new();
    for (day, mut rows) in days {
        rows.sort_unstable_by(Row::order);
        entries.extend(write_sorted(inner, day, 0, now, rows.into_iter().map(Ok))?);
    }
    Ok(entries)
}

/// Writes sorted rows of one day to new files of at most [`FILE_ROWS_MAX`] rows.
fn write_sorted(
    inner: &Inner,
    day: i64,
    level: u32,
    now: Timestamp,
    rows: impl Iterator<Item = Result<Row, StoreError>>,
) -> Result<Vec<Arc<LiveFile>>, StoreError> {
    let (files, table) = (&inner.files, inner.parts.table.name);
    let mut entries = Vec::new();
    let mut writer: Option<FileWriter> = None;
    for row in rows {
        let current = match writer.take() {
            Some(current) => current,
            None => FileWriter::create(&**files.blobs(), table, files.next_id(), day, level, now)?,
        };
        let current = writer.insert(current);
        current.push(row?)?;
        if current.rows() >= FILE_ROWS_MAX
            && let Some(full) = writer.take()
        {
            entries.push(files.written(full.finish()?));
        }
    }
    if let Some(last) = writer {
        entries.push(files.written(last.finish()?));
    }
    Ok(entries)
}

fn merge_files(inner: &Inner, inputs: &[Arc<LiveFile>], now: Timestamp) -> Result<Vec<Arc<LiveFile>>, StoreError> {
    let mut sources = Vec::new();
    for input in inputs {
        sources.push(input.open()?.scan()?);
    }
    let day = inputs.first().map_or(0, |file| file.entry.day);
    write_sorted(inner, day, level_after(inputs), now, merge(sources)?)
}

fn pick(set: &FileSet, pass_over: &HashSet<i64>, now: Timestamp) -> Option<(i64, Vec<Arc<LiveFile>>)> {
    let is_whole = |file: &LiveFile| file.entry.rows >= FILE_ROWS_MAX;
    table_work::pick(set, is_whole, |day| day < now.day(), pass_over, now)
}
