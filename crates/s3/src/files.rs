//! The files that objects' bytes are in: `FOLDER/ab/ab12…`, named at random, written once, gone when no record names
//! them any more and nobody reads them.

mod read;
mod receive;
mod sealed;

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex};

use base::Entropy;
use store::blobs::{Blobs, TEMPORARY};

pub(crate) use read::at_rest;
pub(crate) use receive::{Failure, Hashes, Received};

use crate::names::new_id;
use crate::ports::Seal;
use crate::record::Piece;

/// The files, and who reads them.
pub(crate) struct Files {
    blobs: Arc<dyn Blobs>,
    entropy: Arc<dyn Entropy>,
    seal: Arc<dyn Seal>,
    // Files that are being read.
    pins: Mutex<HashMap<String, Pinned>>,
}

#[derive(Default)]
struct Pinned {
    readers: usize,
    /// Whether it goes with its last reader.
    retired: bool,
}

/// Keeps files while they are read.
pub(crate) struct Pin {
    files: Arc<Files>,
    ids: Vec<String>,
}

impl Files {
    pub(crate) fn new(blobs: Arc<dyn Blobs>, entropy: Arc<dyn Entropy>, seal: Arc<dyn Seal>) -> Self {
        Self { blobs, entropy, seal, pins: Mutex::default() }
    }

    /// Keeps these files until the pin is dropped, even when they are retired meanwhile.
    pub(crate) fn pin(self: &Arc<Self>, pieces: &[Piece]) -> Pin {
        let mut pins = self.pins.lock().expect("no holder of this lock can panic");
        for piece in pieces {
            pins.entry(piece.id.clone()).or_default().readers += 1;
        }
        Pin { files: self.clone(), ids: pieces.iter().map(|piece| piece.id.clone()).collect() }
    }

    /// Removes files that no record names any more, each once nobody reads it. What cannot be removed is at the next
    /// start.
    pub(crate) fn retire(self: &Arc<Self>, pieces: Vec<Piece>) {
        let mut pins = self.pins.lock().expect("no holder of this lock can panic");
        let mut free = Vec::new();
        for piece in pieces {
            match pins.get_mut(&piece.id) {
                Some(pinned) => pinned.retired = true,
                None => free.push(piece.id),
            }
        }
        drop(pins);
        self.remove(free);
    }

    /// Removes the files that no record names, and those that were never finished. Only at start: later on there are
    /// files that are about to be named. Blocks.
    pub(crate) fn remove_orphans(&self, named: &HashSet<String>) -> io::Result<usize> {
        let mut removed = 0;
        for folder in self.blobs.list("")? {
            let names = match self.blobs.list(&folder) {
                Ok(names) => names,
                // Not one of ours.
                Err(error) if error.kind() == io::ErrorKind::NotADirectory => continue,
                Err(error) => return Err(error),
            };
            for name in names {
                if name.ends_with(TEMPORARY) || !named.contains(&name) {
                    self.blobs.delete(&format!("{folder}/{name}"))?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    fn new_file_id(&self) -> String {
        new_id(&*self.entropy)
    }

    fn remove(self: &Arc<Self>, ids: Vec<String>) {
        if ids.is_empty() {
            return;
        }
        // Without a runtime the process is at its end; the next start removes them.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let files = self.clone();
        runtime.spawn_blocking(move || {
            for id in ids {
                if let Err(error) = files.blobs.delete(&path(&id)) {
                    tracing::warn!(file = id, %error, "a file of an object that is gone could not be removed");
                }
            }
        });
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut pins = self.files.pins.lock().expect("no holder of this lock can panic");
        let mut free = Vec::new();
        for id in self.ids.drain(..) {
            let Some(pinned) = pins.get_mut(&id) else { continue };
            pinned.readers -= 1;
            if pinned.readers == 0 {
                let retired = pinned.retired;
                pins.remove(&id);
                if retired {
                    free.push(id);
                }
            }
        }
        drop(pins);
        self.files.remove(free);
    }
}

/// Where a file is: an id is made of hexadecimal digits alone.
pub(crate) fn path(id: &str) -> String {
    format!("{}/{id}", id.get(..2).unwrap_or("00"))
}
