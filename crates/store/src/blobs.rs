//! Whole files that are written once: put atomically and durably, read in ranges.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{Disk, DiskFile};

/// A place for whole files. Names are relative, with `/` between folders. All calls block.
pub trait Blobs: Send + Sync + 'static {
    /// Starts a file. It appears under its name, durably, when the writer finishes.
    fn create(&self, name: &str) -> io::Result<Box<dyn BlobWriter>>;

    /// Opens a file for reading; the reader stays good when the file is deleted.
    fn open(&self, name: &str) -> io::Result<Arc<dyn Blob>>;

    /// Removes a file.
    fn delete(&self, name: &str) -> io::Result<()>;

    /// The names in a folder (`""` is the outermost), without the folder; also of folders
    /// and of files that were never finished.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;

    /// How people find the file of this name.
    fn locate(&self, name: &str) -> PathBuf;
}

/// A file in the making. Dropped before it is finished, it never was.
pub trait BlobWriter: Write + Send {
    /// Makes the file durable and visible; gives its length and checksum.
    fn finish(self: Box<Self>) -> io::Result<Finished>;
}

/// What a file came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Length in bytes.
    pub bytes: u64,
    /// CRC-32C of all of them.
    pub crc: u32,
}

/// A finished file.
pub trait Blob: Send + Sync + 'static {
    /// Reads exactly `buffer.len()` bytes at `offset`.
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;

    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file holds nothing.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }
}

/// Files in a folder of a disk: temporary name, sync, rename, sync of the folder.
pub struct LocalBlobs {
    disk: Arc<dyn Disk>,
    root: PathBuf,
}

const BUFFER_BYTES: usize = 256 << 10;
/// What the names of unfinished files end with.
pub const TEMPORARY: &str = ".tmp";

impl LocalBlobs {
    /// Files below `root`, which is made if it is missing.
    pub fn open(disk: Arc<dyn Disk>, root: PathBuf) -> io::Result<Self> {
        disk.create_dir(&root)?;
        Ok(Self { disk, root })
    }
}

impl Blobs for LocalBlobs {
    fn create(&self, name: &str) -> io::Result<Box<dyn BlobWriter>> {
        let path = self.root.join(name);
        let folder = path.parent().unwrap_or(&self.root).to_owned();
        self.disk.create_dir(&folder)?;
        let temporary = self.root.join(format!("{name}{TEMPORARY}"));
        let file = match self.disk.create(&temporary) {
            // The folder's last file was just deleted, and the folder with it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.disk.create_dir(&folder)?;
                self.disk.create(&temporary)
            }
            created => created,
        }?;
        let disk = self.disk.clone();
        Ok(Box::new(LocalWriter {
            disk,
            file,
            path,
            folder,
            temporary,
            buffer: Vec::new(),
            len: 0,
            crc: 0,
            finished: false,
        }))
    }

    fn open(&self, name: &str) -> io::Result<Arc<dyn Blob>> {
        Ok(Arc::new(LocalBlob(self.disk.open(&self.root.join(name))?)))
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        let path = self.root.join(name);
        self.disk.remove(&path)?;
        // Folders that still hold something stay.
        let mut folders = path.ancestors().skip(1).take_while(|folder| *folder != self.root);
        drop(folders.try_for_each(|folder| self.disk.remove_dir(folder)));
        Ok(())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        self.disk.list(&self.root.join(folder))
    }

    fn locate(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

struct LocalBlob(Arc<dyn DiskFile>);

impl Blob for LocalBlob {
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        crate::disk::read_exact_at(&*self.0, offset, buffer)
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
}

struct LocalWriter {
    disk: Arc<dyn Disk>,
    file: Arc<dyn DiskFile>,
    path: PathBuf,
    folder: PathBuf,
    temporary: PathBuf,
    buffer: Vec<u8>,
    len: u64,
    crc: u32,
    finished: bool,
}

impl Write for LocalWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all_at(self.len, &self.buffer)?;
        self.len += self.buffer.len() as u64;
        self.crc = crc32c::crc32c_append(self.crc, &self.buffer);
        self.buffer.clear();
        Ok(())
    }
}

impl BlobWriter for LocalWriter {
    fn finish(mut self: Box<Self>) -> io::Result<Finished> {
        self.flush()?;
        self.file.sync_data()?;
        self.disk.rename(&self.temporary, &self.path)?;
        self.finished = true;
        self.disk.sync_dir(&self.folder)?;
        Ok(Finished { bytes: self.len, crc: self.crc })
    }
}

impl Drop for LocalWriter {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is removed at the next start.
            drop(self.disk.remove(&self.temporary));
        }
    }
}
