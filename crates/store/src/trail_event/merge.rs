//! Merging sorted rows of many sources into one sorted stream.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::maintain::order;
use super::schema::Row;
use crate::error::StoreError;

/// A source with its next row; the heap's greatest is the one whose row comes first.
struct Source<I> {
    next: Row,
    rest: I,
}

impl<I> PartialEq for Source<I> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<I> Eq for Source<I> {}

impl<I> PartialOrd for Source<I> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<I> Ord for Source<I> {
    fn cmp(&self, other: &Self) -> Ordering {
        order(&other.next).cmp(&order(&self.next))
    }
}

/// The rows of all sources in order, read as they are asked for.
pub(super) fn merge<I: Iterator<Item = Result<Row, StoreError>>>(
    sources: Vec<I>,
) -> Result<impl Iterator<Item = Result<Row, StoreError>>, StoreError> {
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
