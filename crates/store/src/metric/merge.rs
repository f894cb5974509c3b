//! Merging sorted sources into one sorted stream.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::error::StoreError;

/// The items of all sources, each sorted by `key`, in order; equal ones follow each other.
/// Items are read as they are asked for.
pub(super) fn merge<T, K, I>(
    sources: Vec<I>,
    key: impl Fn(&T) -> K,
) -> Result<impl Iterator<Item = Result<T, StoreError>>, StoreError>
where
    K: Ord,
    I: Iterator<Item = Result<T, StoreError>>,
{
    let mut heap = BinaryHeap::with_capacity(sources.len());
    let mut waiting = Vec::with_capacity(sources.len());
    for (at, mut rest) in sources.into_iter().enumerate() {
        let next = rest.next().transpose()?;
        heap.extend(next.as_ref().map(|next| Reverse((key(next), at))));
        waiting.push((next, rest));
    }
    Ok(std::iter::from_fn(move || {
        let Reverse((_, at)) = heap.pop()?;
        let (slot, rest) = &mut waiting[at];
        let item = slot.take()?;
        match rest.next().transpose() {
            Ok(next) => {
                heap.extend(next.as_ref().map(|next| Reverse((key(next), at))));
                *slot = next;
                Some(Ok(item))
            }
            Err(error) => Some(Err(error)),
        }
    }))
}
