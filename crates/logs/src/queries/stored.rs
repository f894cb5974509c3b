//! What is kept of a query: its record, and its rows as a document.

use std::io::{Read, Write};
use std::sync::Arc;

use base::Timestamp;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use lang::insights::Value;
use serde::{Deserialize, Serialize};
use store::catalog::Record;
use store::log_event::GroupId;

use crate::ports::QueryStatistics;

/// A query. The key is its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct QueryRecord {
    /// The text as it was given.
    pub(crate) text: String,
    /// The groups that it reads, by name.
    pub(crate) groups: Vec<(String, GroupId)>,
    /// Start and end in seconds, both included (logs.md Q-3).
    pub(crate) range_secs: (i64, i64),
    /// When it was started.
    pub(crate) created: Timestamp,
    /// The ARN of who started it.
    pub(crate) user: String,
    /// How far it is.
    pub(crate) state: QueryState,
    /// What it took, once it has ended.
    pub(crate) statistics: StoredStatistics,
    /// How long it ran, in milliseconds.
    pub(crate) duration_ms: Option<i64>,
}

impl Record for QueryRecord {
    const KIND: &'static str = "logs.query";
    const FORMAT: u32 = 1;
}

/// logs.md QR-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum QueryState {
    /// It was started and has not ended.
    Running,
    /// Its rows are there.
    Complete,
    /// It ended with an error.
    Failed,
    /// It was stopped.
    Cancelled,
    /// It took too long.
    Timeout,
}

/// [`QueryStatistics`] as kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredStatistics {
    pub(crate) records_matched: u64,
    pub(crate) records_scanned: u64,
    pub(crate) bytes_scanned: u64,
    pub(crate) records_skipped: u64,
    pub(crate) bytes_skipped: u64,
    pub(crate) groups_scanned: u64,
}

impl From<QueryStatistics> for StoredStatistics {
    fn from(statistics: QueryStatistics) -> Self {
        Self {
            records_matched: statistics.records_matched,
            records_scanned: statistics.records_scanned,
            bytes_scanned: statistics.bytes_scanned,
            records_skipped: statistics.records_skipped,
            bytes_skipped: statistics.bytes_skipped,
            groups_scanned: statistics.groups_scanned,
        }
    }
}

/// A row as clients get it: names and printed values.
pub(crate) type PrintedRow = Vec<(Arc<str>, String)>;

/// The document of a query's rows.
pub(crate) fn write_rows(rows: Vec<Vec<(Arc<str>, Value)>>) -> std::io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for row in rows {
        let printed: PrintedRow = row.into_iter().map(|(name, value)| (name, value.to_string())).collect();
        serde_json::to_writer(&mut packed, &PairList(&printed)).map_err(std::io::Error::other)?;
        packed.write_all(b"\n")?;
    }
    packed.finish()
}

/// Some rows of a document.
pub(crate) fn read_rows(document: &[u8], skip: usize, limit: usize) -> std::io::Result<Vec<PrintedRow>> {
    let mut text = String::new();
    GzDecoder::new(document).read_to_string(&mut text)?;
    let rows = text.lines().skip(skip).take(limit).map(|line| {
        let pairs: Vec<(String, String)> = serde_json::from_str(line).map_err(std::io::Error::other)?;
        Ok(pairs.into_iter().map(|(name, value)| (name.into(), value)).collect())
    });
    rows.collect()
}

struct PairList<'a>(&'a PrintedRow);

impl Serialize for PairList<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|(name, value)| (&**name, value.as_str())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_in_pages() {
        let row = |number: i64| vec![(Arc::from("n"), Value::Int(number)), (Arc::from("t"), Value::from("a\nb"))];
        let document = write_rows((0..5).map(row).collect()).unwrap();
        let page = read_rows(&document, 3, 10).unwrap();
        let expected = |number: &str| vec![(Arc::from("n"), number.to_owned()), (Arc::from("t"), "a\nb".to_owned())];
        assert_eq!(page, [expected("3"), expected("4")]);
        assert_eq!(read_rows(&document, 0, 1).unwrap(), [expected("0")]);
        assert!(read_rows(&document, 5, 1).unwrap().is_empty());
    }
}
