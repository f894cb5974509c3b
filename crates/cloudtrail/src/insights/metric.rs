//! Rates as they were: calls counted from the stored events (cloudtrail.md §7.9).

use std::collections::BTreeMap;

use base::{Scope, TimeRange, Timestamp};
use store::StoreError;
use store::trail_event::{Attribute, Lookup, TrailEvent};

use super::sample::error_code;
use crate::service::Parts;
use crate::trails::{Selection, Trail};

/// Events that are read at a time.
const PAGE_EVENTS: usize = 1_000;

/// The calls that a rate is of.
pub(crate) struct Measured<'a> {
    pub(crate) scope: Scope,
    /// The trail whose data events these are; none for management events.
    pub(crate) trail: Option<&'a Trail>,
    pub(crate) source: &'a str,
    pub(crate) name: &'a str,
    /// The code that they failed with, where those that failed are counted.
    pub(crate) error: Option<&'a str>,
}

impl Measured<'_> {
    fn counts(&self, event: &TrailEvent, selection: Option<&Selection>) -> bool {
        // Look-ups give global events of other regions too.
        event.region == self.scope.region
            && event.event_source == self.source
            && selection.is_none_or(|selection| selection.takes(event))
            && match self.error {
                Some(code) => error_code(event).as_deref() == Some(code),
                None => self.trail.is_some() || !event.read_only,
            }
    }
}

/// How many calls there were in each period with any, by when it begins; both ends of the range are included.
///
/// # Errors
/// The store's.
pub(crate) async fn calls_by_period(
    parts: &Parts,
    measured: &Measured<'_>,
    range: TimeRange,
    period_ms: i64,
) -> Result<BTreeMap<Timestamp, u64>, StoreError> {
    let table = if measured.trail.is_some() { &parts.data_events } else { &parts.events };
    let selection = measured.trail.map(Selection::of);
    let mut lookup = Lookup {
        account: measured.scope.account.clone(),
        region: measured.scope.region.clone(),
        range,
        attribute: Some(Attribute::EventName(measured.name.to_owned())),
        after: None,
        limit: PAGE_EVENTS,
    };
    let mut periods = BTreeMap::new();
    loop {
        let page = table.lookup(lookup.clone()).await?;
        for event in page.events.iter().filter(|event| measured.counts(event, selection.as_ref())) {
            let begins = event.time.millis().div_euclid(period_ms) * period_ms;
            *periods.entry(Timestamp::from_millis(begins)).or_default() += 1;
        }
        match page.next {
            Some(next) => lookup.after = Some(next),
            None => return Ok(periods),
        }
    }
}
