//! Looking Insights events up (cloudtrail.md §3.2, §7.9).

use store::StoreError;
use store::trail_event::{Lookup, LookupPage, TrailEvent};

use super::event::TRAIL_TYPE;
use crate::service::Parts;
use crate::trails::{Selection, Trail};

/// A page of the Insights events of management events.
///
/// # Errors
/// The store's.
pub(crate) async fn of_management(parts: &Parts, lookup: Lookup) -> Result<LookupPage, StoreError> {
    page(parts, lookup, |event| trail_of(event).is_none()).await
}

/// A page of the Insights events that a trail takes: those of its own data events, and those of management events that
/// it watches.
///
/// # Errors
/// The store's.
pub(crate) async fn of_trail(parts: &Parts, lookup: Lookup, trail: &Trail) -> Result<LookupPage, StoreError> {
    let selection = Selection::of(trail);
    page(parts, lookup, |event| selection.takes_insight(event)).await
}

/// The trail whose data events the event is of.
fn trail_of(event: &TrailEvent) -> Option<&str> {
    let named = event.resources.iter().find(|(resource_type, _)| resource_type.as_deref() == Some(TRAIL_TYPE));
    named.map(|(_, arn)| arn.as_str())
}

async fn page(parts: &Parts, mut lookup: Lookup, keep: impl Fn(&TrailEvent) -> bool) -> Result<LookupPage, StoreError> {
    let mut events = Vec::new();
    let limit = lookup.limit;
    loop {
        // A page holds no more than is still wanted, so that the next one starts where it ends.
        lookup.limit = limit - events.len();
        let found = parts.insight_events.lookup(lookup.clone()).await?;
        events.extend(found.events.into_iter().filter(&keep));
        match found.next {
            Some(next) if events.len() < limit => lookup.after = Some(next),
            next => return Ok(LookupPage { events, next }),
        }
    }
}
