//! One request in one file: a line of JSON that describes it, then the body.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use base::Timestamp;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::put_metric_data::Batch;

const ENDING: &str = ".batch";
const UNFINISHED: &str = ".tmp";
const FORMAT: u32 = 1;

/// The file is not one that was written here.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// Its description is not of a known form.
    #[error("its first line is not the description of a request")]
    Header,
    /// Its body is not the one described.
    #[error("its body does not match its checksum")]
    Checksum,
}

#[derive(Serialize, Deserialize)]
struct Header {
    format: u32,
    data: usize,
    oldest: Timestamp,
    crc32c: u32,
}

/// The name of the request of this number; names sort as their numbers do.
pub(super) fn name(number: u64) -> String {
    format!("{number:020}{ENDING}")
}

/// Writes a request durably and gives the file's size.
pub(super) fn write(folder: &Path, number: u64, batch: &Batch) -> io::Result<u64> {
    let header = Header { format: FORMAT, data: batch.data, oldest: batch.oldest, crc32c: crc32c::crc32c(&batch.body) };
    let mut bytes = serde_json::to_vec(&header)?;
    bytes.push(b'\n');
    bytes.extend_from_slice(&batch.body);
    let unfinished = folder.join(format!("{number:020}{UNFINISHED}"));
    let written = write_synced(&unfinished, &bytes).and_then(|()| rename(&unfinished, &folder.join(name(number))));
    if written.is_err() {
        // What the disk did take must not take the room of the next one.
        let _ = fs::remove_file(&unfinished);
    }
    written.map(|()| bytes.len() as u64)
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Renames and syncs the folder that holds the new name.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    match to.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Reads a request back.
pub(super) fn read(path: &Path) -> Result<Batch, Damage> {
    let bytes = Bytes::from(fs::read(path)?);
    let line = bytes.iter().position(|byte| *byte == b'\n').ok_or(Damage::Header)?;
    let header: Header = serde_json::from_slice(&bytes[..line]).map_err(|_| Damage::Header)?;
    if header.format != FORMAT {
        return Err(Damage::Header);
    }
    let body = bytes.slice(line + 1..);
    if crc32c::crc32c(&body) != header.crc32c {
        return Err(Damage::Checksum);
    }
    Ok(Batch { data: header.data, oldest: header.oldest, body })
}

/// Numbers and sizes of the requests in a folder, least number first.
pub(super) fn numbers(folder: &Path) -> io::Result<Vec<(u64, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if let Some(number) = name.to_str().and_then(|name| name.strip_suffix(ENDING)?.parse().ok()) {
            found.push((number, entry.metadata()?.len()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Removes what a crash left half written: it was never acknowledged to anyone.
pub(super) fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "tmp") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
