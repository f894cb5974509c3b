//! Moving rows from memory to files, merging files, and dropping what is not kept any more.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use base::Timestamp;
use tokio::sync::MutexGuard;

use super::TABLE;
use super::directory::ROWS_MAX;
use super::files::{FileSet, LiveFile};
use super::partition::{end_of, partition};
use super::schema::Row;
use super::table::Inner;
use super::writer::FileWriter;
use crate::error::StoreError;
use crate::table_merge::{SortedRow as _, merge};
use crate::table_work::{self, change_files, level_after};

/// What a failure of this work is called.
pub(super) const DOING: &str = "working on the files of configuration items";
/// A file with as many rows is merged no more.
const FILE_ROWS_MAX: u64 = if cfg!(test) { 500 } else { 256 << 10 };
const _: () = assert!(FILE_ROWS_MAX <= ROWS_MAX, "the directory has room for the place of each row");

impl Inner {
    /// Writes the rows in memory to files, one for each month, and lets go of their log.
    pub async fn flush(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let flushing = self.flushing.lock().await;
        self.clone().flush_held(now, &flushing).await
    }

    /// Waits until there are not too many rows in memory. Where more come than files are written of, whoever appends
    /// waits for the flush that runs, and does the next one if that was not enough.
    pub async fn make_room(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let flushing = self.flushing.lock().await;
        match self.is_crowded() {
            true => self.clone().flush_held(now, &flushing).await,
            false => Ok(()),
        }
    }

    async fn flush_held(self: Arc<Self>, now: Timestamp, _flushing: &MutexGuard<'_, ()>) -> Result<(), StoreError> {
        let (heads, lsn) = self.freeze();
        if self.flushed_lsn() >= lsn {
            return Ok(());
        }
        let (work, frozen) = (self.clone(), heads.clone());
        let added = blocking(move || {
            let rows = frozen.iter().flat_map(|head| head.iter()).cloned().collect();
            write_partitions(&work, rows, now)
        });
        let added = added.await?;
        let marks = vec![(TABLE.to_owned(), lsn)];
        change_files(&*self.parts.catalog, marks, &added, &[]).await?;
        self.swap(&heads, added, &[]);
        self.set_flushed_lsn(lsn);
        if !heads.is_empty() {
            self.compact_wake.notify_one();
        }
        let log = self.parts.log.clone();
        blocking(move || {
            // The last holder of many rows lets go of their memory.
            drop(heads);
            log.flushed(TABLE, lsn)
        })
        .await
    }

    /// Merges files where there are many, and those of past months into as few as can be.
    pub async fn compact(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let _rewriting = self.rewriting.lock().await;
        // A partition that cannot be merged does not keep the others from it.
        let (mut failed, mut outcome) = (HashSet::new(), Ok(()));
        while let Some((partition, inputs)) = pick(&self.file_set(), &failed, now) {
            if let Err(error) = self.clone().merge_into_one(partition, inputs, now).await {
                failed.insert(partition);
                outcome = outcome.and(Err(error));
            }
        }
        outcome
    }

    async fn merge_into_one(
        self: Arc<Self>,
        partition: i64,
        inputs: Vec<Arc<LiveFile>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (inner, merging) = (self.clone(), inputs.clone());
        let added = blocking(move || merge_files(&inner, partition, &merging, now)).await?;
        let outcome = self.replace(added, &inputs).await;
        self.let_go(inputs).await?;
        outcome
    }

    /// Drops the files of months that are wholly past what anybody keeps at `now`.
    pub async fn expire(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let keeps_from = self.keeps_from_anywhere(now);
        let is_gone = |partition| end_of(partition) <= keeps_from;
        let _rewriting = self.rewriting.lock().await;
        let files = self.file_set();
        let gone = files.days.iter().filter(|(partition, _)| is_gone(**partition));
        let gone: Vec<_> = gone.flat_map(|(_, files)| files).cloned().collect();
        drop(files);
        if gone.is_empty() {
            return Ok(());
        }
        self.replace(vec![], &gone).await?;
        self.let_go(gone).await
    }

    /// Puts files in the place of others: first in the catalog, then in memory.
    async fn replace(&self, added: Vec<Arc<LiveFile>>, removed: &[Arc<LiveFile>]) -> Result<(), StoreError> {
        change_files(&*self.parts.catalog, vec![], &added, removed).await?;
        self.swap(&[], added, removed);
        Ok(())
    }

    /// Lets go of files where blocking is allowed: the last holder deletes them.
    async fn let_go(&self, files: Vec<Arc<LiveFile>>) -> Result<(), StoreError> {
        blocking(move || {
            drop(files);
            Ok(())
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    table_work::blocking(DOING, work).await
}

/// Writes rows to new files, one for each partition.
fn write_partitions(inner: &Inner, rows: Vec<Arc<Row>>, now: Timestamp) -> Result<Vec<Arc<LiveFile>>, StoreError> {
    let mut partitions: BTreeMap<i64, Vec<Arc<Row>>> = BTreeMap::new();
    for row in rows {
        partitions.entry(partition(row.ended)).or_default().push(row);
    }
    let mut entries = Vec::new();
    for (partition, mut rows) in partitions {
        rows.sort_unstable_by(|a, b| a.order(b));
        entries.extend(write_sorted(inner, partition, 0, now, rows.into_iter().map(Ok))?);
    }
    Ok(entries)
}

/// Writes sorted rows of one partition to new files of at most [`FILE_ROWS_MAX`] rows.
fn write_sorted(
    inner: &Inner,
    partition: i64,
    level: u32,
    now: Timestamp,
    rows: impl Iterator<Item = Result<Arc<Row>, StoreError>>,
) -> Result<Vec<Arc<LiveFile>>, StoreError> {
    let files = &inner.files;
    let mut entries = Vec::new();
    let mut writer: Option<FileWriter> = None;
    for row in rows {
        let current = match writer.take() {
            Some(current) => current,
            None => FileWriter::create(&**files.blobs(), files.next_id(), partition, level, now)?,
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

fn merge_files(
    inner: &Inner,
    partition: i64,
    inputs: &[Arc<LiveFile>],
    now: Timestamp,
) -> Result<Vec<Arc<LiveFile>>, StoreError> {
    let mut sources = Vec::new();
    for input in inputs {
        sources.push(input.open()?.rows()?);
    }
    let rows = last_of_each(merge(sources)?);
    let is_kept = |row: &Result<Arc<Row>, StoreError>| match row {
        Ok(row) => row.ended >= inner.keeps_from(&row.resource.scope, now),
        Err(_) => true,
    };
    write_sorted(inner, partition, level_after(inputs), now, rows.filter(is_kept))
}

/// Of rows of one state, which are neighbours, the last.
fn last_of_each(
    rows: impl Iterator<Item = Result<Arc<Row>, StoreError>>,
) -> impl Iterator<Item = Result<Arc<Row>, StoreError>> {
    let mut rows = rows.peekable();
    std::iter::from_fn(move || {
        loop {
            match (rows.next()?, rows.peek()) {
                (Ok(row), Some(Ok(next))) if row.is_same_state(next) => {}
                (row, _) => return Some(row),
            }
        }
    })
}

fn pick(set: &FileSet, pass_over: &HashSet<i64>, now: Timestamp) -> Option<(i64, Vec<Arc<LiveFile>>)> {
    let is_whole = |file: &LiveFile| file.entry.rows >= FILE_ROWS_MAX;
    table_work::pick(set, is_whole, |partition| end_of(partition) <= now, pass_over, now)
}
