//! Who has rates watched: trails and event data stores with insight selectors.

use std::collections::BTreeMap;

use base::{AccountId, Region, Scope};
use store::Catalog;
use store::catalog::Key;
use store::trail_event::TrailEvent;

use super::series::Series;
use crate::lake::stores;
use crate::trails::{self, InsightSelector, InsightType, Selection, Selectors, SourceCategory, Trail, TrailRecord};

/// All of them, by account.
#[derive(Default)]
pub(super) struct Followed(BTreeMap<AccountId, Vec<Follower>>);

/// A trail or an event data store, as far as rates are watched for it.
struct Follower {
    arn: String,
    /// The only region; none for one of all regions.
    region: Option<Region>,
    /// It takes events now.
    is_taking: bool,
    selectors: Vec<InsightSelector>,
    /// Which data events it takes.
    selection: Selection,
}

impl Follower {
    fn names(&self, insight_type: InsightType, category: SourceCategory) -> bool {
        trails::names(&self.selectors, insight_type, category)
    }
}

impl Followed {
    /// Those that are set up at this moment.
    pub(super) fn of(catalog: &Catalog) -> Self {
        let mut followed = Self::default();
        for (key, found) in catalog.list_all::<TrailRecord>() {
            let Key { account, region: Some(region), name } = key else { continue };
            if found.value.insights.is_empty() {
                continue;
            }
            let scope = Scope { account: account.clone(), region };
            let trail = Trail { scope, name, record: found.value, version: found.version };
            followed.0.entry(account).or_default().push(Follower {
                arn: trail.arn(),
                region: (!trail.record.multi_region).then(|| trail.scope.region.clone()),
                is_taking: trail.record.session.is_some(),
                selectors: trails::told_by(&trail.record.insights, &trail.record.selectors),
                selection: Selection::of(&trail),
            });
        }
        for store in stores::all(catalog) {
            let Some(insights) = &store.record.insights else { continue };
            let events = Selectors::Advanced(store.record.selectors.clone());
            followed.0.entry(store.scope.account.clone()).or_default().push(Follower {
                arn: store.arn(),
                region: (!store.record.multi_region).then(|| store.scope.region.clone()),
                is_taking: store.is_ingesting(),
                selectors: trails::told_by(&insights.selectors, &events),
                selection: Selection::of_store(&store.scope.account, &store.scope.region, &store.record),
            });
        }
        followed
    }

    /// The accounts whose calls are counted: also while none of them takes events, so that what is usual is known when
    /// it does again.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &AccountId> {
        self.0.keys()
    }

    /// Those that watch the rates of data events and take this one, by their ARNs.
    pub(super) fn takers<'a>(&'a self, event: &'a TrailEvent) -> impl Iterator<Item = &'a str> {
        let followers = self.0.get(&event.account).into_iter().flatten();
        let watches = |follower: &Follower| {
            let types = [InsightType::ApiCallRate, InsightType::ApiErrorRate];
            types.into_iter().any(|insight_type| follower.names(insight_type, SourceCategory::Data))
        };
        followers
            .filter(move |follower| follower.is_taking && watches(follower) && follower.selection.takes(event))
            .map(|follower| follower.arn.as_str())
    }

    /// Whether anyone is to be told of an unusual rate.
    pub(super) fn wants(&self, scope: &Scope, series: &Series) -> bool {
        self.0.get(&scope.account).into_iter().flatten().any(|follower| {
            follower.is_taking
                && follower.region.as_ref().is_none_or(|region| *region == scope.region)
                && follower.names(series.insight_type(), series.category())
                && series.trail.as_ref().is_none_or(|trail| *trail == follower.arn)
        })
    }
}
