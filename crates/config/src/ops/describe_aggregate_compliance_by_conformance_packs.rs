//! `DescribeAggregateComplianceByConformancePacks`

use api::config::types::{
    AggregateComplianceByConformancePack, AggregateConformancePackCompliance,
    AggregateConformancePackComplianceFilters, DescribeAggregateComplianceByConformancePacksRequest,
    DescribeAggregateComplianceByConformancePacksResponse,
};
use api::{CallContext, ServiceError};

use crate::conformance::{compliance, pack};
use crate::rule::Compliance;
use crate::service::Config;
use crate::{aggregators, paging};

/// Packs of a page, unless fewer are asked for.
const PAGE: usize = 100;

/// How it stands with the packs of the accounts and regions that an aggregator shows (config.md §8.1).
pub async fn describe_aggregate_compliance_by_conformance_packs(
    config: &Config,
    cx: &CallContext,
    input: DescribeAggregateComplianceByConformancePacksRequest,
) -> Result<DescribeAggregateComplianceByConformancePacksResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let (name, filters) = (input.configuration_aggregator_name, input.filters);
    let sight = aggregators::sight(catalog, &scope, &name)?;
    let asked = format!("DescribeAggregateComplianceByConformancePacks\n{scope:?}\n{name}\n{filters:?}");
    let AggregateConformancePackComplianceFilters { conformance_pack_name, compliance_type, account_id, aws_region } =
        filters.unwrap_or_default();
    let mut packs = Vec::new();
    for of in sight.within(account_id.as_deref(), aws_region.as_deref()) {
        for found in pack::all(catalog, of) {
            let pack = found.value;
            if conformance_pack_name.as_ref().is_some_and(|wanted| pack.name != *wanted) {
                continue;
            }
            let standing = compliance::of_pack(catalog, of, &pack);
            let word = compliance::word(standing.overall());
            if compliance_type.is_some_and(|wanted| word != wanted) {
                continue;
            }
            let count = |compliance| i32::try_from(standing.count(compliance)).ok();
            packs.push(AggregateComplianceByConformancePack {
                conformance_pack_name: Some(pack.name.clone()),
                compliance: Some(AggregateConformancePackCompliance {
                    compliance_type: Some(word),
                    compliant_rule_count: count(Compliance::Compliant),
                    non_compliant_rule_count: count(Compliance::NonCompliant),
                    total_rule_count: i32::try_from(standing.rules.len()).ok(),
                }),
                account_id: Some(of.account.to_string()),
                aws_region: Some(of.region.to_string()),
            });
        }
    }
    let limit = paging::limit(input.limit, PAGE);
    let place = |pack: &AggregateComplianceByConformancePack| {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("{}/{}/{}", text(&pack.account_id), text(&pack.aws_region), text(&pack.conformance_pack_name))
    };
    let (page, next_token) = paging::page_of(packs, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    Ok(DescribeAggregateComplianceByConformancePacksResponse {
        aggregate_compliance_by_conformance_packs: Some(page),
        next_token,
    })
}
