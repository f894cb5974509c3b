//! `DescribeAggregateComplianceByConfigRules`

use api::config::types::{
    AggregateComplianceByConfigRule, ConfigRuleComplianceFilters, DescribeAggregateComplianceByConfigRulesRequest,
    DescribeAggregateComplianceByConfigRulesResponse,
};
use api::{CallContext, ServiceError};

use crate::aggregate_rules::{self, AggregateRule};
use crate::service::Config;
use crate::{aggregators, compliance, paging};

/// Rules of a page, unless fewer are asked for.
const PAGE: usize = 1000;

/// How it stands with the rules of the accounts and regions that an aggregator shows, by account, region and name. Rules
/// without results are left out (config.md §8.1).
pub async fn describe_aggregate_compliance_by_config_rules(
    config: &Config,
    cx: &CallContext,
    input: DescribeAggregateComplianceByConfigRulesRequest,
) -> Result<DescribeAggregateComplianceByConfigRulesResponse, ServiceError> {
    let (catalog, scope) = (&config.parts.catalog, cx.scope());
    let (name, filters) = (input.configuration_aggregator_name, input.filters);
    let sight = aggregators::sight(catalog, &scope, &name)?;
    let asked = format!("DescribeAggregateComplianceByConfigRules\n{scope:?}\n{name}\n{filters:?}");
    let ConfigRuleComplianceFilters { config_rule_name, compliance_type, account_id, aws_region } =
        filters.unwrap_or_default();
    let mut rules = Vec::new();
    for of in sight.within(account_id.as_deref(), aws_region.as_deref()) {
        rules.extend(aggregate_rules::of(catalog, of, config_rule_name.as_deref()));
    }
    if let Some(wanted) = compliance_type {
        rules.retain(|rule| compliance::word(rule.compliance) == wanted);
    }
    let limit = paging::limit(input.limit, PAGE);
    let place = |rule: &AggregateRule| format!("{}/{}/{}", rule.scope.account, rule.scope.region, rule.name);
    let (page, next_token) = paging::page_of(rules, place, &asked, input.next_token.as_deref(), limit, cx.now)?;
    let to_api = |rule: AggregateRule| AggregateComplianceByConfigRule {
        compliance: Some(compliance::shown(rule.compliance, rule.violations)),
        account_id: Some(rule.scope.account.to_string()),
        aws_region: Some(rule.scope.region.to_string()),
        config_rule_name: Some(rule.name),
    };
    Ok(DescribeAggregateComplianceByConfigRulesResponse {
        aggregate_compliance_by_config_rules: Some(page.into_iter().map(to_api).collect()),
        next_token,
    })
}
