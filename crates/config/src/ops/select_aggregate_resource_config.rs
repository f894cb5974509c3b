//! `SelectAggregateResourceConfig`

use api::config::errors;
use api::config::types::{SelectAggregateResourceConfigRequest, SelectAggregateResourceConfigResponse};
use api::{CallContext, ServiceError};

use crate::queries::{self, Asked};
use crate::service::Config;
use crate::{aggregators, paging};

/// Runs a query over the live, recorded resources that an aggregator shows (config.md §7.1).
pub async fn select_aggregate_resource_config(
    config: &Config,
    cx: &CallContext,
    input: SelectAggregateResourceConfigRequest,
) -> Result<SelectAggregateResourceConfigResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let name = &input.configuration_aggregator_name;
    let limit = match (input.limit, input.max_results) {
        (Some(limit), Some(max_results)) if limit != max_results => {
            return Err(errors::validation_exception("Limit and MaxResults must not differ."));
        }
        (limit, max_results) => limit.or(max_results),
    };
    let plan = queries::plan(&input.expression)?;
    let sight = aggregators::sight(catalog, &scope, name)?;
    let asked = format!("SelectAggregateResourceConfig\n{scope:?}\n{name}\n{}", input.expression);
    let after = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let info = queries::info(&plan);
    let page = Asked { plan, resource_types: sight.resource_types, scopes: sight.scopes, limit, after };
    let outcome = queries::select(catalog, page).await?;
    Ok(SelectAggregateResourceConfigResponse {
        results: Some(outcome.results),
        query_info: Some(info),
        next_token: outcome.next.map(|place| paging::write(&asked, place, cx.now)),
    })
}
