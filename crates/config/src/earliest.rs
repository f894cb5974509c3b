//! When the next of some records is due, without reading them all when nothing has changed.

use std::marker::PhantomData;
use std::sync::Mutex;

use base::Timestamp;
use store::Catalog;
use store::catalog::Record;

/// The earliest due time among all records of a kind.
pub(crate) struct Earliest<R> {
    due: fn(&R) -> Option<Timestamp>,
    /// The kind's changes when it was last found, and what was found.
    known: Mutex<Option<(u64, Option<Timestamp>)>>,
    kind: PhantomData<R>,
}

impl<R: Record> Earliest<R> {
    /// By what a record says of when it is due.
    pub(crate) fn new(due: fn(&R) -> Option<Timestamp>) -> Self {
        Self { due, known: Mutex::default(), kind: PhantomData }
    }

    /// When the next record is due; `None` when none is.
    pub(crate) fn get(&self, catalog: &Catalog) -> Option<Timestamp> {
        // Counted before reading: a change in between makes the next call read again.
        let changes = catalog.changes::<R>();
        let mut known = self.known.lock().expect("no holder of this lock panics");
        if let Some((of, earliest)) = *known
            && of == changes
        {
            return earliest;
        }
        let mut earliest: Option<Timestamp> = None;
        catalog.for_each::<R>(|_, record| {
            let due = (self.due)(record);
            earliest = earliest.into_iter().chain(due).min();
        });
        *known = Some((changes, earliest));
        earliest
    }
}
