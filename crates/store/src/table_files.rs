//! A table's files: which are live, which are open, and when they go.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::blobs::{Blob, Blobs};
use crate::catalog::files::{FileEntry, FileLists};
use crate::error::StoreError;

/// Bytes of files that are read through at start, newest first.
const VERIFIED_BYTES_MAX: u64 = 2 << 30;
const READ_BYTES: usize = 1 << 20;

/// Open files that are kept at most, and the memory that what is known of them may take.
const OPEN_MAX: usize = 4096;
const OPEN_BYTES_MAX: usize = 128 << 20;

/// A file of some table, opened for reading.
pub(crate) trait TableFile: Send + Sync + Sized + 'static {
    /// Checks the marks at a file's ends, without reading what is between; tells what is
    /// wrong with them. Unless said otherwise they are those of Parquet.
    fn check_ends(blob: &dyn Blob, len: u64) -> io::Result<Result<(), String>> {
        check_parquet_ends(blob, len)
    }

    /// Reads the footer and what it points to.
    fn load(blob: Arc<dyn Blob>, path: PathBuf, entry: &FileEntry) -> Result<Self, StoreError>;

    /// Bytes in memory, about.
    fn memory_bytes(&self) -> usize;
}

/// The live files by partition (for most tables a day), oldest first.
pub(crate) struct FileSet<F: TableFile> {
    pub days: BTreeMap<i64, Vec<Arc<LiveFile<F>>>>,
}

impl<F: TableFile> Clone for FileSet<F> {
    fn clone(&self) -> Self {
        Self { days: self.days.clone() }
    }
}

impl<F: TableFile> Default for FileSet<F> {
    fn default() -> Self {
        Self { days: BTreeMap::new() }
    }
}

impl<F: TableFile> FileSet<F> {
    pub fn add(&mut self, file: Arc<LiveFile<F>>) {
        self.days.entry(file.entry.day).or_default().push(file);
    }

    pub fn remove(&mut self, id: u64) {
        self.days.retain(|_, files| {
            files.retain(|file| file.entry.id != id);
            !files.is_empty()
        });
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<LiveFile<F>>> {
        self.days.values().flatten()
    }
}

/// A file that is, or was, in the catalog's list. The file stays on disk as long as
/// anyone holds this, so that a look-up that has begun can end.
pub(crate) struct LiveFile<F: TableFile> {
    pub entry: FileEntry,
    files: Arc<Shared<F>>,
    doomed: AtomicBool,
}

impl<F: TableFile> LiveFile<F> {
    /// The file is in no list any more: it goes when its last reader is done.
    pub fn doom(&self) {
        self.doomed.store(true, Ordering::Release);
    }

    /// The file is in the list, or may be: it stays.
    pub fn keep(&self) {
        self.doomed.store(false, Ordering::Release);
    }

    /// Where the file lies.
    pub fn path(&self) -> PathBuf {
        self.files.blobs.locate(&self.entry.name)
    }

    /// The file opened for reading; kept open for the next time.
    pub fn open(&self) -> Result<Arc<F>, StoreError> {
        if let Some(open) = self.files.cache().get(self.entry.id) {
            return Ok(open);
        }
        let path = self.path();
        let blob = self.files.blobs.open(&self.entry.name);
        let blob = blob.map_err(|error| StoreError::io("opening", &path, error))?;
        let open = Arc::new(F::load(blob, path, &self.entry)?);
        self.files.cache().put(self.entry.id, open.clone());
        Ok(open)
    }
}

impl<F: TableFile> Drop for LiveFile<F> {
    fn drop(&mut self) {
        if !self.doomed.load(Ordering::Acquire) {
            return;
        }
        self.files.cache().remove(self.entry.id);
        if let Err(error) = self.files.blobs.delete(&self.entry.name) {
            // The next start removes it.
            tracing::warn!(file = self.entry.name, %error, "a dropped file could not be removed");
        }
    }
}

/// What all files of the table share.
pub(crate) struct TableFiles<F: TableFile> {
    shared: Arc<Shared<F>>,
    next_id: AtomicU64,
}

struct Shared<F: TableFile> {
    blobs: Arc<dyn Blobs>,
    cache: Mutex<Cache<F>>,
}

impl<F: TableFile> Shared<F> {
    fn cache(&self) -> MutexGuard<'_, Cache<F>> {
        self.cache.lock().expect("no holder of this lock can panic")
    }
}

impl<F: TableFile> TableFiles<F> {
    /// Checks that the listed files are there and whole. Blocks.
    pub fn open(table: &str, blobs: Arc<dyn Blobs>, lists: &FileLists) -> Result<(Self, FileSet<F>), StoreError> {
        let shared = Arc::new(Shared { blobs, cache: Mutex::default() });
        let mut set = FileSet::default();
        let mut last_id = 0;
        for entry in lists.files.iter().filter(|file| file.table == table) {
            check_ends::<F>(&*shared.blobs, entry)?;
            last_id = last_id.max(entry.id);
            set.add(Arc::new(LiveFile { entry: entry.clone(), files: shared.clone(), doomed: AtomicBool::new(false) }));
        }
        verify(&*shared.blobs, &set)?;
        Ok((Self { shared, next_id: AtomicU64::new(last_id + 1) }, set))
    }

    /// Removes files that are not in the set: they were being written when the server
    /// stopped, and their rows are still in the log. Blocks.
    pub fn remove_orphans(&self, set: &FileSet<F>) -> Result<(), StoreError> {
        let listed = set.iter().map(|file| file.entry.name.clone()).collect();
        remove_orphans(&*self.shared.blobs, &listed).map_err(|error| StoreError::failed("removing orphan files", error))
    }

    /// An id that no file has had since the start.
    pub fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub fn blobs(&self) -> &Arc<dyn Blobs> {
        &self.shared.blobs
    }

    /// A file that was written and is in no list yet: it goes unless it is kept.
    pub fn written(&self, entry: FileEntry) -> Arc<LiveFile<F>> {
        Arc::new(LiveFile { entry, files: self.shared.clone(), doomed: AtomicBool::new(true) })
    }
}

const MAGIC: &[u8; 4] = b"PAR1";
// Magic at both ends and the footer's length.
const BYTES_MIN: u64 = 12;

fn check_parquet_ends(blob: &dyn Blob, len: u64) -> io::Result<Result<(), String>> {
    let (mut start, mut end) = ([0; 4], [0; 8]);
    if len >= BYTES_MIN {
        blob.read_exact_at(0, &mut start)?;
        blob.read_exact_at(len - 8, &mut end)?;
    }
    let footer = u32::from_le_bytes(end[..4].try_into().expect("four bytes"));
    if start != *MAGIC || end[4..] != *MAGIC || u64::from(footer) > len - BYTES_MIN {
        return Ok(Err("it does not start and end as a Parquet file does".to_owned()));
    }
    Ok(Ok(()))
}

/// Checks a file's length and the marks at its ends.
fn check_ends<F: TableFile>(blobs: &dyn Blobs, entry: &FileEntry) -> Result<(), StoreError> {
    let path = blobs.locate(&entry.name);
    let io = |error| StoreError::io("reading", &path, error);
    let blob = blobs.open(&entry.name).map_err(io)?;
    let len = blob.len().map_err(io)?;
    if len != entry.bytes {
        return Err(StoreError::damaged(&path, format!("it has {len} bytes instead of {}", entry.bytes)));
    }
    F::check_ends(&*blob, len).map_err(io)?.map_err(|detail| StoreError::damaged(&path, detail))
}

/// Reads the newest files, up to [`VERIFIED_BYTES_MAX`] in all, and checks them against the
/// checksums in the catalog, in as many threads as the machine has processors. Damage in
/// an older file is found when its rows are read.
fn verify<F: TableFile>(blobs: &dyn Blobs, set: &FileSet<F>) -> Result<(), StoreError> {
    let mut bytes = 0;
    let newest = set.days.values().rev().flatten().take_while(|file| {
        bytes += file.entry.bytes;
        bytes <= VERIFIED_BYTES_MAX
    });
    let files: Mutex<Vec<&FileEntry>> = Mutex::new(newest.map(|file| &file.entry).collect());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let work = || {
        loop {
            let next = files.lock().expect("no holder of this lock can panic").pop();
            match next {
                Some(entry) => check_content(blobs, entry)?,
                None => return Ok(()),
            }
        }
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|thread| thread.join().expect("checking a file does not panic"))
    })
}

fn check_content(blobs: &dyn Blobs, entry: &FileEntry) -> Result<(), StoreError> {
    let path = blobs.locate(&entry.name);
    let io = |error| StoreError::io("reading", &path, error);
    let blob = blobs.open(&entry.name).map_err(io)?;
    let (mut crc, mut at, mut buffer) = (0, 0, vec![0; READ_BYTES]);
    while at < entry.bytes {
        let part = usize::try_from(entry.bytes - at).map_or(READ_BYTES, |left| left.min(READ_BYTES));
        blob.read_exact_at(at, &mut buffer[..part]).map_err(io)?;
        crc = crc32c::crc32c_append(crc, &buffer[..part]);
        at += part as u64;
    }
    if crc == entry.crc { Ok(()) } else { Err(StoreError::damaged(&path, "its checksum does not match")) }
}

fn remove_orphans(blobs: &dyn Blobs, listed: &HashSet<String>) -> io::Result<()> {
    let is_folder = |name: &String| name.contains('=');
    let mut folders: Vec<_> = blobs.list("")?.into_iter().filter(is_folder).collect();
    while let Some(folder) = folders.pop() {
        for inside in blobs.list(&folder)? {
            let name = format!("{folder}/{inside}");
            if is_folder(&inside) {
                folders.push(name);
            } else if !listed.contains(&name) {
                tracing::info!(file = name, "removing a file that never joined the table");
                blobs.delete(&name)?;
            }
        }
    }
    Ok(())
}

/// The files that are open, those unused for longest going first.
struct Cache<F> {
    open: HashMap<u64, (Arc<F>, u64)>,
    bytes: usize,
    uses: u64,
}

impl<F> Default for Cache<F> {
    fn default() -> Self {
        Self { open: HashMap::new(), bytes: 0, uses: 0 }
    }
}

impl<F: TableFile> Cache<F> {
    fn get(&mut self, id: u64) -> Option<Arc<F>> {
        self.uses += 1;
        let (file, used) = self.open.get_mut(&id)?;
        *used = self.uses;
        Some(file.clone())
    }

    fn put(&mut self, id: u64, file: Arc<F>) {
        self.uses += 1;
        self.bytes += file.memory_bytes();
        if let Some((old, _)) = self.open.insert(id, (file, self.uses)) {
            self.bytes -= old.memory_bytes();
        }
        while self.open.len() > OPEN_MAX || (self.bytes > OPEN_BYTES_MAX && self.open.len() > 1) {
            let oldest = self.open.iter().min_by_key(|(_, (_, used))| *used).map(|(id, _)| *id);
            self.remove(oldest.expect("the cache is not empty"));
        }
    }

    fn remove(&mut self, id: u64) {
        if let Some((file, _)) = self.open.remove(&id) {
            self.bytes -= file.memory_bytes();
        }
    }
}
