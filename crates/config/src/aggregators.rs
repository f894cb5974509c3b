//! Aggregators: a view over the accounts and regions of this server, read live (config.md §8.1).
//!
//! Nothing is copied. What an aggregator sees of another account it may see as long as that account's authorization for
//! the aggregator's account and region is there, in the region that is looked at.

use std::collections::BTreeSet;

use api::ServiceError;
use api::config::{errors, types};
use base::{AccountId, Arn, Region, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use store::catalog::{Catalog, Key, Record, Versioned};

use crate::aggregation_authorizations;
use crate::recorder::RecorderRecord;
use crate::retention::scope_of;
use crate::tags::Tags;

/// An aggregator. The key's name is its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AggregatorRecord {
    pub(crate) name: String,
    /// What its ARN ends with.
    pub(crate) id: String,
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) regions: Regions,
    /// The types of resources that it shows; all where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) resource_types: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Tags,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
}

impl Record for AggregatorRecord {
    const KIND: &'static str = "config.aggregator";
    const FORMAT: u32 = 1;
}

/// The regions of an aggregator's accounts that it looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Regions {
    /// Those in which the account has a recorder.
    All,
    Listed(Vec<Region>),
}

/// An account and region that an aggregator names, and whether it may look there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AggregatorSource {
    pub(crate) scope: Scope,
    pub(crate) is_authorized: bool,
}

/// What an aggregator shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sight {
    pub(crate) scopes: Vec<Scope>,
    /// The only types that are shown, where not all are.
    pub(crate) resource_types: Option<Vec<String>>,
}

impl Sight {
    /// Whether resources of a type are shown.
    pub(crate) fn shows(&self, resource_type: &str) -> bool {
        self.resource_types.as_ref().is_none_or(|types| types.iter().any(|shown| shown == resource_type))
    }

    /// The account and region, when it is shown.
    pub(crate) fn scope(&self, account: &str, region: &str) -> Option<&Scope> {
        self.scopes.iter().find(|scope| scope.account.as_str() == account && scope.region.as_str() == region)
    }

    /// The accounts and regions that are of an account and a region, where those are given.
    pub(crate) fn within<'a>(
        &'a self,
        account: Option<&'a str>,
        region: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Scope> {
        self.scopes.iter().filter(move |scope| {
            account.is_none_or(|account| scope.account.as_str() == account)
                && region.is_none_or(|region| scope.region.as_str() == region)
        })
    }
}

/// The key of an aggregator.
pub(crate) fn key(scope: &Scope, name: &str) -> Key {
    Key::regional(&scope.account, &scope.region, name)
}

/// The aggregator of this name.
///
/// # Errors
/// `NoSuchConfigurationAggregatorException`
pub(crate) fn named(catalog: &Catalog, scope: &Scope, name: &str) -> Result<Versioned<AggregatorRecord>, ServiceError> {
    catalog.get(&key(scope, name)).ok_or_else(|| {
        let message =
            "The configuration aggregator does not exist. Check the configuration aggregator name and try again.";
        errors::no_such_configuration_aggregator_exception(message)
    })
}

/// What the aggregator of this name shows.
///
/// # Errors
/// `NoSuchConfigurationAggregatorException`
pub(crate) fn sight(catalog: &Catalog, scope: &Scope, name: &str) -> Result<Sight, ServiceError> {
    let found = named(catalog, scope, name)?.value;
    let sources = sources(catalog, scope, &found).into_iter().filter(|source| source.is_authorized);
    Ok(Sight { scopes: sources.map(|source| source.scope).collect(), resource_types: found.resource_types.clone() })
}

/// The accounts and regions that an aggregator names, in their order, each once.
pub(crate) fn sources(catalog: &Catalog, scope: &Scope, aggregator: &AggregatorRecord) -> Vec<AggregatorSource> {
    let named: BTreeSet<Scope> = match &aggregator.regions {
        Regions::All => {
            let recorders = catalog.versions::<RecorderRecord>();
            let scopes = recorders.iter().filter_map(|(key, _)| scope_of(key));
            scopes.filter(|of| aggregator.accounts.contains(&of.account)).collect()
        }
        Regions::Listed(regions) => {
            let of_account = |account: &AccountId| {
                let account = account.clone();
                regions.iter().map(move |region| Scope { account: account.clone(), region: region.clone() })
            };
            aggregator.accounts.iter().flat_map(of_account).collect()
        }
    };
    let is_authorized =
        |of: &Scope| of.account == scope.account || aggregation_authorizations::is_authorized(catalog, of, scope);
    named.into_iter().map(|of| AggregatorSource { is_authorized: is_authorized(&of), scope: of }).collect()
}

impl AggregatorRecord {
    /// The aggregator's ARN (W-8).
    pub(crate) fn arn(&self, scope: &Scope) -> String {
        arn(scope, format!("config-aggregator/config-aggregator-{}", self.id))
    }

    /// `ConfigurationAggregator`
    pub(crate) fn to_api(&self, scope: &Scope) -> types::ConfigurationAggregator {
        let regions = match &self.regions {
            Regions::All => None,
            Regions::Listed(regions) => Some(regions.iter().map(Region::to_string).collect()),
        };
        let source = types::AccountAggregationSource {
            account_ids: self.accounts.iter().map(AccountId::to_string).collect(),
            all_aws_regions: Some(self.regions == Regions::All),
            aws_regions: regions,
        };
        let filters = self.resource_types.clone().map(|shown| types::AggregatorFilters {
            resource_type: Some(types::AggregatorFilterResourceType {
                r#type: Some(types::AggregatorFilterType::Include),
                value: Some(shown),
            }),
            service_principal: None,
        });
        types::ConfigurationAggregator {
            configuration_aggregator_name: Some(self.name.clone()),
            configuration_aggregator_arn: Some(self.arn(scope)),
            account_aggregation_sources: Some(vec![source]),
            organization_aggregation_source: None,
            creation_time: Some(self.created),
            last_updated_time: Some(self.updated),
            created_by: None,
            aggregator_filters: filters,
        }
    }
}

/// An ARN of Config's in an account and region.
pub(crate) fn arn(scope: &Scope, resource: String) -> String {
    Arn {
        partition: scope.region.partition().as_str().to_owned(),
        service: "config".to_owned(),
        region: scope.region.to_string(),
        account: scope.account.to_string(),
        resource,
    }
    .to_string()
}
