//! `GetConformancePackComplianceSummary`

use api::config::types::{
    ConformancePackComplianceSummary, GetConformancePackComplianceSummaryRequest,
    GetConformancePackComplianceSummaryResponse,
};
use api::{CallContext, ServiceError};

use crate::conformance::{compliance, pack};
use crate::paging;
use crate::service::Config;

/// Packs of a page, unless fewer are asked for.
const PAGE: usize = 20;

/// How it stands with packs, by name (config.md §8.2).
pub async fn get_conformance_pack_compliance_summary(
    config: &Config,
    cx: &CallContext,
    input: GetConformancePackComplianceSummaryRequest,
) -> Result<GetConformancePackComplianceSummaryResponse, ServiceError> {
    let (catalog, scope, mut names) = (&config.parts.catalog, cx.scope(), input.conformance_pack_names);
    let asked = format!("GetConformancePackComplianceSummary\n{scope:?}\n{names:?}");
    names.sort();
    names.dedup();
    let mut summaries = Vec::new();
    for name in names {
        let pack = pack::named(catalog, &scope, &name)?.value;
        let overall = compliance::of_pack(catalog, &scope, &pack).overall();
        summaries.push(ConformancePackComplianceSummary {
            conformance_pack_name: name,
            conformance_pack_compliance_status: compliance::word(overall),
        });
    }
    let limit = paging::limit(input.limit, PAGE);
    let place = |summary: &ConformancePackComplianceSummary| summary.conformance_pack_name.clone();
    let (page, next_token) = paging::page_of(summaries, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    Ok(GetConformancePackComplianceSummaryResponse { conformance_pack_compliance_summary_list: Some(page), next_token })
}
