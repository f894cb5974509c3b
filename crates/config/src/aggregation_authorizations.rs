//! What lets aggregators of other accounts look at an account and region, and who asks for that (config.md §8.1).

use std::collections::BTreeMap;

use api::config::types;
use base::{AccountId, Region, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record};

use crate::aggregators::{self, AggregatorRecord, Regions};
use crate::retention::scope_of;
use crate::tags::Tags;

/// Lets the aggregators of an account and region look here. It belongs to the account and region that is looked at; the
/// key's name is who looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthorizationRecord {
    pub(crate) account: AccountId,
    /// The region of the aggregators.
    pub(crate) region: Region,
    pub(crate) created: Timestamp,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Tags,
}

impl Record for AuthorizationRecord {
    const KIND: &'static str = "config.aggregation_authorization";
    const FORMAT: u32 = 1;
}

/// A request of an account's and region's aggregators that was turned down: what they ask before this time is not shown.
/// The key is that of an authorization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DeclinedRecord {
    pub(crate) declined: Timestamp,
}

impl Record for DeclinedRecord {
    const KIND: &'static str = "config.aggregation_declined";
    const FORMAT: u32 = 1;
}

/// The key of what `here` says of the aggregators of an account and region.
pub(crate) fn key(here: &Scope, account: &str, region: &str) -> Key {
    Key::regional(&here.account, &here.region, format!("{account}/{region}"))
}

/// Whether an account and region lets the aggregators of another look.
pub(crate) fn is_authorized(catalog: &Catalog, here: &Scope, aggregator: &Scope) -> bool {
    catalog.get::<AuthorizationRecord>(&key(here, aggregator.account.as_str(), aggregator.region.as_str())).is_some()
}

/// The accounts and regions of other accounts whose aggregators name this one and are not let in, with when they last
/// said so; without those that were turned down since.
pub(crate) fn pending(catalog: &Catalog, here: &Scope) -> BTreeMap<Scope, Timestamp> {
    let mut pending = BTreeMap::new();
    catalog.for_each::<AggregatorRecord>(|key, aggregator| {
        let Some(of) = scope_of(key).filter(|of| of.account != here.account) else { return };
        let names_region = match &aggregator.regions {
            Regions::All => true,
            Regions::Listed(regions) => regions.contains(&here.region),
        };
        if names_region && aggregator.accounts.contains(&here.account) {
            let asked = pending.entry(of).or_insert(aggregator.updated);
            *asked = aggregator.updated.max(*asked);
        }
    });
    pending.retain(|of, asked| {
        let key = key(here, of.account.as_str(), of.region.as_str());
        let declined = catalog.get::<DeclinedRecord>(&key);
        !is_authorized(catalog, here, of) && declined.is_none_or(|found| found.value.declined < *asked)
    });
    pending
}

impl AuthorizationRecord {
    /// The authorization's ARN (W-8).
    pub(crate) fn arn(&self, scope: &Scope) -> String {
        aggregators::arn(scope, format!("aggregation-authorization/{}/{}", self.account, self.region))
    }

    /// `AggregationAuthorization`
    pub(crate) fn to_api(&self, scope: &Scope) -> types::AggregationAuthorization {
        types::AggregationAuthorization {
            aggregation_authorization_arn: Some(self.arn(scope)),
            authorized_account_id: Some(self.account.to_string()),
            authorized_aws_region: Some(self.region.to_string()),
            creation_time: Some(self.created),
        }
    }
}
