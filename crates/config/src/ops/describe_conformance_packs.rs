//! `DescribeConformancePacks`

use std::sync::Arc;

use api::config::types::{DescribeConformancePacksRequest, DescribeConformancePacksResponse};
use api::{CallContext, ServiceError};

use crate::conformance::pack::{self, PackRecord};
use crate::paging;
use crate::service::Config;

/// Packs of a page, unless fewer are asked for.
const PAGE: usize = 20;

/// Packs, by name (config.md §8.2).
pub async fn describe_conformance_packs(
    config: &Config,
    cx: &CallContext,
    input: DescribeConformancePacksRequest,
) -> Result<DescribeConformancePacksResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let asked = format!("DescribeConformancePacks\n{scope:?}\n{:?}", input.conformance_pack_names);
    let packs = match input.conformance_pack_names.filter(|names| !names.is_empty()) {
        None => pack::all(catalog, &scope),
        Some(mut names) => {
            names.sort();
            names.dedup();
            names.iter().map(|name| pack::named(catalog, &scope, name)).collect::<Result<_, _>>()?
        }
    };
    let packs: Vec<Arc<PackRecord>> = packs.into_iter().map(|found| found.value).collect();
    let limit = paging::limit(input.limit, PAGE);
    let place = |pack: &Arc<PackRecord>| pack.name.clone();
    let (page, next_token) = paging::page_of(packs, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    Ok(DescribeConformancePacksResponse {
        conformance_pack_details: Some(page.iter().map(|pack| pack.to_api(&scope)).collect()),
        next_token,
    })
}
