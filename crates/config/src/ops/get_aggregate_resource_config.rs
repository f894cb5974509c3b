//! `GetAggregateResourceConfig`

use api::config::errors;
use api::config::types::{
    AggregateResourceIdentifier, GetAggregateResourceConfigRequest, GetAggregateResourceConfigResponse,
};
use api::{CallContext, ServiceError};
use store::catalog::Catalog;

use crate::aggregators::{self, Sight};
use crate::item::Item;
use crate::present;
use crate::service::Config;

/// What a resource that an aggregator shows is like now, whole (config.md §8.1).
pub async fn get_aggregate_resource_config(
    config: &Config,
    cx: &CallContext,
    input: GetAggregateResourceConfigRequest,
) -> Result<GetAggregateResourceConfigResponse, ServiceError> {
    let catalog = &config.parts.catalog;
    let sight = aggregators::sight(catalog, &cx.scope(), &input.configuration_aggregator_name)?;
    let identifier = input.resource_identifier;
    let item = shown(catalog, &sight, &identifier).ok_or_else(|| {
        let message = format!(
            "Resource {} of resourceType:{} is unknown or has not been discovered",
            identifier.resource_id, identifier.resource_type
        );
        errors::resource_not_discovered_exception(message)
    })?;
    Ok(GetAggregateResourceConfigResponse { configuration_item: Some(item.to_api()) })
}

/// The resource, when there is one and the aggregator shows it.
pub(super) fn shown(catalog: &Catalog, sight: &Sight, identifier: &AggregateResourceIdentifier) -> Option<Item> {
    let AggregateResourceIdentifier { source_account_id, source_region, resource_id, resource_type, resource_name } =
        identifier;
    let scope = sight.scope(source_account_id, source_region).filter(|_| sight.shows(resource_type))?;
    let item = present::live(catalog, scope, resource_type, resource_id)?;
    (resource_name.is_none() || item.resource_name == *resource_name).then_some(item)
}
