//! `SelectResourceConfig`

use api::config::types::{SelectResourceConfigRequest, SelectResourceConfigResponse};
use api::{CallContext, ServiceError};

use crate::paging;
use crate::queries::{self, Asked};
use crate::service::Config;

/// Runs a query over the live, recorded resources of the account and region (config.md §7).
pub async fn select_resource_config(
    config: &Config,
    cx: &CallContext,
    input: SelectResourceConfigRequest,
) -> Result<SelectResourceConfigResponse, ServiceError> {
    let plan = queries::plan(&input.expression)?;
    let asked = format!("SelectResourceConfig\n{:?}\n{}", cx.scope(), input.expression);
    let after = paging::read(input.next_token.as_deref(), &asked, cx.now)?;
    let info = queries::info(&plan);
    let page = Asked { plan, scopes: vec![cx.scope()], resource_types: None, limit: input.limit, after };
    let outcome = queries::select(&config.parts.catalog, page).await?;
    Ok(SelectResourceConfigResponse {
        results: Some(outcome.results),
        query_info: Some(info),
        next_token: outcome.next.map(|place| paging::write(&asked, place, cx.now)),
    })
}
