//! Events in the order in which they arrived.

use std::sync::Arc;

use store::StoreError;
use store::trail_event::{Arrived, TrailEvent};

use super::file::Folder;
use crate::service::Parts;
use crate::trails::Selection;

/// Bytes of records, of each plane, that a step looks at: what it finds fits into one file of 50 MB for each region
/// (cloudtrail.md §5.2). Tests have several steps with few events.
pub(super) const STEP_BYTES: usize = if cfg!(test) { 2_000 } else { 24 << 20 };

/// The events of both planes after a position and at or before another, and up to where they are all.
pub(crate) async fn arrivals(
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

/// An event that a trail may take.
#[derive(Clone, Debug)]
pub(super) struct Arrival {
    position: u64,
    pub(super) folder: Folder,
    pub(super) event: Arc<TrailEvent>,
}

impl Arrival {
    /// Whether it is selected.
    pub(super) fn is_taken(&self, selection: &Selection) -> bool {
        match self.folder {
            Folder::Calls => selection.takes(&self.event),
            Folder::Insights => selection.takes_insight(&self.event),
        }
    }
}

/// The same with the Insights events among them.
pub(super) async fn with_insights(
    parts: &Parts,
    after: u64,
    until: u64,
    bytes_max: usize,
) -> Result<(Vec<Arrival>, u64), StoreError> {
    let (calls, of_calls) = arrivals(parts, after, until, bytes_max).await?;
    let (insights, of_insights) = parts.insight_events.arrivals(after, until, bytes_max).await?;
    let to = of_calls.min(of_insights);
    let arrival = |folder| move |(position, event): Arrived| Arrival { position, folder, event };
    let calls = calls.into_iter().map(arrival(Folder::Calls));
    let mut events: Vec<_> = calls.chain(insights.into_iter().map(arrival(Folder::Insights))).collect();
    events.retain(|arrival| arrival.position <= to);
    events.sort_unstable_by_key(|arrival| arrival.position);
    Ok((events, to))
}
