//! `GetAggregateConfigRuleComplianceSummary`

use std::collections::BTreeMap;

use api::config::types::{
    AggregateComplianceCount, ComplianceSummary, ConfigRuleComplianceSummaryFilters,
    ConfigRuleComplianceSummaryGroupKey, GetAggregateConfigRuleComplianceSummaryRequest,
    GetAggregateConfigRuleComplianceSummaryResponse,
};
use api::{CallContext, ServiceError};

use crate::aggregate_rules;
use crate::compliance::capped;
use crate::rule::Compliance;
use crate::service::Config;
use crate::{aggregators, paging};

/// Groups of a page, unless fewer are asked for.
const PAGE: usize = 1000;
/// How many rules are counted one by one, as in one account (config.md §6.6).
const RULES_COUNTED_MAX: usize = 25;

/// How many rules comply and do not, in all or by account or region (config.md §8.1).
pub async fn get_aggregate_config_rule_compliance_summary(
    config: &Config,
    cx: &CallContext,
    input: GetAggregateConfigRuleComplianceSummaryRequest,
) -> Result<GetAggregateConfigRuleComplianceSummaryResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let (name, filters, group_by) = (input.configuration_aggregator_name, input.filters, input.group_by_key);
    let sight = aggregators::sight(catalog, &scope, &name)?;
    let asked = format!("GetAggregateConfigRuleComplianceSummary\n{scope:?}\n{name}\n{filters:?}\n{group_by:?}");
    let ConfigRuleComplianceSummaryFilters { account_id, aws_region } = filters.unwrap_or_default();
    let mut groups: BTreeMap<Option<String>, (usize, usize)> = BTreeMap::new();
    for of in sight.within(account_id.as_deref(), aws_region.as_deref()) {
        let group = group_by.map(|key| match key {
            ConfigRuleComplianceSummaryGroupKey::AccountId => of.account.to_string(),
            ConfigRuleComplianceSummaryGroupKey::AwsRegion => of.region.to_string(),
        });
        let (compliant, non_compliant) = groups.entry(group).or_default();
        for rule in aggregate_rules::of(catalog, of, None) {
            match rule.compliance {
                Compliance::NonCompliant => *non_compliant += 1,
                _ => *compliant += 1,
            }
        }
    }
    let limit = paging::limit(input.limit, PAGE);
    let place = |(group, _): &(Option<String>, (usize, usize))| group.clone().unwrap_or_default();
    let groups = groups.into_iter().collect();
    let (page, next_token) = paging::page_of(groups, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    let count = |(group_name, (compliant, non_compliant))| AggregateComplianceCount {
        group_name,
        compliance_summary: Some(ComplianceSummary {
            compliant_resource_count: Some(capped(compliant, RULES_COUNTED_MAX)),
            non_compliant_resource_count: Some(capped(non_compliant, RULES_COUNTED_MAX)),
            compliance_summary_timestamp: Some(cx.now),
        }),
    };
    Ok(GetAggregateConfigRuleComplianceSummaryResponse {
        group_by_key: group_by.map(|key| key.as_str().to_owned()),
        aggregate_compliance_counts: Some(page.into_iter().map(count).collect()),
        next_token,
    })
}
