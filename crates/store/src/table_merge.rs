//! Merging sorted rows of many sources into one sorted stream.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::error::StoreError;

/// A row of a table, with the order that rows have in its files.
pub(crate) trait SortedRow {
    /// Which of the two comes first.
    fn order(&self, other: &Self) -> Ordering;
}

/// A source with its next row; the heap's greatest is the one whose row comes first.
struct Source<R, I> {
    next: R,
    rest: I,
}

impl<R: SortedRow, I> PartialEq for Source<R, I> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<R: SortedRow, I> Eq for Source<R, I> {}

impl<R: SortedRow, I> PartialOrd for Source<R, I> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R: SortedRow, I> Ord for Source<R, I> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.next.order(&self.next)
    }
}

/// The rows of all sources in order, read as they are asked for.
pub(crate) fn merge<R: SortedRow, I: Iterator<Item = Result<R, StoreError>>>(
    sources: Vec<I>,
) -> Result<impl Iterator<Item = Result<R, StoreError>>, StoreError> {
    let mut heap = BinaryHeap::new();
    for mut rest in sources {
        if let Some(next) = rest.next().transpose()? {
            heap.push(Source { next, rest });
        }
    }
    Ok(std::iter::from_fn(move || {
        let Source { next, mut rest } = heap.pop()?;
        match rest.next().transpose() {
            Ok(Some(after)) => heap.push(Source { next: after, rest }),
            Ok(None) => {}
            Err(error) => return Some(Err(error)),
        }
        Some(Ok(next))
    }))
}
