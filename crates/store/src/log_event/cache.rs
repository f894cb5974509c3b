//! Pages of messages that were read lately.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use super::page::MessagePage;

/// Memory of all pages that are kept, of all files.
const BYTES_MAX: usize = 64 << 20;
/// What a page counts at least, so that the number of pages is bounded too.
const PAGE_BYTES_MIN: usize = 64 << 10;

/// The pages of the process: readers of one stream come back for the page that they read last.
static PAGES: Mutex<Option<Pages>> = Mutex::new(None);
static NEXT_FILE: AtomicU64 = AtomicU64::new(0);

#[derive(Default)]
struct Pages {
    pages: HashMap<(u64, usize), (Arc<MessagePage>, u64)>,
    bytes: usize,
    uses: u64,
}

/// The pages of one file.
#[derive(Debug)]
pub(super) struct PageCache {
    // Unique for as long as the process runs.
    file: u64,
}

impl PageCache {
    pub fn new() -> Self {
        Self { file: NEXT_FILE.fetch_add(1, Ordering::Relaxed) }
    }

    pub fn get(&self, page: usize) -> Option<Arc<MessagePage>> {
        let mut kept = lock();
        let kept = kept.as_mut()?;
        kept.uses += 1;
        let uses = kept.uses;
        let (page, used) = kept.pages.get_mut(&(self.file, page))?;
        *used = uses;
        Some(page.clone())
    }

    pub fn put(&self, number: usize, page: Arc<MessagePage>) {
        let mut kept = lock();
        let kept = kept.get_or_insert_default();
        kept.uses += 1;
        kept.bytes += cost(&page);
        if let Some((old, _)) = kept.pages.insert((self.file, number), (page, kept.uses)) {
            kept.bytes -= cost(&old);
        }
        while kept.bytes > BYTES_MAX && kept.pages.len() > 1 {
            let oldest = kept.pages.iter().min_by_key(|(_, (_, used))| *used).map(|(key, _)| *key);
            let (page, _) = oldest.and_then(|key| kept.pages.remove(&key)).expect("there is more than one page");
            kept.bytes -= cost(&page);
        }
    }
}

impl Drop for PageCache {
    fn drop(&mut self) {
        if let Some(kept) = lock().as_mut() {
            let of_file = kept.pages.extract_if(|(file, _), _| *file == self.file);
            kept.bytes -= of_file.map(|(_, (page, _))| cost(&page)).sum::<usize>();
        }
    }
}

fn cost(page: &MessagePage) -> usize {
    page.memory_bytes().max(PAGE_BYTES_MIN)
}

fn lock() -> MutexGuard<'static, Option<Pages>> {
    PAGES.lock().expect("no holder of this lock can panic")
}
