//! A disk in memory that can be full, fail its syncs, write short, and crash.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Disk, DiskFile};

/// A disk in memory for tests. Clones share one disk.
#[derive(Clone, Default)]
pub struct FailingDisk {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    tree: Mutex<Tree>,
    faults: Faults,
    bytes_read: AtomicU64,
}

#[derive(Default)]
struct Tree {
    folders: BTreeSet<PathBuf>,
    // What the running system sees.
    seen: BTreeMap<PathBuf, Arc<Inode>>,
    // What a crash leaves: the names that were there at the last sync of their folder.
    kept: BTreeMap<PathBuf, Arc<Inode>>,
}

#[derive(Default)]
struct Inode {
    content: Mutex<Content>,
}

#[derive(Default)]
struct Content {
    seen: Vec<u8>,
    synced: Vec<u8>,
    last_write: Option<(u64, Vec<u8>)>,
}

#[derive(Default)]
struct Faults {
    full: AtomicBool,
    sync_fails: AtomicBool,
    short_writes: AtomicBool,
    // Writes and syncs left until the power goes; 0 = no limit is set.
    steps_left: AtomicU64,
    dead: AtomicBool,
}

impl FailingDisk {
    /// An empty disk without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on nothing can be allocated or extended (ENOSPC), or again can.
    pub fn set_full(&self, full: bool) {
        self.shared.faults.full.store(full, Ordering::SeqCst);
    }

    /// From now on every sync of a file fails (EIO), or again succeeds.
    pub fn set_sync_fails(&self, fails: bool) {
        self.shared.faults.sync_fails.store(fails, Ordering::SeqCst);
    }

    /// From now on every write stores half of its bytes and fails (EIO), or again works.
    pub fn set_short_writes(&self, short: bool) {
        self.shared.faults.short_writes.store(short, Ordering::SeqCst);
    }

    /// The power goes after `steps` more changes of any kind: all later calls fail.
    pub fn die_after(&self, steps: u64) {
        self.shared.faults.steps_left.store(steps + 1, Ordering::SeqCst);
    }

    /// Bytes that were read of files since the disk was made.
    pub fn bytes_read(&self) -> u64 {
        self.shared.bytes_read.load(Ordering::Relaxed)
    }

    /// The disk as found after a crash now: without what was not synced.
    pub fn crash(&self) -> Self {
        self.after_crash(|content| content.synced.clone())
    }

    /// As [`crash`](Self::crash), but the first `kept` bytes of the last write of each
    /// file that were not synced did reach the disk: a torn write.
    pub fn crash_torn(&self, kept: usize) -> Self {
        self.after_crash(|content| {
            let mut data = content.synced.clone();
            if let Some((offset, bytes)) = &content.last_write {
                let bytes = &bytes[..kept.min(bytes.len())];
                let end = *offset as usize + bytes.len();
                data.resize(data.len().max(end), 0);
                data[*offset as usize..end].copy_from_slice(bytes);
            }
            data
        })
    }

    /// Changes the bytes of a file behind everyone's back, also past a crash.
    pub fn corrupt(&self, path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
        let tree = self.tree();
        let inode = tree.seen.get(path).expect("the file to corrupt is there");
        let mut content = inode.lock();
        change(&mut content.seen);
        content.synced = content.seen.clone();
    }

    fn after_crash(&self, keep: impl Fn(&Content) -> Vec<u8>) -> Self {
        let before = self.tree();
        let revive = |inode: &Arc<Inode>| {
            let data = keep(&inode.lock());
            Arc::new(Inode { content: Mutex::new(Content { seen: data.clone(), synced: data, last_write: None }) })
        };
        let kept: BTreeMap<_, _> = before.kept.iter().map(|(path, inode)| (path.clone(), revive(inode))).collect();
        let tree = Tree { folders: before.folders.clone(), seen: kept.clone(), kept };
        Self { shared: Arc::new(Shared { tree: Mutex::new(tree), ..Shared::default() }) }
    }

    fn tree(&self) -> MutexGuard<'_, Tree> {
        self.shared.tree.lock().expect("no holder of this lock can panic")
    }

    fn step(&self) -> io::Result<()> {
        self.shared.faults.step()
    }
}

impl Faults {
    fn step(&self) -> io::Result<()> {
        let left = self.steps_left.load(Ordering::SeqCst);
        if left == 1 {
            self.dead.store(true, Ordering::SeqCst);
        } else if left > 1 {
            self.steps_left.fetch_sub(1, Ordering::SeqCst);
        }
        self.alive()
    }

    fn alive(&self) -> io::Result<()> {
        if self.dead.load(Ordering::SeqCst) {
            return Err(io::Error::other("the power is gone"));
        }
        Ok(())
    }

    fn check_space(&self, grows: bool) -> io::Result<()> {
        if grows && self.full.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

impl Inode {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().expect("no holder of this lock can panic")
    }
}

impl Disk for FailingDisk {
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.step()?;
        self.shared.faults.check_space(true)?;
        let mut tree = self.tree();
        if !path.parent().is_some_and(|folder| tree.folders.contains(folder)) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inode = Arc::new(Inode::default());
        tree.seen.insert(path.to_owned(), inode.clone());
        Ok(Arc::new(OpenInode { inode, shared: self.shared.clone() }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        self.shared.faults.alive()?;
        let inode = self.tree().seen.get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(OpenInode { inode, shared: self.shared.clone() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        let mut tree = self.tree();
        let inode = tree.seen.remove(from).ok_or(io::ErrorKind::NotFound)?;
        tree.seen.insert(to.to_owned(), inode);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        self.tree().seen.remove(path).map(|_| ()).ok_or(io::ErrorKind::NotFound.into())
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        let mut tree = self.tree();
        tree.folders.extend(path.ancestors().map(Path::to_owned));
        Ok(())
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        let mut tree = self.tree();
        if tree.seen.keys().chain(&tree.folders).any(|inside| inside.parent() == Some(path)) {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        if tree.folders.remove(path) { Ok(()) } else { Err(io::ErrorKind::NotFound.into()) }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.shared.faults.alive()?;
        let tree = self.tree();
        if !tree.folders.contains(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let inside = tree.seen.keys().chain(&tree.folders).filter(|entry| entry.parent() == Some(path));
        Ok(inside.filter_map(|entry| Some(entry.file_name()?.to_string_lossy().into_owned())).collect())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        let mut tree = self.tree();
        let inside = |file: &Path| file.parent() == Some(path);
        tree.kept.retain(|file, _| !inside(file));
        let now: Vec<_> =
            tree.seen.iter().filter(|(file, _)| inside(file)).map(|(f, i)| (f.clone(), i.clone())).collect();
        tree.kept.extend(now);
        Ok(())
    }
}

struct OpenInode {
    inode: Arc<Inode>,
    shared: Arc<Shared>,
}

impl DiskFile for OpenInode {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.shared.faults.alive()?;
        let content = self.inode.lock();
        let start = content.seen.len().min(offset as usize);
        let read = buffer.len().min(content.seen.len() - start);
        buffer[..read].copy_from_slice(&content.seen[start..start + read]);
        self.shared.bytes_read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }

    fn write_all_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.shared.faults.step()?;
        let mut content = self.inode.lock();
        let end = offset as usize + bytes.len();
        self.shared.faults.check_space(end > content.seen.len())?;
        let short = self.shared.faults.short_writes.load(Ordering::SeqCst);
        let stored = if short { &bytes[..bytes.len() / 2] } else { bytes };
        let end = offset as usize + stored.len();
        let len = content.seen.len().max(end);
        content.seen.resize(len, 0);
        content.seen[offset as usize..end].copy_from_slice(stored);
        content.last_write = Some((offset, stored.to_vec()));
        if short { Err(io::Error::other("a write fell short")) } else { Ok(()) }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.shared.faults.step()?;
        if self.shared.faults.sync_fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("a sync failed"));
        }
        let mut content = self.inode.lock();
        content.synced = content.seen.clone();
        content.last_write = None;
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.shared.faults.step()?;
        self.inode.lock().seen.resize(len as usize, 0);
        Ok(())
    }

    fn allocate(&self, len: u64) -> io::Result<()> {
        self.shared.faults.step()?;
        let mut content = self.inode.lock();
        if content.seen.len() < len as usize {
            self.shared.faults.check_space(true)?;
            content.seen.resize(len as usize, 0);
        }
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        self.shared.faults.alive()?;
        Ok(self.inode.lock().seen.len() as u64)
    }
}
