//! Unusual rates that have begun and not ended.

use std::collections::BTreeSet;

use base::AccountId;
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Transaction};
use store::trail_event::TrailEvent;

use super::Minute;
use super::decide::Baseline;
use super::series::Series;
use super::tally::Tally;

/// An unusual rate. The key is the account, the region and the series' text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenInsightRecord {
    pub(super) series: Series,
    /// What its start and its end share.
    pub(super) shared_id: String,
    /// The first unusual minute.
    pub(super) start: Minute,
    /// What was usual before.
    pub(super) baseline: Baseline,
    pub(super) baseline_tally: Tally,
    /// What was counted from the start …
    pub(super) tally: Tally,
    /// … up to this minute, without it. It follows the minute that is decided on where an end could no more be before.
    pub(super) counted: Minute,
}

impl Record for OpenInsightRecord {
    const KIND: &'static str = "cloudtrail.open_insight";
    const FORMAT: u32 = 1;
}

/// An event that was decided on and is still to be put into its table. The key is the account, the region and its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PendingInsightRecord {
    pub(super) event: TrailEvent,
}

impl Record for PendingInsightRecord {
    const KIND: &'static str = "cloudtrail.pending_insight";
    const FORMAT: u32 = 1;
}

/// Forgets what is open in accounts. What was decided on stays.
pub(super) fn forget(catalog: &Catalog, accounts: &BTreeSet<AccountId>, transaction: &mut Transaction) {
    for (key, version) in catalog.versions::<OpenInsightRecord>() {
        if accounts.contains(&key.account) {
            transaction.delete::<OpenInsightRecord>(key, version);
        }
    }
}

/// Whether anything is open.
pub(super) fn is_any(catalog: &Catalog) -> bool {
    !catalog.versions::<OpenInsightRecord>().is_empty()
}

/// The key of an event that is to be put.
pub(super) fn pending_key(event: &TrailEvent) -> Key {
    Key::regional(&event.account, &event.region, &*event.event_id)
}
