//! Reading one Parquet file of the table.
use std::path::PathBuf;
use std::sync::Arc;

use crate::blobs::Blob;
use crate::catalog::files::FileEntry;
use crate::error::StoreError;

/// An open file.
pub(super) struct OpenFile {
    _blob: Arc<dyn Blob>,
}

impl OpenFile {
    pub fn load(blob: Arc<dyn Blob>, _path: PathBuf, _entry: &FileEntry) -> Result<Self, StoreError> {
        Ok(Self { _blob: blob })
    }
    pub fn memory_bytes(&self) -> usize {
        1
    }
}
