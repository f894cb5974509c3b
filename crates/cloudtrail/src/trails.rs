//! Trails: what they are set up to do, and how they are found (cloudtrail.md §4).

mod bucket_name;
mod cloud_watch_logs;
mod find;
mod insight_selectors;
mod name;
mod preflight;
mod selection;
mod shapes;
mod status;
mod topic;

use std::sync::Arc;

use api::ServiceError;
use api::cloudtrail::errors;
use base::{AccountId, Arn, Region, Scope, Timestamp};
use lang::event_selector::Selector;
use lang::event_selector::basic::BasicSelector;
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Transaction};

use crate::ports::{LogDestination, Sender};

pub(crate) use bucket_name::check_bucket_name;
pub(crate) use cloud_watch_logs::{given as given_logs, logs_stream, merged as merged_logs};
pub(crate) use find::{NotFoundAs, TrailName, at, found_at_home, found_visible, require_home};
pub(crate) use insight_selectors::{InsightSelector, InsightType, SourceCategory, can_tell, names, told_by};
pub(crate) use name::check_trail_name;
pub(crate) use preflight::{Checked, check_destinations, check_insight_folder, is_key_reference};
pub(crate) use selection::Selection;
pub(crate) use shapes::{
    advanced_of_api, advanced_to_api, create_output, described, insights_of_api, insights_to_api, selectors_of_api,
    selectors_to_api, update_output,
};
pub(crate) use status::StatusRecord;
pub(crate) use topic::{TopicReference, topic_reference};

/// Trails that an account can see in a region (cloudtrail.md §10.1).
const TRAILS_MAX: usize = 5;

/// A trail. The key is its account, its home region and its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrailRecord {
    /// Unlike that of any trail before it, also one of the same name.
    pub(crate) id: String,
    pub(crate) bucket: String,
    pub(crate) prefix: Option<String>,
    pub(crate) topic: Option<TopicReference>,
    pub(crate) global_events: bool,
    pub(crate) multi_region: bool,
    pub(crate) validation: bool,
    pub(crate) logs: Option<LogDestination>,
    pub(crate) selectors: Selectors,
    /// Rates that are watched.
    #[serde(default)]
    pub(crate) insights: Vec<InsightSelector>,
    /// Tags, in the order they were first set.
    pub(crate) tags: Vec<(String, Option<String>)>,
    /// The number of the session that is logging.
    pub(crate) session: Option<u64>,
    /// Sessions there have been.
    pub(crate) sessions: u64,
    pub(crate) started: Option<Timestamp>,
    pub(crate) stopped: Option<Timestamp>,
}

impl Record for TrailRecord {
    const KIND: &'static str = "cloudtrail.trail";
    const FORMAT: u32 = 1;
}

/// Says, by changing, that trails of an account were made or took up regions: who counts them sees it. The key is
/// global, and its name empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TrailCountRecord {
    pub(crate) changes: u64,
}

impl Record for TrailCountRecord {
    const KIND: &'static str = "cloudtrail.trail_count";
    const FORMAT: u32 = 1;
}

/// Which events a trail takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Selectors {
    Basic(Vec<BasicSelector>),
    Advanced(Vec<Selector>),
}

impl Default for Selectors {
    fn default() -> Self {
        Self::Basic(vec![BasicSelector::default()])
    }
}

/// A trail as found.
#[derive(Clone, Debug)]
pub(crate) struct Trail {
    /// Its account and home region.
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) record: Arc<TrailRecord>,
    pub(crate) version: u64,
}

impl Trail {
    pub(crate) fn arn(&self) -> String {
        arn(&self.scope, &self.name)
    }

    pub(crate) fn key(&self) -> Key {
        Key::regional(&self.scope.account, &self.scope.region, &*self.name)
    }

    /// What the trail acts as.
    pub(crate) fn sender(&self) -> Sender {
        Sender { trail_arn: self.arn(), scope: self.scope.clone() }
    }

    /// Whether it is seen in a region.
    pub(crate) fn is_in(&self, region: &Region) -> bool {
        self.record.multi_region || self.scope.region == *region
    }
}

/// A trail's ARN.
pub(crate) fn arn(scope: &Scope, name: &str) -> String {
    Arn {
        partition: scope.region.partition().as_str().to_owned(),
        service: "cloudtrail".to_owned(),
        region: scope.region.to_string(),
        account: scope.account.to_string(),
        resource: format!("trail/{name}"),
    }
    .to_string()
}

/// All trails of an account, by name and home region.
pub(crate) fn of_account(catalog: &Catalog, account: &AccountId) -> Vec<Trail> {
    let all = catalog.list_all::<TrailRecord>().into_iter().filter(|(key, _)| key.account == *account);
    let mut trails: Vec<Trail> = all
        .filter_map(|(key, found)| {
            let scope = Scope { account: key.account, region: key.region? };
            Some(Trail { scope, name: key.name, record: found.value, version: found.version })
        })
        .collect();
    trails.sort_by(|a, b| (&a.name, &a.scope.region).cmp(&(&b.name, &b.scope.region)));
    trails
}

/// The region without room for one more trail, if there is one: the home region, or for a trail of all regions any in
/// which the account has trails. `but` is left out of the count.
pub(crate) fn region_without_room(
    trails: &[Trail],
    home: &Region,
    multi_region: bool,
    but: Option<&str>,
) -> Option<Region> {
    let others: Vec<_> = trails.iter().filter(|trail| but != Some(trail.record.id.as_str())).collect();
    let full = |region: &&Region| others.iter().filter(|trail| trail.is_in(region)).count() >= TRAILS_MAX;
    let homes = others.iter().map(|trail| &trail.scope.region).filter(|_| multi_region);
    std::iter::once(home).chain(homes).find(full).cloned()
}

/// No room for one more trail.
pub(crate) fn no_room(account: &AccountId, region: &Region) -> ServiceError {
    let message = format!("User: {account} already has {TRAILS_MAX} trails in {region}.");
    errors::maximum_number_of_trails_exceeded_exception(message)
}

/// Makes a transaction fail when another trail of the account was made, or took up regions, since it was decided on.
pub(crate) fn count_change(catalog: &Catalog, account: &AccountId, transaction: &mut Transaction) {
    let key = Key::global(account, "");
    match catalog.get::<TrailCountRecord>(&key) {
        None => drop(transaction.create(key, &TrailCountRecord { changes: 1 })),
        Some(found) => {
            let changes = found.value.changes + 1;
            transaction.update(key, found.version, &TrailCountRecord { changes });
        }
    }
}

/// A trail of all regions takes the events of global services (cloudtrail.md §2.4).
///
/// # Errors
/// `InvalidParameterCombinationException`
pub(crate) fn check_global_events(multi_region: bool, global_events: bool) -> Result<(), ServiceError> {
    match multi_region && !global_events {
        true => Err(errors::invalid_parameter_combination_exception(
            "Multi-Region trail must include global service events.",
        )),
        false => Ok(()),
    }
}
