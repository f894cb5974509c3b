//! Moving rows from memory to files, and merging files.

use std::collections::HashSet;
use std::sync::Arc;

use base::Timestamp;

use super::file::OpenFile;
use super::files::{FILE_ROWS_MAX, Files, LiveFile, LiveSeriesFile, MetricFiles, Writers};
use super::head::{Head, HeadRow};
use super::merge::merge;
use super::row::Row;
use super::series::{NEVER, Series};
use super::series_file::{News, Record, merged_records, write_series};
use super::table::{Inner, Swap};
use super::tier::{Ages, Tier};
use super::{MARK, MARK_SERIES, SeriesId};
use crate::catalog::CatalogError;
use crate::catalog::files::FileChange;
use crate::error::StoreError;
use crate::table_work::{self, is_settled, level_after, pick_level};

impl Inner {
    /// Writes the rows in memory, and what is new of series, to files, and lets go of their log.
    pub async fn flush(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let _flushing = self.flushing.lock().await;
        let (heads, lsn) = self.freeze();
        if self.flushed_lsn() < lsn {
            let queue = self.take_queue();
            let flushed = self.clone().flush_frozen(&heads, &queue, lsn, now).await;
            if flushed.is_err() {
                self.put_back(&queue);
            }
            flushed?;
        }
        self.clone().tidy_recent(now).await
    }

    async fn flush_frozen(
        self: Arc<Self>,
        heads: &[Arc<Head>],
        queue: &[Arc<Series>],
        lsn: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        // Past this the time may move on; then it is saved again when it has moved far enough.
        let saved: Vec<i64> = queue.iter().map(|series| series.last_secs()).collect();
        let records = queue.iter().zip(&saved).map(|(series, last_secs)| record(series, *last_secs)).collect();
        let (inner, frozen) = (self.clone(), heads.to_vec());
        let (add, add_series) = blocking(move || {
            let add_series = write_records(&inner.files, records, now)?;
            Ok((write_heads(&inner.files, &frozen, now)?, add_series))
        })
        .await?;
        let marks = vec![(MARK.to_owned(), lsn), (MARK_SERIES.to_owned(), self.index.last_id())];
        let wrote = !add.is_empty() || !add_series.is_empty();
        self.clone().replace(marks, Swap { frozen: heads.to_vec(), add, add_series, ..Swap::default() }).await?;
        queue.iter().zip(saved).for_each(|(series, last_secs)| series.set_saved(last_secs));
        self.set_flushed_lsn(lsn);
        if wrote {
            self.compact_wake.notify_one();
        }
        let log = self.parts.log.clone();
        blocking(move || log.flushed(MARK, lsn)).await
    }

    /// The caller holds `flushing`.
    async fn tidy_recent(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let inner = self.clone();
        blocking(move || {
            let recent = inner.state().recent.clone();
            if let Some(tidied) = recent.tidied(now) {
                inner.set_recent(tidied);
            }
            Ok(())
        })
        .await
    }

    /// Merges files where there are many, and those of past partitions into one each.
    pub async fn compact(self: Arc<Self>, now: Timestamp) -> Result<(), StoreError> {
        let _rewriting = self.rewriting.lock().await;
        // A partition that cannot be merged does not keep the others from it.
        let (mut failed, mut outcome) = (HashSet::new(), Ok(()));
        while let Some(Picked { place, files }) = pick(&self.file_set(), &failed, now) {
            if let Err(error) = self.clone().merge_into_one(place.0, files, now).await {
                failed.insert(place);
                outcome = outcome.and(Err(error));
            }
        }
        while let Some(inputs) = pick_level(self.file_set().series.iter().cloned()) {
            if let Err(error) = self.clone().merge_series(inputs, now).await {
                return outcome.and(Err(error));
            }
        }
        outcome
    }

    async fn merge_into_one(
        self: Arc<Self>,
        tier: Tier,
        inputs: Vec<Arc<LiveFile>>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (inner, merging) = (self.clone(), inputs.clone());
        let add = blocking(move || {
            let mut writers = Writers::new(&inner.files, level_after(&merging), now);
            for row in merged_rows(&merging)? {
                writers.push(tier, row?)?;
            }
            writers.finish()
        });
        let swap = Swap { add: add.await?, remove: inputs, ..Swap::default() };
        self.replace(Vec::new(), swap).await
    }

    async fn merge_series(self: Arc<Self>, inputs: Vec<Arc<LiveSeriesFile>>, now: Timestamp) -> Result<(), StoreError> {
        let all = self.file_set().series.iter().count() == inputs.len();
        let (inner, merging) = (self.clone(), inputs.clone());
        let added = blocking(move || {
            // Nothing else knows of series that are gone once all files are merged.
            let stays =
                |record: &Result<Record, _>| !all || record.as_ref().is_ok_and(|record| record.news != News::Gone);
            let records = merged_records(&merging)?;
            let records = records.filter(move |record| record.is_err() || stays(record));
            write_series(&inner.files, level_after(&merging), now, records)
        });
        let swap = Swap { add_series: vec![added.await?], remove_series: inputs, ..Swap::default() };
        self.replace(Vec::new(), swap).await
    }

    /// Makes a change: first in the catalog, then in memory.
    pub async fn replace(self: Arc<Self>, marks: Vec<(String, u64)>, swap: Swap) -> Result<(), StoreError> {
        let added = swap.add.iter().map(|file| &file.entry).chain(swap.add_series.iter().map(|file| &file.entry));
        let removed = swap.remove.iter().map(|file| &file.entry);
        let removed = removed.chain(swap.remove_series.iter().map(|file| &file.entry));
        let change = FileChange {
            add: added.cloned().collect(),
            remove: removed.map(|entry| (entry.table.clone(), entry.id)).collect(),
            marks,
        };
        let changed = self.parts.catalog.change_files(&change).await;
        if !matches!(changed, Err(CatalogError::Full)) {
            // After any other error the files may be in the list.
            swap.add.iter().for_each(|file| file.keep());
            swap.add_series.iter().for_each(|file| file.keep());
        }
        changed?;
        // The last holder of a file deletes it, which blocks.
        blocking(move || {
            self.swap(swap);
            Ok(())
        })
        .await
    }
}

/// Does work that blocks.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    table_work::blocking("working on the files of metrics", work).await
}

/// What is new of a series.
fn record(series: &Series, last_secs: i64) -> Record {
    let news = if series.saved_secs() == NEVER {
        let (scope, metric) = (series.scope.clone(), series.metric.clone());
        News::Defined { last_secs, unit: series.unit, scope, metric }
    } else {
        News::Data { last_secs }
    };
    Record { series: series.id, news }
}

/// Writes records to a file, if there are any.
pub(super) fn write_records(
    files: &MetricFiles,
    mut records: Vec<Record>,
    now: Timestamp,
) -> Result<Vec<Arc<LiveSeriesFile>>, StoreError> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
    records.sort_unstable_by_key(|record| record.series);
    Ok(vec![write_series(files, 0, now, records.into_iter().map(Ok))?])
}

/// Writes the rows of heads to new files.
fn write_heads(files: &MetricFiles, heads: &[Arc<Head>], now: Timestamp) -> Result<Vec<Arc<LiveFile>>, StoreError> {
    let mut series: Vec<(SeriesId, &[HeadRow])> = heads.iter().flat_map(|head| head.iter()).collect();
    series.sort_by_key(|(series, _)| *series);
    let ages = Ages::at(now);
    let mut writers = Writers::new(files, 0, now);
    for group in series.chunk_by(|a, b| a.0 == b.0) {
        let mut rows: Vec<&HeadRow> = group.iter().flat_map(|(_, rows)| *rows).collect();
        // Of one head they are in order already.
        rows.sort_by_key(|row| row.time_secs);
        for HeadRow { time_secs, cell } in rows {
            let row = Row { series: group[0].0, time_secs: *time_secs, sample: cell.sample() };
            writers.place(&ages, row, cell.high_resolution())?;
        }
    }
    writers.finish()
}

/// The rows of files in order; those of the same series and time follow each other.
pub(super) fn merged_rows(
    files: &[Arc<LiveFile>],
) -> Result<impl Iterator<Item = Result<Row, StoreError>> + use<>, StoreError> {
    let sources = files.iter().map(|file| Ok(OpenFile::scan(file.open()?))).collect::<Result<Vec<_>, StoreError>>()?;
    merge(sources, |row: &Row| (row.series, row.time_secs))
}

/// Files of a partition that are to become one.
struct Picked {
    place: (Tier, i64),
    files: Vec<Arc<LiveFile>>,
}

/// The next files to merge into one: many of one level and partition, or all of a past
/// partition that no more rows came to for an hour. Some partitions are passed over.
fn pick(set: &Files, pass_over: &HashSet<(Tier, i64)>, now: Timestamp) -> Option<Picked> {
    let ages = Ages::at(now);
    let all = Tier::ALL.into_iter().flat_map(|tier| set.tier(tier).days.iter().map(move |day| (tier, day)));
    for (tier, (partition, files)) in all {
        let place = (tier, *partition);
        let end = tier.partition_start(partition + 1);
        // What is past its tier is read by roll-up next, which does not mind how many there are.
        if end <= ages.bound(tier) || pass_over.contains(&place) {
            continue;
        }
        let open: Vec<_> = files.iter().filter(|file| file.entry.rows < FILE_ROWS_MAX).cloned().collect();
        if end <= now.secs() && is_settled(&open, now) {
            return Some(Picked { place, files: open });
        }
        if let Some(files) = pick_level(open.into_iter()) {
            return Some(Picked { place, files });
        }
    }
    None
}
