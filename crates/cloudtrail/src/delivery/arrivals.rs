//! Events of both planes in the order in which they arrived.

use store::StoreError;
use store::trail_event::Arrived;

use crate::service::Parts;

/// Bytes of records, of each plane, that a step looks at: what it finds fits into one file of 50 MB for each region
/// (cloudtrail.md §5.2). Tests have several steps with few events.
pub(super) const STEP_BYTES: usize = if cfg!(test) { 2_000 } else { 24 << 20 };

/// The events after a position and at or before another, and up to where they are all.
pub(super) async fn arrivals(
    parts: &Parts,
    after: u64,
    until: u64,
    bytes_max: usize,
) -> Result<(Vec<Arrived>, u64), StoreError> {
    let (mut events, history) = parts.events.arrivals(after, until, bytes_max).await?;
    let (data, to) = parts.data_events.arrivals(after, until, bytes_max).await?;
    let to = to.min(history);
    events.extend(data);
    events.retain(|(position, _)| *position <= to);
    events.sort_unstable_by_key(|(position, _)| *position);
    Ok((events, to))
}
