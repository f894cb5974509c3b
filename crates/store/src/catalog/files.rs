//! The lists of the tables' files, and how far each table is flushed.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::CatalogError;

/// A file of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Unique within the table and never used again while the table has files.
    pub id: u64,
    /// The table, such as `trail_event`.
    pub table: String,
    /// The partition: days since 1970-01-01, or what else the table counts.
    pub day: i64,
    /// The name below the table's folder: `day=2026-01-31/….parquet`.
    pub name: String,
    /// 0 as flushed; one more with each merge.
    pub level: u32,
    /// Rows in the file.
    pub rows: u64,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// CRC-32C of the whole file.
    pub crc: u32,
    /// Earliest time of a row, in milliseconds since the epoch.
    pub time_min: i64,
    /// Latest time of a row, in milliseconds since the epoch.
    pub time_max: i64,
    /// When the file was written, in milliseconds since the epoch.
    pub created: i64,
}

/// A change of the lists, made as one.
#[derive(Clone, Debug, Default)]
pub struct FileChange {
    /// Files that join.
    pub add: Vec<FileEntry>,
    /// Files that leave: table and id.
    pub remove: Vec<(String, u64)>,
    /// Marks that move: name and number. The mark of a table is the number of the last
    /// row that its files hold.
    pub marks: Vec<(String, u64)>,
}

/// The lists as they stand.
#[derive(Clone, Debug, Default)]
pub struct FileLists {
    /// All files.
    pub files: Vec<FileEntry>,
    /// All marks.
    pub marks: BTreeMap<String, u64>,
}

/// Where the lists are kept.
#[async_trait]
pub trait FileCatalog: Send + Sync + 'static {
    /// The lists.
    async fn load_files(&self) -> Result<FileLists, CatalogError>;

    /// Makes a change, which is on disk when this returns.
    async fn change_files(&self, change: &FileChange) -> Result<(), CatalogError>;
}

/// Lists in memory, for tests and benches.
#[derive(Debug, Default)]
pub struct MemoryFiles {
    lists: Mutex<FileLists>,
}

#[async_trait]
impl FileCatalog for MemoryFiles {
    async fn load_files(&self) -> Result<FileLists, CatalogError> {
        Ok(self.lists.lock().expect("no holder of this lock can panic").clone())
    }

    async fn change_files(&self, change: &FileChange) -> Result<(), CatalogError> {
        let mut lists = self.lists.lock().expect("no holder of this lock can panic");
        lists.files.retain(|file| !change.remove.iter().any(|(table, id)| *table == file.table && *id == file.id));
        lists.files.extend(change.add.iter().cloned());
        lists.marks.extend(change.marks.iter().cloned());
        Ok(())
    }
}
