//! What has tags and an ARN (config.md §8.5).

use base::{Arn, Scope};
use store::catalog::{Catalog, Transaction, Versioned};

use crate::aggregation_authorizations::{self, AuthorizationRecord};
use crate::aggregators::{self, AggregatorRecord};
use crate::conformance::pack::{self, PackRecord};
use crate::recorder::{self, RecorderRecord};
use crate::rule_book::{self, RuleRecord};
use crate::stored_queries::{self, StoredQueryRecord};
use crate::tags::Tags;

/// Something that has tags, as it was found.
#[derive(Clone, Debug)]
pub(crate) enum Tagged {
    Recorder(Versioned<RecorderRecord>),
    Rule(Versioned<RuleRecord>),
    Aggregator(Versioned<AggregatorRecord>),
    Authorization(Versioned<AuthorizationRecord>),
    Pack(Versioned<PackRecord>),
    /// With its name.
    StoredQuery(String, Versioned<StoredQueryRecord>),
}

/// What an ARN names, if there is such a thing in the account and region.
pub(crate) fn find(catalog: &Catalog, scope: &Scope, arn: &str) -> Option<Tagged> {
    let parsed: Arn = arn.parse().ok()?;
    let (kind, rest) = parsed.resource.split_once('/')?;
    let found = match kind {
        "configuration-recorder" => Tagged::Recorder(recorder::find(catalog, scope)?),
        "config-rule" => Tagged::Rule(rule_book::find_by_arn(catalog, scope, arn)?),
        "config-aggregator" => {
            let all = catalog.list::<AggregatorRecord>(&scope.account, Some(&scope.region));
            Tagged::Aggregator(all.into_iter().map(|(_, found)| found).find(|found| found.value.arn(scope) == arn)?)
        }
        "aggregation-authorization" => {
            let (account, region) = rest.split_once('/')?;
            Tagged::Authorization(catalog.get(&aggregation_authorizations::key(scope, account, region))?)
        }
        "conformance-pack" => Tagged::Pack(pack::find(catalog, scope, rest.split_once('/')?.0)?),
        "stored-query" => {
            let (name, found) = stored_queries::of_arn(catalog, scope, arn)?;
            Tagged::StoredQuery(name, found)
        }
        _ => return None,
    };
    (found.arn(scope) == arn).then_some(found)
}

impl Tagged {
    fn arn(&self, scope: &Scope) -> String {
        match self {
            Self::Recorder(found) => found.value.arn(scope),
            Self::Rule(found) => found.value.arn(scope),
            Self::Aggregator(found) => found.value.arn(scope),
            Self::Authorization(found) => found.value.arn(scope),
            Self::Pack(found) => found.value.arn(scope),
            Self::StoredQuery(name, found) => found.value.arn(scope, name),
        }
    }

    pub(crate) fn tags(&self) -> &Tags {
        match self {
            Self::Recorder(found) => &found.value.tags,
            Self::Rule(found) => &found.value.tags,
            Self::Aggregator(found) => &found.value.tags,
            Self::Authorization(found) => &found.value.tags,
            Self::Pack(found) => &found.value.tags,
            Self::StoredQuery(_, found) => &found.value.tags,
        }
    }

    /// Puts other tags in the place of those that it has.
    pub(crate) fn put(&self, scope: &Scope, tags: Tags, transaction: &mut Transaction) {
        match self {
            Self::Recorder(found) => {
                let record = RecorderRecord { tags, ..RecorderRecord::clone(&found.value) };
                transaction.update(recorder::key(scope), found.version, &record);
            }
            Self::Rule(found) => {
                let record = RuleRecord { tags, ..RuleRecord::clone(&found.value) };
                transaction.update(rule_book::key(scope, &record.name), found.version, &record);
            }
            Self::Aggregator(found) => {
                let record = AggregatorRecord { tags, ..AggregatorRecord::clone(&found.value) };
                transaction.update(aggregators::key(scope, &record.name), found.version, &record);
            }
            Self::Authorization(found) => {
                let record = AuthorizationRecord { tags, ..AuthorizationRecord::clone(&found.value) };
                let key = aggregation_authorizations::key(scope, record.account.as_str(), record.region.as_str());
                transaction.update(key, found.version, &record);
            }
            Self::Pack(found) => {
                let record = PackRecord { tags, ..PackRecord::clone(&found.value) };
                transaction.update(pack::key(scope, &record.name), found.version, &record);
            }
            Self::StoredQuery(name, found) => {
                let record = StoredQueryRecord { tags, ..StoredQueryRecord::clone(&found.value) };
                transaction.update(stored_queries::key(scope, name), found.version, &record);
            }
        }
    }
}
