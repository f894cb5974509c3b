//! `BatchGetAggregateResourceConfig`

use api::config::types::{BatchGetAggregateResourceConfigRequest, BatchGetAggregateResourceConfigResponse};
use api::{CallContext, ServiceError};

use super::get_aggregate_resource_config::shown;
use crate::aggregators;
use crate::service::Config;

/// What resources that an aggregator shows are like now, without tags and relationships, in the order in which they were
/// asked for; those that it does not show come back as unprocessed (config.md §8.1).
pub async fn batch_get_aggregate_resource_config(
    config: &Config,
    cx: &CallContext,
    input: BatchGetAggregateResourceConfigRequest,
) -> Result<BatchGetAggregateResourceConfigResponse, ServiceError> {
    let catalog = &config.parts.catalog;
    let sight = aggregators::sight(catalog, &cx.scope(), &input.configuration_aggregator_name)?;
    let (mut items, mut unprocessed) = (Vec::new(), Vec::new());
    for identifier in input.resource_identifiers {
        match shown(catalog, &sight, &identifier) {
            Some(item) => items.push(item.to_base_api()),
            None => unprocessed.push(identifier),
        }
    }
    Ok(BatchGetAggregateResourceConfigResponse {
        base_configuration_items: Some(items),
        unprocessed_resource_identifiers: Some(unprocessed),
    })
}
