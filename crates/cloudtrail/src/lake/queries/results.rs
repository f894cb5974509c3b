//! The rows of a query as documents: lines of JSON, packed, each an array of texts and nulls.

use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use store::catalog::Key;

use super::QueryRecord;
use crate::lake::engine::{Documents, LakeRow};

/// Rows of a document at most: as many as a call gives.
pub(super) const PAGE_ROWS: usize = 1000;
/// Bytes of a document's rows, before they are packed, after which the next begins.
const PAGE_BYTES: usize = 8 << 20;

/// The name of a document.
pub(super) fn document(key: &Key, page: usize) -> String {
    format!("lake/{}-{page}", key.name)
}

/// Writes rows as they come.
pub(super) struct Pages {
    documents: Arc<dyn Documents>,
    key: Key,
    /// The number of the first row of each document.
    pub(super) starts: Vec<u64>,
    /// Rows so far.
    pub(super) rows: u64,
    lines: Vec<u8>,
    lines_count: usize,
}

impl Pages {
    pub(super) fn new(documents: Arc<dyn Documents>, key: Key) -> Self {
        Self { documents, key, starts: Vec::new(), rows: 0, lines: Vec::new(), lines_count: 0 }
    }

    /// Adds rows.
    ///
    /// # Errors
    /// A document cannot be written; why is for the log.
    pub(super) async fn add(&mut self, rows: Vec<LakeRow>) -> Result<(), String> {
        for row in rows {
            serde_json::to_writer(&mut self.lines, &row).map_err(|error| error.to_string())?;
            self.lines.push(b'\n');
            self.lines_count += 1;
            if self.lines_count == PAGE_ROWS || self.lines.len() >= PAGE_BYTES {
                self.write().await?;
            }
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// See [`Pages::add`].
    pub(super) async fn finish(&mut self) -> Result<(), String> {
        if self.lines_count > 0 {
            self.write().await?;
        }
        self.remove_from(self.starts.len(), Until::Missing).await
    }

    /// Removes all that was written.
    ///
    /// # Errors
    /// A document cannot be removed; why is for the log.
    pub(super) async fn discard(&mut self) -> Result<(), String> {
        self.remove_from(0, Until::Page(self.starts.len())).await
    }

    async fn write(&mut self) -> Result<(), String> {
        let lines = std::mem::take(&mut self.lines);
        let packed = tokio::task::spawn_blocking(move || packed(&lines)).await.map_err(|error| error.to_string())?;
        self.documents.put(&document(&self.key, self.starts.len()), packed).await?;
        self.starts.push(self.rows);
        self.rows += self.lines_count as u64;
        self.lines_count = 0;
        Ok(())
    }

    /// Removes documents from one on. A run that was cut off may have left more than this one made.
    async fn remove_from(&self, first: usize, until: Until) -> Result<(), String> {
        for page in first.. {
            let name = document(&self.key, page);
            let more = match until {
                Until::Page(end) => page < end,
                Until::Missing => self.documents.get(&name).await?.is_some(),
            };
            if !more {
                break;
            }
            self.documents.remove(&name).await?;
        }
        Ok(())
    }
}

enum Until {
    Page(usize),
    Missing,
}

fn packed(lines: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(lines).expect("memory takes what is written");
    packed.finish().expect("memory takes what is written")
}

/// The rows of one document.
///
/// # Errors
/// It cannot be read; why is for the log.
pub(super) async fn read_page(documents: &dyn Documents, key: &Key, page: usize) -> Result<Vec<LakeRow>, String> {
    let packed = documents.get(&document(key, page)).await?.ok_or("a document of a query's rows is missing")?;
    let read = move || {
        let mut lines = String::new();
        GzDecoder::new(packed.as_slice()).read_to_string(&mut lines).map_err(|error| error.to_string())?;
        lines.lines().map(|line| serde_json::from_str(line).map_err(|error| error.to_string())).collect()
    };
    tokio::task::spawn_blocking(read).await.map_err(|error| error.to_string())?
}

/// Some of the rows of a query that has finished.
///
/// # Errors
/// They cannot be read; why is for the log.
pub(crate) async fn read_rows(
    documents: &dyn Documents,
    key: &Key,
    record: &QueryRecord,
    skip: u64,
    limit: usize,
) -> Result<Vec<LakeRow>, String> {
    let mut rows = Vec::new();
    let mut page = record.pages.partition_point(|start| *start <= skip).saturating_sub(1);
    while rows.len() < limit && page < record.pages.len() {
        let passed = skip.saturating_sub(record.pages[page]);
        let passed = usize::try_from(passed).map_err(|error| error.to_string())?;
        let read = read_page(documents, key, page).await?;
        rows.extend(read.into_iter().skip(passed).take(limit - rows.len()));
        page += 1;
    }
    Ok(rows)
}
