//! `DescribeConformancePackStatus`

use std::sync::Arc;

use api::config::types::{DescribeConformancePackStatusRequest, DescribeConformancePackStatusResponse};
use api::{CallContext, ServiceError};

use crate::conformance::pack::{self, PackRecord};
use crate::paging;
use crate::service::Config;

/// Packs of a page, unless fewer are asked for.
const PAGE: usize = 20;

/// How far packs are, by name. Unknown names are left out (config.md §8.2).
pub async fn describe_conformance_pack_status(
    config: &Config,
    cx: &CallContext,
    input: DescribeConformancePackStatusRequest,
) -> Result<DescribeConformancePackStatusResponse, ServiceError> {
    let scope = cx.scope();
    let names = input.conformance_pack_names.filter(|names| !names.is_empty());
    let asked = format!("DescribeConformancePackStatus\n{scope:?}\n{names:?}");
    let packs = pack::all(&config.parts.catalog, &scope).into_iter().map(|found| found.value);
    let packs = packs.filter(|pack| names.as_ref().is_none_or(|names| names.contains(&pack.name))).collect();
    let limit = paging::limit(input.limit, PAGE);
    let place = |pack: &Arc<PackRecord>| pack.name.clone();
    let (page, next_token) = paging::page_of(packs, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    Ok(DescribeConformancePackStatusResponse {
        conformance_pack_status_details: Some(page.iter().map(|pack| pack.to_status(&scope)).collect()),
        next_token,
    })
}
