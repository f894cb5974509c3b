//! What the background work of the tables shares: running to the end, blocking, changing lists, picking files.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use base::Timestamp;

use crate::catalog::CatalogError;
use crate::catalog::files::{FileCatalog, FileChange};
use crate::error::StoreError;
use crate::table_files::{FileSet, LiveFile, TableFile};

/// Files of one level and partition that are merged into one of the next.
const MERGE_FILES: usize = 8;
/// How long after its last file a past partition is merged into one.
const SETTLED_MS: i64 = 3_600_000;

/// Runs work to its end, even if the caller goes away between its steps.
pub(crate) async fn whole(
    doing: &'static str,
    work: impl Future<Output = Result<(), StoreError>> + Send + 'static,
) -> Result<(), StoreError> {
    let done = tokio::spawn(work).await;
    done.map_err(|error| StoreError::failed(doing, error))?
}

/// Does work that blocks.
pub(crate) async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::failed(doing, error))?
}

/// Writes down that files join and leave the list of a table and that marks move. Files that joined stay on disk.
pub(crate) async fn change_files<F: TableFile>(
    catalog: &dyn FileCatalog,
    marks: Vec<(String, u64)>,
    added: &[Arc<LiveFile<F>>],
    removed: &[Arc<LiveFile<F>>],
) -> Result<(), StoreError> {
    let change = FileChange {
        add: added.iter().map(|file| file.entry.clone()).collect(),
        remove: removed.iter().map(|file| (file.entry.table.clone(), file.entry.id)).collect(),
        marks,
    };
    let changed = catalog.change_files(&change).await;
    if !matches!(changed, Err(CatalogError::Full)) {
        // After any other error the files may be in the list.
        added.iter().for_each(|file| file.keep());
    }
    Ok(changed?)
}

/// The next files to merge into one, with their partition: many of one level, or all of a past partition that no
/// more rows came to for an hour. Only files that are not whole yet count, and some partitions are passed over.
pub(crate) fn pick<F: TableFile>(
    set: &FileSet<F>,
    is_whole: impl Fn(&LiveFile<F>) -> bool,
    is_past: impl Fn(i64) -> bool,
    pass_over: &HashSet<i64>,
    now: Timestamp,
) -> Option<(i64, Vec<Arc<LiveFile<F>>>)> {
    for (partition, files) in set.days.iter().filter(|(partition, _)| !pass_over.contains(partition)) {
        let open: Vec<_> = files.iter().filter(|file| !is_whole(file)).cloned().collect();
        if is_past(*partition) && is_settled(&open, now) {
            return Some((*partition, open));
        }
        if let Some(many) = pick_level(open.into_iter()) {
            return Some((*partition, many));
        }
    }
    None
}

/// Whether there are files to merge, and none of them is new.
pub(crate) fn is_settled<F: TableFile>(files: &[Arc<LiveFile<F>>], now: Timestamp) -> bool {
    let idle = |file: &Arc<LiveFile<F>>| now.millis().saturating_sub(file.entry.created) >= SETTLED_MS;
    files.len() > 1 && files.iter().all(idle)
}

/// [`MERGE_FILES`] or more files of one level, if there are so many.
pub(crate) fn pick_level<F: TableFile>(files: impl Iterator<Item = Arc<LiveFile<F>>>) -> Option<Vec<Arc<LiveFile<F>>>> {
    let mut levels: BTreeMap<u32, Vec<_>> = BTreeMap::new();
    files.for_each(|file| levels.entry(file.entry.level).or_default().push(file));
    levels.into_values().find(|files| files.len() >= MERGE_FILES)
}

/// The level of the file that these become.
pub(crate) fn level_after<F: TableFile>(files: &[Arc<LiveFile<F>>]) -> u32 {
    files.iter().map(|file| file.entry.level).max().unwrap_or(0) + 1
}
