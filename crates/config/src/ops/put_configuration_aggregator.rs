//! `PutConfigurationAggregator`

use api::config::errors;
use api::config::types::{
    AccountAggregationSource, AggregatorFilters, OrganizationAggregationSource, PutConfigurationAggregatorRequest,
    PutConfigurationAggregatorResponse,
};
use api::{CallContext, ServiceError};
use base::{AccountId, Region};
use store::catalog::Transaction;

use crate::aggregators::{self, AggregatorRecord, Regions};
use crate::change::change;
use crate::service::Config;
use crate::{names, tags};

/// Aggregators of an account and region (config.md §11.2).
const AGGREGATORS_MAX: usize = 50;
/// Accounts of an aggregator (config.md §11.2).
const ACCOUNTS_MAX: usize = 10_000;

/// Makes an aggregator, or says anew what it looks at; its tags are those that it was made with (config.md §8.1).
pub async fn put_configuration_aggregator(
    config: &Config,
    cx: &CallContext,
    input: PutConfigurationAggregatorRequest,
) -> Result<PutConfigurationAggregatorResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let source = source(input.account_aggregation_sources, input.organization_aggregation_source)?;
    let regions = regions(source.all_aws_regions, source.aws_regions.as_deref())?;
    let accounts = accounts(&source.account_ids)?;
    let resource_types = input.aggregator_filters.map_or(Ok(None), shown_types)?;
    let tags = tags::with(Vec::new(), &input.tags.unwrap_or_default())?;
    let name = input.configuration_aggregator_name;
    let id = names::unique(&*config.parts.entropy, 8);
    let record = change(catalog, || {
        let key = aggregators::key(&scope, &name);
        let found = catalog.get::<AggregatorRecord>(&key);
        let before = found.as_ref().map(|found| &found.value);
        if before.is_none() {
            check_room(catalog.list::<AggregatorRecord>(&scope.account, Some(&scope.region)).len())?;
        }
        let record = AggregatorRecord {
            name: name.clone(),
            id: before.map_or_else(|| id.clone(), |before| before.id.clone()),
            accounts: accounts.clone(),
            regions: regions.clone(),
            resource_types: resource_types.clone(),
            tags: before.map_or_else(|| tags.clone(), |before| before.tags.clone()),
            created: before.map_or(cx.now, |before| before.created),
            updated: cx.now,
        };
        let mut transaction = Transaction::default();
        match found {
            Some(found) => drop(transaction.update(key, found.version, &record)),
            None => drop(transaction.create(key, &record)),
        }
        Ok((transaction, record))
    })
    .await?;
    Ok(PutConfigurationAggregatorResponse { configuration_aggregator: Some(record.to_api(&scope)) })
}

/// # Errors
/// `InvalidParameterValueException` unless there is one source; `NoAvailableOrganizationException` when it is an
/// organization, which this server is not part of.
fn source(
    accounts: Option<Vec<AccountAggregationSource>>,
    organization: Option<OrganizationAggregationSource>,
) -> Result<AccountAggregationSource, ServiceError> {
    let account = accounts.and_then(|sources| sources.into_iter().next());
    match (account, organization) {
        (Some(_), Some(_)) => Err(errors::invalid_parameter_value_exception(
            "The configuration aggregator cannot be created because your request contains both the AccountAggregationSource and the OrganizationAggregationSource. Include only one aggregation source and try again.",
        )),
        (None, None) => Err(errors::invalid_parameter_value_exception(
            "The configuration aggregator cannot be created because your request is missing either the AccountAggregationSource or the OrganizationAggregationSource. Include the appropriate aggregation source and try again.",
        )),
        (None, Some(organization)) => {
            regions(organization.all_aws_regions, organization.aws_regions.as_deref())?;
            Err(errors::no_available_organization_exception(
                "This server is not part of an organization. Name the accounts in an AccountAggregationSource and try again.",
            ))
        }
        (Some(account), None) => Ok(account),
    }
}

/// # Errors
/// `InvalidParameterValueException` unless there are either all regions or some.
fn regions(all: Option<bool>, listed: Option<&[String]>) -> Result<Regions, ServiceError> {
    let listed = listed.filter(|listed| !listed.is_empty());
    match (all == Some(true), listed) {
        (true, Some(_)) => Err(errors::invalid_parameter_value_exception(
            "Your configuration aggregator contains a list of regions and also specifies the use of all regions. You must choose one of these options.",
        )),
        (false, None) => Err(errors::invalid_parameter_value_exception(
            "Your request does not specify any regions. Select AWS Config-supported regions and try again.",
        )),
        (true, None) => Ok(Regions::All),
        (false, Some(listed)) => {
            let region = |name: &String| name.parse::<Region>();
            let regions: Result<_, _> = listed.iter().map(region).collect();
            let regions = regions
                .map_err(|error| errors::invalid_parameter_value_exception(format!("Invalid region: {error}.")))?;
            Ok(Regions::Listed(regions))
        }
    }
}

/// # Errors
/// `LimitExceededException`
fn accounts(ids: &[String]) -> Result<Vec<AccountId>, ServiceError> {
    if ids.len() > ACCOUNTS_MAX {
        let message = format!("A configuration aggregator can have at most {ACCOUNTS_MAX} accounts.");
        return Err(errors::limit_exceeded_exception(message));
    }
    let accounts: Result<_, _> = ids.iter().map(|id| id.parse()).collect();
    accounts.map_err(|error| errors::invalid_parameter_value_exception(format!("Invalid account: {error}.")))
}

/// # Errors
/// `InvalidParameterValueException` for a filter that selects nothing, or by what this server does not have.
fn shown_types(filters: AggregatorFilters) -> Result<Option<Vec<String>>, ServiceError> {
    if filters.service_principal.is_some() {
        let message =
            "This server has no service-linked recorders: AggregatorFilters by ServicePrincipal are not supported.";
        return Err(errors::invalid_parameter_value_exception(message));
    }
    let Some(filter) = filters.resource_type else { return Ok(None) };
    match filter.value.filter(|types| !types.is_empty()) {
        Some(types) if filter.r#type.is_some() => Ok(Some(types)),
        _ => Err(errors::invalid_parameter_value_exception(
            "A filter by ResourceType must have the type INCLUDE and at least one value.",
        )),
    }
}

/// # Errors
/// `LimitExceededException`
fn check_room(there: usize) -> Result<(), ServiceError> {
    if there < AGGREGATORS_MAX {
        return Ok(());
    }
    let message =
        format!("You have reached the limit of configuration aggregators in your account: {AGGREGATORS_MAX}.");
    Err(errors::limit_exceeded_exception(message))
}
