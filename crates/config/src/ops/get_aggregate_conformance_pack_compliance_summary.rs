//! `GetAggregateConformancePackComplianceSummary`

use std::collections::BTreeMap;

use api::config::types::{
    AggregateConformancePackComplianceCount, AggregateConformancePackComplianceSummary,
    AggregateConformancePackComplianceSummaryFilters, AggregateConformancePackComplianceSummaryGroupKey,
    GetAggregateConformancePackComplianceSummaryRequest, GetAggregateConformancePackComplianceSummaryResponse,
};
use api::{CallContext, ServiceError};

use crate::conformance::{compliance, pack};
use crate::rule::Compliance;
use crate::service::Config;
use crate::{aggregators, paging};

/// Groups of a page, unless fewer are asked for.
const PAGE: usize = 1000;

/// How many packs comply and do not, in all or by account or region (config.md §8.1).
pub async fn get_aggregate_conformance_pack_compliance_summary(
    config: &Config,
    cx: &CallContext,
    input: GetAggregateConformancePackComplianceSummaryRequest,
) -> Result<GetAggregateConformancePackComplianceSummaryResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let (name, filters, group_by) = (input.configuration_aggregator_name, input.filters, input.group_by_key);
    let sight = aggregators::sight(catalog, &scope, &name)?;
    let asked = format!("GetAggregateConformancePackComplianceSummary\n{scope:?}\n{name}\n{filters:?}\n{group_by:?}");
    let AggregateConformancePackComplianceSummaryFilters { account_id, aws_region } = filters.unwrap_or_default();
    let mut groups: BTreeMap<Option<String>, (i32, i32)> = BTreeMap::new();
    for of in sight.within(account_id.as_deref(), aws_region.as_deref()) {
        let group = group_by.map(|key| match key {
            AggregateConformancePackComplianceSummaryGroupKey::AccountId => of.account.to_string(),
            AggregateConformancePackComplianceSummaryGroupKey::AwsRegion => of.region.to_string(),
        });
        let (compliant, non_compliant) = groups.entry(group).or_default();
        for found in pack::all(catalog, of) {
            match compliance::of_pack(catalog, of, &found.value).overall() {
                Compliance::Compliant => *compliant += 1,
                Compliance::NonCompliant => *non_compliant += 1,
                Compliance::NotApplicable | Compliance::InsufficientData => {}
            }
        }
    }
    let limit = paging::limit(input.limit, PAGE);
    let place = |(group, _): &(Option<String>, (i32, i32))| group.clone().unwrap_or_default();
    let groups = groups.into_iter().collect();
    let (page, next_token) = paging::page_of(groups, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    let summary = |(group_name, (compliant, non_compliant))| AggregateConformancePackComplianceSummary {
        group_name,
        compliance_summary: Some(AggregateConformancePackComplianceCount {
            compliant_conformance_pack_count: Some(compliant),
            non_compliant_conformance_pack_count: Some(non_compliant),
        }),
    };
    Ok(GetAggregateConformancePackComplianceSummaryResponse {
        aggregate_conformance_pack_compliance_summaries: Some(page.into_iter().map(summary).collect()),
        group_by_key: group_by.map(|key| key.as_str().to_owned()),
        next_token,
    })
}
