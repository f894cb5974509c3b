//! A small JSON file of the agent's that survives a crash, such as `positions.json`.
//!
//! It is replaced whole: written aside, synced, renamed. Each carries the number of its format, so
//! that a later agent's file is not misread.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Saved<T> {
    format: u32,
    #[serde(flatten)]
    content: T,
}

/// Reads a file of a folder; the default when there is no such file yet.
///
/// # Errors
/// It cannot be read, or is not one that was written here.
pub fn load<T: DeserializeOwned + Default>(folder: &Path, name: &str) -> io::Result<T> {
    let text = match fs::read(folder.join(name)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
        Err(error) => return Err(error),
    };
    let saved: Saved<T> = serde_json::from_slice(&text).map_err(io::Error::other)?;
    match saved.format {
        FORMAT => Ok(saved.content),
        other => Err(io::Error::other(format!("{name} is of format {other}, which is not known"))),
    }
}

/// Writes a file of a folder, which is made where it is not there; on disk when this returns.
///
/// # Errors
/// The disk's: the file is as it was before.
pub fn save<T: Serialize>(folder: &Path, name: &str, content: &T) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!("{name}.tmp"));
    let mut file = File::create(&unfinished)?;
    file.write_all(&serde_json::to_vec(&Saved { format: FORMAT, content })?)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(name))?;
    File::open(folder)?.sync_all()
}
