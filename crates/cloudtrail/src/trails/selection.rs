//! Which events a trail or an event data store takes.

use base::{AccountId, Region};
use lang::event_selector::basic::BasicSelector;
use lang::event_selector::{Category, Facts};
use serde::{Deserialize, Serialize};
use store::trail_event::TrailEvent;

use super::insight_selectors::{InsightSelector, names, told_by};
use super::{Selectors, Trail};
use crate::insights::Found;
use crate::lake::stores::EventDataStoreRecord;

/// All that decides whether a trail or an event data store takes an event, as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Selection {
    account: AccountId,
    /// The only region; none for all regions.
    region: Option<Region>,
    global_events: bool,
    selectors: Selectors,
    /// Insights events that it takes.
    #[serde(default)]
    insights: Vec<InsightSelector>,
    /// Which trail's it is.
    #[serde(default)]
    trail_arn: String,
}

impl Selection {
    pub(crate) fn of(trail: &Trail) -> Self {
        Self {
            account: trail.scope.account.clone(),
            region: (!trail.record.multi_region).then(|| trail.scope.region.clone()),
            global_events: trail.record.global_events || trail.record.multi_region,
            selectors: trail.record.selectors.clone(),
            insights: told_by(&trail.record.insights, &trail.record.selectors),
            trail_arn: trail.arn(),
        }
    }

    /// What a store of this account and home region takes. One of a single region has the events of global services that
    /// happen there.
    pub(crate) fn of_store(account: &AccountId, home: &Region, store: &EventDataStoreRecord) -> Self {
        Self {
            account: account.clone(),
            region: (!store.multi_region).then(|| home.clone()),
            global_events: true,
            selectors: Selectors::Advanced(store.selectors.clone()),
            // They go where the store's insight selectors send them.
            insights: Vec::new(),
            trail_arn: String::new(),
        }
    }

    /// Whether the event is the account's, of the right regions, and selected (cloudtrail.md §2.4, §4.8).
    pub(crate) fn takes(&self, event: &TrailEvent) -> bool {
        event.account == self.account
            && self.region.as_ref().is_none_or(|region| *region == event.region)
            && (!event.global || self.global_events)
            && self.selects(&event.record)
    }

    /// Whether the Insights event is the account's, of the trail's regions, and of a rate that the trail has watched
    /// (cloudtrail.md §4.9).
    pub(crate) fn takes_insight(&self, event: &TrailEvent) -> bool {
        let is_here =
            event.account == self.account && self.region.as_ref().is_none_or(|region| *region == event.region);
        let found = if is_here && !self.insights.is_empty() { Found::of_record(&event.record) } else { None };
        found.is_some_and(|found| {
            names(&self.insights, found.insight_type, found.category)
                && found.trail.is_none_or(|trail| trail == self.trail_arn)
        })
    }

    fn selects(&self, record: &str) -> bool {
        let facts = match Facts::of_record(record) {
            Ok(facts) => facts,
            Err(error) => {
                tracing::error!(%error, "an audit event cannot be read and is in no trail");
                return false;
            }
        };
        match &self.selectors {
            Selectors::Basic(selectors) => selectors.iter().any(|selector| selector.matches(&facts)),
            Selectors::Advanced(selectors) => selectors.iter().any(|selector| selector.matches(&facts)),
        }
    }

    /// Whether data events of resources of this type can be taken, for the account.
    pub(crate) fn may_take_data(&self, account: &AccountId, resource_type: &str) -> bool {
        let basic = |selector: &BasicSelector| selector.data.iter().any(|data| data.resource_type == resource_type);
        *account == self.account
            && match &self.selectors {
                Selectors::Basic(selectors) => selectors.iter().any(basic),
                Selectors::Advanced(selectors) => selectors.iter().any(|selector| {
                    selector.category() == Some(Category::Data) && selector.resource_type() == Some(resource_type)
                }),
            }
    }
}
